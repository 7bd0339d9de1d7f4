import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { AssertionError } from '../../sim/errors.ts';
import { firstDifference, Trace, type TraceOptions } from '../../sim/trace.ts';

const KINDS = ['push-sent', 'push-arrived', 'pull-sent', 'timer'];
const FIELDS = ['timeUs', 'kind', 'a', 'b', 'c'] as const;
type Fields = Record<(typeof FIELDS)[number], number>;

/** Small integers, the edges of 32 bits, and all that are safe. */
const integer = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer(),
  fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, -(2 ** 31), -(2 ** 31) - 1, -(2 ** 32)),
  fc.maxSafeInteger(),
);
const timeUs = fc.oneof(fc.nat({ max: 5 }), fc.constantFrom(2 ** 32 - 1, 2 ** 32), fc.maxSafeNat());
const fields: fc.Arbitrary<Fields> = fc.record({
  timeUs,
  kind: fc.nat({ max: KINDS.length - 1 }),
  a: integer,
  b: integer,
  c: integer,
});
const run = fc.array(fields, { maxLength: 30 });
const someRun = fc.array(fields, { minLength: 1, maxLength: 30 });

function traceOf(records: readonly Fields[], options?: TraceOptions): Trace {
  const trace = new Trace(options);
  for (const name of KINDS) trace.defineKind(name);
  for (const { timeUs: at, kind, a, b, c } of records) trace.record(at, kind, a, b, c);
  return trace;
}

const hashOf = (records: readonly Fields[]): string => traceOf(records).hash();

/** Records of the shape that a run gives, without a random source. */
function longRun(length: number): Fields[] {
  return Array.from({ length }, (_, i) => ({ timeUs: i * 970, kind: i % 4, a: i % 17, b: i, c: (i * i) % 1000 }));
}

