// Where the search for a service's figures begins: equations that are linear in them, by least squares. Pure; it must not know
// how the figures are refined.
import type { ServiceOptions } from '../../models/relay/service-options.ts';
import type { StepSummary } from './fit-residuals.ts';
import type { Checkpoints } from './fit-tail.ts';
import { type Equation, nonNegativeLeastSquares } from './least-squares.ts';
import type { ClientDelay } from './loop-model.ts';

type Start = Pick<
  ServiceOptions,
  'turnMs' | 'pushMs' | 'pushMsPerChange' | 'pullMs' | 'pullMsPerRow' | 'commitMs' | 'commitMsPerChange'
>;

/** Turn, push, push's share in the commit, change, pull, row, commit, change in the commit. */
const UNKNOWNS = 8;

/**
 * - a light load's median is what one request takes by itself, after the client's delay is taken off;
 * - at saturation the loop never rests: the time of one answer is its own cost and its share of turn and commit;
 * - a commit is a fixed cost, and one for each push and change in it.
 *
 * Errors count as shares of what was measured.
 *
 * @param restMs what service after a rest takes longer
 * @param checkpoints are no part of the costs that are looked for
 */
export function startOf(
  summaries: readonly StepSummary[],
  client: ClientDelay,
  restMs: number,
  checkpoints: Checkpoints,
): Start {
  const checkpointMs = checkpoints.changes === 0 ? 0 : checkpoints.ms / checkpoints.changes;
  const equations: Equation[] = [];
  const add = (factors: readonly number[], value: number): void => {
    if (value > 0) equations.push({ factors, value, weight: 1 / (value * value) });
  };
  for (const { load, isClosed, perSecond, parts, commits } of summaries) {
    if (commits !== undefined) {
      const { ms, jobs, changes } = commits;
      add([0, 0, jobs, 0, 0, 0, 1, changes], ms - changes * checkpointMs);
    }
    if (!isClosed) {
      for (const { part, aloneMs, restedShare } of parts) {
        const ownMs = aloneMs - client.p50 - restedShare * restMs;
        if (part.op === 'push') add([1, 1, 1, part.size, 0, 0, 1, part.size], ownMs);
        else add([1, 0, 0, 0, 1, part.size, 0, 0], ownMs);
      }
      continue;
    }
    const [first] = parts;
    if (parts.length !== 1 || first === undefined) continue;
    const connections = load.arrivals.kind === 'closed' ? load.arrivals.connections : 1;
    // Half of a closed loop waits while the other half is served, where nobody says how many share a commit.
    const share = 1 / Math.max(1, commits?.jobs ?? connections / 2);
    const { op, size } = first.part;
    const takesMs = 1000 / perSecond.value;
    if (op === 'push') add([share, 1, 1, size, 0, 0, share, size], takesMs - size * checkpointMs);
    else add([share, 0, 0, 0, 1, size, 0, 0], takesMs);
  }
  const found = nonNegativeLeastSquares(equations, UNKNOWNS);
  const [turnMs, ownPushMs, committedPushMs, pushMsPerChange, pullMs, pullMsPerRow, commitMs, commitMsPerChange] =
    found as [number, number, number, number, number, number, number, number];
  return {
    turnMs,
    pushMs: ownPushMs + committedPushMs,
    pushMsPerChange,
    pullMs,
    pullMsPerRow,
    commitMs,
    commitMsPerChange,
  };
}
