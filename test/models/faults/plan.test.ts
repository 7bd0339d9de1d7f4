// Faults of a plan: the same as the drawn ones that it was kept of, every part of it valid; and the end of all faults.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkFaultEvent, FAULT_KIND_NAMES, type FaultEvent, faultKindInfo } from '../../../models/faults/event.ts';
import { faultRate } from '../../../models/faults/rates.ts';
import { carriedOut, event, type FakeSetup, fakeWorld, HOUR_US } from './fakes.ts';

const often = {
  ...Object.fromEntries(FAULT_KIND_NAMES.map((kind) => [faultRate(kind).perHour, 20])),
  partitionMsMean: 60_000,
  partitionOneWayShare: 0.5,
  stepMsMax: 60_000,
};
const setup: FakeSetup = { ledgers: [3, 2], options: often, settings: { isRecording: true } };

/** An hour of drawn faults, then the end. */
function anHour(seed: string) {
  const world = fakeWorld({ ...setup, seed });
  world.simulation.run(HOUR_US);
  world.faults.stop();
  world.simulation.run();
  return world;
}

describe('a plan that was kept of a run', () => {
  test.each(['a', 'b', 'c'])('has the same effects at the same times (seed %s)', (seed) => {
    const drawn = anHour(seed);
    const plan = JSON.parse(JSON.stringify(drawn.faults.happened)) as FaultEvent[];
    expect(new Set(plan.map(({ kind }) => kind)).size).toBe(FAULT_KIND_NAMES.length);
    // Of another seed: nothing is drawn any more.
    const listed = fakeWorld({ ...setup, seed: 'another', settings: { plan, isRecording: true } });
    listed.simulation.run(HOUR_US);
    listed.faults.stop();
    listed.simulation.run();
    expect(listed.notes).toEqual(drawn.notes);
    expect(listed.faults.happened).toEqual(plan);
    expect(listed.faults.fired).toEqual(drawn.faults.fired);
    expect(listed.faults.idle).toEqual([]);
    expect(listed.blocked()).toEqual(drawn.blocked());
    expect(listed.devices.map(({ isCore }) => isCore)).toEqual(drawn.devices.map(({ isCore }) => isCore));
    expect(listed.simulation.trace.hash()).not.toBe(drawn.simulation.trace.hash());
    for (const each of plan) checkFaultEvent(each, 'fault', 4);
  });

  test('keeps nothing where it is not asked to', () => {
    const world = fakeWorld({ ...setup, settings: {} });
    world.simulation.run(HOUR_US);
    expect(world.faults.fired['crash']).toBeGreaterThan(0);
    expect(world.faults.happened).toEqual([]);
  });
});

