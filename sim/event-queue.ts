// Pending events in the order (time, sequence), without an object per event.
// A radix queue: an event lies in the bucket of the highest base-256 digit in which its time differs from the
// queue's base, so a push costs a few integer operations however far ahead it lies, and an event moves down at
// most once a digit. A small bucket is sorted into a run, from which events are popped. It must not know what
// an event means.

import { assert } from './errors.ts';

/** 53-bit times hold seven base-256 digits: four in the low 32 bits, three in the high 21. */
const LEVELS = 7;
const DIGITS = 256;
const MASK_WORDS = DIGITS / 32;
/** Buckets up to this size are sorted in place; larger ones are spread over the next lower digit. */
const RUN_SORT_LIMIT = 40;
/** An insertion that would move more entries of the run than this puts the run back into buckets. */
const RUN_SHIFT_LIMIT = 256;

/** One event is five 8-byte words in one buffer: time, sequence, (handler, a), (b, c), (next slot, unused). */
const WORDS = 5;
const TIME = 0;
const SEQUENCE = 1;
const HANDLER = 4;
const A = 5;
const B = 6;
const C = 7;
const NEXT = 8;

const TWO_32 = 4294967296;
const NONE = -1;

/**
 * A priority queue of events: integer microseconds, then the order in which they were pushed.
 *
 * Times must not be earlier than the time of the event popped last. After `popUntil` has given true, the popped
 * event stands in the fields `timeUs`, `sequence`, `handler`, `a`, `b` and `c`.
 */
export class EventQueue {
  timeUs = 0;
  sequence = 0;
  handler = 0;
  a = 0;
  b = 0;
  c = 0;

  #size = 0;
  #nextSequence = 0;

  #capacity: number;
  #doubles: Float64Array;
  #ints: Int32Array;
  #free = NONE;
  #used = 0;

  /** All pending times are ≥ base; a bucket's place is relative to it. */
  #baseLow = 0;
  #baseHigh = 0;
  readonly #heads = new Int32Array(LEVELS * DIGITS).fill(NONE);
  readonly #tails = new Int32Array(LEVELS * DIGITS).fill(NONE);
  readonly #counts = new Int32Array(LEVELS * DIGITS);
  readonly #masks = new Int32Array(LEVELS * MASK_WORDS);
  readonly #levelCounts = new Int32Array(LEVELS);

  /** Slots in order of (time, sequence), from #runHead to #runLength; it owns all times below #runEndUs. */
  #run = new Int32Array(1024);
  #runHead = 0;
  #runLength = 0;
  #runEndUs = 0;