describe('the hash of a trace', () => {
  test('is the same for the same records', () => {
    fc.assert(
      fc.property(run, (records) => {
        expect(hashOf(records)).toBe(hashOf(structuredClone(records)));
        expect(hashOf(records)).toMatch(/^[0-9a-f]{16}$/);
      }),
      { seed: 1 },
    );
  });

  test('changes with any one field of any one record', () => {
    const place = fc.tuple(fc.nat(), fc.constantFrom(...FIELDS), fields);
    fc.assert(
      fc.property(someRun, place, (records, [at, field, other]) => {
        const index = at % records.length;
        fc.pre(records[index]![field] !== other[field]);
        const changed = records.with(index, { ...records[index]!, [field]: other[field] });
        expect(hashOf(changed)).not.toBe(hashOf(records));
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  test('changes where any one field is off by a power of two', () => {
    fc.assert(
      fc.property(someRun, fc.nat(), fc.constantFrom(...FIELDS), fc.nat({ max: 51 }), (records, at, field, bit) => {
        const index = at % records.length;
        const old = records[index]![field];
        const flipped = field === 'kind' ? old ^ (1 << (bit % 2)) : old + (old > 0 ? -1 : 1) * 2 ** bit;
        const isHeld = Number.isSafeInteger(flipped) && (flipped >= 0 || (field !== 'timeUs' && field !== 'kind'));
        fc.pre(isHeld);
        const changed = records.with(index, { ...records[index]!, [field]: flipped });
        expect(hashOf(changed)).not.toBe(hashOf(records));
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  test('changes where two fields of a record are swapped', () => {
    fc.assert(
      fc.property(someRun, fc.nat(), (records, at) => {
        const index = at % records.length;
        const { a, b } = records[index]!;
        fc.pre(a !== b);
        expect(hashOf(records.with(index, { ...records[index]!, a: b, b: a }))).not.toBe(hashOf(records));
      }),
      { seed: 4 },
    );
  });

  test('changes where neighbouring records are swapped', () => {
    fc.assert(
      fc.property(fc.array(fields, { minLength: 2, maxLength: 30 }), fc.nat(), (records, at) => {
        const index = at % (records.length - 1);
        const [one, two] = [records[index]!, records[index + 1]!];
        fc.pre(FIELDS.some((field) => one[field] !== two[field]));
        expect(hashOf(records.with(index, two).with(index + 1, one))).not.toBe(hashOf(records));
      }),
      { seed: 5 },
    );
  });

  test('changes where a record is dropped or repeated', () => {
    fc.assert(
      fc.property(someRun, fc.nat(), (records, at) => {
        const index = at % records.length;
        expect(hashOf(records.toSpliced(index, 1))).not.toBe(hashOf(records));
        expect(hashOf(records.toSpliced(index, 0, records[index]!))).not.toBe(hashOf(records));
      }),
      { seed: 6 },
    );
  });

  test('is never met twice among the hashes of many short traces', () => {
    const seen = new Set<string>();
    for (let a = 0; a < 100; a++) {
      for (let b = 0; b < 100; b++) {
        seen.add(hashOf([{ timeUs: a, kind: 0, a: b, b: 0, c: 0 }]));
        seen.add(hashOf([{ timeUs: 0, kind: 1, a: 0, b: a, c: b * 2 ** 33 }]));
      }
    }
    expect(seen.size).toBe(20_000);
  });

  test('has about half of its bits changed by one bit of a record', () => {
    const bits = (hex: string): bigint => BigInt(`0x${hex}`);
    let changed = 0;
    const flips = 400;
    for (let flip = 0; flip < flips; flip++) {
      const records = longRun(20);
      const before = bits(hashOf(records));
      const index = flip % 20;
      records[index] = { ...records[index]!, b: records[index]!.b ^ (1 << (flip % 31)) };
      changed += (before ^ bits(hashOf(records))).toString(2).replaceAll('0', '').length;
    }
    // 64 fair bits, 400 times: mean 32 with a standard deviation of 0.2.
    expect(changed / flips).toBeGreaterThan(31);
    expect(changed / flips).toBeLessThan(33);
  });

  test('is this one, on every version and machine', () => {
    expect(new Trace().hash()).toBe('f2290584268c2ca4');
    const wide = { timeUs: 2 ** 40 + 7, kind: 3, a: -(2 ** 52), b: 2 ** 31, c: -1 };
    expect(traceOf([...longRun(10_000), wide, ...longRun(3)]).hash()).toBe('79e41d57d05f611e');
  });

  test('depends on the names of kinds, not on the order in which they are defined or on unused ones', () => {
    const one = new Trace();
    one.record(5, one.defineKind('push'), 1, 2, 3);
    const two = new Trace();
    for (let i = 0; i < 100; i++) two.defineKind(`unused-${i}`);
    two.record(5, two.defineKind('push'), 1, 2, 3);
    const other = new Trace();
    other.record(5, other.defineKind('pull'), 1, 2, 3);
    expect(two.hash()).toBe(one.hash());
    expect(other.hash()).not.toBe(one.hash());
  });

  test('takes −0 for 0', () => {
    expect(hashOf([{ timeUs: 0, kind: 0, a: -0, b: 0, c: 0 }])).toBe(
      hashOf([{ timeUs: 0, kind: 0, a: 0, b: 0, c: 0 }]),
    );
  });
});

describe('checkpoints', () => {
  test('are the hashes of prefixes', () => {
    fc.assert(
      fc.property(run, fc.integer({ min: 1, max: 7 }), (records, checkpointEvery) => {
        const trace = traceOf(records, { checkpointEvery });
        expect(trace.checkpointCount).toBe(Math.floor(records.length / checkpointEvery));
        for (let index = 0; index < trace.checkpointCount; index++) {
          expect(trace.checkpointAt(index)).toBe(hashOf(records.slice(0, (index + 1) * checkpointEvery)));
        }
        expect(trace.checkpoints()).toHaveLength(trace.checkpointCount);
      }),
      { seed: 7 },
    );
  });

  test('come every 4096 records and grow without end', () => {
    expect(traceOf(longRun(3 * 4096 - 1)).checkpointCount).toBe(2);
    const trace = traceOf(longRun(500), { checkpointEvery: 1 });
    expect(new Set(trace.checkpoints()).size).toBe(500);
    expect(trace.checkpointAt(499)).toBe(trace.hash());
    expect(() => trace.checkpointAt(500)).toThrow(AssertionError);
  });
});

describe('the first difference of two traces', () => {
  const options = { checkpointEvery: 10 };

  test('is the checkpoint after the first record that differs', () => {
    const records = longRun(100);
    fc.assert(
      fc.property(fc.nat({ max: 99 }), (index) => {
        const changed = records.with(index, { ...records[index]!, c: -1 });
        expect(firstDifference(traceOf(records, options), traceOf(changed, options))).toBe(Math.floor(index / 10));
      }),
      { seed: 8 },
    );
  });

  test('is none for the same records', () => {
    expect(firstDifference(traceOf(longRun(57), options), traceOf(longRun(57), options))).toBeUndefined();
    expect(firstDifference(new Trace(), new Trace())).toBeUndefined();
  });

  test('after the last common checkpoint is the one that is not there in both', () => {
    const records = longRun(57);
    const changed = records.with(55, { ...records[55]!, a: -1 });
    expect(firstDifference(traceOf(records, options), traceOf(changed, options))).toBe(5);
    expect(firstDifference(traceOf(records, options), traceOf(records.slice(0, 30), options))).toBe(3);
  });

  test('needs checkpoints at the same records', () => {
    expect(() => firstDifference(new Trace(), new Trace(options))).toThrow(AssertionError);
  });
});

describe('the last records', () => {
  const withIndex = (records: readonly Fields[]): object[] => records.map((each, index) => ({ index, ...each }));

  test('are the newest that are kept, oldest first', () => {
    fc.assert(
      fc.property(run, fc.nat({ max: 12 }), fc.nat({ max: 40 }), (records, keepLast, n) => {
        const wanted = Math.min(keepLast, n, records.length);
        const trace = traceOf(records, { keepLast });
        expect(trace.lastRecords(n)).toEqual(withIndex(records).slice(records.length - wanted));
        expect(trace.count).toBe(records.length);
      }),
      { seed: 9 },
    );
  });

  test('stop before an index, so that a second run shows what led up to it', () => {
    const records = longRun(1000);
    const trace = traceOf(records, { keepLast: 20, keepUntil: 500 });
    expect(trace.lastRecords(3)).toEqual(withIndex(records).slice(497, 500));
    expect(trace.hash()).toBe(hashOf(records));
  });

  test('can be read by people', () => {
    const trace = traceOf([{ timeUs: 12_345_678, kind: 1, a: 3, b: -17, c: 2 ** 40 }]);
    expect(trace.lastRecords(1).map((each) => trace.format(each))).toEqual([
      't=12.345678s push-arrived a=3 b=-17 c=1099511627776',
    ]);
    expect(trace.format({ index: 0, timeUs: 1_000_042, kind: 99, a: 0, b: 0, c: 0 })).toBe(
      't=1.000042s kind 99 a=0 b=0 c=0',
    );
  });
});

describe('a trace refuses', () => {
  test('a kind that was never defined', () => {
    expect(() => new Trace().record(0, 0, 0, 0, 0)).toThrow('kind 0 was never defined');
    expect(() => traceOf([]).record(0, 4, 0, 0, 0)).toThrow(AssertionError);
    expect(() => traceOf([]).record(0, 0.5, 0, 0, 0)).toThrow(AssertionError);
  });

  test.each([0.5, Number.NaN, Infinity, 2 ** 53])('%d in any field', (value) => {
    const zero = { timeUs: 0, kind: 0, a: 0, b: 0, c: 0 };
    for (const field of ['timeUs', 'a', 'b', 'c']) {
      expect(() => traceOf([{ ...zero, [field]: value }])).toThrow(AssertionError);
    }
  });

  test('a time before 0', () => {
    expect(() => traceOf([{ timeUs: -1, kind: 0, a: 0, b: 0, c: 0 }])).toThrow(AssertionError);
  });
});
