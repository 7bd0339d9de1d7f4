// One run from input to result: resolves the configuration, builds the world, drives its clock, judges it. It must not
// know terminals or files; real time and interruption are the caller's, given as hooks.

import { InputError } from '../sim/errors.ts';
import { AmbientAccessError, guarded, installGuard } from '../sim/guard.ts';
import type { MetricResult } from '../sim/metric-kinds.ts';
import type { DocumentType } from '../models/documents/port.ts';
import { DocumentFailure } from '../models/document-failure.ts';
import type { Finding } from '../models/finding.ts';
import { RealTime } from '../relay-adapter/load/real-time.ts';
import { NO_ACCESS } from '../relay-adapter/wire/access.ts';
import { resolveConfig } from './config.ts';
import type { Config } from './config-schema.ts';
import { checkSync, loadDocuments } from './documents.ts';
import { faultsOf } from './fault-counts.ts';
import { sizesOf } from './judgement.ts';
import { endOf, lifeOf, type Pace } from './life.ts';
import { type Recovery, recoveryOf } from './metastable.ts';
import { unknownName } from './nearest.ts';
import { roundTripMs } from './nominal.ts';
import { PROFILED_SCENARIOS, SCENARIOS } from './registry.ts';
import { specimenOf } from './relay-specimens.ts';
import { type Offered, type Result, type RunHooks, type RunInput, type RunOutcome, verdictOf } from './result.ts';
import { isScenario, SCENARIO_HAS, type ScenarioDefinition } from './scenario.ts';
import { checkThresholds, judge } from './thresholds.ts';
import { histogramsOf, type Timeline, timelineOf } from './timeline.ts';
import { TOOL } from './version.ts';
import { WallClock } from './wall-clock.ts';
import { RunWatch } from './watch/run-watch.ts';
import type { Series } from './watch/snapshot.ts';
import { World } from './world.ts';
import type { WorldOptions } from './world-options.ts';

/**
 * Finds a scenario by name; one that is given as it is stays so.
 * @throws InputError that names the nearest one, or says what a scenario has
 */
export function scenarioOf(scenario: string | ScenarioDefinition): ScenarioDefinition {
  if (typeof scenario !== 'string') {
    if (isScenario(scenario)) return scenario;
    throw new InputError('scenario', scenario, `one of ${Object.keys(SCENARIOS).join(', ')}, or ${SCENARIO_HAS}`);
  }
  if (Object.hasOwn(PROFILED_SCENARIOS, scenario)) return PROFILED_SCENARIOS[scenario]!;
  if (!Object.hasOwn(SCENARIOS, scenario)) throw unknownName('scenario', scenario, Object.keys(SCENARIOS));
  return SCENARIOS[scenario]!;
}

/** Under the wall clock a run breathes so often, though it does nothing but wait, µs. */
const BREATH_US = 1_000_000;

/** A run that can be driven in pieces; `run` drives it to its end. */
export interface PreparedRun {
  readonly config: Config;
  readonly scenario: ScenarioDefinition;
  readonly world: World;
  /** Real time, under the wall clock. */
  readonly time?: RealTime | undefined;
}

/** Resolves, loads and builds, without running anything. @throws InputError for bad input */
export async function prepare(input: RunInput, options: WorldOptions = {}): Promise<PreparedRun> {
  const scenario = scenarioOf(input.scenario);
  // Before any document library is loaded: some bind the sources of entropy when they are.
  installGuard();
  // What a scenario says of its configuration is simulated code, like what it builds.
  const config = guarded(() => resolveConfig(input, scenario));
  const documents = input.documents ?? (await loadDocuments(config.documents));
  const time = config.clock === 'wall' ? await RealTime.open() : undefined;
  let world: World | undefined;
  try {
    world = preparedWorld(config, documents, { ...options, access: input.access ?? NO_ACCESS, time });
    build(scenario, world);
    const { metrics } = world.simulation;
    sizesOf(metrics);
    checkThresholds(config.thresholds, metrics);
    return { config, scenario, world, time };
  } catch (error) {
    // Real time keeps a process alive, and a relay's side a thread busy.
    await time?.close();
    if (world !== undefined) leaveSide(world);
    throw error;
  }
}

