// Simpler circumstances in a plan: rounder and earlier times in the order that they had, no waiting, calmer devices,
// shorter and weaker faults, rounder delays. It must not know when they are tried, nor run anything.
import type { FaultEvent } from '../../models/faults/event.ts';
import type { FateRecord, Plan, PlannedDevice, PlannedUser, Step } from '../../models/plan.ts';
import { mapActions, mapSteps } from './plan-cuts.ts';
import type { Simplification } from './simplification.ts';

const SECOND_US = 1_000_000;

/** Amounts of faults up to this count something: changes, workers, factors. Higher ones are times or bandwidths. */
const SMALL_COUNT = 100;

/**
 * A number with its first digit alone, toward 0: 374 gives 300, 0.0372 gives 0.03.
 * @param value finite
 */
export function oneDigit(value: number): number {
  const size = Math.abs(value);
  if (size === 0) return 0;
  let unit = 1;
  if (size >= 1) {
    while (size / unit >= 10) unit *= 10;
    return Math.sign(value) * Math.floor(size / unit) * unit;
  }
  while (size * unit < 1) unit *= 10;
  return (Math.sign(value) * Math.floor(size * unit)) / unit;
}

/** Items of one list in a plan, each of which becomes simpler for itself; `simpler` gives back what cannot. */
function each<T extends object>(
  name: string,
  listOf: (plan: Plan) => readonly T[],
  withList: (plan: Plan, list: readonly T[]) => Plan,
  simpler: (item: T) => T,
): Simplification {
  return {
    name,
    cut(plan) {
      const list = listOf(plan);
      const simple = new Map<T, T>();
      for (const item of list) {
        const other = simpler(item);
        if (other !== item) simple.set(item, other);
      }
      return {
        items: [...simple.keys()],
        apply: (kept) =>
          withList(
            plan,
            list.map((item) => (kept.has(item) ? item : (simple.get(item) ?? item))),
          ),
      };
    },
  };
}

function eachDevice(name: string, simpler: (device: PlannedDevice) => PlannedDevice): Simplification {
  return each(
    name,
    (plan) => plan.devices,
    (plan, devices) => ({ ...plan, devices }),
    simpler,
  );
}

function eachFault(name: string, simpler: (fault: FaultEvent) => FaultEvent): Simplification {
  return each(
    name,
    (plan) => plan.faults,
    (plan, faults) => ({ ...plan, faults }),
    simpler,
  );
}

function eachUser(name: string, simpler: (user: PlannedUser) => PlannedUser): Simplification {
  return each(
    name,
    (plan) => plan.users,
    (plan, users) => ({ ...plan, users }),
    simpler,
  );
}

/** Devices without what makes each of them different: their own syncs, and clocks that are wrong. */
export const CALMER_DEVICES: readonly Simplification[] = [
  eachDevice('no syncs of devices by themselves', (device) =>
    device.autoSyncUs === null ? device : { ...device, autoSyncUs: null },
  ),
  eachDevice('clocks that are right', (device) =>
    device.skewUs === 0 && device.driftPpm === 0 ? device : { ...device, skewUs: 0, driftPpm: 0 },
  ),
  eachDevice('clocks that start right', (device) => (device.skewUs === 0 ? device : { ...device, skewUs: 0 })),
  eachDevice('clocks that run right', (device) => (device.driftPpm === 0 ? device : { ...device, driftPpm: 0 })),
];

/** The times at which something begins or ends of its own, from 0 on, each once. */
function timesOf(plan: Plan): number[] {
  const times = new Set([0]);
  for (const { autoSyncUs } of plan.devices) if (autoSyncUs !== null) times.add(autoSyncUs);
  for (const { startUs, actions } of plan.users) {
    times.add(startUs);
    for (const { atUs } of actions) if (atUs !== undefined) times.add(atUs);
  }
  for (const { atUs, lengthUs } of plan.faults) {
    times.add(atUs);
    times.add(atUs + lengthUs);
  }
  return [...times].sort((one, other) => one - other);
}

function withTimes(plan: Plan, moved: (timeUs: number) => number): Plan {
  const timed = mapActions(plan, (action) =>
    action.atUs === undefined ? action : { ...action, atUs: moved(action.atUs) },
  );
  return {
    ...timed,
    devices: plan.devices.map((device) =>
      device.autoSyncUs === null ? device : { ...device, autoSyncUs: moved(device.autoSyncUs) },
    ),
    users: timed.users.map((user) => ({ ...user, startUs: moved(user.startUs) })),
    faults: plan.faults.map((fault) => {
      const atUs = moved(fault.atUs);
      return { ...fault, atUs, lengthUs: moved(fault.atUs + fault.lengthUs) - atUs };
    }),
  };
}

/** Shorter times between two things; what came after another still does, what came with it too. */
function gaps(name: string, shorter: (gapUs: number) => number): Simplification {
  return {
    name,
    cut(plan) {
      const times = timesOf(plan);
      const all = times.slice(1).map((timeUs, at) => ({ timeUs, gapUs: timeUs - times[at]! }));
      return {
        items: all.filter(({ gapUs }) => shorter(gapUs) < gapUs),
        apply(kept) {
          const moved = new Map([[0, 0]]);
          let nowUs = 0;
          for (const gap of all) {
            nowUs += kept.has(gap) ? gap.gapUs : Math.max(1, Math.min(gap.gapUs, shorter(gap.gapUs)));
            moved.set(gap.timeUs, nowUs);
          }
          return withTimes(plan, (timeUs) => moved.get(timeUs)!);
        },
      };
    },
  };
}

