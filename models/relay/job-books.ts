// The books of a place where jobs stay: how many are inside, waiting, and at work, over time. For places that sim/station
// does not describe. It must not know what jobs wait for.

import type { LittlesLaw, StationStatistics } from '../../sim/station-statistics.ts';
import type { Simulation } from '../../sim/simulation.ts';

export class JobBooks {
  readonly #sim: Simulation;
  #countedUntilUs: number;
  readonly #startUs: number;
  arrivals = 0;
  refused = 0;
  completed = 0;
  cleared = 0;
  waiting = 0;
  busy = 0;
  inside = 0;
  servers: number;
  #queueIntegralUs = 0;
  #busyIntegralUs = 0;
  #inSystemIntegralUs = 0;
  #serversIntegralUs = 0;
  #sumWaitUs = 0;
  #sumSojournUs = 0;
  /** Of all that have left, cleared ones too. */
  #sumStayUs = 0;

  constructor(sim: Simulation, servers: number) {
    this.#sim = sim;
    this.servers = servers;
    this.#startUs = sim.nowUs;
    this.#countedUntilUs = sim.nowUs;
  }

  /** Brings the integrals up to now; to be called before `waiting`, `busy`, `inside` or `servers` change. */
  count(): void {
    const passedUs = this.#sim.nowUs - this.#countedUntilUs;
    if (passedUs === 0) return;
    this.#queueIntegralUs += passedUs * this.waiting;
    this.#busyIntegralUs += passedUs * this.busy;
    this.#inSystemIntegralUs += passedUs * this.inside;
    this.#serversIntegralUs += passedUs * this.servers;
    this.#countedUntilUs = this.#sim.nowUs;
  }

  came(): void {
    this.count();
    this.arrivals++;
    this.waiting++;
    this.inside++;
  }

  /** A job has left, done or not; it is counted among neither the waiting nor the busy any more. */
  left(arrivedUs: number, waitUs: number, isDone: boolean): void {
    this.count();
    const stayUs = this.#sim.nowUs - arrivedUs;
    this.inside--;
    this.#sumStayUs += stayUs;
    if (!isDone) {
      this.cleared++;
      return;
    }
    this.completed++;
    this.#sumWaitUs += waitUs;
    this.#sumSojournUs += stayUs;
  }

  statistics(): StationStatistics {
    this.count();
    return {
      elapsedUs: this.#countedUntilUs - this.#startUs,
      arrivals: this.arrivals,
      refused: this.refused,
      completed: this.completed,
      cleared: this.cleared,
      carriedOver: 0,
      inSystem: this.inside,
      queueLength: this.waiting,
      busyServers: this.busy,
      queueIntegralUs: this.#queueIntegralUs,
      busyIntegralUs: this.#busyIntegralUs,
      inSystemIntegralUs: this.#inSystemIntegralUs,
      serversIntegralUs: this.#serversIntegralUs,
      sumWaitUs: this.#sumWaitUs,
      sumSojournUs: this.#sumSojournUs,
    };
  }

  /** Little's law as a check of these books. @param arrivedUs of the jobs inside now */
  littlesLaw(arrivedUs: Iterable<number>): LittlesLaw {
    this.count();
    let staysUs = this.#sumStayUs;
    for (const each of arrivedUs) staysUs += this.#sim.nowUs - each;
    const elapsedUs = this.#countedUntilUs - this.#startUs;
    const integralUs = this.#inSystemIntegralUs;
    return {
      meanInSystem: elapsedUs === 0 ? 0 : integralUs / elapsedUs,
      arrivalRatePerUs: elapsedUs === 0 ? 0 : this.arrivals / elapsedUs,
      meanSojournUs: this.arrivals === 0 ? 0 : staysUs / this.arrivals,
      relativeError: Math.abs(integralUs - staysUs) / Math.max(integralUs, 1),
    };
  }
}
