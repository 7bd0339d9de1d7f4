// Whether the text and the items of an entity that is there hold what was inserted and not what was deleted: by
// characters that stand in one insert of the run alone, and by items, which are unique. Where they stand is not judged.

import type { Edit, EntityView } from '../documents/edit.ts';
import type { Act } from '../history.ts';
import { itemOf, occurrences } from './effects.ts';
import { actsBy, type Complaint, type EntityActs, type LedgerActs } from './ledger-acts.ts';

type EditOf<K extends Edit['kind']> = Extract<Edit, { kind: K }>;

const SPACE = 32;
const MANY = -1;

/**
 * The characters (UTF-16 units) that one insert of the run has alone, and once: by unit the index of that insert.
 * Spaces and halves of pairs are left out.
 */
export function uniqueCharacters(acts: readonly Act[]): Map<number, number> {
  const owners = new Map<number, number>();
  for (let index = 0; index < acts.length; index++) {
    const { edit } = acts[index]!;
    if (edit.kind !== 'text-insert') continue;
    for (let at = 0; at < edit.text.length; at++) {
      const unit = edit.text.charCodeAt(at);
      if (unit <= SPACE || (unit >= 0xd800 && unit <= 0xdfff)) continue;
      owners.set(unit, owners.has(unit) ? MANY : index);
    }
  }
  for (const [unit, index] of owners) if (index === MANY) owners.delete(unit);
  return owners;
}

/** @param unique what `uniqueCharacters` gave for all edits of the ledger */
export function* textComplaints(
  acts: LedgerActs,
  entity: EntityActs,
  view: EntityView,
  unique: ReadonlyMap<number, number>,
): Generator<Complaint, void> {
  const memo = view.memo ?? '';
  const place = `${entity.entity}/memo`;
  const edits = entity.touches.filter(({ edit }) => edit.kind === 'text-insert' || edit.kind === 'text-delete');
  for (const act of edits) {
    if (act.edit.kind !== 'text-insert') continue;
    const { text } = act.edit;
    for (let at = 0; at < text.length; at++) {
      const owner = unique.get(text.charCodeAt(at));
      if (owner === undefined || acts.all[owner] !== act) continue;
      const complaint = characterComplaint(acts, entity, edits, act, text.charAt(at), memo);
      if (complaint === undefined) continue;
      yield { oracle: 'intent', place, ...complaint };
      break;
    }
  }
}

type PlaceComplaint = Omit<Complaint, 'oracle' | 'place'>;

/** What is wrong with a character that one insert has alone. @param edits all of the text */
function characterComplaint(
  acts: LedgerActs,
  entity: EntityActs,
  edits: readonly Act[],
  act: Act,
  character: string,
  memo: string,
): PlaceComplaint | undefined {
  const count = memo.split(character).length - 1;
  if (count > 1) {
    return { what: 'doubled-text', expected: `'${character}' once`, found: memo, act };
  }
  const deletedBy = edits.filter(({ edit, deed }) => edit.kind === 'text-delete' && deed.vanished.includes(character));
  if (count === 1) {
    const deletion = deletedBy.find((each) => isFinal(acts, entity, edits, each));
    if (deletion === undefined) return undefined;
    return { what: 'resurrected-text', expected: `no '${character}'`, found: memo, act: deletion, against: act };
  }
  if (deletedBy.length > 0 || !isKept(acts, entity, edits, act)) return undefined;
  return { what: 'lost-text', expected: `'${character}'`, found: memo, act };
}

/** Whether nothing may have undone an insert of text but a delete of it. */
function isKept(acts: LedgerActs, entity: EntityActs, edits: readonly Act[], insert: Act): boolean {
  if (acts.isExempt(entity, insert)) return false;
  return edits.every(
    (other) => !acts.areConcurrent(insert, other) || ['keeps-both', 'add-wins'].includes(acts.declared(insert, other)),
  );
}

/** Whether nothing may have brought back what was deleted. */
function isFinal(acts: LedgerActs, entity: EntityActs, edits: readonly Act[], deletion: Act): boolean {
  if (acts.mayBeBroughtBack(entity, deletion)) return false;
  return edits.every(
    (other) =>
      !acts.areConcurrent(deletion, other) || ['keeps-both', 'remove-wins'].includes(acts.declared(deletion, other)),
  );
}

