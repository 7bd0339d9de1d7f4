// Whether the parts of a plan go together: what names a device names one that is there, and what numbers something does
// so once. It must not know files.
import { InputError } from '../../sim/errors.ts';
import { checkFaultEvent, type FaultEvent } from '../../models/faults/event.ts';
import { DEVICES_MAX } from '../../models/device.ts';
import type { Plan, PlannedUser } from '../../models/plan.ts';

/** What does not hold: where, what stands there, and what would be right, in words. */
export interface Mismatch {
  /** Such as `users[0].device`. */
  readonly place: string;
  readonly received: unknown;
  readonly expected: string;
}

/** Highest numbers of what a plan names. */
const INDEX_MAX = DEVICES_MAX / 4;
const LEDGER_MAX = 100_000;

/**
 * The first part of a plan that does not go with the others; undefined where all do.
 * @param workers of each instance of the relay, which faults may leave it fewer of
 */
export function firstMismatch(plan: Plan, workers: number): Mismatch | undefined {
  const devices = new Set<number>();
  for (const [at, { index, ledger }] of plan.devices.entries()) {
    const place = `devices[${at}]`;
    if (devices.has(index)) return { place: `${place}.index`, received: index, expected: 'a device once' };
    // Copies of devices have their indexes above.
    if (index > INDEX_MAX) return { place: `${place}.index`, received: index, expected: `≤ ${INDEX_MAX}` };
    if (ledger > LEDGER_MAX) return { place: `${place}.ledger`, received: ledger, expected: `≤ ${LEDGER_MAX}` };
    devices.add(index);
  }
  const unknown = (place: string, device: number): Mismatch | undefined =>
    devices.has(device) ? undefined : { place, received: device, expected: `a device of the plan: ${listed(devices)}` };

  for (const [at, preload] of plan.preloads.entries()) {
    const mismatch = unknown(`preloads[${at}].device`, preload.device);
    if (mismatch !== undefined) return mismatch;
  }
  const users = new Set<number>();
  const inUse = new Set<number>();
  for (const [at, user] of plan.users.entries()) {
    const place = `users[${at}]`;
    if (users.has(user.user)) return { place: `${place}.user`, received: user.user, expected: 'a user once' };
    users.add(user.user);
    if (inUse.has(user.device)) {
      return { place: `${place}.device`, received: user.device, expected: 'a device that no other user has' };
    }
    inUse.add(user.device);
    const mismatch = unknown(`${place}.device`, user.device) ?? mismatchOfUser(user, place, unknown);
    if (mismatch !== undefined) return mismatch;
  }
  for (const [at, fault] of plan.faults.entries()) {
    const place = `faults[${at}]`;
    const mismatch = mismatchOfFault(fault, place, workers);
    if (mismatch !== undefined) return mismatch;
    // The kind's own rule holds: −1 stands for the relay.
    if (fault.device >= 0) {
      const missing = unknown(`${place}.device`, fault.device);
      if (missing !== undefined) return missing;
    }
  }
  return undefined;
}

/** What the rules of the fault's kind say. */
function mismatchOfFault(fault: FaultEvent, place: string, workers: number): Mismatch | undefined {
  try {
    checkFaultEvent(fault, place, workers);
    return undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { place: error.field, received: error.received, expected: error.expected };
  }
}

function mismatchOfUser(
  user: PlannedUser,
  place: string,
  unknown: (place: string, device: number) => Mismatch | undefined,
): Mismatch | undefined {
  if (user.endUs < user.stopUs) {
    return { place: `${place}.endUs`, received: user.endUs, expected: `≥ ${place}.stopUs (${user.stopUs})` };
  }
  const ordinals = new Set<number>();
  for (const [index, action] of user.actions.entries()) {
    const ofAction = `${place}.actions[${index}]`;
    const ordinal = action.ordinal ?? index;
    if (ordinals.has(ordinal)) {
      return { place: `${ofAction}.ordinal`, received: ordinal, expected: 'a number that no earlier action has' };
    }
    ordinals.add(ordinal);
    const numbers = new Set<number>();
    for (const [at, step] of action.steps.entries()) {
      const ofStep = `${ofAction}.steps[${at}]`;
      const number = step.n ?? at;
      if (numbers.has(number)) {
        return { place: `${ofStep}.n`, received: number, expected: 'a number that no earlier step has' };
      }
      numbers.add(number);
      const device = 'device' in step ? step.device : undefined;
      const mismatch = device === undefined ? undefined : unknown(`${ofStep}.device`, device);
      if (mismatch !== undefined) return mismatch;
    }
  }
  return undefined;
}

/** Most devices that a message lists. */
const LISTED = 10;

function listed(devices: ReadonlySet<number>): string {
  const list = [...devices].slice(0, LISTED).join(', ');
  return devices.size > LISTED ? `${list}, …` : list;
}
