// Edits that are made to meet each other: of every kind that a document type takes, on the few places of a shared
// entity. What each one leaves is unique in the run, so that it can be looked for in a view. It must not know documents.

import type { Stream } from '../sim/random.ts';
import type { Edit, EditKind } from './documents/edit.ts';
import { CHART_OF_ACCOUNTS, drawTransaction, drawUpdate, type EntityDraft, type EntityType } from './entities.ts';

/** How often each kind is drawn, relative to the others that a type takes. */
const WEIGHTS: Readonly<Record<EditKind, number>> = {
  set: 5,
  remove: 0.8,
  restore: 2.4,
  'text-insert': 4,
  'text-delete': 2,
  'list-insert': 5,
  'list-delete': 2,
  'list-move': 4,
  'tag-add': 3,
  'tag-remove': 2,
  count: 3,
};

/** Kinds that touch the same part of an entity, and so meet. */
const FAMILIES: readonly (readonly EditKind[])[] = [
  ['set'],
  ['remove', 'restore'],
  ['text-insert', 'text-delete'],
  ['list-insert', 'list-delete', 'list-move'],
  ['tag-add', 'tag-remove'],
  ['count'],
];

/** Of the kinds those that touch the same part of an entity as an edit does. */
export function kindsLike(kinds: readonly EditKind[], { kind }: Edit): EditKind[] {
  const family = FAMILIES.find((each) => each.includes(kind))!;
  return kinds.filter((each) => family.includes(each));
}

/** One set of a transaction in so many posts new lines. */
const REPOST_SHARE = 0.4;
const TAGS = ['urgent', 'paid', 'review'] as const;
const COUNTERS = ['visits', 'copies'] as const;
const WORDS = ['rent', 'fuel', 'lunch', 'paper', 'train'] as const;
const PLACES_MAX = 12;

/** Letters that stand in no word: Latin beyond ASCII, Greek, Cyrillic, then ideographs; all in one UTF-16 unit each. */
const LETTER_RANGES: readonly (readonly [from: number, to: number])[] = [
  [0x00e0, 0x00f6],
  [0x0101, 0x017e],
  [0x03b1, 0x03c9],
  [0x0430, 0x044f],
  [0x4e00, 0x9fa5],
];
const LETTERS = LETTER_RANGES.reduce((sum, [from, to]) => sum + to - from + 1, 0);

/** A letter by number; they begin again after some 21,000. */
export function letterOf(number: number): string {
  let left = number % LETTERS;
  for (const [from, to] of LETTER_RANGES) {
    if (left <= to - from) return String.fromCharCode(from + left);
    left -= to - from + 1;
  }
  return '';
}

/** What names an edit in all that it leaves. */
export interface EditToken {
  /** Stands in values and items; no other edit of the run has it: a–z, 0–9 and `-`. */
  readonly text: string;
  /** Picks the letter of an inserted text: no other edit of the run has it either. */
  readonly number: number;
}

/** An edit of a shared entity, of a kind that the type takes. @param kinds in a fixed order, not empty */
export function drawStormEdit(
  stream: Stream,
  kinds: readonly EditKind[],
  entityType: EntityType,
  entity: string,
  token: EditToken,
  nowMs: number,
): EntityDraft {
  const kind = drawKind(stream, kinds);
  if (kind === 'set') {
    if (entityType !== 'transaction' || !stream.chance(REPOST_SHARE)) {
      return drawUpdate(stream, entityType, entity, token.text);
    }
    const { edits } = drawTransaction(stream, entity, CHART_OF_ACCOUNTS, nowMs);
    const posted = edits.filter((edit) => edit.kind === 'set' && (edit.field === 'lines' || edit.field === 'amount'));
    return { entityType, operation: 'UPDATE', entity, edits: posted };
  }
  const operation = kind === 'remove' ? 'DELETE' : 'UPDATE';
  return { entityType, operation, entity, edits: [drawEdit(stream, kind, entity, token)] };
}

function drawKind(stream: Stream, kinds: readonly EditKind[]): EditKind {
  let sum = 0;
  for (const kind of kinds) sum += WEIGHTS[kind];
  let left = stream.next() * sum;
  for (const kind of kinds) {
    left -= WEIGHTS[kind];
    if (left < 0) return kind;
  }
  return kinds.at(-1)!;
}

function drawEdit(stream: Stream, kind: Exclude<EditKind, 'set'>, entity: string, token: EditToken): Edit {
  const place = (): number => stream.integer(0, PLACES_MAX);
  switch (kind) {
    case 'remove':
    case 'restore':
      return { kind, entity };
    case 'text-insert':
      return { kind, entity, at: place(), text: `${letterOf(token.number)}${stream.pick(WORDS)} ` };
    case 'text-delete':
      return { kind, entity, at: place(), length: stream.integer(1, 8) };
    case 'list-insert':
      return { kind, entity, at: place(), value: token.text };
    case 'list-delete':
      return { kind, entity, at: place() };
    case 'list-move':
      return { kind, entity, from: place(), to: place() };
    case 'tag-add':
    case 'tag-remove':
      return { kind, entity, tag: stream.pick(TAGS) };
    case 'count':
      return { kind, entity, field: stream.pick(COUNTERS), by: stream.integer(1, 9) };
  }
}
