// What happens in a story, in words: values, edits, faults and messages. It must not know how lines are laid out.
import type { Edit, LedgerView } from '../../models/documents/edit.ts';
import { type FaultEvent, type FaultKind } from '../../models/faults/event.ts';
import type { RestartFrom } from '../../models/observer.ts';
import type { Happening } from '../../scenarios/search/story-event.ts';
import { decimals } from './format.ts';

/** Edits of one change that are told one by one. */
const EDITS_TOLD = 2;
/** Characters of a value that are told within a sentence. */
const VALUE_CHARS = 40;

/** A text of one line that says nothing to a terminal: what has no sign of its own stands as an escape. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    return `\\u{${character.codePointAt(0)!.toString(16)}}`;
  });
}

/** A text of at most so many characters, the rest of it left out. */
export function clipped(text: string, charsMax: number): string {
  const characters = Array.from(text);
  return characters.length <= charsMax ? text : `${characters.slice(0, Math.max(0, charsMax - 1)).join('')}…`;
}

/** A value: texts in quotes, what is not there by that word, all else as JSON. */
export function valueText(value: unknown): string {
  if (value === undefined) return 'absent';
  if (value === 'absent' || value === 'present') return value;
  if (typeof value === 'string') return `'${visible(value)}'`;
  if (typeof value === 'object' && value !== null) return visible(JSON.stringify(value));
  return typeof value === 'number' ? String(value) : visible(JSON.stringify(value) ?? typeof value);
}

/** Virtual time: `3.052s`. */
export function seconds(us: number): string {
  return `${decimals(us / 1e6, 3)}s`;
}

/** Labels in a row, neighbours together: `1–3, 5`. */
export function labelsText(labels: readonly string[]): string {
  const parts: string[] = [];
  for (let from = 0; from < labels.length;) {
    let to = from;
    while (to + 1 < labels.length && Number(labels[to + 1]) === Number(labels[to]) + 1) to++;
    if (to - from >= 2) parts.push(`${labels[from]}–${labels[to]}`);
    else parts.push(...labels.slice(from, to + 1));
    from = to + 1;
  }
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}

