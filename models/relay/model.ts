// The relay as a load sees it: instances with workers and a queue each, service times, a rate limit, a queue limit, and
// notifications to members. It decides when a request starts and ends; what is answered then, a handler says. It must
// not know the rules, nor the wire.

import { assert } from '../../sim/errors.ts';
import { normalQuantile } from '../../sim/distributions.ts';
import { hashText, keyedUnit, type StreamKey } from '../../sim/random.ts';
import type { Simulation } from '../../sim/simulation.ts';
import { Slab } from '../../sim/slab.ts';
import { Station } from '../../sim/station.ts';
import { Trace } from '../../sim/trace.ts';
import type { Refusal, RelayRequest, RelayResponse } from './messages.ts';
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
}

/** A relay that is full says when to come again. */
const UNAVAILABLE_RETRY_MS = 1000;
/** A refusal costs little, but not nothing. */
const REFUSAL_US = 100;

const KINDS = { push: 1, pull: 2 } as const;

export class RelayModel {
  /** Requests and answers in the order in which the relay gave them; its hash is the protocol hash. */
  readonly protocol: Trace;

  readonly #simulation: Simulation;
  readonly #options: RelayOptions;
  readonly #ports: RelayPorts;
  readonly #stations: Station[] = [];
  readonly #requests = new Slab<RelayRequest>();
  readonly #rateLimit: RateLimit;
  readonly #serviceKey: StreamKey;
  readonly #refuse: number;
  readonly #patienceUs: number;
  readonly #refusals = new Slab<{ request: RelayRequest; answer: Refusal }>();
  #next = 0;

  constructor(simulation: Simulation, options: RelayOptions, ports: RelayPorts) {
    this.#simulation = simulation;
    this.#options = options;
    this.#ports = ports;
    this.protocol = new Trace();
    for (const name of ['-', 'push', 'pull']) this.protocol.defineKind(name);
    this.#rateLimit = new RateLimit(options.rateLimitPerMinute);
    this.#serviceKey = simulation.streams.key('relay/service');
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
      const refused = this.#refusals.release(slot, generation);
      if (refused !== undefined) this.#answer(refused.request, refused.answer);
    });
  }

  /** A request has arrived. */
  receive(request: RelayRequest): void {
    const { device, cause, attempt, page } = request;
    if (request.bytes > this.#options.bodyLimitBytes) return this.#refuseSoon(request, refusal('PAYLOAD_TOO_LARGE'));
    const waitMs = this.#rateLimit.take(device, this.#simulation.nowMs);
    if (waitMs > 0) return this.#refuseSoon(request, refusal('RATE_LIMIT_EXCEEDED', waitMs));
    const u = keyedUnit(this.#serviceKey, cause, device, attempt, page);
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

  /** Little's law must hold at every station at any time; a station that miscounts is a bug of ours. */
  checkStations(): void {
    for (const station of this.#stations) {
      const { relativeError } = station.littlesLaw();
      assert(relativeError < 1e-9, `${station.name} breaks Little's law by ${relativeError}`);
    }
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
    const response = this.#ports.handle(request);
    this.#answer(request, response);
    if (response.kind === 'pushed' && response.stored > 0) this.#ports.notify(request);
  }

  #refuseSoon(request: RelayRequest, answer: Refusal): void {
    const slot = this.#refusals.put({ request, answer });
    this.#simulation.schedule(REFUSAL_US, this.#refuse, slot, this.#refusals.generationOf(slot));
  }

  #answer(request: RelayRequest, response: RelayResponse): void {
    // What was asked and what was said; no times, which a real relay's answers do not share.
    const asked = request.kind === 'push' ? request.changes.length : request.since;
    this.protocol.record(request.ledger, KINDS[request.kind], request.device, asked, summary(response));
    this.#ports.respond(request, response);
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
  for (let i = 0; i < changes.length; i++) fold = Math.imul(fold ^ changes[i]!, 0x01000193);
  if (!isPage) {
    for (const { change, reason } of response.rejected) fold = Math.imul(fold ^ hashText(reason, change), 0x01000193);
  }
  return fold >>> 0;
}
