// Processes: what their waits end with, in what order, and what becomes of interrupts, errors and late answers.

import { describe, expect, test } from 'vitest';
import { AssertionError } from '../../sim/errors.ts';
import { Interrupted, type Process, type Routine, Signal, TIMED_OUT } from '../../sim/process.ts';
import { Simulation } from '../../sim/simulation.ts';

interface Bench {
  readonly sim: Simulation;
  readonly log: string[];
  /** Notes what happens, with the time. */
  note(text: unknown): void;
  spawn(name: string, routine: Routine): Process;
  /** Does something at a time. */
  at(atUs: number, action: () => void): void;
}

function bench(): Bench {
  const sim = new Simulation({ seed: 'process' });
  const log: string[] = [];
  const actions: (() => void)[] = [];
  const act = sim.handler('test/action', (index) => actions[index]!());
  return {
    sim,
    log,
    note: (text) => void log.push(`${String(text)}@${sim.nowUs}`),
    spawn: (name, routine) => sim.spawn(name, routine),
    at: (atUs, action) => sim.scheduleAt(atUs, act, actions.push(action) - 1),
  };
}

describe('a process', () => {
  test('runs from its first event on, not when it is spawned', () => {
    const { sim, log, note, spawn } = bench();
    // eslint-disable-next-line require-yield -- one that never waits
    const process = spawn('quick', function* () {
      note('body');
      return 7;
    });
    expect([log, process.isAlive, process.name]).toEqual([[], true, 'quick']);
    sim.run();
    expect([log, process.isAlive]).toEqual([['body@0'], false]);
  });

  test('sleeps for as long as it says, again and again', () => {
    const { sim, log, note, spawn } = bench();
    spawn('sleeper', function* (self) {
      for (const delayUs of [10, 0, 5]) {
        const woken: unknown = yield self.sleep(delayUs);
        note(woken);
      }
    });
    sim.run();
    expect(log).toEqual(['undefined@10', 'undefined@10', 'undefined@15']);
  });

  test('processes that are due at one instant go on in the order in which they went to sleep', () => {
    const { sim, log, note, spawn } = bench();
    for (const name of ['a', 'b', 'c']) {
      spawn(name, function* (self) {
        yield self.sleep(name === 'a' ? 20 : 10);
        yield self.sleep(name === 'a' ? 0 : 10);
        note(name);
      });
    }
    sim.run();
    // b and c began their second sleep at 10; a begins its second one only at 20.
    expect(log).toEqual(['b@20', 'c@20', 'a@20']);
  });

  test('cannot sleep for a fraction or back in time', () => {
    for (const delayUs of [1.5, -1, Number.NaN]) {
      const { sim, spawn } = bench();
      spawn('wrong', function* (self) {
        yield self.sleep(delayUs);
      });
      expect(() => sim.run()).toThrow(RangeError);
    }
  });

  test('can delegate to another generator, which waits as the same process', () => {
    const { sim, log, note, spawn } = bench();
    function* nap(self: Process, delayUs: number): ReturnType<Routine> {
      yield self.sleep(delayUs);
      return delayUs * 2;
    }
    spawn('delegating', function* (self) {
      note(yield* nap(self, 4));
      note(yield* nap(self, 3));
    });
    sim.run();
    expect(log).toEqual(['8@4', '6@7']);
  });
});

