// Records, field by field: the last writer wins by hybrid clock, then by actor (device and incarnation). Removal is a
// register of its own, so a concurrent set does not bring an entity back; tags are add-wins; counters keep a total for
// each actor. Replicas of a run share the bytes of changes: an entity that one change made is one address.

import { assert } from '../../sim/errors.ts';
import { HybridClock } from '../hybrid-clock.ts';
import { Arena } from './arena.ts';
import { usualConcurrency } from './concurrency.ts';
import { EntityTable } from './entity-table.ts';
import {
  areApart,
  type Concurrency,
  type Edit,
  type EditKind,
  type EntityView,
  type LedgerView,
  placeOf,
} from './edit.ts';
import {
  ACTOR_AT,
  ChangeWriter,
  checkChange,
  ENTITY_AT,
  FORMAT_SETS,
  HASH_AT,
  lengthBound,
  nameText,
  operationEnd,
  readValue,
  REMOVE,
  RESTORE,
  STAMP_AT,
  valueEnd,
} from './lww-codec.ts';
import { addPlainState, addRecordState, addRecordView, SetHash } from './lww-hash.ts';
import { EntityRecord } from './lww-record.ts';
import { packState, recordAsChanges, recordSize, storedLength, unpackState } from './lww-state.ts';
import { NameTable } from './name-table.ts';
import type { DocumentType, EditOutcome, Replica, ReplicaInit } from './port.ts';

/** What the replicas of one run share. */
interface Shared {
  readonly arena: Arena;
  readonly names: NameTable;
  readonly writer: ChangeWriter;
}

const sharedByRun = new WeakMap<object, Shared>();

function sharedOf(run: object): Shared {
  let shared = sharedByRun.get(run);
  if (shared === undefined) {
    const arena = new Arena();
    shared = { arena, names: new NameTable(), writer: new ChangeWriter(arena) };
    sharedByRun.set(run, shared);
  }
  return shared;
}

const NO_CHANGES: Uint8Array[] = [];

class LwwReplica implements Replica {
  readonly #init: ReplicaInit;
  readonly #arena: Arena;
  readonly #names: NameTable;
  readonly #writer: ChangeWriter;
  readonly #clock = new HybridClock();

  /** A place > 0 is the address of the one change that made the entity, < 0 is ~index of a record. */
  readonly #table = new EntityTable();
  readonly #records: EntityRecord[] = [];
  /** What `#isSought` compares with: one callback for all lookups. */
  #sought = 0;
  readonly #isSought = (place: number): boolean => this.#isNamedAlike(place, this.#sought);
  /** Bytes of the changes that stand for entities by themselves. */
  #plainBytes = 0;

  constructor(init: ReplicaInit) {
    const { arena, names, writer } = sharedOf(init.run ?? init);
    this.#init = init;
    this.#arena = arena;
    this.#names = names;
    this.#writer = writer;
  }

  edit(edit: Edit): EditOutcome {
    return { changes: this.editTogether([edit]), target: placeOf(edit) };
  }

