// Ends the process where code that it waits for never comes back: a loop without end in a document hears no signal, so
// that not even Ctrl-C would. Until the time is over only `kill -9` helps. It must not know what is run.
import { existsSync } from 'node:fs';
import { url as inspectorUrl } from 'node:inspector';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { visibleLine } from '../sim/visible-text.ts';

/** Longer than anything that a run does between two beats takes. */
const HANG_MS = 60_000;
/** A longer time than timers have would come at once. */
const HANG_MS_MAX = 2 ** 31 - 1;

/** A watch under way. */
export interface Watch {
  /** A sign of life: what is watched has come back. */
  beat(): void;
  stop(): void;
  /** When it ends the process, and what it says then; left out where nobody watches. */
  readonly hang?: { readonly afterMs: number; readonly text: string };
}

/** What the watching thread is given. */
export interface Watched {
  /** One integer, which every beat changes. */
  readonly beats: Int32Array;
  readonly hangMs: number;
  /** The line that is said before the end. */
  readonly text: string;
}

/**
 * Watches this thread from another one, until it is stopped. The other thread keeps no process alive.
 *
 * @param what is waited for, in words
 * @param limit `SQUALL_HANG_MS`: real time without a beat after which the process is killed, ms
 * @param isTerminal a line of progress may stand where the text goes
 */
export function watchdog(what: string, limit: string | undefined, isTerminal: boolean): Watch {
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const beat = (): void => void Atomics.add(beats, 0, 1);
  // Whoever steps through code in a debugger takes their time.
  if (inspectorUrl() !== undefined) return { beat, stop: () => undefined };
  const hangMs = Number(limit) > 0 ? Math.min(Number(limit), HANG_MS_MAX) : HANG_MS;
  const clear = isTerminal ? '\r\u001b[K' : '';
  const text = `${clear}squall: ${visibleLine(what)} did not come back for ${hangMs / 1000} s: expected code that returns\n`;
  const workerData: Watched = { beats, hangMs, text };
  const worker = new Worker(threadFile(), { workerData, execArgv: [] });
  // Without a watch a run is what it was.
  worker.on('error', () => undefined);
  worker.unref();
  return { beat, stop: () => void worker.terminate(), hang: { afterMs: hangMs, text } };
}

/** The thread's file beside this one: its source, or what was built of it. */
function threadFile(): string {
  const source = fileURLToPath(new URL('watchdog-thread.ts', import.meta.url));
  return existsSync(source) ? source : fileURLToPath(new URL('watchdog-thread.js', import.meta.url));
}
