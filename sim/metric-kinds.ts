// The four kinds of metric: what each records, keeps by phase, merges and says. Recording allocates nothing. It must not
// know which metrics there are, nor how results are printed or judged.

import { assert } from './errors.ts';
import { Histogram, millisecondsOf } from './histogram.ts';

/** Of a trend, in milliseconds with three decimals; all 0 where `count` is 0. */
export type TrendValues = {
  count: number;
  min: number;
  mean: number;
  p50: number;
  p90: number;
  p95: number;
  p99: number;
  p999: number;
  max: number;
};
/** Of a rate: `rate` is passes ÷ total, from 0 to 1; 0 where `total` is 0. */
export type RateValues = { rate: number; passes: number; total: number };
/** Of a counter: `perSecond` is by virtual time; 0 where no time has passed. */
export type CounterValues = { count: number; perSecond: number };
/** Of a gauge: the last value, and the least and greatest of all; all 0 where `count`, how often it was set, is 0. */
export type GaugeValues = { count: number; value: number; min: number; max: number };

/** One metric of a result: plain data. */
export type MetricResult =
  | { name: string; type: 'trend'; values: TrendValues }
  | { name: string; type: 'rate'; values: RateValues }
  | { name: string; type: 'counter'; values: CounterValues }
  | { name: string; type: 'gauge'; values: GaugeValues };

export type Metric = Counter | Rate | Trend | Gauge;

/** The phases of a run in the order in which they began, and the one that is on. Shared by a registry's metrics. */
export class Phases {
  readonly names: string[] = [];
  current = 0;
  /** Trends keep nothing: for runs whose distributions nobody will ask for. */
  isOff = false;

  /** The index of a phase; a new name is added. */
  indexOf(name: string): number {
    const known = this.names.indexOf(name);
    return known >= 0 ? known : this.names.push(name) - 1;
  }

  /** The index of a phase, or −1 where it never began. */
  find(name: string): number {
    return this.names.indexOf(name);
  }
}

/** Whole numbers added up for each phase. */
class Tally {
  #byPhase = new Float64Array(4);

