// What fits take from single latencies: stalls in the tail, pooled over all repeats, and how much slower service is after a
// rest. Pure; it must not know how latencies were measured.
import type { ClientDelay } from './loop-model.ts';
import { inOrder, medianOf, type PartMeasurement, quantileOf, type StepMeasurement } from './steps.ts';

/** A latency that is so much above the median of its part had a stall in it, ms. */
export const STALL_MS = 1.5;
/** Stalls are told to this length; a longer one counts as so long. */
const STALL_MS_MAX = 1000;
/** Rests after which service may be slower, ms: one of them is chosen. */
const REST_CANDIDATES_MS = [1, 2, 4, 8, 16, 32];
/** As many latencies must lie on either side of a rest. */
const SIDE_MIN = 10;
/** Slower by less is not visible, ms. */
const REST_VISIBLE_MS = 0.02;

/** Stalls: how often, and how long, lognormal. */
export interface Tail {
  readonly count: number;
  readonly perMinute: number;
  readonly msMedian: number;
  readonly sigma: number;
}

/**
 * Stalls from light loads, where nobody waits for others. A request meets a stall that begins while it is served, and waits
 * for the rest of one that was under way; so the rate is the share of slow requests over the time in which each could
 * meet one.
 */
export function tailOf(steps: readonly StepMeasurement[], client: ClientDelay): Tail {
  const excessesMs: number[] = [];
  let exposedMs = 0;
  let count = 0;
  for (const { load, parts } of steps) {
    if (load.arrivals.kind === 'closed') continue;
    for (const { part, latenciesMs, restsMs } of parts) {
      // Pushes meet what their commits do beside.
      if (part.op === 'push') continue;
      const alone = latenciesMs.filter((_each, index) => restsMs[index]! >= 0);
      const median = medianOf(alone);
      for (const each of alone) {
        count++;
        exposedMs += Math.max(0, median - client.p50);
        if (each - median > STALL_MS) excessesMs.push(Math.min(STALL_MS_MAX, each - median));
      }
    }
  }
  if (excessesMs.length === 0) return { count: 0, perMinute: 0, msMedian: 2, sigma: 0.5 };
  const logs = excessesMs.map((each) => Math.log(each));
  const mean = logs.reduce((sum, each) => sum + each, 0) / logs.length;
  const variance = logs.reduce((sum, each) => sum + (each - mean) ** 2, 0) / Math.max(1, logs.length - 1);
  const meanMs = excessesMs.reduce((sum, each) => sum + each, 0) / excessesMs.length;
  const perMs = excessesMs.length / (exposedMs + count * meanMs);
  return {
    count: excessesMs.length,
    perMinute: Math.min(60_000, perMs * 60_000),
    msMedian: Math.exp(mean),
    sigma: Math.min(2, Math.max(0.1, Math.sqrt(variance))),
  };
}

/** Service after rests, and the client's own delay with and without one. */
export interface RestEffect {
  readonly afterMs: number;
  /** What the relay takes more then; the client's own share is taken off. */
  readonly serverMs: number;
  readonly client: ClientDelay;
  readonly clientRested: ClientDelay;
  readonly isVisible: boolean;
}

/**
 * The rest that divides latencies best: with it, the absolute deviations from two medians are least. Server and client rest
 * together, so what a server that does nothing shows is the client's.
 */
