// Header fields of a driver: checked once, laid out as undici takes them fastest, and Retry-After as a time. It must not
// know connections.
import { InputError } from '../../sim/errors.ts';

/** Longest wait that a relay can ask for: what timers have, about 25 days. */
const RETRY_AFTER_MS_MAX = 2 ** 31 - 1;
/** RFC 9110 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 5.5, without what lies beyond ASCII. */
const VALUE = /^[\t\u0020-\u007e]*$/;
/** The connection's own business: to set one would break the framing of messages. */
const FRAMING = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** The three dates of RFC 9110 5.6.7, which a recipient has to read; the last one is without its zone, always GMT. */
const DATES = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
];
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/** A header as Node gives it: several lines of one name may come as a list. */
type Received = string | string[] | undefined;

/**
 * Header fields that every request has, in a row: name, value, name, value; names in small letters.
 *
 * @throws InputError for a name or a value that HTTP does not have, or one that frames the message. Values are not
 *   shown: they may be secrets.
 */
export function checkedHeaders(headers: Readonly<Record<string, string>>): string[] {
  const row: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    const small = name.toLowerCase();
    if (!TOKEN.test(name)) throw new InputError('header', name, 'a name of letters, digits and -');
    if (FRAMING.has(small)) throw new InputError('header', name, 'a header that does not frame the message');
    if (row.some((one, at) => at % 2 === 0 && one === small)) throw new InputError('header', name, 'each name once');
    if (!VALUE.test(value)) throw new InputError(`header ${name}`, 'another value', 'printable ASCII in one line');
    row.push(small, value);
  }
  return row;
}

/** The common header fields and a request's own; where both have one, the request's own counts. */
export function mergedHeaders(common: string[], own: Readonly<Record<string, string>> | undefined): string[] {
  if (own === undefined) return common;
  const row = common.slice();
  for (const name of Object.keys(own)) {
    const small = name.toLowerCase();
    const value = own[name]!;
    let at = 0;
    while (at < common.length && common[at] !== small) at += 2;
    if (at < common.length) row[at + 1] = value;
    else row.push(small, value);
  }
  return row;
}

/**
 * What `Retry-After` asks for, ms, both forms of RFC 9110 10.2.3; 0 where it says nothing that can be understood or a time
 * that is over. A date is compared with the answer's own `Date`, so that clocks need not agree.
 */
export function retryAfterMsOf(retryAfter: Received, date: Received): number {
  const asked = Array.isArray(retryAfter) ? retryAfter[0] : retryAfter;
  if (asked === undefined) return 0;
  if (/^\d+$/.test(asked)) return Math.min(Number(asked) * 1000, RETRY_AFTER_MS_MAX);
  const atMs = dateMs(asked);
  if (atMs === undefined) return 0;
  const nowMs = (typeof date === 'string' ? dateMs(date) : undefined) ?? Date.now();
  return Math.min(Math.max(atMs - nowMs, 0), RETRY_AFTER_MS_MAX);
}

function dateMs(text: string): number | undefined {
  const isDate = DATES.some((form) => form.test(text));
  if (!isDate && !ASCTIME.test(text)) return undefined;
  const ms = Date.parse(isDate ? text : `${text} GMT`);
  return Number.isNaN(ms) ? undefined : ms;
}
