// How a device notices that two changes of one place were made without knowledge of each other: from what it has
// applied and from what each change says that its author knew. It must not look at other devices.

import type { ChangeTable } from './change-table.ts';

/** The newest change of each place that one device knows, and the newest by somebody else than its author. */
export class ConflictDetector {
  readonly #table: ChangeTable;
  #known = new Int32Array(16);
  #knownOther = new Int32Array(16);

  constructor(table: ChangeTable) {
    this.#table = table;
  }

  /**
   * Takes notice of a change, the device's own or one from the log in its order.
   *
   * @param change its number
   * @param onConcurrent called with this change and with the one that it is concurrent with
   */
  notice(change: number, onConcurrent: (change: number, other: number) => void): void {
    const target = this.#table.targetOf(change);
    if (target >= 0) this.#noticeAt(target, change, onConcurrent);
    else if (target === -2) {
      for (const each of this.#table.targetsOf(change)) this.#noticeAt(each, change, onConcurrent);
    }
  }

  #noticeAt(target: number, change: number, onConcurrent: (change: number, other: number) => void): void {
    if (target >= this.#known.length) this.#grow(target);
    const table = this.#table;
    const author = table.deviceOf(change);
    const known = this.#known[target]! - 1;
    const other = known >= 0 && table.deviceOf(known) === author ? this.#knownOther[target]! - 1 : known;
    if (other >= 0) {
      const position = table.positionOf(other);
      // One without a position is this device's own and not yet accepted: nobody else can have seen it. What the
      // device itself makes is made in the knowledge of all that it knows.
      const isOwn = table.positionOf(change) === 0;
      if (!isOwn && (position === 0 || position > table.seenBy(change))) onConcurrent(change, other);
    }
    if (known >= 0 && table.deviceOf(known) !== author) this.#knownOther[target] = known + 1;
    this.#known[target] = change + 1;
  }

  #grow(target: number): void {
    const length = 2 ** Math.ceil(Math.log2(target + 2));
    const known = new Int32Array(length);
    const knownOther = new Int32Array(length);
    known.set(this.#known);
    knownOther.set(this.#knownOther);
    this.#known = known;
    this.#knownOther = knownOther;
  }
}
