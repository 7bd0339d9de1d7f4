// The rules of a configuration that no single key shows: between two keys, of the scenario, and of what a run can hold.
// It must not know how layers are read and merged, only which of them set what.
import { nominalLatencyMs } from '../sim/link.ts';
import { InputError } from '../sim/errors.ts';
import { DEVICES_MAX } from '../models/device.ts';
import { FAULT_KIND_NAMES } from '../models/faults/event.ts';
import { faultRate } from '../models/faults/rates.ts';
import { stampMs, STAMP_MAX } from '../models/hybrid-clock.ts';
import { type Labels, labelOf, located } from './config-errors.ts';
import type { Config } from './config-schema.ts';
import { epochMsOf } from './epoch.ts';
import { oneOfNames } from './nearest.ts';
import { REGIONS } from './regions.ts';
import type { ScenarioDefinition } from './scenario.ts';
import { checkSide } from './side-rules.ts';

/** The layer that set a key. */
interface Setter {
  labels: Labels;
  /** Higher layers win. */
  rank: number;
}

/**
 * Checks the rules of a whole configuration whose keys were each checked. Of two keys that do not go together, the one
 * that the higher layer set is refused.
 * @throws InputError naming the keys as they were typed
 */
export function checkRules(config: Config, scenario: ScenarioDefinition, setBy: ReadonlyMap<string, Setter>): void {
  const rank = (path: string): number => setBy.get(path)?.rank ?? 0;
  const label = (path: string): string => labelOf(path, setBy.get(path)?.labels.typedAs);
  const refuse = (path: string, received: unknown, expected: string): never => {
    throw new InputError(label(path), received, located(expected, setBy.get(path)?.labels ?? { where: '' }));
  };
  const refuseSum = (paths: readonly string[], received: number, expected: string): never => {
    const highest = paths.reduce((one, other) => (rank(other) > rank(one) ? other : one));
    const labels = setBy.get(highest)?.labels ?? { where: '' };
    // Sums of decimals are shown without the last digits that binary arithmetic leaves.
    throw new InputError(paths.map(label).join(' + '), Number(received.toPrecision(12)), located(expected, labels));
  };
  const ordered = (low: string, high: string, group: object): void => {
    const [least, greatest] = [low, high].map((path) => Reflect.get(group, path.split('.').at(-1)!) as number);
    if (typeof least !== 'number' || typeof greatest !== 'number' || least <= greatest) return;
    if (rank(high) > rank(low)) refuse(high, greatest, `≥ ${label(low)} (${least})`);
    refuse(low, least, `≤ ${label(high)} (${greatest})`);
  };

  for (const [group, values] of Object.entries(config)) {
    if (typeof values !== 'object') continue;
    for (const key of Object.keys(values)) {
      if (key.endsWith('Min')) ordered(`${group}.${key}`, `${group}.${key.slice(0, -3)}Max`, values);
    }
  }
  checkSide(config, refuse);
  const { network, client, faults, pools } = config;
  ordered('network.latencyMsMin', 'network.latencyMsMean', network);
  ordered('network.latencyMsMean', 'network.latencyMsMax', network);
  ordered('client.retryMsBase', 'client.retryMsMax', client);

  const ramps = config.rampUpMs + config.rampDownMs;
  if (ramps > config.durationMs) {
    refuseSum(['rampUpMs', 'rampDownMs'], ramps, `≤ ${label('durationMs')} (${config.durationMs})`);
  }
  if (pools.light + pools.active + pools.power <= 0) {
    refuseSum(['pools.light', 'pools.active', 'pools.power'], 0, '> 0');
  }
  const needs = (rate: string, value: number, needed: string, amount: number): void => {
    if (value > 0 && amount === 0) refuse(needed, amount, `> 0 with ${rate} (${value})`);
  };
  for (const kind of FAULT_KIND_NAMES) {
    const { perHour, lengthMsMean, mayBeShort = false, amount } = faultRate(kind);
    for (const needed of [mayBeShort ? undefined : lengthMsMean, amount?.key]) {
      if (needed !== undefined) needs(`faults.${perHour}`, faults[perHour], `faults.${needed}`, faults[needed]);
    }
  }
  if (faults.brownOutsPerHour > 0 && faults.brownOutWorkers > config.relay.workers) {
    const most = `≤ ${label('relay.workers')} (${config.relay.workers})`;
    refuse('faults.brownOutWorkers', faults.brownOutWorkers, most);
  }
  if (!Object.hasOwn(REGIONS, config.regions.name)) {
    refuse('regions.name', config.regions.name, oneOfNames(config.regions.name, Object.keys(REGIONS)));
  }
  const regions = REGIONS[config.regions.name]!.names.length;
  if (config.relay.instances < regions) {
    refuse('relay.instances', config.relay.instances, `≥ ${regions}, one for each region of ${config.regions.name}`);
  }
  const { kind, atMs } = config.incident;
  if (kind === 'region-lost' && regions < 2) refuse('incident.kind', kind, 'regions.name with two regions or more');
  if (kind === 'instance-lost' && config.relay.instances < 2) {
    refuse('incident.kind', kind, 'relay.instances ≥ 2: without an instance there is no relay');
  }
  if (kind !== 'none' && atMs >= config.durationMs) {
    refuse('incident.atMs', atMs, `< ${label('durationMs')} (${config.durationMs})`);
  }
  const { autoscaleInstancesMax } = config.cluster;
  if (autoscaleInstancesMax > 0 && autoscaleInstancesMax < config.relay.instances) {
    const least = `0, or ≥ ${label('relay.instances')} (${config.relay.instances})`;
    refuse('cluster.autoscaleInstancesMax', autoscaleInstancesMax, least);
  }
  needs('network.reorderRate', network.reorderRate, 'network.reorderMsMean', network.reorderMsMean);
  needs('faults.reorderRate', faults.reorderRate, 'network.reorderMsMean', network.reorderMsMean);
  for (const rate of ['lossRate', 'duplicateRate', 'reorderRate'] as const) {
    const sum = network[rate] + faults[rate];
    if (sum > 1) refuseSum([`network.${rate}`, `faults.${rate}`], sum, '≤ 1');
  }
  for (const { paths, sum, holds, expected } of scenario.rules?.(config) ?? []) {
    if (!holds) refuseSum(paths, sum, expected);
  }

  const devicesPerUser = scenario.devicesPerUser ?? 1;
  if (config.users * devicesPerUser > DEVICES_MAX) {
    const most = Math.floor(DEVICES_MAX / devicesPerUser);
    refuse('users', config.users, `≤ ${most} (${devicesPerUser} devices each, at most ${DEVICES_MAX} in a run)`);
  }
  if (!keepsDates(config)) refuse('epoch', config.epoch, DATES_EXPECTED);
  const leastMs = leastTurnMs(config, scenario);
  if (leastMs !== undefined) {
    const field = `think time × ${label('thinkScale')} + round trips`;
    const labels = setBy.get('thinkScale')?.labels ?? { where: '' };
    throw new InputError(field, leastMs.received, located(`≥ ${leastMs.expected} ms a turn`, labels));
  }
}

