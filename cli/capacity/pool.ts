// The worker threads of a capacity question. Points go to whichever thread is free; what they come to does not depend on
// it. It must not know what the points are for.
import { existsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { PointTask } from '../../scenarios/capacity/point.ts';
import type { CapacityPoint } from '../../scenarios/capacity/result.ts';
import { InputError } from '../../sim/errors.ts';
import { visibleLine } from '../../sim/visible-text.ts';
import { errorOfData } from '../hunt-tasks.ts';
import {
  type CapacitySetup,
  type CapacityTask,
  type PointRunner,
  Stopped,
  type TaskAnswer,
  type VerdictAnswer,
  type VerdictTask,
} from './tasks.ts';

/** Memory for objects of one of several threads, MB: a point of ten thousand users takes about a thousand. */
const MEMORY_MB_MIN = 512;
const MEMORY_MB_MAX = 4096;

/** A pool that is open until it is closed. */
export interface CapacityPool extends PointRunner {
  /** Asks points under way to leave soon: what was asked for ends with Stopped. */
  stop(): void;
  /** Ends the threads, whatever they are at. */
  close(): Promise<void>;
}

/** @param count threads */
export function capacityPool(count: number, setup: CapacitySetup): CapacityPool {
  const piscina = new Piscina({
    filename: workerFile(),
    minThreads: count,
    maxThreads: count,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb(count) },
  });
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  // A thread that dies between two tasks has nothing to answer for: the next task finds another one.
  piscina.on('error', () => undefined);

  const carryOut = async (task: Omit<CapacityTask, 'setup' | 'stop'>, what: string): Promise<TaskAnswer> => {
    if (Atomics.load(stop, 0) === 1) throw new Stopped();
    let answer: TaskAnswer;
    try {
      answer = (await piscina.run({ ...task, setup, stop })) as TaskAnswer;
    } catch (error) {
      if (Atomics.load(stop, 0) === 1) throw new Stopped();
      throw new InputError(what, undefined, `a run that a worker thread survives (${reasonOf(error)})`, 'ERR_WORKER');
    }
    if (answer.failed !== undefined) throw errorOfData(answer.failed);
    return answer;
  };

  return {
    count,
    async points(tasks: readonly PointTask[], onDone?: () => void): Promise<CapacityPoint[]> {
      return Promise.all(
        tasks.map(async (point) => {
          const answer = await carryOut({ point }, `point of ${point.users} users`);
          if (answer.point === undefined) throw new Stopped();
          onDone?.();
          return answer.point;
        }),
      );
    },
    async verdict(verdict: VerdictTask): Promise<VerdictAnswer> {
      const answer = await carryOut({ verdict }, `run of ${verdict.users} users`);
      if (answer.verdict === undefined) throw new Stopped();
      return answer.verdict;
    },
    stop: () => void Atomics.store(stop, 0, 1),
    close: () => piscina.destroy(),
  };
}

/** The worker's file beside this one: its source, or what was built of it. */
function workerFile(): string {
  const source = fileURLToPath(new URL('worker.ts', import.meta.url));
  return existsSync(source) ? source : fileURLToPath(new URL('worker.js', import.meta.url));
}

function memoryMb(count: number): number {
  const share = Math.floor(totalmem() / 2 / count / 2 ** 20);
  return Math.min(MEMORY_MB_MAX, Math.max(MEMORY_MB_MIN, share));
}

function reasonOf(error: unknown): string {
  const { message, code }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error));
  return code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'it ran out of memory' : visibleLine(message.split('\n')[0]!);
}
