// A specimen with a planted bug: counts are added before it is asked whether a change is known already, so one that is
// delivered again is added again.

import type { Change } from './record-changes.ts';
import { RecordsReplica, recordsType } from './records.ts';

export { default as sibling } from './records.ts';

class TwiceCountingReplica extends RecordsReplica {
  protected override take(change: Change): void {
    // The bug: nothing remembers that it was counted.
    if (change.operation.kind === 'count' && change.number <= this.countOf(change.actor)) this.apply(change);
    else super.take(change);
  }
}

export default recordsType('twice-counted', { Replica: TwiceCountingReplica });