/** Stamps end in the year 2089 and dates on the wire begin in 1970. */
const LAST_MS = stampMs(STAMP_MAX);
const DATES_EXPECTED = 'the run, its drain and all its clocks between 1970-01-01 and 2089-09-06';

/**
 * Whether all that any device's clock shows in a run has a stamp. Steps of a clock add up like a random walk: beyond
 * ten root n steps of the greatest size it comes with a probability below 2·e⁻⁵⁰ (Hoeffding 1963).
 */
function keepsDates({ epoch, durationMs, drain, faults }: Config): boolean {
  const epochMs = epochMsOf(epoch);
  const runMs = durationMs + drain.budgetMs;
  const steps = (faults.stepsPerHour * durationMs) / 3_600_000;
  // Arrivals are Poisson: of the unlikely many, too.
  const stepsMost = steps === 0 ? 0 : steps + 10 * Math.sqrt(steps) + 32;
  const stepsMs = Math.min(stepsMost, 10 * Math.sqrt(stepsMost)) * faults.stepMsMax;
  const wrongMs = faults.skewMsMax + (runMs * faults.driftPpmMax) / 1e6 + stepsMs;
  return epochMs - wrongMs >= 0 && epochMs + runMs + wrongMs < LAST_MS;
}

/**
 * Virtual time has whole microseconds. A turn has a think time, and each request two latencies, a service and perhaps a
 * pause: where all of these are below half a microsecond, users turn for ever at one instant. Undefined where they
 * cannot all be, else the mean turn and what it would have to be.
 */
function leastTurnMs(config: Config, scenario: ScenarioDefinition): { received: number; expected: number } | undefined {
  const { network, relay } = config;
  // Without what changes, rows and wire add: less than the round trip that is offered.
  const latencyMs = nominalLatencyMs({ ...network, bandwidthKbit: 0 });
  const roundTripMs = 2 * latencyMs + Math.min(relay.pushMsMean, relay.pullMsMean);
  const turn = scenario.turn?.(config, roundTripMs);
  if (turn === undefined) return undefined;
  const expected = Number((0.0005 * (1 + 4 * turn.requests)).toPrecision(3));
  return turn.msMean < expected ? { received: turn.msMean, expected } : undefined;
}
