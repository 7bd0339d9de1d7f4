// How sure a median is that was measured a few times: an interval by the bootstrap, seeded, so that the same figures give
// the same interval. It must not know what was measured.

import { assert } from '../../sim/errors.ts';
import { Streams } from '../../sim/random.ts';

/** Resamples where nothing is said: the ends of the interval then move by less than they mean. */
export const RESAMPLES = 2000;

/** A median and its interval; low ≤ median ≤ high. */
export interface MedianInterval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The middle value, or halfway between the two middle ones. The list is not empty. */
export function medianOf(values: readonly number[]): number {
  assert(values.length > 0, 'a median is of at least one value');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * The median with its 95% percentile interval (Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979; Efron and
 * Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
 *
 * The median and not the mean, and percentiles and not bootstrap-t or BCa: of five to twenty pairs with an outlier here and
 * there, the mean and all that divides by a standard deviation lose a 20% slow-down in every fifth comparison, and a
 * corrected interval of a mean holds the truth too rarely at five. The median's interval runs from the least to the
 * greatest of five values, which holds the truth in 1 − 2/32 = 94% of cases whatever the noise; test/sweeps/statistics.ts
 * measures it.
 *
 * @param values at least one finite number
 * @param seed the same seed and values give the same interval
 */
export function medianInterval(values: readonly number[], seed: string, resamples = RESAMPLES): MedianInterval {
  assert(Number.isSafeInteger(resamples) && resamples >= 40, 'a 95% interval takes at least 40 resamples');
  const sorted = [...values].sort((a, b) => a - b);
  const count = sorted.length;
  const stream = new Streams(seed).stream('baseline/bootstrap');
  const drawn = new Uint16Array(count);
  const medians = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    drawn.fill(0);
    for (let draw = 0; draw < count; draw++) {
      const index = Math.floor(stream.next() * count);
      drawn[index] = drawn[index]! + 1;
    }
    // The draws are of a sorted list, so counting finds the middle ones.
    medians[resample] = (ranked(sorted, drawn, (count - 1) >> 1) + ranked(sorted, drawn, count >> 1)) / 2;
  }
  medians.sort();
  // The same number of resamples is left out at either end, so that a mirrored list has the mirrored interval but for
  // what the draws do.
  const leftOut = Math.floor(resamples * 0.025);
  const median = medianOf(sorted);
  return {
    median,
    low: Math.min(median, medians[leftOut]!),
    high: Math.max(median, medians[resamples - 1 - leftOut]!),
  };
}

/** The value of that rank, from 0, among draws given by how often each value of a sorted list was drawn. */
function ranked(sorted: readonly number[], drawn: Uint16Array, rank: number): number {
  let seen = 0;
  for (let index = 0; index < sorted.length; index++) {
    seen += drawn[index]!;
    if (seen > rank) return sorted[index]!;
  }
  return sorted.at(-1)!;
}
