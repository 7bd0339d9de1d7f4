// Distributions of times and sizes, fitted by maximum likelihood and chosen by Akaike's criterion, each with its
// Kolmogorov–Smirnov distance from what was seen. It must not know what the samples are of.
import { normalCdf } from '../../sim/distributions.ts';

/** Of times > 0, in the unit of the samples. */
export type TimeDistribution =
  | { readonly kind: 'exponential'; readonly mean: number }
  | { readonly kind: 'lognormal'; readonly median: number; readonly sigma: number }
  /** Two exponentials: with probability `longShare` that of `longMean`, else that of `mean`; mean ≤ longMean. */
  | {
      readonly kind: 'hyper-exponential';
      readonly mean: number;
      readonly longMean: number;
      readonly longShare: number;
    };

/** Of whole numbers from 1. */
export type SizeDistribution =
  | { readonly kind: 'uniform'; readonly min: number; readonly max: number }
  /** From 1, with this mean. */
  | { readonly kind: 'geometric'; readonly mean: number; readonly max: number }
  /** A lognormal number, rounded, and held between 1 and max. */
  | { readonly kind: 'lognormal'; readonly median: number; readonly sigma: number; readonly max: number };

/** A distribution that was fitted, and how well. */
export interface Fitted<D> {
  readonly distribution: D;
  readonly samples: number;
  /** Greatest distance of the two distribution functions, 0–1 (Kolmogorov–Smirnov). */
  readonly ksDistance: number;
  /** Akaike's criterion of each kind that was tried: the least is chosen. */
  readonly aic: Readonly<Record<string, number>>;
}

/** More samples than this are thinned evenly for the iterations, of which a few dozen pass over all. */
const SAMPLES_MAX = 100_000;
const ITERATIONS = 200;
const SIGMA_MIN = 1e-3;
const STRAY_SHARE = 0.01;

/** Mean of a distribution of times. */
export function meanTime(of: TimeDistribution): number {
  if (of.kind === 'exponential') return of.mean;
  if (of.kind === 'lognormal') return of.median * Math.exp((of.sigma * of.sigma) / 2);
  return of.mean * (1 - of.longShare) + of.longMean * of.longShare;
}

/** The same distribution of times with another unit: each time is `factor` times as long. */
export function scaledTime(of: TimeDistribution, factor: number): TimeDistribution {
  if (of.kind === 'exponential') return { ...of, mean: of.mean * factor };
  if (of.kind === 'lognormal') return { ...of, median: of.median * factor };
  return { ...of, mean: of.mean * factor, longMean: of.longMean * factor };
}

/** Probability of a time up to x. */
export function timeCdf(of: TimeDistribution, x: number): number {
  if (x <= 0) return 0;
  if (of.kind === 'exponential') return -Math.expm1(-x / of.mean);
  if (of.kind === 'lognormal') return normalCdf(Math.log(x / of.median) / of.sigma);
  return -(1 - of.longShare) * Math.expm1(-x / of.mean) - of.longShare * Math.expm1(-x / of.longMean);
}

/** Probability of a size up to n. */
export function sizeCdf(of: SizeDistribution, n: number): number {
  if (n < 1) return 0;
  if (n >= of.max) return 1;
  if (of.kind === 'uniform') return n < of.min ? 0 : (Math.floor(n) - of.min + 1) / (of.max - of.min + 1);
  if (of.kind === 'geometric') return of.mean <= 1 ? 1 : -Math.expm1(Math.floor(n) * Math.log1p(-1 / of.mean));
  return normalCdf(Math.log((Math.floor(n) + 0.5) / of.median) / of.sigma);
}

/** Greatest distance between a distribution function and that of sorted samples, on both sides of each step. */
export function ksDistance(sorted: Float64Array, cdf: (x: number) => number, isDiscrete = false): number {
  let distance = 0;
  for (let from = 0; from < sorted.length;) {
    const x = sorted[from]!;
    let to = from + 1;
    while (to < sorted.length && sorted[to] === x) to++;
    const before = isDiscrete ? cdf(x - 1) : cdf(x);
    distance = Math.max(distance, Math.abs(before - from / sorted.length), Math.abs(cdf(x) - to / sorted.length));
    from = to;
  }
  return distance;
}

/** So many of sorted samples at most, evenly taken. */
function thinned(sorted: Float64Array): Float64Array {
  if (sorted.length <= SAMPLES_MAX) return sorted;
  const step = sorted.length / SAMPLES_MAX;
  return new Float64Array(SAMPLES_MAX).map((_, n) => sorted[Math.floor((n + 0.5) * step)]!);
}

function mean(samples: Float64Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample;
  return sum / samples.length;
}

/** Mean and standard deviation of the logarithms: the maximum-likelihood lognormal. */
function logMoments(samples: Float64Array): { median: number; sigma: number } {
  const logs = samples.map((sample) => Math.log(sample));
  const mu = mean(logs);
  const sigma = Math.sqrt(mean(logs.map((log) => (log - mu) * (log - mu))));
  return { median: Math.exp(mu), sigma: Math.max(SIGMA_MIN, sigma) };
}

