// The figures of a run by name, for those who put two beside each other. It must not know how they are shown beside.

import type { Unit } from '../../scenarios/baseline/comparison.ts';
import type { StoredResult } from '../../scenarios/result-file.ts';
import { decimals, grouped, percent, short, time } from './format.ts';

/** One figure and how it is read. */
export interface Figure {
  readonly unit: Unit;
  readonly value: number;
}

/** `push_response_time p95` … in the result's order; what has no sample is left out. */
export function figuresOf({ metrics }: Pick<StoredResult, 'metrics'>): Map<string, Figure> {
  const figures = new Map<string, Figure>();
  for (const { name, type, values } of metrics) {
    if (type === 'trend' && values.count > 0) {
      for (const key of ['p50', 'p95', 'p99', 'max'] as const) {
        figures.set(`${name} ${key}`, { unit: 'ms', value: values[key] });
      }
    } else if (type === 'rate' && values.total > 0) {
      figures.set(`${name} rate`, { unit: 'share', value: values.rate });
    } else if (type === 'counter') {
      figures.set(`${name} count`, { unit: 'count', value: values.count });
      figures.set(`${name} rate`, { unit: 'perSecond', value: values.perSecond });
    } else if (type === 'gauge' && values.count > 0) {
      figures.set(`${name} value`, { unit: 'count', value: values.value });
    }
  }
  return figures;
}

/** `128ms`, `0.05%`, `41.2/s`, `12,345`. */
export function figureText({ unit, value }: Figure): string {
  switch (unit) {
    case 'ms':
      return time(value);
    case 'share':
      return percent(value);
    case 'perSecond':
      return `${short(value)}/s`;
    case 'count':
      return Number.isInteger(value) ? grouped(value) : decimals(value, 3);
  }
}
