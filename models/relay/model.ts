// The relay as a load sees it: instances with workers and a queue each, service times, a rate limit, a queue limit, and
// notifications to members. It decides when a request starts and ends, and what is lost or refused in its faults; what
// is answered, a handler says. It must not know the rules, nor the wire.

import { assert } from '../../sim/errors.ts';
import { normalQuantile } from '../../sim/distributions.ts';
import { hashText } from '../../sim/random.ts';
import type { Simulation } from '../../sim/simulation.ts';
import { Slab } from '../../sim/slab.ts';
import { Station } from '../../sim/station.ts';
import { Trace } from '../../sim/trace.ts';
import type { Draws } from '../draws.ts';
import {
  type BurstCode,
  checkShare,
  type CommitPoint,
  Overlapping,
  type RelayControl,
  type RelayMark,
  type StoreControl,
} from './control.ts';
import type { PushRequest, Refusal, RelayRequest, RelayResponse } from './messages.ts';
import { RateLimit } from './rules.ts';
import { refusal } from './store.ts';

/** The relay's capacity and limits. Service times are lognormal. */
export interface RelayOptions {
  /** Equal ones, which requests go to in turn. */
  readonly instances: number;
  /** Requests that one instance serves at once. */
  readonly workers: number;
  /** Requests that wait at one instance; beyond it the relay answers 503. */
  readonly queueLimit: number;
  /** A request that has waited longer is given up when its turn comes: 503, and no rule is applied. 0 is never. */
  readonly timeoutMs: number;
  /** Requests a minute for one device; 0 is no limit. */
  readonly rateLimitPerMinute: number;
  /** Greatest request body; beyond it the relay answers 413. */
  readonly bodyLimitBytes: number;
  /** Mean service time of a push before its changes, and what each adds. */
  readonly pushMsMean: number;
  readonly pushMsPerChange: number;
  /** Mean service time of a pull before its rows, and what each adds. */
  readonly pullMsMean: number;
  readonly pullMsPerRow: number;
  /** Standard deviation of the logarithm of the service time; 0 is constant. */
  readonly serviceSigma: number;
}

/** What the model asks of the rest of the world. */
export interface RelayPorts {
  /** Answers a request at the instant at which its service ends. */
  handle(request: RelayRequest): RelayResponse;
  /** Rows that a pull would return now. */
  rowsFor(request: RelayRequest): number;
  /** Sends the answer on its way to the device. */
  respond(request: RelayRequest, response: RelayResponse): void;
  /** Tells the other members of the ledger that there is something to pull. */
  notify(request: RelayRequest): void;
  /** Service times, and what becomes of a message in a fault. */
  readonly draws: Draws;
  /** Makes things happen to the store; a side without it cannot fail over. */
  readonly control?: StoreControl | undefined;
  /** A rare situation was reached. */
  mark?(name: RelayMark): void;
}

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

const KINDS = { push: 1, pull: 2 } as const;

export class RelayModel implements RelayControl {
  /** Requests and answers in the order in which the relay gave them; its hash is the protocol hash. */
  readonly protocol: Trace;

  readonly #simulation: Simulation;
  readonly #options: RelayOptions;
  readonly #ports: RelayPorts;
  readonly #stations: Station[] = [];
  readonly #requests = new Slab<RelayRequest>();
  readonly #rateLimit: RateLimit;
  readonly #draws: Draws;
  readonly #refuse: number;
  readonly #patienceUs: number;
  readonly #refusals = new Slab<PendingRefusal>();
  #next = 0;

  readonly #slowdowns = new Overlapping(1);
  readonly #workers = new Overlapping<number | undefined>(undefined);
  readonly #bursts = new Overlapping<Burst | undefined>(undefined);
  readonly #losses = new Overlapping(0);
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