describe('a signal', () => {
  test('resumes all who wait at that instant, in the order in which they came, each with its value', () => {
    const { sim, log, note, spawn, at } = bench();
    const signal = new Signal();
    for (const name of ['a', 'b']) {
      spawn(name, function* (self) {
        const value: unknown = yield self.wait(signal);
        note(`${name}:${String(value)}`);
      });
    }
    at(5, () => {
      expect(signal.waiting).toBe(2);
      signal.fire('go');
      expect(signal.waiting).toBe(0);
      expect(log).toEqual([]);
    });
    sim.run();
    expect(log).toEqual(['a:go@5', 'b:go@5']);
  });

  test('is not remembered: who waits after it was fired waits for the next', () => {
    const { sim, log, note, spawn, at } = bench();
    const signal = new Signal();
    signal.fire('early');
    spawn('late', function* (self) {
      note(yield self.wait(signal));
      note(yield self.wait(signal));
    });
    at(3, () => {
      signal.fire('one');
      signal.fire('lost');
    });
    at(9, () => signal.fire('two'));
    sim.run();
    expect(log).toEqual(['one@3', 'two@9']);
  });

  test('that fires before the time-out ends the wait with its value, and the time-out then disturbs nothing', () => {
    const { sim, log, note, spawn, at } = bench();
    const signal = new Signal();
    spawn('waiting', function* (self) {
      note(yield self.wait(signal, 10));
      note(yield self.sleep(100));
    });
    at(9, () => signal.fire('in time'));
    sim.run();
    expect(log).toEqual(['in time@9', 'undefined@109']);
  });

  test('that fires after the time-out finds nobody', () => {
    const { sim, log, note, spawn, at } = bench();
    const signal = new Signal();
    spawn('waiting', function* (self) {
      const end: unknown = yield self.wait(signal, 10);
      note(end === TIMED_OUT ? 'timed out' : end);
      note(yield self.sleep(100));
    });
    at(11, () => signal.fire('too late'));
    sim.run();
    expect(log).toEqual(['timed out@10', 'undefined@110']);
  });

  test.each([
    ['the signal wins where it was scheduled first', false, 'signal'],
    ['the time-out wins where it was scheduled first', true, 'timed out'],
  ])('at the very instant of the time-out %s', (_, isScheduledLater, winner) => {
    const { sim, log, note, spawn, at } = bench();
    const signal = new Signal();
    const fire = (): void => signal.fire('signal');
    if (!isScheduledLater) at(10, fire);
    spawn('waiting', function* (self) {
      const end: unknown = yield self.wait(signal, 10);
      note(end === TIMED_OUT ? 'timed out' : end);
      yield self.sleep(50);
      note('slept');
    });
    if (isScheduledLater) at(1, () => at(10, fire));
    sim.run();
    expect(log).toEqual([`${winner}@10`, 'slept@60']);
  });

  test('forgets those who have timed out, so that polling it does not make it grow', () => {
    const { sim, spawn, at } = bench();
    const signal = new Signal();
    spawn('polling', function* (self) {
      for (let poll = 0; poll < 1000; poll++) yield self.wait(signal, 1);
    });
    let heard = 0;
    spawn('patient', function* (self) {
      yield self.wait(signal);
      heard++;
    });
    at(999, () => {
      expect(signal.waiting).toBeLessThan(50);
      signal.fire();
    });
    sim.run();
    expect(heard).toBe(1);
  });

  test('ended fires with what the routine returns', () => {
    const { sim, log, note, spawn } = bench();
    const worker = spawn('worker', function* (self) {
      yield self.sleep(5);
      return 'done';
    });
    spawn('waiting', function* (self) {
      note(yield self.wait(worker.ended));
      expect(worker.isAlive).toBe(false);
    });
    sim.run();
    expect(log).toEqual(['done@5']);
  });
});

describe('a call', () => {
  test('ends with the answer that names its ticket, at the time of the answer', () => {
    const { sim, log, note, spawn, at } = bench();
    spawn('caller', function* (self) {
      const answer: unknown = yield self.call((ticket) =>
        at(sim.nowUs + 7, () => expect(self.reply(ticket, 'pong')).toBe(true)),
      );
      note(answer);
    });
    sim.run();
    expect(log).toEqual(['pong@7']);
  });

  test('that is answered while it is being made goes on in the same instant', () => {
    const { sim, log, note, spawn } = bench();
    spawn('caller', function* (self) {
      note(yield self.call((ticket) => void self.reply(ticket, 'at once')));
      note(yield self.sleep(3));
    });
    sim.run();
    expect(log).toEqual(['at once@0', 'undefined@3']);
  });

  test('ends with the time-out where no answer comes in time; the late answer finds nobody', () => {
    const { sim, log, note, spawn, at } = bench();
    spawn('caller', function* (self) {
      let first = -1;
      const answer: unknown = yield self.call((ticket) => (first = ticket), 10);
      note(answer === TIMED_OUT ? 'timed out' : answer);
      at(15, () => note(`late reply taken: ${self.reply(first, 'late')}`));
      note(yield self.call((ticket) => at(20, () => void self.reply(ticket, 'second'))));
      expect(self.reply(first, 'much later')).toBe(false);
    });
    sim.run();
    expect(log).toEqual(['timed out@10', 'late reply taken: false@15', 'second@20']);
  });

  test('is answered once: a second answer finds nobody', () => {
    const { sim, log, note, spawn, at } = bench();
    spawn('caller', function* (self) {
      note(
        yield self.call((ticket) =>
          at(5, () => note([self.reply(ticket, 'one'), self.reply(ticket, 'two')].join(' '))),
        ),
      );
      note(yield self.sleep(5));
    });
    sim.run();
    expect(log).toEqual(['true false@5', 'one@5', 'undefined@10']);
  });

  test('parked, a process waits for whoever names its present ticket', () => {
    const { sim, log, note, spawn, at } = bench();
    const parked = spawn('parked', function* (self) {
      note(yield self.park());
    });
    at(8, () => {
      expect(parked.reply(parked.ticket - 1, 'wrong')).toBe(false);
      expect(parked.reply(parked.ticket, 'right')).toBe(true);
    });
    sim.run();
    expect(log).toEqual(['right@8']);
  });

  test('a process that has ended takes no answer', () => {
    const { sim, spawn } = bench();
    const ended = spawn('ended', function* (self) {
      yield self.sleep(1);
    });
    sim.run();
    expect([ended.reply(ended.ticket, 1), ended.interrupt('late'), ended.isAlive]).toEqual([false, false, false]);
  });
});

