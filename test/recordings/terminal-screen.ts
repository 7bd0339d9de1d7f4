// What a terminal showed, as cells: reads captured lines with their colours. It must not know how they are drawn.

import stringWidth from 'string-width';

/** How a cell looks: `null` is the terminal's own colour, 0–15 one of the basic sixteen. */
export interface Style {
  readonly isBold: boolean;
  readonly isDim: boolean;
  readonly isInverse: boolean;
  readonly colour: number | null;
  readonly ground: number | null;
}

/** One sign at its place. */
export interface Cell {
  readonly column: number;
  /** Columns that it takes: 1, or 2 for a wide one. */
  readonly width: number;
  readonly text: string;
  readonly style: Style;
}

export const PLAIN: Style = { isBold: false, isDim: false, isInverse: false, colour: null, ground: null };

const ESCAPE = '\u001b';
const ENDS_OSC = '\u0007';
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The lines of a screen, as `tmux capture-pane -e -p` gives them; a style holds on to the next line. */
export function screenOf(captured: string): Cell[][] {
  const lines = captured.replace(/\n$/, '').split('\n');
  let style = PLAIN;
  return lines.map((line) => {
    const cells: Cell[] = [];
    let column = 0;
    for (const part of partsOf(line)) {
      if (part.startsWith(ESCAPE)) {
        style = styleAfter(style, part);
        continue;
      }
      for (const { segment } of graphemes.segment(part)) {
        const width = stringWidth(segment);
        if (width === 0) continue;
        cells.push({ column, width, text: segment, style });
        column += width;
      }
    }
    return cells;
  });
}

/** What stands there without colours, without blanks at the ends. */
export function textOf(screen: readonly (readonly Cell[])[]): string[] {
  return screen.map((cells) =>
    cells
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );
}

/** Texts and escape sequences of a line, in their order. */
function partsOf(line: string): string[] {
  const parts: string[] = [];
  let at = 0;
  while (at < line.length) {
    const end = line[at] === ESCAPE ? sequenceEnd(line, at) : line.indexOf(ESCAPE, at);
    const next = end === -1 ? line.length : end;
    parts.push(line.slice(at, next));
    at = next;
  }
  return parts;
}

/** Where the escape sequence that begins here ends. */
function sequenceEnd(line: string, at: number): number {
  const kind = line[at + 1];
  if (kind === '[') {
    let end = at + 2;
    while (end < line.length && !/[@-~]/.test(line[end]!)) end += 1;
    return end + 1;
  }
  if (kind === ']') {
    const bell = line.indexOf(ENDS_OSC, at);
    const terminator = line.indexOf(`${ESCAPE}\\`, at);
    if (bell === -1 && terminator === -1) return line.length;
    return terminator === -1 || (bell !== -1 && bell < terminator) ? bell + 1 : terminator + 2;
  }
  // One sign more names a character set.
  return at + (kind !== undefined && '()*+'.includes(kind) ? 3 : 2);
}

/** The style that holds after a sequence; what is no SGR, or says what is not known here, changes nothing. */
function styleAfter(style: Style, sequence: string): Style {
  const [, list] = /^.\[([\d;:]*)m$/s.exec(sequence) ?? [];
  if (list === undefined) return style;
  const codes = list.split(/[;:]/).map(Number);
  let now = style;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]!;
    if (code === 38 || code === 48) {
      const isIndexed = codes[at + 1] === 5;
      const index = isIndexed ? codes[at + 2] : undefined;
      if (index !== undefined && index < 16) now = { ...now, [code === 38 ? 'colour' : 'ground']: index };
      at += isIndexed ? 2 : 4;
      continue;
    }
    now = { ...now, ...changeOf(code) };
  }
  return now;
}

function changeOf(code: number): Partial<Style> {
  if (code === 0) return PLAIN;
  if (code === 1) return { isBold: true };
  if (code === 2) return { isDim: true };
  if (code === 22) return { isBold: false, isDim: false };
  if (code === 7) return { isInverse: true };
  if (code === 27) return { isInverse: false };
  if (code >= 30 && code <= 37) return { colour: code - 30 };
  if (code === 39) return { colour: null };
  if (code >= 40 && code <= 47) return { ground: code - 40 };
  if (code === 49) return { ground: null };
  if (code >= 90 && code <= 97) return { colour: code - 90 + 8 };
  if (code >= 100 && code <= 107) return { ground: code - 100 + 8 };
  return {};
}
