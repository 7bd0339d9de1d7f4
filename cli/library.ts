// The package's main entry: what `squall run` does, as a call, and what a scenario of one's own is written with. A run
// is given here what only the process may know: real time, turns of the event loop, a drawn seed.
import type { Config, ConfigLayer } from '../scenarios/config-schema.ts';
import type { Profile } from '../scenarios/profiles/profile.ts';
import type { Progress, Result, RunHooks, RunInput } from '../scenarios/result.ts';
import { run as runInput } from '../scenarios/run.ts';
import { isScenario, type ScenarioDefinition } from '../scenarios/scenario.ts';
import { InputError } from '../sim/errors.ts';
import { breathe, drawSeed, nowMs } from './host.ts';
import { lockHash } from './tool.ts';

export { z } from 'zod';
export type { Concurrency, Edit, EditKind, EntityView, LedgerView } from '../models/documents/edit.ts';
export type { DocumentType, EditOutcome, Replica, ReplicaInit } from '../models/documents/port.ts';
export {
  CHART_OF_ACCOUNTS,
  drawEntity,
  drawUpdate,
  ENTITY_TYPES,
  type EntityDraft,
  entityName,
  type EntityType,
  removal,
} from '../models/entities.ts';
export type { Finding, FindingKind } from '../models/finding.ts';
export type { Action, Step } from '../models/plan.ts';
export type { Profile, Progress, Result, ScenarioDefinition };
export type { Config, ConfigLayer };
export type { Offered, Verdict } from '../scenarios/result.ts';
export { defineScenario, type Turn, workloadOf } from '../scenarios/scenario.ts';
export type { ThresholdResult } from '../scenarios/thresholds.ts';
export type { World } from '../scenarios/world.ts';
export { AssertionError, InputError } from '../sim/errors.ts';
export { AmbientAccessError } from '../sim/guard.ts';
export type { MetricResult } from '../sim/metric-kinds.ts';

/** How a run is made, and what its caller watches. The keys of the configuration stand beside these: `users`, `network` … */
export interface RunOptions extends Omit<ConfigLayer, 'scenario' | 'profile'> {
  /** `storm`, `light` (default), `medium`, `heavy`, or a profile of one's own. */
  profile?: string | Profile;
  /** Keys of the configuration that are kept elsewhere, as in a configuration file; those beside it win. */
  config?: ConfigLayer;
  /** Aborted: the run stops soon, and its result has the verdict `interrupted`. */
  signal?: AbortSignal;
  /** Hears of the configuration once it is resolved, before anything runs. */
  onStart?: (config: Config) => void;
  /** Hears how far the run is, several times a second. */
  onProgress?: (progress: Progress) => void;
}

/**
 * One seeded run, judged. One seed is one run: two results of the same call are equal but for `wallMs` and `runtime`.
 * The event loop gets its turn several times a second meanwhile. A run that fails gives its result like any other: look
 * at `verdict`, `findings` and `thresholds`.
 *
 *     const result = await run('sync-relay', { profile: 'light', seed: '42', users: 5, durationMs: 2000 });
 *
 * @param scenario a name, or a scenario of one's own; it may stand among the options instead
 * @param options without a `seed` one is drawn; it stands in the result
 * @throws InputError for bad input, before anything runs; AmbientAccessError for a scenario that reads a real clock or
 *   entropy; AssertionError for a bug
 */
export function run(scenario: string | ScenarioDefinition, options?: RunOptions): Promise<Result>;
export function run(options: RunOptions & { scenario: string | ScenarioDefinition }): Promise<Result>;
export async function run(
  first: string | ScenarioDefinition | (RunOptions & { scenario: string | ScenarioDefinition }),
  second: RunOptions = {},
): Promise<Result> {
  const isApart = typeof first === 'string' || isScenario(first);
  const options: unknown = isApart ? { ...asObject(second), scenario: first } : first;
  const { scenario, profile, seed, config, signal, onStart, onProgress, ...keys } = asObject(options);
  const input: RunInput = { scenario, profile, seed: seed ?? seedFor(config), config: keys };
  if (config !== undefined) input.file = { name: 'config', values: config };
  const hooks: RunHooks = { clockMs: nowMs, breathe, lockHash: lockHash() };
  if (signal !== undefined) hooks.signal = signal;
  if (onStart !== undefined) hooks.onStart = onStart;
  if (onProgress !== undefined) hooks.onProgress = onProgress;
  return (await runInput(input, hooks)).result;
}

/** Options as a caller without types may give them. */
function asObject(options: unknown): RunOptions & { scenario: string | ScenarioDefinition } {
  if (typeof options === 'object' && options !== null) return options as RunOptions & { scenario: string };
  throw new InputError('options', options, "an object, such as { profile: 'light', seed: '42' }");
}

/** A seed of the run's own, where the configuration has none. */
function seedFor(config: ConfigLayer | undefined): string | undefined {
  return (config as ConfigLayer | null | undefined)?.seed === undefined ? drawSeed() : undefined;
}
