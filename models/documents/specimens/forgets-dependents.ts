// A specimen with a planted bug: a change that comes too early waits for the change that is missing by then. When that
// one comes, one waiting change is looked at; the others, and one that lacks still another, are forgotten.

import type { Change } from './record-changes.ts';
import { RecordsReplica, recordsType } from './records.ts';

export { default as sibling } from './records.ts';

class ForgetfulReplica extends RecordsReplica {
  /** By actor: number of the change that was missing when one was held back. */
  readonly #missing = new Map<number, number>();

  protected override hold(change: Change): void {
    super.hold(change);
    if (!this.#missing.has(change.actor)) this.#missing.set(change.actor, this.countOf(change.actor) + 1);
  }

  protected override release(actor: number): void {
    if (this.#missing.get(actor) !== this.countOf(actor)) return;
    // The bug: what is held back after this change waits for nothing any more.
    this.#missing.delete(actor);
    const change = this.takeHeld(actor);
    if (change === undefined) return;
    this.apply(change);
    this.known.set(actor, change.number);
  }
}

export default recordsType('forgets-dependents', { Replica: ForgetfulReplica });
