// The driver's HTTP client against real servers on loopback: healthy ones, and ones that break every rule.
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { type AddressInfo, type Server as TcpServer, type Socket, createServer as createTcpServer } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { type HttpAnswer, HttpClient, type HttpClientOptions } from '../../../relay-adapter/load/http-client.ts';
import { retryAfterMsOf } from '../../../relay-adapter/load/http-headers.ts';

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const one of cleanUp.splice(0).toReversed()) await one();
});

async function listening(server: Server | TcpServer): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** An HTTP server, and how many connections it got. */
async function serve(handler: Handler): Promise<{ origin: string; connections: () => number }> {
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => handler(request, response, Buffer.concat(chunks).toString()));
  });
  server.on('connection', () => connections++);
  return { origin: await listening(server), connections: () => connections };
}

/** A server that answers bytes with bytes, or does whatever it likes with the socket. */
function serveTcp(onData: (socket: Socket, data: string) => void): Promise<string> {
  return listening(createTcpServer((socket) => void socket.on('data', (data) => onData(socket, data.toString()))));
}

function clientOf(origin: string, options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = new HttpClient({ origin, connections: 1, timeoutMs: 20_000, ...options });
  cleanUp.push(() => client.close());
  return client;
}

function ask(client: HttpClient, path = '/', body?: string, headers?: Record<string, string>): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    client.request(body === undefined ? 'GET' : 'POST', path, headers, body, resolve);
  });
}

const failure = (error: string): HttpAnswer => ({ status: 0, body: '', retryAfterMs: 0, error });

test('an answer comes with its status and its body, byte for byte', async () => {
  const { origin } = await serve(({ method, url }, response, body) => {
    response.writeHead(url === '/refuse' ? 409 : 200);
    response.end(`${method} ${url} ${body}`);
  });
  const client = clientOf(origin);
  const body = 'ünïcode 🌩 "quoted" \u0000';
  expect(await ask(client, '/a?b=c', body)).toEqual({ status: 200, body: `POST /a?b=c ${body}`, retryAfterMs: 0 });
  expect(await ask(client, '/refuse', '')).toEqual({ status: 409, body: 'POST /refuse ', retryAfterMs: 0 });
  for (const method of ['GET', 'PUT', 'DELETE'] as const) {
    const answer = await new Promise<HttpAnswer>((resolve) => {
      client.request(method, '/x', undefined, undefined, resolve);
    });
    expect(answer.body).toBe(`${method} /x `);
  }
});

test('a body in many pieces is put together, also where a letter is cut', async () => {
  const text = '🌩'.repeat(100_000);
  const { origin } = await serve((_request, response) => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 33_333) response.write(bytes.subarray(at, at + 33_333));
    response.end();
  });
  expect((await ask(clientOf(origin))).body).toBe(text);
});

test('connections are kept alive and never more than were asked for; the rest waits in order', async () => {
  const seen: string[] = [];
  const held: ServerResponse[] = [];
  // Answers only three at once: with fewer connections it never would, with more it would see a turn too early.
  const { origin, connections } = await serve(({ url }, response) => {
    seen.push(url!);
    if (held.push(response) === 3) for (const one of held.splice(0)) one.end();
  });
  const client = clientOf(origin, { connections: 3 });
  const paths = Array.from({ length: 60 }, (_, request) => `/${request}`);
  const answers = paths.map((path) => ask(client, path));
  expect(client.inFlight).toBe(60);
  await Promise.all(answers);
  expect(client.inFlight).toBe(0);
  expect(connections()).toBe(3);
  // Three at a time: none comes more than two places off its turn.
  for (const [place, path] of seen.entries()) expect(Math.abs(Number(path.slice(1)) - place)).toBeLessThan(3);
});

