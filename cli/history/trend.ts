// How a figure went from run to run: its values in groups that can be compared, with the changes of level in each. It must
// not know where runs are kept.

import { type ChangePoint, changePoints } from '../../scenarios/baseline/change-points.ts';
import { visibleLine } from '../../sim/visible-text.ts';
import { decimals, type Paint, percent, short, time } from '../report/format.ts';
import { chartLines } from './chart.ts';
import type { Unit } from './figures.ts';
import type { KeptRun, KeptValue } from './store.ts';

/** Runs of one scenario, profile, clock and side, the oldest first. */
export interface Trend {
  readonly scenario: string;
  readonly profile: string;
  readonly clock: string;
  readonly side: string;
  readonly unit: Unit;
  readonly points: readonly { readonly run: KeptRun; readonly value: number }[];
  readonly changes: readonly ChangePoint[];
}

const ROWS = 8;

/** The values in groups, each with its changes of level; groups in the order of their first runs. */
export function trendsOf(values: readonly KeptValue[]): Trend[] {
  const groups = new Map<string, KeptValue[]>();
  for (const value of values) {
    const { scenario, profile, clock, side } = value.run;
    const key = JSON.stringify([scenario, profile, clock, side, value.unit]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return [...groups.values()].map((group) => {
    const { run, unit } = group[0]!;
    const { scenario, profile, clock, side } = run;
    const changes = changePoints(group.map(({ value }) => value));
    return { scenario, profile, clock, side, unit, points: group, changes };
  });
}

/** A trend as it is drawn on a terminal of so many columns. */
export function trendText(metric: string, trend: Trend, columns: number, paint: Paint): string {
  const { points, changes, unit } = trend;
  const text = (value: number): string => valueText(value, unit);
  const prefix = `${trend.scenario}.`;
  const first = points[0]!.run;
  const last = points.at(-1)!.run;
  const where = [trend.scenario, trend.profile, `${trend.clock} clock`, trend.side].map(visibleLine).join(' · ');
  const lines = [
    paint('bold', visibleLine(metric.startsWith(prefix) ? metric : `${prefix}${metric}`)),
    paint('dim', `${where} · ${points.length} ${points.length === 1 ? 'run' : 'runs'}`),
    '',
    ...chartLines(
      points.map(({ value }) => value),
      {
        columns,
        rows: ROWS,
        text,
        ends: [endText(first), endText(last)],
        marked: changes.map(({ index }) => index),
        paint,
      },
    ),
    '',
    `last ${text(points.at(-1)!.value)}`,
  ];
  for (const change of changes) lines.push(`${paint('yellow', '▲')} ${changeText(change, trend, text)}`);
  return `${lines.join('\n')}\n`;
}

function endText(run: KeptRun): string {
  return `run ${run.id}, ${run.savedAt.slice(0, 10)}`;
}

/** `since run 12 (commit abc1234): +23%, 64.1ms → 78.9ms`. */
function changeText(
  { index, before, after, change, pValue }: ChangePoint,
  { points }: Trend,
  text: (value: number) => string,
): string {
  const { run } = points[index]!;
  const earlier = points[index - 1]!.run;
  const why = [
    ...(run.commit === null ? [] : [`commit ${visibleLine(run.commit.slice(0, 7))}`]),
    ...(run.configHash === earlier.configHash ? [] : ['another configuration']),
    ...(run.toolVersion === earlier.toolVersion ? [] : [`version ${visibleLine(run.toolVersion)}`]),
  ];
  const size =
    change === null ? '' : `${change > 0 ? '+' : ''}${decimals(change * 100, Math.abs(change) < 0.1 ? 1 : 0)}%, `;
  const chance = pValue < 1e-6 ? 'p < 0.000001' : `p = ${pValue.toPrecision(2)}`;
  const told = why.length === 0 ? '' : ` (${why.join(', ')})`;
  return `since run ${run.id}${told}: ${size}${text(before)} → ${text(after)} (${chance})`;
}

/** A value as people read it. */
export function valueText(value: number, unit: Unit): string {
  if (unit === 'ms') return time(value);
  if (unit === 'share') return percent(value);
  return unit === 'perSecond' ? `${short(value)}/s` : short(value);
}
