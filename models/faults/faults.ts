// Faults as they happen in a run: drawn, each kind arriving by itself in virtual time (Poisson), from streams of its own;
// or listed by a plan. Both are carried out alike. It must not know presets, nor what a kind of fault does.

import { exponentialUs } from '../../sim/distributions.ts';
import type { Device } from '../device.ts';
import { DEVICE_EFFECTS } from './device-effects.ts';
import { FAULT_KIND_NAMES, type FaultEvent, type FaultKind, faultKindInfo, faultText } from './event.ts';
import { NETWORK_EFFECTS } from './network-effects.ts';
import { type Effect, type FaultPorts, NOTHING, type Scene } from './ports.ts';
import { drawFault, enabledKinds, type FaultOptions, faultRate } from './rates.ts';
import { RELAY_EFFECTS } from './relay-effects.ts';

export interface FaultSettings {
  /** Carried out in the place of what is drawn. */
  readonly plan?: readonly FaultEvent[] | undefined;
  /** Keeps what happened, for a plan. */
  readonly isRecording?: boolean | undefined;
  /** Virtual time at which users stop, µs. */
  readonly usersEndUs: number;
  /** Whether the documents need each change after those that it was made upon: then no push overtakes another. */
  readonly deliversCausally: boolean;
}

const EFFECTS: Readonly<Record<FaultKind, Effect>> = { ...NETWORK_EFFECTS, ...DEVICE_EFFECTS, ...RELAY_EFFECTS };

const HOUR_US = 3_600_000_000;
/** Mean gaps above are drawn as so many of these. */
const GAP_US_MAX = 1e14;
const RELAY = -1;
/** Events of which the last so many are kept in any run. */
const LATEST_MAX = 32;
/** Members of a ledger that must remain for one to stay away for good. */
const CORE_MIN = 2;

/** A fault that has begun and not ended. */
interface Ongoing {
  readonly event: FaultEvent;
  /** What its effect's `begin` gave. */
  readonly begun: number;
}

/** Draws or takes from a plan, and carries out, until it is stopped. */
export class Faults {
  /** How often each kind has fired; one that is enabled, or planned, stands here from the start. */
  readonly fired: Record<string, number> = {};
  /** What has fired, in its order, where it is recorded: as a plan it has the same effects at the same times. */
  readonly happened: FaultEvent[] = [];

  readonly #latest: FaultEvent[] = [];
  readonly #ports: FaultPorts;
  readonly #options: FaultOptions;
  readonly #plan: readonly FaultEvent[] | undefined;
  readonly #settings: FaultSettings;
  readonly #devices = new Map<number, Device>();
  readonly #scene: Scene;
  /** Handlers of the kernel by kind. */
  readonly #begins = new Map<FaultKind, number>();
  readonly #ends = new Map<FaultKind, number>();
  /** By slot and device; −1 is the relay. */
  readonly #ongoing = new Map<string, Map<number, Ongoing>>();
  /** Which events of the plan have fired. */
  readonly #isFired: boolean[] = [];
  #isOver = false;

  /**
   * @param options rates, by which faults are drawn where there is no plan
   * @param devices those that faults may strike; copies that are made later are spared
   */
  constructor(ports: FaultPorts, options: FaultOptions, devices: readonly Device[], settings: FaultSettings) {
    this.#ports = ports;
    this.#options = options;
    this.#settings = settings;
    this.#plan = settings.plan;
    for (const device of devices) this.#devices.set(device.index, device);
    this.#scene = {
      ports,
      deviceOf: (event) => this.#devices.get(event.device)!,
      isOngoing: (kind, event) => this.isOngoing(kind, event.device),
    };
    const kinds = this.#kinds();
    for (const kind of kinds) this.#register(kind);
    if (this.#plan === undefined) this.#drawAll(kinds);
    else this.#schedulePlan(this.#plan);
  }

  /** What has fired last, the latest last: 32 events at most. */
  get latest(): readonly FaultEvent[] {
    return this.#latest;
  }

  /** Whether a fault of a kind lasts at a device now; −1 is the relay. */
  isOngoing(kind: FaultKind, device: number): boolean {
    return this.#find(kind, device) !== undefined;
  }

  /** Events of the plan that have not fired (yet), in words: they could do nothing, or there is nobody to strike. */
  get idle(): string[] {
    return (this.#plan ?? []).filter((_, at) => this.#isFired[at] !== true).map(faultText);
  }

  /**
   * Ends the safety phase: no fault begins any more, and what lasts ends now, by kind in their order and then by device.
   * But a device whose `offline` would outlast the users stays without network for good, where at least two other
   * members of its ledger remain in the core.
   */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const away = this.#leaveAway();
    for (const kind of FAULT_KIND_NAMES) {
      if (EFFECTS[kind].end === undefined) continue;
      const ongoing = this.#ongoing.get(slotOf(kind));
      if (ongoing === undefined) continue;
      const devices = [...ongoing.keys()].sort((one, other) => one - other);
      for (const device of devices) {
        const staysCut = (kind === 'offline' || kind === 'partition') && away.has(device);
        if (!staysCut) this.#end(kind, device);
      }
    }
  }

