// A space-time picture as a static SVG: time runs down in rows, not to scale; a line for each lane, arrows for messages. It
// takes its colours from the variables of the page that it stands in, and brings its own where there are none.

import { escapeXml, oneLine } from './escape.ts';
import { isOfAll, type Row, rowsOf } from './space-time-rows.ts';
import type { SpaceTime, SpaceTimeEvent, SpaceTimeMessage } from './space-time.ts';
import { clipped, seconds } from './story-words.ts';

/** Units of the picture: legible where it is drawn 400 pixels wide. */
const WIDTH = 560;
const FIRST_LANE = 82;
const LAST_LANE = 436;
const LINE = 17;
const GAP = 15;
const DOT = 5.5;
const TEXT_OFF = 12;
const EDIT_OFF = 18;
/** Width of a character of the picture's text, on average and at most. */
const CHAR = 7.3;
/** The same of what stands out. */
const BOLD_CHAR = 8.3;
const LINES_MAX = 3;
const VIEW_LINES_MAX = 4;
const RELAY_CHARS = 15;
/** What the word `before` says already. */
const START = / \(everybody has it from the start\)$/;
/** Length of the head of an arrow, and how far a lost message comes. */
const HEAD = 8;
const LOST_SHARE = 0.42;

/** Where things stand. */
interface Layout {
  readonly lanes: readonly number[];
  /** By event. */
  readonly yOf: ReadonlyMap<number, number>;
  readonly rows: readonly Placed[];
  readonly gapY: number | undefined;
  readonly top: number;
  readonly bottom: number;
}

interface Placed extends Row {
  readonly y: number;
  readonly lines: readonly string[];
  /** The first line's baseline. */
  readonly textY: number;
}

/**
 * The picture as an `<svg>` element.
 * @param id begins the ids within; unique on the page, letters, digits and `-`
 */
export function spaceTimeSvg(picture: SpaceTime, id: string): string {
  const { rows, messages, gapAfter, leftOut } = rowsOf(picture);
  const layout = laidOut(picture, rows, gapAfter);
  const ends = endLines(picture, layout.bottom + 2 * LINE);
  const height = Math.ceil(ends.bottom + 8);
  const names = picture.lanes.map(({ name }) => name).join(', ');
  const told = picture.told ?? [];
  return [
    `<svg class="space-time" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc" xmlns="http://www.w3.org/2000/svg">`,
    `<title id="${id}-title">${safe(`Space-time diagram of ${names}`)}</title>`,
    `<desc id="${id}-desc">${safe([...told, ...rows.flatMap(({ events }) => events).map((event) => describe(picture, event))].join('. '))}</desc>`,
    `<style>${STYLE}</style>`,
    ...heads(picture, layout),
    ...spans(picture, layout),
    ...layout.lanes.map((x) => `<path class="lane" d="M${x} ${layout.top}V${layout.bottom}"/>`),
    ...messages.flatMap((message) => arrow(message, layout)),
    ...times(layout),
    ...layout.rows.flatMap((row) => rowMarks(row, layout)),
    ...(layout.gapY === undefined ? [] : gapMarks(layout.gapY, leftOut)),
    ...ends.marks,
    '</svg>',
    '',
  ].join('\n');
}

function laidOut(picture: SpaceTime, rows: readonly Row[], gapAfter: number): Layout {
  const step = picture.lanes.length > 1 ? (LAST_LANE - FIRST_LANE) / (picture.lanes.length - 1) : 0;
  const lanes = picture.lanes.map((_, lane) => Math.round(FIRST_LANE + lane * step));
  const yOf = new Map<number, number>();
  const placed: Placed[] = [];
  const top = 34;
  let y = top + 4;
  let gapY: number | undefined;
  for (const [at, row] of rows.entries()) {
    if (at === gapAfter) {
      gapY = y + 2 * GAP;
      y = gapY + GAP;
    }
    const isRelay = row.lane === lanes.length - 1;
    const lines = linesOf(row, lanes[row.lane]!, isRelay);
    const isBelow = !isRelay && row.events[0]!.kind !== 'send' && !row.events.some(isOfAll);
    const above = isRelay ? (lines.length * LINE) / 2 : isBelow ? DOT : lines.length * LINE;
    const below = isRelay ? (lines.length * LINE) / 2 : isBelow ? lines.length * LINE : DOT;
    y += GAP + above;
    const textY = isRelay ? y - above + LINE - 5 : isBelow ? y + (isArrival(row) ? 14 : 5) : y - above + LINE - 7;
    placed.push({ ...row, y: round(y), lines, textY: round(textY) });
    for (const { order } of row.events) yOf.set(order, round(y));
    y += isBelow && !isArrival(row) ? Math.max(DOT, below - LINE / 2) : below;
  }
  return { lanes, yOf, rows: placed, gapY, top, bottom: round(y + GAP) };
}

