// How long a client waits after failures before it tries again. It must not know what has failed.

/** The bounds of the waits. */
export interface BackoffOptions {
  /** The first wait is up to this, each further one up to twice as long. */
  readonly retryMsBase: number;
  readonly retryMsMax: number;
  /** `none`: each wait is as long as it may be. */
  readonly retryJitter: 'full' | 'none';
}

export class Backoff {
  /** Whether a wait is on. */
  isOn = false;
  /** Numbers the waits: the end of an earlier one means nothing. */
  serial = 0;
  #failures = 0;

  /**
   * Begins a wait after one more failure: full jitter (Brooker 2015, "Exponential Backoff And Jitter"), uniform between
   * zero and the cap of the attempt; without jitter the cap itself.
   *
   * @param u uniform, 0–1
   * @param retryAfterMs the least that was asked for
   * @returns µs
   */
  begin(u: number, retryAfterMs: number, { retryMsBase, retryMsMax, retryJitter }: BackoffOptions): number {
    const capMs = Math.min(retryMsMax, retryMsBase * 2 ** Math.min(30, this.#failures++));
    this.isOn = true;
    this.serial++;
    return Math.round(Math.max(retryJitter === 'full' ? capMs * u : capMs, retryAfterMs) * 1000);
  }

  /** The wait of a number is over. False where it is not the one that is on. */
  end(serial: number): boolean {
    if (!this.isOn || serial !== this.serial) return false;
    this.isOn = false;
    return true;
  }

  /** Something has been answered well. */
  succeeded(): void {
    this.#failures = 0;
  }
}
