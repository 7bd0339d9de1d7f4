// Templates: what is set in is text, unless it is markup already; JSON within a script ends neither it nor a line.
import { expect, test } from 'vitest';
import { cut, Markup, markup, scriptJson, table } from '../../../../cli/report/html/markup.ts';

test('what is set in is escaped once, in texts and attributes; markup and lists of it stay', () => {
  const inner = markup`<b title="${'"x"'}">${'a < b & c'}</b>`;
  expect(inner.text).toBe('<b title="&quot;x&quot;">a &lt; b &amp; c</b>');
  expect(markup`${inner}${[inner, ' & ', undefined, false, 0]}`.text).toBe(`${inner.text}${inner.text} &amp; 0`);
  expect(markup`${new Markup('<i>')}`.text).toBe('<i>');
});

test('JSON in a script is read back whole, and holds nothing that ends the script', () => {
  const value = { text: '</script><!-- \u2028\u2029 <script>', list: [1, null, 0.5] };
  const json = scriptJson(value).text;
  expect(json).not.toMatch(/[<\u2028\u2029]/);
  expect(JSON.parse(json)).toEqual(value);
});

test('a table has a caption, heads with scopes, and a box that is reached by keyboard; without rows there is none', () => {
  const columns = [{ title: 'name' }, { title: 'n', isNumber: true }];
  const { text } = table('Counts', columns, [{ style: 'bad', cells: ['a<b', '1'] }]);
  expect(text).toContain('<caption>Counts</caption>');
  expect(text).toContain('<th scope="col">name</th><th scope="col" class="n">n</th>');
  expect(text).toContain('<tr class="bad"><th scope="row">a&lt;b</th><td class="n">1</td></tr>');
  expect(text).toMatch(/^<div class="scroll" tabindex="0" role="region" aria-label="Counts">/);
  expect(table('Counts', columns, []).text).toBe('');
});

test('a text that is cut keeps whole characters and says so', () => {
  expect(cut('abc', 3)).toBe('abc');
  expect(cut('abcd', 3)).toBe('ab…');
  expect(cut('😀😀😀😀', 3)).toBe('😀😀…');
});
