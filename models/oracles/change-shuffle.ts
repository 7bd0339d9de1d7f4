// Random orders and groups of a log's changes, in which each change's place hangs on the change alone: where one is taken
// away, the others stay where they were, so that a finding can be shrunk. It must not know what the changes hold.

import { keyedUnit, type StreamKey } from '../../sim/random.ts';

/** Into how many cells an order of up to `CHANGES_MAX` changes is cut, one of these; twice as many for twice the changes. */
const CELLS = [8, 32, 128];
const CHANGES_MAX = 256;
/** One change in so many comes twice. */
const TWICE_SHARE = 0.1;
/** Where order matters, one change in so many ends its group, and the next one is among the first so many left. */
const END_SHARE = 0.4;
const CHOICE_MAX = 64;

/** What draws are for. */
const PLACE = 0;
const IS_TWICE = 1;
const PLACE_AGAIN = 2;
const IS_END = 3;
const PARENT = 4;
const CELL_COUNT = 5;
const OF_GROUP = 6;
const SHARE = 7;

/** What a change's place hangs on, and what must come before it. */
export interface ShuffledChange {
  /** Who made it, and when: what stays as it is when other edits are taken away, unlike its number. */
  readonly device: number;
  readonly editedAtUs: number;
  /** How many changes of that device and time stand before it. */
  readonly again: number;
  /** Place among the others. */
  readonly index: number;
  /** Of the others, those before this place must come first… */
  readonly needs: number;
  /** …and so must the author's change before it, −1 for none. */
  readonly previous: number;
}

/** Neighbours in an order. */
export interface Group<T> {
  /** Cell of the order, or, where order matters, the number of the group; groups stand in its order. */
  readonly place: number;
  readonly members: readonly T[];
}

interface Placed<C> {
  readonly unit: number;
  readonly change: C;
}

export class ChangeShuffle<C extends ShuffledChange> {
  readonly #key: StreamKey;
  readonly #changes: readonly C[];
  readonly #isCausal: boolean;

  /**
   * @param changes in the order of their `index`, which counts from 0
   * @param isCausal whether each change comes after those that it needs
   */
  constructor(key: StreamKey, changes: readonly C[], isCausal: boolean) {
    this.#key = key;
    this.#changes = changes;
    this.#isCausal = isCausal;
  }

  /**
   * Groups of all changes in a random order; some changes are in two. In causal order a change that is taken away makes
   * one group of two where it stood at the end of one, and those that need it may come earlier.
   * @param use which order: each number gives another one
   * @param share of the order, from its beginning, in [0, 1]
   */
  groups(use: number, share = 1): Group<C>[] {
    return this.#isCausal ? this.#runs(use, share) : this.#cells(use, share);
  }

  /** A random share of an order, in [0, 1). */
  share(use: number): number {
    return keyedUnit(this.#key, 0, 0, use, SHARE);
  }

  /** A number in [0, 1) for the group of an order. @param purpose int32, for what it is drawn */
  unitOf(place: number, use: number, purpose: number): number {
    return keyedUnit(this.#key, place, purpose, use, OF_GROUP);
  }

  /**
   * Puts groups into half as many, at random, or, in causal order, with their neighbours; one after the other this leads
   * to a single one.
   * @param level int32, from 1, how often that was done
   */
  joined<T>(groups: readonly Group<T>[], use: number, level: number): Group<Group<T>>[] {
    const parents = new Map<number, Group<T>[]>();
    const cells = Math.max(1, Math.ceil(this.#cellCount(use) / 2 ** level));
    for (const group of groups) {
      const unit = this.#isCausal ? 0 : keyedUnit(this.#key, group.place, level, use, PARENT);
      const place = this.#isCausal ? Math.floor(group.place / 2) : Math.floor(unit * cells);
      const siblings = parents.get(place);
      if (siblings === undefined) parents.set(place, [group]);
      else siblings.push(group);
    }
    return inOrder(parents);
  }

  #draw(change: C, use: number, purpose: number): number {
    const { device, editedAtUs, again } = change;
    return keyedUnit(this.#key, editedAtUs, device * 2 ** 20 + again, use, purpose);
  }

  #cellCount(use: number): number {
    let count = CELLS[Math.floor(keyedUnit(this.#key, 0, 0, use, CELL_COUNT) * CELLS.length)]!;
    for (let most = CHANGES_MAX; most < this.#changes.length; most *= 2) count *= 2;
    return count;
  }

  #cells(use: number, share: number): Group<C>[] {
    const placed: Placed<C>[] = [];
    for (const change of this.#changes) {
      placed.push({ unit: this.#draw(change, use, PLACE), change });
      if (this.#draw(change, use, IS_TWICE) >= TWICE_SHARE) continue;
      placed.push({ unit: this.#draw(change, use, PLACE_AGAIN), change });
    }
    placed.sort((one, other) => one.unit - other.unit || one.change.index - other.change.index);
    const count = this.#cellCount(use);
    const cells = new Map<number, C[]>();
    for (const { unit, change } of placed) {
      if (unit >= share) break;
      const place = Math.floor(unit * count);
      const cell = cells.get(place);
      if (cell === undefined) cells.set(place, [change]);
      else cell.push(change);
    }
    return inOrder(cells);
  }

  /** Groups in causal order; what comes twice is of what came before. */
  #runs(use: number, share: number): Group<C>[] {
    const order = this.#causalOrder(use);
    const runs: Group<C>[] = [];
    let members: C[] = [];
    const end = Math.floor(share * order.length);
    for (let at = 0; at < end; at++) {
      const { change } = order[at]!;
      members.push(change);
      if (this.#draw(change, use, IS_TWICE) < TWICE_SHARE) {
        const before = order.slice(Math.max(0, at + 1 - CHOICE_MAX), at + 1);
        members.push(nearest(before, this.#draw(change, use, PLACE_AGAIN)));
      }
      if (at + 1 < end && this.#draw(change, use, IS_END) >= END_SHARE) continue;
      runs.push({ place: runs.length, members });
      members = [];
    }
    return runs;
  }

  #causalOrder(use: number): Placed<C>[] {
    const left = this.#changes.map((change) => ({ unit: this.#draw(change, use, PLACE), change }));
    const order: Placed<C>[] = [];
    const isTaken: boolean[] = left.map(() => false);
    let first = 0;
    while (left.length > 0) {
      // The oldest one left is always ready: what it needs stands before it.
      let next = 0;
      for (let at = 1; at < Math.min(left.length, CHOICE_MAX); at++) {
        const { unit, change } = left[at]!;
        const { needs, previous } = change;
        const isReady = needs <= first && (previous < 0 || isTaken[previous] === true);
        if (isReady && unit < left[next]!.unit) next = at;
      }
      const [taken] = left.splice(next, 1);
      order.push(taken!);
      isTaken[taken!.change.index] = true;
      while (isTaken[first] === true) first++;
    }
    return order;
  }
}

function inOrder<T>(byPlace: ReadonlyMap<number, readonly T[]>): Group<T>[] {
  const places = [...byPlace.keys()].sort((one, other) => one - other);
  return places.map((place) => ({ place, members: byPlace.get(place)! }));
}

function nearest<C>(placed: readonly Placed<C>[], unit: number): C {
  let best = placed[0]!;
  for (const each of placed) if (Math.abs(each.unit - unit) < Math.abs(best.unit - unit)) best = each;
  return best.change;
}
