// Version vectors: how many changes of each device a replica has seen, as protocol 1.0 sends them. A vector never
// changes; each step gives another one. Must not know changes, nor the wire that carries them.

import { assert, InputError } from '../sim/errors.ts';

/** How one vector stands to another: `before` and `after` in causal order, `concurrent` when neither knew the other. */
export type CausalOrder = 'equal' | 'before' | 'after' | 'concurrent';

/** Longest name of a device in a vector, in UTF-16 code units. */
const DEVICE_LENGTH_MAX = 256;

/**
 * A map from device to the number of its changes seen; a device that is not named counts 0. Under `merge` vectors are
 * a join-semilattice whose order is `dominates` (Parker et al. 1983, "Detection of mutual inconsistency").
 */
export class VersionVector {
  /** The vector of a replica that has seen nothing. */
  static readonly EMPTY = new VersionVector([], []);

  /** Names in order of code units, and beside them their counts, all positive. */
  readonly #devices: readonly string[];
  readonly #counts: readonly number[];

  private constructor(devices: readonly string[], counts: readonly number[]) {
    this.#devices = devices;
    this.#counts = counts;
  }

  /**
   * Reads what `toJSON` gives; counts of 0 are dropped.
   * @throws InputError when it is no plain object of whole numbers from 0 to 2^53 − 1
   */
  static fromJSON(value: unknown, where = 'version_vector'): VersionVector {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new InputError(where, value, 'an object of device: count', 'ERR_VECTOR');
    }
    const devices: string[] = [];
    const counts: number[] = [];
    const record = value as Readonly<Record<string, unknown>>;
    for (const device of Object.keys(record).sort()) {
      if (device.length === 0 || device.length > DEVICE_LENGTH_MAX) {
        throw new InputError(where, device, `names of devices of 1 to ${DEVICE_LENGTH_MAX} characters`, 'ERR_VECTOR');
      }
      const count = record[device];
      if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0) {
        throw new InputError(
          `${where}.${device.slice(0, 80)}`,
          count,
          'a whole number from 0 to 2^53 - 1',
          'ERR_VECTOR',
        );
      }
      if (count === 0) continue;
      devices.push(device);
      counts.push(count);
    }
    return devices.length === 0 ? VersionVector.EMPTY : new VersionVector(devices, counts);
  }

  /** How many devices are named. */
  get size(): number {
    return this.#devices.length;
  }

  /** How many changes of this device were seen. */
  count(device: string): number {
    const at = this.#position(device);
    return this.#devices[at] === device ? (this.#counts[at] ?? 0) : 0;
  }

  /** This vector with one more change of one device. */
  increment(device: string): VersionVector {
    assert(device.length > 0 && device.length <= DEVICE_LENGTH_MAX, 'a version vector needs a name of a device');
    const at = this.#position(device);
    const devices = [...this.#devices];
    const counts = [...this.#counts];
    if (devices[at] === device) {
      const next = (counts[at] ?? 0) + 1;
      assert(Number.isSafeInteger(next), 'a count of a version vector went past 2^53 - 1');
      counts[at] = next;
    } else {
      devices.splice(at, 0, device);
      counts.splice(at, 0, 1);
    }
    return new VersionVector(devices, counts);
  }

  /** The least vector that has seen all that either has: the larger count of each device. */
  merge(other: VersionVector): VersionVector {
    const order = this.compare(other);
    if (order === 'equal' || order === 'after') return this;
    if (order === 'before') return other;
    const devices: string[] = [];
    const counts: number[] = [];
    let left = 0;
    let right = 0;
    while (left < this.size || right < other.size) {
      const a = this.#devices[left];
      const b = other.#devices[right];
      const takesLeft = b === undefined || (a !== undefined && a <= b);
      const takesRight = a === undefined || (b !== undefined && b <= a);
      devices.push((takesLeft ? a : b) ?? '');
      counts.push(Math.max(takesLeft ? (this.#counts[left] ?? 0) : 0, takesRight ? (other.#counts[right] ?? 0) : 0));
      if (takesLeft) left += 1;
      if (takesRight) right += 1;
    }
    return new VersionVector(devices, counts);
  }

  /** How this vector stands to the other: `before` when the other has seen all of this one and more. */
  compare(other: VersionVector): CausalOrder {
    let hasMore = false;
    let hasLess = false;
    let left = 0;
    let right = 0;
    while (left < this.size || right < other.size) {
      const a = this.#devices[left];
      const b = other.#devices[right];
      if (a !== undefined && a === b) {
        const difference = (this.#counts[left] ?? 0) - (other.#counts[right] ?? 0);
        if (difference > 0) hasMore = true;
        else if (difference < 0) hasLess = true;
        left += 1;
        right += 1;
      } else if (b === undefined || (a !== undefined && a < b)) {
        hasMore = true;
        left += 1;
      } else {
        hasLess = true;
        right += 1;
      }
    }
    if (hasMore) return hasLess ? 'concurrent' : 'after';
    return hasLess ? 'before' : 'equal';
  }

  /** True when this vector has seen all that the other has. */
  dominates(other: VersionVector): boolean {
    const order = this.compare(other);
    return order === 'equal' || order === 'after';
  }

  /** A plain object without a prototype, keys in order of code units (JavaScript puts names that are integers first). */
  toJSON(): Record<string, number> {
    const record = Object.create(null) as Record<string, number>;
    for (let index = 0; index < this.#devices.length; index += 1) {
      record[this.#devices[index] ?? ''] = this.#counts[index] ?? 0;
    }
    return record;
  }

  /** Where the device stands, or would stand, among the sorted names. */
  #position(device: string): number {
    let low = 0;
    let high = this.#devices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#devices[middle] ?? '') < device) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