/** Whether an arrow ends there, above which no text can stand. */
function isArrival({ events }: Row): boolean {
  return events.some(({ kind }) => kind === 'receive' || kind === 'acknowledge');
}

/** The words of a row, in lines that fit beside its lane. */
function linesOf({ events }: Row, x: number, isRelay: boolean): string[] {
  // What an acceptance brings about is drawn, and need not be said.
  const told = events.filter(({ kind, text }) => kind !== 'send' || !/^(says so to|tells|refuses) /.test(text));
  const text = (told.length === 0 ? events : told)
    .map((event) => event.text)
    .join('; ')
    .replace(START, '');
  if (events.some(isOfAll)) return wrapped(oneLine(text), Math.floor((WIDTH - FIRST_LANE) / CHAR), 1);
  const isEdit = events.some(({ kind }) => kind === 'edit');
  const room = WIDTH - x - 4 - (isEdit ? EDIT_OFF : TEXT_OFF);
  const chars = isRelay ? RELAY_CHARS : Math.floor(room / (isEdit ? BOLD_CHAR : CHAR));
  return wrapped(oneLine(text), chars, LINES_MAX);
}

/** Lines of at most so many characters; what does not fit is left out, and says so. */
function wrapped(text: string, chars: number, linesMax: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((each) => pieces(each, chars))) {
    if (line !== '' && line.length + 1 + word.length > chars) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  if (lines.length <= linesMax) return lines;
  const last = clipped(`${lines[linesMax - 1]!} …`.slice(0, chars + 2), chars);
  return [...lines.slice(0, linesMax - 1), last.endsWith('…') ? last : `${last}…`];
}

/** A word that is longer than a line, in pieces that break behind a `/` where they can. */
function pieces(word: string, chars: number): string[] {
  const characters = Array.from(word);
  if (characters.length <= chars) return [word];
  const start = characters.slice(0, chars).join('');
  const slash = start.lastIndexOf('/');
  const length = slash > 2 ? slash + 1 : start.length;
  return [word.slice(0, length), ...pieces(word.slice(length), chars)];
}

function heads(picture: SpaceTime, { lanes, top }: Layout): string[] {
  return picture.lanes.map(
    ({ name }, lane) =>
      `<text class="name" x="${lanes[lane]!}" y="${top - 12}">${safe(clipped(oneLine(name), 14))}</text>`,
  );
}

/** What lasts, as bars behind a lane; those that overlap stand side by side. */
function spans({ spans: all }: SpaceTime, layout: Layout): string[] {
  const marks: string[] = [];
  const beside: { lane: number; fromY: number; toY: number; at: number }[] = [];
  for (const { lane, fromUs, toUs, text } of all) {
    const fromY = yAt(layout, fromUs);
    const toY = Math.max(yAt(layout, toUs), fromY + LINE);
    const taken = beside
      .filter((each) => each.lane === lane && each.fromY < toY && each.toY > fromY)
      .map(({ at }) => at);
    let at = 0;
    while (taken.includes(at)) at++;
    beside.push({ lane, fromY, toY, at });
    const x = layout.lanes[lane]! - 7 - at * 4;
    const what = safe(`${text}, from ${seconds(fromUs)} to ${seconds(toUs)}`);
    const y = round((fromY + toY) / 2);
    const label = safe(clipped(oneLine(text), Math.max(3, Math.floor((toY - fromY) / CHAR))));
    marks.push(
      `<g><title>${what}</title><rect class="span" x="${x}" y="${fromY}" width="14" height="${round(toY - fromY)}" rx="3"/>`,
      `<text class="span-text" transform="translate(${x - 4} ${y}) rotate(-90)">${label}</text></g>`,
    );
  }
  return marks;
}

