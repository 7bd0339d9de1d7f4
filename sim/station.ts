// A queueing station: servers that work off jobs first come first served, with a limit on how many wait.
// Driven by events alone: a job is a small integer, waiting and running jobs stand in typed arrays.
// It must not know what a job is, nor where its service time comes from.

import { assert, InputError } from './errors.ts';
import type { Simulation } from './simulation.ts';
import type { LittlesLaw, StationStatistics } from './station-statistics.ts';

/** What a station is made of. */
export interface StationOptions {
  /** Names the station in traces and errors; unique within a simulation. */
  readonly name: string;
  /** Jobs in service at a time: an integer, ≥ 1. */
  readonly servers: number;
  /** Jobs that may wait, those in service not counted: an integer ≥ 0 (0: a job that finds no free server is refused), or Infinity. */
  readonly queueLimit: number;
  /** A job that has waited longer, in microseconds, is not served: when its turn comes it ends at once; default never. */
  readonly patienceUs?: number;
}

/** Called at the end of a job's service, when its server has been given to the next. Both times are in microseconds. */
export type JobDone = (job: number, waitUs: number, serviceUs: number) => void;

const INITIAL_CAPACITY = 16;

/** What a slot is; of a job that was cleared away it is free only when the event of its end has come. */
const [FREE, RUNNING, CLEARED] = [0, 1, 2] as const;

/**
 * A queueing station. Waiting jobs start in order of arrival; of equal times, in order of the calls.
 *
 * `offer` and the end of a job allocate nothing once the arrays have grown to the most jobs ever inside.
 */
export class Station {
  readonly name: string;

  readonly #sim: Simulation;
  readonly #onDone: JobDone;
  readonly #doneHandler: number;
  readonly #resetHandler: number;

  #servers: number;
  #queueLimit: number;
  readonly #patienceUs: number;
  #isPaused = false;
  #slowdown = 1;

  // Waiting jobs: a ring, its capacity a power of two.
  #waitingJobs = new Int32Array(INITIAL_CAPACITY);
  #waitingServiceUs = new Float64Array(INITIAL_CAPACITY);
  #waitingSinceUs = new Float64Array(INITIAL_CAPACITY);
  #head = 0;
  #queueLength = 0;

  // Jobs in service: slots with a free list; a slot's index is what the end-of-service event carries. Slot 0 ends the list.
  #runningJobs = new Int32Array(INITIAL_CAPACITY);
  #runningArrivedUs = new Float64Array(INITIAL_CAPACITY);
  #runningStartedUs = new Float64Array(INITIAL_CAPACITY);
  #slotStates = new Uint8Array(INITIAL_CAPACITY);
  #nextFree = new Int32Array(INITIAL_CAPACITY);
  #firstFree = 0;
  #slots = 1;
  #busyServers = 0;

  #windowStartUs: number;
  #countedUntilUs: number;
  #arrivals = 0;
  #refused = 0;
  #completed = 0;
  #cleared = 0;
  #carriedOver = 0;
  #queueIntegralUs = 0;
  #busyIntegralUs = 0;
  #serversIntegralUs = 0;
  #inSystemIntegralUs = 0;
  #sumWaitUs = 0;
  #sumSojournUs = 0;
  /** Stays of jobs that are no longer inside, cut at the window's start: the right side of Little's law. */
  #sumSojournInWindowUs = 0;

  /**
   * @param sim the simulation whose clock and schedule it uses
   * @param onDone called at each job's end
   * @throws InputError for servers or a queue limit out of range
   */
  constructor(sim: Simulation, options: StationOptions, onDone: JobDone) {
    checkServers(options.name, options.servers);
    if (!(options.queueLimit === Infinity || (Number.isInteger(options.queueLimit) && options.queueLimit >= 0))) {
      throw new InputError(`${options.name}.queueLimit`, options.queueLimit, 'an integer ≥ 0, or Infinity');
    }
    this.name = options.name;
    this.#sim = sim;
    this.#onDone = onDone;
    this.#servers = options.servers;
    this.#queueLimit = options.queueLimit;
    this.#patienceUs = options.patienceUs ?? Number.POSITIVE_INFINITY;
    this.#windowStartUs = sim.nowUs;
    this.#countedUntilUs = sim.nowUs;
    this.#doneHandler = sim.handler(`${options.name}/done`, (slot) => this.#finish(slot));
    this.#resetHandler = sim.handler(`${options.name}/reset-statistics`, () => this.#reset());
  }

