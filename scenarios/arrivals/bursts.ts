// Bursts: whether requests of all users come in crowds, and a Poisson process of two rates that does the same (MMPP-2),
// fitted to counts in windows. It must not know what the requests are.

/** Two states that change by themselves. Rates are multiples of the mean rate, so that a workload keeps its own. */
export interface Bursts {
  readonly calmRate: number;
  readonly burstRate: number;
  /** Mean time in a state, ms. */
  readonly calmMsMean: number;
  readonly burstMsMean: number;
}

export interface FittedBursts {
  /** Undefined where two rates say no more than one. */
  readonly bursts: Bursts | undefined;
  readonly windowMs: number;
  /** Variance of the windows' counts over their mean: 1 for Poisson arrivals. */
  readonly dispersion: number;
  /** Correlation of a window's count with the one before, −1 to 1. */
  readonly correlation: number;
  /** For each window the expected rate, as a multiple of the mean. */
  readonly rates: Float64Array;
}

const WINDOWS_MAX = 20_000;
/** Fewer windows tell nothing of bursts. */
const WINDOWS_MIN = 50;
const COUNT_MEAN = 6;
const ITERATIONS = 100;
/** A burst is at least so much above what is between bursts, and so many windows long. */
const RATIO_MIN = 1.3;
const LENGTH_MIN = 2;

interface Chain {
  rates: [number, number];
  /** Probability of leaving each state from one window to the next. */
  leaves: [number, number];
}

/**
 * Fits bursts.
 * @param atMs times from 0 to `spanMs`, in whatever order
 * @param spanMs > 0
 * @param even a time in a clock in which requests come at one mean rate but for bursts, from 0 to `spanMs` too
 */
export function fitBursts(atMs: Float64Array, spanMs: number, even = (ms: number): number => ms): FittedBursts {
  const windowMs = Math.max((spanMs * COUNT_MEAN) / Math.max(1, atMs.length), spanMs / WINDOWS_MAX);
  const count = Math.max(1, Math.floor(spanMs / windowMs));
  const counts = new Float64Array(count);
  let inside = 0;
  for (const at of atMs) {
    const window = Math.floor(at / windowMs);
    if (window >= count) continue;
    counts[window]!++;
    inside++;
  }
  /** How much of the even clock's time is in each window, as a multiple of the window. */
  const exposures = new Float64Array(count).map((_, n) => (even((n + 1) * windowMs) - even(n * windowMs)) / windowMs);
  const exposure = exposures.reduce((sum, value) => sum + value, 0);
  const mean = exposure > 0 ? inside / exposure : 0;
  const { dispersion, correlation } = momentsOf(counts, exposures, mean);
  const none = { bursts: undefined, windowMs, dispersion, correlation, rates: new Float64Array(count).fill(1) };
  // Counts that are crowded, but each window for itself, come from requests in small groups, not from bursts.
  if (count < WINDOWS_MIN || mean === 0 || correlation < 4 / Math.sqrt(count)) return none;
  const { chain, likelihood, posterior } = fitChain(counts, exposures, mean, dispersion);
  const single = logLikelihood(counts, exposures, mean);
  const penalty = 3 * Math.log(count);
  const [calm, burst] = chain.rates;
  const isBursty = likelihood * 2 - penalty > single * 2 && burst / calm >= RATIO_MIN;
  if (!isBursty || 1 / chain.leaves[1] < LENGTH_MIN) return none;
  const share = chain.leaves[0] / (chain.leaves[0] + chain.leaves[1]);
  const overall = calm * (1 - share) + burst * share;
  const rates = posterior.map((isBurst) => (calm + (burst - calm) * isBurst) / mean);
  const bursts = {
    calmRate: calm / overall,
    burstRate: burst / overall,
    calmMsMean: windowMs / chain.leaves[0],
    burstMsMean: windowMs / chain.leaves[1],
  };
  return { bursts, windowMs, dispersion, correlation, rates };
}

function momentsOf(
  counts: Float64Array,
  exposures: Float64Array,
  mean: number,
): { dispersion: number; correlation: number } {
  let variance = 0;
  let product = 0;
  let before = 0;
  let total = 0;
  for (let n = 0; n < counts.length; n++) {
    const difference = counts[n]! - mean * exposures[n]!;
    variance += difference * difference;
    product += difference * before;
    before = difference;
    total += counts[n]!;
  }
  const hasVariance = counts.length > 1 && variance > 0 && total > 0;
  return {
    dispersion: hasVariance ? ((variance / total) * counts.length) / (counts.length - 1) : 0,
    correlation: hasVariance ? product / variance : 0,
  };
}

/** Without what is the same for all rates. */
function logLikelihood(counts: Float64Array, exposures: Float64Array, rate: number): number {
  let sum = 0;
  for (let n = 0; n < counts.length; n++) sum += counts[n]! * Math.log(rate) - rate * exposures[n]!;
  return sum;
}