  /** @param capacity events for which room is made at the start; it grows by doubling */
  constructor(capacity = 1024) {
    this.#capacity = Math.max(16, capacity);
    const buffer = new ArrayBuffer(this.#capacity * WORDS * 8);
    this.#doubles = new Float64Array(buffer);
    this.#ints = new Int32Array(buffer);
  }

  /** Number of pending events. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds an event and gives its sequence number.
   *
   * @param timeUs integer microseconds, at least the time of the event popped last and below 2^53
   * @param handler, a, b, c 32-bit signed integers
   */
  push(timeUs: number, handler: number, a: number, b: number, c: number): number {
    const slot = this.#allocate();
    const sequence = this.#nextSequence++;
    const doubles = this.#doubles;
    const ints = this.#ints;
    const word = slot * WORDS;
    doubles[word + TIME] = timeUs;
    doubles[word + SEQUENCE] = sequence;
    const half = word * 2;
    ints[half + HANDLER] = handler;
    ints[half + A] = a;
    ints[half + B] = b;
    ints[half + C] = c;
    this.#size++;
    if (timeUs < this.#runEndUs) this.#insertIntoRun(slot, timeUs);
    else this.#append(slot, timeUs);
    return sequence;
  }

  /**
   * Takes the earliest event if its time is at most `limitUs` and puts it into the fields.
   *
   * @returns false where nothing is due by then; the queue then still takes events from `limitUs` on
   */
  popUntil(limitUs: number): boolean {
    while (this.#runHead === this.#runLength) {
      if (this.#size === 0 || !this.#openNextBucket(limitUs)) return false;
    }
    const slot = this.#run[this.#runHead]!;
    const word = slot * WORDS;
    const timeUs = this.#doubles[word + TIME]!;
    if (timeUs > limitUs) return false;
    this.#runHead++;
    const ints = this.#ints;
    const half = word * 2;
    this.timeUs = timeUs;
    this.sequence = this.#doubles[word + SEQUENCE]!;
    this.handler = ints[half + HANDLER]!;
    this.a = ints[half + A]!;
    this.b = ints[half + B]!;
    this.c = ints[half + C]!;
    ints[half + NEXT] = this.#free;
    this.#free = slot;
    this.#size--;
    return true;
  }

  /**
   * When the earliest event is due, without moving on to it: events may still come before it. Infinity where none is
   * pending. It looks through a bucket, so it is for those who wait for real time, not for the loop.
   */
  nextTimeUs(): number {
    if (this.#runHead < this.#runLength) return this.#doubles[this.#run[this.#runHead]! * WORDS + TIME]!;
    if (this.#size === 0) return Number.POSITIVE_INFINITY;
    let level = 0;
    while (this.#levelCounts[level] === 0) level++;
    let digit = 0;
    while (this.#counts[level * DIGITS + digit] === 0) digit++;
    let earliestUs = Number.POSITIVE_INFINITY;
    for (let slot = this.#heads[level * DIGITS + digit]!; slot !== NONE; slot = this.#ints[slot * WORDS * 2 + NEXT]!) {
      earliestUs = Math.min(earliestUs, this.#doubles[slot * WORDS + TIME]!);
    }
    return earliestUs;
  }

  /** Takes an empty queue back, so that it accepts times from `timeUs` on: what was popped last meant nothing. */
  rewind(timeUs: number): void {
    assert(this.#size === 0, 'only an empty queue is rewound');
    this.#baseLow = timeUs >>> 0;
    this.#baseHigh = (timeUs - this.#baseLow) / TWO_32;
    this.#runHead = 0;
    this.#runLength = 0;
    this.#runEndUs = 0;
  }

  #allocate(): number {
    const free = this.#free;
    if (free !== NONE) {
      this.#free = this.#ints[free * WORDS * 2 + NEXT]!;
      return free;
    }
    if (this.#used === this.#capacity) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    this.#capacity *= 2;
    assert(this.#capacity < 2 ** 30, 'more than 2^29 events are pending');
    const buffer = new ArrayBuffer(this.#capacity * WORDS * 8);
    const doubles = new Float64Array(buffer);
    doubles.set(this.#doubles);
    this.#doubles = doubles;
    this.#ints = new Int32Array(buffer);
  }

  /** Puts a slot at the end of its bucket; equal times always share a bucket, so their order is kept. */
  #append(slot: number, timeUs: number): void {
    const low = timeUs >>> 0;
    const high = (timeUs - low) / TWO_32;
    const differsHigh = high ^ this.#baseHigh;
    let level: number;
    let digit: number;
    if (differsHigh !== 0) {
      const shift = (31 - Math.clz32(differsHigh)) & ~7;
      level = 4 + (shift >> 3);
      digit = (high >>> shift) & 255;
    } else {
      const differs = (low ^ this.#baseLow) >>> 0;
      // Equal times (no digit differs) go to the lowest level too.
      const shift = differs === 0 ? 0 : (31 - Math.clz32(differs)) & ~7;
      level = shift >> 3;
      digit = (low >>> shift) & 255;
    }
    const bucket = level * DIGITS + digit;
    const ints = this.#ints;
    ints[slot * WORDS * 2 + NEXT] = NONE;
    const tail = this.#tails[bucket]!;
    if (tail === NONE) {
      this.#heads[bucket] = slot;
      this.#masks[level * MASK_WORDS + (digit >> 5)]! |= 1 << (digit & 31);
    } else {
      ints[tail * WORDS * 2 + NEXT] = slot;
    }
    this.#tails[bucket] = slot;
    this.#counts[bucket]!++;
    this.#levelCounts[level]!++;
  }

  /** Moves the earliest bucket into the run, or spreads it over lower digits. False where it begins after the limit. */
  #openNextBucket(limitUs: number): boolean {
    let level = 0;
    while (this.#levelCounts[level] === 0) level++;
    let word = level * MASK_WORDS;
    while (this.#masks[word] === 0) word++;
    const bits = this.#masks[word]!;
    const digit = ((word - level * MASK_WORDS) << 5) + (31 - Math.clz32(bits & -bits));

    let baseLow = this.#baseLow;
    let baseHigh = this.#baseHigh;
    let widthUs: number;
    if (level >= 4) {
      const shift = (level - 4) * 8;
      baseHigh = ((baseHigh >>> (shift + 8)) << (shift + 8)) | (digit << shift);
      baseLow = 0;
      widthUs = TWO_32 * (1 << shift);
    } else {
      const shift = level * 8;
      const above = level === 3 ? 0 : (baseLow >>> (shift + 8)) << (shift + 8);
      baseLow = (above | (digit << shift)) >>> 0;
      widthUs = 1 << shift;
    }
    const beginUs = baseHigh * TWO_32 + baseLow;
    if (beginUs > limitUs) return false;
    this.#baseLow = baseLow;
    this.#baseHigh = baseHigh;

    const bucket = level * DIGITS + digit;
    const count = this.#counts[bucket]!;
    let slot = this.#heads[bucket]!;
    this.#heads[bucket] = NONE;
    this.#tails[bucket] = NONE;
    this.#counts[bucket] = 0;
    this.#levelCounts[level]! -= count;
    this.#masks[word]! &= ~(1 << (digit & 31));

    const ints = this.#ints;
    const doubles = this.#doubles;
    if (level > 0 && count > RUN_SORT_LIMIT) {
      while (slot !== NONE) {
        const next = ints[slot * WORDS * 2 + NEXT]!;
        this.#append(slot, doubles[slot * WORDS + TIME]!);
        slot = next;
      }
      // The run owns nothing until a bucket becomes one.
      this.#runEndUs = 0;
      return true;
    }
    if (count > this.#run.length) this.#run = new Int32Array(Math.max(count, this.#run.length * 2));
    const run = this.#run;
    let length = 0;
    while (slot !== NONE) {
      const timeUs = doubles[slot * WORDS + TIME]!;
      let at = length++;
      // The chain is in order of sequence: an insertion sort that stops at equal times keeps it.
      while (at > 0 && doubles[run[at - 1]! * WORDS + TIME]! > timeUs) {
        run[at] = run[at - 1]!;
        at--;
      }
      run[at] = slot;
      slot = ints[slot * WORDS * 2 + NEXT]!;
    }
    this.#runHead = 0;
    this.#runLength = length;
    this.#runEndUs = beginUs + widthUs;
    return true;
  }

  #insertIntoRun(slot: number, timeUs: number): void {
    const doubles = this.#doubles;
    let run = this.#run;
    if (this.#runLength === run.length) {
      run.copyWithin(0, this.#runHead, this.#runLength);
      this.#runLength -= this.#runHead;
      this.#runHead = 0;
      if (this.#runLength > run.length / 2) {
        run = new Int32Array(run.length * 2);
        run.set(this.#run);
        this.#run = run;
      }
    }
    let at = this.#runLength;
    const lowest = Math.max(this.#runHead, at - RUN_SHIFT_LIMIT);
    while (at > lowest && doubles[run[at - 1]! * WORDS + TIME]! > timeUs) {
      run[at] = run[at - 1]!;
      at--;
    }
    if (at > this.#runHead && at === lowest && doubles[run[at - 1]! * WORDS + TIME]! > timeUs) {
      // Too far to move: close the gap again and put the whole run back into (lower) buckets.
      run.copyWithin(at, at + 1, this.#runLength + 1);
      this.#spillRun();
      this.#append(slot, timeUs);
      return;
    }
    run[at] = slot;
    this.#runLength++;
  }

  /** Buckets below the run's level are empty while the run stands, so its events can go back there. */
  #spillRun(): void {
    const begin = this.#runHead;
    const end = this.#runLength;
    this.#runHead = 0;
    this.#runLength = 0;
    this.#runEndUs = 0;
    for (let i = begin; i < end; i++) {
      const slot = this.#run[i]!;
      this.#append(slot, this.#doubles[slot * WORDS + TIME]!);
    }
  }
}
