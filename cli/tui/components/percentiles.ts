// The operations of a run as a table: how many, how fast, how many failed, and the limits of thresholds beside the figures
// that they are on; thresholds on anything else in a line of their own. It must not know how they are judged.

import type { Limit, Operation, RunSnapshot } from '../../../scenarios/watch/snapshot.ts';
import type { ThresholdResult } from '../../../scenarios/thresholds.ts';
import { decimals, grouped, percent, short, shortCount, time } from '../../report/format.ts';
import { operationName } from './operation-name.ts';
import { titled } from './situation.ts';
import { type Line, lineWidth, type Span, span, widthOf } from './spans.ts';
import { clip, fit, harmless } from './text.ts';
import { isThresholdCrossed } from './verdict.ts';

type Figure = Exclude<Limit['of'], 'other'>;
type ColumnName = 'count' | 'rate/s' | Figure;

/** Least widths of figures, so that columns stand still while figures change. */
const COLUMNS: readonly { readonly name: ColumnName; readonly width: number }[] = [
  { name: 'count', width: 7 },
  { name: 'rate/s', width: 6 },
  { name: 'p50', width: 6 },
  { name: 'p90', width: 6 },
  { name: 'p95', width: 6 },
  { name: 'p99', width: 6 },
  { name: 'max', width: 6 },
  { name: 'errorRate', width: 6 },
];

/** What a narrow terminal does without, the first to go first. */
const DISPENSABLE: readonly ColumnName[] = ['p90', 'max', 'p50', 'count', 'p99', 'rate/s'];

const NAME_COLUMNS_MIN = 11;
const NAME_COLUMNS_MAX = 24;

/** Limits that are met are noted beside these figures, as far as there is room; the first to be noted first. */
const NOTED: readonly Figure[] = ['p95', 'errorRate', 'p99', 'p90', 'p50', 'max'];

/** Which limits a table has room for beside their figures. */
interface Notes {
  readonly areCrossedNoted: boolean;
  /** Columns whose limits that are met are noted. */
  readonly met: readonly ColumnName[];
}

interface Cell {
  readonly text: string;
  readonly isCrossed: boolean;
  /** `<500ms`, with a cross before it where it is crossed. */
  readonly note: string;
}

/** The table as it is laid out, and what of the run's thresholds is not in it. */
export interface Percentiles {
  readonly lines: readonly Line[];
  readonly rest: readonly ThresholdResult[];
}

/** Lines that all operations take. */
export function percentileLinesWanted({ operations }: RunSnapshot): number {
  return operations.length + 1;
}

/** The table in at most so many lines: rows with a crossed threshold are kept first, then in their order. */
export function percentilesOf(snapshot: RunSnapshot, columns: number, lines: number): Percentiles {
  const { operations, thresholds } = snapshot;
  if (lines < 1) return { lines: [], rest: thresholds };
  if (operations.length === 0) return { lines: [[span('no request so far', 'quiet')]], rest: thresholds };
  const shown = mostTelling(operations, lines - 1);
  const names = nameColumn(shown, operations.length);
  const { layout, notes, gap } = layoutOf(shown, lineWidth([names.heading]), columns);
  const heading: Line = [
    names.heading,
    ...layout.map(({ name, width, noteWidth }) =>
      span(' '.repeat(gap) + titleOf(name).padStart(width) + ' '.repeat(noteWidth), 'quiet'),
    ),
  ];
  const rows = shown.map((operation, row): Line => [
    names.rows[row]!,
    ...layout.flatMap(({ name, width, noteWidth }) => cellSpans(cellOf(operation, name, notes), width, noteWidth, gap)),
  ]);
  return { lines: [heading, ...rows], rest: thresholds.filter((each) => !isShown(each, shown, layout, notes)) };
}

/** All thresholds that are not in the table in one line: what is crossed first, then what has no sample yet. */
export function thresholdLine(rest: readonly ThresholdResult[], hasEnded: boolean, columns: number): Line {
  const ordered = [
    ...rest.filter((each) => isThresholdCrossed(each, hasEnded)),
    ...rest.filter((each) => !each.ok && !isThresholdCrossed(each, hasEnded)),
    ...rest.filter(({ ok }) => ok),
  ];
  let line = titled('thresholds', []);
  for (const [index, each] of ordered.entries()) {
    const next: Line = [...line, ...(index === 0 ? [] : ['  ']), ...thresholdSpans(each, hasEnded)];
    const left = ordered.length - index - 1;
    const more = left === 0 ? 0 : moreText(left).length;
    if (index > 0 && lineWidth(next) + more > columns) return [...line, span(moreText(left + 1), 'quiet')];
    line = next;
  }
  return line;
}

function moreText(count: number): string {
  return `  and ${count} more`;
}

function thresholdSpans(result: ThresholdResult, hasEnded: boolean): Line {
  const text = `${harmless(result.metric)} ${harmless(result.expression)}`;
  if (result.ok) return [span('✓', 'good'), ` ${text}`];
  const value = result.value === null ? 'no samples' : decimals(result.value, 3);
  return isThresholdCrossed(result, hasEnded)
    ? [span(`✗ ${text}: ${value}`, 'bad')]
    : [span(`– ${text}: ${value}`, 'quiet')];
}

/** So many operations, in their order; those with a crossed threshold before others. */
function mostTelling(operations: readonly Operation[], count: number): readonly Operation[] {
  if (operations.length <= count) return operations;
  const isTelling = ({ limits }: Operation): boolean => limits.some(({ ok }) => !ok);
  const [first, ...others] = operations;
  const chosen = new Set([first!, ...others.filter(isTelling), ...others].slice(0, count));
  return operations.filter((operation) => chosen.has(operation));
}

