// How much goes on at a time, as a multiple of the mean: a daily curve by hours, and bursts that come to all users at once.
// Times between requests are drawn in a clock that runs so much faster. It must not know who asks for what.
import type { Stream } from '../../sim/random.ts';
import { exponentialUs } from '../../sim/distributions.ts';
import type { Bursts } from './bursts.ts';

const HOUR_US = 3_600_000_000;

export interface IntensityOptions {
  /** The 24 hours of a day, as multiples of the mean rate; one at least is above 0. */
  readonly hours: readonly number[];
  /** Hour of the day at virtual 0. */
  readonly startHour: number;
  /** Left out, there are none. */
  readonly bursts?: Bursts | undefined;
}

/** A clock whose hands turn with the intensity. Bursts are drawn once, in their order, whoever asks for them first. */
export class Intensity {
  readonly #options: IntensityOptions;
  readonly #stream: Stream;
  /** When the state changes: at even places a burst begins or, where the first state is one, ends. */
  readonly #changesUs: number[] = [];
  readonly #beginsInBurst: boolean;

  /** @param stream for the bursts alone */
  constructor(options: IntensityOptions, stream: Stream) {
    this.#options = options;
    this.#stream = stream;
    const { bursts } = options;
    const total = bursts === undefined ? 1 : bursts.calmMsMean + bursts.burstMsMean;
    this.#beginsInBurst = bursts !== undefined && stream.chance(bursts.burstMsMean / total);
  }

  /**
   * When so much of mean time has gone by from a time on, µs; Infinity where that is after `endUs`.
   * @param meanUs how long it would be at the mean rate, ≥ 0
   */
  after(fromUs: number, meanUs: number, endUs: number): number {
    const { bursts, hours, startHour } = this.#options;
    let atUs = fromUs;
    let leftUs = meanUs;
    let state = bursts === undefined ? 0 : this.#stateAt(atUs);
    while (atUs < endUs) {
      const hour = startHour + atUs / HOUR_US;
      // A hair above the border, so that its rounding never leaves time where it is.
      const nextHourUs = (Math.floor(hour + 1e-9) + 1 - startHour) * HOUR_US;
      let rate = hours[Math.floor(hour + 1e-9) % 24]!;
      let untilUs = nextHourUs;
      if (bursts !== undefined) {
        rate *= this.#isBurst(state) ? bursts.burstRate : bursts.calmRate;
        untilUs = Math.min(nextHourUs, this.#changeAt(state));
      }
      const goneUs = (untilUs - atUs) * rate;
      if (goneUs >= leftUs && rate > 0) {
        const reachedUs = atUs + leftUs / rate;
        return reachedUs < endUs ? reachedUs : Number.POSITIVE_INFINITY;
      }
      leftUs -= goneUs;
      if (bursts !== undefined && this.#changeAt(state) <= untilUs) state++;
      atUs = untilUs;
    }
    return Number.POSITIVE_INFINITY;
  }

  #isBurst(state: number): boolean {
    return (state % 2 === 0) === this.#beginsInBurst;
  }

  /** When a state ends, µs. */
  #changeAt(state: number): number {
    const { calmMsMean, burstMsMean } = this.#options.bursts!;
    while (this.#changesUs.length <= state) {
      const before = this.#changesUs.at(-1) ?? 0;
      const meanMs = this.#isBurst(this.#changesUs.length) ? burstMsMean : calmMsMean;
      this.#changesUs.push(before + 1 + exponentialUs(this.#stream, meanMs * 1000));
    }
    return this.#changesUs[state]!;
  }

  /** How many changes there were up to a time. */
  #stateAt(atUs: number): number {
    while ((this.#changesUs.at(-1) ?? 0) <= atUs) this.#changeAt(this.#changesUs.length);
    let low = 0;
    let high = this.#changesUs.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#changesUs[middle]! <= atUs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
