// Payloads that are no integers: events carry a slot and its generation, the slab keeps the value. A slot is
// freed with its last use; a stale (slot, generation) finds nothing.

import { assert } from './errors.ts';

/** A store of values addressed by (slot, generation); freed slots are used again under the next generation. */
export class Slab<T> {
  readonly #values: (T | undefined)[] = [];
  readonly #uses: number[] = [];
  readonly #generations: number[] = [];
  readonly #free: number[] = [];

  /** Number of values held. */
  get size(): number {
    return this.#values.length - this.#free.length;
  }

  /**
   * Keeps a value and gives its slot.
   *
   * @param uses how many times `release` is called before the slot is freed (a duplicated message has two)
   */
  put(value: T, uses = 1): number {
    assert(uses >= 1, 'a slab value needs at least one use');
    const slot = this.#free.pop() ?? this.#values.length;
    this.#values[slot] = value;
    this.#uses[slot] = uses;
    this.#generations[slot] ??= 0;
    return slot;
  }

  /** The generation to carry beside a slot that `put` has just given. */
  generationOf(slot: number): number {
    return this.#generations[slot]!;
  }

  /** Sets how many releases are still to come; 0 frees the slot. */
  expect(slot: number, uses: number): void {
    if (uses === 0) this.#freeSlot(slot);
    else this.#uses[slot] = uses;
  }

  /** The value, or undefined where the slot was freed since. */
  get(slot: number, generation: number): T | undefined {
    return this.#generations[slot] === generation ? this.#values[slot] : undefined;
  }

  /** Gives the value and takes off one use; the last one frees the slot. Undefined where it was freed before. */
  release(slot: number, generation: number): T | undefined {
    if (this.#generations[slot] !== generation) return undefined;
    const value = this.#values[slot];
    if (--this.#uses[slot]! === 0) this.#freeSlot(slot);
    return value;
  }

  /** Frees the slot whatever uses are left. False where it was freed before. */
  cancel(slot: number, generation: number): boolean {
    if (this.#generations[slot] !== generation) return false;
    this.#freeSlot(slot);
    return true;
  }

  #freeSlot(slot: number): void {
    this.#values[slot] = undefined;
    this.#generations[slot] = (this.#generations[slot]! + 1) | 0;
    this.#free.push(slot);
  }
}
