// Names what is another one than when a baseline was made: of its configuration, workload, engine or model. It compares
// what was resolved, key by key. It must not know figures.

import type { Config } from '../config-schema.ts';
import type { Versions } from './baseline-file.ts';
import type { Change } from './comparison.ts';

/** What a changed key of the configuration says: other work for the relay, or another setting under the same work. */
type KeyGroup = 'workload' | 'configuration';

/** Every key of the configuration; a new one does not compile without. */
export const KEY_GROUPS: Readonly<Record<keyof Config, KeyGroup>> = {
  scenario: 'workload',
  profile: 'configuration',
  // What users do is drawn from the seed, and their dates from the epoch.
  seed: 'workload',
  epoch: 'workload',
  users: 'workload',
  pools: 'workload',
  durationMs: 'workload',
  rampUpMs: 'workload',
  rampDownMs: 'workload',
  thinkScale: 'workload',
  documents: 'workload',
  sync: 'workload',
  side: 'configuration',
  // Real and virtual time have no figure in common, nor have two stretches of one run.
  clock: 'workload',
  warmUpMs: 'workload',
  dialect: 'workload',
  client: 'configuration',
  network: 'configuration',
  relay: 'configuration',
  service: 'configuration',
  cluster: 'configuration',
  regions: 'configuration',
  wire: 'configuration',
  faults: 'configuration',
  incident: 'workload',
  oracles: 'configuration',
  drain: 'configuration',
  workload: 'workload',
  thresholds: 'configuration',
  band: 'configuration',
};

/** Keys that leave the trace as it is: names, and what is only judged or said. */
const SILENT: ReadonlySet<string> = new Set(['profile', 'network.name', 'relay.name', 'faults.name']);
const isSilent = (path: string): boolean => SILENT.has(path) || /^(thresholds|band)(\.|$)/.test(path);

/** What two runs are compared by, beside their figures. */
export interface Identity {
  readonly traceHash: string;
  readonly protocolHash: string;
  /** Null where it is not known. */
  readonly workloadHash: string | null;
  /** Null where they are not known. */
  readonly versions: Versions | null;
  readonly config: object;
}

/** The group of a path such as `relay.workers`; one that no version knows is configuration. */
export function groupOf(path: string): KeyGroup {
  const [key = ''] = path.split('.');
  return Object.hasOwn(KEY_GROUPS, key) ? KEY_GROUPS[key as keyof Config] : 'configuration';
}

/** All that is another one, in the order workload, configuration, engine, model. */
export function changesBetween(before: Identity, after: Identity): Change[] {
  const paths = changedPaths(before.config, after.config);
  const of = (group: KeyGroup): Change[] =>
    paths.filter(({ path }) => groupOf(path) === group).map(({ detail }) => ({ what: group, detail }));
  const workload = of('workload');
  const engine = engineChanges(before.versions, after.versions);
  const isSameWorkload =
    before.workloadHash === null || after.workloadHash === null || before.workloadHash === after.workloadHash;
  if (!isSameWorkload && workload.length === 0) {
    const hashes = `workload hash ${before.workloadHash} → ${after.workloadHash}`;
    workload.push({ what: 'workload', detail: `users do something else from the same configuration: ${hashes}` });
  }
  const changes = [...workload, ...of('configuration'), ...engine];
  const isExplained = workload.length > 0 || engine.length > 0 || paths.some(({ path }) => !isSilent(path));
  if (before.traceHash !== after.traceHash && !isExplained) changes.push(modelChange(before, after));
  return changes;
}

function modelChange(before: Identity, after: Identity): Change {
  const isSameProtocol = before.protocolHash === after.protocolHash;
  const meaning = isSameProtocol
    ? 'what is exchanged is the same, only times moved'
    : 'what is exchanged is another one, too';
  return { what: 'model', detail: `the same input gives another trace, so the code of the model changed: ${meaning}` };
}

function engineChanges(before: Versions | null, after: Versions | null): Change[] {
  if (before === null || after === null) return [];
  const flat = ({ tool, drawVersion, libraries }: Versions): Map<string, unknown> =>
    new Map<string, unknown>([['squall', tool], ['draw version', drawVersion], ...Object.entries(libraries)]);
  return differing(flat(before), flat(after)).map(({ detail }) => ({ what: 'engine', detail }));
}

/** Paths whose values differ, sorted, each with both values. */
export function changedPaths(before: object, after: object): { path: string; detail: string }[] {
  return differing(flattened(before), flattened(after));
}

function differing(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): { path: string; detail: string }[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => {
    const [old, now] = [shown(before, path), shown(after, path)];
    return old === now ? [] : [{ path, detail: `${path}: ${old} → ${now}` }];
  });
}

function shown(values: ReadonlyMap<string, unknown>, path: string): string {
  if (!values.has(path)) return 'none';
  const value = values.get(path);
  if (Array.isArray(value)) return value.map(String).join(', ') || 'nothing';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Single values and lists by their path. */
function flattened(tree: object, prefix = '', into = new Map<string, unknown>()): Map<string, unknown> {
  for (const [key, value] of Object.entries(tree)) {
    const path = prefix + key;
    if (value === undefined) continue;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) flattened(value, `${path}.`, into);
    else into.set(path, value);
  }
  return into;
}
