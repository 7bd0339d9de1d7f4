// A user: a closed loop over the actions of a plan, on devices that answer when they are told to.

import { describe, expect, test } from 'vitest';
import { CAUSE_ACTION, causeOf } from '../../models/cause.ts';
import type { Device } from '../../models/device.ts';
import type { EntityDraft } from '../../models/entities.ts';
import type { Action, Step, UserPlan } from '../../models/plan.ts';
import type { OperationDone } from '../../models/sync-client-ports.ts';
import { startUser, type UserMeasures, userMeasuresOf } from '../../models/user.ts';
import type { Process } from '../../sim/process.ts';
import { Simulation } from '../../sim/simulation.ts';

const MS = 1000;
const draft = (entity: string): EntityDraft => ({ entityType: 'account', operation: 'UPDATE', entity, edits: [] });
const edit = (entity: string, device?: number): Step =>
  device === undefined ? { do: 'edit', draft: draft(entity) } : { do: 'edit', draft: draft(entity), device };
const pause = (ms: number): Step => ({ do: 'pause', pauseUs: ms * MS });
const PUSH: Step = { do: 'push' };
const PULL: Step = { do: 'pull' };

/** What an operation comes to, and after how long; 0 ms is at once, inside the call. */
type Answering = (what: 'push' | 'pull', nth: number) => { isOk: boolean; afterMs: number };

interface Bench {
  readonly sim: Simulation;
  readonly measures: UserMeasures;
  /** `pull d0@12` and the like, in order. */
  readonly log: string[];
  readonly causes: number[];
  /** How far back each pull was to reach. */
  readonly windows: (number | undefined)[];
  /** When each operation was due, ms; undefined where that is when it begins. */
  readonly dues: (number | undefined)[];
  /** How many actions were drawn. */
  drawn(): number;
  start(
    steps: readonly (readonly Step[])[],
    more?: Partial<UserPlan> & { thinkMs?: number; repeats?: boolean },
  ): Process;
}

function bench(
  answering: Answering = () => ({ isOk: true, afterMs: 100 }),
  outbox = 1,
  nominalUs?: (action: Action) => number,
): Bench {
  const sim = new Simulation({ seed: 'user' });
  const measures = userMeasuresOf(sim.metrics);
  const log: string[] = [];
  const causes: number[] = [];
  const windows: (number | undefined)[] = [];
  const waiting: { done: OperationDone; isOk: boolean }[] = [];
  const end = sim.handler('test/end', (index) => waiting[index]!.done(waiting[index]!.isOk));
  let operations = 0;
  let drawn = 0;
  const note = (what: string): void => void log.push(`${what}@${sim.nowUs / MS}`);
  const dues: (number | undefined)[] = [];
  const operate = (
    what: 'push' | 'pull',
    device: number,
    cause: number,
    done?: OperationDone,
    dueUs?: number,
  ): void => {
    note(`${what} d${device}`);
    dues.push(dueUs === undefined ? undefined : dueUs / MS);
    causes.push(cause);
    const { isOk, afterMs } = answering(what, operations++);
    if (afterMs === 0) done!(isOk);
    else sim.schedule(afterMs * MS, end, waiting.push({ done: done!, isOk }) - 1);
  };
  const devices = [0, 1, 2, 3].map(
    (index) =>
      ({
        index,
        isAwake: true,
        edit: ({ entity }: EntityDraft) => note(`edit ${entity} d${index}`),
        client: {
          outboxLength: outbox,
          push: (cause: number, done?: OperationDone, dueUs?: number) => operate('push', index, cause, done, dueUs),
          pull: (cause: number, done?: OperationDone, sinceMs?: number, dueUs?: number) => {
            windows.push(sinceMs);
            operate('pull', index, cause, done, dueUs);
          },
          pushSoon: (cause: number) => {
            note(`push-soon d${index}`);
            causes.push(cause);
          },
        },
      }) as unknown as Device,
  );
  const device = (index: number): Device => devices[index]!;
  const world = { simulation: sim, measures, device, acting: device, nominalUs };
  return {
    sim,
    measures,
    log,
    causes,
    windows,
    dues,
    drawn: () => drawn,
    start: (steps, { thinkMs = 1000, repeats = false, ...more } = {}) => {
      function* actions(): Generator<Action> {
        for (;;) {
          for (const each of steps) {
            drawn++;
            yield { name: 'test', steps: each, thinkUs: thinkMs * MS };
          }
          if (!repeats) return;
        }
      }
      const whole = { startUs: 0, stopUs: 1_000_000 * MS, endUs: 1_000_000 * MS };
      return startUser(world, { user: 0, device: 0, ...whole, actions, ...more });
    },
  };
}

