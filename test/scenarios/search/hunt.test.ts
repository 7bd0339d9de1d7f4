// The books of a hunt: the same whatever order results come in, over as soon as it may be, and what it proves.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Hunt, type HuntedFinding, type SeedResult, shapeOf } from '../../../scenarios/search/hunt.ts';
import { failingShareMax, percentUp, statement } from '../../../scenarios/search/hunt-statement.ts';
import { parseSeeds } from '../../../scenarios/search/seeds.ts';
import { AssertionError } from '../../../sim/errors.ts';

const found = (signature: string): HuntedFinding => ({ signature, oracle: signature.split('/')[0]!, kind: 'safety' });
const result = (...signatures: string[]): SeedResult => {
  return { findings: signatures.map(found), faults: { crash: 1 }, marks: { retry: 2 } };
};

/** A result for each of some seeds. */
const results = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(result()) },
    {
      weight: 3,
      arbitrary: fc
        .array(fc.constantFrom('a/1', 'a/2', 'b/1', 'c/1', 'd/1'), { maxLength: 3 })
        .map((list) => result(...list)),
    },
    { weight: 1, arbitrary: fc.constant({ died: 'out of memory' }) },
  ),
  { minLength: 1, maxLength: 40 },
);

/** What a hunt must say, worked out from the results in their order. */
function expected(all: readonly SeedResult[], findingsMax: number) {
  const signatures = new Map<string, { index: number; seeds: number }>();
  let failed = 0;
  let seeds = 0;
  let end = 0;
  for (; end < all.length && signatures.size < findingsMax; end++) {
    const each = all[end]!;
    if ('died' in each) continue;
    seeds++;
    if (each.findings.length > 0) failed++;
    for (const signature of new Set(each.findings.map((one) => one.signature))) {
      const known = signatures.get(signature) ?? { index: end, seeds: 0 };
      signatures.set(signature, { ...known, seeds: known.seeds + 1 });
    }
  }
  return { end, failed, seeds, signatures: [...signatures] };
}

