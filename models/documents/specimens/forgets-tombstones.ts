// A specimen with a planted bug: to keep storage small, what is stored leaves out what was removed. After a restart
// removed entities and tags are back.

import { NEVER_REMOVED, RecordEntity, type StoredEntity, type TagKey } from './record-entity.ts';
import { recordsType } from './records.ts';

export { default as sibling } from './records.ts';

class WithoutTombstones extends RecordEntity {
  override stored(): StoredEntity {
    const stored = super.stored();
    const withoutRemoval = ([actor, { added }]: readonly [number, TagKey]): [number, TagKey] => {
      return [actor, { added, removed: 0 }];
    };
    // The bug: a removal says that what it removed is not to come back.
    return {
      ...stored,
      mark: NEVER_REMOVED,
      tags: stored.tags.map(([tag, keys]) => [tag, keys.map(withoutRemoval)]),
    };
  }
}

export default recordsType('forgets-tombstones', { Entity: WithoutTombstones });
