// Whether a system recovers: what went wrong is over, the load is what it was, and yet it does not do what it did. Judged by
// windows of a run alone. It must not know what went wrong, nor how a run is made.
//
// Source of the notion: N. Bronson, A. Aghayev, A. Charapko, T. Zhu, "Metastable Failures in Distributed Systems", HotOS 2021;
// L. Huang and others, "Metastable Failures in the Wild", OSDI 2022.

import type { Timeline } from './timeline.ts';

/** What there was in a stretch of a run: medians over its windows, but for the first and the third means. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  /** Requests that ended, however they did, a second: retries too. */
  readonly sentPerSecond: number;
  /** Those that were answered well. */
  readonly goodputPerSecond: number;
  /** Those that were answered well ÷ all, 0–1. */
  readonly goodShare: number;
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
  /** Whether users offer the same all through the hold: what takes longer is then not for more load. */
  readonly isLoadSteady: boolean;
}

/**
 * Less than this share of the goodput of before is no recovery. Where load is not steady, less than this share of what is sent
 * must be answered well too: fewer requests that are all answered well may be less load.
 */
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
  if (!span.isLoadSteady && after.sentPerSecond === 0) {
    return { verdict: 'unknown', reason: 'nothing was asked at the end of the hold', before, after };
  }
  const late = latenessOf(before, after);
  const missing = missingOf(before, after, span.isLoadSteady);
  const faults = [missing, late].filter((fault) => fault !== undefined);
  if (faults.length === 0) return { verdict: 'recovered', reason: 'it does what it did before', before, after };
  const reason = `${seconds(holdToMs - endMs)} after the incident ended (at ${seconds(endMs)}) ${faults.join(', and ')}`;
  const isBetter =
    after.p95Ms < BETTER_SHARE * middle.p95Ms || after.goodputPerSecond * BETTER_SHARE > middle.goodputPerSecond;
  if (isBetter) return { verdict: 'unknown', reason: `${reason}; it was still recovering`, before, after };
  if (missing === undefined && !span.isLoadSteady) {
    return { verdict: 'unknown', reason: `${reason}; the load of a record may have grown`, before, after };
  }
  return { verdict: 'metastable', reason, before, after };
}

function missingOf(before: Stretch, after: Stretch, isLoadSteady: boolean): string | undefined {
  if (after.goodputPerSecond >= GOODPUT_SHARE * before.goodputPerSecond) return undefined;
  if (!isLoadSteady && after.goodShare >= GOODPUT_SHARE * before.goodShare) return undefined;
  return `${rate(after.goodputPerSecond)} requests are answered well a second, before it ${rate(before.goodputPerSecond)}`;
}

function latenessOf({ p95Ms: beforeMs }: Stretch, { p95Ms }: Stretch): string | undefined {
  if (p95Ms <= LATENCY_RATIO * beforeMs || p95Ms <= beforeMs + LATENCY_MS) return undefined;
  return `p95 is ${Math.round(p95Ms)} ms, before it ${Math.round(beforeMs)} ms`;
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
  const good = meanOf(goodputs);
  const sent = meanOf(windows.map((at) => series.requestsPerSecond[at]!));
  // A window in which nothing came back says nothing of how long it takes.
  const p95s = windows.map((at) => series.p95Ms[at]!).filter((p95) => p95 > 0);
  return {
    fromMs: first * windowMs,
    toMs: last * windowMs,
    sentPerSecond: rounded(sent),
    goodputPerSecond: rounded(medianOf(goodputs)),
    goodShare: sent === 0 ? 0 : rounded(good / sent),
    p95Ms: p95s.length === 0 ? 0 : medianOf(p95s),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

function rate(perSecond: number): string {
  return perSecond >= 10 || perSecond === 0 ? `${Math.round(perSecond)}` : perSecond.toFixed(1);
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
