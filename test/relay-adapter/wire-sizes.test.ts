// Wire sizes against the codec: the bytes of the bodies that the same changes would make.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChangeTable, type NewChange } from '../../models/change-table.ts';
import { ENTITY_TYPES } from '../../models/entities.ts';
import { actorId, changeId, deviceId, ledgerId } from '../../models/identity.ts';
import type { RefusalCode } from '../../models/relay/messages.ts';
import { cursorText } from '../../relay-adapter/cursor.ts';
import {
  type Change10,
  type Change11,
  type ErrorCode,
  PROTOCOL_1_0,
  PROTOCOL_1_1,
} from '../../relay-adapter/protocol.ts';
import {
  encodeChange,
  encodeErrorBody,
  encodePullRequest,
  encodePullResponse,
  encodePushRequest,
  encodePushResponse,
} from '../../relay-adapter/protocol-codec.ts';
import { ENCRYPTION_BYTES, wireSizes } from '../../relay-adapter/wire-sizes.ts';

const NOW_MS = 1_767_225_600_123;

const newChange: fc.Arbitrary<NewChange> = fc.record({
  device: fc.nat({ max: 100_000 }),
  incarnation: fc.nat({ max: 9 }),
  sequence: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 2 ** 30 })),
  ledger: fc.nat({ max: 1000 }),
  seen: fc.oneof(fc.constant(0), fc.nat({ max: 100_000 })),
  editedAtUs: fc.nat(),
  timestampMs: fc.oneof(fc.constant(NOW_MS), fc.nat({ max: 2 ** 40 })),
  entityType: fc.constantFrom(...ENTITY_TYPES),
  operation: fc.constantFrom('CREATE' as const, 'UPDATE' as const, 'DELETE' as const),
  entityLength: fc.integer({ min: 1, max: 40 }),
  parts: fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 3 }),
  targets: fc.constant([]),
});
const newChanges = fc.array(newChange, { maxLength: 5 });
const newSnapshot = newChange.map((change): NewChange => ({ ...change, operation: 'SNAPSHOT' }));

/** A table with these changes, whose sizes were set as a device sets them. */
function tableOf(changes: readonly NewChange[], dialect: '1.0' | '1.1') {
  const table = new ChangeTable(false);
  const sizes = wireSizes(table, dialect, () => NOW_MS);
  const numbers = changes.map((change) => table.add(change));
  for (const number of numbers) table.setWireBytes(number, sizes.change(number));
  return { table, sizes, numbers };
}

/** What the change would be on the wire: the payload encrypted, with nonce and tag. */
function common(table: ChangeTable, number: number) {
  return {
    id: changeId(table.deviceOf(number), table.incarnationOf(number), table.sequenceOf(number)),
    entity_type: table.entityTypeOf(number),
    entity_id: 'e'.repeat(table.entityLengthOf(number)),
    operation: table.operationOf(number) as 'UPDATE',
    encrypted_payload: Buffer.alloc(table.payloadBytesOf(number) + 28).toString('base64'),
    timestamp: table.timestampMs(number),
  };
}
function change11(table: ChangeTable, number: number): Change11 {
  const seen = table.seenBy(number);
  const written = {
    ...common(table, number),
    actor: actorId(table.deviceOf(number), table.incarnationOf(number)),
    sequence: table.sequenceOf(number),
    ...(seen === 0 ? {} : { seen_cursor: cursorText(seen) }),
  };
  return table.isSnapshot(number) ? { ...written, operation: 'SNAPSHOT', covers: cursorText(seen) } : written;
}
function change10(table: ChangeTable, number: number): Change10 {
  const device = deviceId(table.deviceOf(number));
  return { ...common(table, number), version_vector: { [device]: table.sequenceOf(number) }, device_id: device };
}

const sumOf = (table: ChangeTable, numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + table.wireBytesOf(number), 0);

test('encryption adds a nonce and a tag', () => {
  expect(ENCRYPTION_BYTES).toBe(12 + 16);
});

