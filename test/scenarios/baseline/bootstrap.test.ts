// The interval of a median: what it holds, and that it is the same each time.
import { randomLogNormal } from 'd3-random';
import { describe, expect, it } from 'vitest';
import { medianInterval, medianOf } from '../../../scenarios/baseline/bootstrap.ts';
import { Streams } from '../../../sim/random.ts';

describe('the interval of a median', () => {
  it('runs from the least to the greatest of five', () => {
    expect(medianInterval([5, 1, 4, 2, 3], 'five')).toEqual({ median: 3, low: 1, high: 5 });
  });

  it('leaves out the ends of twenty', () => {
    const values = Array.from({ length: 20 }, (_, index) => index + 1);
    const { median, low, high } = medianInterval(values, 'twenty');
    expect(median).toBe(10.5);
    // Ranks 6 and 15 are the order statistics' 95% interval of 20; half a rank comes from the mean of the middle two.
    expect(low).toBeGreaterThan(4.5);
    expect(low).toBeLessThan(8);
    expect(high).toBeGreaterThan(13);
    expect(high).toBeLessThan(16.5);
  });

  it('holds the truth in 90 to 99 of 100 cases', () => {
    for (const count of [5, 10, 20]) {
      let held = 0;
      for (let index = 0; index < 500; index++) {
        const draw = randomLogNormal.source(new Streams(`${count}/${index}`).stream('values').source)(0, 0.3);
        const { low, high } = medianInterval(Array.from({ length: count }, draw), `seed ${index}`, 1000);
        if (low <= 1 && high >= 1) held++;
      }
      expect(held / 500).toBeGreaterThan(0.9);
      expect(held / 500).toBeLessThan(0.99);
    }
  });

  it('is the same for one seed, and for values in another order', () => {
    const values = [1.1, 0.9, 1.4, 1, 1.05, 0.97];
    expect(medianInterval(values, 'a')).toEqual(medianInterval(values.toReversed(), 'a'));
  });

  it('has the median within', () => {
    expect(medianOf([3, 1])).toBe(2);
    expect(medianInterval([7], 'one')).toEqual({ median: 7, low: 7, high: 7 });
    expect(() => medianInterval([], 'none')).toThrow(/at least one/);
  });
});
