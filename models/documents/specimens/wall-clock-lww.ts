// A specimen with a planted bug: the last writer wins by the wall clock of its device alone, so an edit that was made
// with knowledge of another loses to it where its author's clock is behind. For a moment its author still sees it.

import type { Edit, LedgerView } from '../edit.ts';
import type { EditOutcome } from '../port.ts';
import { Overlay } from './overlay.ts';
import type { Change } from './record-changes.ts';
import { RecordEntity, type Stamped } from './record-entity.ts';
import { RecordsReplica, recordsType } from './records.ts';

export { registers as sibling } from './records.ts';

class WallClockEntity extends RecordEntity {
  protected override gives(known: Stamped | undefined, change: Change): boolean {
    // Two writes of one device may fall into one millisecond.
    return super.gives(known, change) || (known?.stamp === change.stamp && known.actor === change.actor);
  }
}

/** Shows what was set at once, and what was merged soon after. */
class WallClockReplica extends RecordsReplica {
  readonly #overlay = new Overlay();

  override edit(edit: Edit): EditOutcome {
    const outcome = super.edit(edit);
    if (edit.kind === 'set') this.#overlay.show(edit.entity, edit.field, edit.value, this.init.nowMs());
    return outcome;
  }

  override receive(messages: readonly Uint8Array[]): Uint8Array[] {
    this.#overlay.clear();
    return super.receive(messages);
  }

  override view(): LedgerView {
    return this.#overlay.lay(super.view(), this.init.nowMs());
  }

  protected override stampOf(): number {
    // The bug: what it knows may bear a later stamp.
    return Math.floor(this.init.nowMs());
  }
}

export default recordsType('wall-clock-lww', { kinds: ['set'], Entity: WallClockEntity, Replica: WallClockReplica });