describe('a user', () => {
  test('carries out the steps of an action one after another, waiting for each answer', () => {
    const { sim, log, start } = bench((what) => ({ isOk: true, afterMs: what === 'push' ? 70 : 30 }));
    start([[PULL, edit('a'), edit('b'), PUSH, pause(200), PULL]]);
    sim.run();
    expect(log).toEqual(['pull d0@0', 'edit a d0@30', 'edit b d0@30', 'push d0@30', 'pull d0@300']);
  });

  test('thinks from the end of the last answer on, not from the question: a slow relay is asked less often', () => {
    for (const answerMs of [10, 5000]) {
      const { sim, log, start } = bench(() => ({ isOk: true, afterMs: answerMs }));
      start([[PULL], [PULL], [PULL]]);
      sim.run();
      expect(log).toEqual(['pull d0@0', `pull d0@${answerMs + 1000}`, `pull d0@${2 * (answerMs + 1000)}`]);
    }
  });

  test('without a think time goes on at the instant of the answer', () => {
    const { sim, log, start } = bench();
    start([[PULL], [PULL]], { thinkMs: 0 });
    sim.run();
    expect(log).toEqual(['pull d0@0', 'pull d0@100']);
  });

  test('begins at its start and not before', () => {
    const { sim, log, start, drawn } = bench();
    start([[PULL]], { startUs: 5000 * MS });
    sim.run(4999 * MS);
    expect([log, drawn()]).toEqual([[], 0]);
    sim.run();
    expect(log).toEqual(['pull d0@5000']);
  });

  test('begins no action at or after its stop, but ends the one that is under way', () => {
    const { sim, log, start } = bench();
    const process = start([[PULL, pause(500), PULL]], { repeats: true, thinkMs: 300, stopUs: 1200 * MS });
    sim.run();
    // Actions begin at 0 and at 1000 ms; the third would at 2000 ms.
    expect(log).toEqual(['pull d0@0', 'pull d0@600', 'pull d0@1000', 'pull d0@1600']);
    expect(process.isAlive).toBe(false);
    const sharp = bench();
    sharp.start([[PULL]], { repeats: true, thinkMs: 900, stopUs: 1000 * MS });
    sharp.sim.run();
    expect(sharp.log).toEqual(['pull d0@0']);
  });

  test('leaves an action at its first edit at or after the end, and asks for what was edited before', () => {
    const steps = [edit('a'), { do: 'push-soon' } as const, pause(500), edit('b'), PUSH, PULL];
    for (const [endMs, log] of [
      [501, ['edit a d0@0', 'push-soon d0@0', 'edit b d0@500', 'push d0@500', 'pull d0@600']],
      [500, ['edit a d0@0', 'push-soon d0@0']],
    ] as const) {
      const one = bench();
      const process = one.start([steps], { repeats: true, stopUs: 400 * MS, endUs: endMs * MS });
      one.sim.run();
      expect(one.log).toEqual(log);
      expect([process.isAlive, one.measures.journeySuccess.total]).toEqual([false, endMs === 501 ? 1 : 0]);
    }
  });

  test('ends pushes, pulls and pauses of the action under way after the end, and judges it where it edits no more', () => {
    const { sim, log, start, measures } = bench();
    start([[edit('a'), pause(500), PUSH, pause(100), PULL]], { stopUs: 1, endUs: 1 });
    sim.run();
    expect(log).toEqual(['edit a d0@0', 'push d0@500', 'pull d0@700']);
    expect([measures.journeySuccess.passes, measures.journeySuccess.total]).toEqual([1, 1]);
  });

  test('has failed with an action that is left after a request of it failed', () => {
    const { sim, start, measures } = bench(() => ({ isOk: false, afterMs: 50 }));
    start([[PULL, edit('a')]], { stopUs: 50 * MS, endUs: 50 * MS });
    sim.run();
    expect([measures.journeySuccess.passes, measures.journeySuccess.total]).toEqual([0, 1]);
  });

  test('hands on how far back a pull is to reach', () => {
    const { sim, start, windows } = bench();
    start([[{ do: 'pull', sinceMs: 3_600_000 }, PULL]]);
    sim.run();
    expect(windows).toEqual([3_600_000, undefined]);
  });

  test('draws an action only when its turn has come', () => {
    const { sim, start, drawn } = bench();
    start([[PULL]], { repeats: true });
    sim.run(2500 * MS);
    expect(drawn()).toBe(3);
  });

  test('ends where its plan does', () => {
    const { sim, start, log } = bench();
    const process = start([[PULL]]);
    sim.run();
    expect([process.isAlive, process.name, log.length]).toEqual([false, 'user/0', 1]);
  });

  test('edits and pushes on other devices too, and waits for nobody there', () => {
    const { sim, log, start } = bench();
    start([[edit('a'), edit('a', 2), { do: 'push-soon', device: 2 }, { do: 'push-soon' }, PUSH]]);
    sim.run();
    expect(log).toEqual(['edit a d0@0', 'edit a d2@0', 'push-soon d2@0', 'push-soon d0@0', 'push d0@0']);
  });

  test('goes on where an operation ends at once, such as a push with nothing to push', () => {
    const { sim, log, start, measures } = bench((what) => ({ isOk: true, afterMs: what === 'push' ? 0 : 100 }));
    start([
      [PUSH, PULL],
      [PUSH, PULL],
    ]);
    sim.run();
    expect(log).toEqual(['push d0@0', 'pull d0@0', 'push d0@1100', 'pull d0@1100']);
    expect(measures.operationTime.count).toBe(4);
  });
});

