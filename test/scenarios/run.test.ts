// How a run ends: judged, with thresholds crossed, with findings, interrupted, or refused before it began.
import { describe, expect, test } from 'vitest';
import lww from '../../models/documents/lww.ts';
import type { DocumentType, Replica } from '../../models/documents/port.ts';
import { resolveConfig } from '../../scenarios/config.ts';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import { exitCodeOf, type Progress, type Result, type RunHooks } from '../../scenarios/result.ts';
import { drive, scenarioOf } from '../../scenarios/run.ts';
import { defineScenario } from '../../scenarios/scenario.ts';
import { World } from '../../scenarios/world.ts';
import { AssertionError, InputError } from '../../sim/errors.ts';
import { resultSchema } from './result-schema.ts';
import { comparable, resultOf, SCENARIO_NAMES } from './runs.ts';

/** A short run of the light profile. */
const SHORT: ConfigLayer = { durationMs: 10_000, users: 20 };
const light = (scenario: string, config: ConfigLayer = SHORT, hooks: RunHooks = {}): Promise<Result> =>
  resultOf(scenario, config, { profile: 'light', hooks });

/** A run with documents of a test's own. */
async function withDocuments(documents: DocumentType, hooks: RunHooks = {}): Promise<Result> {
  const scenario = scenarioOf('crdt-conflicts');
  const config = resolveConfig({ profile: 'storm', seed: '1', config: {} }, scenario);
  const world = new World(config, documents);
  scenario.build(world);
  return (await drive({ config, scenario, world }, hooks)).result;
}

/** lww whose replicas are changed after they are made. */
function changed(change: (replica: Replica, device: number) => Partial<Replica>): DocumentType {
  return {
    ...lww,
    create(init) {
      const replica = lww.create(init);
      return Object.assign(replica, change(replica, init.deviceIndex));
    },
  };
}

describe('a result', () => {
  test.each(SCENARIO_NAMES)('of %s has the form of the design, as JSON too', async (scenario) => {
    const result = await light(scenario, { ...SHORT, faults: 'lossy' }, { clockMs: () => 5, lockHash: 'abc' });
    expect(resultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
    expect(result).toMatchObject({
      schemaVersion: 1,
      tool: { name: 'squall' },
      runtime: { node: process.version, v8: process.versions.v8, lockHash: 'abc' },
      seed: '1',
      scenario,
      profile: 'light',
      clock: 'virtual',
      side: 'model',
      wallMs: 0,
      config: { users: 20, durationMs: 10_000, scenario, seed: '1' },
    });
    expect(result.faults).toMatchObject({ loss: expect.any(Number), duplication: expect.any(Number) });
  });

  test('has metrics sorted by name, each once, and no trend or rate without a sample', async () => {
    const { metrics } = await light('sync-relay');
    const names = metrics.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)].toSorted());
    for (const { type, values } of metrics) {
      if (type === 'trend') expect(values.count).toBeGreaterThan(0);
      if (type === 'rate') expect(values.total).toBeGreaterThan(0);
    }
    expect(names).not.toContain('catch_up_time');
    expect(names).toEqual(expect.arrayContaining(['requests', 'sync_latency', 'log_bytes', 'document_bytes']));
  });

  test('runs again from the configuration that it holds', async () => {
    const first = await light('mixed-workload', { ...SHORT, faults: 'lossy', network: 'lte' });
    const again = await resultOf('mixed-workload', first.config, { profile: 'light' });
    expect(comparable(again)).toEqual(comparable(first));
  });

  test('has the real time that the caller’s clock says', async () => {
    let nowMs = 1000;
    const { wallMs } = await light('sync-relay', SHORT, { clockMs: () => (nowMs += 250) });
    expect(wallMs).toBe(250);
  });

  test('says that an enabled fault never fired', async () => {
    const faults = { name: 'rare', partitionsPerHour: 0.001, partitionMsMean: 1 };
    const { faults: fired } = await light('sync-relay', { ...SHORT, faults: { ...(await quiet()), ...faults } });
    expect(fired).toEqual({ partition: 0 });
  });
});

/** The preset without faults. */
async function quiet(): Promise<object> {
  return (await light('sync-relay', { durationMs: 100, users: 1 })).config.faults;
}

describe('progress', () => {
  test('never goes back, ends where the run ends, and names the phases in their order', async () => {
    const seen: Progress[] = [];
    const config = { durationMs: 60_000 };
    const { durationMs, events } = await light('sync-relay', config, {
      onProgress: (progress) => void seen.push(progress),
    });
    for (const [index, progress] of seen.entries()) {
      const before = seen[index - 1];
      if (before !== undefined) {
        expect(progress.virtualUs).toBeGreaterThanOrEqual(before.virtualUs);
        expect(progress.events).toBeGreaterThanOrEqual(before.events);
      }
      expect(progress.virtualUs).toBeLessThanOrEqual(progress.endUs);
    }
    expect(seen.at(-1)).toMatchObject({ virtualUs: durationMs * 1000, events });
    const phases = [...new Set(seen.map(({ phase }) => phase))];
    expect(['ramp up', 'hold', 'ramp down', 'drain'].filter((phase) => phases.includes(phase))).toEqual(phases);
    expect(phases).toContain('hold');
    expect(phases).toContain('drain');
  });
});

