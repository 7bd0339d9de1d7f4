// What an lww replica keeps, as the fewest changes that make it: the form in which state is stored and loaded.

import { assert } from '../../sim/errors.ts';
import type { Arena } from './arena.ts';
import { ChangeWriter, ENTITY_AT, lengthBound, REMOVE, RESTORE, valueEnd } from './lww-codec.ts';
import type { EntityRecord } from './lww-record.ts';
import type { NameTable } from './name-table.ts';

/** Stored state begins with the clock's last stamp; each change has its length before it. */
const HEAD_BYTES = 8;
const LENGTH_BYTES = 4;

/** Bytes of state that consists of changes of so many bytes together. */
export function storedLength(changesBytes: number, changes: number): number {
  return HEAD_BYTES + changesBytes + changes * LENGTH_BYTES;
}

export function packState(lastStamp: number, changes: readonly Uint8Array[]): Uint8Array {
  let sum = 0;
  for (const change of changes) sum += change.length;
  const stored = new Uint8Array(storedLength(sum, changes.length));
  const numbers = new DataView(stored.buffer);
  numbers.setFloat64(0, lastStamp);
  let at = HEAD_BYTES;
  for (const change of changes) {
    numbers.setUint32(at, change.length);
    stored.set(change, at + LENGTH_BYTES);
    at += LENGTH_BYTES + change.length;
  }
  return stored;
}

export function unpackState(stored: Uint8Array): { lastStamp: number; changes: Uint8Array[] } {
  assert(stored.length >= HEAD_BYTES, 'stored lww state is cut off');
  const numbers = new DataView(stored.buffer, stored.byteOffset, stored.length);
  const changes: Uint8Array[] = [];
  let at = HEAD_BYTES;
  while (at + LENGTH_BYTES <= stored.length) {
    const length = numbers.getUint32(at);
    changes.push(stored.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + length));
    at += LENGTH_BYTES + length;
  }
  assert(at === stored.length, 'stored lww state is cut off');
  return { lastStamp: numbers.getFloat64(0), changes };
}

/** Bytes and number of the changes that `recordAsChanges` would give, without making them. */
export function recordSize(
  record: EntityRecord,
  entityLength: number,
  arena: Arena,
  names: NameTable,
): { bytes: number; changes: number } {
  const head = ENTITY_AT + 1 + entityLength + 1;
  let bytes = 0;
  let changes = 0;
  const operation = (length: number): void => {
    bytes += head + length;
    changes++;
  };
  for (let i = 0; i < record.fieldIds.length; i++) {
    const [address, at] = record.valuePlace(arena, i);
    const value = valueEnd(arena.chunk(address), at) - at;
    operation(2 + names.text(record.fieldIds[i]!).length + value);
  }
  if (record.removedStamp > 0) operation(1);
  for (const [tag, actors] of record.tags ?? []) {
    for (const { addedStamp, removedStamp } of actors.values()) {
      if (addedStamp > 0) operation(2 + tag.length);
      // The number of adds that it undoes, and one of them.
      if (removedStamp > 0) operation(2 + tag.length + 2 + 12);
    }
  }
  for (const [counter, actors] of record.counters ?? []) {
    for (let left = actors.size; left > 0; left--) operation(2 + counter.length + 8);
  }
  return { bytes, changes };
}

/**
 * A record as changes, one for each register, tag key and counter, under the stamp and actor that wrote it.
 *
 * @param scratch where they are written
 */
export function recordAsChanges(
  record: EntityRecord,
  entity: string,
  arena: Arena,
  names: NameTable,
  scratch: Arena,
): Uint8Array[] {
  const writer = new ChangeWriter(scratch);
  const changes: Uint8Array[] = [];
  const change = (extra: number, stamp: number, actor: number, write: () => void): void => {
    const address = writer.begin(entity, ENTITY_AT + entity.length + 8 + extra);
    write();
    changes.push(scratch.window(address, writer.finish(stamp, actor)));
  };
  for (let i = 0; i < record.fieldIds.length; i++) {
    const field = names.text(record.fieldIds[i]!);
    const value = record.value(arena, i);
    change(lengthBound(field, value), record.stamps[i]!, record.actors[i]!, () => writer.set(field, value));
  }
  if (record.removedStamp > 0) {
    const code = record.isRemoved ? REMOVE : RESTORE;
    change(8, record.removedStamp, record.removedActor, () => writer.mark(code));
  }
  for (const [tag, actors] of record.tags ?? []) {
    for (const [actor, { addedStamp, removedStamp }] of actors) {
      const bound = lengthBound(tag, undefined) + 12;
      if (addedStamp > 0) change(bound, addedStamp, actor, () => writer.tagAdd(tag));
      if (removedStamp > 0) change(bound, removedStamp, actor, () => writer.tagRemove(tag, [[actor, removedStamp]]));
    }
  }
  for (const [counter, actors] of record.counters ?? []) {
    for (const [actor, [stamp, total]] of actors) {
      change(lengthBound(counter, undefined), stamp, actor, () => writer.count(counter, total));
    }
  }
  return changes;
}
