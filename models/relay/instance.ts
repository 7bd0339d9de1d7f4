// What the relay's model asks of one instance, whatever it is inside: jobs come, wait, are worked on, and end. It must not
// know what a job is.

import type { LittlesLaw, StationStatistics } from '../../sim/station-statistics.ts';

/** A job by the caller's number. */
export interface Instance {
  readonly name: string;
  /** Jobs that wait, servers at work, servers there are. */
  readonly queueLength: number;
  readonly busyServers: number;
  readonly servers: number;
  readonly inSystem: number;
  /**
   * Brings a job.
   * @param serviceUs the work on it alone, whole µs at full speed
   * @param changes what it commits; 0 where it commits nothing
   * @returns false where it was refused because too many wait
   */
  offer(job: number, serviceUs: number, changes: number): boolean;
  /** Takes all jobs away; none of them is done. */
  clear(): number[];
  setServers(servers: number): void;
  setSlowdown(factor: number): void;
  statistics(): StationStatistics;
  littlesLaw(): LittlesLaw;
}
