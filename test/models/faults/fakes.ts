// Devices and a relay that only note what befalls them, on a real network and kernel.

import type { Device } from '../../../models/device.ts';
import { type FaultEvent, type FaultKind, faultKindInfo } from '../../../models/faults/event.ts';
import { Faults, type FaultSettings } from '../../../models/faults/faults.ts';
import type { FaultOptions } from '../../../models/faults/rates.ts';
import type { RelayControl } from '../../../models/relay/control.ts';
import { FAULT_PRESETS } from '../../../scenarios/fault-presets.ts';
import { DeviceClock } from '../../../sim/device-clock.ts';
import { Network } from '../../../sim/network.ts';
import { Simulation } from '../../../sim/simulation.ts';

export const HOUR_US = 3_600_000_000;
export const NO_FAULTS: FaultOptions = FAULT_PRESETS['none']!;

const LINK = {
  latencyMsMean: 1,
  latencyMsMin: 0,
  latencyMsMax: 10,
  latencySigma: 0,
  bandwidthKbit: 0,
  lossRate: 0,
  duplicateRate: 0,
  reorderRate: 0,
  reorderMsMean: 0,
};

/** What happened, when and to whom: `12000 device 1 crash`. */
export type Note = string;

export interface FakeSetup {
  /** Members of each ledger; default three in one. */
  readonly ledgers?: readonly number[];
  readonly seed?: string;
  readonly options?: Partial<FaultOptions>;
  readonly settings?: Partial<FaultSettings>;
  /** What a device's `overtake` and `pushSnapshot` give, and whether it can be cloned. */
  readonly canPush?: boolean;
  readonly canClone?: boolean;
}

export type FakeWorld = ReturnType<typeof fakeWorld>;

/** A world of devices that note what faults do. It stands before its first event. */
export function fakeWorld(setup: FakeSetup = {}) {
  const { ledgers = [3], seed = 'faults', options = {}, settings = {}, canPush = true, canClone = true } = setup;
  const simulation = new Simulation({ seed });
  const network = new Network(simulation);
  const notes: Note[] = [];
  const note = (what: string): void => {
    notes.push(`${simulation.nowUs} ${what}`);
  };
  const links: { up: number; down: number }[] = [];
  const devices: Device[] = [];
  for (const size of ledgers) {
    const ledger = { lastHealedUs: -1, members: [] as Device[] };
    for (let member = 0; member < size; member++) {
      const device = fakeDevice(devices.length, ledger, simulation, note, canPush);
      links.push({
        up: network.link(`device/${device.index}/up`, LINK),
        down: network.link(`device/${device.index}/down`, LINK),
      });
      devices.push(device);
      ledger.members.push(device);
    }
  }
  const faults = new Faults(
    {
      simulation,
      network,
      relay: fakeRelay(note),
      linksOf: ({ index }) => links[index]!,
      logEndOf: ({ index }) => 1000 + index,
      clone: (device) => {
        if (canClone) note(`device ${device.index} clone`);
        return canClone ? device : undefined;
      },
    },
    { ...NO_FAULTS, ...options },
    devices,
    { usersEndUs: HOUR_US, deliversCausally: false, ...settings },
  );
  const arrive = simulation.handler('test/arrive', (message) => note(`message ${message}`));
  /** A message on a device's link now; its arrival is noted. */
  const send = (device: number, way: 'up' | 'down', message: number, bytes = 0): void => {
    network.send(links[device]![way], bytes, message, 0, 0, arrive, message, 0, 0);
  };
  const actions: (() => void)[] = [];
  const act = simulation.handler('test/act', (index) => actions[index]!());
  const at = (atUs: number, action: () => void): void => simulation.scheduleAt(atUs, act, actions.push(action) - 1);
  const blocked = (): string[] =>
    links.flatMap(({ up, down }, index) => [
      ...(network.isBlocked(up) ? [`${index} up`] : []),
      ...(network.isBlocked(down) ? [`${index} down`] : []),
    ]);
  return { simulation, network, notes, devices, faults, send, at, blocked, links };
}

