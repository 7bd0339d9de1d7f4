// The network: what arrives, when, and what does not.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantile } from '../../sim/distributions.ts';
import type { DropReason, Fate, NetworkHooks } from '../../sim/fate.ts';
import { checkLinkOptions, latencyDistribution, type LinkOptions, nominalLatencyMs } from '../../sim/link.ts';
import { Network } from '../../sim/network.ts';
import { Simulation } from '../../sim/simulation.ts';

const IDEAL: LinkOptions = {
  latencyMsMean: 10,
  latencyMsMin: 0,
  latencyMsMax: 1000,
  latencySigma: 0,
  bandwidthKbit: 0,
  lossRate: 0,
  duplicateRate: 0,
  reorderRate: 0,
  reorderMsMean: 50,
};
const STORMY: LinkOptions = {
  ...IDEAL,
  latencySigma: 0.5,
  lossRate: 0.2,
  duplicateRate: 0.2,
  reorderRate: 0.2,
};

interface World {
  readonly sim: Simulation;
  readonly network: Network;
  readonly handler: number;
  /** `a@time` of each arrival, in order. */
  readonly arrivals: string[];
  readonly arrivedUs: Map<number, number[]>;
  readonly drops: { link: number; reason: DropReason; a: number; atUs: number }[];
  /** Sends message a, its ordinal too. */
  send(link: number, a: number, bytes?: number): number;
  at(atUs: number, action: () => void): void;
}

function world(seed = 'network', hooks: NetworkHooks = {}): World {
  const sim = new Simulation({ seed });
  const drops: World['drops'] = [];
  const network = new Network(sim, {
    onDrop: (link, reason, a) => drops.push({ link, reason, a, atUs: sim.nowUs }),
    ...hooks,
  });
  const arrivals: string[] = [];
  const arrivedUs = new Map<number, number[]>();
  const handler = sim.handler('test/arrival', (a) => {
    arrivals.push(`${a}@${sim.nowUs}`);
    arrivedUs.set(a, [...(arrivedUs.get(a) ?? []), sim.nowUs]);
  });
  const actions: (() => void)[] = [];
  const act = sim.handler('test/action', (index) => actions[index]!());
  return {
    sim,
    network,
    handler,
    arrivals,
    arrivedUs,
    drops,
    send: (link, a, bytes = 0) => network.send(link, bytes, a, 0, 0, handler, a, 0, 0),
    at: (atUs, action) => sim.scheduleAt(atUs, act, actions.push(action) - 1),
  };
}

/** Bounds that a binomial count keeps to with 99.9%. */
function expectShare(count: number, total: number, rate: number): void {
  const halfWidth = 3.29 * Math.sqrt((rate * (1 - rate)) / total);
  expect(count / total).toBeGreaterThan(rate - halfWidth);
  expect(count / total).toBeLessThan(rate + halfWidth);
}

