// The answer of a capacity question, as plain data: what is printed, written as JSON and drawn. It must not know how it
// came about.
import type { Verification } from './verification.ts';
import type { Config } from '../config-schema.ts';
import type { ThresholdResult } from '../thresholds.ts';
import type { CurvePoint } from './knee.ts';
import type { UslFit } from './usl.ts';

/** How busy a part was: 0–1 of what it can do; of refusals, the share of requests that it refused. */
export interface PartUse {
  readonly part: string;
  readonly share: number;
}

/** One run at a steady load, over the hold alone. */
export interface CapacityPoint {
  readonly users: number;
  readonly seed: string;
  readonly isLong: boolean;
  /** Virtual time that was measured, ms. */
  readonly windowMs: number;
  /** Requests per second of users' turns: at nominal latency, and those that were answered. */
  readonly offered: number;
  readonly achieved: number;
  /** Of all requests, ms; null where there was none. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly requests: number;
  /** Share of requests that timed out or were refused. */
  readonly failed: number;
  readonly objectives: readonly ThresholdResult[];
  readonly isMet: boolean;
  /** See PointJudgement. */
  readonly margin: number | null;
  readonly tightest: string | null;
  /** The busiest part first. */
  readonly use: readonly PartUse[];
  /** Bodies that devices sent and received in the window, and what was added to the relay's log, bytes. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly logBytes: number;
  readonly events: number;
}

/** What runs out first, and how busy it was. */
export interface Bottleneck {
  readonly part: string;
  readonly share: number;
  /** In words. */
  readonly because: string;
}

/** Half widths of the interval's parts, relative; null where it is not known. */
export interface IntervalParts {
  /** Spread of the crossing over seeds: the half width of its 95% interval. */
  readonly seeds: number | null;
  /** Half of the last step of the search. */
  readonly search: number;
  /** The calibration's own interval, carried through the search. */
  readonly calibration: number | null;
  /** What is not known of the workload. */
  readonly workload: number | null;
}

export interface CapacityInterval {
  readonly low: number;
  readonly high: number;
  readonly parts: IntervalParts;
}

/** `found`; `never`: one user misses; `always`: met up to the bound, `users`; `unknown`: time ran out before. */
export interface CapacityAnswer {
  readonly kind: 'found' | 'never' | 'always' | 'unknown';
  readonly users: number;
  /** Requests per second of users' turns at `users`. */
  readonly rate: number;
  readonly interval: CapacityInterval;
  readonly bottleneck: Bottleneck | null;
}

/** The load that there is now. */
export interface CurrentLoad {
  readonly users: number;
  readonly isMet: boolean;
  /** Capacity ÷ users; null where there is no capacity. */
  readonly headRoom: number | null;
  readonly p95Ms: number | null;
  /** Whether the load was given, rather than the profile's. */
  readonly isGiven: boolean;
}

/** An axis of a sweep. */
export interface SweepAxis {
  readonly path: string;
  readonly values: readonly (string | number | boolean)[];
}

export interface SweepPoint {
  /** One value for each axis, in their order. */
  readonly at: readonly (string | number | boolean)[];
  readonly point: CapacityPoint;
}

/** A curve of a sweep along users, where all other axes stand still. */
export interface SweepCurve {
  /** The other axes' values in words; empty where there is no other axis. */
  readonly label: string;
  /** Of throughput, and of the 95th percentile of all requests. */
  readonly throughputKnee: CurvePoint | null;
  readonly latencyKnee: CurvePoint | null;
  readonly usl: UslFit | null;
}

export interface Sweep {
  readonly axes: readonly SweepAxis[];
  readonly points: readonly SweepPoint[];
  readonly curves: readonly SweepCurve[];
}

/** What became of a ready question. */
export interface WhatIfAnswer {
  readonly name: string;
  readonly title: string;
  /** Users before and after; null where the question is answered by a verdict. */
  readonly before: number | null;
  readonly after: number | null;
  /** Users of the run that was judged, and its verdict; null where the question is answered by a capacity. */
  readonly users: number | null;
  readonly verdict: string | null;
  readonly bottleneck: Bottleneck | null;
  /** In words. */
  readonly note: string;
}

/** One line of a bill: per active user and month, and all at the end of the horizon. */
export interface CostLine {
  readonly component: 'storage' | 'egress' | 'ingress' | 'instances' | 'store';
  readonly amount: number;
  readonly unit: string;
  readonly perUserMonth: number;
  readonly lastMonth: number;
  readonly total: number;
}

export interface Costs {
  readonly horizonMonths: number;
  readonly currency: string;
  readonly activeUsers: number;
  readonly instances: number;
  readonly lines: readonly CostLine[];
  readonly perUserMonth: number;
  readonly total: number;
}

/** Everything that a capacity question came to. Equal questions give equal answers but for `wallMs`. */
export interface CapacityResult {
  readonly schemaVersion: 1;
  readonly kind: 'capacity';
  readonly tool: { readonly name: string; readonly version: string };
  readonly scenario: string;
  readonly profile: string;
  readonly seed: string;
  /** Objectives by metric. */
  readonly objectives: Readonly<Record<string, readonly string[]>>;
  /** The file of a calibration, as it was given. */
  readonly calibration: string | null;
  readonly config: Config;
  readonly capacity: CapacityAnswer;
  readonly current: CurrentLoad | null;
  readonly points: readonly CapacityPoint[];
  readonly sweep: Sweep | null;
  readonly knee: CurvePoint | null;
  readonly usl: UslFit | null;
  readonly whatIfs: readonly WhatIfAnswer[];
  readonly costs: Costs | null;
  /** The real relay beside the prediction; null where that was not asked for. */
  readonly verification: Verification | null;
  /** Whatever should be known beside it, in words. */
  readonly notes: readonly string[];
  readonly isComplete: boolean;
  readonly wallMs: number;
  readonly exitCode: number;
}
