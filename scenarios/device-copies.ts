// Copies of devices: whoever restores a backup on a second phone has two devices of one id, and uses both in turn. It must
// not know why a copy is made.

import type { Device } from '../models/device.ts';
import type { PlannedDevice } from '../models/plan.ts';

/** Indexes of copies begin so far behind twice the users'. */
const COPIES_FROM = 64;

export class DeviceCopies {
  /** By the original's index. */
  readonly #copies = new Map<number, Device>();
  readonly #base: number;

  /**
   * @param devices indexes of devices are below this
   * @param users follows from the configuration, not from who is left in a plan: links are named by indexes
   */
  constructor(devices: number, users: number) {
    this.#base = Math.max(devices, COPIES_FROM + 2 * users);
  }

  /** The device that a user takes for an action: its own, or the copy of it. */
  acting(index: number, ordinal: number): Device | undefined {
    return ordinal % 2 === 1 ? this.#copies.get(index) : undefined;
  }

  /**
   * Starts a copy of a device from its stored data; a device has one copy at most, and a copy none.
   *
   * @param add adds a device to the world under an id that another one has
   * @param firstSyncUs from now until its first auto-sync
   */
  copy(original: Device, add: (planned: PlannedDevice, id: number) => Device, firstSyncUs: number): Device | undefined {
    if (original.id !== original.index || this.#copies.has(original.index)) return undefined;
    const index = this.#base + original.index;
    const planned = { index, ledger: original.ledger.index, skewUs: 0, driftPpm: 0, autoSyncUs: null };
    const copy = add(planned, original.id);
    this.#copies.set(original.index, copy);
    copy.copyFrom(original);
    copy.client.start(firstSyncUs);
    return copy;
  }
}
