// Looks for thousands of byte strings in one pass: each is known by the hash of its last eight bytes, which few places
// of what is searched have. It must not know what is looked for.

import { assert } from '../../sim/errors.ts';

export interface Needle<T> {
  /** At least `NEEDLE_BYTES_MIN`. */
  readonly bytes: Uint8Array;
  /** What is found where they stand. */
  readonly of: T;
}

export const NEEDLE_BYTES_MIN = 8;
/** Bits by which most places are passed over without a look into the map. */
const FILTER_BITS = 20;

/** The hash of two words of four bytes, as a signed 32-bit integer (the final mix is that of MurmurHash3). */
function mixed(earlier: number, later: number): number {
  let hash = Math.imul(earlier, 0xcc9e2d51) ^ Math.imul(later, 0x1b873593);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/** The four bytes that end before `end`; the last one is in the highest bits. */
function wordBefore(bytes: Uint8Array, end: number): number {
  return bytes[end - 4]! | (bytes[end - 3]! << 8) | (bytes[end - 2]! << 16) | (bytes[end - 1]! << 24);
}

/** Needles, and the one search for all of them. */
export class NeedleSearch<T> {
  readonly #filter = new Uint8Array(1 << FILTER_BITS);
  readonly #byHash = new Map<number, Needle<T>[]>();

  add(needle: Needle<T>): void {
    const { bytes } = needle;
    assert(bytes.length >= NEEDLE_BYTES_MIN, 'what is looked for has eight bytes at least');
    const hash = mixed(wordBefore(bytes, bytes.length - 4), wordBefore(bytes, bytes.length));
    this.#filter[hash >>> (32 - FILTER_BITS)] = 1;
    const alike = this.#byHash.get(hash);
    if (alike === undefined) this.#byHash.set(hash, [needle]);
    else alike.push(needle);
  }

  /** Tells each needle that stands in the bytes, as often as it does, in the order of their ends. */
  scan(bytes: Uint8Array, found: (needle: Needle<T>) => void): void {
    if (this.#byHash.size === 0 || bytes.length < NEEDLE_BYTES_MIN) return;
    // The words that end at each of the last five places: the earlier word of a place is the later one of four back.
    let [one, two, three, four] = [4, 5, 6, 7].map((end) => wordBefore(bytes, end)) as [number, number, number, number];
    const filter = this.#filter;
    for (let end = NEEDLE_BYTES_MIN; end <= bytes.length; end++) {
      const word = (four >>> 8) | (bytes[end - 1]! << 24);
      const hash = mixed(one, word);
      one = two;
      two = three;
      three = four;
      four = word;
      if (filter[hash >>> (32 - FILTER_BITS)] === 0) continue;
      for (const needle of this.#byHash.get(hash) ?? []) {
        if (endsWith(bytes, end, needle.bytes)) found(needle);
      }
    }
  }
}

function endsWith(bytes: Uint8Array, end: number, needle: Uint8Array): boolean {
  const from = end - needle.length;
  if (from < 0) return false;
  for (let i = needle.length - 1; i >= 0; i--) if (bytes[from + i] !== needle[i]) return false;
  return true;
}
