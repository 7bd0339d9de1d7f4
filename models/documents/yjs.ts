// Ledgers in Yjs: one Y.Doc for each replica, made deterministic. Its client is the replica's actor, one for each life
// of a device, so it never has to be drawn. It must not know who hands it changes, or when.
//
// Changes are updates of version 1: single edits, which is what travels, take a quarter less than in version 2.

import * as Y from 'yjs';
import { usualConcurrency } from './concurrency.ts';
import { InputError } from '../../sim/errors.ts';
import { type Concurrency, type Edit, type EditKind, type LedgerView, placeOf } from './edit.ts';
import type { DocumentType, EditOutcome, Replica, ReplicaInit } from './port.ts';
import {
  itemsOf,
  type LedgerMaps,
  liveTagKeys,
  mapsOf,
  memoOf,
  seenItems,
  splitsPair,
  viewOf,
  wellFormed,
} from './yjs-shape.ts';
import { countPending, stateVectorOf, versionOfDoc, versionOfUpdate } from './yjs-version.ts';

const GUID = 'ledger';

/** The client of a document that takes what others made; no actor is so large. */
const NOBODY = 2 ** 32;

const NO_CHANGES: Uint8Array[] = [];

class YjsReplica implements Replica {
  readonly #actor: number;
  readonly #doc: Y.Doc;
  readonly #maps: LedgerMaps;
  #version: string | undefined;
  #made: Uint8Array | undefined;
  readonly #keepMade = (update: Uint8Array): void => {
    this.#made = update;
  };

  constructor(init: ReplicaInit) {
    this.#actor = init.actor;
    this.#doc = new Y.Doc({ guid: GUID });
    this.#doc.clientID = init.actor;
    this.#maps = mapsOf(this.#doc);
  }

  edit(edit: Edit): EditOutcome {
    let target = '';
    const changes = this.#make(() => {
      target = this.#apply(edit);
    });
    return { changes, target };
  }

  editTogether(edits: readonly Edit[]): Uint8Array[] {
    return this.#make(() => {
      for (const edit of edits) this.#apply(edit);
    });
  }

  receive(changes: readonly Uint8Array[]): Uint8Array[] {
    // A batch is taken whole or not at all.
    for (const change of changes) checkChange(change);
    this.#take(changes);
    return NO_CHANGES;
  }

  view(): LedgerView {
    return viewOf(this.#doc, this.#maps);
  }

  version(): string {
    this.#version ??= versionOfDoc(this.#doc);
    return this.#version;
  }

  pending(): number {
    return countPending(this.#doc);
  }

  since(version: string): Uint8Array {
    return Y.encodeStateAsUpdate(this.#doc, stateVectorOf(version));
  }

  save(): Uint8Array {
    return Y.encodeStateAsUpdate(this.#doc);
  }

  load(stored: Uint8Array): void {
    checkChange(stored);
    this.#take([stored]);
  }

  dispose(): void {
    this.#doc.destroy();
  }

  /** Applies updates from elsewhere in one transaction, which takes less than half the time of one for each. */
  #take(updates: readonly Uint8Array[]): void {
    const doc = this.#doc;
    this.#version = undefined;
    // Where an update holds items of the document's own client, Yjs concludes that somebody else uses it, says so on the
    // console and draws another. An actor's items that come back are its own, so nobody is to be concluded from.
    doc.clientID = NOBODY;
    try {
      doc.transact(() => {
        for (let i = 0; i < updates.length; i++) {
          Y.applyUpdate(doc, updates[i]!);
          // What is held back is encoded anew with each update: the time would grow with the square of their number.
          if (doc.store.pendingStructs === null || i + 2 >= updates.length) continue;
          Y.applyUpdate(doc, Y.mergeUpdates(updates.slice(i + 1)));
          break;
        }
        retryHeldBack(doc);
      });
    } finally {
      doc.clientID = this.#actor;
    }
  }

  /** The one change that the edits make, if any. */
  #make(edits: () => void): Uint8Array[] {
    const doc = this.#doc;
    this.#made = undefined;
    // A listener makes Yjs encode each transaction, those of others too: it listens while there is something to hear.
    doc.on('update', this.#keepMade);
    try {
      doc.transact(edits);
    } finally {
      doc.off('update', this.#keepMade);
    }
    if (this.#made === undefined) return NO_CHANGES;
    this.#version = undefined;
    return [this.#made];
  }

  /** Carries out an edit, within a transaction, and gives its place. */
  #apply(edit: Edit): string {
    const { entity } = edit;
    const { entities, removed, fields, counters, tags } = this.#maps;
    const isRemoved = removed.get(entity) === true;
    const isIdle = isRemoved !== (edit.kind === 'restore');
    switch (edit.kind) {
      case 'list-insert':
      case 'list-delete':
      case 'list-move':
        return `${entity}/items/${isIdle ? '' : this.#editItems(edit)}`;
      case 'text-insert':
      case 'text-delete':
        if (!isIdle) this.#editMemo(edit);
        break;
      case 'set':
        if (isIdle) break;
        this.#makeThere(entity);
        fields.set(`${entity}/${edit.field}`, cleanValue(edit.value));
        break;
      case 'remove':
        if (!isIdle && entities.has(entity)) removed.set(entity, true);
        break;
      case 'restore':
        if (isIdle) break;
        this.#makeThere(entity);
        removed.set(entity, false);
        break;
      case 'tag-add':
        if (isIdle) break;
        this.#makeThere(entity);
        tags.set(`${entity}/${edit.tag}/${this.#actor}`, true);
        break;
      case 'tag-remove':
        if (!isIdle) for (const key of liveTagKeys(tags, entity, edit.tag)) tags.delete(key);
        break;
      case 'count': {
        if (isIdle || edit.by === 0) break;
        this.#makeThere(entity);
        const key = `${entity}/${edit.field}/${this.#actor}`;
        counters.set(key, (counters.get(key) ?? 0) + edit.by);
        break;
      }
    }
    return placeOf(edit);
  }

  #makeThere(entity: string): void {
    if (!this.#maps.entities.has(entity)) this.#maps.entities.set(entity, true);
  }

  #editMemo(edit: Extract<Edit, { kind: 'text-insert' | 'text-delete' }>): void {
    const memo = memoOf(this.#doc, edit.entity);
    const text = memo.toJSON();
    if (edit.kind === 'text-insert') {
      const inserted = wellFormed(edit.text);
      if (inserted === '') return;
      const at = edit.at % (text.length + 1);
      this.#makeThere(edit.entity);
      memo.insert(splitsPair(text, at) ? at - 1 : at, inserted);
    } else if (text !== '' && edit.length > 0) {
      let from = edit.at % text.length;
      let to = Math.min(from + edit.length, text.length);
      if (splitsPair(text, from)) from -= 1;
      if (splitsPair(text, to)) to += 1;
      memo.delete(from, to - from);
    }
  }

  /** Gives the item that was touched; none where there is none. */
  #editItems(edit: Extract<Edit, { kind: 'list-insert' | 'list-delete' | 'list-move' }>): string {
    const items = itemsOf(this.#doc, edit.entity);
    const seen = seenItems(items);
    if (edit.kind === 'list-insert') {
      const value = wellFormed(edit.value);
      // An item is in its list once.
      if (seen.includes(value)) return value;
      this.#makeThere(edit.entity);
      insertItem(items, seen, edit.at % (seen.length + 1), value);
      return value;
    }
    if (seen.length === 0) return '';
    if (edit.kind === 'list-delete') {
      const value = seen[edit.at % seen.length]!;
      deleteItem(items, value);
      return value;
    }
    const from = edit.from % seen.length;
    const to = edit.to % seen.length;
    const value = seen[from]!;
    if (from === to) return value;
    deleteItem(items, value);
    seen.splice(from, 1);
    insertItem(items, seen, to, value);
    return value;
  }
}

/**
 * Applies once more what is held back. Yjs 13.6.33 does so only where a clock goes beyond the lowest that it noted as
 * missing, and beside a gap it notes the tick before the gap's end alone: an item that needs an earlier tick of the same
 * client is not tried when that comes, and may stay out for good. One pass over all that is held back takes in whatever
 * has what it needs.
 */
function retryHeldBack(doc: Y.Doc): void {
  const { store } = doc;
  if (store.pendingStructs === null) return;
  const { update } = store.pendingStructs;
  store.pendingStructs = null;
  Y.applyUpdateV2(doc, update);
}

/** Puts a value before the one that is seen at a position, or at the end. */
function insertItem(items: Y.Array<string>, seen: readonly string[], at: number, value: string): void {
  const next = seen[at];
  items.insert(next === undefined ? items.length : items.toArray().indexOf(next), [value]);
}

/** Deletes all copies of a value. */
function deleteItem(items: Y.Array<string>, value: string): void {
  const copies = items.toArray();
  for (let i = copies.length - 1; i >= 0; i--) if (copies[i] === value) items.delete(i, 1);
}

/** What everybody else will read: well-formed text, and the one NaN. */
function cleanValue(value: string | number | boolean): string | number | boolean {
  if (typeof value === 'string') return wellFormed(value);
  return Number.isNaN(value) ? Number.NaN : value;
}

/**
 * Refuses what Yjs cannot read to its end: without this, it would integrate the items of an update whose deletes are cut
 * off, and the updates before it in a batch. So too for items that it would stop at half-way.
 */
function checkChange(change: Uint8Array): void {
  if (!isUpdate(change)) {
    throw new InputError('yjs change', `${change.length} bytes`, 'one whole update of Yjs', 'ERR_DOCUMENT');
  }
}

function isUpdate(bytes: Uint8Array): boolean {
  try {
    const { structs, ds } = Y.decodeUpdate(bytes);
    for (const struct of structs) {
      if (struct.length === 0 || (struct instanceof Y.Item && !isPlaced(struct))) return false;
    }
    for (const deletes of ds.clients.values()) if (deletes.some(({ len }) => len === 0)) return false;
    return true;
  } catch {
    return false;
  }
}

/** An item hangs on earlier ones of its client, if on any, and stands in a root type. */
function isPlaced({ id, origin, rightOrigin, parent }: Y.Item): boolean {
  for (const other of [origin, rightOrigin]) {
    if (other !== null && other.client === id.client && other.clock >= id.clock) return false;
  }
  return !(parent instanceof Y.ID);
}

const supports = new Map<EditKind, Concurrency>([
  ['set', 'one-wins'],
  ['remove', 'one-wins'],
  ['restore', 'one-wins'],
  ['text-insert', 'keeps-both'],
  ['text-delete', 'keeps-both'],
  ['list-insert', 'keeps-both'],
  ['list-delete', 'keeps-both'],
  ['list-move', 'one-wins'],
  ['tag-add', 'keeps-both'],
  ['tag-remove', 'keeps-both'],
  ['count', 'keeps-both'],
]);

/** A move is a delete and an insert, and a concurrent delete has not seen the insert: the item stays. */
function concurrency(one: Edit, other: Edit): Concurrency {
  const kinds = [one.kind, other.kind];
  if (kinds.includes('list-move') && kinds.includes('list-delete')) return 'add-wins';
  return usualConcurrency(supports, one, other);
}

const yjs: DocumentType = {
  name: 'yjs',
  supports,
  concurrency,
  delivery: 'any',
  create: (init) => new YjsReplica(init),
  merge: (changes) => Y.mergeUpdates([...changes]),
  versionOf: (merged) => {
    const doc = new Y.Doc({ guid: GUID });
    doc.clientID = NOBODY;
    mapsOf(doc);
    Y.applyUpdate(doc, merged);
    const version = versionOfUpdate(merged, doc);
    doc.destroy();
    return version;
  },
};

export default yjs;
