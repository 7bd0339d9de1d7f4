// A finding explained to somebody who never saw the code: what was demanded, what differs, at which edit it began and who
// had seen that, and the shrunk story. It must not know how a finding came about.
import type { DocumentType } from '../../models/documents/port.ts';
import type { Edit } from '../../models/documents/edit.ts';
import type { Finding, Parting } from '../../models/finding.ts';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import type { StoryEvent } from '../../scenarios/search/story-event.ts';
import { deviceNames, type Storyline, storylineOf } from '../../scenarios/search/storyline.ts';
import type { TrialOutcome } from '../../scenarios/search/trial-port.ts';
import { differenceOf, rowsOf, shownText } from './difference.ts';
import type { Paint } from './format.ts';
import { counted } from './size.ts';
import { COLUMNS, namesOf, storyBlock, storyLines } from './story.ts';
import { andList, clipped, editText, labelsText, seconds, visible } from './story-words.ts';

/** What each oracle demands, in plain words. */
const DEMANDS: Readonly<Record<string, string>> = {
  convergence: 'When everything has been delivered, all devices show the same.',
  'version-agreement': 'Devices that show the same say that they hold the same.',
  pending: 'When everything has been delivered, no document still holds changes back.',
  reload: 'A document that is loaded from its own storage shows and holds what it did before.',
  'late-joiner': 'A new device that is given everything shows and holds what the others do.',
  'local-effect': 'Whoever edits sees the edit at once.',
  'merge-trees':
    'However changes are ordered, grouped and merged, they come to the same; and merged changes hold what they claim.',
  delivery: 'Each change that the relay has accepted reaches every device.',
  durability: 'What the relay has told a device that it accepted, it keeps, and keeps once.',
  intent:
    'The effect of an accepted edit is there, unless an edit that had seen it undid it, or one that did not know of it ' +
    'met it and the document type says that such an edit wins.',
  causality: 'An edit never loses to one that its author had already seen when it was made.',
  idempotence: 'To be given the same changes once more changes nothing.',
  cursor: 'A device’s place in the relay’s log never goes back and never skips a change.',
  accounting: 'Each posted transaction balances, and so do the books as a whole.',
  liveness: 'When users have stopped and all faults have ended, everything is pushed and pulled within a set time.',
  document: 'A document does not throw.',
  protocol: 'A relay answers as the rules of the protocol say, and in the end hands out what it has accepted.',
  secrecy: 'Nothing that the relay holds shows what devices wrote.',
};

/** Lines of a shrunk story that are shown at most; the first so many of them, then the last. */
const LINES_MAX = 24;
const FIRST_LINES = 6;
/** Characters of a note, which may quote what a document has printed. */
const NOTE_CHARS = 400;
/** Edits from before the run are told one by one up to so many. */
const PRELOADS_TOLD = 4;

/**
 * Explains a finding.
 *
 * @param file what is explained: its `finding` is what was found now
 * @param outcome of the replay
 * @param documents the type that it was replayed with; without it the story is left out
 * @param columns width of the terminal, characters
 * @param hasStory whether the shortened story stands at its end
 */
