// A history that is written by hand: who edits what, knowing what, and what is accepted. For the oracles that hold views
// against edits.

import { ChangeTable } from '../../../models/change-table.ts';
import { type Edit, type LedgerView, placeOf } from '../../../models/documents/edit.ts';
import type { DocumentType } from '../../../models/documents/port.ts';
import { type Act, History } from '../../../models/history.ts';
import { complaintsAbout } from '../../../models/oracles/intent.ts';
import type { JudgedDevice } from '../../../models/oracles/judged.ts';
import { LedgerActs } from '../../../models/oracles/ledger-acts.ts';
import { addChange, ledgerOf } from './fakes.ts';

export interface Known {
  /** Log prefix that the author has; all of it unless told. */
  readonly seen?: number;
  /** Own changes beyond it; those of the author that are not accepted yet, unless told. */
  readonly own?: readonly number[];
  readonly target?: string;
  readonly before?: LedgerView;
  readonly after?: LedgerView;
  readonly pending?: number;
  /** False where it stays in the outbox; accepted at once unless told. */
  readonly isAccepted?: boolean;
}

export class Book {
  readonly table = new ChangeTable(false);
  readonly history: History;
  readonly #type: DocumentType;
  readonly #mine = new Map<number, number[]>();
  #end = 0;

  constructor(type: DocumentType) {
    this.#type = type;
    this.history = new History(this.table, type);
  }

  /** Makes an edit, or several as one change, and gives the change. */
  edit(author: number, edits: Edit | readonly Edit[], known: Known = {}): number {
    const list = Array.isArray(edits) ? (edits as readonly Edit[]) : [edits as Edit];
    const { seen = this.#end, before = {}, after = {}, pending = 0, target } = known;
    const mine = this.#mine.get(author) ?? [];
    const own = known.own ?? mine.filter((each) => this.table.positionOf(each) === 0);
    const change = addChange(this.table, { device: author, seen, editedAtUs: this.table.count * 1000 });
    this.#mine.set(author, [...mine, change]);
    const device = this.#device(author, seen, [...own, change], pending);
    const targets = target === undefined ? list.map(placeOf) : [target];
    this.history.edited(device, change, list, targets, before, after);
    if (known.isAccepted !== false) this.accept(change);
    return change;
  }

  /** An edit that did not know anything but what its author made. */
  blind(author: number, edits: Edit | readonly Edit[], known: Known = {}): number {
    return this.edit(author, edits, { seen: 0, own: this.#mine.get(author) ?? [], ...known });
  }

  accept(change: number): void {
    this.table.setPosition(change, ++this.#end);
  }

  acts(): readonly Act[] {
    return this.history.acts(0);
  }

  /** What the oracles hold against a view: `oracle:what place`. */
  complaints(view: LedgerView): string[] {
    const acts = new LedgerActs(this.history, this.#type, this.table, 0);
    return [...complaintsAbout(acts, view)].map(({ oracle, what, place }) => `${oracle}:${what} ${place}`);
  }

  #device(author: number, position: number, own: readonly number[], pending: number): JudgedDevice {
    const [device] = ledgerOf(0, author, [{ position, pending }]).members;
    return { ...device!, ownUnplaced: () => own };
  }
}

/** A type that declares what is told, and can do nothing. */
export function declaring(
  supports: Partial<Record<Edit['kind'], 'keeps-both' | 'one-wins' | 'add-wins' | 'remove-wins' | 'unjudged'>>,
  pair?: DocumentType['concurrency'],
  judged?: DocumentType['judged'],
): DocumentType {
  return {
    name: 'declared',
    supports: new Map(Object.entries(supports)) as DocumentType['supports'],
    ...(pair !== undefined && { concurrency: pair }),
    ...(judged !== undefined && { judged }),
    create: () => {
      throw new Error('it only declares');
    },
  };
}