describe('a link', () => {
  test('hands the handler its three integers after the latency', () => {
    const { sim, network } = world();
    const seen: number[][] = [];
    const handler = sim.handler('test/integers', (a, b, c) => seen.push([sim.nowUs, a, b, c]));
    const link = network.link('a/up', { ...IDEAL, latencyMsMean: 12.5 });
    network.send(link, 100, 0, 0, 0, handler, -7, 2147483647, 3);
    sim.run();
    expect(seen).toEqual([[12_500, -7, 2147483647, 3]]);
  });

  test('spreads latencies as its distribution says, within min and max', () => {
    const { sim, network, send, arrivedUs } = world();
    const options = { ...IDEAL, latencyMsMean: 60, latencyMsMin: 20, latencyMsMax: 300, latencySigma: 0.5 };
    const link = network.link('a/up', options);
    const count = 20_000;
    for (let i = 0; i < count; i++) send(link, i);
    sim.run();
    const latenciesMs = [...arrivedUs.values()].map(([atUs]) => atUs! / 1000);
    expect(latenciesMs).toHaveLength(count);
    for (const p of [0.05, 0.25, 0.5, 0.75, 0.95, 0.99]) {
      const cut = quantile(latencyDistribution(options), p);
      expectShare(latenciesMs.filter((ms) => ms < cut).length, count, p);
    }
    // The median of a lognormal is its mean times exp(−σ²/2).
    const sorted = latenciesMs.toSorted((x, y) => x - y);
    expect(sorted[count / 2]).toBeCloseTo(60 * Math.exp(-0.125), -0.5);
    expect(sorted[0]).toBeGreaterThanOrEqual(20);
    expect(sorted[count - 1]).toBeLessThanOrEqual(300);
    const mean = latenciesMs.reduce((sum, ms) => sum + ms, 0) / count;
    const deviation = Math.sqrt(latenciesMs.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / count);
    expect(Math.abs(mean - nominalLatencyMs(options))).toBeLessThan((3.29 * deviation) / Math.sqrt(count));
  });

  test('loses, doubles and delays at its rates', () => {
    const { sim, network, send } = world();
    const link = network.link('a/up', { ...IDEAL, lossRate: 0.05, duplicateRate: 0.1, reorderRate: 0.2 });
    const count = 50_000;
    for (let i = 0; i < count; i++) send(link, i);
    sim.run();
    const { sent, duplicated, lost, reordered, delivered } = network.statistics();
    expect(sent).toBe(count);
    expectShare(duplicated, count, 0.1);
    expectShare(lost, count + duplicated, 0.05);
    expectShare(reordered, delivered, 0.2);
    expect(delivered).toBe(count + duplicated - lost);
  });

  test('with its rates at 0 or 1 loses none or all', () => {
    const { sim, network, send, arrivals } = world();
    const sure = network.link('sure', IDEAL);
    const never = network.link('never', { ...IDEAL, lossRate: 1 });
    for (let i = 0; i < 100; i++) {
      expect(send(sure, i)).toBe(1);
      expect(send(never, i)).toBe(0);
    }
    sim.run();
    expect(arrivals).toHaveLength(100);
  });

  test('delivers a doubled message twice, each copy after a latency of its own', () => {
    const { sim, network, send, arrivedUs } = world();
    const link = network.link('a/up', { ...IDEAL, latencySigma: 0.5, duplicateRate: 1 });
    for (let i = 0; i < 20; i++) expect(send(link, i)).toBe(2);
    sim.run();
    expect(arrivedUs.size).toBe(20);
    for (const [first, second, ...more] of arrivedUs.values()) {
      expect(second).toBeGreaterThan(first!);
      expect(more).toEqual([]);
    }
  });

  test('lets a quick message pass a slow one, unless it is in order', () => {
    const order = (inOrder: boolean): number[] => {
      const { sim, network, send, arrivals } = world();
      const link = network.link('a/up', { ...IDEAL, latencySigma: 0.5, inOrder });
      for (let i = 0; i < 50; i++) send(link, i);
      sim.run();
      return arrivals.map((arrival) => Number.parseInt(arrival, 10));
    };
    const sent = Array.from({ length: 50 }, (_, i) => i);
    expect(order(true)).toEqual(sent);
    expect(order(false)).not.toEqual(sent);
    expect(order(false).toSorted((x, y) => x - y)).toEqual(sent);
  });

  test('in order is overtaken at a reordered message, which holds nothing back', () => {
    const fates: Fate[] = [
      { lost: false, reordered: false, delayUs: 10_000 },
      { lost: false, reordered: true, delayUs: 90_000 },
      { lost: false, reordered: false, delayUs: 4_000 },
      { lost: false, reordered: false, delayUs: 20_000 },
    ];
    const { sim, network, send, arrivals } = world('network', {
      fates: { fate: (_link, ordinal, _attempt, _page, copy) => (copy === 0 ? fates[ordinal] : undefined) },
    });
    const link = network.link('a/up', { ...IDEAL, inOrder: true });
    for (let i = 0; i < 4; i++) send(link, i);
    sim.run();
    expect(arrivals).toEqual(['0@10000', '2@10000', '3@20000', '1@90000']);
    expect(network.statistics().reordered).toBe(1);
  });

  test('adds the detour of a reordered message to its latency', () => {
    const { sim, network, send, arrivedUs } = world();
    const link = network.link('a/up', { ...IDEAL, reorderRate: 1, reorderMsMean: 40 });
    const count = 20_000;
    for (let i = 0; i < count; i++) send(link, i);
    sim.run();
    const detoursMs = [...arrivedUs.values()].map(([atUs]) => atUs! / 1000 - 10);
    expect(Math.min(...detoursMs)).toBeGreaterThanOrEqual(0);
    // Mean and deviation of an exponential are equal.
    const mean = detoursMs.reduce((sum, ms) => sum + ms, 0) / count;
    expect(Math.abs(mean - 40)).toBeLessThan((3.29 * 40) / Math.sqrt(count));
  });

  test('spaces messages by its bandwidth, to the microsecond', () => {
    const { sim, network, send, at, arrivals } = world();
    // 1250 bytes are 10,000 bits: 10 ms at 1000 kbit/s.
    const link = network.link('a/up', { ...IDEAL, bandwidthKbit: 1000 });
    for (let i = 0; i < 3; i++) send(link, i, 1250);
    at(100_000, () => send(link, 3, 125));
    at(100_500, () => send(link, 4, 1250));
    sim.run();
    expect(arrivals).toEqual(['0@20000', '1@30000', '2@40000', '3@111000', '4@121000']);
  });

  test('keeps the fractions of a microsecond on its wire', () => {
    const { sim, network, send, arrivals } = world();
    // 2⅔ µs each.
    const link = network.link('a/up', { ...IDEAL, latencyMsMean: 0, bandwidthKbit: 3000 });
    for (let i = 0; i < 3000; i++) send(link, i, 1);
    sim.run();
    expect(arrivals.slice(0, 3)).toEqual(['0@3', '1@5', '2@8']);
    expect(arrivals.at(-1)).toBe('2999@8000');
  });

  test('has its wire taken by lost messages too, not by another link or a blocked message', () => {
    const { sim, network, send, at, arrivals } = world('network', {
      fates: {
        fate: (_link, ordinal, _attempt, _page, copy) =>
          copy === 0 ? { lost: ordinal === 0, reordered: false, delayUs: 10_000 } : undefined,
      },
    });
    const link = network.link('a/up', { ...IDEAL, bandwidthKbit: 1000 });
    const other = network.link('a/down', { ...IDEAL, bandwidthKbit: 1000 });
    send(link, 0, 1250);
    send(link, 1, 1250);
    send(other, 2, 1250);
    at(50_000, () => {
      network.block(link);
      send(link, 3, 1250);
      network.unblock(link);
      send(link, 4, 1250);
    });
    sim.run();
    expect(arrivals).toEqual(['2@20000', '1@30000', '4@70000']);
    expect(network.statistics().bytes).toBe(4 * 1250);
  });

  test('adds delay to what is sent while it is asked to', () => {
    const { sim, network, send, at, arrivals } = world();
    const link = network.link('a/up', IDEAL);
    send(link, 0);
    network.addDelay(link, 5000);
    network.addDelay(link, 2000);
    send(link, 1);
    at(100_000, () => {
      network.addDelay(link, -5000);
      send(link, 2);
    });
    sim.run();
    expect(arrivals).toEqual(['0@10000', '1@17000', '2@112000']);
    expect(() => network.addDelay(link, -3000)).toThrow('whole microseconds');
  });

  test('is at most so wide while it is narrowed; then its wire is free', () => {
    const { sim, network, send, at, arrivals } = world();
    const wide = network.link('wide', { ...IDEAL, bandwidthKbit: 1000 });
    const unlimited = network.link('unlimited', IDEAL);
    const narrow = network.link('narrow', { ...IDEAL, bandwidthKbit: 10 });
    // 125 bytes are 1000 bits: 10 ms at 100 kbit/s, 1 ms at 1000, 100 ms at 10.
    for (const link of [wide, unlimited, narrow]) network.throttle(link, 100);
    for (let i = 0; i < 3; i++) {
      send(wide, i, 125);
      send(unlimited, 10 + i, 125);
    }
    send(narrow, 20, 125);
    at(5000, () => {
      for (const link of [wide, unlimited, narrow]) network.unthrottle(link);
      send(wide, 3, 125);
      send(unlimited, 13, 125);
    });
    sim.run();
    expect(arrivals).toEqual([
      '13@15000',
      '3@16000',
      '0@20000',
      '10@20000',
      '1@30000',
      '11@30000',
      '2@40000',
      '12@40000',
      '20@110000',
    ]);
    expect(() => network.throttle(wide, 0)).toThrow('a bandwidth > 0');
  });

  test('that is narrowed anew has the newer width', () => {
    const { sim, network, send, arrivals } = world();
    const link = network.link('a/up', IDEAL);
    network.throttle(link, 10);
    network.throttle(link, 1000);
    send(link, 0, 125);
    sim.run();
    expect(arrivals).toEqual(['0@11000']);
  });

  test('keeps its state when many others are added', () => {
    const { sim, network, send, arrivals } = world();
    const link = network.link('first', { ...IDEAL, bandwidthKbit: 1000, inOrder: true });
    network.block(link);
    send(link, 0, 1250);
    network.unblock(link);
    send(link, 1, 1250);
    network.clog(link);
    for (let i = 0; i < 1000; i++) network.link(`other/${i}`, { ...IDEAL, latencyMsMean: i + 1 });
    send(link, 2, 1250);
    send(500, 500);
    network.unclog(link);
    sim.run();
    expect(arrivals).toEqual(['1@20000', '2@30000', '500@500000']);
  });
});

