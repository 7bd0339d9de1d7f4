// Whole runs under everything that a correct system must stand: after each storm nothing is lost, nothing is doubled, and
// all members see the same. What the oracles say is checked here by hand too.

import { describe, expect, test } from 'vitest';
import { canonicalView, type Edit } from '../../models/documents/edit.ts';
import type { EntityDraft } from '../../models/entities.ts';
import type { Action, Step } from '../../models/plan.ts';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import type { Result } from '../../scenarios/result.ts';
import { drive, prepare } from '../../scenarios/run.ts';
import { defineScenario } from '../../scenarios/scenario.ts';
import type { World } from '../../scenarios/world.ts';

const SCENARIOS = ['sync-relay', 'crdt-conflicts', 'mixed-workload'] as const;
const SEEDS = 20;

/** What a storm is made of, and what must have happened in it for the test to say anything. */
const STORMS: Readonly<
  Record<string, { config: ConfigLayer; fired?: readonly string[]; refuses?: readonly string[] }>
> = {
  'a network that loses, doubles and reorders': {
    config: { faults: 'lossy' },
    fired: ['loss', 'duplication', 'reordering'],
  },
  'partitions of devices': { config: { faults: 'partitions' }, fired: ['partition'] },
  'many short partitions, half of them one way': {
    config: {
      faults: { name: 'partitions', partitionsPerHour: 240, partitionMsMean: 10_000, partitionOneWayShare: 0.5 },
    },
    fired: ['partition'],
  },
  'clocks that are wrong': { config: { faults: { name: 'skew', stepsPerHour: 60 } }, fired: ['clock-step'] },
  'a flaky network': { config: { network: 'flaky' }, fired: ['loss', 'duplication', 'reordering'] },
  'a network that loses more than a third, and impatient clients': {
    config: {
      faults: { name: 'lossy', lossRate: 0.4, duplicateRate: 0.3, reorderRate: 0.3 },
      client: { timeoutMs: 1000 },
    },
    fired: ['loss', 'duplication', 'reordering'],
  },
  'clients that give up waiting before most answers come': {
    config: { client: { timeoutMs: 60, retryMsBase: 20, retryMsMax: 1000 } },
  },
  'the published rate limit, busier users': {
    config: { relay: { rateLimitPerMinute: 60 }, thinkScale: 0.05, durationMs: 30_000 },
    // The journeys of mixed-workload rest too long between their requests to reach it.
    refuses: ['sync-relay', 'crdt-conflicts'],
  },
  'a third of the published rate limit': {
    config: { relay: { rateLimitPerMinute: 20 }, thinkScale: 0.5, durationMs: 60_000 },
    refuses: SCENARIOS,
  },
  'a slow relay with hardly a queue': {
    config: { relay: { instances: 1, workers: 1, queueLimit: 0, pushMsMean: 80, pullMsMean: 60 } },
    refuses: SCENARIOS,
  },
  'pages and batches of one': { config: { relay: { pageSize: 1 }, client: { batchSize: 1 } } },
  'all of it at once': {
    config: {
      network: 'flaky',
      faults: {
        name: 'partitions',
        partitionsPerHour: 120,
        lossRate: 0.1,
        duplicateRate: 0.1,
        reorderRate: 0.1,
        skewMsMax: 300_000,
        driftPpmMax: 100,
        stepsPerHour: 60,
        stepMsMax: 60_000,
      },
      relay: { pageSize: 3, rateLimitPerMinute: 60, queueLimit: 2, instances: 1, workers: 1 },
    },
    fired: ['partition', 'clock-step', 'loss', 'duplication', 'reordering'],
  },
};

interface Ran {
  readonly world: World;
  readonly result: Result;
}

async function run(scenario: string, seed: string, config: ConfigLayer, profile = 'storm'): Promise<Ran> {
  const prepared = await prepare({ scenario, profile, seed, config });
  const { result } = await drive(prepared, {});
  return { world: prepared.world, result };
}

const metric = (result: Result, name: string): Record<string, number> =>
  result.metrics.find((each) => each.name === name)?.values ?? {};

/** Changes that were in ledgers before the run. */
const PRELOADED: Readonly<Record<string, number>> = { 'sync-relay': 0, 'crdt-conflicts': 5, 'mixed-workload': 0 };

