import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ERROR_CODES,
  ERROR_STATUS,
  isBase64,
  PUSH_CHANGES_MAX,
  REQUEST_BYTES_MAX,
} from '../../relay-adapter/protocol.ts';
import type { Dialect } from '../../relay-adapter/protocol.ts';
import {
  decodeErrorBody,
  decodeHealth,
  decodePullRequest,
  decodePullResponse,
  decodePushRequest,
  decodePushResponse,
  decodeRegions,
  decodeSla,
  decodeVersion,
  encodeErrorBody,
  encodePullRequest,
  encodePullResponse,
  encodePushRequest,
  encodePushResponse,
  protocolError,
  toErrorBody,
} from '../../relay-adapter/protocol-codec.ts';
import { pull10, pull11, pulled10, pulled11, push10, push11, pushed11 } from './bodies.ts';

const DIALECTS = ['1.0', '1.1'] as const satisfies readonly Dialect[];

const CHANGE = {
  id: '00000011-0002-8000-8000-00000000002a',
  entity_type: 'account',
  entity_id: 'account-h-1',
  operation: 'CREATE',
  encrypted_payload: 'AAAA',
  timestamp: 1_767_225_600_000,
  actor: '00000011-0002',
  sequence: 42,
  seen_cursor: '17',
};
const PUSH = {
  protocol_version: '1.1.0',
  ledger_id: 'ledger-0000000000000011',
  device_id: 'device-0000000000000011',
  timestamp: 1_767_225_600_000,
  changes: [CHANGE],
};
const CHANGE_10 = {
  id: CHANGE.id,
  entity_type: 'account',
  entity_id: 'account-h-1',
  operation: 'CREATE',
  encrypted_payload: 'AAAA',
  version_vector: { 'device-0000000000000011': 1 },
  timestamp: 1_767_225_600_000,
};
const PUSH_10 = {
  protocol_version: '1.0.0',
  device_id: PUSH.device_id,
  timestamp: PUSH.timestamp,
  changes: [CHANGE_10],
};
const VALID = { '1.0': PUSH_10, '1.1': PUSH };

function pushOf(change: object): object {
  return { ...PUSH, changes: [{ ...CHANGE, ...change }] };
}

