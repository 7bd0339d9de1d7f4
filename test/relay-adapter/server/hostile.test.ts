import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { PAGE_BYTES_MAX } from '../../../relay-adapter/server/store.ts';
import { signToken } from '../../../relay-adapter/server/tokens.ts';
import {
  ODD_NUMBERS,
  ODD_TEXTS,
  ACCOUNT,
  PUSHER,
  anyBreaks,
  broken,
  change10,
  change11,
  pull10,
  pull11,
  push10,
  push11,
  wrongTypes,
} from './hostile-bodies.ts';
import { isId } from './hostile-model.ts';
import { HOSTILE_SECRET, HostileRelay, assertRefused, closedOf, drainedOrClosed } from './hostile-relay.ts';

/** What a relay may take at most, with a body of ten megabytes in all its forms: idle it takes about a hundred. */
const RESIDENT_MB_MAX = 640;
const MEGABYTE = 1024 * 1024;

let relay: HostileRelay;
const sockets: { destroy(): void }[] = [];

beforeAll(async () => {
  relay = await HostileRelay.start();
  await relay.push('victim', JSON.stringify(push11('victim', [change11('v-1'), change11('v-2')])));
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await relay.settle();
  await relay.pullAll('victim');
  expect(relay.model.logs.get('victim')).toHaveLength(2);
});
afterAll(() => relay.close());

let serial = 0;
/** A ledger that nothing was pushed to yet. */
const fresh = (): string => `ledger-${++serial}`;
const text = (value: unknown): string => JSON.stringify(value);

