// How many instances there are under load: looks at their use every so often, and brings one more, after a delay, or lets
// one go. It must not know what instances do.

import type { Simulation } from '../../sim/simulation.ts';
import type { ClusterOptions } from './cluster-options.ts';

export interface AutoscalerPorts {
  /** Share of all servers that were busy since the last call, 0–1. */
  use(): number;
  /** So many instances take requests from now on; those beyond work off what they have. */
  setActive(count: number): void;
}

/** Below this share of the target one instance goes. */
const LOW_SHARE = 0.5;

export class Autoscaler {
  readonly #options: ClusterOptions;
  readonly #least: number;
  readonly #ports: AutoscalerPorts;
  #active: number;
  /** Decided on, and not there yet. */
  #coming = 0;

  /** @param instances how many there are at the start, and at least */
  constructor(simulation: Simulation, options: ClusterOptions, instances: number, ports: AutoscalerPorts) {
    this.#options = options;
    this.#least = instances;
    this.#active = instances;
    this.#ports = ports;
    const everyUs = Math.max(1, Math.round(options.autoscaleEveryMs * 1000));
    const delayUs = Math.round(options.autoscaleDelayMs * 1000);
    const came = simulation.handler('relay/instance-came', () => {
      this.#coming--;
      this.#ports.setActive(++this.#active);
    });
    const look = simulation.handler('relay/autoscale', () => {
      if (this.#decide()) simulation.schedule(delayUs, came);
      simulation.schedule(everyUs, look);
    });
    simulation.schedule(everyUs, look);
  }

  /** True where one more is to come. */
  #decide(): boolean {
    const { autoscaleUtilisation, autoscaleInstancesMax } = this.#options;
    const use = this.#ports.use();
    if (use > autoscaleUtilisation && this.#active + this.#coming < autoscaleInstancesMax) {
      this.#coming++;
      return true;
    }
    // While one is on its way the use is not what it will be.
    if (use < autoscaleUtilisation * LOW_SHARE && this.#coming === 0 && this.#active > this.#least) {
      this.#ports.setActive(--this.#active);
    }
    return false;
  }
}
