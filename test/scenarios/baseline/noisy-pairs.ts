// Pairs of runs with a known truth: what a shared machine does to a figure, made from a seed. For tests and sweeps of the
// statistics.
import { randomNormal } from 'd3-random';
import { comparePairs, needsMorePairs, PAIRS_MIN, PAIRS_MOST, PAIRS_STEP } from '../../../scenarios/baseline/pairs.ts';
import type { Pair, PairComparison } from '../../../scenarios/baseline/pairs.ts';
import { Streams } from '../../../sim/random.ts';

export interface Noise {
  /** Standard deviation of the logarithm of a run's figure, of each run alone. */
  readonly sigma: number;
  /** Standard deviation of the machine's slow drift, which both runs of a pair share. */
  readonly drift: number;
  /** Share of runs that an outlier makes ×1.5–3. */
  readonly outliers: number;
}

export const REALISTIC: Noise = { sigma: 0.08, drift: 0.05, outliers: 0.035 };

/** So many pairs in which head takes `effect` times as long as base. */
export function noisyPairs(count: number, effect: number, noise: Noise, seed: string): Pair[] {
  const streams = new Streams(seed);
  const normal = randomNormal.source(streams.stream('noise').source)(0, 1);
  const outliers = streams.stream('outliers');
  let drift = noise.drift * normal();
  const figure = (): number => {
    const value = 100 * Math.exp(drift + noise.sigma * normal());
    return outliers.chance(noise.outliers) ? value * outliers.uniform(1.5, 3) : value;
  };
  return Array.from({ length: count }, () => {
    drift = 0.8 * drift + 0.6 * noise.drift * normal();
    const base = figure();
    return { base, head: figure() * effect };
  });
}

const OPTIONS = { criticalRatio: 1.5, floor: 1 };

/** What a fixed number of pairs says. */
export function fixedVerdict(pairs: number, effect: number, noise: Noise, seed: string): PairComparison['verdict'] {
  return comparePairs(noisyPairs(pairs, effect, noise, seed), { ...OPTIONS, seed }).verdict;
}

/** What is said in the end where pairs are added as long as they could tell. */
export function steppedVerdict(
  effect: number,
  noise: Noise,
  seed: string,
): { verdict: PairComparison['verdict']; pairs: number } {
  const all = noisyPairs(PAIRS_MOST, effect, noise, seed);
  for (let pairs = PAIRS_MIN; ; pairs += PAIRS_STEP) {
    const comparison = comparePairs(all.slice(0, pairs), { ...OPTIONS, seed });
    if (!needsMorePairs(comparison, pairs)) return { verdict: comparison.verdict, pairs };
  }
}