describe('bodies', () => {
  test('a quarter of a million bad names in a vector take neither memory nor the relay', async () => {
    const names = Array.from({ length: 250_000 }, (_, index) => `"!${index.toString(36)}":1`).join(',');
    const before = relay.residentMb('VmHWM');
    assertRefused(
      await relay.pull(
        ACCOUNT,
        text(pull10({ sync_vector: {} })).replace('"sync_vector":{', `"sync_vector":{${names}`),
      ),
    );
    const body = text(push10([change10('vector', { version_vector: {} })]));
    const pushed = await relay.push(ACCOUNT, body.replace('"version_vector":{', `"version_vector":{${names}`));
    expect((JSON.parse(pushed.text) as { rejected: unknown[] }).rejected).toHaveLength(1);
    expect(relay.residentMb('VmHWM') - before).toBeLessThan(150);
  });

  test('valid bodies that were cut, flipped and patched are refused, or judged as what they say now', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(3), anyBreaks, async (which, breaks) => {
        const ledger = 'flipped';
        const id = `f${run++}`;
        const push = which === 0 ? push11(ledger, [change11(id), change11(`${id}b`)]) : push10([change10(id)]);
        const pull = which === 2 ? pull11(ledger) : pull10();
        if (which < 2) await relay.push(which === 0 ? ledger : ACCOUNT, broken(text(push), breaks));
        else await relay.pull(which === 2 ? ledger : ACCOUNT, broken(text(pull), breaks));
      }),
      { seed: 11, numRuns: 600 },
    );
    expect(relay.model.logs.get('flipped')?.length).toBeGreaterThan(0);
    await relay.pullAll('flipped');
  });

  test('every place of a body is held against every wrong type', async () => {
    const ledger = fresh();
    const snapshot = change11('s', { operation: 'SNAPSHOT', covers: 'c0000000' });
    let sent = 0;
    for (const body of wrongTypes(push11(ledger, [change11('good'), change11('bad'), snapshot]))) {
      // New ids, so that what was stored before hides nothing.
      await relay.push(ledger, body.replaceAll(/"(good|bad|s)"/g, `"$1-${sent++}"`));
    }
    for (const body of wrongTypes(push10([change10('good'), change10('bad')]))) {
      await relay.push(ACCOUNT, body.replaceAll(/"(good|bad)"/g, `"$1-${sent++}"`));
    }
    for (const body of wrongTypes(pull11(ledger))) await relay.pull(ledger, body);
    for (const body of wrongTypes(pull10())) await relay.pull(ACCOUNT, body);
    expect(sent).toBeGreaterThan(500);
    await relay.pullAll(ledger);
  });

  test('huge and odd numbers are refused, or kept as the number that they are', async () => {
    const ledger = fresh();
    for (const [index, number] of ODD_NUMBERS.entries()) {
      const put = (body: object, key: string): string =>
        text(body).replace(new RegExp(`("${key}":)\\d+`), (_all, head: string) => `${head}${number}`);
      const change = text(push11(ledger, [change11(`n${index}`)]));
      await relay.push(ledger, put(push11(ledger, [change11(`t${index}`)]), 'timestamp'));
      await relay.push(ledger, change.replace('"sequence":1', `"sequence":${number}`));
      await relay.push(ledger, change.replace('1767225600001', number).replace(`"n${index}"`, `"m${index}"`));
      await relay.push(ACCOUNT, put(push10([change10(`o${index}`)]), PUSHER));
      await relay.pull(ACCOUNT, put(pull10(), 'since_timestamp'));
      await relay.pull(ACCOUNT, put(pull10(), 'device-8'));
    }
    expect(relay.model.logs.get(ledger)!.length).toBeGreaterThan(20);
    await relay.pullAll(ledger);
  });

  test('names of prototypes are no keys, and no trap as ids', async () => {
    const ledger = fresh();
    const body = text(push11(ledger, [change11('p')]));
    for (const key of ['__proto__', 'constructor', 'toString', '\\u005f_proto__', 'hasOwnProperty']) {
      for (const value of ['null', '{"id":"x"}', '{"prototype":{"id":"x"}}', '[]', '1']) {
        await relay.push(ledger, body.replace('{', `{"${key}":${value},`));
        await relay.push(ledger, body.replace('{"id"', `{"${key}":${value},"id"`));
        const vector = text(push10([change10(`${key}-${value.length}`.replace(/\\u005f/, ''))]));
        await relay.push(ACCOUNT, vector.replace('"version_vector":{', `"version_vector":{"${key}":${value},`));
        await relay.pull(ACCOUNT, text(pull10()).replace('"sync_vector":{', `"sync_vector":{"${key}":${value},`));
      }
    }
    await relay.pull(ledger, text(pull11(ledger)).replace('{', '{"__proto__":{"cursor":"c0000001"},'));
  });

  test('odd texts, SQL among them, are refused or kept to the byte, wherever they stand', async () => {
    const ledger = fresh();
    let kept = 0;
    for (const [index, odd] of ODD_TEXTS.entries()) {
      for (const key of ['id', 'entity_id', 'entity_type', 'actor', 'operation', 'encrypted_payload', 'seen_cursor']) {
        const good = change11(`g${index}-${key}`);
        const body = push11(ledger, [good, change11(`x${index}-${key}`, { [key]: odd })]);
        await relay.push(ledger, text(body));
      }
      await relay.push(
        ledger,
        text(push11(ledger, [change11(`d${index}`)], { device_id: odd, protocol_version: odd })),
      );
      await relay.push(ledger, text(push11(ledger, [change11(`e${index}`, { actor: odd })], { device_id: odd })));
      await relay.push(ACCOUNT, text(push10([change10(`y${index}`, { version_vector: { [PUSHER]: 1, [odd]: 2 } })])));
      await relay.pull(ledger, text(pull11(ledger, { device_id: odd })));
      await relay.pull(ledger, text(pull11(ledger, { cursor: odd })));
      // As a ledger, with its own token: nothing of another one may come.
      await relay.push(odd, text(push11(odd, [change11('own')])));
      await relay.push(
        odd,
        text(push10([change10('old', { version_vector: { [odd]: 1 }, device_id: odd })], { device_id: odd })),
      );
      await relay.pull(odd, text(pull11(odd, { cursor: undefined })));
      if (isId(odd)) kept += 1;
    }
    expect(kept).toBeGreaterThan(15);
    for (const odd of ODD_TEXTS.filter(isId)) expect(relay.model.logs.get(odd)).toHaveLength(1);
    await relay.pullAll(ledger);
  });

  test('a hundred thousand levels are refused, or dropped where a dialect drops', async () => {
    const ledger = fresh();
    const good = text(push11(ledger, [change11('deep')]));
    const old = text(push10([change10('deep-10')]));
    for (const [open, inside, close] of [
      ['[', '', ']'],
      ['{"a":', '1', '}'],
    ] as const) {
      const deep = open.repeat(100_000) + inside + close.repeat(100_000);
      for (const body of [deep, open.repeat(100_000), `${deep}}`]) {
        await relay.push(ledger, body);
        await relay.pull(ledger, body);
      }
      await relay.push(ledger, good.replace('{', `{"x":${deep},`));
      await relay.push(ledger, good.replace('"sequence":1', `"sequence":${deep}`));
      await relay.push(ledger, good.replace('"id":"deep"', `"id":${deep}`));
      await relay.push(ledger, good.replace('"id":"deep"', `"id":"x","__proto__":${deep}`));
      await relay.push(ACCOUNT, old.replace('"id":"deep-10"', `"id":"deep-10","x":${deep}`));
      await relay.push(ACCOUNT, old.replace('"device-8":1', `"device-8":${deep}`));
    }
    expect(relay.model.logs.get(ledger)).toBeUndefined();
  });

  test('encodings and types of content other than JSON in UTF-8 are refused', async () => {
    const ledger = fresh();
    const body = text(push11(ledger, [change11('enc')]));
    const utf16 = Buffer.from(`\u{feff}${body}`, 'utf16le');
    for (const bytes of [
      utf16,
      utf16.subarray(2),
      Buffer.from(utf16).swap16(),
      gzipSync(body),
      Buffer.alloc(3),
      Buffer.alloc(0),
    ]) {
      await relay.push(ledger, bytes);
      await relay.push(ledger, bytes, { 'content-encoding': 'gzip' });
      await relay.push(ledger, bytes, { 'content-type': 'application/json; charset=utf-16' });
    }
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonx',
      '*/*',
      ';',
      '',
      'a'.repeat(5000),
    ]) {
      assertRefused(await relay.send('POST', '/sync/push', body, { ...relay.token(ledger), 'content-type': type }));
    }
    expect(relay.model.logs.get(ledger)).toBeUndefined();
    await relay.push(ledger, `\u{feff}${body}`);
    expect(relay.model.logs.get(ledger)).toHaveLength(1);
    const twice = text(push11(ledger, [change11('twice')])).replace('"id":"twice"', '"id":"once","id":"twice"');
    await relay.push(ledger, twice.replace('{', '{"ledger_id":"victim",'));
  });

  test('ten thousand changes are refused whole, a thousand of ten kilobytes are kept', async () => {
    const ledger = fresh();
    const many = (count: number, more = {}) => Array.from({ length: count }, (_, index) => change11(`m${index}`, more));
    assertRefused(await relay.push(ledger, text(push11(ledger, many(10_000)))));
    assertRefused(await relay.push(ledger, text(push11(ledger, many(1001)))));
    assertRefused(await relay.push(ledger, `${text(push11(ledger, [])).slice(0, -2)}${'0,'.repeat(1_000_000)}0]}`));
    expect(relay.model.logs.get(ledger)).toBeUndefined();
    const large = { encrypted_payload: Buffer.alloc(7680, 7).toString('base64') };
    await relay.push(ledger, text(push11(ledger, [...many(500, large), ...many(500)])));
    expect(relay.model.logs.get(ledger)).toHaveLength(500);
    await relay.push(ledger, text(push11(ledger, many(1000, large))));
    await relay.pullAll(ledger);
  });
});

