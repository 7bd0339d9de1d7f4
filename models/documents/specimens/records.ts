// Records, field by field, as plain and readable as can be: the correct base of the specimens, which override what they
// get wrong. Changes are JSON and are applied in each author's order; what comes too early is held back.

import { usualConcurrency } from '../concurrency.ts';
import { HybridClock } from '../../hybrid-clock.ts';
import { type Concurrency, type Edit, type EditKind, type LedgerView, placeOf } from '../edit.ts';
import type { DocumentType, EditOutcome, Replica, ReplicaInit } from '../port.ts';
import {
  type Change,
  claimedVersion,
  decodeChanges,
  decodeJson,
  encodeJson,
  mergeChanges,
  type Operation,
  versionText,
} from './record-changes.ts';
import { RecordEntity, type StoredEntity } from './record-entity.ts';

/** A replica as it is stored. */
export interface StoredRecords {
  readonly lastStamp: number;
  readonly known: readonly (readonly [actor: number, count: number])[];
  readonly entities: readonly (readonly [name: string, entity: StoredEntity])[];
  readonly held: readonly Change[];
}

const NO_CHANGES: Uint8Array[] = [];

export class RecordsReplica implements Replica {
  protected readonly init: ReplicaInit;
  /** Who its changes are by. */
  protected readonly actor: number;
  protected readonly clock = new HybridClock();
  protected readonly entities = new Map<string, RecordEntity>();
  /** By actor: how many of its changes were applied. */
  protected readonly known = new Map<number, number>();
  /** By actor, then by number: changes that wait for the actor's change before them. */
  protected readonly held = new Map<number, Map<number, Change>>();
  readonly #Entity: typeof RecordEntity;

  constructor(init: ReplicaInit, Entity: typeof RecordEntity, actor = init.actor) {
    this.init = init;
    this.#Entity = Entity;
    this.actor = actor;
  }

  edit(edit: Edit): EditOutcome {
    const operation = this.operationOf(edit);
    const target = placeOf(edit);
    if (operation === undefined) return { changes: [], target };
    const number = this.countOf(this.actor) + 1;
    const change: Change = { actor: this.actor, number, stamp: this.stampOf(operation), operation };
    this.accept(change);
    return { changes: [encodeJson(change)], target };
  }

  receive(messages: readonly Uint8Array[]): Uint8Array[] {
    for (const change of messages.flatMap(decodeChanges)) this.take(change);
    return NO_CHANGES;
  }

  view(): LedgerView {
    const view: LedgerView = {};
    for (const [name, entity] of this.entities) if (entity.isVisible) view[name] = entity.view();
    return view;
  }

  version(): string {
    return versionText(this.known);
  }

  pending(): number {
    let count = 0;
    for (const changes of this.held.values()) count += changes.size;
    return count;
  }

  save(): Uint8Array {
    return encodeJson(this.stored());
  }

  load(stored: Uint8Array): void {
    this.restore(decodeJson(stored) as StoredRecords);
  }

  protected stored(): StoredRecords {
    return {
      lastStamp: this.clock.last,
      known: [...this.known],
      entities: [...this.entities].map(([name, entity]) => [name, entity.stored()]),
      held: [...this.held.values()].flatMap((changes) => [...changes.values()]),
    };
  }

  protected restore(stored: StoredRecords): void {
    this.clock.restore(stored.lastStamp);
    for (const [actor, count] of stored.known) this.known.set(actor, count);
    for (const [name, entity] of stored.entities) this.entityOf(name).load(entity);
    for (const change of stored.held) this.hold(change);
  }

  /** What an edit comes to here; undefined where it does nothing. */
  protected operationOf(edit: Edit): Operation | undefined {
    const entity = this.entities.get(edit.entity);
    const isRemoved = entity?.isRemoved === true;
    if (isRemoved !== (edit.kind === 'restore')) return undefined;
    switch (edit.kind) {
      case 'set':
      case 'restore':
        return edit;
      case 'remove':
        return entity?.isVisible === true ? edit : undefined;
      case 'tag-add':
        return { kind: 'tag-add', entity: edit.entity, tag: edit.tag };
      case 'tag-remove': {
        const seen = entity?.liveAdds(edit.tag) ?? [];
        return seen.length > 0 ? { kind: 'tag-remove', entity: edit.entity, tag: edit.tag, seen } : undefined;
      }
      case 'count':
        return edit.by === 0 ? undefined : edit;
      default:
        throw new Error(`records do not take edits of kind ${edit.kind}`);
    }
  }

