// What each value of a configuration may be, key by key: ranges and words. It must not know which keys may be left out.
import { z } from 'zod';
import { INCIDENTS, type IncidentOptions } from '../models/incident-options.ts';
import { BALANCERS, type ClusterOptions, STORES } from '../models/relay/cluster-options.ts';
import { SERVICE_KINDS, type ServiceOptions } from '../models/relay/service-options.ts';
import { RETRY_JITTERS, type SyncClientOptions } from '../models/sync-client-ports.ts';
import type { WireConfig } from './config-schema.ts';
import type { FaultsConfig } from './fault-presets.ts';
import type { NetworkConfig } from './networks.ts';
import type { Band } from './profiles/profile.ts';
import { ROUTINGS, type RegionsConfig } from './regions.ts';
import type { RelayConfig } from './relays.ts';

type Shape<T> = { [K in keyof T]-?: z.ZodType<T[K]> };

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

/** Groups. */
export const shapes = {
  pools: { light: weight, active: weight, power: weight },
  client: {
    batchSize: z.int().min(1).max(10_000),
    autoSyncMs: ms.min(1),
    notifyMs: ms,
    timeoutMs: ms.min(1),
    retryMsBase: positiveMs,
    retryMsMax: positiveMs,
    retryJitter: z.enum(RETRY_JITTERS),
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
  service: {
    kind: z.enum(SERVICE_KINDS),
    turnMs: ms,
    pushMs: ms,
    pushMsPerChange: ms,
    pullMs: ms,
    pullMsPerRow: ms,
    commitMs: ms,
    commitMsPerChange: ms,
    commitPushesMax: z.int().min(1).max(1_000_000),
    checkpointChanges: z.int().min(0).max(1_000_000_000),
    checkpointMs: ms,
    stallsPerMinute: z.number().min(0).max(60_000),
    stallMsMedian: positiveMs,
    stallSigma: sigma,
    idleAfterMs: ms,
    idleMs: ms,
  } satisfies Shape<ServiceOptions>,
  cluster: {
    balancer: z.enum(BALANCERS),
    store: z.enum(STORES),
    storeConnections: z.int().min(1).max(10_000),
    storeCommitMs: ms,
    storeCommitMsPerChange: ms,
    storeReadMs: ms,
    storeReadMsPerRow: ms,
    replicaLagMs: ms,
    autoscaleInstancesMax: z.int().min(0).max(1000),
    autoscaleUtilisation: z.number().gt(0).max(1),
    autoscaleEveryMs: positiveMs,
    autoscaleDelayMs: ms,
  } satisfies Shape<ClusterOptions>,
  regions: { name, routing: z.enum(ROUTINGS), failoverMs: ms } satisfies Shape<RegionsConfig>,
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
  incident: {
    kind: z.enum(INCIDENTS),
    atMs: ms,
    forMs: positiveMs,
    share,
    factor: z.number().min(1).max(1_000_000),
  } satisfies Shape<IncidentOptions>,
  drain: { budgetMs: wholeMs.min(1) },
  band: { requestsPerSecondMin: z.number().min(0), requestsPerSecondMax: z.number().min(0) } satisfies Shape<Band>,
};

/** Keys that hold a value. */
export const plain = {
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