export function explanationText(
  file: FindingFile,
  outcome: Pick<TrialOutcome, 'views'>,
  paint: Paint,
  documents?: DocumentType,
  columns = COLUMNS,
  hasStory = true,
): string {
  const { finding, plan, config } = file;
  const storyline = documents === undefined ? undefined : storylineOf(config, plan, documents);
  const names = deviceNames(plan);
  const nameOf =
    storyline === undefined ? (index: number) => names.get(index) ?? `device ${index}` : namesOf(storyline);
  const sections = [
    headline(finding, nameOf, paint, columns),
    differenceLines(finding, outcome.views ?? {}, nameOf, paint, columns),
    partingLines(file, storyline, nameOf, columns),
    storyline === undefined || !hasStory ? [] : shortStory(file, storyline, paint, columns),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function headline(
  { oracle, kind, devices, atUs }: Finding,
  nameOf: (index: number) => string,
  paint: Paint,
  columns: number,
): string[] {
  const demand = DEMANDS[oracle] ?? `What the oracle ${visible(oracle)} demands.`;
  const whom = devices.length === 0 ? '' : ` for ${andList(devices.map(nameOf))}`;
  const when = `Judged at ${seconds(atUs)} of virtual time.`;
  return [
    `${paint(['red', 'bold'], visible(oracle))} (${kind === 'safety' ? 'something bad happened' : 'something good did not happen'})`,
    ...wrapped(`Expected: ${demand}`, columns),
    ...wrapped(`That does not hold${whom}. ${when}`, columns),
  ];
}

function differenceLines(
  finding: Finding,
  views: Readonly<Record<string, unknown>>,
  nameOf: (index: number) => string,
  paint: Paint,
  columns: number,
): string[] {
  const { place, shown, notes } = differenceOf(finding, nameOf, views);
  const where = place === undefined ? '' : `, at ${visible(place)}`;
  const lines = [`What ${shown.length > 1 ? 'differs' : 'is wrong'}${where}:`];
  for (const { key, shown: row } of rowsOf(shown)) {
    if (key !== undefined) lines.push(`  ${key}`);
    const width = Math.max(...row.map(({ who }) => who.length), 0) + 2;
    for (const [at, { who, value }] of row.entries()) {
      const text = clipped(shownText(value), Math.max(20, columns - width - 4));
      lines.push(`    ${who.padEnd(width)}${paint(at === 0 ? 'green' : 'red', text)}`);
    }
  }
  return [...lines, ...notes.flatMap((note) => wrapped(clipped(note, NOTE_CHARS), columns))];
}

/** A sentence in lines that are set in, its further ones by two more. */
function wrapped(text: string, columns: number, indent = 2): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const start = ' '.repeat(lines.length === 0 ? indent : indent + 2);
    if (line !== '' && start.length + line.length + 1 + word.length > columns) {
      lines.push(start + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, `${' '.repeat(lines.length === 0 ? indent : indent + 2)}${line}`];
}

/** The edit at which it began, and who had it; and for lost edits the one that they lost to. */
function partingLines(
  { finding: { parting, detail, oracle }, plan }: FindingFile,
  storyline: Storyline | undefined,
  nameOf: (index: number) => string,
  columns: number,
): string[] {
  const lines: string[] = [];
  const say = (text: string, indent = 2): void => void lines.push(...wrapped(text, columns, indent));
  if (parting !== undefined) {
    const { author, incarnation, sequence, atUs, target } = parting;
    const isIt = (each: Storyline['changes'][number]): boolean =>
      each.device === author && each.incarnation === incarnation && each.sequence === sequence;
    const change = storyline?.changes.find(isIt);
    const event = storyline?.events.find(
      ({ happening }) => happening.what === 'edit' && happening.label === change?.label,
    );
    const edits = event?.happening.what === 'edit' ? event.happening.edits : [];
    const [entity = ''] = target.split('/');
    const edit = edits.find((each) => each.entity === entity);
    const what = edit === undefined ? `an edit of ${visible(target)}` : editText(edit);
    const name = change === undefined ? 'an edit' : `edit ${change.label}`;
    const verb = oracle === 'convergence' ? 'They part at' : 'It is about';
    say(`${verb} ${name}, which ${nameOf(author)} made at ${seconds(atUs)}: ${what}.`, 0);
    if (change !== undefined) {
      const { knew: others } = change;
      const knew =
        others.length === 0 ? 'no other edit' : `${others.length === 1 ? 'edit' : 'edits'} ${labelsText(others)}`;
      say(`Its author knew ${knew} then.`);
    }
    const owners = ownersText(parting, plan, storyline, change?.label, nameOf);
    if (owners !== undefined) say(owners);
  }
  const against = detail['against'];
  if (isEdit(against)) {
    const by = typeof detail['againstAuthor'] === 'number' ? ` of ${nameOf(detail['againstAuthor'])}` : '';
    const seen = oracle === 'causality' ? ', which its author had seen' : '';
    say(`It stands against another edit${by}${seen}: ${editText(against)}.`);
  }
  return lines;
}

/** Faults after which the relay's log does not tell any more what devices have. */
const LOSING_FAULTS: readonly string[] = ['relay-tail-lost', 'failover-lost'];

/** Who had the edit when it was judged, who had lost it, and who never had it; undefined where that is not known. */
function ownersText(
  { seenBy, notSeenBy }: Parting,
  { faults }: FindingFile['plan'],
  storyline: Storyline | undefined,
  label: string | undefined,
  nameOf: (index: number) => string,
): string | undefined {
  if (seenBy.length === 0 || faults.some(({ kind }) => LOSING_FAULTS.includes(kind))) return undefined;
  const hadOnce = (index: number): boolean =>
    label !== undefined &&
    storyline?.events.some(({ device, knows }) => device === index && knows?.includes(label) === true) === true;
  const parts = [`In the end ${andList(seenBy.map(nameOf))} had it`];
  const lost = notSeenBy.filter(hadOnce);
  const never = notSeenBy.filter((index) => !hadOnce(index));
  if (lost.length > 0) parts.push(`${andList(lost.map(nameOf))} had it and lost it`);
  // Without a story nobody knows what was had before.
  if (never.length > 0) {
    parts.push(`${andList(never.map(nameOf))} ${storyline === undefined ? 'did not have it' : 'never had it'}`);
  }
  return `${parts.join('; ')}.`;
}

function isEdit(value: unknown): value is Edit {
  return typeof value === 'object' && value !== null && 'kind' in value && 'entity' in value;
}

function shortStory(
  { finding, plan, sizeBefore, sizeAfter }: FindingFile,
  storyline: Storyline,
  paint: Paint,
  columns: number,
): string[] {
  const lines = storyLines(storyline, tellable(storyline, finding));
  const from =
    sizeBefore.edits > sizeAfter.edits
      ? `, shrunk from ${counted(sizeBefore.devices, 'device')} and ${counted(sizeBefore.edits, 'edit')}`
      : '';
  const hasPreloads = storyline.events.some(({ happening }) => happening.what === 'edit' && happening.isPreload);
  const edits = `${counted(sizeAfter.edits, 'edit')}${hasPreloads ? ' after the start' : ''}`;
  const many = `${counted(plan.devices.length, 'device')}, ${edits}`;
  const title = wrapped(`What happened (${many}${from}; times are virtual):`, columns, 0);
  const left = lines.length - LINES_MAX;
  if (left <= 0) return [...title, ...storyBlock(storyline, lines, paint, columns)];
  const gap = {
    time: '',
    lane: undefined,
    text: `… ${counted(left, 'line')} left out; --trace tells all`,
    knows: undefined,
    style: undefined,
  };
  const shortened = [...lines.slice(0, FIRST_LINES), gap, ...lines.slice(FIRST_LINES + left)];
  return [...title, ...storyBlock(storyline, shortened, paint, columns)];
}

/** Oracles for which it counts who was told what. */
const OF_DELIVERY = ['durability', 'delivery', 'liveness', 'cursor'];

/** What a short story tells: without acknowledgements where they do not matter, and without far too many beginnings. */
function tellable({ events }: Storyline, { oracle, detail }: Finding): (event: StoryEvent) => boolean {
  const preloads = events.filter(({ happening }) => happening.what === 'edit' && happening.isPreload);
  const place = typeof detail['place'] === 'string' ? detail['place'].split('/')[0] : undefined;
  return ({ happening }) => {
    if (happening.what === 'acknowledge') return OF_DELIVERY.includes(oracle);
    if (happening.what !== 'edit' || !happening.isPreload || preloads.length <= PRELOADS_TOLD) return true;
    return happening.edits.some(({ entity }) => entity === place);
  };
}
