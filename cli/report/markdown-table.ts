// Parts of Markdown: tables, folded parts, and as many parts as a limit holds. It must not know what they tell.

import { escapeMarkdown, markdownCode } from './escape.ts';
import { grouped } from './format.ts';
import { counted } from './size.ts';

/** Rows of a table that are shown, and characters of a cell. */
const ROWS_MAX = 40;
const CELL_CHARS = 160;

/** Text of a cell or a line: as it is read, or as code; harmless. */
export function words(text: string): string {
  return escapeMarkdown(clipped(text));
}

export function code(text: string): string {
  return markdownCode(clipped(text));
}

/** @param max characters that are kept */
export function clipped(text: string, max = CELL_CHARS): string {
  return text.length > max ? `${text.slice(0, max - 1)}…` : text;
}

/**
 * A table.
 * @param head titles; one that ends in `>` stands on the right with its column
 * @param rows cells that are Markdown already
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const more = rows.length - ROWS_MAX;
  return [
    line(head.map((title) => title.replace(/>$/, ''))),
    line(head.map((title) => (title.endsWith('>') ? '---:' : '---'))),
    ...rows.slice(0, ROWS_MAX).map(line),
    ...(more > 0 ? ['', `and ${grouped(more)} more`] : []),
    '',
  ].join('\n');
}

/** Parts that are folded away; nothing where there are none. @param title of our own, plain */
export function folded(title: string, parts: readonly string[]): string {
  const whole = parts.filter((part) => part !== '');
  if (whole.length === 0) return '';
  return `<details><summary>${title}</summary>\n\n${whole.join('\n')}\n</details>\n`;
}

/** Room for the line that says that something was cut. */
const NOTE_BYTES = 200;

/**
 * Parts one below the other, those that fit; where some do not, a line says so.
 * @param bytesMax of UTF-8
 */
export function fitted(parts: readonly string[], bytesMax: number): string {
  const whole = parts.filter((part) => part !== '');
  const kept: string[] = [];
  let bytes = 0;
  for (const part of whole) {
    const size = Buffer.byteLength(part) + 1;
    if (bytes + size > bytesMax - NOTE_BYTES) continue;
    kept.push(part);
    bytes += size;
  }
  const cut = whole.length - kept.length;
  if (cut > 0) kept.push(`Cut: ${counted(cut, 'part')} left out, as there is room for ${grouped(bytesMax)} bytes.\n`);
  return kept.join('\n');
}
