import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkDistribution,
  type DistributionOptions,
  exponentialUs,
  meanOf,
  normalCdf,
  normalQuantile,
  quantile,
  sampler,
} from '../../sim/distributions.ts';
import { keyedUnit, Streams } from '../../sim/random.ts';

const key = new Streams('8').key('distributions');
const numbers = (count: number, draw: (index: number) => number) => Array.from({ length: count }, (_, i) => draw(i));
const meanOfValues = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviationOfValues = (values: readonly number[]) => {
  const mean = meanOfValues(values);
  return Math.sqrt(meanOfValues(values.map((value) => (value - mean) ** 2)));
};

/** Kolmogorov–Smirnov distance of values from a continuous distribution function. */
function distance(values: readonly number[], cdf: (x: number) => number): number {
  const sorted = [...values].sort((a, b) => a - b);
  let worst = 0;
  for (const [index, value] of sorted.entries()) {
    const expected = cdf(value);
    worst = Math.max(worst, expected - index / sorted.length, (index + 1) / sorted.length - expected);
  }
  return worst;
}

/** The distance that is exceeded once in a thousand times. */
const distanceLimit = (count: number) => 1.95 / Math.sqrt(count);

const THEORY: [string, DistributionOptions, (x: number) => number][] = [
  ['uniform', { kind: 'uniform', min: -1, max: 3 }, (x) => (x + 1) / 4],
  ['exponential', { kind: 'exponential', mean: 30 }, (x) => 1 - Math.exp(-x / 30)],
  ['normal', { kind: 'normal', mean: 100, deviation: 15 }, (x) => normalCdf((x - 100) / 15)],
  [
    'lognormal',
    { kind: 'lognormal', mean: 40, sigma: 0.6 },
    (x) => normalCdf((Math.log(x) - (Math.log(40) - 0.18)) / 0.6),
  ],
  ['pareto', { kind: 'pareto', min: 2, alpha: 2.5 }, (x) => 1 - (2 / x) ** 2.5],
];

const HELD: [string, DistributionOptions][] = [
  ['exponential', { kind: 'exponential', mean: 30, min: 10, max: 60 }],
  ['exponential from above 0', { kind: 'exponential', mean: 30, min: -5, max: 20 }],
  ['normal', { kind: 'normal', mean: 100, deviation: 15, min: 95, max: 130 }],
  ['normal with a floor', { kind: 'normal', mean: 0, deviation: 2, min: 0 }],
  ['lognormal', { kind: 'lognormal', mean: 40, sigma: 0.6, min: 20, max: 100 }],
  ['lognormal with a ceiling', { kind: 'lognormal', mean: 40, sigma: 1, max: 50 }],
  ['pareto', { kind: 'pareto', min: 2, alpha: 2.5, max: 9 }],
  ['pareto of alpha 1', { kind: 'pareto', min: 2, alpha: 1, max: 9 }],
  ['pareto without a mean of its own', { kind: 'pareto', min: 2, alpha: 0.5, max: 9 }],
];

const CONSTANT: [string, DistributionOptions][] = [
  ['constant', { kind: 'constant', value: 7 }],
  ['uniform between equal ends', { kind: 'uniform', min: 7, max: 7 }],
  ['normal without deviation', { kind: 'normal', mean: 7, deviation: 0 }],
  ['exponential of mean 0', { kind: 'exponential', mean: 0, min: 7 }],
  ['lognormal of mean 0', { kind: 'lognormal', mean: 0, sigma: 1, min: 7 }],
];

const ALL = [...THEORY.map(([name, options]) => [name, options] as const), ...HELD, ...CONSTANT];

