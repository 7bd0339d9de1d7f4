// How fast a watched run may go: pausing, single steps and slow motion, on clocks that the test moves.
import { expect, test } from 'vitest';
import { type Paced, Pacer } from '../../../cli/tui/pace.ts';

const FREELY = { sliceEvents: Number.POSITIVE_INFINITY, untilUs: Number.POSITIVE_INFINITY };

/** A run that does what its pacer lets it do: an event each virtual millisecond, with one record. */
class FakeRun implements Paced {
  virtualUs = 0;
  events = 0;
  phase = 'hold';

  get progress(): Paced['progress'] {
    return { virtualUs: this.virtualUs, events: this.events, phase: this.phase };
  }

  get records(): number {
    return this.events;
  }

  lastRecords(count: number): string[] {
    return Array.from({ length: count }, (_, at) => `event ${this.events - count + at + 1}`);
  }

  slice({ sliceEvents, untilUs }: { sliceEvents: number; untilUs: number }): void {
    for (let done = 0; done < Math.min(sliceEvents, 10); done++) {
      if (this.virtualUs + 1000 > untilUs) break;
      this.virtualUs += 1000;
      this.events++;
    }
  }
}

function scene({ canPause = true } = {}): {
  run: FakeRun;
  pacer: Pacer;
  turn(): Promise<'done' | 'waits'>;
  pass(ms: number): Promise<void>;
  beats(): number;
} {
  let nowMs = 1000;
  let beats = 0;
  let timers: { atMs: number; call: () => void }[] = [];
  const pacer = new Pacer({
    canPause,
    nowMs: () => nowMs,
    beat: () => void beats++,
    after(ms, call) {
      const timer = { atMs: nowMs + ms, call };
      timers.push(timer);
      return () => (timers = timers.filter((each) => each !== timer));
    },
  });
  const run = new FakeRun();
  pacer.attach(run);
  let waiting: Promise<void> | undefined;
  let isWaiting = false;
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return {
    run,
    pacer,
    beats: () => beats,
    /** One slice and what comes after it. */
    async turn() {
      if (!isWaiting) {
        run.slice(pacer.next());
        isWaiting = true;
        waiting = pacer.wait().then(() => void (isWaiting = false));
      }
      await settled();
      void waiting;
      return isWaiting ? 'waits' : 'done';
    },
    async pass(ms) {
      nowMs += ms;
      for (const timer of timers.filter(({ atMs }) => atMs <= nowMs)) timer.call();
      await settled();
    },
  };
}

test('nothing holds a run back until somebody asks for it', async () => {
  const { run, pacer, turn } = scene();
  expect(pacer.next()).toEqual(FREELY);
  expect(await turn()).toBe('done');
  expect(run.events).toBe(10);
});

test('a paused run waits, with a sign of life each second, until it goes on', async () => {
  const { run, pacer, turn, pass, beats } = scene();
  await turn();
  pacer.wish('pause', 100);
  expect(await turn()).toBe('waits');
  expect(run.events).toBe(10);
  for (let second = 0; second < 5; second++) await pass(1000);
  expect(await turn()).toBe('waits');
  expect(beats()).toBe(5);
  expect(pacer.pausedMs).toBe(5000);
  pacer.wish('pause', 0);
  expect(await turn()).toBe('done');
  expect(await turn()).toBe('done');
  expect(run.events).toBe(20);
  await pass(3000);
  expect(pacer.pausedMs).toBe(5000);
});

test('a step while paused does one event, and says which', async () => {
  const { run, pacer, turn } = scene();
  pacer.wish('pause', 100);
  expect(await turn()).toBe('waits');
  pacer.wish('step', 0);
  await turn();
  expect(await turn()).toBe('waits');
  expect(run.events).toBe(1);
  expect(pacer.news).toMatchObject({ isPaused: true, stepped: ['event 1'] });
  pacer.wish('step', 0);
  await turn();
  expect(await turn()).toBe('waits');
  expect(pacer.news.stepped).toEqual(['event 2']);
});

test('a step goes on over slices in which nothing happens', async () => {
  const { run, pacer, turn } = scene();
  pacer.wish('pause', 100);
  await turn();
  pacer.wish('step', 0);
  await turn();
  // A slice that ended for its time alone, as `await turn()` would do with an event.
  const pace = pacer.next();
  expect(pace.sliceEvents).toBe(1);
  await pacer.wait();
  expect(pacer.next().sliceEvents).toBe(1);
  run.slice(pacer.next());
  expect(run.events).toBe(1);
});

