// Where every random number of a run comes from: named streams for what is drawn in sequence, keyed draws for what
// must not depend on how many draws went before. It must not know what is drawn, nor read any entropy.

import alea from 'seedrandom/lib/alea.js';
import { assert } from './errors.ts';

const TWO_POW_32 = 4294967296;
const TWO_POW_MINUS_32 = 1 / TWO_POW_32;
const TWO_POW_MINUS_53 = 1 / 9007199254740992;

/** Above so many values an integer is made of two draws, since 32 bits would favour some values by more than 1 in 4096. */
const ONE_DRAW_SPAN = 1 << 20;

/** 64 bits of identity from which keyed draws are made; two uint32. */
export interface StreamKey {
  readonly low: number;
  readonly high: number;
}

/** One sequence of random numbers with a purpose and an owner of its own; nobody else's draws change it. */
export class Stream {
  /** The bare generator of numbers in [0, 1), for libraries that take one (d3-random's `.source`). */
  readonly source: () => number;

  /** @param source a generator of numbers in [0, 1); `Streams.stream` makes it from the run's seed and the name */
  constructor(source: () => number) {
    this.source = source;
  }

  /** A number in [0, 1), a multiple of 2^-32. */
  next(): number {
    return this.source();
  }

  /** A number in [min, max), in steps of (max − min) / 2^32. */
  uniform(min: number, max: number): number {
    return min + (max - min) * this.source();
  }

  /** An integer from min to maxInclusive, each as likely as the others; at most 2^53 values. */
  integer(min: number, maxInclusive: number): number {
    const span = maxInclusive - min + 1;
    assert(
      span >= 1 && Number.isSafeInteger(span),
      'Stream.integer takes integers with min ≤ max, less than 2^53 apart',
    );
    if (span <= ONE_DRAW_SPAN) return min + Math.floor(this.source() * span);
    const high = Math.floor(this.source() * 2097152);
    const unit = (high * TWO_POW_32 + this.source() * TWO_POW_32) * TWO_POW_MINUS_53;
    return min + Math.floor(unit * span);
  }

  /** True with probability p. Takes one draw whatever p is, so that changing p leaves the draws after it in place. */
  chance(p: number): boolean {
    return this.source() < p;
  }

  /** One of the list, each as likely as the others; the list is not empty. */
  pick<T>(list: readonly T[]): T {
    assert(list.length > 0, 'Stream.pick takes a list that is not empty');
    return list[this.integer(0, list.length - 1)] as T;
  }

  /** Puts the list in a random order, in place, each order as likely as the others (Fisher–Yates); gives it back. */
  shuffle<T>(list: T[]): T[] {
    for (let last = list.length - 1; last > 0; last--) {
      const other = this.integer(0, last);
      const kept = list[last] as T;
      list[last] = list[other] as T;
      list[other] = kept;
    }
    return list;
  }
}

/**
 * The streams of one run, by name: `device/17/think` is a purpose and its owner. A stream depends on the seed and its
 * name alone, so making one, or drawing from it, changes no other.
 */
export class Streams {
  readonly seed: string;
  readonly #prefix: string;
  readonly #made = new Map<string, Stream>();

  constructor(seed: string) {
    this.seed = seed;
    // The length keeps ('a/b', 'c') and ('a', 'b/c') apart.
    this.#prefix = `${seed.length}/${seed}/`;
  }

