import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChangeTable, type NewChange } from '../../../models/change-table.ts';
import { ENTITY_TYPES } from '../../../models/entities.ts';
import { actorId, changeId, deviceId, INCARNATION_MAX, ledgerId } from '../../../models/identity.ts';
import type { PullRequest, PushRequest } from '../../../models/relay/messages.ts';
import { cursorText } from '../../../relay-adapter/cursor.ts';
import { encodeChange, decodePullRequest, decodePushRequest } from '../../../relay-adapter/protocol-codec.ts';
import { WireBodies, type WireIdentity } from '../../../relay-adapter/wire/bodies.ts';
import { unframed } from '../../../relay-adapter/wire/frame.ts';
import { aesSealer, plainSealer } from '../../../relay-adapter/wire/sealing.ts';
import { wireSizes } from '../../../relay-adapter/wire-sizes.ts';
import { AssertionError } from '../../../sim/errors.ts';
import { addChange } from '../../models/changes.ts';

const NOW_MS = 1_767_225_600_123;
const SEALER = aesSealer('a master secret of the tests', 'salt');
const MESSAGE = { cause: 0, attempt: 0, page: 0, serial: 1, bytes: 0 };
const cursorOf = (_ledger: number, position: number): string => cursorText(position);

const edited: fc.Arbitrary<NewChange> = fc.record({
  device: fc.nat({ max: 100_000 }),
  incarnation: fc.nat({ max: 9 }),
  sequence: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 2 ** 30 })),
  ledger: fc.nat({ max: 1000 }),
  seen: fc.oneof(fc.constant(0), fc.nat({ max: 100_000 })),
  editedAtUs: fc.nat(),
  timestampMs: fc.oneof(fc.constant(NOW_MS), fc.integer({ min: -(2 ** 40), max: 2 ** 40 })),
  entityType: fc.constantFrom(...ENTITY_TYPES),
  operation: fc.constantFrom('CREATE' as const, 'UPDATE' as const, 'DELETE' as const),
  entityLength: fc.nat({ max: 255 }),
  entity: fc.string({ unit: 'binary' }),
  parts: fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 3 }),
  targets: fc.constant([]),
});
const snapshot = edited.map((change): NewChange => ({ ...change, operation: 'SNAPSHOT' }));
const withName = (change: NewChange): fc.Arbitrary<NewChange> =>
  fc.stringMatching(/^[a-z0-9-]{16,60}$/).map((entity) => ({ ...change, entity, entityLength: entity.length }));

function tableOf(changes: readonly NewChange[]): ChangeTable {
  const table = new ChangeTable(false, { keepsEntities: true });
  for (const change of changes) table.add(change);
  return table;
}
function bodiesOf(table: ChangeTable, more: Partial<WireIdentity> = {}): WireBodies {
  return new WireBodies({ namespace: 0, sealer: SEALER, dialect: '1.1', table, ...more });
}
const allOf = (table: ChangeTable): number[] => Array.from({ length: table.count }, (_, change) => change);
function pushOf(table: ChangeTable, more: Partial<PushRequest> = {}): PushRequest {
  return { kind: 'push', ledger: 3, device: 7, changes: allOf(table), ...MESSAGE, ...more };
}
function pushed(text: string, dialect: '1.0' | '1.1') {
  const decoded = decodePushRequest(text, dialect);
  expect(decoded).toMatchObject({ ok: true });
  if (!decoded.ok) throw new Error('a push that is none');
  return decoded.value;
}

