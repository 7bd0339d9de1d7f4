// Whether an entity must be there, or must not, by the edits that made, removed and restored it. Silent where the edits
// and the type's declaration leave it open. It must not know what entities hold.

import type { EntityView } from '../documents/edit.ts';
import type { Act } from '../history.ts';
import type { Complaint, EntityActs, LedgerActs } from './ledger-acts.ts';
import { shortView } from './view-difference.ts';

/** What an entity's presence is held against. */
interface Expectation {
  readonly isPresent: boolean;
  readonly oracle: 'intent' | 'causality';
  readonly what: string;
  /** The edit that decides, and one that it decides against. */
  readonly act: Act;
  readonly against?: Act | undefined;
}

/** What is wrong with an entity's presence; undefined where nothing is, or where it cannot be told. */
export function lifeComplaint(
  acts: LedgerActs,
  entity: EntityActs,
  view: EntityView | undefined,
): Complaint | undefined {
  const expectation = expectedLife(acts, entity);
  if (expectation === undefined || expectation.isPresent === (view !== undefined)) return undefined;
  const { isPresent, oracle, what, act, against } = expectation;
  return {
    oracle,
    what,
    place: entity.entity,
    expected: isPresent ? 'present' : 'absent',
    found: shortView(view),
    act,
    ...(against !== undefined && { against }),
  };
}

function expectedLife(acts: LedgerActs, entity: EntityActs): Expectation | undefined {
  const { removes, restores, touches } = entity;
  if (removes.length === 0) {
    const [act] = touches;
    return act === undefined ? undefined : { isPresent: true, oracle: 'intent', what: 'lost-entity', act };
  }
  return expectedPresence(acts, entity) ?? expectedAbsence(acts, removes, restores, touches);
}

function expectedPresence(acts: LedgerActs, { removes, restores, touches }: EntityActs): Expectation | undefined {
  const undoing = restores.find((restore) => removes.every((remove) => acts.knows(restore, remove)));
  if (undoing !== undefined) {
    return { isPresent: true, oracle: 'causality', what: 'restore', act: undoing, against: removes.at(-1) };
  }
  // The winner of one-wins, and of add-wins, is none that another one had seen; all of those are restores.
  const areUndone = removes.every((remove) => restores.some((restore) => acts.knows(restore, remove)));
  const areOpen = removes.every((remove) =>
    restores.every(
      (restore) =>
        !acts.areConcurrent(remove, restore) || isOneOf(acts.declared(remove, restore), 'one-wins', 'add-wins'),
    ),
  );
  if (areUndone && areOpen) {
    return { isPresent: true, oracle: 'intent', what: 'lost-entity', act: restores.at(-1)!, against: removes.at(-1) };
  }
  const isKept = (act: Act): boolean =>
    removes.every((remove) => {
      if (acts.knows(act, remove)) return true;
      return !acts.mayKnow(remove, act) && acts.declared(remove, act) === 'add-wins';
    });
  const kept = touches.find(isKept) ?? restores.find(isKept);
  if (kept === undefined) return undefined;
  return { isPresent: true, oracle: 'intent', what: 'lost-entity', act: kept, against: removes.at(-1) };
}

function expectedAbsence(
  acts: LedgerActs,
  removes: readonly Act[],
  restores: readonly Act[],
  touches: readonly Act[],
): Expectation | undefined {
  const others = [...touches, ...restores];
  const last = removes.find((remove) => others.every((other) => acts.knows(remove, other)));
  if (last !== undefined) {
    // Had it seen a restore and loses to it, an edit loses to one that its author knew.
    return restores.length > 0
      ? { isPresent: false, oracle: 'causality', what: 'remove', act: last, against: restores.at(-1) }
      : { isPresent: false, oracle: 'intent', what: 'resurrected-entity', act: last, against: others.at(-1) };
  }
  for (const other of others) {
    let isDecided = false;
    for (const remove of removes) {
      if (acts.knows(remove, other)) {
        isDecided = true;
      } else if (!acts.knows(other, remove)) {
        const declared = acts.declared(remove, other);
        if (declared === 'remove-wins') isDecided ||= !restores.some((restore) => acts.knows(restore, remove));
        else if (declared !== 'one-wins') return undefined;
      }
    }
    if (!isDecided) return undefined;
  }
  return {
    isPresent: false,
    oracle: 'intent',
    what: 'resurrected-entity',
    act: removes.at(-1)!,
    against: others.at(-1),
  };
}

function isOneOf(value: string, ...values: readonly string[]): boolean {
  return values.includes(value);
}
