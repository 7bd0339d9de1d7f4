// The hybrid logical clock: stamps that follow cause and effect and stay near a device's own clock (Kulkarni, Demirbas,
// Madappa, Avva, Leone 2014, "Logical physical clocks"), each packed into one number. Must not know whose clock it is.

import { assert } from '../sim/errors.ts';

/** The millisecond at which stamps begin: 2020-01-01T00:00:00Z. */
export const STAMP_EPOCH_MS = 1_577_836_800_000;

/** Stamps in one millisecond: 12 bits of counter below 41 bits of milliseconds. */
const STAMPS_PER_MS = 4096;

/** The largest stamp: it fills the 53 bits that a number holds exactly, and stands in the year 2089. */
export const STAMP_MAX = Number.MAX_SAFE_INTEGER;

/** The last millisecond that has stamps. */
const LAST_MS = STAMP_EPOCH_MS + Math.floor(STAMP_MAX / STAMPS_PER_MS);

/** True for a number that a clock may have given; whoever takes a stamp from outside asks this first. */
export function isStamp(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

/** The millisecond in a stamp, since 1970. */
export function stampMs(stamp: number): number {
  return Math.floor(stamp / STAMPS_PER_MS) + STAMP_EPOCH_MS;
}

/** The counter in a stamp, 0–4095. */
export function stampCounter(stamp: number): number {
  return stamp % STAMPS_PER_MS;
}

/**
 * The stamp of a millisecond with counter 0. A device whose clock says a time before 2020 has lost its date: it
 * gets 0, and its stamps go on from the last one that it gave or met.
 */
function physicalStamp(nowMs: number): number {
  // The text is made only where it is needed: this runs for every edit.
  if (!(nowMs <= LAST_MS)) assert(false, `the time ${nowMs} ms is past the last stamp, ${LAST_MS} ms`);
  return nowMs <= STAMP_EPOCH_MS ? 0 : Math.floor(nowMs - STAMP_EPOCH_MS) * STAMPS_PER_MS;
}

/**
 * A stamp is `(ms − STAMP_EPOCH_MS) × 4096 + counter`; stamps compare as numbers. The clock keeps one number, the last
 * stamp given or met. A counter that overflows carries into the milliseconds: the stamp then runs ahead of the device's
 * clock by a millisecond for each 4096 stamps taken within one, and the order stays total. Two devices may give the
 * same stamp; who compares stamps of different devices breaks the tie by actor.
 */
export class HybridClock {
  #last = 0;

  /** The last stamp that was given or met; 0 at first. */
  get last(): number {
    return this.#last;
  }

  /**
   * The stamp of a local event: greater than every stamp given or met before, and not before the device's clock.
   * @param nowMs what the device's clock says, in milliseconds since 1970, up to the year 2089; it may go back
   */
  tick(nowMs: number): number {
    const physical = physicalStamp(nowMs);
    const next = physical > this.#last ? physical : this.#last + 1;
    assert(next <= STAMP_MAX, 'the hybrid clock has no stamp left');
    this.#last = next;
    return next;
  }

  /**
   * Takes notice of a stamp of another device: every later stamp of this clock is greater.
   * @param nowMs what the device's clock says, as for `tick`
   */
  witness(stamp: number, nowMs: number): void {
    if (!isStamp(stamp)) assert(false, `${stamp} is no stamp`);
    const physical = physicalStamp(nowMs);
    if (physical > this.#last) this.#last = physical;
    if (stamp > this.#last) this.#last = stamp;
  }

  /** Takes up the last stamp of stored state, 0 where there is none; a clock that is ahead of it stays ahead. */
  restore(stamp: number): void {
    assert(stamp === 0 || isStamp(stamp), `${stamp} is no stamp`);
    if (stamp > this.#last) this.#last = stamp;
  }
}
