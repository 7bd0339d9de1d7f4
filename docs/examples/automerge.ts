// A document type of one's own: Automerge behind Squall's document port. A storm of it is
//   npx squall run crdt-conflicts --documents docs/examples/automerge.ts
// Entities are made concurrently, and of two maps that are put under one key Automerge shows one only. So nothing is
// nested by entity: all replicas begin from the same first change, and keys name the entity and the field or tag. (No
// slash in keys: `Automerge.splice` would read it as a step of a path.)
import * as Automerge from '@automerge/automerge';
import type { Concurrency, Edit, EditKind, EntityView, LedgerView } from 'squall';
import type { DocumentType, EditOutcome, Replica, ReplicaInit } from 'squall';

interface Ledger {
  /** Marks of entities that somebody made; never taken back. */
  entities: Record<string, true>;
  removed: Record<string, boolean>;
  /** By `entity:field`. */
  fields: Record<string, Automerge.ImmutableString | number | boolean>;
  /** By `entity:field:actor`: an actor that sees no counter of the field makes one; what is seen is the sum. */
  counters: Record<string, Automerge.Counter>;
  /** By `entity:actor`, made like counters; read one after the other. */
  memos: Record<string, string>;
  items: Record<string, Automerge.ImmutableString[]>;
  /** By `entity:tag:actor`, with a number that grows, since Automerge drops a put of what is there already. */
  tags: Record<string, number>;
}

const FIRST_ACTOR = '00';
let firstChange: Uint8Array | undefined;

/** The document from which all replicas begin: the same bytes, whoever makes them. */
function first(): Uint8Array {
  if (firstChange === undefined) {
    const doc = Automerge.change(Automerge.init<Ledger>(FIRST_ACTOR), { time: 0 }, (draft) => {
      Object.assign(draft, { entities: {}, removed: {}, fields: {}, counters: {}, memos: {}, items: {}, tags: {} });
    });
    firstChange = Automerge.save(doc);
    Automerge.free(doc);
  }
  return firstChange;
}

class AutomergeReplica implements Replica {
  readonly #actor: string;
  #doc: Automerge.Doc<Ledger>;
  /** Hashes of changes that were received but wait for others; Automerge queues them, and does not tell how many. */
  readonly #held = new Set<string>();

  constructor(init: ReplicaInit) {
    // No actor may be used twice, so it changes with each life of the device.
    this.#actor = init.actor.toString(16).padStart(8, '0');
    this.#doc = Automerge.load(first(), this.#actor);
  }

  edit(edit: Edit): EditOutcome {
    let target = '';
    const changes = this.#change((draft) => (target = apply(draft, edit, this.#actor)));
    return { changes, target };
  }

  editTogether(edits: readonly Edit[]): Uint8Array[] {
    return this.#change((draft) => edits.forEach((edit) => apply(draft, edit, this.#actor)));
  }

