// A run seen from outside: looks at its world between two slices, keeps what charts need, and makes snapshots. It only
// reads: the run is the same with it and without. It must not know who looks, nor real time.

import type { Finding } from '../../models/finding.ts';
import { endOf, type LifeStep } from '../life.ts';
import type { World } from '../world.ts';
import { ConflictWatch } from './conflict-watch.ts';
import { deviceCounts, deviceRows } from './device-watch.ts';
import { faultNews } from './fault-news.ts';
import { FindingWatch, type StoryTeller } from './finding-watch.ts';
import { histogramsOf, operationsOf, thresholdsOf } from './operations.ts';
import { SeriesWatch } from './series-watch.ts';
import type { RunSnapshot, Series, Tab } from './snapshot.ts';

/** Windows of the charts over the time in which users work; the drain has more of the same width. */
const WINDOWS = 240;

export class RunWatch {
  readonly #world: World;
  readonly #series: SeriesWatch;
  readonly #findings: FindingWatch;
  readonly #conflicts: ConflictWatch;
  #isJudging = false;
  #hasEnded = false;

  constructor(world: World) {
    this.#world = world;
    this.#series = new SeriesWatch(world, Math.max(1, Math.ceil((world.config.durationMs * 1000) / WINDOWS)));
    this.#findings = new FindingWatch(world);
    this.#conflicts = new ConflictWatch(world);
  }

  /** Virtual time at which it wants to look next, µs; never before now. */
  get nextUs(): number {
    return this.#series.nextUs;
  }

  /** What is being watched, as its configuration says. */
  get config(): World['config'] {
    return this.#world.config;
  }

  get deviceCount(): number {
    return this.#world.devices.length;
  }

  /** Virtual time and events so far, and the phase: cheap, to be asked at any time. */
  get progress(): { virtualUs: number; endUs: number; phase: string; events: number } {
    const { nowUs: virtualUs, events, metrics } = this.#world.simulation;
    const phase = this.#hasEnded ? 'done' : this.#isJudging ? 'judging' : metrics.phase;
    return { virtualUs, endUs: this.#hasEnded ? virtualUs : endOf(this.#world), phase, events };
  }

  /** Records of the trace so far, and the last of them as text, the latest last. */
  get records(): number {
    return this.#world.simulation.trace.count;
  }

  /** The last records of the trace as text, the latest last. @param count how many, at most */
  lastRecords(count: number): string[] {
    const { trace } = this.#world.simulation;
    return trace.lastRecords(count).map((record) => trace.format(record));
  }

  /** Its windows so far. */
  get series(): Series {
    return this.#series.series();
  }

  /** To be called between two slices. */
  look(step: LifeStep): void {
    if (step === 'end' || step === 'judge') this.#isJudging = true;
    this.#series.look();
    this.#findings.look();
  }

  /** Oracles have reported. */
  found(findings: readonly Finding[]): void {
    this.#findings.add(findings);
  }

  /** The run is over. @param findings all of them in their order; undefined where it was interrupted */
  end(findings: readonly Finding[] | undefined): void {
    this.#hasEnded = true;
    this.#series.look();
    if (findings !== undefined) this.#findings.set(findings);
  }

  /**
   * The run as it stands.
   *
   * @param tab what is looked at
   * @param storyOf tells a finding in one line; asked once for each that is shown
   */
  snapshot(tab: Tab, storyOf: StoryTeller): RunSnapshot {
    const world = this.#world;
    const { news, more } = this.#findings.told(storyOf);
    const { virtualUs, endUs, phase, events } = this.progress;
    const thresholds = thresholdsOf(world);
    return {
      atUs: virtualUs,
      endUs,
      phase,
      events,
      operations: operationsOf(world, thresholds),
      thresholds,
      series: this.#series.series(),
      conflicts: this.#conflicts.counts(),
      devices: deviceCounts(world),
      relay: this.#series.relay(),
      faults: faultNews(world),
      findings: news,
      moreFindings: more > 0 ? more : undefined,
      histograms: tab === 'histogram' ? histogramsOf(world) : undefined,
      deviceRows: tab === 'devices' ? deviceRows(world) : undefined,
    };
  }
}