/** Where a time stands among the rows: at the first one that is not before it. */
function yAt({ rows, bottom }: Layout, atUs: number): number {
  return rows.find((row) => row.atUs >= atUs && !isBefore(row))?.y ?? bottom;
}

function isBefore({ events }: Row): boolean {
  return events[0]!.isPreload === true;
}

function arrow(message: SpaceTimeMessage, { lanes, yOf }: Layout): string[] {
  const { from, to, sendOrder, receiveOrder, isLost, isDoubled, kind, labels, text } = message;
  const [x1, y1] = [lanes[from]!, yOf.get(sendOrder!)!];
  const arrivalY = receiveOrder === null ? undefined : yOf.get(receiveOrder);
  const x2 = isLost || arrivalY === undefined ? x1 + (lanes[to]! - x1) * LOST_SHARE : lanes[to]!;
  const y2 = isLost || arrivalY === undefined ? y1 + LINE + (isDoubled ? LINE / 2 : 0) : arrivalY;
  const isIdle = kind === 'pull' || kind === 'notification' || (kind === 'page' && labels.length === 0);
  const classes = [
    'message',
    isIdle || kind === 'answer' ? 'quiet' : '',
    isLost ? 'lost' : '',
    isDoubled ? 'doubled' : '',
  ];
  const marks = [
    `<g class="${classes.filter((each) => each !== '').join(' ')}"><title>${safe(text)}</title>`,
    `<path d="M${x1} ${y1}L${round(x2)} ${round(y2)}"/>`,
  ];
  if (isLost) {
    const [x, y] = [round(x2), round(y2)];
    marks.push(`<path class="cross" d="M${x - 5} ${y - 5}l10 10m0 -10l-10 10"/>`);
  } else if (arrivalY !== undefined) {
    marks.push(arrowHead(x1, y1, x2, y2));
  }
  if (labels.length > 0 && kind !== 'answer' && Math.abs(x2 - x1) > 40) marks.push(carried(message, x1, y1, x2, y2));
  return [...marks, '</g>'];
}

/** The head of an arrow, which ends at the edge of a dot. */
function arrowHead(x1: number, y1: number, x2: number, y2: number): string {
  const length = Math.hypot(x2 - x1, y2 - y1);
  const [dx, dy] = length === 0 ? [0, 1] : [(x2 - x1) / length, (y2 - y1) / length];
  const [x, y] = [x2 - dx * DOT, y2 - dy * DOT];
  const [bx, by] = [x - dx * HEAD, y - dy * HEAD];
  const [ox, oy] = [-dy * 3.6, dx * 3.6];
  return `<path class="head" d="M${round(x)} ${round(y)}L${round(bx + ox)} ${round(by + oy)}L${round(bx - ox)} ${round(by - oy)}Z"/>`;
}

/** What a message carries, on its arrow. */
function carried({ labels }: SpaceTimeMessage, x1: number, y1: number, x2: number, y2: number): string {
  const text = safe(clipped(labels.join(', '), 10));
  const width = round(Math.min(labels.join(', ').length, 10) * CHAR + 8);
  const [x, y] = [round(x1 + (x2 - x1) * 0.62), round(y1 + (y2 - y1) * 0.62)];
  return `<rect class="plate" x="${round(x - width / 2)}" y="${round(y - 8)}" width="${width}" height="16" rx="8"/><text class="carried" x="${x}" y="${round(y + 4.5)}">${text}</text>`;
}

/** A time where it is another one than above. */
function times({ rows }: Layout): string[] {
  let last = '';
  return rows.flatMap((row) => {
    const time = isBefore(row) ? 'before' : seconds(row.atUs);
    if (time === last) return [];
    last = time;
    return [`<text class="time" x="4" y="${round(row.y + 4)}">${time}</text>`];
  });
}