test('over one connection requests and callbacks keep the order of the calls, callbacks that send more included', async () => {
  const seen: string[] = [];
  const { origin, connections } = await serve(({ url }, response) => {
    seen.push(url!);
    response.end();
  });
  const client = clientOf(origin);
  const answered: string[] = [];
  await new Promise<void>((resolve) => {
    const send = (path: string, then?: () => void): void => {
      client.request('GET', path, undefined, undefined, () => {
        answered.push(path);
        then?.();
      });
    };
    send('/1', () => send('/4', () => send('/5', resolve)));
    send('/2');
    send('/3');
    expect(answered).toEqual([]);
  });
  expect(seen).toEqual(['/1', '/2', '/3', '/4', '/5']);
  expect(answered).toEqual(seen);
  expect(connections()).toBe(1);
});

test("headers and the path's prefix are sent; a request's own headers count", async () => {
  const { origin } = await serve(({ url, headers }, response) => {
    response.end(JSON.stringify({ url, one: headers['x-one'], two: headers['x-two'], all: Object.keys(headers) }));
  });
  for (const pathPrefix of ['/api/v1', '/api/v1/']) {
    const client = clientOf(origin, { headers: { 'X-One': 'common', 'X-Two': 'common' }, pathPrefix });
    const own = JSON.parse((await ask(client, '/sync', '{}', { 'x-ONE': 'own', 'X-Three': 'own' })).body) as object;
    expect(own).toMatchObject({ url: '/api/v1/sync', one: 'own', two: 'common' });
    const common = JSON.parse((await ask(client, '/sync', '{}')).body) as { all: string[] };
    expect(common).toMatchObject({ one: 'common', two: 'common' });
    expect(common.all).not.toContain('x-three');
  }
});

test('Retry-After is read in both forms, a date by the clock of who sent it', async () => {
  const { origin } = await serve(({ url }, response) => {
    response.sendDate = false;
    response.setHeader('date', 'Sun, 06 Nov 1994 08:49:00 GMT');
    response.setHeader('retry-after', decodeURIComponent(url!.slice(1)));
    response.writeHead(429).end('{}');
  });
  const client = clientOf(origin);
  const asked = async (text: string): Promise<number> =>
    (await ask(client, `/${encodeURIComponent(text)}`)).retryAfterMs;
  expect(await asked('7')).toBe(7000);
  expect(await asked('Sun, 06 Nov 1994 08:49:37 GMT')).toBe(37_000);
  expect(await asked('Sunday, 06-Nov-94 08:49:37 GMT')).toBe(37_000);
  expect(await asked('Sun Nov  6 08:49:37 1994')).toBe(37_000);
  expect(await asked('Sun, 06 Nov 1994 08:48:37 GMT')).toBe(0);
  for (const nonsense of ['soon', '-5', '1.5', '2099-01-01', 'Sun, 99 Nov 1994 08:49:37 GMT']) {
    expect(await asked(nonsense)).toBe(0);
  }
  expect(await asked('9'.repeat(400))).toBe(2 ** 31 - 1);
  const byOwnClockMs = retryAfterMsOf(new Date(Date.now() + 3_600_000).toUTCString(), undefined);
  expect(byOwnClockMs).toBeGreaterThan(3_500_000);
  expect(byOwnClockMs).toBeLessThanOrEqual(3_600_000);
  expect(retryAfterMsOf(undefined, undefined)).toBe(0);
});

test('a request without an answer times out, what waits behind it too; the next one gets a new connection', async () => {
  let isSilent = true;
  const { origin, connections } = await serve(({ url }, response) => {
    if (!isSilent) response.end(url);
  });
  const client = clientOf(origin, { timeoutMs: 150 });
  const startMs = performance.now();
  const [one, two] = await Promise.all([ask(client, '/1'), ask(client, '/2')]);
  expect([one, two]).toEqual([failure('timeout'), failure('timeout')]);
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(150);
  isSilent = false;
  expect(await ask(client, '/3')).toEqual({ status: 200, body: '/3', retryAfterMs: 0 });
  expect(connections()).toBeGreaterThan(1);
});

test('an answer that drips for ever times out as a whole', async () => {
  const { origin } = await serve((_request, response) => {
    const drip = setInterval(() => response.write('.'), 5);
    response.on('close', () => clearInterval(drip));
  });
  expect(await ask(clientOf(origin, { timeoutMs: 150 }))).toEqual(failure('timeout'));
});