  /** Jobs waiting and in service. */
  get inSystem(): number {
    return this.#queueLength + this.#busyServers;
  }

  get queueLength(): number {
    return this.#queueLength;
  }

  get busyServers(): number {
    return this.#busyServers;
  }

  get servers(): number {
    return this.#servers;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /**
   * Brings a job, which starts now if a server is free, or waits.
   *
   * @param job the caller's number for it, a 32-bit integer; need not be unique
   * @param serviceUs its service time at full speed: whole microseconds, ≥ 0
   * @returns false if it was refused because the queue is full
   */
  offer(job: number, serviceUs: number): boolean {
    assert((job | 0) === job, 'a job is a 32-bit integer');
    assert(Number.isSafeInteger(serviceUs) && serviceUs >= 0, 'a service time is in whole microseconds, ≥ 0');
    this.#count();
    if (this.#busyServers < this.#servers && !this.#isPaused) {
      this.#arrivals++;
      this.#start(job, serviceUs, this.#sim.nowUs);
      return true;
    }
    if (this.#queueLength >= this.#queueLimit) {
      this.#refused++;
      return false;
    }
    this.#arrivals++;
    if (this.#queueLength === this.#waitingJobs.length) this.#growQueue();
    const at = (this.#head + this.#queueLength) & (this.#waitingJobs.length - 1);
    this.#waitingJobs[at] = job;
    this.#waitingServiceUs[at] = serviceUs;
    this.#waitingSinceUs[at] = this.#sim.nowUs;
    this.#queueLength++;
    return true;
  }

  /**
   * Changes the number of servers. More: waiting jobs start now. Fewer: jobs in service run to their end, so for a while
   * more may be busy than there are.
   *
   * @throws InputError unless an integer ≥ 1 (`pause` stops a station)
   */
  setServers(servers: number): void {
    checkServers(this.name, servers);
    this.#count();
    this.#servers = servers;
    this.#startWaiting();
  }

  /** From now on no job starts; those in service run to their end, and arriving ones wait (or are refused by the limit). */
  pause(): void {
    this.#isPaused = true;
  }

  /** Ends a pause; waiting jobs start now. */
  resume(): void {
    this.#isPaused = false;
    this.#count();
    this.#startWaiting();
  }

  /**
   * Multiplies the service time of each job that starts from now on, rounded to a microsecond: 10 is a brown-out, 1 full
   * speed. Jobs in service keep their time.
   *
   * @throws InputError unless finite and > 0
   */
  setSlowdown(factor: number): void {
    if (!(Number.isFinite(factor) && factor > 0)) {
      throw new InputError(`${this.name}.slowdown`, factor, 'a finite number > 0');
    }
    this.#slowdown = factor;
  }

  /** Takes all jobs away, in service and waiting: none of them is done. Gives them, those in service first. */
  clear(): number[] {
    this.#count();
    const jobs: number[] = [];
    for (let slot = 1; slot < this.#slots; slot++) {
      if (this.#slotStates[slot] !== RUNNING) continue;
      this.#slotStates[slot] = CLEARED;
      jobs.push(this.#runningJobs[slot]!);
      this.#sumSojournInWindowUs += this.#stayInWindowUs(this.#runningArrivedUs[slot]!);
    }
    const mask = this.#waitingJobs.length - 1;
    for (let i = 0; i < this.#queueLength; i++) {
      const at = (this.#head + i) & mask;
      jobs.push(this.#waitingJobs[at]!);
      this.#sumSojournInWindowUs += this.#stayInWindowUs(this.#waitingSinceUs[at]!);
    }
    this.#busyServers = 0;
    this.#queueLength = 0;
    this.#cleared += jobs.length;
    return jobs;
  }

  /** Everything counted since the last reset. */
  statistics(): StationStatistics {
    this.#count();
    return {
      elapsedUs: this.#countedUntilUs - this.#windowStartUs,
      arrivals: this.#arrivals,
      refused: this.#refused,
      completed: this.#completed,
      cleared: this.#cleared,
      carriedOver: this.#carriedOver,
      inSystem: this.inSystem,
      queueLength: this.#queueLength,
      busyServers: this.#busyServers,
      queueIntegralUs: this.#queueIntegralUs,
      busyIntegralUs: this.#busyIntegralUs,
      inSystemIntegralUs: this.#inSystemIntegralUs,
      serversIntegralUs: this.#serversIntegralUs,
      sumWaitUs: this.#sumWaitUs,
      sumSojournUs: this.#sumSojournUs,
    };
  }

  /** Share of the servers' time spent at work, 0–1 (above 1 only while `setServers` lowered them under jobs in service); 0 before any time has passed. */
  utilisation(): number {
    this.#count();
    return this.#serversIntegralUs === 0 ? 0 : this.#busyIntegralUs / this.#serversIntegralUs;
  }

  /**
   * Little's law as a check of this station's own books. Jobs still inside count with their stay so far, and jobs from
   * before the window with their stay since it began, so the law is an identity, exact at any time (sums below 2⁵³).
   * Walks the jobs inside.
   *
   * Source: J. D. C. Little, "A proof for the queuing formula L = λW", Operations Research 9 (1961); the finite-window
   * identity as in S. Stidham, "A last word on L = λW", Operations Research 22 (1974).
   */
  littlesLaw(): LittlesLaw {
    this.#count();
    let staysUs = this.#sumSojournInWindowUs;
    const mask = this.#waitingJobs.length - 1;
    for (let i = 0; i < this.#queueLength; i++) {
      staysUs += this.#stayInWindowUs(this.#waitingSinceUs[(this.#head + i) & mask]!);
    }
    for (let slot = 1; slot < this.#slots; slot++) {
      if (this.#slotStates[slot] === RUNNING) staysUs += this.#stayInWindowUs(this.#runningArrivedUs[slot]!);
    }
    const elapsedUs = this.#countedUntilUs - this.#windowStartUs;
    const jobs = this.#arrivals + this.#carriedOver;
    const integralUs = this.#inSystemIntegralUs;
    return {
      meanInSystem: elapsedUs === 0 ? 0 : integralUs / elapsedUs,
      arrivalRatePerUs: elapsedUs === 0 ? 0 : jobs / elapsedUs,
      meanSojournUs: jobs === 0 ? 0 : staysUs / jobs,
      relativeError: Math.abs(integralUs - staysUs) / Math.max(integralUs, 1),
    };
  }

  /**
   * Starts a new window of statistics, to drop a warm-up. Jobs inside stay.
   *
   * @param atUs when: now if left out; a later time is scheduled
   */
  resetStatistics(atUs: number = this.#sim.nowUs): void {
    assert(atUs >= this.#sim.nowUs, 'statistics cannot be reset in the past');
    if (atUs === this.#sim.nowUs) this.#reset();
    else this.#sim.scheduleAt(atUs, this.#resetHandler);
  }

  #reset(): void {
    this.#windowStartUs = this.#sim.nowUs;
    this.#countedUntilUs = this.#sim.nowUs;
    this.#carriedOver = this.inSystem;
    this.#arrivals = 0;
    this.#refused = 0;
    this.#completed = 0;
    this.#cleared = 0;
    this.#queueIntegralUs = 0;
    this.#busyIntegralUs = 0;
    this.#inSystemIntegralUs = 0;
    this.#serversIntegralUs = 0;
    this.#sumWaitUs = 0;
    this.#sumSojournUs = 0;
    this.#sumSojournInWindowUs = 0;
  }

  /** Brings the integrals up to now; to be called before anything that they add up changes. */
  #count(): void {
    const passedUs = this.#sim.nowUs - this.#countedUntilUs;
    if (passedUs === 0) return;
    this.#queueIntegralUs += passedUs * this.#queueLength;
    this.#busyIntegralUs += passedUs * this.#busyServers;
    this.#inSystemIntegralUs += passedUs * (this.#queueLength + this.#busyServers);
    this.#serversIntegralUs += passedUs * this.#servers;
    this.#countedUntilUs += passedUs;
  }

  #stayInWindowUs(arrivedUs: number): number {
    return this.#sim.nowUs - (arrivedUs > this.#windowStartUs ? arrivedUs : this.#windowStartUs);
  }

  #start(job: number, serviceUs: number, arrivedUs: number): void {
    let slot = this.#firstFree;
    if (slot === 0) {
      if (this.#slots === this.#runningJobs.length) this.#growRunning();
      slot = this.#slots++;
    } else {
      this.#firstFree = this.#nextFree[slot]!;
    }
    this.#runningJobs[slot] = job;
    this.#runningArrivedUs[slot] = arrivedUs;
    this.#runningStartedUs[slot] = this.#sim.nowUs;
    this.#slotStates[slot] = RUNNING;
    this.#busyServers++;
    let takesUs = this.#slowdown === 1 ? serviceUs : Math.round(serviceUs * this.#slowdown);
    if (this.#sim.nowUs - arrivedUs > this.#patienceUs) takesUs = 0;
    this.#sim.schedule(takesUs, this.#doneHandler, slot);
  }

  #startWaiting(): void {
    while (this.#queueLength > 0 && this.#busyServers < this.#servers && !this.#isPaused) {
      const at = this.#head;
      this.#head = (at + 1) & (this.#waitingJobs.length - 1);
      this.#queueLength--;
      this.#start(this.#waitingJobs[at]!, this.#waitingServiceUs[at]!, this.#waitingSinceUs[at]!);
    }
  }

  #finish(slot: number): void {
    const state = this.#slotStates[slot];
    this.#slotStates[slot] = FREE;
    this.#nextFree[slot] = this.#firstFree;
    this.#firstFree = slot;
    if (state === CLEARED) return;
    assert(state === RUNNING, 'a job ended that was not in service');
    this.#count();
    const job = this.#runningJobs[slot]!;
    const arrivedUs = this.#runningArrivedUs[slot]!;
    const waitUs = this.#runningStartedUs[slot]! - arrivedUs;
    const sojournUs = this.#sim.nowUs - arrivedUs;
    this.#busyServers--;
    this.#completed++;
    this.#sumWaitUs += waitUs;
    this.#sumSojournUs += sojournUs;
    this.#sumSojournInWindowUs += this.#stayInWindowUs(arrivedUs);
    // The next job goes first: one that onDone offers must not overtake those that wait.
    this.#startWaiting();
    this.#onDone(job, waitUs, sojournUs - waitUs);
  }

  #growQueue(): void {
    const old = this.#waitingJobs.length;
    const jobs = new Int32Array(old * 2);
    const serviceUs = new Float64Array(old * 2);
    const sinceUs = new Float64Array(old * 2);
    for (let i = 0; i < this.#queueLength; i++) {
      const at = (this.#head + i) & (old - 1);
      jobs[i] = this.#waitingJobs[at]!;
      serviceUs[i] = this.#waitingServiceUs[at]!;
      sinceUs[i] = this.#waitingSinceUs[at]!;
    }
    this.#waitingJobs = jobs;
    this.#waitingServiceUs = serviceUs;
    this.#waitingSinceUs = sinceUs;
    this.#head = 0;
  }

  #growRunning(): void {
    const size = this.#runningJobs.length * 2;
    const grown = <T extends Int32Array | Float64Array | Uint8Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#runningJobs = grown(this.#runningJobs, new Int32Array(size));
    this.#runningArrivedUs = grown(this.#runningArrivedUs, new Float64Array(size));
    this.#runningStartedUs = grown(this.#runningStartedUs, new Float64Array(size));
    this.#slotStates = grown(this.#slotStates, new Uint8Array(size));
    this.#nextFree = grown(this.#nextFree, new Int32Array(size));
  }
}

function checkServers(name: string, servers: number): void {
  if (!(Number.isInteger(servers) && servers >= 1)) {
    throw new InputError(`${name}.servers`, servers, 'an integer ≥ 1');
  }
}
