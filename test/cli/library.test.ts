// The package's main entry, as a program that imports it meets it.
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  type Config,
  defineScenario,
  type Finding,
  InputError,
  type MetricResult,
  type Progress,
  type Result,
  run,
  type RunOptions,
  type ScenarioDefinition,
  type World,
  workloadOf,
  z,
} from '../../cli/library.ts';
import { lockHash } from '../../cli/tool.ts';
import { run as runInput } from '../../scenarios/run.ts';
import { comparable } from '../scenarios/runs.ts';

const SHORT = { profile: 'light', seed: '42', users: 5, durationMs: 2000 } as const;

describe('run', () => {
  test('gives the typed result', async () => {
    const result = await run('sync-relay', SHORT);
    expectTypeOf(result).toEqualTypeOf<Result>();
    expectTypeOf(result.config).toEqualTypeOf<Config>();
    expectTypeOf(result.metrics).toEqualTypeOf<MetricResult[]>();
    expectTypeOf(result.findings).toEqualTypeOf<Finding[]>();
    expect(result).toMatchObject({ scenario: 'sync-relay', profile: 'light', seed: '42', verdict: 'passed' });
    expect(result.config).toMatchObject({ users: 5, durationMs: 2000 });
    expect(result.traceHash).toMatch(/^[0-9a-f]{16}$/);
  });

  test('knows the real time that it took, and the versions that it ran on', async () => {
    const startedMs = performance.now();
    const { wallMs, runtime } = await run('sync-relay', { ...SHORT, users: 50, durationMs: 30_000 });
    expect(wallMs).toBeGreaterThan(0);
    expect(wallMs).toBeLessThanOrEqual(performance.now() - startedMs + 1);
    expect(runtime).toEqual({ node: process.version, v8: process.versions.v8, lockHash: lockHash() });
    expect(runtime.lockHash).toMatch(/^[0-9a-f]{16}$/);
  });

  test('is the same run however it is asked for', async () => {
    const expected = await runInput({
      scenario: 'sync-relay',
      profile: 'light',
      seed: '42',
      config: { users: 5, durationMs: 2000 },
    });
    const asked = [
      await run('sync-relay', SHORT),
      await run({ scenario: 'sync-relay', ...SHORT }),
      await run({ scenario: 'sync-relay', profile: 'light', seed: 42, config: { users: 5, durationMs: 2000 } }),
      await run('sync-relay', { config: { profile: 'light', seed: '42', users: 5, durationMs: 2000 } }),
      await run('sync-relay', { ...SHORT, config: { seed: '1', users: 9, profile: 'heavy' } }),
    ];
    for (const result of asked) expect(comparable(result)).toEqual(comparable(expected.result));
  });

  test('draws a seed where none is given, and says it', async () => {
    const options = { profile: 'storm', durationMs: 1000 };
    const results = [await run('sync-relay', options), await run('sync-relay', options)];
    const [one, other] = results;
    expect(one!.seed).toMatch(/^[0-9a-f]{12}$/);
    expect(other!.seed).not.toBe(one!.seed);
    expect((await run('sync-relay', { ...options, seed: one!.seed })).traceHash).toBe(one!.traceHash);
  });

  test('takes a profile of one’s own, and repeats a run from the configuration of its result', async () => {
    const profile = { name: 'mine', users: 3, durationMs: 3000 } as RunOptions['profile'] & object;
    const first = await run('crdt-conflicts', { profile, seed: '1', faults: 'lossy' });
    expect(first).toMatchObject({ profile: 'mine', config: { durationMs: 3000 } });
    const again = await run('crdt-conflicts', { profile, config: first.config });
    expect(comparable(again)).toEqual(comparable(first));
  });

  test('gives a run that failed like any other', async () => {
    const result = await run('sync-relay', { ...SHORT, thresholds: { requests: 'p(95)<1' } });
    expect(result.verdict).toBe('threshold');
    expect(result.thresholds).toContainEqual(expect.objectContaining({ expression: 'p(95)<1', ok: false }));
  });

  test('lets the event loop turn, so that a timer can abort it', async () => {
    const controller = new AbortController();
    const seen: Progress[] = [];
    let started: Config | undefined;
    const timer = setTimeout(() => controller.abort(), 100);
    const result = await run('sync-relay', {
      profile: 'medium',
      seed: '1',
      signal: controller.signal,
      onStart: (config) => (started = config),
      onProgress: (progress) => void seen.push(progress),
    });
    clearTimeout(timer);
    expect(result.verdict).toBe('interrupted');
    expect(result.metrics.length).toBeGreaterThan(5);
    expect(seen.length).toBeGreaterThan(0);
    expect(started).toEqual(result.config);
  });

  test('passes on what its callbacks throw', async () => {
    const onProgress = (): never => {
      throw new TypeError('not mine');
    };
    await expect(run('sync-relay', { ...SHORT, onProgress })).rejects.toThrow('not mine');
  });
});

