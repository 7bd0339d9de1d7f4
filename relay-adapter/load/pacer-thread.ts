// The thread of a pacer: waits for the instant in the shared cell and posts a message when it has come. It does not
// spin: the processors are shared with the relay that is under load.
import { parentPort, workerData } from 'node:worker_threads';
import type { Paced } from './pacer.ts';

const { cell, idle, closed } = workerData as Paced;
const port = parentPort!;
/** A message says only that it came. */
const WOKEN = undefined;

port.postMessage(WOKEN);
for (;;) {
  const asked = Atomics.load(cell, 0);
  if (asked === closed) break;
  if (asked === idle) {
    Atomics.wait(cell, 0, idle);
    continue;
  }
  const leftNs = Number(asked - process.hrtime.bigint());
  // Comes back before its time when another instant is asked for.
  if (leftNs > 0) Atomics.wait(cell, 0, asked, leftNs / 1e6);
  // Whoever asks for another instant in between is not answered for this one.
  else if (Atomics.compareExchange(cell, 0, asked, idle) === asked) port.postMessage(WOKEN);
}