  add(phase: number, n: number): void {
    if (!(n >= 0 && Number.isSafeInteger(n))) assert(false, `a metric takes integers from 0, not ${n}`);
    if (phase >= this.#byPhase.length) {
      const grown = new Float64Array(2 * phase);
      grown.set(this.#byPhase);
      this.#byPhase = grown;
    }
    const sum = this.#byPhase[phase]! + n;
    assert(sum <= Number.MAX_SAFE_INTEGER, 'a metric counts below 2^53');
    this.#byPhase[phase] = sum;
  }

  forget(): void {
    this.#byPhase.fill(0);
  }

  /** What was added in a phase; 0 for one that never began. */
  of(phase: number): number {
    return this.#byPhase[phase] ?? 0;
  }

  get total(): number {
    let sum = 0;
    for (const n of this.#byPhase) sum += n;
    return sum;
  }
}

/** Counts what happens: events, bytes. */
export class Counter {
  readonly type = 'counter';
  readonly name: string;
  readonly #phases: Phases;
  readonly #counts = new Tally();

  constructor(name: string, phases: Phases) {
    this.name = name;
    this.#phases = phases;
  }

  /** The count over all phases. */
  get value(): number {
    return this.#counts.total;
  }

  /** Adds an integer from 0. Allocates nothing. */
  add(n = 1): void {
    this.#counts.add(this.#phases.current, n);
  }

  /** The count of one phase; 0 for one that never began. */
  valueIn(phase: string): number {
    return this.#counts.of(this.#phases.find(phase));
  }

  /** As if nothing had been recorded yet. */
  forget(): void {
    this.#counts.forget();
  }

  merge(other: Counter): void {
    for (const [index, phase] of other.#phases.names.entries()) {
      this.#counts.add(this.#phases.indexOf(phase), other.#counts.of(index));
    }
  }

  result(durationUs: number, phase?: string): MetricResult {
    const count = phase === undefined ? this.value : this.valueIn(phase);
    const perSecond = durationUs === 0 ? 0 : (count * 1e6) / durationUs;
    return { name: this.name, type: 'counter', values: { count, perSecond } };
  }
}

/** The share of trials that passed. What "passed" says depends on the name: `requests_failed` passes where one failed. */
export class Rate {
  readonly type = 'rate';
  readonly name: string;
  readonly #phases: Phases;
  readonly #passes = new Tally();
  readonly #totals = new Tally();

  constructor(name: string, phases: Phases) {
    this.name = name;
    this.#phases = phases;
  }

  get passes(): number {
    return this.#passes.total;
  }

  get total(): number {
    return this.#totals.total;
  }

  /** Passes ÷ total over all phases, from 0 to 1; 0 where there was no trial. */
  get rate(): number {
    return share(this.passes, this.total);
  }

  /** Adds one trial. Allocates nothing. */
  add(passed: boolean): void {
    const phase = this.#phases.current;
    this.#totals.add(phase, 1);
    if (passed) this.#passes.add(phase, 1);
  }

  /** Adds `total` trials of which `passes` passed. Allocates nothing. */
  addMany(passes: number, total: number): void {
    assert(passes <= total, 'no more trials pass than there are');
    const phase = this.#phases.current;
    this.#totals.add(phase, total);
    this.#passes.add(phase, passes);
  }

  /** As if nothing had been recorded yet. */
  forget(): void {
    this.#passes.forget();
    this.#totals.forget();
  }

  merge(other: Rate): void {
    for (const [index, phase] of other.#phases.names.entries()) {
      const into = this.#phases.indexOf(phase);
      this.#totals.add(into, other.#totals.of(index));
      this.#passes.add(into, other.#passes.of(index));
    }
  }

  result(_durationUs: number, phase?: string): MetricResult {
    const index = phase === undefined ? -1 : this.#phases.find(phase);
    const passes = phase === undefined ? this.passes : this.#passes.of(index);
    const total = phase === undefined ? this.total : this.#totals.of(index);
    return { name: this.name, type: 'rate', values: { rate: share(passes, total), passes, total } };
  }
}

/** A distribution of virtual durations: one histogram for each phase in which something was recorded. */
export class Trend {
  readonly type = 'trend';
  readonly name: string;
  readonly #phases: Phases;
  readonly #histograms: (Histogram | undefined)[] = [];

  constructor(name: string, phases: Phases) {
    this.name = name;
    this.#phases = phases;
  }

  /** How many values were recorded over all phases. */
  get count(): number {
    let sum = 0;
    for (const histogram of this.#histograms) sum += histogram?.count ?? 0;
    return sum;
  }

  /** Records a duration: an integer from 0, in µs of virtual time. Allocates nothing but at the first of a phase. */
  recordUs(valueUs: number): void {
    if (this.#phases.isOff) return;
    this.#of(this.#phases.current).recordUs(valueUs);
  }

  /** Records the same duration `count` times. */
  recordManyUs(valueUs: number, count: number): void {
    if (this.#phases.isOff) return;
    this.#of(this.#phases.current).recordManyUs(valueUs, count);
  }

  /**
   * All phases merged into a histogram of the caller's own.
   * @param total to be used again, with three digits: what it held is gone
   */
  total(total = new Histogram()): Histogram {
    total.reset();
    for (const histogram of this.#histograms) if (histogram !== undefined) total.add(histogram);
    return total;
  }

  /** Visits each phase in which something was recorded, in the order in which they began. The histograms are not to be changed. */
  forEachPhase(visit: (phase: string, recorded: Histogram) => void): void {
    for (const [index, histogram] of this.#histograms.entries()) {
      if (histogram !== undefined && histogram.count > 0) visit(this.#phases.names[index]!, histogram);
    }
  }

  /** As if nothing had been recorded yet. */
  forget(): void {
    this.#histograms.length = 0;
  }

  merge(other: Trend): void {
    for (const [index, histogram] of other.#histograms.entries()) {
      if (histogram !== undefined) this.#of(this.#phases.indexOf(other.#phases.names[index]!)).add(histogram);
    }
  }

  result(_durationUs: number, phase?: string): MetricResult {
    const recorded = phase === undefined ? this.total() : this.#histograms[this.#phases.find(phase)];
    return { name: this.name, type: 'trend', values: trendValues(recorded ?? new Histogram()) };
  }

  #of(phase: number): Histogram {
    const histogram = this.#histograms[phase];
    if (histogram !== undefined) return histogram;
    while (this.#histograms.length < phase) this.#histograms.push(undefined);
    return (this.#histograms[phase] = new Histogram());
  }
}

/** A level that goes up and down: bytes held, devices online. Any finite number; its unit stands in its name. */
export class Gauge {
  readonly type = 'gauge';
  readonly name: string;
  readonly #phases: Phases;
  readonly #levels: (GaugeValues | undefined)[] = [];
  #last = 0;

  constructor(name: string, phases: Phases) {
    this.name = name;
    this.#phases = phases;
  }

  /** How often it was set, over all phases. */
  get count(): number {
    let sum = 0;
    for (const level of this.#levels) sum += level?.count ?? 0;
    return sum;
  }

  /** The last level; 0 where it was never set. */
  get value(): number {
    return this.#last;
  }

  set(value: number): void {
    assert(Number.isFinite(value), 'a gauge takes finite numbers');
    this.#fold(this.#phases.current, 1, value, value, value);
  }

  /** As if it had never been set. */
  forget(): void {
    this.#levels.length = 0;
    this.#last = 0;
  }

  /** The other's last level counts as the later one. */
  merge(other: Gauge): void {
    for (const [index, level] of other.#levels.entries()) {
      if (level === undefined) continue;
      this.#fold(this.#phases.indexOf(other.#phases.names[index]!), level.count, level.value, level.min, level.max);
    }
    if (other.count > 0) this.#last = other.#last;
  }

  /** The levels over all phases; 0 where it was never set. */
  levels(): GaugeValues {
    const values: GaugeValues = { count: this.count, value: this.#last, min: Infinity, max: -Infinity };
    for (const level of this.#levels) {
      if (level === undefined) continue;
      values.min = Math.min(values.min, level.min);
      values.max = Math.max(values.max, level.max);
    }
    return values.count === 0 ? { count: 0, value: 0, min: 0, max: 0 } : values;
  }

  result(_durationUs: number, phase?: string): MetricResult {
    const none: GaugeValues = { count: 0, value: 0, min: 0, max: 0 };
    const values = phase === undefined ? this.levels() : { ...none, ...this.#levels[this.#phases.find(phase)] };
    return { name: this.name, type: 'gauge', values };
  }

  #fold(phase: number, count: number, value: number, min: number, max: number): void {
    const level = this.#levels[phase];
    if (level === undefined) {
      while (this.#levels.length < phase) this.#levels.push(undefined);
      this.#levels[phase] = { count, value, min, max };
    } else {
      level.count += count;
      level.value = value;
      if (min < level.min) level.min = min;
      if (max > level.max) level.max = max;
    }
    this.#last = value;
  }
}

function share(passes: number, total: number): number {
  return total === 0 ? 0 : passes / total;
}

/** What a result says of a trend whose values are in this histogram. */
export function trendValues(histogram: Histogram): TrendValues {
  const [p50, p90, p95, p99, p999] = histogram.percentilesUs([50, 90, 95, 99, 99.9]);
  return {
    count: histogram.count,
    min: millisecondsOf(histogram.minUs),
    mean: millisecondsOf(histogram.meanUs),
    p50: millisecondsOf(p50!),
    p90: millisecondsOf(p90!),
    p95: millisecondsOf(p95!),
    p99: millisecondsOf(p99!),
    p999: millisecondsOf(p999!),
    max: millisecondsOf(histogram.maxUs),
  };
}
