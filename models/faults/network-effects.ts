// What faults of the network do to the links of a device. It must not know when they happen, nor what travels.

import { faultCause } from '../cause.ts';
import type { FaultEvent, FaultKindOf } from './event.ts';
import { type Effect, NOTHING, type Scene } from './ports.ts';

/** The links that an event strikes. */
function linksOf(scene: Scene, event: FaultEvent): number[] {
  const { up, down } = scene.ports.linksOf(scene.deviceOf(event));
  if (event.way === 'both') return [up, down];
  return [event.way === 'up' ? up : down];
}

/** Something on each link while it lasts. */
function onLinks(
  begin: (network: Scene['ports']['network'], link: number, amount: number) => void,
  end: (network: Scene['ports']['network'], link: number, amount: number) => void,
): Effect {
  return {
    begin(scene, event) {
      for (const link of linksOf(scene, event)) begin(scene.ports.network, link, event.amount);
      return 0;
    },
    end(scene, event) {
      for (const link of linksOf(scene, event)) end(scene.ports.network, link, event.amount);
    },
  };
}

export const NETWORK_EFFECTS: Readonly<Record<FaultKindOf<'network'>, Effect>> = {
  partition: {
    begin(scene, event) {
      // Who has no network anyway is cut off already.
      if (scene.isOngoing('offline', event)) return NOTHING;
      const partition = scene.ports.network.partition(linksOf(scene, event));
      scene.deviceOf(event).wentOffline();
      return partition;
    },
    end(scene, event, partition) {
      const { simulation, network } = scene.ports;
      const device = scene.deviceOf(event);
      network.heal(partition);
      if (scene.isOngoing('offline', event)) return;
      device.ledger.lastHealedUs = simulation.nowUs;
      device.cameOnline(scene.ports.logEndOf(device));
    },
  },
  clog: onLinks(
    (network, link) => network.clog(link),
    (network, link) => network.unclog(link),
  ),
  latency: onLinks(
    (network, link, addedUs) => network.addDelay(link, addedUs),
    (network, link, addedUs) => network.addDelay(link, -addedUs),
  ),
  throttle: onLinks(
    (network, link, kbit) => network.throttle(link, kbit),
    (network, link) => network.unthrottle(link),
  ),
  overtaking: {
    begin(scene, event) {
      const device = scene.deviceOf(event);
      if (!device.isOnline || !device.isRunning) return NOTHING;
      return device.client.overtake(faultCause(device.index, event.atUs)) ? 0 : NOTHING;
    },
  },
};
