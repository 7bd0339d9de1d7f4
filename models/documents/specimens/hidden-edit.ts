// A specimen with a planted bug: the screen goes on showing a field's old value where a new one is set within a second
// of the last, until the next change comes in or a moment has passed. In the end all agree.

import { stampMs } from '../../hybrid-clock.ts';
import type { Edit, LedgerView } from '../edit.ts';
import type { EditOutcome } from '../port.ts';
import { Overlay } from './overlay.ts';
import { RecordsReplica, recordsType } from './records.ts';

export { default as sibling } from './records.ts';

const SETTLED_MS = 1000;

class ThrottledReplica extends RecordsReplica {
  readonly #overlay = new Overlay();

  override edit(edit: Edit): EditOutcome {
    if (edit.kind !== 'set') return super.edit(edit);
    const { entity, field } = edit;
    const nowMs = this.init.nowMs();
    const known = this.entities.get(entity)?.fields.get(field);
    const shown = this.view()[entity]?.fields?.[field];
    const outcome = super.edit(edit);
    const isFresh = known !== undefined && nowMs - stampMs(known.stamp) < SETTLED_MS;
    // The bug: its author does not see the edit.
    if (isFresh && shown !== undefined) this.#overlay.show(entity, field, shown, nowMs);
    else this.#overlay.uncover(entity, field);
    return outcome;
  }

  override receive(messages: readonly Uint8Array[]): Uint8Array[] {
    this.#overlay.clear();
    return super.receive(messages);
  }

  override view(): LedgerView {
    return this.#overlay.lay(super.view(), this.init.nowMs());
  }
}

export default recordsType('hidden-edit', { Replica: ThrottledReplica });
