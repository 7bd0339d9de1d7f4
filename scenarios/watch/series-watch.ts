// What charts of a run over virtual time need: one value for each window of it. It only reads the world, between two
// slices. It must not know how charts are drawn, nor real time.

import { Histogram, millisecondsOf } from '../../sim/histogram.ts';
import { faultsOf } from '../fault-counts.ts';
import type { World } from '../world.ts';
import { outstandingConflicts } from './conflict-watch.ts';
import type { RelayLoad, Series } from './snapshot.ts';

/** When there are so many windows, each two become one. */
export const WINDOWS_MAX = 480;

/** What it reads. */
type Watched = Pick<World, 'config' | 'faults' | 'ledgers' | 'live' | 'measures' | 'network' | 'relay' | 'simulation'>;

type Merge = (earlier: number, later: number) => number;
const mean: Merge = (earlier, later) => (earlier + later) / 2;
const greatest: Merge = (earlier, later) => Math.max(earlier, later);
const last: Merge = (_earlier, later) => later;
const sum: Merge = (earlier, later) => earlier + later;

/** Percentiles that are kept of each window. */
const PERCENTILES = [50, 95, 99] as const;
type Percentile = (typeof PERCENTILES)[number];
type PercentilesMs = Record<Percentile, number>;

/**
 * Windows are as wide as was asked for and begin at virtual 0; what happens at the instant at which one ends is its own.
 * Whoever runs the world to `nextUs` and looks there gets each exactly. Where several have ended since the last look, only
 * what happened in all of them together is known: rates are spread over them evenly, the percentile is that of all, and
 * levels are those of now.
 *
 * As soon as there are `WINDOWS_MAX`, each two become one of twice the width: rates and use are means, the percentile is
 * the greater one, levels are the later ones. The end of a warm-up, at which all metrics begin anew, is looked at from
 * both sides: the percentile of its window is the greater of the two.
 */
export class SeriesWatch {
  readonly #world: Watched;
  #windowUs: number;
  readonly #requests: number[] = [];
  readonly #timesMs: Readonly<Record<Percentile, number[]>> = { 50: [], 95: [], 99: [] };
  readonly #errors: number[] = [];
  readonly #outstanding: number[] = [];
  readonly #queue: number[] = [];
  readonly #use: number[] = [];
  readonly #faults: Record<string, number[]> = {};

  /** When metrics are forgotten, µs; infinite once that is behind. */
  #forgetsUs: number;
  /** Whether the open window has been looked at just before that. */
  #isKept: boolean;
  /** Of the open window, before metrics were forgotten. */
  #keptRequests = 0;
  #keptErrors = 0;
  #keptMs: PercentilesMs = { 50: 0, 95: 0, 99: 0 };

  // As it was when the window began, or at the end of the warm-up.
  #times = new Histogram();
  #sinceUs: number;
  #errorsBefore: number;
  #faultsBefore: Readonly<Record<string, number>> = {};
  #busyBeforeUs = 0;
  #workersBeforeUs = 0;
  /** Memory for the next state of `#times`. */
  #spare = new Histogram();

