// How fast a run may go while somebody watches it: paused, event by event, or held back to so many times real time. It
// only says how far the next slice goes and makes the run wait between two; what happens in it stays the same. It must
// not know who presses which key.

import type { Pace } from '../../scenarios/life.ts';
import type { PaceNews, Wish } from './messages.ts';

/** Times real time that virtual time may go; beyond the last nothing holds it back. */
const SPEEDS = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000];
/** Real time for which a run that is ahead of its speed waits, ms: less than what an eye takes for a jump. */
const AHEAD_MS = 20;
/** Real time between two signs of life while a run is paused, ms. */
const BEAT_MS = 1000;
/** Records of a single step that are shown: one event may call others at the same instant. */
const RECORDS_MAX = 8;

/** What a run says of itself; `RunWatch` is one. */
export interface Paced {
  readonly progress: { readonly virtualUs: number; readonly events: number; readonly phase: string };
  /** Records of the trace so far. */
  readonly records: number;
  lastRecords(count: number): string[];
}

export interface PacerOptions {
  /** False under the wall clock: real time cannot be paused. */
  readonly canPause: boolean;
  nowMs(): number;
  /** Calls back after so much real time, ms; gives what takes that back. */
  after(ms: number, call: () => void): () => void;
  /** Called now and then while the run waits. */
  beat?(): void;
}

export class Pacer {
  readonly #options: PacerOptions;
  #run: Paced | undefined;
  #isPaused = false;
  #isStepping = false;
  /** Steps that were asked for while one was under way. */
  #stepsLeft = 0;
  #speedMax: number | null = null;
  /** From where virtual time is held back: both clocks as they were. */
  #anchor = { realMs: 0, virtualUs: 0 };
  /** How far the last slice was let go in slow motion, µs. */
  #heldAtUs = Number.POSITIVE_INFINITY;
  /** Events and records when the step that is under way began. */
  #before = { events: 0, records: 0 };
  #stepped: readonly string[] = [];
  #pausedMs = 0;
  #pausedAtMs = 0;
  #isOver = false;
  #goOn: (() => void) | undefined;

  constructor(options: PacerOptions) {
    this.#options = options;
  }

  /** The run that is paced from now on. */
  attach(run: Paced): void {
    this.#run = run;
    this.#isStepping = false;
    this.#stepsLeft = 0;
    this.#stepped = [];
    this.#anchorHere();
  }

  get news(): PaceNews {
    const { canPause } = this.#options;
    return { canPause, isPaused: this.#isPaused, speedMax: this.#speedMax, stepped: this.#stepped };
  }

  /** Real time for which the run was paused, up to now, ms. */
  get pausedMs(): number {
    return this.#pausedMs + (this.#isPaused ? this.#options.nowMs() - this.#pausedAtMs : 0);
  }

  /** Does what was asked for. @param speed times real time at which the run goes now */
  wish(wish: Wish, speed: number): void {
    if (!this.#options.canPause || this.#isOver) return;
    if (wish === 'pause') this.#setPaused(!this.#isPaused);
    else if (wish === 'step' && this.#isPaused) this.#step();
    else if (wish === 'slower') this.#setSpeed(slowerThan(this.#speedMax ?? Math.max(speed, 1.001)));
    else if (wish === 'faster' && this.#speedMax !== null) this.#setSpeed(fasterThan(this.#speedMax));
  }

  /** How far the next slice goes. */
  next(): Pace {
    if (this.#isOver) return FREELY;
    if (this.#isPaused) return { sliceEvents: this.#isStepping ? 1 : 0, untilUs: Number.POSITIVE_INFINITY };
    if (this.#speedMax === null) return FREELY;
    this.#heldAtUs = this.#goalUs(this.#speedMax);
    return { ...FREELY, untilUs: this.#heldAtUs };
  }

  /** Until the run may go on; to be awaited between two slices. */
  async wait(): Promise<void> {
    if (this.#isStepping) this.#endStep();
    while (this.#isPaused && !this.#isStepping && !this.#isOver) await this.#waited(BEAT_MS);
    // Of the slice itself: by now real time has gone on.
    const isHeldBack = this.#run !== undefined && this.#run.progress.virtualUs >= this.#heldAtUs;
    this.#heldAtUs = Number.POSITIVE_INFINITY;
    if (isHeldBack && !this.#isPaused && !this.#isOver && this.#speedMax !== null) await this.#waited(AHEAD_MS);
  }

  /** Nothing holds the run back any more, so that it can end. */
  release(): void {
    this.#setPaused(false);
    this.#isOver = true;
    this.#goOn?.();
  }

  #goalUs(speed: number): number {
    const { realMs, virtualUs } = this.#anchor;
    return Math.floor(virtualUs + (this.#options.nowMs() - realMs) * 1000 * speed);
  }

  #anchorHere(): void {
    this.#anchor = { realMs: this.#options.nowMs(), virtualUs: this.#run?.progress.virtualUs ?? 0 };
  }

  #setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    const nowMs = this.#options.nowMs();
    if (isPaused) this.#pausedAtMs = nowMs;
    else this.#pausedMs += nowMs - this.#pausedAtMs;
    this.#isPaused = isPaused;
    this.#isStepping = false;
    this.#stepsLeft = 0;
    this.#stepped = [];
    this.#anchorHere();
    this.#goOn?.();
  }

  #setSpeed(speed: number | null): void {
    this.#speedMax = speed;
    this.#anchorHere();
    this.#goOn?.();
  }

  #step(): void {
    if (this.#run === undefined) return;
    if (this.#isStepping) {
      this.#stepsLeft++;
      return;
    }
    this.#before = { events: this.#run.progress.events, records: this.#run.records };
    this.#isStepping = true;
    this.#goOn?.();
  }

  /** A slice may end without an event, where only time went on; oracles judge without any. */
  #endStep(): void {
    const run = this.#run!;
    const { events, phase } = run.progress;
    if (events === this.#before.events && phase !== 'judging') return;
    this.#isStepping = false;
    const records = run.records - this.#before.records;
    this.#stepped = records === 0 ? [phase] : run.lastRecords(Math.min(records, RECORDS_MAX));
    if (this.#stepsLeft === 0) return;
    this.#stepsLeft--;
    this.#step();
  }

  #waited(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const takeBack = this.#options.after(ms, () => goOn());
      const goOn = (): void => {
        takeBack();
        this.#goOn = undefined;
        this.#options.beat?.();
        resolve();
      };
      this.#goOn = goOn;
    });
  }
}

const FREELY: Pace = { sliceEvents: Number.POSITIVE_INFINITY, untilUs: Number.POSITIVE_INFINITY };

function slowerThan(speed: number): number {
  return SPEEDS.findLast((each) => each < speed) ?? SPEEDS[0]!;
}

function fasterThan(speed: number): number | null {
  return SPEEDS.find((each) => each > speed) ?? null;
}