function without<T extends object>(record: T, key: keyof T): object {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

function expectRoundTrip<T>(
  bodies: fc.Arbitrary<T>,
  encode: (body: T) => string,
  decode: (text: string) => unknown,
): void {
  fc.assert(
    fc.property(bodies, (body) => {
      expect(decode(encode(body))).toEqual({ ok: true, value: body });
    }),
    { seed: 1 },
  );
}

describe('encoding and decoding', () => {
  test('a request that is encoded decodes to itself', () => {
    expectRoundTrip(push10, encodePushRequest, (text) => decodePushRequest(text, '1.0'));
    expectRoundTrip(push11, encodePushRequest, (text) => decodePushRequest(text, '1.1'));
    expectRoundTrip(pull10, encodePullRequest, (text) => decodePullRequest(text, '1.0'));
    expectRoundTrip(pull11, encodePullRequest, (text) => decodePullRequest(text, '1.1'));
  });

  test('a response that is encoded decodes to itself', () => {
    expectRoundTrip(pushed11, encodePushResponse, (text) => decodePushResponse(text, '1.1'));
    expectRoundTrip(pulled10, encodePullResponse, (text) => decodePullResponse(text, '1.0'));
    expectRoundTrip(pulled11, encodePullResponse, (text) => decodePullResponse(text, '1.1'));
  });

  test('the text of a body does not depend on the order of its keys', () => {
    fc.assert(
      fc.property(push11, (body) => {
        const turned = Object.fromEntries(Object.entries(body).reverse()) as typeof body;
        turned.changes = body.changes.map(
          (change) => Object.fromEntries(Object.entries(change).reverse()) as typeof change,
        );
        expect(encodePushRequest(turned)).toBe(encodePushRequest(body));
      }),
      { seed: 8 },
    );
  });

  test('a body is taken as text and as parsed JSON alike', () => {
    for (const dialect of DIALECTS) {
      const body = VALID[dialect];
      expect(decodePushRequest(body, dialect)).toEqual({ ok: true, value: body });
      expect(decodePushRequest(JSON.stringify(body), dialect)).toEqual({ ok: true, value: body });
    }
  });
});

describe('what a request is refused for', () => {
  test.each<[string, unknown, string]>([
    ['no JSON', '{', 'push is not JSON'],
    ['no object', '[]', 'push: '],
    ['nothing', undefined, 'push: '],
    ['a missing version', without(PUSH, 'protocol_version'), 'push: protocol_version'],
    ['a version that is no text', { ...PUSH, protocol_version: 1.1 }, 'push: protocol_version'],
    ['a missing ledger', without(PUSH, 'ledger_id'), 'push: ledger_id'],
    ['an empty device id', { ...PUSH, device_id: '' }, 'push: device_id'],
    ['a device id that is too long', { ...PUSH, device_id: 'a'.repeat(129) }, 'push: device_id'],
    ['a device id with a quote', { ...PUSH, device_id: 'a"b' }, 'push: device_id'],
    ['a device id that is a trap', { ...PUSH, device_id: '__proto__' }, 'push: device_id'],
    ['a time that is no integer', { ...PUSH, timestamp: 0.5 }, 'push: timestamp'],
    ['a time before 1970', { ...PUSH, timestamp: -1 }, 'push: timestamp'],
    ['a time above 2^53', { ...PUSH, timestamp: 2 ** 53 }, 'push: timestamp'],
    ['a time as text', { ...PUSH, timestamp: '1' }, 'push: timestamp'],
    ['changes that are no list', { ...PUSH, changes: {} }, 'push: changes'],
    [
      'too many changes',
      { ...PUSH, changes: Array.from({ length: PUSH_CHANGES_MAX + 1 }, () => CHANGE) },
      'push: changes',
    ],
    ['a key that is not of the protocol', { ...PUSH, note: 'plain text' }, 'push: '],
    ['such a key in a change', pushOf({ note: 'plain text' }), 'push: changes.0'],
    ['an unknown operation', pushOf({ operation: 'MERGE' }), 'push: changes.0.operation'],
    ['a payload that is no base64', pushOf({ encrypted_payload: 'AAA' }), 'push: changes.0.encrypted_payload'],
    ['an empty payload', pushOf({ encrypted_payload: '' }), 'push: changes.0.encrypted_payload'],
    ['a negative sequence', pushOf({ sequence: -1 }), 'push: changes.0.sequence'],
    ['an empty cursor', pushOf({ seen_cursor: '' }), 'push: changes.0.seen_cursor'],
    ['a cursor that is too long', pushOf({ seen_cursor: 'a'.repeat(257) }), 'push: changes.0.seen_cursor'],
    ['a snapshot that covers nothing', pushOf({ operation: 'SNAPSHOT' }), 'push: changes.0.covers'],
    ['an edit that covers something', pushOf({ covers: '17' }), 'push: changes.0'],
  ])('%s', (_what, input, message) => {
    const decoded = decodePushRequest(input, '1.1');
    expect(decoded).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST', status: 400 } });
    if (!decoded.ok) expect(decoded.error.message.startsWith(message)).toBe(true);
  });

  test.each<[string, object]>([
    ['a count that is no integer', { version_vector: { a: 0.5 } }],
    ['a vector that is a list', { version_vector: [] }],
    ['a snapshot', { operation: 'SNAPSHOT', covers: '1' }],
    ['a name in the vector that is no id', { version_vector: { 'a b': 1 } }],
  ])('%s, in 1.0', (_what, change) => {
    const decoded = decodePushRequest({ ...PUSH_10, changes: [{ ...CHANGE_10, ...change }] }, '1.0');
    expect(decoded).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } });
  });

  test('another version is a mismatch that names both', () => {
    for (const dialect of DIALECTS) {
      const other = dialect === '1.0' ? '1.1' : '1.0';
      const decoded = decodePushRequest(JSON.stringify(VALID[other]), dialect);
      expect(decoded).toMatchObject({
        ok: false,
        error: {
          code: 'PROTOCOL_MISMATCH',
          status: 400,
          details: { server_version: `${dialect}.0`, client_version: `${other}.0` },
        },
      });
    }
  });

  test('a text above 10 MB is too large, one of exactly 10 MB is read', () => {
    const room = REQUEST_BYTES_MAX - JSON.stringify(PUSH).length;
    const padded = `${JSON.stringify(PUSH)}${' '.repeat(room)}`;
    expect(decodePushRequest(padded, '1.1').ok).toBe(true);
    expect(decodePushRequest(`${padded} `, '1.1')).toMatchObject({
      ok: false,
      error: { code: 'PAYLOAD_TOO_LARGE', status: 413, details: { actual_size_bytes: REQUEST_BYTES_MAX + 1 } },
    });
  });

  test('1.0 drops keys that it does not know', () => {
    const body = { ...PUSH_10, extra: 1, changes: [{ ...CHANGE_10, extra: 1 }] };
    expect(decodePushRequest(body, '1.0')).toEqual({ ok: true, value: PUSH_10 });
  });

  test('a payload of megabytes is read', () => {
    const body = pushOf({ encrypted_payload: 'A'.repeat(8_000_000) });
    expect(decodePushRequest(JSON.stringify(body), '1.1').ok).toBe(true);
  });

  test('an error names at most ten issues, in texts of at most 200 characters, and echoes no value', () => {
    const secret = 'plain-text-of-a-person'.repeat(100);
    const changes = Array.from({ length: 50 }, () => ({ ...CHANGE, id: secret, [secret]: secret }));
    const decoded = decodePushRequest({ ...PUSH, changes }, '1.1');
    expect(decoded.ok).toBe(false);
    if (decoded.ok) return;
    expect(decoded.error.details).toHaveLength(10);
    expect(JSON.stringify(decoded.error).length).toBeLessThan(6000);
  });
});

