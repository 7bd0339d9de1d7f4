// Whether a system recovers: what went wrong is over, the load is what it was, and yet it does not do what it did. Judged by
// windows of a run alone. It must not know what went wrong, nor how a run is made.
//
// Source of the notion: N. Bronson, A. Aghayev, A. Charapko, T. Zhu, "Metastable Failures in Distributed Systems", HotOS 2021;
// L. Huang and others, "Metastable Failures in the Wild", OSDI 2022.

import type { Timeline } from './timeline.ts';

/** What there was in a stretch of a run; medians over its windows. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  /** Requests that were answered well, a second. */
  readonly goodputPerSecond: number;
  readonly p95Ms: number;
}

/** How a run went on after an incident. */
export interface Recovery {
  /** `unknown` where the run is too short to tell, or where it is still recovering at the end of the hold. */
  readonly verdict: 'recovered' | 'metastable' | 'unknown';
  /** One line for people. */
  readonly reason: string;
  readonly before?: Stretch;
  /** The last third of the time after the incident. */
  readonly after?: Stretch;
}

/** When things went wrong, and between which instants users were all there, ms. */
export interface IncidentSpan {
  readonly atMs: number;
  readonly endMs: number;
  readonly holdFromMs: number;
  readonly holdToMs: number;
}

/** Less than this share of the goodput of before is no recovery. */
const GOODPUT_SHARE = 0.7;
/** Nor is a p95 above so many times that of before, and above it by so much. */
const LATENCY_RATIO = 3;
const LATENCY_MS = 100;
/** Windows on either side that are needed to tell. */
const WINDOWS_MIN = 3;
/** A stretch that is so much better than the one before it is on its way back. */
const BETTER_SHARE = 0.8;

/** Judges the windows of a run: the hold before an incident beside the last third of the hold after it. */
export function recoveryOf(timeline: Pick<Timeline, 'windowMs' | 'series'>, span: IncidentSpan): Recovery {
  const { atMs, endMs, holdFromMs, holdToMs } = span;
  const before = stretchOf(timeline, holdFromMs, atMs);
  const thirdMs = (holdToMs - endMs) / 3;
  const middle = stretchOf(timeline, endMs + thirdMs, endMs + 2 * thirdMs);
  const after = stretchOf(timeline, endMs + 2 * thirdMs, holdToMs);
  if (before === undefined || middle === undefined || after === undefined) {
    return { verdict: 'unknown', reason: 'the hold before or after the incident is too short to tell' };
  }
  const faults = faultsOf(before, after);
  if (faults.length === 0) return { verdict: 'recovered', reason: 'it does what it did before', before, after };
  const reason = `${seconds(holdToMs - endMs)} after the incident ${faults.join(' and ')}`;
  const isBetter =
    after.p95Ms < BETTER_SHARE * middle.p95Ms || after.goodputPerSecond * BETTER_SHARE > middle.goodputPerSecond;
  if (isBetter) return { verdict: 'unknown', reason: `${reason}; it was still recovering`, before, after };
  return { verdict: 'metastable', reason, before, after };
}

function faultsOf(before: Stretch, after: Stretch): string[] {
  const faults: string[] = [];
  const { goodputPerSecond: good, p95Ms } = after;
  if (good < GOODPUT_SHARE * before.goodputPerSecond) {
    faults.push(`${rate(good)} requests are answered well a second, before it ${rate(before.goodputPerSecond)}`);
  }
  if (p95Ms > LATENCY_RATIO * before.p95Ms && p95Ms > before.p95Ms + LATENCY_MS) {
    faults.push(`p95 is ${Math.round(p95Ms)} ms, before it ${Math.round(before.p95Ms)} ms`);
  }
  return faults;
}

function stretchOf(
  { windowMs, series }: Pick<Timeline, 'windowMs' | 'series'>,
  fromMs: number,
  toMs: number,
): Stretch | undefined {
  const first = Math.ceil(fromMs / windowMs);
  const last = Math.min(Math.floor(toMs / windowMs), series.requestsPerSecond.length);
  if (last - first < WINDOWS_MIN) return undefined;
  const windows = Array.from({ length: last - first }, (_, at) => first + at);
  const goodputs = windows.map((at) => series.requestsPerSecond[at]! - series.errorsPerSecond[at]!);
  // A window in which nothing came back says nothing of how long it takes.
  const p95s = windows.map((at) => series.p95Ms[at]!).filter((p95) => p95 > 0);
  return {
    fromMs: first * windowMs,
    toMs: last * windowMs,
    goodputPerSecond: medianOf(goodputs),
    p95Ms: p95s.length === 0 ? 0 : medianOf(p95s),
  };
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

function rate(perSecond: number): string {
  return perSecond >= 10 ? `${Math.round(perSecond)}` : perSecond.toFixed(1);
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
