// The kernel's loop: what runs when, what is cancelled, where the clock stops, and what stands in the trace.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AssertionError } from '../../sim/errors.ts';
import { DEFAULT_EPOCH_MS, Simulation } from '../../sim/simulation.ts';

interface Bench {
  readonly sim: Simulation;
  /** `name@time(a,b,c)` of each event, in order. */
  readonly log: string[];
  readonly handler: number;
  /** A handler that does something of its own. */
  does(name: string, action: (a: number, b: number, c: number) => void): number;
}

function bench(seed = 'kernel'): Bench {
  const sim = new Simulation({ seed });
  const log: string[] = [];
  const handler = sim.handler('note', (a, b, c) => void log.push(`${a}@${sim.nowUs}(${b},${c})`));
  return { sim, log, handler, does: (name, action) => sim.handler(name, action) };
}

/** Names and times of the trace's records. */
function traced(sim: Simulation): string[] {
  return sim.trace.lastRecords(1000).map(({ kind, timeUs, a }) => `${sim.trace.kindName(kind)} ${a}@${timeUs}`);
}

describe('the order of events', () => {
  test('is that of their times, each with the integers that it was scheduled with', () => {
    const { sim, log, handler } = bench();
    sim.schedule(30, handler, 3, -1, 2 ** 31 - 1);
    sim.schedule(10, handler, 1);
    sim.scheduleAt(20, handler, 2, 5, -(2 ** 31));
    expect(sim.run()).toBe('idle');
    expect(log).toEqual(['1@10(0,0)', '2@20(5,-2147483648)', '3@30(-1,2147483647)']);
  });

  test('is that of their scheduling where times are equal, whatever schedules them', () => {
    const { sim, log, handler, does } = bench();
    const spread = does('spread', () => {
      sim.schedule(0, handler, 5);
      sim.schedule(5, handler, 7);
      sim.schedule(0, handler, 6);
    });
    sim.schedule(10, handler, 1);
    sim.scheduleAt(10, handler, 2);
    sim.timer(10, handler, 3);
    sim.schedule(15, handler, 4);
    sim.schedule(10, spread);
    sim.run();
    expect(log.map((entry) => entry.split('(')[0])).toEqual(['1@10', '2@10', '3@10', '5@10', '6@10', '4@15', '7@15']);
  });

  test('is that of a stable sort by time, for any times', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 2 ** 40 })), { maxLength: 200 }), (times) => {
        const { sim, log, handler } = bench();
        times.forEach((timeUs, index) => sim.schedule(timeUs, handler, index));
        sim.run();
        const expected = times
          .map((timeUs, index) => ({ timeUs, index }))
          .sort((one, other) => one.timeUs - other.timeUs);
        expect(log).toEqual(expected.map(({ timeUs, index }) => `${index}@${timeUs}(0,0)`));
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  test('a handler that is called stands in the trace like an event, in the middle of the one that calls it', () => {
    const { sim, log, handler, does } = bench();
    const caller = does('caller', () => {
      sim.call(handler, 8, 9);
      log.push('caller goes on');
    });
    sim.schedule(4, caller, 1);
    sim.schedule(4, handler, 2);
    sim.run();
    expect(log).toEqual(['8@4(9,0)', 'caller goes on', '2@4(0,0)']);
    expect(traced(sim)).toEqual(['caller 1@4', 'note 8@4', 'note 2@4']);
    expect(sim.events).toBe(2);
    expect(() => sim.call(handler)).toThrow(AssertionError);
  });
});

