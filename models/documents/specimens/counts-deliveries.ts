// A specimen with a planted bug: its version is a number that goes up with each own edit and each delivery, so that
// replicas that hold the same disagree about it where it came to them in other portions.

import type { Edit } from '../edit.ts';
import type { EditOutcome } from '../port.ts';
import { RecordsReplica, recordsType, type StoredRecords } from './records.ts';

export { default as sibling } from './records.ts';

interface StoredCount extends StoredRecords {
  readonly revision: number;
}

class CountingReplica extends RecordsReplica {
  #revision = 0;

  override edit(edit: Edit): EditOutcome {
    const outcome = super.edit(edit);
    this.#revision += outcome.changes.length;
    return outcome;
  }

  override receive(messages: readonly Uint8Array[]): Uint8Array[] {
    // The bug: deliveries differ between devices, and what is delivered again is nothing new.
    this.#revision++;
    return super.receive(messages);
  }

  override version(): string {
    return `revision ${this.#revision}`;
  }

  protected override stored(): StoredRecords {
    const stored: StoredCount = { ...super.stored(), revision: this.#revision };
    return stored;
  }

  protected override restore(stored: StoredRecords): void {
    super.restore(stored);
    this.#revision = (stored as StoredCount).revision;
  }
}

export default recordsType('counts-deliveries', { Replica: CountingReplica });
