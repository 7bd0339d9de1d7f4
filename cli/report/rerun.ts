// The command that makes a run of a result again, from its configuration: of what its profile and scenario would have said
// otherwise, each key. It must not know how a run is made.

import { isDeepStrictEqual } from 'node:util';
import { resolveConfig } from '../../scenarios/config.ts';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import { PROFILES } from '../../scenarios/profiles/profiles.ts';
import { SCENARIOS } from '../../scenarios/registry.ts';
import type { StoredResult } from '../../scenarios/result-file.ts';
import { repeatCommand } from './failure.ts';

/** Keys that have a place of their own in the command, or come by themselves. */
const OWN_KEYS = ['scenario', 'profile', 'seed'];

type Tree = Readonly<Record<string, unknown>>;

/**
 * `npx squall run …` that makes the same run again; undefined where its scenario or profile is a file of somebody's own, or
 * where another version would be needed.
 */
export function rerunCommandOf({ scenario, profile, seed, config }: StoredResult): string | undefined {
  const definition = Object.hasOwn(SCENARIOS, scenario) ? SCENARIOS[scenario] : undefined;
  if (definition === undefined || !Object.hasOwn(PROFILES, profile)) return undefined;
  try {
    const usual = resolveConfig({ profile, seed }, definition);
    const settings = differences(usual as unknown as Tree, config).filter(([path]) => !OWN_KEYS.includes(path));
    const layer = layerOf(settings);
    // A key that was taken away cannot be set.
    if (!isDeepStrictEqual(plain(resolveConfig({ profile, seed, config: layer }, definition)), plain(config))) {
      return undefined;
    }
    const flags = settings.flatMap(([path, value]) => ['--set', `${path}=${settingText(value)}`]);
    return repeatCommand('run', [scenario, '--profile', profile, '--seed', seed, ...flags], []);
  } catch {
    return undefined;
  }
}

/** As JSON holds it. */
function plain(config: object): unknown {
  return JSON.parse(JSON.stringify(config)) as unknown;
}

function isGroup(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Paths whose values are other ones, with those of the second; two keys deep, as settings are. */
function differences(usual: Tree, config: Tree, prefix = ''): [path: string, value: unknown][] {
  return Object.entries(config).flatMap(([key, value]): [string, unknown][] => {
    const before = Object.hasOwn(usual, key) ? usual[key] : undefined;
    if (isDeepStrictEqual(before, value)) return [];
    if (isGroup(value) && prefix === '') return differences(isGroup(before) ? before : {}, value, `${key}.`);
    return [[`${prefix}${key}`, value]];
  });
}

function layerOf(settings: readonly (readonly [path: string, value: unknown])[]): ConfigLayer {
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
