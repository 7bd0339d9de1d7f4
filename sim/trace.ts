// The trace of a run: every record folded into a rolling hash with checkpoints, and the last records kept for people.
// It must not know what the kinds and integers mean.

import { assert } from './errors.ts';

export type TraceOptions = {
  /** Records between two checkpoints; default 4096. */
  checkpointEvery?: number;
  /** How many records are kept for `lastRecords`; default 256, 0 keeps none. */
  keepLast?: number;
  /** Only records before this index are kept, so that a second run can show what led up to a known one; default all. */
  keepUntil?: number;
};

/** One kept record. */
export type TraceRecord = {
  /** Its place in the trace, from 0. */
  index: number;
  /** Virtual time in µs. */
  timeUs: number;
  kind: number;
  a: number;
  b: number;
  c: number;
};

const NUMBERS_PER_RECORD = 5;
const TWO_32 = 2 ** 32;

/**
 * Two runs are the same when the hashes of their traces are.
 *
 * The hash has 64 bits: two lanes of the MurmurHash3 construction (Appleby; multiply, rotate and add over 32-bit words)
 * with constants of their own, finished across lanes. Each step is a bijection of the lane and of the word, so that two
 * traces that differ in a single word never have the same hash. A kind goes in by its name: the order in which kinds are
 * defined, and kinds that are never recorded, leave the hash as it is.
 */
export class Trace {
  readonly checkpointEvery: number;
  /** How many records there were. */
  count = 0;

  /** The two lanes; in a typed array, since 32-bit integers in fields may be boxed. */
  readonly #lanes = Int32Array.of(0x2f9be6cc, 0x1b873593);
  #untilCheckpoint: number;
  #checkpoints = new Uint32Array(64);
  #checkpointCount = 0;

  readonly #kindNames: string[] = [];
  /** What is folded for a kind: even in a record of 32-bit numbers, one more in a wide record. */
  #kindWords = new Int32Array(32);

  readonly #keepUntil: number;
  readonly #ring: Float64Array;
  #ringNext = 0;
  #kept = 0;

  constructor(options: TraceOptions = {}) {
    this.checkpointEvery = options.checkpointEvery ?? 4096;
    assert(
      Number.isSafeInteger(this.checkpointEvery) && this.checkpointEvery > 0,
      'a checkpoint comes every 1 or more records',
    );
    const keepLast = options.keepLast ?? 256;
    assert(Number.isSafeInteger(keepLast) && keepLast >= 0, 'a trace keeps 0 or more records');
    this.#untilCheckpoint = this.checkpointEvery;
    this.#ring = new Float64Array(keepLast * NUMBERS_PER_RECORD);
    this.#keepUntil = keepLast === 0 ? 0 : (options.keepUntil ?? Infinity);
  }