describe('a cancelled timer', () => {
  test('never runs and leaves no record, and a run without it has the same trace', () => {
    const { sim, log, handler } = bench();
    const without = bench();
    for (const each of [sim, without.sim]) each.schedule(50, each === sim ? handler : without.handler, 1);
    const token = sim.timer(20, handler, 2);
    const late = sim.timer(90, handler, 3);
    expect(sim.cancel(token)).toBe(true);
    sim.run(60);
    without.sim.run(60);
    expect(sim.cancel(late)).toBe(true);
    sim.run(100);
    without.sim.run(100);
    expect(log).toEqual(['1@50(0,0)']);
    expect(traced(sim)).toEqual(['note 1@50']);
    expect(sim.trace.hash()).toBe(without.sim.trace.hash());
    expect([sim.events, sim.pending, sim.nowUs]).toEqual([1, 0, 100]);
  });

  test('is cancelled once; one that has fired or was cancelled cannot be', () => {
    const { sim, log, handler } = bench();
    const fired = sim.timer(5, handler, 1);
    const cancelled = sim.timer(6, handler, 2);
    expect(sim.cancel(cancelled)).toBe(true);
    expect(sim.cancel(cancelled)).toBe(false);
    sim.run();
    expect(sim.cancel(fired)).toBe(false);
    expect(log).toEqual(['1@5(0,0)']);
  });

  test('a token of an earlier generation does not cancel the timer that has its place now', () => {
    const { sim, log, handler } = bench();
    const first = sim.timer(10, handler, 1);
    expect(sim.cancel(first)).toBe(true);
    const second = sim.timer(10, handler, 2);
    expect(sim.cancel(first)).toBe(false);
    sim.run();
    const third = sim.timer(10, handler, 3);
    expect([sim.cancel(first), sim.cancel(second)]).toEqual([false, false]);
    expect(new Set([first, second, third]).size).toBe(3);
    sim.run();
    expect(log).toEqual(['2@10(0,0)', '3@20(0,0)']);
  });

  test('an event of a cancelled timer does not run the later timer of the same place before its time', () => {
    const { sim, log, handler } = bench();
    sim.cancel(sim.timer(10, handler, 1));
    sim.timer(30, handler, 2);
    sim.run();
    expect(log).toEqual(['2@30(0,0)']);
  });

  test('a token that was never given cancels nothing and harms no timer', () => {
    const { sim, log, handler } = bench();
    expect([sim.cancel(0), sim.cancel(7), sim.cancel(-1), sim.cancel(Number.NaN)]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    for (let timer = 1; timer <= 10; timer++) sim.timer(timer, handler, timer);
    sim.run();
    expect(log).toEqual(Array.from({ length: 10 }, (_, index) => `${index + 1}@${index + 1}(0,0)`));
  });

  test('of any mix of timers only those that were not cancelled in time run, each at its time', () => {
    const step = fc.record({
      delayUs: fc.nat({ max: 50 }),
      cancels: fc.option(fc.nat({ max: 200 })),
      runsUs: fc.nat({ max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { sim, log, handler } = bench();
        const tokens: number[] = [];
        const dueUs: number[] = [];
        const gone = new Set<number>();
        for (const { delayUs, cancels, runsUs } of steps) {
          const index = tokens.push(sim.timer(delayUs, handler, tokens.length)) - 1;
          dueUs[index] = sim.nowUs + delayUs;
          if (cancels !== null) {
            const target = cancels % tokens.length;
            const isPending = !gone.has(target) && !log.some((entry) => entry.startsWith(`${target}@`));
            expect(sim.cancel(tokens[target]!)).toBe(isPending);
            gone.add(target);
          }
          sim.run(sim.nowUs + runsUs);
        }
        sim.run();
        const expected = dueUs
          .map((timeUs, index) => ({ timeUs, index }))
          .filter(({ index }) => {
            return !gone.has(index) || log.some((entry) => entry.startsWith(`${index}@`));
          });
        expected.sort((one, other) => one.timeUs - other.timeUs || one.index - other.index);
        expect(log).toEqual(expected.map(({ timeUs, index }) => `${index}@${timeUs}(0,0)`));
      }),
      { seed: 6, numRuns: 100 },
    );
  });
});

describe('a time', () => {
  test.each([
    ['in the past', 9],
    ['a fraction', 10.5],
    ['not a number', Number.NaN],
    ['beyond whole numbers', 2 ** 53],
    ['infinite', Infinity],
  ])('that is %s is refused by name', (_, atUs) => {
    const { sim, log, handler } = bench();
    sim.run(10);
    expect(() => sim.scheduleAt(atUs, handler)).toThrow(RangeError);
    expect(() => sim.scheduleAt(atUs, handler)).toThrow(/event note scheduled at .* while it is 10 µs/);
    expect(() => sim.schedule(atUs - 10, handler)).toThrow(RangeError);
    expect(() => sim.timer(atUs - 10, handler)).toThrow(RangeError);
    sim.run(100);
    expect(log).toEqual([]);
  });

  test('may be now, and as far ahead as whole microseconds go', () => {
    const { sim, log, handler } = bench();
    sim.run(10);
    sim.scheduleAt(10, handler, 1);
    sim.scheduleAt(Number.MAX_SAFE_INTEGER, handler, 2);
    sim.run();
    expect(log).toEqual(['1@10(0,0)', `2@${Number.MAX_SAFE_INTEGER}(0,0)`]);
  });

  test('to run to is not before now', () => {
    const { sim } = bench();
    sim.run(10);
    expect(() => sim.run(9)).toThrow(AssertionError);
    expect(sim.run(10)).toBe('idle');
  });

  test.each([10.5, Infinity, Number.NaN])('to run to is whole: %d is refused and the clock stays whole', (untilUs) => {
    const { sim, log, handler } = bench();
    expect(() => sim.run(untilUs)).toThrow(AssertionError);
    expect(sim.nowUs).toBe(0);
    sim.schedule(1, handler, 1);
    sim.run();
    expect(log).toEqual(['1@1(0,0)']);
  });
});

describe('a run', () => {
  test('until a time stops the clock there, takes what is due at it, and can be continued', () => {
    const { sim, log, handler } = bench();
    for (const atUs of [10, 20, 20, 21, 40]) sim.schedule(atUs, handler, atUs);
    expect(sim.run(20)).toBe('time');
    expect([sim.nowUs, sim.events, sim.pending, log.length]).toEqual([20, 3, 2, 3]);
    expect(sim.run(30)).toBe('time');
    expect([sim.nowUs, sim.events]).toEqual([30, 4]);
    sim.schedule(5, handler, 35);
    expect(sim.run(50)).toBe('idle');
    expect(sim.nowUs).toBe(50);
    expect(log.map((entry) => entry.split('(')[0])).toEqual(['10@10', '20@20', '20@20', '21@21', '35@35', '40@40']);
  });

  test('without a time stands at its last event when it is idle', () => {
    const { sim, handler } = bench();
    sim.schedule(7, handler);
    expect(sim.run()).toBe('idle');
    expect(sim.nowUs).toBe(7);
    expect(sim.run()).toBe('idle');
    expect(sim.nowUs).toBe(7);
  });

  test('comes back after the handler that stops it, and goes on where it stopped', () => {
    const { sim, log, handler, does } = bench();
    const stop = does('stop', () => {
      sim.stop();
      log.push('stopping');
      sim.schedule(0, handler, 2);
    });
    sim.schedule(10, handler, 1);
    sim.schedule(10, stop);
    sim.schedule(10, handler, 3);
    expect(sim.run(100)).toBe('stopped');
    expect([sim.nowUs, log]).toEqual([10, ['1@10(0,0)', 'stopping']]);
    expect(sim.run(100)).toBe('idle');
    expect(log.slice(2)).toEqual(['3@10(0,0)', '2@10(0,0)']);
  });

  test('takes no more events than its budget, and cancelled timers cost none of it', () => {
    const { sim, log, handler } = bench();
    for (let timer = 0; timer < 5; timer++) sim.cancel(sim.timer(1, handler, 99));
    for (const atUs of [1, 1, 2]) sim.schedule(atUs, handler, atUs);
    expect(sim.run(100, 2)).toBe('budget');
    expect([sim.events, sim.nowUs, log.length]).toEqual([2, 1, 2]);
    expect(sim.run(100, 0)).toBe('budget');
    expect(sim.run(100, 2)).toBe('idle');
    expect([sim.events, sim.nowUs]).toEqual([3, 100]);
  });

  test('steps through one event at a time', () => {
    const { sim, log, handler } = bench();
    sim.schedule(5, handler, 1);
    sim.cancel(sim.timer(6, handler, 2));
    sim.schedule(7, handler, 3);
    expect([sim.step(), sim.nowUs, log.length]).toEqual([true, 5, 1]);
    expect([sim.step(), sim.nowUs, log.length]).toEqual([true, 7, 2]);
    expect([sim.step(), sim.nowUs]).toEqual([false, 7]);
  });

  test('is not run from inside a handler', () => {
    const { sim, does } = bench();
    sim.schedule(
      1,
      does('nested', () => sim.run()),
    );
    expect(() => sim.run()).toThrow(/inside a handler/);
  });

  test('that a handler breaks with an error can be looked at and continued', () => {
    const { sim, log, handler, does } = bench();
    const breaks = does('breaks', () => {
      throw new Error('broken');
    });
    sim.schedule(5, breaks);
    sim.schedule(6, handler, 1);
    expect(() => sim.run()).toThrow('broken');
    expect(sim.nowUs).toBe(5);
    sim.run();
    expect(log).toEqual(['1@6(0,0)']);
  });

  test('tells the date from its epoch, whole milliseconds rounded down', () => {
    const { sim } = bench();
    expect([sim.nowMs, new Date(DEFAULT_EPOCH_MS).toISOString()]).toEqual([
      DEFAULT_EPOCH_MS,
      '2026-01-01T00:00:00.000Z',
    ]);
    sim.run(1999);
    expect(sim.nowMs).toBe(DEFAULT_EPOCH_MS + 1);
    expect(new Simulation({ seed: 'kernel', epochMs: 5 }).nowMs).toBe(5);
  });
});

/** A small world of chance: each event schedules up to two others, sets timers and cancels some. */
function storm(seed: string): Simulation {
  const sim = new Simulation({ seed, trace: { checkpointEvery: 16 } });
  const stream = sim.streams.stream('storm');
  const tokens: number[] = [];
  const beat = sim.handler('beat', (depth) => {
    if (depth > 9) return;
    sim.schedule(stream.integer(0, 40), beat, depth + 1);
    if (stream.chance(0.4)) sim.schedule(stream.integer(0, 3), beat, depth + 2);
    tokens.push(sim.timer(stream.integer(0, 60), beat, depth + 3));
    if (stream.chance(0.5)) sim.cancel(stream.pick(tokens));
  });
  for (let first = 0; first < 4; first++) sim.schedule(stream.integer(0, 10), beat, 0);
  return sim;
}

describe('the trace of a run', () => {
  test('is the same for the same seed and differs for another', () => {
    const hashes = ['a', 'a', 'b'].map((seed) => {
      const sim = storm(seed);
      sim.run();
      expect(sim.events).toBeGreaterThan(200);
      return sim.trace.hash();
    });
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  test('does not depend on the slices in which it is run', () => {
    const whole = storm('slices');
    whole.run();
    const slice = fc.record({ aheadUs: fc.nat({ max: 30 }), budget: fc.integer({ min: 0, max: 20 }) });
    fc.assert(
      fc.property(fc.array(slice, { maxLength: 40 }), (slices) => {
        const sim = storm('slices');
        for (const { aheadUs, budget } of slices) {
          if (budget === 0) sim.step();
          else sim.run(sim.nowUs + aheadUs, budget);
        }
        sim.run();
        expect([sim.trace.hash(), sim.events]).toEqual([whole.trace.hash(), whole.events]);
        expect(sim.trace.checkpoints()).toEqual(whole.trace.checkpoints());
      }),
      { seed: 7, numRuns: 40 },
    );
  });

  test('holds the time, the kind by name and the integers of every event', () => {
    const { sim, handler } = bench();
    sim.schedule(3, handler, 1, 2, 3);
    sim.timer(4, handler, 4, 5, 6);
    sim.run();
    const records = sim.trace
      .lastRecords(10)
      .map(({ timeUs, kind, a, b, c }) => [timeUs, sim.trace.kindName(kind), a, b, c]);
    expect(records).toEqual([
      [3, 'note', 1, 2, 3],
      [4, 'note', 4, 5, 6],
    ]);
  });
});

describe('virtual time', () => {
  test('does not run back after cancelled timers were passed over, whatever is scheduled then', () => {
    const { sim, log, handler } = bench();
    sim.cancel(sim.timer(0x20000, handler));
    expect(sim.run()).toBe('idle');
    expect(sim.nowUs).toBe(0);
    for (let i = 0; i < 300; i++) sim.scheduleAt(0x2ffff - i, handler, i);
    sim.scheduleAt(0x1000, handler, 1000);
    sim.run();
    expect(log[0]).toBe('1000@4096(0,0)');
    expect(log).toHaveLength(301);
  });

  test('goes forward under any mix of scheduling, cancelling and draining', () => {
    const step = fc.record({
      kind: fc.constantFrom('schedule', 'timer', 'cancel', 'drain', 'until'),
      us: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 2 ** 34 })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { sim, does } = bench();
        let lastUs = 0;
        let ran = 0;
        const handler = does('look', () => {
          expect(sim.nowUs).toBeGreaterThanOrEqual(lastUs);
          lastUs = sim.nowUs;
          ran++;
        });
        const tokens: number[] = [];
        let due = 0;
        for (const { kind, us } of steps) {
          if (kind === 'schedule') sim.schedule(us, handler);
          if (kind === 'timer') tokens.push(sim.timer(us, handler));
          if (kind === 'schedule' || kind === 'timer') due++;
          if (kind === 'cancel' && tokens.length > 0 && sim.cancel(tokens.splice(us % tokens.length, 1)[0]!)) due--;
          if (kind === 'drain') sim.run();
          if (kind === 'until') sim.run(sim.nowUs + us);
        }
        sim.run();
        expect(ran).toBe(due);
      }),
      { seed: 3, numRuns: 300 },
    );
  });
});
