// Faults: how often they come, what they cut, that they end, and that each device's are its own.

import { describe, expect, test } from 'vitest';
import type { Device } from '../../models/device.ts';
import { type FaultOptions, Faults } from '../../models/faults.ts';
import { DeviceClock } from '../../sim/device-clock.ts';
import { Network } from '../../sim/network.ts';
import { Simulation } from '../../sim/simulation.ts';
import { drive, prepare } from '../../scenarios/run.ts';

const none: FaultOptions = {
  partitionsPerHour: 0,
  partitionMsMean: 0,
  partitionOneWayShare: 0,
  stepsPerHour: 0,
  stepMsMax: 0,
};
const HOUR_US = 3_600_000_000;

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
    },
    { ...none, ...options },
    list,
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

describe('in a run', () => {
  const config = { faults: { name: 'partitions', partitionsPerHour: 120, partitionMsMean: 20_000 }, thinkScale: 3 };

  test('a device that was cut off catches up, and it is measured how long that took', async () => {
    const prepared = await prepare({ scenario: 'crdt-conflicts', profile: 'storm', seed: 'catch up', config });
    const { result } = await drive(prepared, {});
    const catchUp = result.metrics.find(({ name }) => name === 'catch_up_time');
    expect(result.faults['partition']).toBeGreaterThan(5);
    expect(catchUp?.type).toBe('trend');
    const { count, min, max } = catchUp!.values as { count: number; min: number; max: number };
    expect(count).toBeGreaterThan(3);
    expect(count).toBeLessThanOrEqual(result.faults['partition']!);
    expect(min).toBeGreaterThanOrEqual(0);
    // Until the next sync by itself at the latest, and the pages that it takes.
    expect(max).toBeLessThan(45_000);
    expect(prepared.world.devices.every(({ isOnline }) => isOnline)).toBe(true);
  });

  test('partitions cut messages that are under way, and both sides go on', async () => {
    let cut = 0;
    for (const seed of ['a', 'b', 'c', 'd', 'e']) {
      const { result } = await drive(await prepare({ scenario: 'crdt-conflicts', profile: 'storm', seed, config }), {});
      cut += result.marks['message cut by a partition']!;
      expect(result.findings).toEqual([]);
    }
    expect(cut).toBeGreaterThan(0);
  });
});