  /** The kinds that are enabled, or planned, in their order. */
  #kinds(): FaultKind[] {
    const { deliversCausally } = this.#settings;
    if (this.#plan === undefined) return enabledKinds(this.#options, deliversCausally);
    const planned = new Set(this.#plan.map(({ kind }) => kind));
    return FAULT_KIND_NAMES.filter((kind) => planned.has(kind) && !(kind === 'overtaking' && deliversCausally));
  }

  #register(kind: FaultKind): void {
    const { simulation } = this.#ports;
    this.fired[kind] = 0;
    const begin = simulation.handler(`fault/${kind}`, (device, number) => {
      if (number === 0) this.#arrive(kind, device);
      else this.#carryOut(number - 1);
    });
    this.#begins.set(kind, begin);
    if (EFFECTS[kind].end === undefined) return;
    const name = kind === 'partition' ? 'fault/heal' : `fault/${kind}-end`;
    const end = simulation.handler(name, (device) => {
      if (!this.#isOver) this.#end(kind, device);
    });
    this.#ends.set(kind, end);
  }

  #drawAll(kinds: readonly FaultKind[]): void {
    const ofDevices = kinds.filter((kind) => !isOfRelay(kind));
    for (const device of this.#devices.keys()) for (const kind of ofDevices) this.#scheduleNext(kind, device);
    for (const kind of kinds) if (isOfRelay(kind)) this.#scheduleNext(kind, RELAY);
  }

  #schedulePlan(plan: readonly FaultEvent[]): void {
    plan.forEach(({ kind, atUs, device }, at) => {
      const begin = this.#begins.get(kind);
      if (begin !== undefined) this.#ports.simulation.scheduleAt(atUs, begin, device, at + 1);
    });
  }

  #streamOf(kind: FaultKind, device: number) {
    return this.#ports.simulation.streams.stream(`fault/${kind}/${device === RELAY ? 'relay' : device}`);
  }

  #scheduleNext(kind: FaultKind, device: number): void {
    const { simulation } = this.#ports;
    const stream = this.#streamOf(kind, device);
    const meanUs = HOUR_US / this.#options[faultRate(kind).perHour];
    const gapUs =
      meanUs <= GAP_US_MAX ? exponentialUs(stream, meanUs) : exponentialUs(stream, GAP_US_MAX) * (meanUs / GAP_US_MAX);
    const atUs = simulation.nowUs + Math.round(gapUs);
    // Beyond all runs; and no exact number any more.
    if (Number.isSafeInteger(atUs)) simulation.scheduleAt(atUs, this.#begins.get(kind)!, device);
  }

  /** A drawn fault has arrived. */
  #arrive(kind: FaultKind, device: number): void {
    if (this.#isOver) return;
    const nowUs = this.#ports.simulation.nowUs;
    this.#begin(drawFault(kind, device, nowUs, this.#options, this.#streamOf(kind, device)));
    this.#scheduleNext(kind, device);
  }

  /** A planned fault is due. */
  #carryOut(at: number): void {
    if (!this.#isOver) this.#isFired[at] = this.#begin(this.#plan![at]!);
  }

  /** Begins a fault. False where it can do nothing. */
  #begin(event: FaultEvent): boolean {
    const { kind, device, lengthUs } = event;
    if (!isOfRelay(kind) && !this.#devices.has(device)) return false;
    const slot = slotOf(kind);
    if (this.#ongoing.get(slot)?.has(device) === true) return false;
    const begun = EFFECTS[kind].begin(this.#scene, event);
    if (begun === NOTHING) return false;
    this.fired[kind]!++;
    if (this.#settings.isRecording === true) this.happened.push(event);
    this.#latest.push(event);
    if (this.#latest.length > LATEST_MAX) this.#latest.shift();
    const end = this.#ends.get(kind);
    if (end === undefined) return true;
    let ongoing = this.#ongoing.get(slot);
    if (ongoing === undefined) this.#ongoing.set(slot, (ongoing = new Map<number, Ongoing>()));
    ongoing.set(device, { event, begun });
    this.#ports.simulation.schedule(lengthUs, end, device);
    return true;
  }

  #find(kind: FaultKind, device: number): Ongoing | undefined {
    const ongoing = this.#ongoing.get(slotOf(kind))?.get(device);
    return ongoing?.event.kind === kind ? ongoing : undefined;
  }

  #end(kind: FaultKind, device: number): void {
    const ongoing = this.#find(kind, device);
    if (ongoing === undefined) return;
    this.#ongoing.get(slotOf(kind))!.delete(device);
    EFFECTS[kind].end!(this.#scene, ongoing.event, ongoing.begun);
  }

  /** Those who stay away for good: they are no longer of the core. The first by index go first. */
  #leaveAway(): ReadonlySet<number> {
    const away = new Set<number>();
    const offline = [...(this.#ongoing.get(slotOf('offline'))?.keys() ?? [])].sort((one, other) => one - other);
    for (const index of offline) {
      const { atUs, lengthUs } = this.#find('offline', index)!.event;
      if (atUs + lengthUs <= this.#settings.usersEndUs) continue;
      const device = this.#devices.get(index)!;
      const others = device.ledger.members.filter((member) => member !== device && member.isCore);
      if (others.length < CORE_MIN) continue;
      device.isCore = false;
      away.add(index);
    }
    return away;
  }
}

function slotOf(kind: FaultKind): string {
  return faultKindInfo(kind).slot ?? kind;
}

function isOfRelay(kind: FaultKind): boolean {
  return faultKindInfo(kind).scope === 'relay';
}
