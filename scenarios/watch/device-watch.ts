// Devices as they stand: how many are in which state, and those that need looking at. It only reads, and costs little
// beside a slice for twenty thousand devices too.

import type { Device } from '../../models/device.ts';
import type { World } from '../world.ts';
import type { DeviceCounts, DeviceRow, DeviceRows, DeviceState } from './snapshot.ts';

/** Rows that anybody may want to read. */
const ROWS_MAX = 200;

/** What is looked at of a world. */
type Watched = Pick<World, 'devices' | 'ledgers' | 'faults' | 'network' | 'transport'> & {
  readonly config: Pick<World['config'], 'dialect'>;
  readonly port: Pick<World['port'], 'end'>;
};

/** Each device counts once, copies of devices too. */
export function deviceCounts(world: Watched): DeviceCounts {
  const counts = { online: 0, offline: 0, partitioned: 0, suspended: 0, crashed: 0 };
  for (const device of world.devices) counts[stateOf(world, device)]++;
  return { total: world.devices.length, ...counts };
}

/**
 * Those that are not online come first; among equals those furthest behind, then those with most to push, then by index.
 * 200 at most.
 */
export function deviceRows(world: Watched): DeviceRows {
  const rows: DeviceRow[] = [];
  for (const ledger of world.ledgers) {
    const end = world.config.dialect === '1.1' ? world.port.end(ledger.index) : undefined;
    for (const device of ledger.members) {
      const state = stateOf(world, device);
      const { index } = device;
      const outbox = device.client.outboxLength;
      // A relay that has lost what it had accepted ends before what devices have.
      const behind = end === undefined ? null : Math.max(0, end - device.position);
      if (rows.length === ROWS_MAX) {
        // Most of many devices are behind all rows.
        if (!comesBefore(state, behind, outbox, index, rows[ROWS_MAX - 1]!)) continue;
        rows.pop();
      }
      let [from, to] = [0, rows.length];
      while (from < to) {
        const middle = (from + to) >> 1;
        if (comesBefore(state, behind, outbox, index, rows[middle]!)) to = middle;
        else from = middle + 1;
      }
      rows.splice(from, 0, {
        device: index,
        ledger: ledger.id,
        state,
        outbox,
        behind,
        incarnation: device.incarnation,
      });
    }
  }
  return { rows, total: world.devices.length };
}

function stateOf({ faults, network, transport }: Watched, device: Device): DeviceState {
  const { index } = device;
  if (!device.isRunning) return 'crashed';
  if (device.isSuspended) return 'suspended';
  // Without network its links are cut as well: what tells the two apart is what was done to it.
  if (!device.isOnline && faults?.isOngoing('offline', index) === true) return 'offline';
  const { up, down } = transport.linksOf(index);
  if (network.isBlocked(up) || network.isBlocked(down)) return 'partitioned';
  return device.isOnline ? 'online' : 'offline';
}

/** Whether a device stands before a row, which is another one's. */
function comesBefore(
  state: DeviceState,
  behind: number | null,
  outbox: number,
  index: number,
  row: DeviceRow,
): boolean {
  const isOnline = state === 'online';
  if (isOnline !== (row.state === 'online')) return !isOnline;
  if (behind !== row.behind) return (behind ?? 0) > (row.behind ?? 0);
  return outbox === row.outbox ? index < row.device : outbox > row.outbox;
}
