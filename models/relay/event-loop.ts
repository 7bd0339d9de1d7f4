// An instance whose event loop is the one that works: it takes all that waits in one turn, answers pulls as it goes, and
// commits the turn's pushes together. What docs/model.md says of it was measured (`squall calibrate`). It must not know
// what a request says, nor how long a commit in a shared store takes.

import { assert } from '../../sim/errors.ts';
import type { Simulation } from '../../sim/simulation.ts';
import type { LittlesLaw, StationStatistics } from '../../sim/station-statistics.ts';
import type { Instance } from './instance.ts';
import { JobBooks } from './job-books.ts';
import type { ServiceOptions } from './service-options.ts';
import type { Stalls } from './stalls.ts';

export interface EventLoopOptions {
  readonly name: string;
  readonly queueLimit: number;
  readonly patienceUs: number;
  /** What stands for full speed where `setServers` gives fewer. */
  readonly servers: number;
  readonly service: ServiceOptions;
}

export interface EventLoopPorts {
  readonly stalls: Stalls;
  /** A job has ended; both times in µs. */
  done(job: number, waitUs: number, serviceUs: number): void;
  /**
   * Takes a commit where the store is not the loop's own: `committed` is to be called at its end. Left out, the loop commits
   * itself.
   */
  readonly commit?: ((jobs: readonly number[]) => void) | undefined;
}

interface Job {
  readonly job: number;
  readonly serviceUs: number;
  readonly changes: number;
  readonly arrivedUs: number;
  startedUs: number;
}

export class EventLoop implements Instance {
  readonly name: string;
  readonly servers = 1;

  readonly #sim: Simulation;
  readonly #options: EventLoopOptions;
  readonly #ports: EventLoopPorts;
  readonly #books: JobBooks;
  readonly #worked: number;
  readonly #committed: number;
  #waiting: Job[] = [];
  #head = 0;
  /** Jobs that this turn has still to take. */
  #left = 0;
  #current: Job | undefined;
  /** Pushes that wait for the next commit, and those in the one that is under way. */
  #toCommit: Job[] = [];
  #committing: Job[] = [];
  #isWorking = false;
  #restsSinceUs: number;
  #uncheckpointed = 0;
  #slowdown = 1;
  #brownOut = 1;
  /** Time that it spent with commits of its own, µs. */
  #commitsUs = 0;
  /** Counts `clear`: the ends of what was cleared mean nothing. */
  #life = 0;

