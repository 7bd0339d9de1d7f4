// What pairs of runs say of a figure: whether head is worse than base, on data with a known truth.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePairs, needsMorePairs, type Pair } from '../../../scenarios/baseline/pairs.ts';
import { fixedVerdict, noisyPairs, REALISTIC, steppedVerdict } from './noisy-pairs.ts';

const OPTIONS = { seed: 'pairs', criticalRatio: 1.5, floor: 1 };
const figure = fc.double({ min: 1, max: 1000, noNaN: true });
const someFigures = fc.array(fc.record({ base: figure, head: figure }), { minLength: 5, maxLength: 20 });
const seeded = { seed: 6, numRuns: 60 };

describe('a difference between pairs of runs', () => {
  it('is called in less than 5% of 200 comparisons of equal runs, and found in 95% where head takes 20% longer', () => {
    const seeds = Array.from({ length: 200 }, (_, index) => `truth/${index}`);
    const equal = seeds.map((seed) => steppedVerdict(1, REALISTIC, seed).verdict);
    expect(equal.filter((verdict) => verdict === 'worse' || verdict === 'better').length).toBeLessThan(10);
    expect(equal.filter((verdict) => verdict === 'inconclusive').length).toBeLessThan(10);
    const slower = seeds.map((seed) => steppedVerdict(1.2, REALISTIC, seed).verdict);
    expect(slower.filter((verdict) => verdict === 'worse').length).toBeGreaterThanOrEqual(190);
  });

  it('is rarely called of five pairs of equal runs, however noisy', () => {
    const seeds = Array.from({ length: 200 }, (_, index) => `five/${index}`);
    const called = seeds.map((seed) => fixedVerdict(5, 1, REALISTIC, seed)).filter((verdict) => verdict === 'worse');
    expect(called.length).toBeLessThan(10);
  });

  it('is the other way round where base and head change places', () => {
    const opposite = { worse: 'better', better: 'worse' } as const;
    fc.assert(
      fc.property(someFigures, (pairs) => {
        const one = comparePairs(pairs, OPTIONS);
        const other = comparePairs(
          pairs.map(({ base, head }): Pair => ({ base: head, head: base })),
          OPTIONS,
        );
        expect(other.ratio * one.ratio).toBeCloseTo(1, 9);
        expect(other.pValue).toBeCloseTo(one.pValue, 12);
        if (one.verdict === 'worse') expect(other.verdict).toBe(opposite.worse);
        if (one.verdict === 'better') expect(other.verdict).toBe(opposite.better);
      }),
      seeded,
    );
  });

  it('has an interval that is the other way round too, but for what the draws do', () => {
    const pairs = noisyPairs(10, 1.3, REALISTIC, 'swap');
    const one = comparePairs(pairs, OPTIONS);
    const other = comparePairs(
      pairs.map(({ base, head }) => ({ base: head, head: base })),
      OPTIONS,
    );
    expect(Math.abs(Math.log(other.low * one.high))).toBeLessThan(0.05);
    expect(Math.abs(Math.log(other.high * one.low))).toBeLessThan(0.05);
  });

  it('does not depend on the unit', () => {
    fc.assert(
      fc.property(someFigures, fc.constantFrom(0.001, 0.5, 1000), (pairs, factor) => {
        const scaled = pairs.map(({ base, head }) => ({ base: base * factor, head: head * factor }));
        const one = comparePairs(pairs, OPTIONS);
        const other = comparePairs(scaled, { ...OPTIONS, floor: OPTIONS.floor * factor });
        expect(other.ratio).toBeCloseTo(one.ratio, 9);
        expect(other.low).toBeCloseTo(one.low, 9);
        expect(other.high).toBeCloseTo(one.high, 9);
      }),
      seeded,
    );
  });

  it('is the same each time it is asked', () => {
    const pairs = noisyPairs(8, 1.1, REALISTIC, 'again');
    expect(comparePairs(pairs, OPTIONS)).toEqual(comparePairs(pairs, OPTIONS));
  });

  const clear = [100, 101, 99, 102, 98].map((base, index) => ({ base, head: base * (1.3 + index / 100) }));

  it('is none where it is below the floor, or below 1.10', () => {
    expect(comparePairs(clear, OPTIONS).verdict).toBe('worse');
    expect(comparePairs(clear, { ...OPTIONS, floor: 40 }).verdict).toBe('same');
    const slight = clear.map(({ base }, index) => ({ base, head: base * (1.07 + index / 200) }));
    expect(comparePairs(slight, OPTIONS)).toMatchObject({ verdict: 'same' });
    expect(comparePairs(slight, OPTIONS).low).toBeGreaterThan(1);
  });

  it('is inconclusive where the interval holds both 1 and the critical ratio, or there are fewer than five pairs', () => {
    const heads = [60, 210, 90, 180, 120];
    const wild = heads.map((head) => ({ base: 100, head }));
    const comparison = comparePairs(wild, OPTIONS);
    expect(comparison.low).toBeLessThan(1);
    expect(comparison.high).toBeGreaterThan(1.5);
    expect(comparison.verdict).toBe('inconclusive');
    expect(comparePairs(clear.slice(0, 4), OPTIONS).verdict).toBe('inconclusive');
  });

  it('is not hidden by one outlier among ten', () => {
    const pairs = noisyPairs(10, 1.3, { sigma: 0.03, drift: 0, outliers: 0 }, 'outlier');
    pairs[3] = { base: pairs[3]!.base * 3, head: pairs[3]!.head };
    expect(comparePairs(pairs, OPTIONS).verdict).toBe('worse');
  });

  it('can be told of figures of 0', () => {
    const none = Array.from({ length: 5 }, () => ({ base: 0, head: 0 }));
    expect(comparePairs(none, OPTIONS)).toMatchObject({ ratio: 1, verdict: 'same' });
    const some = Array.from({ length: 5 }, (_, index) => ({ base: 0, head: 5 + index }));
    expect(comparePairs(some, OPTIONS).verdict).toBe('worse');
  });
});

describe('more pairs', () => {
  const same = { ratio: 1, low: 0.98, high: 1.02, pValue: 0.9, verdict: 'same', isBelowFloor: false } as const;

  it('are wanted as long as they could tell, up to twenty', () => {
    expect(needsMorePairs(same, 5)).toBe(false);
    expect(needsMorePairs(same, 4)).toBe(true);
    expect(needsMorePairs({ ...same, high: 1.3 }, 5)).toBe(true);
    expect(needsMorePairs({ ...same, low: 0.7 }, 5)).toBe(true);
    expect(needsMorePairs({ ...same, verdict: 'inconclusive' }, 15)).toBe(true);
    expect(needsMorePairs({ ...same, verdict: 'inconclusive' }, 20)).toBe(false);
    expect(needsMorePairs({ ...same, high: 1.6, verdict: 'worse' }, 5)).toBe(false);
    expect(needsMorePairs({ ...same, high: 1.3, isBelowFloor: true }, 5)).toBe(false);
  });
});