  constructor(simulation: Simulation, options: RelayOptions, ports: RelayPorts) {
    this.#simulation = simulation;
    this.#options = options;
    this.#ports = ports;
    this.protocol = new Trace();
    for (const name of ['-', 'push', 'pull']) this.protocol.defineKind(name);
    this.#rateLimit = new RateLimit(options.rateLimitPerMinute);
    this.#draws = ports.draws;
    this.#patienceUs = options.timeoutMs === 0 ? Number.POSITIVE_INFINITY : options.timeoutMs * 1000;
    const patienceUs = this.#patienceUs;
    for (let instance = 0; instance < options.instances; instance++) {
      const name = `relay/${instance}`;
      const { workers: servers, queueLimit } = options;
      this.#stations.push(
        new Station(simulation, { name, servers, queueLimit, patienceUs }, (job, waitUs) => this.#finish(job, waitUs)),
      );
    }
    this.#refuse = simulation.handler('relay/refuse', (slot, generation) => {
      const refused = this.#refusals.release(slot, generation)!;
      if (refused.life === this.#life) this.#answer(refused.request, refused.answer);
      else this.#ports.mark?.('request lost in a relay crash');
    });
  }

  /** A request has arrived. */
  receive(request: RelayRequest): void {
    const { device, cause, attempt, page } = request;
    if (this.#crashes > 0) return this.#ports.mark?.('request lost in a relay crash');
    if (request.bytes > this.#options.bodyLimitBytes) return this.#refuseSoon(request, refusal('PAYLOAD_TOO_LARGE'));
    if (this.#burst !== undefined && this.#draws.unit('refusal', cause, device, attempt, page) < this.#burst.share) {
      this.#ports.mark?.('request refused in a burst');
      return this.#refuseSoon(request, this.#burst.answer);
    }
    const waitMs = this.#rateLimit.take(device, this.#simulation.nowMs);
    if (waitMs > 0) return this.#refuseSoon(request, refusal('RATE_LIMIT_EXCEEDED', waitMs));
    const u = this.#draws.unit('service', cause, device, attempt, page);
    const serviceUs = this.#serviceUs(request, u);
    // Round robin: with equal workers and many small requests it is what plain balancers do.
    const station = this.#stations[this.#next]!;
    this.#next = (this.#next + 1) % this.#stations.length;
    const slot = this.#requests.put(request);
    if (!station.offer(slot, serviceUs)) {
      this.#requests.cancel(slot, this.#requests.generationOf(slot));
      this.#refuseSoon(request, refusal('UNAVAILABLE', UNAVAILABLE_RETRY_MS));
    }
  }

  crash(): void {
    if (this.#crashes++ === 0) this.#ports.control?.kill?.();
    this.#life++;
    for (const station of this.#stations) {
      for (const slot of station.clear()) {
        this.#requests.cancel(slot, this.#requests.generationOf(slot));
        this.#ports.mark?.('request lost in a relay crash');
      }
    }
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
    const isLifted = [this.#slowdowns, this.#workers, this.#bursts, this.#losses].some((each) => each.lift(handle));
    assert(isLifted, 'what is lifted was set, and is lifted once');
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

  /** Mean service time of a request at this load, in microseconds, before chance. */
  static meanServiceUs(options: RelayOptions, kind: RelayRequest['kind'], changesOrRows: number): number {
    const ms =
      kind === 'push'
        ? options.pushMsMean + options.pushMsPerChange * changesOrRows
        : options.pullMsMean + options.pullMsPerRow * changesOrRows;
    return ms * 1000;
  }

  /** Share of all workers that were busy, 0–1, and jobs waiting now. */
  load(): { utilisation: number; queued: number; requests: number } {
    let utilisation = 0;
    let queued = 0;
    let requests = 0;
    for (const station of this.#stations) {
      const statistics = station.statistics();
      utilisation += statistics.serversIntegralUs === 0 ? 0 : statistics.busyIntegralUs / statistics.serversIntegralUs;
      queued += statistics.queueLength;
      requests += statistics.arrivals + statistics.refused;
    }
    return { utilisation: utilisation / this.#stations.length, queued, requests };
  }

  /** Requests that wait, workers at work and workers there are; and the integrals of the last two over time, worker-µs. */
  work(): { queued: number; busy: number; workers: number; busyIntegralUs: number; workersIntegralUs: number } {
    const work = { queued: 0, busy: 0, workers: 0, busyIntegralUs: 0, workersIntegralUs: 0 };
    for (const station of this.#stations) {
      const { busyIntegralUs, serversIntegralUs } = station.statistics();
      work.queued += station.queueLength;
      work.busy += station.busyServers;
      work.workers += station.servers;
      work.busyIntegralUs += busyIntegralUs;
      work.workersIntegralUs += serversIntegralUs;
    }
    return work;
  }

  /** Little's law must hold at every station at any time; a station that miscounts is a bug of ours. */
  checkStations(): void {
    for (const station of this.#stations) {
      const { relativeError } = station.littlesLaw();
      assert(relativeError < 1e-9, `${station.name} breaks Little's law by ${relativeError}`);
    }
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
    for (const station of this.#stations) {
      const servers = Math.min(workers, this.#workers.inForce ?? workers);
      if (station.servers !== servers) station.setServers(servers);
      station.setSlowdown(this.#slowdowns.inForce);
    }
    this.#burst = this.#bursts.inForce;
    this.#lostShare = this.#losses.inForce;
  }

  #serviceUs(request: RelayRequest, u: number): number {
    const size = request.kind === 'push' ? request.changes.length : this.#ports.rowsFor(request);
    const mean = RelayModel.meanServiceUs(this.#options, request.kind, size);
    const sigma = this.#options.serviceSigma;
    if (sigma === 0) return Math.round(mean);
    // The mean of exp(μ + σz) is exp(μ + σ²/2).
    return Math.round(mean * Math.exp(sigma * normalQuantile(u) - (sigma * sigma) / 2));
  }

  #finish(job: number, waitUs: number): void {
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
    if (response.kind === 'pushed' && response.stored > 0) this.#ports.notify(request);
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
    // What was asked and what was said; no times, which a real relay's answers do not share.
    const asked = request.kind === 'push' ? request.changes.length : request.since;
    this.protocol.record(request.ledger, KINDS[request.kind], request.device, asked, summary(response));
    if (!isLost) this.#ports.respond(request, response);
  }
}

const REFUSAL_CODES: readonly Refusal['code'][] = [
  'INVALID_REQUEST',
  'PROTOCOL_MISMATCH',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'CURSOR_AHEAD',
  'PAYLOAD_TOO_LARGE',
  'RATE_LIMIT_EXCEEDED',
  'DATABASE_ERROR',
  'INTERNAL_ERROR',
  'UNAVAILABLE',
];

/** One integer that tells answers apart: refusals below zero, else a fold of what was accepted, rejected or handed out. */
function summary(response: RelayResponse): number {
  if (response.kind === 'refusal') return -1 - REFUSAL_CODES.indexOf(response.code);
  const isPage = response.kind === 'page';
  const changes = isPage ? response.changes : response.accepted;
  const kind = isPage ? (response.hasMore ? 3 : 2) : 1;
  let fold = Math.imul(changes.length * 4 + kind, 0x9e3779b1);
  if (isPage && response.snapshot !== undefined) fold = Math.imul(fold ^ ~response.snapshot, 0x01000193);
  for (let i = 0; i < changes.length; i++) fold = Math.imul(fold ^ changes[i]!, 0x01000193);
  if (!isPage) {
    for (const { change, reason } of response.rejected) fold = Math.imul(fold ^ hashText(reason, change), 0x01000193);
  }
  return fold >>> 0;
}
