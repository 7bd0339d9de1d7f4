// A specimen with a planted bug: changes are named by the device and by a counter that it keeps in its storage. A device
// that is set back to older storage gives names away again, and what bears a known name is taken for a duplicate.

import type { ReplicaInit } from '../port.ts';
import type { RecordEntity } from './record-entity.ts';
import { RecordsReplica, recordsType } from './records.ts';

export { default as sibling } from './records.ts';

class ReusingReplica extends RecordsReplica {
  constructor(init: ReplicaInit, Entity: typeof RecordEntity) {
    // The bug: it is the incarnation that makes a name unique.
    super(init, Entity, init.deviceIndex);
  }
}

export default recordsType('reused-actor', { Replica: ReusingReplica });
