// What faults of a device do to it: its process, its storage, its clock, its network. It must not know when they happen,
// nor how a device keeps what it stores.

import { faultCause } from '../cause.ts';
import type { RestartFrom } from '../observer.ts';
import type { FaultKindOf } from './event.ts';
import { type Effect, NOTHING } from './ports.ts';

/** A device is down for a while, and is started again from something. */
function restart(from: RestartFrom): Effect {
  return {
    begin(scene, event) {
      const device = scene.deviceOf(event);
      if (!device.canRestart) return NOTHING;
      device.crash();
      return 0;
    },
    end(scene, event) {
      if (from !== 'backup') {
        scene.deviceOf(event).restart(from);
        return;
      }
      // The age counts from when the device went down, however long it then was.
      scene.deviceOf(event).restart(from, event.amount + scene.ports.simulation.nowUs - event.atUs);
    },
  };
}

export const DEVICE_EFFECTS: Readonly<Record<FaultKindOf<'device'>, Effect>> = {
  offline: {
    begin(scene, event) {
      const device = scene.deviceOf(event);
      const { up, down } = scene.ports.linksOf(device);
      const partition = scene.ports.network.partition([up, down]);
      device.disconnect();
      return partition;
    },
    end(scene, event, partition) {
      const { simulation, network } = scene.ports;
      const device = scene.deviceOf(event);
      network.heal(partition);
      device.ledger.lastHealedUs = simulation.nowUs;
      device.reconnect(scene.ports.logEndOf(device));
      // It has a network again and tries, but a partition that goes on cuts it off.
      if (scene.isOngoing('partition', event)) device.wentOffline();
    },
  },
  crash: restart('storage'),
  'lost-tail': restart('synced'),
  backup: restart('backup'),
  eviction: restart('nothing'),
  'duplicate-device': {
    begin(scene, event) {
      const device = scene.deviceOf(event);
      return device.isRunning && scene.ports.clone(device) !== undefined ? 0 : NOTHING;
    },
  },
  suspension: {
    begin(scene, event) {
      const device = scene.deviceOf(event);
      if (!device.isRunning) return NOTHING;
      const { network } = scene.ports;
      const { up, down } = scene.ports.linksOf(device);
      device.suspend();
      network.clog(up);
      network.clog(down);
      return 0;
    },
    end(scene, event) {
      const device = scene.deviceOf(event);
      const { network } = scene.ports;
      const { up, down } = scene.ports.linksOf(device);
      network.unclog(up);
      network.unclog(down);
      device.resume();
    },
  },
  'clock-step': {
    begin(scene, event) {
      if (event.amount === 0) return NOTHING;
      scene.deviceOf(event).clock.step(scene.ports.simulation.nowUs, event.amount);
      return 0;
    },
  },
  retention: {
    begin(scene, event) {
      const device = scene.deviceOf(event);
      return device.pushSnapshot(faultCause(device.index, event.atUs)) ? 0 : NOTHING;
    },
  },
};
