// All changes of a run in columns: who made each, when, knowing what, and where its bytes lie. Devices, the modelled
// relay and the oracles hold a change by its number here, so that a change delivered two hundred times is stored once.
// It must not know what the bytes mean.

import { assert } from '../sim/errors.ts';
import { ENTITY_TYPES, type EntityType } from './entities.ts';

export const OPERATIONS = ['CREATE', 'UPDATE', 'DELETE', 'SNAPSHOT'] as const;
export type Operation = (typeof OPERATIONS)[number];
const SNAPSHOT = OPERATIONS.indexOf('SNAPSHOT');

/** Stands for the name of an entity in a change that is about no one in particular. */
export const NO_ENTITY = '-';

/** Changes for which room is made at first. */
const COUNT_FIRST = 128;
/** Windows that are made anew for each delivery cost more than the delivery; the last so many are kept at most. */
const WINDOWS_KEPT = 8192;
/** Copies of bytes from types that do not keep them still are laid into chunks of this size. */
const CHUNK_BYTES = 1 << 20;

/** What is known of a change when it is made. */
export interface NewChange {
  readonly device: number;
  readonly incarnation: number;
  /** Counts the changes of one (device, incarnation) from 1. */
  readonly sequence: number;
  readonly ledger: number;
  /** Position in the ledger's log up to which the author had pulled; 0 for nothing. */
  readonly seen: number;
  readonly editedAtUs: number;
  /** The author's wall clock, milliseconds since 1970. */
  readonly timestampMs: number;
  readonly entityType: EntityType;
  readonly operation: Operation;
  readonly entityLength: number;
  /** The entity's name; kept only by a table that keeps names. */
  readonly entity?: string;
  /** One document change, or several that were made together. */
  readonly parts: readonly Uint8Array[];
  /** Places that it touched, numbered by the ledger; empty where the ledger is not tracked. */
  readonly targets: readonly number[];
}

/** What a table keeps beyond what every run needs. */
export interface KeptColumns {
  /** The names of entities, for sides on whose wire they have ids. */
  readonly keepsEntities?: boolean;
}

const NO_TARGETS: readonly number[] = [];

/** Grows a typed array to hold at least one more element. */
function grown<T extends Int32Array | Float64Array | Uint8Array | Uint16Array>(column: T, count: number): T {
  if (count < column.length) return column;
  const larger = new (column.constructor as new (length: number) => T)(column.length * 2);
  larger.set(column);
  return larger;
}

/** Changes by number, from 0 in the order in which they were made. */
export class ChangeTable {
  #count = 0;
  #device = new Int32Array(COUNT_FIRST);
  #incarnation = new Uint16Array(COUNT_FIRST);
  #sequence = new Int32Array(COUNT_FIRST);
  #ledger = new Int32Array(COUNT_FIRST);
  #seen = new Int32Array(COUNT_FIRST);
  #position = new Int32Array(COUNT_FIRST);
  #editedAtUs = new Float64Array(COUNT_FIRST);
  #timestampMs = new Float64Array(COUNT_FIRST);
  #kind = new Uint8Array(COUNT_FIRST);
  #entityLength = new Uint8Array(COUNT_FIRST);
  /** Chunk × 2^32 + offset of the first part. */
  #place = new Float64Array(COUNT_FIRST);
  #length = new Int32Array(COUNT_FIRST);
  #wireBytes = new Int32Array(COUNT_FIRST);

  readonly #chunks: Uint8Array[] = [];
  readonly #chunkIndexes = new WeakMap<ArrayBufferLike, number>();
  #own: Uint8Array = new Uint8Array(0);
  #ownEnd = 0;

  #payloadBytes = new Int32Array(COUNT_FIRST);
  /** First place that the change touched + 1. */
  #target = new Int32Array(COUNT_FIRST);
  #isNoticed = new Uint8Array(COUNT_FIRST);

  /** Only for changes of several parts or places. */
  readonly #furtherParts = new Map<number, readonly Uint8Array[]>();
  readonly #targets = new Map<number, readonly number[]>();

