// A specimen with a planted bug: registers by field of which a device keeps its own value where another one was set
// concurrently. Beside it the same registers as they should be. It is for tests of oracles, and knows only `set`.

import { HybridClock } from '../../hybrid-clock.ts';
import { type Concurrency, type Edit, type EditKind, type LedgerView, placeOf } from '../edit.ts';
import type { DocumentType, EditOutcome, Replica, ReplicaInit } from '../port.ts';

interface Register {
  readonly value: string | number | boolean;
  readonly stamp: number;
  readonly actor: number;
}

/** One set on its way, as JSON. */
interface Change extends Register {
  readonly entity: string;
  readonly field: string;
  /** Stamp of the value that the author saw there; 0 for none. */
  readonly seen: number;
}

interface Stored {
  readonly lastStamp: number;
  readonly entries: readonly (readonly [place: string, register: Register])[];
}

const NO_CHANGES: Uint8Array[] = [];
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

class Registers implements Replica {
  readonly #init: ReplicaInit;
  readonly #prefersLocal: boolean;
  readonly #clock = new HybridClock();
  /** By `entity/field`. */
  readonly #registers = new Map<string, Register>();

  constructor(init: ReplicaInit, prefersLocal: boolean) {
    this.#init = init;
    this.#prefersLocal = prefersLocal;
  }

  edit(edit: Edit): EditOutcome {
    if (edit.kind !== 'set') throw new Error(`registers do not take edits of kind ${edit.kind}`);
    const { entity, field, value } = edit;
    const target = placeOf(edit);
    const seen = this.#registers.get(target)?.stamp ?? 0;
    const { actor } = this.#init;
    const change: Change = { entity, field, value, stamp: this.#clock.tick(this.#init.nowMs()), actor, seen };
    this.#registers.set(target, { value, stamp: change.stamp, actor });
    return { changes: [encoder.encode(JSON.stringify(change))], target };
  }

  receive(changes: readonly Uint8Array[]): Uint8Array[] {
    for (const bytes of changes) {
      const { entity, field, value, stamp, actor, seen } = JSON.parse(decoder.decode(bytes)) as Change;
      this.#clock.witness(stamp, this.#init.nowMs());
      const place = `${entity}/${field}`;
      const known = this.#registers.get(place);
      if (known === undefined || this.#gives(known, stamp, actor, seen)) {
        this.#registers.set(place, { value, stamp, actor });
      }
    }
    return NO_CHANGES;
  }

  view(): LedgerView {
    const view: LedgerView = {};
    for (const [place, { value }] of this.#registers) {
      const [entity, field] = place.split('/') as [string, string];
      const fields = ((view[entity] ??= {}).fields ??= {});
      fields[field] = value;
    }
    return view;
  }

  version(): string {
    return JSON.stringify([...this.#registers].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  pending(): number {
    return 0;
  }

  save(): Uint8Array {
    const stored: Stored = { lastStamp: this.#clock.last, entries: [...this.#registers] };
    return encoder.encode(JSON.stringify(stored));
  }

  load(stored: Uint8Array): void {
    const { lastStamp, entries } = JSON.parse(decoder.decode(stored)) as Stored;
    for (const [place, register] of entries) this.#registers.set(place, register);
    this.#clock.restore(lastStamp);
  }

  /** Whether a value gives way to a received one: the later stamp stays, then the higher actor. */
  #gives(known: Register, stamp: number, actor: number, seen: number): boolean {
    // The bug: somebody else's value that was set without knowledge of the device's own does not count.
    if (this.#prefersLocal && known.actor === this.#init.actor && seen < known.stamp) return false;
    return stamp > known.stamp || (stamp === known.stamp && actor > known.actor);
  }
}

const supports = new Map<EditKind, Concurrency>([['set', 'one-wins']]);

/** The registers, with the bug or without it. */
export function registers(name: string, prefersLocal: boolean): DocumentType {
  return { name, supports, create: (init) => new Registers(init, prefersLocal) };
}

export default registers('prefer-local', true);

/** The same registers as they should be. */
export const sibling = registers('registers', false);