describe('a partition', () => {
  test('drops messages in flight', () => {
    const { sim, network, send, at, arrivals, drops } = world();
    const link = network.link('a/up', IDEAL);
    send(link, 1);
    at(4_000, () => network.block(link));
    at(5_000, () => network.unblock(link));
    at(6_000, () => send(link, 2));
    sim.run();
    expect(arrivals).toEqual(['2@16000']);
    expect(drops).toEqual([{ link, reason: 'cut', a: 1, atUs: 10_000 }]);
    expect(network.statistics()).toMatchObject({ sent: 2, delivered: 1, droppedByPartition: 1, inFlight: 0 });
  });

  test('drops what is sent while it lasts', () => {
    const { sim, network, send, arrivals, drops } = world();
    const link = network.link('a/up', IDEAL);
    const partition = network.partition([link]);
    expect(network.isBlocked(link)).toBe(true);
    expect(send(link, 1)).toBe(0);
    network.heal(partition);
    expect(network.isBlocked(link)).toBe(false);
    send(link, 2);
    sim.run();
    expect(arrivals).toEqual(['2@10000']);
    expect(drops).toEqual([{ link, reason: 'blocked', a: 1, atUs: 0 }]);
  });

  test('of one way leaves the other way open', () => {
    const { sim, network, send, arrivals } = world();
    const up = network.link('a/up', IDEAL);
    const down = network.link('a/down', IDEAL);
    network.partition([up]);
    send(up, 1);
    send(down, 2);
    sim.run();
    expect(arrivals).toEqual(['2@10000']);
  });

  test('that overlaps another leaves a link blocked until both are healed', () => {
    const { network } = world();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => network.link(name, IDEAL)) as [number, number, number];
    const blocked = (): boolean[] => [a, b, c].map((link) => network.isBlocked(link));
    const first = network.partition([a, b]);
    const second = network.partition([b, c]);
    expect(blocked()).toEqual([true, true, true]);
    network.heal(first);
    expect(blocked()).toEqual([false, true, true]);
    network.block(c);
    network.heal(second);
    expect(blocked()).toEqual([false, false, true]);
    network.unblock(c);
    expect(blocked()).toEqual([false, false, false]);
  });

  test('is healed once, and a link unblocked as often as it was blocked', () => {
    const { network } = world();
    const link = network.link('a', IDEAL);
    const partition = network.partition([link]);
    network.heal(partition);
    expect(() => network.heal(partition)).toThrow('not there');
    expect(() => network.unblock(link)).toThrow('more often');
    expect(() => network.unclog(link)).toThrow('more often');
    expect(() => network.block(1)).toThrow('no such link');
  });
});

