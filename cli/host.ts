// What only the process knows and a run is given: real time, the day, chance for a seed, turns of the event loop. Simulated code
// must not reach it.
import { randomBytes } from 'node:crypto';

/** Real time, ms, from any zero. */
export function nowMs(): number {
  return performance.now();
}

/** The day by UTC, as `2026-11-23`. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** A seed for a run that was given none. */
export function drawSeed(): string {
  return randomBytes(6).toString('hex');
}

/** Lets the event loop turn once, so that signals, timers and output get through. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Calls back after so much real time, ms; gives what takes that back. */
export function after(ms: number, call: () => void): () => void {
  // A longer time than timers have would come at once.
  const timer = setTimeout(call, Math.min(ms, 2 ** 31 - 1));
  return () => clearTimeout(timer);
}