test("a time-out ends its connection, so that a late answer is nobody else's", async () => {
  let isClosed = (): void => undefined;
  const closed = new Promise<void>((resolve) => (isClosed = resolve));
  const { origin } = await serve((_request, response) => void response.on('close', isClosed));
  expect(await ask(clientOf(origin, { timeoutMs: 100 }))).toEqual(failure('timeout'));
  await closed;
});

test('each request has its own time', async () => {
  const { origin } = await serve((_request, response) => void setTimeout(() => response.end('ok'), 1000));
  const client = clientOf(origin, { timeoutMs: 1800 });
  // The second one is on its way when the first one's time would be over.
  for (let request = 0; request < 2; request++) expect((await ask(client)).body).toBe('ok');
});

test('a time-out holds up nobody on another connection', async () => {
  const { origin } = await serve(({ url }, response) => {
    if (url !== '/silent') response.end(url);
  });
  const client = clientOf(origin, { connections: 2, timeoutMs: 400 });
  const silent = ask(client, '/silent');
  for (let request = 0; request < 20; request++) expect((await ask(client, `/${request}`)).body).toBe(`/${request}`);
  expect(await silent).toEqual(failure('timeout'));
  expect(client.inFlight).toBe(0);
});

test('a refused connection is an answer, for each of many requests', async () => {
  const server = createTcpServer();
  const origin = await listening(server);
  server.close();
  await once(server, 'close');
  const client = clientOf(origin, { connections: 2 });
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(client)));
  expect(answers).toEqual(Array.from({ length: 10 }, () => failure('refused')));
});

test('an unknown host is an answer', async () => {
  const { error } = await ask(clientOf('http://relay.invalid'));
  expect(['unknown host', 'refused', 'unreachable']).toContain(error);
});

