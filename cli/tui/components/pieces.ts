// What makes lines out of texts that are longer than their place: wrapped over several, shared out between names, or kept
// apart at both ends. It must not know what they say.

import { Box } from 'ink';
import { createElement, type ReactElement } from 'react';
import { grouped } from '../../report/format.ts';
import { cutLine, drawLine, fillLine, type Line, lineWidth, span, widthOf } from './spans.ts';
import { clip } from './text.ts';

/** Columns between what stands at the left and at the right, at least. */
export const GAP = 2;

/** One text at the left and one at the right, which is kept whole as long as it can be. */
export function spread(left: Line, right: Line, columns: number): Line {
  const end = cutLine(right, columns);
  const width = lineWidth(end);
  if (width === 0) return cutLine(left, columns);
  const room = columns - width - GAP;
  return room < 1 ? end : [...fillLine(left, room), ' '.repeat(GAP), ...end];
}

const SEPARATOR = ' · ';
/** Columns of a name that is still worth reading. */
const NAME_COLUMNS_MIN = 8;

/** Names with dots between them in at most so many columns; where they take more, the widest gives first. */
export function namesText(names: readonly string[], columns: number): string {
  const widths = names.map(widthOf);
  let excess = widths.reduce((sum, width) => sum + width, 0) + SEPARATOR.length * (names.length - 1) - columns;
  for (; excess > 0; excess--) {
    const widest = Math.max(...widths);
    if (widest <= NAME_COLUMNS_MIN) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return clip(names.map((name, at) => clip(name, widths[at]!)).join(SEPARATOR), columns);
}

/** A text over several lines, broken between words; what does not go into `linesMax` lines is cut with an ellipsis. */
export function wrapped(text: string, columns: number, linesMax: number): string[] {
  const lines: string[] = [];
  let rest = text.trim();
  while (rest !== '' && lines.length < linesMax) {
    const isLast = lines.length === linesMax - 1;
    const head = isLast || widthOf(rest) <= columns ? clip(rest, columns) : headOf(rest, columns);
    lines.push(head.trimEnd());
    if (isLast) break;
    rest = rest.slice(head.length).trimStart();
  }
  return lines;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** As much of a text as fits, up to a blank where there is one. */
function headOf(text: string, columns: number): string {
  let width = 0;
  let end = 0;
  let blank = 0;
  for (const { segment } of graphemes.segment(text)) {
    if (segment === ' ') blank = end;
    width += widthOf(segment);
    // One sign at least, or it would never end.
    if (width > columns && end > 0) break;
    end += segment.length;
  }
  return text.slice(0, blank > 0 ? blank : end);
}

/** Pieces in a row, over as many lines as it takes. @param indent of all lines but the first */
export function flowed(pieces: readonly Line[], columns: number, gap: string, indent: string): Line[] {
  const lines: Line[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    if (last === undefined) lines.push(piece);
    else if (lineWidth(last) + gap.length + lineWidth(piece) <= columns)
      lines[lines.length - 1] = [...last, gap, ...piece];
    else lines.push([indent, ...piece]);
  }
  return lines;
}

/** Of what does not fit: how much there is. */
export function moreLine(count: number): Line {
  return [span(`… and ${grouped(count)} more`, 'quiet')];
}

/** Lines one below the other, drawn; what is more than `rows` is left out. */
export function drawLines(lines: readonly Line[], columns: number, rows: number): ReactElement {
  return createElement(
    Box,
    { flexDirection: 'column' },
    lines.slice(0, Math.max(0, rows)).map((each, at) => drawLine(each, columns, at)),
  );
}
