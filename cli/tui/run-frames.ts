// Frames of a run for its view: a snapshot of it, and how it goes in real time. It must not know how a frame is drawn.

import type { Verdict } from '../../scenarios/result.ts';
import type { RunWatch } from '../../scenarios/watch/run-watch.ts';
import type { Tab } from '../../scenarios/watch/snapshot.ts';
import { findingLine } from './finding-line.ts';
import type { PaceNews, RunFrame } from './messages.ts';

/** Over which rates of real time are taken, ms. */
const RECENT_MS = 3000;

interface Sample {
  readonly elapsedMs: number;
  readonly virtualUs: number;
  readonly events: number;
}

export interface RunFramesOptions {
  nowMs(): number;
  /** Real time for which the run was paused so far, ms. */
  pausedMs(): number;
  pace(): PaceNews;
  /** How many runs there will be. */
  readonly runs: number;
}

export class RunFrames {
  readonly #options: RunFramesOptions;
  #watch: RunWatch | undefined;
  #number = 0;
  #startedMs = 0;
  #pausedBeforeMs = 0;
  #endedMs: number | undefined;
  /** The latest last; the first is older than `RECENT_MS`, where there is one. */
  #samples: Sample[] = [];

  constructor(options: RunFramesOptions) {
    this.#options = options;
  }

  /** A run begins. */
  begin(watch: RunWatch): void {
    this.#watch = watch;
    this.#number++;
    this.#startedMs = this.#options.nowMs();
    this.#pausedBeforeMs = this.#options.pausedMs();
    this.#endedMs = undefined;
    this.#samples = [];
  }

  /** Times faster than real time, over the last moments; 0 before there are any. */
  get speed(): number {
    return this.#rates(this.#sample()).speed;
  }

  /** The run as it stands. @param verdict of a run that has ended */
  frame(tab: Tab, verdict: Verdict | null = null): RunFrame {
    const watch = this.#watch!;
    if (verdict !== null) this.#endedMs ??= this.#elapsedMs();
    const sample = this.#sample();
    const snapshot = watch.snapshot(tab, findingLine);
    const { eventsPerSecond, speed } = verdict === null ? this.#rates(sample) : overall(sample);
    const leftUs = Math.max(0, snapshot.endUs - snapshot.atUs);
    return {
      kind: 'run',
      snapshot,
      elapsedMs: sample.elapsedMs,
      eventsPerSecond,
      speed,
      leftMs: speed > 0 ? leftUs / 1000 / speed : null,
      pace: this.#options.pace(),
      run: { number: this.#number, of: this.#options.runs },
      verdict,
    };
  }

  #elapsedMs(): number {
    const options = this.#options;
    return options.nowMs() - this.#startedMs - (options.pausedMs() - this.#pausedBeforeMs);
  }

  #sample(): Sample {
    const { virtualUs, events } = this.#watch!.progress;
    const elapsedMs = this.#endedMs ?? this.#elapsedMs();
    const sample = { elapsedMs, virtualUs, events };
    const samples = this.#samples;
    samples.push(sample);
    while (samples.length > 2 && samples[1]!.elapsedMs < elapsedMs - RECENT_MS) samples.shift();
    return sample;
  }

  #rates(sample: Sample): { eventsPerSecond: number; speed: number } {
    const first = this.#samples[0]!;
    const ms = sample.elapsedMs - first.elapsedMs;
    if (ms <= 0) return overall(sample);
    return {
      eventsPerSecond: ((sample.events - first.events) * 1000) / ms,
      speed: (sample.virtualUs - first.virtualUs) / 1000 / ms,
    };
  }
}

function overall({ elapsedMs, virtualUs, events }: Sample): { eventsPerSecond: number; speed: number } {
  const ms = Math.max(elapsedMs, 1);
  return { eventsPerSecond: (events * 1000) / ms, speed: virtualUs / 1000 / ms };
}
