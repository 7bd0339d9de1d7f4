// Tails of the normal and of Student's distribution, for tests of significance. Pure arithmetic; it must not know what is
// tested.

import { assert } from '../../sim/errors.ts';

/**
 * Probability that a standard normal value is above z, 0–1; relative error below 2e-7.
 * Source: the complementary error function by Chebyshev fitting, Press et al., Numerical Recipes, 2nd edition, 6.2.
 */
export function normalTail(z: number): number {
  const x = Math.abs(z) / Math.sqrt(2);
  const t = 1 / (1 + x / 2);
  const coefficients = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
    -1.26551223,
  ];
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * t + coefficient;
  const tail = (t * Math.exp(sum - x * x)) / 2;
  return z >= 0 ? tail : 1 - tail;
}

/**
 * Probability that Student's t with so many degrees of freedom is at least |t| away from 0 on either side, 0–1.
 * Source: by the incomplete beta function, Abramowitz and Stegun, 26.7.1.
 */
export function studentTwoSided(t: number, degrees: number): number {
  assert(degrees > 0, 'Student’s distribution has degrees of freedom above 0');
  if (!Number.isFinite(t)) return 0;
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 1 / 2);
}

/** The logarithm of the gamma function for x > 0 (Lanczos; Numerical Recipes, 6.1), error below 2e-10. */
function logGamma(x: number): number {
  const series = [76.18009172947146, -86.50532032941678, 24.01409824083091, -1.231739572450155, 1.208650973866179e-3];
  let sum = 1.000000000190015 - 5.395239384953e-6 / (x + 6);
  for (const [index, coefficient] of series.entries()) sum += coefficient / (x + index + 1);
  return (x + 0.5) * Math.log(x + 5.5) - (x + 5.5) + Math.log((2.506628274631 * sum) / x);
}

/** The regularized incomplete beta function I_x(a, b), 0 ≤ x ≤ 1 (Numerical Recipes, 6.4). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x));
  // The fraction converges fast on one side of the mean only; the other side is its mirror image.
  if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(x, a, b)) / a;
  return 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** The continued fraction of the incomplete beta function, by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  const least = 1e-300;
  const kept = (value: number): number => (Math.abs(value) < least ? least : value);
  let c = 1;
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / kept(1 + even * d);
    c = kept(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / kept(1 + odd * d);
    c = kept(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return fraction;
}
