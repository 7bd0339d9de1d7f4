// Least squares with unknowns that are not negative, for a few unknowns. It must not know what they stand for.
import { assert } from '../../sim/errors.ts';

/** One equation: the sum of factors times unknowns is to be `value`; its square error counts `weight` times. */
export interface Equation {
  readonly factors: readonly number[];
  readonly value: number;
  readonly weight: number;
}

const ROUNDS_MAX = 20_000;
/** Changes of all unknowns below this share of the largest end the search. */
const TOLERANCE = 1e-12;

/**
 * The unknowns ≥ 0 with the least sum of weighted squares, by coordinate descent on the normal equations: for a convex
 * problem with bounds, each unknown in turn at its best until none moves (Franc, Hlaváč and Navara, "Sequential
 * coordinate-wise algorithm for the non-negative least squares problem", 2005).
 */
export function nonNegativeLeastSquares(equations: readonly Equation[], unknowns: number): number[] {
  const gram = Array.from({ length: unknowns }, () => new Float64Array(unknowns));
  const target = new Float64Array(unknowns);
  for (const { factors, value, weight } of equations) {
    assert(factors.length === unknowns, 'each equation has a factor for each unknown');
    for (let row = 0; row < unknowns; row++) {
      target[row]! += weight * factors[row]! * value;
      for (let column = 0; column < unknowns; column++)
        gram[row]![column]! += weight * factors[row]! * factors[column]!;
    }
  }
  const found = new Array<number>(unknowns).fill(0);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    let [moved, largest] = [0, 0];
    for (let row = 0; row < unknowns; row++) {
      const own = gram[row]![row]!;
      if (own === 0) continue;
      let rest = target[row]!;
      for (let column = 0; column < unknowns; column++) rest -= gram[row]![column]! * found[column]!;
      const next = Math.max(0, found[row]! + rest / own);
      moved = Math.max(moved, Math.abs(next - found[row]!));
      largest = Math.max(largest, next);
      found[row] = next;
    }
    if (moved <= TOLERANCE * largest) break;
  }
  return found;
}