describe.each(['1.1', '1.0'] as const)('a push of %s', (dialect) => {
  const any = dialect === '1.1' ? fc.oneof(edited, snapshot) : edited;

  test.each([
    ['sealed', SEALER],
    ['plain', plainSealer()],
  ])('is a body of the protocol, whatever is in the table: %s', (_, sealer) => {
    fc.assert(
      fc.property(fc.array(any, { maxLength: 5 }), fc.nat({ max: 0xffff_ffff }), (changes, namespace) => {
        const table = tableOf(changes);
        const bodies = bodiesOf(table, { dialect, sealer, namespace });
        const body = pushed(bodies.push(pushOf(table), NOW_MS + 0.75, cursorOf), dialect);
        expect(body.timestamp).toBe(NOW_MS);
        expect(body.device_id).toBe(deviceId(7, namespace));
        expect(body.changes.map(({ id }) => bodies.numberOf(id))).toEqual(
          changes.map((change) => changes.findLastIndex((other) => isSameIdentity(change, other))),
        );
        expect(body.changes.map(({ encrypted_payload }) => encrypted_payload)).toEqual(
          allOf(table).map((change) => bodies.payloadOf(change)),
        );
      }),
      { seed: 1 },
    );
  });

  test('has the bytes that the model counts', () => {
    fc.assert(
      fc.property(fc.array(any.chain(withName), { maxLength: 5 }), (changes) => {
        const table = tableOf(changes);
        const sizes = wireSizes(table, dialect, () => NOW_MS);
        const bodies = bodiesOf(table, { dialect });
        const text = bodies.push(pushOf(table), NOW_MS, cursorOf);
        const counted = allOf(table).map((change) => sizes.change(change));
        expect(pushed(text, dialect).changes.map((change) => encodeChange(change).length)).toEqual(counted);
        expect(text).toHaveLength(
          sizes.push(
            changes.length,
            counted.reduce((sum, bytes) => sum + bytes, 0),
          ),
        );
      }),
      { seed: 2 },
    );
  });

  test('is the same each time, from other bodies too', () => {
    const table = new ChangeTable(false, { keepsEntities: true });
    for (let i = 0; i < 3000; i++) {
      addChange(table, {
        device: i % 5,
        sequence: i + 1,
        entity: `account-${i}`,
        parts: [Uint8Array.of(i, 1, i >> 8)],
      });
    }
    const bodies = bodiesOf(table, { dialect });
    const request = pushOf(table, { changes: [0, 1024, 2048, 5] });
    const first = bodies.push(request, NOW_MS, cursorOf);
    bodies.push(pushOf(table), NOW_MS, cursorOf);
    expect(bodies.push(request, NOW_MS, cursorOf)).toBe(first);
    expect(bodiesOf(table, { dialect }).push(request, NOW_MS, cursorOf)).toBe(first);
  });
});

function isSameIdentity(one: NewChange, other: NewChange): boolean {
  return one.device === other.device && one.incarnation === other.incarnation && one.sequence === other.sequence;
}

describe('a change of 1.1', () => {
  test('says who made it, when, knowing what, and hides on what', () => {
    const table = new ChangeTable(false, { keepsEntities: true });
    const about = { ledger: 3, entity: 'transaction-1f-2s', entityType: 'transaction', operation: 'CREATE' } as const;
    addChange(table, { device: 9, incarnation: 2, sequence: 5, seen: 40, timestampMs: -3, ...about });
    addChange(table, { device: 9, incarnation: 2, sequence: 6, ...about, operation: 'UPDATE' });
    const asked: number[][] = [];
    const bodies = bodiesOf(table, { namespace: 0xabcdef01 });
    const text = bodies.push(pushOf(table), NOW_MS, (ledger, position) => {
      asked.push([ledger, position]);
      return 'opaque/40==';
    });
    expect(asked).toEqual([[3, 40]]);
    const body = pushed(text, '1.1');
    expect(body).toMatchObject({ ledger_id: ledgerId(3, 0xabcdef01), device_id: deviceId(7, 0xabcdef01) });
    const entity_id = SEALER.nameOf(ledgerId(3, 0xabcdef01), 'transaction-1f-2s');
    expect(body.changes).toEqual([
      {
        id: changeId(9, 2, 5, 0xabcdef01),
        entity_type: 'transaction',
        entity_id,
        operation: 'CREATE',
        encrypted_payload: bodies.payloadOf(0),
        timestamp: 0,
        actor: actorId(9, 2),
        sequence: 5,
        seen_cursor: 'opaque/40==',
      },
      {
        id: changeId(9, 2, 6, 0xabcdef01),
        entity_type: 'transaction',
        entity_id,
        operation: 'UPDATE',
        encrypted_payload: bodies.payloadOf(1),
        timestamp: 1_767_225_600_000,
        actor: actorId(9, 2),
        sequence: 6,
      },
    ]);
    expect(text).not.toContain('transaction-1f-2s');
  });

  test('has no cursor that nobody knows, but a snapshot must have the one that it covers', () => {
    const table = tableOf([]);
    addChange(table, { device: 1, seen: 5 });
    addChange(table, { device: 1, sequence: 2, seen: 5, operation: 'SNAPSHOT' });
    const bodies = bodiesOf(table);
    const unknown = () => undefined;
    expect(pushed(bodies.push(pushOf(table, { changes: [0] }), NOW_MS, unknown), '1.1').changes[0]).not.toHaveProperty(
      'seen_cursor',
    );
    expect(() => bodies.push(pushOf(table, { changes: [1] }), NOW_MS, unknown)).toThrow(AssertionError);
    const covers = cursorText(5);
    expect(pushed(bodies.push(pushOf(table, { changes: [1] }), NOW_MS, cursorOf), '1.1').changes[0]).toMatchObject({
      operation: 'SNAPSHOT',
      seen_cursor: covers,
      covers,
    });
  });

  test('of which the table has no name is on an entity of its own', () => {
    const table = new ChangeTable(false);
    addChange(table, { device: 1, entity: 'account-1' });
    addChange(table, { device: 1, sequence: 2, entity: 'account-1' });
    const { changes } = pushed(bodiesOf(table).push(pushOf(table), NOW_MS, cursorOf), '1.1');
    expect(changes[0]!.entity_id).not.toBe(changes[1]!.entity_id);
  });
});

