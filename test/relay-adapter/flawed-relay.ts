// A relay of the published protocol 1.0.0 as somebody else would have written it, with flaws that can be switched on.
// Its code is its own: it must not use anything of ours.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export const FLAWS = [
  /** Hands everybody's changes to everybody. */
  'everybody',
  /** Keeps the last change of each entity of a device and forgets the others. */
  'last-writer',
  /** Loses each fiftieth change that it accepts. */
  'drops',
  /** Answers 429 after 60 requests in a minute. */
  'rate-limit',
  /** Answers each seventh request with a page of HTML and status 500. */
  'html-errors',
  /** Says that its JSON is text. */
  'wrong-content-type',
  /** Closes each ninth connection without an answer. */
  'closes',
  /** Answers with keys that nobody has heard of. */
  'extra-keys',
  /** Answers with numbers that are texts. */
  'numbers-as-texts',
  /** Answers with status 200 and nothing. */
  'empty-bodies',
  /** Hands out payloads with their first letter changed. */
  'alters-payloads',
  /** Says that there is more, for ever. */
  'endless',
] as const;
export type Flaw = (typeof FLAWS)[number];

export interface FlawedRelayOptions {
  readonly flaw?: Flaw | undefined;
  /** Stands before all its paths, such as `/api`. */
  readonly prefix?: string | undefined;
  /** Without this header, of this value, it answers 401. */
  readonly header?: readonly [name: string, value: string] | undefined;
}

interface Change {
  readonly id: string;
  readonly entity_id: string;
  readonly encrypted_payload: string;
  readonly timestamp: number;
}

interface Body {
  readonly device_id: string;
  readonly changes: readonly Change[];
  readonly since_timestamp: number;
}

const PAGE = 100;
const VERSION = '1.0.0';

/** A server that listens nowhere yet. */
export function flawedRelay({ flaw, prefix = '', header }: FlawedRelayOptions = {}): Server {
  /** By account, which is a device: what it pushed, in order of acceptance. */
  const accounts = new Map<string, Change[]>();
  const seen = new Set<string>();
  let requests = 0;
  let stored = 0;
  let minuteMs = 0;
  let inMinute = 0;

  const store = (device: string, change: Change): void => {
    if (seen.has(change.id)) return;
    seen.add(change.id);
    if (flaw === 'drops' && ++stored % 50 === 0) return;
    const account = accounts.get(device) ?? [];
    accounts.set(device, account);
    if (flaw === 'last-writer') {
      const at = account.findIndex(({ entity_id }) => entity_id === change.entity_id);
      if (at >= 0) account.splice(at, 1);
    }
    account.push(change);
  };

  const push = ({ device_id, changes }: Body): object => {
    for (const change of changes) store(device_id, change);
    return { success: true, accepted: changes.map(({ id }) => id), rejected: [] };
  };

  const pull = ({ device_id, since_timestamp }: Body): object => {
    const all = flaw === 'everybody' ? [...accounts.values()].flat() : (accounts.get(device_id) ?? []);
    const later = all
      .filter(({ timestamp }) => timestamp > since_timestamp)
      .sort((one, other) => one.timestamp - other.timestamp);
    const page = later.slice(0, PAGE);
    const shown = (change: Change): Change => {
      const [first, ...others] = change.encrypted_payload;
      const altered = `${first === 'A' ? 'B' : 'A'}${others.join('')}`;
      return flaw === 'alters-payloads' ? { ...change, encrypted_payload: altered } : change;
    };
    return { changes: page.map(shown), has_more: flaw === 'endless' || later.length > PAGE };
  };

  const answer = (status: number, body: object, response: ServerResponse): void => {
    const extra = flaw === 'extra-keys' ? { trace: 'abc', server: { build: 7 } } : {};
    const whole = { protocol_version: VERSION, ...body, ...extra, timestamp: Date.now() };
    const texts = (key: string, value: unknown): unknown =>
      flaw === 'numbers-as-texts' && typeof value === 'number' && key === 'timestamp' ? String(value) : value;
    const type = flaw === 'wrong-content-type' ? 'text/plain' : 'application/json';
    response.writeHead(status, { 'content-type': type });
    response.end(flaw === 'empty-bodies' ? '' : JSON.stringify(whole, texts));
  };

  const refuse = (status: number, code: string, response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...(status === 429 && { 'retry-after': '1' }) });
    response.end(JSON.stringify({ error: { code, message: `this is ${code}` }, timestamp: Date.now() }));
  };

  const isOverLimit = (): boolean => {
    const nowMs = Date.now();
    if (nowMs - minuteMs > 60_000) [minuteMs, inMinute] = [nowMs, 0];
    return ++inMinute > 60;
  };

  const serve = (request: IncomingMessage, text: string, response: ServerResponse): void => {
    const url = request.url ?? '';
    if (header !== undefined && request.headers[header[0]] !== header[1]) refuse(401, 'UNAUTHORIZED', response);
    else if (url === `${prefix}/health`) answer(200, { status: 'ok' }, response);
    else if (request.method !== 'POST') refuse(404, 'NOT_FOUND', response);
    else if (flaw === 'closes' && ++requests % 9 === 0) request.socket.destroy();
    else if (flaw === 'html-errors' && ++requests % 7 === 0) {
      response.writeHead(500, { 'content-type': 'text/html' });
      response.end('<!doctype html><html><body><h1>Internal Server Error</h1></body></html>');
    } else if (flaw === 'rate-limit' && isOverLimit()) refuse(429, 'RATE_LIMIT_EXCEEDED', response);
    else {
      const body = JSON.parse(text) as Body;
      if (url === `${prefix}/sync/push`) answer(200, push(body), response);
      else if (url === `${prefix}/sync/pull`) answer(200, pull(body), response);
      else refuse(404, 'NOT_FOUND', response);
    }
  };

  return createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      try {
        serve(request, text, response);
      } catch {
        refuse(400, 'INVALID_REQUEST', response);
      }
    });
  });
}
