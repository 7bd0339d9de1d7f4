// The faults of a plan as they begin and end while it is run and watched. It must not know what a fault does.

import { type FaultEvent, faultKindInfo } from '../../models/faults/event.ts';
import type { World } from '../world.ts';
import { type Happening, RELAY } from './story-event.ts';

export class FaultWatch {
  readonly #world: World;
  readonly #add: (device: number, happening: Happening) => void;
  #seen = 0;
  #ongoing: FaultEvent[] = [];

  constructor(world: World, add: (device: number, happening: Happening) => void) {
    this.#world = world;
    this.#add = add;
  }

  /** Looks at what has changed since it last looked. */
  look(): void {
    const { faults, simulation } = this.#world;
    if (faults === undefined) return;
    const isOver = simulation.nowUs >= Math.round(this.#world.config.durationMs * 1000);
    const ended = this.#ongoing.filter(({ atUs, lengthUs }) => isOver || atUs + lengthUs <= simulation.nowUs);
    if (ended.length > 0) {
      this.#ongoing = this.#ongoing.filter((fault) => !ended.includes(fault));
      for (const fault of ended) if (!this.#staysAway(fault)) this.#add(deviceOf(fault), { what: 'fault-end', fault });
    }
    for (; this.#seen < faults.happened.length; this.#seen++) {
      const fault = faults.happened[this.#seen]!;
      this.#add(deviceOf(fault), { what: 'fault', fault });
      if (faultKindInfo(fault.kind).lasts) this.#ongoing.push(fault);
    }
  }

  /** Who is away for good has a fault that does not end. */
  #staysAway({ kind, device }: FaultEvent): boolean {
    if (kind !== 'offline' && kind !== 'partition') return false;
    return this.#world.devices.some(({ index, isCore }) => index === device && !isCore);
  }
}

function deviceOf({ device }: FaultEvent): number {
  return device < 0 ? RELAY : device;
}
