// A component as a terminal of a given size shows it, as text: what golden frames are made of. It must not know any
// component.

import { stripVTControlCharacters } from 'node:util';
import { Box } from 'ink';
import { render } from 'ink-testing-library';
import { createElement, type ReactElement } from 'react';

/**
 * The element as it stands on a terminal of so many columns and rows, line by line, without colours and without blanks at
 * the ends of lines.
 * @throws Error where it draws more than `rows` lines
 */
export function drawn(element: ReactElement, columns: number, rows: number): string {
  const text = stripVTControlCharacters(drawnWithColours(element, columns, rows));
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** The same with the escape codes of its colours, where they are on. */
export function drawnWithColours(element: ReactElement, columns: number, rows: number): string {
  // The library's own terminal has 100 columns and no rows.
  const screen = render(createElement(Box));
  Object.defineProperty(screen.stdout, 'columns', { value: columns });
  Object.defineProperty(screen.stdout, 'rows', { value: rows });
  screen.stdout.emit('resize');
  screen.rerender(element);
  const frame = screen.lastFrame() ?? '';
  screen.unmount();
  const height = frame.split('\n').length;
  if (height > rows) throw new Error(`it draws ${height} lines where ${rows} are`);
  return frame;
}
