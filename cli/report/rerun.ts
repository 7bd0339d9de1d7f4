// The command that makes a run of a result again, from its configuration: of what its profile and scenario would have said
// otherwise, each key. It must not know how a run is made.

import { isDeepStrictEqual } from 'node:util';
import { resolveConfig } from '../../scenarios/config.ts';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import { PROFILES } from '../../scenarios/profiles/profiles.ts';
import { SCENARIOS } from '../../scenarios/registry.ts';
import type { StoredResult } from '../../scenarios/result-file.ts';
import { CONFIG_FLAG_BY_NAME } from '../config-flags.ts';
import { repeatCommand } from './failure.ts';

/** Keys that have a place of their own in the command, or come by themselves. */
const OWN_KEYS = ['scenario', 'profile', 'seed'];

type Tree = Readonly<Record<string, unknown>>;
type Setting = readonly [path: string, value: unknown];

const FLAG_BY_PATH = new Map([...CONFIG_FLAG_BY_NAME.values()].map((flag) => [flag.path, flag]));

/** Keys without a flag whose names stand for the whole group. */
const NAMES = ['network.name', 'relay.name', 'faults.name'];

/**
 * `npx squall run …` that makes the same run again; undefined where its scenario or profile is a file of somebody's own, or
 * where another version would be needed. What has a flag, or a name that stands for many keys, comes first; what these do
 * not say follows key by key.
 */
export function rerunCommandOf({ scenario, profile, seed, config }: StoredResult): string | undefined {
  const definition = Object.hasOwn(SCENARIOS, scenario) ? SCENARIOS[scenario] : undefined;
  if (definition === undefined || !Object.hasOwn(PROFILES, profile)) return undefined;
  const resolved = (settings: readonly Setting[]): Tree =>
    plain(resolveConfig({ profile, seed, config: layerOf(settings) }, definition));
  const differing = (settings: readonly Setting[]): Setting[] =>
    differences(resolved(settings), config).filter(([path]) => !OWN_KEYS.includes(path));
  try {
    const leading = differing([]).filter(([path]) => FLAG_BY_PATH.has(path) || NAMES.includes(path));
    const rest = differing(leading);
    // A key that was taken away cannot be set.
    if (!isDeepStrictEqual(resolved([...leading, ...rest]), plain(config))) return undefined;
    const flags = [...leading, ...rest].flatMap(([path, value]) => flagFor(path, value));
    return repeatCommand('run', [scenario, '--profile', profile, '--seed', seed, ...flags], []);
  } catch {
    return undefined;
  }
}

/** A flag of its own where there is one, else `--set`. */
function flagFor(path: string, value: unknown): [flag: string, text: string] {
  const flag = FLAG_BY_PATH.get(path);
  if (flag === undefined) return ['--set', `${path}=${settingText(value)}`];
  return [`--${flag.flag}`, flag.kind === 'duration' ? `${String(value)}ms` : String(value)];
}

/** As JSON holds it. */
function plain(config: object): Tree {
  return JSON.parse(JSON.stringify(config)) as Tree;
}

function isGroup(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Paths whose values are other ones, with those of the second; two keys deep, as settings are. */
function differences(usual: Tree, config: Tree, prefix = ''): Setting[] {
  return Object.entries(config).flatMap(([key, value]): Setting[] => {
    const before = Object.hasOwn(usual, key) ? usual[key] : undefined;
    if (isDeepStrictEqual(before, value)) return [];
    if (isGroup(value) && prefix === '') return differences(isGroup(before) ? before : {}, value, `${key}.`);
    return [[`${prefix}${key}`, value]];
  });
}

function layerOf(settings: readonly Setting[]): ConfigLayer {
  const layer: Record<string, unknown> = {};
  for (const [path, value] of settings) {
    const [group, key] = path.split('.') as [string, string | undefined];
    if (key === undefined) layer[group] = value;
    else layer[group] = { ...(isGroup(layer[group]) ? layer[group] : {}), [key]: value };
  }
  return layer;
}

/** A value as `--set` reads it. */
function settingText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
