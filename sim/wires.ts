// The times of links: when a link's wire is free, what is added to its delay, how narrow it is made, and its latest
// arrival in order. It must not know what is sent, nor what becomes of it.

import { assert } from './errors.ts';
import { ADDED_DELAY_US, LAST_ARRIVAL_US, LINK_TIMES, THROTTLED_US_PER_BYTE, WIRE_FREE_US } from './network-layout.ts';

/** One wire a link, by the link's number. */
export class Wires {
  #times = new Float64Array(64 * LINK_TIMES);

  /** Makes room for a link. */
  add(link: number): void {
    if ((link + 1) * LINK_TIMES <= this.#times.length) return;
    const grown = new Float64Array(this.#times.length * 2);
    grown.set(this.#times);
    this.#times = grown;
  }

  /**
   * Takes the wire for a message.
   *
   * @param usPerByte time on the wire; 0 is unlimited bandwidth
   * @returns when its last byte has left, with the added delay, rounded to a microsecond (the wire keeps the fraction)
   */
  pass(link: number, usPerByte: number, bytes: number, nowUs: number): number {
    const times = this.#times;
    const at = link * LINK_TIMES;
    const addedUs = times[at + ADDED_DELAY_US]!;
    const throttledUs = times[at + THROTTLED_US_PER_BYTE]!;
    const slowerUs = throttledUs > usPerByte ? throttledUs : usPerByte;
    if (slowerUs === 0) return nowUs + addedUs;
    const freeUs = times[at + WIRE_FREE_US]!;
    const leavesUs = (freeUs > nowUs ? freeUs : nowUs) + bytes * slowerUs;
    times[at + WIRE_FREE_US] = leavesUs;
    return Math.round(leavesUs) + addedUs;
  }

  /** When a message arrives that overtakes none before it. */
  inOrder(link: number, dueUs: number): number {
    const last = link * LINK_TIMES + LAST_ARRIVAL_US;
    if (this.#times[last]! > dueUs) return this.#times[last]!;
    this.#times[last] = dueUs;
    return dueUs;
  }

  addDelay(link: number, extraUs: number): void {
    const at = link * LINK_TIMES + ADDED_DELAY_US;
    const sumUs = this.#times[at]! + extraUs;
    assert(Number.isSafeInteger(sumUs) && sumUs >= 0, 'the delay added to a link is in whole microseconds, ≥ 0');
    this.#times[at] = sumUs;
  }

  throttle(link: number, kbit: number): void {
    assert(kbit > 0 && kbit < Number.POSITIVE_INFINITY, 'a link is narrowed to a bandwidth > 0');
    // 8 bits a byte, 1000 µs a millisecond; a kilobit a second is a bit a millisecond.
    this.#times[link * LINK_TIMES + THROTTLED_US_PER_BYTE] = 8000 / kbit;
  }

  unthrottle(link: number, nowUs: number): void {
    const at = link * LINK_TIMES;
    this.#times[at + THROTTLED_US_PER_BYTE] = 0;
    if (this.#times[at + WIRE_FREE_US]! > nowUs) this.#times[at + WIRE_FREE_US] = nowUs;
  }
}
