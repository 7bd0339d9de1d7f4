// The charts of a run over virtual time: which there are, and how each is drawn in the room it gets. It must not know
// where they stand.

import { decimals, short, time } from '../../report/format.ts';
import type { RunSnapshot, Series } from '../../../scenarios/watch/snapshot.ts';
import { type Line, lineWidth, sideBySide, span, widthOf } from './spans.ts';
import { sparkline, squeezed, type Squeeze } from './sparkline.ts';

type SeriesName = Exclude<keyof Series, 'windowUs' | 'faults'>;

interface Chart {
  readonly name: string;
  /** Its name where there is room; left out, the same. */
  readonly title?: string;
  readonly of: SeriesName;
  readonly squeeze: Squeeze;
  readonly text: (value: number) => string;
  /** Value of a full bar; left out, the greatest shown. */
  readonly top?: number;
  /** Its value at this moment; left out, the last window's. */
  readonly now?: (snapshot: RunSnapshot) => number;
  /** Zero is no value. */
  readonly isBlankAtZero?: boolean;
}

const share = (value: number): string => `${decimals(value * 100, value < 0.1 ? 1 : 0)}%`;

const OF_RUN: readonly Chart[] = [
  { name: 'requests/s', of: 'requestsPerSecond', squeeze: 'mean', text: short },
  { name: 'p95', of: 'p95Ms', squeeze: 'max', text: time, isBlankAtZero: true },
  { name: 'errors/s', of: 'errorsPerSecond', squeeze: 'mean', text: short },
  {
    name: 'outstanding',
    title: 'outstanding conflicts',
    of: 'outstandingConflicts',
    squeeze: 'max',
    text: short,
    now: ({ conflicts }) => conflicts.outstanding,
  },
];

const OF_RELAY: readonly Chart[] = [
  { name: 'relay queue', of: 'relayQueue', squeeze: 'max', text: short, now: ({ relay }) => relay.queued },
  { name: 'relay use', of: 'relayUse', squeeze: 'max', text: share, top: 1 },
];

const NAME_COLUMNS = 11;
/** Of the last and of the greatest value where all stands in one row. */
const VALUE_COLUMNS = 6;
const GAP = 2;
/** Columns of bars that are worth drawing. */
const ROOM_MIN = 8;
/** From this width on there are three charts in a row. */
const WIDE_COLUMNS = 120;
const NARROW_COLUMNS = 40;

/** Rows of charts in a width, each of which takes as many lines as is wanted. */
export function chartRows(snapshot: RunSnapshot, columns: number): number {
  return Math.ceil(chartsOf(snapshot).length / chartsInRow(columns));
}

/** All charts, each so many lines high: in one line with its name, in more below it. */
export function chartLines(snapshot: RunSnapshot, columns: number, linesEach: number): Line[] {
  const charts = chartsOf(snapshot);
  const inRow = chartsInRow(columns);
  const chartColumns = Math.floor((columns - GAP * (inRow - 1)) / inRow);
  const lines: Line[] = [];
  for (let first = 0; first < charts.length; first += inRow) {
    const blocks = charts
      .slice(first, first + inRow)
      .map((chart) => chartBlock(chart, snapshot, chartColumns, linesEach));
    lines.push(...sideBySide(blocks, chartColumns, GAP));
  }
  return lines;
}

function chartsOf({ relay }: RunSnapshot): readonly Chart[] {
  return relay.isModelled ? [...OF_RUN, ...OF_RELAY] : OF_RUN;
}

function chartsInRow(columns: number): number {
  return columns >= WIDE_COLUMNS ? 3 : columns >= NARROW_COLUMNS ? 2 : 1;
}

function chartBlock(chart: Chart, snapshot: RunSnapshot, columns: number, lines: number): Line[] {
  const { series, endUs } = snapshot;
  const values = series[chart.of];
  const expected = Math.ceil(endUs / series.windowUs);
  const now = values.length === 0 ? 0 : (chart.now?.(snapshot) ?? values.at(-1)!);
  const most = values.reduce((greatest, value) => Math.max(greatest, value), now);
  const isKnown = (value: number): boolean => values.length > 0 && (chart.isBlankAtZero !== true || value > 0);
  const last = isKnown(now) ? chart.text(now) : '–';
  const greatest = isKnown(most) ? chart.text(most) : '';
  const bars = (room: number, rows: number): string[] => {
    const shown = squeezed(values, expected, room, chart.squeeze);
    const top = chart.top ?? shown.reduce((highest, value) => Math.max(highest, value), 0);
    return sparkline(shown, top, rows, chart.isBlankAtZero);
  };
  if (lines >= 2) {
    const name: Line = [span(chart.title ?? chart.name, 'title'), ` ${last}`];
    const end = greatest === '' ? '' : `max ${greatest}`;
    const blanks = columns - lineWidth(name) - widthOf(end);
    const heading: Line = blanks < 1 ? name : [...name, ' '.repeat(blanks), span(end, 'quiet')];
    return [heading, ...bars(columns, lines - 1).map((row): Line => [row])];
  }
  const end = greatest === '' ? '' : `≤${greatest}`;
  const withEnd = columns - NAME_COLUMNS - 2 * VALUE_COLUMNS - 4;
  const hasEnd = withEnd >= ROOM_MIN;
  const room = hasEnd ? withEnd : columns - NAME_COLUMNS - VALUE_COLUMNS - 2;
  const name = span(chart.name.padEnd(NAME_COLUMNS), 'title');
  if (room < ROOM_MIN) return [[name, ' ', last]];
  const [row = ''] = bars(room, 1);
  const line: Line = [name, ' ', row.padEnd(room), ' ', last.padStart(VALUE_COLUMNS)];
  return [hasEnd ? [...line, ' ', span(end.padStart(VALUE_COLUMNS + 1), 'quiet')] : line];
}
