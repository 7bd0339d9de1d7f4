// Workloads fitted to records: known parameters come back, what does not fit is said, and a run of a fit has the record's
// rates.
import { describe, expect, test } from 'vitest';
import { fitBursts } from '../../../scenarios/arrivals/bursts.ts';
import { fitSizes, fitTimes, ksDistance, meanTime, timeCdf } from '../../../scenarios/arrivals/distributions.ts';
import { fitWorkload, profileOf } from '../../../scenarios/arrivals/fit.ts';
import { Intensity } from '../../../scenarios/arrivals/intensity.ts';
import type { Profile } from '../../../scenarios/profiles/profile.ts';
import { run } from '../../../scenarios/run.ts';
import { exponentialUs, normalQuantile } from '../../../sim/distributions.ts';
import { type Stream, Streams } from '../../../sim/random.ts';
import { type Reached, requestsOf } from './recorded.ts';
import { type Asked, recordOf } from './records.ts';

const stream = (name: string): Stream => new Streams('fit').stream(name);
const exponential = (of: Stream, mean: number): number => -mean * Math.log1p(-of.next());

function samples(count: number, draw: (of: Stream) => number, name: string): Float64Array {
  const of = stream(name);
  return new Float64Array(count).map(() => draw(of));
}

/** Within so large a share of what is expected. */
function expectNear(value: number, expected: number, share: number): void {
  expect(Math.abs(value / expected - 1), `${value}, expected about ${expected}`).toBeLessThan(share);
}

describe('times', () => {
  test('that are exponential', () => {
    const { distribution, ksDistance: distance } = fitTimes(
      samples(20_000, (of) => exponential(of, 700), 'e'),
      0.001,
    );
    if (distribution.kind === 'lognormal') throw new Error('lognormal');
    expectNear(meanTime(distribution), 700, 0.02);
    expect(distance).toBeLessThan(0.015);
  });

  test('that are lognormal', () => {
    const draw = (of: Stream): number => 900 * Math.exp(0.8 * normalQuantile(of.next()));
    const { distribution, ksDistance: distance } = fitTimes(samples(20_000, draw, 'l'), 0.001);
    if (distribution.kind !== 'lognormal') throw new Error(distribution.kind);
    expectNear(distribution.median, 900, 0.02);
    expectNear(distribution.sigma, 0.8, 0.02);
    expect(distance).toBeLessThan(0.015);
  });

  test('that are of two kinds', () => {
    const draw = (of: Stream): number => exponential(of, of.chance(0.2) ? 20_000 : 500);
    const { distribution, aic } = fitTimes(samples(20_000, draw, 'h'), 0.001);
    if (distribution.kind !== 'hyper-exponential') throw new Error(distribution.kind);
    expectNear(distribution.mean, 500, 0.05);
    expectNear(distribution.longMean, 20_000, 0.05);
    expectNear(distribution.longShare, 0.2, 0.05);
    expect(Math.min(...Object.values(aic))).toBe(aic['hyper-exponential']);
  });

  test('that are none of these are said to be far off', () => {
    const { ksDistance: distance } = fitTimes(
      samples(5000, (of) => (of.chance(0.5) ? 100 : 110), 'x'),
      0.001,
    );
    expect(distance).toBeGreaterThan(0.2);
  });

  test('few of them, and equal ones, do no harm', () => {
    expect(fitTimes(Float64Array.of(5), 0.001).distribution).toEqual({ kind: 'exponential', mean: 5 });
    const equal = fitTimes(new Float64Array(50).fill(3), 0.001).distribution;
    expectNear(meanTime(equal), 3, 0.01);
    expect(meanTime(fitTimes(new Float64Array(50), 0.001).distribution)).toBeGreaterThan(0);
  });
});

test('the distance of Kolmogorov and Smirnov is that of the textbook', () => {
  // Uniform on 0–1 against four points: greatest at 0.9, where 1/4 is missing … 3/4 − 0.4 from below.
  const sorted = Float64Array.of(0.1, 0.3, 0.4, 0.9);
  expect(ksDistance(sorted, (x) => Math.min(1, Math.max(0, x)))).toBeCloseTo(0.35, 12);
  expect(timeCdf({ kind: 'exponential', mean: 2 }, 2)).toBeCloseTo(1 - Math.exp(-1), 12);
});

describe('sizes', () => {
  test('that are uniform, a few strays aside', () => {
    const drawn = samples(5000, (of) => (of.chance(0.001) ? 9 : of.integer(1, 5)), 'u');
    const { distribution, ksDistance: distance } = fitSizes(drawn);
    expect(distribution).toEqual({ kind: 'uniform', min: 1, max: 5 });
    expect(distance).toBeLessThan(0.03);
  });

  test('that are geometric', () => {
    const { distribution } = fitSizes(
      samples(5000, (of) => 1 + Math.floor(Math.log1p(-of.next()) / Math.log(0.75)), 'g'),
    );
    if (distribution.kind !== 'geometric') throw new Error(distribution.kind);
    expectNear(distribution.mean, 4, 0.05);
  });

  test('that are lognormal', () => {
    const draw = (of: Stream): number => Math.max(1, Math.round(30 * Math.exp(0.6 * normalQuantile(of.next()))));
    const { distribution } = fitSizes(samples(5000, draw, 'ls'));
    if (distribution.kind !== 'lognormal') throw new Error(distribution.kind);
    expectNear(distribution.median, 30, 0.05);
    expectNear(distribution.sigma, 0.6, 0.05);
  });

  test('that are all one', () => {
    const { distribution, ksDistance: distance } = fitSizes(new Float64Array(9).fill(1));
    expect([distribution, distance]).toMatchObject([{ max: 1 }, 0]);
  });
});

