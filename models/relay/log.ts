// The relay's memory: for each ledger the changes in the order in which they were accepted. A port, and the store in
// memory behind it. It must not know the rules by which changes come in, when they may go, nor what they say.

import { assert } from '../../sim/errors.ts';
import type { ChangeTable } from '../change-table.ts';

/** What pulls are answered from: changes by number, in ledgers by number; positions count from 1 and never shift. */
export interface ReadableLog {
  /** The last position, 0 for an empty log. */
  end(ledger: number): number;
  /** Positions up to this one were removed; 0 where none was. */
  removedTo(ledger: number): number;
  /** Changes at the positions from + 1 to `to`, none of them removed; the caller must not write to them. */
  read(ledger: number, from: number, to: number): Int32Array;
}

/** A log that takes changes in. */
export interface Log extends ReadableLog {
  /** Appends a change and gives its position. */
  append(ledger: number, change: number): number;
  /** Position of a change, 0 where it is not stored; of one that was removed too: its id is remembered. */
  positionOf(ledger: number, change: number): number;
  /** Removes the changes at positions up to `to`. */
  remove(ledger: number, to: number): void;
}

const NOTHING = new Int32Array(0);

/** Logs in memory. What was removed is kept for whoever judges a run, and is no longer read. */
export class MemoryLog implements Log {
  readonly #table: ChangeTable;
  readonly #changes: Int32Array[] = [];
  readonly #ends: number[] = [];
  readonly #removed: number[] = [];

  constructor(table: ChangeTable) {
    this.#table = table;
  }

  /** Ledgers by number that may have a log are below this. */
  get ledgers(): number {
    return this.#ends.length;
  }

  append(ledger: number, change: number): number {
    let changes = this.#changes[ledger] ?? NOTHING;
    const end = this.#ends[ledger] ?? 0;
    if (end === changes.length) {
      const larger = new Int32Array(Math.max(16, changes.length * 2));
      larger.set(changes);
      this.#changes[ledger] = changes = larger;
    }
    changes[end] = change;
    this.#ends[ledger] = end + 1;
    this.#table.setPosition(change, end + 1);
    return end + 1;
  }

  positionOf(_ledger: number, change: number): number {
    return this.#table.positionOf(change);
  }

  end(ledger: number): number {
    return this.#ends[ledger] ?? 0;
  }

  removedTo(ledger: number): number {
    return ledger < this.#removed.length ? (this.#removed[ledger] ?? 0) : 0;
  }

  read(ledger: number, from: number, to: number): Int32Array {
    assert(from >= this.removedTo(ledger), 'what was removed from a log is not read');
    return this.#changes[ledger]?.subarray(from, to) ?? NOTHING;
  }

  remove(ledger: number, to: number): void {
    assert(to >= this.removedTo(ledger) && to <= this.end(ledger), 'a log is removed forward, and not beyond its end');
    while (this.#removed.length <= ledger) this.#removed.push(0);
    this.#removed[ledger] = to;
  }

  /** The whole log, with what was removed from it. */
  whole(ledger: number): Int32Array {
    return this.#changes[ledger]?.subarray(0, this.#ends[ledger]) ?? NOTHING;
  }

  /**
   * Loses the changes after a position: they were never accepted.
   *
   * @param removedTo up to where the log had been removed by then
   */
  loseAfter(ledger: number, end: number, removedTo: number): void {
    const changes = this.#changes[ledger];
    if (changes === undefined || end >= this.end(ledger)) return;
    for (let i = end; i < this.end(ledger); i++) this.#table.clearPosition(changes[i]!);
    // Pages that were handed out are windows on the old one, and stay as they were.
    this.#changes[ledger] = changes.slice(0, end);
    this.#ends[ledger] = end;
    if (removedTo < this.removedTo(ledger)) this.#removed[ledger] = removedTo;
  }
}
