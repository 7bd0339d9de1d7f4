// One entity of the record documents that specimens are made of: registers by field, a removed mark, tags of which an
// add wins, counters by actor. A specimen overrides what it gets wrong. It must not know how changes travel.

import type { EntityView } from '../edit.ts';
import type { Change } from './record-changes.ts';

export interface Stamped {
  readonly stamp: number;
  readonly actor: number;
}

export interface Register extends Stamped {
  readonly value: string | number | boolean;
}

export interface RemovedMark extends Stamped {
  readonly isRemoved: boolean;
}

/** The newest add of a tag by one actor, and the newest of that actor's adds that a remove had seen: stamps. */
export interface TagKey {
  readonly added: number;
  readonly removed: number;
}

/** An entity as it is stored. */
export interface StoredEntity {
  readonly fields: readonly (readonly [field: string, register: Register])[];
  readonly mark: RemovedMark;
  readonly tags: readonly (readonly [tag: string, keys: readonly (readonly [actor: number, key: TagKey])[]])[];
  readonly counters: readonly (readonly [
    field: string,
    totals: readonly (readonly [actor: number, total: number])[],
  ])[];
}

export const NEVER_REMOVED: RemovedMark = { isRemoved: false, stamp: 0, actor: 0 };
const NO_KEY: TagKey = { added: 0, removed: 0 };

export class RecordEntity {
  readonly name: string;
  readonly fields = new Map<string, Register>();
  mark = NEVER_REMOVED;
  readonly tags = new Map<string, Map<number, TagKey>>();
  readonly counters = new Map<string, Map<number, number>>();

  constructor(name: string) {
    this.name = name;
  }

  get isRemoved(): boolean {
    return this.mark.isRemoved;
  }

  /** True where a person sees the entity. */
  get isVisible(): boolean {
    return !this.isRemoved && this.fields.size + this.tags.size + this.counters.size > 0;
  }

  /** Takes one change of the entity, once; those of one actor come in the order in which they were made. */
  apply(change: Change): void {
    const { operation, stamp, actor } = change;
    switch (operation.kind) {
      case 'set':
        if (this.gives(this.fields.get(operation.field), change)) {
          this.fields.set(operation.field, { value: operation.value, stamp, actor });
        }
        break;
      case 'remove':
      case 'restore':
        if (this.gives(this.mark, change)) this.mark = { isRemoved: operation.kind === 'remove', stamp, actor };
        break;
      case 'tag-add':
        this.addTag(operation.tag, actor, stamp);
        break;
      case 'tag-remove':
        for (const [adder, seen] of operation.seen) this.removeTag(operation.tag, adder, seen);
        break;
      case 'count': {
        let totals = this.counters.get(operation.field);
        if (totals === undefined) this.counters.set(operation.field, (totals = new Map<number, number>()));
        totals.set(actor, (totals.get(actor) ?? 0) + operation.by);
        break;
      }
    }
  }

  /** The adds of a tag that no remove has seen, as [actor, stamp] in order of actor. */
  liveAdds(tag: string): [actor: number, stamp: number][] {
    const live: [number, number][] = [];
    for (const [actor, { added, removed }] of this.tags.get(tag) ?? []) if (added > removed) live.push([actor, added]);
    return live.sort((one, other) => one[0] - other[0]);
  }

  /** What a person sees of it. */
  view(): EntityView {
    const view: EntityView = {};
    if (this.fields.size > 0) {
      view.fields = {};
      for (const [field, { value }] of this.fields) view.fields[field] = value;
    }
    if (this.counters.size > 0) {
      view.counters = {};
      for (const [field, totals] of this.counters) {
        // Sums of fractions depend on the order; actors are summed in theirs.
        const inOrder = [...totals].sort(([one], [other]) => one - other);
        view.counters[field] = inOrder.reduce((sum, [, total]) => sum + total, 0);
      }
    }
    if (this.tags.size > 0) view.tags = [...this.tags.keys()].filter((tag) => this.liveAdds(tag).length > 0).sort();
    return view;
  }

  stored(): StoredEntity {
    return {
      fields: [...this.fields],
      mark: this.mark,
      tags: [...this.tags].map(([tag, keys]) => [tag, [...keys]]),
      counters: [...this.counters].map(([field, totals]) => [field, [...totals]]),
    };
  }

  load(stored: StoredEntity): void {
    for (const [field, register] of stored.fields) this.fields.set(field, register);
    this.mark = stored.mark;
    for (const [tag, keys] of stored.tags) this.tags.set(tag, new Map(keys));
    for (const [field, totals] of stored.counters) this.counters.set(field, new Map(totals));
  }

  /** Whether what is known gives way to a change: the later stamp stays, then the higher actor. */
  protected gives(known: Stamped | undefined, { stamp, actor }: Change): boolean {
    return known === undefined || stamp > known.stamp || (stamp === known.stamp && actor > known.actor);
  }

  protected addTag(tag: string, actor: number, stamp: number): void {
    const { added, removed } = this.tags.get(tag)?.get(actor) ?? NO_KEY;
    this.#setKey(tag, actor, { added: Math.max(added, stamp), removed });
  }

  protected removeTag(tag: string, actor: number, seen: number): void {
    const { added, removed } = this.tags.get(tag)?.get(actor) ?? NO_KEY;
    this.#setKey(tag, actor, { added, removed: Math.max(removed, seen) });
  }

  #setKey(tag: string, actor: number, key: TagKey): void {
    let keys = this.tags.get(tag);
    if (keys === undefined) this.tags.set(tag, (keys = new Map<number, TagKey>()));
    keys.set(actor, key);
  }
}
