// Wakes this thread at real instants, closer than timers do: another thread waits for them with Atomics.wait and posts a
// message. It must not know what is done when it wakes, nor why then.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { assert } from '../../sim/errors.ts';

/** In the shared cell: nothing is asked for. Instants are positive. */
const IDLE = 0n;
/** In the shared cell: the thread shall end. */
const CLOSED = -1n;
/** A clock is compared with another one so often; the closest reading counts. */
const CLOCK_READINGS = 8;

/** What the waiting thread is given. */
export interface Paced {
  /**
   * One cell: the instant that is asked for, ns of `process.hrtime`, which all threads share (`performance.now` starts
   * with each thread); or one of the two others.
   */
  readonly cell: BigInt64Array;
  readonly idle: bigint;
  readonly closed: bigint;
}

/** A clock that wakes, one instant at a time. */
export interface Pacer {
  /**
   * Asks to be woken at this instant, once and never before it; a later call replaces an earlier one. What lies in the
   * past wakes at once, though not within the call. Infinity takes back what was asked for.
   *
   * @param atMs of this thread's `performance.now()`, ms with fractions
   */
  wakeAt(atMs: number): void;
  /** Ends the thread. Nothing wakes from then on. */
  close(): Promise<void>;
}

/**
 * Starts the thread that waits. It keeps no process alive, with a wake asked for or without: whoever waits for one holds
 * something open.
 *
 * @param onWake runs on this thread's event loop; what it throws is an uncaught exception
 */
export async function startPacer(onWake: () => void): Promise<Pacer> {
  const cell = new BigInt64Array(new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT));
  const workerData: Paced = { cell, idle: IDLE, closed: CLOSED };
  const worker = new Worker(threadFile(), { workerData, execArgv: [] });
  const ended = new Promise<void>((resolve) => void worker.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', () => {
      // From here on an error of the thread is a bug of ours, which nobody shall swallow.
      worker.off('error', reject);
      resolve();
    });
  });

  const offsetMs = hrtimeOffsetMs();
  let askedMs = Infinity;
  let isClosed = false;

  const ask = (atMs: number): void => {
    // Rounded up, so that the other thread is never early.
    Atomics.store(cell, 0, BigInt(Math.ceil((atMs + offsetMs) * 1e6)));
    Atomics.notify(cell, 0);
  };
  const wake = (): void => {
    // A message may be under way when its instant is replaced or taken back.
    if (isClosed || performance.now() < askedMs) {
      // Had the clocks come apart, the instant would be asked for again until it has come; a replaced one is asked for
      // already.
      if (!isClosed && askedMs < Infinity && Atomics.load(cell, 0) === IDLE) ask(askedMs);
      return;
    }
    askedMs = Infinity;
    Atomics.store(cell, 0, IDLE);
    onWake();
  };
  worker.on('message', wake);
  worker.unref();

  return {
    wakeAt(atMs: number): void {
      assert(!Number.isNaN(atMs), 'a pacer was asked for no instant');
      if (isClosed) return;
      askedMs = atMs;
      if (atMs === Infinity) Atomics.store(cell, 0, IDLE);
      else if (atMs > performance.now()) ask(atMs);
      else setImmediate(wake);
    },
    async close(): Promise<void> {
      isClosed = true;
      Atomics.store(cell, 0, CLOSED);
      Atomics.notify(cell, 0);
      worker.ref();
      await ended;
    },
  };
}

/** What `process.hrtime` is ahead of `performance.now()`, ms; by less than the time between two readings too much. */
function hrtimeOffsetMs(): number {
  let least = Infinity;
  for (let reading = 0; reading < CLOCK_READINGS; reading++) {
    const nowMs = performance.now();
    least = Math.min(least, Number(process.hrtime.bigint()) / 1e6 - nowMs);
  }
  return least;
}

/** The thread's file beside this one: its source, or what was built of it. */
function threadFile(): string {
  const source = fileURLToPath(new URL('pacer-thread.ts', import.meta.url));
  return existsSync(source) ? source : fileURLToPath(new URL('pacer-thread.js', import.meta.url));
}
