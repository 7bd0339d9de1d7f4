// The story of a plan: it is run again and watched, and what happened is told as data, in order, without what changed
// nothing. It must not know findings' oracles, nor how a story is shown.

import { lifeOf } from '../life.ts';
import type { Device } from '../../models/device.ts';
import type { DocumentType } from '../../models/documents/port.ts';
import { type DeviceObserver, alsoTell } from '../../models/observer.ts';
import type { Finding } from '../../models/finding.ts';
import type { Plan } from '../../models/plan.ts';
import type { RelayRequest, RelayResponse } from '../../models/relay/messages.ts';
import type { RelayPort } from '../../relay-adapter/port.ts';
import { assert } from '../../sim/errors.ts';
import type { Config } from '../config-schema.ts';
import { specimenOf } from '../relay-specimens.ts';
import { preparedWorld } from '../run.ts';
import type { World } from '../world.ts';
import { FaultWatch } from './fault-watch.ts';
import { MessageWatch } from './message-watch.ts';
import { type Happening, RELAY, type StoryEvent } from './story-event.ts';
import { type Transit, TransitWatch } from './transit-watch.ts';

/** A device of a story. */
export interface StoryDevice {
  readonly index: number;
  /** A, B, C … in order of their indexes; a copy is called as its original, with a `*`. */
  readonly name: string;
  readonly ledger: number;
}

/** A change of a story. */
export interface StoryChange {
  readonly label: string;
  readonly change: number;
  /** Index of the device that made it. */
  readonly device: number;
  readonly incarnation: number;
  readonly sequence: number;
  /** Labels of the edits that its author had. */
  readonly knew: readonly string[];
}

export interface Storyline {
  readonly devices: readonly StoryDevice[];
  readonly changes: readonly StoryChange[];
  readonly events: readonly StoryEvent[];
  /** Each copy of each message, in the order in which they were sent. */
  readonly transits: readonly Transit[];
  /** Virtual time at which it was judged, µs. */
  readonly endUs: number;
  /** What each device had when the run was judged, by its index. */
  readonly known: ReadonlyMap<number, readonly string[]>;
  /** What the oracles found when the plan was watched: the same as when it is not. */
  readonly findings: readonly Finding[];
  readonly traceHash: string;
}

/** What a caller looks at while a story is made. */
export interface StorySource {
  /** A number that goes with each event, such as the length of a tape. */
  mark?(): number;
  /** The run is over and has not been judged. */
  beforeJudgement?(world: World): void;
}

/** The name of the n-th device: A … Z, then AA, AB … */
export function letterOf(at: number): string {
  const rest = Math.floor(at / 26);
  return `${rest === 0 ? '' : letterOf(rest - 1)}${String.fromCharCode(65 + (at % 26))}`;
}

/** Names for the devices of a plan, by index. */
export function deviceNames(plan: Pick<Plan, 'devices'>): Map<number, string> {
  const indexes = plan.devices.map(({ index }) => index).sort((one, other) => one - other);
  return new Map(indexes.map((index, at) => [index, letterOf(at)]));
}

/** Runs a plan and watches it. The trace is that of any other run of the plan. */
export function storylineOf(config: Config, plan: Plan, documents: DocumentType, source: StorySource = {}): Storyline {
  // Those who watch hang on what the oracles are told.
  const watched = config.oracles === 'all' ? config : { ...config, oracles: 'all' as const };
  const specimen = specimenOf(config.relay.specimen);
  const listeners: Handled[] = [];
  const world = preparedWorld(watched, documents, {
    plan,
    isRecording: true,
    keepLast: 0,
    wrapPort: (port, nowUs) => watchedPort(specimen?.(port, nowUs) ?? port, listeners),
  });
  const watch = new Watch(world, plan, source);
  listeners.push((...told) => watch.handled(...told));
  return watch.run();
}

/** Told of what the relay answers, and where its log ended before. */
type Handled = (request: RelayRequest, response: RelayResponse, endBefore: number) => void;

/** A port that tells what it answers. */
function watchedPort(port: RelayPort, listeners: readonly Handled[]): RelayPort {
  const handle = (request: RelayRequest): RelayResponse => {
    const endBefore = port.end(request.ledger);
    const response = port.handle(request);
    for (const handled of listeners) handled(request, response, endBefore);
    return response;
  };
  return { ...port, handle };
}

class Watch implements DeviceObserver {
  readonly #world: World;
  readonly #plan: Plan;
  readonly #source: StorySource;
  readonly #names: Map<number, string>;
  readonly #messages: MessageWatch;
  readonly #faults: FaultWatch;
  readonly #transits: TransitWatch;
  readonly #events: StoryEvent[] = [];
  readonly #changes: StoryChange[] = [];
  readonly #labels = new Map<number, string>();
  /** By device: what it had when it was last looked at. */
  readonly #known = new Map<number, readonly string[]>();
  #edits = 0;
  #snapshots = 0;
  #followUps = 0;
  #isStarted = false;