test.each([
  ['before the answer', ''],
  ['within the headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
  ['within a body of known length', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'],
  ['within a chunked body', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ['within a body that closes', 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 10\r\n\r\nhalf'],
  [
    'within a chunked body that closes',
    'HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  ],
])('a connection that ends %s is a reset, without half an answer', async (_where, bytes) => {
  for (const end of ['end', 'resetAndDestroy'] as const) {
    const origin = await serveTcp((socket) => void socket.write(bytes, () => void socket[end]()));
    const client = clientOf(origin);
    expect(await Promise.all([ask(client), ask(client)])).toEqual([failure('reset'), failure('reset')]);
  }
});

test.each([
  ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n'],
  ['a status that is none', 'HTTP/1.1 abc OK\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n..'],
  ['a chunk of no size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'],
  ['an upgrade that nobody asked for', 'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
  ['endless headers', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`],
])('%s is garbage', async (_what, bytes) => {
  const client = clientOf(await serveTcp((socket) => void socket.write(bytes)));
  expect(await ask(client)).toEqual(failure('garbage'));
  expect(await ask(client)).toEqual(failure('garbage'));
});

test('a body beyond the limit is too large, and no memory is held for it', async () => {
  const { origin } = await serve((_request, response) => {
    const chunk = Buffer.alloc(2 ** 20, 'a');
    let left = 70;
    const more = (): void => {
      while (left > 0 && response.writable) {
        left--;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  expect(await ask(clientOf(origin))).toEqual(failure('too large'));
});

test('hints before the answer are passed over', async () => {
  const origin = await serveTcp((socket) => {
    socket.write('HTTP/1.1 103 Early Hints\r\nretry-after: 9\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
  });
  expect(await ask(clientOf(origin))).toEqual({ status: 200, body: 'ok', retryAfterMs: 0 });
});

test('nothing is sent twice where a kept-alive connection is closed under it', async () => {
  const got: string[] = [];
  const origin = await serveTcp((socket, data) => {
    const path = data.split(' ', 2)[1]!;
    got.push(path);
    if (path === '/first') socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    else socket.destroy();
  });
  const client = clientOf(origin);
  expect((await ask(client, '/first')).status).toBe(200);
  expect(await ask(client, '/second', '{}')).toEqual(failure('reset'));
  expect(await ask(client, '/third')).toEqual(failure('reset'));
  expect(got).toEqual(['/first', '/second', '/third']);
});

test('a server that closes after each answer gets a connection for each request', async () => {
  const { origin, connections } = await serve(({ url }, response) => {
    response.setHeader('connection', 'close');
    response.end(url);
  });
  const client = clientOf(origin, { connections: 2 });
  const answers = await Promise.all(Array.from({ length: 12 }, (_, request) => ask(client, `/${request}`)));
  expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 12 }, (_, request) => `/${request}`));
  expect(connections()).toBe(12);
});

test('close answers what is in flight and what waits, once, and lets nothing in afterwards', async () => {
  let isReached = (): void => undefined;
  const reached = new Promise<void>((resolve) => (isReached = resolve));
  const { origin } = await serve(() => isReached());
  const client = clientOf(origin);
  const answers: string[] = [];
  for (const path of ['/sent', '/waits']) {
    client.request('GET', path, undefined, undefined, ({ error }) => answers.push(`${path} ${error}`));
  }
  await reached;
  await client.close();
  expect(answers).toEqual(['/sent closed', '/waits closed']);
  expect(client.inFlight).toBe(0);
  const late = ask(client, '/late');
  expect(client.inFlight).toBe(1);
  expect(await late).toEqual(failure('closed'));
  await client.close();
  expect(answers).toHaveLength(2);
  expect(client.inFlight).toBe(0);
});

test('what cannot be sent is an answer', async () => {
  const { origin } = await serve((_request, response) => void response.end());
  const client = clientOf(origin);
  expect(await ask(client, '/a b')).toEqual(failure('bad request'));
  expect(await ask(client, '/', '', { 'x-one': 'a\r\nx-two: b' })).toEqual(failure('bad request'));
  expect((await ask(client)).status).toBe(200);
});

test('what a callback throws is not taken for network trouble', async () => {
  const { origin } = await serve((_request, response) => void response.end('ok'));
  const client = clientOf(origin);
  const uncaught = vi.fn<(error: Error) => void>();
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', uncaught);
  try {
    let calls = 0;
    client.request('GET', '/', undefined, undefined, () => {
      calls++;
      throw new Error('thrown by the callback');
    });
    expect((await ask(client)).body).toBe('ok');
    expect(calls).toBe(1);
    expect(uncaught.mock.calls.map(([error]) => error.message)).toEqual(['thrown by the callback']);
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of others) process.on('uncaughtException', listener);
  }
});

test.each([
  'ftp://127.0.0.1',
  'http://127.0.0.1/path',
  'http://127.0.0.1/?query',
  'http://127.0.0.1/#fragment',
  'http://user:secret@127.0.0.1',
  'http://@127.0.0.1',
  '127.0.0.1:80',
  '',
])('%s is no origin', (origin) => {
  const open = (): HttpClient => new HttpClient({ origin, connections: 1, timeoutMs: 1 });
  expect(open).toThrow(/ERR_CONFIG origin: .*expected http:\/\/host:port/);
  expect(open).not.toThrow('secret');
});

test('prefixes and headers that HTTP does not have are refused, without showing a secret', () => {
  const open = (options: Partial<HttpClientOptions>): HttpClient =>
    new HttpClient({ origin: 'http://127.0.0.1', connections: 1, timeoutMs: 1, ...options });
  for (const pathPrefix of ['api', '/a b', '/a?b', '/a#b', '//', '/a\r\n', '/']) {
    expect(() => open({ pathPrefix })).toThrow('ERR_CONFIG pathPrefix');
  }
  for (const name of ['', 'a b', 'a:', 'Transfer-Encoding', 'content-length', 'Connection']) {
    expect(() => open({ headers: { [name]: 'x' } })).toThrow('ERR_CONFIG header');
  }
  expect(() => open({ headers: { authorization: 'secret\r\nx: y' } })).toThrow('ERR_CONFIG header authorization');
  expect(() => open({ headers: { authorization: 'secret\r\nx: y' } })).not.toThrow('secret');
  expect(() => open({ headers: { A: 'x', a: 'y' } })).toThrow('each name once');
});
