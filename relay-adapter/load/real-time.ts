// Real time for a run under the wall clock: microseconds since it began, and waiting for the next instant at which
// something is due. It must not know what is due.

import { assert } from '../../sim/errors.ts';
import { type Pacer, startPacer } from './pacer.ts';

/** Keeps the process alive while nothing else does, ms. */
const ALIVE_MS = 60_000;

export class RealTime {
  #pacer!: Pacer;
  readonly #alive = setInterval(() => undefined, ALIVE_MS);
  #startMs = Number.NaN;
  #wake: (() => void) | undefined;

  static async open(): Promise<RealTime> {
    const time = new RealTime();
    time.#pacer = await startPacer(() => time.poke());
    return time;
  }

  /** Time begins now. */
  start(): void {
    this.#startMs = performance.now();
  }

  get hasBegun(): boolean {
    return !Number.isNaN(this.#startMs);
  }

  /** Since it began, whole µs. */
  get nowUs(): number {
    assert(this.hasBegun, 'real time begins before it is asked for');
    return Math.floor((performance.now() - this.#startMs) * 1000);
  }

  /** Comes back at an instant, or sooner where somebody pokes; the event loop has turned in any case. */
  async until(atUs: number): Promise<void> {
    assert(this.#wake === undefined, 'one waits at a time');
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#pacer.wakeAt(this.#startMs + atUs / 1000);
    });
  }

  /** Something has happened that may be due before what is waited for. */
  poke(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  async close(): Promise<void> {
    clearInterval(this.#alive);
    await this.#pacer.close();
  }
}
