// A specimen with a planted bug: a tag is one plain key of a map, of which the last writer wins, though the type says
// that adds win. An add that a later remove had not seen is lost.

import type { Change } from './record-changes.ts';
import { RecordEntity } from './record-entity.ts';
import { recordsType } from './records.ts';

export { default as sibling } from './records.ts';

/** All actors share one key. */
const SHARED = 0;

class PlainTagsEntity extends RecordEntity {
  override apply(change: Change): void {
    const { operation, stamp } = change;
    if (operation.kind === 'tag-add') this.addTag(operation.tag, SHARED, stamp);
    // The bug: it removes adds up to now, seen or not.
    else if (operation.kind === 'tag-remove') this.removeTag(operation.tag, SHARED, stamp);
    else super.apply(change);
  }
}

export default recordsType('plain-tags', { Entity: PlainTagsEntity });
