// The three scenarios do what the workload page says, in shares, numbers and times: by statistics over drawn plans, and
// over the edits of whole runs.
import { describe, expect, test } from 'vitest';
import { ENTITY_TYPES } from '../../models/entities.ts';
import { type Action, listActions, type Step } from '../../models/plan.ts';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import { prepare } from '../../scenarios/run.ts';
import type { World } from '../../scenarios/world.ts';
import { runWatched, SCENARIO_NAMES } from './runs.ts';

const ACTIONS = 100;

async function worldOf(scenario: string, config: ConfigLayer = {}, profile = 'light'): Promise<World> {
  return (await prepare({ scenario, profile, seed: '1', config })).world;
}

/** The first actions of all users together, at the published think times. */
async function actionsOf(scenario: string, config: ConfigLayer = {}): Promise<Action[]> {
  const world = await worldOf(scenario, { users: 100, thinkScale: 1, ...config });
  return world.plans.flatMap((plan) => listActions(plan, ACTIONS));
}

/** Expects a count that a chance of `share` gives: within four and a half standard deviations. */
function expectShare(count: number, of: number, share: number): void {
  const deviation = Math.sqrt(of * share * (1 - share));
  expect(count, `${count} of ${of} at ${share}`).toBeGreaterThan(of * share - 4.5 * deviation);
  expect(count, `${count} of ${of} at ${share}`).toBeLessThan(of * share + 4.5 * deviation);
}

/** Expects every value to be as frequent as the others. */
function expectUniform<T>(values: readonly T[], kinds: readonly T[]): void {
  expect(new Set(values)).toEqual(new Set(kinds));
  for (const kind of kinds)
    expectShare(values.filter((value) => value === kind).length, values.length, 1 / kinds.length);
}

/** Expects times that fill a range evenly, µs: its ends nearly reached, a quarter in each quarter. */
function expectEvenUs(timesUs: readonly number[], minMs: number, maxMs: number): void {
  expect(timesUs.every(Number.isSafeInteger)).toBe(true);
  const units = timesUs.map((us) => (us / 1000 - minMs) / (maxMs - minMs));
  expect(Math.min(...units)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...units)).toBeLessThanOrEqual(1);
  expectUniform(
    units.map((unit) => Math.min(3, Math.floor(unit * 4))),
    [0, 1, 2, 3],
  );
}

const does = (step: Step): string => step.do;
const of = (steps: readonly Step[], kind: Step['do']): number => steps.filter((step) => step.do === kind).length;
const pausesUs = (steps: readonly Step[]): number[] =>
  steps.flatMap((step) => (step.do === 'pause' ? [step.pauseUs] : []));
const drafts = (steps: readonly Step[]) => steps.flatMap((step) => (step.do === 'edit' ? [step.draft] : []));
function groupBy<T>(list: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of list) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('sync-relay', () => {
  test('is 40% pushes, 30% pulls and 30% full syncs', async () => {
    const actions = await actionsOf('sync-relay');
    for (const [name, share, pattern] of [
      ['push', 0.4, /^(edit )+push$/],
      ['pull', 0.3, /^pull$/],
      ['full-sync', 0.3, /^(edit )+push pause pull$/],
    ] as const) {
      const turns = actions.filter((action) => action.name === name);
      expectShare(turns.length, actions.length, share);
      for (const { steps } of turns) expect(steps.map(does).join(' ')).toMatch(pattern);
    }
  });

  test('pushes 1 to 5 CREATEs, uniform over the three entities', async () => {
    const pushes = (await actionsOf('sync-relay')).filter(({ name }) => name !== 'pull');
    expectUniform(
      pushes.map(({ steps }) => of(steps, 'edit')),
      range(1, 5),
    );
    const made = pushes.flatMap(({ steps }) => drafts(steps));
    expectUniform(
      made.map(({ entityType }) => entityType),
      [...ENTITY_TYPES],
    );
    expect(new Set(made.map(({ operation }) => operation))).toEqual(new Set(['CREATE']));
    expect(new Set(made.map(({ entity }) => entity)).size).toBe(made.length);
  });

  test('thinks for 1 to 5 s, and waits 100 ms between push and pull', async () => {
    const actions = await actionsOf('sync-relay');
    expectEvenUs(
      actions.map(({ thinkUs }) => thinkUs),
      1000,
      5000,
    );
    expect(new Set(actions.flatMap(({ steps }) => pausesUs(steps)))).toEqual(new Set([100_000]));
  });

  test('thinks a tenth of it in its profiles, and a pause stays as it is', async () => {
    const world = await worldOf('sync-relay');
    expect(world.config.thinkScale).toBe(0.1);
    const actions = world.plans.flatMap((plan) => listActions(plan, 20));
    expectEvenUs(
      actions.map(({ thinkUs }) => thinkUs),
      100,
      500,
    );
    expect(new Set(actions.flatMap(({ steps }) => pausesUs(steps)))).toEqual(new Set([100_000]));
  });

  test('gives each user a ledger with two devices, of which the second only receives', async () => {
    const { world, edits } = await runWatched('sync-relay', { users: 6 });
    expect(world.ledgers).toHaveLength(6);
    for (const [user, { device }] of world.plans.entries()) {
      const { members } = world.ledgers[user]!;
      expect(members).toHaveLength(2);
      expect(members[0]!.index).toBe(device);
      expect(edits.some((edit) => edit.device === device)).toBe(true);
      expect(edits.some((edit) => edit.device === members[1]!.index)).toBe(false);
      expect(Object.keys(members[1]!.replica.view()).length).toBeGreaterThan(0);
    }
  });
});

