// What was predicted beside what was measured: for each point of load the figures of the model, those of the real relay
// over several repeats, and how far these are from each other. It must not know how any of it was run.

import type { MetricResult } from '../../sim/metric-kinds.ts';
import { medianOf } from '../baseline/bootstrap.ts';

/** A figure of a metric: `push_response_time p95`. */
export interface VerifiedFigure {
  readonly metric: string;
  readonly statistic: string;
}

/** One load, as it was predicted once and measured several times; the order of repeats is that in which they ran. */
export interface VerifiedLoad {
  readonly users: number;
  readonly predicted: Sample;
  readonly measured: readonly Sample[];
}

/** What a run says of itself. */
export interface Sample {
  readonly metrics: readonly MetricResult[];
  /** Requests that users had answered, a second of the hold. */
  readonly achieved: number;
  /** Why its figures are not to be relied on; empty where they are. */
  readonly reasons: readonly string[];
}

/** One figure at one load. */
export interface VerifiedRow extends VerifiedFigure {
  readonly users: number;
  /** Null where the metric has no samples. */
  readonly predicted: number | null;
  /** The median of the repeats, and their least and greatest. */
  readonly measured: { readonly median: number; readonly low: number; readonly high: number } | null;
  /** Half of the range of the repeats ÷ their median: a prediction that is nearer cannot be told from a repeat. */
  readonly noise: number | null;
  /** predicted ÷ measured − 1. */
  readonly error: number | null;
  /** Whether the prediction lies within the range of the repeats. */
  readonly isWithinRepeats: boolean;
}

/** What a verification comes to. */
export interface Verification {
  readonly rows: readonly VerifiedRow[];
  /** Of the absolute errors; null where there is none. */
  readonly medianError: number | null;
  readonly worstError: number | null;
  /** Why measurements are not to be relied on, each once. */
  readonly reasons: readonly string[];
}

/** The rate that users reach, in the place of a metric. */
export const ACHIEVED: VerifiedFigure = { metric: 'achieved_rate', statistic: 'perSecond' };

/** Lays predictions and measurements side by side, loads in their order, figures in theirs. */
export function verificationOf(loads: readonly VerifiedLoad[], figures: readonly VerifiedFigure[]): Verification {
  const rows = loads.flatMap((load) => figures.map((figure) => rowOf(load, figure)));
  const errors = rows.flatMap(({ error }) => (error === null ? [] : [Math.abs(error)])).sort((a, b) => a - b);
  const reasons = loads.flatMap(({ measured }) => measured.flatMap((sample) => sample.reasons));
  return {
    rows,
    medianError: errors.length === 0 ? null : medianOf(errors),
    worstError: errors.at(-1) ?? null,
    reasons: [...new Set(reasons)],
  };
}

function rowOf({ users, predicted, measured }: VerifiedLoad, { metric, statistic }: VerifiedFigure): VerifiedRow {
  const figureOf = (sample: Sample): number | null =>
    metric === ACHIEVED.metric ? sample.achieved : valueOf(sample.metrics, metric, statistic);
  const before = figureOf(predicted);
  const values = measured.map(figureOf).filter((value) => value !== null);
  values.sort((a, b) => a - b);
  const base = { users, metric, statistic, predicted: before };
  if (values.length === 0) return { ...base, measured: null, noise: null, error: null, isWithinRepeats: false };
  const median = medianOf(values);
  const [low, high] = [values[0]!, values.at(-1)!];
  return {
    ...base,
    measured: { median, low, high },
    noise: median === 0 ? null : (high - low) / 2 / median,
    error: before === null || median === 0 ? null : before / median - 1,
    isWithinRepeats: before !== null && before >= low && before <= high,
  };
}

/** A value of a metric; null where it is not there, or has no samples. */
function valueOf(metrics: readonly MetricResult[], name: string, statistic: string): number | null {
  const metric = metrics.find((each) => each.name === name);
  if (metric === undefined) return null;
  const values: Readonly<Record<string, number>> = metric.values;
  if (metric.type !== 'counter' && (values['count'] ?? values['total']) === 0) return null;
  return values[statistic] ?? null;
}
