// Charts of a capacity answer in characters: p95 against users with the objective drawn in, use of each part, and the
// surface of a sweep as a heat map. It must not know how the figures came about.
import { marginOf } from '../../scenarios/capacity/objectives.ts';
import type { CapacityPoint, Sweep } from '../../scenarios/capacity/result.ts';
import { visibleLine } from '../../sim/visible-text.ts';
import { grouped, percent, short, time } from '../report/format.ts';

const ROWS = 10;
const COLUMNS_MAX = 72;
const LEFT = 9;
/** From all well to missed by far. */
const SHADES = [' ', '░', '▒', '▓', '█'] as const;

/** The objective's metric and limit in ms where it is on a time. */
export function timeLimit(points: readonly Pick<CapacityPoint, 'objectives'>[]): number | null {
  for (const { objectives } of points) {
    for (const { metric, expression } of objectives) {
      const match = /^\s*(?:p\(|med|avg|mean|max|min).*?<=?\s*(\d+(?:\.\d+)?)\s*$/.exec(expression);
      if (match !== null && /(time|latency|requests)$/.test(metric)) return Number(match[1]);
    }
  }
  return null;
}

/** One p95 for each load: the mean of its points. */
export function byUsers(points: readonly CapacityPoint[]): { users: number; p95Ms: number; points: CapacityPoint[] }[] {
  const grouping = new Map<number, CapacityPoint[]>();
  for (const point of points) {
    if (point.p95Ms !== null) grouping.set(point.users, [...(grouping.get(point.users) ?? []), point]);
  }
  return [...grouping]
    .sort(([a], [b]) => a - b)
    .map(([users, all]) => ({
      users,
      points: all,
      p95Ms: all.reduce((sum, { p95Ms }) => sum + p95Ms!, 0) / all.length,
    }));
}

/** p95 of all requests against users, both logarithmic, and how busy the parts were at the load nearest to the answer. */
export function lineChart(points: readonly CapacityPoint[], answer: number, columns: number): string[] {
  const loads = byUsers(points);
  const limit = timeLimit(points);
  const values = [...loads.map(({ p95Ms }) => p95Ms), ...(limit === null ? [] : [limit])].map((ms) =>
    Math.max(ms, 0.01),
  );
  const [low, high] = [Math.min(...values) * 0.9, Math.max(...values) * 1.1];
  const width = Math.max(10, Math.min(COLUMNS_MAX, columns - LEFT - 3));
  const [first, last] = [loads[0]!.users, loads.at(-1)!.users];
  const x = (users: number): number => Math.round((Math.log(users / first) / Math.log(last / first)) * (width - 1));
  const y = (ms: number): number =>
    Math.round((1 - Math.log(Math.max(ms, 0.01) / low) / Math.log(high / low)) * (ROWS - 1));
  const grid = Array.from({ length: ROWS }, () => Array.from({ length: width }, () => ' '));
  if (limit !== null) grid[y(limit)]!.fill('┄');
  for (const { users, p95Ms } of loads) grid[y(p95Ms)]![x(users)] = users <= answer ? '●' : '○';
  const labels = new Map([
    [0, time(high)],
    [ROWS - 1, time(low)],
    ...(limit === null ? [] : [[y(limit), time(limit)] as const]),
  ]);
  const axis = `${grouped(first)}${grouped(last).padStart(width - grouped(first).length)}`;
  return [
    'p95 of requests against users (● keeps the objectives, ○ misses them)',
    ...grid.map((row, at) => `${(labels.get(at) ?? '').padStart(LEFT)} ┤${row.join('').trimEnd()}`),
    `${' '.repeat(LEFT)} └${'─'.repeat(width)}`,
    `${' '.repeat(LEFT + 2)}${axis}`,
    ...useBars(loads, answer),
  ];
}

function useBars(loads: readonly { users: number; points: CapacityPoint[] }[], answer: number): string[] {
  const nearest = loads.toSorted((a, b) => Math.abs(a.users - answer) - Math.abs(b.users - answer))[0]!;
  const { use } = nearest.points.at(-1)!;
  if (use.length === 0) return [];
  const width = Math.max(...use.map(({ part }) => part.length));
  return [
    '',
    `use of each part at ${grouped(nearest.users)} users`,
    ...use.map(({ part, share }) => {
      const held = Math.min(1, share);
      return `  ${part.padEnd(width)}  ${'█'.repeat(Math.round(held * 30)).padEnd(30, '·')} ${percent(held)}`;
    }),
  ];
}

/** How hot a cell is: 0 far from any limit, 4 missed by far. */
export function heatOf(point: Pick<CapacityPoint, 'objectives' | 'isMet'>): number {
  const margins = point.objectives.map((objective) => marginOf(objective) ?? (objective.ok ? 1 : -1));
  const margin = Math.min(...margins, Number.POSITIVE_INFINITY);
  if (point.isMet) return margin > Math.log(2) ? 0 : 1;
  return margin > -Math.log(2) ? 2 : margin > -Math.log(5) ? 3 : 4;
}

/** The first axis downwards and the second across; further axes are in the table alone. Nothing for one axis. */
export function heatMap({ axes, points }: Sweep, columns: number): string[] {
  if (axes.length < 2) return [];
  const [down, across] = axes as [(typeof axes)[0], (typeof axes)[0]];
  const cell = Math.max(...across.values.map((value) => labelOf(value).length), 7) + 1;
  const left = Math.max(...down.values.map((value) => labelOf(value).length), down.path.length);
  const most = Math.max(1, Math.floor((columns - left - 3) / cell));
  const shown = across.values.slice(0, most);
  const head = `  ${''.padStart(left)} ${shown.map((value) => labelOf(value).padStart(cell)).join('')}`;
  const rows = down.values.map((value) => {
    const cells = shown.map((other) => {
      const found = points.find(({ at }) => at[0] === value && at[1] === other);
      if (found === undefined) return ''.padStart(cell);
      const { p95Ms } = found.point;
      return `${SHADES[heatOf(found.point)]}${(p95Ms === null ? '–' : time(p95Ms)).padStart(cell - 1)}`;
    });
    return `  ${labelOf(value).padStart(left)} ${cells.join('')}`;
  });
  return [
    `  p95 of requests: ${visibleLine(down.path)} downwards, ${visibleLine(across.path)} across; blank and ░ keep the objectives, ▒ ▓ █ miss them`,
    head,
    ...rows,
    '',
  ];
}

function labelOf(value: string | number | boolean): string {
  return typeof value === 'number' ? (value >= 1000 ? grouped(value) : short(value)) : visibleLine(String(value));
}
