// Why a device syncs, as one number that names the cause for good. The fates of messages are drawn from it, so they
// stay the same when other edits, devices or messages are taken away.

/** Two bits of kind, twenty of owner, thirty-one of number. */
const OWNERS = 2 ** 20;
const NUMBERS = 2 ** 31;
const KIND = OWNERS * NUMBERS;

/** The n-th step of a user's plan; the owner is the user's device. */
export const CAUSE_ACTION = 0;
/** A device's own sync: 2n for the push of the n-th, 2n + 1 for its pull. */
export const CAUSE_AUTO_SYNC = 1;
/** The pull of one who was told of a push of the owner's; see `numberOfPush`. */
export const CAUSE_NOTIFICATION = 2;
/** What tells a member of a push of the owner's. */
export const CAUSE_TOLD = 3;

/**
 * @param owner a device, below 2^20
 * @param n below 2^31; higher ones begin again
 */
export function causeOf(kind: number, owner: number, n: number): number {
  return kind * KIND + (owner % OWNERS) * NUMBERS + (n % NUMBERS);
}

/** Steps of one action get numbers of their own, so that a message's fate hangs on its step alone. */
const STEPS_MAX = 4096;

/** The cause that a step of a user's action is. @param n of the step within its action; higher ones begin again */
export function stepCause(device: number, ordinal: number, n: number): number {
  return causeOf(CAUSE_ACTION, device, ordinal * STEPS_MAX + (n % STEPS_MAX));
}

/** The action and step that a cause is, of a user's plan. */
export function stepOf(cause: number): { readonly ordinal: number; readonly n: number } {
  const number = cause % NUMBERS;
  return { ordinal: Math.floor(number / STEPS_MAX), n: number % STEPS_MAX };
}

/** A device's sync that a fault makes; numbered by the fault's virtual time. Beyond all numbers of own syncs. */
export function faultCause(owner: number, atUs: number): number {
  return causeOf(CAUSE_AUTO_SYNC, owner, NUMBERS / 2 + (Math.floor(atUs / 1000) % (NUMBERS / 2)));
}

/** True where a user's plan is the cause. */
export function isTurn(cause: number): boolean {
  return cause < KIND;
}

/** The number by which a push of one device is known to those who are told of it: a hash of what makes it unique. */
export function numberOfPush(cause: number, attempt: number, page: number): number {
  let hash = Math.imul((cause | 0) ^ 0x2545f491, 0x9e3779b1) ^ Math.floor(cause / 2 ** 32);
  hash = Math.imul(hash ^ (hash >>> 15) ^ Math.imul(attempt + 1, 0x85ebca6b), 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 13) ^ Math.imul(page + 1, 0x27d4eb2f), 0x165667b1);
  return (hash ^ (hash >>> 16)) >>> 1;
}
