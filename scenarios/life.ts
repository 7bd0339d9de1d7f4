// The life of a world from its start to its judgement, in slices: whoever drives it can look between two, pause there, or
// leave. It must not know who drives it, nor real time.

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

/** What has just been done: the start; a slice; all that is due by now in real time; the end of all faults; everything but the judgement; some of that. */
export type LifeStep = 'start' | 'slice' | 'wait' | 'heal' | 'end' | 'judge';

/** Where a life is left, if it comes so far: then it is not judged. */
export interface LifeLimit {
  /** Virtual time: all that happens up to and at it has happened, µs. */
  readonly atUs?: number;
  /** Records of the trace, as the last events of a finding are numbered. */
  readonly records?: number;
}

export interface LifeOptions {
  /** Events of a slice; 1 for those who look at each. */
  readonly sliceEvents?: number;
  readonly limit?: LifeLimit;
  /** Under the wall clock: virtual time goes no further than this. */
  readonly time?: { readonly nowUs: number; nudge(): void } | undefined;
  /** Asked before each slice: how far it may go. */
  readonly pace?: (() => Pace) | undefined;
  /** Told of what oracles report, as soon as they do. */
  readonly found?: ((findings: readonly Finding[]) => void) | undefined;
}

/** How far the next slice may go; it ends at whichever comes first. */
export interface Pace {
  /** Most events; 0 lets nothing happen. */
  readonly sliceEvents: number;
  /** Virtual time, µs, of which a fraction is left out; what is past lets only what is due now happen. */
  readonly untilUs: number;
}

/** Runs and judges a world. Undefined where a limit was given: the world is left as it is then. */
export function* lifeOf(
  world: World,
  options: LifeOptions = {},
): Generator<LifeStep, readonly Finding[] | undefined, void> {
  try {
    return yield* live(world, options);
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
    if (slice.done === true) return slice.value ?? [];
  }
}

/** Virtual time at which a world's life ends unless it drains sooner, µs: of its users, then of its drain. */
export function endOf({ config, simulation }: World): number {
  const endUs = Math.round(config.durationMs * 1000);
  return simulation.nowUs < endUs ? endUs : endUs + Math.round(config.drain.budgetMs * 1000);
}

function* live(world: World, options: LifeOptions): Generator<LifeStep, readonly Finding[] | undefined, void> {
  const { config, simulation } = world;
  if (world.failure !== undefined) throw world.failure;
  const endUs = Math.round(config.durationMs * 1000);
  const lastUs = endUs + Math.round(config.drain.budgetMs * 1000);
  world.start();
  yield 'start';
  if (yield* advance(world, endUs, options)) return undefined;
  world.heal();
  yield 'heal';
  let isSettled = hasSettled(world);
  while (!isSettled && simulation.nowUs < lastUs) {
    // Nobody wants to wait in real time until devices sync by themselves.
    options.time?.nudge();
    if (yield* advance(world, Math.min(lastUs, simulation.nowUs + SETTLE_CHECK_US), options)) return undefined;
    isSettled = hasSettled(world);
  }
  yield 'end';
  if (options.limit !== undefined) return undefined;
  const steps = judgeWorld(world, isSettled, options.found);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    yield 'judge';
  }
}

/**
 * Runs up to a virtual time. True where the limit was reached before.
 * @throws InputError where virtual time stands still for more events than any burst has
 */
function* advance(
  world: World,
  untilUs: number,
  { sliceEvents = SLICE_EVENTS, limit = {}, time, pace }: LifeOptions,
): Generator<LifeStep, boolean, void> {
  const { simulation } = world;
  const { atUs = Number.POSITIVE_INFINITY, records = Number.POSITIVE_INFINITY } = limit;
  let stillEvents = 0;
  for (;;) {
    if (simulation.trace.count >= records) return true;
    const { nowUs: beforeUs, events: before } = simulation;
    const paced = pace?.();
    const dueUs = time === undefined ? untilUs : Math.max(beforeUs, time.nowUs);
    const goalUs = Math.min(untilUs, dueUs, Math.max(atUs, beforeUs));
    const stopUs = Math.min(goalUs, Math.max(beforeUs, Math.floor(paced?.untilUs ?? goalUs)));
    const outcome = simulation.run(stopUs, Math.min(sliceEvents, paced?.sliceEvents ?? sliceEvents));
    stillEvents = simulation.nowUs === beforeUs && time === undefined ? stillEvents + simulation.events - before : 0;
    if (stillEvents > STILL_EVENTS_MAX + STILL_EVENTS_PER_DEVICE * world.devices.length) {
      const expected = `a virtual time that moves on (${stillEvents} events at ${beforeUs} µs)`;
      throw new InputError('scenario', world.config.scenario, expected, 'ERR_SCENARIO');
    }
    const isHeldBack = (outcome === 'time' || outcome === 'idle') && stopUs < goalUs;
    if (outcome !== 'budget' && !isHeldBack && dueUs < untilUs) {
      yield 'wait';
      continue;
    }
    if (sliceEvents > 1 || outcome === 'budget' || isHeldBack) yield 'slice';
    if (outcome !== 'budget' && !isHeldBack) return atUs <= simulation.nowUs;
  }
}
