// How long one instance of the relay works on what: the figures of a server whose event loop is the one that works, as a
// calibration measures them. It must not know how they were measured, nor who waits for whom.

/** What an instance is: equal workers that each serve one request, or one event loop that commits in batches. */
export const SERVICE_KINDS = ['workers', 'event-loop'] as const;
export type ServiceKind = (typeof SERVICE_KINDS)[number];

/**
 * The figures of an event loop. A turn begins where something waits and the loop is free; it takes all that waits, in
 * order: `turnMs`, and for each request its own cost. A pull is answered when its own work ends; pushes go on to the commit
 * that follows the turn (`commitMs`, and `commitMsPerChange` for each change), and are answered after it. So fixed costs are
 * shared by whatever comes together, and a push costs less CPU the more there are. All means; each request's own cost is
 * lognormal with `relay.serviceSigma`.
 */
export interface ServiceOptions {
  readonly kind: ServiceKind;
  /** What each turn of the loop takes, however much waits. */
  readonly turnMs: number;
  readonly pushMs: number;
  readonly pushMsPerChange: number;
  readonly pullMs: number;
  readonly pullMsPerRow: number;
  /** What each commit takes, however much is in it. In the loop's own time, unless instances share a store. */
  readonly commitMs: number;
  readonly commitMsPerChange: number;
  /** Most pushes in one commit. */
  readonly commitPushesMax: number;
  /** After so many changes the store writes its log back; 0 is never. */
  readonly checkpointChanges: number;
  /** What that adds to the commit that reaches it. */
  readonly checkpointMs: number;
  /** Times at which the process does something else (collector, preemption), Poisson in virtual time. */
  readonly stallsPerMinute: number;
  /** Lognormal: the median, and the standard deviation of the logarithm. */
  readonly stallMsMedian: number;
  readonly stallSigma: number;
  /** A turn that follows so long a rest, or a longer one, is slower; 0 is never. */
  readonly idleAfterMs: number;
  /** What it adds to that turn. */
  readonly idleMs: number;
}

/** Workers, as `relay.*` has them: none of these figures counts then. */
export const WORKERS: Readonly<ServiceOptions> = Object.freeze({
  kind: 'workers',
  turnMs: 0.05,
  pushMs: 0.25,
  pushMsPerChange: 0.03,
  pullMs: 0.2,
  pullMsPerRow: 0.01,
  commitMs: 0.5,
  commitMsPerChange: 0.02,
  commitPushesMax: 256,
  checkpointChanges: 0,
  checkpointMs: 0,
  stallsPerMinute: 0,
  stallMsMedian: 2,
  stallSigma: 0.5,
  idleAfterMs: 0,
  idleMs: 0,
});
