// One point of load: a world at so many users, run until it is steady and then measured. It knows neither threads nor what
// the points are for.
import type { DocumentType } from '../../models/documents/port.ts';
import type { Ledger } from '../../models/device.ts';
import { InputError } from '../../sim/errors.ts';
import { guarded } from '../../sim/guard.ts';
import { millisecondsOf } from '../../sim/histogram.ts';
import { resolveConfig } from '../config.ts';
import type { Config, ConfigLayer } from '../config-schema.ts';
import { sizesOf } from '../judgement.ts';
import { lifeOf } from '../life.ts';
import type { RunInput } from '../result.ts';
import { build, preparedWorld } from '../run.ts';
import type { ScenarioDefinition } from '../scenario.ts';
import { checkThresholds, judge, type Thresholds } from '../thresholds.ts';
import type { World } from '../world.ts';
import { watchParts } from './bottleneck.ts';
import { overLayer } from './layers.ts';
import { judgePoint } from './objectives.ts';
import type { CapacityPoint, PartUse } from './result.ts';
import { offeredRate, type PointWindow, windowLayer, windowOf } from './window.ts';

/** What a point is to be. */
export interface PointTask {
  readonly users: number;
  /** The whole seed. */
  readonly seed: string;
  readonly isLong: boolean;
  /** Samples that the objectives need over the short window. */
  readonly samples: number;
  readonly objectives: Thresholds;
  /** Over what the person said. */
  readonly layer?: ConfigLayer | undefined;
  /** So many ledgers' users are put on one ledger, the first. */
  readonly hotLedgers?: number | undefined;
  /** Whether the bytes of the log are to be added up. */
  readonly isSized?: boolean | undefined;
}

/** Between two looks at whoever may stop the run. */
const SLICE_EVENTS = 20_000;

/** The configuration of a point. @throws InputError as for a run */
export function pointConfig(input: RunInput, scenario: ScenarioDefinition, task: PointTask): Config {
  const own: ConfigLayer = { users: task.users, side: 'model', clock: 'virtual', oracles: 'basic' };
  const layered = (window: ConfigLayer): Config =>
    guarded(() =>
      resolveConfig(
        {
          ...input,
          seed: undefined,
          config: overLayer(input.config ?? {}, task.layer ?? {}, own, window, { seed: task.seed }),
        },
        scenario,
      ),
    );
  // How long it takes depends on the workload, which the whole configuration says.
  const config = layered({});
  const window: PointWindow = windowOf(config, scenario, task.samples, task.isLong);
  return { ...layered(windowLayer(window)), thresholds: {} };
}

/** Where the hold of a point begins, µs. */
function holdFromUs({ durationMs, rampUpMs }: Config, holdMs: number): number {
  return Math.round(Math.max(rampUpMs, durationMs - holdMs) * 1000);
}

/**
 * Runs a point.
 * @param beat called between slices; gives whether to leave
 * @throws InputError for what could not be run, and where it was left
 */
export function runPoint(
  input: RunInput,
  scenario: ScenarioDefinition,
  documents: DocumentType,
  task: PointTask,
  beat: () => boolean = () => false,
): CapacityPoint | undefined {
  const config = pointConfig(input, scenario, task);
  const { holdMs } = windowOf(config, scenario, task.samples, task.isLong);
  const world = preparedWorld(config, documents, {});
  try {
    if (task.hotLedgers !== undefined) heat(world, task.hotLedgers);
    build(scenario, world);
    const { metrics } = world.simulation;
    sizesOf(metrics);
    checkThresholds(task.objectives, metrics);
    const fromUs = holdFromUs(config, holdMs);
    const begun = driveTo(world, fromUs, beat, task.isSized === true);
    return begun === undefined ? undefined : measured(world, scenario, task, holdMs, begun);
  } finally {
    world.dispose();
  }
}

/** The first so many ledgers that a scenario asks for are one. */
function heat(world: World, ledgers: number): void {
  const own = world.ledger.bind(world);
  let asked = 0;
  let hot: Ledger | undefined;
  world.ledger = (writers) => {
    if (asked++ >= ledgers) return own(writers);
    hot ??= own(writers * ledgers);
    return hot;
  };
}

/** What was noted where the hold began. */
interface HoldBegun {
  readonly logBytes: number;
  readonly use: (windowMs: number) => PartUse[];
}

/** Runs a world through its hold; undefined where it was left. */
function driveTo(world: World, fromUs: number, beat: () => boolean, isSized: boolean): HoldBegun | undefined {
  const { simulation, config } = world;
  let begun: HoldBegun | undefined;
  const life = lifeOf(world, {
    sliceEvents: SLICE_EVENTS,
    pace: () => ({
      sliceEvents: SLICE_EVENTS,
      untilUs: begun === undefined ? fromUs : Number.POSITIVE_INFINITY,
    }),
  });
  for (;;) {
    const step = life.next();
    if (step.done === true) {
      const [first] = step.value ?? [];
      throw new InputError(
        'scenario',
        config.scenario,
        `documents that do not fail (${first?.signature ?? 'they did'})`,
      );
    }
    // At the hold's very end: what follows is the drain.
    if (step.value === 'heal') return begun;
    if (beat()) return undefined;
    if (begun !== undefined || simulation.nowUs < fromUs) continue;
    simulation.metrics.forget();
    begun = { logBytes: isSized ? logBytesOf(world) : 0, use: watchParts(world) };
  }
}

function logBytesOf({ ledgers, port, table }: World): number {
  let bytes = 0;
  for (const { index } of ledgers) for (const change of port.log(index)) bytes += table.wireBytesOf(change);
  return bytes;
}

function measured(
  world: World,
  scenario: ScenarioDefinition,
  { isLong, objectives: wanted, isSized }: PointTask,
  holdMs: number,
  begun: HoldBegun,
): CapacityPoint {
  const { config, measures, simulation } = world;
  const objectives = judge(wanted, simulation.metrics, Math.round(holdMs * 1000));
  const all = measures.requests.total();
  const [p50, p95, p99] = all.percentilesUs([50, 95, 99]);
  const ms = (us: number | undefined): number | null => (all.count === 0 ? null : millisecondsOf(us!));
  return {
    users: config.users,
    seed: config.seed,
    isLong,
    windowMs: holdMs,
    offered: guarded(() => offeredRate(config, scenario)) ?? 0,
    achieved: (measures.turnRequests.value * 1000) / holdMs,
    p50Ms: ms(p50),
    p95Ms: ms(p95),
    p99Ms: ms(p99),
    requests: all.count,
    failed: measures.requestsFailed.rate,
    objectives,
    ...judgePoint(objectives),
    use: begun.use(holdMs),
    bytesSent: measures.bytesSent.value,
    bytesReceived: measures.bytesReceived.value,
    logBytes: isSized === true ? Math.max(0, logBytesOf(world) - begun.logBytes) : 0,
    events: simulation.events,
  };
}
