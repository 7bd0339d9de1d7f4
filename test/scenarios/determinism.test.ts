// --check-determinism's other side: runs of one seed that differ are told apart at the first event that differs.
import { describe, expect, test } from 'vitest';
import type { Action } from '../../models/plan.ts';
import { checkDeterminism } from '../../scenarios/determinism.ts';
import type { Progress } from '../../scenarios/result.ts';
import { defineScenario, type ScenarioDefinition } from '../../scenarios/scenario.ts';
import type { World } from '../../scenarios/world.ts';

const CHECKPOINT_EVERY = 4096;

/** What a scenario of a test's own gets wrong: it is asked in which run it is. */
interface Leak {
  /** Virtual µs that a user thinks in a turn. */
  thinkUs(run: number, turn: number): number;
  /** What is written into the account in a turn; as long in each run, so that no message takes longer. */
  name?(run: number, turn: number): string;
  /** Called when a run is built. */
  onBuild?(run: number, world: World): void;
}

/** Four devices that write one account each; what differs from run to run is `leak`'s. */
function leaking(leak: Leak): ScenarioDefinition {
  let runs = 0;
  return defineScenario({
    name: 'leaking',
    title: 'a scenario that remembers the runs before',
    build(world) {
      const run = ++runs;
      leak.onBuild?.(run, world);
      const ledger = world.ledger(4);
      for (let user = 0; user < 4; user++) {
        const device = world.device(ledger);
        world.user(device, function* () {
          for (let turn = 0; ; turn++) yield write(`account-${user}`, leak, run, turn);
        });
      }
    },
  });
}

function write(entity: string, leak: Leak, run: number, turn: number): Action {
  const value = leak.name?.(run, turn) ?? 'the same';
  const edits = [{ kind: 'set' as const, entity, field: 'name', value }];
  const draft = { entityType: 'account' as const, operation: 'CREATE' as const, entity, edits };
  return { name: 'write', steps: [{ do: 'edit', draft }, { do: 'push' }], thinkUs: leak.thinkUs(run, turn) };
}

const check = (leak: Leak, durationMs = 120_000, hooks = {}) =>
  checkDeterminism({ scenario: leaking(leak), profile: 'storm', seed: '1', config: { durationMs } }, hooks);

