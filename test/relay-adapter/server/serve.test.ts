import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { decodeErrorBody } from '../../../relay-adapter/protocol-codec.ts';
import { chooseProtocol } from '../../../relay-adapter/server/notifications.ts';
import { type ServeOptions, serve } from '../../../relay-adapter/server/serve.ts';
import { signToken } from '../../../relay-adapter/server/tokens.ts';
import { MemoryStore } from './memory-store.ts';
import { DEVICE, LEDGER, OTHER_DEVICE, SECRET, bearer, change11, pull11, push11 } from './requests.ts';

const closing: (() => Promise<void>)[] = [];

async function start(options: Partial<ServeOptions> = {}) {
  const store = new MemoryStore();
  const relay = await serve({ store, host: '127.0.0.1', port: 0, rateLimitPerMinute: 0, ...options });
  closing.push(relay.close);
  return { ...relay, store, port: Number(new URL(relay.url).port) };
}

afterEach(async () => {
  vi.useRealTimers();
  for (const close of closing.splice(0)) await close();
});

function send(
  url: string,
  what: 'push' | 'pull',
  body: object,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${url}/sync/${what}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** Writes to a socket and gives all that comes back until it is closed. */
async function raw(port: number, ...parts: (string | Buffer)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString()));
  const closed = once(socket, 'close');
  for (const part of parts) if (!socket.destroyed) socket.write(part);
  await closed;
  return received;
}

function bodyOf(response: string) {
  const decoded = decodeErrorBody(response.slice(response.indexOf('\r\n\r\n') + 4));
  if (!decoded.ok) throw new Error(`${decoded.error.message}: ${response}`);
  return decoded.value.error;
}

/** A promise and the function that resolves it. */
function gate() {
  let open = () => {};
  const closed = new Promise<void>((resolve) => (open = resolve));
  return { closed, open };
}

