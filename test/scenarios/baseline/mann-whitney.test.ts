// The rank test against every way of sharing out the values, and against tables.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalTail, studentTwoSided } from '../../../scenarios/baseline/distributions.ts';
import { mannWhitney } from '../../../scenarios/baseline/mann-whitney.ts';

function uOf(first: readonly number[], second: readonly number[]): number {
  let u = 0;
  for (const a of first) for (const b of second) u += a > b ? 1 : a === b ? 0.5 : 0;
  return u;
}

/** The two-sided p by trying all choices. */
function bruteForce(first: readonly number[], second: readonly number[]): number {
  const all = [...first, ...second];
  const middle = (first.length * second.length) / 2;
  const distance = Math.abs(uOf(first, second) - middle);
  let [asFar, choices] = [0, 0];
  for (let bits = 0; bits < 1 << all.length; bits++) {
    const chosen = all.filter((_, index) => (bits >> index) & 1);
    if (chosen.length !== first.length) continue;
    const others = all.filter((_, index) => !((bits >> index) & 1));
    choices++;
    if (Math.abs(uOf(chosen, others) - middle) >= distance) asFar++;
  }
  return asFar / choices;
}

const values = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 });

describe('the Mann–Whitney test', () => {
  it('has the probability that trying all choices gives, with ties too', () => {
    fc.assert(
      fc.property(values, values, (first, second) => {
        const { u, pValue, isExact } = mannWhitney(first, second);
        expect(isExact).toBe(true);
        expect(u).toBe(uOf(first, second));
        expect(pValue).toBeCloseTo(bruteForce(first, second), 12);
      }),
      { seed: 6, numRuns: 80 },
    );
  });

  it('agrees with the table: five against five is significant up to U = 2, ten against ten up to 23', () => {
    // Two-sided 5% critical values of U: Milton 1964, as in Hollander and Wolfe.
    for (const [size, critical] of [
      [5, 2],
      [8, 13],
      [10, 23],
    ] as const) {
      const at = (u: number): number => {
        // A group of 1..n in which the greatest values are moved up until U has the value.
        const ranks = Array.from({ length: size }, (_, index) => index + 1);
        for (let left = u, index = size - 1; left > 0; index--) {
          const moved = Math.min(left, size);
          ranks[index] = ranks[index]! + moved;
          left -= moved;
        }
        const others = Array.from({ length: 2 * size }, (_, index) => index + 1).filter(
          (rank) => !ranks.includes(rank),
        );
        expect(uOf(ranks, others)).toBe(u);
        return mannWhitney(ranks, others).pValue;
      };
      expect(at(critical)).toBeLessThanOrEqual(0.05);
      expect(at(critical + 1)).toBeGreaterThan(0.05);
    }
    expect(mannWhitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]).pValue).toBeCloseTo(2 / 252, 12);
  });

  it('comes near the exact probability by its approximation', () => {
    const first = Array.from({ length: 25 }, (_, index) => (index * 7) % 31);
    const second = Array.from({ length: 25 }, (_, index) => ((index * 11) % 37) + 3);
    const exact = mannWhitney(first, second);
    const approximate = mannWhitney([...first, 15], [...second, 15]);
    expect(exact.isExact).toBe(true);
    expect(approximate.isExact).toBe(false);
    expect(Math.abs(exact.pValue - approximate.pValue)).toBeLessThan(0.03);
    expect(mannWhitney(Array<number>(30).fill(1), Array<number>(30).fill(1)).pValue).toBe(1);
  });
});

describe('tails of distributions', () => {
  it('are those of the tables', () => {
    expect(normalTail(1.959963985)).toBeCloseTo(0.025, 7);
    expect(normalTail(-1.281551566)).toBeCloseTo(0.9, 7);
    expect(normalTail(0)).toBeCloseTo(0.5, 7);
    for (const [t, degrees, p] of [
      [12.7062, 1, 0.05],
      [2.776445, 4, 0.05],
      [4.60409, 4, 0.01],
      [2.085963, 20, 0.05],
      [3.373454, 100, 0.00106],
    ] as const) {
      expect(studentTwoSided(t, degrees)).toBeCloseTo(p, 5);
    }
    expect(studentTwoSided(0, 7)).toBe(1);
  });
});
