// The figures of a run that a comparison looks at, picked from what its result or its baseline says. It must not know
// limits' values, nor what a comparison comes to.

import type { MetricResult } from '../../sim/metric-kinds.ts';
import type { Offered } from '../result.ts';
import type { Unit } from './comparison.ts';
import { ACHIEVED_RATE, type Limit, LIMITS } from './limits.ts';

/** What figures are picked from. */
export interface Measured {
  /** Virtual time that passed, ms. */
  readonly durationMs: number;
  readonly offered: Offered;
  readonly metrics: readonly MetricResult[];
}

/** Names one figure. */
export interface FigureName {
  readonly metric: string;
  readonly statistic: string;
  readonly unit: Unit;
  /** The row of the table that holds for it; left out where none does. */
  readonly limit?: Limit;
}

/** All figures with a limit, in the table's order. */
export const LIMITED_FIGURES: readonly FigureName[] = LIMITS.flatMap((limit) =>
  limit.metrics.map((metric) => ({ metric, statistic: limit.statistic, unit: limit.unit, limit })),
);

const isLimited = (metric: string, statistic: string): boolean =>
  LIMITED_FIGURES.some((figure) => figure.metric === metric && figure.statistic === statistic);

/** The figure that stands for a metric as a whole. */
function headlineOf({ type }: MetricResult): Pick<FigureName, 'statistic' | 'unit'> {
  switch (type) {
    case 'trend':
      return { statistic: 'p95', unit: 'ms' };
    case 'rate':
      return { statistic: 'rate', unit: 'share' };
    case 'counter':
      return { statistic: 'count', unit: 'count' };
    case 'gauge':
      return { statistic: 'value', unit: 'count' };
  }
}

/** Figures without a limit that either side has, one for each metric, by name; times before shares before counts. */
export function otherFigures(before: Measured, after: Measured): FigureName[] {
  const byName = new Map<string, FigureName>();
  for (const metric of [...before.metrics, ...after.metrics]) {
    const headline = headlineOf(metric);
    if (!isLimited(metric.name, headline.statistic)) byName.set(metric.name, { metric: metric.name, ...headline });
  }
  const order: readonly Unit[] = ['ms', 'share', 'perSecond', 'count'];
  return [...byName.values()].sort((one, other) => {
    const byUnit = order.indexOf(one.unit) - order.indexOf(other.unit);
    return byUnit !== 0 ? byUnit : one.metric < other.metric ? -1 : 1;
  });
}

/**
 * The value of a figure: ms, a share 0–1, times a second of all virtual time (of the hold for the achieved rate), or a
 * count. Null where it was not sampled.
 */
export function figureOf(measured: Measured, { metric: name, statistic }: FigureName): number | null {
  if (name === ACHIEVED_RATE) return measured.offered.achieved;
  const metric = measured.metrics.find((each) => each.name === name);
  if (metric === undefined) return null;
  const isEmpty = metric.type === 'rate' ? metric.values.total === 0 : metric.values.count === 0;
  if (isEmpty && metric.type !== 'counter') return null;
  if (statistic === 'perSecond' && metric.type === 'trend') {
    return measured.durationMs > 0 ? (metric.values.count * 1000) / measured.durationMs : null;
  }
  const value: unknown = Reflect.get(metric.values, statistic);
  return typeof value === 'number' ? value : null;
}
