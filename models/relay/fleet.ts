// The relay's instances together: a balancer before them, a store behind them where they share one, and how many there are.
// It says when a request has been worked off. It must not know limits, faults, nor what a request is answered.

import { assert } from '../../sim/errors.ts';
import type { Simulation } from '../../sim/simulation.ts';
import { Station } from '../../sim/station.ts';
import type { Draws } from '../draws.ts';
import { Autoscaler } from './autoscaler.ts';
import { balancerOf, type Pick } from './balancer.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { EventLoop } from './event-loop.ts';
import type { Instance } from './instance.ts';
import type { RelayRequest } from './messages.ts';
import type { ServiceOptions } from './service-options.ts';
import { meanOwnUs, meanStoreUs, ServiceTimes, type WorkerTimes } from './service-times.ts';
import { SharedStore } from './shared-store.ts';
import { Stalls } from './stalls.ts';

export interface FleetOptions extends WorkerTimes {
  readonly instances: number;
  readonly workers: number;
  readonly queueLimit: number;
  readonly patienceUs: number;
  readonly service: ServiceOptions;
  readonly cluster: ClusterOptions;
  /** Instance i belongs to region i modulo this; ≥ 1. */
  readonly regions: number;
}

export interface FleetPorts {
  readonly draws: Draws;
  requestOf(job: number): RelayRequest;
  /** Rows that a pull would return now. */
  rowsFor(request: RelayRequest): number;
  /** A request has been worked off, after a wait for its turn; one that waited too long was not worked on. */
  done(job: number, waitUs: number): void;
  /** A request was lost with the instance that had it. */
  lost(job: number): void;
  /** Each way between an instance of a region and a shared store, µs. */
  storeDelayUs?(region: number): number;
}

/** What the store has under way for an instance. */
interface StoreWork {
  readonly instance: number;
  readonly jobs: readonly number[];
  readonly ledgers: readonly number[];
  readonly serviceUs: number;
  readonly waitUs: number;
  readonly isCommitOfLoop: boolean;
}

/** How busy a part was since the last look, 0–1. */
export interface PartUse {
  readonly part: 'workers' | 'event loop' | 'commit' | 'store connections' | 'store lock';
  readonly share: number;
}

export class Fleet {
  readonly #simulation: Simulation;
  readonly #options: FleetOptions;
  readonly #ports: FleetPorts;
  readonly #instances: Instance[] = [];
  readonly #loops: (EventLoop | undefined)[] = [];
  /** How many incidents hold an instance out, by instance. */
  readonly #out: number[] = [];
  readonly #underWay: number[] = [];
  /** By job: the instance that has it. */
  readonly #instanceOf: number[] = [];
  readonly #picks: Pick[] = [];
  /** By region: instances that take requests, ascending. */
  #candidates: number[][] = [];
  readonly #times: ServiceTimes;
  readonly #store: SharedStore | undefined;
  readonly #storeWork = new Map<number, StoreWork>();
  #storeTokens = 0;
  readonly #toStore: number;
  readonly #fromStore: number;
  readonly #autoscaler: Autoscaler | undefined;
  /** Instances below this take requests, unless they are out. */
  #active: number;
  #servers: number;
  #slowdown = 1;
  /** Of the servers of active instances, server-µs, up to an instant. */
  #serversIntegralUs = 0;
  #countedUntilUs: number;
  readonly #looked: Look = { busyUs: 0, serversUs: 0 };
  #lookedCommitsUs = 0;

