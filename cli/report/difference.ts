// What an oracle holds against a run, as rows: the place, and who shows what there. Views are told apart only where they
// differ. It must not know how rows are laid out.
import type { Edit } from '../../models/documents/edit.ts';
import type { Finding } from '../../models/finding.ts';
import { counted } from './size.ts';
import { editText, seconds, visible, valueText } from './story-words.ts';

/** One who shows something, and what. */
export interface Shown {
  readonly who: string;
  readonly value: unknown;
}

export interface Difference {
  /** `account-1/name`; undefined where the whole is meant. */
  readonly place: string | undefined;
  readonly shown: readonly Shown[];
  /** What else there is to say, a sentence each. */
  readonly notes: readonly string[];
}

type Detail = Finding['detail'];

/** Names in details, as people say them. */
const WHO: Readonly<Record<string, string>> = {
  live: 'the running document',
  rebuilt: 'loaded from its storage',
  joined: 'a new device',
  'one by one': 'change by change',
  merged: 'merged first',
  exchanged: 'exchanged in groups',
  shuffled: 'in another order',
  since: 'asked for what it lacked',
  before: 'before',
  after: 'after',
  claimed: 'it claims to hold',
  held: 'it holds',
  expected: 'expected',
  found: 'found',
};

/** What differs, by what a finding's detail says. @param nameOf a device's name by index */
export function differenceOf(
  { oracle, signature, detail, devices }: Finding,
  nameOf: (index: number) => string,
  views: Readonly<Record<string, unknown>>,
): Difference {
  const place = typeof detail['place'] === 'string' ? detail['place'] : undefined;
  switch (oracle) {
    case 'convergence':
      return { place, shown: byGroups(detail, place, views, nameOf), notes: healNotes(detail) };
    case 'version-agreement':
      return { place, shown: byDevice(detail, nameOf), notes: ['What they show is the same.'] };
    case 'pending': {
      const pending = typeof detail['pending'] === 'object' && detail['pending'] !== null ? detail['pending'] : {};
      const shown = byDevice(pending as Detail, nameOf).map(({ who, value }) => ({
        who,
        value: `${String(value)} held back`,
      }));
      return { place, shown: shown.map(({ who, value }) => ({ who, value: plain(value) })), notes: healNotes(detail) };
    }
    case 'intent':
    case 'causality': {
      const expected = detail['expected'];
      const wanted = Array.isArray(expected) ? plain(expected.map(valueText).join(' or ')) : phrase(expected);
      const shown = [
        { who: 'expected', value: wanted },
        { who: listOf(devices.map(nameOf)), value: phrase(detail['found']) },
      ];
      return { place, shown, notes: [] };
    }
    case 'local-effect':
      return localEffect(detail, place, nameOf(devices[0] ?? 0));
    case 'cursor':
      return { place: undefined, shown: [], notes: [cursorNote(detail)] };
    case 'liveness':
    case 'delivery':
    case 'durability':
      return { place: undefined, shown: [], notes: countNotes(detail, nameOf) };
    case 'protocol': {
      const { expected, got } = detail;
      const shown = [
        { who: 'expected', value: plain(text(expected)) },
        { who: 'answered', value: plain(text(got)) },
      ];
      return { place: undefined, shown, notes: protocolNotes(detail) };
    }
    case 'secrecy':
      return { place: undefined, shown: [], notes: [secrecyNote(detail, nameOf)] };
    case 'accounting': {
      const cents = detail['trialBalanceCents'];
      return {
        place,
        shown: 'lines' in detail ? [{ who: listOf(devices.map(nameOf)), value: detail['lines'] }] : [],
        notes: [`Debits less credits of all posted transactions come to ${valueText(cents)} cents.`],
      };
    }
    case 'document': {
      const { doing, error, message, printed } = detail as Record<string, unknown>;
      const said = printed === undefined ? [] : [`It had printed: ${valueText(printed)}`];
      return {
        place: undefined,
        shown: [{ who: listOf(devices.map(nameOf)), value: plain(`${text(error)}: ${text(message)}`) }],
        notes: [`It threw when it was asked to ${text(doing)}.`, ...said],
      };
    }
    default:
      return { place, shown: rolesOf(signature, detail, nameOf), notes: restOf(detail) };
  }
}

