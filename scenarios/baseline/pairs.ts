// Whether one figure of noisy runs is worse than before: pairs of runs of base and head, made in turn, so that a machine
// that grows slower does so for both. It must not know how runs are made, nor what a difference costs.

import { assert } from '../../sim/errors.ts';
import { medianInterval, medianOf, RESAMPLES } from './bootstrap.ts';
import { mannWhitney } from './mann-whitney.ts';

/** One figure of two runs made one after the other; in its unit, finite and from 0, less is better. */
export interface Pair {
  readonly base: number;
  readonly head: number;
}

export interface PairOptions {
  readonly seed: string;
  /** From where on a difference is critical, such as 1.5; above 1. */
  readonly criticalRatio: number;
  /** A difference up to so much is none whatever its ratio, in the figure's unit. */
  readonly floor: number;
  readonly resamples?: number;
}

/** What pairs say of a figure. */
export interface PairComparison {
  /** head ÷ base; the median of the pairs. */
  readonly ratio: number;
  /** The 95% interval of the ratio. */
  readonly low: number;
  readonly high: number;
  /** Of the two-sided Mann–Whitney test of the two groups. */
  readonly pValue: number;
  readonly verdict: 'same' | 'worse' | 'better' | 'inconclusive';
  /** Whatever more pairs said, the difference would stay below the floor. */
  readonly isBelowFloor: boolean;
}

/** With fewer pairs nothing is decided: four against four rarely, three against three never come to p < 0.05. */
export const PAIRS_MIN = 5;
/** Pairs after which a comparison is what it is. */
export const PAIRS_MOST = 20;
/** Pairs to add before looking again; to look after each one would double the false alarms at a noise of 8%. */
export const PAIRS_STEP = 5;

/** Differences up to this ratio are not real, however certain. */
const REAL_RATIO = 1.1;
/**
 * Pairs are added until the interval tells a change of this size from none; below the 20% that must be found, as the interval
 * around that is often narrower on one side.
 */
const SOUGHT_RATIO = 1.15;
const SIGNIFICANT_P = 0.05;

/**
 * Compares a figure of head with that of base. A difference is real where it is significant (the interval of the ratio
 * leaves out 1, and the rank test has p < 0.05), above 1.10, and above the floor. What is not real is inconclusive where
 * the interval reaches the critical ratio (it then holds 1 too, or the rank test could not tell), and the same otherwise. Where more is better the caller takes the reciprocals.
 *
 * How often that errs, with a drift of the machine of 5–12% and outliers of ×1.5–3 in 3.5% of runs, as
 * test/sweeps/statistics.ts measures it: of true 20% slow-downs five pairs find 73–84% at a noise of 3% of each run, 65–80%
 * at 5% and 45–58% at 8%; ten 92–96%, 90–96% and 80–89%; fifteen 99%, 98% and 94–97%. With `needsMorePairs` it is 98% or more
 * at each, by six to nine pairs in the mean. Equal runs are called worse or better in less than 2% of comparisons, and
 * inconclusive in 14% by five pairs alone, in none where pairs are added.
 *
 * A figure of 0 has no ratio: where there is one, the floor (or, where that is 0, the smallest figure above 0) is added
 * to all.
 *
 * @param pairs at least one, in the order in which they were made; fewer than five are always inconclusive
 */
export function comparePairs(pairs: readonly Pair[], options: PairOptions): PairComparison {
  const { seed, criticalRatio, floor, resamples = RESAMPLES } = options;
  assert(pairs.length > 0, 'a comparison takes at least one pair');
  assert(criticalRatio > 1 && floor >= 0, 'a critical ratio is above 1, and a floor from 0');
  const figures = pairs.flatMap(({ base, head }) => [base, head]);
  assert(
    figures.every((figure) => figure >= 0 && Number.isFinite(figure)),
    'figures are finite and from 0',
  );
  const added = figures.includes(0) ? offsetOf(figures, floor) : 0;
  const logRatios = pairs.map(({ base, head }) => Math.log(head + added) - Math.log(base + added));
  const interval = medianInterval(logRatios, seed, resamples);
  const { pValue } = mannWhitney(
    pairs.map(({ head }) => head),
    pairs.map(({ base }) => base),
  );
  const ratio = Math.exp(interval.median);
  const low = Math.exp(interval.low);
  const high = Math.exp(interval.high);

  const isSignificant = pValue < SIGNIFICANT_P && (low > 1 || high < 1);
  const isLarge = Math.abs(medianOf(pairs.map(({ base, head }) => head - base))) > floor;
  let verdict: PairComparison['verdict'] = 'same';
  if (pairs.length < PAIRS_MIN) verdict = 'inconclusive';
  else if (isSignificant && isLarge && ratio > REAL_RATIO) verdict = 'worse';
  else if (isSignificant && isLarge && ratio < 1 / REAL_RATIO) verdict = 'better';
  else if (!isSignificant && isLargeAt(high, criticalRatio, pairs, floor)) verdict = 'inconclusive';
  const middle = medianOf(pairs.map(({ base }) => base));
  const isBelowFloor = middle * Math.max(high - 1, 1 - low) <= floor;
  return { ratio, low, high, pValue, verdict, isBelowFloor };
}

/**
 * Whether more pairs could still tell: fewer than twenty, nothing decided, and an interval that leaves room for a change of
 * 15%. Five are added at a time. Looking up to four times hardly adds false alarms, since a difference of 10% by noise alone
 * becomes rarer with more pairs: below 2% in all, as measured.
 */
export function needsMorePairs(comparison: PairComparison, pairs: number): boolean {
  if (pairs < PAIRS_MIN) return true;
  if (pairs >= PAIRS_MOST || comparison.verdict === 'worse' || comparison.verdict === 'better') return false;
  if (comparison.verdict === 'inconclusive') return true;
  if (comparison.isBelowFloor) return false;
  return comparison.high >= SOUGHT_RATIO || comparison.low <= 1 / SOUGHT_RATIO;
}

/** Whether the interval reaches the critical ratio, and that would be more than the floor. */
function isLargeAt(high: number, criticalRatio: number, pairs: readonly Pair[], floor: number): boolean {
  return high >= criticalRatio && medianOf(pairs.map(({ base }) => base)) * (high - 1) > floor;
}

function offsetOf(figures: readonly number[], floor: number): number {
  if (floor > 0) return floor;
  const positive = figures.filter((figure) => figure > 0);
  return positive.length === 0 ? 1 : Math.min(...positive);
}
