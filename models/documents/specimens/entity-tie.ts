// A specimen with a planted bug: stamps are whole minutes, and of two equal stamps the greater entity id wins. Both
// changes are of one entity, so the ids are equal too, and whoever came first stays.

import type { Change, Operation } from './record-changes.ts';
import { RecordEntity, type Stamped } from './record-entity.ts';
import { RecordsReplica, recordsType } from './records.ts';

export { registers as sibling } from './records.ts';

const MS_PER_MINUTE = 60_000;

class TiedEntity extends RecordEntity {
  protected override gives(known: Stamped | undefined, { stamp, operation }: Change): boolean {
    if (known === undefined || stamp > known.stamp) return true;
    // The bug: this never tells two changes of one entity apart.
    return stamp === known.stamp && operation.entity > this.name;
  }
}

class MinutesReplica extends RecordsReplica {
  /** Minutes since 1970, but later than what its author knows there: only concurrent sets have equal stamps. */
  protected override stampOf(operation: Operation): number {
    const minute = Math.floor(this.init.nowMs() / MS_PER_MINUTE);
    const fields = this.entities.get(operation.entity)?.fields;
    const known = operation.kind === 'set' ? fields?.get(operation.field)?.stamp : undefined;
    return Math.max(minute, (known ?? 0) + 1);
  }
}

export default recordsType('entity-tie', { kinds: ['set'], Entity: TiedEntity, Replica: MinutesReplica });
