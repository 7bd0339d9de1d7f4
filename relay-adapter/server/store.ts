// The log port of the real relay: what stands behind its routes and keeps what it accepts. A store applies the pure rules
// (models/relay/rules) inside its own transactions, so that every store answers alike. It must not know HTTP, tokens, nor
// what is in a change.

import type { RejectReason } from '../../models/relay/rules.ts';

/** A change that has come in, as far as the rules go. */
export interface IncomingChange {
  /** Unique within its ledger. */
  readonly id: string;
  /** Whether its actor is one of the device that pushes it. */
  readonly isByPusher: boolean;
  readonly sequence: number;
  /** The author's clock, milliseconds since 1970. */
  readonly timestampMs: number;
  /** Bytes of the decoded payload. */
  readonly payloadBytes: number;
  /** For a SNAPSHOT the position that it covers; 0 for any other change. */
  readonly covers: number;
  /** The change's text as it is handed out, one JSON object, without its cursor. Kept byte for byte. */
  readonly body: string;
}

export interface StorePush {
  readonly ledger: string;
  readonly device: string;
  readonly changes: readonly IncomingChange[];
}

/** What became of each change of a push, in its order: `stored` now, `kept` since before, or why it was refused. */
export type ChangeVerdict = 'stored' | 'kept' | RejectReason;

/** Most bytes of bodies on a page that has more than one, unless a pull says otherwise. */
export const PAGE_BYTES_MAX = 16 * 1024 * 1024;

export interface StorePull {
  readonly ledger: string;
  readonly device: string;
  /** Position up to which the device has everything; 0 for nothing. */
  readonly cursor: number;
  readonly pageSize: number;
  /** `PAGE_BYTES_MAX` where it is left out; bytes of UTF-8. What does not fit is on the next page, and is not loaded. */
  readonly bytesMax?: number;
  /**
   * Told once how many bytes the bodies of the page have, before they are loaded where a store knows by then. What it
   * throws the pull throws.
   */
  readonly reserve?: (bytes: number) => void;
}

export interface KeptChange {
  /** In the order of acceptance, from 1, without gaps; of a SNAPSHOT that stands for a beginning, what it covers. */
  readonly position: number;
  readonly body: string;
}

export interface StorePage {
  /** Stands for the beginning of the log that was removed; counts as one of the page. */
  readonly snapshot?: KeptChange;
  /** Without gaps, after the presented cursor, or after what the snapshot covers. */
  readonly changes: readonly KeptChange[];
  /** The position of the last change; where there is none, what the snapshot covers, else the one that was presented. */
  readonly cursor: number;
  readonly hasMore: boolean;
}

/** A pull of 1.0: of one device's own changes, in order of their timestamps. */
export interface AccountPull {
  readonly ledger: string;
  /** Changes that are later than this, milliseconds since 1970. */
  readonly sinceMs: number;
  readonly pageSize: number;
  /** Both as of `StorePull`. */
  readonly bytesMax?: number;
  readonly reserve?: (bytes: number) => void;
}

export interface AccountPage {
  readonly bodies: readonly string[];
  readonly hasMore: boolean;
}

/** Faults of a store, for a relay that is under test; positions and ledgers as in `StoreControl` of the model. */
export interface StoreFaults {
  /** Until `thaw`, pulls are answered without the last `lagChanges` changes of each ledger; pushes are 'unavailable'. */
  freeze(lagChanges: number): Promise<void>;
  thaw(): Promise<void>;
  /** Ends a freeze: what the follower lacks is lost for good. */
  loseFrozen(): Promise<void>;
  /** The last `count` changes of each ledger are lost, as if they had never been accepted. */
  loseTail(count: number): Promise<void>;
}

/** One commit, by the store's own clock. */
export interface CommitFigures {
  /** Pushes and other work that shared it. */
  readonly jobs: number;
  /** Changes that its pushes had. */
  readonly changes: number;
  /** From its beginning until it is durable. */
  readonly seconds: number;
}

export interface RelayStore {
  /** `sqlite`, `postgres` … */
  readonly kind: string;
  /**
   * Accepts or refuses each change; resolved when what was accepted is durable. All of a push or, where it throws,
   * nothing of it is stored. 'unavailable' while a follower answers.
   */
  push(push: StorePush): Promise<readonly ChangeVerdict[] | 'unavailable'>;
  /** 'ahead' where the cursor lies beyond the log's end. Keeps in mind what the device presented. */
  pull(pull: StorePull): Promise<StorePage | 'ahead'>;
  pullAccount(pull: AccountPull): Promise<AccountPage>;
  /** A member's cursor holds back the removal of the log, from the start on where it has pulled nothing yet. */
  join(ledger: string, device: string): Promise<void>;
  /** The device holds nothing back any more. False where it was no member. */
  leave(ledger: string, device: string): Promise<boolean>;
  /** Whether a device is a member, for relays that make members of those who come. */
  isMember(ledger: string, device: string): Promise<boolean>;
  /**
   * Tells of ledgers to which something was stored, by whichever instance; returns what ends it.
   *
   * @param missed called where something may have been stored of which nothing was told, in whatever ledger
   */
  onStored(listener: (ledger: string, device: string) => void, missed?: () => void): () => void;
  /** Tells of each commit that stored changes; left out where commits are not the store's own. Returns what ends it. */
  onCommit?(listener: (commit: CommitFigures) => void): () => void;
  /** Resolves where the store can be read and written. */
  check(): Promise<void>;
  /** All bytes that the store holds, for whoever looks for plaintext in them. */
  held(): Promise<readonly Uint8Array[]>;
  /** Left out where nobody may make faults. */
  readonly faults?: StoreFaults;
  /** Waits for what is under way, then lets go of files and connections. */
  close(): Promise<void>;
}