  constructor(sim: Simulation, options: EventLoopOptions, ports: EventLoopPorts) {
    this.name = options.name;
    this.#sim = sim;
    this.#options = options;
    this.#ports = ports;
    this.#books = new JobBooks(sim, 1);
    this.#restsSinceUs = sim.nowUs;
    this.#worked = sim.handler(`${options.name}/worked`, (life) => {
      if (life === this.#life) this.#endWork();
    });
    this.#committed = sim.handler(`${options.name}/committed`, (life) => {
      if (life === this.#life) this.#endCommit();
    });
  }

  get commitsUs(): number {
    return this.#commitsUs;
  }

  get queueLength(): number {
    return this.#books.waiting;
  }

  get busyServers(): number {
    return this.#books.busy;
  }

  get inSystem(): number {
    return this.#books.inside;
  }

  offer(job: number, serviceUs: number, changes: number): boolean {
    if (this.#books.waiting >= this.#options.queueLimit && this.#isWorking) {
      this.#books.refused++;
      return false;
    }
    const nowUs = this.#sim.nowUs;
    this.#books.came();
    this.#waiting.push({ job, serviceUs, changes, arrivedUs: nowUs, startedUs: nowUs });
    if (!this.#isWorking) this.#beginTurn();
    return true;
  }

  clear(): number[] {
    this.#life++;
    const inside = [...this.#inside()];
    for (const { arrivedUs } of inside) this.#books.left(arrivedUs, 0, false);
    this.#books.waiting = 0;
    this.#books.busy = 0;
    this.#waiting = [];
    this.#head = 0;
    this.#left = 0;
    this.#current = undefined;
    this.#toCommit = [];
    this.#committing = [];
    this.#isWorking = false;
    this.#restsSinceUs = this.#sim.nowUs;
    return inside.map(({ job }) => job);
  }

  /** An event loop is one; fewer of what stands for full speed make it slower. */
  setServers(servers: number): void {
    this.#brownOut = this.#options.servers / servers;
  }

  setSlowdown(factor: number): void {
    this.#slowdown = factor;
  }

  /** What `commit` took is in the store. */
  committed(): void {
    this.#endCommit();
  }

  statistics(): StationStatistics {
    return this.#books.statistics();
  }

  littlesLaw(): LittlesLaw {
    return this.#books.littlesLaw([...this.#inside()].map(({ arrivedUs }) => arrivedUs));
  }

  *#inside(): Generator<Job> {
    if (this.#current !== undefined) yield this.#current;
    yield* this.#committing;
    yield* this.#toCommit;
    for (let at = this.#head; at < this.#waiting.length; at++) yield this.#waiting[at]!;
  }

  /** The loop is free: it takes all that waits. */
  #beginTurn(): void {
    const { turnMs, idleAfterMs, idleMs } = this.#options.service;
    this.#left = this.#waiting.length - this.#head;
    assert(this.#left > 0, 'a turn has something to take');
    let turnUs = turnMs * 1000;
    const isRested = idleAfterMs > 0 && this.#sim.nowUs - this.#restsSinceUs >= idleAfterMs * 1000;
    if (!this.#isWorking && isRested) turnUs += idleMs * 1000;
    this.#work(turnUs);
  }

  /** Takes the next job of the turn, after what comes before it. */
  #work(beforeUs: number): void {
    const next = this.#waiting[this.#head]!;
    this.#head++;
    this.#left--;
    if (this.#head === this.#waiting.length || this.#head > 4096) {
      this.#waiting.splice(0, this.#head);
      this.#head = 0;
    }
    const nowUs = this.#sim.nowUs;
    next.startedUs = nowUs;
    this.#current = next;
    const isGivenUp = nowUs - next.arrivedUs > this.#options.patienceUs;
    this.#books.count();
    this.#books.waiting--;
    this.#busy(isGivenUp ? beforeUs : beforeUs + next.serviceUs, this.#worked);
  }

  /** Works for so long at full speed, then lets an event come. */
  #busy(us: number, handler: number): void {
    this.#books.count();
    this.#books.busy = 1;
    this.#isWorking = true;
    const takesUs = Math.round(us * this.#slowdown * this.#brownOut);
    const endUs = this.#ports.stalls.endOf(this.#sim.nowUs, takesUs);
    if (handler === this.#committed) this.#commitsUs += endUs - this.#sim.nowUs;
    this.#sim.schedule(endUs - this.#sim.nowUs, handler, this.#life);
  }

  #endWork(): void {
    const life = this.#life;
    const job = this.#current!;
    const isGivenUp = job.startedUs - job.arrivedUs > this.#options.patienceUs;
    if (job.changes > 0 && !isGivenUp) this.#toCommit.push(job);
    this.#current = undefined;
    if (job.changes === 0 || isGivenUp) this.#end(job);
    if (life !== this.#life) return;
    if (this.#left > 0) this.#work(0);
    else this.#endTurn();
  }

  /** A turn is over: its pushes are committed together. */
  #endTurn(): void {
    if (this.#toCommit.length > 0 && this.#committing.length === 0) {
      this.#committing = this.#toCommit.splice(0, this.#options.service.commitPushesMax);
      if (this.#ports.commit === undefined) return this.#busy(this.#commitUs(), this.#committed);
      this.#ports.commit(this.#committing.map(({ job }) => job));
    }
    this.#goOn();
  }

  #commitUs(): number {
    const { commitMs, commitMsPerChange, checkpointChanges, checkpointMs } = this.#options.service;
    let changes = 0;
    for (const job of this.#committing) changes += job.changes;
    let ms = commitMs + commitMsPerChange * changes;
    this.#uncheckpointed += changes;
    if (checkpointChanges > 0 && this.#uncheckpointed >= checkpointChanges) {
      this.#uncheckpointed = 0;
      ms += checkpointMs;
    }
    return ms * 1000;
  }

  #endCommit(): void {
    const life = this.#life;
    while (this.#committing.length > 0) {
      this.#end(this.#committing.shift()!);
      // An answer may end the relay.
      if (life !== this.#life) return;
    }
    const isOwn = this.#ports.commit === undefined;
    // What came meanwhile is read first, and shares the next commit.
    if (isOwn && this.#waiting.length > this.#head) this.#beginTurn();
    else if (isOwn || !this.#isWorking) this.#endTurn();
  }

  /** Begins the next turn, or rests. */
  #goOn(): void {
    if (this.#waiting.length > this.#head) return this.#beginTurn();
    this.#books.count();
    this.#books.busy = 0;
    if (this.#isWorking) this.#restsSinceUs = this.#sim.nowUs;
    this.#isWorking = false;
  }

  #end(job: Job): void {
    const waitUs = job.startedUs - job.arrivedUs;
    this.#books.left(job.arrivedUs, waitUs, true);
    this.#ports.done(job.job, waitUs, this.#sim.nowUs - job.startedUs);
  }
}