describe('crdt-conflicts', () => {
  test('is 50% updates, 30% concurrent updates and 20% bursts', async () => {
    const actions = await actionsOf('crdt-conflicts');
    for (const [name, share] of [
      ['update', 0.5],
      ['together', 0.3],
      ['burst', 0.2],
    ] as const) {
      expectShare(actions.filter((action) => action.name === name).length, actions.length, share);
    }
  });

  test('updates one of five shared entities a turn, each as often as the others', async () => {
    const world = await worldOf('crdt-conflicts');
    const shared = Object.keys(world.ledgers[0]!.members[0]!.replica.view());
    expect(shared).toHaveLength(5);
    const actions = await actionsOf('crdt-conflicts');
    const targets = actions.map(({ steps }) => [...new Set(drafts(steps).map(({ entity }) => entity))]);
    expect(targets.every((entities) => entities.length === 1)).toBe(true);
    expectUniform(targets.flat(), shared);
    expect(new Set(actions.flatMap(({ steps }) => drafts(steps).map(({ operation }) => operation)))).toEqual(
      new Set(['UPDATE']),
    );
  });

  test('has 2 to 4 devices update at one instant, each a device of its own', async () => {
    const together = (await actionsOf('crdt-conflicts')).filter(({ name }) => name === 'together');
    const devices = together.map(({ steps }) =>
      steps.flatMap((step) => (step.do === 'edit' ? [step.device ?? 'own'] : [])),
    );
    expectUniform(
      devices.map(({ length }) => length),
      [2, 3, 4],
    );
    for (const list of devices) expect(new Set(list).size).toBe(list.length);
    for (const { steps } of together) {
      // No pause and no wait before the last of them has edited.
      expect(steps.map(does).join(' ')).toMatch(/^edit( edit push-soon)+ push$/);
    }
  });

  test('makes concurrent updates that have not seen each other', async () => {
    const { edits, world, result } = await runWatched('crdt-conflicts', { users: 8, durationMs: 600_000 });
    // At virtual 0 all users of a storm begin, so that turns of several meet there.
    const later = edits.filter(({ atUs }) => atUs > 0);
    const byInstant = groupBy(later, ({ atUs, draft }) => `${atUs} ${draft.entity}`);
    const groups = [...byInstant.values()].filter(({ length }) => length > 1);
    expect(groups.length).toBeGreaterThan(10);
    for (const group of groups) expect(new Set(group.map(({ device }) => device)).size).toBe(group.length);
    const modified = result.metrics.find(({ name }) => name === 'concurrent_modifications');
    expect(modified?.type === 'counter' && modified.values.count).toBeGreaterThan(10);
    expect(world.ledgers).toHaveLength(1);
    expect(world.devices).toHaveLength(8);
  });

  test('makes three updates 50 ms apart from one device in a burst', async () => {
    const bursts = (await actionsOf('crdt-conflicts')).filter(({ name }) => name === 'burst');
    for (const { steps } of bursts) {
      expect(steps.map(does).join(' ')).toBe('edit push-soon pause edit push-soon pause edit push');
      expect(pausesUs(steps)).toEqual([50_000, 50_000]);
      expect(steps.some((step) => 'device' in step)).toBe(false);
    }
  });

  test('thinks for 0.5 to 2 s', async () => {
    const actions = await actionsOf('crdt-conflicts');
    expectEvenUs(
      actions.map(({ thinkUs }) => thinkUs),
      500,
      2000,
    );
  });
});

