// Ticks of axes: few, round, in order, and around all that is shown.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clockText, logTicks, niceTicks, place, tickText, timeTicks } from '../../../../cli/report/html/axis.ts';

const SEEDED = { seed: 7, numRuns: 500 };

function isRising(ticks: readonly number[]): boolean {
  return ticks.every((tick, at) => at === 0 || tick > ticks[at - 1]!);
}

describe('ticks', () => {
  test('of values begin at 0, rise, and reach the greatest value in few steps', () => {
    expect(niceTicks(520, 4)).toEqual([0, 200, 400, 600]);
    expect(niceTicks(0.3, 4)).toEqual([0, 0.1, 0.2, 0.3]);
    expect(niceTicks(0, 4)).toEqual([0, 1]);
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (top) => {
        const ticks = niceTicks(top, 4);
        expect(ticks[0]).toBe(0);
        expect(isRising(ticks)).toBe(true);
        expect(ticks.at(-1)!).toBeGreaterThanOrEqual(top * (1 - 1e-9));
        expect(ticks.length).toBeLessThanOrEqual(6);
      }),
      SEEDED,
    );
  });

  test('of powers lie around all values', () => {
    expect(logTicks(60, 10_000)).toEqual([10, 100, 1000, 10_000]);
    expect(logTicks(30, 70)).toEqual([20, 50, 100]);
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 1e6, noNaN: true }),
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        (low, factor) => {
          const ticks = logTicks(low, low * factor);
          expect(isRising(ticks)).toBe(true);
          expect(ticks.length).toBeGreaterThan(1);
          expect(ticks[0]!).toBeLessThanOrEqual(low * (1 + 1e-6));
          expect(ticks.at(-1)!).toBeGreaterThanOrEqual(low * factor * (1 - 1e-6));
        },
      ),
      SEEDED,
    );
  });

  test('of time stand where people count', () => {
    expect(timeTicks(329_000, 6)).toEqual([0, 60_000, 120_000, 180_000, 240_000, 300_000]);
    expect(timeTicks(2000, 6)).toEqual([0, 500, 1000, 1500, 2000]);
    expect(timeTicks(90 * 86_400_000, 6).length).toBeLessThanOrEqual(7);
    expect([0, 500, 90_000].map(clockText)).toEqual(['0', '500ms', '1m30s']);
  });

  test('are written in their unit', () => {
    expect([0, 250, 1500].map((each) => tickText(each, 'ms'))).toEqual(['0', '250ms', '1.5s']);
    expect(tickText(0.4, 'share')).toBe('40%');
    expect([0, 0.02, 1.5, 400, 25_000].map((each) => tickText(each, 'count'))).toEqual([
      '0',
      '0.02',
      '1.5',
      '400',
      '25.0k',
    ]);
  });
});

test('a place is a share of the width, never outside of it', () => {
  expect([-1, 0, 1 / 3, 1, 7].map(place)).toEqual(['0%', '0%', '33.333%', '100%', '100%']);
});
