// A run as it stands at one moment, as plain data that can be sent to whoever shows it: what a snapshot holds, and
// nothing that makes or shows one.

import type { FindingKind } from '../../models/finding.ts';
import type { ThresholdResult } from '../thresholds.ts';

/** What a viewer looks at; only what it looks at is gathered. */
export const TABS = ['overview', 'histogram', 'devices', 'findings'] as const;
export type Tab = (typeof TABS)[number];

/** A run at one moment. Times are virtual. */
export interface RunSnapshot {
  /** Virtual time reached, and at which the run ends unless it drains sooner, µs. */
  readonly atUs: number;
  readonly endUs: number;
  /** `ramp up`, `hold`, `ramp down`, `drain`, `judging`, `done`. */
  readonly phase: string;
  readonly events: number;
  /** Every trend of the run that has a sample, requests first; the same figures as in a result. */
  readonly operations: readonly Operation[];
  /** All thresholds as they would be judged now, in their order; `value` is null where nothing was sampled yet. */
  readonly thresholds: readonly ThresholdResult[];
  readonly series: Series;
  readonly conflicts: ConflictCounts;
  readonly devices: DeviceCounts;
  readonly relay: RelayLoad;
  readonly faults: FaultNews;
  /** The first 200. */
  readonly findings: readonly FindingNews[];
  /** How many there are beside those; left out where there is none. */
  readonly moreFindings?: number | undefined;
  /** Of the tab that is looked at. */
  readonly histograms?: readonly OperationHistogram[] | undefined;
  readonly deviceRows?: DeviceRows | undefined;
}

/** One trend: times in ms with three decimals. */
export interface Operation {
  /** The metric's name. */
  readonly metric: string;
  readonly count: number;
  /** By virtual time since the run, or what followed its warm-up, began. */
  readonly perSecond: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** Share that failed, 0–1; null where nothing says so. */
  readonly errorRate: number | null;
  /** Thresholds on figures of this row, and on its error rate. */
  readonly limits: readonly Limit[];
}

/** A threshold beside the figure that it is on. */
export interface Limit {
  /** The metric that it is on: the row's own, or the rate that its errors come from. */
  readonly metric: string;
  /** A figure of the row, or another one that is not shown. */
  readonly of: 'p50' | 'p90' | 'p95' | 'p99' | 'max' | 'errorRate' | 'other';
  /** As it was written, such as `p(95)<500`. */
  readonly expression: string;
  /** As it is compared: ms, or 0–1 for `errorRate` (where the threshold is on a success rate, 1 − it). */
  readonly limit: number;
  readonly ok: boolean;
}

/** One value for each window of virtual time, the oldest first; the window that is open is left out. */
export interface Series {
  readonly windowUs: number;
  /** Requests that were answered or timed out, a second. */
  readonly requestsPerSecond: readonly number[];
  /** Percentiles of `requests` in the window alone, ms; 0 where there was none. */
  readonly p50Ms: readonly number[];
  readonly p95Ms: readonly number[];
  readonly p99Ms: readonly number[];
  /** Requests that failed, a second. */
  readonly errorsPerSecond: readonly number[];
  /** At the window's end. */
  readonly outstandingConflicts: readonly number[];
  /** Requests that wait at the relay, at the window's end. */
  readonly relayQueue: readonly number[];
  /** Share of the relay's workers that were busy, 0–1. */
  readonly relayUse: readonly number[];
  /** By kind of fault: how often it fired. */
  readonly faults: Readonly<Record<string, readonly number[]>>;
}

export interface ConflictCounts {
  readonly concurrentEdits: number;
  readonly resolved: number;
  readonly outstanding: number;
  /** 95th percentile of `conflict_resolution_time`: until the slowest online member has it, ms; null without a sample. */
  readonly lagP95Ms: number | null;
}

/** Each device counts once: crashed before suspended, before offline, before partitioned. */
export interface DeviceCounts {
  readonly total: number;
  readonly online: number;
  readonly offline: number;
  readonly partitioned: number;
  readonly suspended: number;
  readonly crashed: number;
}

export interface RelayLoad {
  /** Requests that wait, workers at work, and workers there are. */
  readonly queued: number;
  readonly busy: number;
  readonly workers: number;
  /** Under the wall clock there is no model of it. */
  readonly isModelled: boolean;
}

export interface FaultNews {
  /** How often each enabled kind has fired, those of messages too. */
  readonly fired: Readonly<Record<string, number>>;
  /** Those that happen at a time, the latest first. */
  readonly latest: readonly FaultLine[];
}

export interface FaultLine {
  readonly atUs: number;
  readonly kind: string;
  /** The device struck; −1 is the relay. */
  readonly device: number;
  /** How long it lasts, µs; 0 for what happens at once. */
  readonly lengthUs: number;
}

export interface FindingNews {
  readonly atUs: number;
  readonly oracle: string;
  readonly kind: FindingKind;
  readonly signature: string;
  /** One line that tells it. */
  readonly story: string;
}

/** The distribution of a trend. */
export interface OperationHistogram {
  readonly metric: string;
  readonly count: number;
  /** Bars from the smallest value to the greatest, each wider than the one before by the same factor, as far as buckets allow. */
  readonly bars: readonly { readonly fromMs: number; readonly toMs: number; readonly count: number }[];
}

export type DeviceState = 'online' | 'offline' | 'partitioned' | 'suspended' | 'crashed';

/** Devices that are furthest behind or in trouble first. */
export interface DeviceRows {
  readonly rows: readonly DeviceRow[];
  /** How many there are in all. */
  readonly total: number;
}

export interface DeviceRow {
  readonly device: number;
  readonly ledger: string;
  readonly state: DeviceState;
  /** Changes that it has still to push. */
  readonly outbox: number;
  /** Positions of the log that it has still to pull; null where there are none to compare (dialect 1.0). */
  readonly behind: number | null;
  readonly incarnation: number;
}
