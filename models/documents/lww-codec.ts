// The bytes of an lww change: a stamp, an actor, one entity and the operations that were made on it together.
//   change  = format u8 · stamp f64 · actor u32 · hash of the name i32 · entity name · count u8 · operation*
//   name    = length u8 · ASCII        value = type u8 · content
// Numbers are big-endian. It must not know what becomes of an operation.

import { assert, InputError } from '../../sim/errors.ts';
import { isStamp } from '../hybrid-clock.ts';
import type { Arena } from './arena.ts';
import { isName } from './edit.ts';

/** A change that only sets fields, and one with any other operation. */
export const FORMAT_SETS = 1;
export const FORMAT_MIXED = 2;
export const STAMP_AT = 1;
export const ACTOR_AT = 9;
export const HASH_AT = 13;
export const ENTITY_AT = 17;

export const SET = 1;
export const REMOVE = 2;
export const RESTORE = 3;
export const TAG_ADD = 4;
/** Carries the adds that its author saw: those, and no concurrent ones, are undone. */
export const TAG_REMOVE = 5;
/** Carries the author's own running total, so that a repeated change counts once. */
export const COUNT = 6;

const VALUE_FALSE = 0;
const VALUE_TRUE = 1;
const VALUE_NUMBER = 2;
const VALUE_INTEGER = 3;
const VALUE_TEXT = 4;

export type Scalar = string | number | boolean;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** FNV-1a over bytes with a final mix; an unsigned hash as a signed 32-bit integer. */
export function hashBytes(bytes: Uint8Array, from: number, to: number, basis = 0x811c9dc5): number {
  let hash = basis | 0;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return hash ^ (hash >>> 13);
}

/** The hash of the bytes of a text of ASCII characters, without making them. */
export function hashAscii(text: string): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return hash ^ (hash >>> 13);
}

