// A follower of the relay's logs that lags behind: it answers pulls from what it has. It must not know the rules, nor
// why it was asked.

import type { MemoryLog, ReadableLog } from './log.ts';
import type { Retention } from './retention.ts';

/**
 * The logs as they were some changes ago. A clean-up follows its SNAPSHOT in the order of commits, so a follower that
 * lacks the SNAPSHOT still has what that covers.
 */
export class Follower implements ReadableLog {
  readonly #log: MemoryLog;
  readonly #retention: Retention;
  readonly #ends: readonly number[];

  /** @param lagChanges how many changes of each ledger it lacks */
  constructor(log: MemoryLog, retention: Retention, lagChanges: number) {
    this.#log = log;
    this.#retention = retention;
    this.#ends = Array.from({ length: log.ledgers }, (_, ledger) => Math.max(0, log.end(ledger) - lagChanges));
  }

  end(ledger: number): number {
    return Math.min(this.#ends[ledger] ?? 0, this.#log.end(ledger));
  }

  removedTo(ledger: number): number {
    return removedBy(this.#log, this.#retention, ledger, this.end(ledger));
  }

  read(ledger: number, from: number, to: number): Int32Array {
    return this.#log.whole(ledger).subarray(from, to);
  }
}

/** Up to where a log is removed by whoever has it up to `end`. */
export function removedBy(log: MemoryLog, retention: Retention, ledger: number, end: number): number {
  return Math.min(log.removedTo(ledger), retention.newest(ledger, end)?.covers ?? 0);
}
