// Where a series of figures changed its level: advisory, for eyes on a trend. Deterministic; it must not know what the
// figures are, nor how they are drawn.

import { assert } from '../../sim/errors.ts';
import { studentTwoSided } from './distributions.ts';

/** One change of level. */
export interface ChangePoint {
  /** The first value of the new level, by its place in the series. */
  readonly index: number;
  /** Mean from the change before (or the start) to this one. */
  readonly before: number;
  /** Mean from this one to the next (or the end). */
  readonly after: number;
  /** after ÷ before − 1; null where `before` is 0. */
  readonly change: number | null;
  /** Of the t-test of the two levels; 0 where neither varies. */
  readonly pValue: number;
}

export interface ChangePointOptions {
  /**
   * Levels that could differ by chance with this probability or more do not differ; default 0.001. In a series of more than
   * 50 values it falls with their number, as the places where chance may be taken for a change grow with it.
   */
  readonly pMax?: number;
  /** Fewest values that make a level; default 3. */
  readonly levelMin?: number;
  /** Changes smaller than this share are none; default 0.005. */
  readonly changeMin?: number;
  /** Of a longer series only so many of the latest values are looked at; default 1000, which takes 8 MB. */
  readonly window?: number;
}

interface Limits {
  readonly pMax: number;
  readonly levelMin: number;
  readonly changeMin: number;
}

/** The length of a series at which `pMax` holds as it is; Hunter's window has as many. */
const USUAL_LENGTH = 50;
/** How much more a candidate may be due to chance than what is told: one that is found first may hide the others. */
const CANDIDATE_FACTOR = 10;

/**
 * Changes of level, in order. Candidates are found by E-divisive (Matteson and James, "A Nonparametric Approach for Multiple
 * Change Point Analysis of Multivariate Data", 2014, with α = 1): the split with the greatest energy distance, then in each
 * part again. Their significance is that of a t-test in the place of random permutations, weak ones taken back one by one,
 * as in Fleming, Kołaczkowski et al., "Hunter: Using Change Point Detection to Hunt for Performance Regressions", 2023; so
 * the same series always has the same changes. Time is O(n²) for each level, memory O(window²).
 *
 * @param values finite numbers in the order in which they came
 */
export function changePoints(values: readonly number[], options: ChangePointOptions = {}): ChangePoint[] {
  const { pMax = 0.001, levelMin = 3, changeMin = 0.005, window = 1000 } = options;
  assert(
    pMax > 0 && pMax < 1 && levelMin >= 2 && changeMin >= 0 && window >= 2,
    'limits of change points are in range',
  );
  assert(values.every(Number.isFinite), 'change points are of finite numbers');
  const skipped = Math.max(0, values.length - window);
  const looked = skipped === 0 ? values : values.slice(skipped);
  if (looked.length < 2 * levelMin) return [];
  const series = new Series(looked);
  const limits = { pMax: pMax * Math.min(1, USUAL_LENGTH / looked.length), levelMin, changeMin };
  const found: number[] = [];
  split(series, 0, looked.length, { ...limits, pMax: Math.min(0.5, limits.pMax * CANDIDATE_FACTOR) }, found);
  return strong(
    series,
    found.sort((a, b) => a - b),
    limits,
  ).map((point) => ({ ...point, index: point.index + skipped }));
}

/** Sums over a series from which energy distances and t-tests of any of its parts take constant time. */
class Series {
  readonly length: number;
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  /** Of |x − y| over all pairs of the first i and the first j values, row by row. */
  readonly #distances: Float64Array;
  readonly #centre: number;

  constructor(values: readonly number[]) {
    const width = values.length + 1;
    this.length = values.length;
    this.#sums = new Float64Array(width);
    this.#squares = new Float64Array(width);
    this.#distances = new Float64Array(width * width);
    // Squares of what is far from 0 would leave no digits for how much it varies.
    this.#centre = values.reduce((sum, value) => sum + value / values.length, 0);
    for (const [i, value] of values.entries()) {
      const offset = value - this.#centre;
      this.#sums[i + 1] = this.#sums[i]! + offset;
      this.#squares[i + 1] = this.#squares[i]! + offset * offset;
      let row = 0;
      for (const [j, other] of values.entries()) {
        row += Math.abs(value - other);
        this.#distances[(i + 1) * width + j + 1] = this.#distances[i * width + j + 1]! + row;
      }
    }
  }

