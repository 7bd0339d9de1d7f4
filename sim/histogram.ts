// One distribution of virtual durations: an HDR histogram of hdr-histogram-js for the percentiles, with exact count,
// sum, minimum and maximum beside it. It must not know what is measured, nor in which phase of a run.

import { encodeIntoCompressedBase64, Int32Histogram } from 'hdr-histogram-js';

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

  /**
   * Several percentiles in one walk: each is what `percentileUs` gives.
   * @param percentiles from 0 to 100, none below the one before it
   */
  percentilesUs(percentiles: readonly number[]): number[] {
    const last = this.#lastIndex;
    let index = this.#firstIndex;
    let upTo = this.#count === 0 ? 0 : this.#hdr.getCountAtIndex(index);
    let previous = 0;
    return percentiles.map((percentile) => {
      assert(percentile >= previous && percentile <= 100, 'percentiles lie between 0 and 100, in rising order');
      previous = percentile;
      if (this.#count === 0) return 0;
      if (percentile === 0) return this.#minUs;
      if (percentile === 100) return this.#maxUs;
      const rank = rankOf(percentile, this.#count);
      while (upTo < rank && index < last) upTo += this.#hdr.getCountAtIndex(++index);
      return Math.min(this.#endUs(index) - 1, this.#maxUs);
    });
  }

  /**
   * A percentile of those values alone that were recorded since an earlier state of this histogram, in µs: the nearest
   * rank, read as the upper end of its bucket, never above the maximum of all. 0 where none was recorded since.
   * @param percentile above 0, up to 100
   * @param earlier a histogram of the same digits that holds what this one held; it is left as it was
   */
  percentileSinceUs(percentile: number, earlier: Histogram): number {
    assert(percentile > 0 && percentile <= 100, 'a percentile of a difference lies above 0, up to 100');
    assert(earlier.significantDigits === this.significantDigits, 'only histograms of the same digits are compared');
    const count = this.#count - earlier.#count;
    assert(count >= 0, 'an earlier state holds no more values than a later one');
    if (count === 0) return 0;
    const rank = rankOf(percentile, count);
    const last = this.#lastIndex;
    let index = this.#firstIndex - 1;
    for (let upTo = 0; upTo < rank && index < last;) {
      index++;
      upTo += this.#hdr.getCountAtIndex(index) - earlier.#hdr.getCountAtIndex(index);
    }
    return Math.min(this.#endUs(index) - 1, this.#maxUs);
  }

  /**
   * Visits each bucket in which something was recorded, the lowest values first: values from `fromUs` on, below `toUs`.
   * Values beyond the trackable range are in the last one. Allocates nothing.
   */
  forEachBucket(visit: (fromUs: number, toUs: number, count: number) => void): void {
    if (this.#count === 0) return;
    const last = this.#lastIndex;
    for (let index = this.#firstIndex; index <= last; index++) {
      const count = this.#hdr.getCountAtIndex(index);
      if (count > 0) visit(this.#hdr.valueFromIndex(index), this.#endUs(index), count);
    }
  }

  /** The smallest value of the bucket that a value from 0 falls into, µs. */
  bucketStartUs(valueUs: number): number {
    return this.#hdr.valueFromIndex(this.#indexOf(valueUs));
  }

  /** The smallest value above that bucket, µs; of a value beyond the trackable range, above the last bucket. */
  bucketEndUs(valueUs: number): number {
    return this.#endUs(this.#indexOf(valueUs));
  }

  /**
   * The histogram in the interchange format that HdrHistogram's libraries and plotters read: V2, compressed, base64, in
   * microseconds. Counts by bucket are kept; exact extremes are not, as in any such text.
   */
  encoded(): string {
    const copy = new Int32Histogram(1, HIGHEST_TRACKABLE_US, this.significantDigits);
    this.forEachBucket((fromUs, _toUs, count) => copy.recordValueWithCount(fromUs, count));
    return encodeIntoCompressedBase64(copy);
  }

  /** Adds all values of another histogram of the same digits; it is left as it was. */
  add(other: Histogram): void {
    assert(other !== this, 'a histogram is not added to itself');
    assert(other.significantDigits === this.significantDigits, 'only histograms of the same digits are added');
    if (this.#count + other.#count > MOST_VALUES) refuseOverflow();
    if (this.#sumUs + other.#sumUs > Number.MAX_SAFE_INTEGER) refuseOverflow();
    if (other.#count === 0) return;
    // Most of the buckets lie outside of what was recorded.
    const last = other.#lastIndex;
    for (let index = other.#firstIndex; index <= last; index++) {
      const count = other.#hdr.getCountAtIndex(index);
      if (count > 0) this.#hdr.addToCountAtIndex(index, count);
    }
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

  /** Where the counts of the smallest and the largest value stand; 0 where there is none. */
  get #firstIndex(): number {
    return this.#indexOf(this.minUs);
  }

  get #lastIndex(): number {
    return this.#indexOf(this.#maxUs);
  }

  /** The smallest value above those that are counted at an index. */
  #endUs(index: number): number {
    return this.#hdr.valueFromIndex(index + 1);
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

/**
 * The nearest rank, ⌈percentile × count ÷ 100⌉, at least 1. As the library does it: a product that lies one unit in the
 * last place above a whole number counts as that number.
 */
function rankOf(percentile: number, count: number): number {
  const exact = (percentile / 100) * count;
  const unit = 2 ** (Math.floor(Math.log2(exact)) - 52);
  return Math.max(Math.ceil(exact - unit), 1);
}

function refuseValue(value: number): never {
  assert(false, `a metric takes integers from 0, not ${value}`);
}

function refuseOverflow(): never {
  assert(false, 'a histogram holds fewer than 2^32 values, and a sum below 2^53 µs');
}