describe('in 1.1', () => {
  test('a change, a push, and a page of it have the bytes of their bodies', () => {
    fc.assert(
      fc.property(newChanges, fc.boolean(), (changes, hasMore) => {
        const { table, sizes, numbers } = tableOf(changes, '1.1');
        const bodies = numbers.map((number) => change11(table, number));
        bodies.forEach((body, index) => expect(sizes.change(numbers[index]!)).toBe(encodeChange(body).length));
        const push = encodePushRequest({
          protocol_version: PROTOCOL_1_1,
          ledger_id: ledgerId(3),
          device_id: deviceId(7),
          timestamp: NOW_MS,
          changes: bodies,
        });
        expect(sizes.push(numbers.length, sumOf(table, numbers))).toBe(push.length);
        const page = encodePullResponse({
          protocol_version: PROTOCOL_1_1,
          changes: bodies.map((body, index) => ({ ...body, cursor: cursorText(index + 1) })),
          cursor: cursorText(numbers.length),
          has_more: hasMore,
          timestamp: NOW_MS,
        });
        const response = { kind: 'page', changes: Int32Array.from(numbers), cursor: numbers.length, hasMore } as const;
        expect(sizes.response(response)).toBe(page.length);
      }),
      { seed: 1 },
    );
  });

  test('a snapshot has what it covers, and a page that begins with one has its bytes too', () => {
    fc.assert(
      fc.property(newSnapshot, newChanges, (snapshot, changes) => {
        const { table, sizes, numbers } = tableOf([snapshot, ...changes], '1.1');
        const bodies = numbers.map((number) => change11(table, number));
        expect(sizes.change(numbers[0]!)).toBe(encodeChange(bodies[0]!).length);
        const page = encodePullResponse({
          protocol_version: PROTOCOL_1_1,
          changes: bodies.map((body, index) => ({ ...body, cursor: cursorText(index + 1) })),
          cursor: cursorText(numbers.length),
          has_more: true,
          timestamp: NOW_MS,
        });
        const [first, ...rest] = numbers as [number, ...number[]];
        const response = {
          kind: 'page',
          snapshot: first,
          changes: Int32Array.from(rest),
          cursor: numbers.length,
          hasMore: true,
        } as const;
        expect(sizes.response(response)).toBe(page.length);
      }),
      { seed: 4 },
    );
  });

  test('a pull has a cursor but for the first', () => {
    const { sizes } = tableOf([], '1.1');
    const base = { protocol_version: PROTOCOL_1_1, ledger_id: ledgerId(3), device_id: deviceId(7) } as const;
    expect(sizes.pull(0)).toBe(encodePullRequest(base).length);
    for (const since of [1, 99, 100_000]) {
      expect(sizes.pull(since)).toBe(encodePullRequest({ ...base, cursor: cursorText(since) }).length);
    }
  });
});

describe('in 1.0', () => {
  test('a change, a push, and a page of it have the bytes of their bodies', () => {
    fc.assert(
      fc.property(newChanges, fc.boolean(), (changes, hasMore) => {
        const { table, sizes, numbers } = tableOf(changes, '1.0');
        const bodies = numbers.map((number) => change10(table, number));
        bodies.forEach((body, index) => expect(sizes.change(numbers[index]!)).toBe(encodeChange(body).length));
        const push = encodePushRequest({
          protocol_version: PROTOCOL_1_0,
          device_id: deviceId(7),
          timestamp: NOW_MS,
          changes: bodies,
        });
        expect(sizes.push(numbers.length, sumOf(table, numbers))).toBe(push.length);
        const page = encodePullResponse({
          protocol_version: PROTOCOL_1_0,
          changes: bodies,
          has_more: hasMore,
          timestamp: NOW_MS,
        });
        const response = { kind: 'page', changes: Int32Array.from(numbers), cursor: NOW_MS, hasMore } as const;
        expect(sizes.response(response)).toBe(page.length);
      }),
      { seed: 2 },
    );
  });

  test('a pull has its timestamp, and a vector of the device itself', () => {
    const { sizes } = tableOf([], '1.0');
    for (const since of [0, 1000, NOW_MS]) {
      const body = encodePullRequest({
        protocol_version: PROTOCOL_1_0,
        device_id: deviceId(7),
        since_timestamp: since,
        sync_vector: { [deviceId(7)]: 5 },
      });
      expect(sizes.pull(since)).toBe(body.length);
    }
  });
});

describe.each(['1.0', '1.1'] as const)('in %s', (dialect) => {
  const version = dialect === '1.0' ? PROTOCOL_1_0 : PROTOCOL_1_1;

  test('an answer to a push has the ids that it accepts and rejects', () => {
    const reasons = fc.array(fc.constantFrom('FOREIGN_ACTOR', 'FOREIGN_LEDGER', 'EMPTY_PAYLOAD'), { maxLength: 3 });
    fc.assert(
      fc.property(fc.nat({ max: 12 }), reasons, (count, rejections) => {
        const { sizes } = tableOf([], dialect);
        const id = (index: number): string => changeId(index, 0, 1);
        const body = encodePushResponse({
          protocol_version: version,
          success: rejections.length === 0,
          accepted: Array.from({ length: count }, (_, index) => id(index)),
          rejected: rejections.map((reason, index) => ({ id: id(index), reason })),
          timestamp: NOW_MS,
        });
        const response = {
          kind: 'pushed',
          accepted: Array.from({ length: count }, (_, index) => index),
          rejected: rejections.map((reason, change) => ({ change, reason })),
          stored: 0,
        } as const;
        expect(sizes.response(response)).toBe(body.length);
      }),
      { seed: 3 },
    );
  });

  test('a refusal has its code and a short sentence', () => {
    const { sizes } = tableOf([], dialect);
    for (const code of ['FORBIDDEN', 'RATE_LIMIT_EXCEEDED', 'UNAVAILABLE'] satisfies RefusalCode[]) {
      const message = 'm'.repeat(32);
      const body = encodeErrorBody({ error: { code: code satisfies ErrorCode, message }, timestamp: NOW_MS });
      expect(sizes.response({ kind: 'refusal', code, retryAfterMs: 1000 })).toBe(body.length);
    }
  });

  test('a notification is small', () => {
    const { sizes } = tableOf([], dialect);
    expect(sizes.notification()).toBeGreaterThanOrEqual('{"type":"changes"}'.length);
    expect(sizes.notification()).toBeLessThan(40);
  });
});