describe('a clogged link', () => {
  test('holds messages and delivers them in order when it is unclogged', () => {
    const { sim, network, send, at, arrivals } = world();
    const link = network.link('a/up', IDEAL);
    send(link, 0);
    at(1_000, () => send(link, 1));
    at(2_000, () => send(link, 2));
    at(10_500, () => network.clog(link));
    at(60_000, () => send(link, 3));
    at(65_000, () => network.unclog(link));
    sim.run();
    expect(arrivals).toEqual(['0@10000', '1@65000', '2@65000', '3@70000']);
  });

  test('stays clogged until the last clog is taken back', () => {
    const { sim, network, send, at, arrivals } = world();
    const link = network.link('a/up', IDEAL);
    network.clogUntil(link, 30_000);
    network.clogUntil(link, 20_000);
    network.clog(link);
    send(link, 0);
    at(40_000, () => network.unclog(link));
    sim.run();
    expect(arrivals).toEqual(['0@40000']);
  });

  test('lets what arrives at the time of its end not overtake what was held', () => {
    const { sim, network, send, at, arrivals } = world();
    const link = network.link('a/up', { ...IDEAL, inOrder: true });
    network.clog(link);
    send(link, 0);
    at(20_000, () => network.unclog(link));
    at(10_000, () => send(link, 1));
    sim.run();
    expect(arrivals).toEqual(['0@20000', '1@20000']);
  });

  test('that is clogged again before its release goes on holding', () => {
    const { sim, network, send, at, arrivals } = world();
    const link = network.link('a/up', IDEAL);
    network.clog(link);
    send(link, 0);
    at(20_000, () => {
      network.unclog(link);
      network.clog(link);
    });
    at(25_000, () => network.unclog(link));
    sim.run();
    expect(arrivals).toEqual(['0@25000']);
  });

  test('still drops what a partition cut', () => {
    const { sim, network, send, at, arrivals, drops } = world();
    const link = network.link('a/up', IDEAL);
    network.clogUntil(link, 50_000);
    send(link, 0);
    at(20_000, () => network.heal(network.partition([link])));
    at(30_000, () => send(link, 1));
    sim.run();
    expect(arrivals).toEqual(['1@50000']);
    expect(drops).toEqual([{ link, reason: 'cut', a: 0, atUs: 50_000 }]);
  });
});

