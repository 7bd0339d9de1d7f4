// Conflicts of a run as they stand: concurrent edits, those that are over and those that are not, and how long they take.
// It only reads. It must not know how conflicts come about, nor who looks.

import { Histogram, millisecondsOf } from '../../sim/histogram.ts';
import type { World } from '../world.ts';
import type { ConflictCounts } from './snapshot.ts';

/** Conflicts that some online member has still to apply, over all ledgers. */
export function outstandingConflicts({ ledgers }: Pick<World, 'ledgers'>): number {
  let outstanding = 0;
  for (const { conflicts } of ledgers) if (conflicts !== undefined) outstanding += conflicts.outstanding;
  return outstanding;
}

/** What it reads. */
type Watched = Pick<World, 'config' | 'ledgers' | 'measures'>;

export class ConflictWatch {
  readonly #world: Watched;
  readonly #times = new Histogram();

  constructor(world: Watched) {
    this.#world = world;
  }

  /** As they stand now; after a warm-up all but `outstanding` counts from its end. */
  counts(): ConflictCounts {
    const { concurrentModifications, conflictsResolved, conflictResolution } = this.#world.measures;
    const times = conflictResolution.total(this.#times);
    return {
      concurrentEdits: concurrentModifications.value,
      resolved: conflictsResolved.value,
      outstanding: this.#outstanding(),
      lagP95Ms: times.count === 0 ? null : millisecondsOf(times.percentileUs(95)),
    };
  }

  /** Those that the end of a run closes without anybody having resolved them stay outstanding. */
  #outstanding(): number {
    const { config, measures } = this.#world;
    if (config.warmUpMs > 0) return outstandingConflicts(this.#world);
    return measures.concurrentModifications.value - measures.conflictsResolved.value;
  }
}