/** Every change that was made is in its ledger's log, once, and every member shows what all of them come to. */
function expectAllIsWell({ world, result }: Ran, scenario: string): void {
  expect(result.findings).toEqual([]);
  const { table, ledgers, network } = world;
  let accepted = 0;
  let deliveries = 0;
  for (const ledger of ledgers) {
    const log = [...world.port.log(ledger.index)];
    accepted += log.length;
    deliveries += log.length * (ledger.members.length - 1);
    expect(new Set(log).size).toBe(log.length);
    for (const change of log) expect(table.ledgerOf(change)).toBe(ledger.index);
    const views = new Set(ledger.members.map(({ replica }) => canonicalView(replica.view())));
    expect(views.size).toBe(1);
    for (const device of ledger.members) {
      expect([device.client.outboxLength, device.position]).toEqual([0, log.length]);
      const sequences = log
        .filter((change) => table.deviceOf(change) === device.index)
        .map((each) => table.sequenceOf(each));
      expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    }
  }
  expect(accepted).toBe(table.count);
  const before = PRELOADED[scenario]!;
  expect(metric(result, 'changes_accepted')['count']).toBe(accepted - before);
  const members = ledgers[0]!.members.length;
  expect(metric(result, 'sync_latency')['count'] ?? 0).toBe(deliveries - before * (members - 1));
  expect(metric(result, 'changes_rejected')['count']).toBe(0);
  const ofTurns = metric(result, 'checks')['total']!;
  expect(metric(result, 'requests')['count']).toBe(ofTurns + metric(result, 'background_requests')['count']!);
  expect(metric(result, 'turn_requests')['count']).toBeLessThanOrEqual(ofTurns);
  for (const { type, values } of result.metrics) {
    if (type === 'rate') expect(values.passes).toBeLessThanOrEqual(values.total);
  }
  const { sent, delivered, lost, duplicated, droppedByPartition, inFlight } = network.statistics();
  expect(sent + duplicated).toBe(delivered + lost + droppedByPartition + inFlight);
}

describe.each(SCENARIOS)('%s', (scenario) => {
  test.each(Object.keys(STORMS))('stands %s, over twenty seeds', async (name) => {
    const { config, fired = [], refuses = [] } = STORMS[name]!;
    const faults: Record<string, number> = {};
    let failed = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const ran = await run(scenario, `${name} ${seed}`, config);
      expectAllIsWell(ran, scenario);
      for (const [kind, times] of Object.entries(ran.result.faults)) faults[kind] = (faults[kind] ?? 0) + times;
      failed += metric(ran.result, 'requests_failed')['passes']!;
      expect(ran.world.table.count).toBeGreaterThan(5);
    }
    for (const kind of fired) expect(faults[kind]).toBeGreaterThan(SEEDS / 2);
    if (refuses.includes(scenario)) expect(failed).toBeGreaterThan(SEEDS / 2);
  });

  test('stands a storm of many users under load, loss and partitions', async () => {
    const config: ConfigLayer = {
      durationMs: 40_000,
      faults: {
        name: 'partitions',
        partitionsPerHour: 200,
        partitionMsMean: 8000,
        lossRate: 0.05,
        duplicateRate: 0.05,
      },
      thresholds: {},
    };
    expectAllIsWell(await run(scenario, 'many', config, 'light'), scenario);
  });

  test('gives the same run for the same seed under all of it at once', async () => {
    const { config } = STORMS['all of it at once']!;
    const [one, again] = [await run(scenario, 'same', config), await run(scenario, 'same', config)];
    expect(again.result).toEqual(one.result);
    expect(again.result.traceHash).not.toBe((await run(scenario, 'other', config)).result.traceHash);
  });

  test('tells members of every change: without faults it is everywhere within a second', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { result } = await run(scenario, `told ${seed}`, { thinkScale: 0.3, durationMs: 30_000 });
      expect(metric(result, 'sync_latency')['count']).toBeGreaterThan(10);
      expect(metric(result, 'sync_latency')['max']).toBeLessThan(1000);
    }
  });

  test('in dialect 1.0, where no device sees the changes of another, is found not to deliver and not to converge', async () => {
    for (const faults of ['none', 'lossy', 'partitions', 'skew'] as const) {
      for (let seed = 1; seed <= 5; seed++) {
        const { world, result } = await run(scenario, `published ${seed}`, { dialect: '1.0', faults });
        const oracles = new Set(result.findings.map(({ oracle }) => oracle));
        expect(oracles).toEqual(new Set(['delivery', 'convergence']));
        expect(result.verdict).toBe('safety');
        // Every change was accepted all the same, and no device was handed one of another.
        const accepted = world.ledgers.reduce((sum, { index }) => sum + world.port.end(index), 0);
        expect(accepted).toBe(world.table.count);
        expect(metric(result, 'sync_latency')['count'] ?? 0).toBe(0);
        for (const { oracle, devices } of result.findings)
          if (oracle === 'delivery') expect(devices.length).toBeGreaterThan(0);
      }
    }
  });

  test.each(['none', 'lossy', 'partitions'])(
    'no two messages of a link share what their fates are drawn from, with faults %s',
    async (faults) => {
      for (let seed = 1; seed <= 5; seed++) {
        const prepared = await prepare({ scenario, profile: 'storm', seed: `fates ${seed}`, config: { faults } });
        const { network } = prepared.world;
        const send = network.send.bind(network);
        const seen = new Set<string>();
        const shared: string[] = [];
        network.send = (link, bytes, ordinal, attempt, page, ...rest) => {
          const name = `link ${link}, cause ${ordinal}, attempt ${attempt}, page ${page}`;
          if (seen.has(name)) shared.push(`${name} at ${prepared.world.simulation.nowUs} µs, seed ${seed}`);
          seen.add(name);
          return send(link, bytes, ordinal, attempt, page, ...rest);
        };
        await drive(prepared, {});
        expect(seen.size).toBeGreaterThan(50);
        expect(shared).toEqual([]);
      }
    },
  );
});

