// How long a point of load is run: until it is steady, and then for as many samples as its objectives need. It must not
// know how it is run.
import type { Config, ConfigLayer } from '../config-schema.ts';
import { roundTripMs } from '../nominal.ts';
import type { ScenarioDefinition } from '../scenario.ts';

/** A window in virtual time, whole ms: users start, the load settles, it is measured. */
export interface PointWindow {
  readonly rampMs: number;
  readonly settleMs: number;
  readonly holdMs: number;
}

/** Requests of users' turns per second at nominal latency; undefined where the scenario does not say. */
export function offeredRate(config: Config, scenario: ScenarioDefinition): number | undefined {
  const turn = scenario.turn?.(config, roundTripMs(config));
  return turn === undefined ? undefined : (config.users * turn.requests * 1000) / turn.msMean;
}

/** Over the long window so many times as many samples are taken as over the short one. */
const LONG_FACTOR = 4;
const HOLD_MS_MIN = 2_000;
const HOLD_MS_MAX = 14_400_000;
/** Turns that a window holds at least, and in which a load settles. */
const TURNS_MIN = 10;
const SETTLE_TURNS = 5;

/**
 * The window of a point.
 * @param samples that the objectives need over the short window
 */
export function windowOf(config: Config, scenario: ScenarioDefinition, samples: number, isLong: boolean): PointWindow {
  const factor = isLong ? LONG_FACTOR : 1;
  const turn = scenario.turn?.(config, roundTripMs(config));
  // A scenario that says nothing of its turns gets what the published ones need.
  const turnMs = turn?.msMean ?? 3_000;
  const rate = offeredRate(config, scenario) ?? config.users / 3;
  const wantedMs = Math.max(HOLD_MS_MIN * factor, TURNS_MIN * turnMs, (samples * factor * 1000) / Math.max(rate, 1e-9));
  return {
    rampMs: Math.ceil(within(turnMs, 1_000, 120_000)),
    settleMs: Math.ceil(within(SETTLE_TURNS * turnMs, 2_000, 600_000)),
    holdMs: Math.ceil(Math.min(HOLD_MS_MAX, wantedMs)),
  };
}

/** What a window sets in the configuration of a point; the life of its world ends with the hold. */
export function windowLayer({ rampMs, settleMs, holdMs }: PointWindow): ConfigLayer {
  return { durationMs: rampMs + settleMs + holdMs, rampUpMs: rampMs, rampDownMs: 0, warmUpMs: 0 };
}

function within(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