  /** The number of a kind of record, to be passed to `record`; a name that is known keeps its number. */
  defineKind(name: string): number {
    const known = this.#kindNames.indexOf(name);
    if (known >= 0) return known;
    let word = name.length;
    for (let index = 0; index < name.length; index++) word = foldLow(word, mix(name.charCodeAt(index)));
    word = avalanche(word) & ~1;
    const kind = this.#kindNames.length;
    const taken = this.#kindWords.subarray(0, kind).indexOf(word);
    assert(taken < 0, `the kinds ${name} and ${this.#kindNames[taken]} fold to the same word; rename one`);
    if (kind === this.#kindWords.length) {
      const grown = new Int32Array(2 * kind);
      grown.set(this.#kindWords);
      this.#kindWords = grown;
    }
    this.#kindWords[kind] = word;
    return this.#kindNames.push(name) - 1;
  }

  /** The name of a kind; of a number that is none, `kind <number>`. */
  kindName(kind: number): string {
    return this.#kindNames[kind] ?? `kind ${kind}`;
  }

  /**
   * Adds a record. Allocates nothing.
   * @param timeUs virtual time, an integer from 0 to 2^53 − 1
   * @param kind what `defineKind` gave
   * @param a, b, c integers within ±(2^53 − 1); −0 counts as 0
   */
  record(timeUs: number, kind: number, a: number, b: number, c: number): void {
    const kindWord = this.#kindWords[kind];
    if (kindWord === undefined || kind >= this.#kindNames.length) refuseKind(kind);
    if (timeUs >>> 0 === timeUs && (a | 0) === a && (b | 0) === b && (c | 0) === c) {
      let low = this.#lanes[0]!;
      let high = this.#lanes[1]!;
      low = foldLow(low, kindWord);
      high = foldHigh(high, kindWord);
      let mixed = mix(timeUs | 0);
      low = foldLow(low, mixed);
      high = foldHigh(high, mixed);
      mixed = mix(a | 0);
      low = foldLow(low, mixed);
      high = foldHigh(high, mixed);
      mixed = mix(b | 0);
      low = foldLow(low, mixed);
      high = foldHigh(high, mixed);
      mixed = mix(c | 0);
      low = foldLow(low, mixed);
      high = foldHigh(high, mixed);
      this.#lanes[0] = low;
      this.#lanes[1] = high;
    } else {
      this.#foldWide(timeUs, kindWord, a, b, c);
    }

    if (this.count < this.#keepUntil) {
      const ring = this.#ring;
      const at = this.#ringNext;
      ring[at] = timeUs;
      ring[at + 1] = kind;
      ring[at + 2] = a;
      ring[at + 3] = b;
      ring[at + 4] = c;
      this.#ringNext = at + NUMBERS_PER_RECORD === ring.length ? 0 : at + NUMBERS_PER_RECORD;
      this.#kept += 1;
    }
    this.count += 1;
    this.#untilCheckpoint -= 1;
    if (this.#untilCheckpoint === 0) this.#checkpoint();
  }

  /** The hash of all records so far: 16 lower-case hexadecimal digits. */
  hash(): string {
    return hexOf(this.#finish(0), this.#finish(1));
  }

  /** How many checkpoints there are: one for every `checkpointEvery` records. */
  get checkpointCount(): number {
    return this.#checkpointCount;
  }

  /** The hash as it was after (index + 1) × `checkpointEvery` records. */
  checkpointAt(index: number): string {
    assert(index >= 0 && index < this.#checkpointCount, `there is no checkpoint ${index}`);
    return hexOf(this.#checkpoints[2 * index]!, this.#checkpoints[2 * index + 1]!);
  }

  /** All checkpoints, as a finding keeps them. */
  checkpoints(): string[] {
    return Array.from({ length: this.#checkpointCount }, (_, index) => this.checkpointAt(index));
  }

  /** Of the kept records the last `n`, or as many as there are; oldest first. */
  lastRecords(n: number): TraceRecord[] {
    const ring = this.#ring;
    const wanted = Math.min(n, this.#kept, ring.length / NUMBERS_PER_RECORD);
    const records: TraceRecord[] = [];
    for (let back = wanted; back >= 1; back--) {
      const at = (this.#ringNext - back * NUMBERS_PER_RECORD + ring.length) % ring.length;
      records.push({
        index: this.#kept - back,
        timeUs: ring[at]!,
        kind: ring[at + 1]!,
        a: ring[at + 2]!,
        b: ring[at + 3]!,
        c: ring[at + 4]!,
      });
    }
    return records;
  }

  /** A record for people: `t=12.345678s push-arrived a=3 b=17 c=0`. */
  format(record: TraceRecord): string {
    const seconds = Math.floor(record.timeUs / 1e6);
    const micros = String(record.timeUs % 1e6).padStart(6, '0');
    return `t=${seconds}.${micros}s ${this.kindName(record.kind)} a=${record.a} b=${record.b} c=${record.c}`;
  }

  /**
   * A record of which some number takes more than 32 bits: the other word of its kind, a word with the time's upper 21
   * bits and what else is wide, the words of a short record, and the upper words. So the words of a trace can be read
   * back in one way only, and different traces never fold the same words.
   */
  #foldWide(timeUs: number, kindWord: number, a: number, b: number, c: number): void {
    if (!(timeUs >= 0 && Number.isSafeInteger(timeUs))) refuseNumber(timeUs);
    let head = Math.floor(timeUs / TWO_32);
    if ((a | 0) !== a) head |= 1 << 29;
    if ((b | 0) !== b) head |= 1 << 30;
    if ((c | 0) !== c) head |= 1 << 31;
    this.#fold(kindWord | 1);
    this.#fold(mix(head));
    this.#fold(mix(timeUs | 0));
    this.#fold(mix(a | 0));
    this.#fold(mix(b | 0));
    this.#fold(mix(c | 0));
    if ((a | 0) !== a) this.#fold(mix(upperWord(a)));
    if ((b | 0) !== b) this.#fold(mix(upperWord(b)));
    if ((c | 0) !== c) this.#fold(mix(upperWord(c)));
  }

  #fold(mixed: number): void {
    this.#lanes[0] = foldLow(this.#lanes[0]!, mixed);
    this.#lanes[1] = foldHigh(this.#lanes[1]!, mixed);
  }

  #checkpoint(): void {
    const at = 2 * this.#checkpointCount;
    if (at === this.#checkpoints.length) {
      const grown = new Uint32Array(2 * at);
      grown.set(this.#checkpoints);
      this.#checkpoints = grown;
    }
    this.#checkpoints[at] = this.#finish(0);
    this.#checkpoints[at + 1] = this.#finish(1);
    this.#checkpointCount += 1;
    this.#untilCheckpoint = this.checkpointEvery;
  }

  /** One half of the finished hash; the lanes go on as they are. */
  #finish(half: 0 | 1): number {
    let low = this.#lanes[0]! ^ (this.count | 0);
    let high = this.#lanes[1]! ^ Math.floor(this.count / TWO_32);
    low = (low + high) | 0;
    high = (high + low) | 0;
    low = avalanche(low);
    high = avalanche(high);
    low = (low + high) | 0;
    high = (high + low) | 0;
    return (half === 0 ? low : high) >>> 0;
  }
}

/**
 * Where two traces part: the index of the first checkpoint at which they differ, so that the first record that differs
 * is one of the `checkpointEvery` records before it. Where all checkpoints that both have agree and yet the traces
 * differ, it is the index of the first checkpoint that not both have. Undefined where the traces are the same.
 */
export function firstDifference(a: Trace, b: Trace): number | undefined {
  assert(a.checkpointEvery === b.checkpointEvery, 'only traces with checkpoints at the same records are compared');
  const common = Math.min(a.checkpointCount, b.checkpointCount);
  for (let index = 0; index < common; index++) {
    if (a.checkpointAt(index) !== b.checkpointAt(index)) return index;
  }
  return a.count === b.count && a.hash() === b.hash() ? undefined : common;
}

/** What MurmurHash3 x86_32 does to a word before it meets the lane; both lanes share it. */
function mix(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

/** The lane step of MurmurHash3 x86_32. */
function foldLow(lane: number, mixed: number): number {
  const folded = lane ^ mixed;
  return (Math.imul((folded << 13) | (folded >>> 19), 5) + 0xe6546b64) | 0;
}

/** A step of the same form that takes the word by addition, so that what cancels out in one lane does not in the other. */
function foldHigh(lane: number, mixed: number): number {
  const folded = lane + mixed;
  return (Math.imul((folded << 19) | (folded >>> 13), 9) + 0x96cd1c35) | 0;
}

/** The finalizer of MurmurHash3: every bit in changes about half of the bits out. */
function avalanche(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** The upper word of an integer that does not fit 32 signed bits. */
function upperWord(value: number): number {
  if (!Number.isSafeInteger(value)) refuseNumber(value);
  return Math.floor(value / TWO_32);
}

function hexOf(low: number, high: number): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

function refuseKind(kind: number): never {
  assert(false, `trace kind ${kind} was never defined`);
}

function refuseNumber(value: number): never {
  assert(false, `a trace record holds safe integers, and a time from 0, not ${value}`);
}
