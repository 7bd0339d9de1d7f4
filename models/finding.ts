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
}
