// How sure an answer is: half widths of its parts, relative, and the interval that they come to together. Pure arithmetic.
import { studentTwoSided } from '../baseline/distributions.ts';
import type { CapacityInterval, CapacityPoint, IntervalParts } from './result.ts';

/** Loads so near to the answer tell how the margin goes there. */
const NEAR = 1.25;
const CONFIDENCE = 0.95;

/** Users at which each seed's objectives are just kept, by the line through its long points near the answer; in order of seeds. */
export function crossingsOf(points: readonly CapacityPoint[], users: number): number[] {
  const near = points.filter(
    ({ isLong, margin, users: at }) => isLong && margin !== null && at <= users * NEAR && at * NEAR >= users,
  );
  const slope = slopeOf(near.map(({ users: at, margin }) => ({ x: Math.log(at), y: margin! })));
  if (slope === null || !(slope < 0)) return [];
  const bySeed = new Map<string, number[]>();
  for (const { seed, users: at, margin } of near) {
    const crossing = Math.log(at) - margin! / slope;
    bySeed.set(seed, [...(bySeed.get(seed) ?? []), crossing]);
  }
  return [...bySeed]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, all]) => Math.exp(all.reduce((sum, each) => sum + each, 0) / all.length));
}

/** Slope of the least squares line; null where all stand at one place. */
function slopeOf(points: readonly { x: number; y: number }[]): number | null {
  const n = points.length;
  if (n < 2) return null;
  const [meanX, meanY] = [points.reduce((sum, { x }) => sum + x, 0) / n, points.reduce((sum, { y }) => sum + y, 0) / n];
  const sxx = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  if (sxx < 1e-12) return null;
  return points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / sxx;
}

/** Half width of the 95% interval of the mean crossing by Student's distribution, relative; null for fewer than three. */
export function seedsHalfWidth(crossings: readonly number[]): number | null {
  const n = crossings.length;
  if (n < 3) return null;
  const logs = crossings.map(Math.log);
  const mean = logs.reduce((sum, each) => sum + each, 0) / n;
  const variance = logs.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (n - 1);
  return studentQuantile(n - 1) * Math.sqrt(variance / n);
}

/** t with a two-sided probability of 5% beyond it. */
function studentQuantile(degrees: number): number {
  let [low, high] = [0, 1000];
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (studentTwoSided(middle, degrees) > 1 - CONFIDENCE) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Half of the step between two loads, relative. */
export function halfStep(confirmed: number, refuted: number): number {
  return Math.log(refuted / confirmed) / 2;
}

/**
 * The interval of an answer: the parts are independent of each other, so the squares of their half widths, as logarithms,
 * add up. A part that is not known adds nothing, and stays null beside it.
 */
export function intervalOf(users: number, parts: IntervalParts): CapacityInterval {
  const known = [parts.seeds, parts.search, parts.calibration, parts.workload];
  const half = Math.sqrt(known.reduce<number>((sum, part) => sum + (part ?? 0) ** 2, 0));
  return { low: users * Math.exp(-half), high: users * Math.exp(half), parts };
}
