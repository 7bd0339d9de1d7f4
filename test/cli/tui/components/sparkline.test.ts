import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sparkline, squeezed } from '../../../../cli/tui/components/sparkline.ts';

describe('a sparkline', () => {
  test('has its lowest bar at zero, a higher one above it, and the full one at the top', () => {
    expect(sparkline([0, 0.01, 4, 8], 8)).toEqual(['▁▂▅█']);
  });

  test('is blank where zero is no value', () => {
    expect(sparkline([0, 4, 0, 8], 8, 1, true)).toEqual([' ▅ █']);
  });

  test('is lowest where all is zero', () => {
    expect(sparkline([0, 0], 0)).toEqual(['▁▁']);
  });

  test('fills lower rows before upper ones', () => {
    expect(sparkline([1, 7, 16], 16, 2)).toEqual(['  █', '▂██']);
  });

  test('rises with its values', () => {
    const heightOf = (rows: readonly string[]): number => rows.reduce((sum, row) => sum + ' ▁▂▃▄▅▆▇█'.indexOf(row), 0);
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.integer({ min: 1, max: 5 }), (one, other, rows) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        const at = (value: number): number => heightOf(sparkline([value], 1000, rows));
        expect(at(low)).toBeLessThanOrEqual(at(high));
        expect(at(high)).toBeLessThanOrEqual(rows * 8);
      }),
      { seed: 5 },
    );
  });
});

describe('values that are squeezed', () => {
  test('become the greatest of a level and the mean of a rate', () => {
    expect(squeezed([1, 3, 5, 9], 4, 2, 'max')).toEqual([3, 9]);
    expect(squeezed([1, 3, 5, 9], 4, 2, 'mean')).toEqual([2, 7]);
  });

  test('stay as they are where there is room', () => {
    expect(squeezed([1, 2], 4, 10, 'mean')).toEqual([1, 2]);
  });

  test('never move while values are added, and never lose the greatest', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(100), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 200 }),
        (values, columns, expected) => {
          const whole = squeezed(values, expected, columns, 'max');
          expect(whole.length).toBeLessThanOrEqual(columns);
          expect(Math.max(...whole)).toBe(Math.max(...values));
          if (values.length > expected) return;
          const before = squeezed(values.slice(0, -1), expected, columns, 'max');
          // The last column is still being filled.
          expect(whole.slice(0, Math.max(0, before.length - 1))).toEqual(before.slice(0, -1));
        },
      ),
      { seed: 5 },
    );
  });
});
