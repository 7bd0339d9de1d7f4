// Pieces of text that fit where they stand: cut and filled by the width that a terminal gives them, harmless whatever they
// hold. It must not know what they say.

import cliTruncate from 'cli-truncate';
import { createElement, type ReactElement, type ReactNode } from 'react';
import { Text, type TextProps } from 'ink';
import stringWidth from 'string-width';
import { visibleLine } from '../../../sim/visible-text.ts';

/** Cut with an ellipsis, or filled with blanks, to exactly so many columns. @param align where the text stands */
export function fit(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  if (columns <= 0) return '';
  const cut = clip(text, columns);
  const blanks = ' '.repeat(columns - stringWidth(cut));
  return align === 'left' ? cut + blanks : blanks + cut;
}

/** Cut with an ellipsis to at most so many columns. */
export function clip(text: string, columns: number): string {
  return columns <= 0 ? '' : cliTruncate(text, columns);
}

/** A name from outside in one line, without control characters. */
export function harmless(name: string): string {
  return visibleLine(name);
}

/** How a piece of text looks; each has a sign or a word beside it, since colours may be off. */
export type Look = 'plain' | 'title' | 'quiet' | 'good' | 'bad' | 'notable';

const LOOKS: Readonly<Record<Look, TextProps>> = {
  plain: {},
  title: { bold: true },
  quiet: { dimColor: true },
  good: { color: 'green' },
  bad: { color: 'red', bold: true },
  notable: { color: 'magenta' },
};

/** A piece of a line. */
export function piece(text: string, look: Look = 'plain', key?: string | number): ReactElement {
  return createElement(Text, { ...LOOKS[look], ...(key === undefined ? {} : { key }) }, text);
}

/** One line of pieces that is cut at its end where it is too long. */
export function line(children: ReactNode, key?: string | number): ReactElement {
  return createElement(Text, { wrap: 'truncate-end', ...(key === undefined ? {} : { key }) }, children);
}
