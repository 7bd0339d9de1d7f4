// Which charts a run has over virtual time, or two runs beside each other, and which thresholds stand in them. It must not
// know how they are drawn.

import type { StoredResult } from '../../../scenarios/result-file.ts';
import { parseThreshold } from '../../../scenarios/thresholds.ts';
import type { SeriesName, Timeline } from '../../../scenarios/timeline.ts';
import type { Unit } from '../../../scenarios/baseline/comparison.ts';
import { time } from '../format.ts';
import {
  type Chart,
  type ChartLimit,
  type ChartLine,
  type ChartMark,
  extentOf,
  leastOf,
  LINEAR_SPAN,
} from './chart.ts';

/** A run that is drawn, and what it is called beside another. */
export interface DrawnRun {
  readonly name: string;
  readonly result: StoredResult & { readonly timeline: Timeline };
}

interface Kind {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly series: readonly { readonly of: SeriesName; readonly label: string; readonly color: number }[];
  /** Zero is no value. */
  readonly isBlankAtZero?: true;
}

const KINDS: readonly Kind[] = [
  {
    id: 'requests',
    title: 'Requests per second',
    unit: 'perSecond',
    series: [{ of: 'requestsPerSecond', label: 'requests/s', color: 1 }],
  },
  {
    id: 'latency',
    title: 'Response time',
    unit: 'ms',
    isBlankAtZero: true,
    series: [
      { of: 'p50Ms', label: 'p50', color: 4 },
      { of: 'p95Ms', label: 'p95', color: 1 },
      { of: 'p99Ms', label: 'p99', color: 3 },
    ],
  },
  {
    id: 'errors',
    title: 'Errors per second',
    unit: 'perSecond',
    series: [{ of: 'errorsPerSecond', label: 'errors/s', color: 5 }],
  },
  {
    id: 'conflicts',
    title: 'Outstanding conflicts',
    unit: 'count',
    series: [{ of: 'outstandingConflicts', label: 'conflicts', color: 2 }],
  },
  {
    id: 'queue',
    title: 'Requests waiting at the relay',
    unit: 'count',
    series: [{ of: 'relayQueue', label: 'waiting', color: 6 }],
  },
  {
    id: 'use',
    title: 'Use of the relay’s workers',
    unit: 'share',
    series: [{ of: 'relayUse', label: 'use', color: 6 }],
  },
];

const PERCENTILE_OF: Readonly<Record<string, number>> = { p50Ms: 50, p95Ms: 95, p99Ms: 99 };

/** Virtual time that the charts of some runs span, ms. */
export function endOf(runs: readonly DrawnRun[]): number {
  return Math.max(1, ...runs.map(({ result }) => result.durationMs));
}

/**
 * The charts of one run, or of two. What stayed 0 all the time is no chart, but a name in `flat`.
 * @param prefix begins the charts' ids
 */
export function chartsOf(
  runs: readonly DrawnRun[],
  prefix: string,
): { readonly charts: readonly Chart[]; readonly flat: readonly string[] } {
  const charts: Chart[] = [];
  const flat: string[] = [];
  for (const kind of runs.length > 1 ? KINDS.flatMap(apart) : KINDS) {
    const chart = chartOf(kind, runs, prefix);
    if (chart.lines.every(({ values }) => values.every((value) => value === null || value === 0)))
      flat.push(kind.title);
    else charts.push(chart);
  }
  return { charts, flat };
}

/** Beside another run each percentile has a chart of its own. */
function apart(kind: Kind): Kind[] {
  if (kind.series.length === 1) return [kind];
  return kind.series.map((series) => ({
    ...kind,
    id: `${kind.id}-${series.label}`,
    title: `${kind.title} ${series.label}`,
    series: [series],
  }));
}

function chartOf(kind: Kind, runs: readonly DrawnRun[], prefix: string): Chart {
  const isPair = runs.length > 1;
  const lines = runs.flatMap(({ name, result }, run): ChartLine[] =>
    kind.series.map(({ of, label, color }) => ({
      label: isPair ? name : label,
      color: isPair ? run + 1 : color,
      isDashed: run > 0,
      windowMs: result.timeline.windowMs,
      values: valuesOf(result.timeline, of, kind.isBlankAtZero === true),
    })),
  );
  const limits = limitsOf(kind, runs);
  const isLog = kind.isBlankAtZero === true && extentOf({ lines, limits: [] }).top / leastOf(lines) > LINEAR_SPAN;
  return {
    id: `${prefix}-${kind.id}`,
    title: kind.title,
    unit: kind.unit,
    endMs: endOf(runs),
    isLog,
    lines,
    limits,
    marks: runs.flatMap(({ name, result }) => marksOf(result, isPair ? name : undefined)),
    bounds: isPair ? [] : boundsOf(runs[0]!.result.timeline),
  };
}

function valuesOf({ series }: Timeline, of: SeriesName, isBlankAtZero: boolean): (number | null)[] {
  return (series[of] ?? []).map((value) => (isBlankAtZero && value === 0 ? null : value));
}

function boundsOf({ phases }: Timeline): number[] {
  return phases.slice(1).map(({ startMs }) => startMs);
}

/** Findings by the instant at which they were judged, those of one instant together. */
function marksOf({ findings }: StoredResult, name: string | undefined): ChartMark[] {
  const byTime = new Map<number, string[]>();
  for (const { atUs, signature } of findings) {
    const atMs = atUs / 1000;
    const others = byTime.get(atMs) ?? [];
    if (others.length < 5 && !others.includes(signature)) others.push(signature);
    byTime.set(atMs, others);
  }
  const where = name === undefined ? '' : `${name}, `;
  return [...byTime].map(([atMs, found]) => ({ atMs, label: `${where}${time(atMs)}: ${found.join(', ')}` }));
}

/**
 * Thresholds on the percentiles that a chart draws. They are on all requests of a run; a window may lie beyond one that held.
 */
function limitsOf(kind: Kind, runs: readonly DrawnRun[]): ChartLimit[] {
  const limits: ChartLimit[] = [];
  for (const { result } of runs) {
    for (const { metric, expression, ok } of result.thresholds) {
      if (metric !== 'requests') continue;
      const limit = limitOf(metric, expression);
      const isDrawn = kind.series.some(({ of }) => PERCENTILE_OF[of] === limit?.percentile);
      if (limit === undefined || !isDrawn) continue;
      const at = limits.findIndex(({ label }) => label === expression);
      if (at < 0) limits.push({ label: expression, value: limit.value, ok });
      else if (!ok) limits[at] = { ...limits[at]!, ok };
    }
  }
  return limits;
}

function limitOf(metric: string, expression: string): { percentile: number; value: number } | undefined {
  try {
    const { statistic, limit } = parseThreshold(metric, expression);
    return statistic.of === 'percentile' ? { percentile: statistic.percentile, value: limit } : undefined;
  } catch {
    // A result of another version may have expressions that this one does not know.
    return undefined;
  }
}
