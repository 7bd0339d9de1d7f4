// What a person can do to a ledger, and what a person sees of it: edits and views, with the one comparison of views.
// Must not know any document type, nor how edits travel.

import { InputError } from '../../sim/errors.ts';

/**
 * One edit of one entity. Every kind but `remove` and `restore` makes the entity if it is not there; on an entity that
 * its author sees as removed, every kind but `restore` does nothing. `at`, `from` and `to` are taken modulo what is
 * there, so that every subsequence of a valid plan is valid.
 */
export type Edit =
  | { kind: 'set'; entity: string; field: string; value: string | number | boolean }
  | { kind: 'remove' | 'restore'; entity: string }
  | { kind: 'text-insert'; entity: string; at: number; text: string }
  | { kind: 'text-delete'; entity: string; at: number; length: number }
  | { kind: 'list-insert'; entity: string; at: number; value: string }
  | { kind: 'list-delete'; entity: string; at: number }
  | { kind: 'list-move'; entity: string; from: number; to: number }
  | { kind: 'tag-add' | 'tag-remove'; entity: string; tag: string }
  | { kind: 'count'; entity: string; field: string; by: number };

export type EditKind = Edit['kind'];

/** Every kind of edit, in a fixed order. */
export const EDIT_KINDS = [
  'set',
  'remove',
  'restore',
  'text-insert',
  'text-delete',
  'list-insert',
  'list-delete',
  'list-move',
  'tag-add',
  'tag-remove',
  'count',
] as const satisfies readonly EditKind[];

/** What becomes of two concurrent edits of one place. */
export type Concurrency = 'keeps-both' | 'one-wins' | 'add-wins' | 'remove-wins' | 'unjudged';

/** What a person sees of one entity. A part that a document type does not support is left out. */
export interface EntityView {
  fields?: Record<string, string | number | boolean>;
  counters?: Record<string, number>;
  memo?: string;
  items?: string[];
  tags?: string[];
}

/** What a person sees of a ledger, by name of entity. Removed entities are absent. */
export type LedgerView = Record<string, EntityView>;

/** True for a name of an entity, a field or a tag: one or more of a–z, 0–9 and `-`. */
export function isName(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const isAllowed = (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 45;
    if (!isAllowed) return false;
  }
  return text.length > 0;
}

/**
 * Gives the name back.
 * @param where what the name stands for, as the message is to say it: `edit.entity`
 * @throws InputError when the text is no name
 */
export function checkName(where: string, text: string): string {
  if (!isName(text)) throw new InputError(where, text, 'a name of a-z, 0-9 and -');
  return text;
}

function scalarText(value: string | number | boolean): string {
  // JSON has no text for NaN and the infinities, and would make them all null.
  return typeof value === 'string' ? JSON.stringify(value) : String(value === 0 ? 0 : value);
}

function recordText(record: Readonly<Record<string, string | number | boolean>>): string {
  const parts: string[] = [];
  for (const key of Object.keys(record).sort()) parts.push(`${JSON.stringify(key)}:${scalarText(record[key] ?? '')}`);
  return `{${parts.join(',')}}`;
}

function isEmpty(record: object | undefined): boolean {
  if (record !== undefined) for (const _key in record) return false;
  return true;
}

function entityText(entity: EntityView): string {
  const parts: string[] = [];
  if (entity.counters !== undefined && !isEmpty(entity.counters)) {
    parts.push(`"counters":${recordText(entity.counters)}`);
  }
  if (entity.fields !== undefined && !isEmpty(entity.fields)) parts.push(`"fields":${recordText(entity.fields)}`);
  if (entity.items !== undefined && entity.items.length > 0) parts.push(`"items":${JSON.stringify(entity.items)}`);
  if (entity.memo !== undefined && entity.memo !== '') parts.push(`"memo":${JSON.stringify(entity.memo)}`);
  if (entity.tags !== undefined && entity.tags.length > 0) {
    parts.push(`"tags":${JSON.stringify([...entity.tags].sort())}`);
  }
  return `{${parts.join(',')}}`;
}