/**
 * A world of a resolved configuration, with nothing built in it.
 * @throws InputError where the documents cannot do what the configuration asks for
 */
export function preparedWorld(config: Config, documents: DocumentType, options: WorldOptions): World {
  checkSync(config, documents);
  return new World(config, documents, { wrapPort: specimenOf(config.relay.specimen), ...options });
}

/**
 * A scenario of a person's own that cannot be built is bad input; one of ours, or a look at a real clock, is a bug. What a
 * document throws meanwhile is the world's failure, and will be its finding.
 */
export function build(scenario: ScenarioDefinition, world: World): void {
  try {
    guarded(() => scenario.build(world));
  } catch (error) {
    if (error instanceof DocumentFailure) {
      world.failure = error;
      return;
    }
    const isOurs = [SCENARIOS, PROFILED_SCENARIOS].some((ours) => Object.values(ours).includes(scenario));
    if (isOurs || error instanceof InputError || error instanceof AmbientAccessError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const refusal = new InputError(
      'scenario',
      scenario.name,
      `a build that does not throw (${message})`,
      'ERR_SCENARIO',
    );
    refusal.cause = error;
    throw refusal;
  }
}

/**
 * One seeded run, judged.
 *
 * @throws InputError for bad input, before anything runs; AssertionError and AmbientAccessError for bugs
 */
export async function run(input: RunInput, hooks: RunHooks = {}): Promise<RunOutcome> {
  const prepared = await prepare(input);
  try {
    hooks.onStart?.(prepared.config);
  } catch (error) {
    await prepared.time?.close();
    leaveSide(prepared.world);
    throw error;
  }
  return drive(prepared, hooks);
}

/** Runs a prepared world to its end and judges it. */
export async function drive(prepared: PreparedRun, hooks: RunHooks): Promise<RunOutcome> {
  const { world, time } = prepared;
  const wall = time === undefined ? undefined : new WallClock(world, time);
  try {
    return await driven(prepared, hooks, wall);
  } finally {
    try {
      await wall?.close();
    } finally {
      leaveSide(world);
    }
  }
}

/** A relay behind a wire is free for the next run. */
function leaveSide({ config, port }: World): void {
  if (config.side !== 'model') port.dispose?.();
}

async function driven(prepared: PreparedRun, hooks: RunHooks, wall: WallClock | undefined): Promise<RunOutcome> {
  const { world } = prepared;
  await wall?.start();
  const startedMs = hooks.clockMs?.() ?? 0;
  const watch = new RunWatch(world);
  hooks.onWatch?.(watch);
  const slices = lifeOf(world, {
    time: wall,
    pace: pacing(hooks, watch, wall !== undefined),
    found: (reported) => watch.found(reported),
  });
  let findings: readonly Finding[] | undefined;
  let breathedUs = 0;
  while (!isAborted(hooks)) {
    const slice = slices.next();
    if (slice.done === true) {
      findings = slice.value;
      break;
    }
    wall?.flush();
    watch.look(slice.value);
    if (slice.value === 'wait') await wall?.wait();
    else if (slice.value !== 'slice' && slice.value !== 'judge') continue;
    const { nowUs: virtualUs, events, metrics } = world.simulation;
    hooks.onProgress?.({ virtualUs, endUs: endOf(world), phase: metrics.phase, events });
    // Who waits has let the event loop turn, and still says now and then that it is alive.
    if (slice.value === 'wait' && virtualUs < breathedUs + BREATH_US) continue;
    breathedUs = virtualUs;
    await hooks.breathe?.();
  }
  watch.end(findings);
  const wallMs = Math.round((hooks.clockMs?.() ?? 0) - startedMs);
  return { result: resultOf(prepared, findings, wallMs, hooks.lockHash ?? '', wall, watch.series) };
}

/** The windows of the timeline end slices too; under the wall clock nobody but time holds them back. */
function pacing(hooks: RunHooks, watch: RunWatch, isWall: boolean): () => Pace {
  return () => {
    const pace = isWall ? undefined : hooks.pace?.();
    return {
      sliceEvents: pace?.sliceEvents ?? Number.POSITIVE_INFINITY,
      untilUs: Math.min(pace?.untilUs ?? Number.POSITIVE_INFINITY, watch.nextUs),
    };
  };
}

function isAborted({ signal }: RunHooks): boolean {
  return signal?.aborted === true;
}

function resultOf(
  { config, scenario, world }: PreparedRun,
  findings: readonly Finding[] | undefined,
  wallMs: number,
  lockHash: string,
  wall: WallClock | undefined,
  series: Series,
): Result {
  const { simulation } = world;
  const { metrics } = simulation;
  const interrupted = findings === undefined;
  const unmeasured = interrupted ? Object.values(sizesOf(metrics)).map(({ name }) => name) : [];
  const measuredUs = Math.max(0, simulation.nowUs - config.warmUpMs * 1000);
  const thresholds = interrupted ? [] : judge(config.thresholds, metrics, measuredUs);
  const offered = offeredOf(config, scenario, world);
  const load = wall?.load(offered, holdMs(config, simulation.nowUs));
  const timeline = timelineOf(series, config, simulation.nowUs);
  const recovery = interrupted ? undefined : recoveryAfter(config, timeline, scenario.arrivals === undefined);
  // A system that is metastable cannot drain: that says nothing more.
  const isDown = recovery?.verdict === 'metastable';
  const told = (findings ?? []).filter(({ kind }) => !(isDown && kind === 'liveness'));
  return {
    schemaVersion: 1,
    tool: { ...TOOL },
    runtime: { node: process.version, v8: process.versions.v8, lockHash },
    seed: config.seed,
    scenario: config.scenario,
    profile: config.profile,
    config,
    clock: config.clock,
    side: config.side,
    durationMs: simulation.nowUs / 1000,
    wallMs,
    events: simulation.events,
    traceHash: simulation.trace.hash(),
    protocolHash: world.relay.protocol.hash(),
    offered,
    ...(scenario.arrivals && { arrivals: { ...scenario.arrivals, scale: config.users / scenario.arrivals.users } }),
    ...(load !== undefined && { load }),
    metrics: metrics.snapshot(measuredUs).filter((metric) => isSampled(metric) && !unmeasured.includes(metric.name)),
    thresholds,
    findings: told,
    faults: faultsOf(world),
    marks: { ...world.marks, ...world.history?.marks },
    timeline,
    histograms: histogramsOf(metrics, config, simulation.nowUs).filter(({ metric }) => !unmeasured.includes(metric)),
    ...(recovery !== undefined && { recovery }),
    verdict: verdictOf({ findings: told, thresholds, interrupted, load, recovery }),
  };
}

/** How a run went on after its incident; undefined where there was none, or where it lasts beyond the hold. */
function recoveryAfter(config: Config, timeline: Timeline, isLoadSteady: boolean): Recovery | undefined {
  const { incident, durationMs, rampUpMs, rampDownMs } = config;
  const endMs = incident.atMs + incident.forMs;
  const holdToMs = durationMs - rampDownMs;
  if (incident.kind === 'none' || endMs >= holdToMs) return undefined;
  return recoveryOf(timeline, { atMs: incident.atMs, endMs, holdFromMs: rampUpMs, holdToMs, isLoadSteady });
}

/** Counters stand in the result with 0 too; a trend or rate without a sample says nothing. */
function isSampled({ type, values }: MetricResult): boolean {
  if (type === 'counter') return true;
  return type === 'rate' ? values.total > 0 : values.count > 0;
}

/** How long of the hold was measured. An interrupted run may have ended in it, or before it. */
function holdMs({ durationMs, rampUpMs, rampDownMs, warmUpMs }: Config, nowUs: number): number {
  return Math.max(0, Math.min(durationMs - rampDownMs, nowUs / 1000) - Math.max(rampUpMs, warmUpMs));
}

/** The rate that the workload offers at nominal latency, and the one that users achieved during the hold. */
function offeredOf(config: Config, scenario: ScenarioDefinition, world: World): Offered {
  const turn = guarded(() => scenario.turn?.(config, roundTripMs(config)));
  const holdS = holdMs(config, world.simulation.nowUs) / 1000;
  const requests = world.measures.turnRequests.valueIn('hold');
  return {
    rate: turn === undefined ? 0 : (config.users * turn.requests * 1000) / turn.msMean,
    achieved: holdS > 0 ? requests / holdS : 0,
    band: config.band ?? null,
  };
}
