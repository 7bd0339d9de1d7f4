// What a device's storage holds, and which part of it survives: a journal of the changes that were applied in their
// order, and points up to which it was synced. It must not know documents, nor what makes a device restart.

import type { RestartFrom } from './observer.ts';

/** A state of the storage that was made durable. */
export interface StoredPoint {
  readonly atUs: number;
  /** Entries of the journal. */
  readonly entries: number;
  /** Log position pulled up to. */
  readonly position: number;
  /** Changes that were still to be pushed. */
  readonly outbox: readonly number[];
}

const EMPTY: StoredPoint = { atUs: 0, entries: 0, position: 0, outbox: [] };

/** The storage of one device. Where nothing ever restarts from less than everything, it keeps nothing. */
export class DeviceStorage {
  /** Changes by number in the order in which they were applied; ~change for a SNAPSHOT that all before it gave way to. */
  readonly #journal: number[] = [];
  #points: StoredPoint[] = [EMPTY];
  readonly #isKept: boolean;

  constructor(isKept: boolean) {
    this.#isKept = isKept;
  }

  /** A change was applied. */
  append(change: number): void {
    if (this.#isKept) this.#journal.push(change);
  }

  /** The device's state begins with a SNAPSHOT from now on; what was before it is gone from the storage. */
  beginWith(snapshot: number): void {
    if (this.#isKept) this.#journal.push(~snapshot);
  }

  /** Everything up to now is durable. */
  sync(atUs: number, position: number, outbox: readonly number[]): void {
    if (!this.#isKept) return;
    const last = this.#points.at(-1)!;
    const entries = this.#journal.length;
    const isSame = last.entries === entries && last.position === position && last.outbox.length === outbox.length;
    if (isSame && last.outbox.every((change, at) => change === outbox[at])) return;
    this.#points.push({ atUs, entries, position, outbox: [...outbox] });
  }

  /** What a restart finds; for backups the newest point of that age or older. Later points are forgotten. */
  rollBack(from: RestartFrom, nowUs: number, ageUs: number): StoredPoint {
    let count = from === 'nothing' ? 1 : this.#points.length;
    if (from === 'backup') while (count > 1 && this.#points[count - 1]!.atUs > nowUs - ageUs) count--;
    this.#points = this.#points.slice(0, count);
    const point = this.#points.at(-1)!;
    this.#journal.length = Math.min(this.#journal.length, point.entries);
    return point;
  }

  /** What the storage of a device holds, for a copy of it. */
  copyFrom(other: DeviceStorage): void {
    this.#journal.push(...other.#journal);
    this.#points = [...other.#points];
  }

  /** The journal from the last SNAPSHOT on: that one, or −1, and the changes after it. */
  contents(): { snapshot: number; changes: readonly number[] } {
    let from = this.#journal.length;
    while (from > 0 && this.#journal[from - 1]! >= 0) from--;
    return { snapshot: from === 0 ? -1 : ~this.#journal[from - 1]!, changes: this.#journal.slice(from) };
  }
}
