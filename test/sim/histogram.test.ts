import fc from 'fast-check';
import { decodeFromCompressedBase64, Int32Histogram } from 'hdr-histogram-js';
import { describe, expect, test } from 'vitest';

import { AssertionError } from '../../sim/errors.ts';
import { HIGHEST_TRACKABLE_US, Histogram, MOST_VALUES } from '../../sim/histogram.ts';
import { Metrics } from '../../sim/metrics.ts';

/** Percentiles in thousandths, so that the exact rank is integer arithmetic. */
const PERCENTILES_MILLI = [1, 1000, 25_000, 50_000, 90_000, 95_000, 97_500, 99_000, 99_900, 99_990, 100_000];

/** Every magnitude as likely as any other, with the edges of buckets. */
const durationUs = fc.oneof(
  fc.nat({ max: 5000 }),
  fc
    .double({ min: 0, max: 42, noNaN: true })
    .map((log2) => Math.min(HIGHEST_TRACKABLE_US, Math.floor(Math.exp(log2 * Math.LN2)))),
  fc.tuple(fc.integer({ min: 0, max: 41 }), fc.integer({ min: -1, max: 1 })).map(([k, d]) => Math.max(0, 2 ** k + d)),
);
const sample = fc.array(durationUs, { minLength: 1, maxLength: 300 });

function nearestRank(sorted: readonly number[], percentileMilli: number): number {
  return sorted[Math.max(1, Math.ceil((percentileMilli * sorted.length) / 100_000)) - 1]!;
}

function histogramOf(values: readonly number[], digits: 2 | 3 = 3): Histogram {
  const histogram = new Histogram(digits);
  for (const value of values) histogram.recordUs(value);
  return histogram;
}

/** Everything that can be read. */
function readingOf(histogram: Histogram): number[] {
  const { count, sumUs, minUs, maxUs, meanUs } = histogram;
  return [count, sumUs, minUs, maxUs, meanUs, ...PERCENTILES_MILLI.map((p) => histogram.percentileUs(p / 1000))];
}