  editTogether(edits: readonly Edit[]): Uint8Array[] {
    if (edits.length > 255) return [edits.slice(0, 255), edits.slice(255)].flatMap((some) => this.editTogether(some));
    assert(areApart(edits), 'edits made together are of one entity, and no two set or count the same field');
    const { entity } = edits[0]!;
    const writer = this.#writer;
    let bound = ENTITY_AT + entity.length + 8;
    for (const edit of edits) bound += editBound(edit) + this.#seenBound(edit);
    const address = writer.begin(entity, bound);
    const slot = this.#find(address);
    const place = this.#table.placeAt(slot);
    let written = 0;
    for (const edit of edits) if (this.#write(edit, place)) written++;
    // What was reserved but not finished is simply written over by the next change.
    if (written === 0) return NO_CHANGES;
    const length = writer.finish(this.#clock.tick(this.#init.nowMs()), this.#init.actor);
    this.#apply(address, slot, length);
    return [this.#arena.window(address, length)];
  }

  receive(changes: readonly Uint8Array[]): Uint8Array[] {
    const arena = this.#arena;
    let newest = 0;
    // A batch is taken whole or not at all.
    for (let i = 0; i < changes.length; i++) if (arena.find(changes[i]!) === 0) checkChange(changes[i]!);
    for (let i = 0; i < changes.length; i++) {
      const bytes = changes[i]!;
      let address = arena.find(bytes);
      if (address === 0) address = arena.keep(bytes);
      const start = arena.offset(address);
      const stamp = arena.numbers(address).getFloat64(start + STAMP_AT);
      if (stamp > newest) newest = stamp;
      this.#apply(address, this.#find(address), bytes.length);
    }
    if (newest > 0) this.#clock.witness(newest, this.#init.nowMs());
    return NO_CHANGES;
  }

  view(): LedgerView {
    const view: LedgerView = {};
    this.#eachEntity(
      (address) => {
        view[this.#entityName(address)] = { fields: this.#fieldsOf(address) };
      },
      (record) => {
        if (record.isVisible) view[this.#entityName(record.nameAddress)] = record.view(this.#arena, this.#names);
      },
    );
    return view;
  }

  entityView(entity: string): EntityView | undefined {
    const address = this.#writer.begin(entity, ENTITY_AT + entity.length + 8);
    const place = this.#table.placeAt(this.#find(address));
    if (place > 0) return { fields: this.#fieldsOf(place) };
    const record = this.#recordAt(place);
    return record?.isVisible === true ? record.view(this.#arena, this.#names) : undefined;
  }

  /**
   * An entity that one change made is told by the change's address: replicas of a run that point at the same bytes show
   * the same. Equal views of other bytes may have unequal digests.
   */
  viewDigest(): string {
    const hash = new SetHash();
    this.#eachEntity(
      (address) => hash.add(address, 1),
      (record) => addRecordView(hash, this.#arena, this.#names, record),
    );
    return hash.toString();
  }

  version(): string {
    const hash = new SetHash();
    this.#eachEntity(
      (address) => addPlainState(hash, this.#arena, address),
      (record) => addRecordState(hash, this.#arena, this.#names, record),
    );
    return hash.toString();
  }

  pending(): number {
    return 0;
  }

  save(): Uint8Array {
    const changes: Uint8Array[] = [];
    const scratch = new Arena();
    this.#eachEntity(
      (address) => changes.push(this.#arena.window(address, this.#changeLength(address))),
      (record) => {
        const name = this.#entityName(record.nameAddress);
        changes.push(...recordAsChanges(record, name, this.#arena, this.#names, scratch));
      },
    );
    return packState(this.#clock.last, changes);
  }

  load(stored: Uint8Array): void {
    const { lastStamp, changes } = unpackState(stored);
    this.receive(changes);
    this.#clock.restore(lastStamp);
  }

  storedBytes(): number {
    let bytes = this.#plainBytes;
    let changes = this.#table.count - this.#records.length;
    for (const record of this.#records) {
      const { nameAddress } = record;
      const nameLength = this.#arena.chunk(nameAddress)[this.#arena.offset(nameAddress) + ENTITY_AT]!;
      const size = recordSize(record, nameLength, this.#arena, this.#names);
      bytes += size.bytes;
      changes += size.changes;
    }
    return storedLength(bytes, changes);
  }

  /** The slot of the entity that the change at an address names. */
  #find(address: number): number {
    const hash = this.#arena.numbers(address).getInt32(this.#arena.offset(address) + HASH_AT);
    this.#sought = address;
    return this.#table.find(hash, this.#isSought);
  }

  #isNamedAlike(place: number, address: number): boolean {
    const arena = this.#arena;
    const known = place > 0 ? place : this.#records[~place]!.nameAddress;
    const [bytes, other] = [arena.chunk(address), arena.chunk(known)];
    const at = arena.offset(address) + ENTITY_AT;
    const otherAt = arena.offset(known) + ENTITY_AT;
    for (let i = bytes[at]!; i >= 0; i--) if (bytes[at + i] !== other[otherAt + i]) return false;
    return true;
  }

  /** Applies the change of `length` bytes at an address; `slot` is what `#find` gave for its entity. */
  #apply(address: number, slot: number, length: number): void {
    const table = this.#table;
    const place = table.placeAt(slot);
    if (place < 0) {
      this.#applyTo(this.#records[~place]!, address);
    } else if (place > 0) {
      if (place === address) return;
      this.#plainBytes -= this.#changeLength(place);
      const record = new EntityRecord(place);
      table.replace(slot, ~(this.#records.push(record) - 1));
      this.#applyTo(record, place);
      this.#applyTo(record, address);
    } else {
      const start = this.#arena.offset(address);
      const hash = this.#arena.numbers(address).getInt32(start + HASH_AT);
      // The bytes of a change that only sets fields can stand for the entity by themselves.
      if (this.#arena.chunk(address)[start] === FORMAT_SETS) {
        table.add(slot, hash, address);
        this.#plainBytes += length;
      } else {
        const record = new EntityRecord(address);
        table.add(slot, hash, ~(this.#records.push(record) - 1));
        this.#applyTo(record, address);
      }
    }
  }

  #applyTo(record: EntityRecord, address: number): void {
    const bytes = this.#arena.chunk(address);
    const numbers = this.#arena.numbers(address);
    const start = this.#arena.offset(address);
    const stamp = numbers.getFloat64(start + STAMP_AT);
    const actor = numbers.getUint32(start + ACTOR_AT);
    let at = start + ENTITY_AT + 1 + bytes[start + ENTITY_AT]!;
    let left = bytes[at++]!;
    while (left-- > 0) at = record.apply(this.#arena, this.#names, address, at, stamp, actor);
  }

  /** A remove of a tag names each actor whose add it saw: so many bytes. */
  #seenBound(edit: Edit): number {
    if (edit.kind !== 'tag-remove') return 0;
    // The name is written where the change will be, to look the entity up by it.
    const address = this.#writer.begin(edit.entity, ENTITY_AT + edit.entity.length + 8);
    const record = this.#recordAt(this.#table.placeAt(this.#find(address)));
    return (record?.liveAdds(edit.tag).length ?? 0) * 12;
  }

  #recordAt(place: number): EntityRecord | undefined {
    return place < 0 ? this.#records[~place] : undefined;
  }

  /** Writes the edit's operation; false where the edit does nothing. @param place what the entity's slot holds */
  #write(edit: Edit, place: number): boolean {
    const record = this.#recordAt(place);
    const isRemoved = record?.isRemoved === true;
    const isVisible = place > 0 || record?.isVisible === true;
    if (isRemoved !== (edit.kind === 'restore')) return false;
    const writer = this.#writer;
    switch (edit.kind) {
      case 'set':
        writer.set(edit.field, edit.value);
        return true;
      case 'remove':
        if (isVisible) writer.mark(REMOVE);
        return isVisible;
      case 'restore':
        writer.mark(RESTORE);
        return true;
      case 'tag-add':
        writer.tagAdd(edit.tag);
        return true;
      case 'tag-remove': {
        const seen = record?.liveAdds(edit.tag) ?? [];
        if (seen.length > 0) writer.tagRemove(edit.tag, seen);
        return seen.length > 0;
      }
      case 'count':
        if (edit.by !== 0) {
          writer.count(edit.field, (record?.totalOf(edit.field, this.#init.actor) ?? 0) + edit.by);
        }
        return edit.by !== 0;
      default:
        throw new Error(`lww does not take edits of kind ${edit.kind}`);
    }
  }

  #entityName(address: number): string {
    const bytes = this.#arena.chunk(address);
    const at = this.#arena.offset(address) + ENTITY_AT;
    return nameText(bytes, at + 1, at + 1 + bytes[at]!);
  }

  #changeLength(address: number): number {
    const bytes = this.#arena.chunk(address);
    const start = this.#arena.offset(address);
    let at = start + ENTITY_AT + 1 + bytes[start + ENTITY_AT]!;
    let left = bytes[at++]!;
    while (left-- > 0) at = operationEnd(bytes, at);
    return at - start;
  }

  #eachEntity(plain: (address: number) => void, touched: (record: EntityRecord) => void): void {
    this.#table.each((place) => {
      if (place > 0) plain(place);
      else touched(this.#records[~place]!);
    });
  }

  /** The fields of a plain change: where name and value lie in its chunk. */
  #eachField(address: number, visit: (nameFrom: number, nameTo: number, valueAt: number) => void): void {
    const bytes = this.#arena.chunk(address);
    const start = this.#arena.offset(address);
    let at = start + ENTITY_AT + 1 + bytes[start + ENTITY_AT]!;
    let left = bytes[at++]!;
    while (left-- > 0) {
      const nameTo = at + 2 + bytes[at + 1]!;
      visit(at + 2, nameTo, nameTo);
      at = valueEnd(bytes, nameTo);
    }
  }

  /** What a plain change shows. */
  #fieldsOf(address: number): Record<string, string | number | boolean> {
    const fields: Record<string, string | number | boolean> = {};
    const bytes = this.#arena.chunk(address);
    const numbers = this.#arena.numbers(address);
    this.#eachField(address, (nameFrom, nameTo, valueAt) => {
      fields[nameText(bytes, nameFrom, nameTo)] = readValue(bytes, numbers, valueAt);
    });
    return fields;
  }
}

/** The most bytes that an edit's operation takes, without what a remove has seen. */
function editBound(edit: Edit): number {
  if (edit.kind === 'set') return lengthBound(edit.field, edit.value);
  if (edit.kind === 'count') return lengthBound(edit.field, undefined);
  if (edit.kind === 'tag-add' || edit.kind === 'tag-remove') return lengthBound(edit.tag, undefined);
  return lengthBound('', undefined);
}

const supports = new Map<EditKind, Concurrency>([
  ['set', 'one-wins'],
  ['remove', 'one-wins'],
  ['restore', 'one-wins'],
  ['tag-add', 'keeps-both'],
  ['tag-remove', 'keeps-both'],
  ['count', 'keeps-both'],
]);

const lww: DocumentType = {
  name: 'lww',
  supports,
  concurrency: (one, other) => usualConcurrency(supports, one, other),
  isStable: true,
  create: (init) => new LwwReplica(init),
};

export default lww;
