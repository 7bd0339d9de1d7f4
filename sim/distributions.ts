// What random amounts are like: distributions as plain options, drawn in sequence from a stream (over d3-random) or
// from one keyed number through the inverse of their distribution function. It must not know what is drawn.
// Only sqrt, log, exp and their kin log1p and expm1 are used: these give the same bits in every V8 version.

import { randomExponential, randomLogNormal, randomNormal, randomUniform } from 'd3-random';
import { assert, InputError } from './errors.ts';
import type { Stream } from './random.ts';

/** Where a value is held when it is drawn outside; in the unit of the value. */
interface Held {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** A distribution. Its unit is that of the field which holds it. */
export type DistributionOptions =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'uniform'; readonly min: number; readonly max: number }
  /** mean ≥ 0, before min and max. */
  | ({ readonly kind: 'exponential'; readonly mean: number } & Held)
  /** deviation ≥ 0: the standard deviation. */
  | ({ readonly kind: 'normal'; readonly mean: number; readonly deviation: number } & Held)
  /** mean ≥ 0: the arithmetic mean, before min and max; sigma ≥ 0: the standard deviation of the logarithm. */
  | ({ readonly kind: 'lognormal'; readonly mean: number; readonly sigma: number } & Held)
  /** min > 0: the smallest value; alpha > 0: the shape; P(X > x) = (min / x)^alpha. Up to alpha 1 it has no mean. */
  | { readonly kind: 'pareto'; readonly min: number; readonly alpha: number; readonly max?: number | undefined };

const KINDS = ['constant', 'uniform', 'exponential', 'normal', 'lognormal', 'pareto'];

/** Where u is held, so that no quantile is infinite: half a step and a whole step of 53-bit numbers from 0 and 1. */
const SMALLEST_U = 2 ** -54;
const LARGEST_U = 1 - 2 ** -53;

/**
 * Checks a distribution that a person wrote.
 *
 * @param field where it stands in the configuration, for the error
 * @throws InputError that names the field, and for two that do not fit, both
 */
export function checkDistribution(options: DistributionOptions, field = 'distribution'): void {
  const number = (name: string, value: unknown, least = -Infinity, isOpen = false): void => {
    const fits = typeof value === 'number' && Number.isFinite(value) && (isOpen ? value > least : value >= least);
    const expected = least === -Infinity ? 'a finite number' : `${isOpen ? '>' : '≥'} ${least}`;
    if (!fits) throw new InputError(`${field}.${name}`, value, expected);
  };
  const range = ({ min, max }: Held): void => {
    if (min !== undefined) number('min', min);
    if (max !== undefined) number('max', max);
    if (min !== undefined && max !== undefined && min > max) {
      throw new InputError(`${field}.min`, min, `min ≤ max, and ${field}.max is ${max}`);
    }
  };
  switch (options.kind) {
    case 'constant':
      return number('value', options.value);
    case 'uniform':
      number('min', options.min);
      number('max', options.max);
      return range(options);
    case 'exponential':
      number('mean', options.mean, 0);
      return range(options);
    case 'normal':
      number('mean', options.mean);
      number('deviation', options.deviation, 0);
      return range(options);
    case 'lognormal':
      number('mean', options.mean, 0);
      number('sigma', options.sigma, 0);
      return range(options);
    case 'pareto':
      number('min', options.min, 0, true);
      number('alpha', options.alpha, 0, true);
      return range(options);
    default:
      throw new InputError(`${field}.kind`, (options as { kind: unknown }).kind, `one of ${KINDS.join(', ')}`);
  }
}

/**
 * Draws from the distribution, in sequence. A sampler belongs to its stream: the normal ones keep a second draw.
 *
 * @param field where the options stand in the configuration, for the error
 * @throws InputError for options that `checkDistribution` refuses
 */
