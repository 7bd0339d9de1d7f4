// Faults as data: what kinds there are, and one fault that happens at a time. It must not know how faults are drawn, nor
// what they do.

import { InputError } from '../../sim/errors.ts';

/** Where a fault strikes: a device's links, the device itself, or the relay. */
export type FaultScope = 'network' | 'device' | 'relay';

/** What is known of a kind of fault. */
export interface FaultKindInfo {
  readonly scope: FaultScope;
  /** A correct system must stand it; a breaking one may fail correct systems, and comes only when asked for by name. */
  readonly isSurvivable: boolean;
  /** Kinds of one slot exclude each other: a device, or the relay, has one of them at a time. Left out, it is the kind. */
  readonly slot?: string;
  /** True for what lasts, and has an end of its own. */
  readonly lasts: boolean;
  /** What `amount` means; left out where it has no meaning. */
  readonly amount?: string;
  /** Where `amount` lies, in its unit; whole numbers only where `isWhole`. */
  readonly amountMin?: number;
  readonly amountMax?: number;
  readonly isWhole?: boolean;
  /** One line for people. */
  readonly does: string;
}

/** Most microseconds that an amount comes to: a year. */
const YEAR_US = 31_536_000_000_000;

/** Every kind of fault that happens at a time, in a fixed order. Rates and clock errors that last are no events. */
export const FAULT_KINDS = {
  partition: { scope: 'network', isSurvivable: true, lasts: true, does: 'cuts a device off, both ways or one way' },
  clog: {
    scope: 'network',
    isSurvivable: true,
    lasts: true,
    does: 'holds messages back, and lets them arrive in order when it ends',
  },
  latency: {
    scope: 'network',
    isSurvivable: true,
    lasts: true,
    amount: 'added µs',
    amountMin: 0,
    amountMax: YEAR_US,
    isWhole: true,
    does: 'makes messages of a device slower',
  },
  throttle: {
    scope: 'network',
    isSurvivable: true,
    lasts: true,
    amount: 'kbit/s',
    amountMin: 0.001,
    amountMax: 1e9,
    does: 'narrows the bandwidth of a device',
  },
  overtaking: {
    scope: 'network',
    isSurvivable: true,
    lasts: false,
    does: 'pushes the newest change of a device before older ones',
  },
  offline: {
    scope: 'device',
    isSurvivable: true,
    lasts: true,
    does: 'leaves a device without network, which it knows; for good where it outlasts the users',
  },
  crash: {
    scope: 'device',
    isSurvivable: true,
    slot: 'life',
    lasts: true,
    does: 'restarts a device from all that it had stored',
  },
  'lost-tail': {
    scope: 'device',
    isSurvivable: true,
    slot: 'life',
    lasts: true,
    does: 'restarts a device from what was synced to its storage',
  },
  backup: {
    scope: 'device',
    isSurvivable: true,
    slot: 'life',
    lasts: true,
    amount: 'age in µs when the device goes down',
    amountMin: 0,
    amountMax: YEAR_US,
    isWhole: true,
    does: 'restarts a device from an older backup',
  },
  'duplicate-device': {
    scope: 'device',
    isSurvivable: true,
    lasts: false,
    does: 'starts a copy of a device, with its id and its stored data, beside it',
  },
  suspension: {
    scope: 'device',
    isSurvivable: true,
    slot: 'life',
    lasts: true,
    does: 'freezes a device in the background, then lets it go on',
  },
  eviction: {
    scope: 'device',
    isSurvivable: true,
    slot: 'life',
    lasts: true,
    does: 'restarts a device with nothing stored',
  },
  'clock-step': {
    scope: 'device',
    isSurvivable: true,
    lasts: false,
    amount: 'µs, either way',
    amountMin: -YEAR_US,
    amountMax: YEAR_US,
    isWhole: true,
    does: 'sets the clock of a device',
  },
  'relay-crash': {
    scope: 'relay',
    isSurvivable: true,
    slot: 'relay-life',
    lasts: true,
    does: 'loses what the relay had not answered, until it restarts',
  },
  'commit-crash': {
    scope: 'relay',
    isSurvivable: true,
    slot: 'relay-life',
    lasts: true,
    amount: '1 before the commit, 2 after it',
    amountMin: 1,
    amountMax: 2,
    isWhole: true,
    does: 'ends the relay within its next push, before or after the commit, until it restarts',
  },
  'slow-store': {
    scope: 'relay',
    isSurvivable: true,
    lasts: true,
    amount: 'factor',
    amountMin: 0.001,
    amountMax: 1e6,
    does: 'makes the relay serve slower',
  },
  'brown-out': {
    scope: 'relay',
    isSurvivable: true,
    lasts: true,
    amount: 'workers left of each instance',
    amountMin: 1,
    amountMax: 10_000,
    isWhole: true,
    does: 'leaves the relay few workers',
  },
  'lost-response': {
    scope: 'relay',
    isSurvivable: true,
    lasts: true,
    amount: 'share, 0-1',
    amountMin: 0,
    amountMax: 1,
    does: 'loses answers after the relay has committed',
  },
  'rate-limited': {
    scope: 'relay',
    isSurvivable: true,
    slot: 'refusal',
    lasts: true,
    amount: 'share, 0-1',
    amountMin: 0,
    amountMax: 1,
    does: 'refuses requests with 429',
  },
  'server-error': {
    scope: 'relay',
    isSurvivable: true,
    slot: 'refusal',
    lasts: true,
    amount: 'share, 0-1',
    amountMin: 0,
    amountMax: 1,
    does: 'refuses requests with 500 or 503',
  },
  failover: {
    scope: 'relay',
    isSurvivable: true,
    slot: 'follower',
    lasts: true,
    amount: 'changes that the follower lags by',
    amountMin: 0,
    amountMax: 1e6,
    isWhole: true,
    does: 'lets a lagging follower answer, which then takes over with every commit',
  },
  retention: {
    scope: 'device',
    isSurvivable: true,
    lasts: false,
    does: 'lets a device push a SNAPSHOT, behind which the relay removes what all members have passed',
  },
  'relay-tail-lost': {
    scope: 'relay',
    isSurvivable: false,
    slot: 'relay-life',
    lasts: true,
    amount: 'changes lost',
    amountMin: 1,
    amountMax: 1e6,
    isWhole: true,
    does: 'restarts the relay without the changes it had acknowledged last',
  },
  'failover-lost': {
    scope: 'relay',
    isSurvivable: false,
    slot: 'follower',
    lasts: true,
    amount: 'changes that the follower lags by',
    amountMin: 1,
    amountMax: 1e6,
    isWhole: true,
    does: 'lets a lagging follower take over for good: what it lacks is lost',
  },
} as const satisfies Readonly<Record<string, FaultKindInfo>>;

