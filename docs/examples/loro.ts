// A document type of one's own: Loro behind Squall's document port. A storm of it is
//   npx squall run crdt-conflicts --documents docs/examples/loro.ts
// Entities are made concurrently, so each part of an entity is a root container, which needs no making: `memo:rent`.
import { decodeImportBlobMeta, LoroDoc, VersionVector } from 'loro-crdt';
import type { LoroMap, LoroMovableList, LoroText, PeerID } from 'loro-crdt';
import type { Concurrency, Edit, EditKind, EntityView, LedgerView } from 'squall';
import type { DocumentType, EditOutcome, Replica, ReplicaInit } from 'squall';

/** What the root containers hold, by their names. */
interface Roots {
  /** Marks of entities that somebody made; never taken back. */
  entities?: Record<string, true>;
  removed?: Record<string, boolean>;
  [fields: `fields:${string}`]: Record<string, string | number | boolean> | undefined;
  [counters: `counters:${string}`]: Record<string, number> | undefined;
  [memo: `memo:${string}`]: string | undefined;
  [items: `items:${string}`]: string[] | undefined;
  /** By `tag:add`, where each add has a name of its own: a key that is put and deleted at once may end up deleted. */
  [tags: `tags:${string}`]: Record<string, true> | undefined;
}

/** Changes of one peer that wait for others: those before the counter `end`. */
interface Held {
  readonly peer: PeerID;
  readonly end: number;
}

/** What lies in WASM memory until it is freed. */
interface Handle {
  free(): void;
}

class LoroReplica implements Replica {
  readonly #peer: bigint;
  readonly #doc: LoroDoc;
  /** Loro keeps what waits, and tells of it once, when it is imported; by peer, start and end. */
  readonly #held = new Map<string, Held>();
  /** Handles of containers, kept to be freed: any of them keeps the whole document in memory. */
  readonly #handles = new Map<string, Handle>();
  #adds = 0;

  constructor(init: ReplicaInit) {
    // No peer may be used twice, so it changes with each life of the device.
    this.#peer = BigInt(init.actor) + 1n;
    this.#doc = emptyDocument(this.#peer);
  }

  edit(edit: Edit): EditOutcome {
    let target = '';
    const changes = this.#change(() => (target = this.#apply(edit)));
    return { changes, target };
  }

  editTogether(edits: readonly Edit[]): Uint8Array[] {
    return this.#change(() => edits.forEach((edit) => this.#apply(edit)));
  }