/** ASCII bytes as text. */
export function nameText(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** Position after a value. */
export function valueEnd(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case VALUE_FALSE:
    case VALUE_TRUE:
      return at + 1;
    case VALUE_NUMBER:
      return at + 9;
    case VALUE_INTEGER:
      return at + 5;
    case VALUE_TEXT:
      return at + 5 + ((bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!);
    default:
      throw new InputError('lww change', bytes[at], 'a value type from 0 to 4', 'ERR_DOCUMENT');
  }
}

/** Decodes a value. */
export function readValue(bytes: Uint8Array, numbers: DataView, at: number): Scalar {
  switch (bytes[at]) {
    case VALUE_FALSE:
      return false;
    case VALUE_TRUE:
      return true;
    case VALUE_NUMBER:
      return numbers.getFloat64(at + 1);
    case VALUE_INTEGER:
      return numbers.getInt32(at + 1);
    default:
      return valueText(bytes, at + 5, valueEnd(bytes, at));
  }
}

/** Texts up to so many bytes are made character by character, where they are ASCII: a decoder's call costs more. */
const SHORT_BYTES = 40;

function valueText(bytes: Uint8Array, from: number, to: number): string {
  if (to - from <= SHORT_BYTES) {
    let text = '';
    let at = from;
    for (; at < to; at++) {
      const byte = bytes[at]!;
      if (byte > 127) break;
      text += String.fromCharCode(byte);
    }
    if (at === to) return text;
  }
  return decoder.decode(bytes.subarray(from, to));
}

/** Position after an operation. */
export function operationEnd(bytes: Uint8Array, at: number): number {
  const code = bytes[at];
  if (code === REMOVE || code === RESTORE) return at + 1;
  const nameEnd = at + 2 + bytes[at + 1]!;
  if (code === SET) return valueEnd(bytes, nameEnd);
  if (code === TAG_ADD) return nameEnd;
  if (code === TAG_REMOVE) return nameEnd + 2 + (bytes[nameEnd]! * 256 + bytes[nameEnd + 1]!) * 12;
  if (code === COUNT) return nameEnd + 8;
  throw new InputError('lww change', code, 'an operation from 1 to 6', 'ERR_DOCUMENT');
}

/** Checks that bytes are one whole change, as `ChangeWriter` makes them; its decoding never reads beyond them then. */
export function checkChange(bytes: Uint8Array): void {
  if (!isChange(bytes)) {
    throw new InputError('lww change', `${bytes.length} bytes`, 'one whole change', 'ERR_DOCUMENT');
  }
}

function isChange(bytes: Uint8Array): boolean {
  if (bytes.length < ENTITY_AT + 1) return false;
  const numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = ENTITY_AT + 1 + bytes[ENTITY_AT]!;
  if (at >= bytes.length || !isNameAt(bytes, ENTITY_AT)) return false;
  if (!isStamp(numbers.getFloat64(STAMP_AT))) return false;
  if (numbers.getInt32(HASH_AT) !== hashBytes(bytes, ENTITY_AT + 1, at)) return false;
  let left = bytes[at++]!;
  if (left === 0) return false;
  let format = FORMAT_SETS;
  for (; left > 0; left--) {
    const end = operationEndIn(bytes, numbers, at);
    if (end <= at || end > bytes.length) return false;
    if (bytes[at] !== SET) format = FORMAT_MIXED;
    at = end;
  }
  return at === bytes.length && bytes[0] === format;
}

/** Position after a good operation; −1 for one that is none. */
function operationEndIn(bytes: Uint8Array, numbers: DataView, at: number): number {
  const code = bytes[at];
  if (code === REMOVE || code === RESTORE) return at + 1;
  if (code === undefined || code < SET || code > COUNT || !isNameAt(bytes, at + 1)) return -1;
  const nameEnd = at + 2 + bytes[at + 1]!;
  if (code === TAG_ADD) return nameEnd;
  if (code === COUNT) return nameEnd + 8;
  if (code === SET) {
    const type = bytes[nameEnd];
    if (type === undefined || type > VALUE_TEXT) return -1;
    if (type !== VALUE_TEXT) return valueEnd(bytes, nameEnd);
    return nameEnd + 5 > bytes.length ? -1 : nameEnd + 5 + numbers.getUint32(nameEnd + 1);
  }
  if (nameEnd + 2 > bytes.length) return -1;
  const end = nameEnd + 2 + numbers.getUint16(nameEnd) * 12;
  if (end > bytes.length) return -1;
  for (let seen = nameEnd + 2; seen < end; seen += 12) if (!isStamp(numbers.getFloat64(seen + 4))) return -1;
  return end;
}

/** True where a name with its length before it lies at `at`. */
function isNameAt(bytes: Uint8Array, at: number): boolean {
  const length = bytes[at];
  return length !== undefined && at + 1 + length <= bytes.length && isName(nameText(bytes, at + 1, at + 1 + length));
}

/** Most adds that one remove of a tag can undo: one for each actor. */
export const SEEN_MAX = 4096;

/** Writes one change straight into an arena: `begin`, operations, `finish`. */
export class ChangeWriter {
  readonly #arena: Arena;
  #bytes: Uint8Array = new Uint8Array(0);
  #numbers: DataView = new DataView(new ArrayBuffer(0));
  #start = 0;
  #at = 0;
  #countAt = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Begins a change of at most `lengthMax` bytes and gives its address; stamp and actor are set by `finish`. */
  begin(entity: string, lengthMax: number): number {
    const address = this.#arena.reserve(lengthMax);
    this.#bytes = this.#arena.chunk(address);
    this.#numbers = this.#arena.numbers(address);
    this.#start = this.#arena.offset(address);
    this.#bytes[this.#start] = FORMAT_SETS;
    this.#at = this.#start + ENTITY_AT;
    this.#name(entity);
    const hash = hashBytes(this.#bytes, this.#start + ENTITY_AT + 1, this.#at);
    this.#numbers.setInt32(this.#start + HASH_AT, hash);
    this.#countAt = this.#at;
    this.#bytes[this.#at++] = 0;
    return address;
  }

  set(field: string, value: Scalar): void {
    this.#operation(SET);
    this.#name(field);
    const bytes = this.#bytes;
    if (typeof value === 'boolean') {
      bytes[this.#at++] = value ? VALUE_TRUE : VALUE_FALSE;
    } else if (typeof value === 'number') {
      if ((value | 0) === value && !Object.is(value, -0)) {
        bytes[this.#at] = VALUE_INTEGER;
        this.#numbers.setInt32(this.#at + 1, value);
        this.#at += 5;
      } else {
        bytes[this.#at] = VALUE_NUMBER;
        // Which bits a NaN has depends on how it came about, and on the engine.
        if (value === value) this.#numbers.setFloat64(this.#at + 1, value);
        else this.#numbers.setBigUint64(this.#at + 1, 0x7ff8_0000_0000_0000n);
        this.#at += 9;
      }
    } else {
      this.#text(value);
    }
  }

  /** Writes REMOVE or RESTORE. */
  mark(code: number): void {
    this.#operation(code);
  }

  tagAdd(tag: string): void {
    this.#operation(TAG_ADD);
    this.#name(tag);
  }

  /** @param seen the adds that the author saw, as [actor, stamp] pairs */
  tagRemove(tag: string, seen: readonly (readonly [number, number])[]): void {
    assert(seen.length <= SEEN_MAX, 'a tag was added by too many actors');
    this.#operation(TAG_REMOVE);
    this.#name(tag);
    this.#numbers.setUint16(this.#at, seen.length);
    this.#at += 2;
    for (const [actor, stamp] of seen) {
      this.#numbers.setUint32(this.#at, actor);
      this.#numbers.setFloat64(this.#at + 4, stamp);
      this.#at += 12;
    }
  }

  count(field: string, total: number): void {
    this.#operation(COUNT);
    this.#name(field);
    this.#numbers.setFloat64(this.#at, total);
    this.#at += 8;
  }

  /** Ends the change: its bytes are in the arena for good. Gives its length. */
  finish(stamp: number, actor: number): number {
    this.#numbers.setFloat64(this.#start + STAMP_AT, stamp);
    this.#numbers.setUint32(this.#start + ACTOR_AT, actor);
    const length = this.#at - this.#start;
    this.#arena.commit(length);
    return length;
  }

  #operation(code: number): void {
    assert(this.#bytes[this.#countAt]! < 255, 'a change has at most 255 operations');
    if (code !== SET) this.#bytes[this.#start] = FORMAT_MIXED;
    this.#bytes[this.#countAt]!++;
    this.#bytes[this.#at++] = code;
  }

  #name(text: string): void {
    const length = text.length;
    assert(length < 256, 'a name is at most 255 characters long');
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = length;
    for (let i = 0; i < length; i++) bytes[at++] = text.charCodeAt(i);
    this.#at = at;
  }

  #text(text: string): void {
    const bytes = this.#bytes;
    const start = this.#at;
    bytes[start] = VALUE_TEXT;
    let at = start + 5;
    const length = text.length;
    let i = 0;
    while (i < length) {
      const code = text.charCodeAt(i);
      if (code > 127) break;
      bytes[at++] = code;
      i++;
    }
    // Only from the first character beyond ASCII on is the encoder worth its call.
    if (i < length) at += encoder.encodeInto(text.slice(i), bytes.subarray(at)).written;
    this.#numbers.setUint32(start + 1, at - start - 5);
    this.#at = at;
  }
}

/** The most bytes that an operation's name and value take, for `begin`. */
export function lengthBound(name: string, value: Scalar | undefined): number {
  return 16 + name.length + (typeof value === 'string' ? value.length * 3 : 0);
}