describe('hostile input', () => {
  const decoders: readonly ((input: unknown) => { ok: boolean })[] = [
    ...DIALECTS.flatMap((dialect) => [
      (input: unknown) => decodePushRequest(input, dialect),
      (input: unknown) => decodePullRequest(input, dialect),
      (input: unknown) => decodePushResponse(input, dialect),
      (input: unknown) => decodePullResponse(input, dialect),
    ]),
    decodeErrorBody,
    decodeHealth,
    decodeVersion,
    decodeRegions,
    decodeSla,
  ];

  const keys = fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'protocol_version',
    'changes',
    'version_vector',
    'id',
  );
  const value = fc.anything({
    key: fc.oneof(keys, fc.string()),
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
  });

  test('no value makes a decoder throw, and each error can be sent', () => {
    fc.assert(
      fc.property(value, (input) => {
        for (const decode of decoders) {
          const decoded = decode(input);
          expect(typeof decoded.ok).toBe('boolean');
          if (!decoded.ok) JSON.stringify(decoded);
        }
      }),
      { seed: 11, numRuns: 2000 },
    );
  });

  test('no text makes a decoder throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (input) => {
        for (const decode of decoders) expect(typeof decode(input).ok).toBe('boolean');
      }),
      { seed: 12, numRuns: 1000 },
    );
    for (const decode of decoders) expect(decode('['.repeat(200_000)).ok).toBe(false);
  });

  test('a valid push with one value replaced by anything decodes, or is refused with a code', () => {
    const paths = fc.constantFrom(
      ...Object.keys(PUSH).filter((key) => key !== 'changes'),
      ...Object.keys(CHANGE).map((key) => `changes/${key}`),
    );
    fc.assert(
      fc.property(paths, fc.jsonValue(), (path, replacement) => {
        const input = path.startsWith('changes/')
          ? pushOf({ [path.slice(8)]: replacement })
          : { ...PUSH, [path]: replacement };
        const decoded = decodePushRequest(JSON.stringify(input), '1.1');
        if (!decoded.ok) expect(['INVALID_REQUEST', 'PROTOCOL_MISMATCH']).toContain(decoded.error.code);
      }),
      { seed: 13, numRuns: 2000 },
    );
  });

  test('keys named after the prototype reach no prototype', () => {
    const text = JSON.stringify(PUSH_10).replace('"version_vector":{', '"version_vector":{"__proto__":{"polluted":1},');
    const decoded = decodePushRequest(text.replace('{', '{"__proto__":{"polluted":1},'), '1.0');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(decoded).toEqual({ ok: true, value: PUSH_10 });
    if (!decoded.ok) return;
    expect('polluted' in decoded.value).toBe(false);
    expect('polluted' in (decoded.value.changes[0]?.version_vector ?? {})).toBe(false);
    expect(decodePushRequest(JSON.stringify(PUSH).replace('{', '{"__proto__":{},'), '1.1').ok).toBe(false);
  });
});