export function sampler(options: DistributionOptions, stream: Stream, field?: string): () => number {
  checkDistribution(options, field);
  const { source } = stream;
  switch (options.kind) {
    case 'constant':
      return () => options.value;
    case 'uniform':
      return randomUniform.source(source)(options.min, options.max);
    case 'exponential':
      return held(randomExponential.source(source)(1 / options.mean), options.min, options.max);
    case 'normal':
      return held(randomNormal.source(source)(options.mean, options.deviation), options.min, options.max);
    case 'lognormal': {
      const { mean, sigma } = options;
      const mu = Math.log(mean) - (sigma * sigma) / 2;
      return held(randomLogNormal.source(source)(mu, sigma), options.min, options.max);
    }
    case 'pareto': {
      // d3's own pareto uses Math.pow. The logarithm of a pareto is exponential.
      const { min, alpha } = options;
      const logarithm = randomExponential.source(source)(alpha);
      return held(() => min * Math.exp(logarithm()), undefined, options.max);
    }
  }
}

function held(draw: () => number, min = -Infinity, max = Infinity): () => number {
  if (min === -Infinity && max === Infinity) return draw;
  return () => Math.min(max, Math.max(min, draw()));
}

/**
 * The value below which the distribution stays with probability u: its inverse distribution function. With u from
 * `keyedUnit` it draws without any state. Rises with u. Options are not checked here: see `checkDistribution`.
 *
 * @param u 0 to 1; held inside [2^-54, 1 − 2^-53], so that the value is finite
 */
export function quantile(options: DistributionOptions, u: number): number {
  switch (options.kind) {
    case 'constant':
      return options.value;
    case 'uniform':
      return options.min + (options.max - options.min) * u;
    case 'exponential':
      return heldBy(options, 0 - options.mean * Math.log(1 - Math.min(u, LARGEST_U)));
    case 'normal':
      return heldBy(options, options.mean + options.deviation * normalQuantile(u));
    case 'lognormal': {
      const { sigma } = options;
      return heldBy(options, options.mean * Math.exp(sigma * (normalQuantile(u) - sigma / 2)));
    }
    case 'pareto':
      return heldBy(options, options.min * Math.exp(-Math.log(1 - Math.min(u, LARGEST_U)) / options.alpha));
  }
}

function heldBy(options: Held, value: number): number {
  if (options.min !== undefined && value < options.min) return options.min;
  return options.max !== undefined && value > options.max ? options.max : value;
}

/**
 * The quantile of the standard normal distribution, to about 1 part in 10^16.
 * Source: M. J. Wichura, Algorithm AS 241: The Percentage Points of the Normal Distribution, Applied Statistics 37
 * (1988), 477–484; PPND16 and its coefficients, written as the nearest doubles.
 *
 * @param u 0 to 1; held inside [2^-54, 1 − 2^-53]
 */
export function normalQuantile(u: number): number {
  const p = Math.min(LARGEST_U, Math.max(SMALLEST_U, u));
  const q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) return q * middle(0.180625 - q * q);
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const z = r <= 5 ? flank(r - 1.6) : tail(r - 5);
  return q < 0 ? -z : z;
}

function middle(r: number): number {
  let over = 2509.0809287301227 * r + 33430.57558358813;
  over = ((over * r + 67265.7709270087) * r + 45921.95393154987) * r + 13731.69376550946;
  over = ((over * r + 1971.5909503065513) * r + 133.14166789178438) * r + 3.3871328727963665;
  let under = 5226.495278852854 * r + 28729.085735721943;
  under = ((under * r + 39307.89580009271) * r + 21213.794301586597) * r + 5394.196021424751;
  return over / (((under * r + 687.1870074920579) * r + 42.31333070160091) * r + 1);
}

function flank(r: number): number {
  let over = 0.0007745450142783414 * r + 0.022723844989269184;
  over = ((over * r + 0.2417807251774506) * r + 1.2704582524523684) * r + 3.6478483247632045;
  over = ((over * r + 5.769497221460691) * r + 4.630337846156546) * r + 1.4234371107496835;
  let under = 1.0507500716444169e-9 * r + 0.0005475938084995345;
  under = ((under * r + 0.015198666563616457) * r + 0.14810397642748008) * r + 0.6897673349851;
  return over / (((under * r + 1.6763848301838038) * r + 2.053191626637759) * r + 1);
}

