// An instance that is one event loop: what shares a turn and a commit, what that costs, and what is lost with it.

import { describe, expect, test } from 'vitest';
import { benchOf, LOOP, pull, push } from './relay-bench.ts';

describe('a turn', () => {
  test('takes all that waits: pulls are answered as their own work ends, pushes after the commit that follows', () => {
    const { sim, answered, handled, at } = benchOf({ service: LOOP });
    at(0, push(0));
    // These wait for the first turn and its commit: 1 + 2, then 10 + 0.5.
    at(100, push(1, 3));
    at(200, pull(2));
    at(300, push(3));
    sim.run();
    // The second turn: 1, then 2 + 3 + 2, and a commit of four changes.
    expect(answered).toEqual(['0@13500', '2@19500', '1@33500', '3@33500']);
    expect(handled).toEqual([0, 2, 1, 3]);
  });

  test('reads what came during a commit before the pushes that did not fit into it', () => {
    const { sim, answered, at } = benchOf({ service: { ...LOOP, commitPushesMax: 1 } });
    at(0, push(0));
    at(10, push(1));
    at(20, push(2));
    at(26_000, pull(3));
    sim.run();
    // 13.5; turn of two until 18.5, commit of the first until 29; then the pull, and the second commit.
    expect(answered).toEqual(['0@13500', '1@29000', '3@33000', '2@43500']);
  });

  test('that follows a rest is slower, one that does not is not', () => {
    const { sim, answered, at } = benchOf({ service: { ...LOOP, idleAfterMs: 50, idleMs: 7 } });
    at(0, pull(0));
    at(10_000, pull(1));
    at(100_000, pull(2));
    sim.run();
    expect(answered).toEqual(['0@4000', '1@14000', '2@111000']);
  });

  test('gives up who has waited too long, without work or commit', () => {
    const { sim, answered, refused, at } = benchOf({ relay: { timeoutMs: 12 }, service: LOOP });
    at(0, push(0));
    at(1000, push(1));
    at(5000, pull(2));
    sim.run();
    expect(refused).toEqual(['1@14500']);
    expect(answered).toEqual(['0@13500', '2@17500']);
  });

  test('refuses what finds the queue full', () => {
    const { sim, refused, answered, at } = benchOf({ relay: { queueLimit: 2 }, service: LOOP });
    for (let device = 0; device < 5; device++) at(device, pull(device));
    sim.run();
    expect([answered.length, refused.length]).toEqual([3, 2]);
  });
});

describe('commits', () => {
  test('that are shared make a push cheaper the more there are', () => {
    const cpuPerPush = (pushes: number, everyUs: number): number => {
      const { sim, relay, at } = benchOf({ service: LOOP });
      for (let device = 0; device < pushes; device++) at(device * everyUs, push(device));
      sim.run();
      return relay.work().busyIntegralUs / pushes;
    };
    expect(cpuPerPush(100, 1_000_000)).toBe(13_500);
    // All at once: the first alone, then 99 in one turn and one commit.
    expect(cpuPerPush(100, 0)).toBe((13_500 + 1000 + 99 * 2000 + 10_000 + 99 * 500) / 100);
  });

  test('bound the throughput at saturation by turn, commit and what each push takes', () => {
    const { sim, answered, at } = benchOf({ service: { ...LOOP, commitPushesMax: 20 } });
    for (let device = 0; device < 10_000; device++) at(device, push(device));
    sim.run();
    // Turns that take all, then commits of 20: 2.5 ms for each push and 10 ms for each 20 of them.
    const last = Number(answered.at(-1)!.split('@')[1]);
    expect(last / 10_000).toBeGreaterThan(2990);
    expect(last / 10_000).toBeLessThan(3010);
  });

  test('reach a checkpoint after so many changes', () => {
    const { sim, answered, at } = benchOf({ service: { ...LOOP, checkpointChanges: 10, checkpointMs: 100 } });
    for (let device = 0; device < 4; device++) at(device * 1_000_000, push(device, 4));
    sim.run();
    const took = answered.map((each, device) => Number(each.split('@')[1]) - device * 1_000_000);
    expect(took).toEqual([15_000, 15_000, 115_000, 15_000]);
  });
});

describe('stalls', () => {
  test('hold up what is served, for as much time as they take', () => {
    const { sim, answered, at } = benchOf({
      service: { ...LOOP, stallsPerMinute: 600, stallMsMedian: 20, stallSigma: 0.3 },
    });
    for (let device = 0; device < 5000; device++) at(device * 20_000, pull(device));
    sim.run();
    const slow = answered.filter((each, device) => Number(each.split('@')[1]) - device * 20_000 > 4000).length;
    // Ten of 21 ms each second: a fifth of the time. A pull of 4 ms meets one that is on, or one begins within it.
    expect(slow / 5000).toBeGreaterThan(0.2);
    expect(slow / 5000).toBeLessThan(0.3);
  });

  test('come at the same instants whatever the load is', () => {
    const endsOf = (gapUs: number): Set<string> => {
      const { sim, answered, at } = benchOf({ service: { ...LOOP, stallsPerMinute: 60, stallMsMedian: 100 } });
      for (let at0 = 0; at0 < 20_000_000; at0 += gapUs) at(at0, pull(at0));
      sim.run();
      return new Set(
        answered
          .filter((each) => Number(each.split('@')[1]) - Number(each.split('@')[0]) > 50_000)
          .map((each) => each.split('@')[1]!.slice(0, -5)),
      );
    };
    const [few, many] = [endsOf(40_000), endsOf(20_000)];
    expect(few.size).toBeGreaterThan(5);
    for (const end of few) expect(many).toContain(end);
  });
});

describe('a crash', () => {
  test('loses what waits, what is worked on and what is being committed, and nothing that was answered', () => {
    const { sim, relay, answered, handled, lost, at } = benchOf({ service: LOOP });
    at(0, push(0));
    at(100, push(1));
    at(14_000, pull(2));
    const crash = sim.handler('crash', () => relay.crash());
    const restart = sim.handler('restart', () => relay.restart());
    sim.scheduleAt(20_000, crash);
    sim.scheduleAt(30_000, restart);
    at(31_000, push(3));
    sim.run();
    expect(handled).toEqual([0, 3]);
    expect(answered).toEqual(['0@13500', '3@44500']);
    expect(lost()).toBe(2);
    relay.checkStations();
  });

  test.each([
    ['work', 1000, '1@14500'],
    ['a commit', 4000, '1@17500'],
  ])('within %s ends neither work nor commits of what comes after it', (_within, atUs, expected) => {
    const { sim, relay, answered, handled, at } = benchOf({ service: LOOP });
    at(0, push(0));
    const crash = sim.handler('crash', () => {
      relay.crash();
      relay.restart();
    });
    sim.scheduleAt(atUs, crash);
    at(atUs, push(1));
    sim.run();
    expect(answered).toEqual([expected]);
    expect(handled).toEqual([1]);
  });

  test('within a commit ends it there', () => {
    const { sim, relay, answered, handled, lost, at } = benchOf({ service: LOOP });
    at(0, pull(9));
    for (let device = 0; device < 3; device++) at(device + 1, push(device));
    relay.armCrash('after commit');
    sim.run();
    expect(handled).toEqual([9, 0]);
    expect(answered).toEqual(['9@4000']);
    expect(lost()).toBe(2);
    relay.disarmCrash();
    relay.checkStations();
  });
});
