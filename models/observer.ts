// What devices tell to whoever watches a run from outside, as oracles do. Watching changes nothing. It must not know who
// watches.

import type { Device } from './device.ts';
import type { Edit, LedgerView } from './documents/edit.ts';
import type { Page } from './relay/messages.ts';

/** From what a device was started again: all that it had, what was synced, an older backup, nothing, a SNAPSHOT. */
export type RestartFrom = 'storage' | 'synced' | 'backup' | 'nothing' | 'snapshot';

/** Told at the instant at which something happens; must not change anything. */
export interface DeviceObserver {
  /**
   * A device's user has edited. One change may hold several edits of one entity (a CREATE).
   *
   * @param change its number in the table, or −1 where the edits did nothing
   * @param targets the places that were touched, one for each edit that did something
   * @param before what the device showed of the entity before, and @param after at once after; perhaps of others too
   */
  edited(
    device: Device,
    change: number,
    edits: readonly Edit[],
    targets: readonly string[],
    before: LedgerView,
    after: LedgerView,
  ): void;
  /** A page was applied. @param from the device's position before; `device.position` is the one after. */
  tookPage(device: Device, page: Page, from: number): void;
  /** The relay has told the device that it accepted changes of it. */
  acknowledged(device: Device, changes: readonly number[]): void;
  /** A new incarnation has begun. */
  restarted(device: Device, from: RestartFrom): void;
}

/** From now on a further observer is told what one is told, after it. */
export function alsoTell(observer: DeviceObserver, further: DeviceObserver): void {
  const first: DeviceObserver = {
    edited: observer.edited.bind(observer),
    tookPage: observer.tookPage.bind(observer),
    acknowledged: observer.acknowledged.bind(observer),
    restarted: observer.restarted.bind(observer),
  };
  const both: DeviceObserver = {
    edited(...what) {
      first.edited(...what);
      further.edited(...what);
    },
    tookPage(...what) {
      first.tookPage(...what);
      further.tookPage(...what);
    },
    acknowledged(...what) {
      first.acknowledged(...what);
      further.acknowledged(...what);
    },
    restarted(...what) {
      first.restarted(...what);
      further.restarted(...what);
    },
  };
  Object.assign(observer, both);
}
