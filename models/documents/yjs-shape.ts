// How a ledger lies in a Y.Doc, and what a person sees of it. Root types only: whoever creates an entity first creates
// no shared type under a key that somebody else's creation could replace. It must not know how changes travel.
//   entities  entity              → true     written by the first edit of each author that does not see it yet
//   removed   entity              → boolean  a register of its own: what is concurrent does not bring an entity back
//   fields    entity/field        → value
//   counters  entity/field/actor  → that actor's running total
//   tags      entity/tag/actor    → true     a key for each add's actor: a remove deletes those that it sees
//   memo/<entity> is a Y.Text, items/<entity> a Y.Array

import type * as Y from 'yjs';
import type { EntityView, LedgerView } from './edit.ts';

const MEMO = 'memo/';
const ITEMS = 'items/';

/** The maps of a ledger. */
export interface LedgerMaps {
  readonly entities: Y.Map<boolean>;
  readonly removed: Y.Map<boolean>;
  readonly fields: Y.Map<string | number | boolean>;
  readonly counters: Y.Map<number>;
  readonly tags: Y.Map<boolean>;
}

/**
 * The maps of a document, made first of all: Yjs looks for the name of a root type from the first on whenever it writes
 * an item that stands at the beginning of a key.
 */
export function mapsOf(doc: Y.Doc): LedgerMaps {
  return {
    fields: doc.getMap('fields'),
    entities: doc.getMap('entities'),
    removed: doc.getMap('removed'),
    counters: doc.getMap('counters'),
    tags: doc.getMap('tags'),
  };
}

/** The text of an entity; made where it is not there, which is no change of the document. */
export function memoOf(doc: Y.Doc, entity: string): Y.Text {
  return doc.getText(MEMO + entity);
}

/** The list of an entity, as `memoOf`; it may hold copies of an item that was moved twice at once. */
export function itemsOf(doc: Y.Doc, entity: string): Y.Array<string> {
  return doc.getArray(ITEMS + entity);
}

/** The items that are seen: of copies the first. */
export function seenItems(items: Y.Array<string>): string[] {
  return [...new Set(items.toArray())].filter((item) => typeof item === 'string');
}

/** The keys of a tag that are there: one for each actor whose add no remove has seen. */
export function liveTagKeys(tags: Y.Map<boolean>, entity: string, tag: string): string[] {
  const prefix = `${entity}/${tag}/`;
  const keys: string[] = [];
  for (const key of tags.keys()) if (key.startsWith(prefix)) keys.push(key);
  return keys.sort();
}

type Scalar = string | number | boolean;
type View = Required<EntityView>;

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** What a person sees, made anew from what the document holds. */
export function viewOf(doc: Y.Doc, maps: LedgerMaps): LedgerView {
  const views = new Map<string, View>();
  const ledger: LedgerView = {};
  maps.entities.forEach((_, entity) => {
    if (maps.removed.get(entity) === true) return;
    const view: View = { fields: {}, counters: {}, memo: '', items: [], tags: [] };
    views.set(entity, view);
    ledger[entity] = view;
  });
  maps.fields.forEach((value, key) => {
    const slash = key.indexOf('/');
    const view = views.get(key.slice(0, slash));
    if (view !== undefined && isScalar(value)) view.fields[key.slice(slash + 1)] = value;
  });
  addCounters(views, maps.counters);
  maps.tags.forEach((_, key) => {
    const [entity, tag] = key.split('/') as [string, string];
    const tags = views.get(entity)?.tags;
    if (tags !== undefined && !tags.includes(tag)) tags.push(tag);
  });
  for (const view of views.values()) if (view.tags.length > 1) view.tags.sort();
  for (const name of doc.share.keys()) {
    if (name.startsWith(MEMO)) {
      const view = views.get(name.slice(MEMO.length));
      if (view !== undefined) view.memo = doc.getText(name).toJSON();
    } else if (name.startsWith(ITEMS)) {
      const view = views.get(name.slice(ITEMS.length));
      if (view !== undefined) view.items = seenItems(doc.getArray<string>(name));
    }
  }
  return ledger;
}

/** Addition of floating-point numbers depends on the order: actors are summed in theirs. */
function addCounters(views: ReadonlyMap<string, View>, counters: Y.Map<number>): void {
  const totals: { entity: string; field: string; actor: number; total: number }[] = [];
  counters.forEach((total, key) => {
    const [entity, field, actor] = key.split('/') as [string, string, string];
    if (typeof total === 'number') totals.push({ entity, field, actor: Number(actor), total });
  });
  if (totals.length > 1) totals.sort((one, other) => one.actor - other.actor);
  for (const { entity, field, total } of totals) {
    const sums = views.get(entity)?.counters;
    if (sums === undefined) continue;
    sums[field] = (Object.hasOwn(sums, field) ? sums[field]! : 0) + total;
  }
}

/** Text without halves of surrogate pairs: on the wire, which is UTF-8, each becomes the replacement character. */
export function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\uFFFD');
}

/** True where a position lies between the two halves of a character of two code units. */
export function splitsPair(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  return before >= 0xd800 && before < 0xdc00 && after >= 0xdc00 && after < 0xe000;
}