describe('a sampler', () => {
  it.each(THEORY)('draws %s amounts as theory has it', (name, options, cdf) => {
    const values = numbers(20000, sampler(options, new Streams('3').stream(name)));
    expect(distance(values, cdf)).toBeLessThan(distanceLimit(20000));
  });

  it.each(ALL)('draws the same %s amounts from the same stream', (name, options) => {
    const first = numbers(50, sampler(options, new Streams('3').stream(name)));
    expect(numbers(50, sampler(options, new Streams('3').stream(name)))).toEqual(first);
  });

  it.each(HELD)('holds %s amounts inside min and max', (name, options) => {
    const { min = -Infinity, max = Infinity } = options as { min?: number; max?: number };
    const values = numbers(2000, sampler(options, new Streams('3').stream(name)));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(Math.max(min, options.kind === 'exponential' ? 0 : min));
    expect(Math.max(...values)).toBeLessThanOrEqual(max);
    // Some were drawn outside, or the test would not show that they are held.
    expect(values.some((value) => value === min || value === max)).toBe(true);
  });

  it.each(CONSTANT)('draws one value only where it is %s', (name, options) => {
    expect(new Set(numbers(20, sampler(options, new Streams('3').stream(name))))).toEqual(new Set([7]));
  });

  it('refuses options that are wrong, with their place', () => {
    const stream = new Streams('3').stream('x');
    expect(() => sampler({ kind: 'exponential', mean: -5 }, stream, 'network.gapMs')).toThrow(
      'ERR_CONFIG network.gapMs.mean: got -5, expected ≥ 0',
    );
  });
});

