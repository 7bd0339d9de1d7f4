// Unidirectional links between parties: latency, bandwidth, loss, duplication, reordering, partitions and clogging.
// A message is a handler and three small integers; what they stand for, who the parties are, and which networks
// there are in the world, this room must not know.

import { assert } from './errors.ts';
import { drawDelayUs, isDuplicated, isLost, isReordered } from './fate.ts';
import type { Fate, FateSource, NetworkHooks, NetworkStatistics } from './fate.ts';
import { LinkClasses, type LinkOptions } from './link.ts';
import {
  A,
  B,
  BLOCKS,
  C,
  CLASS,
  CLOGS,
  EPOCH,
  HANDLER,
  HELD_FIRST,
  HELD_LAST,
  KEY_HIGH,
  KEY_LOW,
  LINK,
  LINK_INTS,
  MESSAGE_INTS,
  NEXT,
  NONE,
  SENT_EPOCH,
} from './network-layout.ts';
import type { Simulation } from './simulation.ts';
import { Wires } from './wires.ts';

/** Links of one simulation. Sending and delivering allocate nothing unless a hook does. */
export class Network {
  readonly #sim: Simulation;
  readonly #fates: FateSource | undefined;
  readonly #onFate: NetworkHooks['onFate'];
  readonly #onDrop: NetworkHooks['onDrop'];
  readonly #arriveHandler: number;
  readonly #releaseHandler: number;
  readonly #unclogHandler: number;

  readonly #classes = new LinkClasses();
  readonly #names = new Set<string>();
  /** The key of the link being sent on. */
  readonly #key = { low: 0, high: 0 };
  #links = 0;
  #linkInts = new Int32Array(64 * LINK_INTS);
  readonly #wires = new Wires();

  #messages = new Int32Array(256 * MESSAGE_INTS);
  #messageCount = 1;
  #firstFree = NONE;

  readonly #partitions = new Map<number, readonly number[]>();
  #nextPartition = 1;

  #isCalm = false;
  #sent = 0;
  #delivered = 0;
  #lost = 0;
  #duplicated = 0;
  #reordered = 0;
  #droppedByPartition = 0;
  #inFlight = 0;
  #bytes = 0;

  constructor(sim: Simulation, hooks: NetworkHooks = {}) {
    this.#sim = sim;
    this.#fates = hooks.fates;
    this.#onFate = hooks.onFate;
    this.#onDrop = hooks.onDrop;
    this.#arriveHandler = sim.handler('network/arrive', (message) => this.#arrive(message));
    this.#releaseHandler = sim.handler('network/release', (link) => this.#release(link));
    this.#unclogHandler = sim.handler('network/unclog', (link) => this.unclog(link));
  }