function tail(r: number): number {
  let over = 2.0103343992922881e-7 * r + 0.000027115555687434876;
  over = ((over * r + 0.0012426609473880784) * r + 0.026532189526576124) * r + 0.29656057182850487;
  over = ((over * r + 1.7848265399172913) * r + 5.463784911164114) * r + 6.657904643501103;
  let under = 2.0442631033899397e-15 * r + 1.421511758316446e-7;
  under = ((under * r + 0.000018463183175100548) * r + 0.0007868691311456133) * r + 0.014875361290850615;
  return over / (((under * r + 0.1369298809227358) * r + 0.599832206555888) * r + 1);
}

function normalDensity(x: number): number {
  return 0.3989422804014327 * Math.exp((-x * x) / 2);
}

/**
 * P(Z ≤ x) of a standard normal Z, to about 10^-15.
 * Source: G. Marsaglia, Evaluating the Normal Distribution, Journal of Statistical Software 11 (2004), issue 4.
 */
export function normalCdf(x: number): number {
  if (x < -8.3) return 0;
  if (x > 8.3) return 1;
  let sum = x;
  let term = x;
  let before = 0;
  for (let odd = 3; sum !== before; odd += 2) {
    before = sum;
    term *= (x * x) / odd;
    sum += term;
  }
  return 0.5 + sum * normalDensity(x);
}

/** The mean of the distribution as it is drawn, after min and max; Infinity for a pareto with alpha ≤ 1 and no max. */
export function meanOf(options: DistributionOptions): number {
  switch (options.kind) {
    case 'constant':
      return options.value;
    case 'uniform':
      return options.min + (options.max - options.min) / 2;
    case 'exponential': {
      const { mean } = options;
      if (mean === 0) return heldBy(options, 0);
      const below = (x: number) => (x <= 0 ? 0 : 1 - Math.exp(-x / mean));
      const share = (x: number) => (x <= 0 ? 0 : x === Infinity ? mean : mean - (x + mean) * Math.exp(-x / mean));
      return heldMean(options, below, share);
    }
    case 'normal': {
      const { mean, deviation } = options;
      if (deviation === 0) return heldBy(options, mean);
      const below = (x: number) => normalCdf((x - mean) / deviation);
      const share = (x: number) => mean * below(x) - deviation * normalDensity((x - mean) / deviation);
      return heldMean(options, below, share);
    }
    case 'lognormal': {
      const { mean, sigma } = options;
      if (sigma === 0 || mean === 0) return heldBy(options, mean);
      const score = (x: number) => (x <= 0 ? -Infinity : Math.log(x / mean) / sigma);
      const below = (x: number) => normalCdf(score(x) + sigma / 2);
      const share = (x: number) => mean * normalCdf(score(x) - sigma / 2);
      return heldMean(options, below, share);
    }
    case 'pareto': {
      const { min, alpha, max } = options;
      if (max === undefined) return alpha > 1 ? (alpha * min) / (alpha - 1) : Infinity;
      // min plus the integral of (min / x)^alpha from min to max.
      const width = Math.log(max / min);
      return min + min * (alpha === 1 ? width : -Math.expm1((1 - alpha) * width) / (alpha - 1));
    }
  }
}

/** E[X held inside min and max], from P(X ≤ x) and from E[X; X ≤ x]. */
function heldMean(options: Held, below: (x: number) => number, share: (x: number) => number): number {
  const { min = -Infinity, max = Infinity } = options;
  const low = min === -Infinity ? 0 : min * below(min) - share(min);
  const high = max === Infinity ? share(max) : max * (1 - below(max)) + share(max);
  return low + high;
}

/**
 * The time to the next arrival of a Poisson process, by an exponential draw: integer microseconds ≥ 0, rounded to the
 * nearest, so that the mean is kept.
 *
 * @param meanUs the mean gap, microseconds ≥ 0
 */
export function exponentialUs(stream: Stream, meanUs: number): number {
  assert(meanUs >= 0 && meanUs <= 1e14, 'exponentialUs takes a mean of 0 to 1e14 µs');
  return Math.round(0 - meanUs * Math.log(1 - stream.next()));
}
