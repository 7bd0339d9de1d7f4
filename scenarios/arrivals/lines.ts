// One line of a record of arrivals, read: CSV, NDJSON, or an access log, its operation from method and path. It must not
// know files, nor keep what a line says of anybody.
import { commonInstantMs, instantMs } from './instants.ts';

export type ArrivalsFormat = 'csv' | 'ndjson' | 'access log';

/** Why a line is of no use; none of them says what stands in it. */
export type Broken = 'form' | 'time' | 'user' | 'operation' | 'bytes' | 'length';

/** What is wrong with a line, in words. */
export const BROKEN_WORDS: Readonly<Record<Broken, string>> = {
  form: 'not a line of this format',
  time: 'a time that cannot be read',
  user: 'no user',
  operation: 'no operation',
  bytes: 'bytes that are no whole number from 0 to 100,000,000',
  length: 'longer than 65,536 bytes',
};

/** A request: of whom, when, what. `user` is as it came: whoever reads lines hashes it at once. */
export interface Line {
  atMs: number;
  user: string;
  operation: 'push' | 'pull' | 'other';
  /** −1 where the line does not say. */
  bytes: number;
  /** Whether the bytes are those of the request, and not of its answer. */
  isRequestSize: boolean;
  /** Whether the log's clock shows no fractions of a second. */
  isWholeSecond: boolean;
}

/** Reads the lines after the first of a file. */
export type LineReader = (text: string) => Line | Broken;

const BYTES_MAX = 100_000_000;

/** Bytes of a column: −1 for none said, NaN for what is none. */
function bytesOf(text: string | undefined): number {
  if (text === undefined || text === '' || text === '-') return -1;
  if (!/^\d{1,12}$/.test(text)) return Number.NaN;
  const bytes = Number(text);
  return bytes <= BYTES_MAX ? bytes : Number.NaN;
}

/** `POST /api/sync/push?x=1` is a push; other paths and methods are something else. */
function operationOf(method: string, target: string): Line['operation'] {
  const path = /^[^?#]*/.exec(target)![0].replace(/\/$/, '');
  if (method === 'POST' && path.endsWith('/sync/push')) return 'push';
  return (method === 'POST' || method === 'GET') && path.endsWith('/sync/pull') ? 'pull' : 'other';
}

function namedOperation(name: string): Line['operation'] | undefined {
  const plain = name.trim().toLowerCase();
  if (plain === '') return undefined;
  return plain === 'push' || plain === 'pull' ? plain : 'other';
}

/** The fields of a CSV line (RFC 4180); undefined where a quote is not closed or stands in the midst of a field. */
export function csvFields(line: string): string[] | undefined {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (line[at] === '"') {
      let field = '';
      let from = at + 1;
      for (;;) {
        const quote = line.indexOf('"', from);
        if (quote < 0) return undefined;
        field += line.slice(from, quote);
        if (line[quote + 1] !== '"') {
          at = quote + 1;
          break;
        }
        field += '"';
        from = quote + 2;
      }
      fields.push(field);
      if (at === line.length) return fields;
      if (line[at] !== ',') return undefined;
      at++;
    } else {
      const comma = line.indexOf(',', at);
      const field = comma < 0 ? line.slice(at) : line.slice(at, comma);
      if (field.includes('"')) return undefined;
      fields.push(field);
      if (comma < 0) return fields;
      at = comma + 1;
    }
  }
}

/** The columns of a header, where it names all that a CSV needs; else undefined. */
function columnsOf(header: string): Readonly<Record<string, number>> | undefined {
  const names = csvFields(header)?.map((name) => name.trim().toLowerCase());
  if (names === undefined || !['time', 'user', 'operation'].every((name) => names.includes(name))) return undefined;
  return Object.fromEntries(['time', 'user', 'operation', 'bytes'].map((name) => [name, names.indexOf(name)]));
}

function csvReader(columns: Readonly<Record<string, number>>): LineReader {
  const { time, user, operation, bytes } = columns as Record<'time' | 'user' | 'operation' | 'bytes', number>;
  const needed = Math.max(time, user, operation) + 1;
  return (text) => {
    const fields = csvFields(text);
    if (fields === undefined || fields.length < needed) return 'form';
    return own(fields[time]!.trim(), fields[user]!, fields[operation]!, fields[bytes]?.trim());
  };
}