/** What its author shows at the place of an edit, before and after it. */
function localEffect(detail: Detail, place: string | undefined, author: string): Difference {
  const [entity = ''] = (place ?? '').split('/');
  const shownBy = (key: string): Shown => ({
    who: `${author}, ${key} the edit`,
    value: at({ [entity]: detail[key] }, place),
  });
  const { edit } = detail;
  const said = typeof edit === 'object' && edit !== null ? [`The edit: ${author} ${editText(edit as Edit)}.`] : [];
  return { place, shown: [shownBy('before'), shownBy('after')], notes: [...said, ...swallowed(detail)] };
}

function swallowed({ isSwallowed }: Detail): string[] {
  return isSwallowed === true ? ['The document said that the edit did nothing, though there was something to do.'] : [];
}

function cursorNote({ last, from, cursor, to, expected, position, end }: Detail): string {
  if (last !== undefined) return `It had come to position ${text(last)}, and went on from ${text(from)}.`;
  if (expected !== undefined) {
    return `A page was to begin or go on with position ${text(expected)}, and held ${text(position)}.`;
  }
  if (end !== undefined) return `It took a page that ends at position ${text(end)}, and its place became ${text(to)}.`;
  return `It had come to position ${text(from)}, and a page with the cursor ${text(cursor)} set it to ${text(to)}.`;
}

function protocolNotes({ request, atUs, times }: Detail): string[] {
  const more = Number(times) > 1 ? [`There were ${text(times)} such answers; this was the first.`] : [];
  return [`Asked at ${seconds(Number(atUs))}: ${text(request)}.`, ...more];
}

/** Where plaintext stood, and how. */
function secrecyNote(detail: Detail, nameOf: (index: number) => string): string {
  const { author, incarnation, sequence, text: secret, as, excerpt, found, lookedFor } = detail;
  const what =
    author === undefined
      ? `The text ${text(secret)}`
      : `What ${nameOf(Number(author))} wrote as change ${text(sequence)} of its life ${text(incarnation)}`;
  const form = as === 'raw' ? 'as it is' : `in ${text(as)}`;
  return `${what} stands in the relay’s store ${form}: ${text(excerpt)}… (${text(found)} of ${text(lookedFor)} looked for).`;
}

/** What was lost, was not delivered, or was not done in time. */
function countNotes(detail: Detail, nameOf: (index: number) => string): string[] {
  const { lost, missing, accepted, budgetMs, changesUnsent, changesNotPulled, first } = detail;
  const notes: string[] = [];
  if (typeof lost === 'number')
    notes.push(`${counted(lost, 'change')} that a device was told is accepted is not in the log.`);
  else if (typeof missing === 'number')
    notes.push(`${counted(missing, 'delivery', 'deliveries')} of ${text(accepted)} accepted changes never came.`);
  else if (typeof budgetMs === 'number') {
    notes.push(
      `After ${seconds(budgetMs * 1000)} ${text(changesUnsent)} changes were not pushed and ${text(changesNotPulled)} not pulled.`,
    );
  } else notes.push('A change is in the log twice.');
  if (typeof first !== 'object' || first === null) return notes;
  const { author, sequence, editedAtUs } = first as Record<string, unknown>;
  const made = typeof editedAtUs === 'number' ? `, made at ${seconds(editedAtUs)}` : '';
  const whose = typeof author === 'number' ? nameOf(author) : 'a device';
  return [...notes, `The first of them: change ${text(sequence)} of ${whose}${made}.`];
}

/** A text that is told without quotes. */
class Plain {
  readonly text: string;

  constructor(words: string) {
    this.text = words;
  }
}

function plain(value: unknown): Plain {
  return new Plain(text(value));
}