/** Requests at a rate a second that a state multiplies. */
function modulated(
  spanMs: number,
  perSecond: number,
  rates: readonly [number, number],
  lengths: readonly [number, number],
): Float64Array {
  const of = stream(`modulated ${rates.join()}`);
  const times: number[] = [];
  for (let atMs = 0, state = 0; atMs < spanMs; state = 1 - state) {
    const untilMs = Math.min(spanMs, atMs + exponentialUs(of, lengths[state]! * 1000) / 1000);
    const gapMs = 1000 / (perSecond * rates[state]!);
    for (let at = atMs + exponential(of, gapMs); at < untilMs; at += exponential(of, gapMs)) times.push(at);
    atMs = untilMs;
  }
  return Float64Array.from(times);
}

describe('bursts', () => {
  test('come back with their rates and lengths', () => {
    const hours = 12 * 3_600_000;
    const { bursts, dispersion } = fitBursts(modulated(hours, 5, [0.6, 3], [60_000, 15_000]), hours);
    const mean = (0.6 * 60 + 3 * 15) / 75;
    expect(dispersion).toBeGreaterThan(2);
    expectNear(bursts!.calmRate, 0.6 / mean, 0.1);
    expectNear(bursts!.burstRate, 3 / mean, 0.1);
    expectNear(bursts!.calmMsMean, 60_000, 0.2);
    expectNear(bursts!.burstMsMean, 15_000, 0.2);
  });

  test('are not seen in Poisson arrivals', () => {
    const { bursts, dispersion } = fitBursts(modulated(3_600_000, 10, [1, 1], [60_000, 60_000]), 3_600_000);
    expect(bursts).toBeUndefined();
    expectNear(dispersion, 1, 0.1);
  });

  test('are not seen in requests that come in small groups', () => {
    const single = modulated(3_600_000, 5, [1, 1], [60_000, 60_000]);
    const groups = Float64Array.from([...single].flatMap((at) => [at, at, at])).sort();
    const { bursts, dispersion } = fitBursts(groups, 3_600_000);
    expect(bursts).toBeUndefined();
    expect(dispersion).toBeGreaterThan(2);
  });

  test('are not seen in a handful of requests, or in none', () => {
    expect(fitBursts(Float64Array.of(1, 2, 3), 5).bursts).toBeUndefined();
    expect(fitBursts(new Float64Array(0), 5).dispersion).toBe(0);
  });
});

describe('a clock of intensity', () => {
  const even = Array.from({ length: 24 }, () => 1);

  test('passes hours at their rates, and over those in which nothing happens', () => {
    const hours = even.slice();
    hours[10] = 2;
    hours[11] = 0;
    const clock = new Intensity({ hours, startHour: 9.5 }, stream('none'));
    const hour = 3_600_000_000;
    expect(clock.after(0, 0.25 * hour, 9 * hour)).toBeCloseTo(0.25 * hour, 0);
    expect(clock.after(0, 1 * hour, 9 * hour)).toBeCloseTo(0.75 * hour, 0);
    expect(clock.after(0, 3 * hour, 9 * hour)).toBeCloseTo(3 * hour, 0);
    expect(clock.after(0, 3 * hour, 2 * hour)).toBe(Number.POSITIVE_INFINITY);
  });

  test('gives the same, in whatever order it is asked', () => {
    const bursts = { calmRate: 0.5, burstRate: 4, calmMsMean: 10_000, burstMsMean: 2000 };
    const [one, other] = [0, 1].map(
      () => new Intensity({ hours: even, startHour: 0, bursts }, new Streams('o').stream('b')),
    );
    const times = Array.from({ length: 50 }, (_, n) => n * 7_000_000);
    const forwards = times.map((at) => one!.after(at, 3_000_000, 1e12));
    const backwards = times.toReversed().map((at) => other!.after(at, 3_000_000, 1e12));
    expect(backwards.toReversed()).toEqual(forwards);
  });
});

const rateOf = ({
  requests,
  durationMs,
}: {
  requests: readonly Reached[];
  durationMs: number;
}): Record<string, number> => {
  const pushes = requests.filter(({ kind }) => kind === 'push');
  return {
    perSecond: (requests.length * 1000) / durationMs,
    pushes: pushes.length / requests.length,
    changes: pushes.reduce((sum, { changes }) => sum + changes, 0) / pushes.length,
  };
};