describe('a threshold that is crossed', () => {
  test('is exit 99, and the others are judged all the same', async () => {
    const thresholds = { requests: ['p(95)<1', 'p(95)<500'] };
    const result = await light('sync-relay', { ...SHORT, thresholds });
    expect(result.verdict).toBe('threshold');
    expect(exitCodeOf(result)).toBe(99);
    expect(result.thresholds.filter(({ ok }) => !ok)).toMatchObject([{ metric: 'requests', expression: 'p(95)<1' }]);
    expect(result.thresholds.length).toBeGreaterThan(6);
  });

  test('may be on what is measured at the end alone', async () => {
    const thresholds = { log_bytes: 'count<1', document_bytes: 'count>1', convergence_time: 'max<60000' };
    const result = await light('sync-relay', { ...SHORT, thresholds });
    expect(result.thresholds.filter(({ ok }) => !ok).map(({ metric }) => metric)).toEqual(['log_bytes']);
  });

  test.each([
    [{ request: 'p(95)<500' }, 'thresholds.request: got "p(95)<500", expected a known metric (did you mean requests?)'],
    [{ xyzzy: 'count>0' }, 'thresholds.xyzzy: got "count>0", expected one of background_requests, '],
    [{ requests_failed: 'p(95)<500' }, 'thresholds.requests_failed: got "p(95)<500", expected for a rate one of '],
  ])('%j is refused before anything runs', async (thresholds, line) => {
    let hasStarted = false;
    const hooks = { onStart: () => (hasStarted = true), onProgress: () => (hasStarted = true) };
    const refused = light('sync-relay', { ...SHORT, thresholds }, hooks);
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(`ERR_CONFIG ${line}`);
    expect(hasStarted).toBe(false);
  });
});

describe('a liveness finding', () => {
  test('comes of a relay that takes no push, and is exit 4', async () => {
    const config = { ...SHORT, relay: { bodyLimitBytes: 200 }, drain: { budgetMs: 5000 } };
    const result = await light('sync-relay', config);
    expect(result.findings).toMatchObject([{ oracle: 'liveness', kind: 'liveness', signature: 'liveness:outbox' }]);
    expect(result.durationMs).toBe(15_000);
    expect(result.verdict).toBe('liveness');
    expect(exitCodeOf(result)).toBe(4);
    // Its thresholds are crossed as well: the finding wins.
    expect(result.thresholds.some(({ ok }) => !ok)).toBe(true);
  });

  test('comes of a budget that is too small for the last pulls', async () => {
    const result = await light('sync-relay', { ...SHORT, drain: { budgetMs: 1 } });
    expect(result.findings[0]).toMatchObject({ signature: 'liveness:pull', detail: { budgetMs: 1, changesUnsent: 0 } });
    expect(exitCodeOf(result)).toBe(4);
  });
});

describe('a safety finding', () => {
  test('does not come of documents that are right', async () => {
    const result = await withDocuments(lww);
    expect(result.findings).toEqual([]);
    expect(result.verdict).toBe('passed');
  });

  test('comes of a document that forgets some of what it receives, and is exit 1', async () => {
    let received = 0;
    const forgetful = changed((replica) => {
      const receive = replica.receive.bind(replica);
      return { receive: (changes) => (++received % 5 === 0 ? [] : receive(changes)) };
    });
    const result = await withDocuments(forgetful);
    expect(result.findings.map(({ oracle }) => oracle)).toContain('convergence');
    expect(result.verdict).toBe('safety');
    expect(exitCodeOf(result)).toBe(1);
  });

  test('comes of one device that loses a field', async () => {
    const lossy = changed((replica, device) => ({
      view: () => {
        const view = Object.getPrototypeOf(replica).view.call(replica) as ReturnType<Replica['view']>;
        if (device === 2) delete Object.values(view)[0]!.fields!['status'];
        return view;
      },
    }));
    const { findings } = await withDocuments(lossy);
    expect(findings).toMatchObject([{ signature: 'convergence:fields', detail: { groups: [[0, 1, 3, 4], [2]] } }]);
  });
});

