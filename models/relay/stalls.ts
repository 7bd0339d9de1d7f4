// Times at which a process does something else than serve: collecting garbage, or waiting for the machine. Drawn one after
// another, whatever load there is. It must not know what is held up.

import { normalQuantile } from '../../sim/distributions.ts';
import type { Stream } from '../../sim/random.ts';

export interface StallOptions {
  /** 0 is none. */
  readonly stallsPerMinute: number;
  readonly stallMsMedian: number;
  readonly stallSigma: number;
}

const US_PER_MINUTE = 60_000_000;

export class Stalls {
  readonly #options: StallOptions;
  readonly #stream: Stream;
  #beginsUs = Number.POSITIVE_INFINITY;
  #endsUs = Number.POSITIVE_INFINITY;

  constructor(options: StallOptions, stream: Stream) {
    this.#options = options;
    this.#stream = stream;
    if (options.stallsPerMinute > 0) this.#drawAfter(0);
  }

  /** When work that begins at an instant, and would take so long undisturbed, ends. Times may not go back. */
  endOf(beginsUs: number, takesUs: number): number {
    let nowUs = beginsUs;
    let leftUs = takesUs;
    for (;;) {
      while (this.#endsUs <= nowUs) this.#drawAfter(this.#endsUs);
      if (this.#beginsUs >= nowUs + leftUs) return nowUs + leftUs;
      leftUs -= Math.max(0, this.#beginsUs - nowUs);
      nowUs = this.#endsUs;
    }
  }

  /** Poisson: from the end of one to the begin of the next an exponential time. */
  #drawAfter(endUs: number): void {
    const { stallsPerMinute, stallMsMedian, stallSigma } = this.#options;
    const gapUs = (-Math.log(1 - this.#stream.next()) * US_PER_MINUTE) / stallsPerMinute;
    const lengthUs = stallMsMedian * 1000 * Math.exp(stallSigma * normalQuantile(this.#stream.next()));
    this.#beginsUs = Math.round(endUs + gapUs);
    this.#endsUs = this.#beginsUs + Math.max(1, Math.round(lengthUs));
  }
}