describe('responses', () => {
  test('keys that the dialect does not know are dropped', () => {
    const pushed = { protocol_version: '1.1.0', success: true, accepted: ['a'], rejected: [], timestamp: 1 };
    expect(decodePushResponse({ ...pushed, region: 'eu' }, '1.1')).toEqual({ ok: true, value: pushed });
  });

  test('ids that other programs made are taken', () => {
    const change = { ...CHANGE_10, id: 'Änderung 7', version_vector: { 'device 7': 1 } };
    const page = { protocol_version: '1.0.0', changes: [change], has_more: false, timestamp: 1 };
    expect(decodePullResponse(page, '1.0')).toEqual({ ok: true, value: page });
  });

  test.each<[string, object]>([
    ['without a cursor', { cursor: undefined }],
    ['with a change without its cursor', { changes: [CHANGE] }],
    ['of another version', { protocol_version: '1.0.0' }],
    ['of 101 changes', { changes: Array.from({ length: 101 }, () => ({ ...CHANGE, cursor: '1' })) }],
  ])('a page %s is no response', (_what, part) => {
    const page = { protocol_version: '1.1.0', changes: [], cursor: '1', has_more: false, timestamp: 1 };
    expect(decodePullResponse(page, '1.1').ok).toBe(true);
    expect(decodePullResponse({ ...page, ...part }, '1.1')).toMatchObject({
      ok: false,
      error: { code: 'INVALID_RESPONSE', status: 502 },
    });
  });

  test('every code has the status of the protocol, and survives the wire', () => {
    expect(ERROR_STATUS).toEqual({
      INVALID_REQUEST: 400,
      PROTOCOL_MISMATCH: 400,
      UNAUTHORIZED: 401,
      FORBIDDEN: 403,
      CURSOR_AHEAD: 409,
      PAYLOAD_TOO_LARGE: 413,
      RATE_LIMIT_EXCEEDED: 429,
      DATABASE_ERROR: 500,
      INTERNAL_ERROR: 500,
      UNAVAILABLE: 503,
    });
    for (const code of ERROR_CODES) {
      const body = toErrorBody(protocolError(code, 'what is wrong', { limit: 60 }), 1_767_225_600_000);
      expect(decodeErrorBody(encodeErrorBody(body))).toEqual({ ok: true, value: body });
    }
    const plain = toErrorBody(protocolError('FORBIDDEN', 'not a member'), 5);
    expect(encodeErrorBody(plain)).toBe('{"error":{"code":"FORBIDDEN","message":"not a member"},"timestamp":5}');
  });

  test('the answers of a relay as published are read', () => {
    const health = {
      status: 'ok',
      timestamp: 1,
      region: 'eu',
      version: '1.0.0',
      database: { status: 'ok', latency_ms: 2 },
      uptime_seconds: 3,
    };
    expect(decodeHealth({ ...health, extra: 1 })).toEqual({ ok: true, value: health });
    expect(decodeHealth({ ...health, status: 'fine' }).ok).toBe(false);
    const version = { protocol_version: '1.0.0', server_version: '1.0.0', environment: 'test', timestamp: 1 };
    expect(decodeVersion(version)).toEqual({ ok: true, value: version });
    const regions = {
      regions: [{ id: 'eu', name: 'Europe', location: 'Europe', endpoint: 'https://eu.example', status: 'online' }],
      timestamp: 1,
    };
    expect(decodeRegions(regions)).toEqual({ ok: true, value: regions });
    const sla = {
      uptime_percentage: 99.9,
      total_requests: 10,
      successful_requests: 9,
      failed_requests: 1,
      avg_response_time_ms: 1.5,
      p95_response_time_ms: 2,
      p99_response_time_ms: 3,
      period_start: 0,
      period_end: 1,
    };
    expect(decodeSla(sla)).toEqual({ ok: true, value: sla });
    expect(decodeSla({ ...sla, uptime_percentage: 101 }).ok).toBe(false);
  });
});

describe('base64', () => {
  test('exactly the texts that some bytes have are base64', () => {
    const near = fc
      .array(fc.constantFrom('A', 'B', 'Q', 'g', '/', '+', '=', '-', ' ', 'é'), { maxLength: 8 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(near, (text) => {
        expect(isBase64(text)).toBe(Buffer.from(text, 'base64').toString('base64') === text);
      }),
      { seed: 21, numRuns: 5000, examples: [['AA=='], ['AB=='], ['AAA='], ['AAB='], ['='], ['===='], ['A===']] },
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => isBase64(Buffer.from(bytes).toString('base64'))),
      { seed: 22 },
    );
  });
});
