// The view of distributions: for as many operations as there is room for, how many took how long, with the percentiles and
// the thresholds where they lie. It must not know how a distribution is kept.

import type { ReactElement } from 'react';
import type { Limit, Operation, OperationHistogram } from '../../../scenarios/watch/snapshot.ts';
import { grouped, percent, time } from '../../report/format.ts';
import type { RunFrame } from '../messages.ts';
import { operationName } from './operation-name.ts';
import { drawLines, spread } from './pieces.ts';
import { solid } from './progress.ts';
import { type Line, lineWidth, sideBySide, span, type Span } from './spans.ts';
import { fit, harmless, type Look } from './text.ts';

/** A distribution is readable from so many columns and rows on. */
const COLUMNS_MIN = 56;
const ROWS_MIN = 14;
const GAP = 2;
/** The shortest full bar that still says something. */
const BAR_MIN = 8;

type Bar = OperationHistogram['bars'][number];

export interface HistogramTabProps {
  readonly frame: RunFrame;
  readonly columns: number;
  readonly rows: number;
  /** Which operation comes first, counted from the first one, round and round. */
  readonly operation?: number;
}

/** At most `rows` lines. */
export function HistogramTab({ frame, columns, rows, operation = 0 }: HistogramTabProps): ReactElement {
  return drawLines(histogramLines(frame, columns, rows, operation), columns, rows);
}

function histogramLines({ snapshot }: RunFrame, columns: number, rows: number, operation: number): Line[] {
  const { histograms, operations } = snapshot;
  if (histograms === undefined) return [['a moment …']];
  const all = histograms.filter(({ count }) => count > 0);
  if (all.length === 0) return [['nothing was measured so far']];
  const first = ((operation % all.length) + all.length) % all.length;
  const sampled = [...all.slice(first), ...all.slice(0, first)];
  const across = Math.max(1, Math.floor((columns + GAP) / (COLUMNS_MIN + GAP)));
  const down = Math.max(1, Math.floor(rows / ROWS_MIN));
  const shown = sampled.slice(0, across * down);
  const left = sampled.slice(shown.length);
  const lastLine: Line[] = left.length === 0 ? [] : [leftOut(left)];
  // Where there are few, each is larger.
  const perLine = Math.min(across, Math.ceil(shown.length / down));
  const lineCount = Math.ceil(shown.length / perLine);
  const height = Math.floor((rows - lastLine.length - (lineCount - 1)) / lineCount);
  const width = Math.floor((columns - GAP * (perLine - 1)) / perLine);
  const lines: Line[] = [];
  for (let at = 0; at < shown.length; at += perLine) {
    const blocks = shown.slice(at, at + perLine).map((histogram) => {
      const figures = operations.find(({ metric }) => metric === histogram.metric);
      return block(histogram, figures, width, height);
    });
    if (at > 0) lines.push([]);
    lines.push(...sideBySide(blocks, width, GAP));
  }
  return [...lines, ...lastLine];
}

function leftOut(histograms: readonly OperationHistogram[]): Line {
  const names = histograms.map(({ metric }) => operationName(metric)).join(', ');
  return [span(`← → for ${histograms.length} more: ${names}`, 'quiet')];
}

