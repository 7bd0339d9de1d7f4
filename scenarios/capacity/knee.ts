// The knee of a curve by Kneedle: Satopää, Albrecht, Irwin and Raghavan, "Finding a Kneedle in a Haystack", ICDCSW 2011.
// Pure arithmetic; it must not know what the curve is of.

/** A point of a curve. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

/**
 * The knee of a curve that rises and bends down (throughput against load), or, `isConvex`, of one that rises and bends up
 * (response time against load). Null where there is none: fewer than five points, no rise, a straight line.
 *
 * @param points in rising order of x
 * @param sensitivity S of the paper: how flat it must get after the knee, in steps of x; 1 is the paper's for offline use
 */
export function kneeOf(points: readonly CurvePoint[], isConvex = false, sensitivity = 1): CurvePoint | null {
  const n = points.length;
  if (n < 5) return null;
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [x0, xSpan] = [xs[0]!, xs.at(-1)! - xs[0]!];
  const yLow = Math.min(...ys);
  const ySpan = Math.max(...ys) - yLow;
  if (!(xSpan > 0) || !(ySpan > 0)) return null;
  // A convex curve is turned around both of its axes, and becomes a concave one.
  const normal = points.map(({ x, y }) => {
    const [u, v] = [(x - x0) / xSpan, (y - yLow) / ySpan];
    return isConvex ? { u: 1 - u, v: 1 - v } : { u, v };
  });
  if (isConvex) normal.reverse();
  const difference = normal.map(({ u, v }) => v - u);
  const meanStep = (normal.at(-1)!.u - normal[0]!.u) / (n - 1);
  let best: number | null = null;
  for (let at = 1; at < n - 1; at++) {
    const value = difference[at]!;
    if (!(value > difference[at - 1]! && value >= difference[at + 1]!)) continue;
    const threshold = value - sensitivity * meanStep;
    // It is a knee where the difference falls below the threshold before it rises above this maximum again.
    for (let later = at + 1; later < n; later++) {
      if (difference[later]! > value) break;
      if (difference[later]! >= threshold) continue;
      if (best === null || value > difference[best]!) best = at;
      break;
    }
  }
  if (best === null || !(difference[best]! > STRAIGHT)) return null;
  return points[isConvex ? n - 1 - best : best]!;
}

/** Rounding makes as much of a straight line. */
const STRAIGHT = 0.01;
