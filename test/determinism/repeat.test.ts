// One seed is one run, whatever goes on around it.
import { describe, expect, test } from 'vitest';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import type { RunHooks } from '../../scenarios/result.ts';
import { FAULT_PRESETS } from '../../scenarios/fault-presets.ts';
import { prepare, run } from '../../scenarios/run.ts';
import { comparable, resultOf, SCENARIO_NAMES } from '../scenarios/runs.ts';

/** Twenty minutes, so that partitions and steps of clocks come about. */
const LONG: ConfigLayer = { durationMs: 1_200_000 };

/** The rates of a bad day on one network: every kind of fault and of message fate. */
const EVERYTHING: ConfigLayer = {
  ...LONG,
  network: { name: 'flaky' },
  faults: {
    ...FAULT_PRESETS['none'],
    name: 'everything',
    lossRate: 0.05,
    duplicateRate: 0.02,
    reorderRate: 0.05,
    partitionsPerHour: 12,
    partitionMsMean: 30_000,
    partitionOneWayShare: 0.3,
    skewMsMax: 300_000,
    driftPpmMax: 100,
    stepsPerHour: 12,
    stepMsMax: 60_000,
  },
};

const hash = async (...args: Parameters<typeof resultOf>): Promise<string> => (await resultOf(...args)).traceHash;

describe.each(SCENARIO_NAMES)('two runs of one seed of %s', (scenario) => {
  test.each([
    ['no faults', {}],
    ['a network that loses, doubles and reorders', { faults: 'lossy' }],
    ['partitions', { ...LONG, faults: 'partitions' }],
    ['clocks that are wrong', { ...LONG, faults: 'skew' }],
    ['everything at once', EVERYTHING],
  ] satisfies [string, ConfigLayer][])('leave the same result with %s', async (_name, config) => {
    const one = await resultOf(scenario, config, { hooks: { clockMs: () => performance.now(), lockHash: 'one' } });
    const other = await resultOf(scenario, config, { hooks: { clockMs: () => 7, lockHash: 'other' } });
    expect(comparable(other)).toEqual(comparable(one));
    expect(other.runtime.lockHash).not.toBe(one.runtime.lockHash);
    expect(one.traceHash).toMatch(/^[0-9a-f]{16}$/);
    expect(one.events).toBeGreaterThan(100);
  });

  test('part where the seed is another', async () => {
    const seeds = Array.from({ length: 12 }, (_, index) => String(index + 1));
    const results = await Promise.all(seeds.map((seed) => resultOf(scenario, {}, { seed })));
    expect(new Set(results.map(({ traceHash }) => traceHash)).size).toBe(seeds.length);
    expect(new Set(results.map(({ protocolHash }) => protocolHash)).size).toBe(seeds.length);
  });
});

describe('the trace of a run does not depend on', () => {
  const input = { scenario: 'crdt-conflicts', profile: 'storm', seed: '1', config: { faults: 'lossy' } } as const;
  const endUs = 120_000_000;

  /** The hash after two virtual minutes, driven in pieces. */
  async function driven(advance: (run: (untilUs: number, budget?: number) => string) => void): Promise<string> {
    const { world } = await prepare(input);
    world.start();
    advance((untilUs, budget) => world.simulation.run(untilUs, budget));
    expect(world.simulation.nowUs).toBe(endUs);
    return world.simulation.trace.hash();
  }

  test('the pieces in which it is driven', async () => {
    const whole = await driven((advance) => void advance(endUs));
    for (const budget of [1, 7, 100]) {
      const piecewise = await driven((advance) => {
        while (advance(endUs, budget) === 'budget');
      });
      expect(piecewise).toBe(whole);
    }
    for (const stepUs of [999, 1_000_000, 77_777_777]) {
      const stepwise = await driven((advance) => {
        for (let atUs = stepUs; atUs < endUs; atUs += stepUs) advance(atUs);
        advance(endUs);
      });
      expect(stepwise).toBe(whole);
    }
  });

  test('who watches it', async () => {
    const config: ConfigLayer = { durationMs: 20_000 };
    const alone = await resultOf('sync-relay', config, { profile: 'light' });
    const reports: number[] = [];
    const hooks: RunHooks = {
      onStart: () => void Math.random(),
      onProgress: ({ virtualUs }) => void reports.push(Math.min(virtualUs, Date.now() * 1000)),
      breathe: () => new Promise((resolve) => void setTimeout(resolve, 1)),
      clockMs: () => Date.now(),
      signal: new AbortController().signal,
    };
    const watched = await resultOf('sync-relay', config, { profile: 'light', hooks });
    expect(comparable(watched)).toEqual(comparable(alone));
    expect(reports.length).toBeGreaterThan(1);
  });

  test('runs before it in the same process', async () => {
    const before = await hash('crdt-conflicts', EVERYTHING);
    for (const scenario of SCENARIO_NAMES) await hash(scenario, { faults: 'lossy' }, { seed: 'another' });
    const controller = new AbortController();
    const cut = { signal: controller.signal, onProgress: () => controller.abort() };
    const interrupted = await resultOf('crdt-conflicts', EVERYTHING, { profile: 'light', hooks: cut });
    expect(interrupted.verdict).toBe('interrupted');
    expect(await hash('crdt-conflicts', EVERYTHING)).toBe(before);
  });

  test('runs beside it in the same process', async () => {
    const config: ConfigLayer = { faults: 'lossy', durationMs: 30_000 };
    const jobs = SCENARIO_NAMES.flatMap((scenario) => ['1', '2'].map((seed) => ({ scenario, seed, config })));
    const worlds = await Promise.all(jobs.map(async (job) => (await prepare(job)).world));
    for (const world of worlds) world.start();
    for (let atUs = 0; atUs <= 30_000_000; atUs += 250_000) for (const { simulation } of worlds) simulation.run(atUs);
    const together = worlds.map(({ simulation }) => simulation.trace.hash());
    const alone: string[] = [];
    for (const job of jobs) {
      const { world } = await prepare(job);
      world.start();
      world.simulation.run(30_000_000);
      alone.push(world.simulation.trace.hash());
    }
    expect(together).toEqual(alone);
    expect(new Set(alone).size).toBe(jobs.length);
  });

  test('what is kept of it', async () => {
    const kept: string[] = [];
    for (const options of [{}, { keepLast: 0 }, { keepLast: 5000, checkpointEvery: 16 }, { keepUntil: 100 }]) {
      const { world } = await prepare(input, options);
      world.start();
      world.simulation.run(endUs);
      kept.push(world.simulation.trace.hash());
    }
    expect(new Set(kept).size).toBe(1);
  });

  test('whether the seed is a text or a number, or where it stands', async () => {
    const expected = await hash('sync-relay', {}, { seed: '42' });
    const results = [
      await run({ scenario: 'sync-relay', profile: 'storm', seed: 42 }),
      await run({ scenario: 'sync-relay', profile: 'storm', config: { seed: '42' } }),
      await run({ scenario: 'sync-relay', file: { name: 'f', values: { seed: 42, profile: 'storm' } } }),
    ];
    expect(results.map(({ result }) => result.traceHash)).toEqual([expected, expected, expected]);
  });
});
