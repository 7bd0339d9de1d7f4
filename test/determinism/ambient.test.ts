// Real time and real chance in what a run simulates: a scenario that asks for them stops the run with an error that
// names what it used and where; a document is served from its replica's own clock and stream, and stays deterministic.
import crypto from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import lww from '../../models/documents/lww.ts';
import type { DocumentType } from '../../models/documents/port.ts';
import { resolveConfig } from '../../scenarios/config.ts';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import type { Result } from '../../scenarios/result.ts';
import { drive, run, scenarioOf } from '../../scenarios/run.ts';
import { defineScenario, type ScenarioDefinition } from '../../scenarios/scenario.ts';
import { World } from '../../scenarios/world.ts';
import { AmbientAccessError, installGuard, resetServedCounts, servedCounts } from '../../sim/guard.ts';
import { resultOf } from '../scenarios/runs.ts';

// The bindings of modules are patched with it, as they are in the command before a person's file is loaded.
beforeAll(() => installGuard());

const sources: [source: string, use: () => unknown][] = [
  ['Date.now', () => Date.now()],
  ['new Date', () => new Date()],
  ['Date', () => Date()],
  ['performance.now', () => performance.now()],
  ['process.hrtime', () => process.hrtime()],
  ['process.hrtime.bigint', () => process.hrtime.bigint()],
  ['process.uptime', () => process.uptime()],
  ['Intl.DateTimeFormat.format', () => new Intl.DateTimeFormat('en').format()],
  ['Math.random', () => Math.random()],
  ['crypto.getRandomValues', () => globalThis.crypto.getRandomValues(new Uint8Array(4))],
  ['crypto.randomUUID', () => globalThis.crypto.randomUUID()],
  ['crypto.randomUUID', () => crypto.randomUUID()],
  ['crypto.randomBytes', () => crypto.randomBytes(4)],
  ['crypto.randomInt', () => crypto.randomInt(5)],
  ['setTimeout', () => setTimeout(() => undefined, 1)],
  ['setInterval', () => setInterval(() => undefined, 1)],
  ['setImmediate', () => setImmediate(() => undefined)],
  ['timers/promises.setTimeout', () => sleep(1)],
];

/** Where in a scenario something is done: while it is built, in a user's plan, in an event of its own. */
const places: Record<string, (use: () => unknown) => ScenarioDefinition['build']> = {
  build: (use) => () => void use(),
  plan: (use) => (world) =>
    world.user(world.device(world.ledger(1)), function* () {
      yield { name: 'wait', steps: [{ do: 'pull' }], thinkUs: 1_000_000 };
      use();
    }),
  event: (use) => (world) => {
    const { simulation } = world;
    simulation.schedule(
      5,
      simulation.handler('own', () => void use()),
    );
  },
};

async function refusal(definition: ScenarioDefinition): Promise<AmbientAccessError> {
  const error: unknown = await resultOf(definition).then(
    () => 'it ran',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AmbientAccessError);
  return error as AmbientAccessError;
}

describe.each(Object.keys(places))('in the %s of a scenario', (place) => {
  test.each(sources)('%s stops the run with an error that names it', async (source, use) => {
    const error = await refusal(defineScenario({ name: 'ambient', title: 'A', build: places[place]!(use) }));
    expect(error.source).toBe(source);
    expect(error.message).toMatch(/ was used in simulated code at \S+ambient\.test\.ts:\d+: /);
  });
});

test('what a scenario makes of its configuration is simulated code too', async () => {
  const build = (): void => undefined;
  const defaults = (): ConfigLayer => ({ thinkScale: Math.random() + 1 });
  const error = await refusal(defineScenario({ name: 'ambient', title: 'A', build, defaults }));
  expect(error.source).toBe('Math.random');
});

test('after a run that was stopped so, the process has its clock, its chance and its timers back', async () => {
  await refusal(defineScenario({ name: 'ambient', title: 'A', build: places['event']!(() => Date.now()) }));
  expect(Math.abs(Date.now() - new Date().getTime())).toBeLessThan(1000);
  expect(Math.random()).not.toBe(Math.random());
  await sleep(1);
  expect((await resultOf('sync-relay')).verdict).toBe('passed');
});

