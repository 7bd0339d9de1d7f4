// A record of arrivals as figures: mix, think times, sizes, bursts, the daily curve, each with how well it fits, and the
// profile that a run takes. It must not know files.
import { HOUR_KEYS } from '../fitted-workload.ts';
import { type Arrivals, type ArrivalsOrigin, PUSH } from './arrivals.ts';
import { fitBursts, type FittedBursts } from './bursts.ts';
import {
  type Fitted,
  fitSizes,
  fitTimes,
  ksDistance,
  meanTime,
  scaledTime,
  type SizeDistribution,
  type TimeDistribution,
  timeCdf,
} from './distributions.ts';

/** What a record comes to. */
export interface WorkloadFit {
  readonly schemaVersion: 1;
  readonly kind: 'workload';
  readonly origin: ArrivalsOrigin;
  readonly mix: {
    readonly pushShare: number;
    /** Total variation between pairs of requests of a user that follow each other, and pairs drawn by the mix, 0–1. */
    readonly pairsTotalVariation: number;
  };
  /** From one request of a user to the next, ms, in a clock that runs with the daily curve and the bursts. */
  readonly think: Fitted<TimeDistribution> & {
    /** What they are multiplied by, so that the rate is the record's: users are unlike each other, and come and go. */
    readonly paceFactor: number;
  };
  /** Changes of a push; left out where there was none. */
  readonly changes?: Fitted<SizeDistribution>;
  readonly bursts: Omit<FittedBursts, 'rates'>;
  readonly daily: {
    /** Multiples of the mean rate; 1 for an hour that was not seen. */
    readonly hours: readonly number[];
    /** Whether the record is long enough to tell; else all hours are 1. */
    readonly isTold: boolean;
    /** Total variation between the hours' shares of requests and an even rate, 0–1. */
    readonly totalVariation: number;
  };
  /** Requests a second of all users, and of the profile. */
  readonly rate: number;
}

/** Where a record is shorter, its hours say more of chance than of the day, ms. */
const DAILY_MS_MIN = 3 * 3_600_000;
const HOUR_MS = 3_600_000;
/** Times that the log shows as equal are this far apart, ms. */
const LEAST_MS = 0.001;

/** Fits a workload to a record. */
export function fitWorkload(arrivals: Arrivals): WorkloadFit {
  const { origin, atMs, begins, operation } = arrivals;
  const spanMs = Math.max(1, origin.spanMs);
  const sorted = atMs.slice().sort();
  const daily = dailyOf(sorted, spanMs, origin.startHour);
  const even = (ms: number): number => daily.clock(ms);
  const bursts = fitBursts(sorted, spanMs, even);
  const { rates, ...told } = bursts;
  const clock = windowClock(rates, bursts.windowMs, even);
  const { think, paceFactor } = thinkOf(arrivals, clock, spanMs);
  const sizes = arrivals.changes.filter((_, at) => operation[at] === PUSH);
  return {
    schemaVersion: 1,
    kind: 'workload',
    origin,
    mix: { pushShare: origin.pushes / operation.length, pairsTotalVariation: pairsOf(operation, begins) },
    think: { ...think, paceFactor },
    ...(sizes.length > 0 && { changes: fitSizes(Float64Array.from(sizes)) }),
    bursts: told,
    daily: { hours: daily.hours, isTold: daily.isTold, totalVariation: daily.totalVariation },
    rate: (atMs.length * 1000) / spanMs,
  };
}

interface Daily {
  readonly hours: readonly number[];
  readonly isTold: boolean;
  readonly totalVariation: number;
  /** A time of the record in a clock in which all hours have the mean rate, ms. */
  clock(ms: number): number;
}

function dailyOf(sorted: Float64Array, spanMs: number, startHour: number): Daily {
  const hours = Array.from({ length: 24 }, () => 1);
  if (spanMs < DAILY_MS_MIN) return { hours, isTold: false, totalVariation: 0, clock: (ms) => ms };
  const counts = new Float64Array(24);
  const exposure = new Float64Array(24);
  const hourAt = (ms: number): number => Math.floor(startHour + ms / HOUR_MS + 1e-9);
  for (const ms of sorted) counts[hourAt(ms) % 24]!++;
  /** Where the hours of the record begin, and what the clock shows then. */
  const borders: number[] = [0];
  for (let hour = hourAt(0) + 1; (hour - startHour) * HOUR_MS < spanMs; hour++)
    borders.push((hour - startHour) * HOUR_MS);
  borders.push(spanMs);
  for (let n = 0; n + 1 < borders.length; n++) exposure[(hourAt(0) + n) % 24]! += borders[n + 1]! - borders[n]!;
  let variation = 0;
  for (let hour = 0; hour < 24; hour++) {
    if (exposure[hour] === 0) continue;
    hours[hour] = (counts[hour]! / exposure[hour]!) * (spanMs / sorted.length);
    variation += Math.abs(counts[hour]! / sorted.length - exposure[hour]! / spanMs) / 2;
  }
  const shown = [0];
  for (let n = 0; n + 1 < borders.length; n++) {
    shown.push(shown[n]! + (borders[n + 1]! - borders[n]!) * hours[(hourAt(0) + n) % 24]!);
  }
  const clock = (ms: number): number => {
    const n = Math.min(borders.length - 2, Math.max(0, hourAt(ms) - hourAt(0)));
    return shown[n]! + (ms - borders[n]!) * hours[(hourAt(0) + n) % 24]!;
  };
  return { hours, isTold: true, totalVariation: variation, clock };
}