  protected stampOf(_operation: Operation): number {
    return this.clock.tick(this.init.nowMs());
  }

  /** Takes a change from elsewhere: applies it, holds it back, or knows it already. */
  protected take(change: Change): void {
    // Even of what is held back: who has received it writes later than it.
    this.clock.witness(change.stamp, this.init.nowMs());
    const next = this.countOf(change.actor) + 1;
    if (change.number === next) this.accept(change);
    else if (change.number > next) this.hold(change);
  }

  /** Applies the next change of its author, and what waited for it. */
  protected accept(change: Change): void {
    this.apply(change);
    this.known.set(change.actor, change.number);
    this.release(change.actor);
  }

  protected release(actor: number): void {
    for (;;) {
      const change = this.takeHeld(actor);
      if (change === undefined) return;
      this.apply(change);
      this.known.set(actor, change.number);
    }
  }

  protected apply(change: Change): void {
    this.entityOf(change.operation.entity).apply(change);
  }

  protected hold(change: Change): void {
    let changes = this.held.get(change.actor);
    if (changes === undefined) this.held.set(change.actor, (changes = new Map<number, Change>()));
    changes.set(change.number, change);
  }

  /** Takes the next change of an author out of those held back, if it is among them. */
  protected takeHeld(actor: number): Change | undefined {
    const changes = this.held.get(actor);
    const next = this.countOf(actor) + 1;
    const change = changes?.get(next);
    if (changes?.delete(next) === true && changes.size === 0) this.held.delete(actor);
    return change;
  }

  protected countOf(actor: number): number {
    return this.known.get(actor) ?? 0;
  }

  protected entityOf(name: string): RecordEntity {
    let entity = this.entities.get(name);
    if (entity === undefined) this.entities.set(name, (entity = new this.#Entity(name)));
    return entity;
  }
}

const KINDS = new Map<EditKind, Concurrency>([
  ['set', 'one-wins'],
  ['remove', 'one-wins'],
  ['restore', 'one-wins'],
  ['tag-add', 'keeps-both'],
  ['tag-remove', 'keeps-both'],
  ['count', 'keeps-both'],
]);

/** A concurrent set, count or tag does not bring a removed entity back; of one tag the add wins. */
export function recordConcurrency(one: Edit, other: Edit): Concurrency {
  return usualConcurrency(KINDS, one, other);
}

/** What a variant has in place of the base's own. */
export interface RecordsVariant {
  /** The kinds of edits that it takes; all of the base's by default. */
  readonly kinds?: readonly EditKind[];
  readonly Entity?: typeof RecordEntity;
  readonly Replica?: typeof RecordsReplica;
  /** Left out where it cannot merge changes. */
  readonly merge?: (messages: readonly Uint8Array[]) => Uint8Array;
  readonly concurrency?: (one: Edit, other: Edit) => Concurrency;
}

/** The records, or a variant of them. */
export function recordsType(name: string, variant: RecordsVariant = {}): DocumentType {
  const { kinds, Entity = RecordEntity, Replica: Made = RecordsReplica } = variant;
  const { merge, concurrency = recordConcurrency } = variant;
  return {
    name,
    supports: kinds === undefined ? KINDS : new Map([...KINDS].filter(([kind]) => kinds.includes(kind))),
    concurrency,
    create: (init) => new Made(init, Entity),
    ...(merge !== undefined && { merge, versionOf: claimedVersion }),
  };
}

/** The base where only fields are set: the sibling of specimens whose bug is in that alone. */
export const registers = recordsType('records-of-registers', { kinds: ['set'] });

const records = recordsType('records', { merge: mergeChanges });

export default records;
