// The Universal Scalability Law fitted to throughput against load: Gunther, "Guerrilla Capacity Planning", 2007, chapters
// 4–5. Closed form, no iteration; pure arithmetic.

/** X(N) = λN ÷ (1 + σ(N − 1) + κN(N − 1)). */
export interface UslFit {
  /** Throughput of one. */
  readonly lambda: number;
  /** Contention: the share that goes one after another. */
  readonly sigma: number;
  /** Coherence: what each pays for every other. */
  readonly kappa: number;
  /** Load of the greatest throughput, √((1 − σ) ÷ κ), and that throughput; null where it never falls. */
  readonly peak: { readonly load: number; readonly throughput: number } | null;
  /** Share of the variance of throughput that it explains. */
  readonly r2: number;
}

/** A load and what it achieved. */
export interface Throughput {
  readonly load: number;
  readonly rate: number;
}

/**
 * Weighted least squares of N ÷ X(N) = a + b(N − 1) + cN(N − 1), where a = 1/λ, b = σ/λ, c = κ/λ. Each point weighs
 * (X/N)², as repeats of throughput spread in proportion to it. A coefficient below 0 means nothing in the law: it is set
 * to 0 and the others fitted again. Null for fewer than three different loads.
 */
export function fitUsl(points: readonly Throughput[]): UslFit | null {
  const known = points.filter(({ load, rate }) => load > 0 && rate > 0);
  if (new Set(known.map(({ load }) => load)).size < 3) return null;
  // Loads count in units of the greatest: the sums of squares keep their digits.
  const unit = Math.max(...known.map(({ load }) => load));
  const rows = known.map(({ load, rate }) => ({
    terms: [1, (load - 1) / unit, (load * (load - 1)) / unit / unit],
    value: load / rate,
    weight: (rate / load) ** 2,
  }));
  let best: { a: number; b: number; c: number; error: number } | undefined;
  for (const used of [[0, 1, 2], [0, 2], [0, 1], [0]]) {
    const solved = leastSquares(rows, used);
    if (solved === undefined) continue;
    const [a, b, c] = [solved[0]!, solved[1]! / unit, solved[2]! / unit / unit];
    if (!(a > 0) || b < 0 || c < 0) continue;
    let error = 0;
    for (const { terms, value, weight } of rows) {
      error += weight * (value - terms.reduce((sum, term, at) => sum + term * solved[at]!, 0)) ** 2;
    }
    if (best === undefined || error < best.error) best = { a, b, c, error };
  }
  if (best === undefined) return null;
  const { a, b, c } = best;
  const [lambda, sigma, kappa] = [1 / a, b / a, c / a];
  const at = (load: number): number => (lambda * load) / (1 + sigma * (load - 1) + kappa * load * (load - 1));
  const peakLoad = kappa > 0 && sigma < 1 ? Math.sqrt((1 - sigma) / kappa) : null;
  const mean = known.reduce((sum, { rate }) => sum + rate, 0) / known.length;
  const total = known.reduce((sum, { rate }) => sum + (rate - mean) ** 2, 0);
  const left = known.reduce((sum, { load, rate }) => sum + (rate - at(load)) ** 2, 0);
  return {
    lambda,
    sigma,
    kappa,
    peak: peakLoad === null ? null : { load: peakLoad, throughput: at(peakLoad) },
    r2: total === 0 ? 1 : 1 - left / total,
  };
}

interface LeastSquaresRow {
  readonly terms: readonly number[];
  readonly value: number;
  readonly weight: number;
}

/** The normal equations of the terms that are used, solved by elimination with pivots; the others are 0. */
function leastSquares(rows: readonly LeastSquaresRow[], used: readonly number[]): number[] | undefined {
  const n = used.length;
  const m = used.map((i) => [
    ...used.map((j) => rows.reduce((sum, { terms, weight }) => sum + weight * terms[i]! * terms[j]!, 0)),
    rows.reduce((sum, { terms, value, weight }) => sum + weight * terms[i]! * value, 0),
  ]);
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) {
      if (Math.abs(m[row]![column]!) > Math.abs(m[pivot]![column]!)) pivot = row;
    }
    if (Math.abs(m[pivot]![column]!) < 1e-300) return undefined;
    [m[column], m[pivot]] = [m[pivot]!, m[column]!];
    for (let row = 0; row < n; row++) {
      if (row === column) continue;
      const factor = m[row]![column]! / m[column]![column]!;
      for (let k = column; k <= n; k++) m[row]![k]! -= factor * m[column]![k]!;
    }
  }
  const solved = [0, 0, 0];
  for (const [at, term] of used.entries()) solved[term] = m[at]![n]! / m[at]![at]!;
  return solved.every(Number.isFinite) ? solved : undefined;
}