describe('tokens', () => {
  test('tokens that are foreign, old, cut, flipped or no tokens at all open nothing', async () => {
    const ledger = fresh();
    const body = text(push11(ledger, [change11('t')]));
    const good = signToken(HOSTILE_SECRET, ledger);
    const [version, name, expiry, signature] = good.split('.') as [string, string, string, string];
    const flipped = Array.from(
      good,
      (letter, index) => good.slice(0, index) + (letter === 'A' ? 'B' : 'A') + good.slice(index + 1),
    );
    const cut = Array.from({ length: good.length }, (_, index) => good.slice(0, index));
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const bad = [
      ...flipped.filter((token) => token !== good),
      ...cut,
      signToken(HOSTILE_SECRET, 'victim'),
      signToken(HOSTILE_SECRET, ledger, 1),
      signToken('another secret', ledger),
      `${none}.${Buffer.from(`{"ledger":"${ledger}"}`).toString('base64url')}.`,
      `${version}.${name}.${expiry}.`,
      `${version}.${name}.zzzzzzzzzzz.${signature}`,
      `${version}.${Buffer.from('victim').toString('base64url')}.${expiry}.${signature}`,
      `${good}=`,
      `${good}.${good}`,
      `${good},${good}`,
      good.toUpperCase(),
      'x'.repeat(10_000),
      '.'.repeat(10_000),
      `s1.${'A'.repeat(8000)}.0.${signature}`,
    ];
    for (const token of bad) {
      const headers = { authorization: `Bearer ${token}` };
      const code = assertRefused(await relay.send('POST', '/sync/push', body, headers));
      expect(['UNAUTHORIZED', 'FORBIDDEN']).toContain(code);
    }
    for (const authorization of [
      '',
      good,
      `Basic ${good}`,
      `bearer${good}`,
      `Bearer ${good} ${good}`,
      `Bearer\t${good}`,
    ]) {
      assertRefused(await relay.send('POST', '/sync/push', body, { authorization }));
      assertRefused(await relay.send('POST', '/sync/pull', text(pull11('victim')), { authorization }));
      assertRefused(await relay.send('PUT', `/ledgers/${ledger}/members/d`, undefined, { authorization }));
    }
    expect(relay.model.logs.get(ledger)).toBeUndefined();
    // The same one twice is nothing bad.
    for (let again = 0; again < 2; again++) await relay.push(ledger, body, { authorization: `bearer  ${good}` });
  });

  test('a good token of one ledger opens no other, by no trick of the body', async () => {
    const ledger = fresh();
    for (const body of [
      push11('victim', [change11('w')]),
      push11(ledger, [change11('w')], { ledger_id: ['victim'] }),
      push11(ledger, [change11('w')], { ledger_id: 'victim\0' }),
      push11('account/victim', [change11('w')]),
      push10([change10('w')], { device_id: 'victim' }),
      push10([change10('w')], { device_id: '../victim' }),
    ]) {
      assertRefused(await relay.push(ledger, text(body)));
    }
    for (const body of [
      pull11('victim'),
      pull10({ device_id: 'victim' }),
      pull11(ledger, { ledger_id: { toString: 'victim' } }),
    ]) {
      assertRefused(await relay.pull(ledger, text(body)));
    }
    for (const method of ['PUT', 'DELETE']) {
      const answer = await relay.send(method, '/ledgers/victim/members/d', undefined, relay.token(ledger));
      expect(assertRefused(answer)).toBe('FORBIDDEN');
    }
  });
});

