// What can be made to happen to a relay from outside: crashes, slowness, refusals, lost answers, a failover. The words
// for it, and what nests where several overlap. It must not know when any of it happens, nor what it does to devices.

import { assert } from '../../sim/errors.ts';
import type { PushRequest } from './messages.ts';

/** What can happen to a relay's store. */
export interface StoreControl {
  /**
   * Until `thaw` a follower that lacks the last `lagChanges` changes of each ledger answers pulls; pushes are refused
   * with UNAVAILABLE, cursors beyond what it has with CURSOR_AHEAD.
   */
  freeze(lagChanges: number): void;
  /** The follower takes over with every commit. */
  thaw(): void;
  /** The follower takes over with what it has: what it lacks is lost for good. */
  loseFrozen(): void;
  /** The last `count` changes of each ledger are lost, as if they had never been accepted. */
  loseTail(count: number): void;
  /** The relay ends within a push, which nobody answers: before its commit, or after it. */
  dieAt?(point: CommitPoint, push: PushRequest): void;
  /** Where the relay is a process of its own: it ends as by SIGKILL, and starts again on what it had stored. */
  kill?(): void;
  revive?(): void;
}

/** Where within a push a relay ends. */
export type CommitPoint = 'before commit' | 'after commit';

/** Codes with which a relay in trouble refuses. */
export type BurstCode = 'RATE_LIMIT_EXCEEDED' | 'INTERNAL_ERROR' | 'UNAVAILABLE';

/**
 * Faults of a relay. Those that last may overlap. Crashes and failovers are counted: the last end ends them. Of the
 * others the one that was set last is in force; what sets one gives a handle, and lifting that puts the one set before
 * it in force again.
 */
export interface RelayControl {
  /** What waits or is served is lost without an answer, and so is what arrives until as many restarts. */
  crash(): void;
  restart(): void;
  /** The next push ends the relay, at this point of it: as by `crash`, until `disarmCrash`. */
  armCrash(point: CommitPoint): void;
  /** Ends what `armCrash` began: the relay restarts, or no push has come. */
  disarmCrash(): void;
  /** Multiplies the service time of what starts from now on. @param factor finite, > 0; 1 is full speed */
  setSlowdown(factor: number): number;
  /** Workers of each instance, an integer ≥ 1 and no more than it has; undefined is all. */
  setWorkers(count: number | undefined): number;
  /** Refuses a share of what arrives. @param share 0–1 */
  refuse(code: BurstCode, share: number): number;
  /** Loses a share of the answers, after what was asked for has been committed. @param share 0–1 */
  loseResponses(share: number): number;
  /** Takes an instance out with all that it has. @param instance 0 … instances − 1 */
  takeOut(instance: number): number;
  /** Multiplies the times of the store alone, where instances share one. @param factor finite, > 0 */
  slowStore(factor: number): number;
  /** Ends what a handle stands for, once. */
  lift(handle: number): void;
  /** A follower that lacks the last changes of each ledger answers. A second one while it does changes nothing. */
  beginFailover(lagChanges: number): void;
  /** The follower takes over with every commit. */
  endFailover(): void;
  /** Ends a failover: the follower takes over without what it lacks, which is lost for good. */
  loseFrozen(): void;
  /** The last `count` changes of each ledger are lost, though they were acknowledged. */
  loseTail(count: number): void;
}

/** Rare situations of a relay, by the names under which they are counted. */
export const RELAY_MARKS = [
  'cursor was ahead of the relay',
  'page began with a snapshot',
  'log prefix removed',
  'request lost in a relay crash',
  'response lost after commit',
  'relay ended before a commit',
  'relay ended after a commit',
  'request refused in a burst',
  'push refused during a failover',
] as const;
export type RelayMark = (typeof RELAY_MARKS)[number];

/** One of several values that were set while others were: the last is in force. */
export class Overlapping<T> {
  readonly #none: T;
  readonly #set: { readonly handle: number; readonly value: T }[] = [];

  /** @param none what is in force where nothing is set */
  constructor(none: T) {
    this.#none = none;
  }

  get inForce(): T {
    return this.#set.length === 0 ? this.#none : this.#set.at(-1)!.value;
  }

  set(handle: number, value: T): void {
    this.#set.push({ handle, value });
  }

  /** Takes a value away, wherever it stands. False where the handle is none of its own. */
  lift(handle: number): boolean {
    const at = this.#set.findIndex((each) => each.handle === handle);
    if (at >= 0) this.#set.splice(at, 1);
    return at >= 0;
  }
}

/** A share as it must be. */
export function checkShare(share: number): void {
  assert(share >= 0 && share <= 1, 'a share is from 0 to 1');
}