/** A line of our own formats. */
function own(time: string, user: string, named: string, size: string | undefined): Line | Broken {
  const atMs = instantMs(time);
  if (Number.isNaN(atMs)) return 'time';
  if (user.trim() === '') return 'user';
  const operation = namedOperation(named);
  if (operation === undefined) return 'operation';
  const bytes = bytesOf(size);
  if (Number.isNaN(bytes)) return 'bytes';
  return { atMs, user: user.trim(), operation, bytes, isRequestSize: operation === 'push', isWholeSecond: false };
}

type Fields = Readonly<Record<string, unknown>>;

/** The first of some keys that has a text or a number, as text. */
function textOf(fields: Fields, ...keys: string[]): string | undefined {
  for (const key of keys) {
    const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (typeof value === 'number') return String(value);
    if (typeof value === 'string' && value !== '' && value !== '-') return value;
  }
  return undefined;
}

function jsonLine(text: string): Line | Broken {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return 'form';
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return 'form';
  const keys = fields as Fields;
  const named = textOf(keys, 'operation');
  const user = textOf(keys, 'user', 'remote_user', 'remote_addr', 'client');
  const time = textOf(keys, 'time', 'time_iso8601', 'msec', 'timestamp', '@timestamp', 'time_local');
  if (named !== undefined) return own(time ?? '', user ?? '', named, textOf(keys, 'bytes'));
  return requestLine(keys, time ?? '', user);
}

/** A line of an access log that is JSON, such as nginx writes it; the names of its variables are the keys. */
function requestLine(fields: Fields, time: string, user: string | undefined): Line | Broken {
  const iso = instantMs(time);
  const atMs = Number.isNaN(iso) ? commonInstantMs(time) : iso;
  if (Number.isNaN(atMs)) return 'time';
  if (user === undefined) return 'user';
  const [method, target] = (textOf(fields, 'request') ?? '').split(' ');
  const verb = textOf(fields, 'request_method', 'method') ?? method ?? '';
  const path = textOf(fields, 'request_uri', 'uri', 'path', 'url') ?? target ?? '';
  if (verb === '' || path === '') return 'operation';
  const request = textOf(fields, 'request_length');
  const operation = operationOf(verb, path);
  const response = textOf(fields, 'bytes', 'body_bytes_sent', 'bytes_sent');
  // Of a pull the answer says how much there was; of a push the request.
  const isRequestSize = operation === 'push' && request !== undefined;
  const bytes = bytesOf(isRequestSize ? request : response);
  if (Number.isNaN(bytes)) return 'bytes';
  return { atMs, user, operation, bytes, isRequestSize, isWholeSecond: atMs % 1000 === 0 };
}

const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;
/** Common and Combined Log Format; what a server adds at the end may be the size of the request, as a bare number. */
const ACCESS = new RegExp(
  String.raw`^(\S+) \S+ (.+?) \[([^\]]{1,40})\] ${QUOTED} \d{3} (\S+)(?: ${QUOTED} ${QUOTED}(?: (.*))?)?$`,
);

function accessLine(text: string): Line | Broken {
  const match = ACCESS.exec(text);
  if (match === null) return 'form';
  const [, host, account, time, request, response, , agent = '', added = ''] = match;
  const atMs = commonInstantMs(time!);
  if (Number.isNaN(atMs)) return 'time';
  const [method = '', target = ''] = request!.split(' ');
  if (method === '' || target === '') return 'operation';
  const operation = operationOf(method, target);
  const length = /(?:^| )(\d+)(?= |$)/.exec(added)?.[1];
  const isRequestSize = operation === 'push' && length !== undefined;
  const bytes = bytesOf(isRequestSize ? length : response);
  if (Number.isNaN(bytes)) return 'bytes';
  // Behind one address are often many: their programs tell some of them apart.
  const user = account === '-' ? `${host} ${agent}` : account!;
  return { atMs, user, operation, bytes, isRequestSize, isWholeSecond: atMs % 1000 === 0 };
}

/** What the first line of a file says of all that follow; the line itself is a request, unless it is a header. */
export function formatOf(first: string): { format: ArrivalsFormat; read: LineReader; isHeader: boolean } {
  if (first.trimStart().startsWith('{')) return { format: 'ndjson', read: jsonLine, isHeader: false };
  const columns = columnsOf(first);
  if (columns !== undefined) return { format: 'csv', read: csvReader(columns), isHeader: true };
  return { format: 'access log', read: accessLine, isHeader: false };
}