describe('an interrupt', () => {
  const waits: readonly [name: string, wait: (self: Process, signal: Signal) => ReturnType<Process['sleep']>][] = [
    ['a sleep', (self) => self.sleep(100)],
    ['a wait', (self, signal) => self.wait(signal)],
    ['a wait with a time-out', (self, signal) => self.wait(signal, 100)],
    ['a call', (self) => self.call(() => {})],
    ['a call with a time-out', (self) => self.call(() => {}, 100)],
  ];

  test.each(waits)('ends %s at its place in the routine, which may catch it and go on', (_, wait) => {
    const { sim, log, note, spawn, at } = bench();
    const signal = new Signal();
    const process = spawn('interrupted', function* (self) {
      try {
        yield wait(self, signal);
        note('never');
      } catch (error) {
        expect(error).toBeInstanceOf(Interrupted);
        note((error as Interrupted).reason);
      } finally {
        note('finally');
      }
      // What was to end the first wait must not end this one.
      note(yield self.sleep(500));
      return 'well';
    });
    spawn('waiting', function* (self) {
      note(yield self.wait(process.ended));
    });
    at(10, () => expect(process.interrupt('stop')).toBe(true));
    at(50, () => signal.fire('old'));
    sim.run();
    expect(log).toEqual(['stop@10', 'finally@10', 'undefined@510', 'well@510']);
  });

  test.each(waits)('that nobody catches ends the process out of %s, quietly', (_, wait) => {
    const { sim, log, note, spawn, at } = bench();
    const process = spawn('interrupted', function* (self) {
      try {
        yield wait(self, new Signal());
      } finally {
        note('finally');
      }
    });
    spawn('waiting', function* (self) {
      note(`ended with ${String(yield self.wait(process.ended))}`);
    });
    at(10, () => process.interrupt('stop'));
    sim.run();
    expect([log, process.isAlive]).toEqual([['finally@10', 'ended with undefined@10'], false]);
  });

  test('of a process that has not begun ends it before its first line', () => {
    const { sim, log, note, spawn } = bench();
    const process = spawn('unborn', function* (self) {
      note('never');
      yield self.sleep(1);
    });
    expect(process.interrupt('no')).toBe(true);
    sim.run();
    expect([log, process.isAlive]).toEqual([[], false]);
  });

  test('does not touch a process that was answered at that instant and is about to go on', () => {
    const { sim, log, note, spawn, at } = bench();
    const signal = new Signal();
    const process = spawn('answered', function* (self) {
      note(yield self.wait(signal));
    });
    at(10, () => {
      signal.fire('answer');
      expect(process.interrupt('too late')).toBe(false);
    });
    sim.run();
    expect(log).toEqual(['answer@10']);
  });

  test('says its reason', () => {
    expect(new Interrupted('shutdown').message).toBe('interrupted: shutdown');
  });
});

