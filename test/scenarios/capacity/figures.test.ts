// The figures beside a capacity: knee, scalability law, interval, costs; and what is refused of objectives, sweeps, ready
// questions and prices.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bottleneckOf } from '../../../scenarios/capacity/bottleneck.ts';
import { costsOf, parseHorizon, parsePrices } from '../../../scenarios/capacity/costs.ts';
import { crossingsOf, intervalOf, seedsHalfWidth } from '../../../scenarios/capacity/interval.ts';
import { kneeOf } from '../../../scenarios/capacity/knee.ts';
import { layerAt, overLayer } from '../../../scenarios/capacity/layers.ts';
import { judgePoint, parseObjectives, samplesFor } from '../../../scenarios/capacity/objectives.ts';
import type { CapacityPoint } from '../../../scenarios/capacity/result.ts';
import { gridOf, parseSweep } from '../../../scenarios/capacity/sweep.ts';
import { fitUsl } from '../../../scenarios/capacity/usl.ts';
import { parseWhatIfs, WHAT_IF_NAMES } from '../../../scenarios/capacity/what-ifs.ts';

describe('the knee', () => {
  it('is where the paper has it: y = −1 ÷ x + 5 on ten points bends at 0.22', () => {
    const points = Array.from({ length: 10 }, (_, at) => at / 9).map((x) => ({ x, y: -1 / (x + 0.1) + 5 }));
    expect(kneeOf(points)?.x).toBeCloseTo(2 / 9, 10);
  });
  it('of a curve that bends up is found by turning it around', () => {
    const points = Array.from({ length: 10 }, (_, at) => at / 9).map((x) => ({ x: 1 - x, y: 1 / (x + 0.1) }));
    expect(kneeOf(points.toReversed(), true)?.x).toBeCloseTo(7 / 9, 10);
  });
  it('is none on a straight line, on few points, or without a rise', () => {
    const line = (y: (x: number) => number) => [1, 2, 3, 4, 5, 6].map((x) => ({ x, y: y(x) }));
    expect(kneeOf(line((x) => 3 * x))).toBeNull();
    expect(kneeOf(line(() => 3))).toBeNull();
    expect(kneeOf(line((x) => 3 * x).slice(0, 4))).toBeNull();
  });
});

describe('the scalability law', () => {
  it('gives back the figures that made its points', () => {
    const figures = fc.record({
      lambda: fc.double({ min: 0.1, max: 1000, noNaN: true }),
      sigma: fc.double({ min: 0.001, max: 0.3, noNaN: true }),
      kappa: fc.double({ min: 0.00001, max: 0.01, noNaN: true }),
    });
    fc.assert(
      fc.property(figures, ({ lambda, sigma, kappa }) => {
        const points = [1, 2, 4, 8, 16, 32, 64].map((load) => ({
          load,
          rate: (lambda * load) / (1 + sigma * (load - 1) + kappa * load * (load - 1)),
        }));
        const fit = fitUsl(points)!;
        expect(fit.lambda / lambda).toBeCloseTo(1, 6);
        expect(fit.sigma).toBeCloseTo(sigma, 6);
        expect(fit.kappa).toBeCloseTo(kappa, 6);
        expect(fit.peak!.load).toBeCloseTo(Math.sqrt((1 - sigma) / kappa), 2);
      }),
      { seed: 7 },
    );
  });
  it('has no peak where throughput only grows, and no figure below 0', () => {
    const fit = fitUsl([1, 2, 4, 8].map((load) => ({ load, rate: load * (1 + load / 100) })))!;
    expect(fit.peak).toBeNull();
    expect(Math.min(fit.sigma, fit.kappa)).toBe(0);
    expect(
      fitUsl([
        { load: 1, rate: 1 },
        { load: 2, rate: 2 },
      ]),
    ).toBeNull();
  });
});

