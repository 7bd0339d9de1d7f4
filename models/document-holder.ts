// Whoever holds a document and can be asked about it, as devices can: by their clients, by users, and when a run is
// judged. It must not know ledgers, nor how changes travel.

import { actorOf, type DeviceDocument } from './device-document.ts';
import type { DocumentCall } from './document-failure.ts';
import type { LedgerView } from './documents/edit.ts';
import type { Replica } from './documents/port.ts';

/** Every question is asked with the holder's clock and chance. @throws DocumentFailure where the document throws */
export abstract class DocumentHolder {
  protected readonly document: DeviceDocument;

  constructor(document: DeviceDocument) {
    this.document = document;
  }

  /** The number of the next life of whoever holds this document. */
  protected abstract nextIncarnation(): number;

  /** One life of the holder between starts, counted from 0 by the world. */
  get incarnation(): number {
    return this.document.incarnation;
  }

  /** Tells (device, incarnation) apart from all others of the run. */
  get actor(): number {
    return actorOf(this.document.id, this.incarnation);
  }

  get replica(): Replica {
    return this.document.replica;
  }

  /** What a person sees. */
  view(): LedgerView {
    return this.document.view();
  }

  /** A hash of the view, where the type has one. */
  viewDigest(): string | undefined {
    return this.document.ask('view', () => this.replica.viewDigest?.());
  }

  /** What the document holds, as canonical text. */
  version(): string {
    return this.document.ask('version', () => this.replica.version());
  }

  /** Changes that the document holds back for a missing dependency. */
  pending(): number {
    return this.document.ask('pending', () => this.replica.pending());
  }

  /** The document as it is stored. */
  save(): Uint8Array {
    return this.document.save();
  }

  /** Bytes that the document takes in storage. */
  storedBytes(): number {
    return this.document.ask('save', () => this.replica.storedBytes?.() ?? this.replica.save().length);
  }

  /** A replica with an incarnation of its own, empty or loaded from stored bytes; whoever asks for it disposes of it. */
  spare(from: 'empty' | Uint8Array): Replica {
    const replica = this.document.spare(this.nextIncarnation());
    if (from !== 'empty') this.document.ask('load', () => replica.load(from));
    return replica;
  }

  /** What a document says that holds nothing. */
  protected emptyVersion(): string {
    const empty = this.spare('empty');
    return this.document.ask('version', () => {
      const version = empty.version();
      empty.dispose?.();
      return version;
    });
  }

  /** Calls a replica as the holder does: what it throws is the document's failure. */
  ask<T>(doing: DocumentCall, question: () => T): T {
    return this.document.ask(doing, question);
  }
}
