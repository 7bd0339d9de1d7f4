// The protocol's rules, apart from any clock, queue or wire: what is accepted, in what order it is handed out, and what
// a page holds. The model asks them about numbers, a server about rows. They must not know who asks.

/** Why one change of a batch is refused. */
export type RejectReason = 'FOREIGN_ACTOR' | 'FOREIGN_LEDGER' | 'EMPTY_PAYLOAD' | 'BAD_SEQUENCE' | 'COVERS_AHEAD';

/** What the relay knows when it judges one change. */
export interface ChangeFacts {
  /** Whether its actor is the device that pushes it. */
  readonly isByPusher: boolean;
  /** Whether it was made for the ledger that it is pushed to. */
  readonly isOfLedger: boolean;
  readonly sequence: number;
  readonly payloadBytes: number;
  /** Position under which the same id is stored, 0 where it is not. */
  readonly storedAt: number;
  /** Where it is a SNAPSHOT that covers more than the log holds: its author knew another log. */
  readonly coversAhead?: boolean;
}

/** A retry of an accepted change is accepted again and stored once. */
export function judgeChange(facts: ChangeFacts): 'store' | 'stored' | RejectReason {
  if (!facts.isOfLedger) return 'FOREIGN_LEDGER';
  if (!facts.isByPusher) return 'FOREIGN_ACTOR';
  if (facts.payloadBytes <= 0) return 'EMPTY_PAYLOAD';
  if (!Number.isSafeInteger(facts.sequence) || facts.sequence < 1) return 'BAD_SEQUENCE';
  if (facts.storedAt > 0) return 'stored';
  return facts.coversAhead === true ? 'COVERS_AHEAD' : 'store';
}

/** What a page holds: the positions after `from` up to `to`. */
export interface PageBounds {
  readonly from: number;
  readonly to: number;
  readonly hasMore: boolean;
}

/**
 * The page after a cursor. A cursor that lies beyond the log's end was given by a relay that knew more: the answer is
 * 'ahead' (CURSOR_AHEAD), never a silent skip.
 */
export function pageAfter(cursor: number, end: number, pageSize: number): PageBounds | 'ahead' {
  if (cursor > end) return 'ahead';
  const to = Math.min(end, cursor + pageSize);
  return { from: cursor, to, hasMore: to < end };
}

/**
 * The page after a cursor from which the log was removed: it begins with the SNAPSHOT, which counts as one of the page,
 * and goes on after what that covers.
 */
export function pageFromSnapshot(covers: number, end: number, pageSize: number): PageBounds {
  const to = Math.min(end, covers + pageSize - 1);
  return { from: covers, to, hasMore: to < end };
}

/**
 * Up to which position a log may be removed: what the SNAPSHOT covers, but nothing that a member has still to pass.
 *
 * @param covers what the SNAPSHOT covers, 0 where there is none
 * @param cursors that the members presented last, 0 for one that has never pulled
 */
export function removableTo(covers: number, cursors: Iterable<number>): number {
  let to = covers;
  for (const cursor of cursors) if (cursor < to) to = cursor;
  return to;
}

/**
 * The page of protocol 1.0 after a timestamp: of changes in order of their own timestamps, those that are later. Two of
 * one timestamp across a page's end, or one that comes late, are passed over: the published protocol does that.
 *
 * @param timestamps of the account's changes, ascending
 */
export function pageSince(sinceMs: number, timestamps: ArrayLike<number>, end: number, pageSize: number): PageBounds {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timestamps[middle]! > sinceMs) high = middle;
    else low = middle + 1;
  }
  const to = Math.min(end, low + pageSize);
  return { from: low, to, hasMore: to < end };
}

/** A limit on the requests of each device in every whole minute of the clock. */
export class RateLimit {
  readonly #perMinute: number;
  #used = new Int32Array(64);
  #window = new Float64Array(64);

  /** @param perMinute requests for one device; 0 is no limit */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Takes one request of the device at a time; gives 0, or the milliseconds until its window ends. */
  take(device: number, nowMs: number): number {
    if (this.#perMinute === 0) return 0;
    if (device >= this.#used.length) {
      const length = 2 ** Math.ceil(Math.log2(device + 2));
      const used = new Int32Array(length);
      const window = new Float64Array(length);
      used.set(this.#used);
      window.set(this.#window);
      this.#used = used;
      this.#window = window;
    }
    const window = Math.floor(nowMs / 60_000);
    if (this.#window[device] !== window) {
      this.#window[device] = window;
      this.#used[device] = 0;
    }
    if (this.#used[device]! >= this.#perMinute) return (window + 1) * 60_000 - nowMs;
    this.#used[device]!++;
    return 0;
  }
}
