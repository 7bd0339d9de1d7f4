// A specimen with a planted bug: what an empty replica receives at once is imported, and an import takes the log's order
// for the order of writing. Whoever was there while it was written goes by stamps; who comes late sees other values.

import type { Change } from './record-changes.ts';
import { RecordsReplica, recordsType } from './records.ts';

export { registers as sibling } from './records.ts';

class ImportingReplica extends RecordsReplica {
  #isImporting = false;

  override receive(messages: readonly Uint8Array[]): Uint8Array[] {
    this.#isImporting = this.known.size === 0 && this.held.size === 0;
    const followUps = super.receive(messages);
    this.#isImporting = false;
    return followUps;
  }

  protected override apply(change: Change): void {
    const { operation } = change;
    // The bug: of concurrent changes the last one in the log need not be the one that wins.
    if (this.#isImporting && operation.kind === 'set') this.entityOf(operation.entity).fields.delete(operation.field);
    super.apply(change);
  }
}

export default recordsType('first-seen-order', { kinds: ['set'], Replica: ImportingReplica });
