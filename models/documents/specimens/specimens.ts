// The document types with one planted bug each, and which oracle is to find it: for tests, for hunts that prove the
// oracles, and for the table in the docs. It must not know how an oracle works.

import type { FaultKind } from '../../faults/event.ts';
import type { DocumentType } from '../port.ts';

/** The oracles that judge documents. */
export type DocumentOracle =
  | 'convergence'
  | 'version-agreement'
  | 'pending'
  | 'reload'
  | 'late-joiner'
  | 'local-effect'
  | 'merge-trees'
  | 'intent'
  | 'causality'
  | 'idempotence'
  | 'accounting'
  | 'document';

/** A kind of fault, clocks that are wrong from the start, or concurrent sets of the lines of one posted transaction. */
export type SpecimenNeed = FaultKind | 'clock-skew' | 'concurrent-lines';

/** What the module of a specimen exports. */
export interface SpecimenModule {
  readonly default: DocumentType;
  /** The same without the bug. */
  readonly sibling: DocumentType;
}

export interface DocumentSpecimen {
  /** Also the name of its type. */
  readonly name: string;
  /** From the project's root. */
  readonly file: string;
  /** The bug, in one sentence. */
  readonly bug: string;
  readonly oracle: DocumentOracle;
  /** What a storm must have for the bug to show: all of any one of these lists. Left out where any storm will do. */
  readonly needs?: readonly (readonly SpecimenNeed[])[];
  readonly load: () => Promise<SpecimenModule>;
}

const FOLDER = 'models/documents/specimens';

function specimen(
  name: string,
  oracle: DocumentOracle,
  bug: string,
  load: () => Promise<SpecimenModule>,
  needs?: readonly (readonly SpecimenNeed[])[],
): DocumentSpecimen {
  return { name, file: `${FOLDER}/${name}.ts`, bug, oracle, ...(needs !== undefined && { needs }), load };
}

/** Every specimen, by name. */
export const DOCUMENT_SPECIMENS: readonly DocumentSpecimen[] = [
  specimen(
    'counts-deliveries',
    'version-agreement',
    'The version counts deliveries, so replicas that hold the same disagree about it.',
    () => import('./counts-deliveries.ts'),
  ),
  specimen(
    'drops-held-back',
    'convergence',
    'Changes that are held back are not stored, and are gone after a restart.',
    () => import('./drops-held-back.ts'),
    [['overtaking', 'crash']],
  ),
  specimen(
    'entity-tie',
    'convergence',
    'Changes of one minute are ordered by entity id, which is the same, so whoever came first stays.',
    () => import('./entity-tie.ts'),
  ),
  specimen(
    'first-seen-order',
    'late-joiner',
    'An empty replica that receives the log at once takes its order for the order of writing.',
    () => import('./first-seen-order.ts'),
  ),
  specimen(
    'forgets-dependents',
    'pending',
    'When a missing change comes, only one of those held back for it is looked at again.',
    () => import('./forgets-dependents.ts'),
    [['overtaking']],
  ),
  specimen(
    'forgets-tombstones',
    'reload',
    'What is stored leaves out removals, so removed entities and tags are back after a restart.',
    () => import('./forgets-tombstones.ts'),
  ),
  specimen(
    'hidden-edit',
    'local-effect',
    'A set within a second of the last one of that field is not shown to its author at once.',
    () => import('./hidden-edit.ts'),
  ),
  specimen(
    'merge-gap',
    'merge-trees',
    'Merging changes drops what follows a gap in an author’s numbers, and claims it all the same.',
    () => import('./merge-gap.ts'),
  ),
  specimen(
    'merged-lines',
    'accounting',
    'The lines of a transaction are merged one by one, so concurrent postings mix and do not balance.',
    () => import('./merged-lines.ts'),
    [['concurrent-lines']],
  ),
  specimen(
    'plain-tags',
    'intent',
    'A tag is a plain key of which the last writer wins, so a concurrent add is lost though adds are to win.',
    () => import('./plain-tags.ts'),
  ),
  specimen(
    'prefer-local',
    'convergence',
    'A device keeps its own value where another one was set at the same time.',
    () => import('./prefer-local.ts'),
  ),
  specimen(
    'register-counter',
    'intent',
    'A count is read, added to and written back, so concurrent counts are lost though both are to be kept.',
    () => import('./register-counter.ts'),
  ),
  specimen(
    'resurrects',
    'intent',
    'A set that is later by its stamp brings back an entity that was removed at the same time.',
    () => import('./resurrects.ts'),
  ),
  specimen(
    'reused-actor',
    'convergence',
    'Changes are named by device and a stored counter, so older storage gives names away twice.',
    () => import('./reused-actor.ts'),
    [['backup'], ['eviction'], ['duplicate-device']],
  ),
  specimen(
    'throws-on-gap',
    'document',
    'A change that comes before its author’s last one throws.',
    () => import('./throws-on-gap.ts'),
    [['overtaking']],
  ),
  specimen('twice-counted', 'idempotence', 'A count that is delivered again is added again.', () => {
    return import('./twice-counted.ts');
  }),
  specimen(
    'wall-clock-lww',
    'causality',
    'The last writer wins by wall clocks alone, so an edit loses to one that its author had seen.',
    () => import('./wall-clock-lww.ts'),
    [['clock-skew'], ['clock-step']],
  ),
];
