// Why a device syncs, as one number that names the cause for good.

const CAUSE_RANGE = 2 ** 24;
const CAUSE_KIND = 2 ** 49;
export const CAUSE_ACTION = 0;
export const CAUSE_AUTO_SYNC = 1;
export const CAUSE_NOTIFICATION = 2;

/**
 * Names why a device syncs: the n-th step of its user's plan, its n-th auto-sync, or the n-th step of the device
 * `owner` that it was told of. The fates of messages are drawn from it, so they stay the same when others are taken away.
 */
export function causeOf(kind: number, owner: number, n: number): number {
  return kind * CAUSE_KIND + (owner % CAUSE_RANGE) * CAUSE_RANGE + (n % CAUSE_RANGE);
}

/** True where a user's plan is the cause. */
export function isTurn(cause: number): boolean {
  return cause < CAUSE_KIND;
}