/** Two exponentials by expectation and maximisation (Dempster, Laird and Rubin 1977), begun at the halves of the samples. */
function hyperExponential(sorted: Float64Array): Extract<TimeDistribution, { kind: 'hyper-exponential' }> {
  const half = Math.ceil(sorted.length / 2);
  let short = mean(sorted.subarray(0, half));
  let long = mean(sorted.subarray(sorted.length - half));
  let share = 0.5;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    let weight = 0;
    let longSum = 0;
    let sum = 0;
    for (const x of sorted) {
      const asLong = (share / long) * Math.exp(-x / long);
      const asShort = ((1 - share) / short) * Math.exp(-x / short);
      const isLong = asLong / (asLong + asShort);
      weight += isLong;
      longSum += isLong * x;
      sum += x;
    }
    if (!(weight > 0) || !(sorted.length - weight > 0)) break;
    const before = share;
    share = weight / sorted.length;
    long = longSum / weight;
    short = (sum - longSum) / (sorted.length - weight);
    if (Math.abs(share - before) < 1e-9) break;
  }
  return { kind: 'hyper-exponential', mean: Math.min(short, long), longMean: Math.max(short, long), longShare: share };
}

function timeLikelihood(of: TimeDistribution, samples: Float64Array): number {
  let sum = 0;
  for (const x of samples) {
    if (of.kind === 'exponential') sum += -Math.log(of.mean) - x / of.mean;
    else if (of.kind === 'lognormal') {
      const z = Math.log(x / of.median) / of.sigma;
      sum += -(z * z) / 2 - Math.log(x * of.sigma) - 0.9189385332046727;
    } else {
      const short = ((1 - of.longShare) / of.mean) * Math.exp(-x / of.mean);
      sum += Math.log(short + (of.longShare / of.longMean) * Math.exp(-x / of.longMean) + Number.MIN_VALUE);
    }
  }
  return sum;
}

const akaike = (parameters: number, likelihood: number): number => 2 * parameters - 2 * likelihood;

/** The candidate with the least criterion; among equals the first. */
function best<D extends { readonly kind: string }>(
  candidates: readonly (readonly [D, number])[],
): {
  chosen: D;
  aic: Record<string, number>;
} {
  let least = candidates[0]!;
  for (const candidate of candidates) if (candidate[1] < least[1]) least = candidate;
  return { chosen: least[0], aic: Object.fromEntries(candidates.map(([{ kind }, aic]) => [kind, aic])) };
}

/** Fits times; a sample of 0 counts as `least`. @param samples one or more */
export function fitTimes(samples: Float64Array, least: number): Fitted<TimeDistribution> {
  const sorted = samples.map((sample) => Math.max(least, sample)).sort();
  const few = thinned(sorted);
  const exponential = { kind: 'exponential', mean: mean(few) } as const;
  const candidates: TimeDistribution[] = [exponential];
  // With so few samples two parameters would only follow them.
  if (few.length >= 8) {
    candidates.push({ kind: 'lognormal', ...logMoments(few) });
    const hyper = hyperExponential(few);
    if (hyper.mean > 0 && hyper.longMean > hyper.mean) candidates.push(hyper);
  }
  const judged = candidates.map((of) => {
    const parameters = of.kind === 'exponential' ? 1 : of.kind === 'lognormal' ? 2 : 3;
    return [of, akaike(parameters, timeLikelihood(of, few))] as const;
  });
  const { chosen, aic } = best(judged);
  return {
    distribution: chosen,
    samples: samples.length,
    ksDistance: ksDistance(sorted, (x) => timeCdf(chosen, x)),
    aic,
  };
}

/** Fits whole numbers from 1. @param samples one or more */
export function fitSizes(samples: Float64Array): Fitted<SizeDistribution> {
  const sorted = samples.slice().sort();
  const max = sorted[sorted.length - 1]!;
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  const judge = (of: SizeDistribution): readonly [SizeDistribution, number] => [
    of,
    akaike(of.kind === 'geometric' ? 1 : 2, sizeLikelihood(of, sorted)),
  ];
  // A few strays beyond its ends do not make a uniform distribution another one.
  const [whole, trimmed] = [
    judge({ kind: 'uniform', min: sorted[0]!, max }),
    judge({ kind: 'uniform', min: at(STRAY_SHARE), max: at(1 - STRAY_SHARE) }),
  ];
  const { chosen, aic } = best([
    trimmed[1] < whole[1] ? trimmed : whole,
    judge({ kind: 'geometric', mean: mean(sorted), max }),
    judge({ kind: 'lognormal', ...logMoments(sorted), max }),
  ]);
  const distance = ksDistance(sorted, (n) => sizeCdf(chosen, n), true);
  return { distribution: chosen, samples: samples.length, ksDistance: distance, aic };
}

/** What a distribution rules out counts as half a sample among all. */
function sizeLikelihood(of: SizeDistribution, sorted: Float64Array): number {
  let likelihood = 0;
  for (let from = 0; from < sorted.length;) {
    const n = sorted[from]!;
    let to = from;
    while (to < sorted.length && sorted[to] === n) to++;
    const probability = Math.max(0.5 / sorted.length, sizeCdf(of, n) - sizeCdf(of, n - 1));
    likelihood += (to - from) * Math.log(probability);
    from = to;
  }
  return likelihood;
}
