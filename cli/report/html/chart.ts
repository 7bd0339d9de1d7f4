// What a chart over virtual time shows, as data: both the static picture and the one that can be zoomed are made of it.
// It must not know how it is drawn.

import type { Unit } from '../../../scenarios/baseline/comparison.ts';
import { logTicks } from './axis.ts';

/** A line of a chart: a value for each window, the first window begins at 0. */
export interface ChartLine {
  readonly label: string;
  /** Which of the page's colours: 1–6. */
  readonly color: number;
  readonly isDashed: boolean;
  readonly windowMs: number;
  /** Null where there is none. */
  readonly values: readonly (number | null)[];
}

/** A threshold at its height. */
export interface ChartLimit {
  readonly label: string;
  readonly value: number;
  readonly ok: boolean;
}

/** An instant that all charts show. */
export interface ChartMark {
  readonly atMs: number;
  readonly label: string;
}

export interface Chart {
  /** Unique on the page; letters, digits and `-`. */
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly endMs: number;
  /** A logarithmic axis, for values that span powers of ten; none of them is 0 then. */
  readonly isLog: boolean;
  readonly lines: readonly ChartLine[];
  readonly limits: readonly ChartLimit[];
  readonly marks: readonly ChartMark[];
  /** Ends of phases, ms. */
  readonly bounds: readonly number[];
}

/** Values that span more than this many times the least are drawn on a logarithmic axis, where that can be. */
export const LINEAR_SPAN = 25;

/** A limit so far above all values is said and not drawn: the lines would be flat. */
const LIMIT_REACH = 8;

/** The greatest value that the axis must hold, and the limits that stand within it. */
export function extentOf({ lines, limits }: Pick<Chart, 'lines' | 'limits'>): {
  readonly top: number;
  readonly drawn: readonly ChartLimit[];
  readonly beyond: readonly ChartLimit[];
} {
  let top = 0;
  for (const { values } of lines) for (const value of values) if (value !== null && value > top) top = value;
  const isDrawn = ({ value }: ChartLimit): boolean => top === 0 || value <= top * LIMIT_REACH;
  const drawn = limits.filter(isDrawn);
  return {
    top: Math.max(top, ...drawn.map(({ value }) => value * 1.04)),
    drawn,
    beyond: limits.filter((limit) => !isDrawn(limit)),
  };
}

/** Ends of a logarithmic axis that holds all values and the limits that are drawn. */
export function rangeOf(chart: Pick<Chart, 'lines' | 'limits'>): readonly [low: number, high: number] {
  const ticks = logTicks(leastOf(chart.lines), extentOf(chart).top);
  return [ticks[0]!, ticks.at(-1)!];
}

/** The least value above 0; 1 where there is none. */
export function leastOf(lines: readonly Pick<ChartLine, 'values'>[]): number {
  let least = Infinity;
  for (const { values } of lines)
    for (const value of values) if (value !== null && value > 0 && value < least) least = value;
  return Number.isFinite(least) ? least : 1;
}