describe('a histogram', () => {
  test.each([
    [3, 0.001],
    [2, 0.01],
  ] as const)('with %i digits reads percentiles within its bound above the nearest rank', (digits, bound) => {
    fc.assert(
      fc.property(sample, (values) => {
        const histogram = histogramOf(values, digits);
        const sorted = values.toSorted((a, b) => a - b);
        for (const milli of PERCENTILES_MILLI) {
          const exact = nearestRank(sorted, milli);
          const read = histogram.percentileUs(milli / 1000);
          expect(read).toBeGreaterThanOrEqual(exact);
          expect(read).toBeLessThanOrEqual(exact * (1 + bound));
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('keeps count, sum, minimum and maximum exactly', () => {
    fc.assert(
      fc.property(sample, (values) => {
        const histogram = histogramOf(values);
        const sum = values.reduce((total, value) => total + value, 0);
        expect(histogram.count).toBe(values.length);
        expect(histogram.sumUs).toBe(sum);
        expect(histogram.meanUs).toBe(sum / values.length);
        expect(histogram.minUs).toBe(Math.min(...values));
        expect(histogram.maxUs).toBe(Math.max(...values));
      }),
      { seed: 2 },
    );
  });

  test('counts each value in the bucket in which the library counts it', () => {
    fc.assert(
      fc.property(durationUs, fc.constantFrom(2 as const, 3 as const), (value, digits) => {
        const theirs = new Int32Histogram(1, HIGHEST_TRACKABLE_US, digits);
        theirs.recordValue(value);
        // With a larger value beside it, the reading of the smaller one is the upper end of its bucket.
        theirs.recordValue(HIGHEST_TRACKABLE_US);
        expect(histogramOf([value, HIGHEST_TRACKABLE_US], digits).percentileUs(50)).toBe(
          theirs.getValueAtPercentile(50),
        );
      }),
      { seed: 3, numRuns: 1000 },
    );
  });

  test('added to another reads as if all had been recorded in one', () => {
    fc.assert(
      fc.property(fc.array(durationUs), fc.array(durationUs), (left, right) => {
        const merged = histogramOf(left);
        const other = histogramOf(right);
        const before = readingOf(other);
        merged.add(other);
        expect(readingOf(merged)).toEqual(readingOf(histogramOf([...left, ...right])));
        expect(readingOf(other)).toEqual(before);
      }),
      { seed: 4 },
    );
  });

  test('records the same value many times as if one by one', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(durationUs, fc.nat({ max: 20 }))), (pairs) => {
        const many = new Histogram();
        for (const [value, count] of pairs) many.recordManyUs(value, count);
        const single = histogramOf(pairs.flatMap(([value, count]) => Array.from({ length: count }, () => value)));
        expect(readingOf(many)).toEqual(readingOf(single));
      }),
      { seed: 5 },
    );
  });

  test('is as new after a reset', () => {
    const histogram = histogramOf([5, 7_000_000, 2 ** 41]);
    histogram.reset();
    expect(readingOf(histogram)).toEqual(readingOf(new Histogram()));
    histogram.recordUs(9);
    expect(readingOf(histogram)).toEqual(readingOf(histogramOf([9])));
  });

  test('reads 0 where nothing was recorded', () => {
    expect(readingOf(new Histogram()).every((value) => value === 0)).toBe(true);
  });

  test('counts a value beyond its range as the highest one and keeps it exactly as maximum', () => {
    const beyond = HIGHEST_TRACKABLE_US * 10;
    const histogram = histogramOf([1000, beyond, beyond]);
    expect(histogram.percentileUs(90)).toBe(HIGHEST_TRACKABLE_US);
    expect(histogram.percentileUs(100)).toBe(beyond);
    expect(histogram.maxUs).toBe(beyond);
    expect(histogram.sumUs).toBe(1000 + 2 * beyond);
  });

  test.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53])('refuses %d as a duration', (value) => {
    expect(() => new Histogram().recordUs(value)).toThrow(AssertionError);
    expect(() => new Histogram().recordManyUs(value, 1)).toThrow(AssertionError);
  });

  test('refuses what it could not count or add up exactly', () => {
    const full = new Histogram();
    full.recordManyUs(1, MOST_VALUES);
    expect(full.count).toBe(MOST_VALUES);
    expect(full.percentileUs(99)).toBe(1);
    expect(() => full.recordUs(1)).toThrow(/2\^32/);
    expect(() => full.add(histogramOf([1]))).toThrow(/2\^32/);
    const heavy = new Histogram();
    heavy.recordUs(Number.MAX_SAFE_INTEGER);
    expect(() => heavy.recordUs(1)).toThrow(/2\^53/);
    expect(() => histogramOf([1]).recordManyUs(2 ** 40, 2 ** 20)).toThrow(/2\^53/);
  });

  test('gives several percentiles at once as it gives each alone', () => {
    const percentiles = [0, ...PERCENTILES_MILLI.map((milli) => milli / 1000)];
    fc.assert(
      fc.property(fc.array(durationUs), fc.nat({ max: 2000 }), (values, times) => {
        const histogram = histogramOf(values);
        histogram.recordManyUs(values[0] ?? 0, times);
        expect(histogram.percentilesUs(percentiles)).toEqual(percentiles.map((p) => histogram.percentileUs(p)));
      }),
      { seed: 6, numRuns: 300 },
    );
    expect(() => histogramOf([1]).percentilesUs([95, 50])).toThrow(AssertionError);
    expect(() => histogramOf([1]).percentilesUs([101])).toThrow(AssertionError);
  });

  test('takes no later rank where a product is a whole number but for its last bit', () => {
    // 7 ÷ 100 × 100 is 7.000000000000001 in doubles.
    const histogram = histogramOf(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(histogram.percentileUs(7)).toBe(7);
    expect(histogram.percentilesUs([7])).toEqual([7]);
    expect(histogram.percentileSinceUs(7, new Histogram())).toBe(7);
  });

  test('reads percentiles of what came since an earlier state as if it had come alone', () => {
    fc.assert(
      fc.property(fc.array(durationUs), sample, (before, since) => {
        const earlier = histogramOf(before);
        const earlierReading = readingOf(earlier);
        const histogram = histogramOf([...before, ...since]);
        // The largest value of all stands for that of the later ones, so that both read ends of buckets.
        const alone = histogramOf([...since, HIGHEST_TRACKABLE_US]);
        const sorted = since.toSorted((a, b) => a - b);
        for (const milli of PERCENTILES_MILLI) {
          const exact = nearestRank(sorted, milli);
          const read = histogram.percentileSinceUs(milli / 1000, earlier);
          expect(read).toBeGreaterThanOrEqual(exact);
          expect(read).toBe(Math.min(alone.bucketEndUs(exact) - 1, histogram.maxUs));
        }
        expect(readingOf(earlier)).toEqual(earlierReading);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test('reads 0 for what came since where nothing has, and refuses a state that is no earlier one', () => {
    expect(histogramOf([5, 9]).percentileSinceUs(95, histogramOf([5, 9]))).toBe(0);
    expect(() => histogramOf([5]).percentileSinceUs(95, histogramOf([5, 9]))).toThrow(AssertionError);
    expect(() => histogramOf([5]).percentileSinceUs(0, new Histogram())).toThrow(AssertionError);
    expect(() => histogramOf([5], 2).percentileSinceUs(95, new Histogram(3))).toThrow(AssertionError);
  });

  test.each([2, 3] as const)('with %i digits visits the buckets of all its values, lowest first', (digits) => {
    fc.assert(
      fc.property(fc.array(durationUs), (values) => {
        const seen: number[] = [];
        let lastUs = 0;
        const left = values.toSorted((a, b) => a - b);
        const histogram = histogramOf(values, digits);
        histogram.forEachBucket((fromUs, toUs, count) => {
          expect(fromUs).toBeGreaterThanOrEqual(lastUs);
          lastUs = toUs;
          expect(toUs - fromUs).toBeLessThanOrEqual(Math.max(1, fromUs * (digits === 3 ? 0.001 : 0.01)));
          const inside = left.splice(0, count);
          expect(inside).toHaveLength(count);
          for (const value of inside) {
            expect(value >= fromUs && value < toUs).toBe(true);
            expect([histogram.bucketStartUs(value), histogram.bucketEndUs(value)]).toEqual([fromUs, toUs]);
          }
          seen.push(count);
        });
        expect(left).toEqual([]);
        expect(seen).not.toContain(0);
      }),
      { seed: 8 },
    );
  });

  test('is not added to one of other digits', () => {
    expect(() => new Histogram(3).add(new Histogram(2))).toThrow(AssertionError);
  });
});

describe('a trend', () => {
  test('merges its phases into memory that held something else', () => {
    const metrics = new Metrics('one');
    const trend = metrics.trend('requests');
    const used = histogramOf([1, 2 ** 30]);
    expect(readingOf(trend.total(used))).toEqual(readingOf(new Histogram()));
    trend.recordUs(5);
    metrics.phase = 'two';
    trend.recordManyUs(7000, 3);
    expect(trend.total(used)).toBe(used);
    expect(readingOf(used)).toEqual(readingOf(histogramOf([5, 7000, 7000, 7000])));
    trend.total(used);
    expect(readingOf(used)).toEqual(readingOf(trend.total()));
  });
});

describe('an encoded histogram', () => {
  test('read by the library gives the same count and, but for the exact maximum, the same percentiles', () => {
    fc.assert(
      fc.property(sample, (values) => {
        const histogram = histogramOf(values);
        const read = decodeFromCompressedBase64(histogram.encoded());
        expect(read.totalCount).toBe(histogram.count);
        for (const milli of PERCENTILES_MILLI) {
          const valueUs = Math.min(read.getValueAtPercentile(milli / 1000), histogram.maxUs);
          expect(valueUs).toBe(histogram.percentileUs(milli / 1000));
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('is the same text for the same values in any order, and of nothing too', () => {
    expect(histogramOf([3, 70_000, 5]).encoded()).toBe(histogramOf([70_000, 5, 3]).encoded());
    expect(decodeFromCompressedBase64(new Histogram().encoded()).totalCount).toBe(0);
  });
});
