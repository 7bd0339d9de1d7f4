// The thread of a watchdog: looks now and then whether there was a beat. It must not wait for the main thread, which is
// what hangs.
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { Watched } from './watchdog.ts';

/** Looks in the time without a beat. They are counted, so that a process that was suspended has not hung. */
const LOOKS = 20;

const { beats, hangMs, text } = workerData as Watched;
let last = Atomics.load(beats, 0);
let looks = 0;

setInterval(() => {
  const now = Atomics.load(beats, 0);
  looks = now === last ? looks + 1 : 0;
  last = now;
  if (looks < LOOKS) return;
  try {
    writeSync(2, text);
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
}, hangMs / LOOKS);