describe('HTTP', () => {
  test('addresses with tricks lead nowhere', async () => {
    const ledger = fresh();
    const headers = relay.token(ledger);
    const body = text(push11(ledger, [change11('path')]));
    const paths = [
      '/sync/../sync/push',
      '/sync/%2e%2e/sync/push',
      '/sync/push/',
      '//sync/push',
      '/sync%2fpush',
      '/sync/push%00',
      '/sync/push;x',
      '/SYNC/PUSH',
      '/sync/%zz',
      '/%',
      '/%c0%af',
      '/..',
      `/${'a'.repeat(12_000)}`,
      '/sync/push%20',
      '/__proto__',
      '/constructor',
      '/sync',
      '*',
    ];
    for (const path of paths) {
      const request = `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: ${headers['authorization']}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      const [answer] = await relay.raw(request);
      assertRefused(answer!);
    }
    expect(relay.model.logs.get(ledger)).toBeUndefined();
    // A query is no part of the address.
    await relay
      .send('POST', `/sync/push?${'a=b&'.repeat(2000)}`, body, headers)
      .then((answer) => relay.judge(ledger, body, answer));
  });

  test('methods that there are not are refused', async () => {
    for (const method of [
      'GET',
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'TRACE',
      'CONNECT',
      'PROPFIND',
      'QUERY',
      'BREW',
      'post',
      'P\0ST',
      '',
    ]) {
      const answers = await relay.raw(`${method} /sync/push HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      // CONNECT is cut without an answer.
      for (const answer of answers) assertRefused(answer);
      if (method !== 'CONNECT') expect(answers).toHaveLength(1);
    }
  });

  test('floods of headers are refused', async () => {
    const many = Array.from({ length: 3000 }, (_, index) => `x-${index}: 1\r\n`).join('');
    const names = ['__proto__', 'constructor', 'toString', 'content-type', 'upgrade', 'expect'];
    for (const headers of [many, `X: ${'a'.repeat(60_000)}\r\n`, `${'a'.repeat(60_000)}: 1\r\n`]) {
      for (const answer of await relay.raw(`GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`))
        assertRefused(answer);
    }
    for (const name of names) {
      const answers = await relay.raw(
        `GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${name}: odd\r\n${name}: odd\r\n\r\n`,
      );
      for (const answer of answers) assertRefused(answer);
    }
  });

  test('a request hidden in another one is not served', async () => {
    const ledger = fresh();
    const { authorization } = relay.token(ledger);
    const hidden = text(push11(ledger, [change11('hidden')]));
    const inner = `POST /sync/push HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: ${authorization}\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`;
    const outer = `POST /sync/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: ${authorization}\r\n`;
    for (const framing of [
      `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `Transfer-Encoding: chunked\r\nContent-Length: ${inner.length + 5}\r\n\r\n0\r\n\r\n`,
      `Content-Length: 1\r\nContent-Length: ${inner.length}\r\n\r\n`,
      `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
      `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
      `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
      `Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n`,
      `Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n`,
      `Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n`,
      `Transfer-Encoding: chunked\r\n\r\n3\r\n{}\r\n\r\n0\r\n\r\n`,
      `Content-Length: +5\r\n\r\n`,
      `Content-Length: 0x10\r\n\r\n`,
      `Content-Length: 1e1\r\n\r\n`,
      `Content-Length: -1\r\n\r\n`,
    ]) {
      const answers = await relay.raw(outer + framing + inner);
      expect(answers.length).toBeGreaterThan(0);
      for (const answer of answers) assertRefused(answer);
    }
    expect(relay.model.logs.get(ledger)).toBeUndefined();
  });
});