  /** The stream of that name; the same object for the same name. */
  stream(name: string): Stream {
    let stream = this.#made.get(name);
    if (stream === undefined) {
      const generator = alea(this.#prefix + name);
      // Nobody calls these three; their closures are 176 of a generator's 432 bytes, and a run has many generators.
      generator.int32 = generator.double = generator.quick = null;
      stream = new Stream(generator);
      this.#made.set(name, stream);
    }
    return stream;
  }

  /** The key of that name, for keyed draws. A key and a stream of one name have nothing in common. */
  key(name: string): StreamKey {
    const text = this.#prefix + name;
    return { low: hashText(text, 0x2545f491), high: hashText(text, 0x9e3779b9) };
  }
}

/** murmur3's 32-bit finalizer: every input bit reaches every output bit (Appleby, MurmurHash3, public domain). */
function finalize(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * A stable hash of a text, uint32, over its UTF-16 units: murmur3 in two lanes that feed each other (the scheme of
 * MurmurHash3_x86_128, with 64 bits of state), so that hashes of one text with two seeds are independent of each other.
 * @param seed int32 or uint32
 */
export function hashText(text: string, seed = 0): number {
  let left = seed | 0;
  let right = finalize(seed ^ 0x5bd1e995);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    const a = Math.imul(unit, 0xcc9e2d51);
    left ^= Math.imul((a << 15) | (a >>> 17), 0x1b873593);
    left = (((left << 19) | (left >>> 13)) + right) | 0;
    left = (Math.imul(left, 5) + 0x561ccd1b) | 0;
    const b = Math.imul(unit, 0xab0e9789);
    right ^= Math.imul((b << 16) | (b >>> 16), 0x38b34ae5);
    right = (((right << 17) | (right >>> 15)) + left) | 0;
    right = (Math.imul(right, 5) + 0x0bcaa747) | 0;
  }
  left ^= text.length;
  return (finalize(left) + Math.imul(finalize(right ^ text.length), 0x9e3779b1)) >>> 0;
}

// A keyed draw takes six words into two 32-bit lanes that feed each other. The lanes stand here between the two steps of
// a draw, since a function gives back one number and must not make an object for two.
const lanes = new Int32Array(2);

/** Takes one word into each lane; the round of MurmurHash3_x86_128. */
function absorb(first: number, second: number): void {
  const a = Math.imul(first, 0xcc9e2d51);
  let left = (lanes[0] as number) ^ Math.imul((a << 15) | (a >>> 17), 0x1b873593);
  let right = lanes[1] as number;
  left = (((left << 19) | (left >>> 13)) + right) | 0;
  left = (Math.imul(left, 5) + 0x561ccd1b) | 0;
  const b = Math.imul(second, 0xab0e9789);
  right ^= Math.imul((b << 16) | (b >>> 16), 0x38b34ae5);
  right = (((right << 17) | (right >>> 15)) + left) | 0;
  right = (Math.imul(right, 5) + 0x0bcaa747) | 0;
  lanes[0] = left;
  lanes[1] = right;
}

/** Leaves 64 well mixed bits in the lanes. */
function draw(key: StreamKey, a: number, b: number, c: number, d: number): void {
  lanes[0] = key.low;
  lanes[1] = key.high;
  absorb(a | 0, Math.floor(a * TWO_POW_MINUS_32) | 0);
  absorb(b | 0, Math.floor(b * TWO_POW_MINUS_32) | 0);
  absorb(c, d);
  const left = finalize(lanes[0]);
  const right = finalize(lanes[1] ^ 0x2545f491);
  const high = (left + Math.imul(right, 0x9e3779b1)) | 0;
  lanes[1] = high;
  lanes[0] = right + Math.imul(high ^ (high >>> 15), 0x2c1b3c6d);
}

/**
 * A uint32 that depends on the key and the four integers alone: no state, so no draw moves another.
 * @param a integer, |a| ≤ 2^53, for what counts high (the ordinal of a sync)
 * @param b integer, |b| ≤ 2^53
 * @param c int32, for what counts low (an attempt, a page)
 * @param d int32
 */
export function keyedUint32(key: StreamKey, a: number, b: number, c: number, d: number): number {
  draw(key, a, b, c, d);
  return (lanes[1] as number) >>> 0;
}

/** As `keyedUint32`, a number in [0, 1) with 53 bits. */
export function keyedUnit(key: StreamKey, a: number, b: number, c: number, d: number): number {
  draw(key, a, b, c, d);
  return (((lanes[1] as number) >>> 0) * 2097152 + ((lanes[0] as number) >>> 11)) * TWO_POW_MINUS_53;
}
