// What carries messages between devices and the relay: requests, answers and notifications over each device's two links,
// with the fates that a seed or a plan gives them. It must not know what is done with them.

import { type LinkOptions } from '../sim/link.ts';
import { Network } from '../sim/network.ts';
import type { Fate, NetworkHooks } from '../sim/fate.ts';
import type { Simulation } from '../sim/simulation.ts';
import { Slab } from '../sim/slab.ts';
import { CAUSE_NOTIFICATION, CAUSE_TOLD, causeOf, numberOfPush } from '../models/cause.ts';
import type { FateRecord } from '../models/plan.ts';
import type { RelayRequest, RelayResponse, WireSizes } from '../models/relay/messages.ts';
import type { SyncClient } from '../models/sync-client.ts';

/** What kind of message an event carries, in its third integer; a notification has the number of its push there. */
const REQUEST = -1;
const RESPONSE = -2;
/** Answers to copies of one request are told apart by attempts that no request has. */
const COPY_ATTEMPTS = 2 ** 20;

interface Answer {
  readonly origin: number;
  readonly serial: number;
  readonly response: RelayResponse;
  readonly bytes: number;
}

/** Who sends and takes messages. */
export interface TransportPorts {
  readonly simulation: Simulation;
  readonly sizes: WireSizes;
  /** A member that was told less than this ago and has not pulled since will pull anyway, ms. */
  readonly notifyMs: number;
  /** Takes requests where no network is modelled: what becomes of them is told by `came`. */
  readonly send?: ((request: RelayRequest) => void) | undefined;
  /** A request has reached the relay. */
  arrived(request: RelayRequest): void;
  /** The client of a device by index, where it can hear. */
  clientOf(origin: number): SyncClient | undefined;
  /** Indexes of a ledger's members. */
  membersOf(ledger: number): readonly { readonly index: number }[];
  /** A rare situation was reached. */
  mark(name: 'message lost' | 'message cut by a partition'): void;
}

/** Where fates come from, and where they go. */
export interface TransportOptions {
  readonly up: LinkOptions;
  readonly down: LinkOptions;
  /** Recorded fates take the place of drawn ones. */
  readonly fates?: readonly FateRecord[] | undefined;
  /** Keeps all fates. */
  readonly isRecording: boolean;
}

export class Transport {
  readonly network: Network;
  /** The fates of all copies so far, where they are kept. */
  readonly fates: FateRecord[] = [];

  readonly #ports: TransportPorts;
  readonly #options: TransportOptions;
  readonly #requests = new Slab<RelayRequest>();
  readonly #answers = new Slab<Answer>();
  readonly #arrive: number;
  readonly #answered: number;
  readonly #notified: number;
  readonly #up: number[] = [];
  readonly #down: number[] = [];
  /** By device: what was added to its ways. */
  readonly #addedUs: number[] = [];
  /** By link: its device × 2, and 1 more for the way back. */
  readonly #ends: number[] = [];
  /** By device: until when a notification that was sent stands for further ones. */
  #toldUntilUs = new Float64Array(64);

