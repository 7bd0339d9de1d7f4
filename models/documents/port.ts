// What a shared document must offer to be stormed: the port through which devices edit, exchange and judge it.
// It must not know any document type.

import type { Concurrency, Edit, EditKind, EntityView, LedgerView } from './edit.ts';

/** What a replica is made for. `random` and `nowMs` are the replica's own: its stream and its device's clock. */
export interface ReplicaInit {
  readonly deviceIndex: number;
  /** One life of the device between starts, from 0; it comes from the world, never from storage. */
  readonly incarnation: number;
  /** A number below 2^32 that no other (device, incarnation) of the run has. */
  readonly actor: number;
  random(): number;
  /** The device's wall clock in milliseconds since 1970; skewed where the device is. */
  nowMs(): number;
  /** Stands for the run: the same object for all its replicas, so that a type may share memory between them. */
  readonly run?: object;
}

/** A document type; a document module exports one as default. */
export interface DocumentType {
  readonly name: string;
  /** The edit kinds that it takes, and what becomes of concurrent edits of one place. */
  readonly supports: ReadonlyMap<EditKind, Concurrency>;
  /** For pairs of kinds that differ, or where the kind alone does not tell. */
  concurrency?(one: Edit, other: Edit): Concurrency;
  /** False for entities that the app's own rules rewrite. */
  judged?(entity: string): boolean;
  /** The order of delivery that it stands; default 'any'. */
  readonly delivery?: 'any' | 'causal';
  /**
   * True where the bytes of a change stay where they are and are never written again: then the run keeps windows on
   * them, not copies.
   */
  readonly isStable?: boolean;
  init?(): Promise<void>;
  create(init: ReplicaInit): Replica;
  merge?(changes: readonly Uint8Array[]): Uint8Array;
  versionOf?(merged: Uint8Array): string;
}

export interface EditOutcome {
  /** What is to be sent; empty where the edit did nothing. */
  readonly changes: Uint8Array[];
  /** The place that was edited: `entity`, `entity/field`, `entity/memo`, `entity/items/<value>`, `entity/tags/<tag>`. */
  readonly target: string;
}

/** One replica of one document. */
export interface Replica {
  /** Applies an edit locally. */
  edit(edit: Edit): EditOutcome;
  /**
   * Applies edits of one entity as one change, where the type can: sets, removals, tags and counts, whose places
   * `placeOf` tells. No two set or count the same field. Without it each edit makes changes of its own.
   */
  editTogether?(edits: readonly Edit[]): Uint8Array[];
  /** Applies changes from elsewhere; the bytes are never changed, and may be kept. May emit follow-ups. */
  receive(changes: readonly Uint8Array[]): Uint8Array[];
  /** What a person sees. */
  view(): LedgerView;
  /** What `view` shows of one entity; undefined where it shows none. For those who look at one after each edit. */
  entityView?(entity: string): EntityView | undefined;
  /** A hash of all that `view` shows, for large documents: equal digests mean equal views. */
  viewDigest?(): string;
  /** What it holds, as canonical text. */
  version(): string;
  /** Changes held back for a missing dependency. */
  pending(): number;
  since?(version: string): Uint8Array;
  save(): Uint8Array;
  load(stored: Uint8Array): void;
  /** The size that `save` would have, in bytes, where it can be told without saving. */
  storedBytes?(): number;
  dispose?(): void;
}
