// The three light runs as they come: they pass, converge, and offer what the profile demands. Medium and heavy are run
// by hand: `npm run sweep:nine`.
import { beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../scenarios/result.ts';
import { resultOf, SCENARIO_NAMES } from './runs.ts';

const results = new Map<string, Result>();
const resultOfLight = (scenario: string): Result => results.get(scenario)!;

beforeAll(async () => {
  for (const name of SCENARIO_NAMES) results.set(name, await resultOf(name, {}, { profile: 'light' }));
});

describe.each(SCENARIO_NAMES)('%s light with seed 1', (scenario) => {
  test('passes all of its thresholds and converges', () => {
    const { verdict, thresholds, findings, marks } = resultOfLight(scenario);
    expect(findings).toEqual([]);
    expect(thresholds.length).toBeGreaterThanOrEqual(5);
    expect(thresholds.filter(({ ok }) => !ok)).toEqual([]);
    expect(verdict).toBe('passed');
    expect(marks['message lost']).toBe(0);
  });

  test('ends soon after its users', () => {
    const { durationMs, config } = resultOfLight(scenario);
    expect(config.durationMs).toBe(300_000);
    expect(durationMs).toBeGreaterThanOrEqual(300_000);
    // A device that pushed last hears of its own change at its next auto-sync, 30 s later at most.
    expect(durationMs).toBeLessThan(332_000);
  });

  test('delivers each accepted change to every other member once', () => {
    const { metrics, config } = resultOfLight(scenario);
    const countOf = (name: string): number => {
      const metric = metrics.find((one) => one.name === name);
      return metric?.type === 'counter' || metric?.type === 'trend' ? metric.values.count : -1;
    };
    const others = scenario === 'crdt-conflicts' ? config.users - 1 : 1;
    expect(countOf('changes_accepted')).toBeGreaterThan(1000);
    expect(countOf('sync_latency')).toBe(countOf('changes_accepted') * others);
    expect(countOf('changes_rejected')).toBe(0);
  });
});

describe('the rate of sync-relay light', () => {
  test('is offered within the band of the profile', () => {
    const { offered } = resultOfLight('sync-relay');
    expect(offered.band).toEqual({ requestsPerSecondMin: 200, requestsPerSecondMax: 400 });
    expect(offered.rate).toBeGreaterThan(200);
    expect(offered.rate).toBeLessThan(400);
  });

  // Users × 1.3 ÷ (300 ms think + 30 ms pause + 1.3 round trips of 60 ms) is about 319.
  test('is that of the workload page', () => {
    expect(resultOfLight('sync-relay').offered.rate).toBeGreaterThan(310);
    expect(resultOfLight('sync-relay').offered.rate).toBeLessThan(328);
  });
});

test.each([
  ['sync-relay', 0.03],
  // Updates of one device that come close together go in one push, so that fewer requests are made.
  ['crdt-conflicts', 0.06],
  ['mixed-workload', 0.03],
])('%s light achieves what it offers but for %d of it', (scenario, tolerance) => {
  const { rate, achieved } = resultOfLight(scenario).offered;
  expect(rate).toBeGreaterThan(0);
  expect(Math.abs(achieved / rate - 1)).toBeLessThan(tolerance);
});

test('with the published think times 100 users offer about 42 requests a second', async () => {
  const { offered } = await resultOf('sync-relay', { thinkScale: 1, durationMs: 60_000 }, { profile: 'light' });
  expect(offered.rate).toBeGreaterThan(41);
  expect(offered.rate).toBeLessThan(43);
  expect(offered.achieved / offered.rate).toBeGreaterThan(0.9);
  expect(offered.achieved / offered.rate).toBeLessThan(1.1);
});