/** Pauses within actions made shorter. */
function pauses(name: string, shorter: (pauseUs: number) => number): Simplification {
  return {
    name,
    cut(plan) {
      const items: Step[] = [];
      mapSteps(plan, (step) => {
        if (step.do === 'pause' && shorter(step.pauseUs) < step.pauseUs) items.push(step);
        return step;
      });
      const isItem = new Set(items);
      return {
        items,
        apply: (kept) =>
          mapSteps(plan, (step) =>
            step.do === 'pause' && isItem.has(step) && !kept.has(step)
              ? { ...step, pauseUs: shorter(step.pauseUs) }
              : step,
          ),
      };
    },
  };
}

const noThinking: Simplification = {
  name: 'no time to think',
  cut(plan) {
    const items = plan.users.flatMap(({ actions }) => actions.filter(({ thinkUs }) => thinkUs > 0));
    const isItem = new Set<object>(items);
    return {
      items,
      apply: (kept) =>
        mapActions(plan, (action) => (isItem.has(action) && !kept.has(action) ? { ...action, thinkUs: 0 } : action)),
    };
  },
};

/** A user who stops at the whole second after the last action began. */
function stopsSooner(user: PlannedUser): PlannedUser {
  let lastUs = 0;
  for (const { atUs } of user.actions) {
    if (atUs === undefined) return user;
    lastUs = Math.max(lastUs, atUs);
  }
  const stopUs = Math.min(user.stopUs, (Math.floor(lastUs / SECOND_US) + 1) * SECOND_US);
  return stopUs === user.stopUs && user.endUs === stopUs ? user : { ...user, stopUs, endUs: stopUs };
}

function withShorter(fault: FaultEvent, lengthUs: number): FaultEvent {
  return lengthUs > 0 && lengthUs < fault.lengthUs ? { ...fault, lengthUs } : fault;
}

/** Nearer to 0, of the same sign; never 0, which would be another fault. */
function withAmount(fault: FaultEvent, amount: number): FaultEvent {
  return amount !== 0 && Math.abs(amount) < Math.abs(fault.amount) ? { ...fault, amount } : fault;
}

/** Half of a number, rounder, down to `least`; itself where it is no more than that. Either sign. */
function halfOf(value: number, least: number): number {
  const size = Math.abs(value);
  return size <= least ? value : Math.sign(value) * Math.max(least, oneDigit(Math.floor(size / 2)));
}

/** Half as strong, down to a second for what is longer, or down to 1 for small counts; shares are only made rounder. */
function halfAmount({ amount }: FaultEvent): number {
  if (Math.abs(amount) > SECOND_US) return halfOf(amount, SECOND_US);
  return Math.abs(amount) <= SMALL_COUNT && Number.isInteger(amount) ? halfOf(amount, 1) : amount;
}

function withClock(device: PlannedDevice, skewUs: number, driftPpm: number): PlannedDevice {
  return skewUs === device.skewUs && driftPpm === device.driftPpm ? device : { ...device, skewUs, driftPpm };
}

const fates = (plan: Plan): readonly FateRecord[] => plan.fates;

/** Ways to make a plan's times and faults simpler, the bold ones first. */
export const SIMPLER_TIMES: readonly Simplification[] = [
  noThinking,
  pauses('no pauses', () => 0),
  eachFault('faults both ways', (fault) => (fault.way === 'both' ? fault : { ...fault, way: 'both' })),
  eachFault('faults of a second', (fault) => withShorter(fault, SECOND_US)),
  eachFault('faults half as long', (fault) => withShorter(fault, halfOf(fault.lengthUs, SECOND_US))),
  eachFault('rounder lengths of faults', (fault) => withShorter(fault, oneDigit(fault.lengthUs))),
  eachFault('amounts of faults halved', (fault) => withAmount(fault, halfAmount(fault))),
  eachFault('rounder amounts of faults', (fault) => withAmount(fault, oneDigit(fault.amount))),
  eachDevice('clocks half as wrong', (device) => withClock(device, halfOf(device.skewUs, SECOND_US), device.driftPpm)),
  eachDevice('rounder errors of clocks', (device) =>
    withClock(device, oneDigit(device.skewUs), oneDigit(device.driftPpm)),
  ),
  gaps('a second between two things', (gapUs) => Math.min(gapUs, SECOND_US)),
  gaps('half the time between two things', (gapUs) => halfOf(gapUs, SECOND_US)),
  gaps('rounder times between two things', oneDigit),
  pauses('rounder pauses', oneDigit),
  eachUser('users who are there from the start', (user) => (user.startUs === 0 ? user : { ...user, startUs: 0 })),
  eachUser('users who stop sooner', stopsSooner),
  each(
    'rounder delays',
    fates,
    (plan, list) => ({ ...plan, fates: list }),
    (fate): FateRecord => {
      const delayUs = oneDigit(fate[6]);
      if (fate[6] <= 0 || delayUs === fate[6]) return fate;
      return [fate[0], fate[1], fate[2], fate[3], fate[4], fate[5], delayUs, fate[7]];
    },
  ),
];
