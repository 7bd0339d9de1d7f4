// Each copy of each message of a plan from its sending to its arrival, while the plan is run and watched: when it was
// sent, when it came, whether it was lost, and which happenings of the story it led to. It must not know what is told.

import type { RelayRequest, RelayResponse } from '../../models/relay/messages.ts';
import type { World } from '../world.ts';

/** What a message is: of answers, `page` is one that holds changes or says that there are none, `answer` any other. */
export type TransitKind = 'push' | 'pull' | 'answer' | 'page' | 'notification';

/** One copy of a message. */
export interface Transit {
  readonly kind: TransitKind;
  /** The device at one of its ends, by index; the relay is at the other. */
  readonly device: number;
  readonly isToRelay: boolean;
  /** 0 for the first copy. */
  readonly copy: number;
  /** Whether the request was tried before. */
  readonly isAgain: boolean;
  readonly sentUs: number;
  /** When it was taken at its end, µs; undefined where nobody took it. */
  readonly takenUs: number | undefined;
  /**
   * Where it ended otherwise: lost by chance, cut off by a partition, come to one who was down, or still under way when
   * the run was judged.
   */
  readonly end: 'taken' | 'lost' | 'cut' | 'unheard' | 'under-way';
  /** Happenings of the story before it was sent, and before it was taken; −1 where it was not. */
  readonly sentAfter: number;
  readonly takenAfter: number;
  /** Counts sendings and arrivals in their order, so that those with equal `…After` have one. */
  readonly sentTick: number;
  readonly takenTick: number;
  /** The happening that it led to, by its index in the story; undefined where it led to none. */
  readonly happening: number | undefined;
  /** The changes that it carries, or that an answer is about. */
  readonly labels: readonly string[];
  /** The code of a refusal. */
  readonly refusal: string | undefined;
}

type Mutable = { -readonly [K in keyof Transit]: Transit[K] };

interface Watched extends Omit<Mutable, 'labels'> {
  readonly changes: Iterable<number>;
  /** Names the request that it is, or that it answers. */
  readonly request: string;
  readonly delayUs: number;
}

/** What is being sent. */
interface Sending {
  readonly kind: TransitKind;
  readonly isToRelay: boolean;
  readonly changes: Iterable<number>;
  readonly request: string;
  readonly isAgain: boolean;
  readonly refusal: string | undefined;
  /** Undefined where each member gets one. */
  readonly device: number | undefined;
}

export class TransitWatch {
  readonly #world: World;
  /** Happenings of the story so far. */
  readonly #happenings: () => number;
  /** The first happening of a device from one index on that a message leads to. */
  readonly #ledTo: (device: number, from: number) => number | undefined;
  readonly #transits: Watched[] = [];
  /** By handler and arguments: those under way. */
  readonly #underWay = new Map<string, Watched[]>();
  /** Requests that have come to the relay and were not handled yet. */
  readonly #waiting = new Map<string, Watched[]>();
  #sending: Sending | undefined;
  #ticks = 0;

  constructor(world: World, happenings: () => number, ledTo: (device: number, from: number) => number | undefined) {
    this.#world = world;
    this.#happenings = happenings;
    this.#ledTo = ledTo;
    this.#listen();
  }

