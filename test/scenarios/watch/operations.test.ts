import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { measuresOf } from '../../../models/measures.ts';
import type { Config } from '../../../scenarios/config-schema.ts';
import { drive, prepare } from '../../../scenarios/run.ts';
import type { Thresholds } from '../../../scenarios/thresholds.ts';
import { histogramsOf, operationsOf, thresholdsOf } from '../../../scenarios/watch/operations.ts';
import { HIGHEST_TRACKABLE_US } from '../../../sim/histogram.ts';
import { Simulation } from '../../../sim/simulation.ts';
import { SCENARIO_NAMES } from '../runs.ts';

/** A world in which nothing but metrics is. */
function bench(thresholds: Thresholds = {}, warmUpMs = 0) {
  const simulation = new Simulation({ seed: '1' });
  const { metrics } = simulation;
  return {
    simulation,
    metrics,
    measures: measuresOf(metrics),
    config: { thresholds, warmUpMs } as unknown as Config,
  };
}

describe('the operations of a run', () => {
  test.each(SCENARIO_NAMES)('of %s are in the end those of its result', async (scenario) => {
    const config = { faults: { lossRate: 0.05 } };
    const prepared = await prepare({ scenario, profile: 'storm', seed: '2', config });
    const { result } = await drive(prepared, {});
    const operations = operationsOf(prepared.world);
    const trends = result.metrics.filter(({ type }) => type === 'trend');
    expect(operations.map(({ metric }) => metric).toSorted()).toEqual(trends.map(({ name }) => name));
    expect(operations.length).toBeGreaterThan(3);
    for (const { metric, count, p50, p90, p95, p99, max, perSecond } of operations) {
      const { values } = trends.find(({ name }) => name === metric)!;
      expect(values).toMatchObject({ count, p50, p90, p95, p99, max });
      expect(perSecond).toBeCloseTo(count / (result.durationMs / 1000), 6);
    }
    const rateOf = (name: string) =>
      (result.metrics.find((each) => each.name === name)!.values as { rate: number }).rate;
    const errorsOf = (name: string) => operations.find(({ metric }) => metric === name)!.errorRate;
    expect(errorsOf('requests')).toBe(rateOf('requests_failed'));
    expect(errorsOf('push_response_time')).toBe(1 - rateOf('push_success_rate'));
    expect(errorsOf('pull_response_time')).toBe(1 - rateOf('pull_success_rate'));
    expect(errorsOf('sync_latency')).toBeNull();
    expect(thresholdsOf(prepared.world)).toEqual(result.thresholds);
  });

  test('stand with requests first, and those that nobody knows beforehand last and by name', () => {
    const world = bench();
    const names = [
      'requests',
      'push_response_time',
      'pull_response_time',
      'sync_latency',
      'catch_up_time',
      'conflict_resolution_time',
      'convergence_time',
      'apple',
      'zebra',
    ];
    for (const name of names.toReversed()) world.metrics.trend(name).recordUs(1000);
    expect(operationsOf(world).map(({ metric }) => metric)).toEqual(names);
    expect(histogramsOf(world).map(({ metric }) => metric)).toEqual(names);
  });

  test('are left out without a sample, and their thresholds have no value', () => {
    const world = bench({ requests: ['p(95)<500'] });
    expect(operationsOf(world)).toEqual([]);
    expect(histogramsOf(world)).toEqual([]);
    expect(thresholdsOf(world)).toEqual([{ metric: 'requests', expression: 'p(95)<500', value: null, ok: false }]);
  });

  test('count by the time since the start, and after a warm-up by the time since its end', () => {
    const world = bench({ bytes_sent: ['rate>0'] }, 3000);
    const perSecond = () => {
      const [operation] = operationsOf(world);
      expect(thresholdsOf(world)[0]!.value).toBe(operation!.perSecond);
      return operation!.perSecond;
    };
    world.measures.requests.recordManyUs(5, 10);
    world.measures.bytesSent.add(10);
    expect(perSecond()).toBe(0);
    world.simulation.run(2_000_000);
    expect(perSecond()).toBe(5);
    world.simulation.run(8_000_000);
    expect(perSecond()).toBe(2);
  });

  test('have their thresholds beside the figure that each is on', () => {
    const world = bench({
      requests: ['p(50)<1', 'med<9', 'p(90)<1', 'p(95)<500', 'p(99)<1', 'max<3', 'p(99.9)<8', 'avg<7', 'count>0'],
      sync_latency: ['p(95)<4'],
      requests_failed: ['rate<0.05', 'count>9'],
      push_success_rate: ['rate>0.95'],
    });
    const { requests, requestsFailed, pushTime, pushSuccess, syncLatency } = world.measures;
    requests.recordUs(4000);
    requestsFailed.addMany(1, 10);
    pushTime.recordUs(4000);
    pushSuccess.addMany(99, 100);
    syncLatency.recordUs(4000);
    const [all, push, latency] = operationsOf(world);
    expect(all!.errorRate).toBe(0.1);
    expect(all!.limits).toEqual([
      { metric: 'requests', of: 'p50', expression: 'p(50)<1', limit: 1, ok: false },
      { metric: 'requests', of: 'p50', expression: 'med<9', limit: 9, ok: true },
      { metric: 'requests', of: 'p90', expression: 'p(90)<1', limit: 1, ok: false },
      { metric: 'requests', of: 'p95', expression: 'p(95)<500', limit: 500, ok: true },
      { metric: 'requests', of: 'p99', expression: 'p(99)<1', limit: 1, ok: false },
      { metric: 'requests', of: 'max', expression: 'max<3', limit: 3, ok: false },
      { metric: 'requests', of: 'other', expression: 'p(99.9)<8', limit: 8, ok: true },
      { metric: 'requests', of: 'other', expression: 'avg<7', limit: 7, ok: true },
      { metric: 'requests', of: 'other', expression: 'count>0', limit: 0, ok: true },
      { metric: 'requests_failed', of: 'errorRate', expression: 'rate<0.05', limit: 0.05, ok: false },
      { metric: 'requests_failed', of: 'other', expression: 'count>9', limit: 9, ok: true },
    ]);
    expect(push!.errorRate).toBeCloseTo(0.01);
    expect(push!.limits).toEqual([
      { metric: 'push_success_rate', of: 'errorRate', expression: 'rate>0.95', limit: 0.05, ok: true },
    ]);
    expect(latency!.limits).toEqual([
      { metric: 'sync_latency', of: 'p95', expression: 'p(95)<4', limit: 4, ok: false },
    ]);
  });

  test('have no error rate before there was a trial', () => {
    const world = bench();
    world.measures.pushTime.recordUs(1);
    expect(operationsOf(world)[0]!.errorRate).toBeNull();
  });
});