describe('the causes of a user', () => {
  test('name its own device, the action and the step: no two alike, and not those of another run of the same plan', () => {
    const run = (): number[] => {
      const { sim, causes, start } = bench();
      start([
        [PULL, edit('a'), PUSH],
        [edit('b'), { do: 'push-soon', device: 3 }, PUSH, PULL],
      ]);
      sim.run();
      return causes;
    };
    const causes = run();
    expect(causes).toEqual([0, 2, 4096 + 1, 4096 + 2, 4096 + 3].map((n) => causeOf(CAUSE_ACTION, 0, n)));
    expect(run()).toEqual(causes);
  });

  test('do not depend on how an operation ended', () => {
    const run = (isOk: boolean): number[] => {
      const { sim, causes, start } = bench(() => ({ isOk, afterMs: 50 }));
      start([[PULL, PUSH], [PULL]]);
      sim.run();
      return causes;
    };
    expect(run(false)).toEqual(run(true));
  });

  test("are of the user's device, so that two users never share one", () => {
    const { sim, causes, start } = bench();
    start([[PULL]], { device: 1 });
    start([[PULL]], { device: 2, user: 1 });
    sim.run();
    expect(causes).toEqual([causeOf(CAUSE_ACTION, 1, 0), causeOf(CAUSE_ACTION, 2, 0)]);
  });

  test('stay apart for an action of more steps than 256', () => {
    const { sim, causes, start } = bench();
    const many = Array.from({ length: 300 }, (): Step => ({ do: 'push-soon' }));
    start([[...many, PUSH], [PULL]]);
    sim.run();
    expect(causes).toHaveLength(302);
    expect(new Set(causes).size).toBe(302);
  });
});