export function restEffect(steps: readonly StepMeasurement[], echoes: readonly StepMeasurement[]): RestEffect {
  const parts = steps.filter(({ load }) => load.arrivals.kind === 'open').flatMap((step) => step.parts);
  const echoParts = echoes.flatMap((step) => step.parts);
  const groups = byName(parts);
  let best = { afterMs: 0, deviation: Infinity };
  for (const afterMs of REST_CANDIDATES_MS) {
    let deviation = 0;
    let isDivided = groups.length > 0;
    for (const group of groups) {
      const [short, long] = divided(group, afterMs);
      if (short.length < SIDE_MIN || long.length < SIDE_MIN) isDivided = false;
      for (const side of [short, long]) {
        const median = quantileOf(side, 0.5);
        for (const each of side) deviation += Math.abs(each - median);
      }
    }
    if (isDivided && deviation < best.deviation) best = { afterMs, deviation };
  }
  const [echoShort, echoLong] = divided(echoParts, best.afterMs === 0 ? Infinity : best.afterMs);
  const all = inOrder(echoParts.flatMap(({ latenciesMs }) => latenciesMs));
  const delayOf = (sorted: Float64Array): ClientDelay =>
    sorted.length < SIDE_MIN
      ? { p50: quantileOf(all, 0.5), p95: quantileOf(all, 0.95) }
      : { p50: quantileOf(sorted, 0.5), p95: quantileOf(sorted, 0.95) };
  const [client, clientRested] = [delayOf(echoShort), delayOf(echoLong)];
  if (best.afterMs === 0) return { afterMs: 0, serverMs: 0, client, clientRested: client, isVisible: false };
  const slower = groups.map((group) => {
    const [short, long] = divided(group, best.afterMs);
    return quantileOf(long, 0.5) - quantileOf(short, 0.5);
  });
  const serverMs = medianOf(slower) - (clientRested.p50 - client.p50);
  const isVisible = serverMs > REST_VISIBLE_MS;
  return { afterMs: best.afterMs, serverMs: Math.max(0, serverMs), client, clientRested, isVisible };
}

function byName(parts: readonly PartMeasurement[]): PartMeasurement[][] {
  const groups = new Map<string, PartMeasurement[]>();
  for (const each of parts) {
    const name = `${each.part.op} ${each.part.size}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [each]);
    else group.push(each);
  }
  return [...groups.values()];
}

/** Latencies of requests that were alone, in order: those after a shorter rest, and those after a longer one. */
export function divided(parts: readonly PartMeasurement[], afterMs: number): [short: Float64Array, long: Float64Array] {
  const [short, long]: [number[], number[]] = [[], []];
  for (const { latenciesMs, restsMs } of parts) {
    for (const [index, rest] of restsMs.entries()) {
      if (rest >= 0) (rest < afterMs ? short : long).push(latenciesMs[index]!);
    }
  }
  return [inOrder(short), inOrder(long)];
}

/** Commits that take far longer than others, as where the store writes its log back. */
export interface Checkpoints {
  /** Changes from one to the next; 0 where none were seen. */
  readonly changes: number;
  readonly ms: number;
}

/** A commit is a long one from here on, ms, and from so many times what half of them take at most. */
const LONG_COMMIT = { ms: 1, times: 2 };
/** Fewer of a step say nothing. */
const LONG_COMMITS_MIN = 5;

/**
 * From how the relay's own commit times are spread: long commits come after about as many changes each. Large commits write
 * fewer pages for each change than small ones, so the step in the middle stands for all.
 */
export function checkpointsOf(steps: readonly StepMeasurement[]): Checkpoints {
  const [periods, excessesMs]: [number[], number[]] = [[], []];
  for (const { commits } of steps) {
    if (commits === undefined || commits.count === 0) continue;
    const { buckets } = commits;
    let under = 0;
    const halfMs = buckets.find(({ count }) => (under += count) >= commits.count / 2)?.upToMs ?? Infinity;
    const fromMs = Math.max(LONG_COMMIT.ms, LONG_COMMIT.times * halfMs);
    const isLong = ({ overMs }: (typeof buckets)[number]): boolean => overMs >= fromMs;
    const longMs = buckets.reduce((sum, each) => sum + (isLong(each) ? each.count * middleMs(each) : 0), 0);
    const count = buckets.reduce((sum, each) => sum + (isLong(each) ? each.count : 0), 0);
    if (count < LONG_COMMITS_MIN) continue;
    const otherMs = (1000 * commits.seconds - longMs) / Math.max(1, commits.count - count);
    periods.push(commits.changes / count);
    excessesMs.push(Math.max(0, longMs / count - Math.max(0, otherMs)));
  }
  if (periods.length === 0) return { changes: 0, ms: 0 };
  return { changes: Math.max(1, Math.round(medianOf(periods))), ms: medianOf(excessesMs) };
}

/** What a commit of a bucket takes, as its bounds are factors of each other. */
function middleMs({ overMs, upToMs }: { overMs: number; upToMs: number }): number {
  return Math.sqrt(overMs * Math.min(upToMs, 2 * overMs));
}