describe('the fate of a message', () => {
  /** What became of each message, by its link's name and number; sends in the order given. */
  function fatesOf(seed: string, names: readonly string[], messages: readonly (readonly [number, number])[]) {
    const { sim, network, handler } = world(seed);
    const links = names.map((name) => network.link(name, STORMY));
    const fates = new Map<string, string>();
    const arrive = sim.handler('test/fate', (link, ordinal) => {
      const key = `${names[link]}/${ordinal}`;
      fates.set(key, `${fates.get(key) ?? ''} ${sim.nowUs}`);
    });
    expect(handler).not.toBe(arrive);
    for (const [link, ordinal] of messages) {
      fates.set(`${names[link]}/${ordinal}`, '');
      network.send(links[link]!, 100, ordinal, 0, 0, arrive, link, ordinal, 0);
    }
    sim.run();
    return fates;
  }

  const someMessages = fc.uniqueArray(fc.tuple(fc.nat(2), fc.nat(1000)), {
    minLength: 1,
    maxLength: 60,
    size: 'max',
    selector: String,
  });

  test('stays as it was when another message is taken away', () => {
    fc.assert(
      fc.property(fc.string(), someMessages, fc.nat(), (seed, messages, pick) => {
        const gone = messages[pick % messages.length]!;
        const names = ['a', 'b', 'c'];
        const before = fatesOf(seed, names, messages);
        const after = fatesOf(
          seed,
          names,
          messages.filter((message) => message !== gone),
        );
        before.delete(`${names[gone[0]]}/${gone[1]}`);
        expect(after).toEqual(before);
      }),
    );
  });

  test('follows from the name of the link, not from which links were made before it', () => {
    const messages = Array.from({ length: 100 }, (_, i) => [0, i] as const);
    const alone = fatesOf('seed', ['b'], messages);
    const second = fatesOf(
      'seed',
      ['a', 'b'],
      messages.map(([, ordinal]) => [1, ordinal]),
    );
    expect(second).toEqual(alone);
    expect([...fatesOf('seed', ['a'], messages).values()]).not.toEqual([...alone.values()]);
    expect(fatesOf('other seed', ['b'], messages)).not.toEqual(alone);
  });

  test('differs with ordinal, attempt, page and copy', () => {
    const seen: number[] = [];
    const { network, handler } = world('network', {
      onFate: (_link, _ordinal, _attempt, _page, _copy, _lost, _reordered, delayUs) => seen.push(delayUs),
    });
    const link = network.link('a', {
      ...IDEAL,
      latencyMsMean: 1000,
      latencyMsMax: 100_000,
      latencySigma: 1,
      duplicateRate: 1,
    });
    for (const [ordinal, attempt, page] of [
      [0, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ] as const) {
      network.send(link, 0, ordinal, attempt, page, handler, 0, 0, 0);
    }
    expect(seen).toHaveLength(8);
    expect(new Set(seen).size).toBe(8);
    network.send(link, 0, 0, 0, 0, handler, 0, 0, 0);
    expect(seen.slice(8)).toEqual(seen.slice(0, 2));
  });

  test('is made of draws that have nothing to do with each other', () => {
    const fates: { ordinal: number; copy: number; lost: boolean; reordered: boolean; delayMs: number }[] = [];
    const { network, send } = world('network', {
      onFate: (_link, ordinal, _attempt, _page, copy, lost, reordered, delayUs) =>
        fates.push({ ordinal, copy, lost, reordered, delayMs: delayUs / 1000 }),
    });
    const options = { ...IDEAL, latencyMsMean: 100, latencySigma: 0.5, lossRate: 0.3, reorderRate: 0.5 };
    const link = network.link('a', { ...options, duplicateRate: 0.5, reorderMsMean: 50 });
    const count = 40_000;
    for (let i = 0; i < count; i++) send(link, i);
    const copies = [0, 1].map((which) => new Map(fates.filter((f) => f.copy === which).map((f) => [f.ordinal, f])));
    const doubled = [...copies[1]!.values()].map((second) => [copies[0]!.get(second.ordinal)!, second] as const);
    // A lost message is doubled as often as another, both copies are lost at the product of their rates, and so on.
    const lostFirst = [...copies[0]!.values()].filter(({ lost }) => lost);
    expectShare(lostFirst.filter(({ ordinal }) => copies[1]!.has(ordinal)).length, lostFirst.length, 0.5);
    expectShare(doubled.filter(([a, b]) => a.lost && b.lost).length, doubled.length, 0.09);
    const arrived = doubled.filter(([a, b]) => !a.lost && !b.lost);
    expectShare(arrived.filter(([a, b]) => a.reordered && b.reordered).length, arrived.length, 0.25);
    // Means and variances add up: latency has mean 100 and variance 100²(exp(σ²) − 1), the detour 50 and 50².
    const moments = (reordered: boolean): readonly [number, number] => {
      const delays = fates.filter((f) => !f.lost && f.reordered === reordered).map(({ delayMs }) => delayMs);
      const mean = delays.reduce((sum, ms) => sum + ms, 0) / delays.length;
      return [mean, delays.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / delays.length];
    };
    const variance = 10_000 * (Math.exp(0.25) - 1);
    const [direct, detoured] = [moments(false), moments(true)];
    expect(Math.abs(direct[0] - 100)).toBeLessThan(2);
    expect(Math.abs(detoured[0] - 150)).toBeLessThan(3);
    expect(Math.abs(direct[1] / variance - 1)).toBeLessThan(0.1);
    expect(Math.abs(detoured[1] / (variance + 2500) - 1)).toBeLessThan(0.1);
  });

  test('replays from a record, whatever the seed and the rates', () => {
    const record = new Map<string, Fate>();
    const first = world('first', {
      onFate: (link, ordinal, attempt, page, copy, lost, reordered, delayUs) =>
        record.set([link, ordinal, attempt, page, copy].join(), { lost, reordered, delayUs }),
    });
    const second = world('second', { fates: { fate: (...place) => record.get(place.join()) } });
    for (const [{ sim, network, send }, options] of [
      [first, STORMY],
      [second, { ...STORMY, lossRate: 0.9, latencyMsMean: 500 }],
    ] as const) {
      const link = network.link('a', options);
      for (let i = 0; i < 200; i++) send(link, i);
      sim.run();
    }
    expect(first.network.statistics()).toMatchObject({ sent: 200, inFlight: 0 });
    expect(first.network.statistics().lost).toBeGreaterThan(0);
    expect(second.arrivals).toEqual(first.arrivals);
    expect(second.drops).toEqual(first.drops);
    expect(second.network.statistics()).toEqual(first.network.statistics());
  });

  test('is to arrive once after the nominal latency where there is no record, whatever the rates', () => {
    const { sim, network, send, arrivals } = world('seed', {
      fates: {
        fate: (_link, ordinal, _attempt, _page, copy) =>
          ordinal % 2 === 0 && copy === 0 ? { lost: true, reordered: false, delayUs: 0 } : undefined,
      },
    });
    const link = network.link('a', { ...STORMY, lossRate: 0.9, duplicateRate: 0.9, latencyMsMean: 40 });
    for (let i = 0; i < 100; i++) send(link, i);
    sim.run();
    expect(arrivals).toEqual(Array.from({ length: 50 }, (_, i) => `${2 * i + 1}@40000`));
  });

  test('ends for each copy in one delivery or one drop, whatever befalls the links', () => {
    const step = fc.record({
      what: fc.constantFrom('send', 'block', 'unblock', 'clog', 'unclog', 'clogUntil'),
      link: fc.nat(1),
      afterUs: fc.nat(15_000),
    });
    fc.assert(
      fc.property(fc.string(), fc.array(step, { maxLength: 60, size: 'max' }), (seed, steps) => {
        const { sim, network, send, at, arrivals, drops } = world(seed);
        const links = [network.link('a', STORMY), network.link('b', { ...STORMY, inOrder: true, bandwidthKbit: 100 })];
        const blocks = [0, 0];
        const clogs = [0, 0];
        let underWay = 0;
        let atUs = 0;
        for (const [index, { what, link: which, afterUs }] of steps.entries()) {
          atUs += afterUs;
          const link = links[which]!;
          at(atUs, () => {
            if (what === 'send') underWay += send(link, index, 100);
            if (what === 'block') network.block(link);
            if (what === 'clog') network.clog(link);
            if (what === 'clogUntil') network.clogUntil(link, sim.nowUs + 20_000);
            if (what === 'block') blocks[which]!++;
            if (what === 'clog') clogs[which]!++;
            if (what === 'unblock' && blocks[which]! > 0) {
              blocks[which]!--;
              network.unblock(link);
            }
            if (what === 'unclog' && clogs[which]! > 0) {
              clogs[which]!--;
              network.unclog(link);
            }
            const now = network.statistics();
            expect(now.sent + now.duplicated).toBe(now.delivered + now.lost + now.droppedByPartition + now.inFlight);
          });
        }
        at(atUs + 1, () => {
          for (const which of [0, 1]) while (clogs[which]!-- > 0) network.unclog(links[which]!);
        });
        sim.run();
        const { sent, duplicated, delivered, lost, droppedByPartition, inFlight } = network.statistics();
        expect(inFlight).toBe(0);
        expect(delivered).toBe(arrivals.length);
        expect(lost + droppedByPartition).toBe(drops.length);
        expect(sent + duplicated).toBe(delivered + lost + droppedByPartition);
        expect(underWay).toBe(delivered + drops.filter(({ reason }) => reason === 'cut').length);
      }),
    );
  });
});

describe('link options', () => {
  const bad: readonly [Partial<Record<keyof LinkOptions, unknown>>, string][] = [
    [{ latencyMsMean: -5 }, 'ERR_CONFIG network.latencyMsMean: got -5, expected ≥ 0'],
    [{ latencyMsMean: Number.NaN }, 'ERR_CONFIG network.latencyMsMean: got NaN, expected ≥ 0'],
    [{ latencySigma: Infinity }, 'ERR_CONFIG network.latencySigma: got Infinity, expected ≥ 0'],
    [{ bandwidthKbit: -1 }, 'ERR_CONFIG network.bandwidthKbit: got -1, expected ≥ 0'],
    [{ lossRate: 1.5 }, 'ERR_CONFIG network.lossRate: got 1.5, expected 0 to 1'],
    [{ duplicateRate: -0.1 }, 'ERR_CONFIG network.duplicateRate: got -0.1, expected 0 to 1'],
    [{ reorderRate: '1' }, 'ERR_CONFIG network.reorderRate: got "1", expected 0 to 1'],
    [
      { latencyMsMin: 70, latencyMsMax: 60 },
      'ERR_CONFIG network.latencyMsMin: got 70, expected ≤ network.latencyMsMax (60)',
    ],
    [{ latencyMsMin: 20 }, 'ERR_CONFIG network.latencyMsMean: got 10, expected ≥ network.latencyMsMin (20)'],
    [{ latencyMsMax: 5 }, 'ERR_CONFIG network.latencyMsMean: got 10, expected ≤ network.latencyMsMax (5)'],
    [
      { reorderRate: 0.1, reorderMsMean: 0 },
      'ERR_CONFIG network.reorderMsMean: got 0, expected > 0 with network.reorderRate (0.1)',
    ],
  ];
  test.each(bad)('%j are refused with the field and what it should be', (change, message) => {
    const { network } = world();
    expect(() => network.link('a', { ...IDEAL, ...change } as LinkOptions)).toThrow(message);
  });

  test('are named as they stand in the configuration', () => {
    expect(() => checkLinkOptions({ ...IDEAL, lossRate: 2 }, 'faults.mobile')).toThrow('faults.mobile.lossRate');
  });

  test('give the nominal latency', () => {
    expect(nominalLatencyMs({ ...IDEAL, latencyMsMean: 37.5 })).toBe(37.5);
    expect(nominalLatencyMs({ ...IDEAL, latencyMsMax: 1e9, latencySigma: 0.3 })).toBeCloseTo(10, 4);
  });
});