describe('members', () => {
  test('odd names are refused or are names', async () => {
    const ledger = fresh();
    const headers = relay.token(ledger);
    for (const odd of ODD_TEXTS.filter((some) => !/[\ud800-\udfff]/u.test(some))) {
      const path = `/ledgers/${ledger}/members/${encodeURIComponent(odd).replace(/^\.{1,2}$/, (dots) => '%2e'.repeat(dots.length))}`;
      for (const [method, status] of [
        ['PUT', 204],
        ['PUT', 204],
        ['DELETE', 204],
        ['DELETE', 404],
      ] as const) {
        const answer = await relay.send(method, path, undefined, headers);
        if (isId(odd)) expect([odd, method, answer.status]).toEqual([odd, method, status]);
        if (answer.status !== 204) assertRefused(answer);
      }
    }
    for (const path of [
      `/ledgers/${ledger}/members/`,
      `/ledgers//members/d`,
      `/ledgers/${ledger}/members/a/b`,
      `/ledgers/${ledger}/members/%ff`,
      `/ledgers/${'a'.repeat(600)}/members/d`,
    ]) {
      assertRefused(await relay.send('PUT', path, undefined, headers));
    }
    assertRefused(await relay.send('PUT', `/ledgers/${ledger}/members/d`, 'no JSON', headers));
  });
});

