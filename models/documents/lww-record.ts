// One entity of an lww document that more than one change has touched: registers by field, a removed mark, tags that
// adds win, and counters by actor. An entity that a single change made needs none of this and stays bytes.
// It must not know where records are kept.

import type { EntityView } from './edit.ts';
import type { Arena } from './arena.ts';
import { COUNT, nameText, operationEnd, readValue, REMOVE, RESTORE, SET, TAG_ADD, TAG_REMOVE } from './lww-codec.ts';
import type { NameTable } from './name-table.ts';

/** Where a value lies: the address of its change × 2^22 + the position in the change; positions fit a 4 MiB chunk. */
const POSITION_RANGE = 2 ** 22;

/** True where (stamp, actor) comes after (otherStamp, otherActor): actors break ties. */
export function isLater(stamp: number, actor: number, otherStamp: number, otherActor: number): boolean {
  return stamp > otherStamp || (stamp === otherStamp && actor > otherActor);
}

/** The newest add of a tag by one actor, and the newest of that actor's adds that a remove had seen. */
interface TagKey {
  addedStamp: number;
  removedStamp: number;
}

export class EntityRecord {
  /** Address of a change that names the entity. */
  readonly nameAddress: number;

  readonly fieldIds: number[] = [];
  readonly stamps: number[] = [];
  readonly actors: number[] = [];
  readonly values: number[] = [];

  isRemoved = false;
  removedStamp = 0;
  removedActor = 0;

  /** By tag, then by actor; and by counter, then by actor: [stamp, total]. Made when first used. */
  tags: Map<string, Map<number, TagKey>> | undefined;
  counters: Map<string, Map<number, [stamp: number, total: number]>> | undefined;

  constructor(nameAddress: number) {
    this.nameAddress = nameAddress;
  }

  /** True where a person sees the entity. */
  get isVisible(): boolean {
    return !this.isRemoved && (this.fieldIds.length > 0 || this.tags !== undefined || this.counters !== undefined);
  }

  /**
   * Applies one operation and gives the position after it.
   *
   * @param at where the operation begins in the chunk of `address`, the address of its change
   */
  apply(arena: Arena, names: NameTable, address: number, at: number, stamp: number, actor: number): number {
    const bytes = arena.chunk(address);
    const code = bytes[at];
    const end = operationEnd(bytes, at);
    if (code === SET) {
      const nameEnd = at + 2 + bytes[at + 1]!;
      const id = names.idOf(bytes, at + 2, nameEnd);
      const value = address * POSITION_RANGE + (nameEnd - arena.offset(address));
      this.#set(id, stamp, actor, value);
    } else if (code === REMOVE || code === RESTORE) {
      if (isLater(stamp, actor, this.removedStamp, this.removedActor)) {
        this.isRemoved = code === REMOVE;
        this.removedStamp = stamp;
        this.removedActor = actor;
      }
    } else {
      const nameEnd = at + 2 + bytes[at + 1]!;
      const name = nameText(bytes, at + 2, nameEnd);
      if (code === TAG_ADD) {
        const key = this.tagKey(name, actor);
        if (stamp > key.addedStamp) key.addedStamp = stamp;
      } else if (code === TAG_REMOVE) {
        const numbers = arena.numbers(address);
        for (let i = nameEnd + 2; i < end; i += 12) {
          const key = this.tagKey(name, numbers.getUint32(i));
          const seen = numbers.getFloat64(i + 4);
          if (seen > key.removedStamp) key.removedStamp = seen;
        }
      } else if (code === COUNT) {
        this.#count(name, actor, stamp, arena.numbers(address).getFloat64(nameEnd));
      }
    }
    return end;
  }

  /** The value of a register, decoded. */
  value(arena: Arena, index: number): string | number | boolean {
    const place = this.values[index]!;
    const address = Math.floor(place / POSITION_RANGE);
    const at = arena.offset(address) + (place % POSITION_RANGE);
    return readValue(arena.chunk(address), arena.numbers(address), at);
  }

  /** Where the value of a register lies: [address of the change, position in its chunk]. */
  valuePlace(arena: Arena, index: number): [address: number, at: number] {
    const place = this.values[index]!;
    const address = Math.floor(place / POSITION_RANGE);
    return [address, arena.offset(address) + (place % POSITION_RANGE)];
  }

  /** The adds of a tag that no remove has seen, as [actor, stamp] in order of actor. */
  liveAdds(tag: string): [actor: number, stamp: number][] {
    const live: [number, number][] = [];
    for (const [actor, key] of this.tags?.get(tag) ?? []) {
      if (key.addedStamp > key.removedStamp) live.push([actor, key.addedStamp]);
    }
    return live.sort((one, other) => one[0] - other[0]);
  }

  /** The running total of one actor's counts. */
  totalOf(counter: string, actor: number): number {
    return this.counters?.get(counter)?.get(actor)?.[1] ?? 0;
  }

  tagKey(tag: string, actor: number): TagKey {
    this.tags ??= new Map();
    let actors = this.tags.get(tag);
    if (actors === undefined) this.tags.set(tag, (actors = new Map()));
    let key = actors.get(actor);
    if (key === undefined) actors.set(actor, (key = { addedStamp: 0, removedStamp: 0 }));
    return key;
  }

  /** What a person sees of it. */
  view(arena: Arena, names: NameTable): EntityView {
    const view: EntityView = {};
    if (this.fieldIds.length > 0) {
      view.fields = {};
      for (let i = 0; i < this.fieldIds.length; i++) view.fields[names.text(this.fieldIds[i]!)] = this.value(arena, i);
    }
    if (this.counters !== undefined) {
      view.counters = {};
      for (const [name, actors] of this.counters) {
        let sum = 0;
        // Addition of floating-point numbers depends on the order; actors are summed in theirs.
        for (const actor of [...actors.keys()].sort((one, other) => one - other)) sum += actors.get(actor)![1];
        view.counters[name] = sum;
      }
    }
    if (this.tags !== undefined) {
      view.tags = [...this.tags.keys()].filter((tag) => this.liveAdds(tag).length > 0).sort();
    }
    return view;
  }

  #set(id: number, stamp: number, actor: number, value: number): void {
    const index = this.fieldIds.indexOf(id);
    if (index < 0) {
      this.fieldIds.push(id);
      this.stamps.push(stamp);
      this.actors.push(actor);
      this.values.push(value);
    } else if (isLater(stamp, actor, this.stamps[index]!, this.actors[index]!)) {
      this.stamps[index] = stamp;
      this.actors[index] = actor;
      this.values[index] = value;
    }
  }

  #count(name: string, actor: number, stamp: number, total: number): void {
    this.counters ??= new Map();
    let actors = this.counters.get(name);
    if (actors === undefined) this.counters.set(name, (actors = new Map()));
    const known = actors.get(actor);
    if (known === undefined || stamp > known[0]) actors.set(actor, [stamp, total]);
  }
}
