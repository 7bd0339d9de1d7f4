// One distribution of virtual durations: an HDR histogram of hdr-histogram-js for the percentiles, with exact count,
// sum, minimum and maximum beside it. It must not know what is measured, nor in which phase of a run.

import { Int32Histogram } from 'hdr-histogram-js';

import { assert } from './errors.ts';

/** The largest value told apart from larger ones, in µs: 2^42 − 1, 50.9 days. Larger ones are counted as this one. */
export const HIGHEST_TRACKABLE_US = 2 ** 42 - 1;

/** The most values that one histogram holds: its counts are 32-bit words, and none may wrap. */
export const MOST_VALUES = 2 ** 32 - 1;

/** Microseconds as milliseconds, rounded to the microsecond (three decimals). */
export function millisecondsOf(us: number): number {
  return Math.round(us) / 1000;
}

/**
 * A histogram of integer microseconds from 0.
 *
 * Count, sum, minimum and maximum are exact. Percentiles carry the error of the bucket that they fall into: with three
 * significant digits at most 0.1% (below 2048 µs none), with two at most 1% (below 256 µs none), never below the exact
 * value of the same rank. The range is fixed, so that recording never allocates: 132 KiB with three digits, 18 KiB
 * with two.
 */
export class Histogram {
  readonly significantDigits: 2 | 3;
  readonly #hdr: Int32Histogram;
  /** Values below 2^(this + 1) have a bucket each; above, each doubling has 2^this buckets. */
  readonly #halfMagnitude: number;
  #count = 0;
  #sumUs = 0;
  #minUs = Infinity;
  #maxUs = 0;

  /** @param significantDigits 3 for results, 2 for the small ones that charts are drawn from */
  constructor(significantDigits: 2 | 3 = 3) {
    this.significantDigits = significantDigits;
    this.#hdr = new Int32Histogram(1, HIGHEST_TRACKABLE_US, significantDigits);
    this.#halfMagnitude = this.#hdr.subBucketHalfCountMagnitude;
  }

  /** How many values were recorded. */
  get count(): number {
    return this.#count;
  }

  /** Their exact sum in µs. */
  get sumUs(): number {
    return this.#sumUs;
  }

  /** The smallest value, exact; 0 where there is none. */
  get minUs(): number {
    return this.#count === 0 ? 0 : this.#minUs;
  }

  /** The largest value, exact, also beyond the trackable range; 0 where there is none. */
  get maxUs(): number {
    return this.#maxUs;
  }

  /** The mean of the values themselves, not of their buckets; 0 where there is none. */
  get meanUs(): number {
    return this.#count === 0 ? 0 : this.#sumUs / this.#count;
  }

  /** Records one value: an integer from 0, in µs. Allocates nothing. */
  recordUs(valueUs: number): void {
    if (!(valueUs >= 0 && Number.isSafeInteger(valueUs))) refuseValue(valueUs);
    this.#hdr.incrementCountAtIndex(this.#indexOf(valueUs));
    this.#count += 1;
    this.#sumUs += valueUs;
    if (valueUs < this.#minUs) this.#minUs = valueUs;
    if (valueUs > this.#maxUs) this.#maxUs = valueUs;
    if (this.#count > MOST_VALUES || this.#sumUs > Number.MAX_SAFE_INTEGER) refuseOverflow();
  }

  /** Records the same value `count` times; 0 times is nothing. */
  recordManyUs(valueUs: number, count: number): void {
    if (!(valueUs >= 0 && Number.isSafeInteger(valueUs))) refuseValue(valueUs);
    if (!(count >= 0 && Number.isSafeInteger(count))) refuseValue(count);
    if (count === 0) return;
    if (this.#count + count > MOST_VALUES || this.#sumUs + valueUs * count > Number.MAX_SAFE_INTEGER) refuseOverflow();
    this.#hdr.addToCountAtIndex(this.#indexOf(valueUs), count);
    this.#count += count;
    this.#sumUs += valueUs * count;
    if (valueUs < this.#minUs) this.#minUs = valueUs;
    if (valueUs > this.#maxUs) this.#maxUs = valueUs;
  }

  /**
   * The value that `percentile` percent of the values do not exceed, in µs: HdrHistogram's getValueAtPercentile, which
   * is the nearest rank, ⌈percentile × count ÷ 100⌉, read as the upper end of its bucket; here never above the exact
   * maximum. 0 gives the exact minimum, 100 the exact maximum; an empty histogram gives 0.
   * @param percentile from 0 to 100
   */
  percentileUs(percentile: number): number {
    assert(percentile >= 0 && percentile <= 100, 'a percentile lies between 0 and 100');
    if (this.#count === 0) return 0;
    if (percentile === 0) return this.#minUs;
    if (percentile === 100) return this.#maxUs;
    this.#hdr.setTotalCount(this.#count);
    return Math.min(this.#hdr.getValueAtPercentile(percentile), this.#maxUs);
  }

  /** Adds all values of another histogram of the same digits; it is left as it was. */
  add(other: Histogram): void {
    assert(other !== this, 'a histogram is not added to itself');
    assert(other.significantDigits === this.significantDigits, 'only histograms of the same digits are added');
    if (this.#count + other.#count > MOST_VALUES) refuseOverflow();
    if (this.#sumUs + other.#sumUs > Number.MAX_SAFE_INTEGER) refuseOverflow();
    this.#hdr.add(other.#hdr);
    this.#count += other.#count;
    this.#sumUs += other.#sumUs;
    if (other.#minUs < this.#minUs) this.#minUs = other.#minUs;
    if (other.#maxUs > this.#maxUs) this.#maxUs = other.#maxUs;
  }

  /** Empties it for another use; its memory stays. */
  reset(): void {
    if (this.#count === 0) return;
    this.#hdr.reset();
    this.#count = 0;
    this.#sumUs = 0;
    this.#minUs = Infinity;
    this.#maxUs = 0;
  }

  /**
   * The index of a value's count, as the library's countsArrayIndex gives it, with shifts in place of its logarithm and
   * power: half the time of a record.
   */
  #indexOf(valueUs: number): number {
    const half = this.#halfMagnitude;
    if (valueUs <= 0xffff_ffff) {
      const bucket = 31 - Math.clz32(valueUs) - half;
      return bucket <= 0 ? valueUs : (bucket << half) + (valueUs >>> bucket);
    }
    const tracked = valueUs > HIGHEST_TRACKABLE_US ? HIGHEST_TRACKABLE_US : valueUs;
    // Twelve bits are dropped first, so that the rest fits 32; every bucket up here is wider than that.
    const upper = Math.floor(tracked / 4096);
    const shift = 31 - Math.clz32(upper) - half;
    return ((shift + 12) << half) + (upper >>> shift);
  }
}

function refuseValue(value: number): never {
  assert(false, `a metric takes integers from 0, not ${value}`);
}

function refuseOverflow(): never {
  assert(false, 'a histogram holds fewer than 2^32 values, and a sum below 2^53 µs');
}
