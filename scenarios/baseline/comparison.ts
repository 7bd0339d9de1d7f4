// What a comparison with a baseline comes to, as data: which figures moved, how far, what else changed. It must not know
// how runs are made, nor how a comparison is shown.

import type { Finding } from '../../models/finding.ts';
import type { ThresholdResult } from '../thresholds.ts';

/** How bad a figure is by the table of limits; `inconclusive` where noise hides it. */
export type Level = 'ok' | 'warning' | 'critical' | 'inconclusive';

/** How a figure is read: ms, a share 0–1, times a second, or a plain count. */
export type Unit = 'ms' | 'share' | 'perSecond' | 'count';

/** One figure before and after. */
export interface ComparedFigure {
  readonly metric: string;
  /** `p95`, `rate`, `perSecond` … */
  readonly statistic: string;
  readonly unit: Unit;
  /** Null where a side has no sample. */
  readonly before: number | null;
  readonly after: number | null;
  /** after ÷ before − 1; null where it cannot be said. */
  readonly change: number | null;
  readonly level: Level;
  /** Why it is not ok, with the limit: `+61.2%, limit +50%`; empty where it is ok. */
  readonly reason: string;
  /** Under the wall clock: what the pairs say. Left out in simulated runs, which have no noise. */
  readonly noise?: Noise;
}

/** What pairs of runs say of a figure. */
export interface Noise {
  /** The 95% interval of head ÷ base. */
  readonly low: number;
  readonly high: number;
  readonly pValue: number;
  readonly pairs: number;
  /** `worse` and `better` where the difference is real; what a real one costs, the table of limits says. */
  readonly verdict: 'same' | 'worse' | 'better' | 'inconclusive';
}

/** What is another one than when the baseline was made. */
export interface Change {
  readonly what: 'configuration' | 'workload' | 'model' | 'engine';
  /** One line: a key with both values, a version with both. */
  readonly detail: string;
}

/** One run beside its baseline. */
export interface BaselineComparison {
  readonly profile: string;
  readonly scenario: string;
  /** The baseline's file. */
  readonly file: string;
  /**
   * `unchanged`: the same trace. `changed`: another one; the limits decide. `incomparable`: the workload is another one, so
   * its figures say nothing of speed. `missing`: there is no baseline. `failed`: the run broke off.
   */
  readonly state: 'unchanged' | 'changed' | 'incomparable' | 'missing' | 'failed';
  readonly changes: readonly Change[];
  /** All figures with a limit first, then others that moved. */
  readonly figures: readonly ComparedFigure[];
  readonly findings: readonly Finding[];
  readonly thresholds: readonly ThresholdResult[];
  readonly traceHash: { readonly before: string | null; readonly after: string | null };
  /** Of this run alone. */
  readonly exitCode: number;
}

/** What `squall baseline check --json` leaves. */
export interface BaselineCheck {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: string; readonly version: string };
  readonly runtime: { readonly node: string; readonly v8: string; readonly lockHash: string };
  readonly comparisons: readonly BaselineComparison[];
  readonly exitCode: number;
}
