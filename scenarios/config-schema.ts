// The shape of a run's configuration: its types, and the strict schemas that one layer and the whole are checked with.
// It must not know where values come from, nor what the scenarios' own parameters mean.
import { z } from 'zod';
import { type IncidentOptions, NO_INCIDENT } from '../models/incident-options.ts';
import { type ClusterOptions, PLAIN_CLUSTER } from '../models/relay/cluster-options.ts';
import { type ServiceOptions, WORKERS } from '../models/relay/service-options.ts';
import type { SyncClientOptions } from '../models/sync-client-ports.ts';
import { plain, shapes } from './config-shapes.ts';
import { FAULT_PRESETS, type FaultsConfig } from './fault-presets.ts';
import { DEFAULT_NETWORK, NETWORKS, type NetworkConfig } from './networks.ts';
import type { Band } from './profiles/profile.ts';
import { ONE_REGION, type RegionsConfig } from './regions.ts';
import { DEFAULT_RELAY, type RelayConfig, RELAYS } from './relays.ts';

/** A run's configuration, resolved: whole, frozen, printed at the start and kept in the result. */
export interface Config {
  scenario: string;
  profile: string;
  seed: string;
  /** The instant of virtual 0, ISO 8601 with its zone. */
  epoch: string;
  users: number;
  /** Shares of users by journey; only their proportions count. See divideUsers. */
  pools: { light: number; active: number; power: number };
  /** Virtual time in which users act, ramps within, ms. */
  durationMs: number;
  rampUpMs: number;
  rampDownMs: number;
  /** Factor on all think times; 1 gives the published ones. */
  thinkScale: number;
  /** A type by name, or the path of a file whose default export is one. */
  documents: string;
  /** By what devices sync: a log of changes, or the merged state of one document. */
  sync: 'log' | 'state';
  /** What stands behind the relay port: `model`, `inject`, `spawn`, or the address of a relay. */
  side: string;
  clock: 'virtual' | 'wall';
  /** Under the wall clock: time at the start that no figure counts, ms. */
  warmUpMs: number;
  /** Version of the wire protocol. */
  dialect: '1.0' | '1.1';
  client: SyncClientOptions;
  network: NetworkConfig;
  relay: RelayConfig;
  /** What an instance of the relay is, and how long it works on what. */
  service: ServiceOptions;
  /** How instances stand together. */
  cluster: ClusterOptions;
  regions: RegionsConfig;
  wire: WireConfig;
  faults: FaultsConfig;
  /** One thing that goes wrong at a known time. */
  incident: IncidentOptions;
  /** Which oracles judge: all, or those that cost little beside a big run. */
  oracles: 'all' | 'basic';
  /** Virtual time after the users stop in which all must come to agree. */
  drain: { budgetMs: number };
  /** The scenario's own parameters, checked by its own schema. */
  workload: Record<string, number>;
  /** Expressions such as `p(95)<500` by metric. */
  thresholds: Record<string, string[]>;
  /** Rate that the run should offer; a miss is said, and does not fail the run. */
  band?: Band | undefined;
}

/** How a real relay is reached. */
export interface WireConfig {
  /** Before each path of a relay at an address, such as `/api`; empty for none. */
  pathPrefix: string;
  /** What a relay that Squall starts keeps its log in; the address of a Postgres comes from SQUALL_POSTGRES_URL. */
  store: 'sqlite' | 'postgres';
  /** Whether payloads are encrypted before they are sent. */
  payloads: 'encrypted' | 'plain';
  /** Under the wall clock: kept-alive connections. */
  connections: number;
  /** Under the wall clock: a schedule error whose p99 is above this makes the run inconclusive, ms. */
  scheduleErrorMsMax: number;
}

const WIRE_DEFAULTS: Readonly<WireConfig> = {
  pathPrefix: '',
  store: 'sqlite',
  payloads: 'encrypted',
  connections: 50,
  scheduleErrorMsMax: 100,
};

/** One layer of configuration: any part of it. A text stands for a preset's name, or for a list of one threshold. */
export interface ConfigLayer extends Partial<
  Omit<
    Config,
    | 'seed'
    | 'pools'
    | 'client'
    | 'network'
    | 'relay'
    | 'service'
    | 'cluster'
    | 'regions'
    | 'wire'
    | 'faults'
    | 'incident'
    | 'drain'
    | 'workload'
    | 'thresholds'
    | 'band'
  >
> {
  seed?: string | number;
  pools?: Partial<Config['pools']>;
  client?: Partial<SyncClientOptions>;
  network?: string | Partial<NetworkConfig>;
  relay?: string | Partial<RelayConfig>;
  service?: Partial<ServiceOptions>;
  cluster?: Partial<ClusterOptions>;
  regions?: string | Partial<RegionsConfig>;
  wire?: Partial<WireConfig>;
  faults?: string | Partial<FaultsConfig>;
  incident?: Partial<IncidentOptions>;
  drain?: Partial<Config['drain']>;
  workload?: Readonly<Record<string, number>>;
  thresholds?: Readonly<Record<string, string | readonly string[]>>;
  band?: Partial<Band> | undefined;
}

