// Carries out the one thing that goes wrong at a known time, and ends it at a known time. It must not know how what follows
// is judged.

import type { Network } from '../sim/network.ts';
import { keyedUnit, type StreamKey } from '../sim/random.ts';
import type { Simulation } from '../sim/simulation.ts';
import type { Device } from '../models/device.ts';
import type { IncidentOptions } from '../models/incident-options.ts';
import type { RelayModel } from '../models/relay/model.ts';
import type { RelayPort } from '../relay-adapter/port.ts';
import type { Config } from './config-schema.ts';
import type { Routing } from './regions.ts';
import type { Transport } from './transport.ts';

export interface IncidentPorts {
  readonly simulation: Simulation;
  readonly network: Network;
  readonly relay: RelayModel;
  readonly routing: Routing;
  /** Which devices lose their connection, each by a draw of its own. */
  readonly key: StreamKey;
  readonly devices: readonly Device[];
  /** Instances at the start. */
  readonly instances: number;
  readonly linksOf: (device: Device) => { readonly up: number; readonly down: number };
  readonly logEndOf: (device: Device) => number;
  /** Devices are served by other regions than before. */
  readonly rerouted: () => void;
}

/** What of a world an incident touches. */
interface IncidentWorld extends Pick<IncidentPorts, 'simulation' | 'network' | 'relay' | 'devices'> {
  readonly config: Pick<Config, 'incident' | 'relay'>;
  readonly transport: Pick<Transport, 'linksOf' | 'delayBy'>;
  readonly port: Pick<RelayPort, 'end'>;
  key(name: string): StreamKey;
}

/** The incident of a run, begun and ended by its clock. */
export function incidentOf(world: IncidentWorld, routing: Routing): Incident {
  const { simulation, network, relay, devices, config, transport, port } = world;
  const ports: IncidentPorts = {
    simulation,
    network,
    relay,
    routing,
    key: world.key('incident/device'),
    devices: devices.slice(),
    instances: config.relay.instances,
    linksOf: ({ index }) => transport.linksOf(index),
    logEndOf: ({ ledger }) => port.end(ledger.index),
    rerouted: () => transport.delayBy((index) => routing.addedUsOf(index)),
  };
  return new Incident(ports, config.incident);
}

export class Incident {
  readonly #ports: IncidentPorts;
  readonly #options: IncidentOptions;
  #isOn = false;
  #undo: (() => void)[] = [];

  constructor(ports: IncidentPorts, options: IncidentOptions) {
    this.#ports = ports;
    this.#options = options;
    if (options.kind === 'none') return;
    const { simulation } = ports;
    const begin = simulation.handler('incident/begin', () => this.#begin());
    const end = simulation.handler('incident/end', () => this.end());
    simulation.scheduleAt(Math.round(options.atMs * 1000), begin);
    simulation.scheduleAt(Math.round((options.atMs + options.forMs) * 1000), end);
  }

  /** What think times are divided by now. */
  get load(): number {
    return this.#isOn && this.#options.kind === 'surge' ? this.#options.factor : 1;
  }

  /** Ends it, where it is on. */
  end(): void {
    this.#isOn = false;
    for (const undo of this.#undo.splice(0)) undo();
  }

  #begin(): void {
    const { relay, instances, routing } = this.#ports;
    const { kind, factor } = this.#options;
    this.#isOn = true;
    switch (kind) {
      case 'instance-lost':
        return this.#takeOut([0]);
      case 'region-lost':
        return this.#loseRegion(
          Array.from({ length: instances }, (_, each) => each),
          routing,
        );
      case 'slow-store': {
        const handle = relay.slowStore(factor);
        this.#undo.push(() => relay.lift(handle));
        return;
      }
      case 'reconnect-storm':
        return this.#disconnect();
      case 'surge':
      case 'none':
    }
  }

  #takeOut(instances: readonly number[]): void {
    const { relay } = this.#ports;
    const handles = instances.map((instance) => relay.takeOut(instance));
    this.#undo.push(() => {
      for (const handle of handles) relay.lift(handle);
    });
  }

  /** The region with the most devices but that of the store; its devices are sent elsewhere a while later. */
  #loseRegion(instances: readonly number[], routing: Routing): void {
    const { simulation, rerouted } = this.#ports;
    const { shares } = routing.preset;
    let lost = Math.min(1, routing.size - 1);
    for (let region = 1; region < shares.length; region++) if (shares[region]! > shares[lost]!) lost = region;
    this.#takeOut(instances.filter((instance) => instance % routing.size === lost));
    let isLost = true;
    const failover = simulation.handler('incident/failover', () => {
      if (!isLost) return;
      routing.avoid(lost);
      rerouted();
    });
    simulation.schedule(routing.failoverUs, failover);
    this.#undo.push(() => {
      isLost = false;
      routing.welcome(lost);
      rerouted();
    });
  }

  #disconnect(): void {
    const { devices, key, network, simulation, linksOf, logEndOf } = this.#ports;
    const cut = devices.filter(({ index }) => keyedUnit(key, index, 0, 0, 0) < this.#options.share);
    const partitions = cut.map((device) => {
      const { up, down } = linksOf(device);
      const partition = network.partition([up, down]);
      device.disconnect();
      return partition;
    });
    this.#undo.push(() => {
      // The network is there again for all before the first of them tries.
      for (const partition of partitions) network.heal(partition);
      for (const device of cut) {
        device.ledger.lastHealedUs = simulation.nowUs;
        device.reconnect(logEndOf(device));
      }
    });
  }
}
