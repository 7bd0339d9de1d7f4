// A device's document: one replica at a time, called with the device's clock and chance; what it throws is its failure.
// It must not know ledgers, logs, nor how changes travel.

import { assert } from '../sim/errors.ts';
import type { DeviceClock } from '../sim/device-clock.ts';
import { served, serveFrom } from '../sim/guard.ts';
import type { Stream } from '../sim/random.ts';
import type { Simulation } from '../sim/simulation.ts';
import { documentFailure, type DocumentCall } from './document-failure.ts';
import { type Edit, type LedgerView, placeOf } from './documents/edit.ts';
import type { DocumentType, Replica } from './documents/port.ts';

/** Actor numbers: device × 4096 + incarnation, below 2^32. */
const INCARNATIONS_MAX = 4096;
/** Lives that are kept for replicas that are made for judging, and for restarts that the relay asks for. */
const LIVES_KEPT = 1024;

/** Whether a device of so many lives may begin another one. */
export function mayRestart(incarnation: number): boolean {
  return incarnation < INCARNATIONS_MAX - LIVES_KEPT;
}

/** Tells (device, incarnation) apart from all others of the run. */
export function actorOf(id: number, incarnation: number): number {
  assert(incarnation < INCARNATIONS_MAX, 'a device restarts less than 4096 times');
  return id * INCARNATIONS_MAX + incarnation;
}

/** What the documents of a run share. */
export interface DocumentWorld {
  readonly simulation: Simulation;
  readonly documents: DocumentType;
  /** Stands for the run, for types whose replicas share memory. */
  readonly run: object;
  /** Takes what a document prints, by the device's index. */
  printed?(device: number, text: string): void;
}

interface Ambient {
  random(): number;
  nowMs(): number;
  print(text: string): void;
}

/** One life of a device has one stream, made when it is first drawn from. */
function ambientOf(world: DocumentWorld, clock: DeviceClock, index: number, incarnation: number): Ambient {
  const { simulation } = world;
  const name = incarnation === 0 ? `device/${index}/document` : `device/${index}/document/${incarnation}`;
  let stream: Stream | undefined;
  return {
    random: () => (stream ??= simulation.streams.stream(name)).next(),
    nowMs: () => clock.nowMs(simulation.nowUs),
    print: (text) => world.printed?.(index, text),
  };
}

export class DeviceDocument {
  replica: Replica;
  incarnation: number;

  readonly #world: DocumentWorld;
  /** Under which its holder is known. */
  readonly id: number;
  readonly #index: number;
  readonly #clock: DeviceClock;
  #ambient: Ambient;

  /** @param index of the device in the world, @param id under which it is known */
  constructor(world: DocumentWorld, index: number, id: number, clock: DeviceClock, incarnation: number) {
    this.#world = world;
    this.#index = index;
    this.id = id;
    this.#clock = clock;
    this.incarnation = incarnation;
    this.#ambient = ambientOf(world, clock, index, incarnation);
    this.replica = this.#create(incarnation);
  }

  /** A new, empty replica of a new incarnation. */
  begin(incarnation: number): void {
    this.incarnation = incarnation;
    this.#ambient = ambientOf(this.#world, this.#clock, this.#index, incarnation);
    this.replica = this.#create(incarnation);
  }

  /** Lets go of what the replica holds outside of the heap. */
  end(): void {
    if (this.replica.dispose !== undefined) this.ask('dispose', () => this.replica.dispose?.());
  }

  /** A replica for judging, empty. */
  spare(incarnation: number): Replica {
    return this.#create(incarnation);
  }

  /** Applies edits of one entity and gives the changes; the places that they touched go to `targets`, if given. */
  edit(edits: readonly Edit[], targets: string[] | undefined): Uint8Array[] {
    const { replica } = this;
    // As `served` does, without a closure for each edit.
    const before = serveFrom(this.#ambient);
    try {
      if (replica.editTogether !== undefined && arePlaced(edits)) {
        if (targets !== undefined) for (const edit of edits) targets.push(placeOf(edit));
        return replica.editTogether(edits);
      }
      const changes: Uint8Array[] = [];
      for (const edit of edits) {
        const outcome = replica.edit(edit);
        if (outcome.changes.length === 0) continue;
        changes.push(...outcome.changes);
        targets?.push(outcome.target);
      }
      return changes;
    } catch (error) {
      throw documentFailure(this.#index, 'edit', error);
    } finally {
      serveFrom(before);
    }
  }

  /** Hands over changes from elsewhere; gives follow-ups. */
  receive(changes: readonly Uint8Array[]): Uint8Array[] {
    const before = serveFrom(this.#ambient);
    try {
      return this.replica.receive(changes);
    } catch (error) {
      throw documentFailure(this.#index, 'receive', error);
    } finally {
      serveFrom(before);
    }
  }

  load(stored: Uint8Array): void {
    this.ask('load', () => this.replica.load(stored));
  }

  save(): Uint8Array {
    return this.ask('save', () => this.replica.save());
  }

  /** The view of one entity: that entity, where it shows, and perhaps others. */
  viewOf(entity: string): LedgerView {
    const { replica } = this;
    if (replica.entityView === undefined) return this.view();
    const view = this.ask('view', () => replica.entityView!(entity));
    return view === undefined ? {} : { [entity]: view };
  }

  view(): LedgerView {
    return this.ask('view', () => this.replica.view());
  }

  /** Asks the document something, with the device's clock and chance. @throws DocumentFailure where it throws */
  ask<T>(doing: DocumentCall, question: () => T): T {
    try {
      return served(this.#ambient, question);
    } catch (error) {
      throw documentFailure(this.#index, doing, error);
    }
  }

  #create(incarnation: number): Replica {
    const { documents, run } = this.#world;
    const actor = actorOf(this.id, incarnation);
    const ambient = this.#ambient;
    const init = { random: () => ambient.random(), nowMs: () => ambient.nowMs(), run };
    return this.ask('create', () => documents.create({ deviceIndex: this.id, incarnation, actor, ...init }));
  }
}

/** Whether the places of all edits are known without their replica. */
function arePlaced(edits: readonly Edit[]): boolean {
  for (let i = 0; i < edits.length; i++) {
    const { kind } = edits[i]!;
    if (kind === 'list-delete' || kind === 'list-move') return false;
  }
  return true;
}
