// Swarm: for each seed a few kinds of fault at random, with random weights, so that kinds meet each other in many ways
// and none hides the others (Groce and others, Swarm Testing, 2012). Rates only. It must not know other layers of
// configuration, nor what faults do.
import { isBreakingPair } from '../models/faults/breaking-pairs.ts';
import { FAULT_KINDS, type FaultKind } from '../models/faults/event.ts';
import { FAULT_RATES, type FaultOptions, faultRate } from '../models/faults/rates.ts';
import { type Stream, Streams } from '../sim/random.ts';
import { FAULT_PRESETS, type FaultsConfig, SWARM } from './fault-presets.ts';

/** The run that a swarm is drawn for. */
export interface SwarmRun {
  /** In which users act, virtual ms > 0. */
  readonly durationMs: number;
  readonly devices: number;
  /** The network's own rates; a message's fates are left out where the sum would pass 1. */
  readonly network: {
    readonly lossRate: number;
    readonly duplicateRate: number;
    readonly reorderRate: number;
    /** Where 0, nothing can be reordered. */
    readonly reorderMsMean: number;
  };
  /** Whether changes must be delivered in causal order: then no push overtakes another; default no. */
  readonly deliversCausally?: boolean;
  /** Whether nobody can reach into the relay's store: then there is no failover; default no. */
  readonly isStoreRemote?: boolean;
}

/** What lasts from the first message on, or befalls each: no events, but chosen as they are. */
const LASTING = ['loss', 'duplication', 'reordering', 'skew', 'drift'] as const;
type Lasting = (typeof LASTING)[number];

type SurvivableKind = {
  [K in FaultKind]: (typeof FAULT_KINDS)[K]['isSurvivable'] extends true ? K : never;
}[FaultKind];

/** What a swarm chooses from. */
export type SwarmChoice = SurvivableKind | Lasting;

/** Everything that a swarm chooses from, in a fixed order. */
export const SWARM_CHOICES: readonly SwarmChoice[] = [
  ...(Object.keys(FAULT_KINDS) as FaultKind[]).filter((kind): kind is SurvivableKind => FAULT_KINDS[kind].isSurvivable),
  ...LASTING,
];

/** A relay that crashes crashes within a push too in so many swarms. */
const COMMIT_CRASH_SHARE = 0.5;

/** Kinds chosen at most. */
const CHOSEN_MAX = 8;
/** Faults of a kind in a storm; of a longer run, or one with more devices, in proportion. */
const EVENTS_MIN = 1;
const EVENTS_MAX = 4;
const STORM_MS = 180_000;
const STORM_DEVICES = 8;
const HOUR_MS = 3_600_000;
/** As high as the schema lets a rate be. */
const RATE_MAX = 100_000;

/** How a kind's figures are drawn, beside its rate. */
interface SwarmRow {
  /** The mean length as a share of the run's duration (of a storm's, where it is longer). */
  readonly lengthShare?: readonly [min: number, max: number];
  /** The amount: numbers are drawn evenly between both on a logarithmic scale. */
  readonly amount?: readonly [min: number, max: number];
  readonly isWhole?: boolean;
  /** The amount is a time, drawn as a share of the duration as lengths are. */
  readonly amountShare?: readonly [min: number, max: number];
  /** Attempts for each fault that is wanted, where most can do nothing. */
  readonly attempts?: number;
}

const DOWN: SwarmRow = { lengthShare: [0, 0.08] };

