// Recorded arrivals: which user asked for what at which time, in columns, ordered by user and time, and where they came
// from. Users are numbers here: nothing of what they were called is left. It must not know lines or files.
import { pushRequestBytes, pushResponseBytes } from '../../relay-adapter/protocol-size.ts';
import { keyedUnit, Streams } from '../../sim/random.ts';
import type { ArrivalsFormat, Line } from './lines.ts';

export const PUSH = 0;
export const PULL = 1;

/** Where arrivals came from, for results; nothing that names anybody. */
export interface ArrivalsOrigin {
  /** Name of the file, without its folder. */
  readonly name: string;
  /** Of the file's bytes, hexadecimal. */
  readonly sha256: string;
  readonly format: ArrivalsFormat;
  /** Lines that are neither empty nor a header. */
  readonly lines: number;
  readonly pushes: number;
  readonly pulls: number;
  /** Requests for something else, which are left out. */
  readonly others: number;
  /** Lines that could not be read, which are left out. */
  readonly broken: number;
  /** Lines whose time is before that of a line above them; they are put in their place. */
  readonly outOfOrder: number;
  readonly users: number;
  /** From the first request to the last, ms. */
  readonly spanMs: number;
  /** Hour of the day (UTC) of the first request, 0–24 with its fraction. */
  readonly startHour: number;
}

export interface Arrivals {
  readonly origin: ArrivalsOrigin;
  /** Since the first request of all, ms, ascending for each user. */
  readonly atMs: Float64Array;
  /** PUSH or PULL. */
  readonly operation: Uint8Array;
  /** Changes of a push, 1 or more; 0 for a pull. */
  readonly changes: Int32Array;
  /** As recorded; −1 where it was not. */
  readonly bytes: Float64Array;
  /** Where each user's requests begin in the columns, and one more: their end. Users are in order of their first request. */
  readonly begins: Int32Array;
}

/** Mean size of one change in a push of the model, as JSON with its comma, bytes. */
export const CHANGE_BYTES = 561;
/** The most changes that a push is taken for: the most that a client sends at once. */
const CHANGES_MAX = 10_000;
/** An instant of today's number of digits. */
const SOME_MS = 1_800_000_000_000;

const EMPTY_PUSH = pushRequestBytes('1.1', 0, 0, SOME_MS);
const EMPTY_ANSWER = pushResponseBytes(1, 0, 0, SOME_MS);
const ID_BYTES = pushResponseBytes(2, 0, 0, SOME_MS) - EMPTY_ANSWER;

/**
 * How many changes a push of so many bytes has by the model's wire sizes; 1 where nothing is known.
 * @param isRequestSize false for the size of its answer, which lists an id for each change
 */
export function changesOf(bytes: number, isRequestSize: boolean): number {
  if (bytes < 0) return 1;
  const changes = isRequestSize ? (bytes - EMPTY_PUSH) / CHANGE_BYTES : 1 + (bytes - EMPTY_ANSWER) / ID_BYTES;
  return Math.min(CHANGES_MAX, Math.max(1, Math.round(changes)));
}

const FIRST_CAPACITY = 4096;

/** Takes requests one by one, in whatever order, and puts them into columns. */
export class ArrivalsCollector {
  #count = 0;
  #atMs = new Float64Array(FIRST_CAPACITY);
  #user = new Int32Array(FIRST_CAPACITY);
  #operation = new Uint8Array(FIRST_CAPACITY);
  #changes = new Int32Array(FIRST_CAPACITY);
  #bytes = new Float64Array(FIRST_CAPACITY);
  #latestMs = Number.NEGATIVE_INFINITY;
  #outOfOrder = 0;
  #areWholeSeconds = true;

  get count(): number {
    return this.#count;
  }