describe('sockets', () => {
  test('a relay that listens takes pushes and hands them out', async () => {
    const { url } = await start();
    expect((await send(url, 'push', push11([change11(1)]))).status).toBe(200);
    const pulled = (await (await send(url, 'pull', pull11())).json()) as { changes: unknown[] };
    expect(pulled.changes).toHaveLength(1);
  });

  test('eleven megabytes are refused whether or not their length is told beforehand', async () => {
    const { port } = await start();
    const head = 'POST /sync/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    const told = await raw(port, `${head}Content-Length: ${11 * 1024 * 1024}\r\n\r\n`, '{"changes":[');
    expect(told).toMatch(/^HTTP\/1\.1 413 /);
    expect(bodyOf(told).code).toBe('PAYLOAD_TOO_LARGE');
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const chunks = Array.from({ length: 11 }, () => [`${chunk.length.toString(16)}\r\n`, chunk, '\r\n']).flat();
    const chunked = await raw(port, `${head}Transfer-Encoding: chunked\r\n\r\n`, ...chunks);
    expect(chunked).toMatch(/^HTTP\/1\.1 413 /);
    expect(bodyOf(chunked).code).toBe('PAYLOAD_TOO_LARGE');
  });

  test.each([
    ['no HTTP', 'GET\r\n\r\n', 400],
    ['bytes of any kind', '\0\u0001\u0002\r\n\r\n', 400],
    ['huge headers', `GET /health HTTP/1.1\r\nHost: x\r\nX-Large: ${'a'.repeat(70_000)}\r\n\r\n`, 431],
    ['two lengths', 'POST /sync/push HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}', 400],
  ])('%s ends with a %d and the relay lives on', async (_what, text, status) => {
    const { port, url } = await start();
    const response = await raw(port, text);
    expect(response).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(bodyOf(response).code).toBe('INVALID_REQUEST');
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  test('an upgrade on another address is refused, not taken', async () => {
    const { url } = await start();
    for (const path of ['/health', '/nothing', '/sync/push']) {
      const [response] = await once(
        new WebSocket(`${url}${path}`).on('error', () => {}),
        'unexpected-response',
      ).then(([, incoming]) => [incoming as { statusCode: number }]);
      expect(response?.statusCode).toBeGreaterThanOrEqual(400);
      expect(response?.statusCode).toBeLessThan(500);
    }
  });
});

/** Waits, turn by turn of the event loop. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** A push whose body has at least so many bytes. */
function largePush(bytes: number): string {
  return JSON.stringify(push11([])) + ' '.repeat(bytes);
}

describe('large bodies', () => {
  const MEBIBYTE = 1024 * 1024;

  test('a body of as much as the limit says is taken, also where that is more than all bodies have otherwise', async () => {
    const { url } = await start({ bodyLimitBytes: 80 * MEBIBYTE });
    const body = largePush(70 * MEBIBYTE);
    for (let turn = 0; turn < 2; turn++) {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}/sync/push`, { method: 'POST', body, headers });
      expect(response.status).toBe(200);
    }
  });

  test('are counted for as long as the store works on them, whoever has gone away', async () => {
    const { url, port, store } = await start();
    const { closed, open } = gate();
    store.gate = closed;
    let working = 0;
    const push = store.push.bind(store);
    store.push = (request) => {
      working += 1;
      return push(request);
    };
    const body = largePush(9 * MEBIBYTE);
    const head = `POST /sync/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    for (let upload = 1; upload <= 7; upload++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(head + body);
      await until(() => working === upload);
      const gone = once(socket, 'close');
      socket.destroy();
      await gone;
    }
    // Seven times nine are held, for which nobody waits any more: there is no room for an eighth.
    const eighth = async () =>
      fetch(`${url}/sync/push`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    const status = async () =>
      eighth().then(
        (response) => response.status,
        () => 'cut',
      );
    expect([429, 'cut']).toContain(await status());
    expect(working).toBe(7);
    open();
    store.gate = undefined;
    while ((await status()) !== 200);
  });

  test('that wait behind another answer are given back when their connection is gone', async () => {
    const { url, port, store } = await start();
    const { closed, open } = gate();
    store.gate = closed;
    const body = largePush(2 * MEBIBYTE);
    const head = `POST /sync/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    let working = 0;
    const push = store.push.bind(store);
    store.push = (request) => {
      working += 1;
      return push(request);
    };
    for (let turn = 1; turn <= 6; turn++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write((head + body).repeat(4));
      await until(() => working === 4 * turn);
      socket.destroy();
    }
    open();
    store.gate = undefined;
    const headers = { 'content-type': 'application/json' };
    const answers = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const large = largePush(9 * MEBIBYTE);
        return (await fetch(`${url}/sync/push`, { method: 'POST', body: large, headers })).status;
      }),
    );
    expect(answers).toEqual([200, 200, 200, 200, 200, 200]);
  });
});

describe('where a relay may listen', () => {
  test('a relay without tokens listens on loopback only', async () => {
    const store = new MemoryStore();
    for (const host of ['0.0.0.0', '::', '192.168.1.4', 'relay.example']) {
      await expect(serve({ store, host, port: 0 })).rejects.toThrow('host');
    }
    for (const host of ['localhost', '127.0.0.1', '127.8.9.1']) {
      const { url } = await start({ host });
      expect((await fetch(`${url}/health`)).status).toBe(200);
    }
    const open = await start({ host: '0.0.0.0', tokenSecret: SECRET });
    expect((await fetch(`http://127.0.0.1:${open.port}/health`)).status).toBe(200);
  });

  test('a port that is taken is bad input', async () => {
    const { port } = await start();
    await expect(serve({ store: new MemoryStore(), host: '127.0.0.1', port })).rejects.toThrow('ERR_CONFIG port');
    await expect(serve({ store: new MemoryStore(), host: '127.0.0.1', port: 70_000 })).rejects.toThrow('port');
  });
});

describe('the end', () => {
  test('a push under way ends well, and then the store is closed', async () => {
    const { url, store, close } = await start();
    const { closed, open } = gate();
    store.gate = closed;
    const reached = gate();
    const push = store.push.bind(store);
    store.push = (request) => {
      reached.open();
      return push(request);
    };
    const answer = send(url, 'push', push11([change11(1)]));
    await reached.closed;
    const closedRelay = close();
    await expect(fetch(`${url}/health`)).rejects.toThrow();
    expect(store.isClosed).toBe(false);
    open();
    const response = await answer;
    expect(response.status).toBe(200);
    expect(response.headers.get('connection')).toBe('close');
    expect(((await response.json()) as { accepted: string[] }).accepted).toEqual([change11(1).id]);
    await closedRelay;
    expect(store.isClosed).toBe(true);
    expect(store.listeners).toBe(0);
    await close();
  });

  test('a request that was coming in when the stop began is UNAVAILABLE', async () => {
    const { port, app, store, close } = await start();
    const connected = once(app.server, 'connection');
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    const ended = once(socket, 'close');
    socket.write('GET /version HTTP/1.1\r\nHost:');
    const [served] = (await connected) as [{ bytesRead: number }];
    while (served.bytesRead === 0) await new Promise((resolve) => setImmediate(resolve));
    const closedRelay = close();
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
    expect(store.isClosed).toBe(false);
    socket.write(' x\r\n\r\n');
    await Promise.all([ended, closedRelay]);
    expect(received).toMatch(/^HTTP\/1\.1 503 /);
    expect(received.toLowerCase()).toContain('retry-after: 1\r\n');
    expect(bodyOf(received).code).toBe('UNAVAILABLE');
  });

  test('a socket that never ends is cut in the end, also where it was upgraded', async () => {
    const { app, port, close } = await start();
    app.server.removeAllListeners('upgrade');
    const upgraded = once(app.server, 'upgrade');
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await upgraded;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const ended = once(socket, 'close');
    const closed = close();
    vi.advanceTimersByTime(10_000);
    await Promise.all([ended, closed]);
  });

  test('a store that hangs holds the stop for no longer than its time', async () => {
    const { store, close } = await start();
    let closes = 0;
    const reached = gate();
    store.close = () => {
      closes += 1;
      reached.open();
      return new Promise(() => undefined);
    };
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const closed = close();
    await reached.closed;
    vi.advanceTimersByTime(10_000);
    await closed;
    expect(closes).toBe(1);
  });

  test('devices that listen are told that the relay stops', async () => {
    const { url, close } = await start();
    const socket = new WebSocket(`${url}/ws?ledger_id=${LEDGER}&device_id=${DEVICE}`);
    await once(socket, 'open');
    const ended = once(socket, 'close');
    await close();
    expect((await ended)[0]).toBe(1001);
  });
});

describe('notifications', () => {
  const address = (url: string, ledger = LEDGER, device = DEVICE) =>
    `${url}/ws?ledger_id=${ledger}&device_id=${device}`;

  /** A socket that is open, and what it was told. */
  async function listen(
    at: string,
    ...more: ConstructorParameters<typeof WebSocket> extends [unknown, ...infer R] ? R : never
  ) {
    const socket = new WebSocket(at, ...(more as [string[]]));
    const messages: string[] = [];
    socket.on('message', (data: Buffer) => messages.push(data.toString()));
    await once(socket, 'open');
    return { socket, messages };
  }

  /** Resolves when all that was sent to a socket has come: a ping is answered in order. */
  async function settled(socket: WebSocket): Promise<void> {
    socket.ping();
    await once(socket, 'pong');
  }

  test('a device is told when another one stored something in its ledger, and of nothing else', async () => {
    const { url } = await start();
    const own = await listen(address(url));
    const other = await listen(address(url, LEDGER, OTHER_DEVICE));
    const stranger = await listen(address(url, 'ledger-2', OTHER_DEVICE));
    const told = once(other.socket, 'message');
    await send(url, 'push', push11([change11(1)]));
    await told;
    await send(url, 'push', push11([change11(1)]));
    await send(url, 'push', push11([change11(2, {}, 8)]));
    for (const { socket } of [own, other, stranger]) await settled(socket);
    expect(own.messages).toEqual([]);
    expect(other.messages).toEqual(['{"type":"changes"}']);
    expect(stranger.messages).toEqual([]);
    for (const { socket } of [own, other, stranger]) socket.terminate();
  });

  test('one ledger takes no more than its share of sockets, and gets it back', async () => {
    const { url, app } = await start({ ledgerSocketsMax: 2 });
    const refused = async (ledger: string) => {
      const socket = new WebSocket(address(url, ledger));
      socket.on('error', () => {});
      const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
      socket.terminate();
      return response.statusCode;
    };
    const first = await listen(address(url));
    const second = await listen(address(url));
    expect(await refused(LEDGER)).toBe(503);
    const other = await listen(address(url, 'ledger-2'));
    first.socket.terminate();
    while (app.websocketServer.clients.size > 2) await new Promise((resolve) => setImmediate(resolve));
    const third = await listen(address(url));
    for (const { socket } of [second, third, other]) socket.terminate();
  });

  test('all devices are told once where the store has missed what was stored', async () => {
    const { url, store } = await start();
    const listening = await Promise.all([
      listen(address(url)),
      listen(address(url, LEDGER, OTHER_DEVICE)),
      listen(address(url, 'ledger-2')),
    ]);
    const told = listening.map(({ socket }) => once(socket, 'message'));
    store.miss();
    await Promise.all(told);
    for (const { socket } of listening) await settled(socket);
    expect(listening.map(({ messages }) => messages)).toEqual(listening.map(() => ['{"type":"changes"}']));
    for (const { socket } of listening) socket.terminate();
  });

  test('a device that does not read is not piled up for: it is told once more when it can be', async () => {
    const { url, store, app } = await start();
    const { socket, messages } = await listen(address(url, LEDGER, OTHER_DEVICE));
    const server = [...app.websocketServer.clients][0]!;
    const waiting: ((error?: Error) => void)[] = [];
    let sent = 0;
    const sendNow = server.send.bind(server) as (data: string, done: () => void) => void;
    server.send = ((data: string, done: () => void) => {
      sent += 1;
      sendNow(data, () => waiting.push(done));
    }) as typeof server.send;
    const first = once(socket, 'message');
    for (let sequence = 1; sequence <= 50; sequence++) {
      await store.push({
        ledger: LEDGER,
        device: DEVICE,
        changes: [
          { id: `c${sequence}`, isByPusher: true, sequence, timestampMs: 1, payloadBytes: 1, covers: 0, body: '{}' },
        ],
      });
    }
    await first;
    await settled(socket);
    expect([sent, messages.length]).toEqual([1, 1]);
    const second = once(socket, 'message');
    waiting.shift()!();
    await second;
    await settled(socket);
    waiting.shift()!();
    await settled(socket);
    expect([sent, messages.length]).toEqual([2, 2]);
    socket.terminate();
  });

  test.each([
    ['no token', {}, 401],
    ['a forged token', bearer(signToken('another', LEDGER)), 401],
    ['a token for another ledger', bearer(signToken(SECRET, 'ledger-2')), 403],
  ])('with %s there is no upgrade', async (_what, headers, status) => {
    const { url, app } = await start({ tokenSecret: SECRET });
    const socket = new WebSocket(address(url), { headers });
    socket.on('error', () => {});
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(status);
    expect(app.websocketServer.clients.size).toBe(0);
    socket.terminate();
  });

  test('a good token comes by header, or as a subprotocol from a browser', async () => {
    const { url } = await start({ tokenSecret: SECRET });
    const token = signToken(SECRET, LEDGER);
    const byHeader = new WebSocket(address(url), { headers: bearer(token) });
    await once(byHeader, 'open');
    const alone = await listen(address(url), [`bearer.${token}`]);
    const beside = await listen(address(url), ['squall', `bearer.${token}`]);
    expect(beside.socket.protocol).toBe('squall');
    for (const socket of [byHeader, alone.socket, beside.socket]) socket.terminate();
    expect(chooseProtocol(['bearer.a', 'squall'])).toBe('squall');
    expect(chooseProtocol([])).toBe(false);
  });

  test('an upgrade without names, or a request that is no upgrade, is a 400', async () => {
    const { url } = await start();
    const missing = new WebSocket(`${url}/ws?ledger_id=${LEDGER}`);
    missing.on('error', () => {});
    const [, response] = (await once(missing, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(400);
    missing.terminate();
    const plain = await fetch(address(url));
    expect(plain.status).toBe(400);
    expect(((await plain.json()) as { error: { code: string } }).error.code).toBe('INVALID_REQUEST');
  });

  test('a device that answers no ping is hung up on, and one that answers stays', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { url, app } = await start();
    const alive = await listen(address(url));
    const dead = new WebSocket(address(url, LEDGER, OTHER_DEVICE), { autoPong: false });
    await once(dead, 'open');
    const ended = once(dead, 'close');
    const answered = Promise.all([...app.websocketServer.clients].slice(0, 1).map((server) => once(server, 'pong')));
    vi.advanceTimersByTime(30_000);
    await answered;
    vi.advanceTimersByTime(30_000);
    expect((await ended)[0]).toBe(1006);
    await settled(alive.socket);
    expect(app.websocketServer.clients.size).toBe(1);
    alive.socket.terminate();
  });

  test('a device whose token expires is told so', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    let nowMs = 1_767_225_600_000;
    const { url } = await start({ tokenSecret: SECRET, nowMs: () => nowMs });
    const { socket } = await listen(address(url), [`bearer.${signToken(SECRET, LEDGER, nowMs + 10_000)}`]);
    const ended = once(socket, 'close');
    nowMs += 10_000;
    vi.advanceTimersByTime(30_000);
    expect((await ended)[0]).toBe(4401);
  });

  test('a device that sends far too much is hung up on, and the others go on', async () => {
    const { url } = await start();
    const { socket } = await listen(address(url));
    const ended = once(socket, 'close');
    socket.on('error', () => {});
    socket.send('x'.repeat(100_000));
    await ended;
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('squall_relay_websocket_connections 0');
  });
});
