// Rows as CSV (RFC 4180, lines ended by \n), safe to open in a spreadsheet. It must not know what the rows are.

import { visibleLine } from '../../sim/visible-text.ts';

export type Cell = string | number | null;

/** A table with its header. */
export function csvText(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(cellText).join(',')}\n`).join('');
}

/** Numbers as they are. A text that a spreadsheet would take for a formula begins with an apostrophe, which it shows as none. */
function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const line = visibleLine(cell);
  const harmless = /^\s*[=+\-@]/.test(line) || /^[\t\r\n]/.test(cell) ? `'${line}` : line;
  return /[",\n\r;]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
