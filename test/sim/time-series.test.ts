import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { AssertionError } from '../../sim/errors.ts';
import { Histogram, millisecondsOf } from '../../sim/histogram.ts';
import { CountSeries, TrendSeries } from '../../sim/time-series.ts';

describe('a count series', () => {
  test('counts by window, a window taking its beginning and not its end', () => {
    const series = new CountSeries({ windowUs: 100 });
    series.add(0);
    series.add(99, 2);
    series.add(100);
    series.add(350, 5);
    series.advance(400);
    expect(series.toJSON()).toEqual({ startUs: 0, windowUs: 100, endUs: 400, count: [3, 1, 0, 5] });
  });

  test('leaves out the window that is open, until it is finished', () => {
    const series = new CountSeries({ windowUs: 100, startUs: 1000 });
    series.add(1130, 4);
    expect(series.toJSON()).toEqual({ startUs: 1000, windowUs: 100, endUs: 1100, count: [0] });
    series.finish(1150);
    expect(series.toJSON()).toEqual({ startUs: 1000, windowUs: 100, endUs: 1150, count: [0, 4] });
    expect(() => series.add(1160)).toThrow(AssertionError);
    expect(() => series.finish(1160)).toThrow(AssertionError);
  });

  test('that is finished at the end of a window has no empty one after it', () => {
    const series = new CountSeries({ windowUs: 100 });
    series.add(10);
    series.finish(200);
    expect(series.toJSON().count).toEqual([1, 0]);
  });

  test('refuses to go back, and to be cut too fine', () => {
    const series = new CountSeries({ windowUs: 100 });
    series.add(250);
    series.add(210);
    expect(() => series.add(199)).toThrow('goes forward');
    expect(() => series.advance(1e12)).toThrow('widen them');
    expect(() => new CountSeries({ windowUs: 0 })).toThrow(AssertionError);
    expect(() => series.add(260, -1)).toThrow(AssertionError);
  });
});

describe('a trend series', () => {
  test('has in each window what a histogram of that window alone has', () => {
    const gapUs = fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 100_000 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(gapUs, fc.nat({ max: 10_000_000 })), { maxLength: 200 }), (steps) => {
        const windowUs = 1000;
        const series = new TrendSeries({ windowUs });
        const windows = new Map<number, Histogram>();
        let nowUs = 0;
        for (const [gap, value] of steps) {
          nowUs += gap;
          series.recordUs(nowUs, value);
          const index = Math.floor(nowUs / windowUs);
          const window = windows.get(index) ?? new Histogram(2);
          windows.set(index, window);
          window.recordUs(value);
        }
        series.finish(nowUs + 1);
        const data = series.toJSON();
        const length = Math.ceil((nowUs + 1) / windowUs);
        const read = (of: (histogram: Histogram) => number): number[] =>
          Array.from({ length }, (_, index) => of(windows.get(index) ?? new Histogram(2)));
        expect(data).toEqual({
          startUs: 0,
          windowUs,
          endUs: nowUs + 1,
          count: read((window) => window.count),
          sumMs: read((window) => millisecondsOf(window.sumUs)),
          p50Ms: read((window) => millisecondsOf(window.percentileUs(50))),
          p95Ms: read((window) => millisecondsOf(window.percentileUs(95))),
          p99Ms: read((window) => millisecondsOf(window.percentileUs(99))),
          maxMs: read((window) => millisecondsOf(window.maxUs)),
        });
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  test('survives JSON', () => {
    const series = new TrendSeries({ windowUs: 1_000_000 });
    series.recordUs(1_500_000, 20_000);
    series.finish(2_000_000);
    expect(JSON.parse(JSON.stringify(series))).toEqual({
      startUs: 0,
      windowUs: 1_000_000,
      endUs: 2_000_000,
      count: [0, 1],
      sumMs: [0, 20],
      p50Ms: [0, 20],
      p95Ms: [0, 20],
      p99Ms: [0, 20],
      maxMs: [0, 20],
    });
  });
});