test('the run’s own hooks may use them', async () => {
  const { result } = await run(
    { scenario: 'sync-relay', profile: 'storm', seed: '1' },
    {
      clockMs: () => Date.now(),
      onStart: () => void Math.random(),
      onProgress: () => void crypto.randomUUID(),
      breathe: () => sleep(1),
    },
  );
  expect(result.verdict).toBe('passed');
});

describe('in a document', () => {
  /** One run of lww with something done at each edit, and when pages are received. */
  async function withDocument(use: () => unknown): Promise<Result> {
    const documents: DocumentType = {
      ...lww,
      create(init) {
        const replica = lww.create(init);
        const receive = replica.receive.bind(replica);
        const editTogether = replica.editTogether!.bind(replica);
        return Object.assign(replica, {
          receive: (changes: readonly Uint8Array[]) => (use(), receive(changes)),
          editTogether: (edits: Parameters<typeof editTogether>[0]) => (use(), editTogether(edits)),
        });
      },
    };
    const scenario = scenarioOf('crdt-conflicts');
    const config = resolveConfig({ profile: 'storm', seed: '1', config: {} }, scenario);
    const world = new World(config, documents);
    scenario.build(world);
    return (await drive({ config, scenario, world }, {})).result;
  }

  test.each([
    ['Date.now', () => Date.now()],
    ['Math.random', () => Math.random()],
    ['crypto.getRandomValues', () => globalThis.crypto.getRandomValues(new Uint32Array(2))],
    ['crypto.randomBytes', () => crypto.randomBytes(8)],
    ['performance.now', () => performance.now()],
  ])('%s is served from the replica’s own, the same in each run, and counted', async (source, use) => {
    const drawn: unknown[][] = [];
    for (let index = 0; index < 2; index++) {
      resetServedCounts();
      const list: unknown[] = [];
      const { verdict } = await withDocument(() => {
        const value = use();
        list.push(typeof value === 'object' ? [...(value as Uint8Array)] : value);
      });
      expect(verdict).toBe('passed');
      expect(servedCounts()).toEqual({ [source]: list.length });
      drawn.push(list);
    }
    expect(drawn[0]!.length).toBeGreaterThan(50);
    expect(drawn[1]).toEqual(drawn[0]);
    expect(new Set(drawn[0]!.map((value) => JSON.stringify(value))).size).toBeGreaterThan(10);
  });

  test('the time that is served is the virtual one', async () => {
    const times: number[] = [];
    await withDocument(() => times.push(Date.now()));
    const epochMs = Date.parse('2026-01-01T00:00:00Z');
    expect(Math.min(...times)).toBeGreaterThanOrEqual(epochMs);
    expect(Math.max(...times)).toBeLessThan(epochMs + 300_000);
  });

  test.each([
    ['setTimeout', () => setTimeout(() => undefined, 1)],
    ['setInterval', () => setInterval(() => undefined, 1)],
    ['setImmediate', () => setImmediate(() => undefined)],
  ])('%s stops the run: what comes later cannot be served', async (source, use) => {
    await expect(withDocument(use)).rejects.toMatchObject({ name: 'AmbientAccessError', source });
  });
});

test('a document that looks at the clock when it is judged is served too', async () => {
  const clocks: number[] = [];
  const watching: DocumentType = {
    ...lww,
    create: (init) => {
      const replica = lww.create(init);
      const { view } = replica;
      return Object.assign(Object.create(replica) as typeof replica, {
        edit: replica.edit.bind(replica),
        editTogether: replica.editTogether!.bind(replica),
        receive: replica.receive.bind(replica),
        version: replica.version.bind(replica),
        pending: replica.pending.bind(replica),
        save: replica.save.bind(replica),
        load: replica.load.bind(replica),
        viewDigest: undefined,
        entityView: undefined,
        storedBytes: undefined,
        view: () => {
          clocks.push(Date.now());
          return view.call(replica);
        },
      });
    },
  };
  const scenario = scenarioOf('crdt-conflicts');
  const config = resolveConfig({ profile: 'storm', seed: '3' }, scenario);
  const world = new World(config, watching);
  scenario.build(world);
  await drive({ config, scenario, world }, {});
  expect(clocks.length).toBeGreaterThan(0);
  // The devices' clocks: the run's epoch and the few minutes since.
  for (const ms of clocks) expect(Math.abs(ms - Date.parse(config.epoch))).toBeLessThan(3_600_000);
});
