// Resolves a run's configuration, once: defaults < profile < scenario < file < what was typed. It must not read files,
// arguments or clocks: it is given what was read.
import { z } from 'zod';
import { InputError } from '../sim/errors.ts';
import { errorOfIssues, type Labels, labelOf, located } from './config-errors.ts';
import { checkRules } from './config-rules.ts';
import { readSide } from './sides.ts';
import {
  CONFIG_DEFAULTS,
  CONFIG_PATHS,
  type Config,
  type ConfigLayer,
  configSchema,
  layerSchema,
} from './config-schema.ts';
import { FAULT_PRESET_NAMES, FAULT_PRESETS, SWARM } from './fault-presets.ts';
import { swarmFaults, type SwarmRun } from './fault-swarm.ts';
import { oneOfNames } from './nearest.ts';
import { NETWORKS } from './networks.ts';
import { type Profile, profileSchema } from './profiles/profile.ts';
import { DEFAULT_PROFILE, PROFILES } from './profiles/profiles.ts';
import { RELAYS } from './relays.ts';
import type { ScenarioDefinition } from './scenario.ts';
import { parseThreshold } from './thresholds.ts';

/** What a configuration is made of, beside the scenario. */
export interface ConfigInput {
  /** A profile's name, or a profile of one's own. */
  profile?: string | Profile | undefined;
  seed?: string | number | undefined;
  /** What a configuration file says, unchecked. */
  file?: { name: string; values: unknown } | undefined;
  /** What the caller or the command line says: above all others. */
  config?: ConfigLayer | undefined;
  /** What the person typed for a path of `config`, for messages: `{ users: '--users' }`. */
  typedAs?: Readonly<Record<string, string>> | undefined;
}

type Tree = Record<string, unknown>;

/** A layer that was checked, and how its keys are called. */
interface Layer {
  values: Tree;
  labels: Labels;
  /** Higher layers win. */
  rank: number;
}

/**
 * The whole configuration of a run, frozen.
 * @throws InputError that names the first wrong key as the person typed it
 */
export function resolveConfig(input: ConfigInput, scenario: ScenarioDefinition): Config {
  const workloadPaths = Object.keys(scenario.workload.shape).map((key) => `workload.${key}`);
  const paths = [...CONFIG_PATHS, ...workloadPaths];
  const fileLabels: Labels = { paths, where: input.file?.name ?? '' };
  const typedLabels: Labels = { paths, typedAs: input.typedAs, where: '' };
  const typed = checkLayer({ seed: input.seed, ...input.config }, 3, typedLabels, scenario);
  const file = checkLayer(input.file === undefined ? {} : input.file.values, 2, fileLabels, scenario);
  const profile = resolveProfile(input, typed, file);
  const ownLabels: Labels = { paths, where: `the defaults of scenario ${scenario.name}` };
  const own = checkLayer(scenario.defaults?.(profile) ?? {}, 1, ownLabels, scenario);
  const { users, pools, durationMs, rampUpMs, rampDownMs, oracles = 'basic', pageSize } = profile;
  const relay = { ...CONFIG_DEFAULTS.relay, ...(pageSize === undefined ? {} : { pageSize }) };
  const base: Layer = {
    values: { ...CONFIG_DEFAULTS, users, pools, durationMs, rampUpMs, rampDownMs, oracles, relay },
    labels: { paths, where: '' },
    rank: 0,
  };

  const ofProfile = { paths, where: `profile ${profile.name}` };
  const made = checkLayer(profile.workload === undefined ? {} : { workload: profile.workload }, 0, ofProfile, scenario);

  const { merged, setBy } = mergeAll(drawSwarms([base, made, own, file, typed], scenario));
  checkScenarioName(merged['scenario'], scenario.name, setBy.get('scenario'));
  const labelsOf = (path: string): Labels => setBy.get(path)?.labels ?? typedLabels;
  merged['scenario'] = scenario.name;
  merged['profile'] = profile.name;
  merged['workload'] = resolveWorkload(merged['workload'], scenario, labelsOf);
  const whole = configSchema.safeParse(merged);
  if (!whole.success) {
    const at = whole.error.issues[0]!.path.map(String).join('.');
    throw errorOfIssues(whole.error, merged, labelsOf(at));
  }
  checkRules(whole.data, scenario, setBy);
  return deepFreeze(whole.data);
}