  /** @param windowUs of the windows to begin with: an integer, ≥ 1 */
  constructor(world: Watched, windowUs: number) {
    this.#world = world;
    this.#windowUs = windowUs;
    const { config, measures, simulation } = world;
    this.#forgetsUs = config.warmUpMs === 0 ? Number.POSITIVE_INFINITY : Math.round(config.warmUpMs * 1000);
    this.#isKept = this.#forgetsUs - 1 <= simulation.nowUs;
    measures.requests.total(this.#times);
    this.#sinceUs = simulation.nowUs;
    this.#errorsBefore = measures.requestsFailed.passes;
  }

  /** Virtual time at which it is to look next, µs: the end of the open window, or where a warm-up ends. */
  get nextUs(): number {
    const endUs = this.#endUs;
    if (endUs < this.#forgetsUs - 1) return endUs;
    if (!this.#isKept) return this.#forgetsUs - 1;
    return endUs === this.#forgetsUs ? endUs + 1 : endUs;
  }

  /** Closes windows that have ended; at any other time it does next to nothing. */
  look(): void {
    const { nowUs } = this.#world.simulation;
    if (nowUs >= this.#forgetsUs - 1) this.#lookAtWarmUp(nowUs);
    // Whether metrics have been forgotten at this very instant, nobody can say.
    if (nowUs < this.#endUs || nowUs === this.#forgetsUs) return;
    this.#close(nowUs);
  }

  /** Of all windows that have ended: copies, which do not change any more. */
  series(): Series {
    return {
      windowUs: this.#windowUs,
      requestsPerSecond: this.#requests.slice(),
      p50Ms: this.#timesMs[50].slice(),
      p95Ms: this.#timesMs[95].slice(),
      p99Ms: this.#timesMs[99].slice(),
      errorsPerSecond: this.#errors.slice(),
      outstandingConflicts: this.#outstanding.slice(),
      relayQueue: this.#queue.slice(),
      relayUse: this.#use.slice(),
      faults: Object.fromEntries(Object.entries(this.#faults).map(([kind, fired]) => [kind, fired.slice()])),
    };
  }

  /** The relay as it stands now; a real one under the wall clock is seen by its answers alone. */
  relay(): RelayLoad {
    if (this.#world.live !== undefined) return { queued: 0, busy: 0, workers: 0, isModelled: false };
    const { queued, busy, workers } = this.#world.relay.work();
    return { queued, busy, workers, isModelled: true };
  }

  get #endUs(): number {
    return (this.#requests.length + 1) * this.#windowUs;
  }

  #lookAtWarmUp(nowUs: number): void {
    if (nowUs < this.#forgetsUs) {
      if (this.#isKept) return;
      this.#isKept = true;
      const { requests, requestsFailed } = this.#world.measures;
      this.#keptRequests = requests.count - this.#times.count;
      this.#keptErrors = requestsFailed.passes - this.#errorsBefore;
      this.#keptMs = this.#percentilesMs();
      this.#errorsBefore = requestsFailed.passes;
    } else if (nowUs > this.#forgetsUs) {
      this.#forgetsUs = Number.POSITIVE_INFINITY;
      this.#times.reset();
      this.#errorsBefore = 0;
    }
  }

  #close(nowUs: number): void {
    const { live, measures, relay } = this.#world;
    const { requests, requestsFailed } = measures;
    const elapsedUs = nowUs - this.#sinceUs;
    const requestRate = ((this.#keptRequests + requests.count - this.#times.count) * 1e6) / elapsedUs;
    const errorRate = ((this.#keptErrors + requestsFailed.passes - this.#errorsBefore) * 1e6) / elapsedUs;
    const timesMs = this.#percentilesMs();
    const outstanding = outstandingConflicts(this.#world);
    let queued = 0;
    let use = 0;
    if (live === undefined) {
      const work = relay.work();
      const workersUs = work.workersIntegralUs - this.#workersBeforeUs;
      queued = work.queued;
      // Workers that were taken away at work end it first.
      use = workersUs === 0 ? 0 : Math.min(1, (work.busyIntegralUs - this.#busyBeforeUs) / workersUs);
      this.#busyBeforeUs = work.busyIntegralUs;
      this.#workersBeforeUs = work.workersIntegralUs;
    }
    this.#sinceUs = nowUs;
    this.#errorsBefore = requestsFailed.passes;
    this.#keptRequests = 0;
    this.#keptErrors = 0;
    const fired = this.#fired();
    while (this.#endUs <= nowUs) {
      this.#requests.push(requestRate);
      for (const percentile of PERCENTILES) {
        this.#timesMs[percentile].push(Math.max(this.#keptMs[percentile], timesMs[percentile]));
      }
      this.#errors.push(errorRate);
      this.#outstanding.push(outstanding);
      this.#queue.push(queued);
      this.#use.push(use);
      for (const [kind, columns] of Object.entries(this.#faults)) columns.push(fired[kind] ?? 0);
      // What fired between two looks is counted once: faults, unlike rates, are not spread.
      for (const kind of Object.keys(fired)) fired[kind] = 0;
      if (this.#requests.length === WINDOWS_MAX) this.#widen();
    }
    this.#keptMs = { 50: 0, 95: 0, 99: 0 };
  }

  /** By kind, how often faults have fired since it was last asked; a kind that is new has had none in earlier windows. */
  #fired(): Record<string, number> {
    const now = faultsOf(this.#world);
    const fired: Record<string, number> = {};
    for (const [kind, count] of Object.entries(now)) {
      this.#faults[kind] ??= Array.from({ length: this.#requests.length }, () => 0);
      fired[kind] = count - (this.#faultsBefore[kind] ?? 0);
    }
    this.#faultsBefore = now;
    return fired;
  }

  /** Of the requests since it was last asked. */
  #percentilesMs(): PercentilesMs {
    const { requests } = this.#world.measures;
    if (requests.count === this.#times.count) return { 50: 0, 95: 0, 99: 0 };
    const times = requests.total(this.#spare);
    const of = (percentile: Percentile): number => millisecondsOf(times.percentileSinceUs(percentile, this.#times));
    const percentiles = { 50: of(50), 95: of(95), 99: of(99) };
    this.#spare = this.#times;
    this.#times = times;
    return percentiles;
  }

  #widen(): void {
    this.#windowUs *= 2;
    halve(this.#requests, mean);
    for (const percentile of PERCENTILES) halve(this.#timesMs[percentile], greatest);
    halve(this.#errors, mean);
    halve(this.#outstanding, last);
    halve(this.#queue, last);
    halve(this.#use, mean);
    for (const columns of Object.values(this.#faults)) halve(columns, sum);
  }
}

/** Makes one value of each two. */
function halve(values: number[], merge: Merge): void {
  const half = values.length / 2;
  for (let index = 0; index < half; index++) values[index] = merge(values[2 * index]!, values[2 * index + 1]!);
  values.length = half;
}
