// A line over runs, drawn with braille characters: four dots high and two wide each. It must not know what the values are.

import { type Paint } from '../report/format.ts';

export interface ChartOptions {
  /** Characters of the terminal. */
  readonly columns: number;
  /** Characters of the chart's height, without its axis. */
  readonly rows: number;
  readonly text: (value: number) => string;
  /** Below the left and the right end. */
  readonly ends: readonly [left: string, right: string];
  /** Values, by place, that are marked. */
  readonly marked: readonly number[];
  readonly paint: Paint;
}

const BRAILLE = 0x2800;
/** Bits of a braille character by column and row. */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
/** The narrowest chart that is drawn, and one of few values. */
const ROOM_MIN = 8;
const FEW_COLUMNS = 48;

/** Lines of a chart; values are finite, and at least one. */
export function chartLines(values: readonly number[], options: ChartOptions): string[] {
  const { columns, rows, text, ends, marked, paint } = options;
  const least = Math.min(...values);
  const most = Math.max(...values);
  // A flat line is drawn in the middle.
  const margin = most > least ? 0 : Math.abs(most) * 0.1 || 1;
  const [bottom, top] = [least - margin, most + margin];
  const labels = [text(top), text((top + bottom) / 2), text(bottom)];
  const labelWidth = Math.max(...labels.map((label) => label.length));
  const room = Math.max(ROOM_MIN, columns - labelWidth - 3);
  // Few values have some columns each; many share one.
  const width = Math.min(room, Math.max(FEW_COLUMNS, values.length * 2));

  const dotWidth = width * 2;
  const dotHeight = rows * 4;
  const xOf = (index: number): number =>
    values.length === 1 ? dotWidth >> 1 : Math.round((index / (values.length - 1)) * (dotWidth - 1));
  const yOf = (value: number): number => Math.round(((top - value) / (top - bottom)) * (dotHeight - 1));
  const cells = Array.from({ length: rows }, () => new Uint8Array(width));
  const dot = (x: number, y: number): void => {
    const row = cells[y >> 2]!;
    row[x >> 1] = row[x >> 1]! | DOTS[x & 1]![y & 3]!;
  };
  let [lastX, lastY] = [xOf(0), yOf(values[0]!)];
  for (const [index, value] of values.entries()) {
    const [x, y] = [xOf(index), yOf(value)];
    const steps = Math.max(x - lastX, Math.abs(y - lastY), 1);
    for (let step = 0; step <= steps; step++) {
      dot(lastX + Math.round(((x - lastX) * step) / steps), lastY + Math.round(((y - lastY) * step) / steps));
    }
    [lastX, lastY] = [x, y];
  }

  const labelRows = new Map([
    [0, labels[0]!],
    [rows >> 1, labels[1]!],
    [rows - 1, labels[2]!],
  ]);
  const lines = cells.map((row, index) => {
    const label = labelRows.get(index);
    const line = String.fromCodePoint(...Array.from(row, (bits) => BRAILLE + bits));
    return `${(label ?? '').padStart(labelWidth)} ${label === undefined ? '│' : '┤'} ${paint('cyan', line)}`;
  });
  const marks = new Set(marked.map((index) => xOf(index) >> 1));
  const axis = Array.from({ length: width }, (_, column) => (marks.has(column) ? '▲' : '─')).join('');
  const axisText = axis.replaceAll(/▲/g, () => paint('yellow', '▲'));
  lines.push(`${' '.repeat(labelWidth)} └─${axisText}`);
  const [left, right] = ends;
  const gap = width - left.length - right.length;
  const below = values.length === 1 ? left : gap >= 1 ? `${left}${' '.repeat(gap)}${right}` : `${left} – ${right}`;
  lines.push(`${' '.repeat(labelWidth + 3)}${below}`);
  return lines;
}