function rowMarks(row: Placed, layout: Layout): string[] {
  const { lane, y, lines, textY, events } = row;
  const whole = safe(events.map(({ text }) => text).join('; '));
  if (events.some(isOfAll)) {
    return [
      `<g><title>${whole}</title><path class="all" d="M${FIRST_LANE - 14} ${y}H${WIDTH - 8}"/>`,
      `<text class="text all-text" x="${FIRST_LANE}" y="${textY}">${safe(lines[0]!)}</text></g>`,
    ];
  }
  const x = layout.lanes[lane]!;
  const edit = events.find(({ kind }) => kind === 'edit');
  const isBad = events.some(({ kind, isConflicting }) => isConflicting || kind === 'fault' || kind === 'reject');
  const isIdle = events.every((event) => event.isIdle === true);
  const style = ['text', edit === undefined ? '' : 'edit-text', isBad ? 'bad-text' : '', isIdle ? 'idle-text' : ''];
  const texts = lines.map(
    (line, at) =>
      `<tspan x="${x + (edit === undefined ? TEXT_OFF : EDIT_OFF)}" y="${round(textY + at * LINE)}">${safe(line)}</tspan>`,
  );
  return [
    `<g><title>${whole}</title>${mark(row, x, edit, isBad)}`,
    `<text class="${style.filter((each) => each !== '').join(' ')}">${texts.join('')}</text></g>`,
  ];
}

/** The dot of a row: an edit's holds its number, a fault's is a square. */
function mark({ y, events }: Placed, x: number, edit: SpaceTimeEvent | undefined, isBad: boolean): string {
  if (edit !== undefined) {
    const label = edit.labels[0] ?? '';
    const ring = edit.isConflicting ? `<circle class="ring" cx="${x}" cy="${y}" r="13"/>` : '';
    const dot = `<circle class="edit${edit.isConflicting ? ' conflict' : ''}" cx="${x}" cy="${y}" r="9"/>`;
    return `${ring}${dot}<text class="label" x="${x}" y="${round(y + 4.2)}">${safe(clipped(label, 3))}</text>`;
  }
  if (events.some(({ kind }) => kind === 'fault')) {
    return `<path class="fault" d="M${x} ${round(y - 8)}l8 14h-16Z"/>`;
  }
  if (events.some(({ kind }) => kind === 'restart')) {
    return `<rect class="restart" x="${x - 5}" y="${round(y - 5)}" width="10" height="10"/>`;
  }
  const isIdle = events.every((event) => event.isIdle === true);
  return `<circle class="dot${isBad ? ' bad' : ''}${isIdle ? ' idle' : ''}" cx="${x}" cy="${y}" r="${isIdle ? 3 : DOT - 1}"/>`;
}

function gapMarks(y: number, leftOut: number): string[] {
  const text = `… ${leftOut} events are left out; squall replay --trace tells all`;
  return [
    `<rect class="gap" x="0" y="${round(y - 12)}" width="${WIDTH}" height="24"/>`,
    `<text class="text idle-text" x="${FIRST_LANE}" y="${round(y + 4)}">${text}</text>`,
  ];
}

/** What was shown in the end, and what is wrong. */
function endLines(picture: SpaceTime, from: number): { marks: string[]; bottom: number } {
  const marks: string[] = [];
  let y = from;
  const chars = Math.floor((WIDTH - FIRST_LANE - 8) / CHAR);
  const say = (head: string, text: string, style: string): void => {
    const lines = wrapped(oneLine(text), chars, VIEW_LINES_MAX);
    const height = lines.length * LINE + 8;
    const spoken = lines.map(
      (line, at) => `<tspan x="${FIRST_LANE}" y="${round(y + at * LINE)}">${safe(line)}</tspan>`,
    );
    marks.push(
      `<g class="${style}"><title>${safe(`${head}: ${text}`)}</title><rect class="panel" x="2" y="${round(y - LINE + 1)}" width="${WIDTH - 4}" height="${height}" rx="4"/>`,
      `<text class="who" x="10" y="${round(y)}">${safe(clipped(oneLine(head), 9))}</text><text class="text">${spoken.join('')}</text></g>`,
    );
    y += height + 6;
  };
  for (const { lane, text, differs } of picture.views) {
    say(`${picture.lanes[lane]?.name ?? ''} shows`, text, differs ? 'view differs' : 'view');
  }
  if (picture.views.length === 0) for (const text of picture.told ?? []) say('judged', text, 'view differs');
  return { marks, bottom: y - LINE };
}

