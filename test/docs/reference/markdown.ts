// Markdown for the generated reference: tables and cells as the formatter leaves them. It must not know what they hold.
import stringWidth from 'string-width';

/** Words for a cell: what Markdown would read as more is escaped, but for code between backticks. */
export function words(text: string): string {
  return text
    .split(/(`[^`]+`)/)
    .map((part, index) => part.replaceAll(index % 2 === 1 ? /\|/g : /[|<\\]/g, (sign) => `\\${sign}`))
    .join('');
}

/** Code for a cell; a pipe must be escaped there too. */
export function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

/** Numbers with thousands grouped, as the other papers write them. */
export function figure(value: number): string {
  if (!Number.isInteger(value)) return `${value}`;
  return `${value}`.replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** A table with aligned columns; an empty cell stays empty. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) =>
    Math.max(3, ...[cell, ...rows.map((row) => row[column] ?? '')].map((each) => stringWidth(each))),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => padded(cells[column] ?? '', width)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n');
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(width - stringWidth(text));
}

/** The rows of the tables in a paper's section, as trimmed cells; it ends with the next heading of its level or above. */
export function rowsOf(paper: string, heading: string): string[][] {
  const level = heading.split(' ')[0]!.length;
  const section = paper.split(`\n${heading}\n`)[1]?.split(new RegExp(`\n#{1,${level}} `))[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) =>
    line
      .replaceAll(/^\| | \|$/g, '')
      .split(/ (?<!\\)\| /)
      .map((cell) => cell.trim()),
  );
}