describe('mixed-workload', () => {
  const byPool = async (): Promise<Map<string, Action[]>> =>
    groupBy(await actionsOf('mixed-workload'), ({ name }) => name);

  test('has 40 light, 50 active and 10 power users of 100, each with one journey', async () => {
    const world = await worldOf('mixed-workload');
    const pools = world.plans.map((plan) => new Set(listActions(plan, 20).map(({ name }) => name)));
    expect(pools.every(({ size }) => size === 1)).toBe(true);
    const counts = groupBy(pools, (pool) => [...pool][0]!);
    expect(Object.fromEntries([...counts].map(([pool, users]) => [pool, users.length]))).toEqual({
      light: 40,
      active: 50,
      power: 10,
    });
    expect(world.devices).toHaveLength(200);
  });

  test('light users look in, and with 60% create a transaction', async () => {
    const actions = (await byPool()).get('light')!;
    const creating = actions.filter(({ steps }) => of(steps, 'edit') > 0);
    expectShare(creating.length, actions.length, 0.6);
    for (const { steps } of actions) {
      expect(steps.map(does).join(' ')).toMatch(/^pull pause( edit push pause)? pull$/);
      for (const { entityType, operation } of drafts(steps)) {
        expect([entityType, operation]).toEqual(['transaction', 'CREATE']);
      }
    }
    expectEvenUs(
      actions.map(({ steps }) => pausesUs(steps)[0]!),
      1000,
      3000,
    );
    expectEvenUs(
      creating.map(({ steps }) => pausesUs(steps)[1]!),
      500,
      1500,
    );
    expectEvenUs(
      actions.map(({ thinkUs }) => thinkUs),
      5000,
      15_000,
    );
  });

  test('active users push 2 to 4 transactions, and with 70% create an invoice', async () => {
    const actions = (await byPool()).get('active')!;
    const invoicing = actions.filter(({ steps }) => drafts(steps).some(({ entityType }) => entityType === 'invoice'));
    expectShare(invoicing.length, actions.length, 0.7);
    for (const { steps } of actions) {
      expect(steps.map(does).join(' ')).toMatch(/^pull pause( edit){2,4} push pause( edit push pause)? pull$/);
      expect(drafts(steps).every(({ operation }) => operation === 'CREATE')).toBe(true);
    }
    expectUniform(
      actions.map(({ steps }) => drafts(steps).filter(({ entityType }) => entityType === 'transaction').length),
      [2, 3, 4],
    );
    expectEvenUs(
      actions.map(({ steps }) => pausesUs(steps)[0]!),
      500,
      1500,
    );
    expectEvenUs(
      actions.map(({ steps }) => pausesUs(steps)[1]!),
      1000,
      3000,
    );
    expectEvenUs(
      invoicing.map(({ steps }) => pausesUs(steps)[2]!),
      500,
      2000,
    );
    expectEvenUs(
      actions.map(({ thinkUs }) => thinkUs),
      2000,
      8000,
    );
  });

  test('power users push 10 to 29 mixed entities and 3 to 7 account updates', async () => {
    const actions = (await byPool()).get('power')!;
    const batches = actions.map(({ steps }) => {
      expect(steps.map(does).join(' ')).toMatch(/^pull pause( edit)+ push pause( edit)+ push pause pull$/);
      const split = steps.findIndex((step) => step.do === 'push');
      return [drafts(steps.slice(0, split)), drafts(steps.slice(split))] as const;
    });
    expectUniform(
      batches.map(([creates]) => creates.length),
      range(10, 29),
    );
    expectUniform(
      batches.map(([, updates]) => updates.length),
      range(3, 7),
    );
    const created = batches.flatMap(([creates]) => creates);
    expect(created.every(({ operation }) => operation === 'CREATE')).toBe(true);
    expectUniform(
      created.map(({ entityType }) => entityType),
      [...ENTITY_TYPES],
    );
    const updated = batches.flatMap(([, updates]) => updates);
    expect(new Set(updated.map(({ entityType }) => entityType))).toEqual(new Set(['account']));
    // Only a first batch without an account has nothing to update yet.
    expect(updated.filter(({ operation }) => operation === 'CREATE').length).toBeLessThanOrEqual(10);
    expectEvenUs(
      actions.map(({ steps }) => pausesUs(steps)[0]!),
      500,
      1500,
    );
    expectEvenUs(
      actions.map(({ steps }) => pausesUs(steps)[1]!),
      1000,
      3000,
    );
    expectEvenUs(
      actions.map(({ steps }) => pausesUs(steps)[2]!),
      500,
      1500,
    );
    expectEvenUs(
      actions.map(({ thinkUs }) => thinkUs),
      1000,
      4000,
    );
  });
});