  /** The relay has handled a request. @param from happenings of the story before, from which on it led to some */
  handled(request: RelayRequest, from: number): void {
    const transit = this.#waiting.get(nameOf(request))?.shift();
    if (transit === undefined) return;
    this.#take(transit, from);
    if (this.#happenings() > from) transit.happening = from;
  }

  /** All copies, in the order in which they were sent. @param labelsOf names of changes */
  transits(labelsOf: (changes: Iterable<number>) => string[]): Transit[] {
    const { nowUs } = this.#world.simulation;
    for (const waiting of this.#waiting.values()) for (const each of waiting) each.end = 'unheard';
    for (const underWay of this.#underWay.values()) {
      for (const each of underWay) each.end = each.sentUs + each.delayUs > nowUs ? 'under-way' : 'cut';
    }
    return this.#transits.map(({ changes, request: _request, delayUs: _delay, ...transit }) => ({
      ...transit,
      labels: labelsOf(changes),
    }));
  }

  /** Puts itself before what sends and what delivers. Both do as before: watching changes nothing. */
  #listen(): void {
    const { transport, network, simulation } = this.#world;
    const [send, respond, notify] = [
      transport.send.bind(transport),
      transport.respond.bind(transport),
      transport.notify.bind(transport),
    ];
    transport.send = (request) => {
      const changes = request.kind === 'push' ? request.changes : [];
      this.#during(request, { kind: request.kind, isToRelay: true, changes }, () => send(request));
    };
    transport.respond = (request, response) => {
      this.#during(request, { isToRelay: false, ...answerOf(request, response) }, () => respond(request, response));
    };
    transport.notify = (request) => {
      const told = { kind: 'notification', isToRelay: false, changes: [], device: undefined } as const;
      this.#during(request, told, () => notify(request));
    };
    const carry = network.send.bind(network);
    network.send = (link, bytes, ordinal, attempt, page, handler, a, b, c) => {
      const before = transport.fates.length;
      const copies = carry(link, bytes, ordinal, attempt, page, handler, a, b, c);
      // A notification has its device where others have the number of what they carry.
      this.#sent(before, this.#sending?.device ?? a, `${handler} ${a} ${b} ${c}`);
      return copies;
    };
    const deliver = simulation.call.bind(simulation);
    simulation.call = (handler: number, a: number, b: number, c: number) => {
      const transit = this.#arrived(`${handler} ${a} ${b} ${c}`);
      const from = this.#happenings();
      if (transit !== undefined && !transit.isToRelay) this.#heard(transit, from);
      deliver(handler, a, b, c);
      if (transit !== undefined && !transit.isToRelay) transit.happening = this.#ledTo(transit.device, from);
    };
  }

  #during(
    request: RelayRequest,
    what: Pick<Sending, 'kind' | 'isToRelay' | 'changes'> & Partial<Sending>,
    act: () => void,
  ): void {
    const device = request.origin ?? request.device;
    this.#sending = { request: nameOf(request), isAgain: request.attempt > 0, refusal: undefined, device, ...what };
    act();
    this.#sending = undefined;
  }

  /** One message was sent. @param before fates that there were before; none is new where the link was cut */
  #sent(before: number, device: number, arrival: string): void {
    const sending = this.#sending;
    if (sending === undefined) return;
    const { simulation, transport } = this.#world;
    const fates = transport.fates.slice(before);
    const copies =
      fates.length === 0 ? [[0, -1, 'cut'] as const] : fates.map((fate) => [fate[5], fate[6], 'lost'] as const);
    for (const [copy, delayUs, lost] of copies) {
      const { kind, isToRelay, changes, request, isAgain, refusal } = sending;
      const transit: Watched = {
        kind,
        device,
        isToRelay,
        copy,
        isAgain,
        changes,
        request,
        refusal,
        delayUs,
        sentUs: simulation.nowUs,
        takenUs: undefined,
        end: delayUs < 0 ? lost : 'under-way',
        sentAfter: this.#happenings(),
        takenAfter: -1,
        sentTick: this.#ticks++,
        takenTick: -1,
        happening: undefined,
      };
      this.#transits.push(transit);
      if (delayUs >= 0) added(this.#underWay, arrival, transit);
    }
  }

  /** The copy that comes first of those that arrive as one. */
  #arrived(arrival: string): Watched | undefined {
    const copies = this.#underWay.get(arrival);
    if (copies === undefined) return undefined;
    const first = copies.reduce((one, other) => (other.delayUs < one.delayUs ? other : one));
    copies.splice(copies.indexOf(first), 1);
    if (copies.length === 0) this.#underWay.delete(arrival);
    if (first.isToRelay) added(this.#waiting, first.request, first);
    return first;
  }

  #heard(transit: Watched, from: number): void {
    if (this.#world.deviceAt(transit.device).isAwake) this.#take(transit, from);
    else transit.end = 'unheard';
  }

  #take(transit: Watched, from: number): void {
    transit.end = 'taken';
    transit.takenUs = this.#world.simulation.nowUs;
    transit.takenAfter = from;
    transit.takenTick = this.#ticks++;
  }
}

function added(map: Map<string, Watched[]>, key: string, transit: Watched): void {
  const there = map.get(key);
  if (there === undefined) map.set(key, [transit]);
  else there.push(transit);
}

function nameOf({ device, origin = device, cause, attempt, page }: RelayRequest): string {
  return `${origin} ${cause} ${attempt} ${page}`;
}

function answerOf(request: RelayRequest, response: RelayResponse): Pick<Sending, 'kind' | 'changes' | 'refusal'> {
  if (response.kind === 'page') {
    const { snapshot, changes } = response;
    return { kind: 'page', changes: snapshot === undefined ? changes : [snapshot, ...changes], refusal: undefined };
  }
  const changes = request.kind === 'push' ? request.changes : [];
  return { kind: 'answer', changes, refusal: response.kind === 'refusal' ? response.code : undefined };
}
