// A specimen with a planted bug: a set counts as a sign of life, so one that is later by its stamp brings an entity back
// that somebody removed at the same time, though the type says that removals win.

import type { Change } from './record-changes.ts';
import { RecordEntity } from './record-entity.ts';
import { recordsType } from './records.ts';

export { default as sibling } from './records.ts';

class ResurrectedEntity extends RecordEntity {
  override apply(change: Change): void {
    super.apply(change);
    const { operation, stamp, actor } = change;
    // The bug: its author did not mean to restore what it did not know to be removed.
    if (operation.kind === 'set' && this.gives(this.mark, change)) this.mark = { isRemoved: false, stamp, actor };
  }
}

export default recordsType('resurrects', { Entity: ResurrectedEntity });
