// Whether the fields, tags and counters of an entity that is there are what the edits of it make them. Silent where the
// edits and the type's declaration leave it open. It must not know why an entity is there.

import type { Edit, EntityView } from '../documents/edit.ts';
import type { Act } from '../history.ts';
import { occurrences, ownValue, sameScalar, sameSum } from './effects.ts';
import { actsBy, type Complaint, type EntityActs, type LedgerActs } from './ledger-acts.ts';

type EditOf<K extends Edit['kind']> = Extract<Edit, { kind: K }>;

/** Sums of all subsets of counts that may have been undone are looked at up to so many. */
const OPEN_COUNTS_MAX = 10;

function valueOf(act: Act): string | number | boolean {
  return (act.edit as EditOf<'set'>).value;
}

/** A field holds the value of a set that no other set of it had seen; and it holds one, unless a removal undid it. */
export function* fieldComplaints(acts: LedgerActs, entity: EntityActs, view: EntityView): Generator<Complaint, void> {
  const declared = acts.supports('set');
  const groups = actsBy(entity.touches, ({ edit }) => (edit.kind === 'set' ? edit.field : undefined));
  for (const [field, sets] of groups) {
    const found = ownValue(view.fields, field);
    const place = `${entity.entity}/${field}`;
    const maximal = acts.maximal(sets);
    const expected = maximal.map(valueOf);
    const [act] = maximal;
    if (act === undefined) continue;
    if (found === undefined) {
      if (maximal.some((set) => acts.isExempt(entity, set))) continue;
      yield { oracle: 'intent', what: 'lost-set', place, expected, found: 'absent', act };
      continue;
    }
    if (expected.some((value) => sameScalar(value, found)) || declared === 'unjudged') continue;
    const overwritten = sets.find((set) => sameScalar(valueOf(set), found));
    if (overwritten !== undefined) {
      const winner = sets.find((set) => acts.knows(set, overwritten)) ?? act;
      yield { oracle: 'causality', what: 'set', place, expected, found, act: winner, against: overwritten };
    } else if (declared === 'one-wins') {
      yield { oracle: 'intent', what: 'invented-value', place, expected, found, act };
    }
  }
}

/** A tag is there where an add of it stands, and away where an edit that had seen all adds took it. */
export function* tagComplaints(acts: LedgerActs, entity: EntityActs, view: EntityView): Generator<Complaint, void> {
  const groups = actsBy(entity.touches, ({ edit }) =>
    edit.kind === 'tag-add' || edit.kind === 'tag-remove' ? edit.tag : undefined,
  );
  for (const [tag, ofTag] of groups) {
    const adds = ofTag.filter(({ edit }) => edit.kind === 'tag-add');
    const removes = ofTag.filter(({ edit }) => edit.kind === 'tag-remove');
    const place = `${entity.entity}/tags/${tag}`;
    const count = occurrences(view.tags, tag);
    if (count === 0) {
      const act = standingAdd(acts, entity, adds, removes);
      if (act !== undefined)
        yield { oracle: 'intent', what: 'lost-tag', place, expected: 'present', found: 'absent', act };
    } else {
      const act = finalRemove(acts, entity, adds, removes);
      if (act !== undefined) {
        yield { oracle: 'intent', what: 'resurrected-tag', place, expected: 'absent', found: 'present', act };
      }
    }
  }
}

/** An add of a tag that nothing may have undone. */
function standingAdd(
  acts: LedgerActs,
  entity: EntityActs,
  adds: readonly Act[],
  removes: readonly Act[],
): Act | undefined {
  return adds.find((add) => {
    if (acts.isExempt(entity, add)) return false;
    return removes.every((remove) => {
      if (acts.mayKnow(remove, add)) return false;
      if (acts.knows(add, remove)) return true;
      return ['add-wins', 'keeps-both'].includes(acts.declared(add, remove));
    });
  });
}

/** A remove of a tag after which it must be away. */
function finalRemove(
  acts: LedgerActs,
  entity: EntityActs,
  adds: readonly Act[],
  removes: readonly Act[],
): Act | undefined {
  const isFinal = (remove: Act): boolean => !acts.mayBeBroughtBack(entity, remove);
  const last = removes.find((remove) => adds.every((add) => acts.knows(remove, add)));
  if (last !== undefined) return isFinal(last) ? last : undefined;
  const areOver = adds.every((add) =>
    removes.some((remove) => {
      if (acts.knows(remove, add)) return true;
      return !acts.knows(add, remove) && acts.declared(add, remove) === 'remove-wins';
    }),
  );
  const isOpen = adds.some((add) =>
    removes.some(
      (remove) => acts.areConcurrent(add, remove) && !['remove-wins', 'one-wins'].includes(acts.declared(add, remove)),
    ),
  );
  return areOver && !isOpen && removes.every(isFinal) ? removes.at(-1) : undefined;
}

/** A counter is the sum of all its counts, where concurrent ones are both kept; removals may have undone some. */
export function* counterComplaints(acts: LedgerActs, entity: EntityActs, view: EntityView): Generator<Complaint, void> {
  const groups = actsBy(entity.touches, ({ edit }) => (edit.kind === 'count' ? edit.field : undefined));
  for (const [field, counts] of groups) {
    if (!keepsAll(acts, counts)) continue;
    const open = counts.filter((count) => acts.isExempt(entity, count));
    const closed = counts.filter((count) => !open.includes(count));
    const found = ownValue(view.counters, field) ?? 0;
    const expected = sumOf(closed);
    if (sameSum(found, expected) || open.length > OPEN_COUNTS_MAX || reaches(found - expected, open)) continue;
    const place = `${entity.entity}/${field}`;
    const act = (closed.length > 0 ? closed : counts).at(-1)!;
    yield { oracle: 'intent', what: 'count', place, expected: sumOf(counts), found, act };
  }
}

function byOf(act: Act): number {
  return (act.edit as EditOf<'count'>).by;
}

function sumOf(counts: readonly Act[]): number {
  let sum = 0;
  for (const count of counts) sum += byOf(count);
  return sum;
}

/** Whether all counts must be in the sum: the type keeps concurrent ones, or there are none. */
function keepsAll(acts: LedgerActs, counts: readonly Act[]): boolean {
  if (acts.supports('count') === 'keeps-both') return true;
  return counts.every((one, at) => counts.every((other, i) => i <= at || !acts.areConcurrent(one, other)));
}

/** Whether some of the counts sum to a number. */
function reaches(sum: number, counts: readonly Act[]): boolean {
  for (let subset = 0; subset < 2 ** counts.length; subset++) {
    let reached = 0;
    for (let i = 0; i < counts.length; i++) if ((subset & (1 << i)) !== 0) reached += byOf(counts[i]!);
    if (sameSum(reached, sum)) return true;
  }
  return false;
}
