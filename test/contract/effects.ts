// What an edit does to what a person sees, and what a view may look like: the words in which the contract of document
// types is written.

import { expect } from 'vitest';
import type { Edit, EditKind, EntityView, LedgerView } from '../../models/documents/edit.ts';
import { isName } from '../../models/documents/edit.ts';

/** The places of edits that can meet: an entity of which `sampleOf` edits one field, tag, item or text. */
export const ENTITY = 'account-1';

/** An edit of each kind at one place; of the two variants each has a value or amount of its own. */
export function sampleOf(kind: EditKind, variant: 0 | 1): Edit {
  switch (kind) {
    case 'set':
      return { kind, entity: ENTITY, field: 'name', value: variant === 0 ? 'Kasse' : 'Bank' };
    case 'count':
      return { kind, entity: ENTITY, field: 'visits', by: variant === 0 ? 1 : 20 };
    case 'text-insert':
      return { kind, entity: ENTITY, at: variant * 2, text: variant === 0 ? 'first ' : 'second ' };
    case 'text-delete':
      return { kind, entity: ENTITY, at: 0, length: 4 };
    case 'list-insert':
      return { kind, entity: ENTITY, at: variant, value: variant === 0 ? 'item-5' : 'item-6' };
    case 'list-delete':
      return { kind, entity: ENTITY, at: 0 };
    case 'list-move':
      return { kind, entity: ENTITY, from: 0, to: 1 + variant };
    case 'tag-add':
    case 'tag-remove':
      return { kind, entity: ENTITY, tag: 'urgent' };
    default:
      return { kind, entity: ENTITY };
  }
}

/** Edits that make a place at which every sample of the supported kinds but `restore` does something. */
export function groundFor(supports: ReadonlyMap<EditKind, unknown>, ...samples: readonly Edit[]): Edit[] {
  const kinds = samples.map((sample) => sample.kind);
  const ground: Edit[] = [];
  if (supports.has('set')) ground.push({ kind: 'set', entity: ENTITY, field: 'ground', value: true });
  else if (supports.has('count')) ground.push({ kind: 'count', entity: ENTITY, field: 'ground', by: 1 });
  else if (supports.has('tag-add')) ground.push({ kind: 'tag-add', entity: ENTITY, tag: 'ground' });
  else if (supports.has('text-insert')) ground.push({ kind: 'text-insert', entity: ENTITY, at: 0, text: 'ground ' });
  else ground.push({ kind: 'list-insert', entity: ENTITY, at: 0, value: 'ground' });
  if (kinds.includes('tag-remove')) ground.push({ kind: 'tag-add', entity: ENTITY, tag: 'urgent' });
  if (kinds.includes('text-delete')) ground.push({ kind: 'text-insert', entity: ENTITY, at: 0, text: 'old memo' });
  if (kinds.includes('list-delete') || kinds.includes('list-move')) {
    for (let i = 0; i < 4; i++) ground.push({ kind: 'list-insert', entity: ENTITY, at: i, value: `item-${i}` });
  }
  return ground;
}

function totalOf(view: LedgerView, edit: Extract<Edit, { kind: 'count' }>): number {
  return view[edit.entity]?.counters?.[edit.field] ?? 0;
}

function occurrences(list: readonly string[] | undefined, value: string): number {
  return (list ?? []).filter((item) => item === value).length;
}

/** The item that an edit touched, from its target. */
function itemOf(target: string): string {
  return target.split('/').slice(2).join('/');
}

/**
 * Whether the effect of an edit is there, when nothing else was done to its place.
 *
 * @param target what the edit's outcome said
 */
export function isThere(edit: Edit, view: LedgerView, before: LedgerView, target: string): boolean {
  const after = view[edit.entity];
  switch (edit.kind) {
    case 'set':
      return sameScalar(after?.fields?.[edit.field], edit.value);
    case 'remove':
      return !Object.hasOwn(view, edit.entity);
    case 'restore':
      return Object.hasOwn(view, edit.entity);
    case 'tag-add':
      return occurrences(after?.tags, edit.tag) === 1;
    case 'tag-remove':
      return occurrences(after?.tags, edit.tag) === 0;
    case 'count':
      return totalOf(view, edit) === totalOf(before, edit) + edit.by;
    case 'text-insert':
      return after?.memo?.includes(edit.text) === true;
    case 'text-delete':
      return (after?.memo ?? '').length < (before[edit.entity]?.memo ?? '').length;
    case 'list-insert':
      return occurrences(after?.items, edit.value) === 1;
    case 'list-delete':
      return occurrences(after?.items, itemOf(target)) === 0;
    case 'list-move':
      return occurrences(after?.items, itemOf(target)) === 1;
  }
}

function sameScalar(one: unknown, other: unknown): boolean {
  return one === other || (one !== one && other !== other);
}

const SCALARS = ['string', 'number', 'boolean'];
const PARTS = ['fields', 'counters', 'memo', 'items', 'tags'];

/** Fails where a view has anything but the shapes of the port. */
export function expectShaped(view: LedgerView): void {
  expect(typeof view).toBe('object');
  for (const [entity, parts] of Object.entries(view)) {
    expect(isName(entity), `${entity} is a name`).toBe(true);
    expectEntity(parts);
  }
}

function expectEntity(parts: EntityView): void {
  for (const part of Object.keys(parts)) expect(PARTS).toContain(part);
  for (const [field, value] of Object.entries(parts.fields ?? {})) {
    expect(isName(field), `${field} is a name`).toBe(true);
    expect(SCALARS).toContain(typeof value);
  }
  for (const [field, value] of Object.entries(parts.counters ?? {})) {
    expect(isName(field), `${field} is a name`).toBe(true);
    expect(typeof value).toBe('number');
  }
  if (parts.memo !== undefined) {
    expect(typeof parts.memo).toBe('string');
    expect(parts.memo, 'no half of a surrogate pair').not.toMatch(/\p{Surrogate}/u);
  }
  for (const list of [parts.items ?? [], parts.tags ?? []]) {
    expect(Array.isArray(list)).toBe(true);
    for (const each of list) expect(typeof each).toBe('string');
  }
  for (const tag of parts.tags ?? []) expect(isName(tag), `${tag} is a name`).toBe(true);
  expect(new Set(parts.tags ?? []).size, 'a tag is there once').toBe(parts.tags?.length ?? 0);
  expect(new Set(parts.items ?? []).size, 'an item is there once').toBe(parts.items?.length ?? 0);
}
