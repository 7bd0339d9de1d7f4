// A specimen with a planted bug: it throws where a change comes before the one that its author made before it, instead
// of holding it back.

import { type Change, mergeChanges } from './record-changes.ts';
import { RecordsReplica, recordsType } from './records.ts';

export { default as sibling } from './records.ts';

class ThrowingReplica extends RecordsReplica {
  protected override hold({ actor, number }: Change): void {
    // The bug: it relies on an order that nobody has promised.
    throw new RangeError(`change ${number} of actor ${actor} does not follow change ${this.countOf(actor)}`);
  }
}

export default recordsType('throws-on-gap', { Replica: ThrowingReplica, merge: mergeChanges });