/** One distribution: a title, then a line for each bar, the fastest first. */
function block(
  { metric, count, bars }: OperationHistogram,
  operation: Operation | undefined,
  columns: number,
  rows: number,
): Line[] {
  const shown = merged(trimmed(bars), rows - 1);
  const { marks, beyond } = marksOf(shown, operation);
  const longest = operation === undefined ? '' : ` · longest ${time(operation.max)}`;
  const title = spread([span(operationName(metric), 'title'), ` ${grouped(count)}${longest}`], beyond, columns);
  const from = shown.map(({ fromMs }) => time(fromMs));
  const to = shown.map(({ toMs }) => time(toMs));
  const counts = shown.map((bar) => grouped(bar.count));
  const shares = shown.map((bar) => (bar.count === 0 ? '' : percent(bar.count / count)));
  const widths = [from, to, counts, shares].map((texts) => Math.max(...texts.map((text) => text.length)));
  const [fromWidth, toWidth, countWidth, shareWidth] = widths as [number, number, number, number];
  const fixed = fromWidth + toWidth + countWidth + shareWidth + '–   '.length + 1;
  const markWidth = Math.min(Math.max(...marks.map(lineWidth)), Math.max(0, columns - fixed - BAR_MIN));
  const barWidth = Math.max(BAR_MIN, columns - fixed - markWidth);
  const most = Math.max(...shown.map((bar) => bar.count));
  const lines = shown.map((bar, at): Line => [
    `${fit(from[at]!, fromWidth, 'right')}–${fit(to[at]!, toWidth)} `,
    fit(barText(bar.count / most, barWidth), barWidth),
    ` ${fit(counts[at]!, countWidth, 'right')} `,
    span(`${fit(shares[at]!, shareWidth, 'right')} `, 'quiet'),
    ...marks[at]!,
  ]);
  return [title, ...lines];
}

/** Without empty bars at the ends. */
function trimmed(bars: readonly Bar[]): readonly Bar[] {
  const first = bars.findIndex(({ count }) => count > 0);
  const last = bars.findLastIndex(({ count }) => count > 0);
  return bars.slice(Math.max(0, first), last + 1);
}

/** Neighbours put together, as many each, so that there are at most so many. */
function merged(bars: readonly Bar[], most: number): readonly Bar[] {
  const each = Math.ceil(bars.length / Math.max(1, most));
  if (each <= 1) return bars;
  const result: Bar[] = [];
  for (let at = 0; at < bars.length; at += each) {
    const group = bars.slice(at, at + each);
    const count = group.reduce((sum, bar) => sum + bar.count, 0);
    result.push({ fromMs: group[0]!.fromMs, toMs: group.at(-1)!.toMs, count });
  }
  return result;
}

/** A bar in eighths of a column; what is not nothing shows. */
function barText(share: number, columns: number): string {
  const eighths = share === 0 ? 0 : Math.max(1, Math.round(share * columns * 8));
  return solid(eighths);
}

/** For each bar what lies in it: percentiles, and thresholds on times; and the thresholds that lie beyond all bars. */
function marksOf(bars: readonly Bar[], operation: Operation | undefined): { marks: readonly Line[]; beyond: Line } {
  const marks: Span[][] = bars.map(() => []);
  const beyond: Span[] = [];
  if (operation === undefined || bars.length === 0) return { marks, beyond };
  const put = (place: Span[], text: string, look: Look): void => {
    place.push(span(place.length === 0 ? text : ` ${text}`, look));
  };
  const placeOf = (ms: number): Span[] | undefined =>
    ms < bars[0]!.fromMs ? undefined : marks[bars.findIndex(({ toMs }) => ms < toMs)];
  const { p50, p95, p99, limits } = operation;
  put(placeOf(p50) ?? marks.at(-1)!, 'p50', 'title');
  put(placeOf(p95) ?? marks.at(-1)!, 'p95', 'title');
  put(placeOf(p99) ?? marks.at(-1)!, 'p99', 'title');
  // Where there is no room for all, those that are crossed stand first.
  for (const each of [...limits.filter(({ ok }) => !ok), ...limits.filter(({ ok }) => ok)]) {
    if (!isOnTime(each)) continue;
    const { limit, expression, ok } = each;
    put(placeOf(limit) ?? beyond, `${ok ? '✓' : '✗'} ${harmless(expression)}`, ok ? 'good' : 'bad');
  }
  return { marks, beyond };
}

/** Thresholds on counts and shares have no place in a distribution of times. */
function isOnTime({ of, expression }: Limit): boolean {
  if (of === 'errorRate') return false;
  return of !== 'other' || /^\s*(?:p\(|med|avg|mean|min)/.test(expression);
}
