// Runs that are watched: they are the same runs, what is seen of them is plain data, and in the end it is the result.

import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../models/finding.ts';
import type { ConfigLayer } from '../../../scenarios/config-schema.ts';
import type { Result, RunHooks } from '../../../scenarios/result.ts';
import { run } from '../../../scenarios/run.ts';
import { defineScenario, type ScenarioDefinition } from '../../../scenarios/scenario.ts';
import type { RunWatch } from '../../../scenarios/watch/run-watch.ts';
import { type RunSnapshot, TABS } from '../../../scenarios/watch/snapshot.ts';
import { comparable } from '../runs.ts';

interface Asked {
  readonly scenario: string | ScenarioDefinition;
  readonly profile: string;
  readonly seed: string;
  readonly config: ConfigLayer;
}

const storyOf = ({ signature, event }: Finding): string => `${signature} at event ${event}`;

/** A run, and all that was seen of it; the last snapshots were taken after it. */
async function watched(asked: Asked, more: RunHooks = {}) {
  const snapshots: RunSnapshot[] = [];
  let watch: RunWatch | undefined;
  const take = (): void => void snapshots.push(...TABS.map((tab) => watch!.snapshot(tab, storyOf)));
  const { result } = await run(asked, {
    ...more,
    onWatch: (made) => {
      watch = made;
      take();
    },
    onProgress: take,
  });
  take();
  return { result, snapshots, last: snapshots.at(-1)! };
}

const LOAD: Asked = {
  scenario: 'sync-relay',
  profile: 'light',
  seed: '42',
  config: { durationMs: 20_000, rampUpMs: 5000, rampDownMs: 2000, users: 40, client: { autoSyncMs: 3000 } },
};
const STORM: Asked = { scenario: 'crdt-conflicts', profile: 'storm', seed: '7', config: { faults: 'swarm' } };
const SPECIMEN: Asked = {
  scenario: 'crdt-conflicts',
  profile: 'storm',
  seed: '1',
  config: { faults: 'swarm', relay: { specimen: 'cursor-back' } },
};

function expectResult({ findings, operations, thresholds, faults, ...last }: RunSnapshot, result: Result): void {
  expect(last).toMatchObject({ phase: 'done', atUs: result.durationMs * 1000, events: result.events });
  const trends = result.metrics.flatMap((metric) => (metric.type === 'trend' ? [metric] : []));
  expect(operations.map(({ metric }) => metric).sort()).toEqual(trends.map(({ name }) => name).sort());
  for (const { name, values } of trends) {
    const { count, p50, p90, p95, p99, max } = values;
    const shown = operations.find(({ metric }) => metric === name);
    expect(shown).toMatchObject({ count, p50, p90, p95, p99, max });
  }
  expect(thresholds).toEqual(result.thresholds);
  expect(faults.fired).toEqual(result.faults);
  const news = result.findings.map((finding) => {
    const { atUs, oracle, kind, signature } = finding;
    return { atUs, oracle, kind, signature, story: storyOf(finding) };
  });
  expect(findings).toEqual(news);
  expect(last.moreFindings).toBeUndefined();
}

describe.each([
  ['of a load', LOAD],
  ['of a storm with faults', STORM],
  ['with a finding', SPECIMEN],
])('a run %s', (_what, asked) => {
  test('is the same when it is watched; what is seen is what was asked for, plain data, and in the end the result', async () => {
    const { result: unseen } = await run(asked);
    const { result, snapshots, last } = await watched(asked);
    expect(result.traceHash).toBe(unseen.traceHash);
    expect(comparable(result)).toEqual(comparable(unseen));
    expectResult(last, result);
    expect(snapshots.length).toBeGreaterThan(50 * TABS.length);
    const some = snapshots.filter((_, at) => at % 29 === 0 || at >= snapshots.length - TABS.length);
    for (const snapshot of some) {
      expect(structuredClone(snapshot)).toEqual(snapshot);
      expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    }
    for (const [at, tab] of TABS.entries()) {
      const ofTab = snapshots.filter((_, nth) => nth % TABS.length === at);
      expect(ofTab.every(({ histograms }) => (histograms !== undefined) === (tab === 'histogram'))).toBe(true);
      expect(ofTab.every(({ deviceRows }) => (deviceRows !== undefined) === (tab === 'devices'))).toBe(true);
    }
  });
});

test('a finding of the run is there before it is judged, and no finding goes once it is there', async () => {
  const { snapshots, last } = await watched(SPECIMEN);
  const early = snapshots.find(({ findings }) => findings.length > 0)!;
  expect(['ramp up', 'hold', 'ramp down']).toContain(early.phase);
  expect(early.findings).toEqual([last.findings.find(({ oracle }) => oracle === 'cursor')]);
  expect(early.findings[0]!.atUs).toBeLessThanOrEqual(early.atUs);
  expect(early.findings[0]!.atUs).toBeGreaterThan(early.atUs - 10_000_000);
});

test('what oracles report is there while others still judge', async () => {
  const config = { relay: { specimen: 'page-tie', pageSize: 1 }, faults: 'none', durationMs: 20_000, users: 10 };
  const { result, snapshots, last } = await watched({ ...LOAD, config: { ...LOAD.config, ...config } });
  const judging = snapshots.filter(({ phase }) => phase === 'judging').map(({ findings }) => findings.length);
  expect(result.findings.length).toBeGreaterThan(1);
  expect(new Set(judging).size).toBeGreaterThan(1);
  expect(judging).toEqual([...judging].sort((one, other) => one - other));
  // Ledger by ledger; in the end those come first that explain others.
  const reported = snapshots.findLast(({ phase }) => phase === 'judging')!.findings;
  expect(reported.length).toBe(result.findings.length);
  expect(reported).not.toEqual(last.findings);
  expectResult(last, result);
});

test('a run that is interrupted ends with what was seen', async () => {
  const abort = new AbortController();
  let turns = 0;
  const breathe = async (): Promise<void> => {
    if (++turns === 60) abort.abort();
  };
  const { result, last } = await watched(SPECIMEN, { signal: abort.signal, breathe });
  expect(result.verdict).toBe('interrupted');
  expect(last).toMatchObject({ phase: 'done', atUs: result.durationMs * 1000, endUs: result.durationMs * 1000 });
});

test('a world that stops its clock by itself is the same when it is watched', async () => {
  const stopping = defineScenario({
    name: 'stopping',
    title: 'Stops its clock',
    build(world) {
      const ledger = world.ledger(2);
      for (let device = 0; device < 2; device++) world.device(ledger);
      const stop = world.simulation.handler('test/stop', () => world.simulation.stop());
      for (const atUs of [1_234_567, 2_000_000]) world.simulation.scheduleAt(atUs, stop);
    },
  });
  const asked = { ...STORM, scenario: stopping, config: {} };
  const { result: unseen } = await run(asked);
  expect(unseen.durationMs).toBeLessThan(30_000);
  const { result } = await watched(asked);
  expect(comparable(result)).toEqual(comparable(unseen));
});