/** State that a fake keeps beside its notes, so that what cannot be done in it is seen. */
function fakeDevice(
  index: number,
  ledger: { lastHealedUs: number; members: Device[] },
  simulation: Simulation,
  noteAll: (what: string) => void,
  canPush: boolean,
): Device {
  const note = (what: string): void => noteAll(`device ${index} ${what}`);
  const clock = new DeviceClock({ epochMs: simulation.epochMs });
  const step = clock.step.bind(clock);
  clock.step = (nowUs, byUs) => {
    note(`step ${byUs}`);
    step(nowUs, byUs);
  };
  const device = {
    index,
    ledger,
    clock,
    isOnline: true,
    isRunning: true,
    get canRestart(): boolean {
      return this.isRunning;
    },
    isCore: true,
    isSuspended: false,
    client: {
      overtake(cause: number) {
        if (canPush) note(`overtake ${cause}`);
        return canPush;
      },
    },
    pushSnapshot(cause: number) {
      if (canPush) note(`snapshot ${cause}`);
      return canPush;
    },
    crash() {
      if (!device.isRunning) throw new Error('a device that is down crashed');
      device.isRunning = false;
      note('crash');
    },
    restart(from: string, ageUs?: number) {
      if (device.isRunning) throw new Error('a device that runs was restarted');
      device.isRunning = true;
      note(`restart ${from}${ageUs === undefined ? '' : ` ${ageUs}`}`);
    },
    suspend() {
      device.isSuspended = true;
      note('suspend');
    },
    resume() {
      if (!device.isSuspended) throw new Error('a device that goes on was resumed');
      device.isSuspended = false;
      note('resume');
    },
    wentOffline() {
      device.isOnline = false;
      note('wentOffline');
    },
    cameOnline(logEnd: number) {
      device.isOnline = true;
      note(`cameOnline ${logEnd}`);
    },
    disconnect() {
      device.isOnline = false;
      note('disconnect');
    },
    reconnect(logEnd: number) {
      device.isOnline = true;
      note(`reconnect ${logEnd}`);
    },
  };
  return device as unknown as Device;
}

function fakeRelay(noteAll: (what: string) => void): RelayControl {
  const note = (what: string): void => noteAll(`relay ${what}`);
  let handles = 0;
  const set = (what: string): number => {
    note(`${what} (${handles})`);
    return handles++;
  };
  return {
    crash: () => note('crash'),
    restart: () => note('restart'),
    armCrash: (point) => note(`armCrash ${point}`),
    disarmCrash: () => note('disarmCrash'),
    setSlowdown: (factor) => set(`slowdown ${factor}`),
    setWorkers: (count) => set(`workers ${count}`),
    refuse: (code, share) => set(`refuse ${code} ${share}`),
    loseResponses: (share) => set(`lose ${share}`),
    takeOut: (instance) => set(`take out ${instance}`),
    slowStore: (factor) => set(`slow store ${factor}`),
    lift: (handle) => note(`lift ${handle}`),
    beginFailover: (lag) => note(`beginFailover ${lag}`),
    endFailover: () => note('endFailover'),
    loseFrozen: () => note('loseFrozen'),
    loseTail: (count) => note(`loseTail ${count}`),
  };
}

/** A planned event; of what is left out it has something that fits its kind. */
export function event(kind: FaultKind, atUs: number, rest: Partial<FaultEvent> = {}): FaultEvent {
  const { scope, lasts, amountMin, amountMax } = faultKindInfo(kind);
  const amount = amountMin === undefined ? 0 : Math.min(amountMax!, Math.max(1, amountMin));
  const device = scope === 'relay' ? -1 : 0;
  return { kind, atUs, device, lengthUs: lasts ? 1000 : 0, amount, way: 'both', ...rest };
}

/** Carries out a plan to its end, and gives what was noted. */
export function carriedOut(plan: readonly FaultEvent[], setup: FakeSetup = {}): Note[] {
  const world = fakeWorld({ ...setup, settings: { ...setup.settings, plan } });
  world.simulation.run();
  return world.notes;
}
