// Processes as generators: what a device or a user does, written from top to bottom. A process sleeps, waits on a
// signal, calls and is answered, and can be interrupted; one kernel handler resumes all of them. It must not know
// what they model.

import { assert } from './errors.ts';
import type { Simulation } from './simulation.ts';

/** What a routine yields: made by the methods of its process only. */
export type Suspension = typeof SUSPENDED;
declare const suspension: unique symbol;
const SUSPENDED = { wait: true } as unknown as { readonly [suspension]: true };

/** The running body of a process. A `yield` gives what the wait ended with; one type cannot say which. */
export type Running = Generator<Suspension>;
export type Routine = (self: Process) => Running;

/** What `wait` and `call` end with when the time-out comes first. */
export const TIMED_OUT = Symbol('timed out');

/** Thrown inside a routine at the place where it waits. */
export class Interrupted extends Error {
  readonly reason: unknown;

  constructor(reason: unknown) {
    super(`interrupted: ${String(reason)}`);
    this.name = 'Interrupted';
    this.reason = reason;
  }
}

/** Something that processes wait for; firing it resumes all who wait now, in the order in which they came. */
export class Signal {
  #waiters: { process: Process; ticket: number }[] = [];

  /** Number of processes that wait, those timed out since among them. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** Resumes the waiting processes at the present time, each with `value`. */
  fire(value?: unknown): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { process, ticket } of waiters) process.reply(ticket, value);
  }

  /** For processes: takes part until the signal fires. */
  join(process: Process, ticket: number): void {
    // Those whose wait ended otherwise are dropped once they are many.
    if (this.#waiters.length >= 16 && this.#waiters.length % 16 === 0) {
      this.#waiters = this.#waiters.filter((waiter) => waiter.process.isWaitingWith(waiter.ticket));
    }
    this.#waiters.push({ process, ticket });
  }
}

const RUNNING = 0;
const WAITING = 1;
/** Its wait has ended; it goes on at this instant. */
const WOKEN = 2;
const ENDED = 3;

/** One running routine. Its methods are called by the routine itself, but for `reply` and `interrupt`. */
export class Process {
  readonly index: number;
  readonly name: string;
  /** Fires with the routine's return value when it ends. */
  readonly ended = new Signal();

  readonly #table: ProcessTable;
  readonly #running: Running;
  #state = WAITING;
  /** Numbers the waits of this process: whatever resumes it names the wait that it means. */
  #ticket = 0;
  #value: unknown = undefined;
  #isFailing = false;
  #isExpiring = false;

  /** @param ticket the first one: no process of the same index has had it before */
  constructor(table: ProcessTable, index: number, ticket: number, name: string, routine: Routine) {
    this.#table = table;
    this.index = index;
    this.name = name;
    this.#ticket = ticket;
    this.#running = routine(this);
  }

  get isAlive(): boolean {
    return this.#state !== ENDED;
  }

  /** The number of the present wait; a reply to it must name it. */
  get ticket(): number {
    return this.#ticket;
  }

  isWaitingWith(ticket: number): boolean {
    return this.#state === WAITING && this.#ticket === ticket;
  }

  /** Waits for a time. @param delayUs integer microseconds, ≥ 0 */
  sleep(delayUs: number): Suspension {
    this.#suspend();
    this.#table.resumeIn(delayUs, this.index, this.#ticket);
    return SUSPENDED;
  }

