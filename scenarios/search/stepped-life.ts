// A world's life event by event, for whoever looks at it between two: the same phases, events and judgement as in
// `lifeOf`. It must not know what is looked for.

import { DocumentFailure } from '../../models/document-failure.ts';
import type { Finding } from '../../models/finding.ts';
import { throwFinding } from '../../models/oracles/document.ts';
import { hasSettled, judgeWorld, SETTLE_CHECK_US } from '../judgement.ts';
import type { World } from '../world.ts';

/** Where a life is left, if it comes so far. */
export interface LifeLimit {
  /** Virtual time: all that happens up to and at it has happened, µs. */
  readonly atUs?: number;
  /** Records of the trace, as the last events of a finding are numbered. */
  readonly records?: number;
}

/** What has just been done: an event; the start; the end of all faults; everything but the judgement. */
export type LifeStep = 'start' | 'event' | 'heal' | 'end';

/**
 * Runs a world event by event, and yields after each.
 *
 * @returns its findings; undefined where it was left before its judgement
 */
export function* steppedLife(
  world: World,
  limit?: LifeLimit,
): Generator<LifeStep, readonly Finding[] | undefined, void> {
  try {
    return yield* live(world, limit);
  } catch (error) {
    if (!(error instanceof DocumentFailure)) throw error;
    const { nowUs, events } = world.simulation;
    return [throwFinding(error, nowUs, events)];
  }
}

function* live(world: World, limit?: LifeLimit): Generator<LifeStep, readonly Finding[] | undefined, void> {
  const { config, simulation } = world;
  const endUs = Math.round(config.durationMs * 1000);
  const lastUs = endUs + Math.round(config.drain.budgetMs * 1000);
  world.start();
  yield 'start';
  if (yield* advance(world, endUs, limit)) return undefined;
  world.heal();
  yield 'heal';
  let isSettled = hasSettled(world);
  while (!isSettled && simulation.nowUs < lastUs) {
    if (yield* advance(world, Math.min(lastUs, simulation.nowUs + SETTLE_CHECK_US), limit)) return undefined;
    isSettled = hasSettled(world);
  }
  yield 'end';
  if (limit !== undefined) return undefined;
  const steps = judgeWorld(world, isSettled);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** True where the limit was reached. */
function* advance(world: World, untilUs: number, limit?: LifeLimit): Generator<LifeStep, boolean, void> {
  const { simulation } = world;
  const { atUs = Number.POSITIVE_INFINITY, records = Number.POSITIVE_INFINITY } = limit ?? {};
  for (;;) {
    if (simulation.trace.count >= records) return true;
    const outcome = simulation.run(Math.min(untilUs, Math.max(atUs, simulation.nowUs)), 1);
    if (outcome === 'budget') {
      yield 'event';
      continue;
    }
    return atUs <= simulation.nowUs;
  }
}
