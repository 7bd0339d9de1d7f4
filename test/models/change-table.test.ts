import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChangeTable, type NewChange, OPERATIONS } from '../../models/change-table.ts';
import { ENTITY_TYPES } from '../../models/entities.ts';
import { AssertionError } from '../../sim/errors.ts';

const PLAIN: NewChange = {
  device: 0,
  incarnation: 0,
  sequence: 1,
  ledger: 0,
  seen: 0,
  editedAtUs: 0,
  timestampMs: 0,
  entityType: 'account',
  operation: 'UPDATE',
  entityLength: 8,
  parts: [Uint8Array.of(1)],
  targets: [],
};

/** Bytes that tell which part of which change they are. */
function filled(length: number, change: number, part = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + change * 13 + part * 101 + 1) & 255);
}

/** Numbers that tell which change they are of. */
function columnsOf(i: number): Omit<NewChange, 'parts' | 'targets' | 'entityType'> {
  return {
    device: i + 1,
    incarnation: i % 4096,
    sequence: i + 2,
    ledger: i + 3,
    seen: i + 4,
    editedAtUs: 2 ** 40 + i,
    timestampMs: 2 ** 41 + i,
    operation: OPERATIONS[i % 4]!,
    entityLength: i % 256,
  };
}

/** Parts as they lie in the memory of a stable type: windows on a larger buffer. */
function windowsOf(parts: readonly Uint8Array[]): Uint8Array[] {
  const memory = new Uint8Array(64 + parts.reduce((sum, part) => sum + part.length + 8, 0));
  let at = 24;
  return parts.map((part) => {
    memory.set(part, at);
    const window = memory.subarray(at, at + part.length);
    at += part.length + 8;
    return window;
  });
}

function partsOf(table: ChangeTable, index: number): Uint8Array[] {
  const list: Uint8Array[] = [];
  table.collectParts(index, list);
  return list;
}

const newChange: fc.Arbitrary<Omit<NewChange, 'parts'>> = fc.record({
  device: fc.nat(2 ** 20 - 1),
  incarnation: fc.nat(4095),
  sequence: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  ledger: fc.nat(2 ** 31 - 1),
  seen: fc.nat(2 ** 31 - 1),
  editedAtUs: fc.nat(Number.MAX_SAFE_INTEGER),
  timestampMs: fc.nat(4_000_000_000_000),
  entityType: fc.constantFrom(...ENTITY_TYPES),
  operation: fc.constantFrom(...OPERATIONS),
  entityLength: fc.nat(255),
  targets: fc.array(fc.nat(2 ** 30), { maxLength: 4 }),
});
const lengths = fc.array(fc.nat(300), { minLength: 1, maxLength: 4 });