describe('a hunt', () => {
  test('says the same and ends at the same seed, whichever worker answers first', () => {
    const cases = fc.record({
      all: results,
      findingsMax: fc.constantFrom(1, 2, 3, 9),
      workers: fc.integer({ min: 1, max: 12 }),
      order: fc.infiniteStream(fc.nat()),
    });
    fc.assert(
      fc.property(cases, ({ all, findingsMax, workers, order }) => {
        const hunt = new Hunt(parseSeeds(`${all.length}`), findingsMax);
        const running: number[] = [];
        const started: number[] = [];
        for (;;) {
          while (running.length < workers) {
            const next = hunt.next();
            if (next === undefined) break;
            running.push(next);
            started.push(next);
          }
          if (running.length === 0) break;
          const [index] = running.splice((order.next().value as number) % running.length, 1);
          hunt.done(index!, all[index!]!);
        }
        const { end, failed, seeds, signatures } = expected(all, findingsMax);
        expect(hunt.isOver).toBe(true);
        expect(started).toEqual(started.map((_, at) => at));
        expect(started.length).toBeGreaterThanOrEqual(end);
        const tally = hunt.tally();
        expect(tally).toMatchObject({
          failed,
          seeds,
          faults: seeds === 0 ? {} : { crash: seeds },
          marks: seeds === 0 ? {} : { retry: 2 * seeds },
        });
        expect(tally.found.map((one) => [one.signature, { index: one.index, seeds: one.seeds }])).toEqual(signatures);
        expect(tally.found.every(({ index, seed }) => seed === String(index + 1))).toBe(true);
        expect(tally.dead.map(({ index }) => index)).toEqual(
          all.flatMap((each, at) => ('died' in each && at < end ? [at] : [])),
        );
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('gives out no seed after one that already ends it, and waits for those below', () => {
    const hunt = new Hunt(parseSeeds('100'), 2);
    const given = Array.from({ length: 10 }, () => hunt.next());
    expect(given).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    hunt.done(7, result('a/1', 'b/1'));
    expect(hunt.next()).toBeUndefined();
    expect(hunt.isOver).toBe(false);
    hunt.done(9, result('c/1'));
    expect(hunt.tally().found.map(({ signature }) => signature)).toEqual(['a/1', 'b/1']);
    hunt.done(3, result('b/1', 'd/1'));
    for (const index of [0, 1]) hunt.done(index, result());
    expect(hunt.isOver).toBe(false);
    hunt.done(2, result());
    expect(hunt.isOver).toBe(true);
    expect(hunt.tally()).toMatchObject({ seeds: 4, failed: 1 });
    expect(hunt.tally().found).toMatchObject([
      { signature: 'b/1', oracle: 'b', index: 3, seed: '4', seeds: 1 },
      { signature: 'd/1', oracle: 'd', index: 3, seed: '4', seeds: 1 },
    ]);
    // What comes late changes nothing.
    const tally = hunt.tally();
    for (const index of [3, 4, 7, 50]) hunt.done(index, result('e/1'));
    expect(hunt.tally()).toEqual(tally);
  });

  test('that is ended from outside says what all seeds have shown that are done', () => {
    const hunt = new Hunt(parseSeeds('3,7,11,13'), Infinity);
    while (hunt.next() !== undefined);
    hunt.done(2, result('a/1'));
    hunt.done(0, result());
    expect(hunt.doneCount).toBe(2);
    expect(hunt.isOver).toBe(false);
    const tally = hunt.tally();
    expect(tally).toMatchObject({
      seeds: 2,
      failed: 1,
      faults: { crash: 2 },
      found: [{ signature: 'a/1', seed: '11' }],
    });
    hunt.done(1, result('a/1'));
    expect(hunt.tally().found).toMatchObject([{ signature: 'a/1', index: 1, seed: '7', seeds: 2 }]);
    const longer = new Hunt(parseSeeds('9'), Infinity);
    for (const index of [0, 2, 4]) longer.done(index, result('a/1'));
    expect(longer.tally().found[0]).toMatchObject({ seeds: 3 });
    expect(longer.tally()).toEqual(longer.tally());
    expect(tally.found[0]!.seeds).toBe(1);
  });

  test('a worker that dies costs its seed, not the hunt', () => {
    const hunt = new Hunt(parseSeeds('3'), 1);
    while (hunt.next() !== undefined);
    hunt.done(1, { died: 'out of memory' });
    hunt.done(0, result());
    hunt.done(2, result());
    expect(hunt.isOver).toBe(true);
    expect(hunt.tally()).toMatchObject({
      seeds: 2,
      failed: 0,
      dead: [{ index: 1, seed: '2', reason: 'out of memory' }],
    });
  });

  test('keeps what could have fired and did not', () => {
    const hunt = new Hunt(parseSeeds('2'), 1);
    hunt.done(0, { findings: [], faults: { crash: 0, partition: 2 }, marks: { 'page boundary': 0 } });
    hunt.done(1, { findings: [], faults: { crash: 0 }, marks: { 'page boundary': 0, retry: 1 } });
    expect(hunt.tally()).toMatchObject({ faults: { crash: 0, partition: 2 }, marks: { 'page boundary': 0, retry: 1 } });
  });

  test('a result of a seed that it does not have is a bug', () => {
    expect(() => new Hunt(parseSeeds('2'), 1).done(2, result())).toThrow(AssertionError);
    expect(() => new Hunt(parseSeeds('2'), 0)).toThrow(AssertionError);
  });
});

describe('the shape of a storm', () => {
  test('hangs on the seed alone, and stays as it is', () => {
    expect([shapeOf('1'), shapeOf('2'), shapeOf('spring')]).toMatchInlineSnapshot(`
      [
        {
          "durationMs": 117000,
          "editsInAll": 10,
          "users": 7,
        },
        {
          "durationMs": 112000,
          "editsInAll": 53,
          "users": 3,
        },
        {
          "durationMs": 122000,
          "editsInAll": 33,
          "users": 2,
        },
      ]
    `);
    expect(shapeOf('1')).toEqual(shapeOf('1'));
  });

  test('takes every size', () => {
    const shapes = Array.from({ length: 2000 }, (_, seed) => shapeOf(String(seed)));
    const range = (key: keyof ReturnType<typeof shapeOf>): number[] => {
      const values = shapes.map((shape) => shape[key]);
      return [Math.min(...values), Math.max(...values), new Set(values).size];
    };
    expect(range('users')).toEqual([2, 8, 7]);
    expect(range('editsInAll')).toEqual([10, 100, 91]);
    expect(range('durationMs')).toEqual([60_000, 180_000, 121]);
  });
});

describe('what a hunt proves', () => {
  test('without failures it is the rule of three, exactly', () => {
    expect(failingShareMax(0, 1)).toBeCloseTo(0.95, 12);
    for (const seeds of [1, 10, 500, 10_000]) {
      expect(failingShareMax(0, seeds)).toBeCloseTo(1 - 0.05 ** (1 / seeds), 12);
      expect(failingShareMax(0, seeds)).toBeLessThan(3 / seeds);
    }
    expect(failingShareMax(0, 10_000_000) / -Math.expm1(Math.log(0.05) / 1e7)).toBeCloseTo(1, 13);
  });

  test('with failures it is the interval of Clopper and Pearson', () => {
    // Upper limits of one-sided 95% intervals: scipy.stats.beta.ppf(0.95, k + 1, n - k).
    for (const [failed, seeds, limit] of [
      [1, 10, 0.394163302],
      [3, 500, 0.015433735],
      [5, 100, 0.102253378],
      [9, 10, 0.994883803],
    ] as const) {
      expect(failingShareMax(failed, seeds)).toBeCloseTo(limit, 8);
    }
    expect(failingShareMax(10, 10)).toBe(1);
    expect(failingShareMax(0, 0)).toBe(1);
  });

  test('the limit is the share at which so few failures are as rare as was said', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 60 })
          .chain((seeds) => fc.tuple(fc.constant(seeds), fc.integer({ min: 0, max: seeds - 1 }))),
        ([seeds, failed]) => {
          const share = failingShareMax(failed, seeds);
          // Pascal's triangle: the distribution by another way.
          let odds = [1];
          for (let i = 0; i < seeds; i++) {
            odds = Array.from({ length: i + 2 }, (_, k) => (odds[k] ?? 0) * (1 - share) + (odds[k - 1] ?? 0) * share);
          }
          expect(odds.slice(0, failed + 1).reduce((sum, one) => sum + one, 0)).toBeCloseTo(0.05, 9);
        },
      ),
      { seed: 2 },
    );
  });

  test('a million failures of ten million are a bound, too', () => {
    expect(failingShareMax(1_000_000, 10_000_000)).toBeCloseTo(0.1 + 1.645 * Math.sqrt(0.09 / 1e7), 6);
  });

  test('percentages are rounded up to two digits', () => {
    expect([0, 0.00597, 0.006, 0.0060001, 0.95, 1, 0.123, 2.9957e-7, 0.0999].map(percentUp)).toEqual([
      '0%',
      '0.6%',
      '0.6%',
      '0.61%',
      '95%',
      '100%',
      '13%',
      '0.00003%',
      '10%',
    ]);
  });

  test('is said in a line, and so is what was never exercised', () => {
    const tally = {
      seeds: 500,
      failed: 0,
      dead: [],
      faults: { crash: 4, eviction: 0 },
      marks: { retry: 0, page: 0, tie: 1 },
    };
    expect(statement(tally)).toEqual([
      '0 of 500: at most 0.6% of such storms fail, 95%',
      'faults that never fired: eviction',
      'never reached: retry, page',
    ]);
    expect(
      statement({ seeds: 0, failed: 0, dead: [{ index: 0, seed: '1', reason: 'died' }], faults: {}, marks: {} }),
    ).toEqual(['no seed ran to its end: nothing is known', 'seeds that were lost: 1']);
  });
});
