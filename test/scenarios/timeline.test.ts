import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { describe, expect, test } from 'vitest';

import type { Config } from '../../scenarios/config-schema.ts';
import { phaseSpans } from '../../scenarios/phases.ts';
import { run } from '../../scenarios/run.ts';
import { histogramsOf } from '../../scenarios/timeline.ts';
import { Metrics } from '../../sim/metrics.ts';

const SHORT = { users: 5, durationMs: 20_000, rampUpMs: 2000, rampDownMs: 2000 };

describe('the phases of a run', () => {
  test('stand in their order, and those that took no time or did not come are left out', () => {
    const config = { durationMs: 100, rampUpMs: 10, rampDownMs: 0 };
    expect(phaseSpans(config, 130)).toEqual([
      { name: 'ramp up', startMs: 0, endMs: 10 },
      { name: 'hold', startMs: 10, endMs: 100 },
      { name: 'drain', startMs: 100, endMs: 130 },
    ]);
    expect(phaseSpans(config, 7)).toEqual([{ name: 'ramp up', startMs: 0, endMs: 7 }]);
  });
});

describe('a result', () => {
  test('says over windows of time what its figures say in all', async () => {
    const { result } = await run({ scenario: 'sync-relay', profile: 'light', seed: '7', config: SHORT });
    const { series, windowMs, phases } = result.timeline;
    const counted = series.requestsPerSecond.reduce((sum, perSecond) => sum + (perSecond * windowMs) / 1000, 0);
    const requests = result.metrics.find(({ name }) => name === 'requests')!;
    if (requests.type !== 'trend') throw new Error('requests are a trend');
    // What ends in the last, unfinished window is in the figure alone.
    expect(counted).toBeGreaterThan(requests.values.count * 0.99);
    expect(counted).toBeLessThanOrEqual(requests.values.count + 1);
    expect(Math.max(...series.p99Ms)).toBeLessThanOrEqual(requests.values.max);
    expect(phases.map(({ name }) => name)).toEqual(['ramp up', 'hold', 'ramp down', 'drain']);
    expect(phases.at(-1)!.endMs).toBe(result.durationMs);
    for (const column of Object.values(series)) expect(column).toHaveLength(series.p95Ms.length);
  });

  test('holds the distribution of each trend, phase by phase', async () => {
    const { result } = await run({ scenario: 'sync-relay', profile: 'light', seed: '7', config: SHORT });
    for (const metric of result.metrics) {
      if (metric.type !== 'trend') continue;
      const parts = result.histograms.filter((histogram) => histogram.metric === metric.name);
      const total = decodeFromCompressedBase64(parts[0]!.hdr);
      for (const part of parts.slice(1)) total.add(decodeFromCompressedBase64(part.hdr));
      expect(total.totalCount).toBe(metric.values.count);
      const p95Us = Math.min(total.getValueAtPercentile(95), metric.values.max * 1000);
      expect(p95Us / 1000).toBeCloseTo(metric.values.p95, 6);
    }
  });

  test('has in its windows the faults that it counts', async () => {
    const faults = { name: 'chaos' };
    const { result } = await run({
      scenario: 'crdt-conflicts',
      profile: 'light',
      seed: '7',
      config: { users: 6, durationMs: 60_000, faults },
    });
    const struck = Object.entries(result.faults).filter(([, count]) => count > 0);
    expect(struck.length).toBeGreaterThan(3);
    for (const [kind, count] of struck) {
      const inWindows = (result.timeline.faults[kind] ?? []).reduce((sum, fired) => sum + fired, 0);
      expect(inWindows).toBeLessThanOrEqual(count);
      expect(inWindows).toBeGreaterThan(0.9 * count - 1);
    }
  });
});

describe('distributions', () => {
  test('begin where a warm-up ends, and leave out what it forgot', () => {
    const metrics = new Metrics('ramp up');
    const trend = metrics.trend('requests');
    trend.recordUs(1_000_000);
    metrics.forget();
    trend.recordUs(5000);
    metrics.phase = 'hold';
    trend.recordUs(7000);
    const config = { durationMs: 100, rampUpMs: 40, rampDownMs: 0, warmUpMs: 30 } as Config;
    const histograms = histogramsOf(metrics, config, 80_000);
    expect(histograms).toMatchObject([
      { metric: 'requests', phase: 'ramp up', startMs: 30, endMs: 40 },
      { metric: 'requests', phase: 'hold', startMs: 40, endMs: 80 },
    ]);
    expect(histograms.map(({ hdr }) => decodeFromCompressedBase64(hdr).totalCount)).toEqual([1, 1]);
  });
});
