// How a trend or a count went over a run: one value for each window of virtual time, as charts need it. It must not
// know what is measured, nor how it is drawn.

import { assert } from './errors.ts';
import { Histogram, millisecondsOf } from './histogram.ts';

export type WindowOptions = {
  /** The width of a window in µs of virtual time, at least 1; 1/200 of a run makes a good chart. */
  windowUs: number;
  /** Where the first window begins, in µs; default 0. */
  startUs?: number;
};

/** Windows as data: window i covers [startUs + i × windowUs, startUs + (i + 1) × windowUs); the last ends at endUs. */
export type WindowsData = { startUs: number; windowUs: number; endUs: number };
export type CountSeriesData = WindowsData & { count: number[] };
/** Milliseconds with three decimals; all 0 in a window of which `count` is 0. */
export type TrendSeriesData = WindowsData & {
  count: number[];
  sumMs: number[];
  p50Ms: number[];
  p95Ms: number[];
  p99Ms: number[];
  maxMs: number[];
};

/** More windows than this are a mistake in the width. */
const MOST_WINDOWS = 1_000_000;

/** Windows that follow each other. Virtual time never goes back. */
abstract class WindowSeries {
  readonly windowUs: number;
  readonly startUs: number;
  #length = 0;
  #openUs: number;
  #endUs: number | undefined;

  constructor(options: WindowOptions) {
    assert(Number.isSafeInteger(options.windowUs) && options.windowUs > 0, 'a window is 1 µs or wider');
    this.windowUs = options.windowUs;
    this.startUs = options.startUs ?? 0;
    assert(Number.isSafeInteger(this.startUs) && this.startUs >= 0, 'windows begin at an integer from 0');
    this.#openUs = this.startUs;
  }

  /** How many windows are closed. */
  get length(): number {
    return this.#length;
  }

  /** Closes every window that ends at or before this virtual time, empty ones too. Cheap where there is none. */
  advance(nowUs: number): void {
    if (!(nowUs >= this.#openUs)) assert(false, `a series goes forward: ${nowUs} µs is before ${this.#openUs} µs`);
    if (nowUs < this.#openUs + this.windowUs) return;
    assert(this.#endUs === undefined, 'a finished series takes nothing more');
    const closing = Math.floor((nowUs - this.#openUs) / this.windowUs);
    const length = this.#length + closing;
    assert(length <= MOST_WINDOWS, `a series has ${MOST_WINDOWS} windows or fewer: widen them`);
    this.fit(length);
    this.close(this.#length);
    // The others between are empty, and what is not yet written reads 0.
    this.#length = length;
    this.#openUs += closing * this.windowUs;
  }

  /** Ends the series at this virtual time: a window that has begun is closed early. */
  finish(nowUs: number): void {
    assert(this.#endUs === undefined, 'a series is finished once');
    this.advance(nowUs);
    if (nowUs > this.#openUs) {
      this.fit(this.#length + 1);
      this.close(this.#length);
      this.#length += 1;
      this.#openUs = nowUs;
    }
    this.#endUs = nowUs;
  }

  protected get isFinished(): boolean {
    return this.#endUs !== undefined;
  }

  protected windows(): WindowsData {
    return { startUs: this.startUs, windowUs: this.windowUs, endUs: this.#endUs ?? this.#openUs };
  }

  /** Makes room for this many windows. */
  protected abstract fit(length: number): void;
  /** Writes down the open window at this index and empties it. */
  protected abstract close(index: number): void;
}

/** How often something happened in each window. */
export class CountSeries extends WindowSeries {
  #open = 0;
  #counts = new Float64Array(64);

  /** Adds an integer from 0 at a virtual time, never before an earlier one's window. */
  add(atUs: number, n = 1): void {
    assert(!this.isFinished, 'a finished series takes nothing more');
    if (!(n >= 0 && Number.isSafeInteger(n))) assert(false, `a count series takes integers from 0, not ${n}`);
    this.advance(atUs);
    this.#open += n;
  }

  toJSON(): CountSeriesData {
    return { ...this.windows(), count: Array.from(this.#counts.subarray(0, this.length)) };
  }

  protected fit(length: number): void {
    this.#counts = grown(this.#counts, length);
  }

  protected close(index: number): void {
    this.#counts[index] = this.#open;
    this.#open = 0;
  }
}

/**
 * A distribution of durations for each window. Its one histogram has two digits and is used again and again: counts,
 * sums and maxima are exact, percentiles within 1%.
 */
export class TrendSeries extends WindowSeries {
  readonly #open = new Histogram(2);
  #counts = new Float64Array(64);
  #sumsUs = new Float64Array(64);
  #p50sUs = new Float64Array(64);
  #p95sUs = new Float64Array(64);
  #p99sUs = new Float64Array(64);
  #maximaUs = new Float64Array(64);

  /** Records a duration in µs at a virtual time, never before an earlier one's window. */
  recordUs(atUs: number, valueUs: number): void {
    assert(!this.isFinished, 'a finished series takes nothing more');
    this.advance(atUs);
    this.#open.recordUs(valueUs);
  }

  toJSON(): TrendSeriesData {
    const length = this.length;
    return {
      ...this.windows(),
      count: Array.from(this.#counts.subarray(0, length)),
      sumMs: millisecondsList(this.#sumsUs, length),
      p50Ms: millisecondsList(this.#p50sUs, length),
      p95Ms: millisecondsList(this.#p95sUs, length),
      p99Ms: millisecondsList(this.#p99sUs, length),
      maxMs: millisecondsList(this.#maximaUs, length),
    };
  }

  protected fit(length: number): void {
    this.#counts = grown(this.#counts, length);
    this.#sumsUs = grown(this.#sumsUs, length);
    this.#p50sUs = grown(this.#p50sUs, length);
    this.#p95sUs = grown(this.#p95sUs, length);
    this.#p99sUs = grown(this.#p99sUs, length);
    this.#maximaUs = grown(this.#maximaUs, length);
  }

  protected close(index: number): void {
    const open = this.#open;
    if (open.count === 0) return;
    this.#counts[index] = open.count;
    this.#sumsUs[index] = open.sumUs;
    this.#p50sUs[index] = open.percentileUs(50);
    this.#p95sUs[index] = open.percentileUs(95);
    this.#p99sUs[index] = open.percentileUs(99);
    this.#maximaUs[index] = open.maxUs;
    open.reset();
  }
}

/** The array itself where it is long enough, or a longer copy that reads 0 beyond. */
function grown(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const longer = new Float64Array(Math.max(2 * array.length, length));
  longer.set(array);
  return longer;
}

function millisecondsList(us: Float64Array, length: number): number[] {
  return Array.from(us.subarray(0, length), millisecondsOf);
}