  /** Waits until the signal fires; the yield gives its value, or TIMED_OUT after `timeoutUs`. */
  wait(signal: Signal, timeoutUs?: number): Suspension {
    this.#suspend();
    signal.join(this, this.#ticket);
    this.#expire(timeoutUs);
    return SUSPENDED;
  }

  /**
   * Calls something that answers later: `start` gets the ticket that its answer must name in `reply`.
   * The yield gives the answer, or TIMED_OUT after `timeoutUs`; a later answer finds nobody.
   */
  call(start: (ticket: number) => void, timeoutUs?: number): Suspension {
    this.#suspend();
    this.#expire(timeoutUs);
    start(this.#ticket);
    return SUSPENDED;
  }

  /** Waits for whoever replies to the present ticket, without an end. */
  park(): Suspension {
    this.#suspend();
    return SUSPENDED;
  }

  /** Ends the wait that `ticket` names with `value`, at the present time. False where it has ended already. */
  reply(ticket: number, value?: unknown): boolean {
    if (!this.isWaitingWith(ticket)) return false;
    this.#wake(value, false);
    return true;
  }

  /** Throws `Interrupted` inside the routine where it waits. False where it has ended or is about to go on. */
  interrupt(reason: unknown): boolean {
    if (this.#state !== WAITING) return false;
    this.#wake(new Interrupted(reason), true);
    return true;
  }

  /** For the table: goes on if the event means the present wait. */
  resume(ticket: number): void {
    if (this.#ticket !== ticket || this.#state === ENDED) return;
    let value = this.#value;
    if (this.#state === WAITING) value = this.#isExpiring ? TIMED_OUT : undefined;
    const isFailing = this.#isFailing;
    this.#value = undefined;
    this.#isFailing = false;
    this.#isExpiring = false;
    this.#ticket = (this.#ticket + 1) | 0;
    this.#state = RUNNING;
    let result: IteratorResult<Suspension, unknown>;
    try {
      result = isFailing ? this.#running.throw(value) : this.#running.next(value);
    } catch (error) {
      this.#end();
      if (!(isFailing && error === value)) throw error;
      // An interrupt that the routine does not catch ends it quietly.
      this.ended.fire(undefined);
      return;
    }
    if (result.done === true) {
      this.#end();
      this.ended.fire(result.value);
      return;
    }
    // The routine has changed the state through sleep, wait, call or park; an answer may even have come already.
    if (this.#state === RUNNING || result.value !== SUSPENDED) {
      assert(false, `process ${this.name} yielded something that its own sleep, wait, call or park did not make`);
    }
  }

  #end(): void {
    this.#state = ENDED;
    this.#table.release(this.index, this.#ticket + 1);
  }

  #suspend(): void {
    if (this.#state !== RUNNING)
      assert(false, `process ${this.name} waits twice in one yield, or was driven from outside`);
    this.#state = WAITING;
  }

  #expire(timeoutUs: number | undefined): void {
    if (timeoutUs === undefined) return;
    this.#isExpiring = true;
    this.#table.resumeIn(timeoutUs, this.index, this.#ticket);
  }

  #wake(value: unknown, isFailing: boolean): void {
    this.#value = value;
    this.#isFailing = isFailing;
    this.#isExpiring = false;
    this.#state = WOKEN;
    // A time-out or sleep that is still pending names the old ticket and finds nobody.
    this.#ticket = (this.#ticket + 1) | 0;
    this.#table.resumeIn(0, this.index, this.#ticket);
  }
}

/**
 * The processes of a simulation that have not ended, and the handler that resumes them. A place is used again, with
 * tickets that go on where its last process ended: events that still name that one find nobody.
 */
export class ProcessTable {
  readonly #simulation: Simulation;
  readonly #processes: (Process | undefined)[] = [];
  readonly #tickets: number[] = [];
  readonly #free: number[] = [];
  readonly #handler: number;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#handler = simulation.handler('process', (index, ticket) => this.#processes[index]?.resume(ticket));
  }

  spawn(name: string, routine: Routine): Process {
    const index = this.#free.pop() ?? this.#processes.length;
    const process = new Process(this, index, this.#tickets[index] ?? 0, name, routine);
    this.#processes[index] = process;
    this.resumeIn(0, index, process.ticket);
    return process;
  }

  /** For a process that has ended. @param ticket the first one that was not used */
  release(index: number, ticket: number): void {
    this.#processes[index] = undefined;
    this.#tickets[index] = ticket | 0;
    this.#free.push(index);
  }

  resumeIn(delayUs: number, index: number, ticket: number): void {
    this.#simulation.schedule(delayUs, this.#handler, index, ticket);
  }
}
