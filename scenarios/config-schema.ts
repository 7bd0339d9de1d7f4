// The shape of a run's configuration: its types, and the strict schemas that one layer and the whole are checked with.
// It must not know where values come from, nor what the scenarios' own parameters mean.
import { z } from 'zod';
import type { SyncClientOptions } from '../models/sync-client-ports.ts';
import { FAULT_PRESETS, type FaultsConfig } from './fault-presets.ts';
import { DEFAULT_NETWORK, NETWORKS, type NetworkConfig } from './networks.ts';
import type { Band } from './profiles/profile.ts';
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
  wire: WireConfig;
  faults: FaultsConfig;
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
    'seed' | 'pools' | 'client' | 'network' | 'relay' | 'wire' | 'faults' | 'drain' | 'workload' | 'thresholds' | 'band'
  >
> {
  seed?: string | number;
  pools?: Partial<Config['pools']>;
  client?: Partial<SyncClientOptions>;
  network?: string | Partial<NetworkConfig>;
  relay?: string | Partial<RelayConfig>;
  wire?: Partial<WireConfig>;
  faults?: string | Partial<FaultsConfig>;
  drain?: Partial<Config['drain']>;
  workload?: Readonly<Record<string, number>>;
  thresholds?: Readonly<Record<string, string | readonly string[]>>;
  band?: Partial<Band> | undefined;
}

/** A year: longer virtual times are slips of the finger. */
const LONGEST_MS = 31_536_000_000;

const name = z.string().min(1).max(200);
const ms = z.number().min(0).max(LONGEST_MS);
const positiveMs = z.number().gt(0).max(LONGEST_MS);
const wholeMs = z.int().min(0).max(LONGEST_MS);
const share = z.number().min(0).max(1);
const sigma = z.number().min(0).max(10);
const weight = z.number().min(0);
const perHour = z.number().min(0).max(100_000);
const changes = z.int().min(1).max(1_000_000);

const shapes = {
  pools: { light: weight, active: weight, power: weight },
  client: {
    batchSize: z.int().min(1).max(10_000),
    autoSyncMs: ms.min(1),
    notifyMs: ms,
    timeoutMs: ms.min(1),
    retryMsBase: positiveMs,
    retryMsMax: positiveMs,
  } satisfies Shape<SyncClientOptions>,
  network: {
    name,
    latencyMsMean: ms,
    latencyMsMin: ms,
    latencyMsMax: ms,
    latencySigma: sigma,
    bandwidthKbitUp: z.number().min(0),
    bandwidthKbitDown: z.number().min(0),
    lossRate: share,
    duplicateRate: share,
    reorderRate: share,
    reorderMsMean: ms,
  } satisfies Shape<NetworkConfig>,
  relay: {
    name,
    instances: z.int().min(1).max(1000),
    workers: z.int().min(1).max(10_000),
    queueLimit: z.int().min(0).max(100_000_000),
    timeoutMs: ms,
    pageSize: z.int().min(1).max(100_000),
    specimen: name,
    rateLimitPerMinute: z.number().min(0),
    bodyLimitBytes: z.int().min(1),
    pushMsMean: positiveMs,
    pushMsPerChange: ms,
    pullMsMean: positiveMs,
    pullMsPerRow: ms,
    serviceSigma: sigma,
  } satisfies Shape<RelayConfig>,
  wire: {
    pathPrefix: z
      .string()
      .max(200)
      .regex(/^(\/[A-Za-z0-9._~-]+)*$/, 'a path such as /api'),
    store: z.enum(['sqlite', 'postgres']),
    payloads: z.enum(['encrypted', 'plain']),
    connections: z.int().min(1).max(10_000),
    scheduleErrorMsMax: positiveMs,
  } satisfies Shape<WireConfig>,
  faults: {
    name,
    lossRate: share,
    duplicateRate: share,
    reorderRate: share,
    partitionsPerHour: perHour,
    partitionMsMean: ms,
    partitionOneWayShare: share,
    skewMsMax: ms,
    driftPpmMax: z.number().min(0).max(100_000),
    stepsPerHour: perHour,
    stepMsMax: ms,
    clogsPerHour: perHour,
    clogMsMean: ms,
    slowLinksPerHour: perHour,
    slowLinkMsMean: ms,
    slowLinkAddedMsMean: ms,
    throttlesPerHour: perHour,
    throttleMsMean: ms,
    throttleKbit: z.number().min(0.001).max(1e9),
    overtakesPerHour: perHour,
    offlinesPerHour: perHour,
    offlineMsMean: ms,
    crashesPerHour: perHour,
    crashMsMean: ms,
    lostTailsPerHour: perHour,
    backupsPerHour: perHour,
    backupAgeMsMean: ms,
    duplicateDevicesPerHour: perHour,
    suspensionsPerHour: perHour,
    suspensionMsMean: ms,
    evictionsPerHour: perHour,
    relayCrashesPerHour: perHour,
    relayCrashMsMean: ms,
    commitCrashesPerHour: perHour,
    commitCrashMsMean: ms,
    commitCrashPoint: z.int().min(1).max(2),
    slowStoresPerHour: perHour,
    slowStoreMsMean: ms,
    slowStoreFactor: z.number().min(1).max(1_000_000),
    brownOutsPerHour: perHour,
    brownOutMsMean: ms,
    brownOutWorkers: z.int().min(1).max(10_000),
    lostResponsesPerHour: perHour,
    lostResponseMsMean: ms,
    lostResponseShare: share,
    rateLimitsPerHour: perHour,
    serverErrorsPerHour: perHour,
    refusalMsMean: ms,
    refusalShare: share,
    failoversPerHour: perHour,
    failoverMsMean: ms,
    failoverLagChanges: changes,
    retentionsPerHour: perHour,
    relayTailLossesPerHour: perHour,
    relayTailChanges: changes,
    lostFailoversPerHour: perHour,
  } satisfies Shape<FaultsConfig>,
  drain: { budgetMs: wholeMs.min(1) },
  band: { requestsPerSecondMin: z.number().min(0), requestsPerSecondMax: z.number().min(0) } satisfies Shape<Band>,
};