describe('bad input is refused with one line', () => {
  const lines: [input: unknown[], line: string][] = [
    [[], "options: got nothing, expected an object, such as { profile: 'light', seed: '42' }"],
    [[null], "options: got null, expected an object, such as { profile: 'light', seed: '42' }"],
    [['sync-relay', 5], "options: got 5, expected an object, such as { profile: 'light', seed: '42' }"],
    [['sync-rely'], 'scenario: got "sync-rely", expected one of sync-relay, crdt-conflicts, mixed-workload (did you'],
    [[{}], 'scenario: got nothing, expected one of sync-relay, crdt-conflicts, mixed-workload, or a scenario with'],
    [[{ name: 'x', build: () => undefined }], 'scenario: got nothing, expected one of sync-relay'],
    [['sync-relay', { usres: 5 }], 'usres: got 5, expected a known key (did you mean users?)'],
    [['sync-relay', { duration: '2s' }], 'duration: got "2s", expected a known key (did you mean durationMs?)'],
    [['sync-relay', { users: -5 }], 'users: got -5, expected ≥ 1'],
    [['sync-relay', { config: { users: -5 } }], 'users: got -5, expected ≥ 1 (in config)'],
    [['sync-relay', { config: null }], 'config: got null, expected an object of configuration keys'],
    [['sync-relay', { profile: 'ligth' }], 'profile: got "ligth", expected one of storm, light, medium, heavy (did'],
    [['sync-relay', { thresholds: { request: 'p(95)<1' } }], 'thresholds.request: got "p(95)<1", expected a known'],
  ];
  test.each(lines)('%j', async (input, line) => {
    const refused = run(...(input as [string]));
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining(`ERR_CONFIG ${line}`) });
  });
});

describe('a scenario of one’s own', () => {
  const workload = z.strictObject({ pauseMs: z.number().min(1).default(100) });
  const own = defineScenario({
    name: 'own',
    title: 'one that reads',
    workload,
    build(world) {
      const { pauseMs } = workloadOf(world.config, workload);
      world.user(world.device(world.ledger(1)), function* () {
        for (;;) yield { name: 'read', steps: [{ do: 'pull' }], thinkUs: pauseMs * 1000 };
      });
    },
  });

  test('is run as it is, with parameters of its own', async () => {
    expectTypeOf(own).toEqualTypeOf<ScenarioDefinition>();
    expectTypeOf<Parameters<ScenarioDefinition['build']>[0]>().toEqualTypeOf<World>();
    const reads = async (options: RunOptions): Promise<number> => {
      const { metrics } = await run(own, { profile: 'storm', seed: '1', ...options });
      const metric = metrics.find(({ name }) => name === 'read_operations');
      return metric?.type === 'counter' ? metric.values.count : 0;
    };
    const few = await reads({ workload: { pauseMs: 10_000 } });
    expect(await reads({})).toBeGreaterThan(20 * few);
    await expect(reads({ workload: { pauseMs: 0 } })).rejects.toThrow(
      'ERR_CONFIG workload.pauseMs: got 0, expected ≥ 1',
    );
  });
});
