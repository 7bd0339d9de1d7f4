// A capacity answer as text for a terminal: the answer first, then the points, and what was asked beside it. It must not
// know how it was found.
import { objectiveTexts } from '../../scenarios/capacity/objectives.ts';
import type { CapacityPoint, CapacityResult, Costs, Sweep, WhatIfAnswer } from '../../scenarios/capacity/result.ts';
import { ACHIEVED, type Verification } from '../../scenarios/capacity/verification.ts';
import { visibleLine } from '../../sim/visible-text.ts';
import { decimals, grouped, type Paint, percent, short, time } from '../report/format.ts';
import { heatMap, lineChart } from './terminal-charts.ts';

/** The whole answer. @param columns of the terminal */
export function capacityText(result: CapacityResult, paint: Paint, columns: number): string {
  return [
    answerLines(result, paint),
    pointLines(result, paint),
    chartLines(result, columns),
    result.sweep === null ? [] : sweepLines(result, result.sweep, paint, columns),
    whatIfLines(result.whatIfs, paint),
    result.costs === null ? [] : costLines(result.costs, paint),
    result.verification === null ? [] : verificationLines(result.verification, paint),
    result.notes.map((note) => `  ${paint('dim', visibleLine(note))}`),
  ]
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

/** The answer in one line, for every form of it. */
export function headline({ capacity, objectives, isComplete }: CapacityResult): string {
  const { kind, users, rate } = capacity;
  const rates = rate > 0 ? `, ${short(rate)} requests/s` : '';
  switch (kind) {
    case 'found':
      return `${grouped(users)} users${rates}`;
    case 'always':
      return `${grouped(users)} users or more${rates}: the objectives hold up to the most that were looked at`;
    case 'never':
      return `none: one user alone misses ${objectiveTexts(objectives).join(' and ')}`;
    case 'unknown': {
      const known = users > 0 ? `at least ${grouped(users)} users, as far as is known` : 'not known';
      return isComplete ? known : `${known}: time ran out`;
    }
  }
}

/** What else the answer is made of, as names and values. */
export function answerFacts({
  capacity,
  current,
  objectives,
  calibration,
  knee,
  usl,
}: CapacityResult): [string, string][] {
  const { interval, bottleneck, kind } = capacity;
  const facts: [string, string][] = [];
  if (kind === 'found') {
    const parts = Object.entries(interval.parts).map(
      ([name, half]) => `${name} ${half === null ? 'not known' : `±${decimals(half * 100, 1)}%`}`,
    );
    const [low, high] = [interval.low, interval.high].map((users) => grouped(users)) as [string, string];
    facts.push(['interval', `${low} – ${high} users (${parts.join(', ')})`]);
  }
  if (bottleneck !== null) facts.push(['runs out first', `${bottleneck.part}: ${bottleneck.because}`]);
  if (current !== null) {
    const { users, headRoom, isMet, isGiven } = current;
    const room = headRoom === null ? 'no capacity' : `${decimals(headRoom, 2)} times that`;
    const held = isMet ? 'keeps the objectives' : 'misses the objectives';
    facts.push([
      'head room',
      `${room}; the ${isGiven ? 'current' : 'profile’s'} load of ${grouped(users)} users ${held}`,
    ]);
  }
  facts.push(['objectives', objectiveTexts(objectives).join(' and ')]);
  if (calibration !== null) facts.push(['calibration', visibleLine(calibration)]);
  if (knee !== null) facts.push(['knee', `${grouped(knee.x)} users, ${short(knee.y)} requests/s`]);
  if (usl !== null) facts.push(['scalability law', uslText(usl)]);
  return facts;
}

/** A law that explains less of what was measured says nothing of it. */
const R2_MIN = 0.5;

/** The law's figures. */
export function uslText({ sigma, kappa, peak, r2 }: NonNullable<CapacityResult['usl']>): string {
  if (r2 < R2_MIN) return `it does not describe this (R² ${decimals(r2, 3)})`;
  const top = peak === null ? 'no peak' : `peak at ${grouped(peak.load)} users`;
  return `σ ${figure(sigma)}, κ ${figure(kappa)}, ${top} (R² ${decimals(r2, 3)})`;
}

function figure(value: number): string {
  return value === 0 ? '0' : value.toPrecision(3).replace(/\.?0+(e|$)/, '$1');
}

function answerLines(result: CapacityResult, paint: Paint): string[] {
  const { kind } = result.capacity;
  const sign = { found: '✓', always: '✓', never: '✗', unknown: '?' }[kind];
  const style = { found: 'green', always: 'green', never: 'red', unknown: 'yellow' }[kind] as Parameters<Paint>[0];
  const title = `${sign} capacity of ${visibleLine(result.scenario)}: ${headline(result)}`;
  return [
    paint(['bold', style] as Parameters<Paint>[0], title),
    ...answerFacts(result).map(([name, value]) => `  ${name.padEnd(15)}  ${visibleLine(value)}`),
  ];
}

/** Points as cells, aligned by `tableLines`. */
export function pointCells(point: CapacityPoint): string[] {
  const { users, seed, isLong, achieved, p50Ms, p95Ms, p99Ms, failed, isMet, use, tightest } = point;
  const ms = (value: number | null): string => (value === null ? '–' : time(value));
  const [busiest] = use;
  return [
    isMet ? '✓' : '✗',
    grouped(users),
    isLong ? 'long' : 'short',
    visibleLine(seed),
    short(achieved),
    ms(p50Ms),
    ms(p95Ms),
    ms(p99Ms),
    failed === 0 ? '0' : percent(failed),
    busiest === undefined ? '–' : `${busiest.part} ${percent(Math.min(1, busiest.share))}`,
    isMet ? '' : (tightest ?? ''),
  ];
}

export const POINT_HEAD = [
  '',
  'users',
  'window',
  'seed',
  'requests/s',
  'p50',
  'p95',
  'p99',
  'failed',
  'busiest',
  'misses',
];

function pointLines({ points }: CapacityResult, paint: Paint): string[] {
  if (points.length === 0) return [];
  // The confirmation's many seeds at one load are one line.
  const seen = new Map<string, CapacityPoint[]>();
  for (const point of points) {
    const key = `${point.users}/${point.isLong}`;
    seen.set(key, [...(seen.get(key) ?? []), point]);
  }
  const rows = [...seen.values()].map((all) => {
    const cells = pointCells(middleOf(all));
    const met = all.filter(({ isMet }) => isMet).length;
    if (all.length > 1) cells[3] = `${met} of ${all.length} met`;
    return cells;
  });
  return [paint('bold', 'points'), ...tableLines([POINT_HEAD, ...rows])];
}

/** The point whose p95 is in the middle. */
function middleOf(points: readonly CapacityPoint[]): CapacityPoint {
  const sorted = points.toSorted((a, b) => (a.margin ?? 0) - (b.margin ?? 0));
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** Rows with aligned columns. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => (/^[\d,.]/.test(cell) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  ')}`.trimEnd(),
  );
}

/** The real relay beside the model. */
function verificationLines({ rows, medianError, worstError, reasons }: Verification, paint: Paint): string[] {
  const shown = (value: number | null, metric: string): string =>
    value === null ? '–' : metric === ACHIEVED.metric ? `${short(value)}/s` : `${decimals(value, 2)}ms`;
  const cells = rows.map(({ users, metric, statistic, predicted, measured, noise, error, isWithinRepeats }) => [
    grouped(users),
    `${metric} ${statistic}`,
    shown(predicted, metric),
    shown(measured?.median ?? null, metric),
    measured === null ? '–' : `${shown(measured.low, metric)}–${shown(measured.high, metric)}`,
    noise === null ? '–' : `±${percent(noise)}`,
    error === null
      ? '–'
      : `${error < 0 ? '−' : '+'}${percent(Math.abs(error))}${isWithinRepeats ? ' within the repeats' : ''}`,
  ]);
  const errors =
    medianError === null ? '' : `; errors: median ${percent(medianError)}, worst ${percent(worstError ?? 0)}`;
  return [
    paint('bold', `the real relay beside the model${errors}`),
    ...tableLines([['users', 'figure', 'predicted', 'measured', 'repeats', 'noise', 'error'], ...cells]),
    ...reasons.map((reason) => paint('yellow', `  ! ${visibleLine(reason)}`)),
  ];
}

function chartLines(result: CapacityResult, columns: number): string[] {
  const known = result.points.filter((point) => point.p95Ms !== null);
  if (new Set(known.map(({ users }) => users)).size < 3) return [];
  return lineChart(known, result.capacity.users, columns);
}

function sweepLines({ objectives }: CapacityResult, sweep: Sweep, paint: Paint, columns: number): string[] {
  const { axes, points, curves } = sweep;
  const head = [...axes.map(({ path }) => path), '', 'requests/s', 'p50', 'p95', 'p99', 'failed', 'busiest'];
  const rows = points.map(({ at, point }) => {
    const cells = pointCells(point);
    const own = at.map((value) => (typeof value === 'number' ? decimals(value, 6) : visibleLine(String(value))));
    return [...own, cells[0]!, ...cells.slice(4, 10)];
  });
  const shown = rows.length <= SWEEP_ROWS ? rows : rows.slice(0, SWEEP_ROWS);
  const more = rows.length - shown.length;
  return [
    paint('bold', `sweep: ${rows.length} points by ${objectiveTexts(objectives).join(' and ')}`),
    ...heatMap(sweep, columns),
    ...tableLines([head, ...shown]),
    ...(more > 0 ? [`  and ${grouped(more)} more: --csv writes all`] : []),
    ...curves.flatMap(({ label, throughputKnee, latencyKnee, usl }) => {
      const texts = [
        throughputKnee === null ? undefined : `knee of throughput at ${grouped(throughputKnee.x)} users`,
        latencyKnee === null ? undefined : `of p95 at ${grouped(latencyKnee.x)}`,
        usl === null ? undefined : uslText(usl),
      ].filter((text) => text !== undefined);
      return texts.length === 0 ? [] : [`  ${label === '' ? '' : `${visibleLine(label)}: `}${texts.join('; ')}`];
    }),
  ];
}

/** Rows of a sweep that a terminal shows. */
const SWEEP_ROWS = 60;

/** What became of a ready question, in words. */
export function whatIfText({ before, after, users, verdict, note, bottleneck }: WhatIfAnswer): string {
  if (before !== null && after !== null) {
    const change = `${after >= before ? '+' : '−'}${decimals(Math.abs(after / before - 1) * 100, 1)}%`;
    const first = bottleneck === null ? '' : `; first ${bottleneck.part}`;
    return `${grouped(before)} → ${grouped(after)} users (${change})${first}; ${note}`;
  }
  if (verdict !== null) return `${verdict} at ${grouped(users ?? 0)} users; ${note}`;
  return note;
}

function whatIfLines(answers: readonly WhatIfAnswer[], paint: Paint): string[] {
  if (answers.length === 0) return [];
  const width = Math.max(...answers.map(({ name }) => name.length));
  return [
    paint('bold', 'what if'),
    ...answers.map((answer) => `  ${answer.name.padEnd(width)}  ${answer.title}: ${whatIfText(answer)}`),
  ];
}

/** Costs as cells. */
export function costCells({ lines, currency, total, perUserMonth }: Costs): string[][] {
  const money = (value: number): string => `${value.toFixed(value < 1 ? 5 : 2)} ${visibleLine(currency)}`;
  return [
    ['component', 'amount', 'a user and month', 'last month', 'in all'],
    ...lines.map((line) => [
      line.component,
      `${short(line.amount)} ${line.unit}`,
      money(line.perUserMonth),
      money(line.lastMonth),
      money(line.total),
    ]),
    ['all', '', money(perUserMonth), '', money(total)],
  ];
}

function costLines(costs: Costs, paint: Paint): string[] {
  const title = `costs of ${decimals(costs.horizonMonths, 1)} months for ${grouped(costs.activeUsers)} active users`;
  return [paint('bold', title), ...tableLines(costCells(costs))];
}
