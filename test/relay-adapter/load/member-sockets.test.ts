// Sockets for notifications, against a server of the ws package.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { MemberSockets } from '../../../relay-adapter/load/member-sockets.ts';

interface Relay {
  readonly url: string;
  readonly joined: { readonly url: string | undefined; readonly headers: IncomingMessage['headers'] }[];
  readonly sockets: WebSocket[];
  readonly upgrades: () => number;
}

let servers: Server[] = [];
let members: MemberSockets[] = [];

afterEach(() => {
  for (const each of members) each.close();
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  members = [];
  servers = [];
});

/** @param greeting is sent to each that joins */
async function relayWith(hasSockets: boolean, greeting?: string): Promise<Relay> {
  const server = createServer((_request, response) => void response.writeHead(404).end());
  const joined: Relay['joined'] = [];
  const sockets: WebSocket[] = [];
  let upgrades = 0;
  const accepting = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    upgrades++;
    if (!hasSockets) return void socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
    accepting.handleUpgrade(request, socket, head, (opened) => {
      joined.push({ url: request.url, headers: request.headers });
      sockets.push(opened);
      if (greeting !== undefined) opened.send(greeting);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}/api/ws`, joined, sockets, upgrades: () => upgrades };
}

function membersOf(url: string): { sockets: MemberSockets; told: number[] } {
  const told: number[] = [];
  const sockets = new MemberSockets(url, { 'x-region': 'here' }, (device) => told.push(device));
  members.push(sockets);
  return { sockets, told };
}

test('each member has one, with its query, its token and the headers of the run', async () => {
  const relay = await relayWith(true);
  const { sockets } = membersOf(relay.url);
  await sockets.open(4, 'ledger_id=l1&device_id=d4', 'the-token');
  await sockets.open(5, 'ledger_id=l1&device_id=d5', undefined);
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
  await sockets.open(4, 'device_id=d4', undefined);
  await sockets.open(5, 'device_id=d5', undefined);
  relay.sockets[1]!.send('{"type":"changes"}');
  await expect.poll(() => told).toEqual([5]);
  relay.sockets[0]!.send('{"type":"changes"}');
  await expect.poll(() => told).toEqual([5, 4]);
});

test('a relay that has none is asked once', async () => {
  const relay = await relayWith(false);
  const { sockets } = membersOf(relay.url);
  await sockets.open(4, 'device_id=d4', undefined);
  await sockets.open(5, 'device_id=d5', undefined);
  expect(sockets.count).toBe(0);
  expect(relay.upgrades()).toBe(1);
});

test('one that the relay ends is gone, and the others stay', async () => {
  const relay = await relayWith(true);
  const { sockets, told } = membersOf(relay.url);
  await sockets.open(4, 'device_id=d4', undefined);
  await sockets.open(5, 'device_id=d5', undefined);
  relay.sockets[0]!.terminate();
  await expect.poll(() => sockets.count).toBe(1);
  relay.sockets[1]!.send('{}');
  await expect.poll(() => told).toEqual([5]);
});

test('all end when they are closed, and nobody is told any more', async () => {
  const relay = await relayWith(true);
  const { sockets, told } = membersOf(relay.url);
  await sockets.open(4, 'device_id=d4', undefined);
  const [there] = relay.sockets;
  sockets.close();
  there!.send('{}');
  await expect.poll(() => there!.readyState).toBe(there!.CLOSED);
  expect(sockets.count).toBe(0);
  expect(told).toEqual([]);
});