describe('the histogram of an operation', () => {
  const durationUs = fc.oneof(
    fc.nat({ max: 50 }),
    fc.nat({ max: 300_000_000 }),
    fc.integer({ min: 0, max: HIGHEST_TRACKABLE_US }),
  );

  test('has bars that follow on each other and hold each value where it belongs', () => {
    fc.assert(
      fc.property(fc.array(durationUs, { minLength: 1, maxLength: 200 }), (values) => {
        const world = bench();
        for (const value of values) world.measures.requests.recordUs(value);
        const [{ bars, count }] = histogramsOf(world) as [ReturnType<typeof histogramsOf>[0]];
        expect(count).toBe(values.length);
        expect(bars.length).toBeLessThanOrEqual(41);
        for (const [index, bar] of bars.entries()) {
          expect(bar.toMs).toBeGreaterThan(bar.fromMs);
          if (index > 0) expect(bar.fromMs).toBe(bars[index - 1]!.toMs);
          const inside = values.filter((us) => us / 1000 >= bar.fromMs && us / 1000 < bar.toMs);
          expect(bar.count).toBe(inside.length);
        }
        expect(bars.reduce((sum, bar) => sum + bar.count, 0)).toBe(values.length);
        expect(bars[0]!.count).toBeGreaterThan(0);
        expect(bars.at(-1)!.count).toBeGreaterThan(0);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('has forty bars, each wider than the one before by about the same factor, where values are far apart', () => {
    const world = bench();
    world.measures.requests.recordUs(10_000);
    world.measures.requests.recordUs(10_000_000);
    const { bars } = histogramsOf(world)[0]!;
    expect(bars).toHaveLength(40);
    const factor = Math.exp(Math.log(1000) / 40);
    for (const { fromMs, toMs } of bars) expect(Math.abs(toMs / fromMs / factor - 1)).toBeLessThan(0.003);
  });

  test('has one bar where all values are alike', () => {
    const world = bench();
    world.measures.requests.recordManyUs(1500, 7);
    expect(histogramsOf(world)[0]!.bars).toEqual([{ fromMs: 1.5, toMs: 1.501, count: 7 }]);
    const none = bench();
    none.measures.requests.recordManyUs(0, 3);
    expect(histogramsOf(none)[0]!.bars).toEqual([{ fromMs: 0, toMs: 0.001, count: 3 }]);
  });
});
