// Hashes of lww state: sums over entities, the same in whatever order they stand.

import type { Arena } from './arena.ts';
import { ACTOR_AT, ENTITY_AT, hashAscii, hashBytes, STAMP_AT, valueEnd } from './lww-codec.ts';
import type { EntityRecord } from './lww-record.ts';
import type { NameTable } from './name-table.ts';

/** Mixes two 32-bit hashes into one; murmur3's finalizer. */
export function mix(one: number, other: number): number {
  let hash = Math.imul(one ^ Math.imul(other, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function hashNumber(value: number): number {
  return mix(value | 0, Math.floor(value / 2 ** 32) | 0);
}

/** A sum of hashes in two lanes of 32 bits. */
export class SetHash {
  #low = 0;
  #high = 0;

  /** @param further a second hash of what `other` is a hash of, where 32 bits are too few */
  add(one: number, other: number, further = other): void {
    this.#low = (this.#low + mix(one, other)) | 0;
    this.#high = (this.#high + mix(further ^ 0x2545f491, one)) | 0;
  }

  toString(): string {
    const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(8, '0');
    return hex(this.#high) + hex(this.#low);
  }
}

/** The hash of the entity name that a change begins with. */
function entityHash(arena: Arena, address: number): number {
  const bytes = arena.chunk(address);
  const nameAt = arena.offset(address) + ENTITY_AT;
  return hashBytes(bytes, nameAt + 1, nameAt + 1 + bytes[nameAt]!);
}

/** Adds a plain change: each field with its value and with who wrote it when. */
export function addPlainState(hash: SetHash, arena: Arena, address: number): void {
  const bytes = arena.chunk(address);
  const numbers = arena.numbers(address);
  const start = arena.offset(address);
  const entity = entityHash(arena, address);
  const writer = mix(hashNumber(numbers.getFloat64(start + STAMP_AT)), numbers.getUint32(start + ACTOR_AT));
  let at = start + ENTITY_AT + 1 + bytes[start + ENTITY_AT]!;
  let left = bytes[at++]!;
  while (left-- > 0) {
    const nameTo = at + 2 + bytes[at + 1]!;
    const end = valueEnd(bytes, nameTo);
    const value = mix(hashBytes(bytes, nameTo, end), writer);
    hash.add(mix(entity, hashBytes(bytes, at + 2, nameTo)), value, mix(hashBytes(bytes, nameTo, end, FURTHER), writer));
    at = end;
  }
}

/** Adds a record: each register, tag key and counter with who wrote it when. */
export function addRecordState(hash: SetHash, arena: Arena, names: NameTable, record: EntityRecord): void {
  const entity = entityHash(arena, record.nameAddress);
  for (let i = 0; i < record.fieldIds.length; i++) {
    const writer = mix(hashNumber(record.stamps[i]!), record.actors[i]!);
    const value = mix(valueHash(arena, record, i), writer);
    const further = mix(valueHash(arena, record, i, FURTHER), writer);
    hash.add(mix(entity, hashAscii(names.text(record.fieldIds[i]!))), value, further);
  }
  if (record.removedStamp > 0) {
    hash.add(mix(entity, record.isRemoved ? 1 : 2), mix(hashNumber(record.removedStamp), record.removedActor));
  }
  for (const [tag, actors] of record.tags ?? []) {
    for (const [actor, key] of actors) {
      const stamps = mix(hashNumber(key.addedStamp), hashNumber(key.removedStamp));
      hash.add(mix(entity, hashAscii(`tags/${tag}`)), mix(stamps, actor));
    }
  }
  for (const [counter, actors] of record.counters ?? []) {
    for (const [actor, [stamp]] of actors) {
      hash.add(mix(entity, hashAscii(`counters/${counter}`)), mix(hashNumber(stamp), actor));
    }
  }
}

/** Adds what a person sees of a record, whoever wrote it. */
export function addRecordView(hash: SetHash, arena: Arena, names: NameTable, record: EntityRecord): void {
  if (!record.isVisible) return;
  const entity = entityHash(arena, record.nameAddress);
  for (let i = 0; i < record.fieldIds.length; i++) {
    const value = valueHash(arena, record, i);
    hash.add(mix(entity, hashAscii(names.text(record.fieldIds[i]!))), value, valueHash(arena, record, i, FURTHER));
  }
  const { counters, tags } = record.view(arena, names);
  for (const name in counters) hash.add(mix(entity, hashAscii(`counters/${name}`)), hashAscii(String(counters[name])));
  // An entity that has lost its last tag is still there, so the list as a whole is hashed.
  if (tags !== undefined) hash.add(mix(entity, hashAscii('tags')), hashAscii(tags.join('/')));
}

/** Basis of a second hash of a value. */
const FURTHER = 0x5bd1e995;

function valueHash(arena: Arena, record: EntityRecord, index: number, basis?: number): number {
  const [address, at] = record.valuePlace(arena, index);
  const bytes = arena.chunk(address);
  return hashBytes(bytes, at, valueEnd(bytes, at), basis);
}