describe('every part of a plan', () => {
  const whole = anHour('whole').faults.happened;

  test('is a valid plan: all that begins ends, and nothing is done that cannot be', () => {
    const parts = fc.array(fc.boolean(), { minLength: whole.length, maxLength: whole.length });
    fc.assert(
      fc.property(parts, (isKept) => {
        const plan = whole.filter((_, at) => isKept[at]);
        const world = fakeWorld({ ...setup, settings: { plan, isRecording: true } });
        world.simulation.run(HOUR_US);
        const { happened, fired } = world.faults;
        const planned = new Set(plan);
        expect(happened.every((each) => planned.has(each))).toBe(true);
        expect(Object.values(fired).reduce((sum, times) => sum + times, 0)).toBe(happened.length);
        expect(world.faults.idle).toHaveLength(plan.length - happened.length);
        world.faults.stop();
        expectAllEnded(world);
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  test('in any order, at any times, of any lengths is a valid plan too', () => {
    const anyEvent = fc
      .record({
        kind: fc.constantFrom(...FAULT_KIND_NAMES),
        atUs: fc.integer({ min: 0, max: 50 }),
        device: fc.integer({ min: 0, max: 6 }),
        lengthUs: fc.integer({ min: 0, max: 30 }),
        way: fc.constantFrom('both' as const, 'up' as const, 'down' as const),
      })
      .map(({ kind, atUs, ...rest }) => {
        const { scope, lasts } = faultKindInfo(kind);
        const device = scope === 'relay' ? -1 : rest.device;
        return event(kind, atUs, { ...rest, device, lengthUs: lasts ? rest.lengthUs : 0 });
      });
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), fc.integer({ min: 0, max: 80 }), (plan, stopUs) => {
        const world = fakeWorld({ ...setup, settings: { plan, usersEndUs: stopUs } });
        world.simulation.run(stopUs);
        world.faults.stop();
        const before = world.notes.length;
        expectAllEnded(world);
        world.simulation.run();
        expect(world.notes).toHaveLength(before);
      }),
      { seed: 11, numRuns: 400 },
    );
  });

  test('that names nobody who is there does nothing', () => {
    const plan = [event('crash', 5, { device: 40 }), event('partition', 6, { device: 41 })];
    expect(carriedOut(plan)).toEqual([]);
  });
});

/** Whoever is of the core is as before all faults, and so is the relay; who is away for good is cut off, and runs. */
function expectAllEnded({ notes, devices, blocked }: ReturnType<typeof fakeWorld>): void {
  for (const device of devices) {
    expect([device.isRunning, device.isSuspended]).toEqual([true, false]);
    expect(device.isOnline).toBe(device.isCore);
  }
  const cut = devices.filter(({ isCore }) => !isCore).flatMap(({ index }) => [`${index} up`, `${index} down`]);
  expect(blocked()).toEqual(cut);
  for (const members of new Set(devices.map(({ ledger }) => ledger.members))) {
    if (members.some(({ isCore }) => !isCore)) {
      expect(members.filter(({ isCore }) => isCore).length).toBeGreaterThanOrEqual(2);
    }
  }
  const count = (text: string): number => notes.filter((note) => note.includes(`relay ${text}`)).length;
  expect(count('restart')).toBe(count('crash'));
  expect(count('endFailover') + count('loseFrozen')).toBe(count('beginFailover'));
  expect(count('lift')).toBe(notes.filter((note) => /relay .+ \(\d+\)$/.test(note)).length);
}

describe('the end of all faults', () => {
  const long = { lengthUs: 1_000_000 };
  const everything = FAULT_KIND_NAMES.filter((kind) => faultKindInfo(kind).lasts).map((kind, at) =>
    event(kind, at, { ...long, device: faultKindInfo(kind).scope === 'relay' ? -1 : at }),
  );

  test('ends what lasts, by kind and then by device, and once', () => {
    const both = everything.flatMap((each) =>
      each.device < 0 || each.kind === 'offline' ? [each] : [{ ...each, device: each.device + 20 }, each],
    );
    const { simulation, faults, notes, network, links } = fakeWorld({ ledgers: [40], settings: { plan: both } });
    simulation.run(1000);
    const before = notes.length;
    faults.stop();
    expect(notes.slice(before)).toEqual([
      '1000 device 0 cameOnline 1000',
      '1000 device 20 cameOnline 1020',
      '1000 device 4 reconnect 1004',
      '1000 device 5 restart storage',
      '1000 device 25 restart storage',
      '1000 device 6 restart synced',
      '1000 device 26 restart synced',
      // A microsecond old when it went down at 7.
      '1000 device 7 restart backup 994',
      '1000 device 27 restart backup 994',
      '1000 device 8 resume',
      '1000 device 28 resume',
      '1000 device 9 restart nothing',
      '1000 device 29 restart nothing',
      '1000 relay restart',
      '1000 relay lift 0',
      '1000 relay lift 1',
      '1000 relay lift 2',
      '1000 relay lift 3',
      '1000 relay endFailover',
    ]);
    // Neither clogged, slow nor narrow any more.
    for (const at of [1, 2, 3, 8]) {
      network.send(
        links[at]!.up,
        1000,
        at,
        0,
        0,
        simulation.handler(`test/${at}`, () => notes.push('arrived')),
        0,
        0,
        0,
      );
    }
    simulation.run(1000 + 1000);
    expect(notes.filter((note) => note === 'arrived')).toHaveLength(4);
    const after = notes.length;
    faults.stop();
    simulation.run();
    expect(notes).toHaveLength(after);
  });

  test('lets nothing begin after it, neither drawn nor planned', () => {
    const planned = fakeWorld({ settings: { plan: [event('crash', 10), event('crash', 20_000)] } });
    planned.simulation.run(5000);
    planned.faults.stop();
    planned.simulation.run();
    expect(planned.notes).toEqual(['10 device 0 crash', '1010 device 0 restart storage']);
    expect([planned.faults.fired, planned.faults.idle]).toEqual([{ crash: 1 }, ['fault crash of device 0 at 0.02 s']]);
    const drawn = anHour('end');
    expect(drawn.simulation.run()).toBe('idle');
  });
});

describe('who would be offline beyond the users', () => {
  const usersEndUs = 1000;
  /** The devices that are away for good, after a plan for one ledger of so many members. */
  function away(plan: FaultEvent[], ledgers: number[]) {
    const world = fakeWorld({ ledgers, settings: { plan, usersEndUs } });
    world.simulation.run(usersEndUs);
    world.faults.stop();
    world.simulation.run();
    return { ...world, away: world.devices.flatMap(({ isCore, index }) => (isCore ? [] : [index])) };
  }
  const offline = (device: number, lengthUs: number): FaultEvent => event('offline', 100, { device, lengthUs });

  test('stays away for good, cut off, partition and all', () => {
    const world = away([event('partition', 50, { device: 1, lengthUs: 5000 }), offline(1, 5000)], [3]);
    expect(world.away).toEqual([1]);
    expect(world.blocked()).toEqual(['1 up', '1 down']);
    expect([world.devices[1]!.isOnline, world.devices[1]!.ledger.lastHealedUs]).toEqual([false, -1]);
    expect(world.notes).toEqual(['50 device 1 wentOffline', '100 device 1 disconnect']);
  });

  test('runs all the same', () => {
    const world = away([offline(1, 5000), event('crash', 200, { device: 1, lengthUs: 5000 })], [3]);
    expect([world.away, world.devices[1]!.isRunning]).toEqual([[1], true]);
  });

  test('stays only where two others of the ledger remain, the first by index first', () => {
    expect(away([offline(0, 5000)], [2]).away).toEqual([]);
    expect(away([offline(2, 5000), offline(0, 5000)], [3]).away).toEqual([0]);
    expect(away([offline(2, 5000), offline(0, 5000)], [4]).away).toEqual([0, 2]);
    expect(away([offline(0, 5000), offline(2, 5000)], [2, 3]).away).toEqual([2]);
  });

  test('comes back in time where it ends with the users', () => {
    const world = away([offline(1, 900)], [3]);
    expect([world.away, world.blocked()]).toEqual([[], []]);
    expect(world.notes.at(-1)).toBe('1000 device 1 reconnect 1001');
  });
});

describe('a planned event that is wrong is refused by name', () => {
  const cases: readonly [string, object, string][] = [
    [
      'a kind',
      { ...event('crash', 1), kind: 'toString' },
      'faults[3].kind: got "toString", expected one of partition,',
    ],
    ['a time', event('crash', -1), 'faults[3].atUs: got -1, expected whole microseconds, 0 to a year'],
    ['a fraction', event('crash', 0.5), 'faults[3].atUs: got 0.5'],
    ['a device', event('crash', 1, { device: -1 }), 'faults[3].device: got -1, expected the index of a device'],
    ['the relay', event('failover', 1, { device: 2 }), 'faults[3].device: got 2, expected -1 for a fault of the relay'],
    ['a length', event('crash', 1, { lengthUs: Number.NaN }), 'faults[3].lengthUs: got NaN'],
    ['a length of none', event('clock-step', 1, { lengthUs: 5 }), 'faults[3].lengthUs: got 5, expected 0'],
    ['an amount', event('lost-response', 1, { amount: 1.1 }), 'faults[3].amount: got 1.1, expected 0 to 1'],
    ['an amount of none', event('crash', 1, { amount: 3 }), 'faults[3].amount: got 3, expected 0'],
    ['half a worker', event('brown-out', 1, { amount: 1.5 }), 'faults[3].amount: got 1.5, expected whole, 1 to 4'],
    ['more workers', event('brown-out', 1, { amount: 5 }), 'faults[3].amount: got 5, expected whole, 1 to 4'],
    ['a way', { ...event('clog', 1), way: 'left' }, 'faults[3].way: got "left", expected one of both, up, down'],
    ['a code', { ...event('server-error', 1), code: 404 }, 'faults[3].code: got 404, expected 500 or 503'],
  ];
  test.each(cases)('%s', (_, wrong, message) => {
    expect(() => checkFaultEvent(wrong as FaultEvent, 'faults[3]', 4)).toThrow(message);
  });
});