/** Checks one layer's keys and values, spells out the short forms, and puts presets in the place of their names. */
function checkLayer(raw: unknown, rank: number, labels: Labels, scenario: ScenarioDefinition): Layer {
  const values = typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? spelledOut(raw as Tree) : raw;
  const checked = layerSchema.safeParse(values);
  if (!checked.success) throw errorOfIssues(checked.error, values, labels);
  const layer = checked.data as Tree;
  const workload = workloadSchemasOf(scenario).partial.safeParse(layer['workload'] ?? {});
  if (!workload.success) throw errorOfIssues(workload.error, layer['workload'], labels, 'workload');
  for (const [group, presets] of [
    ['network', NETWORKS],
    ['relay', RELAYS],
    ['faults', FAULT_PRESETS],
  ] as const) {
    if (layer[group] !== undefined) layer[group] = withPreset(group, layer[group] as Tree, presets, labels);
  }
  for (const [metric, expressions] of Object.entries((layer['thresholds'] ?? {}) as Record<string, string[]>)) {
    for (const expression of expressions) parseThreshold(metric, expression);
  }
  return { values: layer, labels, rank };
}

/** The short forms: a number as seed, a preset's name for its group, one threshold for a list of one. */
function spelledOut(raw: Tree): Tree {
  const values: Tree = {};
  for (const [key, value] of Object.entries(raw)) {
    // A key that is no own data property after assignment, such as __proto__, must reach the strict schema.
    if (value !== undefined)
      Object.defineProperty(values, key, { value, enumerable: true, configurable: true, writable: true });
  }
  if (typeof values['seed'] === 'number' && Number.isFinite(values['seed'])) values['seed'] = String(values['seed']);
  for (const group of ['network', 'relay', 'regions', 'faults']) {
    if (typeof values[group] === 'string') values[group] = { name: values[group] };
  }
  const thresholds = values['thresholds'];
  if (typeof thresholds === 'object' && thresholds !== null && !Array.isArray(thresholds)) {
    values['thresholds'] = Object.fromEntries(
      Object.entries(thresholds).map(([metric, list]) => [metric, typeof list === 'string' ? [list] : list]),
    );
  }
  return values;
}

/** A group whose name is a preset's: the preset, with the other keys over it. Another name needs every key. */
function withPreset(group: string, values: Tree, presets: Readonly<Record<string, object>>, labels: Labels): Tree {
  const name = values['name'] as string | undefined;
  if (name === undefined) return values;
  if (Object.hasOwn(presets, name)) return { ...presets[name], ...values };
  // It follows from what other layers say too.
  if (group === 'faults' && name === SWARM) return values;
  const keys = labels.paths.filter((path) => path.startsWith(`${group}.`)).map((path) => path.slice(group.length + 1));
  if (keys.every((key) => values[key] !== undefined)) return values;
  const field = labelOf(`${group}.name`, labels.typedAs);
  const names = group === 'faults' ? FAULT_PRESET_NAMES : Object.keys(presets);
  throw new InputError(field, name, located(oneOfNames(name, names), labels));
}

function resolveProfile(input: ConfigInput, typed: Layer, file: Layer): Profile {
  const named = (typed.values['profile'] as string | undefined) ?? input.profile;
  const chosen = named ?? (file.values['profile'] as string | undefined) ?? DEFAULT_PROFILE;
  const labels = named === undefined ? file.labels : typed.labels;
  const field = labelOf('profile', labels.typedAs);
  if (typeof chosen === 'string') {
    if (Object.hasOwn(PROFILES, chosen)) return PROFILES[chosen]!;
    throw new InputError(field, chosen, located(oneOfNames(chosen, Object.keys(PROFILES)), labels));
  }
  const checked = profileSchema.safeParse(chosen);
  if (!checked.success) {
    const paths = Object.entries(profileSchema.shape).flatMap(([key]) => [key]);
    const label = typeof chosen.name === 'string' ? `profile ${chosen.name}` : 'the profile';
    throw errorOfIssues(checked.error, chosen, { paths, where: label });
  }
  return checked.data;
}

