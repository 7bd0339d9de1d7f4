// What faults act on, and what one kind of fault does. It must not know when any fault happens.

import type { Network } from '../../sim/network.ts';
import type { Simulation } from '../../sim/simulation.ts';
import type { Device } from '../device.ts';
import type { RelayControl } from '../relay/control.ts';
import type { FaultEvent, FaultKind } from './event.ts';

/** What faults act on. */
export interface FaultPorts {
  readonly simulation: Simulation;
  readonly network: Network;
  readonly relay: RelayControl;
  /** The device's links: up to the relay, down from it. */
  linksOf(device: Device): { up: number; down: number };
  /** Where the log of a device's ledger ends now. */
  logEndOf(device: Device): number;
  /** Starts a copy of a device beside it; undefined where it has one, or is one. */
  clone(device: Device): Device | undefined;
}

/** What an effect sees beside its event. */
export interface Scene {
  readonly ports: FaultPorts;
  /** The device that an event strikes; there is one, or the event does not come so far. */
  deviceOf(event: FaultEvent): Device;
  /** Whether a fault of a kind lasts at the device of an event. */
  isOngoing(kind: FaultKind, event: FaultEvent): boolean;
}

/** A fault that can do nothing. */
export const NOTHING = -1;

/** What a kind of fault does. */
export interface Effect {
  /** Begins a fault, and gives what `end` takes, ≥ 0; NOTHING where it can do nothing. */
  begin(scene: Scene, event: FaultEvent): number;
  /** Ends what `begin` began. Left out for what happens at once. */
  end?(scene: Scene, event: FaultEvent, begun: number): void;
}
