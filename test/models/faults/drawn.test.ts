// Faults that are drawn: how often they come, what they cut, that they end, and that each device's are its own.

import { describe, expect, test } from 'vitest';
import type { Device } from '../../../models/device.ts';
import { Faults } from '../../../models/faults/faults.ts';
import { checkFaultEvent, FAULT_KIND_NAMES, type FaultEvent, faultKindInfo } from '../../../models/faults/event.ts';
import type { FaultPorts } from '../../../models/faults/ports.ts';
import { type FaultOptions, faultRate } from '../../../models/faults/rates.ts';
import { DeviceClock } from '../../../sim/device-clock.ts';
import { Network } from '../../../sim/network.ts';
import { Simulation } from '../../../sim/simulation.ts';
import { fakeWorld, HOUR_US, NO_FAULTS } from './fakes.ts';

const link = {
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

interface Cut {
  readonly device: number;
  readonly atUs: number;
  readonly up: boolean;
  readonly down: boolean;
  untilUs: number;
}

/** Runs faults for some hours over devices that only note what happens to them. */
function run(options: Partial<FaultOptions>, devices: number, hours: number, seed = 'faults') {
  const sim = new Simulation({ seed });
  const network = new Network(sim);
  const cuts: Cut[] = [];
  const open = new Map<number, Cut>();
  const clocks: DeviceClock[] = [];
  const ups: number[] = [];
  const downs: number[] = [];
  /** Each device alone in its ledger. */
  const ledgers = Array.from({ length: devices }, () => ({ lastHealedUs: -1 }));
  const list = Array.from({ length: devices }, (_, index) => {
    ups.push(network.link(`device/${index}/up`, link));
    downs.push(network.link(`device/${index}/down`, link));
    clocks.push(new DeviceClock({ epochMs: sim.epochMs }));
    return {
      index,
      ledger: ledgers[index]!,
      clock: clocks[index]!,
      wentOffline: () => {
        const up = network.isBlocked(ups[index]!);
        const cut = { device: index, atUs: sim.nowUs, up, down: network.isBlocked(downs[index]!), untilUs: -1 };
        expect(open.has(index)).toBe(false);
        open.set(index, cut);
        cuts.push(cut);
      },
      cameOnline: (logEnd: number) => {
        expect(logEnd).toBe(1000 + index);
        open.get(index)!.untilUs = sim.nowUs;
        open.delete(index);
      },
    } as unknown as Device;
  });
  const faults = new Faults(
    {
      simulation: sim,
      network,
      linksOf: (device) => ({ up: ups[device.index]!, down: downs[device.index]! }),
      logEndOf: (device) => 1000 + device.index,
    } as Partial<FaultPorts> as FaultPorts,
    { ...NO_FAULTS, ...options },
    list,
    { usersEndUs: Math.round(hours * HOUR_US), deliversCausally: false },
  );
  sim.run(Math.round(hours * HOUR_US));
  const blocked = (): boolean[] => [...ups, ...downs].map((each) => network.isBlocked(each));
  return { sim, faults, cuts, open, clocks, blocked, ledgers };
}

const often = { partitionsPerHour: 12, partitionMsMean: 30_000 };

describe('partitions', () => {
  test('come at the configured rate, by a Poisson process: exponential gaps, counts as variable as they are many', () => {
    // Short ones, so that hardly any comes while the device is cut off already.
    const { cuts, faults } = run({ partitionsPerHour: 12, partitionMsMean: 10 }, 100, 20);
    const expected = 12 * 100 * 20;
    expect(Math.abs(cuts.length - expected)).toBeLessThan(4 * Math.sqrt(expected));
    expect(faults.fired).toEqual({ partition: cuts.length });
    const counts = Array.from({ length: 100 }, (_, device) => cuts.filter((cut) => cut.device === device).length);
    const mean = cuts.length / 100;
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / 99;
    // Of 100 counts of a Poisson process the ratio of variance to mean is within 0.57 of 1 (four standard errors).
    expect(Math.abs(variance / mean - 1)).toBeLessThan(0.57);
    const gaps: number[] = [];
    for (let device = 0; device < 100; device++) {
      const times = cuts.filter((cut) => cut.device === device).map(({ atUs }) => atUs);
      times.forEach((atUs, index) => gaps.push((atUs - (times[index - 1] ?? 0)) / (HOUR_US / 12)));
    }
    // Of exponential gaps e^-1 are longer than the mean, and 1 − e^-0.1 shorter than a tenth of it.
    const share = (is: (gap: number) => boolean): number => gaps.filter(is).length / gaps.length;
    expect(Math.abs(share((gap) => gap > 1) - Math.exp(-1))).toBeLessThan(0.02);
    expect(Math.abs(share((gap) => gap < 0.1) - (1 - Math.exp(-0.1)))).toBeLessThan(0.01);
  });

  test('last as long as configured on average, exponentially', () => {
    const { cuts, sim } = run({ partitionsPerHour: 6, partitionMsMean: 20_000 }, 100, 40);
    const lengths = cuts
      .filter(({ untilUs }) => untilUs >= 0)
      .map(({ atUs, untilUs }) => (untilUs - atUs) / 20_000_000);
    const mean = lengths.reduce((sum, each) => sum + each, 0) / lengths.length;
    expect(lengths.length).toBeGreaterThan(20_000);
    expect(Math.abs(mean - 1)).toBeLessThan(4 / Math.sqrt(lengths.length));
    expect(Math.abs(lengths.filter((each) => each > 2).length / lengths.length - Math.exp(-2))).toBeLessThan(0.01);
    expect(sim.nowUs).toBe(40 * HOUR_US);
  });

  test.each([0, 0.3, 1])('cut one direction only in a share of %d, either one as often as the other', (share) => {
    const { cuts } = run({ ...often, partitionMsMean: 1000, partitionOneWayShare: share }, 60, 20);
    const error = 4 * Math.sqrt(0.25 / cuts.length);
    const oneWay = cuts.filter(({ up, down }) => up !== down);
    expect(cuts.every(({ up, down }) => up || down)).toBe(true);
    expect(Math.abs(oneWay.length / cuts.length - share)).toBeLessThanOrEqual(share === 0 || share === 1 ? 0 : error);
    if (share === 0) return;
    const ups = oneWay.filter(({ up }) => up).length / oneWay.length;
    expect(Math.abs(ups - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / oneWay.length));
  });

  test('block links while they last, and open them again', () => {
    const { cuts, open, blocked } = run({ ...often, partitionsPerHour: 60, partitionOneWayShare: 0.5 }, 20, 5);
    const cutNow = [...open.values()];
    expect(cutNow.length).toBeGreaterThan(0);
    expect(cutNow.length).toBeLessThan(20);
    const expected = Array.from({ length: 40 }, (_, each) => {
      const cut = open.get(each % 20);
      return cut !== undefined && (each < 20 ? cut.up : cut.down);
    });
    expect(blocked()).toEqual(expected);
    expect(cuts.filter(({ untilUs }) => untilUs < 0).length).toBe(cutNow.length);
  });

  test('of a device that is cut off already add nothing', () => {
    // Ten times as many as can be told apart: each lasts as long as ten gaps.
    const { cuts, faults, blocked } = run({ partitionsPerHour: 3600, partitionMsMean: 10_000 }, 10, 2);
    expect(faults.fired['partition']).toBe(cuts.length);
    expect(cuts.length).toBeLessThan((3600 * 10 * 2) / 5);
    for (let device = 0; device < 10; device++) {
      const own = cuts.filter((cut) => cut.device === device);
      own.slice(1).forEach((cut, index) => expect(cut.atUs).toBeGreaterThanOrEqual(own[index]!.untilUs));
    }
    faults.stop();
    expect(blocked().some(Boolean)).toBe(false);
  });

  test('are healed at the end, and none comes any more', () => {
    const { sim, faults, cuts, open, blocked, ledgers } = run({ ...often, partitionsPerHour: 120 }, 20, 3);
    const cutNow = [...open.keys()];
    expect(cutNow.length).toBeGreaterThan(0);
    const nowUs = sim.nowUs;
    faults.stop();
    expect([open.size, blocked().some(Boolean)]).toEqual([0, false]);
    const healedNow = (): number[] => [...ledgers.keys()].filter((each) => ledgers[each]!.lastHealedUs === nowUs);
    expect(healedNow()).toEqual(cutNow.toSorted((one, other) => one - other));
    const before = cuts.length;
    sim.run(nowUs + HOUR_US);
    expect([cuts.length, open.size, blocked().some(Boolean)]).toEqual([before, 0, false]);
    expect(healedNow()).toHaveLength(cutNow.length);
    expect(sim.run()).toBe('idle');
  });

  test("that heal are known to the device's ledger by the time of the last one, and to no other", () => {
    const { ledgers, cuts } = run({ ...often, partitionsPerHour: 1 }, 5, 0.9);
    const expected = ledgers.map((_, index) =>
      Math.max(-1, ...cuts.filter(({ device }) => device === index).map(({ untilUs }) => untilUs)),
    );
    expect(ledgers.map(({ lastHealedUs }) => lastHealedUs)).toEqual(expected);
    expect(new Set(expected).size).toBeGreaterThan(2);
    expect(expected).toContain(-1);
  });

  test('of the others stay as they were when one device is taken away', () => {
    const all = run({ ...often, partitionOneWayShare: 0.3 }, 8, 20).cuts;
    const fewer = run({ ...often, partitionOneWayShare: 0.3 }, 7, 20).cuts;
    expect(fewer.length).toBeGreaterThan(500);
    expect(fewer).toEqual(all.filter(({ device }) => device < 7));
  });

  test('stay as they were when clocks step too', () => {
    const alone = run(often, 5, 10).cuts;
    expect(run({ ...often, stepsPerHour: 20, stepMsMax: 60_000 }, 5, 10).cuts).toEqual(alone);
  });

  test('are the same for the same seed, and others for another', () => {
    expect(run(often, 5, 5).cuts).toEqual(run(often, 5, 5).cuts);
    expect(run(often, 5, 5, 'another').cuts).not.toEqual(run(often, 5, 5).cuts);
  });
});

describe('steps of clocks', () => {
  test('come at the configured rate and add up to what each clock shows', () => {
    const { faults, clocks, sim } = run({ stepsPerHour: 5, stepMsMax: 60_000 }, 100, 20);
    const expected = 5 * 100 * 20;
    expect(Object.keys(faults.fired)).toEqual(['clock-step']);
    expect(Math.abs(faults.fired['clock-step']! - expected)).toBeLessThan(4 * Math.sqrt(expected));
    const offMs = clocks.map((clock) => (clock.nowUs(sim.nowUs) - sim.nowUs) / 1000);
    // A hundred steps, each uniform within a minute: a standard deviation of 60 s × √(100 / 3).
    const deviation = 60_000 * Math.sqrt(100 / 3);
    const mean = offMs.reduce((sum, each) => sum + each, 0) / 100;
    const spread = Math.sqrt(offMs.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 99);
    expect(Math.abs(mean)).toBeLessThan((4 * deviation) / 10);
    expect(Math.abs(spread / deviation - 1)).toBeLessThan(0.3);
  });

  test('go either way, each by at most what is configured', () => {
    const { clocks, sim } = run({ stepsPerHour: 1, stepMsMax: 5000 }, 400, 0.2);
    const offMs = clocks.map((clock) => (clock.nowUs(sim.nowUs) - sim.nowUs) / 1000).filter((each) => each !== 0);
    expect(offMs.length).toBeGreaterThan(40);
    expect([offMs.some((each) => each > 0), offMs.some((each) => each < 0)]).toEqual([true, true]);
    // In 12 minutes hardly a device has more than four steps.
    expect(Math.max(...offMs.map(Math.abs))).toBeLessThanOrEqual(4 * 5000);
  });

  test('end with the faults', () => {
    const { sim, faults } = run({ stepsPerHour: 50, stepMsMax: 1000 }, 10, 2);
    const before = faults.fired['clock-step'];
    faults.stop();
    expect(sim.run()).toBe('idle');
    expect(faults.fired['clock-step']).toBe(before);
  });
});

test('faults that are off never fire, and are not listed', () => {
  const { sim, faults } = run({}, 5, 10);
  expect([faults.fired, sim.events]).toEqual([{}, 0]);
  expect(run({ stepsPerHour: 5, stepMsMax: 0 }, 2, 10).faults.fired).toEqual({});
});

test('one that is on is listed though it has not fired yet', () => {
  expect(run({ ...often, partitionsPerHour: 0.001 }, 1, 0.01).faults.fired).toEqual({ partition: 0 });
});

describe('every kind', () => {
  const rates = Object.fromEntries(FAULT_KIND_NAMES.map((kind) => [faultRate(kind).perHour, 30]));
  const options: Partial<FaultOptions> = {
    ...rates,
    partitionMsMean: 5000,
    partitionOneWayShare: 0.5,
    stepMsMax: 60_000,
  };
  const world = (more: Partial<FaultOptions> = {}, ledgers = [8]) =>
    fakeWorld({
      ledgers,
      options: { ...options, ...more },
      settings: { isRecording: true, usersEndUs: 10 * HOUR_US },
    });

  test('comes at its rate, with lengths and amounts of its means', () => {
    const { simulation, faults } = world();
    simulation.run(10 * HOUR_US);
    const all: FaultOptions = { ...NO_FAULTS, ...options };
    for (const kind of FAULT_KIND_NAMES) {
      const { perHour, lengthMsMean, amount } = faultRate(kind);
      const { scope, amountMin = 0, amountMax = 0 } = faultKindInfo(kind);
      const events = faults.happened.filter((each) => each.kind === kind);
      const arrivals = all[perHour] * 10 * (scope === 'relay' ? 1 : 8);
      // Some find their slot taken: offline lasts as long as the gap between two, and crashes share theirs.
      expect(events.length, kind).toBeGreaterThan(arrivals * 0.2);
      expect(events.length, kind).toBeLessThan(arrivals + 5 * Math.sqrt(arrivals));
      expect(faults.fired[kind]).toBe(events.length);
      const mean = (of: (each: FaultEvent) => number): number =>
        events.reduce((sum, each) => sum + of(each), 0) / events.length;
      const error = 5 / Math.sqrt(events.length);
      const lengthUs = lengthMsMean === undefined ? 0 : all[lengthMsMean] * 1000;
      if (lengthUs === 0) expect(events.every((each) => each.lengthUs === 0)).toBe(true);
      else expect(Math.abs(mean((each) => each.lengthUs) / lengthUs - 1), kind).toBeLessThan(error);
      for (const each of events) {
        checkFaultEvent(each, 'event', 4);
        expect(each.amount).toBeGreaterThanOrEqual(amountMin);
        expect(each.amount).toBeLessThanOrEqual(amountMax);
      }
      if (amount?.drawn === 'as it is')
        expect(new Set(events.map((each) => each.amount))).toEqual(new Set([all[amount.key]]));
      if (amount?.drawn === 'exponential ms') {
        expect(Math.abs(mean((each) => each.amount) / (all[amount.key] * 1000) - 1), kind).toBeLessThan(error);
      }
    }
    const codes = faults.happened.filter(({ kind }) => kind === 'server-error').map(({ code }) => code ?? 500);
    expect(Math.abs(codes.filter((code) => code === 503).length / codes.length - 0.5)).toBeLessThan(0.15);
    const ways = faults.happened.filter(({ kind }) => kind === 'clog').map(({ way }) => way);
    expect(new Set(ways)).toEqual(new Set(['both', 'up', 'down']));
  });

  test('is drawn from a stream of its own: without the others it comes at the same times', () => {
    const together = world();
    together.simulation.run(HOUR_US);
    for (const kind of ['clog', 'clock-step', 'retention', 'slow-store', 'lost-response'] as const) {
      const alone = fakeWorld({
        ledgers: [8],
        options: {
          ...options,
          ...Object.fromEntries(Object.keys(rates).map((key) => [key, 0])),
          [faultRate(kind).perHour]: 30,
        },
        settings: { isRecording: true },
      });
      alone.simulation.run(HOUR_US);
      expect(alone.faults.happened.length).toBeGreaterThan(10);
      expect(alone.faults.happened).toEqual(together.faults.happened.filter((each) => each.kind === kind));
    }
  });

  test('that is very rare never comes, and stops nothing', () => {
    const rare = world(Object.fromEntries(Object.keys(rates).map((key) => [key, 1e-12])));
    rare.simulation.run(100 * HOUR_US);
    expect(Object.keys(rare.faults.fired)).toEqual([...FAULT_KIND_NAMES]);
    expect(Object.values(rare.faults.fired).every((times) => times === 0)).toBe(true);
  });
});
