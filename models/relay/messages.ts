// What devices and the relay say to each other, with changes, devices and ledgers by number. Texts and bytes are the
// adapter's; this file must not know them.

/** Codes of refused requests; their HTTP statuses are the adapter's. */
export type RefusalCode =
  | 'INVALID_REQUEST'
  | 'PROTOCOL_MISMATCH'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'CURSOR_AHEAD'
  | 'PAYLOAD_TOO_LARGE'
  | 'RATE_LIMIT_EXCEEDED'
  | 'DATABASE_ERROR'
  | 'INTERNAL_ERROR'
  | 'UNAVAILABLE';

/** What names a message for good: its fate is drawn from these, and from nothing that other devices do. */
export interface MessageIdentity {
  readonly ledger: number;
  /** The id that the device shows. */
  readonly device: number;
  /** Whose links it takes; left out, those of `device`. */
  readonly origin?: number;
  /** What made the device sync: see `causeOf`. */
  readonly cause: number;
  readonly attempt: number;
  readonly page: number;
  /** Numbers the requests of a device; an answer to any but the latest finds nobody. */
  readonly serial: number;
  /** Bytes of the body. */
  readonly bytes: number;
  /** How often the relay has answered it: a request that arrives twice is answered twice, each with a fate of its own. */
  answers?: number;
}

export interface PushRequest extends MessageIdentity {
  readonly kind: 'push';
  readonly changes: readonly number[];
  /** Where devices sync by state: what the device has and, as far as it knows, the peer lacks. */
  readonly state?: Uint8Array;
}

export interface PullRequest extends MessageIdentity {
  readonly kind: 'pull';
  /** In 1.1 the position pulled up to; in 1.0 the timestamp in milliseconds since 1970. */
  readonly since: number;
  /** Where devices sync by state: what the device has, as its document says it. */
  readonly version?: string;
}

export type RelayRequest = PushRequest | PullRequest;

export interface Rejection {
  readonly change: number;
  readonly reason: string;
}

export interface Pushed {
  readonly kind: 'pushed';
  readonly accepted: readonly number[];
  readonly rejected: readonly Rejection[];
  /** How many of the accepted ones were not stored before. */
  readonly stored: number;
}

export interface Page {
  readonly kind: 'page';
  /** A SNAPSHOT that stands for a prefix that the relay has removed; `changes` are those after what it covers. */
  readonly snapshot?: number;
  readonly changes: Int32Array;
  /** The next `since`. */
  readonly cursor: number;
  readonly hasMore: boolean;
  /** Where devices sync by state: what the device lacks, and what the peer has. */
  readonly state?: Uint8Array;
  readonly version?: string;
}

export interface Refusal {
  readonly kind: 'refusal';
  readonly code: RefusalCode;
  /** 0 where the relay does not say. */
  readonly retryAfterMs: number;
}

export type RelayResponse = Pushed | Page | Refusal;

/** Sizes of bodies in bytes, as the adapter that speaks the protocol would write them. */
export interface WireSizes {
  /** One change inside a push. */
  change(change: number): number;
  push(count: number, changesBytes: number): number;
  pull(since: number): number;
  /** The answer to a request; of a page, with its changes. */
  response(response: RelayResponse): number;
  /** What tells a member that there is something to pull. */
  notification(): number;
}
