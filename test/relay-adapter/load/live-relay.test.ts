// Requests that are not waited for: when they go out, what is told of their answers, and what sockets say.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { PullRequest } from '../../../models/relay/messages.ts';
import { HttpClient } from '../../../relay-adapter/load/http-client.ts';
import type { LivePort } from '../../../relay-adapter/load/live-port.ts';
import { type Answered, LiveRelay } from '../../../relay-adapter/load/live-relay.ts';
import { RealTime } from '../../../relay-adapter/load/real-time.ts';

let server: Server;
let sockets: WebSocketServer;
let time: RealTime;
let live: LiveRelay;
/** Paths that came, and answers that are held back. */
let came: string[];
let release: () => void;
let held: Promise<void>;
let answered: Answered[];
let sent: [dueUs: number, atUs: number][];
let notified: [device: number, atUs: number][];

/** The port's part is to say what goes out and what came back: here a number as text. */
const PORT = {
  encoded: ({ serial }: PullRequest) => ({ path: `/sync/pull?${serial}`, body: String(serial), headers: {} }),
  read: (_request: PullRequest, { body, status }: { body: string; status: number }) => ({ kind: 'read', body, status }),
  ledgerId: (ledger: number) => `l${ledger}`,
  deviceId: (device: number) => `d${device}`,
  tokenOf: () => undefined,
} as unknown as LivePort;

const request = (serial: number): PullRequest =>
  ({ kind: 'pull', ledger: 0, device: 0, since: 0, serial }) as unknown as PullRequest;

beforeEach(async () => {
  came = [];
  [answered, sent, notified] = [[], [], []];
  held = Promise.resolve();
  release = () => undefined;
  server = createServer((asked, response) => {
    came.push(asked.url!);
    void held.then(() => response.end(`answer to ${asked.url}`));
  });
  sockets = new WebSocketServer({ server });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  time = await RealTime.open();
  const http = new HttpClient({ origin: `http://127.0.0.1:${port}`, connections: 4, timeoutMs: 20_000 });
  const socketUrl = `ws://127.0.0.1:${port}/ws`;
  live = new LiveRelay({ http, port: PORT, time, socketUrl, headers: {} });
  live.listen({
    answered: (each) => void answered.push(each),
    notified: (device, atUs) => void notified.push([device, atUs]),
    sent: (dueUs, atUs) => void sent.push([dueUs, atUs]),
  });
});

afterEach(async () => {
  release();
  await live.close();
  await time.close();
  sockets.close();
  server.close();
  server.closeAllConnections();
});

test('requests go out when they are flushed, once, in the order in which they were due', async () => {
  time.start();
  for (const serial of [1, 2, 3]) live.send(request(serial), serial);
  await time.until(20_000);
  expect(came).toEqual([]);
  expect(live.inFlight).toBe(3);
  live.flush();
  live.flush();
  await expect.poll(() => answered.length).toBe(3);
  expect([...came].sort()).toEqual(['/sync/pull?1', '/sync/pull?2', '/sync/pull?3']);
  expect(sent.map(([dueUs]) => dueUs)).toEqual([1, 2, 3]);
  for (const [, atUs] of sent) expect(atUs).toBeGreaterThanOrEqual(20_000);
  expect(live.inFlight).toBe(0);
});

test('an answer is told with its request, when it came and how long it took, and wakes who waits', async () => {
  time.start();
  held = new Promise((resolve) => (release = resolve));
  live.send(request(9), 0);
  live.flush();
  setTimeout(() => release(), 30);
  await time.until(Number.POSITIVE_INFINITY);
  const [only] = answered;
  expect(only!.request.serial).toBe(9);
  expect(only!.response).toEqual({ kind: 'read', status: 200, body: 'answer to /sync/pull?9' });
  expect(only!.tookUs).toBeGreaterThan(20_000);
  expect(only!.atUs - only!.tookUs).toBe(sent[0]![1]);
});

test('what a socket says is told of its member, and wakes who waits', async () => {
  await live.joinAll([{ ledger: 0, device: 4 }]);
  time.start();
  setTimeout(() => {
    for (const socket of sockets.clients) socket.send('{"type":"changes"}');
  }, 5);
  await time.until(Number.POSITIVE_INFINITY);
  expect(notified).toEqual([[4, expect.any(Number)]]);
});

test('a relay that greets those who join before time has begun says nothing by that', async () => {
  sockets.on('connection', (socket) => setTimeout(() => socket.send('welcome'), 5));
  await live.joinAll([{ ledger: 0, device: 4 }]);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(notified).toEqual([]);
  time.start();
  for (const socket of sockets.clients) socket.send('{"type":"changes"}');
  await expect.poll(() => notified.length).toBe(1);
});
