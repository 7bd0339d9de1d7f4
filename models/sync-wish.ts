// What a sync client does, and what it still wants to do, with its cause and attempt: what the fates of its messages hang
// on. It must not know when anything is done.

import type { OperationDone } from './sync-client-ports.ts';

export const PUSH = 1;
export const PULL = 2;
export type Operation = typeof PUSH | typeof PULL;

/** An operation that is begun, or waits for the one under way to end. */
export interface QueuedOperation {
  readonly operation: Operation;
  readonly cause: number;
  readonly attempt: number;
  readonly done: OperationDone | undefined;
  /** Of a pull of 1.0: how far back it begins; 0 at the cursor. */
  readonly sinceMs: number;
  /** When a user meant it to begin, µs; left out, when it does. */
  readonly dueUs: number | undefined;
}

/** What the client wants to do by itself. */
export class SyncWish {
  isOpen = false;
  cause = 0;
  attempt = 0;

  /** Wants it for this cause. */
  open(cause: number, attempt: number): void {
    this.isOpen = true;
    this.cause = cause;
    this.attempt = attempt;
  }

  /** Wants it; what was wanted before keeps its cause. */
  openOnce(cause: number): void {
    if (!this.isOpen) this.open(cause, 0);
  }

  /** The operation that it comes to, for which nobody waits. */
  begun(operation: Operation): QueuedOperation {
    const { cause, attempt } = this;
    return { operation, cause, attempt, done: undefined, sinceMs: 0, dueUs: undefined };
  }

  close(): void {
    this.isOpen = false;
  }
}
