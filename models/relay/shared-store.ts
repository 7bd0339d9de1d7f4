// The store that all instances share: so many commits and reads at once, and commits of one ledger one after another. It
// must not know what is committed.

import { assert } from '../../sim/errors.ts';
import type { Simulation } from '../../sim/simulation.ts';
import type { LittlesLaw } from '../../sim/station-statistics.ts';
import { JobBooks } from './job-books.ts';

interface Work {
  readonly token: number;
  /** Ledgers that it holds while it is under way; none for a read. */
  readonly ledgers: readonly number[];
  readonly serviceUs: number;
  readonly arrivedUs: number;
  startedUs: number;
  /** Ledgers of which it is not the first yet. */
  missing: number;
}

/** How the store has been used since the last look, 0–1. */
export interface StoreUse {
  /** Of its connections. */
  readonly connections: number;
  /** Of the ledger that was held longest. */
  readonly lock: number;
}

export class SharedStore {
  readonly #sim: Simulation;
  readonly #done: (token: number) => void;
  readonly #handler: number;
  readonly #books: JobBooks;
  /** What waits for a ledger or holds it, by ledger, in order. */
  readonly #byLedger = new Map<number, Work[]>();
  #ready: Work[] = [];
  readonly #all = new Set<Work>();
  readonly #running = new Map<number, Work>();
  readonly #heldUs = new Map<number, number>();
  #next = 0;
  #slowdown = 1;
  #lookedUs = 0;
  #lookedBusyUs = 0;

  constructor(sim: Simulation, connections: number, done: (token: number) => void) {
    this.#sim = sim;
    this.#done = done;
    this.#books = new JobBooks(sim, connections);
    this.#lookedUs = sim.nowUs;
    this.#handler = sim.handler('relay/store/done', (running) => {
      const work = this.#running.get(running);
      if (work !== undefined) this.#finish(running, work);
    });
  }

  get queueLength(): number {
    return this.#books.waiting;
  }

  /**
   * Brings a commit or a read.
   * @param token the caller's number for it
   * @param ledgers those that it holds, each once
   * @param serviceUs whole µs at full speed
   */
  offer(token: number, ledgers: readonly number[], serviceUs: number): void {
    assert(Number.isSafeInteger(serviceUs) && serviceUs >= 0, 'a time in a store is in whole microseconds, ≥ 0');
    const nowUs = this.#sim.nowUs;
    const work: Work = { token, ledgers, serviceUs, arrivedUs: nowUs, startedUs: nowUs, missing: 0 };
    this.#books.came();
    this.#all.add(work);
    for (const ledger of ledgers) {
      const queue = this.#byLedger.get(ledger);
      if (queue === undefined) this.#byLedger.set(ledger, [work]);
      else {
        queue.push(work);
        work.missing++;
      }
    }
    if (work.missing > 0) return;
    this.#ready.push(work);
    this.#start();
  }

  /** Multiplies the time of what starts from now on. */
  setSlowdown(factor: number): void {
    this.#slowdown = factor;
  }

  /** Nothing that is here is done. */
  clear(): void {
    for (const work of this.#all) this.#books.left(work.arrivedUs, 0, false);
    this.#books.waiting = 0;
    this.#books.busy = 0;
    this.#all.clear();
    this.#running.clear();
    this.#byLedger.clear();
    this.#ready = [];
  }

  /** How it was used since the last call. */
  use(): StoreUse {
    const { busyIntegralUs } = this.#books.statistics();
    const passedUs = this.#sim.nowUs - this.#lookedUs;
    const busyUs = busyIntegralUs - this.#lookedBusyUs;
    let longestUs = 0;
    for (const heldUs of this.#heldUs.values()) longestUs = Math.max(longestUs, heldUs);
    this.#lookedUs = this.#sim.nowUs;
    this.#lookedBusyUs = busyIntegralUs;
    this.#heldUs.clear();
    if (passedUs === 0) return { connections: 0, lock: 0 };
    return { connections: busyUs / (passedUs * this.#books.servers), lock: Math.min(1, longestUs / passedUs) };
  }

  littlesLaw(): LittlesLaw {
    return this.#books.littlesLaw([...this.#all].map(({ arrivedUs }) => arrivedUs));
  }

  #start(): void {
    while (this.#ready.length > 0 && this.#books.busy < this.#books.servers) {
      const work = this.#ready.shift()!;
      this.#books.count();
      this.#books.waiting--;
      this.#books.busy++;
      work.startedUs = this.#sim.nowUs;
      const running = this.#next;
      this.#next = (this.#next + 1) % 0x7fff_ffff;
      this.#running.set(running, work);
      this.#sim.schedule(Math.round(work.serviceUs * this.#slowdown), this.#handler, running);
    }
  }

  #finish(running: number, work: Work): void {
    this.#running.delete(running);
    this.#all.delete(work);
    this.#books.left(work.arrivedUs, work.startedUs - work.arrivedUs, true);
    this.#books.busy--;
    const heldUs = this.#sim.nowUs - work.startedUs;
    for (const ledger of work.ledgers) {
      this.#heldUs.set(ledger, (this.#heldUs.get(ledger) ?? 0) + heldUs);
      const queue = this.#byLedger.get(ledger)!;
      queue.shift();
      const [first] = queue;
      if (first === undefined) this.#byLedger.delete(ledger);
      else if (--first.missing === 0) this.#ready.push(first);
    }
    this.#start();
    this.#done(work.token);
  }
}