  /** @param user any number that stands for who asked */
  add(line: Readonly<Line>, user: number): void {
    if (this.#count === this.#atMs.length) this.#grow();
    const at = this.#count++;
    const isPush = line.operation === 'push';
    this.#atMs[at] = line.atMs;
    this.#user[at] = user;
    this.#operation[at] = isPush ? PUSH : PULL;
    this.#changes[at] = isPush ? changesOf(line.bytes, line.isRequestSize) : 0;
    this.#bytes[at] = line.bytes;
    if (line.atMs < this.#latestMs) this.#outOfOrder++;
    else this.#latestMs = line.atMs;
    if (!line.isWholeSecond) this.#areWholeSeconds = false;
  }

  #grow(): void {
    const size = this.#atMs.length * 2;
    const larger = <T extends Float64Array | Int32Array | Uint8Array>(column: T, next: T): T => {
      next.set(column);
      return next;
    };
    this.#atMs = larger(this.#atMs, new Float64Array(size));
    this.#user = larger(this.#user, new Int32Array(size));
    this.#operation = larger(this.#operation, new Uint8Array(size));
    this.#changes = larger(this.#changes, new Int32Array(size));
    this.#bytes = larger(this.#bytes, new Float64Array(size));
  }

  /** All of it; one request or more was added. @param read what else is known of the file */
  finish(read: Pick<ArrivalsOrigin, 'name' | 'sha256' | 'format' | 'lines' | 'others' | 'broken'>): Arrivals {
    const count = this.#count;
    const byTime = new Uint32Array(count);
    for (let at = 0; at < count; at++) byTime[at] = at;
    const times = this.#atMs;
    byTime.sort((one, other) => times[one]! - times[other]! || one - other);
    if (this.#areWholeSeconds) this.#spread(byTime);

    // Users are numbered by their first request, so that whatever stood for them before leaves no trace.
    const numbers = new Map<number, number>();
    const sizes: number[] = [];
    for (const at of byTime) {
      const user = this.#user[at]!;
      const number = numbers.get(user) ?? numbers.size;
      numbers.set(user, number);
      sizes[number] = (sizes[number] ?? 0) + 1;
    }
    const begins = new Int32Array(sizes.length + 1);
    sizes.forEach((size, user) => (begins[user + 1] = begins[user]! + size));
    const next = begins.slice();
    const firstMs = times[byTime[0]!]!;
    const columns = {
      atMs: new Float64Array(count),
      operation: new Uint8Array(count),
      changes: new Int32Array(count),
      bytes: new Float64Array(count),
    };
    let pushes = 0;
    for (const at of byTime) {
      const to = next[numbers.get(this.#user[at]!)!]!++;
      columns.atMs[to] = times[at]! - firstMs;
      columns.operation[to] = this.#operation[at]!;
      columns.changes[to] = this.#changes[at]!;
      columns.bytes[to] = this.#bytes[at]!;
      if (this.#operation[at] === PUSH) pushes++;
    }
    const origin: ArrivalsOrigin = {
      ...read,
      pushes,
      pulls: count - pushes,
      outOfOrder: this.#outOfOrder,
      users: sizes.length,
      spanMs: times[byTime[count - 1]!]! - firstMs,
      startHour: (firstMs % 86_400_000) / 3_600_000,
    };
    return { origin, ...columns, begins };
  }

  /**
   * A log that shows whole seconds would let all requests of a second come at once: they are laid over it, in their order,
   * as Poisson arrivals that came in it would be.
   */
  #spread(byTime: Uint32Array): void {
    const key = new Streams('arrivals').key('within a second');
    for (let from = 0; from < byTime.length;) {
      const second = this.#atMs[byTime[from]!]!;
      let to = from;
      while (to < byTime.length && this.#atMs[byTime[to]!] === second) to++;
      const offsets = new Float64Array(to - from).map((_, n) => keyedUnit(key, from + n, 0, 0, 0) * 1000).sort();
      for (let n = from; n < to; n++) this.#atMs[byTime[n]!] = second + offsets[n - from]!;
      from = to;
    }
  }
}