/** `A`, `A and B`, `A, B and C`. */
export function andList(words: readonly string[]): string {
  if (words.length <= 1) return words[0] ?? 'nobody';
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** What an edit does: `sets account-1/name to 'b'`. @param before what its author saw */
export function editText(edit: Edit, before: LedgerView = {}): string {
  const entity = visible(edit.entity);
  const shown = Object.hasOwn(before, edit.entity) ? before[edit.entity] : undefined;
  const short = (value: unknown): string => clipped(valueText(value), VALUE_CHARS);
  switch (edit.kind) {
    case 'set': {
      const was = shown?.fields?.[edit.field];
      const saw = was === undefined ? '' : ` (it was ${short(was)})`;
      return `sets ${entity}/${visible(edit.field)} to ${short(edit.value)}${saw}`;
    }
    case 'remove':
      return `removes ${entity}`;
    case 'restore':
      return `restores ${entity}`;
    case 'text-insert':
      return `writes ${short(edit.text)} into ${entity}/memo, at ${edit.at}`;
    case 'text-delete':
      return `deletes ${edit.length} of the characters of ${entity}/memo, from ${edit.at}`;
    case 'list-insert':
      return `puts ${short(edit.value)} into ${entity}/items, at ${edit.at}`;
    case 'list-delete':
      return `deletes an item of ${entity}/items, at ${edit.at}`;
    case 'list-move':
      return `moves an item of ${entity}/items from ${edit.from} to ${edit.to}`;
    case 'tag-add':
      return `tags ${entity} with ${short(edit.tag)}`;
    case 'tag-remove':
      return `takes the tag ${short(edit.tag)} off ${entity}`;
    case 'count':
      return `adds ${edit.by} to ${entity}/${visible(edit.field)}`;
  }
}

/** The edits of one change. */
export function editsText(edits: readonly Edit[], before?: LedgerView): string {
  const told = edits.length > EDITS_TOLD + 1 ? edits.slice(0, EDITS_TOLD) : edits;
  const rest = edits.length - told.length;
  return `${told.map((edit) => editText(edit, before)).join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`;
}

const RESTARTS: Readonly<Record<RestartFrom, string>> = {
  storage: 'from all that it had stored',
  synced: 'from what was synced to its storage',
  backup: 'from an older backup',
  nothing: 'with nothing stored',
  snapshot: 'from an image of the log’s beginning',
};

const FAULTS: Readonly<Record<FaultKind, (fault: FaultEvent) => string>> = {
  partition: ({ way }) =>
    `is cut off${way === 'both' ? '' : way === 'up' ? ': nothing gets out' : ': nothing gets in'}`,
  clog: () => 'has its messages held back',
  latency: ({ amount }) => `has its messages delayed by ${seconds(amount)}`,
  throttle: ({ amount }) => `has a bandwidth of ${decimals(amount, 1)} kbit/s`,
  overtaking: () => 'pushes its newest change before older ones',
  offline: () => 'has no network, and knows it',
  crash: () => 'crashes',
  'lost-tail': () => 'crashes; what was not synced to its storage is lost',
  backup: ({ amount }) => `goes down; a backup at least ${seconds(amount)} old will be put back`,
  'duplicate-device': () => 'is copied: a second device goes on with its id and its storage',
  suspension: () => 'is frozen in the background',
  eviction: () => 'goes down, and its storage is wiped',
  'clock-step': ({ amount }) => `has its clock set ${amount < 0 ? 'back' : 'forward'} by ${seconds(Math.abs(amount))}`,
  'relay-crash': () => 'crashes',
  'commit-crash': ({ amount }) => `will end at the next push, ${amount === 1 ? 'before' : 'after'} its commit`,
  'slow-store': ({ amount }) => `is slower by a factor of ${decimals(amount, 1)}`,
  'brown-out': ({ amount }) => `is left with ${amount} workers`,
  'lost-response': ({ amount }) => `loses ${decimals(amount * 100, 0)}% of its answers`,
  'rate-limited': ({ amount }) => `refuses ${decimals(amount * 100, 0)}% of requests: too many`,
  'server-error': ({ amount, code = 500 }) => `fails ${decimals(amount * 100, 0)}% of requests with ${code}`,
  failover: ({ amount }) => `is replaced by a follower that lags by ${amount}`,
  retention: () => 'pushes an image of its document',
  'relay-tail-lost': ({ amount }) => `crashes and loses the last ${amount} that it had accepted`,
  'failover-lost': ({ amount }) => `is replaced by a follower that lacks the last ${amount}`,
};

const ENDS: Partial<Readonly<Record<FaultKind, string>>> = {
  partition: 'is connected again',
  clog: 'gets what was held back',
  latency: 'has no added delay any more',
  throttle: 'has its bandwidth back',
  offline: 'has a network again',
  suspension: 'goes on',
  'relay-crash': 'runs again',
  'commit-crash': 'runs again, if it had ended',
  'slow-store': 'is as fast as before',
  'brown-out': 'has all its workers again',
  'lost-response': 'answers again',
  'rate-limited': 'refuses no more',
  'server-error': 'fails no more',
  failover: 'is back, with everything',
  'relay-tail-lost': 'runs again',
  'failover-lost': 'has taken over for good',
};

const MESSAGES = { pull: 'its question for news', answer: 'the answer to it', notification: 'word of news for it' };

/**
 * What happened, as one sentence without its subject; undefined for what is not worth a line.
 *
 * @param nameOf a device's name by index
 */
export function happeningText(happening: Happening, nameOf: (index: number) => string): string | undefined {
  switch (happening.what) {
    case 'edit': {
      const { label, edits, before, change, isPreload } = happening;
      const had = isPreload ? ' (everybody has it from the start)' : '';
      return `edit ${label}: ${editsText(edits, before)}${change < 0 ? ', which does nothing' : ''}${had}`;
    }
    case 'push':
      if (happening.labels.length === 0 && happening.fate === undefined) return undefined;
      return `pushes ${labelsText(happening.labels)}${happening.isAgain ? ' again' : ''}${fateText(happening)}`;
    case 'accept':
      return acceptText(happening, nameOf(happening.author));
    case 'accept-again':
      return `says that it has ${labelsText(happening.labels)} of ${nameOf(happening.author)} already`;
    case 'reject':
      return `refuses ${labelsText(happening.labels)} of ${nameOf(happening.author)}: ${visible(happening.reason)}`;
    case 'acknowledge':
      return `hears that ${labelsText(happening.labels)} ${happening.labels.length === 1 ? 'is' : 'are'} accepted`;
    case 'page': {
      const { labels, snapshot } = happening;
      const image = snapshot === undefined ? '' : `begins with the image ${snapshot}${labels.length > 0 ? ', ' : ''}`;
      return `${image}${labels.length > 0 ? `gets ${labelsText(labels)}` : ''}`;
    }
    case 'message': {
      const { of, labels } = happening;
      const what =
        of === 'answer' && labels.length > 0 ? `the answer to its push of ${labelsText(labels)}` : MESSAGES[of];
      return `${what} ${messageFate(happening)}`;
    }
    case 'fault':
      return FAULTS[happening.fault.kind](happening.fault);
    case 'fault-end':
      return ENDS[happening.fault.kind];
    case 'restart':
      return `starts again ${RESTARTS[happening.from]}`;
    case 'clock':
      return clockText(happening);
    case 'calm':
      return 'users stop, faults end, everybody syncs';
    case 'judge':
      return happening.isSettled ? 'judged' : 'judged, though not all has been pushed';
  }
}

/** How wrong a clock is: `has a clock that is 1s ahead and gains 40µs each second`. */
function clockText({ skewUs, driftPpm }: { readonly skewUs: number; readonly driftPpm: number }): string {
  const skew = skewUs === 0 ? [] : [`is ${seconds(Math.abs(skewUs))} ${skewUs > 0 ? 'ahead' : 'behind'}`];
  const drift =
    driftPpm === 0 ? [] : [`${driftPpm > 0 ? 'gains' : 'loses'} ${decimals(Math.abs(driftPpm), 1)}µs a second`];
  return `has a clock that ${[...skew, ...drift].join(' and ')}`;
}

function acceptText({ labels, unkept }: Extract<Happening, { what: 'accept' }>, author: string): string {
  const kept = labels.length === 0 ? [] : [`accepts ${labelsText(labels)} of ${author}`];
  const lost =
    unkept.length === 0 ? [] : [`says that it accepts ${labelsText(unkept)} of ${author}, and does not keep it`];
  return [...kept, ...lost].join('; ');
}

function fateText({ fate, delayUs }: Extract<Happening, { what: 'push' }>): string {
  if (fate === 'lost') return ': lost on the way';
  if (fate === 'late') return `: under way for ${seconds(delayUs)}`;
  return fate === 'doubled' ? `: a second copy, ${delayUs < 0 ? 'lost' : `under way for ${seconds(delayUs)}`}` : '';
}

function messageFate({ fate, delayUs }: Extract<Happening, { what: 'message' }>): string {
  if (fate === 'lost') return 'is lost';
  return fate === 'doubled' ? 'comes twice' : `is under way for ${seconds(delayUs)}`;
}
