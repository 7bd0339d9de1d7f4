// The relay as a load sees it: a body limit, a rate limit, its instances (fleet.ts), and notifications to members. It decides
// what is lost or refused in its faults, and when a request is answered; what is answered, a handler says. It must not know
// the rules, nor the wire.

import { assert } from '../../sim/errors.ts';
import type { Simulation } from '../../sim/simulation.ts';
import { Slab } from '../../sim/slab.ts';
import type { Trace } from '../../sim/trace.ts';
import type { Draws } from '../draws.ts';
import { PLAIN_CLUSTER } from './cluster-options.ts';
import {
  type BurstCode,
  checkShare,
  type CommitPoint,
  Overlapping,
  type RelayControl,
  type StoreControl,
} from './control.ts';
import { Fleet, type PartUse } from './fleet.ts';
import type { PushRequest, Refusal, RelayRequest, RelayResponse } from './messages.ts';
import type { RelayModelOptions, RelayOptions, RelayPorts } from './model-ports.ts';
import { protocolTrace, recordAnswer } from './protocol-record.ts';
import { ReplicaLag } from './replica-lag.ts';
import { RateLimit } from './rules.ts';
import { WORKERS } from './service-options.ts';
import { refusal } from './store.ts';

/** A refusal that is on its way out, and the life of the relay that it belongs to. */
interface PendingRefusal {
  readonly request: RelayRequest;
  readonly answer: Refusal;
  readonly life: number;
}

/** A share of requests that is refused. */
interface Burst {
  readonly answer: Refusal;
  readonly share: number;
}

/** A relay that is full says when to come again. */
const UNAVAILABLE_RETRY_MS = 1000;
/** A refusal costs little, but not nothing. */
const REFUSAL_US = 100;

export class RelayModel implements RelayControl {
  /** Requests and answers in the order in which the relay gave them; its hash is the protocol hash. */
  readonly protocol: Trace;

  readonly #simulation: Simulation;
  readonly #options: RelayOptions;
  readonly #ports: RelayPorts;
  readonly #fleet: Fleet;
  readonly #requests = new Slab<RelayRequest>();
  readonly #rateLimit: RateLimit;
  readonly #draws: Draws;
  readonly #refuse: number;
  readonly #told: number;
  readonly #patienceUs: number;
  readonly #refusals = new Slab<PendingRefusal>();
  readonly #lag: ReplicaLag | undefined;
  /** Pushes that followers do not have yet. */
  readonly #pushes = new Slab<RelayRequest>();
  #arrivals = 0;
  #rateLimited = 0;
  #unserved = 0;

  readonly #slowdowns = new Overlapping(1);
  readonly #workers = new Overlapping<number | undefined>(undefined);
  readonly #bursts = new Overlapping<Burst | undefined>(undefined);
  readonly #losses = new Overlapping(0);
  readonly #stores = new Overlapping(1);
  /** Instances that incidents hold out, by handle. */
  readonly #takenOut = new Map<number, number>();
  #burst: Burst | undefined;
  #lostShare = 0;
  #handles = 0;
  #crashes = 0;
  #failovers = 0;
  /** At what point of the next push the relay ends, and whether it has. */
  #point: CommitPoint | undefined;
  #hasDied = false;
  /** Counts crashes: what belongs to an earlier life is never answered. */
  #life = 0;

