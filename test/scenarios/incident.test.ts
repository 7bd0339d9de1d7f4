// What goes wrong at a known time, in runs: what is lost meanwhile, and that it ends.
import { describe, expect, test } from 'vitest';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import type { Result } from '../../scenarios/result.ts';
import { run } from '../../scenarios/run.ts';
import { InputError } from '../../sim/errors.ts';

const LENGTH: ConfigLayer = { durationMs: 60_000, rampUpMs: 0, rampDownMs: 0 };
const SPAN = { atMs: 20_000, forMs: 10_000 };

async function runOf(config: ConfigLayer, scenario = 'sync-relay'): Promise<Result> {
  const { result } = await run({ scenario, profile: 'light', seed: '1', config: { users: 20, ...LENGTH, ...config } });
  return result;
}

/** Mean of a series over a stretch of a run. */
function meanOf({ timeline }: Result, name: keyof Result['timeline']['series'], fromMs: number, toMs: number): number {
  const { windowMs, series } = timeline;
  const values = series[name].slice(Math.ceil(fromMs / windowMs), Math.floor(toMs / windowMs));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('an incident', () => {
  test('that is none leaves the trace as it is, whatever its other keys say', async () => {
    const plain = await runOf({});
    const idle = await runOf({ incident: { atMs: 5, forMs: 7, share: 1, factor: 3 } });
    expect(idle.traceHash).toBe(plain.traceHash);
    expect(idle).not.toHaveProperty('recovery');
  });

  test('is the same for the same seed', async () => {
    const config: ConfigLayer = { incident: { ...SPAN, kind: 'reconnect-storm', share: 0.5 } };
    expect((await runOf(config)).traceHash).toBe((await runOf(config)).traceHash);
  });

  test('of devices that lose their connection: they are silent, edit on, and have all synced in the end', async () => {
    const result = await runOf({ incident: { ...SPAN, kind: 'reconnect-storm', share: 1 } });
    expect(meanOf(result, 'requestsPerSecond', 21_000, 29_000)).toBe(0);
    expect(meanOf(result, 'requestsPerSecond', 35_000, 55_000)).toBeGreaterThan(50);
    expect(result.findings).toEqual([]);
    expect(result.recovery?.verdict).toBe('recovered');
  });

  test('of an instance: what it had is lost, the others take over, and nothing that was acknowledged is gone', async () => {
    const relay = { instances: 2, workers: 1, pushMsMean: 8, pullMsMean: 6 };
    const result = await runOf({ relay, incident: { ...SPAN, kind: 'instance-lost' } });
    const use = (fromMs: number, toMs: number): number => meanOf(result, 'relayUse', fromMs, toMs);
    expect(use(21_000, 29_000)).toBeLessThan(0.55);
    expect(result.findings).toEqual([]);
    expect(result.marks['request lost in a relay crash']).toBeGreaterThan(0);
    expect(meanOf(result, 'p95Ms', 22_000, 29_000)).toBeGreaterThan(meanOf(result, 'p95Ms', 5000, 19_000));
  });

  test('of the store makes it slower by its factor, and as before when it is over', async () => {
    const relay = { instances: 1, workers: 4, serviceSigma: 0 };
    const network = { latencyMsMean: 10, latencyMsMin: 10, latencyMsMax: 10, latencySigma: 0, name: 'flat' };
    const result = await runOf({
      relay,
      network: {
        ...network,
        bandwidthKbitUp: 0,
        bandwidthKbitDown: 0,
        lossRate: 0,
        duplicateRate: 0,
        reorderRate: 0,
        reorderMsMean: 0,
      },
      incident: { ...SPAN, kind: 'slow-store', factor: 10 },
    });
    const before = meanOf(result, 'p50Ms', 5000, 19_000) - 20;
    expect((meanOf(result, 'p50Ms', 21_000, 29_000) - 20) / before).toBeGreaterThan(7);
    expect((meanOf(result, 'p50Ms', 35_000, 55_000) - 20) / before).toBeLessThan(1.1);
  });

  test('of users makes them act so many times as often', async () => {
    const result = await runOf({ thinkScale: 1, incident: { ...SPAN, kind: 'surge', factor: 5 } });
    const before = meanOf(result, 'requestsPerSecond', 2000, 19_000);
    const during = meanOf(result, 'requestsPerSecond', 22_000, 29_000);
    // Think times are a fifth, the ways of messages what they were.
    expect(during / before).toBeGreaterThan(3.5);
    expect(during / before).toBeLessThan(5.1);
    expect(meanOf(result, 'requestsPerSecond', 35_000, 55_000) / before).toBeLessThan(1.2);
  });

  test('that lasts beyond the hold is not judged by what comes after it', async () => {
    expect(
      await runOf({ incident: { kind: 'slow-store', atMs: 20_000, forMs: 90_000, factor: 2 } }),
    ).not.toHaveProperty('recovery');
  });

  test.each<[string, ConfigLayer]>([
    ['incident.kind: got "region-lost"', { incident: { kind: 'region-lost' } }],
    ['incident.kind: got "instance-lost"', { relay: { instances: 1 }, incident: { kind: 'instance-lost' } }],
    ['incident.atMs: got 60000, expected < durationMs', { incident: { kind: 'surge', atMs: 60_000 } }],
    ['regions.name: got "moon", expected one of one, eu-us, three, world', { regions: 'moon' }],
    ['relay.instances: got 2, expected ≥ 3', { regions: 'three', relay: { instances: 2 } }],
    [
      'cluster.autoscaleInstancesMax: got 2, expected 0, or ≥ relay.instances (4)',
      { cluster: { autoscaleInstancesMax: 2 } },
    ],
    ['cluster.replicaLagMs: got 5', { side: 'inject', cluster: { replicaLagMs: 5 } }],
    ['cluster.balancer: got "random"', { cluster: { balancer: 'random' as never } }],
  ])('refuses what cannot be: %s', async (message, config) => {
    await expect(runOf(config)).rejects.toThrow(InputError);
    await expect(runOf(config)).rejects.toThrow(message);
  });
});

describe('regions', () => {
  test('add the way to the region that serves, and nothing where that is one’s own', async () => {
    const [one, near, first] = await Promise.all([
      runOf({}),
      runOf({ regions: 'eu-us' }),
      runOf({ regions: { name: 'eu-us', routing: 'first' } }),
    ]);
    const p50 = (result: Result): number => meanOf(result, 'p50Ms', 5000, 55_000);
    expect(Math.abs(p50(near) - p50(one))).toBeLessThan(5);
    // Half of the devices are 45.5 ms away, one way: the median lies between.
    expect(p50(first) - p50(one)).toBeGreaterThan(20);
    const p95 = (result: Result): number => meanOf(result, 'p95Ms', 5000, 55_000);
    expect(p95(first) - p95(one)).toBeGreaterThan(70);
    expect(p95(first) - p95(one)).toBeLessThan(110);
  });

  test('with one store put the way to it into what a push takes', async () => {
    const near = await runOf({ regions: 'eu-us', cluster: { store: 'shared' } });
    const own = await runOf({ cluster: { store: 'shared' } });
    const p95 = (result: Result): number => meanOf(result, 'p95Ms', 5000, 55_000);
    expect(p95(near) - p95(own)).toBeGreaterThan(70);
  });

  test('send the devices of one that is lost to the next, after a while, and back', async () => {
    const regions = { name: 'eu-us', failoverMs: 4000 };
    const result = await runOf({ regions, incident: { ...SPAN, kind: 'region-lost' }, durationMs: 90_000 });
    const errors = (fromMs: number, toMs: number): number => meanOf(result, 'errorsPerSecond', fromMs, toMs);
    expect(errors(5000, 19_000)).toBe(0);
    expect(errors(21_000, 24_000)).toBeGreaterThan(1);
    expect(errors(28_000, 29_500)).toBe(0);
    expect(result.findings).toEqual([]);
    const p95 = (fromMs: number, toMs: number): number => meanOf(result, 'p95Ms', fromMs, toMs);
    expect(p95(27_000, 29_500) - p95(5000, 19_000)).toBeGreaterThan(60);
    expect(Math.abs(p95(40_000, 85_000) - p95(5000, 19_000))).toBeLessThan(10);
  });

  test('are drawn device by device: one more moves no other', async () => {
    const { Routing } = await import('../../scenarios/regions.ts');
    const { Streams } = await import('../../sim/random.ts');
    const routing = new Routing(
      { name: 'world', routing: 'nearest', failoverMs: 0 },
      new Streams('1').key('device/region'),
    );
    const counts = new Map<number, number>();
    for (let device = 0; device < 20_000; device++) {
      const home = routing.homeOf(device);
      counts.set(home, (counts.get(home) ?? 0) + 1);
      expect(routing.homeOf(device)).toBe(home);
      expect(routing.addedUsOf(device)).toBe(0);
    }
    for (const [region, share] of routing.preset.shares.entries()) {
      expect(Math.abs(counts.get(region)! / 20_000 - share)).toBeLessThan(0.01);
    }
    const sum = routing.preset.shares.reduce((all, share) => all + share, 0);
    expect(sum).toBeCloseTo(1, 12);
  });

  test('have latencies that are the same there and back, and no way that is longer than by way of a third, but a little', async () => {
    const { REGIONS } = await import('../../scenarios/regions.ts');
    const { names, latencyMs } = REGIONS['world']!;
    for (let a = 0; a < names.length; a++) {
      for (let b = 0; b < names.length; b++) {
        expect(latencyMs(a, b)).toBe(latencyMs(b, a));
        for (let c = 0; c < names.length; c++)
          expect(latencyMs(a, b)).toBeLessThan(latencyMs(a, c) + latencyMs(c, b) + 5);
      }
    }
  });
});