describe('conflicts of crdt-conflicts', () => {
  /** Changes made without knowledge of an earlier one of the same place by another device, counted from all changes. */
  function concurrentOf({ table }: World): number {
    let count = 0;
    for (let change = 0; change < table.count; change++) {
      for (let earlier = 0; earlier < change; earlier++) {
        if (table.deviceOf(earlier) === table.deviceOf(change)) continue;
        if (!table.targetsOf(earlier).some((target) => table.targetsOf(change).includes(target))) continue;
        if (table.positionOf(earlier) <= table.seenBy(change)) continue;
        count++;
        break;
      }
    }
    return count;
  }

  test.each([
    ['none', { faults: 'none' }],
    ['loss and duplication', { faults: 'lossy' }],
    ['partitions', { faults: 'partitions' }],
    ['many partitions', { faults: { name: 'partitions', partitionsPerHour: 120, partitionMsMean: 20_000 } }],
  ])('are all counted, whatever the faults: %s', async (_, config) => {
    for (let seed = 1; seed <= 10; seed++) {
      const { world, result } = await run('crdt-conflicts', `conflicts ${seed}`, {
        ...config,
        thinkScale: 5,
        workload: { allKindsShare: 0 },
      });
      const concurrent = concurrentOf(world);
      expect(concurrent).toBeGreaterThan(5);
      expect(metric(result, 'concurrent_modifications')['count']).toBe(concurrent);
    }
  });
});

test('a user who pushes where there is nothing to push goes on', async () => {
  const scenario = defineScenario({
    name: 'empty-pushes',
    title: 'users who push nothing',
    build(world) {
      const device = world.device(world.ledger(1));
      const set: Edit = { kind: 'set', entity: 'account-1', field: 'name', value: 'Bank' };
      const draft: EntityDraft = { entityType: 'account', operation: 'UPDATE', entity: 'account-1', edits: [set] };
      world.user(device, function* (): Generator<Action, never> {
        for (;;) {
          yield { name: 'nothing', steps: [{ do: 'push' }], thinkUs: 1_000_000 };
          const steps: Step[] = [{ do: 'edit', draft }, { do: 'push' }, { do: 'push' }];
          yield { name: 'something', steps, thinkUs: 1_000_000 };
        }
      });
    },
  });
  const prepared = await prepare({
    scenario,
    profile: 'storm',
    seed: 'empty',
    config: { users: 1, durationMs: 20_000 },
  });
  const { result } = await drive(prepared, {});
  expect(result.findings).toEqual([]);
  expect(prepared.world.table.count).toBeGreaterThan(5);
});