  constructor(simulation: Simulation, options: FleetOptions, ports: FleetPorts) {
    this.#simulation = simulation;
    this.#options = options;
    this.#ports = ports;
    this.#times = new ServiceTimes(options.serviceSigma, ports.draws);
    this.#active = options.instances;
    this.#servers = options.workers;
    this.#countedUntilUs = simulation.nowUs;
    const { cluster } = options;
    for (let instance = 0; instance < options.instances; instance++) this.#add();
    for (let region = 0; region < options.regions; region++) {
      this.#picks.push(balancerOf(cluster.balancer, (instance) => this.#underWay[instance]!));
    }
    this.#recount();
    this.#toStore = -1;
    this.#fromStore = -1;
    if (cluster.store === 'shared') {
      this.#store = new SharedStore(simulation, cluster.storeConnections, (token) => this.#leftStore(token));
      this.#toStore = simulation.handler('relay/to-store', (token) => this.#offerToStore(token));
      this.#fromStore = simulation.handler('relay/from-store', (token) => this.#stored(token));
    }
    if (cluster.autoscaleInstancesMax > 0) {
      const look: Look = { busyUs: 0, serversUs: 0 };
      this.#autoscaler = new Autoscaler(simulation, cluster, options.instances, {
        use: () => this.#useSince(look),
        setActive: (count) => this.#setActive(count),
      });
    }
  }

  /** Brings a request by the caller's number. @returns false where no instance can take it, or its queue is full */
  offer(job: number, request: RelayRequest, region: number): boolean {
    const candidates = this.#candidates[region]!;
    const isPush = request.kind === 'push';
    const size = isPush ? request.changes.length : this.#ports.rowsFor(request);
    const { service } = this.#options;
    const serviceUs = this.#times.drawn(meanOwnUs(this.#options, service, request.kind, size), 'service', request);
    if (candidates.length === 0) return false;
    const instance = this.#picks[region]!(candidates, request.ledger);
    // An instance that begins at once may end at once.
    this.#instanceOf[job] = instance;
    this.#underWay[instance]!++;
    if (this.#instances[instance]!.offer(job, serviceUs, isPush ? size : 0)) return true;
    this.#underWay[instance]!--;
    return false;
  }

  /** Takes all requests away, and gives them: none of them is answered. */
  clear(): number[] {
    const jobs = this.#instances.flatMap((_, instance) => this.#cleared(instance));
    this.#store?.clear();
    return jobs;
  }

  /** An instance is gone with all that it has, until as many calls of `putBack`. */
  takeOut(instance: number): void {
    assert(instance < this.#instances.length, 'there is such an instance');
    if (this.#out[instance]!++ > 0) return;
    this.#recount();
    for (const job of this.#cleared(instance)) this.#ports.lost(job);
  }

  putBack(instance: number): void {
    this.#out[instance]!--;
    this.#recount();
  }

  /** Instances there are, those that are out or at rest too. */
  get size(): number {
    return this.#instances.length;
  }

  setServers(servers: number): void {
    if (servers === this.#servers) return;
    this.#servers = servers;
    for (const instance of this.#instances) instance.setServers(servers);
  }

  /** Multiplies the times of instances, and those of the store: where each has its own, that is its whole work. */
  setSlowdown(ofInstances: number, ofStore: number): void {
    this.#slowdown = this.#store === undefined ? ofInstances * ofStore : ofInstances;
    for (const instance of this.#instances) instance.setSlowdown(this.#slowdown);
    this.#store?.setSlowdown(ofInstances * ofStore);
  }

  /** Of all instances that take requests: what waits, is at work, and could be; and integrals over time, worker-µs. */
  work(): { queued: number; busy: number; workers: number; busyIntegralUs: number; workersIntegralUs: number } {
    const work = {
      queued: this.#store?.queueLength ?? 0,
      busy: 0,
      workers: 0,
      busyIntegralUs: 0,
      workersIntegralUs: 0,
    };
    for (const [index, instance] of this.#instances.entries()) {
      const { busyIntegralUs, serversIntegralUs } = instance.statistics();
      work.queued += instance.queueLength;
      work.busy += instance.busyServers;
      if (index < this.#active) work.workers += instance.servers;
      work.busyIntegralUs += busyIntegralUs;
      work.workersIntegralUs += serversIntegralUs;
    }
    // What rests is no worker.
    if (this.#autoscaler !== undefined) work.workersIntegralUs = this.#countServers();
    return work;
  }

  /** Share of all workers that were busy, 0–1, requests that wait now, and requests that came. */
  load(): { utilisation: number; queued: number; requests: number } {
    let utilisation = 0;
    let queued = 0;
    let requests = 0;
    for (const instance of this.#instances) {
      const { busyIntegralUs, serversIntegralUs, queueLength, arrivals, refused } = instance.statistics();
      utilisation += serversIntegralUs === 0 ? 0 : busyIntegralUs / serversIntegralUs;
      queued += queueLength;
      requests += arrivals + refused;
    }
    return { utilisation: utilisation / this.#instances.length, queued, requests };
  }

  /** Instances that take requests. */
  get active(): number {
    return this.#active;
  }

  /** How busy each part was since the last call; commits of event loops are a part of what those do. */
  use(): PartUse[] {
    const isLoop = this.#options.service.kind === 'event-loop';
    const passedUs = this.#countServers() - this.#looked.serversUs;
    const parts: PartUse[] = [{ part: isLoop ? 'event loop' : 'workers', share: this.#useSince(this.#looked) }];
    if (this.#store !== undefined) {
      const { connections, lock } = this.#store.use();
      parts.push({ part: 'store connections', share: connections }, { part: 'store lock', share: lock });
    } else if (isLoop) {
      let commitsUs = 0;
      for (const loop of this.#loops) commitsUs += loop?.commitsUs ?? 0;
      parts.push({ part: 'commit', share: passedUs === 0 ? 0 : (commitsUs - this.#lookedCommitsUs) / passedUs });
      this.#lookedCommitsUs = commitsUs;
    }
    return parts;
  }

  /** Little's law must hold at every part at any time; one that miscounts is a bug of ours. */
  check(): void {
    for (const { name, law } of [
      ...this.#instances.map((instance) => ({ name: instance.name, law: instance.littlesLaw() })),
      ...(this.#store === undefined ? [] : [{ name: 'relay/store', law: this.#store.littlesLaw() }]),
    ]) {
      assert(law.relativeError < 1e-9, `${name} breaks Little's law by ${law.relativeError}`);
    }
  }

  /** A request of the caller's is answered, or gone. */
  released(job: number): void {
    this.#underWay[this.#instanceOf[job]!]!--;
  }

  #add(): void {
    const { service, workers, queueLimit, patienceUs, cluster } = this.#options;
    const instance = this.#instances.length;
    const name = `relay/${instance}`;
    const done = (job: number, waitUs: number): void => this.#worked(job, waitUs);
    this.#out.push(0);
    this.#underWay.push(0);
    if (service.kind === 'workers') {
      const station = new Station(this.#simulation, { name, servers: workers, queueLimit, patienceUs }, done);
      this.#instances.push(station);
      this.#loops.push(undefined);
    } else {
      const stalls = new Stalls(service, this.#simulation.streams.stream(`${name}/stalls`));
      const commit =
        cluster.store === 'own' ? undefined : (jobs: readonly number[]): void => this.#commit(instance, jobs);
      const options = { name, queueLimit, patienceUs, service, servers: workers };
      const loop = new EventLoop(this.#simulation, options, { stalls, done, commit });
      this.#instances.push(loop);
      this.#loops.push(loop);
    }
    if (this.#slowdown !== 1) this.#instances[instance]!.setSlowdown(this.#slowdown);
    if (this.#servers !== workers) this.#instances[instance]!.setServers(this.#servers);
  }

  #setActive(count: number): void {
    this.#countServers();
    while (this.#instances.length < count) this.#add();
    this.#active = count;
    this.#recount();
  }

  #recount(): void {
    const { regions } = this.#options;
    this.#candidates = Array.from({ length: regions }, (_, region) => {
      const candidates: number[] = [];
      for (let each = region; each < this.#active; each += regions) if (this.#out[each] === 0) candidates.push(each);
      return candidates;
    });
  }

  #cleared(instance: number): number[] {
    const jobs = new Set(this.#instances[instance]!.clear());
    // What is in the store for it, or on the way there or back.
    for (const [token, { instance: owner, jobs: stored }] of this.#storeWork) {
      if (owner !== instance) continue;
      for (const job of stored) jobs.add(job);
      this.#storeWork.delete(token);
    }
    return [...jobs];
  }

  /** The work of an instance on a request is over. */
  #worked(job: number, waitUs: number): void {
    if (this.#store === undefined || waitUs > this.#options.patienceUs) return this.#ports.done(job, waitUs);
    const request = this.#ports.requestOf(job);
    const instance = this.#instanceOf[job]!;
    // The commit of a loop's push is over too.
    if (request.kind === 'push' && this.#loops[instance] !== undefined) return this.#ports.done(job, waitUs);
    const size = request.kind === 'push' ? request.changes.length : this.#ports.rowsFor(request);
    const meanUs = meanStoreUs(this.#options.cluster, request.kind, size);
    const serviceUs = this.#times.drawn(meanUs, 'store', request);
    const ledgers = request.kind === 'push' ? [request.ledger] : [];
    this.#sendToStore({ instance, jobs: [job], ledgers, serviceUs, waitUs, isCommitOfLoop: false });
  }

  /** A loop commits what its turn has gathered. */
  #commit(instance: number, jobs: readonly number[]): void {
    const requests = jobs.map((job) => this.#ports.requestOf(job));
    let changes = 0;
    for (const request of requests) changes += request.kind === 'push' ? request.changes.length : 0;
    const meanUs = meanStoreUs(this.#options.cluster, 'push', changes);
    const serviceUs = this.#times.drawn(meanUs, 'store', requests[0]!);
    const ledgers = [...new Set(requests.map(({ ledger }) => ledger))].sort((a, b) => a - b);
    this.#sendToStore({ instance, jobs, ledgers, serviceUs, waitUs: 0, isCommitOfLoop: true });
  }

  #sendToStore(work: StoreWork): void {
    const token = this.#storeTokens;
    this.#storeTokens = (token + 1) % 0x7fff_ffff;
    this.#storeWork.set(token, work);
    this.#after(this.#delayUs(work.instance), this.#toStore, token, () => this.#offerToStore(token));
  }

  #offerToStore(token: number): void {
    const work = this.#storeWork.get(token);
    if (work !== undefined) this.#store!.offer(token, work.ledgers, work.serviceUs);
  }

  /** The store is done with it: the answer is on its way to the instance. */
  #leftStore(token: number): void {
    const work = this.#storeWork.get(token);
    if (work === undefined) return;
    this.#after(this.#delayUs(work.instance), this.#fromStore, token, () => this.#stored(token));
  }

  #stored(token: number): void {
    const work = this.#storeWork.get(token);
    if (work === undefined) return;
    this.#storeWork.delete(token);
    if (work.isCommitOfLoop) this.#loops[work.instance]!.committed();
    else this.#ports.done(work.jobs[0]!, work.waitUs);
  }

  #delayUs(instance: number): number {
    return this.#ports.storeDelayUs?.(instance % this.#options.regions) ?? 0;
  }

  #after(delayUs: number, handler: number, token: number, now: () => void): void {
    if (delayUs > 0) this.#simulation.schedule(delayUs, handler, token);
    else now();
  }

  #countServers(): number {
    const passedUs = this.#simulation.nowUs - this.#countedUntilUs;
    const each = this.#instances[0]!.servers;
    this.#serversIntegralUs += passedUs * this.#active * each;
    this.#countedUntilUs = this.#simulation.nowUs;
    return this.#serversIntegralUs;
  }

  #useSince(look: Look): number {
    let busyUs = 0;
    for (const instance of this.#instances) busyUs += instance.statistics().busyIntegralUs;
    const serversUs = this.#countServers();
    const passedUs = serversUs - look.serversUs;
    const share = passedUs === 0 ? 0 : (busyUs - look.busyUs) / passedUs;
    look.busyUs = busyUs;
    look.serversUs = serversUs;
    return share;
  }
}

/** Where integrals stood when they were looked at. */
interface Look {
  busyUs: number;
  serversUs: number;
}
