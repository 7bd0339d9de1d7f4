// What a relay may remove from the beginnings of its logs: what a stored SNAPSHOT covers and all members have passed. It
// knows the SNAPSHOTs of each ledger and the cursors that devices have presented; it must not know the logs.

import { removableTo } from './rules.ts';

/** A stored SNAPSHOT: it stands for all of the log up to the position that it covers. */
export interface Snapshot {
  readonly change: number;
  readonly covers: number;
  /** Its own position in the log. */
  readonly position: number;
}

/** A member of a ledger, by the id that it shows in its requests. */
export interface Member {
  readonly id: number;
}

/** Gives the members that a ledger has now; two may show one id. */
export type MembersOf = (ledger: number) => Iterable<Member>;

export class Retention {
  /** By ledger, in the order of the log; each covers more than the one before it. */
  readonly #snapshots: Snapshot[][] = [];
  /** By device: the cursor of its latest pull. */
  #presented = new Int32Array(64);

  /**
   * Takes note of a SNAPSHOT that was stored. One that covers no more than one before it is of no use.
   *
   * @returns whether it is the one that stands for the log from now on
   */
  stored(ledger: number, snapshot: Snapshot): boolean {
    if (snapshot.covers <= (this.newest(ledger)?.covers ?? 0)) return false;
    while (this.#snapshots.length <= ledger) this.#snapshots.push([]);
    this.#snapshots[ledger]!.push(snapshot);
    return true;
  }

  /** The SNAPSHOT that stands for the beginning of a log that ends at `end`. */
  newest(ledger: number, end = Number.POSITIVE_INFINITY): Snapshot | undefined {
    if (ledger >= this.#snapshots.length) return undefined;
    return this.#snapshots[ledger]!.findLast(({ position }) => position <= end);
  }

  /**
   * A device has pulled from a cursor; what counts is what it presented last, also where it has gone back.
   *
   * @returns whether the cursor is a later one than before
   */
  presented(device: number, cursor: number): boolean {
    if (device >= this.#presented.length) {
      const larger = new Int32Array(2 ** Math.ceil(Math.log2(device + 2)));
      larger.set(this.#presented);
      this.#presented = larger;
    }
    const hasMoved = cursor > this.#presented[device]!;
    this.#presented[device] = cursor;
    return hasMoved;
  }

  /** Up to where the log of a ledger may be removed now. */
  removableTo(ledger: number, members: Iterable<Member>): number {
    const covers = this.newest(ledger)?.covers ?? 0;
    const cursors: number[] = [];
    if (covers > 0) for (const { id } of members) cursors.push(this.#presented[id] ?? 0);
    return removableTo(covers, cursors);
  }

  /** The log of a ledger has lost what was after a position. @param members whose cursors cannot lie beyond it */
  loseAfter(ledger: number, end: number, members: Iterable<Member>): void {
    const list = this.#snapshots[ledger];
    if (list !== undefined) this.#snapshots[ledger] = list.filter(({ position }) => position <= end);
    for (const { id } of members) {
      if ((this.#presented[id] ?? 0) > end) this.#presented[id] = end;
    }
  }
}
