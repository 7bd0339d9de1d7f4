// A story as text: a column for each device and one for the relay, time running down, one line an event, and who knew
// what. Where there are too many columns, or too little room, a list. It must not know findings.
import type { DocumentType } from '../../models/documents/port.ts';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import { RELAY, type StoryEvent } from '../../scenarios/search/story-event.ts';
import { type Storyline, storylineOf } from '../../scenarios/search/storyline.ts';
import type { Paint, Style } from './format.ts';
import { clipped, happeningText, labelsText, seconds } from './story-words.ts';

/** Width where nobody says how wide a line may be, characters. */
export const COLUMNS = 100;
/** Most columns of lanes, the relay's among them. */
const LANES_MAX = 4;
const LANE_CHARS_MIN = 8;
const LANE_CHARS_MAX = 22;
/** The last lane's text has at least so much room. */
const TEXT_CHARS_MIN = 36;

/** The same is told so often within so many lines. */
const TIMES_TOLD = 2;
const ECHO_WINDOW = 4;

/** One line of a story. */
export interface StoryLine {
  readonly time: string;
  /** Index of a device; −1 for the relay, undefined for what is everybody's. */
  readonly lane: number | undefined;
  readonly text: string;
  /** What the device has then. */
  readonly knows: string | undefined;
  readonly style: Style | undefined;
}

/** The story of a finding's plan, whole. @param columns width of the terminal, characters */
export function storyText(file: FindingFile, documents: DocumentType, paint: Paint, columns = COLUMNS): string {
  const storyline = storylineOf(file.config, file.plan, documents);
  return `${storyBlock(storyline, storyLines(storyline), paint, columns).join('\n')}\n`;
}

/** A story in lines, in order. @param isTold which events are told; all where left out */
export function storyLines(storyline: Storyline, isTold: (event: StoryEvent) => boolean = () => true): StoryLine[] {
  const nameOf = namesOf(storyline);
  const lines: StoryLine[] = [];
  for (const event of storyline.events) {
    const { happening, device, atUs, knows } = event;
    if (!isTold(event)) continue;
    const text = happeningText(happening, nameOf);
    if (text === undefined) continue;
    const isPreload = happening.what === 'edit' && happening.isPreload;
    lines.push({
      time: isPreload ? 'before' : seconds(atUs),
      lane: happening.what === 'calm' || happening.what === 'judge' ? undefined : device,
      text,
      knows: knows === undefined || isPreload ? undefined : `knows ${labelsText(knows)}`,
      style: styleOf(event),
    });
  }
  return withoutEchoes(lines);
}

/** What happens over and over, such as a retry that is refused, is told twice, and then how often it went on. */
function withoutEchoes(lines: readonly StoryLine[]): StoryLine[] {
  const kept: StoryLine[] = [];
  let echoes = 0;
  let last: StoryLine | undefined;
  const close = (): void => {
    if (last !== undefined) {
      const text = `… and so on, ${echoes} more ${echoes === 1 ? 'line' : 'lines'} of the same until ${last.time}`;
      kept.push({ ...last, time: '', lane: undefined, text, knows: undefined, style: undefined });
    }
    last = undefined;
    echoes = 0;
  };
  for (const line of lines) {
    const times = kept.slice(-ECHO_WINDOW).filter((each) => isSame(each, line)).length;
    if (times >= TIMES_TOLD) {
      last = line;
      echoes++;
      continue;
    }
    close();
    kept.push(line);
  }
  close();
  return kept;
}

function isSame(one: StoryLine, other: StoryLine): boolean {
  return one.lane === other.lane && one.text === other.text && one.knows === other.knows;
}

/** Names of a story's devices, and of the relay. */
export function namesOf({ devices }: Pick<Storyline, 'devices'>): (index: number) => string {
  const names = new Map(devices.map(({ index, name }) => [index, name]));
  return (index) => (index === RELAY ? 'relay' : (names.get(index) ?? `device ${index}`));
}

function styleOf({ happening: { what } }: StoryEvent): Style | undefined {
  if (what === 'fault' || what === 'restart' || what === 'reject' || what === 'message') return 'yellow';
  return what === 'edit' ? 'bold' : undefined;
}

/** Lines laid out in lanes, or as a list; without a line's end. */
export function storyBlock(storyline: Storyline, lines: readonly StoryLine[], paint: Paint, columns: number): string[] {
  const nameOf = namesOf(storyline);
  const lanes = [...storyline.devices.map(({ index }) => index), RELAY];
  const timeChars = Math.max(6, ...lines.map(({ time }) => time.length)) + 2;
  const room = Math.floor((columns - timeChars - TEXT_CHARS_MIN) / (lanes.length - 1));
  if (lanes.length > LANES_MAX || room < LANE_CHARS_MIN) return list(lines, nameOf, timeChars, paint, columns);
  const laneChars = Math.min(LANE_CHARS_MAX, room);
  const head = `${'time'.padEnd(timeChars)}${lanes.map((lane) => nameOf(lane).padEnd(laneChars)).join('')}`;
  return [
    paint('dim', head.trimEnd()),
    ...lines.map((line) => laneLine(line, lanes, timeChars, laneChars, paint, columns)),
  ];
}

function laneLine(
  line: StoryLine,
  lanes: readonly number[],
  timeChars: number,
  laneChars: number,
  paint: Paint,
  columns: number,
): string {
  const at = line.lane === undefined ? 0 : Math.max(0, lanes.indexOf(line.lane));
  const from = timeChars + at * laneChars;
  const mark = line.lane === undefined ? '──' : '●';
  const text = clipped(`${mark} ${sentence(line)}`, columns - from);
  const before = '│'.padEnd(laneChars).repeat(at);
  let after = '';
  // Lanes go on behind a text that leaves them room.
  for (let lane = at + 1; lane < lanes.length && line.lane !== undefined; lane++) {
    const column = timeChars + lane * laneChars;
    const end = from + Array.from(text).length + after.length;
    if (column > end) after += `${' '.repeat(column - end)}│`;
  }
  const told = line.style === undefined ? text : paint(line.style, text);
  return `${line.time.padEnd(timeChars)}${paint('dim', before)}${told}${paint('dim', after)}`;
}

function list(
  lines: readonly StoryLine[],
  nameOf: (index: number) => string,
  timeChars: number,
  paint: Paint,
  columns: number,
): string[] {
  const names = lines.map(({ lane }) => (lane === undefined ? 'all' : nameOf(lane)));
  const nameChars = Math.max(...names.map((name) => name.length), 0) + 2;
  return lines.map((line, at) => {
    const text = clipped(sentence(line), Math.max(TEXT_CHARS_MIN, columns - timeChars - nameChars));
    const told = line.style === undefined ? text : paint(line.style, text);
    return `${line.time.padEnd(timeChars)}${names[at]!.padEnd(nameChars)}${told}`;
  });
}

function sentence({ text, knows }: StoryLine): string {
  return knows === undefined ? text : `${text} · ${knows}`;
}
