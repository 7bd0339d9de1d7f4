// Records of arrivals made from known parameters, for tests.
import type { Arrivals } from '../../../scenarios/arrivals/arrivals.ts';
import { ArrivalsCollector } from '../../../scenarios/arrivals/arrivals.ts';

/** A request of a record to be made; bytes where they matter. */
export interface Asked {
  readonly atMs: number;
  readonly user: number;
  readonly operation: 'push' | 'pull';
  readonly bytes?: number;
}

/** What reading a file of these would give. */
export function recordOf(asked: readonly Asked[]): Arrivals {
  const collector = new ArrivalsCollector();
  for (const { atMs, user, operation, bytes = -1 } of asked) {
    collector.add({ atMs, user: '', operation, bytes, isRequestSize: true, isWholeSecond: false }, user);
  }
  const sha256 = '0'.repeat(64);
  return collector.finish({ name: 'made', sha256, format: 'csv', lines: asked.length, others: 0, broken: 0 });
}