/** A clock that runs, beside the even one, at the rates of windows; after the last it runs as that does. */
function windowClock(rates: Float64Array, windowMs: number, even: (ms: number) => number): (ms: number) => number {
  const shown = new Float64Array(rates.length + 1);
  rates.forEach((rate, n) => (shown[n + 1] = shown[n]! + rate * (even((n + 1) * windowMs) - even(n * windowMs))));
  return (ms) => {
    const window = Math.min(rates.length, Math.floor(ms / windowMs));
    return shown[window]! + (even(ms) - even(window * windowMs)) * (rates[window] ?? 1);
  };
}

function thinkOf(
  { atMs, begins, origin }: Arrivals,
  clock: (ms: number) => number,
  spanMs: number,
): { think: Fitted<TimeDistribution>; paceFactor: number } {
  /** What lets as many requests of as many users come in the record's time. */
  const meanMs = (origin.users * spanMs) / atMs.length;
  const gaps = new Float64Array(atMs.length - origin.users);
  let count = 0;
  for (let user = 0; user < origin.users; user++) {
    for (let at = begins[user]! + 1; at < begins[user + 1]!; at++)
      gaps[count++] = clock(atMs[at]!) - clock(atMs[at - 1]!);
  }
  if (count === 0) {
    const distribution = { kind: 'exponential', mean: meanMs } as const;
    return { think: { distribution, samples: 0, ksDistance: 0, aic: {} }, paceFactor: 1 };
  }
  const fitted = fitTimes(gaps, LEAST_MS);
  const paceFactor = meanMs / meanTime(fitted.distribution);
  const distribution = scaledTime(fitted.distribution, paceFactor);
  const sorted = gaps.map((gap) => Math.max(LEAST_MS, gap)).sort();
  // What the profile says is judged, and not what was fitted before its rate was put right.
  const distance = ksDistance(sorted, (ms) => timeCdf(distribution, ms));
  return { think: { ...fitted, distribution, ksDistance: distance }, paceFactor };
}

function pairsOf(operation: Uint8Array, begins: Int32Array): number {
  const pairs = [0, 0, 0, 0];
  const firsts = [0, 0];
  const seconds = [0, 0];
  let total = 0;
  for (let user = 0; user + 1 < begins.length; user++) {
    for (let at = begins[user]! + 1; at < begins[user + 1]!; at++) {
      const [first, second] = [operation[at - 1]!, operation[at]!];
      pairs[2 * first + second]!++;
      firsts[first]!++;
      seconds[second]!++;
      total++;
    }
  }
  if (total === 0) return 0;
  const expected = (pair: number): number => ((firsts[pair >> 1]! / total) * seconds[pair & 1]!) / total;
  return pairs.reduce((sum, count, pair) => sum + Math.abs(count / total - expected(pair)), 0) / 2;
}

/** A number as a profile has it: six digits. */
const rounded = (value: number): number => Number(value.toPrecision(6));

/** The profile of a fit, for scenario fitted-workload: a run of it has the record's users, length and rate. */
export function profileOf({ origin, mix, think, changes, bursts, daily }: WorkloadFit): Record<string, unknown> {
  const times = think.distribution;
  const workload: Record<string, number> = { pushShare: rounded(mix.pushShare) };
  if (times.kind === 'lognormal') {
    workload['thinkMsMedian'] = rounded(times.median);
    workload['thinkSigma'] = rounded(times.sigma);
  } else {
    workload['thinkMsMean'] = rounded(times.mean);
    if (times.kind === 'hyper-exponential') {
      workload['thinkLongShare'] = rounded(times.longShare);
      workload['thinkLongMsMean'] = rounded(times.longMean);
    }
  }
  if (changes !== undefined) {
    const sizes = changes.distribution;
    workload['changesMin'] = sizes.kind === 'uniform' ? sizes.min : 1;
    workload['changesMax'] = sizes.max;
    if (sizes.kind === 'geometric') workload['changesMean'] = rounded(sizes.mean);
    if (sizes.kind === 'lognormal') {
      workload['changesMedian'] = rounded(sizes.median);
      workload['changesSigma'] = rounded(sizes.sigma);
    }
  }
  for (const [key, value] of Object.entries(bursts.bursts ?? {})) workload[key] = Math.max(rounded(value as number), 0);
  workload['startHour'] = rounded(origin.startHour) % 24;
  HOUR_KEYS.forEach((key, hour) => (workload[key] = rounded(daily.hours[hour]!)));
  return { users: origin.users, durationMs: Math.max(1000, Math.ceil(origin.spanMs)), workload };
}