  receive(changes: readonly Uint8Array[]): Uint8Array[] {
    for (const bytes of changes) {
      for (const blob of blobsIn(bytes)) {
        for (const [peer, { start, end }] of this.#doc.import(blob).pending ?? []) {
          this.#held.set(`${peer} ${start} ${end}`, { peer, end });
        }
      }
    }
    if (this.#held.size > 0) {
      const has = take(this.#doc.oplogVersion(), (version) => version.toJSON());
      for (const [name, { peer, end }] of this.#held) if ((has.get(peer) ?? 0) >= end) this.#held.delete(name);
    }
    return [];
  }

  view(): LedgerView {
    const roots = this.#doc.toJSON() as Roots;
    const view: [string, EntityView][] = [];
    for (const entity of Object.keys(roots.entities ?? {}).sort()) {
      if (roots.removed?.[entity] === true) continue;
      const tags = Object.keys(roots[`tags:${entity}`] ?? {}).map((key) => key.split(':')[0]!);
      const parts: EntityView = {
        fields: roots[`fields:${entity}`] ?? {},
        counters: roots[`counters:${entity}`] ?? {},
        memo: roots[`memo:${entity}`] ?? '',
        items: roots[`items:${entity}`] ?? [],
        tags: [...new Set(tags)].sort(),
      };
      view.push([entity, parts]);
    }
    return Object.fromEntries(view);
  }

  version(): string {
    return take(this.#doc.oplogVersion(), versionText);
  }

  pending(): number {
    return this.#held.size;
  }

  since(version: string): Uint8Array {
    return take(versionVector(version), (from) => this.#doc.export({ mode: 'update', from }));
  }

  /** A snapshot leaves out what waits. */
  save(): Uint8Array {
    const held = new TextEncoder().encode([...this.#held.keys()].sort().join('\n'));
    return pack([held, this.#doc.export({ mode: 'snapshot' }), this.#doc.exportPendingUpdates()]);
  }

  load(stored: Uint8Array): void {
    const [held, ...blobs] = unpack(stored);
    for (const blob of blobs) this.#doc.import(blob);
    for (const name of new TextDecoder().decode(held).split('\n')) {
      const [peer, , end] = name.split(' ');
      if (end !== undefined) this.#held.set(name, { peer: peer as PeerID, end: Number(end) });
    }
  }

  dispose(): void {
    for (const handle of this.#handles.values()) handle.free();
    this.#doc.free();
  }

  #change(make: () => void): Uint8Array[] {
    return take(this.#doc.oplogVersion(), (from) => {
      make();
      if (this.#doc.getPendingTxnLength() === 0) return [];
      this.#doc.commit();
      return [this.#doc.export({ mode: 'update', from })];
    });
  }

  /** Makes the edit, where it does something, and tells its place. */
  #apply(edit: Edit): string {
    const { entity } = edit;
    const isThere = this.#map('entities').get(entity) === true;
    const isRemoved = isThere && this.#map('removed').get(entity) === true;
    const isHeard = isRemoved === (edit.kind === 'restore');
    const enter = (): void => {
      if (!isThere) this.#map('entities').set(entity, true);
    };
    switch (edit.kind) {
      case 'set':
        if (isHeard) {
          enter();
          this.#map(`fields:${entity}`).set(edit.field, edit.value);
        }
        return `${entity}/${edit.field}`;
      case 'remove':
        if (isHeard && isThere) this.#map('removed').set(entity, true);
        return entity;
      case 'restore':
        if (isHeard) this.#map('removed').set(entity, false);
        return entity;
      case 'count':
        if (isHeard && edit.by !== 0) {
          enter();
          const { by } = edit;
          const counters = this.#map(`counters:${entity}`);
          take(counters.ensureMergeableCounter(edit.field), (counter) => counter.increment(by));
        }
        return `${entity}/${edit.field}`;
      case 'tag-add':
        if (isHeard) {
          enter();
          this.#map(`tags:${entity}`).set(`${edit.tag}:${this.#peer}-${this.#adds++}`, true);
        }
        return `${entity}/tags/${edit.tag}`;
      case 'tag-remove':
        if (isHeard) this.#removeTag(entity, edit.tag);
        return `${entity}/tags/${edit.tag}`;
      case 'text-insert':
        if (isHeard && edit.text !== '') {
          enter();
          this.#insertText(entity, edit.at, edit.text);
        }
        return `${entity}/memo`;
      case 'text-delete':
        if (isHeard) this.#deleteText(entity, edit.at, edit.length);
        return `${entity}/memo`;
      case 'list-insert':
        if (isHeard) {
          enter();
          const list = this.#items(entity);
          list.insert(edit.at % (list.length + 1), edit.value);
        }
        return `${entity}/items/${edit.value}`;
      case 'list-delete':
        return `${entity}/items/${isHeard ? this.#deleteItem(entity, edit.at) : ''}`;
      case 'list-move':
        return `${entity}/items/${isHeard ? this.#moveItem(entity, edit.from, edit.to) : ''}`;
    }
  }

  #removeTag(entity: string, tag: string): void {
    const tags = this.#map(`tags:${entity}`);
    for (const key of Object.keys(tags.toJSON()).sort()) if (key.startsWith(`${tag}:`)) tags.delete(key);
  }

  #insertText(entity: string, at: number, inserted: string): void {
    const memo = this.#memo(entity);
    const text = memo.toString();
    const place = at % (text.length + 1);
    memo.insert(isInsidePair(text, place) ? place - 1 : place, inserted);
  }

  #deleteText(entity: string, at: number, length: number): void {
    const memo = this.#memo(entity);
    const text = memo.toString();
    if (text === '' || length <= 0) return;
    const place = at % text.length;
    const from = isInsidePair(text, place) ? place - 1 : place;
    const until = Math.min(place + length, text.length);
    memo.delete(from, (isInsidePair(text, until) ? until + 1 : until) - from);
  }

  #map(name: string): LoroMap {
    return this.#kept(`map ${name}`, () => this.#doc.getMap(name));
  }

  #memo(entity: string): LoroText {
    return this.#kept(`memo ${entity}`, () => this.#doc.getText(`memo:${entity}`));
  }

  #items(entity: string): LoroMovableList<string> {
    return this.#kept(`items ${entity}`, () => this.#doc.getMovableList(`items:${entity}`) as LoroMovableList<string>);
  }

  #kept<T extends Handle>(name: string, get: () => T): T {
    let handle = this.#handles.get(name);
    if (handle === undefined) this.#handles.set(name, (handle = get()));
    return handle as T;
  }

  /** Gives the value that was deleted, or nothing. */
  #deleteItem(entity: string, at: number): string {
    const list = this.#items(entity);
    if (list.length === 0) return '';
    const index = at % list.length;
    const value = list.get(index);
    list.delete(index, 1);
    return value;
  }

