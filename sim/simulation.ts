// The virtual clock and its loop: schedule, cancel, step, run. It holds the queue, the streams, the trace and
// the metrics of one run, and knows nothing of what is simulated.

import { assert } from './errors.ts';
import { EventQueue } from './event-queue.ts';
import { arm, disarm } from './guard.ts';
import { Metrics } from './metrics.ts';
import { type Process, ProcessTable, type Routine } from './process.ts';
import { Streams } from './random.ts';
import { Trace, type TraceOptions } from './trace.ts';

export interface SimulationOptions {
  /** Any text; one seed is one run. */
  readonly seed: string;
  /** What virtual 0 is in milliseconds since 1970; default 2026-01-01T00:00:00Z. */
  readonly epochMs?: number;
  /** How much of the trace is kept. */
  readonly trace?: TraceOptions;
}

/** Called when an event is due, with the integers that it was scheduled with. */
export type Handler = (a: number, b: number, c: number) => void;

/** Why `run` came back. */
export type RunOutcome = 'time' | 'idle' | 'budget' | 'stopped';

export const DEFAULT_EPOCH_MS = 1_767_225_600_000;
const FOREVER_US = Number.MAX_SAFE_INTEGER;

/**
 * One simulated world: a virtual clock in integer microseconds from 0 and the events that are due.
 *
 * Events of equal time run in the order in which they were scheduled. Every event is recorded in the trace.
 */
export class Simulation {
  /** Virtual time, integer microseconds since the epoch of the run. */
  nowUs = 0;
  /** Events dispatched so far. */
  events = 0;

  readonly seed: string;
  readonly epochMs: number;
  readonly streams: Streams;
  readonly trace: Trace;
  readonly metrics = new Metrics();

  readonly #queue = new EventQueue();
  readonly #handlers: Handler[] = [];
  readonly #kinds: number[] = [];
  readonly #timer: number;
  #timerTargets = new Int32Array(64 * 5);
  readonly #freeTimers: number[] = [];
  #timerCount = 0;
  readonly #processes: ProcessTable;
  #isStopped = false;
  #isRunning = false;

  constructor(options: SimulationOptions) {
    this.seed = options.seed;
    this.epochMs = options.epochMs ?? DEFAULT_EPOCH_MS;
    this.streams = new Streams(options.seed);
    this.trace = new Trace(options.trace);
    // Timers are looked through before they are traced, so that a cancelled one leaves no record.
    this.#timer = this.#handlers.push(() => assert(false, 'timers are dispatched by the loop')) - 1;
    this.#kinds.push(-1);
    this.#processes = new ProcessTable(this);
  }

  /** Events that are pending, cancelled timers among them until they are due. */
  get pending(): number {
    return this.#queue.size;
  }

  /** Virtual time as milliseconds since 1970, rounded down. */
  get nowMs(): number {
    return this.epochMs + Math.floor(this.nowUs / 1000);
  }

  /** Registers what is done when an event is due and gives the id to schedule it by. Register in a fixed order. */
  handler(name: string, run: Handler): number {
    this.#kinds.push(this.trace.defineKind(name));
    return this.#handlers.push(run) - 1;
  }

  /**
   * Schedules an event.
   *
   * @param delayUs integer microseconds from now, ≥ 0
   * @param handler what `handler` gave
   * @param a, b, c 32-bit signed integers handed to it
   */
  schedule(delayUs: number, handler: number, a = 0, b = 0, c = 0): void {
    this.scheduleAt(this.nowUs + delayUs, handler, a, b, c);
  }

  /** Schedules an event at a virtual time, integer microseconds, not before now. */
  scheduleAt(atUs: number, handler: number, a = 0, b = 0, c = 0): void {
    if (!(atUs >= this.nowUs) || !Number.isSafeInteger(atUs)) this.#refuse(atUs, handler);
    this.#queue.push(atUs, handler, a, b, c);
  }

