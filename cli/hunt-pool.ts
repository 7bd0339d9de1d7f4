// The worker threads of a hunt. A thread that dies, or that shows no sign of life for too long, costs the seed that it
// was at; another one takes its place. It must not know what is done with what was found.
import { visibleLine } from '../sim/visible-text.ts';
import { existsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { FindingFile } from '../scenarios/search/finding-file.ts';
import type { ShrinkProgress } from '../scenarios/search/shrink-search.ts';
import { removeScratch } from '../relay-adapter/wire/scratch-store.ts';
import { InputError } from '../sim/errors.ts';
import {
  askToStop,
  type ErrorData,
  type FileAnswer,
  type HuntSetup,
  type HuntTask,
  type Investigated,
  type SeedDone,
  type SeedsAnswer,
  sharedIntegers,
  Slot,
} from './hunt-tasks.ts';

/** A seed that cost its worker. */
export interface SeedDied {
  readonly seed: string;
  readonly reason: string;
}

/** What came of a batch: every seed of it is done or died, unless it was stopped or one met a bug. */
export interface BatchResult {
  readonly done: readonly SeedDone[];
  readonly died: readonly SeedDied[];
  readonly failed?: { readonly seed: string; readonly error: ErrorData };
}

/** What came of recording and shrinking. */
export interface FileResult {
  /** Undefined where the finding did not come back, or its worker died. */
  readonly found: Investigated | undefined;
  readonly died?: string;
  readonly failed?: ErrorData;
}

/** What carries out a hunt's tasks, as many at a time as it has workers. */
export interface Workers {
  readonly count: number;
  runSeeds(seeds: readonly string[]): Promise<BatchResult>;
  /** @param onProgress hears several times a second how far shrinking is */
  investigate(
    seed: string,
    signature: string,
    limitMs: number,
    onProgress?: (progress: ShrinkProgress) => void,
  ): Promise<FileResult>;
  shrink(file: FindingFile, limitMs: number, onProgress?: (progress: ShrinkProgress) => void): Promise<FileResult>;
  /** Asks tasks under way to end soon with what they have. */
  stop(): void;
  /** Ends the threads, whatever they are at. */
  close(): Promise<void>;
}

export interface PoolOptions {
  readonly count: number;
  readonly setup: HuntSetup;
  /** Real time in which a thread has to show a sign of life, ms; it shows one for each storm that it runs. */
  readonly patienceMs?: number;
  /** Memory for objects of one thread, MB. */
  readonly memoryMb?: number;
}

/** Longer than any storm: what takes as long hangs. */
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 200;
/** Threads that die one after another before they have begun with anything. */
const EARLY_DEATHS_MAX = 3;

/** Memory for objects of one of several threads, MB: a storm takes a few, a heavy run some hundred. */
const MEMORY_MB_MIN = 512;
const MEMORY_MB_MAX = 2048;

/** A pool of threads for a hunt. */
export function huntPool(options: PoolOptions): Workers {
  return new HuntPool(options);
}

interface Watched {
  readonly slot: Slot;
  readonly controller: AbortController;
  readonly onProgress: ((progress: ShrinkProgress) => void) | undefined;
  pulse: number;
  sinceMs: number;
}

/** How a task's worker died. */
class WorkerDied extends Error {
  /** Seeds, or other work, that it had begun: 0 where it died before it came to any. */
  readonly begun: number;

  constructor(reason: string, begun: number) {
    super(reason);
    this.begun = begun;
  }
}

class HuntPool implements Workers {
  readonly count: number;
  readonly #setup: HuntSetup;
  readonly #patienceMs: number;
  readonly #piscina: Piscina;
  readonly #shared: Int32Array;
  readonly #freeSlots: number[];
  readonly #watched = new Set<Watched>();
  readonly #timer: NodeJS.Timeout;
  #earlyDeaths = 0;
  #isClosed = false;

  constructor({ count, setup, patienceMs = PATIENCE_MS, memoryMb = shareOfMemoryMb(count) }: PoolOptions) {
    this.count = count;
    this.#setup = setup;
    this.#patienceMs = patienceMs;
    this.#shared = sharedIntegers(count);
    this.#freeSlots = Array.from({ length: count }, (_, index) => index);
    this.#piscina = new Piscina({
      filename: workerFile(),
      minThreads: count,
      maxThreads: count,
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    });
    // A thread that dies between two tasks has nothing to answer for: the next task finds another one.
    this.#piscina.on('error', () => undefined);
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  async runSeeds(seeds: readonly string[]): Promise<BatchResult> {
    const done: SeedDone[] = [];
    const died: SeedDied[] = [];
    let left = seeds;
    while (left.length > 0) {
      try {
        const answer = await this.#run<SeedsAnswer>({ kind: 'seeds', seeds: left });
        done.push(...answer.done);
        return { done, died, ...(answer.failed === undefined ? {} : { failed: answer.failed }) };
      } catch (error) {
        if (!(error instanceof WorkerDied)) throw error;
        // What the seeds before it gave went with the thread: they are run again.
        const at = error.begun - 1;
        if (at < 0) continue;
        died.push({ seed: left[at]!, reason: error.message });
        left = left.toSpliced(at, 1);
      }
    }
    return { done, died };
  }

  investigate(
    seed: string,
    signature: string,
    limitMs: number,
    onProgress?: (progress: ShrinkProgress) => void,
  ): Promise<FileResult> {
    return this.#file({ kind: 'investigate', seed, signature, limitMs }, onProgress);
  }

  shrink(file: FindingFile, limitMs: number, onProgress?: (progress: ShrinkProgress) => void): Promise<FileResult> {
    return this.#file({ kind: 'shrink', file, limitMs }, onProgress);
  }

  stop(): void {
    askToStop(this.#shared);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const { controller } of this.#watched) controller.abort('the hunt has ended');
    await this.#piscina.destroy();
    // Threads are ended as they are: what their relays kept is left to us.
    removeScratch(process.pid);
  }

  async #file(task: OwnTask, onProgress?: (progress: ShrinkProgress) => void): Promise<FileResult> {
    for (;;) {
      try {
        const { found, failed } = await this.#run<FileAnswer>(task, onProgress);
        return { found: found ?? undefined, ...(failed === undefined ? {} : { failed }) };
      } catch (error) {
        if (!(error instanceof WorkerDied)) throw error;
        if (error.begun > 0) return { found: undefined, died: error.message };
      }
    }
  }

  /** @throws WorkerDied; InputError where threads die before they have begun, time after time */
  async #run<Answer>(task: OwnTask, onProgress?: (progress: ShrinkProgress) => void): Promise<Answer> {
    if (this.#isClosed) throw new Error('the pool is closed');
    const index = this.#freeSlots.pop();
    if (index === undefined) throw new Error('more tasks at a time than there are workers');
    const slot = new Slot(this.#shared, index);
    slot.clear();
    const controller = new AbortController();
    const watched: Watched = { slot, controller, onProgress, pulse: 0, sinceMs: performance.now() };
    this.#watched.add(watched);
    try {
      const whole = { ...task, setup: this.#setup, shared: this.#shared, slot: index } as HuntTask;
      const answer = (await this.#piscina.run(whole, { signal: controller.signal })) as Answer;
      this.#earlyDeaths = 0;
      return answer;
    } catch (error) {
      const reason = controller.signal.aborted ? String(controller.signal.reason) : reasonOf(error);
      this.#earlyDeaths = slot.begun() > 0 ? 0 : this.#earlyDeaths + 1;
      if (this.#earlyDeaths >= EARLY_DEATHS_MAX) throw this.#refusal(reason);
      throw new WorkerDied(reason, slot.begun());
    } finally {
      this.#watched.delete(watched);
      this.#freeSlots.push(index);
    }
  }

  #refusal(reason: string): Error {
    const { documentsFile, scenario } = this.#setup;
    const expected = `what loads in a worker thread (${reason})`;
    return documentsFile === undefined
      ? new InputError('scenario', scenario, expected, 'ERR_FILE')
      : new InputError('--documents', documentsFile, expected, 'ERR_FILE');
  }

  #look(): void {
    const nowMs = performance.now();
    for (const watched of this.#watched) {
      const pulse = watched.slot.pulse();
      if (pulse !== watched.pulse) {
        watched.pulse = pulse;
        watched.sinceMs = nowMs;
      }
      watched.onProgress?.(watched.slot.progress());
      if (nowMs - watched.sinceMs < this.#patienceMs) continue;
      watched.controller.abort(`it went on for more than ${this.#patienceMs / 1000} s of real time`);
    }
  }
}

type OwnTask =
  | { kind: 'seeds'; seeds: readonly string[] }
  | { kind: 'investigate'; seed: string; signature: string; limitMs: number }
  | { kind: 'shrink'; file: FindingFile; limitMs: number };

/** The worker's file beside this one: its source, or what was built of it. */
function workerFile(): string {
  const source = fileURLToPath(new URL('hunt-worker.ts', import.meta.url));
  return existsSync(source) ? source : fileURLToPath(new URL('hunt-worker.js', import.meta.url));
}

function shareOfMemoryMb(count: number): number {
  const share = Math.floor(totalmem() / 2 / count / 2 ** 20);
  return Math.min(MEMORY_MB_MAX, Math.max(MEMORY_MB_MIN, share));
}

function reasonOf(error: unknown): string {
  const { message, code }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error));
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return 'it ran out of memory';
  const exit = /^worker exited with code: (-?\d+)$/.exec(message);
  return exit === null
    ? `an error that nobody caught: ${visibleLine(message.split('\n')[0]!)}`
    : `it ended its process with code ${exit[1]}`;
}
