// Screens of a terminal as a picture: an SVG that shows one after the other, without scripts or fonts of its own, readable on
// light and dark grounds. It must not know what the screens are of.

import type { Cell, Style } from './terminal-screen.ts';

export interface Frame {
  readonly screen: readonly (readonly Cell[])[];
  /** How long it is shown. */
  readonly seconds: number;
}

export interface Picture {
  /** Said to who cannot see it. */
  readonly title: string;
  readonly columns: number;
  readonly rows: number;
  /** Shown one after the other, again and again; a single one stands still. */
  readonly frames: readonly Frame[];
  /** The frame that is shown where nothing moves. */
  readonly still: number;
}

const FONT_PX = 14;
/** What a sign takes in the fonts below: 0.6 of their size. */
const CELL_PX = 8.4;
const ROW_PX = 18;
/** From a row's top down to where letters stand. */
const BASE_PX = 13.5;
/** How far blocks reach into the row below: where a picture is scaled, a seam would show between two. */
const LAP_PX = 0.4;
const MARGIN_PX = 14;
const FONTS = `ui-monospace,'SF Mono',SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace`;

/** Ink, paper, frame, and the basic sixteen colours. */
interface Palette {
  readonly ink: string;
  readonly paper: string;
  readonly edge: string;
  readonly colours: readonly string[];
}

const LIGHT: Palette = {
  ink: '#1f2328',
  paper: '#fff',
  edge: '#d0d7de',
  colours: (
    '#24292f #cf222e #116329 #7d4e00 #0969da #8250df #1b7c83 #6e7781 ' +
    '#57606a #a40e26 #1a7f37 #633c01 #218bff #a475f9 #3192aa #8c959f'
  ).split(' '),
};
const DARK: Palette = {
  ink: '#e6edf3',
  paper: '#0d1117',
  edge: '#30363d',
  colours: (
    '#484f58 #ff7b72 #3fb950 #d29922 #58a6ff #bc8cff #39c5cf #b1bac4 ' +
    '#6e7681 #ffa198 #56d364 #e3b341 #79c0ff #d2a8ff #56d4dd #fff'
  ).split(' '),
};