describe('the interval', () => {
  const pointAt = (users: number, seed: string, margin: number) =>
    ({ users, seed, margin, isLong: true }) as unknown as CapacityPoint;
  it('has each seed cross where its own margin is gone', () => {
    // Margins fall by 4 for each e-fold of users; seed b crosses 10% later than a.
    const at = (users: number, seed: string, crossing: number) => pointAt(users, seed, -4 * Math.log(users / crossing));
    const points = [98, 100, 102].flatMap((users) => [at(users, 'a', 100), at(users, 'b', 110)]);
    const [a, b] = crossingsOf(points, 100) as [number, number];
    expect(a).toBeCloseTo(100, 6);
    expect(b).toBeCloseTo(110, 6);
  });
  it('adds the squares of its parts, and leaves out what is not known', () => {
    const { low, high } = intervalOf(100, { seeds: 0.03, search: 0.04, calibration: null, workload: null });
    expect(high).toBeCloseTo(100 * Math.exp(0.05), 9);
    expect(low).toBeCloseTo(100 * Math.exp(-0.05), 9);
  });
  it('is Student’s of the crossings: t of four degrees is 2.776', () => {
    const logs = [-0.02, -0.01, 0, 0.01, 0.02];
    const expected = (2.7764 * Math.sqrt(0.00025)) / Math.sqrt(5);
    expect(seedsHalfWidth(logs.map((log) => 100 * Math.exp(log)))).toBeCloseTo(expected, 5);
    expect(seedsHalfWidth([100, 101])).toBeNull();
  });
});

describe('objectives', () => {
  it('are read by metric, joined by AND', () => {
    const read = parseObjectives(['push_response_time: p(95)<500', 'push_response_time:p(99)<900', 'checks: rate>0.9']);
    expect(read).toEqual({ push_response_time: ['p(95)<500', 'p(99)<900'], checks: ['rate>0.9'] });
    expect(samplesFor(read)).toBe(20_000);
    expect(samplesFor({ a: ['p(99.9)<1'] })).toBe(100_000);
  });
  it('say which is nearest to being missed, and by how much', () => {
    const judged = judgePoint([
      { metric: 'a', expression: 'p(95)<500', value: 250, ok: true },
      { metric: 'b', expression: 'rate>0.5', value: 0.6, ok: true },
    ]);
    expect(judged).toEqual({ isMet: true, margin: Math.log(0.6 / 0.5), tightest: 'b rate>0.5' });
    expect(judgePoint([{ metric: 'a', expression: 'p(95)<500', value: null, ok: false }])).toEqual({
      isMet: false,
      margin: null,
      tightest: 'a p(95)<500',
    });
  });
  it.each(['', 'p(95)<500', 'push_response_time', 'push_response_time: fast', ': p(95)<5'])('refuse %j', (text) => {
    expect(() => parseObjectives([text])).toThrow(expect.objectContaining({ code: 'ERR_SLO', field: '--slo' }));
  });
});

describe('a sweep', () => {
  it('has geometric ranges with both ends, and lists', () => {
    const axes = parseSweep(['users=100..1600/5', 'relay.instances=1,2,4'], []);
    expect(axes[0]!.values).toEqual([100, 200, 400, 800, 1600]);
    expect(axes[1]!.values).toEqual([1, 2, 4]);
    expect(gridOf(axes)).toHaveLength(15);
    expect(parseSweep(['users=100..20000'], [])[0]!.values).toHaveLength(8);
    expect(parseSweep(['cluster.balancer=round-robin,ledger-hash'], [])[0]!.values).toEqual([
      'round-robin',
      'ledger-hash',
    ]);
  });
  it.each([
    'users',
    'users=',
    'users=1,,2',
    'users=20000..100',
    'users=5..5',
    'users=0..10',
    'users=1..10/1',
    'user=1..10',
    'relay=1',
    'seed=1,2',
    'users=1..10000/2001',
  ])('refuses %s', (text) => {
    expect(() => parseSweep([text], [])).toThrow(expect.objectContaining({ code: 'ERR_SWEEP' }));
  });
  it('refuses an axis that stands twice, and too many points', () => {
    expect(() => parseSweep(['users=1,2', 'users=3'], [])).toThrow(/once/);
    expect(() => parseSweep(['users=1..5000/100', 'relay.workers=1..500/100'], [])).toThrow(/2000 points/);
  });
});

