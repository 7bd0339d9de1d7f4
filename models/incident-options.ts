// One thing that goes wrong at a known time and ends at a known time, so that what follows can be looked at: the questions
// of a planner, not the draws of a storm. It must not know who carries it out.

/**
 * What happens: nothing; an instance of the relay, or a region, is lost; the store is slow; devices lose their connection
 * all at once and come back all at once; the users' load is multiplied.
 */
export const INCIDENTS = ['none', 'instance-lost', 'region-lost', 'slow-store', 'reconnect-storm', 'surge'] as const;
export type IncidentKind = (typeof INCIDENTS)[number];

export interface IncidentOptions {
  readonly kind: IncidentKind;
  /** When it begins, virtual time. */
  readonly atMs: number;
  readonly forMs: number;
  /** Share of devices that lose their connection, 0–1. */
  readonly share: number;
  /** How much slower the store is; how much more load there is. */
  readonly factor: number;
}

export const NO_INCIDENT: Readonly<IncidentOptions> = Object.freeze({
  kind: 'none',
  atMs: 60_000,
  forMs: 30_000,
  share: 0.5,
  factor: 10,
});
