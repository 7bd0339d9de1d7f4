// What a profile is: the size and the length of a run, and what is demanded of it. It must not know any scenario:
// each scenario takes from a profile what it needs.
import { z } from 'zod';

/** Requests per second that a run should offer. */
export interface Band {
  requestsPerSecondMin: number;
  requestsPerSecondMax: number;
}

/** A profile; a person's own one is a file with the same keys. */
export interface Profile {
  name: string;
  users: number;
  /** Users of the one shared ledger in crdt-conflicts. */
  conflictUsers: number;
  /** Shares of users by journey; only their proportions count. */
  pools: { light: number; active: number; power: number };
  /** From the first user's start to the last user's stop, ramps within, ms of virtual time. */
  durationMs: number;
  rampUpMs: number;
  rampDownMs: number;
  /** About how many edits the users should make in all; left out, the think times decide. */
  editsInAll?: number | undefined;
  /** Share of crdt-conflicts' edits that are of any kind; left out, all set one field. */
  allKindsShare?: number | undefined;
  /** Most changes in one page of a pull; left out, the relay's. */
  pageSize?: number | undefined;
  /** Which oracles judge a run; left out, those that cost little. */
  oracles?: 'all' | 'basic' | undefined;
  /** The rate sync-relay should offer. */
  band?: Band | undefined;
  /** sync-relay: 95th percentile of response times stays below this, ms. */
  p95Ms: number;
  /** sync-relay: 99th percentile of push and pull response times, ms; left out, nothing is demanded. */
  p99Ms?: number | undefined;
  /** sync-relay: share of failed requests stays below this, 0–1. */
  errorRateMax: number;
  /** sync-relay: share of successful pushes and pulls stays above this, 0–1. */
  successRateMin: number;
  /** The scenario's own parameters, for a profile that is made for one; left out, the scenario's defaults. */
  workload?: Readonly<Record<string, number>> | undefined;
}

const share = z.number().min(0).max(1);

/** Strict schema of a profile of one's own: without ramps and a band unless it names them, other figures as in `light`. */
export const profileSchema = z.strictObject({
  name: z.string().min(1).max(100),
  users: z.int().min(1).max(1_000_000),
  conflictUsers: z.int().min(2).max(1_000_000).default(20),
  pools: z
    .strictObject({ light: z.number().min(0), active: z.number().min(0), power: z.number().min(0) })
    .default({ light: 40, active: 50, power: 10 }),
  durationMs: z.int().min(1).max(31_536_000_000),
  rampUpMs: z.int().min(0).default(0),
  rampDownMs: z.int().min(0).default(0),
  editsInAll: z.int().min(1).optional(),
  allKindsShare: share.optional(),
  pageSize: z.int().min(1).max(100_000).optional(),
  oracles: z.enum(['all', 'basic']).optional(),
  band: z.strictObject({ requestsPerSecondMin: z.number().min(0), requestsPerSecondMax: z.number().min(0) }).optional(),
  p95Ms: z.number().gt(0).default(500),
  p99Ms: z.number().gt(0).optional(),
  errorRateMax: share.default(0.05),
  successRateMin: share.default(0.95),
  workload: z.record(z.string(), z.number()).optional(),
}) satisfies z.ZodType<Profile>;

/** Users who turn alike. */
export interface TurnGroup {
  readonly users: number;
  /** Mean published think time between two turns of a user, ms. */
  readonly thinkMsMean: number;
  /** Mean number of edits in a turn. */
  readonly editsPerTurn: number;
}

/** The fewest later turns that a user is left with, on average: think times are not stretched beyond. */
const LATER_TURNS_MIN = 0.1;

/**
 * The factor on think times at which a profile's users make about `editsInAll` edits in its duration; 1 where the
 * profile names no number. A user's first turn comes at once, and later ones after a think time each. Response times are
 * left out: beside such think times they hardly count.
 */
export function thinkScaleForEdits({ editsInAll, durationMs }: Profile, groups: readonly TurnGroup[]): number {
  if (editsInAll === undefined) return 1;
  let first = 0;
  let laterPerMs = 0;
  for (const { users, thinkMsMean, editsPerTurn } of groups) {
    first += users * editsPerTurn;
    laterPerMs += (users * editsPerTurn) / thinkMsMean;
  }
  const later = Math.max(editsInAll - first, LATER_TURNS_MIN * first);
  return Math.max(0.01, Math.round(((laterPerMs * durationMs) / later) * 100) / 100);
}