function nameColumn(shown: readonly Operation[], total: number): { heading: Span; rows: string[] } {
  const title = shown.length === total ? 'operation' : `${shown.length} of ${total}`;
  const names = shown.map(({ metric }) => clip(operationName(metric), NAME_COLUMNS_MAX));
  const width = Math.max(NAME_COLUMNS_MIN, ...names.map((name) => widthOf(name)));
  return { heading: span(fit(title, width), 'quiet'), rows: names.map((name) => fit(name, width)) };
}

interface Column {
  readonly name: ColumnName;
  readonly width: number;
  readonly noteWidth: number;
}

interface Layout {
  readonly layout: readonly Column[];
  readonly notes: Notes;
  readonly gap: number;
}

/** The fullest layout that fits: gaps go first, then limits that are met, columns, and at last limits that are crossed. */
function layoutOf(shown: readonly Operation[], nameColumns: number, columns: number): Layout {
  const tried = (notes: Notes, gap: number, without: number): Layout & { readonly fits: boolean } => {
    const layout = columnsOf(shown, notes, droppedOf(shown, without));
    const width = layout.reduce((sum, column) => sum + gap + column.width + column.noteWidth, nameColumns);
    return { layout, notes, gap, fits: width <= columns };
  };
  for (const areCrossedNoted of [true, false]) {
    for (let without = 0; without <= DISPENSABLE.length; without++) {
      let best = tried({ areCrossedNoted, met: [] }, 1, without);
      if (!best.fits) continue;
      for (const name of NOTED) {
        const next = tried({ areCrossedNoted, met: [...best.notes.met, name] }, 1, without);
        if (next.fits) best = next;
      }
      const wide = tried(best.notes, 2, without);
      return wide.fits ? wide : best;
    }
  }
  return tried({ areCrossedNoted: false, met: [] }, 1, DISPENSABLE.length);
}

/** So many columns to do without; one with a crossed threshold stays. */
function droppedOf(shown: readonly Operation[], count: number): readonly ColumnName[] {
  return DISPENSABLE.filter((name) =>
    shown.every(({ limits }) => limits.every(({ of, ok }) => ok || of !== name)),
  ).slice(0, count);
}

function columnsOf(shown: readonly Operation[], notes: Notes, dropped: readonly ColumnName[]): Column[] {
  return COLUMNS.filter(({ name }) => !dropped.includes(name)).map(({ name, width }) => {
    const cells = shown.map((operation) => cellOf(operation, name, notes));
    return {
      name,
      width: Math.max(width, ...cells.map(({ text }) => text.length)),
      noteWidth: Math.max(0, ...cells.map(({ note }) => (note === '' ? 0 : note.length + 1))),
    };
  });
}

function titleOf(name: ColumnName): string {
  return name === 'errorRate' ? 'errors' : name;
}

function cellOf(operation: Operation, name: ColumnName, notes: Notes): Cell {
  if (name === 'count') return plain(operation.count < 1e6 ? grouped(operation.count) : shortCount(operation.count));
  if (name === 'rate/s') return plain(rateText(operation.perSecond));
  const value = operation[name];
  if (value === null) return plain('–');
  const limits = operation.limits.filter(({ of }) => of === name);
  const limit = limits.find(({ ok }) => !ok) ?? limits[0];
  const text = name === 'errorRate' ? percent(value) : time(value);
  if (limit === undefined) return plain(text);
  if (limit.ok) return { text, isCrossed: false, note: notes.met.includes(name) ? limitText(limit) : '' };
  // Without the sign the colour alone would say it.
  return { text, isCrossed: true, note: notes.areCrossedNoted ? `✗ ${limitText(limit)}` : '✗' };
}

function rateText(perSecond: number): string {
  if (perSecond > 0 && perSecond < 0.005) return '<0.01';
  return perSecond < 1e5 ? short(perSecond) : shortCount(perSecond);
}

function plain(text: string): Cell {
  return { text, isCrossed: false, note: '' };
}

function cellSpans({ text, isCrossed, note }: Cell, width: number, noteWidth: number, gap: number): Line {
  const figure = ' '.repeat(gap) + text.padStart(width);
  if (noteWidth === 0) return [isCrossed ? span(figure, 'bad') : figure];
  const beside = note === '' ? ' '.repeat(noteWidth) : ` ${note.padEnd(noteWidth - 1)}`;
  return isCrossed ? [span(figure + beside, 'bad')] : [figure, span(beside, 'quiet')];
}

/** `<500ms`; a limit on a success rate stands as the one on errors that it comes to: `rate>0.95` is `<5%`. */
function limitText({ of, expression, limit }: Limit): string {
  const [, sign = '', written = ''] = /(<=|>=|===?|!=|<|>)\s*(\S+)/.exec(expression) ?? [];
  if (of !== 'errorRate') return `${sign}${time(limit)}`;
  const isTurned = Math.abs(Number(written) - limit) > 1e-9 || (limit === 0.5 && sign.startsWith('>'));
  const turned = sign.startsWith('>') ? sign.replace('>', '<') : sign.replace('<', '>');
  return `${isTurned ? turned : sign}${decimals(limit * 100, 2)}%`;
}

/** Whether a threshold stands beside a figure of the table. */
function isShown(
  { metric, expression, ok }: ThresholdResult,
  shown: readonly Operation[],
  layout: readonly Column[],
  notes: Notes,
): boolean {
  if (!ok && !notes.areCrossedNoted) return false;
  return shown.some((operation) =>
    layout.some(({ name }) => {
      if (ok && !notes.met.includes(name)) return false;
      const limits = operation.limits.filter(({ of }) => of === name);
      // One limit stands beside a figure, the first that is crossed.
      const limit = limits.find((each) => !each.ok) ?? limits[0];
      return limit?.metric === metric && limit.expression === expression;
    }),
  );
}
