// What changed is named from configurations, hashes and versions.
import { describe, expect, it } from 'vitest';
import { changesBetween, groupOf, KEY_GROUPS } from '../../../scenarios/baseline/changes.ts';
import { CONFIG_PATHS, configSchema } from '../../../scenarios/config-schema.ts';
import { aRun, VERSIONS } from './a-baseline.ts';

const run = aRun();
const other = 'ffffffffffffffff';
const withConfig = (change: object): typeof run => ({ ...run, traceHash: other, config: { ...run.config, ...change } });

describe('what changed', () => {
  it('every key of the configuration is decided', () => {
    expect(Object.keys(KEY_GROUPS).sort()).toEqual(Object.keys(configSchema.shape).sort());
    for (const path of CONFIG_PATHS) expect(['workload', 'configuration']).toContain(groupOf(path));
  });

  it('is nothing where nothing is another one', () => {
    expect(changesBetween(run, run)).toEqual([]);
  });

  it('is a workload for users, with both values', () => {
    const changes = changesBetween(run, { ...withConfig({ users: 7 }), workloadHash: 'bb' });
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({ what: 'workload' });
    expect(changes[0]!.detail).toMatch(/^users: \d+ → 7$/);
  });

  it('is a configuration for the relay, a fault and a threshold', () => {
    const { config } = run as { config: { relay: object; faults: object; thresholds: object } };
    const changes = changesBetween(
      run,
      withConfig({
        relay: { ...config.relay, workers: 99 },
        faults: { ...config.faults, lossRate: 0.5 },
        thresholds: { ...config.thresholds, requests: ['p(95)<1', 'avg<2'] },
      }),
    );
    expect(changes.map(({ what }) => what)).toEqual(['configuration', 'configuration', 'configuration']);
    expect(changes.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^faults.lossRate: 0 → 0.5$/),
      expect.stringMatching(/^relay.workers: 4 → 99$/),
      expect.stringMatching(/^thresholds.requests: .* → p\(95\)<1, avg<2$/),
    ]);
  });

  it('is a workload where users do something else from the same configuration', () => {
    const changes = changesBetween(run, { ...run, traceHash: other, workloadHash: '00000000000000bb' });
    expect(changes).toEqual([
      { what: 'workload', detail: expect.stringContaining('00000000000000aa → 00000000000000bb') as string },
    ]);
  });

  it('is the engine for a version, and a library that came or went', () => {
    const versions = { ...VERSIONS, tool: '0.2.0', libraries: { yjs: '13.6.33' } };
    const changes = changesBetween(run, { ...run, traceHash: other, versions });
    expect(changes).toEqual([
      { what: 'engine', detail: 'seedrandom: 3.0.5 → none' },
      { what: 'engine', detail: 'squall: 0.1.0 → 0.2.0' },
      { what: 'engine', detail: 'yjs: none → 13.6.33' },
    ]);
  });

  it('is the model where all input is the same and the trace is not', () => {
    const [moved] = changesBetween(run, { ...run, traceHash: other });
    expect(moved).toMatchObject({ what: 'model' });
    expect(moved!.detail).toContain('only times moved');
    const [exchanged] = changesBetween(run, { ...run, traceHash: other, protocolHash: other });
    expect(exchanged!.detail).toContain('another one, too');
  });

  it('is the model too where only a threshold is another one: that moves no event', () => {
    const changes = changesBetween(run, withConfig({ thresholds: { requests: ['p(95)<1'] } }));
    expect(changes.map(({ what }) => what)).toEqual(['configuration', 'model']);
  });

  it('is not guessed where the workload or versions are not known', () => {
    const unknown = { ...run, workloadHash: null, versions: null };
    expect(changesBetween(run, unknown)).toEqual([]);
  });
});
