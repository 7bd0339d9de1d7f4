// HTML that is put together without a gap for anything foreign: what is set into a template is text and is escaped, unless
// it is markup already. It must not know what a report holds.

import { escapeHtml } from '../escape.ts';

/** Markup that is safe as it stands. */
export class Markup {
  readonly text: string;

  /** @param text trusted: nothing that came from outside stands in it unescaped */
  constructor(text: string) {
    this.text = text;
  }
}

/** What may be set into a template; `undefined` and `false` leave nothing. */
export type Content = string | number | Markup | undefined | false | readonly Content[];

/** Nothing. */
export const NOTHING = new Markup('');

/** Puts markup together; texts that are set in are escaped, also within quoted attributes. */
export function markup(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  let text = strings[0]!;
  for (const [at, value] of values.entries()) text += textOf(value) + strings[at + 1]!;
  return new Markup(text);
}

function textOf(value: Content): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(textOf).join('');
  return escapeHtml(String(value));
}

/** JSON that can stand within a `<script>` element: nothing in it ends the element or a line. */
export function scriptJson(value: unknown): Markup {
  const json = JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
  return new Markup(json);
}

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Numbers are set flush right. */
  readonly isNumber?: boolean;
}

/** A row; the first cell is its head. */
export interface Row {
  readonly cells: readonly Content[];
  /** Sets it apart: `bad`, `warn`. */
  readonly style?: 'bad' | 'warn' | undefined;
}

/** A table in a box of its own, which scrolls where it is too wide; nothing where there are no rows. */
export function table(caption: string, columns: readonly Column[], rows: readonly Row[]): Markup {
  if (rows.length === 0) return NOTHING;
  const heads = columns.map(
    ({ title, isNumber }) => markup`<th scope="col"${isNumber === true && new Markup(' class="n"')}>${title}</th>`,
  );
  const lines = rows.map(({ cells, style }) => {
    const [first, ...others] = cells;
    const tail = others.map(
      (cell, at) => markup`<td${columns[at + 1]?.isNumber === true && new Markup(' class="n"')}>${cell}</td>`,
    );
    return markup`<tr${style !== undefined && markup` class="${style}"`}><th scope="row">${first}</th>${tail}</tr>\n`;
  });
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${lines}</tbody></table></div>
`;
}

/** Names with their values, side by side where there is room. */
export function facts(entries: readonly (readonly [name: string, value: Content])[]): Markup {
  const shown = entries.filter(([, value]) => value !== '' && value !== undefined);
  if (shown.length === 0) return NOTHING;
  return markup`<dl class="facts">${shown.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
`;
}

/** Something that is folded away until it is asked for. */
export function folded(summary: Content, content: Content, isOpen = false): Markup {
  return markup`<details${isOpen && new Markup(' open')}><summary>${summary}</summary>
<div class="folded">${content}</div></details>
`;
}

/** A command that can be copied. */
export function command(label: string, text: string | undefined): Markup {
  if (text === undefined || text === '') return NOTHING;
  return markup`<div class="command"><p>${label}</p><pre tabindex="0" aria-label="${label}"><code>${text}</code></pre></div>
`;
}

/** The names of things, as code. */
export function code(text: string): Markup {
  return markup`<code>${text}</code>`;
}

/** ✓ or ✗ and the like, with the word for those who do not see it. */
export function mark(status: 'passed' | 'failed' | 'warned' | 'skipped'): Markup {
  const sign = { passed: '✓', failed: '✗', warned: '!', skipped: '–' }[status];
  return markup`<span class="mark ${status}" role="img" aria-label="${status}">${sign}</span>`;
}

/** A text of a line or so; a longer one is cut, and says so. */
export function cut(text: string, charsMax: number): string {
  const characters = Array.from(text.slice(0, 2 * charsMax + 2));
  return characters.length > charsMax ? `${characters.slice(0, charsMax - 1).join('')}…` : text;
}