  constructor(simulation: Simulation, options: RelayModelOptions, ports: RelayPorts) {
    this.#simulation = simulation;
    this.#options = options;
    this.#ports = ports;
    this.protocol = protocolTrace();
    this.#rateLimit = new RateLimit(options.rateLimitPerMinute);
    this.#draws = ports.draws;
    this.#patienceUs = options.timeoutMs === 0 ? Number.POSITIVE_INFINITY : options.timeoutMs * 1000;
    const { service = WORKERS, cluster = PLAIN_CLUSTER } = options;
    if (cluster.replicaLagMs > 0) {
      const endOf = (ledger: number): number => ports.endOf?.(ledger) ?? 0;
      this.#lag = new ReplicaLag(Math.round(cluster.replicaLagMs * 1000), () => simulation.nowUs, endOf);
    }
    const fleet = { ...options, service, cluster, patienceUs: this.#patienceUs, regions: ports.regions ?? 1 };
    this.#fleet = new Fleet(simulation, fleet, {
      draws: ports.draws,
      requestOf: (job) => this.#requests.get(job, this.#requests.generationOf(job))!,
      rowsFor: (request) => ports.rowsFor(request),
      done: (job, waitUs) => this.#finish(job, waitUs),
      lost: (job) => this.#lose(job),
      storeDelayUs: (region) => ports.storeDelayUs?.(region) ?? 0,
    });
    this.#refuse = simulation.handler('relay/refuse', (slot, generation) => {
      const refused = this.#refusals.release(slot, generation)!;
      if (refused.life === this.#life) this.#answer(refused.request, refused.answer);
      else this.#ports.mark?.('request lost in a relay crash');
    });
    this.#told =
      this.#lag === undefined
        ? -1
        : simulation.handler('relay/follower-has', (slot, generation) => {
            ports.notify(this.#pushes.release(slot, generation)!);
          });
  }

  /** A request has arrived. */
  receive(request: RelayRequest): void {
    const { device, cause, attempt, page } = request;
    this.#arrivals++;
    if (this.#crashes > 0) return this.#ports.mark?.('request lost in a relay crash');
    if (request.bytes > this.#options.bodyLimitBytes) return this.#refuseSoon(request, refusal('PAYLOAD_TOO_LARGE'));
    if (this.#burst !== undefined && this.#draws.unit('refusal', cause, device, attempt, page) < this.#burst.share) {
      this.#ports.mark?.('request refused in a burst');
      return this.#refuseSoon(request, this.#burst.answer);
    }
    const waitMs = this.#rateLimit.take(device, this.#simulation.nowMs);
    if (waitMs > 0) {
      this.#rateLimited++;
      return this.#refuseSoon(request, refusal('RATE_LIMIT_EXCEEDED', waitMs));
    }
    const slot = this.#requests.put(request);
    if (!this.#fleet.offer(slot, request, this.#ports.regionOf?.(request) ?? 0)) {
      this.#unserved++;
      this.#requests.cancel(slot, this.#requests.generationOf(slot));
      this.#refuseSoon(request, refusal('UNAVAILABLE', UNAVAILABLE_RETRY_MS));
    }
  }

  crash(): void {
    if (this.#crashes++ === 0) this.#ports.control?.kill?.();
    this.#life++;
    for (const slot of this.#fleet.clear()) this.#lose(slot);
  }

  restart(): void {
    assert(this.#crashes > 0, 'a relay restarts after a crash');
    if (--this.#crashes === 0) this.#ports.control?.revive?.();
  }

  armCrash(point: CommitPoint): void {
    assert(!this.#hasDied && this.#point === undefined, 'a relay ends within one push at a time');
    this.#point = point;
  }

  disarmCrash(): void {
    const hasDied = this.#hasDied;
    this.#point = undefined;
    this.#hasDied = false;
    if (hasDied) this.restart();
  }

  setSlowdown(factor: number): number {
    return this.#set(this.#slowdowns, factor);
  }

  setWorkers(count: number | undefined): number {
    return this.#set(this.#workers, count);
  }

  refuse(code: BurstCode, share: number): number {
    checkShare(share);
    const answer = refusal(code, code === 'INTERNAL_ERROR' ? 0 : UNAVAILABLE_RETRY_MS);
    return this.#set(this.#bursts, share === 0 ? undefined : { answer, share });
  }

  loseResponses(share: number): number {
    checkShare(share);
    return this.#set(this.#losses, share);
  }

  lift(handle: number): void {
    const instance = this.#takenOut.get(handle);
    if (instance !== undefined) {
      this.#takenOut.delete(handle);
      this.#fleet.putBack(instance);
      return;
    }
    const values = [this.#slowdowns, this.#workers, this.#bursts, this.#losses, this.#stores];
    assert(
      values.some((each) => each.lift(handle)),
      'what is lifted was set, and is lifted once',
    );
    this.#enforce();
  }

  beginFailover(lagChanges: number): void {
    if (this.#failovers++ === 0) this.#store().freeze(lagChanges);
  }

  endFailover(): void {
    assert(this.#failovers > 0, 'a failover ends after it began');
    if (--this.#failovers === 0) this.#store().thaw();
  }

  loseFrozen(): void {
    assert(this.#failovers > 0, 'a failover ends after it began');
    this.#store().loseFrozen();
    // Another failover that goes on is one of the relay as it is now.
    if (--this.#failovers > 0) this.#store().freeze(0);
  }

  loseTail(count: number): void {
    this.#store().loseTail(count);
  }

  /** Takes an instance out with all that it has, until it is lifted. @param instance 0 … instances − 1 */
  takeOut(instance: number): number {
    const handle = ++this.#handles;
    this.#takenOut.set(handle, instance);
    this.#fleet.takeOut(instance);
    return handle;
  }

  /** Multiplies the times of the store; where each instance has its own, those of its whole work. */
  slowStore(factor: number): number {
    return this.#set(this.#stores, factor);
  }

  /** Share of all workers that were busy, 0–1, and jobs waiting now. */
  load(): { utilisation: number; queued: number; requests: number } {
    return this.#fleet.load();
  }

  /** Requests that wait, workers at work and workers there are; and the integrals of the last two over time, worker-µs. */
  work(): { queued: number; busy: number; workers: number; busyIntegralUs: number; workersIntegralUs: number } {
    return this.#fleet.work();
  }

  /** Instances that take requests now. */
  get instances(): number {
    return this.#fleet.active;
  }

  /** How much of each part's capacity was used since the last call, 0–1; of refusals, the share of what came. */
  use(): { part: PartUse['part'] | 'rate limit refusals' | 'queue limit refusals'; share: number }[] {
    const came = Math.max(1, this.#arrivals);
    const use = [
      ...this.#fleet.use(),
      { part: 'rate limit refusals' as const, share: this.#rateLimited / came },
      { part: 'queue limit refusals' as const, share: this.#unserved / came },
    ];
    this.#arrivals = this.#rateLimited = this.#unserved = 0;
    return use;
  }

  /** Up to where a pull shows a ledger's log: all of it, or what followers have by now. */
  visibleEnd(ledger: number): number {
    return this.#lag?.visibleEnd(ledger) ?? Number.POSITIVE_INFINITY;
  }

  /** Little's law must hold at every part at any time; one that miscounts is a bug of ours. */
  checkStations(): void {
    this.#fleet.check();
  }

  #store(): StoreControl {
    const { control } = this.#ports;
    assert(control !== undefined, 'this side of the relay cannot fail over or lose its log');
    return control;
  }

  #set<T>(values: Overlapping<T>, value: T): number {
    values.set(++this.#handles, value);
    this.#enforce();
    return this.#handles;
  }

  /** Puts in force what was set last of each kind. */
  #enforce(): void {
    const { workers } = this.#options;
    this.#fleet.setServers(Math.min(workers, this.#workers.inForce ?? workers));
    this.#fleet.setSlowdown(this.#slowdowns.inForce, this.#stores.inForce);
    this.#burst = this.#bursts.inForce;
    this.#lostShare = this.#losses.inForce;
  }

  /** A request is gone with the instance that had it. */
  #lose(job: number): void {
    this.#fleet.released(job);
    this.#requests.cancel(job, this.#requests.generationOf(job));
    this.#ports.mark?.('request lost in a relay crash');
  }

  #finish(job: number, waitUs: number): void {
    this.#fleet.released(job);
    const request = this.#requests.release(job, this.#requests.generationOf(job))!;
    if (waitUs > this.#patienceUs) {
      this.#answer(request, refusal('UNAVAILABLE', UNAVAILABLE_RETRY_MS));
      return;
    }
    if (this.#point !== undefined && request.kind === 'push') return this.#dieAt(this.#point, request);
    const response = this.#ports.handle(request);
    if (response.kind === 'refusal') this.#markRefusal(request, response);
    else if (response.kind === 'page' && response.snapshot !== undefined)
      this.#ports.mark?.('page began with a snapshot');
    this.#answer(request, response, this.#lostShare > 0 && this.#isLost(request));
    if (response.kind === 'pushed' && response.stored > 0) this.#tell(request, response.stored);
  }

  /** Tells the members of what is new; where followers answer them, when those have it. */
  #tell(push: RelayRequest, stored: number): void {
    if (this.#lag === undefined) return this.#ports.notify(push);
    this.#lag.committed(push.ledger, stored);
    const slot = this.#pushes.put(push);
    this.#simulation.schedule(this.#lag.lagUs, this.#told, slot, this.#pushes.generationOf(slot));
  }

  /** The relay ends within a push: nobody answers it, nor anything else that is under way. */
  #dieAt(point: CommitPoint, push: PushRequest): void {
    const { control } = this.#ports;
    this.#point = undefined;
    this.#hasDied = true;
    if (control?.dieAt !== undefined) control.dieAt(point, push);
    else if (point === 'after commit') this.#ports.handle(push);
    this.#ports.mark?.(point === 'after commit' ? 'relay ended after a commit' : 'relay ended before a commit');
    this.crash();
  }

  #markRefusal(request: RelayRequest, { code }: Refusal): void {
    if (code === 'CURSOR_AHEAD') this.#ports.mark?.('cursor was ahead of the relay');
    else if (this.#failovers > 0 && request.kind === 'push') this.#ports.mark?.('push refused during a failover');
  }

  #isLost({ cause, device, attempt, page }: RelayRequest): boolean {
    if (this.#draws.unit('lost-response', cause, device, attempt, page) >= this.#lostShare) return false;
    this.#ports.mark?.('response lost after commit');
    return true;
  }

  #refuseSoon(request: RelayRequest, answer: Refusal): void {
    const slot = this.#refusals.put({ request, answer, life: this.#life });
    this.#simulation.schedule(REFUSAL_US, this.#refuse, slot, this.#refusals.generationOf(slot));
  }

  #answer(request: RelayRequest, response: RelayResponse, isLost = false): void {
    recordAnswer(this.protocol, request, response);
    if (!isLost) this.#ports.respond(request, response);
  }
}