describe('what a user measures', () => {
  test('is each operation from its beginning to its end', () => {
    const { sim, start, measures } = bench((_, nth) => ({ isOk: true, afterMs: [40, 250, 90][nth]! }));
    start([[PULL, PUSH, PULL]]);
    sim.run();
    const { count, min, max } = measures.operationTime.result(1).values as { count: number; min: number; max: number };
    expect([count, Math.round(min), Math.round(max)]).toEqual([3, 40, 250]);
  });

  test('is reads, writes, and writes of ten changes or more', () => {
    for (const [outbox, heavy] of [
      [9, 0],
      [10, 2],
      [29, 2],
    ] as const) {
      const { sim, start, measures } = bench(undefined, outbox);
      start([[PULL, PUSH, PULL], [PUSH, PULL], [{ do: 'push-soon' }]]);
      sim.run();
      expect([measures.reads.value, measures.writes.value, measures.heavy.value]).toEqual([3, 2, heavy]);
    }
  });

  test('is a journey that went well only where every operation of it did', () => {
    const { sim, start, measures } = bench((_, nth) => ({ isOk: nth !== 1, afterMs: 50 }));
    start([[PULL, PUSH, PULL], [PULL], [pause(5)]]);
    sim.run();
    expect([measures.journeySuccess.passes, measures.journeySuccess.total]).toEqual([2, 3]);
  });

  test('goes on with the next step after a failure', () => {
    const { sim, log, start } = bench((_, nth) => ({ isOk: nth > 0, afterMs: 50 }));
    start([[PULL, edit('a'), PUSH]]);
    sim.run();
    expect(log).toEqual(['pull d0@0', 'edit a d0@50', 'push d0@50']);
  });
});

describe('a user of an open loop', () => {
  const nominalUs = (): number => 100 * MS;

  test('begins each action when it would be due after nominal answers, however quick the relay is', () => {
    const { sim, log, dues, start } = bench(() => ({ isOk: true, afterMs: 10 }), 1, nominalUs);
    start([[PULL], [PULL], [PULL]]);
    sim.run();
    expect(log).toEqual(['pull d0@0', 'pull d0@1100', 'pull d0@2200']);
    expect(dues).toEqual([0, 1100, 2200]);
  });

  test('does late turns one after another without thinking, and says when each was due', () => {
    const slowFirst: Answering = (_what, nth) => ({ isOk: true, afterMs: nth === 0 ? 3000 : 50 });
    const { sim, log, dues, measures, start } = bench(slowFirst, 1, nominalUs);
    start([[PULL], [PULL], [PULL], [PULL]]);
    sim.run();
    expect(log).toEqual(['pull d0@0', 'pull d0@3000', 'pull d0@3050', 'pull d0@3300']);
    expect(dues).toEqual([0, 1100, 2200, 3300]);
    // From when they were due: 3000, 1950, 900 and 50 ms.
    expect(measures.operationTime.total().maxUs).toBe(3000 * MS);
    expect(measures.operationTime.total().minUs).toBe(50 * MS);
    expect(measures.operationTime.total().percentileUs(75) / MS).toBeCloseTo(1950, -1);
  });

  test('waits for an answer within a turn: only the first request has a due time, put off by the pauses before it', () => {
    const { sim, log, dues, start } = bench(
      () => ({ isOk: true, afterMs: 40 }),
      1,
      () => 500 * MS,
    );
    start([[pause(300), PUSH, pause(200), PULL], [PULL]]);
    sim.run();
    expect(log).toEqual(['push d0@300', 'pull d0@540', 'pull d0@1500']);
    expect(dues).toEqual([300, undefined, 1500]);
  });

  test('begins no turn that was due at its stop or later, and none after its end, however many are late', () => {
    const { sim, log, start } = bench(() => ({ isOk: true, afterMs: 2500 }), 1, nominalUs);
    start([[PULL]], { repeats: true, stopUs: 4000 * MS, endUs: 6000 * MS });
    sim.run();
    expect(log).toEqual(['pull d0@0', 'pull d0@2500', 'pull d0@5000']);
  });
});