  constructor(world: World, plan: Plan, source: StorySource) {
    this.#world = world;
    this.#plan = plan;
    this.#source = source;
    this.#names = deviceNames(plan);
    this.#faults = new FaultWatch(world, (device, happening) => this.#add(device, happening));
    this.#messages = new MessageWatch(world, plan, {
      add: (device, happening) => this.#add(device, happening),
      labelsOf: (changes) => this.#labelsOf(changes),
    });
    this.#transits = new TransitWatch(
      world,
      () => this.#events.length,
      (device, from) => this.#ledTo(device, from),
    );
    const { history } = world;
    assert(history !== undefined, 'a story needs a history');
    alsoTell(history, this);
  }

  run(): Storyline {
    const world = this.#world;
    world.carryOut(this.#plan);
    const steps = lifeOf(world, { sliceEvents: 1 });
    let known = new Map<number, readonly string[]>();
    for (;;) {
      const step = steps.next();
      if (step.done === true) return this.#story(step.value ?? [], known);
      if (step.value === 'start') this.#begin();
      this.#faults.look();
      this.#messages.look();
      if (step.value === 'heal') this.#add(RELAY, { what: 'calm' });
      if (step.value !== 'end') continue;
      this.#add(RELAY, { what: 'judge', isSettled: world.devices.every(({ client }) => client.outboxLength === 0) });
      known = new Map(world.devices.map((device) => [device.index, this.#knownTo(device)]));
      this.#source.beforeJudgement?.(world);
    }
  }

  /** What is there from the start is no news to anybody. */
  #begin(): void {
    this.#isStarted = true;
    for (const device of this.#world.devices) this.#known.set(device.index, this.#knownTo(device));
    for (const { index, skewUs, driftPpm } of this.#plan.devices) {
      if (skewUs !== 0 || driftPpm !== 0) this.#add(index, { what: 'clock', skewUs, driftPpm });
    }
  }

  edited(...[device, change, edits, targets, before, after]: Parameters<DeviceObserver['edited']>): void {
    const knew = this.#known.get(device.index) ?? [];
    const label = String(++this.#edits);
    if (change >= 0) this.#name(change, label, device.index, knew);
    const isPreload = !this.#isStarted;
    this.#addOf(device, { what: 'edit', label, change, edits, targets, before, after, isPreload });
  }

  tookPage(...[device, page]: Parameters<DeviceObserver['tookPage']>): void {
    const before = this.#known.get(device.index) ?? [];
    const knows = this.#knownTo(device);
    const labels = knows.filter((label) => !before.includes(label));
    const snapshot = page.snapshot === undefined ? undefined : this.#labelsOf([page.snapshot])[0];
    if (labels.length > 0 || snapshot !== undefined) this.#addOf(device, { what: 'page', labels, snapshot });
  }

  acknowledged(...[device, changes]: Parameters<DeviceObserver['acknowledged']>): void {
    if (changes.length > 0) this.#add(device.index, { what: 'acknowledge', labels: this.#labelsOf(changes) });
  }

  restarted(...[device, from]: Parameters<DeviceObserver['restarted']>): void {
    this.#addOf(device, { what: 'restart', from });
  }

  handled(...told: Parameters<Handled>): void {
    if (!this.#isStarted) return;
    const from = this.#events.length;
    this.#messages.handled(...told);
    this.#transits.handled(told[0], from);
  }

  /** What a message that a device was given led to, by its index; undefined where it led to nothing. */
  #ledTo(device: number, from: number): number | undefined {
    for (let at = from; at < this.#events.length; at++) {
      const event = this.#events[at]!;
      const { what } = event.happening;
      if (event.device === device && (what === 'page' || what === 'acknowledge')) return at;
    }
    return undefined;
  }

  #add(device: number, happening: Happening, knows?: readonly string[]): void {
    const { simulation } = this.#world;
    const mark = this.#source.mark?.() ?? 0;
    this.#events.push({ atUs: simulation.nowUs, record: simulation.trace.count, mark, device, knows, happening });
  }

  /** Of a device whose knowledge may have changed. */
  #addOf(device: Device, happening: Happening): void {
    const knows = this.#knownTo(device);
    this.#known.set(device.index, knows);
    this.#add(device.index, happening, knows);
  }

  /** Labels of the changes that a device's replica was given or has made. */
  #knownTo(device: Device): readonly string[] {
    const { table } = this.#world;
    const own = device.ownUnplaced();
    const holds = (change: number): boolean => {
      const position = table.positionOf(change);
      return (position > 0 && device.has(position)) || own.includes(change);
    };
    const ofLedger = this.#changes.filter(({ change }) => table.ledgerOf(change) === device.ledger.index);
    return ofLedger.filter(({ change }) => !table.isSnapshot(change) && holds(change)).map(({ label }) => label);
  }

  #labelsOf(changes: Iterable<number>): string[] {
    return [...changes].map((change) => this.#labels.get(change) ?? this.#nameOther(change));
  }

  /** A change that no user made: an image, or what a document answered to another one. */
  #nameOther(change: number): string {
    const { table } = this.#world;
    const label = table.isSnapshot(change) ? `S${++this.#snapshots}` : `F${++this.#followUps}`;
    return this.#name(change, label, table.deviceOf(change), []);
  }

  #name(change: number, label: string, device: number, knew: readonly string[]): string {
    const { table } = this.#world;
    this.#labels.set(change, label);
    const incarnation = table.incarnationOf(change);
    this.#changes.push({ label, change, device, incarnation, sequence: table.sequenceOf(change), knew });
    return label;
  }

  #story(findings: readonly Finding[], known: ReadonlyMap<number, readonly string[]>): Storyline {
    const { devices, simulation } = this.#world;
    const named = devices.map(({ index, id, ledger }): StoryDevice => {
      const name = this.#names.get(index) ?? `${this.#names.get(id) ?? letterOf(id)}*`;
      return { index, name, ledger: ledger.index };
    });
    return {
      devices: named.sort((one, other) => one.index - other.index),
      changes: this.#changes,
      events: this.#events,
      transits: this.#transits.transits((changes) => this.#labelsOf(changes)),
      endUs: simulation.nowUs,
      known,
      findings,
      traceHash: simulation.trace.hash(),
    };
  }
}