  receive(changes: readonly Uint8Array[]): Uint8Array[] {
    const chunks = changes.flatMap(chunksOf);
    const hashes = chunks.filter((chunk) => !isDocument(chunk)).map(hashOf);
    this.#doc = withChunks(this.#doc, chunks);
    for (const hash of hashes) this.#held.add(hash);
    for (const hash of this.#held) if (Automerge.hasHeads(this.#doc, [hash])) this.#held.delete(hash);
    return [];
  }

  view(): LedgerView {
    return viewOf(this.#doc);
  }

  version(): string {
    return versionText(this.#doc);
  }

  pending(): number {
    return this.#held.size;
  }

  since(version: string): Uint8Array {
    return Automerge.saveSince(this.#doc, version === '' ? [] : version.split(' '));
  }

  /** What Automerge saves has the changes that wait, too; before it stand their hashes. */
  save(): Uint8Array {
    const held = new TextEncoder().encode([...this.#held].sort().join(' '));
    const doc = Automerge.save(this.#doc);
    const stored = new Uint8Array(4 + held.length + doc.length);
    new DataView(stored.buffer).setUint32(0, held.length);
    stored.set(held, 4);
    stored.set(doc, 4 + held.length);
    return stored;
  }

  load(stored: Uint8Array): void {
    const docAt = 4 + new DataView(stored.buffer, stored.byteOffset).getUint32(0);
    const loaded = Automerge.load<Ledger>(stored.subarray(docAt), { actor: this.#actor });
    Automerge.free(this.#doc);
    this.#doc = loaded;
    const held = new TextDecoder().decode(stored.subarray(4, docAt));
    for (const hash of held.split(' ')) if (hash !== '') this.#held.add(hash);
  }

  dispose(): void {
    Automerge.free(this.#doc);
  }

  #change(make: (draft: Ledger) => void): Uint8Array[] {
    const before = this.#doc;
    // Automerge would take the time of day.
    this.#doc = Automerge.change(before, { time: 0 }, make);
    return this.#doc === before ? [] : [Automerge.getLastLocalChange(this.#doc)!];
  }
}

/** Makes the edit, where it does something, and tells its place. */
function apply(draft: Ledger, edit: Edit, actor: string): string {
  const { entity } = edit;
  const isThere = Object.hasOwn(draft.entities, entity);
  const isRemoved = isThere && draft.removed[entity] === true;
  const isHeard = isRemoved === (edit.kind === 'restore');
  const enter = (): void => {
    if (!isThere) draft.entities[entity] = true;
  };
  switch (edit.kind) {
    case 'set':
      if (isHeard) {
        enter();
        draft.fields[`${entity}:${edit.field}`] = scalar(edit.value);
      }
      return `${entity}/${edit.field}`;
    case 'remove':
      if (isHeard && isThere) draft.removed[entity] = true;
      return entity;
    case 'restore':
      if (isHeard) draft.removed[entity] = false;
      return entity;
    case 'count':
      if (isHeard && edit.by !== 0) {
        enter();
        addToCounter(draft, `${entity}:${edit.field}:`, edit.by, actor);
      }
      return `${entity}/${edit.field}`;
    case 'tag-add':
      if (isHeard) {
        enter();
        const key = `${entity}:${edit.tag}:${actor}`;
        draft.tags[key] = (draft.tags[key] ?? 0) + 1;
      }
      return `${entity}/tags/${edit.tag}`;
    case 'tag-remove':
      // A delete of a key does away with the puts that its author has seen; others stay.
      if (isHeard) for (const key of keysOf(draft.tags, `${entity}:${edit.tag}:`)) delete draft.tags[key];
      return `${entity}/tags/${edit.tag}`;
    case 'text-insert':
      if (isHeard && edit.text !== '') {
        enter();
        insertText(draft, entity, edit.at, edit.text, actor);
      }
      return `${entity}/memo`;
    case 'text-delete':
      if (isHeard) deleteText(draft, entity, edit.at, edit.length);
      return `${entity}/memo`;
    case 'list-insert':
      if (isHeard) {
        enter();
        insertItem(draft, entity, edit.at, edit.value, actor);
      }
      return `${entity}/items/${edit.value}`;
    case 'list-delete':
      return `${entity}/items/${isHeard ? deleteItem(draft, entity, edit.at) : ''}`;
    default:
      throw new Error(`automerge does not take edits of kind ${edit.kind}`);
  }
}

/**
 * A string is to be set whole, not merged letter by letter. Automerge 3.5.0 gives whole numbers from 2^53 - 1 back as a
 * bigint, beyond 2^63 a wrong one; and `Float64` makes 0 of NaN, which a plain number does not.
 */
function scalar(value: string | number | boolean): Automerge.ImmutableString | number | boolean {
  if (typeof value === 'string') return new Automerge.ImmutableString(value);
  const isLarge = typeof value === 'number' && Math.abs(value) >= Number.MAX_SAFE_INTEGER;
  return isLarge ? (new Automerge.Float64(value) as unknown as number) : value;
}

function keysOf(record: Readonly<Record<string, unknown>>, prefix: string): string[] {
  return Object.keys(record)
    .filter((key) => key.startsWith(prefix))
    .sort();
}

function addToCounter(draft: Ledger, prefix: string, by: number, actor: string): void {
  const [key] = keysOf(draft.counters, prefix);
  if (key === undefined) draft.counters[prefix + actor] = new Automerge.Counter(by);
  else draft.counters[key]!.increment(by);
}

/** Of things that lie one behind the other: in which one a place is, and where in it. The last one has the end, too. */
function locate(things: readonly { length: number }[], at: number): { index: number; offset: number } {
  let index = 0;
  let offset = at;
  while (index < things.length - 1 && offset >= things[index]!.length) offset -= things[index++]!.length;
  return { index, offset };
}

function lengthOf(lists: readonly { length: number }[]): number {
  return lists.reduce((sum, { length }) => sum + length, 0);
}

/** True inside a pair of code units that stand for one character. */
function isInsidePair(text: string, at: number): boolean {
  return at > 0 && at < text.length && text.codePointAt(at - 1)! > 0xffff;
}

function insertText(draft: Ledger, entity: string, at: number, text: string, actor: string): void {
  const keys = keysOf(draft.memos, `${entity}:`);
  if (keys.length === 0) {
    draft.memos[`${entity}:${actor}`] = text;
    return;
  }
  const pieces = keys.map((key) => draft.memos[key]!);
  const memo = pieces.join('');
  const place = at % (memo.length + 1);
  const { index, offset } = locate(pieces, isInsidePair(memo, place) ? place - 1 : place);
  Automerge.splice(draft, ['memos', keys[index]!], offset, 0, text);
}

function deleteText(draft: Ledger, entity: string, at: number, length: number): void {
  const keys = keysOf(draft.memos, `${entity}:`);
  const pieces = keys.map((key) => draft.memos[key]!);
  const memo = pieces.join('');
  if (memo === '' || length <= 0) return;
  const place = at % memo.length;
  const from = isInsidePair(memo, place) ? place - 1 : place;
  const until = Math.min(place + length, memo.length);
  const to = isInsidePair(memo, until) ? until + 1 : until;
  let start = 0;
  for (const [index, piece] of pieces.entries()) {
    const [pieceFrom, pieceTo] = [Math.max(from - start, 0), Math.min(to - start, piece.length)];
    if (pieceFrom < pieceTo) Automerge.splice(draft, ['memos', keys[index]!], pieceFrom, pieceTo - pieceFrom);
    start += piece.length;
  }
}

function insertItem(draft: Ledger, entity: string, at: number, value: string, actor: string): void {
  const lists = keysOf(draft.items, `${entity}:`).map((key) => draft.items[key]!);
  const item = new Automerge.ImmutableString(value);
  if (lists.length === 0) {
    draft.items[`${entity}:${actor}`] = [item];
    return;
  }
  const { index, offset } = locate(lists, at % (lengthOf(lists) + 1));
  Automerge.insertAt(lists[index]!, offset, item);
}

/** Gives the value that was deleted, or nothing. */
function deleteItem(draft: Ledger, entity: string, at: number): string {
  const lists = keysOf(draft.items, `${entity}:`).map((key) => draft.items[key]!);
  const length = lengthOf(lists);
  if (length === 0) return '';
  const { index, offset } = locate(lists, at % length);
  const value = lists[index]![offset]!.val;
  Automerge.deleteAt(lists[index]!, offset);
  return value;
}

function viewOf(doc: Ledger): LedgerView {
  const view = new Map<string, Required<EntityView>>();
  for (const entity of Object.keys(doc.entities).sort()) {
    if (doc.removed[entity] !== true) view.set(entity, { fields: {}, counters: {}, memo: '', items: [], tags: [] });
  }
  each(doc.fields, ([entity, field], value) => {
    const parts = view.get(entity!);
    if (parts) parts.fields[field!] = Automerge.isImmutableString(value) ? value.val : value;
  });
  each(doc.counters, ([entity, field], counter) => {
    const counters = view.get(entity!)?.counters;
    if (counters) counters[field!] = (Object.hasOwn(counters, field!) ? counters[field!]! : 0) + counter.value;
  });
  each(doc.memos, ([entity], text) => {
    const parts = view.get(entity!);
    if (parts) parts.memo += text;
  });
  each(doc.items, ([entity], list) => view.get(entity!)?.items.push(...list.map((item) => item.val)));
  each(doc.tags, ([entity, tag]) => {
    const tags = view.get(entity!)?.tags;
    if (tags?.includes(tag!) === false) tags.push(tag!);
  });
  return Object.fromEntries(view);
}

/** Visits a map's entries by key, with the parts of the key. */
function each<T>(record: Readonly<Record<string, T>>, visit: (parts: string[], value: T) => void): void {
  for (const key of Object.keys(record).sort()) visit(key.split(':'), record[key]!);
}

function versionText(doc: Automerge.Doc<Ledger>): string {
  return Automerge.getHeads(doc).sort().join(' ');
}

/**
 * The chunks that bytes hold one after the other, as `since` and `merge` give them. Each has a magic number and a
 * checksum (4 bytes each), its kind, its length (LEB128) and as many bytes.
 * https://automerge.org/automerge-binary-format-spec/#_chunk_structure
 */
function chunksOf(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    let end = start + 9;
    let length = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = bytes[end++] ?? 0;
      length += (byte & 0x7f) * unit;
      if (byte < 128) break;
    }
    end += length;
    chunks.push(bytes.subarray(start, end));
    start = end;
  }
  return chunks;
}

/** True for a whole document, which has all that its changes depend on. */
function isDocument(chunk: Uint8Array): boolean {
  return chunk[8] === 0;
}

/** The hash of a change. Automerge 3.5.0 applies a damaged change under another hash, so the checksum is compared here. */
function hashOf(chunk: Uint8Array): string {
  const { hash } = Automerge.decodeChange(chunk);
  const checksum = new DataView(chunk.buffer, chunk.byteOffset).getUint32(4);
  if (Number.parseInt(hash.slice(0, 8), 16) !== checksum) throw new Error(`change ${hash} is damaged`);
  return hash;
}

/** Takes changes and whole documents. `loadIncremental` would take both at once, but pass over damaged ones silently. */
function withChunks(doc: Automerge.Doc<Ledger>, chunks: readonly Uint8Array[]): Automerge.Doc<Ledger> {
  let result = doc;
  for (const chunk of chunks.filter(isDocument)) {
    result = using(Automerge.load<Ledger>(chunk, FIRST_ACTOR), (other) => Automerge.merge(result, other));
  }
  const changes = chunks.filter((chunk) => !isDocument(chunk));
  return changes.length === 0 ? result : Automerge.applyChanges(result, changes)[0];
}

/** A document of these changes. Those that wait for others are kept in it as they are. */
function gather(changes: readonly Uint8Array[]): Automerge.Doc<Ledger> {
  return withChunks(Automerge.load<Ledger>(first(), FIRST_ACTOR), changes.flatMap(chunksOf));
}

function using<T>(doc: Automerge.Doc<Ledger>, read: (doc: Automerge.Doc<Ledger>) => T): T {
  try {
    return read(doc);
  } finally {
    Automerge.free(doc);
  }
}

const supports = new Map<EditKind, Concurrency>([
  ['set', 'one-wins'],
  ['remove', 'keeps-both'],
  ['restore', 'keeps-both'],
  ['text-insert', 'keeps-both'],
  ['text-delete', 'keeps-both'],
  ['list-insert', 'keeps-both'],
  // No list-move: Automerge has none, and a delete with an insert would double what two move at once.
  ['list-delete', 'keeps-both'],
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
  return 'keeps-both';
}

const automerge: DocumentType = {
  name: 'automerge',
  supports,
  concurrency,
  init: async () => {
    await Automerge.wasmInitialized();
    first();
  },
  create: (init) => new AutomergeReplica(init),
  merge: (changes) => using(gather(changes), (doc) => Automerge.save(doc)),
  versionOf: (merged) => using(gather([merged]), versionText),
};

export default automerge;