describe('ramps', () => {
  test.each(SCENARIO_NAMES)('start the users of %s one after another, and stop them so', async (scenario) => {
    const world = await worldOf(scenario);
    const { users, durationMs, rampUpMs, rampDownMs } = world.config;
    const starts = world.plans.map(({ startUs }) => startUs);
    const stops = world.plans.map(({ stopUs }) => stopUs);
    expect(starts[0]).toBe(0);
    for (const [user, startUs] of starts.entries()) {
      expect(startUs / 1000).toBeCloseTo((rampUpMs * user) / users, 2);
      expect(stops[user]! / 1000).toBeLessThanOrEqual(durationMs);
      expect(stops[user]! / 1000).toBeGreaterThan(durationMs - rampDownMs);
    }
    expect(stops.toSorted((one, other) => one - other)).toHaveLength(users);
    expect(new Set(stops).size).toBe(users);
  });

  test('are kept in a run: nobody is early, and nobody begins a turn late', async () => {
    const config = { durationMs: 60_000, thinkScale: 1 };
    const { world, edits } = await runWatched('sync-relay', config, { profile: 'light' });
    expect(world.config).toMatchObject({ rampUpMs: 6000, rampDownMs: 6000 });
    for (const { device, startUs, stopUs } of world.plans) {
      const own = edits.filter((edit) => edit.device === device);
      expect(own.length).toBeGreaterThan(0);
      expect(own[0]!.atUs).toBeGreaterThanOrEqual(startUs);
      expect(own.at(-1)!.atUs).toBeLessThan(stopUs);
    }
    const before = (atUs: number): number =>
      new Set(edits.filter((edit) => edit.atUs < atUs).map(({ device }) => device)).size;
    expect(before(1_000_000)).toBeLessThan(20);
    expect(before(3_000_000)).toBeLessThan(52);
    expect(before(12_000_000)).toBeGreaterThan(80);
  });
});

describe.each(SCENARIO_NAMES)('the liveness phase of %s', (scenario) => {
  test.each([
    ['storm', { thinkScale: 0.5 }],
    ['light', { users: 12, durationMs: 20_000, thinkScale: 0.1 }],
  ] as const)('begins with the last edit made: %s', async (profile, config) => {
    let late = 0;
    for (let seed = 1; seed <= 8; seed++) {
      const { world } = await runWatched(scenario, config, { profile, seed: String(seed) });
      const endUs = world.config.durationMs * 1000;
      for (let change = 0; change < world.table.count; change++) {
        const atUs = world.table.editedAtUs(change);
        expect(atUs, `seed ${seed}`).toBeLessThan(endUs);
        if (atUs > endUs - 2_000_000) late++;
      }
    }
    expect(late).toBeGreaterThan(0);
  });
});

describe('dialect 1.0 of mixed-workload', () => {
  test('asks for the last hour or day with the first pull of a journey alone; 1.1 asks by cursor', async () => {
    const windows = (actions: Action[]): Set<string> =>
      new Set(
        actions.map(({ name, steps }) =>
          [name, ...steps.flatMap((step) => (step.do === 'pull' ? [step.sinceMs ?? 'cursor'] : []))].join(' '),
        ),
      );
    expect(windows(await actionsOf('mixed-workload', { dialect: '1.0' }))).toEqual(
      new Set(['light 3600000 cursor', 'active 3600000 cursor', 'power 86400000 cursor']),
    );
    expect(windows(await actionsOf('mixed-workload'))).toEqual(
      new Set(['light cursor cursor', 'active cursor cursor', 'power cursor cursor']),
    );
  });

  test('gets the same changes again, none of which is new to the device', async () => {
    const pulled = async (dialect: '1.0' | '1.1'): Promise<[pulled: number, made: number, latencies: number]> => {
      const { world } = await runWatched('mixed-workload', { dialect, users: 3, durationMs: 120_000, thinkScale: 0.2 });
      const { changesPulled, syncLatency } = world.measures;
      return [changesPulled.value, world.table.count, syncLatency.count];
    };
    const [again, made, latencies] = await pulled('1.0');
    expect(again).toBeGreaterThan(3 * made);
    expect(latencies).toBe(0);
    // To the author and to the other device, once each.
    const [once, madeOnce] = await pulled('1.1');
    expect(once).toBe(2 * madeOnce);
  });
});

test.each(SCENARIO_NAMES)('a storm of %s is 2–8 devices and 10–100 edits in one to three minutes', async (scenario) => {
  for (let seed = 1; seed <= 30; seed++) {
    const { edits, config, world } = await runWatched(scenario, {}, { seed: String(seed) });
    expect(config.durationMs).toBeGreaterThanOrEqual(60_000);
    expect(config.durationMs).toBeLessThanOrEqual(180_000);
    expect(world.devices.length).toBeGreaterThanOrEqual(2);
    expect(world.devices.length).toBeLessThanOrEqual(8);
    expect(edits.length, `seed ${seed}`).toBeGreaterThanOrEqual(10);
    expect(edits.length, `seed ${seed}`).toBeLessThanOrEqual(100);
  }
});