/** Two Poisson rates and how they follow each other, by expectation and maximisation (Baum and Welch 1970). */
function fitChain(
  counts: Float64Array,
  exposures: Float64Array,
  mean: number,
  dispersion: number,
): { chain: Chain; likelihood: number; posterior: Float64Array } {
  const spread = Math.sqrt(Math.max(0.1, dispersion - 1) * mean);
  const chain: Chain = { rates: [Math.max(mean / 10, mean - spread / 2), mean + spread], leaves: [0.05, 0.1] };
  const size = counts.length;
  const posterior = new Float64Array(size);
  const ahead = new Float64Array(size * 2);
  const weights = new Float64Array(size * 2);
  let likelihood = Number.NEGATIVE_INFINITY;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const [calm, burst] = chain.rates;
    const [starts, ends] = chain.leaves;
    const logs = [Math.log(calm), Math.log(burst)] as const;
    let sum = 0;
    let left: readonly [number, number] = [ends / (starts + ends), starts / (starts + ends)];
    for (let n = 0; n < size; n++) {
      const inCalm = counts[n]! * logs[0] - calm * exposures[n]!;
      const inBurst = counts[n]! * logs[1] - burst * exposures[n]!;
      const most = Math.max(inCalm, inBurst);
      const asCalm = Math.exp(inCalm - most);
      const asBurst = Math.exp(inBurst - most);
      const toCalm: number = n === 0 ? left[0] : left[0] * (1 - starts) + left[1] * ends;
      const toBurst: number = n === 0 ? left[1] : left[0] * starts + left[1] * (1 - ends);
      const total: number = toCalm * asCalm + toBurst * asBurst;
      weights[2 * n] = asCalm / total;
      weights[2 * n + 1] = asBurst / total;
      left = [(toCalm * asCalm) / total, (toBurst * asBurst) / total];
      ahead[2 * n] = left[0];
      ahead[2 * n + 1] = left[1];
      sum += Math.log(total) + most;
    }
    // Backwards, with what each step is expected to be.
    let backCalm = 1;
    let backBurst = 1;
    const time = [0, 0];
    const exposed = [0, 0];
    const seen = [0, 0];
    const gone = [0, 0];
    const stayed = [0, 0];
    for (let n = size - 1; n >= 0; n--) {
      const isBurst = ahead[2 * n + 1]! * backBurst;
      const isCalm = ahead[2 * n]! * backCalm;
      const share = isBurst / (isBurst + isCalm);
      posterior[n] = share;
      time[0]! += 1 - share;
      time[1]! += share;
      exposed[0]! += (1 - share) * exposures[n]!;
      exposed[1]! += share * exposures[n]!;
      seen[0]! += (1 - share) * counts[n]!;
      seen[1]! += share * counts[n]!;
      if (n === 0) break;
      const calmHere = weights[2 * n]! * backCalm;
      const burstHere = weights[2 * n + 1]! * backBurst;
      const fromCalm = ahead[2 * n - 2]!;
      const fromBurst = ahead[2 * n - 1]!;
      const norm =
        fromCalm * ((1 - starts) * calmHere + starts * burstHere) +
        fromBurst * (ends * calmHere + (1 - ends) * burstHere);
      gone[0]! += (fromCalm * starts * burstHere) / norm;
      stayed[0]! += (fromCalm * (1 - starts) * calmHere) / norm;
      gone[1]! += (fromBurst * ends * calmHere) / norm;
      stayed[1]! += (fromBurst * (1 - ends) * burstHere) / norm;
      const nextCalm = (1 - starts) * calmHere + starts * burstHere;
      const nextBurst = ends * calmHere + (1 - ends) * burstHere;
      backCalm = nextCalm / (nextCalm + nextBurst);
      backBurst = nextBurst / (nextCalm + nextBurst);
    }
    const isDone = sum - likelihood < 1e-6 * Math.abs(sum) && iteration > 0;
    likelihood = sum;
    if (isDone || time[0]! < 1e-9 || time[1]! < 1e-9) break;
    const rate = (state: 0 | 1): number => Math.max(1e-9, seen[state]! / Math.max(1e-9, exposed[state]!));
    const leave = (state: 0 | 1): number => Math.min(1, Math.max(1e-9, gone[state]! / (gone[state]! + stayed[state]!)));
    chain.rates = [rate(0), rate(1)];
    chain.leaves = [leave(0), leave(1)];
  }
  if (chain.rates[0] > chain.rates[1]) {
    chain.rates.reverse();
    chain.leaves.reverse();
    posterior.forEach((share, n) => (posterior[n] = 1 - share));
  }
  return { chain, likelihood, posterior };
}