/** Ramps of lower layers keep their share of the duration when a layer sets another duration. */
function scaleRamps(merged: Tree, layer: Tree): void {
  const before = merged['durationMs'];
  const after = layer['durationMs'];
  if (typeof before !== 'number' || typeof after !== 'number') return;
  for (const ramp of ['rampUpMs', 'rampDownMs']) merged[ramp] = Math.floor(((merged[ramp] as number) * after) / before);
}

/** All layers laid over each other, and which of them set what. */
function mergeAll(layers: readonly Layer[]): { merged: Tree; setBy: Map<string, Layer> } {
  const setBy = new Map<string, Layer>();
  const merged: Tree = {};
  for (const layer of layers) {
    scaleRamps(merged, layer.values);
    merge(merged, layer.values, layer, setBy, '');
  }
  return { merged, setBy };
}

/** Puts what is drawn in the place of a swarm's name; the seed and the size of the run may stand in any layer. */
function drawSwarms(layers: readonly Layer[], scenario: ScenarioDefinition): readonly Layer[] {
  const isSwarm = ({ values }: Layer): boolean => (values['faults'] as Tree | undefined)?.['name'] === SWARM;
  if (!layers.some(isSwarm)) return layers;
  const { seed, users, durationMs, network, side, dialect } = mergeAll(layers).merged as Partial<Config>;
  // Without a seed there is no run; that is refused when the whole is checked.
  if (seed === undefined || users === undefined || durationMs === undefined) return layers;
  const devices = users * (scenario.devicesPerUser ?? 1);
  const { kind } = readSide(side ?? 'model');
  const isStoreRemote = kind === 'http' || (kind !== 'model' && dialect === '1.0');
  const faults = swarmFaults(seed, { durationMs, devices, network: network as SwarmRun['network'], isStoreRemote });
  return layers.map((layer) =>
    isSwarm(layer)
      ? { ...layer, values: { ...layer.values, faults: { ...faults, ...(layer.values['faults'] as Tree) } } }
      : layer,
  );
}

/** Lays a layer over what is merged so far; lists and single values are replaced whole. */
function merge(into: Tree, values: Tree, layer: Layer, setBy: Map<string, Layer>, prefix: string): void {
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const path = prefix + key;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const inner = { ...(into[key] as Tree | undefined) };
      merge(inner, value as Tree, layer, setBy, `${path}.`);
      into[key] = inner;
    } else {
      into[key] = value;
      setBy.set(path, layer);
    }
  }
}

interface WorkloadSchemas {
  readonly partial: z.ZodObject;
  readonly whole: z.ZodObject;
}

/** A hunt resolves thousands of configurations of one scenario, and making a schema costs more than using it. */
const workloadSchemas = new WeakMap<z.ZodObject, WorkloadSchemas>();

function workloadSchemasOf({ workload }: ScenarioDefinition): WorkloadSchemas {
  let schemas = workloadSchemas.get(workload);
  if (schemas === undefined) {
    schemas = { partial: z.strictObject(workload.shape).partial(), whole: workload.strict() };
    workloadSchemas.set(workload, schemas);
  }
  return schemas;
}

function checkScenarioName(named: unknown, scenario: string, layer: Layer | undefined): void {
  if (named === undefined || named === scenario) return;
  throw new InputError('scenario', named, located(`${scenario}, which is being run`, layer?.labels ?? { where: '' }));
}

function resolveWorkload(merged: unknown, scenario: ScenarioDefinition, labelsOf: (path: string) => Labels): unknown {
  const resolved = workloadSchemasOf(scenario).whole.safeParse(merged);
  if (resolved.success) return resolved.data;
  const at = ['workload', ...resolved.error.issues[0]!.path].map(String).join('.');
  throw errorOfIssues(resolved.error, merged, labelsOf(at), 'workload');
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