describe('a change of 1.0', () => {
  test('names its author, though another device pushes it, with a vector of the author alone', () => {
    const table = tableOf([]);
    addChange(table, { device: 9, sequence: 5, seen: 40 });
    const { changes } = pushed(bodiesOf(table, { dialect: '1.0' }).push(pushOf(table), NOW_MS, cursorOf), '1.0');
    expect(changes[0]).toMatchObject({ device_id: deviceId(9), version_vector: { [deviceId(9)]: 5 } });
    expect(changes[0]).not.toHaveProperty('seen_cursor');
  });

  test('is no snapshot', () => {
    const table = tableOf([]);
    addChange(table, { device: 9, operation: 'SNAPSHOT', seen: 1 });
    expect(() => bodiesOf(table, { dialect: '1.0' }).push(pushOf(table), NOW_MS, cursorOf)).toThrow(AssertionError);
  });
});

describe('a pull', () => {
  const table = tableOf([]);
  const pull: PullRequest = { kind: 'pull', ledger: 3, device: 7, since: 12, ...MESSAGE };

  test('of 1.1 has the cursor that it is given, and the bytes that the model counts', () => {
    const sizes = wireSizes(table, '1.1', () => NOW_MS);
    const bodies = bodiesOf(table);
    const first = bodies.pull({ ...pull, since: 0 }, undefined);
    const next = bodies.pull(pull, cursorText(12));
    expect(decodePullRequest(first, '1.1')).toEqual({
      ok: true,
      value: { protocol_version: '1.1.0', ledger_id: ledgerId(3), device_id: deviceId(7) },
    });
    expect(decodePullRequest(next, '1.1')).toMatchObject({ ok: true, value: { cursor: cursorText(12) } });
    expect([first.length, next.length]).toEqual([sizes.pull(0), sizes.pull(12)]);
  });

  test('of 1.0 has the timestamp that it goes on from, and the bytes that the model counts', () => {
    const sizes = wireSizes(table, '1.0', () => NOW_MS);
    const bodies = bodiesOf(table, { dialect: '1.0' });
    for (const since of [0, 9, NOW_MS]) {
      const text = bodies.pull({ ...pull, since }, undefined);
      expect(decodePullRequest(text, '1.0')).toMatchObject({ ok: true, value: { since_timestamp: since } });
      expect(text).toHaveLength(sizes.pull(since));
    }
  });
});

