// The accepted edits of a ledger by entity, with what their authors knew and what the document type declares of
// concurrent ones: the ground on which intent and causality are judged. It must not know views.

import type { ChangeTable } from '../change-table.ts';
import type { Concurrency, Edit } from '../documents/edit.ts';
import type { DocumentType } from '../documents/port.ts';
import type { Act, Deed, History } from '../history.ts';

/** The accepted edits of one entity, in the order in which they were made. */
export interface EntityActs {
  readonly entity: string;
  readonly removes: Act[];
  readonly restores: Act[];
  /** All others: each of them makes the entity where it is not there. */
  readonly touches: Act[];
  /** False where the type, or what is known of its edits, does not allow to judge it. */
  isJudged: boolean;
}

/** What judging needs to know of changes. */
export type AcceptedChanges = Pick<ChangeTable, 'positionOf'>;

export class LedgerActs {
  readonly entities = new Map<string, EntityActs>();
  readonly #history: History;
  readonly #type: DocumentType;
  readonly #ledger: number;
  /** By change: later ones of its author that knew it and stand before it in the log. */
  readonly #overtakers = new Map<number, Deed[]>();

  constructor(history: History, type: DocumentType, table: AcceptedChanges, ledger: number) {
    this.#history = history;
    this.#type = type;
    this.#ledger = ledger;
    const refused = new Set<number>();
    for (const act of history.acts(ledger)) {
      const position = table.positionOf(act.deed.change);
      if (position === 0) {
        refused.add(act.deed.change);
        continue;
      }
      this.#add(act);
      for (const own of act.deed.own) if (table.positionOf(own) > position) this.#addOvertaker(own, act.deed);
    }
    if (refused.size > 0) this.#leaveOut(refused);
  }

  /** Every edit of the ledger, those that were never accepted too. */
  get all(): readonly Act[] {
    return this.#history.acts(this.#ledger);
  }

  knows(later: Act, earlier: Act): boolean {
    return this.#history.knows(later, earlier);
  }

  /**
   * Whether the later edit's author knew the earlier one, or knew a change that was made with knowledge of it and came
   * first: an edit that undoes what it has seen of an author may count for what stands behind that, too.
   */
  mayKnow(later: Act, earlier: Act): boolean {
    if (this.knows(later, earlier)) return true;
    const overtakers = this.#overtakers.get(earlier.deed.change);
    return overtakers?.some((deed) => this.#history.knowsDeed(later.deed, deed)) === true;
  }

  areConcurrent(one: Act, other: Act): boolean {
    return this.#history.areConcurrent(one, other);
  }

  /** What the type says becomes of two concurrent edits. */
  declared(one: Act, other: Act): Concurrency {
    return declaredFor(this.#type, one.edit, other.edit);
  }

  /** What the type says of edits of this kind, two of one place. */
  supports(kind: Edit['kind']): Concurrency {
    return this.#type.supports.get(kind) ?? 'unjudged';
  }

  /** Edits of a list that no other one of the list had seen. */
  maximal(acts: readonly Act[]): Act[] {
    return acts.filter((act) => !acts.some((other) => other !== act && this.knows(other, act)));
  }

  /**
   * Whether a removal of its entity may have undone an edit, even where the entity is back: it had seen it, or was
   * concurrent and the type does not say that both stay.
   */
  isExempt({ removes }: EntityActs, act: Act): boolean {
    return removes.some((remove) => {
      if (this.mayKnow(remove, act)) return true;
      if (this.knows(act, remove)) return false;
      const declared = this.declared(remove, act);
      return declared !== 'keeps-both' && declared !== 'add-wins';
    });
  }

  /**
   * Whether a restore of the entity may have brought back what an edit took away: one that did not know of it, unless
   * the type says that both stay.
   */
  mayBeBroughtBack({ restores }: EntityActs, deletion: Act): boolean {
    return restores.some(
      (restore) => this.areConcurrent(restore, deletion) && this.declared(restore, deletion) !== 'keeps-both',
    );
  }

  #add(act: Act): void {
    const { entity, kind } = act.edit;
    let acts = this.entities.get(entity);
    if (acts === undefined) {
      const isJudged = this.#type.judged?.(entity) !== false;
      this.entities.set(entity, (acts = { entity, removes: [], restores: [], touches: [], isJudged }));
    }
    (kind === 'remove' ? acts.removes : kind === 'restore' ? acts.restores : acts.touches).push(act);
    if (!act.deed.isSure) acts.isJudged = false;
  }

  #addOvertaker(change: number, deed: Deed): void {
    const known = this.#overtakers.get(change);
    if (known === undefined) this.#overtakers.set(change, [deed]);
    else if (known.at(-1) !== deed) known.push(deed);
  }

  /** Edits that were never accepted but on which accepted ones build may or may not show: their entities are not judged. */
  #leaveOut(refused: ReadonlySet<number>): void {
    const entities = new Map<number, string[]>();
    const builtOn = new Set<number>();
    for (const { deed, edit } of this.all) {
      if (refused.has(deed.change)) {
        const named = entities.get(deed.change);
        if (named === undefined) entities.set(deed.change, [edit.entity]);
        else named.push(edit.entity);
      } else {
        for (const change of deed.own) if (refused.has(change)) builtOn.add(change);
      }
    }
    for (const change of builtOn) {
      for (const entity of entities.get(change) ?? []) {
        const acts = this.entities.get(entity);
        if (acts !== undefined) acts.isJudged = false;
      }
    }
  }
}

/** What a type declares of two concurrent edits: for kinds that differ it may leave it open. */
export function declaredFor(type: DocumentType, one: Edit, other: Edit): Concurrency {
  const pair = type.concurrency?.(one, other);
  if (pair !== undefined) return pair;
  return one.kind === other.kind ? (type.supports.get(one.kind) ?? 'unjudged') : 'unjudged';
}

/** What an oracle holds against a view: one edit whose effect is not as it must be. */
export interface Complaint {
  readonly oracle: 'intent' | 'causality';
  /** What happened, for the signature: `lost-set`, `resurrected-item` … */
  readonly what: string;
  readonly place: string;
  readonly expected: unknown;
  readonly found: unknown;
  /** The edit that is lost, or that was to stay undone. */
  readonly act: Act;
  /** The edit that should have decided, where it is another one. */
  readonly against?: Act;
}

/** Acts by a key, in the order of acts. */
export function actsBy(acts: readonly Act[], keyOf: (act: Act) => string | undefined): Map<string, Act[]> {
  const groups = new Map<string, Act[]>();
  for (const act of acts) {
    const key = keyOf(act);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [act]);
    else group.push(act);
  }
  return groups;
}
