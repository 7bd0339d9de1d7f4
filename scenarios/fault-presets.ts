// Faults by name: how often and how badly things go wrong. Rates only; drawing and carrying out is done elsewhere.
// All of these are survivable: a correct system converges under each.
import type { FaultKind } from '../models/faults/event.ts';
import { enabledKinds, type FaultOptions } from '../models/faults/rates.ts';

/** What goes wrong in a run, on top of the network's own rates. */
export interface FaultsConfig extends FaultOptions {
  /** A preset's name, or a name of one's own where every key is given. */
  readonly name: string;
  /** Added to the network's loss, 0–1. */
  readonly lossRate: number;
  /** Added to the network's duplication, 0–1. */
  readonly duplicateRate: number;
  /** Added to the network's reordering, 0–1. */
  readonly reorderRate: number;
  /** A device's clock starts wrong by up to this, either way, ms. */
  readonly skewMsMax: number;
  /** A device's clock runs fast or slow by up to this, parts per million. */
  readonly driftPpmMax: number;
}

/** No faults. Lengths and amounts stand here so that a rate alone turns a kind on; those of partitions and steps do not. */
const NONE: Readonly<FaultsConfig> = Object.freeze({
  name: 'none',
  lossRate: 0,
  duplicateRate: 0,
  reorderRate: 0,
  partitionsPerHour: 0,
  partitionMsMean: 0,
  partitionOneWayShare: 0,
  skewMsMax: 0,
  driftPpmMax: 0,
  stepsPerHour: 0,
  stepMsMax: 0,
  clogsPerHour: 0,
  clogMsMean: 10_000,
  slowLinksPerHour: 0,
  slowLinkMsMean: 20_000,
  slowLinkAddedMsMean: 1000,
  throttlesPerHour: 0,
  throttleMsMean: 20_000,
  throttleKbit: 64,
  overtakesPerHour: 0,
  offlinesPerHour: 0,
  offlineMsMean: 120_000,
  crashesPerHour: 0,
  crashMsMean: 5000,
  lostTailsPerHour: 0,
  backupsPerHour: 0,
  backupAgeMsMean: 60_000,
  duplicateDevicesPerHour: 0,
  suspensionsPerHour: 0,
  suspensionMsMean: 30_000,
  evictionsPerHour: 0,
  relayCrashesPerHour: 0,
  relayCrashMsMean: 5000,
  commitCrashesPerHour: 0,
  commitCrashMsMean: 10_000,
  commitCrashPoint: 2,
  slowStoresPerHour: 0,
  slowStoreMsMean: 20_000,
  slowStoreFactor: 20,
  brownOutsPerHour: 0,
  brownOutMsMean: 20_000,
  brownOutWorkers: 1,
  lostResponsesPerHour: 0,
  lostResponseMsMean: 10_000,
  lostResponseShare: 0.5,
  rateLimitsPerHour: 0,
  serverErrorsPerHour: 0,
  refusalMsMean: 10_000,
  refusalShare: 0.5,
  failoversPerHour: 0,
  failoverMsMean: 10_000,
  failoverLagChanges: 10,
  retentionsPerHour: 0,
  relayTailLossesPerHour: 0,
  relayTailChanges: 5,
  lostFailoversPerHour: 0,
});

function preset(name: string, rates: Partial<Omit<FaultsConfig, 'name'>>): Readonly<FaultsConfig> {
  return Object.freeze({ ...NONE, ...rates, name });
}

/**
 * The presets: `none`; a network that loses, doubles and reorders; devices cut off; devices and a relay that go down and
 * come back with all, less or nothing; clocks that are wrong; and all together that goes together (see
 * models/faults/breaking-pairs.ts: overtaking does not). `swarm` is drawn: see fault-swarm.ts.
 */
export const FAULT_PRESETS: Readonly<Record<string, Readonly<FaultsConfig>>> = Object.freeze({
  none: NONE,
  lossy: preset('lossy', { lossRate: 0.05, duplicateRate: 0.02, reorderRate: 0.05 }),
  partitions: preset('partitions', { partitionsPerHour: 12, partitionMsMean: 30_000, partitionOneWayShare: 0.3 }),
  crashes: preset('crashes', {
    offlinesPerHour: 2,
    crashesPerHour: 6,
    lostTailsPerHour: 4,
    backupsPerHour: 2,
    suspensionsPerHour: 6,
    evictionsPerHour: 2,
    relayCrashesPerHour: 6,
  }),
  // Quartz in phones and laptops is within about 100 ppm; minutes of skew and steps are what bad time sources cause.
  skew: preset('skew', { skewMsMax: 300_000, driftPpmMax: 100, stepsPerHour: 2, stepMsMax: 60_000 }),
  chaos: preset('chaos', {
    lossRate: 0.02,
    duplicateRate: 0.01,
    reorderRate: 0.02,
    partitionsPerHour: 6,
    partitionMsMean: 20_000,
    partitionOneWayShare: 0.3,
    skewMsMax: 60_000,
    driftPpmMax: 100,
    stepsPerHour: 1,
    stepMsMax: 60_000,
    clogsPerHour: 4,
    slowLinksPerHour: 4,
    throttlesPerHour: 4,
    offlinesPerHour: 1,
    crashesPerHour: 3,
    lostTailsPerHour: 2,
    backupsPerHour: 1,
    duplicateDevicesPerHour: 1,
    suspensionsPerHour: 4,
    evictionsPerHour: 1,
    relayCrashesPerHour: 4,
    commitCrashesPerHour: 4,
    slowStoresPerHour: 4,
    brownOutsPerHour: 4,
    lostResponsesPerHour: 6,
    rateLimitsPerHour: 6,
    serverErrorsPerHour: 6,
    failoversPerHour: 4,
    retentionsPerHour: 2,
  }),
});

/** The preset that is drawn from the run's seed. */
export const SWARM = 'swarm';

/** Every name that a person may give. */
export const FAULT_PRESET_NAMES: readonly string[] = [...Object.keys(FAULT_PRESETS), SWARM];

/** Faults as they differ from none, for people: keys and values. */
export function unlikeNone(faults: FaultsConfig): [key: string, value: number][] {
  const none: Readonly<Record<string, unknown>> = { ...NONE };
  return Object.entries(faults).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] !== none[entry[0]],
  );
}

/** Kinds after which a device begins a new life, or shares one: what it stored must then be known. */
const RESTARTING: readonly FaultKind[] = [
  'crash',
  'lost-tail',
  'backup',
  'duplicate-device',
  'eviction',
  'retention',
  'relay-tail-lost',
  'failover-lost',
];

/** Whether a device may restart from what it had stored. */
export function restartsDevices(faults: FaultsConfig): boolean {
  return enabledKinds(faults, false).some((kind) => RESTARTING.includes(kind));
}
