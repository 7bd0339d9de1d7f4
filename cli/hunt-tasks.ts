// What a hunt's main thread and its worker threads say to each other, as data. It must not know how either goes about
// it.
import type { RunInput } from '../scenarios/result.ts';
import type { FindingFile } from '../scenarios/search/finding-file.ts';
import type { ShrinkProgress } from '../scenarios/search/shrink-search.ts';
import type { TrialOutcome } from '../scenarios/search/trial-port.ts';
import type { SeedOutcome } from '../scenarios/search/trial.ts';
import { InputError } from '../sim/errors.ts';

/** What every task of one hunt has in common; a worker reads it once. */
export interface HuntSetup {
  readonly cwd: string;
  /** The layers of configuration; without documents and a scenario of a person's own, which each thread loads itself. */
  readonly input: Omit<RunInput, 'documents' | 'scenario'>;
  /** One of ours by name, or a file. */
  readonly scenario: string;
  /** The documents' file; left out, they are found by the configuration's name for them. */
  readonly documentsFile?: string | undefined;
  /** Versions to keep with a finding. */
  readonly versions: Readonly<Record<string, string>>;
}

interface CommonTask {
  readonly setup: HuntSetup;
  /** Integers that both threads see; see the places below. */
  readonly shared: Int32Array;
  /** Which part of them is this task's. */
  readonly slot: number;
}

/** Seeds to run, one after another. */
export interface SeedsTask extends CommonTask {
  readonly kind: 'seeds';
  readonly seeds: readonly string[];
}

/** A finding to record and shrink. */
export interface InvestigateTask extends CommonTask {
  readonly kind: 'investigate';
  readonly seed: string;
  readonly signature: string;
  /** Real time for shrinking, ms. */
  readonly limitMs: number;
}

/** A finding file to shrink on. */
export interface ShrinkTask extends CommonTask {
  readonly kind: 'shrink';
  readonly file: FindingFile;
  /** Real time for shrinking, ms. */
  readonly limitMs: number;
}

export type HuntTask = SeedsTask | InvestigateTask | ShrinkTask;

/** What came of one seed. */
export interface SeedDone {
  readonly seed: string;
  readonly outcome: SeedOutcome;
}

/** An error as it crosses threads. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  /** Of bad input: what it is made of. */
  readonly input?: { field: string; received: string | number | undefined; expected: string; code: string };
}

/** The seeds that were run: fewer than asked for where it was stopped, or where a seed met a bug or bad input. */
export interface SeedsAnswer {
  readonly done: readonly SeedDone[];
  readonly failed?: { readonly seed: string; readonly error: ErrorData };
}

/** What a file holds, and what came of its plan; null where the finding did not come back. */
export interface FileAnswer {
  readonly found: Investigated | null;
  readonly failed?: ErrorData;
}

/** A finding as a file holds it, and what came of its plan. */
export interface Investigated {
  readonly file: FindingFile;
  readonly outcome: TrialOutcome;
}

/** Integers before the first slot: whether everybody is to end soon. */
const STOP = 0;
const HEAD = 1;
/** Places of a slot: what has begun, a sign of life, and how far shrinking is. */
const BEGUN = 0;
const PULSE = 1;
const TRIES = 2;
const SLOT_SIZE = 8;

/** Shared integers for so many tasks at a time. */
export function sharedIntegers(slots: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer((HEAD + slots * SLOT_SIZE) * Int32Array.BYTES_PER_ELEMENT));
}

/** Asks all tasks to end soon with what they have. */
export function askToStop(shared: Int32Array): void {
  Atomics.store(shared, STOP, 1);
}

export function isStopping(shared: Int32Array): boolean {
  return Atomics.load(shared, STOP) === 1;
}

/** A task's own part of the shared integers. */
export class Slot {
  readonly #shared: Int32Array;
  readonly #at: number;

  constructor(shared: Int32Array, slot: number) {
    this.#shared = shared;
    this.#at = HEAD + slot * SLOT_SIZE;
  }

  /** Called before a task is given to a worker. */
  clear(): void {
    for (let place = 0; place < SLOT_SIZE; place++) Atomics.store(this.#shared, this.#at + place, 0);
  }

  /** The next seed, or what else can end a worker, begins. */
  begin(): void {
    Atomics.add(this.#shared, this.#at + BEGUN, 1);
    this.beat();
  }

  /** How many have begun. */
  begun(): number {
    return Atomics.load(this.#shared, this.#at + BEGUN);
  }

  /** A sign of life. */
  beat(): void {
    Atomics.add(this.#shared, this.#at + PULSE, 1);
  }

  /** A number that changes with each sign of life. */
  pulse(): number {
    return Atomics.load(this.#shared, this.#at + PULSE);
  }

  /** How far shrinking is. */
  report({ tries, devices, edits, faults, fates }: ShrinkProgress): void {
    const values = [tries, devices, edits, faults, fates];
    for (const [index, value] of values.entries()) Atomics.store(this.#shared, this.#at + TRIES + index, value);
  }

  progress(): ShrinkProgress {
    const [tries, devices, edits, faults, fates] = [0, 1, 2, 3, 4].map((index) =>
      Atomics.load(this.#shared, this.#at + TRIES + index),
    ) as [number, number, number, number, number];
    return { tries, devices, edits, faults, fates };
  }
}

/** An error, to be sent to another thread. */
export function dataOfError(error: unknown): ErrorData {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  if (!(error instanceof InputError)) return { name, message, stack };
  const { field, received, expected, code } = error;
  const shown = typeof received === 'string' || typeof received === 'number' ? received : undefined;
  return { name, message, stack, input: { field, received: shown, expected, code } };
}

/** The same error on this side. */
export function errorOfData({ name, message, stack, input }: ErrorData): Error {
  const error =
    input === undefined ? new Error(message) : new InputError(input.field, input.received, input.expected, input.code);
  error.name = name;
  error.message = message;
  if (stack !== undefined) error.stack = stack;
  return error;
}