describe('two runs of one seed', () => {
  test('that are alike have no mismatch, and the first one’s result', async () => {
    const { outcome, mismatch } = await check({ thinkUs: () => 500_000 });
    expect(mismatch).toBeUndefined();
    expect(outcome.result.verdict).toBe('passed');
    expect(outcome.result.scenario).toBe('leaking');
  });

  test('of each of ours are alike', async () => {
    for (const scenario of ['sync-relay', 'crdt-conflicts', 'mixed-workload']) {
      const config = { faults: 'lossy' };
      const { mismatch } = await checkDeterminism({ scenario, profile: 'storm', seed: '1', config });
      expect(mismatch).toBeUndefined();
    }
  });

  test('that part from a counter outside of the run are shown where they part, with both sides', async () => {
    const { outcome, mismatch } = await check({ thinkUs: (run, turn) => (turn < 20 ? 500_000 : 500_000 + run) });
    expect(outcome.result.verdict).toBe('passed');
    expect(mismatch).toBeDefined();
    const { event, first, second } = mismatch!;
    // Twenty turns are alike; the process of a user wakes up a microsecond later in the run that comes later.
    expect(first).toHaveLength(9);
    expect(second).toHaveLength(9);
    expect(first.slice(0, -1)).toEqual(second.slice(0, -1));
    expect(first.at(-1)).not.toBe(second.at(-1));
    expect(first.at(-1)).toMatch(new RegExp(`^#${event} t=\\d+\\.\\d{6}s \\S+ a=`));
    expect(second.at(-1)).toMatch(new RegExp(`^#${event} t=`));
    const atS = (line: string): number => Number(/t=([\d.]+)s/.exec(line)![1]);
    expect(Math.abs(atS(first.at(-1)!) - atS(second.at(-1)!))).toBeLessThan(0.5);
    expect(event).toBeGreaterThan(300);
    expect(first[0]).toMatch(new RegExp(`^#${event - 8} t=`));
  });

  test('that part only after many checkpoints are shown there', async () => {
    const thinkUs = (run: number, turn: number): number => (turn === 300 ? 60_000 + run : 60_000);
    const { mismatch } = await check({ thinkUs }, 120_000);
    expect(mismatch!.event).toBeGreaterThan(2 * CHECKPOINT_EVERY);
    expect(mismatch!.first.slice(0, -1)).toEqual(mismatch!.second.slice(0, -1));
    expect(mismatch!.first.at(-1)).not.toBe(mismatch!.second.at(-1));
  });

  test('that part at the very first event are shown from there', async () => {
    const onBuild = (run: number, { simulation }: World): void => {
      simulation.schedule(
        0,
        simulation.handler('leak', () => undefined),
        run,
      );
    };
    const { mismatch } = await check({ thinkUs: () => 500_000, onBuild });
    expect(mismatch!.event).toBe(0);
    expect(mismatch!.first).toEqual(['#0 t=0.000000s leak a=3 b=0 c=0']);
    expect(mismatch!.second).toEqual(['#0 t=0.000000s leak a=4 b=0 c=0']);
  });

  test('of which one ends with an event more say so', async () => {
    const onBuild = (run: number, { simulation }: World): void => {
      const last = simulation.handler('last', () => undefined);
      const late = simulation.handler('late', () => run % 2 === 0 && simulation.schedule(1, last));
      simulation.schedule(119_999_999, late);
    };
    const { mismatch } = await check({ thinkUs: () => 200_000_000, onBuild });
    expect(mismatch!.second.at(-1)).toBe(`#${mismatch!.event} t=120.000000s last a=0 b=0 c=0`);
    expect(mismatch!.first.at(-1)).toBe(`#${mismatch!.event} the run has ended`);
  });

  test('that part elsewhere each time are shown where a further pair parts', async () => {
    // Runs 1 and 2 part at turn 300, all later ones at turn 20.
    const thinkUs = (run: number, turn: number): number => (turn === (run < 3 ? 300 : 20) ? 60_000 + run : 60_000);
    const { mismatch } = await check({ thinkUs });
    expect(mismatch!.event).toBeLessThan(CHECKPOINT_EVERY);
    expect(mismatch!.first.slice(0, -1)).toEqual(mismatch!.second.slice(0, -1));
    expect(mismatch!.first.at(-1)).not.toBe(mismatch!.second.at(-1));
  });

  test('that never part again name the events between which they did', async () => {
    const thinkUs = (run: number, turn: number): number => (turn === 300 && run === 2 ? 70_000 : 60_000);
    const { mismatch } = await check({ thinkUs });
    expect(mismatch!.event % CHECKPOINT_EVERY).toBe(0);
    expect(mismatch!.first[0]).toBe(
      `somewhere in the events from ${mismatch!.event} to ${mismatch!.event + CHECKPOINT_EVERY - 1}`,
    );
    expect(mismatch!.second[0]).toMatch(/part elsewhere, or not at all$/);
  });

  test('that leave another result by the same events are told apart by it', async () => {
    const onBuild = (run: number, { simulation }: World): void => simulation.metrics.counter('leaks').add(run);
    const { mismatch } = await check({ thinkUs: () => 500_000, onBuild });
    expect(mismatch!.first).toEqual([expect.stringMatching(/^result\.metrics\.\d+\.values\.count = 1$/)]);
    expect(mismatch!.second).toEqual([expect.stringMatching(/^result\.metrics\.\d+\.values\.count = 2$/)]);
  });

  test('that leave other documents by the same events are told apart by them', async () => {
    const { mismatch } = await check({ thinkUs: () => 500_000, name: (run, turn) => `run ${run} turn ${turn % 10}` });
    expect(mismatch!.first[0]).toMatch(/^the document of device 0 in the end: /);
    expect(mismatch!.second[0]).toMatch(/^the document of device 0 in the end: /);
    expect(mismatch!.first).not.toEqual(mismatch!.second);
  });
});

describe('a check that is interrupted', () => {
  test.each([1, 2])('in run %i gives what that run had, and compares nothing', async (cut) => {
    const controller = new AbortController();
    let runs = 0;
    let virtualUs = 0;
    const onProgress = (progress: Progress): void => {
      if (runs === 0 || progress.virtualUs < virtualUs) runs += 1;
      ({ virtualUs } = progress);
      if (runs === cut) controller.abort();
    };
    const { outcome, mismatch } = await check({ thinkUs: (run) => 500_000 + run }, 120_000, {
      signal: controller.signal,
      onProgress,
    });
    expect(outcome.result.verdict).toBe('interrupted');
    expect(mismatch).toBeUndefined();
    expect(runs).toBe(cut);
  });
});

test('the configuration is said once', async () => {
  let said = 0;
  await check({ thinkUs: (run) => 500_000 + run }, 120_000, { onStart: () => void (said += 1) });
  expect(said).toBe(1);
});
