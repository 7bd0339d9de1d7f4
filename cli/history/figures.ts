// The figures of a result as rows: a name, `<metric>.<statistic>`, a value and its unit. It must not know how they are kept.

import type { Result } from '../../scenarios/result.ts';

/** How a figure is read: ms, a share 0–1, times a second, or a plain number. */
export type Unit = 'ms' | 'share' | 'perSecond' | 'number';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
}

/** All figures of a run, and `offered.achieved`. Of a metric without a sample there is its count only. */
export function figuresOf({ metrics, offered }: Pick<Result, 'metrics' | 'offered'>): Figure[] {
  const figures: Figure[] = [{ name: 'offered.achieved', value: offered.achieved, unit: 'perSecond' }];
  for (const { name, type, values } of metrics) {
    const isEmpty = (type === 'trend' || type === 'gauge') && values.count === 0;
    for (const [statistic, value] of Object.entries(values)) {
      if ((isEmpty && statistic !== 'count') || !Number.isFinite(value)) continue;
      figures.push({ name: `${name}.${statistic}`, value, unit: unitOf(type, statistic) });
    }
  }
  return figures;
}

function unitOf(type: Result['metrics'][number]['type'], statistic: string): Unit {
  if (type === 'trend' && statistic !== 'count') return 'ms';
  if (statistic === 'rate') return 'share';
  return statistic === 'perSecond' ? 'perSecond' : 'number';
}
