// The rank test of Mann and Whitney: whether values of one group tend to be greater than those of another, whatever their
// distribution. It must not know what the groups are.

import { assert } from '../../sim/errors.ts';
import { normalTail } from './distributions.ts';

/** Values of both groups up to which the test is exact. */
export const EXACT_MOST = 50;

/** What the test says. */
export interface RankTest {
  /** Of the first group: pairs in which its value is the greater one, and half of those that tie. 0 to the product of the sizes. */
  readonly u: number;
  /** How likely ranks at least so uneven are, in either direction, if the groups do not differ; 0–1. */
  readonly pValue: number;
  readonly isExact: boolean;
}

/**
 * The two-sided Mann–Whitney test (Mann and Whitney, "On a Test of Whether one of Two Random Variables is Stochastically
 * Larger than the Other", 1947).
 *
 * Up to 50 values it is exact, by the distribution over all ways of sharing out the ranks; ties have the mean of their
 * ranks there too (Hollander and Wolfe, Nonparametric Statistical Methods, 1999, 4.1, comment 5). Above, it is the normal
 * approximation with corrections for ties and continuity.
 *
 * @param first at least one number; infinite ones have a rank as any other
 */
export function mannWhitney(first: readonly number[], second: readonly number[]): RankTest {
  assert(first.length > 0 && second.length > 0, 'the test takes two groups that are not empty');
  assert(![...first, ...second].some(Number.isNaN), 'the test takes numbers that have an order');
  const all = [
    ...first.map((value) => ({ value, isFirst: true })),
    ...second.map((value) => ({ value, isFirst: false })),
  ];
  all.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  // Twice the rank, so that the mean rank of a tie is a whole number.
  const doubled: number[] = [];
  const ties: number[] = [];
  for (let from = 0; from < all.length;) {
    let to = from + 1;
    while (to < all.length && all[to]!.value === all[from]!.value) to++;
    ties.push(to - from);
    for (let index = from; index < to; index++) doubled.push(from + to + 1);
    from = to;
  }
  const sum = all.reduce((total, { isFirst }, index) => total + (isFirst ? doubled[index]! : 0), 0);
  const u = (sum - first.length * (first.length + 1)) / 2;
  const isExact = all.length <= EXACT_MOST;
  const pValue = isExact
    ? exactTwoSided(doubled, first.length, sum)
    : approximateTwoSided(u, first.length, second.length, ties);
  return { u, pValue, isExact };
}

/** The share of all choices of `size` ranks whose sum is at least as far from the middle as this one. */
function exactTwoSided(doubled: readonly number[], size: number, sum: number): number {
  const middle = size * (doubled.length + 1);
  const most = doubled.length * (doubled.length + 1);
  // ways[k]: of k chosen ranks, how many choices have each sum. Counts stay below C(50, 25) ≈ 1.3e14, exact in a number.
  const ways = Array.from({ length: size + 1 }, () => new Float64Array(most + 1));
  ways[0]![0] = 1;
  let reached = 0;
  for (const rank of doubled) {
    reached += rank;
    for (let k = size; k >= 1; k--) {
      const into = ways[k]!;
      const from = ways[k - 1]!;
      for (let total = reached; total >= rank; total--) into[total] = into[total]! + from[total - rank]!;
    }
  }
  const distance = Math.abs(sum - middle);
  let all = 0;
  let asFar = 0;
  for (const [total, count] of ways[size]!.entries()) {
    all += count;
    if (Math.abs(total - middle) >= distance) asFar += count;
  }
  return asFar / all;
}

function approximateTwoSided(u: number, first: number, second: number, ties: readonly number[]): number {
  const all = first + second;
  const tied = ties.reduce((sum, size) => sum + (size * size * size - size), 0);
  const variance = ((first * second) / 12) * (all + 1 - tied / (all * (all - 1)));
  if (variance <= 0) return 1;
  const distance = Math.max(0, Math.abs(u - (first * second) / 2) - 0.5);
  return Math.min(1, 2 * normalTail(distance / Math.sqrt(variance)));
}
