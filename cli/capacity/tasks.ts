// What the main thread of a capacity question and its worker threads say to each other, as data. It must not know how
// either goes about it.
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import type { PointTask } from '../../scenarios/capacity/point.ts';
import type { CapacityPoint } from '../../scenarios/capacity/result.ts';
import type { RunInput } from '../../scenarios/result.ts';
import type { ErrorData } from '../hunt-tasks.ts';

/** What every task of one question has in common; a worker reads it once. */
export interface CapacitySetup {
  readonly cwd: string;
  /** The layers of configuration; without documents and a scenario of a person's own, which each thread loads itself. */
  readonly input: Omit<RunInput, 'documents' | 'scenario'>;
  /** One of ours by name, or a file. */
  readonly scenario: string;
  /** The documents' file; left out, they are found by the configuration's name for them. */
  readonly documentsFile?: string | undefined;
}

/** A whole run whose verdict is asked for. */
export interface VerdictTask {
  readonly users: number;
  readonly seed: string;
  /** Over what the person said. */
  readonly layer: ConfigLayer;
}

export interface VerdictAnswer {
  readonly verdict: string;
}

/** A task as it crosses threads. @property stop an integer that both threads see; 1 asks to leave soon */
export interface CapacityTask {
  readonly setup: CapacitySetup;
  readonly stop: Int32Array;
  readonly point?: PointTask | undefined;
  readonly verdict?: VerdictTask | undefined;
}

/** What came of it; nothing where it was asked to leave. */
export interface TaskAnswer {
  readonly point?: CapacityPoint | undefined;
  readonly verdict?: VerdictAnswer | undefined;
  readonly failed?: ErrorData | undefined;
}

/** What carries out points, some at a time; the answers stand in the order of the tasks, however many that are. */
export interface PointRunner {
  readonly count: number;
  /** @param onDone hears of each point that is done. @throws what a point threw; Stopped where it was stopped before */
  points(tasks: readonly PointTask[], onDone?: () => void): Promise<CapacityPoint[]>;
  verdict(task: VerdictTask): Promise<VerdictAnswer>;
}

/** It was asked to leave before everything was done. */
export class Stopped extends Error {
  constructor() {
    super('stopped before everything was done');
  }
}
