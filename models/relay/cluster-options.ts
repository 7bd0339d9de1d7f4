// How several instances of the relay stand together: who gets a request, where changes are committed, and how instances
// come and go. It must not know what an instance does with a request.

/** Who gets a request: the next in turn, the one with the least under way, or always the same one for a ledger. */
export const BALANCERS = ['round-robin', 'least-connections', 'ledger-hash'] as const;
export type Balancer = (typeof BALANCERS)[number];

/** Where changes are committed: within an instance's own service time, or in one store that all instances share. */
export const STORES = ['own', 'shared'] as const;

/**
 * Instances together. With a shared store a request is served by its instance first, then by the store: a commit holds its
 * ledger, so commits of one ledger follow each other, and at most `storeConnections` commits and reads are under way.
 */
export interface ClusterOptions {
  readonly balancer: Balancer;
  readonly store: (typeof STORES)[number];
  /** Commits and reads that the shared store carries out at once; the others wait. */
  readonly storeConnections: number;
  readonly storeCommitMs: number;
  readonly storeCommitMsPerChange: number;
  readonly storeReadMs: number;
  readonly storeReadMsPerRow: number;
  /** Pulls are answered by a follower that has what was committed so long ago; 0 is the store itself. */
  readonly replicaLagMs: number;
  /** Most instances that come by themselves under load; 0 leaves their number as it is. */
  readonly autoscaleInstancesMax: number;
  /** Use of workers, 0–1, above which one more comes; below half of it one goes. */
  readonly autoscaleUtilisation: number;
  /** How often use is looked at. */
  readonly autoscaleEveryMs: number;
  /** From the decision until the new instance takes requests. */
  readonly autoscaleDelayMs: number;
}

/** Instances that share nothing but the log, in turn: what a run has where nothing else is said. */
export const PLAIN_CLUSTER: Readonly<ClusterOptions> = Object.freeze({
  balancer: 'round-robin',
  store: 'own',
  storeConnections: 16,
  storeCommitMs: 1,
  storeCommitMsPerChange: 0.05,
  storeReadMs: 0.4,
  storeReadMsPerRow: 0.005,
  replicaLagMs: 0,
  autoscaleInstancesMax: 0,
  autoscaleUtilisation: 0.7,
  autoscaleEveryMs: 15_000,
  autoscaleDelayMs: 60_000,
});
