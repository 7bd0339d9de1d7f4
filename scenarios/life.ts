// The life of a world from its start to its judgement, in slices: whoever drives it can pause between two, or leave. It
// must not know who drives it, nor real time.

import { InputError } from '../sim/errors.ts';
import { DocumentFailure } from '../models/document-failure.ts';
import type { Finding } from '../models/finding.ts';
import { throwFinding } from '../models/oracles/document.ts';
import { hasSettled, judgeWorld, SETTLE_CHECK_US } from './judgement.ts';
import type { World } from './world.ts';

/** Events of a slice: between two looks at the driver's clock and signals. */
const SLICE_EVENTS = 10_000;

/** Events at one instant beyond which a run counts as one that never moves on: many devices may all do much at once. */
const STILL_EVENTS_MAX = 10_000_000;
const STILL_EVENTS_PER_DEVICE = 32;

/** Runs and judges a world. Yields the virtual time at which it ends unless it drains sooner, µs. */
export function* lifeOf(world: World): Generator<number, readonly Finding[], void> {
  try {
    return yield* live(world);
  } catch (error) {
    // A document that throws ends the run: what its replica holds now is anybody's guess.
    if (!(error instanceof DocumentFailure)) throw error;
    const { nowUs, events } = world.simulation;
    return [throwFinding(error, nowUs, events, world.printed.toString())];
  }
}

/** The same, all at once. */
export function liveThrough(world: World): readonly Finding[] {
  const slices = lifeOf(world);
  for (;;) {
    const slice = slices.next();
    if (slice.done === true) return slice.value;
  }
}

function* live(world: World): Generator<number, readonly Finding[], void> {
  const { config, simulation } = world;
  if (world.failure !== undefined) throw world.failure;
  const endUs = Math.round(config.durationMs * 1000);
  const lastUs = endUs + Math.round(config.drain.budgetMs * 1000);
  world.start();
  yield* advance(world, endUs, endUs);
  world.heal();
  let isSettled = hasSettled(world);
  while (!isSettled && simulation.nowUs < lastUs) {
    yield* advance(world, Math.min(lastUs, simulation.nowUs + SETTLE_CHECK_US), lastUs);
    isSettled = hasSettled(world);
  }
  const steps = judgeWorld(world, isSettled);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    yield lastUs;
  }
}

/**
 * Runs up to a virtual time.
 * @throws InputError where virtual time stands still for more events than any burst has
 */
function* advance(world: World, untilUs: number, endUs: number): Generator<number, void, void> {
  const { simulation } = world;
  let stillEvents = 0;
  for (;;) {
    const beforeUs = simulation.nowUs;
    const outcome = simulation.run(untilUs, SLICE_EVENTS);
    stillEvents = simulation.nowUs === beforeUs ? stillEvents + SLICE_EVENTS : 0;
    if (stillEvents > STILL_EVENTS_MAX + STILL_EVENTS_PER_DEVICE * world.devices.length) {
      const expected = `a virtual time that moves on (${stillEvents} events at ${beforeUs} µs)`;
      throw new InputError('scenario', world.config.scenario, expected, 'ERR_SCENARIO');
    }
    yield endUs;
    if (outcome !== 'budget') return;
  }
}
