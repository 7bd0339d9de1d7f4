// The flags that set keys of the configuration: for each key of it, its flag and help. It must not know how arguments
// are read, nor which command takes what.
import type { Config } from '../scenarios/config-schema.ts';

/** A flag that sets one key of the configuration. */
export interface ConfigFlag {
  flag: string;
  /** The key's path. */
  path: string;
  kind: 'text' | 'number' | 'duration';
  value: string;
  help: string;
}

/** Every key of the configuration: its flag, or null where only `--set` reaches it. A new key does not compile without. */
const CONFIG_FLAGS = {
  scenario: null,
  profile: {
    flag: 'profile',
    path: 'profile',
    kind: 'text',
    value: '<name|file>',
    help: 'storm, light (default), medium, heavy, or a file of your own',
  },
  seed: { flag: 'seed', path: 'seed', kind: 'text', value: '<text>', help: 'drawn and printed when left out' },
  epoch: null,
  users: {
    flag: 'users',
    path: 'users',
    kind: 'number',
    value: '<n>',
    help: 'users; conflict users in crdt-conflicts',
  },
  pools: null,
  durationMs: {
    flag: 'duration',
    path: 'durationMs',
    kind: 'duration',
    value: '<time>',
    help: 'virtual time, such as 30s, 5m, 1h30m; ramps scale with it',
  },
  rampUpMs: null,
  rampDownMs: null,
  thinkScale: {
    flag: 'think-scale',
    path: 'thinkScale',
    kind: 'number',
    value: '<factor>',
    help: 'factor on think times; 1 gives the published ones',
  },
  documents: {
    flag: 'documents',
    path: 'documents',
    kind: 'text',
    value: '<type|file>',
    help: 'lww (default), yjs, or a file of your own',
  },
  sync: null,
  oracles: null,
  side: {
    flag: 'side',
    path: 'side',
    kind: 'text',
    value: '<side>',
    help: 'model (default), inject, spawn, or a relay at http://…',
  },
  clock: { flag: 'clock', path: 'clock', kind: 'text', value: '<clock>', help: 'virtual (default) or wall' },
  warmUpMs: {
    flag: 'warm-up',
    path: 'warmUpMs',
    kind: 'duration',
    value: '<time>',
    help: 'under the wall clock: time at the start that no figure counts',
  },
  dialect: {
    flag: 'dialect',
    path: 'dialect',
    kind: 'text',
    value: '<version>',
    help: 'wire protocol: 1.0 or 1.1 (default)',
  },
  client: null,
  network: {
    flag: 'network',
    path: 'network.name',
    kind: 'text',
    value: '<name>',
    help: 'ideal, lan, broadband (default), wifi, lte, 4g, 3g, satellite, flaky',
  },
  relay: null,
  service: null,
  cluster: null,
  regions: null,
  incident: null,
  wire: {
    flag: 'path-prefix',
    path: 'wire.pathPrefix',
    kind: 'text',
    value: '<path>',
    help: 'before the paths of a relay at an address, such as /api',
  },
  faults: {
    flag: 'faults',
    path: 'faults.name',
    kind: 'text',
    value: '<name|file>',
    help: 'none (default), lossy, partitions, crashes, skew, chaos, swarm, or a file of your own',
  },
  drain: null,
  workload: null,
  thresholds: null,
  band: null,
} as const satisfies Record<keyof Config, ConfigFlag | null>;

/** The flags by name. */
export const CONFIG_FLAG_BY_NAME: ReadonlyMap<string, ConfigFlag> = new Map(
  Object.values(CONFIG_FLAGS).flatMap((flag) => (flag === null ? [] : [[flag.flag, flag] as const])),
);
