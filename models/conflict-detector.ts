// How a device notices that two changes of one place were made without knowledge of each other: from what it has
// applied and from what each change says that its author knew. It must not look at other devices.

import type { ChangeTable } from './change-table.ts';

/**
 * Changes of a place that are remembered, the newest. A change whose author lags by more changes of one place than this
 * is still noticed to conflict with the newest ones, if not with all.
 */
const REMEMBERED = 16;

/** The newest changes of each place that one device knows. */
export class ConflictDetector {
  readonly #table: ChangeTable;
  /** By place a ring of change numbers + 1, and how many were put into it. */
  #rings = new Int32Array(16 * REMEMBERED);
  #counts = new Int32Array(16);

  constructor(table: ChangeTable) {
    this.#table = table;
  }

  /**
   * Takes notice of a change, the device's own when it is made, others from the log in its order.
   *
   * @param change its number
   * @param onConcurrent called with this change and with each one that it is concurrent with
   */
  notice(change: number, onConcurrent: (change: number, other: number) => void): void {
    const target = this.#table.targetOf(change);
    if (target >= 0) this.#noticeAt(target, change, onConcurrent);
    else if (target === -2) {
      for (const each of this.#table.targetsOf(change)) this.#noticeAt(each, change, onConcurrent);
    }
  }

  #noticeAt(target: number, change: number, onConcurrent: (change: number, other: number) => void): void {
    if (target >= this.#counts.length) this.#grow(target);
    const table = this.#table;
    const ring = target * REMEMBERED;
    const count = this.#counts[target]!;
    // What the device itself makes is made in the knowledge of all that it knows.
    if (table.positionOf(change) > 0) {
      const author = table.deviceOf(change);
      const seen = table.seenBy(change);
      const oldest = Math.max(0, count - REMEMBERED);
      for (let i = count - 1; i >= oldest; i--) {
        const other = this.#rings[ring + (i % REMEMBERED)]! - 1;
        if (table.deviceOf(other) === author) continue;
        // One without a position is this device's own and not accepted yet: nobody else can have seen it.
        const position = table.positionOf(other);
        if (position === 0 || position > seen) onConcurrent(change, other);
      }
    }
    this.#rings[ring + (count % REMEMBERED)] = change + 1;
    this.#counts[target] = count + 1;
  }

  #grow(target: number): void {
    const length = 2 ** Math.ceil(Math.log2(target + 2));
    const rings = new Int32Array(length * REMEMBERED);
    const counts = new Int32Array(length);
    rings.set(this.#rings);
    counts.set(this.#counts);
    this.#rings = rings;
    this.#counts = counts;
  }
}