  /** Gives the value that was moved, or nothing; where it lies already, nothing is moved. */
  #moveItem(entity: string, from: number, to: number): string {
    const list = this.#items(entity);
    if (list.length === 0) return '';
    const [index, place] = [from % list.length, to % list.length];
    if (index !== place) list.move(index, place);
    return list.get(place);
  }
}

function emptyDocument(peer: bigint): LoroDoc {
  const doc = new LoroDoc();
  doc.setPeerId(peer);
  // Times of day would be told by the machine's clock.
  doc.setRecordTimestamp(false);
  return doc;
}

/** True inside a pair of code units that stand for one character. */
function isInsidePair(text: string, at: number): boolean {
  return at > 0 && at < text.length && text.codePointAt(at - 1)! > 0xffff;
}

/** Reads something that lies in WASM memory, and gives the memory back. */
function take<T extends Handle, R>(thing: T, read: (thing: T) => R): R {
  try {
    return read(thing);
  } finally {
    thing.free();
  }
}

/** Peers and how many operations of each are there, by peer. */
function versionText(version: VersionVector): string {
  const entries = [...version.toJSON()].map(([peer, count]) => `${peer}:${count}`);
  return entries.sort().join(' ');
}

function versionVector(text: string): VersionVector {
  const entries = text === '' ? [] : text.split(' ').map((entry) => entry.split(':') as [PeerID, string]);
  return new VersionVector(new Map(entries.map(([peer, count]) => [peer, Number(count)])));
}

/** Parts one after the other, each with its length before it. */
function pack(parts: readonly (Uint8Array | undefined)[]): Uint8Array {
  const there = parts.filter((part) => part !== undefined);
  const packed = new Uint8Array(there.reduce((sum, part) => sum + 4 + part.length, 0));
  let at = 0;
  for (const part of there) {
    new DataView(packed.buffer).setUint32(at, part.length);
    packed.set(part, at + 4);
    at += 4 + part.length;
  }
  return packed;
}

function unpack(packed: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const view = new DataView(packed.buffer, packed.byteOffset);
  for (let at = 0; at < packed.length;) {
    const end = at + 4 + view.getUint32(at);
    parts.push(packed.subarray(at + 4, end));
    at = end;
  }
  return parts;
}

const MAGIC = 'loro';

/** What Loro exported, as it is, or the parts of a merged change. */
function blobsIn(bytes: Uint8Array): Uint8Array[] {
  return String.fromCharCode(...bytes.subarray(0, MAGIC.length)) === MAGIC ? [bytes] : unpack(bytes);
}

/** Changes as one; those that wait for others lie beside what Loro exports. */
function merge(changes: readonly Uint8Array[]): Uint8Array {
  return take(emptyDocument(0n), (doc) => {
    for (const blob of changes.flatMap(blobsIn)) doc.import(blob);
    return pack([doc.export({ mode: 'update' }), doc.exportPendingUpdates()]);
  });
}

function versionOf(merged: Uint8Array): string {
  const { partialStartVersionVector, partialEndVersionVector } = decodeImportBlobMeta(blobsIn(merged)[0]!, false);
  partialStartVersionVector.free();
  return take(partialEndVersionVector, versionText);
}

const supports = new Map<EditKind, Concurrency>([
  ['set', 'one-wins'],
  ['remove', 'keeps-both'],
  ['restore', 'keeps-both'],
  ['text-insert', 'keeps-both'],
  ['text-delete', 'keeps-both'],
  ['list-insert', 'keeps-both'],
  ['list-delete', 'keeps-both'],
  ['list-move', 'one-wins'],
  ['tag-add', 'keeps-both'],
  ['tag-remove', 'keeps-both'],
  ['count', 'keeps-both'],
]);

function concurrency(one: Edit, other: Edit): Concurrency {
  if (one.kind === other.kind) return supports.get(one.kind) ?? 'unjudged';
  const kinds = [one.kind, other.kind];
  if (kinds.includes('remove')) return kinds.includes('restore') ? 'one-wins' : 'remove-wins';
  if (kinds.includes('tag-add') && kinds.includes('tag-remove')) return 'add-wins';
  // A text-delete takes away only what its author saw.
  if (kinds.includes('text-insert') && kinds.includes('text-delete')) return 'add-wins';
  // An item that is moved meanwhile stays.
  if (kinds.includes('list-move') && kinds.includes('list-delete')) return 'add-wins';
  return 'keeps-both';
}

const loro: DocumentType = {
  name: 'loro',
  supports,
  concurrency,
  create: (init) => new LoroReplica(init),
  merge,
  versionOf,
};

export default loro;
