// Lines as data before they are drawn: pieces of text with their looks, so that parts of a screen can be laid side by side,
// and each line costs one measuring. It must not know what they say.

import type { ReactElement } from 'react';
import stringWidth from 'string-width';
import { clip, line, type Look, piece } from './text.ts';

/** A piece of a line. */
export interface Span {
  readonly text: string;
  readonly look: Look;
}

/** One line; a bare string looks plain. */
export type Line = readonly (Span | string)[];

export function span(text: string, look: Look): Span {
  return { text, look };
}

/** Signs that take one column each: most of what is drawn, and slow to measure one by one. */
const NARROW = /^[\x20-\x7e·–×’…‖≤✓✗\u2581-\u258f\u2591]*$/;

/** Columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(text);
}

/** Columns that a line takes. */
export function lineWidth(spans: Line): number {
  let width = 0;
  for (const each of spans) width += widthOf(textOf(each));
  return width;
}

/** Cut with an ellipsis to at most so many columns. */
export function cutLine(spans: Line, columns: number): Line {
  if (lineWidth(spans) <= columns) return spans;
  const kept: (Span | string)[] = [];
  let left = columns;
  for (const each of spans) {
    const text = textOf(each);
    const width = widthOf(text);
    // What fills the line to its end stands only if nothing comes after it, and something does: the line is too long.
    if (width < left) {
      kept.push(each);
      left -= width;
      continue;
    }
    const cut = width === left ? clip(`${text}…`, left) : clip(text, left);
    kept.push(typeof each === 'string' ? cut : span(cut, each.look));
    break;
  }
  return kept;
}

/** Cut, or filled with blanks, to exactly so many columns. */
export function fillLine(spans: Line, columns: number): Line {
  const cut = cutLine(spans, columns);
  const blanks = columns - lineWidth(cut);
  return blanks > 0 ? [...cut, ' '.repeat(blanks)] : cut;
}

/** Pieces one after another, with a text between them; what is undefined or empty is left out. */
export function joined(parts: readonly (Line | undefined)[], between: string): Line {
  const all: (Span | string)[] = [];
  for (const part of parts) {
    if (part === undefined || part.length === 0) continue;
    if (all.length > 0) all.push(between);
    all.push(...part);
  }
  return all;
}

/** Pieces with dots between them; where they take more columns, the last ones are the first to go. */
export function joinedWithin(parts: readonly (Line | undefined)[], columns: number): Line {
  const shown = parts.filter((part) => part !== undefined);
  while (shown.length > 1 && lineWidth(joined(shown, ' · ')) > columns) shown.pop();
  return joined(shown, ' · ');
}

/** The first of some lines that fits, or the last where none does. */
export function firstThatFits(choices: readonly Line[], columns: number): Line {
  return choices.find((choice) => lineWidth(choice) <= columns) ?? choices.at(-1)!;
}

/** As many blocks side by side as there are columns for, each of its own lines; each block gets equal width. */
export function sideBySide(blocks: readonly (readonly Line[])[], blockColumns: number, gap: number): Line[] {
  const height = Math.max(0, ...blocks.map((block) => block.length));
  return Array.from({ length: height }, (_, row) =>
    blocks.flatMap((block, index) => [
      ...(index === 0 ? [] : [' '.repeat(gap)]),
      ...fillLine(block[row] ?? [], blockColumns),
    ]),
  );
}

/** The line as it is drawn, in one row of at most so many columns. */
export function drawLine(spans: Line, columns: number, key: string | number): ReactElement {
  const merged: { text: string; look: Look }[] = [];
  for (const each of cutLine(spans, columns)) {
    const last = merged.at(-1);
    const look = typeof each === 'string' ? 'plain' : each.look;
    if (last?.look === look) last.text += textOf(each);
    else merged.push({ text: textOf(each), look });
  }
  // An empty text would take no row.
  if (merged.length === 0) return line(' ', key);
  return line(
    merged.map(({ text, look }, index) => (look === 'plain' ? text : piece(text, look, index))),
    key,
  );
}

function textOf(each: Span | string): string {
  return typeof each === 'string' ? each : each.text;
}