describe('an error inside a process', () => {
  test('surfaces from the run as it is, with its stack, and ends the process', () => {
    const { sim, spawn } = bench();
    function faultyStep(): never {
      throw new TypeError('books do not balance');
    }
    const process = spawn('faulty', function* (self) {
      yield self.sleep(5);
      faultyStep();
    });
    let caught: unknown;
    try {
      sim.run();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(TypeError);
    expect((caught as Error).stack).toMatch(/books do not balance[\s\S]*faultyStep[\s\S]*process\.test\.ts/);
    expect([process.isAlive, sim.nowUs]).toEqual([false, 5]);
  });

  test('surfaces too where it is thrown while an interrupt is handled', () => {
    const { sim, spawn, at } = bench();
    const process = spawn('faulty', function* (self) {
      try {
        yield self.sleep(50);
      } catch {
        throw new Error('cleaning up failed');
      }
    });
    at(1, () => process.interrupt('stop'));
    expect(() => sim.run()).toThrow('cleaning up failed');
  });

  test('leaves the other processes as they are', () => {
    const { sim, log, note, spawn } = bench();
    spawn('faulty', function* (self) {
      yield self.sleep(5);
      throw new Error('alone');
    });
    spawn('sound', function* (self) {
      yield self.sleep(5);
      note('sound');
    });
    expect(() => sim.run()).toThrow('alone');
    sim.run();
    expect(log).toEqual(['sound@5']);
  });
});

describe('a misuse is an assertion that names the process', () => {
  const foreign = 'anything' as unknown as ReturnType<Process['sleep']>;

  test('yielding a foreign value', () => {
    const { sim, spawn } = bench();
    spawn('odd', function* () {
      yield foreign;
    });
    expect(() => sim.run()).toThrow(AssertionError);
    const again = bench();
    again.spawn('odd', function* () {
      yield foreign;
    });
    expect(() => again.sim.run()).toThrow(/process odd yielded something/);
  });

  test('yielding a foreign value while a wait was begun', () => {
    const { sim, spawn } = bench();
    spawn('odd', function* (self) {
      self.sleep(5);
      yield foreign;
    });
    expect(() => sim.run()).toThrow(/process odd yielded something/);
  });

  test('yielding an old wait a second time', () => {
    const { sim, spawn } = bench();
    spawn('odd', function* (self) {
      const nap = self.sleep(5);
      yield nap;
      yield nap;
    });
    expect(() => sim.run()).toThrow(/process odd yielded something/);
  });

  test('waiting twice in one yield', () => {
    const { sim, spawn } = bench();
    spawn('odd', function* (self) {
      self.sleep(5);
      yield self.sleep(6);
    });
    expect(() => sim.run()).toThrow(/process odd waits twice/);
  });

  test("yielding another process's wait", () => {
    const { sim, spawn } = bench();
    const other = spawn('other', function* (self) {
      yield self.sleep(5);
    });
    spawn('odd', function* () {
      yield other.sleep(5);
    });
    expect(() => sim.run()).toThrow(/process other waits twice/);
  });
});

test('the trace of processes is the same for the same run', () => {
  const hashes = [1, 2].map(() => {
    const { sim, spawn, at } = bench();
    const signal = new Signal();
    for (let index = 0; index < 5; index++) {
      const process = spawn(`p${index}`, function* (self) {
        const stream = sim.streams.stream(`p${index}`);
        for (;;) {
          try {
            yield stream.chance(0.5) ? self.sleep(stream.integer(0, 20)) : self.wait(signal, stream.integer(1, 20));
          } catch {
            yield self.sleep(1);
          }
        }
      });
      at(100 + index, () => process.interrupt('now'));
      at(200, () => signal.fire());
    }
    sim.run(1000);
    expect(sim.events).toBeGreaterThan(300);
    return sim.trace.hash();
  });
  expect(hashes[1]).toBe(hashes[0]);
});

test('a process that has ended gives its place to a new one, which late events of the old one do not wake', () => {
  const { sim, spawn, log, note } = bench();
  const never = new Signal();
  const first = spawn('first', function* (self) {
    yield self.wait(never, 1000);
    note('first went on');
  });
  sim.run(10);
  first.interrupt('leave');
  sim.run(20);
  expect(first.isAlive).toBe(false);
  const second = spawn('second', function* (self) {
    yield self.wait(never, 5000);
    note('second went on');
  });
  expect(second.index).toBe(first.index);
  sim.run(4000);
  expect(log).toEqual([]);
  sim.run();
  expect(log).toHaveLength(1);
  expect(log[0]).toContain('second went on');
});