/** The scenario's schema judges the values. */
const workload = z.record(z.string(), z.unknown());
const thresholds = z.record(z.string().regex(/^[a-z][a-z0-9_.-]*$/i), z.array(z.string().min(1)));

/** The whole, in the order in which a configuration is printed. Workloads are checked apart. */
export const configSchema = z.strictObject({
  scenario: plain.scenario,
  profile: plain.profile,
  seed: plain.seed,
  epoch: plain.epoch,
  users: plain.users,
  pools: z.strictObject(shapes.pools),
  durationMs: plain.durationMs,
  rampUpMs: plain.rampUpMs,
  rampDownMs: plain.rampDownMs,
  thinkScale: plain.thinkScale,
  documents: plain.documents,
  sync: plain.sync,
  side: plain.side,
  clock: plain.clock,
  warmUpMs: plain.warmUpMs.default(0),
  dialect: plain.dialect,
  // A finding that was kept before a key was there is read as if it stood at its default.
  client: z.strictObject({ ...shapes.client, retryJitter: shapes.client.retryJitter.default('full') }),
  network: z.strictObject(shapes.network),
  relay: z.strictObject(shapes.relay),
  service: z.strictObject(shapes.service).default(() => ({ ...WORKERS })),
  cluster: z.strictObject(shapes.cluster).default(() => ({ ...PLAIN_CLUSTER })),
  regions: z.strictObject(shapes.regions).default(() => ({ ...ONE_REGION })),
  wire: z.strictObject(shapes.wire).default(() => ({ ...WIRE_DEFAULTS })),
  faults: z.strictObject(shapes.faults),
  incident: z.strictObject(shapes.incident).default(() => ({ ...NO_INCIDENT })),
  oracles: plain.oracles,
  drain: z.strictObject(shapes.drain),
  workload: workload as unknown as z.ZodType<Record<string, number>>,
  thresholds,
  band: z.strictObject(shapes.band).optional(),
}) satisfies z.ZodType<Config>;

/** One layer: every key may be left out, none may be misspelt. */
export const layerSchema = z
  .strictObject({
    ...plain,
    pools: z.strictObject(shapes.pools).partial(),
    client: z.strictObject(shapes.client).partial(),
    network: z.strictObject(shapes.network).partial(),
    relay: z.strictObject(shapes.relay).partial(),
    service: z.strictObject(shapes.service).partial(),
    cluster: z.strictObject(shapes.cluster).partial(),
    regions: z.strictObject(shapes.regions).partial(),
    wire: z.strictObject(shapes.wire).partial(),
    faults: z.strictObject(shapes.faults).partial(),
    incident: z.strictObject(shapes.incident).partial(),
    drain: z.strictObject(shapes.drain).partial(),
    workload,
    thresholds,
    band: z.strictObject(shapes.band).partial(),
  })
  .partial();

/** What holds where no layer says otherwise. Users, duration and ramps come from the profile. */
export const CONFIG_DEFAULTS = {
  epoch: '2026-01-01T00:00:00Z',
  thinkScale: 1,
  documents: 'lww',
  sync: 'log',
  oracles: 'basic',
  side: 'model',
  clock: 'virtual',
  warmUpMs: 0,
  dialect: '1.1',
  client: {
    batchSize: 10,
    autoSyncMs: 30_000,
    notifyMs: 200,
    timeoutMs: 10_000,
    retryMsBase: 200,
    retryMsMax: 30_000,
    retryJitter: 'full',
  },
  network: NETWORKS[DEFAULT_NETWORK]!,
  relay: RELAYS[DEFAULT_RELAY]!,
  service: WORKERS,
  cluster: PLAIN_CLUSTER,
  regions: ONE_REGION,
  wire: WIRE_DEFAULTS,
  faults: FAULT_PRESETS['none']!,
  incident: NO_INCIDENT,
  drain: { budgetMs: 300_000 },
  workload: {},
  thresholds: {},
} as const satisfies ConfigLayer;

/** Every key of the configuration by its path, groups too, in printed order: `users`, `network`, `network.lossRate` … */
export const CONFIG_PATHS: readonly string[] = Object.keys(configSchema.shape).flatMap((key) => [
  key,
  ...Object.keys(shapes[key as keyof typeof shapes] ?? {}).map((inner) => `${key}.${inner}`),
]);

const TEXT_PATHS: ReadonlySet<string> = new Set([
  'scenario',
  'profile',
  'seed',
  'epoch',
  'documents',
  'sync',
  'oracles',
  'relay.specimen',
  'side',
  'clock',
  'dialect',
  'network.name',
  'relay.name',
  'client.retryJitter',
  'service.kind',
  'cluster.balancer',
  'cluster.store',
  'regions.name',
  'regions.routing',
  'incident.kind',
  'wire.pathPrefix',
  'wire.store',
  'wire.payloads',
  'faults.name',
]);

/** Whether the value at this path is a text, so that `1.0` or `42` typed for it is no number. */
export function isTextPath(path: string): boolean {
  return TEXT_PATHS.has(path) || path.startsWith('thresholds.');
}
