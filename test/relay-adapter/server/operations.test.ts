import { afterEach, describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { ERROR_CODES } from '../../../relay-adapter/protocol.ts';
import {
  decodeErrorBody,
  decodeHealth,
  decodeRegions,
  decodeSla,
  decodeVersion,
} from '../../../relay-adapter/protocol-codec.ts';
import type { RelayAppOptions } from '../../../relay-adapter/server/app.ts';
import { ServiceLevel } from '../../../relay-adapter/server/service-level.ts';
import { signToken } from '../../../relay-adapter/server/tokens.ts';
import { SERVER_VERSION } from '../../../relay-adapter/server/version.ts';
import { LEDGER, SECRET, bearer, change10, change11, openRelay, post, pull11, push10, push11 } from './requests.ts';

const opened: { close(): Promise<void> }[] = [];

async function open(options: Partial<RelayAppOptions> = {}) {
  const relay = await openRelay(options);
  opened.push(relay.app);
  return relay;
}

afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

function errorOf(response: { body: string }): { code: string; message: string } {
  const decoded = decodeErrorBody(response.body);
  if (!decoded.ok) throw new Error(decoded.error.message);
  expect(ERROR_CODES).toContain(decoded.value.error.code);
  return decoded.value.error;
}

describe('errors', () => {
  const json = { 'content-type': 'application/json' };

  test.each([
    ['broken JSON', '{"a":', json],
    ['an empty body', '', json],
    ['a list', '[]', json],
    ['null', 'null', json],
    ['a text that holds JSON', JSON.stringify(JSON.stringify(push11([]))), json],
    ['a key __proto__', '{"__proto__":{"a":1}}', json],
    ['a key __proto__ in a change', `{"changes":[{"__proto__":1}]}`, json],
    ['a constructor with a prototype', '{"constructor":{"prototype":{}}}', json],
    ['JSON called text', JSON.stringify(push11([])), { 'content-type': 'text/plain' }],
    ['JSON called a form', JSON.stringify(push11([])), { 'content-type': 'application/x-www-form-urlencoded' }],
    ['JSON of no type', JSON.stringify(push11([])), {}],
    ['deep nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, json],
    [
      'deep nesting among the changes',
      JSON.stringify(push11([])).replace('[]', `[${'['.repeat(50_000)}${']'.repeat(50_000)}]`),
      json,
    ],
    ['a huge number', JSON.stringify(push11([])).replace('"timestamp":1', '"timestamp":1e400'), json],
    ['a ledger with a slash', JSON.stringify(push11([], { ledger_id: 'account/device' })), json],
    ['a ledger with SQL', JSON.stringify(push11([], { ledger_id: "x'; drop table changes;--" })), json],
    ['a ledger named __proto__', JSON.stringify(push11([], { ledger_id: '__proto__' })), json],
    ['a key that the protocol does not know', JSON.stringify(push11([], { note: 'x' })), json],
    ['a version that is no text', JSON.stringify(push11([], { protocol_version: 1.1 })), json],
    ['no version', '{}', json],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), json],
  ])('%s is refused as INVALID_REQUEST', async (_what, payload, headers) => {
    const { app, store } = await open();
    const response = await app.inject({
      method: 'POST',
      url: '/sync/push',
      payload,
      headers: headers as Record<string, string>,
    });
    expect(response.statusCode).toBe(400);
    expect(errorOf(response).code).toBe('INVALID_REQUEST');
    expect(store.ledgers.size).toBe(0);
  });

  test('a body of another type is not read', async () => {
    const { app } = await open();
    const response = await post(app, 'push', push11([]), { 'content-type': 'text/plain' });
    expect(errorOf(response).message).toBe('the content type must be application/json');
  });

  test('an unknown address, and an unknown method on a known one, are 404 in the words of the catalogue', async () => {
    const { app } = await open();
    for (const [method, url] of [
      ['GET', '/nothing'],
      ['GET', '/sync/push'],
      ['DELETE', '/sync/push'],
      ['OPTIONS', '/sync/pull'],
      ['POST', '/health'],
    ] as const) {
      const response = await app.inject({ method, url });
      expect([url, response.statusCode, errorOf(response).code]).toEqual([url, 404, 'INVALID_REQUEST']);
    }
  });

  test('an address that is malformed or far too long is a 400', async () => {
    const { app } = await open();
    for (const url of ['/%zz', '/ledgers/%E0%A4%A/members/x', `/ledgers/${'a'.repeat(600)}/members/x`]) {
      const response = await app.inject({ method: 'PUT', url });
      expect([response.statusCode, errorOf(response).code]).toEqual([400, 'INVALID_REQUEST']);
    }
  });

  test('a body beyond the limit is PAYLOAD_TOO_LARGE', async () => {
    const { app } = await open({ bodyLimitBytes: 1000 });
    const response = await post(app, 'push', `{"a":"${'x'.repeat(1000)}"}`);
    expect([response.statusCode, errorOf(response).code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect(response.json().error.details).toEqual({ max_size_bytes: 1000 });
  });

  test('a store that throws is DATABASE_ERROR, and what it said stays inside', async () => {
    const { app, store } = await open();
    store.failure = new Error('constraint failed: secret-detail');
    for (const [what, body] of [
      ['push', push11([change11(1)])],
      ['push', push10([change10(1)])],
      ['pull', pull11()],
    ] as const) {
      const response = await post(app, what, body);
      expect([response.statusCode, errorOf(response).code]).toEqual([500, 'DATABASE_ERROR']);
      expect(response.body).not.toContain('secret-detail');
    }
  });

  test('options that are none are refused', async () => {
    await expect(openRelay({ pageSize: 101 })).rejects.toThrow('pageSize');
    await expect(openRelay({ pageSize: 0 })).rejects.toThrow('pageSize');
    await expect(openRelay({ rateLimitPerMinute: -1 })).rejects.toThrow('rateLimitPerMinute');
    await expect(openRelay({ tokenSecret: '' })).rejects.toThrow('tokenSecret');
    await expect(openRelay({ logLevel: 'loud' })).rejects.toThrow('logLevel');
  });
});

describe('limits', () => {
  const MINUTE_MS = 60_000;

  test('an address has so many requests a minute, then waits for the next one', async () => {
    let nowMs = 10 * MINUTE_MS + 12_500;
    const { app } = await open({ rateLimitPerMinute: 3, nowMs: () => nowMs });
    for (let request = 0; request < 3; request++) expect((await post(app, 'pull', pull11())).statusCode).toBe(200);
    const refused = await post(app, 'pull', pull11());
    expect([refused.statusCode, errorOf(refused).code]).toEqual([429, 'RATE_LIMIT_EXCEEDED']);
    expect(refused.headers['retry-after']).toBe('48');
    expect((await app.inject({ url: '/nothing' })).statusCode).toBe(429);
    const other = await app.inject({ method: 'POST', url: '/sync/pull', payload: pull11(), remoteAddress: '10.0.0.2' });
    expect(other.statusCode).toBe(200);
    nowMs = 11 * MINUTE_MS;
    expect((await post(app, 'pull', pull11())).statusCode).toBe(200);
  });

  test('a token has as many, from whatever address', async () => {
    const { app } = await open({ rateLimitPerMinute: 2, tokenSecret: SECRET });
    const pull = (ledger_id: string, token: string, remoteAddress: string) =>
      app.inject({
        method: 'POST',
        url: '/sync/pull',
        payload: pull11({ ledger_id }),
        headers: bearer(token),
        remoteAddress,
      });
    const token = signToken(SECRET, LEDGER);
    expect((await pull(LEDGER, token, '10.0.0.1')).statusCode).toBe(200);
    expect((await pull(LEDGER, token, '10.0.0.2')).statusCode).toBe(200);
    const refused = await pull(LEDGER, token, '10.0.0.3');
    expect([refused.statusCode, errorOf(refused).code]).toEqual([429, 'RATE_LIMIT_EXCEEDED']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect((await pull('ledger-2', signToken(SECRET, 'ledger-2'), '10.0.0.4')).statusCode).toBe(200);
  });

  test('tokens of the operator’s own tools are counted by neither limit', async () => {
    const { app } = await open({ rateLimitPerMinute: 1, tokenSecret: SECRET });
    const token = signToken(SECRET, LEDGER, undefined, 'operator');
    for (let request = 0; request < 5; request++) {
      expect((await post(app, 'pull', pull11(), bearer(token))).statusCode).toBe(200);
    }
    // They use up nobody else's.
    expect((await post(app, 'pull', pull11(), bearer(signToken(SECRET, LEDGER)))).statusCode).toBe(200);
    expect((await post(app, 'pull', pull11(), bearer(signToken(SECRET, LEDGER)))).statusCode).toBe(429);
  });

  test('whoever shows bad tokens uses up its own address and nobody’s token', async () => {
    const { app } = await open({ rateLimitPerMinute: 2, tokenSecret: SECRET });
    const token = signToken(SECRET, LEDGER);
    for (let request = 0; request < 5; request++) await post(app, 'pull', pull11(), bearer(`${token.slice(0, -1)}_`));
    const own = await app.inject({
      method: 'POST',
      url: '/sync/pull',
      payload: pull11(),
      headers: bearer(token),
      remoteAddress: '10.0.0.9',
    });
    expect(own.statusCode).toBe(200);
  });

  test('what an operator asks has no limit', async () => {
    const { app } = await open({ rateLimitPerMinute: 1 });
    for (const url of ['/health', '/version', '/regions', '/metrics/sla', '/metrics', '/health', '/metrics']) {
      expect((await app.inject({ url })).statusCode).toBe(200);
    }
  });
});

describe('operations', () => {
  test('health, version and regions are as the protocol has them', async () => {
    let nowMs = 1_000_000;
    const { app, store } = await open({ region: 'eu-1', environment: 'test', nowMs: () => nowMs });
    nowMs += 2500;
    const health = decodeHealth((await app.inject({ url: '/health' })).body);
    expect(health).toMatchObject({
      ok: true,
      value: { status: 'ok', region: 'eu-1', version: SERVER_VERSION, uptime_seconds: 2.5, database: { status: 'ok' } },
    });
    expect(decodeVersion((await app.inject({ url: '/version' })).body)).toEqual({
      ok: true,
      value: { protocol_version: '1.1.0', server_version: SERVER_VERSION, environment: 'test', timestamp: nowMs },
    });
    expect(decodeRegions((await app.inject({ url: '/regions' })).body)).toEqual({
      ok: true,
      value: { regions: [{ id: 'eu-1', name: 'eu-1', status: 'online' }], timestamp: nowMs },
    });
    store.failure = new Error('disk');
    const ill = await app.inject({ url: '/health' });
    expect(ill.statusCode).toBe(503);
    expect(decodeHealth(ill.body)).toMatchObject({
      ok: true,
      value: { status: 'error', database: { status: 'error' } },
    });
  });

  test('the version is that of the package', () => {
    const file = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
    expect(SERVER_VERSION).toBe((JSON.parse(file) as { version: string }).version);
  });

  test('the service level counts what was answered, and only the relay’s own failures against it', async () => {
    const { app, store } = await open();
    await post(app, 'push', push11([change11(1)]));
    await post(app, 'push', '{');
    store.failure = new Error('disk');
    await post(app, 'pull', pull11());
    await post(app, 'pull', pull11());
    const sla = decodeSla((await app.inject({ url: '/metrics/sla' })).body);
    expect(sla).toMatchObject({
      ok: true,
      value: { total_requests: 4, successful_requests: 2, failed_requests: 2, uptime_percentage: 50 },
    });
  });

  test('the service level forgets what is older than an hour, and keeps percentiles of the rest', () => {
    const level = new ServiceLevel(0);
    const minute = 60_000;
    for (let at = 0; at < 600 * minute; at += minute) level.record(at < 300 * minute ? 500 : 200, 10, at);
    const { succeeded, failed, startMs, endMs } = level.summary(600 * minute);
    expect([succeeded, failed]).toEqual([60, 0]);
    expect([startMs, endMs]).toEqual([540 * minute, 600 * minute]);
    for (let ms = 1; ms <= 1000; ms++) level.record(200, ms, 700 * minute);
    const summary = level.summary(700 * minute);
    expect(summary.succeeded).toBe(1000);
    expect(summary.msMean).toBeCloseTo(500.5);
    expect(summary.msP95).toBeGreaterThan(940);
    expect(summary.msP95).toBeLessThan(960);
    expect(summary.msP99).toBeGreaterThan(980);
    expect(summary.msP99).toBeLessThan(1000);
  });

  test('Prometheus is told of requests, changes and rows, by routes and never by names', async () => {
    const { app } = await open();
    await post(app, 'push', push11([change11(1), change11(2), change11(3, {}, 8)]));
    await post(app, 'push', push11([change11(1)]));
    await post(app, 'pull', pull11());
    await app.inject({ url: '/nothing/at/all' });
    await app.inject({ method: 'PUT', url: `/ledgers/${LEDGER}/members/phone` });
    const response = await app.inject({ url: '/metrics' });
    expect(response.headers['content-type']).toContain('text/plain; version=0.0.4');
    for (const line of [
      'squall_relay_requests_total{method="POST",route="/sync/push",status="200"} 2',
      'squall_relay_requests_total{method="POST",route="/sync/pull",status="200"} 1',
      'squall_relay_requests_total{method="GET",route="unknown",status="404"} 1',
      'squall_relay_requests_total{method="PUT",route="/ledgers/:ledger/members/:device",status="204"} 1',
      'squall_relay_request_duration_seconds_count{route="/sync/push"} 2',
      'squall_relay_changes_total{outcome="stored"} 2',
      'squall_relay_changes_total{outcome="kept"} 1',
      'squall_relay_changes_total{outcome="rejected"} 1',
      'squall_relay_pulled_changes_total 2',
      'squall_relay_websocket_connections 0',
    ]) {
      expect(response.body.split('\n')).toContain(line);
    }
    expect(response.body).toMatch(/squall_relay_build_info\{version="0\.1\.0",.*store="memory".*\} 1/);
    expect(response.body).not.toContain(LEDGER);
    expect(response.body).not.toContain('/nothing');
  });
});

describe('the log', () => {
  test('a request is one line, with what happened and nothing of what it carried', async () => {
    const lines: string[] = [];
    const { app, store } = await open({
      tokenSecret: SECRET,
      logLevel: 'trace',
      logStream: { write: (line) => void lines.push(line) },
    });
    const token = signToken(SECRET, LEDGER);
    const secretPayload = Buffer.from('the plain secret of a payload').toString('base64');
    const headers = { ...bearer(token), 'x-private': 'a private header' };
    const change = change11(1, { encrypted_payload: secretPayload });
    await post(app, 'push', push11([change, change11(2), change11(3, {}, 8)]), headers);
    await post(app, 'pull', pull11(), headers);
    await post(app, 'push', `{"broken":"${secretPayload}`, headers);
    await post(app, 'push', push11([{ ...change, [secretPayload]: 1 }]), headers);
    await app.inject({ url: `/nothing?key=${secretPayload}`, headers });
    await app.inject({ url: `/%zz?key=${secretPayload}`, headers });
    store.failure = Object.assign(new Error('disk full'), {
      code: 'ERR_SQLITE',
      detail: secretPayload,
      parameters: [secretPayload],
    });
    await post(app, 'pull', pull11(), headers);
    const requests = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request');
    expect(requests[0]).toMatchObject({
      method: 'POST',
      route: '/sync/push',
      status: 200,
      ledger: LEDGER,
      stored: 2,
      kept: 0,
      rejected: 1,
    });
    expect(requests[0].ms).toBeGreaterThanOrEqual(0);
    expect(requests[1]).toMatchObject({ route: '/sync/pull', status: 200, ledger: LEDGER, rows: 2 });
    expect(requests[2]).toMatchObject({ route: '/sync/push', status: 400 });
    expect(requests[4]).toMatchObject({ route: 'unknown', status: 404 });
    expect(requests.filter(({ route, status }) => route === '/sync/pull' && status === 500)).toHaveLength(1);
    const text = lines.join('');
    expect(text).toContain('"code":"ERR_SQLITE"');
    for (const hidden of [secretPayload, token, token.slice(-43), 'a private header', SECRET])
      expect(text).not.toContain(hidden);
  });

  test('a silent relay writes nothing', async () => {
    const lines: string[] = [];
    const { app } = await open({ logStream: { write: (line) => void lines.push(line) } });
    await post(app, 'push', push11([change11(1)]));
    expect(lines).toEqual([]);
  });
});