function describe({ lanes }: SpaceTime, { lane, atUs, text, isPreload }: SpaceTimeEvent): string {
  return `${isPreload === true ? 'Before' : seconds(atUs)}, ${lanes[lane]?.name ?? ''}: ${text}`;
}

function safe(text: string): string {
  return escapeXml(oneLine(text));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Colours of the page, or for one without any, those of a light one. */
const STYLE = [
  '.space-time{display:block;width:100%;max-width:46rem;height:auto;font:14px system-ui,sans-serif}',
  '.space-time text{fill:var(--ink,#1c2024)}',
  '.space-time .text,.space-time .label,.space-time .name{stroke-linejoin:round}',
  '.space-time .text{stroke:var(--paper,#fff);stroke-width:3.5px;paint-order:stroke}',
  '.space-time .name{font-weight:700;font-size:15px;text-anchor:middle}',
  '.space-time .time{fill:var(--muted,#60646c);font-size:12.5px}',
  '.space-time .lane{stroke:var(--muted,#60646c);stroke-opacity:.55;stroke-width:1.5;fill:none}',
  '.space-time .message path{stroke:var(--accent,#0b68cb);stroke-width:1.8;fill:none}',
  '.space-time .message .head{fill:var(--accent,#0b68cb);stroke:none}',
  '.space-time .quiet path{stroke:var(--muted,#60646c);stroke-width:1.1;stroke-dasharray:4 3}',
  '.space-time .quiet .head{fill:var(--muted,#60646c);stroke:none}',
  '.space-time .lost path{stroke:var(--bad,#c62a2f);stroke-dasharray:6 3}',
  '.space-time .lost .cross{stroke-width:2.4;stroke-dasharray:none}',
  '.space-time .doubled path{stroke-width:1.8;stroke-dasharray:2 2}',
  '.space-time .plate{fill:var(--paper,#fff);stroke:var(--accent,#0b68cb);stroke-width:1}',
  '.space-time .lost .plate{stroke:var(--bad,#c62a2f)}',
  '.space-time .carried{font-size:11.5px;text-anchor:middle}',
  '.space-time .dot{fill:var(--ink,#1c2024)}.space-time .idle{fill:var(--muted,#60646c)}',
  '.space-time .bad,.space-time .fault{fill:var(--bad,#c62a2f)}',
  '.space-time .restart{fill:var(--good,#18794e)}',
  '.space-time .edit{fill:var(--ink,#1c2024)}.space-time .conflict{fill:var(--bad,#c62a2f)}',
  '.space-time .ring{fill:none;stroke:var(--bad,#c62a2f);stroke-width:2}',
  '.space-time .label{fill:var(--paper,#fff);font-size:12px;font-weight:700;text-anchor:middle}',
  '.space-time .edit-text{font-weight:600}.space-time .bad-text{fill:var(--bad,#c62a2f)}',
  '.space-time .idle-text{fill:var(--muted,#60646c);font-size:12.5px}',
  '.space-time .all{stroke:var(--muted,#60646c);stroke-width:1;stroke-dasharray:2 4}',
  '.space-time .all-text{fill:var(--muted,#60646c);font-style:italic}',
  '.space-time .span{fill:var(--bad,#c62a2f);fill-opacity:.2}',
  '.space-time .span-text{fill:var(--bad,#c62a2f);font-size:12px;text-anchor:middle}',
  '.space-time .gap{fill:var(--paper,#fff)}',
  '.space-time .who{font-weight:700}.space-time .panel{fill:var(--muted,#60646c);fill-opacity:.1}',
  '.space-time .differs .panel{fill:var(--bad,#c62a2f);fill-opacity:.12}',
  '.space-time .view .text{stroke:none}',
].join('');
