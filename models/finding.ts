// What an oracle reports, as data; text is made of it last. It must not know any oracle.

/** Something bad happened, or something good did not happen in time. */
export type FindingKind = 'safety' | 'liveness';

export interface Finding {
  readonly oracle: string;
  readonly kind: FindingKind;
  /** Tells findings apart: equal for the same failure. */
  readonly signature: string;
  /** Virtual time at which it was judged, µs. */
  readonly atUs: number;
  /** Number of the event by then. */
  readonly event: number;
  /** Devices that it is about, by index. */
  readonly devices: readonly number[];
  /** Ledgers that it is about, by id. */
  readonly documents: readonly string[];
  /** The differing values and what led to them; plain data. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** The first edit at which two replicas part, where the oracle can tell. */
  readonly parting?: Parting;
}

/** The edit at which replicas part: who made it, and who had it when the run was judged. */
export interface Parting {
  /** The place that it edited, such as `account-1/name`. */
  readonly target: string;
  readonly author: number;
  readonly incarnation: number;
  readonly sequence: number;
  readonly atUs: number;
  /** Devices that had it, and devices that had not, by index. */
  readonly seenBy: readonly number[];
  readonly notSeenBy: readonly number[];
}