  constructor(ports: TransportPorts, options: TransportOptions) {
    this.#ports = ports;
    this.#options = options;
    const { simulation } = ports;
    this.network = new Network(simulation, this.#hooks());
    this.#arrive = simulation.handler('relay/arrive', (slot, generation) => {
      ports.arrived(this.#requests.release(slot, generation)!);
    });
    this.#answered = simulation.handler('device/answered', (slot, generation) => {
      const { origin, serial, response, bytes } = this.#answers.release(slot, generation)!;
      ports.clientOf(origin)?.answered(serial, response, bytes);
    });
    this.#notified = simulation.handler('device/notified', (origin, pusher, push) => {
      ports.clientOf(origin)?.notified(causeOf(CAUSE_NOTIFICATION, pusher, push));
    });
  }

  /** Adds the links of a device. @param addedUs what its way to the region that serves it takes, one way */
  connect(index: number, addedUs = 0): void {
    this.#up[index] = this.network.link(`device/${index}/up`, this.#options.up);
    this.#ends.push(index * 2);
    this.#down[index] = this.network.link(`device/${index}/down`, this.#options.down);
    this.#ends.push(index * 2 + 1);
    if (addedUs > 0) this.#delay(index, addedUs);
    if (index < this.#toldUntilUs.length) return;
    const larger = new Float64Array(Math.max(index + 1, this.#toldUntilUs.length * 2));
    larger.set(this.#toldUntilUs);
    this.#toldUntilUs = larger;
  }

  /** The ways of all devices are as long as this says, from now on. */
  delayBy(addedUsOf: (index: number) => number): void {
    for (const index of this.#up.keys()) if (this.#up[index] !== undefined) this.#delay(index, addedUsOf(index));
  }

  #delay(index: number, addedUs: number): void {
    const moreUs = addedUs - (this.#addedUs[index] ?? 0);
    this.#addedUs[index] = addedUs;
    this.network.addDelay(this.#up[index]!, moreUs);
    this.network.addDelay(this.#down[index]!, moreUs);
  }

  linksOf(index: number): { up: number; down: number } {
    return { up: this.#up[index]!, down: this.#down[index]! };
  }

  send(request: RelayRequest): void {
    if (this.#ports.send !== undefined) return this.#ports.send(request);
    const slot = this.#requests.put(request);
    const generation = this.#requests.generationOf(slot);
    const { bytes, cause, attempt, page } = request;
    const link = this.#up[request.origin ?? request.device]!;
    const copies = this.network.send(link, bytes, cause, attempt, page, this.#arrive, slot, generation, REQUEST);
    if (copies !== 1) this.#requests.expect(slot, copies);
  }

  respond(request: RelayRequest, response: RelayResponse): void {
    const { serial, cause, page } = request;
    const origin = request.origin ?? request.device;
    if (request.kind === 'pull') this.#toldUntilUs[origin] = 0;
    const answers = request.answers ?? 0;
    request.answers = answers + 1;
    const attempt = request.attempt + COPY_ATTEMPTS * answers;
    const bytes = this.#ports.sizes.response(response);
    const slot = this.#answers.put({ origin, serial, response, bytes });
    const generation = this.#answers.generationOf(slot);
    const link = this.#down[origin]!;
    const copies = this.network.send(link, bytes, cause, attempt, page, this.#answered, slot, generation, RESPONSE);
    if (copies !== 1) this.#answers.expect(slot, copies);
  }

  /** A real relay's answer is there, at this instant. */
  came(request: RelayRequest, response: RelayResponse, atUs: number): void {
    const { simulation, sizes } = this.#ports;
    const origin = request.origin ?? request.device;
    const slot = this.#answers.put({ origin, serial: request.serial, response, bytes: sizes.response(response) });
    simulation.scheduleAt(Math.max(atUs, simulation.nowUs), this.#answered, slot, this.#answers.generationOf(slot));
  }

  /** A real relay has something for a device, since this instant. @param ordinal numbers what it was told */
  told(origin: number, ordinal: number, atUs: number): void {
    const { simulation } = this.#ports;
    simulation.scheduleAt(Math.max(atUs, simulation.nowUs), this.#notified, origin, origin, ordinal);
  }

  /** Tells the other members of the ledger that there is something to pull. */
  notify(request: RelayRequest): void {
    const nowUs = this.#ports.simulation.nowUs;
    const untilUs = nowUs + this.#ports.notifyMs * 1000;
    const pusher = request.origin ?? request.device;
    const push = numberOfPush(request.cause, request.attempt, request.page);
    const told = causeOf(CAUSE_TOLD, pusher, push);
    const bytes = this.#ports.sizes.notification();
    const toldUntilUs = this.#toldUntilUs;
    for (const { index } of this.#ports.membersOf(request.ledger)) {
      if (index === pusher || toldUntilUs[index]! > nowUs) continue;
      toldUntilUs[index] = untilUs;
      this.network.send(this.#down[index]!, bytes, told, 0, 0, this.#notified, index, pusher, push);
    }
  }

  #hooks(): NetworkHooks {
    const { fates, isRecording } = this.#options;
    const onDrop: NetworkHooks['onDrop'] = (_link, reason, slot, generation, kind) =>
      this.#dropped(reason, slot, generation, kind);
    const recording: Pick<NetworkHooks, 'onFate'> = isRecording
      ? {
          onFate: (link, cause, attempt, page, copy, lost, reordered, delayUs) => {
            const end = this.#ends[link]!;
            const way = (end % 2) as 0 | 1;
            const delay = lost ? -1 : delayUs;
            this.fates.push([(end - way) / 2, way, cause, attempt, page, copy, delay, reordered ? 1 : 0]);
          },
        }
      : {};
    if (fates === undefined) return { onDrop, ...recording };
    const known = new Map<string, Fate>();
    for (const [device, way, cause, attempt, page, copy, delayUs, reordered] of fates) {
      const lost = delayUs < 0;
      const key = `${device * 2 + way} ${cause} ${attempt} ${page} ${copy}`;
      known.set(key, { lost, reordered: reordered === 1, delayUs: lost ? 0 : delayUs });
    }
    const fate = (link: number, cause: number, attempt: number, page: number, copy: number): Fate | undefined =>
      known.size === 0 ? undefined : known.get(`${this.#ends[link]!} ${cause} ${attempt} ${page} ${copy}`);
    return { onDrop, ...recording, fates: { fate } };
  }

  /** A copy that never arrives gives back its slot; those that were lost at the start were never counted. */
  #dropped(reason: string, slot: number, generation: number, kind: number): void {
    if (reason === 'lost') this.#ports.mark('message lost');
    if (reason !== 'cut') return;
    this.#ports.mark('message cut by a partition');
    if (kind === REQUEST) this.#requests.release(slot, generation);
    else if (kind === RESPONSE) this.#answers.release(slot, generation);
  }
}
