import { describe, expect, it } from 'vitest';
import type { DrivenStep } from '../../../cli/calibrate/driver.ts';
import { disturbanceOf, reasonsOf } from '../../../cli/calibrate/gates.ts';
import { canary, checkProc, machineTicks, threadTimes } from '../../../cli/calibrate/proc.ts';
import { runSession, type SessionLoad, type SessionOptions } from '../../../cli/calibrate/session.ts';
import type { Disturbance, StepLoad } from '../../../scenarios/capacity/steps.ts';

const QUIET: Disturbance = { serverWait: 0.01, driverWait: 0.01, steal: 0, canaryMs: [2, 2], lateMs: [0.1, 1] };

const loadOf = (name: string): StepLoad => ({
  name,
  parts: [{ op: 'pull', size: 0, weight: 1 }],
  arrivals: { kind: 'open', perSecond: 10 },
});

function driven(change: Partial<Disturbance> = {}, failures = 0, name = 'a', repeat = 0): DrivenStep {
  return {
    load: loadOf(name),
    repeat,
    seconds: 1,
    answers: 1000 - failures,
    failures,
    parts: [],
    cpuMs: 1,
    driverCpuMs: 1,
    commits: undefined,
    disturbance: { ...QUIET, ...change },
  };
}

describe('the gates of a step', () => {
  it('let a quiet one through', () => {
    expect(reasonsOf(driven(), 2)).toEqual([]);
    expect(disturbanceOf(driven(), 2)).toBeLessThan(1);
  });

  it.each([
    ['a server that waited for a core', { serverWait: 0.2 }, 0, 'the server waited 20.0%'],
    ['a driver that waited for a core', { driverWait: 0.3 }, 0, 'the driver waited 30.0%'],
    ['time that a hypervisor took', { steal: 0.04 }, 0, '4.0% of the machine was stolen'],
    ['a core that was slower afterwards', { canaryMs: [2, 4] as const }, 0, 'took 2.00 times as long'],
    ['arrivals that came late', { lateMs: [1, 9] as const }, 0, '9.0 ms late'],
    ['requests that failed', {}, 50, '5.0% of the requests failed'],
  ])('stop %s', (_what, change, failures, said) => {
    const [reason, ...others] = reasonsOf(driven(change, failures), 2);
    expect(reason).toContain(said);
    expect(others).toEqual([]);
    expect(disturbanceOf(driven(change, failures), 2)).toBeGreaterThan(1);
  });

  it('judge a server whose process cannot be seen by the rest', () => {
    expect(reasonsOf(driven({ serverWait: undefined }), 2)).toEqual([]);
  });
});

describe('readings of the scheduler', () => {
  const files: Record<string, string> = {
    '/proc/17/schedstat': '142132860 2223201 7\n',
    '/proc/self/schedstat': '1 2 3\n',
    '/proc/stat': 'cpu  100 5 20 800 10 0 5 60 7 7\ncpu0 1 2 3\n',
  };
  const read = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error(`no ${path}`);
    return text;
  };

  it('are what a thread ran and waited, and what was stolen', () => {
    expect(threadTimes(read, 17)).toEqual({ cpuMs: 142.13286, waitMs: 2.223201 });
    // Guests' ticks are in the user's already.
    expect(machineTicks(read)).toEqual({ all: 1000, stolen: 60 });
  });

  it('are refused in one line where there are none', () => {
    const none = (): string => {
      throw new Error('ENOENT');
    };
    expect(() => checkProc(none, 'darwin')).toThrow(/^ERR_MACHINE squall calibrate: got "darwin", expected Linux/);
    expect(() => checkProc(read, 'linux')).not.toThrow();
  });

  it('have a fixed work that takes its best round', () => {
    const times = [0, 9, 10, 13, 20, 28, 30, 37, 40, 46];
    expect(canary(() => times.shift()!)).toBe(3);
  });
});

