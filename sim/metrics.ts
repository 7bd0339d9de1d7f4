// The metrics of a run, by name and by phase. Handles are got once and used in hot paths. It must not know what is
// simulated, nor how results are printed or judged.

import { assert } from './errors.ts';
import { Counter, Gauge, type Metric, type MetricResult, Phases, Rate, Trend } from './metric-kinds.ts';

/** All metrics of a run. */
export class Metrics {
  readonly #phases = new Phases();
  readonly #metrics = new Map<string, Metric>();

  /** @param phase the phase that is on until another is set */
  constructor(phase = 'run') {
    this.phase = phase;
  }

  /** From now on trends keep nothing; counters and rates go on. */
  keepNoTrends(): void {
    this.#phases.isOff = true;
  }

  /** What is recorded now belongs to this phase. A phase that was on before goes on where it ended. */
  get phase(): string {
    return this.#phases.names[this.#phases.current]!;
  }

  set phase(name: string) {
    this.#phases.current = this.#phases.indexOf(name);
  }

  /** The phases so far, in the order in which they first began. */
  get phases(): readonly string[] {
    return this.#phases.names;
  }

  /** The names of all metrics, sorted by code unit. */
  get names(): string[] {
    return [...this.#metrics.keys()].sort();
  }

  /** The counter of this name, made at the first call. A name has one type: another one is a bug. */
  counter(name: string): Counter {
    const known = this.#metrics.get(name) ?? this.#register(new Counter(name, this.#phases));
    if (known.type !== 'counter') refuseType(known, 'counter');
    return known;
  }

  /** The rate of this name, made at the first call. */
  rate(name: string): Rate {
    const known = this.#metrics.get(name) ?? this.#register(new Rate(name, this.#phases));
    if (known.type !== 'rate') refuseType(known, 'rate');
    return known;
  }

  /** The trend of this name, made at the first call. */
  trend(name: string): Trend {
    const known = this.#metrics.get(name) ?? this.#register(new Trend(name, this.#phases));
    if (known.type !== 'trend') refuseType(known, 'trend');
    return known;
  }

  /** The gauge of this name, made at the first call. */
  gauge(name: string): Gauge {
    const known = this.#metrics.get(name) ?? this.#register(new Gauge(name, this.#phases));
    if (known.type !== 'gauge') refuseType(known, 'gauge');
    return known;
  }

  /** The metric of this name, if there is one. */
  find(name: string): Metric | undefined {
    return this.#metrics.get(name);
  }

  /** Every metric is as if nothing had been recorded yet; the phase stays. For warm-ups. */
  forget(): void {
    for (const metric of this.#metrics.values()) metric.forget();
  }

  /** Adds what another registry recorded, phase by phase. It is left as it was; so is the phase that is on here. */
  merge(other: Metrics): void {
    assert(other !== this, 'a registry is not merged into itself');
    for (const metric of other.#metrics.values()) {
      if (metric.type === 'counter') this.counter(metric.name).merge(metric);
      else if (metric.type === 'rate') this.rate(metric.name).merge(metric);
      else if (metric.type === 'trend') this.trend(metric.name).merge(metric);
      else this.gauge(metric.name).merge(metric);
    }
  }

  /**
   * Every metric over all phases, sorted by name.
   * @param durationUs the virtual time over which counters are counted
   */
  snapshot(durationUs: number): MetricResult[] {
    assert(durationUs >= 0, 'a duration is not negative');
    return this.names.map((name) => this.#metrics.get(name)!.result(durationUs));
  }

  /**
   * Every metric in one phase alone, sorted by name; one that has nothing there, or a phase that never began, gives
   * counts of 0.
   * @param durationUs the virtual time that the phase took
   */
  snapshotPhase(phase: string, durationUs: number): MetricResult[] {
    assert(durationUs >= 0, 'a duration is not negative');
    return this.names.map((name) => this.#metrics.get(name)!.result(durationUs, phase));
  }

  #register<Kind extends Metric>(metric: Kind): Kind {
    this.#metrics.set(metric.name, metric);
    return metric;
  }
}

function refuseType(metric: Metric, type: string): never {
  assert(false, `metric ${metric.name} is a ${metric.type}, not a ${type}`);
}