  mean(from: number, to: number): number {
    return this.#centre + (this.#sums[to]! - this.#sums[from]!) / (to - from);
  }

  /** Sum of squares around the mean. */
  spread(from: number, to: number): number {
    const sum = this.#sums[to]! - this.#sums[from]!;
    const spread = this.#squares[to]! - this.#squares[from]! - (sum * sum) / (to - from);
    // What rounding leaves of equal values is no spread.
    return spread <= 1e-12 * (this.#squares.at(-1)! + 1e-300) ? 0 : spread;
  }

  /** The scaled energy distance of [from, middle) and [middle, to), Matteson and James (2014), equations 5 and 6. */
  divergence(from: number, middle: number, to: number): number {
    const n = middle - from;
    const m = to - middle;
    const between = (2 * this.#rectangle(from, middle, middle, to)) / (n * m);
    const left = this.#rectangle(from, middle, from, middle) / (n * (n - 1));
    const right = this.#rectangle(middle, to, middle, to) / (m * (m - 1));
    return ((n * m) / (n + m)) * (between - left - right);
  }

  #rectangle(rowFrom: number, rowTo: number, from: number, to: number): number {
    const width = this.length + 1;
    const sums = this.#distances;
    return (
      sums[rowTo * width + to]! -
      sums[rowFrom * width + to]! -
      sums[rowTo * width + from]! +
      sums[rowFrom * width + from]!
    );
  }
}

/** Finds the best split of a part and, where it is significant, looks into both sides of it. */
function split(series: Series, from: number, to: number, limits: Limits, found: number[]): void {
  const { levelMin } = limits;
  let best = 0;
  let middle = -1;
  let end = -1;
  // The right side may end before the part does, so that a level that came and went is seen against what was before it.
  for (let at = from + levelMin; at <= to - levelMin; at++) {
    for (let until = at + levelMin; until <= to; until++) {
      const divergence = series.divergence(from, at, until);
      if (divergence > best) [best, middle, end] = [divergence, at, until];
    }
  }
  if (middle < 0 || !isChange(pointAt(series, from, middle, end), limits)) return;
  found.push(middle);
  split(series, from, middle, limits, found);
  split(series, middle, to, limits, found);
}

/** Takes back the weakest change until all hold between their neighbours. */
function strong(series: Series, found: readonly number[], limits: Limits): ChangePoint[] {
  let left = [...found];
  for (;;) {
    const points = left.map((at, place) => pointAt(series, left[place - 1] ?? 0, at, left[place + 1] ?? series.length));
    const weak = points.filter((point) => !isChange(point, limits));
    if (weak.length === 0) return points;
    const weakest = weak.reduce((worst, point) => (point.pValue > worst.pValue ? point : worst));
    left = left.filter((at) => at !== weakest.index);
  }
}

function pointAt(series: Series, from: number, at: number, to: number): ChangePoint {
  const before = series.mean(from, at);
  const after = series.mean(at, to);
  const change = before === 0 ? null : (after - before) / Math.abs(before);
  return { index: at, before, after, change, pValue: tTest(series, from, at, to) };
}

function isChange({ before, after, pValue }: ChangePoint, { pMax, changeMin }: Limits): boolean {
  const least = changeMin * Math.max(Math.abs(before), Math.abs(after));
  return pValue < pMax && Math.abs(after - before) > least;
}

/** Student's two-sided t-test with one variance (Student, "The Probable Error of a Mean", 1908), 0–1. */
function tTest(series: Series, from: number, at: number, to: number): number {
  const difference = Math.abs(series.mean(at, to) - series.mean(from, at));
  if (difference === 0) return 1;
  const n = at - from;
  const m = to - at;
  const variance = (series.spread(from, at) + series.spread(at, to)) / (n + m - 2);
  return studentTwoSided(difference / Math.sqrt(variance * (1 / n + 1 / m)), n + m - 2);
}