  /**
   * Adds a link.
   *
   * @param name whose and which way, such as `device/17/up`: its messages' fates follow from it; unique
   * @returns its number, counted from 0
   * @throws InputError for options that break a rule of `LinkOptions`
   */
  link(name: string, options: LinkOptions): number {
    assert(!this.#names.has(name), `a second link of the name ${name}`);
    const link = this.#links;
    const linkClass = this.#classes.indexOf(options);
    if ((link + 1) * LINK_INTS > this.#linkInts.length) {
      const grownInts = new Int32Array(this.#linkInts.length * 2);
      grownInts.set(this.#linkInts);
      this.#linkInts = grownInts;
    }
    this.#wires.add(link);
    this.#names.add(name);
    const ints = link * LINK_INTS;
    const key = this.#sim.streams.key(name);
    this.#linkInts[ints + CLASS] = linkClass;
    this.#linkInts[ints + KEY_LOW] = key.low;
    this.#linkInts[ints + KEY_HIGH] = key.high;
    this.#links++;
    return link;
  }

  /**
   * Sends a message; at its arrival the simulation's handler is called with a, b and c, once for each copy.
   *
   * @param bytes its size on the wire, ≥ 0; a lost message takes the wire too
   * @param ordinal which of its sender's messages (or syncs) it is, together with
   * @param attempt which try, and
   * @param page which page; the three are what its fate is drawn from, so no two messages of a link may share them
   * @param handler a handler of the simulation
   * @returns copies now under way; each ends in exactly one call of the handler or of `onDrop`. Copies that did not
   * get so far have been told to `onDrop` by then
   */
  send(
    link: number,
    bytes: number,
    ordinal: number,
    attempt: number,
    page: number,
    handler: number,
    a: number,
    b: number,
    c: number,
  ): number {
    const ints = this.#at(link);
    this.#sent++;
    if (this.#linkInts[ints + BLOCKS]! > 0) {
      this.#droppedByPartition++;
      if (this.#onDrop !== undefined) this.#onDrop(link, 'blocked', a, b, c);
      return 0;
    }
    const linkClass = this.#classes.at(this.#linkInts[ints + CLASS]!);
    assert(bytes >= 0, 'a message has a size of 0 bytes or more');
    this.#bytes += bytes;
    const leavesUs = this.#wires.pass(link, linkClass.wireUsPerByte, bytes, this.#sim.nowUs);
    if (this.#fates !== undefined) {
      const nominal = { lost: false, reordered: false, delayUs: linkClass.nominalUs };
      const fate = this.#fates.fate(link, ordinal, attempt, page, 0) ?? nominal;
      return this.#sendRecorded(fate, link, leavesUs, ordinal, attempt, page, handler, a, b, c);
    }
    const key = this.#key;
    key.low = this.#linkInts[ints + KEY_LOW]! >>> 0;
    key.high = this.#linkInts[ints + KEY_HIGH]! >>> 0;
    let copies = 1;
    const isCalm = this.#isCalm;
    if (!isCalm && isDuplicated(linkClass, key, ordinal, attempt, page)) {
      copies = 2;
      this.#duplicated++;
    }
    let underWay = 0;
    for (let copy = 0; copy < copies; copy++) {
      if (!isCalm && isLost(linkClass, key, ordinal, attempt, page, copy)) {
        if (this.#onFate !== undefined) this.#onFate(link, ordinal, attempt, page, copy, true, false, 0);
        this.#lose(link, a, b, c);
        continue;
      }
      const reordered = !isCalm && isReordered(linkClass, key, ordinal, attempt, page, copy);
      const delayUs = drawDelayUs(linkClass, key, ordinal, attempt, page, copy, reordered);
      if (this.#onFate !== undefined) this.#onFate(link, ordinal, attempt, page, copy, false, reordered, delayUs);
      if (reordered) this.#reordered++;
      this.#launch(link, linkClass.inOrder && !reordered, leavesUs + delayUs, handler, a, b, c);
      underWay++;
    }
    return underWay;
  }

  /** From now on nothing that is sent is lost, doubled or reordered by chance; recorded fates and partitions hold. */
  calm(): void {
    this.#isCalm = true;
  }

  /**
   * Blocks a link: what is sent on it from now on, and what is under way on it, is dropped. Blocks nest: it is open again
   * after as many calls of `unblock`.
   */
  block(link: number): void {
    const ints = this.#at(link);
    this.#linkInts[ints + BLOCKS]!++;
    this.#linkInts[ints + EPOCH]!++;
  }

  /** Takes back one `block`. */
  unblock(link: number): void {
    const ints = this.#at(link);
    assert(this.#linkInts[ints + BLOCKS]! > 0, 'a link was unblocked more often than blocked');
    this.#linkInts[ints + BLOCKS]!--;
  }

  isBlocked(link: number): boolean {
    return this.#linkInts[this.#at(link) + BLOCKS]! > 0;
  }

  /**
   * Blocks some links at once; one way of a pair makes an asymmetric partition.
   *
   * @returns what `heal` takes
   */
  partition(links: readonly number[]): number {
    const partition = this.#nextPartition++;
    const members = [...links];
    for (const link of members) this.block(link);
    this.#partitions.set(partition, members);
    return partition;
  }

  /** Ends a partition; links that another one blocks too stay blocked. */
  heal(partition: number): void {
    const members = this.#partitions.get(partition);
    assert(members !== undefined, 'a partition was healed that is not there');
    this.#partitions.delete(partition);
    for (const link of members) this.unblock(link);
  }

  /**
   * Clogs a link: messages travel on, but are held at its end, and arrive in their order when it is unclogged. Clogs nest
   * as blocks do.
   */
  clog(link: number): void {
    this.#linkInts[this.#at(link) + CLOGS]!++;
  }

  /** Takes back one `clog`; after the last one, what was held arrives now. */
  unclog(link: number): void {
    const ints = this.#at(link);
    assert(this.#linkInts[ints + CLOGS]! > 0, 'a link was unclogged more often than clogged');
    const clogs = --this.#linkInts[ints + CLOGS]!;
    if (clogs === 0 && this.#linkInts[ints + HELD_FIRST] !== NONE) this.#sim.schedule(0, this.#releaseHandler, link);
  }

  /** Clogs a link until a time, in microseconds of virtual time, not in the past. */
  clogUntil(link: number, untilUs: number): void {
    this.clog(link);
    this.#sim.scheduleAt(untilUs, this.#unclogHandler, link);
  }

  /**
   * Adds to the delay of what is sent on a link from now on; a negative amount takes back what was added.
   *
   * @param extraUs whole microseconds
   */
  addDelay(link: number, extraUs: number): void {
    this.#at(link);
    this.#wires.addDelay(link, extraUs);
  }

  /**
   * Makes a link at most so wide from now on; where it is narrower by itself, that stays. A second call replaces the first.
   *
   * @param kbit kilobits a second, > 0
   */
  throttle(link: number, kbit: number): void {
    this.#at(link);
    this.#wires.throttle(link, kbit);
  }

  /** Takes back `throttle`: what is on the wire keeps its time, what is sent from now on finds the wire free. */
  unthrottle(link: number): void {
    this.#at(link);
    this.#wires.unthrottle(link, this.#sim.nowUs);
  }

  statistics(): NetworkStatistics {
    return {
      sent: this.#sent,
      delivered: this.#delivered,
      lost: this.#lost,
      duplicated: this.#duplicated,
      reordered: this.#reordered,
      droppedByPartition: this.#droppedByPartition,
      inFlight: this.#inFlight,
      bytes: this.#bytes,
    };
  }

  /** Where a link's integers begin. */
  #at(link: number): number {
    assert(link >= 0 && link < this.#links, 'there is no such link');
    return link * LINK_INTS;
  }

  #sendRecorded(
    first: Fate,
    link: number,
    leavesUs: number,
    ordinal: number,
    attempt: number,
    page: number,
    handler: number,
    a: number,
    b: number,
    c: number,
  ): number {
    const inOrder = this.#classes.at(this.#linkInts[link * LINK_INTS + CLASS]!).inOrder;
    let underWay = 0;
    let fate: Fate | undefined = first;
    for (let copy = 0; fate !== undefined; fate = this.#fates?.fate(link, ordinal, attempt, page, ++copy)) {
      const { lost, reordered, delayUs } = fate;
      if (copy > 0) this.#duplicated++;
      if (this.#onFate !== undefined) this.#onFate(link, ordinal, attempt, page, copy, lost, reordered, delayUs);
      if (lost) {
        this.#lose(link, a, b, c);
        continue;
      }
      assert(Number.isSafeInteger(delayUs) && delayUs >= 0, 'a recorded delay is in whole microseconds, ≥ 0');
      if (reordered) this.#reordered++;
      this.#launch(link, inOrder && !reordered, leavesUs + delayUs, handler, a, b, c);
      underWay++;
    }
    return underWay;
  }

  #lose(link: number, a: number, b: number, c: number): void {
    this.#lost++;
    if (this.#onDrop !== undefined) this.#onDrop(link, 'lost', a, b, c);
  }

  #launch(link: number, inOrder: boolean, dueUs: number, handler: number, a: number, b: number, c: number): void {
    const arrivesUs = inOrder ? this.#wires.inOrder(link, dueUs) : dueUs;
    let message = this.#firstFree;
    if (message === NONE) {
      message = this.#messageCount++;
      if (this.#messageCount * MESSAGE_INTS > this.#messages.length) {
        const messages = new Int32Array(this.#messages.length * 2);
        messages.set(this.#messages);
        this.#messages = messages;
      }
    } else {
      this.#firstFree = this.#messages[message * MESSAGE_INTS + NEXT]!;
    }
    const at = message * MESSAGE_INTS;
    const messages = this.#messages;
    messages[at + LINK] = link;
    messages[at + SENT_EPOCH] = this.#linkInts[link * LINK_INTS + EPOCH]!;
    messages[at + HANDLER] = handler;
    messages[at + A] = a;
    messages[at + B] = b;
    messages[at + C] = c;
    this.#inFlight++;
    this.#sim.scheduleAt(arrivesUs, this.#arriveHandler, message);
  }

  #arrive(message: number): void {
    const at = message * MESSAGE_INTS;
    const ints = this.#messages[at + LINK]! * LINK_INTS;
    const held = this.#linkInts[ints + HELD_FIRST]!;
    // Behind messages that are held, also behind those about to be released at this very time.
    if (held === NONE && this.#linkInts[ints + CLOGS] === 0) {
      this.#deliver(message);
      return;
    }
    this.#messages[at + NEXT] = NONE;
    if (held === NONE) this.#linkInts[ints + HELD_FIRST] = message;
    else this.#messages[this.#linkInts[ints + HELD_LAST]! * MESSAGE_INTS + NEXT] = message;
    this.#linkInts[ints + HELD_LAST] = message;
  }

  #release(link: number): void {
    const ints = link * LINK_INTS;
    // A delivery may clog the link again: the rest then stays held.
    while (this.#linkInts[ints + CLOGS] === 0) {
      const message = this.#linkInts[ints + HELD_FIRST]!;
      if (message === NONE) return;
      this.#linkInts[ints + HELD_FIRST] = this.#messages[message * MESSAGE_INTS + NEXT]!;
      this.#deliver(message);
    }
  }

  #deliver(message: number): void {
    const messages = this.#messages;
    const at = message * MESSAGE_INTS;
    const link = messages[at + LINK]!;
    const isCut = messages[at + SENT_EPOCH] !== this.#linkInts[link * LINK_INTS + EPOCH];
    const handler = messages[at + HANDLER]!;
    const a = messages[at + A]!;
    const b = messages[at + B]!;
    const c = messages[at + C]!;
    messages[at + NEXT] = this.#firstFree;
    this.#firstFree = message;
    this.#inFlight--;
    if (isCut) {
      this.#droppedByPartition++;
      if (this.#onDrop !== undefined) this.#onDrop(link, 'cut', a, b, c);
      return;
    }
    this.#delivered++;
    this.#sim.call(handler, a, b, c);
  }
}