test('without a pause a step does nothing', async () => {
  const { pacer } = scene();
  pacer.wish('step', 100);
  expect(pacer.next()).toEqual(FREELY);
  expect(pacer.news.stepped).toEqual([]);
});

test('slower goes below the speed of now, and down to real time; faster goes back up to no limit', () => {
  const { pacer } = scene();
  const speeds: (number | null)[] = [];
  for (let press = 0; press < 6; press++) {
    pacer.wish('slower', 312);
    speeds.push(pacer.news.speedMax);
  }
  expect(speeds).toEqual([300, 100, 30, 10, 3, 1]);
  pacer.wish('slower', 1);
  expect(pacer.news.speedMax).toBe(1);
  speeds.length = 0;
  for (let press = 0; press < 9; press++) {
    pacer.wish('faster', 1);
    speeds.push(pacer.news.speedMax);
  }
  expect(speeds).toEqual([3, 10, 30, 100, 300, 1000, 3000, 10_000, null]);
});

test('in slow motion virtual time goes no further than so many times real time', async () => {
  const { run, pacer, turn, pass } = scene();
  pacer.wish('slower', 4);
  expect(pacer.news.speedMax).toBe(3);
  for (let turns = 0; turns < 200; turns++) {
    if ((await turn()) === 'waits') await pass(20);
    else await pass(1);
  }
  // 3 × the real time that has passed since, in steps of one event.
  const target = pacer.next().untilUs;
  expect(run.virtualUs).toBeGreaterThan(target - 100_000);
  expect(run.virtualUs).toBeLessThanOrEqual(target);
});

test('a run in slow motion waits, and does not turn in vain', async () => {
  let nowMs = 0;
  const timers: (() => void)[] = [];
  const pacer = new Pacer({
    canPause: true,
    // Real time goes on between any two looks at the clock.
    nowMs: () => (nowMs += 0.01),
    after(_ms, call) {
      timers.push(call);
      return () => undefined;
    },
  });
  let virtualUs = 0;
  pacer.attach({
    get progress() {
      return { virtualUs, events: 0, phase: 'hold' };
    },
    records: 0,
    lastRecords: () => [],
  });
  pacer.wish('slower', 4);
  for (let turns = 0; turns < 50; turns++) {
    // Without an event before it, the kernel sets its clock to where it was to stop.
    virtualUs = Math.max(virtualUs, pacer.next().untilUs);
    const waiting = pacer.wait();
    expect(timers.length).toBe(turns + 1);
    nowMs += 20;
    timers.at(-1)!();
    await waiting;
  }
  expect(virtualUs).toBeGreaterThan(2_900_000);
});

test('steps that are asked for while one is under way come after it', async () => {
  const { run, pacer, turn } = scene();
  pacer.wish('pause', 100);
  await turn();
  for (let press = 0; press < 3; press++) pacer.wish('step', 0);
  for (let turns = 0; turns < 10; turns++) await turn();
  expect(run.events).toBe(3);
  expect(pacer.news.stepped).toEqual(['event 3']);
});

test('a step that ends a run does not go on in the next', async () => {
  const { pacer, turn } = scene();
  pacer.wish('pause', 100);
  await turn();
  pacer.wish('step', 0);
  pacer.attach(new FakeRun());
  expect(pacer.next().sliceEvents).toBe(0);
  expect(pacer.news).toMatchObject({ isPaused: true, stepped: [] });
});

test('time that a run was paused for is not made up for in slow motion', async () => {
  const { pacer, pass } = scene();
  pacer.wish('slower', 4);
  pacer.wish('pause', 3);
  await pass(60_000);
  pacer.wish('pause', 0);
  expect(pacer.next().untilUs).toBe(0);
});

test('a run that is to end is held back by nothing, whatever was asked for', async () => {
  const { run, pacer, turn } = scene();
  pacer.wish('slower', 4);
  pacer.wish('pause', 3);
  expect(await turn()).toBe('waits');
  pacer.release();
  expect(await turn()).toBe('done');
  await turn();
  expect(run.events).toBe(10);
  pacer.wish('pause', 3);
  expect(pacer.next()).toEqual(FREELY);
});

test('under the wall clock there is no pause, no step and no slow motion', () => {
  const { pacer } = scene({ canPause: false });
  for (const wish of ['pause', 'step', 'slower', 'faster'] as const) pacer.wish(wish, 1);
  expect(pacer.news).toEqual({ canPause: false, isPaused: false, speedMax: null, stepped: [] });
  expect(pacer.next()).toEqual(FREELY);
});