const SWARM_ROWS: Readonly<Record<SurvivableKind, SwarmRow>> = {
  partition: { lengthShare: [0.02, 0.2] },
  clog: { lengthShare: [0.02, 0.15] },
  latency: { lengthShare: [0.03, 0.2], amount: [100, 5000] },
  throttle: { lengthShare: [0.03, 0.2], amount: [8, 256] },
  overtaking: { attempts: 150 },
  // Long enough that some stay away for good.
  offline: { lengthShare: [0.1, 0.6] },
  crash: DOWN,
  'lost-tail': DOWN,
  backup: { ...DOWN, amountShare: [0.05, 0.5] },
  'duplicate-device': {},
  suspension: { lengthShare: [0.03, 0.25] },
  eviction: DOWN,
  'clock-step': { amount: [1000, 300_000] },
  'relay-crash': { lengthShare: [0, 0.08] },
  'commit-crash': { lengthShare: [0.02, 0.1], amount: [1, 2], isWhole: true },
  'slow-store': { lengthShare: [0.03, 0.2], amount: [5, 500] },
  'brown-out': { lengthShare: [0.03, 0.2], amount: [1, 1], isWhole: true },
  'lost-response': { lengthShare: [0.02, 0.15], amount: [0.1, 0.9] },
  'rate-limited': { lengthShare: [0.02, 0.15], amount: [0.1, 0.9] },
  'server-error': { lengthShare: [0.02, 0.15], amount: [0.1, 0.9] },
  failover: { lengthShare: [0.02, 0.15], amount: [1, 30], isWhole: true },
  retention: {},
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The faults of a swarm: which kinds, and how they are weighted against each other, follow from the seed alone; rates
 * and lengths fit the run. Never two kinds that break correct systems together.
 *
 * @param seed the run's
 */
export function swarmFaults(seed: string, run: SwarmRun): Readonly<FaultsConfig> {
  const streams = new Streams(seed);
  const stream = streams.stream('faults/swarm');
  const chosen = choose(stream, run);
  // From a stream of its own: swarms without it are what they were before there was this kind.
  const commits = streams.stream('faults/swarm/commit-crash');
  const hasCommitCrash = chosen.has('relay-crash') && commits.chance(COMMIT_CRASH_SHARE);
  const faults: Mutable<FaultsConfig> = { ...FAULT_PRESETS['none']!, name: SWARM };
  const set = new Set<keyof FaultOptions>();
  // In the order of all kinds, each with as many draws whatever the others are.
  for (const choice of SWARM_CHOICES) {
    if (!chosen.has(choice)) continue;
    if (isLasting(choice)) setLasting(faults, choice, stream);
    else setKind(faults, choice, stream, run, set);
  }
  if (hasCommitCrash) setKind(faults, 'commit-crash', commits, run, set);
  return Object.freeze(faults);
}

function isLasting(choice: SwarmChoice): choice is Lasting {
  return (LASTING as readonly string[]).includes(choice);
}

/** One to a few kinds, each as likely as the others; one that goes with none of those before it is passed over. */
function choose(stream: Stream, run: SwarmRun): ReadonlySet<SwarmChoice> {
  const count = stream.integer(1, CHOSEN_MAX);
  const order = stream.shuffle(SWARM_CHOICES.filter((choice) => choice !== 'commit-crash'));
  const chosen = new Set<SwarmChoice>();
  for (const choice of order) {
    if (chosen.size === count) break;
    if (isPossible(choice, run) && ![...chosen].some((other) => isBreakingPair(choice, other))) chosen.add(choice);
  }
  return chosen;
}

/** Message fates that a swarm adds at most. */
const LASTING_MAX: Readonly<Record<Lasting, number>> = {
  loss: 0.2,
  duplication: 0.2,
  reordering: 0.2,
  skew: 600_000,
  drift: 500,
};

function isPossible(choice: SwarmChoice, run: SwarmRun): boolean {
  const { network, deliversCausally = false, isStoreRemote = false } = run;
  switch (choice) {
    case 'failover':
      return !isStoreRemote;
    case 'overtaking':
      return !deliversCausally;
    case 'loss':
      return network.lossRate + LASTING_MAX.loss <= 1;
    case 'duplication':
      return network.duplicateRate + LASTING_MAX.duplication <= 1;
    case 'reordering':
      return network.reorderMsMean > 0 && network.reorderRate + LASTING_MAX.reordering <= 1;
    default:
      return true;
  }
}

function setLasting(faults: Mutable<FaultsConfig>, choice: Lasting, stream: Stream): void {
  const most = LASTING_MAX[choice];
  const value = rounded(between(stream, [most / 20, most]));
  if (choice === 'loss') faults.lossRate = value;
  else if (choice === 'duplication') faults.duplicateRate = value;
  else if (choice === 'reordering') faults.reorderRate = value;
  else if (choice === 'skew') faults.skewMsMax = value;
  else faults.driftPpmMax = value;
}

/** @param set keys that an earlier kind has set, and this one shares */
function setKind(
  faults: Mutable<FaultsConfig>,
  kind: SurvivableKind,
  stream: Stream,
  run: SwarmRun,
  set: Set<keyof FaultOptions>,
): void {
  const { lengthShare, amount, amountShare, isWhole, attempts = 1 } = SWARM_ROWS[kind];
  const { perHour, lengthMsMean, oneWayShare, amount: drawnFrom } = faultRate(kind);
  const durationMs = Math.min(run.durationMs, STORM_MS);
  const sources = FAULT_KINDS[kind].scope === 'relay' ? 1 : Math.min(run.devices, STORM_DEVICES);
  const events = stream.uniform(EVENTS_MIN, EVENTS_MAX) * attempts;
  faults[perHour] = Math.min(RATE_MAX, rounded((events * HOUR_MS) / (durationMs * sources)));
  const put = (key: keyof FaultOptions, value: number): void => {
    if (!set.has(key)) faults[key] = value;
    set.add(key);
  };
  if (lengthMsMean !== undefined && lengthShare !== undefined) {
    put(lengthMsMean, Math.ceil(stream.uniform(...lengthShare) * durationMs));
  }
  if (typeof oneWayShare === 'string') put(oneWayShare, rounded(stream.next()));
  if (drawnFrom === undefined) return;
  if (amount !== undefined) {
    const value = between(stream, amount);
    put(drawnFrom.key, isWhole === true ? Math.round(value) : rounded(value));
  } else if (amountShare !== undefined) {
    put(drawnFrom.key, Math.ceil(stream.uniform(...amountShare) * durationMs));
  }
}

/** Evenly on a logarithmic scale, so that small ones are as likely as great ones. */
function between(stream: Stream, [min, max]: readonly [min: number, max: number]): number {
  return min * Math.exp(stream.next() * Math.log(max / min));
}

/** Three digits: they are printed. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** What a swarm has chosen, by name. */
export function chosenBy(faults: FaultsConfig): SwarmChoice[] {
  const isOn: Readonly<Record<Lasting, boolean>> = {
    loss: faults.lossRate > 0,
    duplication: faults.duplicateRate > 0,
    reordering: faults.reorderRate > 0,
    skew: faults.skewMsMax > 0,
    drift: faults.driftPpmMax > 0,
  };
  return SWARM_CHOICES.filter((choice) => (isLasting(choice) ? isOn[choice] : faults[FAULT_RATES[choice].perHour] > 0));
}