export type FaultKind = keyof typeof FAULT_KINDS;

/** Kinds of one scope. */
export type FaultKindOf<S extends FaultScope> = {
  [K in FaultKind]: (typeof FAULT_KINDS)[K]['scope'] extends S ? K : never;
}[FaultKind];

/** All kinds, in their order. */
export const FAULT_KIND_NAMES = Object.keys(FAULT_KINDS) as readonly FaultKind[];

export function faultKindInfo(kind: FaultKind): FaultKindInfo {
  return FAULT_KINDS[kind];
}

/** Which direction of a device's links. */
export const WAYS = ['both', 'up', 'down'] as const;
export type Way = (typeof WAYS)[number];

/** What a burst of server errors answers. */
export type ServerErrorCode = 500 | 503;

/** One fault. A list of these is a part of a plan; every subset of a valid list is valid. */
export interface FaultEvent {
  readonly kind: FaultKind;
  /** Virtual time at which it begins, integer µs. */
  readonly atUs: number;
  /** The device that it strikes, by index; −1 for faults of the relay. */
  readonly device: number;
  /** How long it lasts, integer µs; 0 for what happens at once. */
  readonly lengthUs: number;
  /** What the kind's `amount` says; 0 where it has none. */
  readonly amount: number;
  /** For the kinds that strike links; `both` for all others. */
  readonly way: Way;
  /** For `server-error`; left out, it is 500. */
  readonly code?: ServerErrorCode;
}

/** A fault in a few words. */
export function faultText({ kind, atUs, device }: FaultEvent): string {
  return `fault ${kind}${device < 0 ? '' : ` of device ${device}`} at ${atUs / 1_000_000} s`;
}

/**
 * Checks an event that did not come from a run of ours.
 *
 * @param field where it stands, for the error
 * @param workers of each instance of the relay
 * @throws InputError that names what is wrong
 */
export function checkFaultEvent(event: FaultEvent, field: string, workers: number): void {
  const check = (key: keyof FaultEvent, holds: boolean, expected: string): void => {
    if (!holds) throw new InputError(`${field}.${key}`, event[key], expected);
  };
  check('kind', Object.hasOwn(FAULT_KINDS, event.kind), `one of ${FAULT_KIND_NAMES.join(', ')}`);
  const { scope, lasts, isWhole, amountMin = 0, amountMax = 0 } = faultKindInfo(event.kind);
  const isTime = (us: number): boolean => Number.isSafeInteger(us) && us >= 0 && us <= YEAR_US;
  check('atUs', isTime(event.atUs), 'whole microseconds, 0 to a year');
  const isDevice = Number.isSafeInteger(event.device) && event.device >= 0 && event.device < 2 ** 31;
  if (scope === 'relay') check('device', event.device === -1, '-1 for a fault of the relay');
  else check('device', isDevice, 'the index of a device');
  check(
    'lengthUs',
    lasts ? isTime(event.lengthUs) : event.lengthUs === 0,
    lasts ? 'whole microseconds, 0 to a year' : '0',
  );
  const most = event.kind === 'brown-out' ? workers : amountMax;
  const isAmount = event.amount >= amountMin && event.amount <= most;
  const range = amountMin === most ? `${most}` : `${amountMin} to ${most}`;
  check(
    'amount',
    isAmount && (isWhole !== true || Number.isInteger(event.amount)),
    `${isWhole === true ? 'whole, ' : ''}${range}`,
  );
  check('way', WAYS.includes(event.way), `one of ${WAYS.join(', ')}`);
  check('code', event.code === undefined || event.code === 500 || event.code === 503, '500 or 503');
}