describe('a run that is interrupted', () => {
  /** Aborted when it has come so far. */
  function cutAt(virtualUs: number): RunHooks {
    const controller = new AbortController();
    return {
      signal: controller.signal,
      onProgress: (progress) => {
        if (progress.virtualUs >= virtualUs) controller.abort();
      },
    };
  }

  test('says so, keeps what it has measured, and judges nothing', async () => {
    const result = await light('sync-relay', { durationMs: 300_000 }, cutAt(60_000_000));
    expect(result.verdict).toBe('interrupted');
    expect(exitCodeOf(result)).toBe(130);
    expect(result.findings).toEqual([]);
    expect(result.thresholds).toEqual([]);
    expect(result.durationMs).toBeGreaterThanOrEqual(60_000);
    expect(result.durationMs).toBeLessThan(200_000);
    const names = result.metrics.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['requests', 'sync_latency', 'changes_accepted']));
    // What is measured at the end alone does not stand there as 0.
    expect(names).not.toContain('log_bytes');
    expect(names).not.toContain('document_bytes');
    expect(resultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
  });

  test('has the rate of the hold as far as it came', async () => {
    const { offered } = await light('sync-relay', { durationMs: 300_000 }, cutAt(90_000_000));
    expect(offered.achieved / offered.rate).toBeGreaterThan(0.95);
    expect(offered.achieved / offered.rate).toBeLessThan(1.05);
    const early = await light('sync-relay', { durationMs: 3_000_000 }, cutAt(1_000_000));
    expect(early.durationMs).toBeLessThan(early.config.rampUpMs);
    expect(early.offered.achieved).toBe(0);
  });

  test('before it began ends at once', async () => {
    const controller = new AbortController();
    controller.abort();
    const result = await light('sync-relay', {}, { signal: controller.signal });
    expect(result.verdict).toBe('interrupted');
    expect(result.events).toBe(0);
  });

  test('while it is judged says so too, and reports nothing by halves', async () => {
    const controller = new AbortController();
    const documents = changed(() => ({
      view: () => ({}),
      storedBytes: () => {
        controller.abort();
        return 1;
      },
    }));
    const result = await withDocuments(documents, { signal: controller.signal });
    expect(result.verdict).toBe('interrupted');
    expect(result.findings).toEqual([]);
    expect(result.metrics.map(({ name }) => name)).not.toContain('document_bytes');
    expect(result.durationMs).toBeGreaterThanOrEqual(120_000);
  });

  test('while it drains says so too', async () => {
    const config = { ...SHORT, relay: { bodyLimitBytes: 200 }, drain: { budgetMs: 3_600_000 } };
    const result = await light('sync-relay', config, cutAt(20_000_000));
    expect(result.verdict).toBe('interrupted');
    expect(result.durationMs).toBeLessThan(60_000);
  });
});

describe('a scenario of a person’s own', () => {
  const alone = defineScenario({
    name: 'alone',
    title: 'one device that writes an account a second',
    build(world) {
      const ledger = world.ledger(1);
      const device = world.device(ledger);
      world.device(ledger);
      const entries = world.simulation.metrics.counter('entries');
      world.user(device, function* () {
        for (let n = 0; ; n++) {
          entries.add();
          const entity = `account-${n}`;
          const edits = [{ kind: 'set' as const, entity, field: 'name', value: `number ${n}` }];
          const draft = { entityType: 'account' as const, operation: 'CREATE' as const, entity, edits };
          yield { name: 'write', steps: [{ do: 'edit', draft }, { do: 'push' }], thinkUs: 1_000_000 };
        }
      });
    },
  });

  test('is run as it is, with thresholds on its own metrics', async () => {
    const config = { users: 1, thresholds: { entries: 'count>100' } };
    const result = await resultOf(alone, config);
    expect(result.verdict).toBe('passed');
    expect(result).toMatchObject({ scenario: 'alone', config: { workload: {} }, offered: { rate: 0 } });
    expect(result.thresholds).toMatchObject([{ metric: 'entries', ok: true }]);
    expect(result.traceHash).toBe((await resultOf(alone, config)).traceHash);
  });

  test('that cannot be built is bad input, with the reason in it', async () => {
    const broken = { ...alone, build: () => void (undefined as unknown as World).ledger(1) };
    const refused = resultOf(broken);
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(
      /^ERR_SCENARIO scenario: got "alone", expected a build that does not throw \(.+\)$/,
    );
    await expect(refused).rejects.toMatchObject({ cause: expect.any(TypeError) });
  });

  test.each([[undefined], [null], [5], [{}], [{ name: 'x', build: () => undefined }]])('is not %j', async (value) => {
    await expect(resultOf(value as never)).rejects.toThrow(
      /^ERR_CONFIG scenario: got .*, or a scenario with name, title/,
    );
  });

  test('that breaks in the middle of a run is a bug, not bad input', async () => {
    const breaking = defineScenario({
      ...alone,
      build: (world) =>
        world.user(world.device(world.ledger(1)), function* () {
          yield { name: 'wait', steps: [], thinkUs: 1_000_000 };
          throw new AssertionError('the books are open');
        }),
    });
    await expect(resultOf(breaking)).rejects.toThrow(AssertionError);
  });
});
