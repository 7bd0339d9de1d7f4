// Sockets for notifications, against a server of the ws package.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { MemberSockets, type SocketTimes } from '../../../relay-adapter/load/member-sockets.ts';

interface Relay {
  readonly url: string;
  readonly joined: { readonly url: string | undefined; readonly headers: IncomingMessage['headers'] }[];
  readonly sockets: WebSocket[];
  readonly upgrades: () => number;
  /** Ends all connections, those without an answer too. */
  readonly endAll: () => void;
}

let servers: Server[] = [];
let ends: (() => void)[] = [];
let members: MemberSockets[] = [];

afterEach(() => {
  for (const each of members) each.close();
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  for (const end of ends) end();
  ends = [];
  members = [];
  servers = [];
});

/** What a relay does about a member's socket. */
type OneByOne = (device: string) => 'opens' | 'refuses' | 'is silent';

/** @param greeting is sent to each that joins */
async function relayWith(hasSockets: boolean | OneByOne, greeting?: string): Promise<Relay> {
  const server = createServer((_request, response) => void response.writeHead(404).end());
  const joined: Relay['joined'] = [];
  const sockets: WebSocket[] = [];
  let upgrades = 0;
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => connections.add(socket));
  const accepting = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    upgrades++;
    const place = new URL(request.url!, 'ws://host').searchParams.get('device_id')!;
    const what = typeof hasSockets === 'boolean' ? (hasSockets ? 'opens' : 'refuses') : hasSockets(place);
    if (what === 'is silent') return;
    if (what === 'refuses') return void socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
    accepting.handleUpgrade(request, socket, head, (opened) => {
      joined.push({ url: request.url, headers: request.headers });
      sockets.push(opened);
      if (greeting !== undefined) opened.send(greeting);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  const endAll = (): void => {
    for (const socket of connections) socket.destroy();
  };
  ends.push(endAll);
  return { url: `ws://127.0.0.1:${port}/api/ws`, joined, sockets, upgrades: () => upgrades, endAll };
}

function membersOf(url: string, times: SocketTimes = {}): { sockets: MemberSockets; told: number[] } {
  const told: number[] = [];
  const sockets = new MemberSockets(url, { 'x-region': 'here' }, (device) => told.push(device), times);
  members.push(sockets);
  return { sockets, told };
}

test('each member has one, with its query, its token and the headers of the run', async () => {
  const relay = await relayWith(true);
  const { sockets } = membersOf(relay.url);
  await sockets.openAll([{ device: 4, query: 'ledger_id=l1&device_id=d4', token: 'the-token' }]);
  await sockets.openAll([{ device: 5, query: 'ledger_id=l1&device_id=d5', token: undefined }]);
  expect(sockets.count).toBe(2);
  expect(relay.joined.map(({ url }) => url)).toEqual([
    '/api/ws?ledger_id=l1&device_id=d4',
    '/api/ws?ledger_id=l1&device_id=d5',
  ]);
  expect(relay.joined[0]!.headers).toMatchObject({ authorization: 'Bearer the-token', 'x-region': 'here' });
  expect(relay.joined[1]!.headers.authorization).toBeUndefined();
});

test('a message is for the member of its socket', async () => {
  const relay = await relayWith(true);
  const { sockets, told } = membersOf(relay.url);
  await sockets.openAll([{ device: 4, query: 'device_id=d4', token: undefined }]);
  await sockets.openAll([{ device: 5, query: 'device_id=d5', token: undefined }]);
  relay.sockets[1]!.send('{"type":"changes"}');
  await expect.poll(() => told).toEqual([5]);
  relay.sockets[0]!.send('{"type":"changes"}');
  await expect.poll(() => told).toEqual([5, 4]);
});

test('a relay that has none is asked once', async () => {
  const relay = await relayWith(false);
  const { sockets } = membersOf(relay.url);
  await sockets.openAll([{ device: 4, query: 'device_id=d4', token: undefined }]);
  await sockets.openAll([{ device: 5, query: 'device_id=d5', token: undefined }]);
  expect(sockets.count).toBe(0);
  expect(relay.upgrades()).toBe(1);
  // Nobody misses what there is not.
  expect([sockets.hasNone, sockets.missing]).toEqual([true, 0]);
});

const asked = (count: number) =>
  Array.from({ length: count }, (_, device) => ({ device, query: `device_id=d${device}`, token: undefined }));

test('one member that is refused later is counted, and those after it have theirs', async () => {
  const relay = await relayWith((device) => (device === 'd1' ? 'refuses' : 'opens'));
  const { sockets, told } = membersOf(relay.url);
  for (const member of asked(4)) await sockets.openAll([member]);
  expect([sockets.count, sockets.missing, sockets.hasNone]).toEqual([3, 1, false]);
  relay.sockets.at(-1)!.send('{}');
  await expect.poll(() => told).toEqual([3]);
});

test.each(['d0', 'd2'])('member %s who gets no answer is counted, and says nothing about the others', async (slow) => {
  const relay = await relayWith((device) => (device === slow ? 'is silent' : 'opens'));
  const { sockets } = membersOf(relay.url, { openMs: 300 });
  await sockets.openAll(asked(4));
  expect([sockets.count, sockets.missing, sockets.hasNone]).toEqual([3, 1, false]);
});

test('many are opened side by side, at most fifty at a time', async () => {
  const relay = await relayWith((device) => (device === 'd0' ? 'opens' : 'is silent'));
  const { sockets } = membersOf(relay.url, { openMs: 60_000 });
  const opening = sockets.openAll(asked(200));
  await expect.poll(() => relay.upgrades(), { timeout: 10_000 }).toBe(51);
  sockets.close();
  relay.endAll();
  await opening;
  expect(relay.upgrades()).toBe(51);
});

test('members for whom there is no time are counted, and not asked for', async () => {
  const relay = await relayWith((device) => (device === 'd0' ? 'opens' : 'is silent'));
  const { sockets } = membersOf(relay.url, { openMs: 200, openAllMs: 100 });
  await sockets.openAll(asked(200));
  expect(relay.upgrades()).toBe(51);
  expect([sockets.count, sockets.missing]).toEqual([1, 199]);
  // Nor later.
  await sockets.openAll([{ device: 200, query: 'device_id=d200', token: undefined }]);
  expect(relay.upgrades()).toBe(51);
  expect(sockets.missing).toBe(200);
});

test('a thousand members have theirs', async () => {
  const relay = await relayWith(true);
  const { sockets, told } = membersOf(relay.url);
  await sockets.openAll(asked(1000));
  expect([sockets.count, sockets.missing]).toEqual([1000, 0]);
  for (const socket of relay.sockets) socket.send('{}');
  await expect.poll(() => new Set(told).size).toBe(1000);
});

test('one that the relay ends is gone, and the others stay', async () => {
  const relay = await relayWith(true);
  const { sockets, told } = membersOf(relay.url);
  await sockets.openAll([{ device: 4, query: 'device_id=d4', token: undefined }]);
  await sockets.openAll([{ device: 5, query: 'device_id=d5', token: undefined }]);
  relay.sockets[0]!.terminate();
  await expect.poll(() => sockets.count).toBe(1);
  expect(sockets.missing).toBe(1);
  relay.sockets[1]!.send('{}');
  await expect.poll(() => told).toEqual([5]);
  // One that we end ourselves is not missed.
  sockets.close();
  await expect.poll(() => relay.sockets[1]!.readyState).toBe(relay.sockets[1]!.CLOSED);
  expect(sockets.missing).toBe(1);
});

test('all end when they are closed, and nobody is told any more', async () => {
  const relay = await relayWith(true);
  const { sockets, told } = membersOf(relay.url);
  await sockets.openAll([{ device: 4, query: 'device_id=d4', token: undefined }]);
  const [there] = relay.sockets;
  sockets.close();
  there!.send('{}');
  await expect.poll(() => there!.readyState).toBe(there!.CLOSED);
  expect(sockets.count).toBe(0);
  expect(told).toEqual([]);
});