describe('quantile', () => {
  it.each(THEORY)('turns keyed draws into %s amounts as theory has it', (_name, options, cdf) => {
    const values = numbers(20000, (index) => quantile(options, keyedUnit(key, index, 0, 0, 0)));
    expect(distance(values, cdf)).toBeLessThan(distanceLimit(20000));
  });

  it.each(THEORY)('is the inverse of the %s distribution function', (_name, options, cdf) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999999 }), (part) => {
        expect(Math.abs(cdf(quantile(options, part / 1e6)) - part / 1e6)).toBeLessThan(1e-13);
      }),
      { seed: 4 },
    );
  });

  it.each(ALL)('rises with u where it is %s', (_name, options) => {
    const unit = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.integer({ min: 0, max: 64 }),
      // About the places where the formula of the normal quantile changes: 0.075, 0.925, and e^-25.
      fc.integer({ min: 0, max: 64 }).map((step) => Math.floor(0.075 * 2 ** 32) - 32 + step),
      fc.integer({ min: 0, max: 64 }).map((step) => Math.floor(0.925 * 2 ** 32) - 32 + step),
    );
    fc.assert(
      fc.property(unit, unit, (one, other) => {
        const low = quantile(options, Math.min(one, other) / 2 ** 32);
        const high = quantile(options, Math.max(one, other) / 2 ** 32);
        expect(low).toBeLessThanOrEqual(high);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it.each(ALL)('is finite at both ends where it is %s', (_name, options) => {
    for (const u of [0, 2 ** -53, 1 - 2 ** -53, 1]) {
      expect(Number.isFinite(quantile(options, u))).toBe(true);
    }
  });

  it.each(HELD)('holds %s amounts inside min and max', (_name, options) => {
    const { min, max } = options as { min?: number; max?: number };
    if (min !== undefined && min >= 0) expect(quantile(options, 0)).toBe(min);
    if (max !== undefined) expect(quantile(options, 1)).toBe(max);
  });
});

describe('meanOf', () => {
  it.each(ALL)('is the mean of what is drawn where it is %s', (_name, options) => {
    // The mean is the integral of the quantile, here by midpoints; the far tail of a pareto converges slowly.
    const steps = 200000;
    let sum = 0;
    for (let step = 0; step < steps; step++) sum += quantile(options, (step + 0.5) / steps);
    const expected = meanOf(options);
    expect(Math.abs(sum / steps - expected)).toBeLessThan(Math.abs(expected) * 1e-3 + 1e-9);
  });

  it.each(ALL)('is the mean of what a sampler draws where it is %s', (name, options) => {
    const values = numbers(40000, sampler(options, new Streams('6').stream(name)));
    const error = 4 * (deviationOfValues(values) / Math.sqrt(values.length)) + 1e-9;
    expect(Math.abs(meanOfValues(values) - meanOf(options))).toBeLessThan(error);
  });

  it('of a lognormal without min and max is the mean it was asked for, whatever sigma is', () => {
    for (const sigma of [0, 0.1, 1, 3]) expect(meanOf({ kind: 'lognormal', mean: 40, sigma })).toBeCloseTo(40, 10);
  });

  it('of a pareto with a tail too heavy is infinite', () => {
    expect(meanOf({ kind: 'pareto', min: 1, alpha: 1 })).toBe(Infinity);
    expect(meanOf({ kind: 'pareto', min: 1, alpha: 2 })).toBe(2);
  });
});

describe('the normal quantile', () => {
  // Computed with 40 digits from the inverse error function, of the double nearest to u.
  it.each([
    [1e-15, -7.941345326170997],
    [1e-10, -6.361340902404057],
    [1e-5, -4.264890793922825],
    [0.001, -3.0902323061678136],
    [0.01, -2.326347874040841],
    [0.025, -1.9599639845400543],
    [0.05, -1.6448536269514726],
    [0.1, -1.2815515655446004],
    [0.25, -0.6744897501960817],
    [0.4, -0.2533471031357997],
    [0.5, 0],
    [0.6, 0.2533471031357997],
    [0.75, 0.6744897501960817],
    [0.9, 1.2815515655446006],
    [0.95, 1.6448536269514722],
    [0.975, 1.9599639845400538],
    [0.99, 2.3263478740408408],
    [0.999, 3.090232306167813],
    [0.99999, 4.264890793923841],
  ])('of %d is %d', (u, expected) => {
    expect(Math.abs(normalQuantile(u) - expected)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(expected)));
  });

  it('is undone by the normal distribution function', () => {
    for (let step = 1; step < 1000; step++) {
      expect(Math.abs(normalCdf(normalQuantile(step / 1000)) - step / 1000)).toBeLessThan(2e-15);
    }
  });
});

describe('checkDistribution', () => {
  it.each(ALL)('takes %s', (_name, options) => {
    expect(() => checkDistribution(options)).not.toThrow();
  });

  it.each([
    [{ kind: 'constant', value: Number.NaN }, 'value: got NaN, expected a finite number'],
    [{ kind: 'uniform', min: 5, max: 3 }, 'min: got 5, expected min ≤ max, and thinkMs.max is 3'],
    [{ kind: 'uniform', min: 5 }, 'max: got nothing, expected a finite number'],
    [{ kind: 'exponential', mean: -1 }, 'mean: got -1, expected ≥ 0'],
    [{ kind: 'exponential', mean: 1, min: 4, max: 3 }, 'min: got 4, expected min ≤ max, and thinkMs.max is 3'],
    [{ kind: 'normal', mean: Infinity, deviation: 1 }, 'mean: got Infinity, expected a finite number'],
    [{ kind: 'normal', mean: 1, deviation: -1 }, 'deviation: got -1, expected ≥ 0'],
    [{ kind: 'normal', mean: 1, deviation: 1, max: '3' }, 'max: got "3", expected a finite number'],
    [{ kind: 'lognormal', mean: -2, sigma: 1 }, 'mean: got -2, expected ≥ 0'],
    [{ kind: 'lognormal', mean: 2, sigma: -1 }, 'sigma: got -1, expected ≥ 0'],
    [{ kind: 'pareto', min: 0, alpha: 1 }, 'min: got 0, expected > 0'],
    [{ kind: 'pareto', min: 1, alpha: 0 }, 'alpha: got 0, expected > 0'],
    [{ kind: 'pareto', min: 2, alpha: 1, max: 1 }, 'min: got 2, expected min ≤ max, and thinkMs.max is 1'],
    [{ kind: 'gamma' }, 'kind: got "gamma", expected one of constant, uniform, exponential, normal, lognormal, pareto'],
  ])('refuses %j', (options, message) => {
    expect(() => checkDistribution(options as DistributionOptions, 'thinkMs')).toThrow(`ERR_CONFIG thinkMs.${message}`);
  });
});

describe('exponentialUs', () => {
  it('draws integer gaps ≥ 0 of the mean it was asked for, distributed exponentially', () => {
    const stream = new Streams('3').stream('gaps');
    const gaps = numbers(20000, () => exponentialUs(stream, 2_000_000));
    for (const gap of gaps) expect(Number.isSafeInteger(gap) && gap >= 0).toBe(true);
    expect(distance(gaps, (x) => 1 - Math.exp(-x / 2_000_000))).toBeLessThan(distanceLimit(20000));
  });

  it('keeps a mean of few microseconds in spite of the rounding', () => {
    const stream = new Streams('3').stream('short gaps');
    // Rounded down it would be 2.53.
    expect(meanOfValues(numbers(40000, () => exponentialUs(stream, 3)))).toBeCloseTo(3, 1);
  });

  it('is 0 for a mean of 0, and refuses one below', () => {
    const stream = new Streams('3').stream('none');
    expect(exponentialUs(stream, 0)).toBe(0);
    expect(() => exponentialUs(stream, -1)).toThrow(/mean/);
  });
});