describe('WebSockets', () => {
  const address = (ledger: string, token: string) =>
    `/ws?ledger_id=${ledger}&device_id=listener HTTP/1.1\r\nHost: x\r\nAuthorization: ${token}\r\n`;
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

  /** A socket that was upgraded, as bytes. */
  async function upgraded(ledger: string): Promise<Socket> {
    const socket = connect(relay.port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    const { authorization = '' } = relay.token(ledger);
    socket.write(`GET ${address(ledger, authorization)}${upgrade}${key}Sec-WebSocket-Version: 13\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 101 /);
    return socket;
  }

  /** A frame of a client, with a mask of zeros. */
  function frame(opcode: number, payload: Buffer): Buffer {
    const { length } = payload;
    const head =
      length < 126
        ? [0x80 | length]
        : [0x80 | 127, 0, 0, 0, 0, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255];
    return Buffer.concat([Buffer.from([0x80 | opcode, ...head, 0, 0, 0, 0]), payload]);
  }

  test('upgrades that are none are refused, and their sockets closed', async () => {
    const ledger = fresh();
    const { authorization = '' } = relay.token(ledger);
    for (const request of [
      `GET ${address(ledger, 'Bearer x')}${upgrade}${key}Sec-WebSocket-Version: 13\r\n\r\n`,
      `GET ${address('victim', authorization)}${upgrade}${key}Sec-WebSocket-Version: 13\r\n\r\n`,
      `GET ${address(`${ledger}%00`, authorization)}${upgrade}${key}Sec-WebSocket-Version: 13\r\n\r\n`,
      `GET ${address('__proto__', authorization)}${upgrade}${key}Sec-WebSocket-Version: 13\r\n\r\n`,
      `GET ${address(`${ledger}&ledger_id=victim`, authorization)}${upgrade}${key}Sec-WebSocket-Version: 13\r\n\r\n`,
      `GET /nothing HTTP/1.1\r\nHost: x\r\n${upgrade}${key}Sec-WebSocket-Version: 13\r\n\r\n`,
      `GET /sync/push HTTP/1.1\r\nHost: x\r\n${upgrade}${key}Sec-WebSocket-Version: 13\r\n\r\n`,
      `POST /sync/push HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n${upgrade}${key}Sec-WebSocket-Version: 13\r\n\r\n{}`,
    ]) {
      const answers = await relay.raw(request);
      expect(answers.length).toBeGreaterThan(0);
      assertRefused(answers[0]!);
    }
    for (const rest of [
      `${upgrade}Sec-WebSocket-Version: 13\r\n`,
      `${upgrade}${key}Sec-WebSocket-Version: 99\r\n`,
      `${upgrade}Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n`,
      `${upgrade.replace('websocket', 'h2c')}${key}Sec-WebSocket-Version: 13\r\n`,
    ]) {
      const [answer] = await relay.raw(`GET ${address(ledger, authorization)}${rest}\r\n`);
      assertRefused(answer!);
    }
  });

  test('frames that are broken or huge end the socket, and no other', async () => {
    const ledger = fresh();
    const listener = new WebSocket(`${relay.url}/ws?ledger_id=${ledger}&device_id=other`, {
      headers: relay.token(ledger),
    });
    await once(listener, 'open');
    for (const bytes of [
      frame(1, Buffer.alloc(MEGABYTE)),
      frame(2, Buffer.alloc(2000)),
      Buffer.from([0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255]),
      Buffer.from([0x81, 0x05, 1, 2, 3, 4, 5]),
      Buffer.from([0xff, 0x80, 0, 0, 0, 0]),
      frame(1, Buffer.from([0xff, 0xfe])),
      frame(9, Buffer.alloc(200)),
      frame(8, Buffer.from([0])),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    ]) {
      const socket = await upgraded(ledger);
      const closed = closedOf(socket.resume());
      socket.write(bytes);
      await closed;
    }
    const told = once(listener, 'message');
    await relay.push(ledger, text(push11(ledger, [change11('ws')])));
    expect(String((await told)[0])).toBe('{"type":"changes"}');
    listener.terminate();
  });

  test('a client that pings without end and reads nothing is hung up on', async () => {
    const ledger = fresh();
    const before = relay.residentMb('VmHWM');
    const socket = await upgraded(ledger);
    socket.pause();
    const pings = Buffer.concat(Array.from({ length: 8000 }, () => frame(9, Buffer.alloc(125))));
    for (let turn = 0; turn < 200 && !socket.closed; turn++) {
      if (!socket.write(pings)) await drainedOrClosed(socket);
    }
    expect(socket.closed).toBe(true);
    expect(relay.residentMb('VmHWM') - before).toBeLessThan(150);
  });

  test('a flood of texts is nobody’s business', async () => {
    const ledger = fresh();
    const socket = await upgraded(ledger);
    const texts = Buffer.concat(Array.from({ length: 20_000 }, () => frame(1, Buffer.from('{"type":"changes"}'))));
    socket.write(texts);
    socket.write(frame(9, Buffer.from('done')));
    const [pong] = (await once(socket, 'data')) as [Buffer];
    expect(pong.toString('latin1')).toContain('done');
  });
});

describe('time', () => {
  test('sockets that send a byte now and then are cut, and the others are served meanwhile', async () => {
    const patient = await HostileRelay.start(700);
    try {
      const { authorization } = patient.token('slow');
      const body = text(push11('slow', [change11('slow')]));
      const heads = [
        'GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ',
        `POST /sync/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: ${authorization}\r\nContent-Length: 5000\r\n\r\n{`,
        `POST /sync/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: ${authorization}\r\nTransfer-Encoding: chunked\r\n\r\n`,
        '',
      ];
      const ends = heads.map(async (head) => {
        const socket = connect(patient.port, '127.0.0.1');
        sockets.push(socket);
        socket.on('error', () => {});
        let received = '';
        socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
        const closed = closedOf(socket);
        socket.write(head);
        const timer = setInterval(
          () => socket.writable && socket.write(head.endsWith('chunked\r\n\r\n') ? '1\r\n \r\n' : 'a'),
          50,
        );
        await closed;
        clearInterval(timer);
        return received;
      });
      await patient.push('slow', body);
      for (const received of await Promise.all(ends)) {
        if (received !== '') expect(received).toMatch(/^HTTP\/1\.1 4\d\d /);
      }
      await patient.settle();
      await patient.pullAll('slow');
    } finally {
      await patient.close();
    }
  });
});

describe('much at once', () => {
  const head = (ledger: string, length: string): string =>
    `POST /sync/push HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: ${relay.token(ledger)['authorization']}\r\n${length}\r\n\r\n`;
  const chunked = (count: number): (string | Buffer)[] => {
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(MEGABYTE, '['), Buffer.from('\r\n')]);
    return Array.from({ length: count }, () => chunk);
  };

  /**
   * The answer to what is refused while it is still being sent. The relay closes then, and what it has said is lost where
   * its close meets more of the body (RFC 9112, section 9.6): that is tried again.
   */
  const answerTo = async (...parts: (string | Buffer)[]) => {
    for (let attempt = 0; attempt < 20; attempt++) {
      const [answer] = await relay.raw(...parts);
      if (answer !== undefined) return answer;
    }
    throw new Error('twenty refusals were lost on their way');
  };

  test('eleven megabytes are too large, told, in chunks or lied about', async () => {
    const ledger = fresh();
    const eleven = Buffer.alloc(11 * MEGABYTE, ' ');
    const told = await answerTo(head(ledger, `Content-Length: ${eleven.length}`), eleven);
    expect(assertRefused(told)).toBe('PAYLOAD_TOO_LARGE');
    const inChunks = await answerTo(head(ledger, 'Transfer-Encoding: chunked'), ...chunked(11), '0\r\n\r\n');
    expect(assertRefused(inChunks)).toBe('PAYLOAD_TOO_LARGE');
    const body = text(push11(ledger, [change11('lied')]));
    const [short] = await relay.raw(head(ledger, `Content-Length: ${body.length - 1}`), body);
    assertRefused(short!);
    // The rest never comes: what there is of it is nothing.
    const socket = connect(relay.port, '127.0.0.1');
    socket.write(head(ledger, `Content-Length: ${body.length + 1}`) + body);
    socket.end();
    await closedOf(socket.resume());
    expect(relay.model.logs.get(ledger)).toBeUndefined();
  });

  test('a hundred uploads of eleven megabytes at once leave memory bounded', async () => {
    const ledger = fresh();
    const uploads = 100;
    // None goes on before all have sent nine megabytes, or were refused.
    let arrived = 0;
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    const gate = (): Promise<void> => {
      if (++arrived === uploads) open();
      return opened;
    };
    const codes = await Promise.all(
      Array.from({ length: uploads }, async () => {
        const start = head(ledger, 'Transfer-Encoding: chunked');
        const [answer] = await relay.raw(start, ...chunked(9), gate, ...chunked(2), '0\r\n\r\n');
        return answer === undefined ? 'CUT' : assertRefused(answer);
      }),
    );
    // Whoever is refused while it still sends may lose the answer: the connection is reset.
    expect(
      new Set(codes.filter((code) => !['PAYLOAD_TOO_LARGE', 'RATE_LIMIT_EXCEEDED', 'CUT'].includes(code))),
    ).toEqual(new Set());
    expect(codes.filter((code) => code !== 'CUT').length).toBeGreaterThan(0);
    expect(relay.residentMb('VmHWM')).toBeLessThan(RESIDENT_MB_MAX);
    // The room is given back.
    const large = change11('after', { encrypted_payload: 'AAAA'.repeat(MEGABYTE) });
    for (let upload = 0; upload < 3; upload++) await relay.push(ledger, text(push11(ledger, [large])));
    expect(relay.model.logs.get(ledger)).toHaveLength(1);
  });

  test('without a good token no body is read', async () => {
    const ledger = fresh();
    const unread = head(ledger, 'Content-Length: 5000000').replace(/Bearer \S+/, 'Bearer nonsense');
    const socket = connect(relay.port, '127.0.0.1');
    sockets.push(socket);
    socket.write(unread);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 401 /);
    const nowhere = connect(relay.port, '127.0.0.1');
    sockets.push(nowhere);
    nowhere.write(unread.replace('/sync/push', '/nothing'));
    expect(((await once(nowhere, 'data')) as [Buffer])[0].toString()).toMatch(/^HTTP\/1\.1 404 /);
  });

  test('a page of large changes is cut, and all of them come', async () => {
    const ledger = fresh();
    const body = (index: number) =>
      text(push11(ledger, [change11(`l${index}`, { encrypted_payload: `${index}AAA`.repeat(1_500_000) })]));
    for (let index = 1; index <= 5; index++) await relay.push(ledger, body(index));
    const page = await relay.pull(ledger, text(pull11(ledger)));
    expect(page.text.length).toBeLessThan(PAGE_BYTES_MAX + 2048);
    expect((JSON.parse(page.text) as { has_more: boolean }).has_more).toBe(true);
    await relay.pullAll(ledger);
  });

  test('a crowd of requests on one connection that reads nothing gets a few pages, and the others are served', async () => {
    const ledger = fresh();
    const large = (index: number) => change11(`big${index}`, { encrypted_payload: 'AAAA'.repeat(250_000) });
    for (let index = 0; index < 10; index++) await relay.push(ledger, text(push11(ledger, [large(index)])));
    const body = text(pull11(ledger));
    const { authorization } = relay.token(ledger);
    const pull = `POST /sync/pull HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: ${authorization}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const before = relay.residentMb('VmHWM');
    const socket = connect(relay.port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    socket.pause();
    socket.write(pull.repeat(150));
    // All of it was read and judged when a request that came later was answered.
    for (let turn = 0; turn < 20; turn++) await relay.pull(ledger, text(pull11(ledger, { cursor: 'c0000009' })));
    expect(relay.residentMb('VmHWM') - before).toBeLessThan(500);
    expect(relay.residentMb('VmHWM')).toBeLessThan(RESIDENT_MB_MAX + 200);
  });
});
