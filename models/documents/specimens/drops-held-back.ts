// A specimen with a planted bug: what is held back is not stored. After a restart it is gone for good, since the device
// has pulled it already, and all that its author made after it waits for ever.

import { RecordsReplica, recordsType, type StoredRecords } from './records.ts';

export { default as sibling } from './records.ts';

class DroppingReplica extends RecordsReplica {
  protected override stored(): StoredRecords {
    // The bug.
    return { ...super.stored(), held: [] };
  }
}

export default recordsType('drops-held-back', { Replica: DroppingReplica });
