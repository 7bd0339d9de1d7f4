// How often faults come, how long they last and how strong they are: the options, and one row a kind that says which of
// them it is drawn from, and how. It must not know presets, nor what a fault does.

import { exponentialUs } from '../../sim/distributions.ts';
import type { Stream } from '../../sim/random.ts';
import { FAULT_KIND_NAMES, type FaultEvent, type FaultKind, type Way } from './event.ts';

/**
 * Rates are per device, or for the relay, and hour of virtual time; the mean lengths are of exponential lengths. A
 * device that is down, or has such a fault already, is not struck.
 */
export interface FaultOptions {
  readonly partitionsPerHour: number;
  readonly partitionMsMean: number;
  /** Share of partitions that cut one direction only, 0–1. */
  readonly partitionOneWayShare: number;
  /** Half of the clogs hold one direction only. */
  readonly clogsPerHour: number;
  readonly clogMsMean: number;
  readonly slowLinksPerHour: number;
  readonly slowLinkMsMean: number;
  /** Mean of what is added to the latency, each way; exponential. */
  readonly slowLinkAddedMsMean: number;
  readonly throttlesPerHour: number;
  readonly throttleMsMean: number;
  /** Bandwidth while it lasts, each way, kbit/s > 0. */
  readonly throttleKbit: number;
  /** Most attempts find fewer than two changes to push, and are none. */
  readonly overtakesPerHour: number;
  readonly offlinesPerHour: number;
  readonly offlineMsMean: number;
  readonly crashesPerHour: number;
  /** Mean time that a device is down after a crash of any kind, a restored backup or an eviction; may be 0. */
  readonly crashMsMean: number;
  readonly lostTailsPerHour: number;
  readonly backupsPerHour: number;
  /** Mean age of a backup when the device goes down; exponential. */
  readonly backupAgeMsMean: number;
  readonly duplicateDevicesPerHour: number;
  readonly suspensionsPerHour: number;
  readonly suspensionMsMean: number;
  readonly evictionsPerHour: number;
  readonly stepsPerHour: number;
  /** A step of a clock is up to this, either way; uniform. */
  readonly stepMsMax: number;
  readonly relayCrashesPerHour: number;
  /** Mean time that the relay is down after a crash of any kind; may be 0. */
  readonly relayCrashMsMean: number;
  readonly commitCrashesPerHour: number;
  /** Mean time in which the next push ends the relay, and until whose end it is down then. */
  readonly commitCrashMsMean: number;
  /** 1 before the push is committed, 2 after it. */
  readonly commitCrashPoint: number;
  readonly slowStoresPerHour: number;
  readonly slowStoreMsMean: number;
  /** What service times are multiplied by, ≥ 1. */
  readonly slowStoreFactor: number;
  readonly brownOutsPerHour: number;
  readonly brownOutMsMean: number;
  /** Workers that are left of each instance, ≥ 1. */
  readonly brownOutWorkers: number;
  readonly lostResponsesPerHour: number;
  readonly lostResponseMsMean: number;
  /** Share of responses that are lost while it lasts, 0–1. */
  readonly lostResponseShare: number;
  readonly rateLimitsPerHour: number;
  readonly serverErrorsPerHour: number;
  readonly refusalMsMean: number;
  /** Share of requests that are refused while it lasts, 0–1. */
  readonly refusalShare: number;
  readonly failoversPerHour: number;
  readonly failoverMsMean: number;
  /** Changes of each ledger that the follower lacks. */
  readonly failoverLagChanges: number;
  readonly retentionsPerHour: number;
  readonly relayTailLossesPerHour: number;
  /** Changes of each ledger that are lost. */
  readonly relayTailChanges: number;
  readonly lostFailoversPerHour: number;
}

type Key = keyof FaultOptions;

/** How a kind is drawn. */
export interface FaultRate {
  readonly perHour: Key;
  /** Mean length, ms; left out for what happens at once. */
  readonly lengthMsMean?: Key;
  /** Whether a mean length of 0 says something. */
  readonly mayBeShort?: boolean;
  /** Share of those that strike one direction only: a key, or a share. */
  readonly oneWayShare?: Key | number;
  /** What the amount is drawn from: ms as mean of an exponential or as bounds of a uniform one give µs. */
  readonly amount?: { readonly key: Key; readonly drawn: 'as it is' | 'exponential ms' | 'ms either way' };
}