describe('a change table', () => {
  test.each([
    ['of a stable type, windows on its memory', true],
    ['of a type that writes over its bytes, copies', false],
  ])('gives back all columns of every change, and as parts %s', (_, isStable) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(newChange, lengths), { minLength: 1, maxLength: 30 }), (changes) => {
        const table = new ChangeTable(isStable);
        const kept = changes.map(([change, partLengths], index) => {
          const bytes = partLengths.map((length, part) => filled(length + (part === 0 ? 1 : 0), index, part));
          const parts = windowsOf(bytes);
          expect(table.add({ ...change, parts })).toBe(index);
          if (!isStable) for (const part of parts) part.fill(0);
          return { change, bytes, parts };
        });
        expect(table.count).toBe(changes.length);
        for (const [index, { change, bytes, parts }] of kept.entries()) {
          expect({
            device: table.deviceOf(index),
            incarnation: table.incarnationOf(index),
            sequence: table.sequenceOf(index),
            ledger: table.ledgerOf(index),
            seen: table.seenBy(index),
            editedAtUs: table.editedAtUs(index),
            timestampMs: table.timestampMs(index),
            entityType: table.entityTypeOf(index),
            operation: table.operationOf(index),
            entityLength: table.entityLengthOf(index),
            targets: table.targetsOf(index),
          }).toEqual(change);
          const collected = partsOf(table, index);
          expect(collected).toEqual(bytes);
          for (const [part, window] of collected.entries()) {
            expect(window.buffer === parts[part]!.buffer).toBe(isStable);
          }
          const length = bytes.reduce((sum, part) => sum + part.length, 0);
          expect(table.payloadBytesOf(index)).toBe(1 + length + (bytes.length > 1 ? 4 * bytes.length : 0));
          const { targets } = change;
          expect(table.targetOf(index)).toBe(targets.length === 0 ? -1 : targets.length === 1 ? targets[0] : -2);
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test.each([true, false])(
    'keeps tens of thousands of changes apart, asked for in any order (stable: %s)',
    (isStable) => {
      const table = new ChangeTable(isStable);
      const count = 20_000;
      for (let i = 0; i < count; i++) {
        const bytes = [filled(1 + (i % 97), i), filled(5, i, 1)].slice(0, i % 50 === 0 ? 2 : 1);
        table.add({
          ...PLAIN,
          ...columnsOf(i),
          parts: windowsOf(bytes),
          targets: i % 3 === 0 ? [i] : [i, i + 1],
        });
        table.setWireBytes(i, i + 7);
        table.setPosition(i, i + 9);
        if (i % 7 === 0) table.setNoticed(i);
      }
      for (let i = 0; i < count; i += 501) {
        const { editedAtUs, timestampMs, ...numbers } = columnsOf(i);
        expect([table.editedAtUs(i), table.timestampMs(i)]).toEqual([editedAtUs, timestampMs]);
        expect({
          device: table.deviceOf(i),
          incarnation: table.incarnationOf(i),
          sequence: table.sequenceOf(i),
          ledger: table.ledgerOf(i),
          seen: table.seenBy(i),
          entityLength: table.entityLengthOf(i),
          operation: table.operationOf(i),
        }).toEqual(numbers);
        expect([table.wireBytesOf(i), table.positionOf(i), table.isNoticed(i)]).toEqual([i + 7, i + 9, i % 7 === 0]);
        const length = 1 + (i % 97);
        expect(table.payloadBytesOf(i)).toBe(i % 50 === 0 ? length + 14 : length + 1);
      }
      let wrong = 0;
      for (let i = 0; i < 3 * count; i++) {
        // Neighbours, changes that share a slot of the kept windows, and far ones.
        const index = i % 3 === 0 ? i / 3 : i % 3 === 1 ? (i * 8192) % count : (i * 7919) % count;
        const [first, second] = partsOf(table, index);
        const isRight =
          Buffer.compare(first!, filled(1 + (index % 97), index)) === 0 &&
          (index % 50 === 0 ? Buffer.compare(second!, filled(5, index, 1)) === 0 : second === undefined) &&
          table.targetOf(index) === (index % 3 === 0 ? index : -2);
        if (!isRight) wrong++;
      }
      expect(wrong).toBe(0);
    },
  );

  test('appends the parts of one change after those of another', () => {
    const table = new ChangeTable(false);
    const first = table.add({ ...PLAIN, parts: [Uint8Array.of(1, 2), Uint8Array.of(3)] });
    const second = table.add({ ...PLAIN, parts: [Uint8Array.of(4)] });
    const list: Uint8Array[] = [];
    for (const change of [second, first, second]) table.collectParts(change, list);
    expect(list.map((part) => [...part])).toEqual([[4], [1, 2], [3], [4]]);
  });

  test('gives the same window for one change again, so that a delivery allocates none', () => {
    const table = new ChangeTable(false);
    const change = table.add({ ...PLAIN, parts: [Uint8Array.of(1, 2, 3)] });
    expect(partsOf(table, change)[0]).toBe(partsOf(table, change)[0]);
  });

  test('takes parts of no bytes and parts larger than its own chunks', () => {
    for (const isStable of [true, false]) {
      const table = new ChangeTable(isStable);
      const large = filled(3 << 20, 1);
      const changes = [new Uint8Array(0), large, new Uint8Array(0), filled(10, 3)].map((part) =>
        table.add({ ...PLAIN, parts: [part] }),
      );
      expect(changes.map((change) => partsOf(table, change)[0]!.length)).toEqual([0, 3 << 20, 0, 10]);
      expect(Buffer.compare(partsOf(table, changes[1]!)[0]!, large)).toBe(0);
      expect(partsOf(table, changes[3]!)[0]).toEqual(filled(10, 3));
    }
  });

  test('refuses a change without parts', () => {
    expect(() => new ChangeTable(true).add({ ...PLAIN, parts: [] })).toThrow(AssertionError);
  });

  test('takes a position in the log once', () => {
    const table = new ChangeTable(true);
    const [one, other] = [table.add(PLAIN), table.add(PLAIN)];
    expect(table.positionOf(one)).toBe(0);
    table.setPosition(one, 5);
    expect([one, other].map((change) => table.positionOf(change))).toEqual([5, 0]);
    expect(() => table.setPosition(one, 6)).toThrow(AssertionError);
  });

  test('knows the bytes on the wire once they are counted', () => {
    const table = new ChangeTable(true);
    const [one, other] = [table.add(PLAIN), table.add(PLAIN)];
    table.setWireBytes(other, 480);
    expect([one, other].map((change) => table.wireBytesOf(change))).toEqual([0, 480]);
  });

  test('keeps the names of entities only where it is asked to', () => {
    const named = { ...PLAIN, entity: 'account-1' };
    const table = new ChangeTable(true, { keepsEntities: true });
    const numbers = [table.add(named), table.add(PLAIN), table.add({ ...PLAIN, entity: 'account-2' })];
    expect(numbers.map((change) => table.entityOf(change))).toEqual(['account-1', undefined, 'account-2']);
    const other = new ChangeTable(true);
    expect(other.entityOf(other.add(named))).toBeUndefined();
  });
});
