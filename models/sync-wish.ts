// What a sync client does, and what it still wants to do, with its cause and attempt: what the fates of its messages hang
// on. It must not know when anything is done.

import type { OperationDone } from './sync-client-ports.ts';

export const PUSH = 1;
export const PULL = 2;
export type Operation = typeof PUSH | typeof PULL;

/** An operation of a user that waits for the one under way to end. */
export interface QueuedOperation {
  readonly operation: Operation;
  readonly cause: number;
  readonly done: OperationDone | undefined;
  readonly sinceMs: number;
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

  close(): void {
    this.isOpen = false;
  }
}
