import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VersionVector } from '../../models/version-vector.ts';
import type { CausalOrder } from '../../models/version-vector.ts';
import { InputError } from '../../sim/errors.ts';

const device = fc.constantFrom('a', 'b', 'c', 'constructor', '__proto__', '10', '9');
const vector = fc
  .array(fc.tuple(device, fc.integer({ min: 0, max: 3 })), { maxLength: 5 })
  .map((entries) => VersionVector.fromJSON(Object.fromEntries(entries)));

const OPPOSITE: Record<CausalOrder, CausalOrder> = {
  equal: 'equal',
  before: 'after',
  after: 'before',
  concurrent: 'concurrent',
};

function isEqual(a: VersionVector, b: VersionVector): boolean {
  return a.compare(b) === 'equal';
}

function check(property: fc.IProperty<unknown>, seed: number): void {
  fc.assert(property, { seed, numRuns: 1000 });
}

describe('version vectors', () => {
  test('merge is idempotent, commutative and associative, and EMPTY is its neutral element', () => {
    check(
      fc.property(vector, vector, vector, (a, b, c) => {
        expect(isEqual(a.merge(a), a)).toBe(true);
        expect(isEqual(a.merge(b), b.merge(a))).toBe(true);
        expect(isEqual(a.merge(b).merge(c), a.merge(b.merge(c)))).toBe(true);
        expect(isEqual(a.merge(VersionVector.EMPTY), a)).toBe(true);
      }),
      1,
    );
  });

  test('a merge is the least vector that dominates both', () => {
    check(
      fc.property(vector, vector, vector, (a, b, c) => {
        const merged = a.merge(b);
        expect(merged.dominates(a) && merged.dominates(b)).toBe(true);
        if (c.dominates(a) && c.dominates(b)) expect(c.dominates(merged)).toBe(true);
      }),
      2,
    );
  });

  test('a merge holds the larger count of each device', () => {
    check(
      fc.property(vector, vector, device, (a, b, name) => {
        expect(a.merge(b).count(name)).toBe(Math.max(a.count(name), b.count(name)));
      }),
      3,
    );
  });

  test('the order is reflexive, antisymmetric and transitive', () => {
    check(
      fc.property(vector, vector, vector, (a, b, c) => {
        expect(a.dominates(a)).toBe(true);
        expect(b.compare(a)).toBe(OPPOSITE[a.compare(b)]);
        if (a.dominates(b) && b.dominates(a)) expect(a.compare(b)).toBe('equal');
        if (a.dominates(b) && b.dominates(c)) expect(a.dominates(c)).toBe(true);
      }),
      4,
    );
  });

  test('an increment comes after, and leaves the vector it was made from as it was', () => {
    check(
      fc.property(vector, device, (a, name) => {
        const before = JSON.stringify(a);
        const next = a.increment(name);
        expect(next.compare(a)).toBe('after');
        expect(next.count(name)).toBe(a.count(name) + 1);
        expect(JSON.stringify(a)).toBe(before);
      }),
      5,
    );
  });

  test('increments of two devices that do not know each other are concurrent', () => {
    check(
      fc.property(vector, (a) => {
        expect(a.increment('left').compare(a.increment('right'))).toBe('concurrent');
        expect(a.increment('left').merge(a.increment('right')).size).toBe(a.size + 2);
      }),
      6,
    );
  });

  test('JSON gives the same vector back, with sorted keys and without zeros', () => {
    check(
      fc.property(vector, (a) => {
        expect(isEqual(VersionVector.fromJSON(JSON.parse(JSON.stringify(a))), a)).toBe(true);
      }),
      7,
    );
    expect(JSON.stringify(VersionVector.fromJSON({ b: 2, a: 1, c: 0 }))).toBe('{"a":1,"b":2}');
    expect(JSON.stringify(VersionVector.fromJSON(JSON.parse('{"__proto__":3}')))).toBe('{"__proto__":3}');
  });

  test.each([null, [], 'a', 1, { a: -1 }, { a: 0.5 }, { a: '1' }, { a: 2 ** 53 }, { a: Number.NaN }, { '': 1 }])(
    '%j is refused',
    (value) => {
      expect(() => VersionVector.fromJSON(value)).toThrow(InputError);
    },
  );
});
