// Entities of one replica by name: open addressing over the hash that stands in each change, two integers and a byte
// an entity. It must not know what a place means beyond 0 for none.

/** A byte of the hash that a slot is marked with; never 0, which marks a free slot. */
function tagOf(hash: number): number {
  return (hash >>> 24) | 1;
}

/**
 * Maps hashes to places; names are compared by the caller. Most lookups are of entities that are new: they read the
 * tags alone, which stay in the cache where the pairs of thousands of replicas do not.
 */
export class EntityTable {
  #tags = new Uint8Array(8);
  /** Pairs (hash, place) by slot. */
  #pairs = new Int32Array(16);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The slot of the entity of this hash for which `isSame` holds of its place, or the free slot where it would stand. */
  find(hash: number, isSame: (place: number) => boolean): number {
    const tags = this.#tags;
    const mask = tags.length - 1;
    const tag = tagOf(hash);
    let slot = hash & mask;
    for (let found = tags[slot]!; found !== 0; found = tags[slot]!) {
      if (found === tag && this.#pairs[slot * 2] === hash && isSame(this.#pairs[slot * 2 + 1]!)) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** The place in a slot, 0 where it is free. */
  placeAt(slot: number): number {
    return this.#tags[slot] === 0 ? 0 : this.#pairs[slot * 2 + 1]!;
  }

  /** Fills a free slot. Slots that were found before mean nothing any more. */
  add(slot: number, hash: number, place: number): void {
    this.#tags[slot] = tagOf(hash);
    this.#pairs[slot * 2] = hash;
    this.#pairs[slot * 2 + 1] = place;
    // At most half full: an unsuccessful search then looks at 2.5 slots on average (Knuth, TAOCP 3, 6.4).
    if (++this.#count * 2 > this.#tags.length) this.#grow();
  }

  /** Puts another place into a slot that is taken. */
  replace(slot: number, place: number): void {
    this.#pairs[slot * 2 + 1] = place;
  }

  /** Calls back with every place, in order of slots. */
  each(visit: (place: number) => void): void {
    for (let slot = 0; slot < this.#tags.length; slot++) if (this.#tags[slot] !== 0) visit(this.#pairs[slot * 2 + 1]!);
  }

  #grow(): void {
    const oldTags = this.#tags;
    const oldPairs = this.#pairs;
    const tags = new Uint8Array(oldTags.length * 2);
    const pairs = new Int32Array(tags.length * 2);
    const mask = tags.length - 1;
    for (let old = 0; old < oldTags.length; old++) {
      if (oldTags[old] === 0) continue;
      const hash = oldPairs[old * 2]!;
      let slot = hash & mask;
      while (tags[slot] !== 0) slot = (slot + 1) & mask;
      tags[slot] = oldTags[old]!;
      pairs[slot * 2] = hash;
      pairs[slot * 2 + 1] = oldPairs[old * 2 + 1]!;
    }
    this.#tags = tags;
    this.#pairs = pairs;
  }
}