const plain = {
  scenario: name,
  profile: name,
  seed: name,
  epoch: z.iso.datetime({ offset: true }),
  users: z.int().min(1).max(1_000_000),
  durationMs: wholeMs.min(1),
  rampUpMs: wholeMs,
  rampDownMs: wholeMs,
  thinkScale: z.number().gt(0).max(1_000_000),
  documents: z.string().min(1).max(1000),
  sync: z.enum(['log', 'state']),
  oracles: z.enum(['all', 'basic']),
  side: z.string().min(1).max(1000),
  clock: z.enum(['virtual', 'wall']),
  warmUpMs: wholeMs,
  dialect: z.enum(['1.0', '1.1']),
};

/** The scenario's schema judges the values. */
const workload = z.record(z.string(), z.unknown());
const thresholds = z.record(z.string().regex(/^[a-z][a-z0-9_.-]*$/i), z.array(z.string().min(1)));

type Shape<T> = { [K in keyof T]-?: z.ZodType<T[K]> };

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
  client: z.strictObject(shapes.client),
  network: z.strictObject(shapes.network),
  relay: z.strictObject(shapes.relay),
  // A finding that was kept before these keys were there is read as if they stood at their defaults.
  wire: z.strictObject(shapes.wire).default(() => ({ ...WIRE_DEFAULTS })),
  faults: z.strictObject(shapes.faults),
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
    wire: z.strictObject(shapes.wire).partial(),
    faults: z.strictObject(shapes.faults).partial(),
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
  client: { batchSize: 10, autoSyncMs: 30_000, notifyMs: 200, timeoutMs: 10_000, retryMsBase: 200, retryMsMax: 30_000 },
  network: NETWORKS[DEFAULT_NETWORK]!,
  relay: RELAYS[DEFAULT_RELAY]!,
  wire: WIRE_DEFAULTS,
  faults: FAULT_PRESETS['none']!,
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
  'wire.pathPrefix',
  'wire.store',
  'wire.payloads',
  'faults.name',
]);

/** Whether the value at this path is a text, so that `1.0` or `42` typed for it is no number. */
export function isTextPath(path: string): boolean {
  return TEXT_PATHS.has(path) || path.startsWith('thresholds.');
}