test('a run, its record fitted, and a run of the fit: the rates are the same', { timeout: 60_000 }, async () => {
  const config = { users: 40, durationMs: 60_000, rampUpMs: 0, rampDownMs: 0 };
  const before = await requestsOf({ scenario: 'sync-relay', seed: '7', config });
  const asked = before.requests.map(({ atMs, device, kind, bytes }): Asked => ({
    atMs,
    user: device,
    operation: kind,
    bytes,
  }));
  const profile = { name: 'fitted', ...profileOf(fitWorkload(recordOf(asked))) } as unknown as Profile;
  const after = await requestsOf({ scenario: 'fitted-workload', seed: '1', profile });
  const [expected, got] = [rateOf(before), rateOf(after)];
  for (const key of Object.keys(expected)) expectNear(got[key]!, expected[key]!, 0.1);
});

test('a day with its bursts goes there and back', { timeout: 60_000 }, async () => {
  const workload: Record<string, number> = {
    pushShare: 0.3,
    thinkMsMean: 60_000,
    thinkLongMsMean: 600_000,
    thinkLongShare: 0.3,
    changesMean: 3,
    changesMax: 40,
    calmRate: 0.7,
    burstRate: 3.1,
    calmMsMean: 280_000,
    burstMsMean: 40_000,
    startHour: 0,
  };
  for (let hour = 0; hour < 24; hour++) workload[`hour${hour}`] = hour < 6 ? 0.2 : hour < 12 ? 1.8 : 1;
  const made = await requestsOf({
    scenario: 'fitted-workload',
    seed: '3',
    profile: { name: 'day', users: 300, durationMs: 86_400_000, workload } as unknown as Profile,
  });
  const fit = fitWorkload(
    recordOf(made.requests.map(({ atMs, device, kind, bytes }) => ({ atMs, user: device, operation: kind, bytes }))),
  );
  expectNear(fit.mix.pushShare, 0.3, 0.05);
  expect(fit.mix.pairsTotalVariation).toBeLessThan(0.01);
  const mean = (from: number, to: number): number =>
    fit.daily.hours.slice(from, to).reduce((sum, rate) => sum + rate, 0) / (to - from);
  expectNear(mean(0, 6), 0.2, 0.25);
  expectNear(mean(6, 12), 1.8, 0.25);
  expectNear(fit.bursts.bursts!.burstRate / fit.bursts.bursts!.calmRate, 3.1 / 0.7, 0.25);
  expectNear(fit.bursts.bursts!.burstMsMean, 40_000, 0.25);
  const { distribution } = fit.think;
  if (distribution.kind !== 'hyper-exponential') throw new Error(distribution.kind);
  expectNear(distribution.longMean / distribution.mean, 10, 0.25);
  expectNear(distribution.longShare, 0.3, 0.25);
  expectNear(fit.changes!.distribution.kind === 'geometric' ? fit.changes!.distribution.mean : 0, 3, 0.1);
});

test('a record that is short beside the think times keeps its rate', () => {
  const of = stream('short');
  const asked: Asked[] = [];
  for (let user = 0; user < 300; user++) {
    for (let atMs = exponential(of, 60_000); atMs < 60_000; atMs += exponential(of, 60_000)) {
      asked.push({ atMs, user, operation: 'pull' });
    }
  }
  const record = recordOf(asked);
  const { think, rate } = fitWorkload(record);
  expectNear((record.origin.users * 1000) / meanTime(think.distribution), rate, 0.001);
  expect(think.paceFactor).toBeGreaterThan(1.3);
});

test('a profile with parameters is for the scenario that has them', async () => {
  const profile = { name: 'own', users: 2, durationMs: 1000, workload: { pushShare: 0.2, thinkSigma: 1 } };
  const input = { seed: '1', profile: profile as unknown as Profile };
  await expect(run({ scenario: 'sync-relay', ...input })).rejects.toThrow(
    /^ERR_CONFIG workload\.thinkSigma: got 1, expected .*\(in profile own\)$/,
  );
  const { result } = await run({ scenario: 'fitted-workload', ...input });
  expect(result.config.workload).toMatchObject({ pushShare: 0.2, thinkSigma: 1 });
  const typed = await run({ scenario: 'fitted-workload', ...input, config: { workload: { pushShare: 0.7 } } });
  expect(typed.result.config.workload).toMatchObject({ pushShare: 0.7, thinkSigma: 1 });
});

test('the hours of a day cannot all be empty', async () => {
  const hours = Object.fromEntries(Array.from({ length: 24 }, (_, hour) => [`hour${hour}`, 0]));
  await expect(run({ scenario: 'fitted-workload', seed: '1', config: { workload: hours } })).rejects.toThrow(
    /workload\.hour0 \+ workload\.hour23: got 0, expected > 0/,
  );
});

test('a storm of the fitted workload passes with every oracle', async () => {
  const { result } = await run({
    scenario: 'fitted-workload',
    seed: '4',
    config: { profile: 'storm', faults: 'chaos' },
  });
  expect(result.findings).toEqual([]);
});
