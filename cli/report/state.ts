// Each device's state at an instant of a replay, as text. It must not know how it came about.
import type { EntityView, LedgerView } from '../../models/documents/edit.ts';
import type { DocumentType } from '../../models/documents/port.ts';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import { type DeviceState, type StateAt, stateAt, type Until } from '../../scenarios/search/state-at.ts';
import type { Paint } from './format.ts';
import { counted } from './size.ts';
import { seconds, valueText, visible } from './story-words.ts';

/** Runs a finding's plan up to an instant, and tells what each device shows and holds then. */
export function stateText(file: FindingFile, documents: DocumentType, until: Until, paint: Paint): string {
  return stateLines(stateAt(file.config, file.plan, documents, until), paint).join('\n') + '\n';
}

function stateLines({ atUs, record, lastEvent, isEnd, devices }: StateAt, paint: Paint): string[] {
  const after = lastEvent === undefined ? 'before the first event' : `after event ${record}: ${visible(lastEvent)}`;
  const end = isEnd ? ['the run has ended; this is what is judged'] : [];
  return [
    paint('bold', `at ${seconds(atUs)}, ${after}`),
    ...end,
    ...devices.flatMap((device) => deviceLines(device, paint)),
  ];
}

function deviceLines(device: DeviceState, paint: Paint): string[] {
  const { index, name, incarnation, isBusy, cursor, position, logEnd, pending, threw, view } = device;
  const life = incarnation === 0 ? '' : `, life ${incarnation + 1}`;
  const rows: [string, string][] = [
    ['is', conditionOf(device)],
    ['clock', clockOf(device)],
    ['outbox', `${outboxOf(device)}${isBusy ? '; a request is under way or due' : ''}`],
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

function outboxOf({ outbox }: DeviceState): string {
  if (outbox.length === 0) return 'empty';
  const changes = outbox.map(({ incarnation, sequence, atUs, isSnapshot }) => {
    const life = incarnation === 0 ? '' : ` of life ${incarnation + 1}`;
    return `${isSnapshot ? 'image' : 'change'} ${sequence}${life} (made at ${seconds(atUs)})`;
  });
  return changes.join(', ');
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
