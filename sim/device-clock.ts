// The clock on a device's wall: what it thinks the time is, by skew, drift and jumps. It must not know virtual time
// but for what it is told, nor who reads it.

import { assert, InputError } from './errors.ts';

/** Ten times what the worst quartz gives, and far from where a slow clock could stand still. */
const MOST_DRIFT_PPM = 100_000;
/** About 31 years. */
const MOST_SKEW_US = 1e15;
/** Inside the range of dates (8.64e15), with room for skew and for the run. */
const MOST_EPOCH_MS = 8e15;

export interface DeviceClockOptions {
  /** How far the clock is ahead at virtual 0; integer microseconds, |skewUs| ≤ 1e15; default 0. */
  readonly skewUs?: number;
  /** Microseconds that the clock gains in each second of virtual time; |driftPpm| ≤ 100000 (10%); default 0. */
  readonly driftPpm?: number;
  /** What virtual 0 is in milliseconds since 1970; integer. */
  readonly epochMs: number;
}

/**
 * A device's clock. With no skew and no drift it shows virtual time. It never runs back but for a step.
 *
 * Results are integers, rounded down. A step and a change of drift begin at what the clock shows at that moment, so
 * that each loses less than a microsecond of drift. Ask it in the order of virtual time: what it showed before the last
 * step or change of drift is forgotten.
 */
export class DeviceClock {
  readonly epochMs: number;
  /** Virtual time of the last step or change of drift, and what the clock showed then. */
  #sinceUs = 0;
  #shownUs: number;
  #driftPpm: number;

  /** @throws InputError for options out of range */
  constructor(options: DeviceClockOptions) {
    const { skewUs = 0, driftPpm = 0, epochMs } = options;
    if (!Number.isInteger(epochMs) || Math.abs(epochMs) > MOST_EPOCH_MS) {
      throw new InputError('epochMs', epochMs, `an integer from -${MOST_EPOCH_MS} to ${MOST_EPOCH_MS}`);
    }
    checkUs('skewUs', skewUs);
    checkDrift(driftPpm);
    this.epochMs = epochMs;
    this.#shownUs = skewUs;
    this.#driftPpm = driftPpm;
  }

  /** The drift at present, in parts per million; > 0 is a clock that runs fast. */
  get driftPpm(): number {
    return this.#driftPpm;
  }

  /** What the clock shows: integer microseconds since the run's epoch; below 0 where it is behind by more than the run's age. */
  nowUs(simUs: number): number {
    const elapsedUs = simUs - this.#sinceUs;
    assert(elapsedUs >= 0, 'a device clock was asked about a time before its last step or change of drift');
    // Only the drift is rounded: without any, the sum is exact.
    return this.#shownUs + elapsedUs + Math.floor((elapsedUs * this.#driftPpm) / 1e6);
  }

  /** What the clock shows as a date: integer milliseconds since 1970. */
  nowMs(simUs: number): number {
    return this.epochMs + Math.floor(this.nowUs(simUs) / 1000);
  }

  /**
   * The clock jumps, as when it is set by hand or by the network.
   *
   * @param simUs virtual time, not before the last step or change of drift
   * @param byUs integer microseconds, |byUs| ≤ 1e15; below 0 it goes back
   * @throws InputError for a jump out of range
   */
  step(simUs: number, byUs: number): void {
    checkUs('byUs', byUs);
    this.#shownUs = this.nowUs(simUs) + byUs;
    this.#sinceUs = simUs;
  }

  /**
   * From now on the clock runs at another rate; what it shows now stays.
   *
   * @param simUs virtual time, not before the last step or change of drift
   * @param driftPpm |driftPpm| ≤ 100000
   * @throws InputError for a drift out of range
   */
  setDrift(simUs: number, driftPpm: number): void {
    checkDrift(driftPpm);
    this.#shownUs = this.nowUs(simUs);
    this.#sinceUs = simUs;
    this.#driftPpm = driftPpm;
  }
}

function checkUs(field: string, valueUs: number): void {
  if (!Number.isInteger(valueUs) || Math.abs(valueUs) > MOST_SKEW_US) {
    throw new InputError(field, valueUs, `integer microseconds from -${MOST_SKEW_US} to ${MOST_SKEW_US}`);
  }
}

function checkDrift(driftPpm: number): void {
  if (!(Math.abs(driftPpm) <= MOST_DRIFT_PPM)) {
    throw new InputError('driftPpm', driftPpm, `-${MOST_DRIFT_PPM} to ${MOST_DRIFT_PPM}`);
  }
}
