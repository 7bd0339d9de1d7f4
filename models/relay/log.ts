// The relay's memory: for each ledger the changes in the order in which they were accepted. A port, and the store in
// memory behind it. It must not know the rules by which changes come in, nor what they say.

import type { ChangeTable } from '../change-table.ts';

/** Changes by number, in ledgers by number; positions count from 1. */
export interface Log {
  /** Appends a change and gives its position. */
  append(ledger: number, change: number): number;
  /** Position of a change, 0 where it is not stored. */
  positionOf(ledger: number, change: number): number;
  /** The last position, 0 for an empty log. */
  end(ledger: number): number;
  /** Changes at the positions from + 1 to `to`; the caller must not write to them. */
  read(ledger: number, from: number, to: number): Int32Array;
}

const NOTHING = new Int32Array(0);

/** Logs in memory. */
export class MemoryLog implements Log {
  readonly #table: ChangeTable;
  readonly #changes: Int32Array[] = [];
  readonly #ends: number[] = [];

  constructor(table: ChangeTable) {
    this.#table = table;
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

  read(ledger: number, from: number, to: number): Int32Array {
    return this.#changes[ledger]?.subarray(from, to) ?? NOTHING;
  }
}
