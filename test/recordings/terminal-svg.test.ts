// What a terminal showed becomes a picture of the same: the cells that are read, the SVG that is drawn, and those that the
// README shows.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type Cell, PLAIN, screenOf, textOf } from './terminal-screen.ts';
import { rowSvg, terminalSvg } from './terminal-svg.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const ESC = '\u001b';

const cellsOf = (line: string): Cell[] => screenOf(line)[0]!;
const svgOf = (line: string): string => rowSvg(cellsOf(line));
/** Each text with the first style that it has. */
const stylesOf = (line: string) => cellsOf(line).map(({ text, style }) => [text, style] as const);

/** Names of the elements of a document; throws where one is not closed or a sign is not escaped. */
function elementsOf(svg: string): string[] {
  const names: string[] = [];
  const open: string[] = [];
  for (const [, text, tag] of svg.matchAll(/([^<]+)|<([^>]*)>/g)) {
    if (text !== undefined) {
      expect(text).not.toMatch(/>|&(?!(?:amp|lt|gt|quot);)/);
      continue;
    }
    const [, end, name, attributes, single] = /^(\/?)([a-z]+)((?: [\w:-]+="[^"<&]*")*)(\/?)$/i.exec(tag!) ?? [];
    if (name === undefined) throw new Error(`no tag: <${tag}>`);
    if (end === '/') expect(open.pop()).toBe(name);
    else {
      const given = [...attributes!.matchAll(/ ([\w:-]+)=/g)].map(([, attribute]) => attribute);
      expect(new Set(given).size, tag).toBe(given.length);
      names.push(name);
      if (single === '') open.push(name);
    }
  }
  expect(open).toEqual([]);
  return names;
}

describe('captured lines', () => {
  test('bold, dim, inverse and colours hold until something ends them', () => {
    const line = `a${ESC}[1mb${ESC}[31mc${ESC}[22md${ESC}[39;2me${ESC}[0;7mf${ESC}[27;92;44mg${ESC}[mh`;
    expect(stylesOf(line)).toEqual([
      ['a', PLAIN],
      ['b', { ...PLAIN, isBold: true }],
      ['c', { ...PLAIN, isBold: true, colour: 1 }],
      ['d', { ...PLAIN, colour: 1 }],
      ['e', { ...PLAIN, isDim: true }],
      ['f', { ...PLAIN, isInverse: true }],
      ['g', { ...PLAIN, colour: 10, ground: 4 }],
      ['h', PLAIN],
    ]);
  });

  test('a style holds on in the next line', () => {
    const [, second] = screenOf(`${ESC}[2mone\ntwo${ESC}[0m\n`);
    expect(second!.map(({ style }) => style.isDim)).toEqual([true, true, true]);
  });

  test('wide signs take two columns, and what belongs to a sign stays with it', () => {
    const place = ({ text, column, width }: Cell) => [text, column, width];
    expect(cellsOf('账👩‍🚀e\u0301x').map(place)).toEqual([
      ['账', 0, 2],
      ['👩‍🚀', 2, 2],
      ['e\u0301', 4, 1],
      ['x', 5, 1],
    ]);
  });

  test('what is no colour is dropped, and changes nothing', () => {
    const unknown = [
      `${ESC}[2J`,
      `${ESC}[?25l`,
      `${ESC}[3;4;58;99m`,
      `${ESC}[38;5;200m`,
      `${ESC}[38;2;1;31;7m`,
      `${ESC}]0;a title\u0007`,
      `${ESC}]8;;http://x.example${ESC}\\`,
      `${ESC}(B`,
      `${ESC}=`,
      '\u000f',
    ];
    const line = unknown.map((sequence, at) => sequence + at).join('');
    expect(stylesOf(line)).toEqual(unknown.map((_, at) => [String(at), PLAIN]));
    expect(stylesOf(`a${ESC}[1`)).toEqual([['a', PLAIN]]);
  });

  test('one of the sixteen colours by its number is known', () => {
    const [[, style] = []] = stylesOf(`${ESC}[38;5;2;48;5;12mx`);
    expect(style).toEqual({ ...PLAIN, colour: 2, ground: 12 });
  });

  test('the text is what was there without its blanks at the ends', () => {
    expect(textOf(screenOf(`${ESC}[1ma b${ESC}[0m  \n\n ✓\n`))).toEqual(['a b', '', ' ✓']);
  });
});

describe('a row', () => {
  test('stands at its column, as wide as its columns', () => {
    expect(svgOf('  abc  ')).toBe('<text x="16.8" y="13.5" textLength="25.2">abc</text>');
  });

  test('has a class for each look', () => {
    expect(svgOf(`${ESC}[1;31mab`)).toBe('<text class="c1 b" x="0" y="13.5" textLength="16.8">ab</text>');
    expect(svgOf(`a ${ESC}[2mb`)).toBe('<text x="0" y="13.5" textLength="25.2">a <tspan class="d">b</tspan></text>');
  });

  test('puts wide signs, and those of other fonts, at columns of their own', () => {
    expect(svgOf('a账✓b')).toBe(
      [
        '<text x="0" y="13.5" textLength="8.4">a</text>',
        '<text x="8.4" y="13.5" textLength="16.8">账</text>',
        '<text x="25.2" y="13.5" textLength="8.4">✓</text>',
        '<text x="33.6" y="13.5" textLength="8.4">b</text>',
      ].join(''),
    );
  });

  test('draws block elements as rectangles that fill their part of the cell', () => {
    expect(svgOf('██')).toBe('<path d="M0 0h16.8V18.4h-16.8z"/>');
    expect(svgOf('▄▌')).toBe('<path d="M0 9h8.4V18.4h-8.4zM8.4 0h4.2V18.4h-4.2z"/>');
    expect(svgOf(`${ESC}[32m█${ESC}[0m░`)).toBe(
      '<path class="c2" d="M0 0h8.4V18.4h-8.4z"/><path class="h" d="M8.4 0h8.4V18.4h-8.4z"/>',
    );
  });

  test('draws the ground below the text, and turns both round where it is inverse', () => {
    expect(svgOf(`${ESC}[41mx`)).toBe(
      '<path class="c1" d="M0 0h8.4V18.4h-8.4z"/><text x="0" y="13.5" textLength="8.4">x</text>',
    );
    expect(svgOf(`${ESC}[7mx`)).toBe(
      '<path class="i" d="M0 0h8.4V18.4h-8.4z"/><text class="p" x="0" y="13.5" textLength="8.4">x</text>',
    );
  });

  test('escapes what XML would take for its own', () => {
    expect(svgOf('a<b>&"')).toBe('<text x="0" y="13.5" textLength="50.4">a&lt;b&gt;&amp;&quot;</text>');
  });
});

describe('a picture', () => {
  const frame = (text: string, seconds = 1) => ({ screen: screenOf(text), seconds });
  const picture = { title: 'a & b', columns: 10, rows: 2 };

  test('shows its frames one after the other, and the still where nothing moves', () => {
    const svg = terminalSvg({ ...picture, frames: [frame('one'), frame('two'), frame('three', 2)], still: 1 });
    expect(elementsOf(svg).filter((name) => name === 'text')).toHaveLength(3);
    expect(svg).toContain('<title>a &amp; b</title>');
    expect(svg).toContain('<g class="s t" id="s1">');
    expect(svg.match(/class="s t"/g)).toHaveLength(1);
    expect(svg).toContain('@keyframes k0{0%{visibility:visible}25%{visibility:hidden}}');
    expect(svg).toContain('@keyframes k1{0%{visibility:hidden}25%{visibility:visible}50%{visibility:hidden}}');
    expect(svg).toContain('@keyframes k2{0%{visibility:hidden}50%{visibility:visible}100%{visibility:visible}}');
    expect(svg).toContain('#s2{animation:k2 4s step-end infinite}');
  });

  test('does not move when there is one frame', () => {
    const svg = terminalSvg({ ...picture, frames: [frame('one')], still: 0 });
    expect(svg).not.toContain('animation');
  });

  test('draws a row once that several screens have', () => {
    const svg = terminalSvg({ ...picture, frames: [frame('same\na'), frame('b\nsame')], still: 0 });
    expect(svg.match(/>same</g)).toHaveLength(1);
    expect(svg.match(/<use href="#r0" y="(?:0|18)"\/>/g)).toHaveLength(2);
  });
});

describe('the pictures of the live view', () => {
  const names = readdirSync(`${root}docs/screens`);
  const readme = readFileSync(`${root}README.md`, 'utf8');

  test('are those that the README shows or leads to', () => {
    const shown = [...readme.matchAll(/\]\(docs\/screens\/([^)]+)\)/g)].map(([, name]) => name!);
    expect(shown.toSorted()).toEqual(names.toSorted());
    expect(names.length).toBeGreaterThan(1);
  });

  test.each(names)('%s is well formed, small, and stands alone', (name) => {
    const svg = readFileSync(`${root}docs/screens/${name}`, 'utf8');
    const elements = elementsOf(svg);
    const known = ['svg', 'title', 'style', 'defs', 'g', 'text', 'tspan', 'path', 'rect', 'use'];
    expect(elements.filter((element) => !known.includes(element))).toEqual([]);
    expect(Buffer.byteLength(svg)).toBeLessThan(150_000);
    const links = [...svg.matchAll(/href="([^"]*)"/g)].map(([, link]) => link!);
    for (const link of new Set(links)) expect(svg).toContain(`<g id="${link.slice(1)}">`);
    expect(svg.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
      /https?:|url\(|@import|\/(?:home|root|tmp|work)\//,
    );
    expect(svg).toContain('[overview]');
  });
});