/**
 * One text for all views that look alike: keys sorted by code unit at every depth, tags as a sorted set, items in
 * their order. A part that is there but empty reads as a part that is not there, since a person cannot tell them apart.
 */
export function canonicalView(view: LedgerView): string {
  const parts: string[] = [];
  for (const entity of Object.keys(view).sort()) {
    parts.push(`${JSON.stringify(entity)}:${entityText(view[entity] ?? {})}`);
  }
  return `{${parts.join(',')}}`;
}

function isSameScalar(a: unknown, b: unknown): boolean {
  return a === b || (a !== a && b !== b);
}

function isSameRecord(
  a: Readonly<Record<string, unknown>> | undefined,
  b: Readonly<Record<string, unknown>> | undefined,
): boolean {
  if (a === undefined || b === undefined) return isEmpty(a) && isEmpty(b);
  let surplus = 0;
  for (const key in a) {
    // A field may be named `constructor`; what b inherits under that name is no scalar, and so never the same.
    if (!isSameScalar(a[key], b[key])) return false;
    surplus += 1;
  }
  for (const _key in b) surplus -= 1;
  return surplus === 0;
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}

const NOTHING: readonly string[] = [];

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return isSameList(a, b) || (a.length === b.length && isSameList([...a].sort(), [...b].sort()));
}

/** True when two entities look alike to a person. */
export function sameEntity(a: EntityView, b: EntityView): boolean {
  return (
    isSameRecord(a.fields, b.fields) &&
    isSameRecord(a.counters, b.counters) &&
    (a.memo ?? '') === (b.memo ?? '') &&
    isSameList(a.items ?? NOTHING, b.items ?? NOTHING) &&
    isSameSet(a.tags ?? NOTHING, b.tags ?? NOTHING)
  );
}

/** True when two views look alike to a person: exactly where their canonical texts are equal, without making these. */
export function sameView(a: LedgerView, b: LedgerView): boolean {
  let surplus = 0;
  for (const entity in a) {
    const ofA = a[entity];
    const ofB = Object.hasOwn(b, entity) ? b[entity] : undefined;
    if (ofA === undefined || ofB === undefined || !sameEntity(ofA, ofB)) return false;
    surplus += 1;
  }
  for (const _entity in b) surplus -= 1;
  return surplus === 0;
}

/** The place of an edit, where the edit alone tells it: text has one place for an entity, a list one for each value. */
export function placeOf(edit: Edit): string {
  switch (edit.kind) {
    case 'set':
    case 'count':
      return `${edit.entity}/${edit.field}`;
    case 'tag-add':
    case 'tag-remove':
      return `${edit.entity}/tags/${edit.tag}`;
    case 'text-insert':
    case 'text-delete':
      return `${edit.entity}/memo`;
    case 'list-insert':
      return `${edit.entity}/items/${edit.value}`;
    case 'list-delete':
    case 'list-move':
      throw new TypeError(`the place of a ${edit.kind} is known to the replica alone`);
    default:
      return edit.entity;
  }
}

/** Whether edits can be made together: of one entity, and no two that set, count or tag one place. */
export function areApart(edits: readonly Edit[]): boolean {
  for (let i = 0; i < edits.length; i++) {
    const edit = edits[i]!;
    if (edit.entity !== edits[0]!.entity) return false;
    if (edits.length > 1 && (edit.kind === 'remove' || edit.kind === 'restore')) return false;
    for (let j = 0; j < i; j++) if (isSamePlace(edit, edits[j]!)) return false;
  }
  return true;
}

function isSamePlace(one: Edit, other: Edit): boolean {
  if (one.kind === 'tag-add' || one.kind === 'tag-remove') {
    return (other.kind === 'tag-add' || other.kind === 'tag-remove') && one.tag === other.tag;
  }
  if (one.kind !== 'set' && one.kind !== 'count') return false;
  return other.kind === one.kind && other.field === one.field;
}
