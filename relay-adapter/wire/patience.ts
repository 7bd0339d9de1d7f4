// Waiting where a relay asks for it, on a thread that may sleep: now and then, and not for long. It must not know what is
// asked again.

/** A relay that asks for more than this at once is not waited for. */
const WAIT_MS_MAX = 5000;
/** All waits of one patience together. */
const ALL_WAITS_MS_MAX = 15_000;

/** Sleeps, with the whole thread. */
export function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, ms);
}

/** How long a relay is waited for in all, when it says that one should come again later. */
export class Patience {
  readonly #sleep: (ms: number) => void;
  #leftMs = ALL_WAITS_MS_MAX;

  constructor(pause: (ms: number) => void = sleep) {
    this.#sleep = pause;
  }

  /** Waits for so long and says true; false at once where that is more than there is patience for, or nothing. */
  wait(ms: number): boolean {
    if (!(ms > 0) || ms > WAIT_MS_MAX || ms > this.#leftMs) return false;
    this.#leftMs -= ms;
    this.#sleep(ms);
    return true;
  }
}
