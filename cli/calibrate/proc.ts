// Readings of Linux's scheduler: what a thread ran and waited for, and what a hypervisor took. It must not know what is
// measured between two readings.
import { readFileSync } from 'node:fs';
import { InputError } from '../../sim/errors.ts';

const CANARY_ROUNDS = 5;

/** Reads a file of /proc; a value, so that tests have their own. */
export type ReadProc = (path: string) => string;

export const readProc: ReadProc = (path) => readFileSync(path, 'utf8');

/** Of one thread, since it began. */
export interface ThreadTimes {
  readonly cpuMs: number;
  /** Ready to run, without a core. */
  readonly waitMs: number;
}

/**
 * Times of the main thread of a process, which is Node's event loop.
 * @throws the system's error where there is no such process
 */
export function threadTimes(read: ReadProc, pid: number | 'self'): ThreadTimes {
  const [ran, waited] = read(`/proc/${pid}/schedstat`).trim().split(/\s+/).map(Number);
  if (ran === undefined || waited === undefined || Number.isNaN(ran + waited)) {
    throw new Error(`/proc/${pid}/schedstat does not say what ran and what waited`);
  }
  return { cpuMs: ran / 1e6, waitMs: waited / 1e6 };
}

/** Ticks of all cores together since the machine began: all, and those that a hypervisor gave to others. */
export interface MachineTicks {
  readonly all: number;
  readonly stolen: number;
}

export function machineTicks(read: ReadProc): MachineTicks {
  const line = read('/proc/stat').split('\n', 1)[0]!;
  // user nice system idle iowait irq softirq steal; what follows is in the first two already.
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  return { all: ticks.reduce((sum, each) => sum + each, 0), stolen: ticks[7] ?? 0 };
}

/** @throws InputError where the machine has no such readings */
export function checkProc(read: ReadProc, platform: string): void {
  const expected = 'Linux with /proc: the scheduler’s figures tell whether a measurement was disturbed';
  try {
    threadTimes(read, 'self');
    machineTicks(read);
  } catch {
    throw new InputError('squall calibrate', platform, expected, 'ERR_MACHINE');
  }
}

/**
 * A fixed piece of work, which takes longer where somebody else uses the core or its caches; the best of a few rounds, since
 * one may be interrupted.
 * @returns what it took, ms
 */
export function canary(nowMs: () => number): number {
  let bestMs = Infinity;
  for (let round = 0; round < CANARY_ROUNDS; round++) {
    const startedMs = nowMs();
    let x = round + 1;
    for (let step = 0; step < 1_000_000; step++) x = (Math.imul(x, 1_664_525) + 1_013_904_223 + (x >>> 7)) | 0;
    // The result is looked at, or the work might be left out.
    bestMs = Math.min(bestMs, nowMs() - startedMs + (x === 0 ? Number.MIN_VALUE : 0));
  }
  return bestMs;
}