/** What was done to one item. */
interface ItemActs {
  readonly insert: Act;
  readonly deletes: readonly Act[];
  readonly moves: readonly Act[];
}

export function* listComplaints(acts: LedgerActs, entity: EntityActs, view: EntityView): Generator<Complaint, void> {
  const edits = entity.touches.filter(({ edit }) => edit.kind.startsWith('list-'));
  if (edits.length === 0) return;
  const groups = actsBy(edits, ({ edit, target }) => (edit.kind === 'list-insert' ? edit.value : itemOf(target)));
  for (const [value, ofItem] of groups) {
    const inserts = ofItem.filter(({ edit }) => edit.kind === 'list-insert');
    const [insert] = inserts;
    if (insert === undefined || inserts.length > 1) continue;
    const item: ItemActs = {
      insert,
      deletes: ofItem.filter(({ edit }) => edit.kind === 'list-delete'),
      moves: ofItem.filter(({ edit }) => edit.kind === 'list-move'),
    };
    const complaint = itemComplaint(acts, entity, edits, item, occurrences(view.items, value));
    if (complaint === undefined) continue;
    yield { oracle: 'intent', place: `${entity.entity}/items/${value}`, ...complaint };
  }
}

function itemComplaint(
  acts: LedgerActs,
  entity: EntityActs,
  edits: readonly Act[],
  item: ItemActs,
  count: number,
): PlaceComplaint | undefined {
  const { insert, deletes, moves } = item;
  // Of moves that are both kept an item may be there twice, and a delete may have seen one of the two.
  const mayDouble = moves.some((one) =>
    moves.some(
      (other) => acts.areConcurrent(one, other) && ['keeps-both', 'unjudged'].includes(acts.declared(one, other)),
    ),
  );
  if (count > 1) {
    if (mayDouble || acts.isExempt(entity, insert)) return undefined;
    return { what: 'doubled-item', expected: 'once', found: `${count} times`, act: moves.at(-1) ?? insert };
  }
  if (count === 1) {
    const deletion = mayDouble ? undefined : finalDelete(acts, entity, edits, item);
    if (deletion === undefined) return undefined;
    return { what: 'resurrected-item', expected: 'absent', found: 'present', act: deletion, against: insert };
  }
  const act = deletes.length === 0 ? insert : moves.find((move) => isKeptByMove(acts, deletes, move));
  if (act === undefined || !isItemKept(acts, entity, edits, insert)) return undefined;
  if (act !== insert && acts.isExempt(entity, act)) return undefined;
  return { what: 'lost-item', expected: 'present', found: 'absent', act };
}

/** Whether neither a removal of the entity nor, in lists that are not merged, another edit may have undone an insert. */
function isItemKept(acts: LedgerActs, entity: EntityActs, edits: readonly Act[], insert: Act): boolean {
  if (acts.isExempt(entity, insert)) return false;
  const value = (insert.edit as EditOf<'list-insert'>).value;
  return isMerged(acts) || edits.every((edit) => itemOf(edit.target) === value || !acts.areConcurrent(edit, insert));
}

/** Concurrent inserts of two items have two places, and both stay; a list that is one register says otherwise. */
function isMerged(acts: LedgerActs): boolean {
  return acts.supports('list-insert') === 'keeps-both';
}

function isKeptByMove(acts: LedgerActs, deletes: readonly Act[], move: Act): boolean {
  return deletes.every((deletion) => {
    if (acts.knows(move, deletion)) return true;
    return !acts.mayKnow(deletion, move) && acts.declared(deletion, move) === 'add-wins';
  });
}

/** A delete after which the item must be away. */
function finalDelete(
  acts: LedgerActs,
  entity: EntityActs,
  edits: readonly Act[],
  { deletes, moves }: ItemActs,
): Act | undefined {
  return deletes.find((deletion) => {
    if (acts.mayBeBroughtBack(entity, deletion)) return false;
    if (!isMerged(acts) && edits.some((edit) => acts.areConcurrent(edit, deletion))) return false;
    return moves.every(
      (move) =>
        acts.knows(deletion, move) ||
        (acts.areConcurrent(deletion, move) && acts.declared(deletion, move) === 'remove-wins'),
    );
  });
}
