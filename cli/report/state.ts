// Each device's state at an instant of a replay, as text, with the names that the story has for edits and events. It must
// not know how it came about.
import type { EntityView, LedgerView } from '../../models/documents/edit.ts';
import type { DocumentType } from '../../models/documents/port.ts';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import {
  type DeviceState,
  type StateAt,
  stateAt,
  type Until,
  type WaitingChange,
} from '../../scenarios/search/state-at.ts';
import { RELAY } from '../../scenarios/search/story-event.ts';
import { type Storyline, storylineOf } from '../../scenarios/search/storyline.ts';
import type { Paint } from './format.ts';
import { counted } from './size.ts';
import { namesOf } from './story.ts';
import { happeningText, seconds, valueText, visible } from './story-words.ts';

/** Runs a finding's plan up to an instant, and tells what each device shows and holds then. */
export function stateText(file: FindingFile, documents: DocumentType, until: Until, paint: Paint): string {
  const { config, plan } = file;
  const storyline = storylineOf(config, plan, documents);
  return stateLines(stateAt(config, plan, documents, until), storyline, paint).join('\n') + '\n';
}

function stateLines(state: StateAt, storyline: Storyline, paint: Paint): string[] {
  const { atUs, record, lastEvent, isEnd, devices } = state;
  const said = eventText(state, storyline) ?? (lastEvent === undefined ? undefined : visible(lastEvent));
  const after = said === undefined ? 'before the first event' : `after event ${record}: ${said}`;
  const labels = new Map(storyline.changes.map(({ change, label }) => [change, label]));
  const end = isEnd ? ['the run has ended; this is what is judged'] : [];
  return [
    paint('bold', `at ${seconds(atUs)}, ${after}`),
    ...end,
    ...devices.flatMap((device) => deviceLines(device, labels, paint)),
  ];
}

/** What the story tells of the last event; undefined where it tells nothing of it. */
function eventText({ record, eventRecord, eventAtUs }: StateAt, storyline: Storyline): string | undefined {
  const nameOf = namesOf(storyline);
  const told = storyline.events.flatMap(({ record: by, atUs: when, device, happening }) => {
    if (by <= eventRecord || by > record + 1 || when !== eventAtUs) return [];
    if (happening.what === 'calm' || happening.what === 'judge') return [];
    const text = happeningText(happening, nameOf);
    return text === undefined ? [] : [`${device === RELAY ? 'the relay' : nameOf(device)} ${verbs(text)}`];
  });
  return told.length === 0 ? undefined : told.join('; ');
}

/** In a sentence an edit is made. */
function verbs(text: string): string {
  return text.startsWith('edit ') ? `makes ${text}` : text;
}

function deviceLines(device: DeviceState, labels: Labels, paint: Paint): string[] {
  const { index, name, incarnation, isBusy, cursor, position, logEnd, pending, threw, view } = device;
  const life = incarnation === 0 ? '' : `, life ${incarnation + 1}`;
  const rows: [string, string][] = [
    ['is', conditionOf(device)],
    ['clock', clockOf(device)],
    ['outbox', `${outboxOf(device, labels)}${isBusy ? '; a request is under way or due' : ''}`],
    ['log', `has it up to ${position} of ${logEnd}${cursor === position ? '' : `; asks from ${cursor} on`}`],
    ...(pending === undefined ? [] : [['held back', counted(pending, 'change')] as [string, string]]),
    ...(threw === undefined ? [] : [['document', `throws when it is asked: ${visible(threw)}`] as [string, string]]),
  ];
  return [
    '',
    `${paint('bold', name)}  (device ${index}${life})`,
    ...rows.map(([key, value]) => `  ${key.padEnd(11)}${value}`),
    ...(view === undefined ? [] : viewLines(view)),
  ];
}

function conditionOf({ isRunning, isSuspended, isOnline, isCore }: DeviceState): string {
  const parts = [isRunning ? 'running' : 'down'];
  if (isSuspended) parts.push('frozen');
  if (!isOnline) parts.push('offline');
  if (!isCore) parts.push('away for good');
  return parts.join(', ');
}

function clockOf({ clockMs, clockAheadUs }: DeviceState): string {
  const right =
    clockAheadUs === 0 ? 'right' : `${seconds(Math.abs(clockAheadUs))} ${clockAheadUs > 0 ? 'ahead' : 'behind'}`;
  return `${new Date(clockMs).toISOString()}, ${right}`;
}

/** Names of the story for changes of the table. */
type Labels = ReadonlyMap<number, string>;

function outboxOf({ outbox }: DeviceState, labels: Labels): string {
  if (outbox.length === 0) return 'empty';
  return outbox.map((change) => `${nameOfChange(change, labels)} (made at ${seconds(change.atUs)})`).join(', ');
}

/** As the story calls it; what the story does not name goes by its number in its device's life. */
function nameOfChange({ change, incarnation, sequence, isSnapshot }: WaitingChange, labels: Labels): string {
  const label = labels.get(change);
  if (label !== undefined) return `${isSnapshot ? 'image' : /^\d/.test(label) ? 'edit' : 'answer'} ${label}`;
  return `${isSnapshot ? 'image' : 'change'} ${sequence}${incarnation === 0 ? '' : ` of life ${incarnation + 1}`}`;
}

function viewLines(view: LedgerView): string[] {
  const entities = Object.keys(view).sort();
  if (entities.length === 0) return ['  shows      nothing'];
  return entities.flatMap((entity, at) => [
    `  ${(at === 0 ? 'shows' : '').padEnd(11)}${visible(entity)}`,
    ...entityLines(view[entity]!),
  ]);
}

function entityLines({ fields, counters, memo, items, tags }: EntityView): string[] {
  const rows: [string, unknown][] = [
    ...Object.entries(fields ?? {}),
    ...Object.entries(counters ?? {}),
    ...(memo === undefined || memo === '' ? [] : [['memo', memo] as [string, unknown]]),
    ...(items === undefined || items.length === 0 ? [] : [['items', items] as [string, unknown]]),
    ...(tags === undefined || tags.length === 0 ? [] : [['tags', [...tags].sort()] as [string, unknown]]),
  ];
  return rows.map(([key, value]) => `${' '.repeat(15)}${visible(key)}: ${valueText(value)}`);
}
