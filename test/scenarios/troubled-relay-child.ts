// The entry of a troubled relay: the real one, and before it a proxy that does what it is told. Run by troubled-relay.ts.

import { type IncomingMessage, request as ask, createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../relay-adapter/server/open-store.ts';
import { serve, type ServedRelay } from '../../relay-adapter/server/serve.ts';
import type { Trouble, TroubledAnswer, TroubledOptions, TroubledQuestion } from './troubled-relay.ts';

let trouble: Trouble = { kind: 'none' };
let stalledUntilMs = 0;
/** Devices that have pulled, by when they did first. */
const readers = new Map<string, number>();
let url = '';
let close = async (): Promise<void> => undefined;

async function open({ tokenSecret, hasSockets = true }: TroubledOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'squall-troubled-'));
  const store = await openStore(`sqlite:${join(folder, 'relay.db')}`);
  const relay = await serve({ store, host: '127.0.0.1', port: 0, tokenSecret, rateLimitPerMinute: 0 });
  const sockets = new Set<Socket>();
  const proxy = createServer((request, response) => void through(relay, request, response));
  proxy.on('connection', (socket) => sockets.add(socket));
  proxy.on('upgrade', (request, socket: Socket, head) => {
    if (!hasSockets) return void socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
    const { hostname, port } = new URL(relay.url);
    const behind = connect(Number(port), hostname, () => {
      const { rawHeaders } = request;
      const lines = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}\r\n`] : []));
      behind.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('')}\r\n`);
      behind.write(head);
      behind.pipe(socket).pipe(behind);
    });
    behind.on('error', () => socket.destroy());
    socket.on('error', () => behind.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  close = async () => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
    await relay.close();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function through(relay: ServedRelay, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '/';
  const isSync = path.startsWith('/sync/');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  // As it came: a trouble that begins meanwhile is for later requests.
  const now = isSync ? trouble : ({ kind: 'none' } as const);
  if (now.kind === 'stall') await pause(stalledUntilMs - performance.now());
  if (now.kind === 'slow') await pause(now.ms);
  if (now.kind === 'refuse') {
    const error = { error: { code: now.code, message: 'as it was told' }, timestamp: Date.now() };
    return answer(response, now.status, JSON.stringify(error));
  }
  if (now.kind === 'swallow' && path === '/sync/push') {
    const { protocol_version, changes } = JSON.parse(body) as { protocol_version: string; changes: { id: string }[] };
    const accepted = changes.map(({ id }) => id);
    const all = { protocol_version, success: true, accepted, rejected: [], timestamp: Date.now() };
    return answer(response, 200, JSON.stringify(all));
  }
  const got = await forwarded(relay, request, body);
  if (now.kind === 'cut') return void response.socket?.destroy();
  if (now.kind === 'mix' && path === '/sync/pull' && got.status === 200 && isOdd(body)) {
    const page = JSON.parse(got.body) as { changes: { cursor: string }[] };
    const cursors = page.changes.map(({ cursor }) => cursor);
    page.changes.reverse();
    for (const [at, change] of page.changes.entries()) change.cursor = cursors[at]!;
    return answer(response, 200, JSON.stringify(page));
  }
  answer(response, got.status, got.body);
}

/** Whether the device that asks is one of those who get their changes in another order. */
function isOdd(body: string): boolean {
  const { device_id } = JSON.parse(body) as { device_id: string };
  if (!readers.has(device_id)) readers.set(device_id, readers.size);
  return readers.get(device_id)! % 2 === 1;
}

function forwarded(relay: ServedRelay, { method, url: path, headers }: IncomingMessage, body: string) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const there = ask(`${relay.url}${path}`, { method, headers }, (answered) => {
      const chunks: Buffer[] = [];
      answered.on('data', (chunk: Buffer) => chunks.push(chunk));
      answered.on('end', () => resolve({ status: answered.statusCode!, body: Buffer.concat(chunks).toString() }));
    });
    there.on('error', reject);
    there.end(body);
  });
}

function answer(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

async function told(question: TroubledQuestion): Promise<TroubledAnswer> {
  if (question.kind === 'open') await open(question.options);
  else {
    ({ trouble } = question);
    if (trouble.kind === 'stall') stalledUntilMs = performance.now() + trouble.ms;
  }
  return { url };
}

process.on('SIGINT', () => undefined);
process.on('message', (question: TroubledQuestion) => void told(question).then((said) => process.send?.(said)));
process.on('disconnect', () => void close());