  /**
   * Calls a handler now, inside the event that is being handled, and records it in the trace as an event would be: for
   * what is due at this very instant and whose turn it is.
   */
  call(handler: number, a = 0, b = 0, c = 0): void {
    assert(this.#isRunning, 'only a handler calls another one');
    this.trace.record(this.nowUs, this.#kinds[handler]!, a, b, c);
    this.#handlers[handler]!(a, b, c);
  }

  /** Schedules an event that can be cancelled and gives its token. */
  timer(delayUs: number, handler: number, a = 0, b = 0, c = 0): number {
    const slot = this.#freeTimers.pop() ?? this.#timerCount++;
    assert(slot < 2 ** 21, 'more than two million timers are pending');
    if ((slot + 1) * 5 > this.#timerTargets.length) {
      const grown = new Int32Array(this.#timerTargets.length * 2);
      grown.set(this.#timerTargets);
      this.#timerTargets = grown;
    }
    const targets = this.#timerTargets;
    const at = slot * 5;
    targets[at] = handler;
    targets[at + 1] = a;
    targets[at + 2] = b;
    targets[at + 3] = c;
    const generation = targets[at + 4]!;
    this.scheduleAt(this.nowUs + delayUs, this.#timer, slot, generation, 0);
    return (generation >>> 0) * 2 ** 21 + slot;
  }

  /** Cancels a timer. False where it has fired or was cancelled before. */
  cancel(token: number): boolean {
    const slot = token % 2 ** 21;
    const generation = Math.floor(token / 2 ** 21) | 0;
    // Beyond the timers there were, targets are blank: a token that was never given is no timer's.
    if (slot >= this.#timerCount || this.#timerTargets[slot * 5 + 4] !== generation) return false;
    this.#retireTimer(slot);
    return true;
  }

  /** Starts a process: its routine runs from a first event at the present time. */
  spawn(name: string, routine: Routine): Process {
    return this.#processes.spawn(name, routine);
  }

  /** When the earliest event is due, µs; Infinity where none is pending. */
  nextTimeUs(): number {
    return this.#queue.nextTimeUs();
  }

  /** Runs the earliest event. False where none is pending. */
  step(): boolean {
    return this.run(FOREVER_US, 1) !== 'idle';
  }

  /**
   * Runs the events that are due up to and at `untilUs`, then sets the clock to it.
   *
   * @param untilUs virtual time; without it until nothing is pending
   * @param budget the most events to run in this call
   * @returns 'time' at `untilUs`, 'idle' where nothing is pending any more (the clock then stands at the last event
   *   unless a time was given), 'budget' where the budget was used up, 'stopped' where `stop` was called
   */
  run(untilUs = FOREVER_US, budget = Number.POSITIVE_INFINITY): RunOutcome {
    assert(!this.#isRunning, 'run was called from inside a handler');
    assert(untilUs >= this.nowUs && Number.isSafeInteger(untilUs), `cannot run from ${this.nowUs} to ${untilUs} µs`);
    const queue = this.#queue;
    const trace = this.trace;
    const handlers = this.#handlers;
    const kinds = this.#kinds;
    const timer = this.#timer;
    let left = budget;
    this.#isStopped = false;
    this.#isRunning = true;
    arm();
    try {
      while (left > 0) {
        if (!queue.popUntil(untilUs)) {
          if (untilUs !== FOREVER_US) this.nowUs = untilUs;
          if (queue.size > 0) return 'time';
          // Cancelled timers may have been popped at later times than the clock has come to.
          queue.rewind(this.nowUs);
          return 'idle';
        }
        let handler = queue.handler;
        let a = queue.a;
        let b = queue.b;
        let c = queue.c;
        if (handler === timer) {
          const targets = this.#timerTargets;
          const at = a * 5;
          if (targets[at + 4] !== b) continue;
          this.#retireTimer(a);
          handler = targets[at]!;
          a = targets[at + 1]!;
          b = targets[at + 2]!;
          c = targets[at + 3]!;
        }
        if (!(queue.timeUs >= this.nowUs)) assert(false, 'virtual time never runs back');
        this.nowUs = queue.timeUs;
        this.events++;
        left--;
        trace.record(this.nowUs, kinds[handler]!, a, b, c);
        handlers[handler]!(a, b, c);
        if (this.#isStopped) return 'stopped';
      }
      return 'budget';
    } finally {
      disarm();
      this.#isRunning = false;
    }
  }

  /** Makes `run` come back after the present handler. */
  stop(): void {
    this.#isStopped = true;
  }

  /** The next use of the slot is of another generation, so events that still carry the old one are stale. */
  #retireTimer(slot: number): void {
    this.#timerTargets[slot * 5 + 4] = (this.#timerTargets[slot * 5 + 4]! + 1) | 0;
    this.#freeTimers.push(slot);
  }

  #refuse(atUs: number, handler: number): never {
    const name = this.trace.kindName(this.#kinds[handler] ?? -1);
    throw new RangeError(
      `event ${name} scheduled at ${atUs} µs while it is ${this.nowUs} µs: a time is an integer and never in the past`,
    );
  }
}