  /** By number modulo a power of two, which grows with the table. */
  #windows: (Uint8Array | undefined)[] = new Array<Uint8Array | undefined>(COUNT_FIRST).fill(undefined);
  #windowOf = new Int32Array(COUNT_FIRST).fill(-1);

  readonly #isStable: boolean;
  readonly #entities: (string | undefined)[] | undefined;

  /** @param isStable whether the bytes of changes stay where they are for good; else they are copied */
  constructor(isStable: boolean, { keepsEntities = false }: KeptColumns = {}) {
    this.#isStable = isStable;
    this.#entities = keepsEntities ? [] : undefined;
  }

  get count(): number {
    return this.#count;
  }

  /** Keeps a change and gives its number. */
  add(change: NewChange): number {
    const index = this.#count++;
    if (index === this.#device.length) this.#grow();
    this.#device[index] = change.device;
    this.#incarnation[index] = change.incarnation;
    this.#sequence[index] = change.sequence;
    this.#ledger[index] = change.ledger;
    this.#seen[index] = change.seen;
    this.#editedAtUs[index] = change.editedAtUs;
    this.#timestampMs[index] = change.timestampMs;
    this.#kind[index] = ENTITY_TYPES.indexOf(change.entityType) * 4 + OPERATIONS.indexOf(change.operation);
    this.#entityLength[index] = change.entityLength;
    this.#entities?.push(change.entity);
    const { parts } = change;
    const first = parts[0];
    assert(first !== undefined, 'a change has at least one part');
    this.#store(index, first);
    let length = first.length;
    if (parts.length > 1) {
      const further = parts.slice(1).map((part) => (this.#isStable ? part : part.slice()));
      this.#furtherParts.set(index, further);
      for (const part of further) length += part.length;
    }
    this.#length[index] = first.length;
    this.#payloadLengths(index, length, parts.length);
    this.#target[index] = (change.targets[0] ?? -1) + 1;
    if (change.targets.length > 1) this.#targets.set(index, change.targets);
    return index;
  }

  deviceOf(index: number): number {
    return this.#device[index]!;
  }

  incarnationOf(index: number): number {
    return this.#incarnation[index]!;
  }

  sequenceOf(index: number): number {
    return this.#sequence[index]!;
  }

  ledgerOf(index: number): number {
    return this.#ledger[index]!;
  }

  /** Log position up to which the author had pulled when it made the change. */
  seenBy(index: number): number {
    return this.#seen[index]!;
  }

  /** Position in its ledger's log, from 1; 0 while the relay has not accepted it. */
  positionOf(index: number): number {
    return this.#position[index]!;
  }

  /** For the relay's log, once. */
  setPosition(index: number, position: number): void {
    assert(this.#position[index] === 0, 'a change was accepted twice');
    this.#position[index] = position;
  }

  /** For the relay's log, where it loses a change: it is as if it had never been accepted. */
  clearPosition(index: number): void {
    this.#position[index] = 0;
  }

  /** Whether some device has noticed that the change is concurrent with another one of its place. */
  isNoticed(index: number): boolean {
    return this.#isNoticed[index] === 1;
  }

  setNoticed(index: number): void {
    this.#isNoticed[index] = 1;
  }

  editedAtUs(index: number): number {
    return this.#editedAtUs[index]!;
  }

  timestampMs(index: number): number {
    return this.#timestampMs[index]!;
  }

  entityTypeOf(index: number): EntityType {
    return ENTITY_TYPES[this.#kind[index]! >> 2]!;
  }

  operationOf(index: number): Operation {
    return OPERATIONS[this.#kind[index]! & 3]!;
  }

  /** Whether it is an image that covers the log up to what its author had seen. */
  isSnapshot(index: number): boolean {
    return (this.#kind[index]! & 3) === SNAPSHOT;
  }

  /** Characters of the entity's name. */
  entityLengthOf(index: number): number {
    return this.#entityLength[index]!;
  }

  /** The entity's name; undefined where it was not given, and in a table that does not keep names. */
  entityOf(index: number): string | undefined {
    return this.#entities?.[index];
  }

  /** Bytes of the payload before encryption: each part with a length of four bytes where there are several. */
  payloadBytesOf(index: number): number {
    return this.#payloadBytes[index]!;
  }

  /** Bytes on the wire, as the adapter that speaks it counts them; 0 until set. */
  wireBytesOf(index: number): number {
    return this.#wireBytes[index]!;
  }

  setWireBytes(index: number, bytes: number): void {
    this.#wireBytes[index] = bytes;
  }

  /** Places that the change touched, numbered by its ledger; empty where the ledger is not tracked. */
  targetsOf(index: number): readonly number[] {
    const first = this.#target[index]!;
    return first === 0 ? NO_TARGETS : (this.#targets.get(index) ?? [first - 1]);
  }

  /** The one place that the change touched; −1 where it is not tracked, −2 where there are several. */
  targetOf(index: number): number {
    return this.#targets.size > 0 && this.#targets.has(index) ? -2 : this.#target[index]! - 1;
  }

  /** Appends the document changes of change `index` to `list`. */
  collectParts(index: number, list: Uint8Array[]): void {
    const at = index & (this.#windowOf.length - 1);
    let window = this.#windows[at];
    if (window === undefined || this.#windowOf[at] !== index) {
      const place = this.#place[index]!;
      const chunk = this.#chunks[Math.floor(place / 2 ** 32)]!;
      window = new Uint8Array(chunk.buffer, place % 2 ** 32, this.#length[index]);
      this.#windows[at] = window;
      this.#windowOf[at] = index;
    }
    list.push(window);
    if (this.#furtherParts.size === 0) return;
    const further = this.#furtherParts.get(index);
    if (further !== undefined) list.push(...further);
  }

  #payloadLengths(index: number, length: number, parts: number): void {
    // One byte says how many parts there are; a single part needs no length.
    this.#payloadBytes[index] = 1 + length + (parts > 1 ? parts * 4 : 0);
  }

  #store(index: number, bytes: Uint8Array): void {
    if (this.#isStable) {
      let chunk = this.#chunkIndexes.get(bytes.buffer);
      if (chunk === undefined) {
        chunk = this.#chunks.push(new Uint8Array(bytes.buffer)) - 1;
        this.#chunkIndexes.set(bytes.buffer, chunk);
      }
      this.#place[index] = chunk * 2 ** 32 + bytes.byteOffset;
      // Most changes are delivered soon after they were made.
      this.#windows[index & (this.#windowOf.length - 1)] = bytes;
      this.#windowOf[index & (this.#windowOf.length - 1)] = index;
      return;
    }
    if (this.#ownEnd + bytes.length > this.#own.length || this.#chunks.length === 0) {
      this.#own = new Uint8Array(Math.max(this.#count < 256 ? 1 << 14 : CHUNK_BYTES, bytes.length));
      this.#chunks.push(this.#own);
      this.#ownEnd = 0;
    }
    this.#own.set(bytes, this.#ownEnd);
    this.#place[index] = (this.#chunks.length - 1) * 2 ** 32 + this.#ownEnd;
    this.#ownEnd += bytes.length;
  }

  #grow(): void {
    const count = this.#device.length;
    if (this.#windowOf.length < WINDOWS_KEPT) {
      this.#windows = new Array<Uint8Array | undefined>(count * 2).fill(undefined);
      this.#windowOf = new Int32Array(count * 2).fill(-1);
    }
    this.#device = grown(this.#device, count);
    this.#incarnation = grown(this.#incarnation, count);
    this.#sequence = grown(this.#sequence, count);
    this.#ledger = grown(this.#ledger, count);
    this.#seen = grown(this.#seen, count);
    this.#position = grown(this.#position, count);
    this.#editedAtUs = grown(this.#editedAtUs, count);
    this.#timestampMs = grown(this.#timestampMs, count);
    this.#kind = grown(this.#kind, count);
    this.#entityLength = grown(this.#entityLength, count);
    this.#place = grown(this.#place, count);
    this.#length = grown(this.#length, count);
    this.#payloadBytes = grown(this.#payloadBytes, count);
    this.#wireBytes = grown(this.#wireBytes, count);
    this.#target = grown(this.#target, count);
    this.#isNoticed = grown(this.#isNoticed, count);
  }
}