/** The picture as one SVG document. */
export function terminalSvg({ title, columns, rows, frames, still }: Picture): string {
  const width = round(columns * CELL_PX + 2 * MARGIN_PX);
  const height = rows * ROW_PX + 2 * MARGIN_PX;
  const shared = new SharedRows();
  const drawn = frames.map(({ screen }, at) => {
    const body = screen.map((cells, row) => shared.draw(cells, row)).join('');
    return `<g class="s${at === still ? ' t' : ''}" id="s${at}">${body}</g>`;
  });
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" xml:space="preserve">`,
    `<title>${escaped(title)}</title>`,
    `<style>${css(frames)}</style>`,
    `<defs>${shared.definitions}</defs>`,
    `<rect class="w" x=".5" y=".5" width="${round(width - 1)}" height="${height - 1}" rx="8"/>`,
    `<g transform="translate(${MARGIN_PX} ${MARGIN_PX})">`,
    ...drawn,
    `</g>`,
    `</svg>`,
  ].join('\n')}\n`;
}

/** Rows that stand on several screens are drawn once. */
class SharedRows {
  readonly #ids = new Map<string, number>();

  draw(cells: readonly Cell[], row: number): string {
    const drawn = rowSvg(cells);
    if (drawn === '') return '';
    const id = this.#ids.get(drawn) ?? this.#ids.size;
    this.#ids.set(drawn, id);
    return `<use href="#r${id}" y="${row * ROW_PX}"/>`;
  }

  get definitions(): string {
    return [...this.#ids].map(([drawn, id]) => `<g id="r${id}">${drawn}</g>`).join('\n');
  }
}

/**
 * A row at y = 0. Letters of the usual alphabet go together into one text that is held to its columns; block elements are
 * drawn as rectangles, so that they touch; any other sign gets a text of its own, since its font may have another width.
 */
export function rowSvg(cells: readonly Cell[]): string {
  const grounds = runsOf(cells, (cell) => groundClass(cell.style))
    .filter(({ kind }) => kind !== '')
    .map(
      ({ kind, cells: run }) =>
        `<path class="${kind}" d="${run.map((cell) => rectangle(cell, [0, 0, 1, 1])).join('')}"/>`,
    );
  const signs = runsOf(cells, textKind).map(({ kind, cells: run }) =>
    kind === 'block' ? blocksSvg(run) : kind === 'text' ? textSvg(run) : run.map((cell) => textSvg([cell])).join(''),
  );
  return [...grounds, ...signs].join('');
}

function textKind({ text, width }: Cell): 'text' | 'block' | 'single' {
  if (blockOf(text) !== undefined) return 'block';
  return width === 1 && /^[\u0020-\u007e\u00a0-\u024f‐-…]$/.test(text) ? 'text' : 'single';
}

interface Run {
  readonly kind: string;
  readonly cells: readonly Cell[];
}

/** Neighbours of one kind. */
function runsOf(cells: readonly Cell[], kindOf: (cell: Cell) => string): Run[] {
  const runs: { kind: string; cells: Cell[] }[] = [];
  for (const cell of cells) {
    const kind = kindOf(cell);
    const last = runs.at(-1);
    if (last?.kind === kind) last.cells.push(cell);
    else runs.push({ kind, cells: [cell] });
  }
  return runs;
}

function textSvg(cells: readonly Cell[]): string {
  const from = cells.findIndex(({ text }) => text !== ' ');
  if (from === -1) return '';
  const shown = cells.slice(from, cells.findLastIndex(({ text }) => text !== ' ') + 1);
  const width = shown.reduce((sum, cell) => sum + cell.width, 0);
  const runs = runsOf(shown, ({ style }) => inkClass(style));
  const alone = runs.length === 1 ? attribute(runs[0]!.kind) : '';
  const body = runs.map(({ kind, cells: run }) => {
    const text = escaped(run.map((cell) => cell.text).join(''));
    return kind === '' || alone !== '' ? text : `<tspan class="${kind}">${text}</tspan>`;
  });
  const x = round(shown[0]!.column * CELL_PX);
  return `<text${alone} x="${x}" y="${BASE_PX}" textLength="${round(width * CELL_PX)}">${body.join('')}</text>`;
}

function blocksSvg(cells: readonly Cell[]): string {
  return runsOf(cells, ({ text, style }) => [inkClass(style), text === '░' ? 'h' : ''].join(' ').trim())
    .map(({ kind, cells: run }) => {
      const path = runsOf(run, ({ text }) => text).map(({ kind: text, cells: same }) => {
        const first = same[0]!;
        const box = blockOf(text)!;
        // Full ones that touch are one rectangle, or seams would show.
        const isWhole = box[0] === 0 && box[2] === 1;
        return isWhole
          ? rectangle({ ...first, width: same.length }, box)
          : same.map((cell) => rectangle(cell, box)).join('');
      });
      return `<path${attribute(kind)} d="${path.join('')}"/>`;
    })
    .join('');
}

/** What a block element fills of its cell: left, top, right, bottom, 0–1. */
type Box = readonly [left: number, top: number, right: number, bottom: number];

function blockOf(text: string): Box | undefined {
  const code = text.codePointAt(0)!;
  if (text === '▀') return [0, 0, 1, 0.5];
  if (code >= 0x2581 && code <= 0x2588) return [0, 1 - (code - 0x2580) / 8, 1, 1];
  if (code >= 0x2589 && code <= 0x258f) return [0, 0, (0x2590 - code) / 8, 1];
  return text === '░' ? [0, 0, 1, 1] : undefined;
}

function rectangle({ column, width }: { readonly column: number; readonly width: number }, box: Box): string {
  const [left, top, right, bottom] = box;
  const x = column * CELL_PX;
  const across = round((right - left) * width * CELL_PX);
  const down = bottom * ROW_PX + (bottom === 1 ? LAP_PX : 0);
  return `M${round(x + left * CELL_PX)} ${round(top * ROW_PX)}h${across}V${round(down)}h${-across}z`;
}

/** Classes of what stands in a cell. */
function inkClass({ isBold, isDim, isInverse, colour, ground }: Style): string {
  const shown = isInverse ? (ground === null ? 'p' : `c${ground}`) : colour === null ? '' : `c${colour}`;
  return [shown, isBold ? 'b' : '', isDim ? 'd' : ''].filter((name) => name !== '').join(' ');
}

/** The class of what lies under it; empty for nothing. */
function groundClass({ isInverse, colour, ground }: Style): string {
  if (isInverse) return colour === null ? 'i' : `c${colour}`;
  return ground === null ? '' : `c${ground}`;
}

function attribute(classes: string): string {
  return classes === '' ? '' : ` class="${classes}"`;
}

function css(frames: readonly Frame[]): string {
  return [
    `text{font:${FONT_PX}px ${FONTS};white-space:pre}path{shape-rendering:crispEdges}`,
    `.b{font-weight:700}.d{fill-opacity:.65}.h{fill-opacity:.25}`,
    colours(LIGHT),
    `@media(prefers-color-scheme:dark){${colours(DARK)}}`,
    `.s{visibility:hidden}.t{visibility:visible}`,
    ...(frames.length > 1 ? [motion(frames)] : []),
  ].join('\n');
}

function colours({ ink, paper, edge, colours: basic }: Palette): string {
  const each = basic.map((colour, at) => `.c${at}{fill:${colour}}`).join('');
  return `text,path,.i{fill:${ink}}.w{fill:${paper};stroke:${edge}}.p{fill:${paper}}${each}`;
}

/** Each frame is there in its own part of the whole; who wants no motion gets the still. */
function motion(frames: readonly Frame[]): string {
  const whole = frames.reduce((sum, { seconds }) => sum + seconds, 0);
  let gone = 0;
  const rules = frames.map(({ seconds }, at) => {
    const from = (gone / whole) * 100;
    gone += seconds;
    const to = (gone / whole) * 100;
    const before = at === 0 ? '' : '0%{visibility:hidden}';
    const after = at === frames.length - 1 ? '100%{visibility:visible}' : `${round(to)}%{visibility:hidden}`;
    return (
      `@keyframes k${at}{${before}${round(from)}%{visibility:visible}${after}}` +
      `#s${at}{animation:k${at} ${round(whole)}s step-end infinite}`
    );
  });
  return `@media not (prefers-reduced-motion:reduce){${rules.join('\n')}}`;
}

/** Two decimals, as short as it can be written. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