describe('ready questions', () => {
  it('come once each, all of them by one word', () => {
    expect(parseWhatIfs(['all', 'slow-store']).map(({ name }) => name)).toEqual(WHAT_IF_NAMES);
    expect(parseWhatIfs(['slow-store,double-payload']).map(({ name }) => name)).toEqual([
      'double-payload',
      'slow-store',
    ]);
  });
  it('that are misspelt are refused with the nearest name', () => {
    expect(() => parseWhatIfs(['slow-stor'])).toThrow(/did you mean slow-store/);
  });
});

describe('costs', () => {
  const prices = parsePrices('p.json', {
    storagePerGbMonth: 0.1,
    egressPerGb: 0.09,
    instancePerMonth: 30,
    activeHoursPerUserMonth: 10,
    concurrentShare: 0.1,
  });
  /** 100 users for a minute; the log grows by 60 kB, 100 bytes for each user and 10 s. */
  const point = { users: 100, windowMs: 60_000, bytesSent: 1e6, bytesReceived: 6e6, logBytes: 60_000 };
  const basis = { point, users: 100, capacity: 700, instances: 4 };
  it('grow with what is stored, month by month', () => {
    const { lines, activeUsers, total, perUserMonth, instances } = costsOf(basis, 12, prices);
    expect(activeUsers).toBe(1000);
    // 60 kB a minute of 100 users: 36 kB an hour of one, 360 kB a month, 0.36 GB of all in a month.
    const storage = lines.find(({ component }) => component === 'storage')!;
    expect(storage.amount).toBeCloseTo(12 * 0.36, 9);
    expect(storage.total).toBeCloseTo(((12 * 13) / 2) * 0.36 * 0.1, 9);
    expect(lines.find(({ component }) => component === 'egress')!.amount).toBeCloseTo(36, 9);
    expect(instances).toBe(1);
    expect(perUserMonth).toBeCloseTo(total / 12 / 1000, 12);
    expect(lines.reduce((sum, line) => sum + line.total, 0)).toBeCloseTo(total, 9);
  });
  it('are less where the log is cut, unless it is asked to be kept', () => {
    const cut = { ...prices, logKeptMonths: 3 };
    const storageOf = (keeps: boolean) => costsOf(basis, 12, cut, keeps).lines[0]!.amount;
    expect(storageOf(false)).toBeCloseTo(3 * 0.36, 9);
    expect(storageOf(true)).toBeCloseTo(12 * 0.36, 9);
  });
  it('need prices that are whole, and a horizon in months or years', () => {
    expect(() => parsePrices('p.json', { egressPerGb: -1 })).toThrow(expect.objectContaining({ code: 'ERR_PRICES' }));
    expect(() => parsePrices('p.json', { ...prices, storage: 1 })).toThrow(/storage/);
    expect([parseHorizon('12mo'), parseHorizon('2y')]).toEqual([12, 24]);
    for (const text of ['12', '0mo', '3d', '-1y', '101y']) expect(() => parseHorizon(text)).toThrow(/12mo/);
  });
});

describe('what runs out first', () => {
  it('is what refuses before what is busy, and the way where nothing is busy', () => {
    const first = (...use: { part: string; share: number }[]) => bottleneckOf({ use, tightest: null })?.part;
    expect(first({ part: 'workers', share: 0.9 }, { part: 'store lock', share: 0.95 })).toBe('store lock');
    expect(first({ part: 'workers', share: 0.99 }, { part: 'rate limit refusals', share: 0.02 })).toBe(
      'rate limit refusals',
    );
    expect(first({ part: 'workers', share: 0.1 }, { part: 'rate limit refusals', share: 0 })).toBe(
      'network and service time',
    );
  });
});

describe('layers', () => {
  it('lie over each other group by group, short forms too', () => {
    const layer = overLayer({ relay: 'published' }, layerAt('relay.instances', 2), { users: 3 });
    expect(layer).toEqual({ relay: { name: 'published', instances: 2 }, users: 3 });
  });
});