/** What oracles say in words is told in words: `'c' once`, `present`. */
function phrase(value: unknown): unknown {
  const isWords = typeof value === 'string' && (/^'.*'|^no '|times$|^once$/.test(value) || value === 'present');
  return isWords ? plain(value) : value;
}

function text(value: unknown): string {
  return visible(typeof value === 'string' ? value : valueText(value));
}

/** A value as it stands in a row. */
export function shownText(value: unknown): string {
  return value instanceof Plain ? value.text : valueText(value);
}

function listOf(names: readonly string[]): string {
  return names.join(', ');
}

/** Members that see the same, together, and what they show at a place. */
function byGroups(
  detail: Detail,
  place: string | undefined,
  views: Readonly<Record<string, unknown>>,
  nameOf: (index: number) => string,
): Shown[] {
  const groups = detail['groups'];
  if (!Array.isArray(groups)) return byDevice(detail, nameOf);
  return groups.map((group: unknown) => {
    const indexes = Array.isArray(group) ? (group as number[]) : [];
    const told = indexes.find((index) => `device ${index}` in detail);
    const value = told === undefined ? at(views[`device ${indexes[0]}`], place) : detail[`device ${told}`];
    return { who: listOf(indexes.map(nameOf)), value };
  });
}

/** What a view shows at a place. */
function at(view: unknown, place: string | undefined): unknown {
  const [entity = '', part] = (place ?? '').split('/');
  const shown = child(view, entity);
  if (part === undefined) return shown ?? 'absent';
  const value = child(child(shown, 'fields'), part) ?? child(child(shown, 'counters'), part) ?? child(shown, part);
  return value ?? 'absent';
}

function child(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function byDevice(detail: Detail, nameOf: (index: number) => string): Shown[] {
  return Object.entries(detail).flatMap(([key, value]) => {
    const index = /^device (\d+)$/.exec(key)?.[1];
    return index === undefined ? [] : [{ who: nameOf(Number(index)), value }];
  });
}

const LEFT_OUT = ['place', 'part', 'device', 'replica', 'healedByResync', 'edit', 'isSwallowed', 'isWhole'];

/** Details that name the two that differ. */
function rolesOf(signature: string, detail: Detail, nameOf: (index: number) => string): Shown[] {
  const device = detail['device'];
  const owner = typeof device === 'number' ? nameOf(device) : undefined;
  return Object.entries(detail).flatMap(([key, value]) => {
    if (LEFT_OUT.includes(key) || (!(key in WHO) && key !== 'member')) return [];
    const who = key === 'member' ? (owner ?? 'a member') : WHO[key]!;
    return [{ who: signature.startsWith('reload') && owner !== undefined ? `${owner}, ${who}` : who, value }];
  });
}

/** What a detail says beside that. */
function restOf(detail: Detail): string[] {
  const notes: string[] = [];
  if (typeof detail['replica'] === 'string') {
    const who = detail['replica'] === 'joined' ? 'a new device that has just joined' : text(detail['replica']);
    notes.push(`This is what ${who} shows or holds, before and after it is given the whole log once more.`);
  }
  for (const [key, value] of Object.entries(detail)) {
    if (LEFT_OUT.includes(key) || key in WHO || key === 'member') continue;
    notes.push(`${visible(key)}: ${valueText(value)}`);
  }
  return notes;
}

function healNotes({ healedByResync }: Detail): string[] {
  if (typeof healedByResync !== 'boolean') return [];
  return [
    healedByResync
      ? 'Giving everybody everything once more heals it.'
      : 'Giving everybody everything once more does not heal it.',
  ];
}

/** Rows of what differs: where records are compared, one for each key that is not alike. */
export function rowsOf(shown: readonly Shown[]): { key: string | undefined; shown: readonly Shown[] }[] {
  const records = shown.filter(({ value }) => isRecord(value));
  if (records.length < 2 || records.length < shown.length) return [{ key: undefined, shown }];
  const flat = shown.map(({ value }) => new Map(flattened(value as Record<string, unknown>)));
  const keys = [...new Set(flat.flatMap((each) => [...each.keys()]))].sort();
  const differing = keys.filter((key) => new Set(flat.map((each) => each.get(key))).size > 1);
  if (differing.length === 0) return [{ key: undefined, shown }];
  return differing.map((key) => ({
    key,
    shown: shown.map(({ who }, index) => ({ who, value: plain(flat[index]!.get(key) ?? 'absent') })),
  }));
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Plain);
}

function flattened(record: Record<string, unknown>, path = ''): [string, string][] {
  return Object.entries(record).flatMap(([key, value]): [string, string][] => {
    const name = path === '' ? visible(key) : `${path}/${visible(key)}`;
    return isRecord(value) ? flattened(value as Record<string, unknown>, name) : [[name, valueText(value)]];
  });
}