/** A row for each kind. */
export const FAULT_RATES = {
  partition: {
    perHour: 'partitionsPerHour',
    lengthMsMean: 'partitionMsMean',
    oneWayShare: 'partitionOneWayShare',
  },
  clog: { perHour: 'clogsPerHour', lengthMsMean: 'clogMsMean', oneWayShare: 0.5 },
  latency: {
    perHour: 'slowLinksPerHour',
    lengthMsMean: 'slowLinkMsMean',
    amount: { key: 'slowLinkAddedMsMean', drawn: 'exponential ms' },
  },
  throttle: {
    perHour: 'throttlesPerHour',
    lengthMsMean: 'throttleMsMean',
    amount: { key: 'throttleKbit', drawn: 'as it is' },
  },
  overtaking: { perHour: 'overtakesPerHour' },
  offline: { perHour: 'offlinesPerHour', lengthMsMean: 'offlineMsMean' },
  crash: { perHour: 'crashesPerHour', lengthMsMean: 'crashMsMean', mayBeShort: true },
  'lost-tail': { perHour: 'lostTailsPerHour', lengthMsMean: 'crashMsMean', mayBeShort: true },
  backup: {
    perHour: 'backupsPerHour',
    lengthMsMean: 'crashMsMean',
    mayBeShort: true,
    amount: { key: 'backupAgeMsMean', drawn: 'exponential ms' },
  },
  'duplicate-device': { perHour: 'duplicateDevicesPerHour' },
  suspension: { perHour: 'suspensionsPerHour', lengthMsMean: 'suspensionMsMean' },
  eviction: { perHour: 'evictionsPerHour', lengthMsMean: 'crashMsMean', mayBeShort: true },
  'clock-step': { perHour: 'stepsPerHour', amount: { key: 'stepMsMax', drawn: 'ms either way' } },
  'relay-crash': { perHour: 'relayCrashesPerHour', lengthMsMean: 'relayCrashMsMean', mayBeShort: true },
  'commit-crash': {
    perHour: 'commitCrashesPerHour',
    lengthMsMean: 'commitCrashMsMean',
    amount: { key: 'commitCrashPoint', drawn: 'as it is' },
  },
  'slow-store': {
    perHour: 'slowStoresPerHour',
    lengthMsMean: 'slowStoreMsMean',
    amount: { key: 'slowStoreFactor', drawn: 'as it is' },
  },
  'brown-out': {
    perHour: 'brownOutsPerHour',
    lengthMsMean: 'brownOutMsMean',
    amount: { key: 'brownOutWorkers', drawn: 'as it is' },
  },
  'lost-response': {
    perHour: 'lostResponsesPerHour',
    lengthMsMean: 'lostResponseMsMean',
    amount: { key: 'lostResponseShare', drawn: 'as it is' },
  },
  'rate-limited': {
    perHour: 'rateLimitsPerHour',
    lengthMsMean: 'refusalMsMean',
    amount: { key: 'refusalShare', drawn: 'as it is' },
  },
  'server-error': {
    perHour: 'serverErrorsPerHour',
    lengthMsMean: 'refusalMsMean',
    amount: { key: 'refusalShare', drawn: 'as it is' },
  },
  failover: {
    perHour: 'failoversPerHour',
    lengthMsMean: 'failoverMsMean',
    amount: { key: 'failoverLagChanges', drawn: 'as it is' },
  },
  retention: { perHour: 'retentionsPerHour' },
  'relay-tail-lost': {
    perHour: 'relayTailLossesPerHour',
    lengthMsMean: 'relayCrashMsMean',
    mayBeShort: true,
    amount: { key: 'relayTailChanges', drawn: 'as it is' },
  },
  'failover-lost': {
    perHour: 'lostFailoversPerHour',
    lengthMsMean: 'failoverMsMean',
    amount: { key: 'failoverLagChanges', drawn: 'as it is' },
  },
} as const satisfies Record<FaultKind, FaultRate>;

export function faultRate(kind: FaultKind): FaultRate {
  return FAULT_RATES[kind];
}

/**
 * The kinds that are on, in the order of all kinds.
 *
 * @param deliversCausally whether the documents need each change after those that it was made upon
 */
export function enabledKinds(options: FaultOptions, deliversCausally: boolean): FaultKind[] {
  return FAULT_KIND_NAMES.filter((kind) => {
    const { perHour, amount } = faultRate(kind);
    if (kind === 'overtaking' && deliversCausally) return false;
    return options[perHour] > 0 && (amount === undefined || options[amount.key] > 0);
  });
}

/** Draws a fault of a kind that begins now. */
export function drawFault(
  kind: FaultKind,
  device: number,
  atUs: number,
  options: FaultOptions,
  stream: Stream,
): FaultEvent {
  const { lengthMsMean, oneWayShare, amount } = faultRate(kind);
  let way: Way = 'both';
  if (oneWayShare !== undefined) {
    const isOneWay = stream.chance(typeof oneWayShare === 'number' ? oneWayShare : options[oneWayShare]);
    const isUp = stream.chance(0.5);
    if (isOneWay) way = isUp ? 'up' : 'down';
  }
  const lengthUs = lengthMsMean === undefined ? 0 : exponentialUs(stream, options[lengthMsMean] * 1000);
  const event = { kind, atUs, device, lengthUs, amount: amountOf(amount, options, stream), way };
  return kind === 'server-error' && stream.chance(0.5) ? { ...event, code: 503 } : event;
}

function amountOf(amount: FaultRate['amount'], options: FaultOptions, stream: Stream): number {
  if (amount === undefined) return 0;
  const value = options[amount.key];
  if (amount.drawn === 'as it is') return value;
  if (amount.drawn === 'exponential ms') return exponentialUs(stream, value * 1000);
  // Without a negative zero, which a file would not keep.
  return Math.round(stream.uniform(-1, 1) * value * 1000) + 0;
}
