// What a run must reach to pass: expressions on metrics as load testers write them, `p(95)<500`. It must not know how
// metrics come about, nor how a verdict is shown.

import { InputError } from '../sim/errors.ts';
import { Histogram, millisecondsOf } from '../sim/histogram.ts';
import type { Metric } from '../sim/metric-kinds.ts';
import type { Metrics } from '../sim/metrics.ts';
import { nearestName, oneOfNames } from './nearest.ts';

/** By metric, the expressions that must all hold. */
export type Thresholds = Readonly<Record<string, readonly string[]>>;

export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';

/** What is compared: a percentile (0–100), or a statistic by its name. */
export type Statistic =
  | { of: 'percentile'; percentile: number }
  | { of: 'mean' | 'min' | 'max' | 'count' | 'rate' | 'value' };

/** One expression, read. */
export type Threshold = {
  metric: string;
  /** As it was written. */
  expression: string;
  statistic: Statistic;
  comparison: Comparison;
  /** Milliseconds for the times of a trend, 0–1 for a rate, times a second for the rate of a counter. */
  limit: number;
};

/** One expression, judged. `value` is null where the metric was never sampled. */
export type ThresholdResult = { metric: string; expression: string; value: number | null; ok: boolean };

const EXPRESSION = /^\s*(?:p\(\s*(\d+(?:\.\d+)?)\s*\)|([a-z]+))\s*(<=|>=|===?|!=|<|>)\s*(-?\d+(?:\.\d+)?)\s*$/;
const EXAMPLES = 'such as p(95)<500, avg<200, med<=100, max<5000, count>0, rate>0.95';

const STATISTICS: Readonly<Record<string, Statistic>> = {
  avg: { of: 'mean' },
  mean: { of: 'mean' },
  med: { of: 'percentile', percentile: 50 },
  min: { of: 'min' },
  max: { of: 'max' },
  count: { of: 'count' },
  rate: { of: 'rate' },
  value: { of: 'value' },
};

/** What each type of metric can be asked for, in the words of an expression. */
const ASKABLE: Readonly<Record<Metric['type'], string>> = {
  trend: 'p(x), med, avg, mean, min, max, count',
  rate: 'rate, count',
  counter: 'count, rate',
  gauge: 'value, min, max, count',
};

/**
 * Reads one expression: `p(x)`, `med`, `avg` or `mean`, `min`, `max`, `count`, `rate` or `value`, then `<`, `<=`, `>`,
 * `>=`, `==` or `!=`, then a number.
 * @throws InputError at `thresholds.<metric>` where it is none
 */
export function parseThreshold(metric: string, expression: string): Threshold {
  const match = EXPRESSION.exec(expression);
  if (match === null) throw new InputError(`thresholds.${metric}`, expression, EXAMPLES);
  const [, percentile, word, comparison, limit] = match;
  const statistic = percentile === undefined ? named(word!) : percentileOf(Number(percentile));
  if (statistic === undefined) throw new InputError(`thresholds.${metric}`, expression, EXAMPLES);
  return {
    metric,
    expression,
    statistic,
    comparison: (comparison === '===' ? '==' : comparison) as Comparison,
    limit: Number(limit),
  };
}

/** Reads all expressions, in the order in which they stand. */
export function parseThresholds(thresholds: Thresholds): Threshold[] {
  return Object.entries(thresholds).flatMap(([metric, expressions]) =>
    expressions.map((expression) => parseThreshold(metric, expression)),
  );
}

/**
 * Refuses thresholds that the metrics of a run cannot answer, before it runs: a name that no metric has, a percentile
 * of a rate. To be called when every metric is registered.
 * @throws InputError that names the nearest metric, or says what this one can be asked for
 */
export function checkThresholds(thresholds: Thresholds, metrics: Metrics): void {
  for (const threshold of parseThresholds(thresholds)) {
    const metric = metrics.find(threshold.metric);
    if (metric === undefined) throw unknownMetric(threshold, metrics.names);
    valueOf(metric, threshold, 0);
  }
}

/**
 * Judges all expressions over the whole run, in the order in which they stand.
 *
 * A threshold whose metric was never sampled has the value null and is not ok: a check that cannot fail is worth
 * nothing. A count of 0 is known, not unsampled, and is judged. Compared is what is shown: times in milliseconds with
 * three decimals.
 * @param durationUs the virtual time over which the rate of a counter is taken
 * @throws InputError where an expression is none, or does not fit its metric
 */
export function judge(thresholds: Thresholds, metrics: Metrics, durationUs: number): ThresholdResult[] {
  const total = new Histogram();
  return parseThresholds(thresholds).map((threshold) => {
    const metric = metrics.find(threshold.metric);
    const value = metric === undefined ? null : valueOf(metric, threshold, durationUs, total);
    const ok = value !== null && holds(value, threshold.comparison, threshold.limit);
    return { metric: threshold.metric, expression: threshold.expression, value, ok };
  });
}

function unknownMetric({ metric, expression }: Threshold, names: readonly string[]): InputError {
  const near = nearestName(metric, names);
  const expected = near === undefined ? oneOfNames(metric, names) : `a known metric (did you mean ${near}?)`;
  return new InputError(`thresholds.${metric}`, expression, expected);
}

function named(word: string): Statistic | undefined {
  return Object.hasOwn(STATISTICS, word) ? STATISTICS[word] : undefined;
}

function percentileOf(percentile: number): Statistic | undefined {
  return percentile <= 100 ? { of: 'percentile', percentile } : undefined;
}

/** The value of a statistic, or null where nothing was sampled. @param memory for what a trend adds up to */
function valueOf(metric: Metric, threshold: Threshold, durationUs: number, memory?: Histogram): number | null {
  const { statistic } = threshold;
  switch (metric.type) {
    case 'trend': {
      if (statistic.of === 'count') return metric.count;
      if (statistic.of === 'rate' || statistic.of === 'value') return refuse(metric, threshold);
      if (metric.count === 0) return null;
      const total = metric.total(memory);
      if (statistic.of === 'percentile') return millisecondsOf(total.percentilesUs([statistic.percentile])[0]!);
      if (statistic.of === 'mean') return millisecondsOf(total.meanUs);
      return millisecondsOf(statistic.of === 'min' ? total.minUs : total.maxUs);
    }
    case 'rate':
      if (statistic.of === 'count') return metric.total;
      if (statistic.of !== 'rate') return refuse(metric, threshold);
      return metric.total === 0 ? null : metric.rate;
    case 'counter':
      if (statistic.of === 'count') return metric.value;
      if (statistic.of !== 'rate') return refuse(metric, threshold);
      return durationUs === 0 ? 0 : (metric.value * 1e6) / durationUs;
    case 'gauge': {
      if (statistic.of === 'count') return metric.count;
      if (statistic.of !== 'value' && statistic.of !== 'min' && statistic.of !== 'max')
        return refuse(metric, threshold);
      return metric.count === 0 ? null : metric.levels()[statistic.of];
    }
  }
}

function refuse(metric: Metric, threshold: Threshold): never {
  throw new InputError(
    `thresholds.${metric.name}`,
    threshold.expression,
    `for a ${metric.type} one of ${ASKABLE[metric.type]}`,
  );
}

function holds(value: number, comparison: Comparison, limit: number): boolean {
  switch (comparison) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '==':
      return value === limit;
    case '!=':
      return value !== limit;
  }
}