describe('a session', () => {
  const loads: SessionLoad[] = ['a', 'b', 'c'].map((name) => ({ kind: 'step', load: loadOf(name) }));

  /** Each step takes as long as it says; `disturb` says what disturbs the n-th one. */
  function session(change: Partial<SessionOptions>, disturb: (name: string, call: number) => Partial<Disturbance>) {
    let [clockMs, calls] = [0, 0];
    const order: string[] = [];
    const options: SessionOptions = {
      loads,
      settleMs: 300,
      measureMs: 700,
      budgetMs: 10_000,
      repeatsMax: 5,
      seed: '1',
      nowMs: () => clockMs,
      async drive(_kind, { load, repeat, settleMs, measureMs }) {
        clockMs += settleMs + measureMs;
        order.push(`${load.name}${repeat}`);
        return driven(disturb(load.name, calls++), 0, load.name, repeat);
      },
      ...change,
    };
    return { order, clock: () => clockMs, done: runSession(options) };
  }

  it('has as many rounds as its budget allows for, and says how many it left out', async () => {
    const { done, order } = session({}, () => ({}));
    const { repeats, repeatsLeftOut, used } = await done;
    expect([repeats, repeatsLeftOut, used.length]).toEqual([2, 3, 6]);
    expect(order.slice(0, 3).toSorted()).toEqual(['a0', 'b0', 'c0']);
    expect(order.slice(3).toSorted()).toEqual(['a1', 'b1', 'c1']);
  });

  it('has its rounds in orders that its seed says', async () => {
    const orderOf = async (seed: string): Promise<string> => {
      const { done, order } = session({ seed, budgetMs: 100_000 }, () => ({}));
      await done;
      return order.join();
    };
    expect(await orderOf('1')).toBe(await orderOf('1'));
    expect(await orderOf('1')).not.toBe(await orderOf('2'));
    const rounds = (await orderOf('1')).match(/(\w\d,?){3}/g)!.map((round) => round.replaceAll(/[\d,]/g, ''));
    expect(new Set(rounds).size).toBeGreaterThan(1);
  });

  it('repeats a disturbed step, and uses the quiet attempt', async () => {
    let times = 0;
    const { done } = session({ repeatsMax: 1 }, (name) => (name === 'b' && times++ === 0 ? { serverWait: 0.5 } : {}));
    const { attempts, used } = await done;
    expect(attempts).toHaveLength(4);
    const b = used.find(({ step }) => step.load.name === 'b')!;
    expect([b.attempt, b.step.reasons]).toEqual([2, []]);
  });

  it('gives up after three attempts, and uses the least disturbed one', async () => {
    const waits = [0.5, 0.2, 0.9];
    const { done } = session({ repeatsMax: 1, budgetMs: 60_000 }, (name) =>
      name === 'c' ? { serverWait: waits.shift()! } : {},
    );
    const { attempts, used } = await done;
    expect(attempts).toHaveLength(5);
    const c = used.find(({ step }) => step.load.name === 'c')!;
    expect(c.attempt).toBe(2);
    expect(c.step.reasons).toHaveLength(1);
  });

  it('ends within its budget where everything is disturbed', async () => {
    const { done, clock } = session({ budgetMs: 8500 }, () => ({ steal: 0.5 }));
    const { attempts } = await done;
    expect(clock()).toBeLessThanOrEqual(8500);
    expect(attempts.length).toBeGreaterThan(6);
  });

  it('judges early steps by the quietest canary, which came late', async () => {
    const { done } = session({ repeatsMax: 1, budgetMs: 3500 }, (_name, call) => ({
      canaryMs: call === 2 ? [1, 1] : [2, 2],
    }));
    const { used, canaryMs } = await done;
    expect(canaryMs).toBe(1);
    expect(used.filter(({ step }) => step.reasons.length > 0)).toHaveLength(2);
  });

  it('stops after the step under way when it is interrupted', async () => {
    const interrupt = new AbortController();
    const { done, order } = session({ signal: interrupt.signal, told: () => interrupt.abort() }, () => ({}));
    await done;
    expect(order).toHaveLength(1);
  });
});
