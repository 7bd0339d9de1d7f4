// Faults as they happen in a run: partitions of single devices and clocks that are wrong, each arriving by itself in
// virtual time (Poisson), drawn from streams of its own. It must not know presets, nor what faults do to a run.

import { exponentialUs } from '../sim/distributions.ts';
import type { Network } from '../sim/network.ts';
import type { Simulation } from '../sim/simulation.ts';
import type { Device } from './device.ts';

export interface FaultOptions {
  /** Per device and hour of virtual time. */
  readonly partitionsPerHour: number;
  /** Mean length of a partition; exponential. */
  readonly partitionMsMean: number;
  /** Share of partitions that cut one direction only, 0–1. */
  readonly partitionOneWayShare: number;
  /** Steps of a device's clock, per device and hour. */
  readonly stepsPerHour: number;
  /** A step is up to this, either way. */
  readonly stepMsMax: number;
}

/** What faults act on. */
export interface FaultPorts {
  readonly simulation: Simulation;
  readonly network: Network;
  /** The device's links: up to the relay, down from it. */
  linksOf(device: Device): { up: number; down: number };
  logEndOf(device: Device): number;
}

const HOUR_US = 3_600_000_000;

/** Draws and carries out faults until they are stopped. */
export class Faults {
  /** How often each kind has fired; an enabled kind stands here from the start. */
  readonly fired: Record<string, number> = {};

  readonly #options: FaultOptions;
  readonly #ports: FaultPorts;
  readonly #devices: readonly Device[];
  readonly #partition: number;
  readonly #heal: number;
  readonly #step: number;
  readonly #partitionOf = new Map<number, number>();
  #isOver = false;

  constructor(ports: FaultPorts, options: FaultOptions, devices: readonly Device[]) {
    this.#ports = ports;
    this.#options = options;
    this.#devices = devices;
    const { simulation } = ports;
    this.#partition = simulation.handler('fault/partition', (index) => this.#cut(index));
    this.#heal = simulation.handler('fault/heal', (index) => this.heal(index));
    this.#step = simulation.handler('fault/clock-step', (index) => this.#stepClock(index));
    const hasPartitions = options.partitionsPerHour > 0;
    const hasSteps = options.stepsPerHour > 0 && options.stepMsMax > 0;
    if (hasPartitions) this.fired['partition'] = 0;
    if (hasSteps) this.fired['clock-step'] = 0;
    for (const device of devices) {
      if (hasPartitions) this.#scheduleNext(device.index, 'partition', this.#partition, options.partitionsPerHour);
      if (hasSteps) this.#scheduleNext(device.index, 'clock-step', this.#step, options.stepsPerHour);
    }
  }

  /** Ends the safety phase: no fault begins any more, and what is cut is healed. */
  stop(): void {
    this.#isOver = true;
    for (const index of [...this.#partitionOf.keys()].sort((one, other) => one - other)) this.heal(index);
  }

  #scheduleNext(index: number, kind: string, handler: number, perHour: number): void {
    const { simulation } = this.#ports;
    const stream = simulation.streams.stream(`fault/${kind}/${index}`);
    simulation.schedule(exponentialUs(stream, HOUR_US / perHour), handler, index);
  }

  #cut(index: number): void {
    if (this.#isOver) return;
    const { simulation, network } = this.#ports;
    const { partitionMsMean, partitionOneWayShare, partitionsPerHour } = this.#options;
    const stream = simulation.streams.stream(`fault/partition/${index}`);
    const isOneWay = stream.chance(partitionOneWayShare);
    const isUp = stream.chance(0.5);
    const lengthUs = exponentialUs(stream, partitionMsMean * 1000);
    const device = this.#devices[index]!;
    const { up, down } = this.#ports.linksOf(device);
    if (!this.#partitionOf.has(index)) {
      this.#partitionOf.set(index, network.partition(isOneWay ? [isUp ? up : down] : [up, down]));
      device.wentOffline();
      this.fired['partition']!++;
      simulation.schedule(lengthUs, this.#heal, index);
    }
    this.#scheduleNext(index, 'partition', this.#partition, partitionsPerHour);
  }

  /** Ends the partition of a device, if it has one. */
  heal(index: number): void {
    const partition = this.#partitionOf.get(index);
    if (partition === undefined) return;
    this.#partitionOf.delete(index);
    this.#ports.network.heal(partition);
    const device = this.#devices[index]!;
    device.ledger.lastHealedUs = this.#ports.simulation.nowUs;
    device.cameOnline(this.#ports.logEndOf(device));
  }

  #stepClock(index: number): void {
    if (this.#isOver) return;
    const { simulation } = this.#ports;
    const stream = simulation.streams.stream(`fault/clock-step/${index}`);
    const byUs = Math.round(stream.uniform(-1, 1) * this.#options.stepMsMax * 1000);
    this.#devices[index]!.clock.step(simulation.nowUs, byUs);
    this.fired['clock-step']!++;
    this.#scheduleNext(index, 'clock-step', this.#step, this.#options.stepsPerHour);
  }
}