test('a request of states is none of the protocol', () => {
  const bodies = bodiesOf(tableOf([]));
  const push = pushOf(tableOf([]), { state: Uint8Array.of(1) });
  expect(() => bodies.push(push, NOW_MS, cursorOf)).toThrow(AssertionError);
  const pull: PullRequest = { kind: 'pull', ledger: 0, device: 0, since: 0, version: 'v', ...MESSAGE };
  expect(() => bodies.pull(pull, undefined)).toThrow(AssertionError);
});

describe('ids', () => {
  test('are read back, of changes that came later too, and of no others', () => {
    const table = new ChangeTable(false);
    const bodies = bodiesOf(table, { namespace: 5 });
    expect(bodies.numberOf(changeId(1, 0, 1, 5))).toBe(-1);
    const first = addChange(table, { device: 1 });
    const second = addChange(table, { device: 1, incarnation: 1 });
    expect(bodies.changeId(first)).toBe(changeId(1, 0, 1, 5));
    expect(bodies.numberOf(bodies.changeId(first))).toBe(first);
    expect(bodies.numberOf(bodies.changeId(second))).toBe(second);
    const third = addChange(table, { device: 2 ** 20 - 1, sequence: 2 ** 31 - 1, incarnation: 4095 });
    expect(bodies.numberOf(bodies.changeId(third))).toBe(third);
    for (const other of [changeId(1, 0, 1, 6), changeId(1, 0, 2, 5), changeId(2, 0, 1, 5), 'an id', '']) {
      expect(bodies.numberOf(other)).toBe(-1);
    }
  });
});

describe('a payload', () => {
  const table = new ChangeTable(false);
  const parts = [Uint8Array.of(1, 2, 3), Uint8Array.of(4)];
  for (let i = 0; i < 1100; i++) addChange(table, { device: 1, sequence: i + 1, ledger: 2, parts });
  const large = addChange(table, { device: 2, ledger: 2, parts: [new Uint8Array(10_000).fill(3)] });
  const bodies = bodiesOf(table);

  test('opens, for its ledger and change, to the parts of the change', () => {
    const change = { device: 1, incarnation: 0, sequence: 1, id: changeId(1, 0, 1) };
    const sealed = Buffer.from(bodies.payloadOf(0), 'base64');
    expect(unframed(SEALER.open(ledgerId(2), change, sealed))).toEqual(parts);
  });

  test('of one change is never taken for that of another', () => {
    const texts = allOf(table).map((change) => bodies.payloadOf(change));
    expect(new Set(texts).size).toBe(table.count);
    for (const change of [0, 76, 1024, 1099, large]) {
      expect(bodies.opened(change, texts[change]!)).toBe(true);
      expect(bodies.opened(change, texts[(change + 1) % 1100]!)).toBe(false);
    }
  });

  test('that comes back altered is noticed', () => {
    const text = bodies.payloadOf(large);
    expect(bodies.opened(large, text)).toBe(true);
    expect(bodies.opened(large, `${text.slice(0, -5)}${text.at(-5) === 'A' ? 'B' : 'A'}${text.slice(-4)}`)).toBe(false);
    expect(bodies.opened(large, text.slice(0, -4))).toBe(false);
    expect(bodies.opened(large, '')).toBe(false);
  });
});

test('the last incarnation that an id can name is of its own device, not the next one’s', () => {
  const table = new ChangeTable(false, { keepsEntities: true });
  const last = addChange(table, { device: 4, incarnation: INCARNATION_MAX, sequence: 3 });
  const next = addChange(table, { device: 5, incarnation: 0, sequence: 3 });
  const bodies = bodiesOf(table);
  expect(bodies.numberOf(changeId(4, INCARNATION_MAX, 3, 0))).toBe(last);
  expect(bodies.numberOf(changeId(5, 0, 3, 0))).toBe(next);
  expect(bodies.numberOf(changeId(5, INCARNATION_MAX, 3, 0))).toBe(-1);
  // One digit more is no id at all.
  expect(bodies.numberOf(changeId(4, INCARNATION_MAX, 3, 0).replace('-ffff-', '-10000-'))).toBe(-1);
});
