import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EntityTable } from '../../../models/documents/entity-table.ts';

/** Hashes of which some are equal, some share a slot and a tag, and some are of either sign. */
const hash = fc.oneof(
  fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31)),
  fc.nat(40).map((n) => Math.imul(n, 0x0100_0000) | (n & 1)),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
);
const place = fc.oneof(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.integer({ min: -(2 ** 31), max: -1 }));

/** Names stand for themselves: an entity is a hash and the number of its name; its place is looked up beside. */
interface Known {
  readonly hash: number;
  readonly name: number;
  place: number;
}

describe('an entity table', () => {
  test('finds what was put in, by hash and name, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(hash, fc.nat(3), place), { maxLength: 120 }), (list) => {
        const table = new EntityTable();
        const known: Known[] = [];
        const find = (each: { hash: number; name: number }): number =>
          table.find(each.hash, (at) => known.some((other) => other.place === at && other.name === each.name));
        for (const [entityHash, name, at] of list) {
          // Places are told apart by their values here, so each is given once.
          if (known.some((other) => other.place === at)) continue;
          const entity = { hash: entityHash, name };
          const slot = find(entity);
          const old = known.find((other) => other.hash === entityHash && other.name === name);
          expect(table.placeAt(slot)).toBe(old?.place ?? 0);
          if (old === undefined) {
            known.push({ ...entity, place: at });
            table.add(slot, entityHash, at);
          } else {
            old.place = at;
            table.replace(slot, at);
          }
          expect(table.count).toBe(known.length);
          for (const other of known) expect(table.placeAt(find(other))).toBe(other.place);
        }
        const places: number[] = [];
        table.each((at) => places.push(at));
        const inOrder = (one: number, other: number): number => one - other;
        expect(places.sort(inOrder)).toEqual(known.map((each) => each.place).sort(inOrder));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('asks about names of equal hashes alone', () => {
    const table = new EntityTable();
    const add = (entityHash: number, at: number): void =>
      table.add(
        table.find(entityHash, () => false),
        entityHash,
        at,
      );
    // Of the first three slot and mark are equal.
    for (const [i, entityHash] of [0x1100_0000, 0x1100_0100, 0x1100_0200, 0x1200_0000].entries())
      add(entityHash, i + 1);
    const asked: number[] = [];
    table.find(0x1100_0100, (at) => {
      asked.push(at);
      return false;
    });
    expect(asked).toEqual([2]);
  });

  test('keeps apart 10,000 entities of few hashes, after it has grown many times', () => {
    const table = new EntityTable();
    const hashOf = (n: number): number => Math.imul(n % 500, 0x9e37_79b1);
    for (let n = 1; n <= 10_000; n++)
      table.add(
        table.find(hashOf(n), (at) => at === n),
        hashOf(n),
        n,
      );
    expect(table.count).toBe(10_000);
    let wrong = 0;
    for (let n = 1; n <= 10_000; n++) if (table.placeAt(table.find(hashOf(n), (at) => at === n)) !== n) wrong++;
    expect(wrong).toBe(0);
    expect(table.placeAt(table.find(hashOf(7), () => false))).toBe(0);
  });
});
