// How well the relay has served over the last hour: counts and times of its answers, in memory that does not grow. Must
// not know routes, nor the wire.

import { type Histogram, build } from 'hdr-histogram-js';

const SLOT_MS = 5 * 60_000;
/** Whole slots that are kept beside the one under way: the hour. */
const SLOTS = 12;
/** Longest time that is told apart from longer ones, in microseconds: ten minutes. */
const LONGEST_US = 600_000_000;

interface Slot {
  startMs: number;
  succeeded: number;
  failed: number;
  sumMs: number;
  readonly timesUs: Histogram;
}

/** What was served in a period. */
export interface ServiceLevelSummary {
  /** Share of the answers that were no failure, 0–100; 100 where nothing was asked. */
  readonly uptimePercentage: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly msMean: number;
  readonly msP95: number;
  readonly msP99: number;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
}

function histogram(): Histogram {
  // Two digits: the figures are right to one part in a hundred, and a slot takes some kilobytes.
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: LONGEST_US, numberOfSignificantValueDigits: 2 });
}

/** Counts answers in slots of five minutes. An answer of a status from 500 on is a failure; what a client got wrong is none. */
export class ServiceLevel {
  readonly #startedMs: number;
  /** Oldest first; the last is under way. */
  #slots: Slot[] = [];

  /** @param nowMs milliseconds since 1970 */
  constructor(nowMs: number) {
    this.#startedMs = Math.max(0, Math.floor(nowMs));
  }

  /** Takes note of an answer and of how long it took. */
  record(status: number, tookMs: number, nowMs: number): void {
    const slot = this.#slotAt(nowMs);
    if (status < 500) slot.succeeded += 1;
    else slot.failed += 1;
    slot.sumMs += tookMs;
    slot.timesUs.recordValue(Math.min(LONGEST_US, Math.max(1, Math.round(tookMs * 1000))));
  }

  summary(nowMs: number): ServiceLevelSummary {
    this.#forget(nowMs);
    const endMs = Math.max(this.#startedMs, Math.floor(nowMs));
    const all = histogram();
    let succeeded = 0;
    let failed = 0;
    let sumMs = 0;
    for (const slot of this.#slots) {
      succeeded += slot.succeeded;
      failed += slot.failed;
      sumMs += slot.sumMs;
      all.add(slot.timesUs);
    }
    const answers = succeeded + failed;
    return {
      uptimePercentage: answers === 0 ? 100 : (100 * succeeded) / answers,
      succeeded,
      failed,
      msMean: answers === 0 ? 0 : sumMs / answers,
      msP95: all.getValueAtPercentile(95) / 1000,
      msP99: all.getValueAtPercentile(99) / 1000,
      startMs: Math.max(this.#startedMs, slotStart(endMs) - SLOTS * SLOT_MS),
      endMs,
    };
  }

  #slotAt(nowMs: number): Slot {
    const last = this.#slots.at(-1);
    // A clock that is set back goes on in the slot that is under way.
    if (last !== undefined && nowMs < last.startMs + SLOT_MS) return last;
    this.#forget(nowMs);
    const slot = { startMs: slotStart(nowMs), succeeded: 0, failed: 0, sumMs: 0, timesUs: histogram() };
    this.#slots.push(slot);
    return slot;
  }

  #forget(nowMs: number): void {
    const oldestMs = slotStart(nowMs) - SLOTS * SLOT_MS;
    const first = this.#slots[0];
    if (first !== undefined && first.startMs < oldestMs) {
      this.#slots = this.#slots.filter(({ startMs }) => startMs >= oldestMs);
    }
  }
}

function slotStart(ms: number): number {
  return Math.floor(ms / SLOT_MS) * SLOT_MS;
}
