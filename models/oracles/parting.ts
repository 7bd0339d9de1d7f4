// The edit at which replicas part, and who had it: what makes a finding readable. It must not judge anything.

import type { ChangeTable } from '../change-table.ts';
import type { LedgerView } from '../documents/edit.ts';
import type { Parting } from '../finding.ts';
import type { Act } from '../history.ts';
import { entityIn, isThere, itemOf, occurrences } from './effects.ts';
import { indexesOf, type JudgedDevice } from './judged.ts';

/** An edit, and which of some devices had it: from the log, or by having made it. */
export function partingAt(act: Act, members: readonly JudgedDevice[], table: ChangeTable): Parting {
  const { deed, target } = act;
  const position = table.positionOf(deed.change);
  const hasIt = (device: JudgedDevice): boolean =>
    (position > 0 && device.has(position)) || device.ownUnplaced().includes(deed.change);
  return {
    target,
    author: deed.device,
    incarnation: deed.incarnation,
    sequence: table.sequenceOf(deed.change),
    atUs: deed.atUs,
    seenBy: indexesOf(members.filter(hasIt)),
    notSeenBy: indexesOf(members.filter((device) => !hasIt(device))),
  };
}

/** Edits in order of the log, those that are not in it last, by when they were made. */
export function inLogOrder(acts: readonly Act[], table: ChangeTable): Act[] {
  const placeOf = ({ deed }: Act): number => table.positionOf(deed.change) || Number.POSITIVE_INFINITY;
  return acts
    .map((act, at) => ({ act, at, place: placeOf(act) }))
    .sort((one, other) => (one.place === other.place ? one.at - other.at : one.place - other.place))
    .map(({ act }) => act);
}

/** What two views that differ show, and where. */
export interface PartedViews {
  /** What `firstDifference` calls the place. */
  readonly place: string;
  readonly one: LedgerView;
  readonly other: LedgerView;
}

/**
 * The first edit of the differing place whose effect one view shows and the other lacks; where effects do not tell, the
 * first that some member was never given, then the first that another one of the place did not know.
 */
export function findParting(
  { place, one, other }: PartedViews,
  acts: readonly Act[],
  members: readonly JudgedDevice[],
  table: ChangeTable,
): Act | undefined {
  const [entity = '', part] = place.split('/');
  const isWithin = ({ edit, target }: Act): boolean => {
    if (edit.entity !== entity) return false;
    if (part === undefined || edit.kind === 'remove' || edit.kind === 'restore') return true;
    return target === place || target.startsWith(`${place}/`);
  };
  const ofPlace = inLogOrder(acts.filter(isWithin), table);
  const shown = ofPlace.find((act) => isShown(act, one, part) !== isShown(act, other, part));
  if (shown !== undefined) return shown;
  const missing = ofPlace.find(({ deed }) => {
    const position = table.positionOf(deed.change);
    return position === 0 || members.some((device) => !device.has(position));
  });
  return missing ?? ofPlace.at(-1);
}

const NO_VIEW: LedgerView = {};

/** Whether a view shows the effect of an edit; a count's cannot be told from a total. */
function isShown({ edit, target }: Act, view: LedgerView, part: string | undefined): boolean {
  const entity = entityIn(view, edit.entity);
  // Where the entity is there on one side alone, whatever is not a removal shows where it is.
  if (part === undefined) return (edit.kind === 'remove') === (entity === undefined);
  switch (edit.kind) {
    case 'count':
    case 'text-delete':
    case 'remove':
    case 'restore':
      return false;
    case 'text-insert':
      return edit.text.split('').some((character) => character > ' ' && entity?.memo?.includes(character) === true);
    case 'list-delete':
      return occurrences(entity?.items, itemOf(target)) === 0;
    default:
      return isThere(edit, view, NO_VIEW, target);
  }
}
