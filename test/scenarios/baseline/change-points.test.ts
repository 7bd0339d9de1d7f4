// Changes of level in a series, on data with a known truth.
import { randomNormal } from 'd3-random';
import { describe, expect, it } from 'vitest';
import { changePoints } from '../../../scenarios/baseline/change-points.ts';
import { Streams } from '../../../sim/random.ts';

function noise(length: number, sigma: number, seed: string): number[] {
  const normal = randomNormal.source(new Streams(seed).stream('noise').source)(0, sigma);
  return Array.from({ length }, () => 100 * Math.exp(normal()));
}

describe('change points', () => {
  it('are found where a level begins and where it ends', () => {
    const values = noise(90, 0.04, 'bump').map((value, index) => (index >= 30 && index < 60 ? value * 1.25 : value));
    const points = changePoints(values);
    expect(points.map(({ index }) => index)).toEqual([30, 60]);
    const [up, down] = points;
    expect(up!.before).toBeCloseTo(
      values.slice(0, 30).reduce((sum, value) => sum + value / 30, 0),
      9,
    );
    expect(up!.after).toBe(down!.before);
    expect(up!.change).toBeGreaterThan(0.2);
    expect(down!.change).toBeLessThan(-0.15);
    expect(up!.pValue).toBeLessThan(1e-9);
  });

  it('are found in at least 95 of 100 series with a step of 20%, one run off at most', () => {
    let found = 0;
    for (let series = 0; series < 100; series++) {
      const values = noise(60, 0.05, `step/${series}`).map((value, index) => (index >= 40 ? value * 1.2 : value));
      if (changePoints(values).some(({ index }) => Math.abs(index - 40) <= 1)) found++;
    }
    expect(found).toBeGreaterThanOrEqual(95);
  });

  it.each([20, 50, 100])('are none in most of 200 series of %i values of pure noise', (length) => {
    const series = Array.from({ length: 200 }, (_, index) => noise(length, 0.05, `flat/${index}`));
    const false_ = series.filter((values) => changePoints(values).length > 0).length;
    expect(false_).toBeLessThan(20);
  });

  it('are none in a series that does not vary, and exact in one that only steps', () => {
    expect(changePoints(Array<number>(40).fill(0.1))).toEqual([]);
    expect(changePoints([5, 5, 5, 5, 6, 6, 6])).toEqual([{ index: 4, before: 5, after: 6, change: 0.2, pValue: 0 }]);
    expect(changePoints([0, 0, 0, 0, 2, 2, 2])).toMatchObject([{ index: 4, change: null }]);
    expect(changePoints([1, 2])).toEqual([]);
  });

  it('do not depend on the unit or the direction', () => {
    const values = noise(60, 0.03, 'unit').map((value, index) => (index >= 25 ? value * 1.15 : value));
    const at = (list: readonly number[]): number[] => changePoints(list).map(({ index }) => index);
    expect(at(values)).toEqual([25]);
    expect(at(values.map((value) => value * 1000))).toEqual([25]);
    expect(at(values.toReversed())).toEqual([35]);
  });

  it('are of the latest values only where a series is long, counted from its start', () => {
    const values = noise(1500, 0.02, 'long').map((value, index) =>
      index >= 100 && index < 1400 ? value : value * 1.3,
    );
    expect(changePoints(values).map(({ index }) => index)).toEqual([1400]);
    expect(changePoints(values, { window: 1500 }).map(({ index }) => index)).toEqual([100, 1400]);
  });
});
