// The queueing station: who starts when, who is refused, and books that balance.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Simulation } from '../../sim/simulation.ts';
import { Station, type StationOptions } from '../../sim/station.ts';

interface Bench {
  readonly sim: Simulation;
  readonly station: Station;
  /** `job@time waited wait` of each job done, in order. */
  readonly done: string[];
  at(atUs: number, action: () => void): void;
}

function bench(options: Partial<StationOptions>, onDone: (job: number) => void = () => {}): Bench {
  const sim = new Simulation({ seed: 'station' });
  const done: string[] = [];
  const station = new Station(
    sim,
    { name: 'till', servers: 1, queueLimit: Infinity, ...options },
    (job, waitUs, serviceUs) => {
      done.push(`${job}@${sim.nowUs} waited ${waitUs}, served ${serviceUs}`);
      onDone(job);
    },
  );
  const actions: (() => void)[] = [];
  const act = sim.handler('test/action', (index) => actions[index]!());
  return { sim, station, done, at: (atUs, action) => sim.scheduleAt(atUs, act, actions.push(action) - 1) };
}

describe('a station', () => {
  test('serves one job after another, first come first served', () => {
    const { sim, station, done, at } = bench({});
    at(10, () => station.offer(1, 100));
    at(20, () => station.offer(2, 5));
    at(30, () => station.offer(3, 1));
    at(500, () => station.offer(4, 7));
    sim.run();
    expect(done).toEqual([
      '1@110 waited 0, served 100',
      '2@115 waited 90, served 5',
      '3@116 waited 85, served 1',
      '4@507 waited 0, served 7',
    ]);
  });

  test('works on as many jobs at a time as it has servers', () => {
    const { sim, station, done } = bench({ servers: 2 });
    for (const [job, serviceUs] of [
      [1, 100],
      [2, 30],
      [3, 30],
      [4, 0],
    ] as const)
      station.offer(job, serviceUs);
    expect([station.busyServers, station.queueLength, station.inSystem]).toEqual([2, 2, 4]);
    sim.run();
    expect(done).toEqual([
      '2@30 waited 0, served 30',
      '3@60 waited 30, served 30',
      '4@60 waited 60, served 0',
      '1@100 waited 0, served 100',
    ]);
  });

  test('refuses a job when its queue is full, and only then', () => {
    const { sim, station, done, at } = bench({ servers: 2, queueLimit: 1 });
    expect([1, 2, 3, 4, 5].map((job) => station.offer(job, 10 * job))).toEqual([true, true, true, false, false]);
    at(15, () => expect(station.offer(6, 10)).toBe(true));
    at(16, () => expect(station.offer(7, 10)).toBe(false));
    sim.run();
    expect(done.map((line) => line.split('@')[0])).toEqual(['1', '2', '6', '3']);
    expect(station.statistics()).toMatchObject({ arrivals: 4, refused: 3, completed: 4 });
  });

  test('without room for waiting takes a job only while a server is free', () => {
    const { sim, station } = bench({ queueLimit: 0 });
    expect(station.offer(1, 10)).toBe(true);
    expect(station.offer(2, 10)).toBe(false);
    sim.run();
    expect(station.offer(3, 10)).toBe(true);
    station.pause();
    sim.run();
    expect(station.offer(4, 10)).toBe(false);
  });

  test('starts the next in line before a job that comes back at its end', () => {
    const { sim, station, done } = bench({}, (job) => {
      if (job === 1) station.offer(9, 10);
    });
    station.offer(1, 10);
    station.offer(2, 10);
    station.offer(3, 10);
    sim.run();
    expect(done.map((line) => line.split(' ')[0])).toEqual(['1@10', '2@20', '3@30', '9@40']);
  });

  test('starts waiting jobs when it gets more servers, and lets running ones end when it gets fewer', () => {
    const { sim, station, done, at } = bench({});
    for (let job = 1; job <= 6; job++) station.offer(job, 100);
    at(50, () => {
      station.setServers(3);
      expect(station.busyServers).toBe(3);
    });
    at(60, () => {
      station.setServers(1);
      expect(station.busyServers).toBe(3);
    });
    sim.run();
    expect(done.map((line) => line.split(' ')[0])).toEqual(['1@100', '2@150', '3@150', '4@250', '5@350', '6@450']);
    expect(station.servers).toBe(1);
    expect(station.statistics().serversIntegralUs).toBe(50 * 1 + 10 * 3 + 390 * 1);
  });

  test('starts nothing while it is paused, and goes on when it is resumed', () => {
    const { sim, station, done, at } = bench({ servers: 2 });
    station.offer(1, 100);
    at(10, () => station.pause());
    at(20, () => expect(station.offer(2, 10)).toBe(true));
    at(30, () => station.setServers(3));
    at(300, () => {
      expect([station.isPaused, station.busyServers, station.queueLength]).toEqual([true, 0, 1]);
      station.resume();
    });
    sim.run();
    expect(done).toEqual(['1@100 waited 0, served 100', '2@310 waited 280, served 10']);
  });

  test('slows down the jobs that start in a brown-out', () => {
    const { sim, station, done, at } = bench({});
    for (let job = 1; job <= 3; job++) station.offer(job, 101);
    at(50, () => station.setSlowdown(2.5));
    at(150, () => station.setSlowdown(1));
    sim.run();
    expect(done).toEqual([
      '1@101 waited 0, served 101',
      // 252.5 rounded
      '2@354 waited 101, served 253',
      '3@455 waited 354, served 101',
    ]);
  });

  test('that is cleared does none of the jobs inside, and takes new ones at once', () => {
    const { sim, station, done, at } = bench({ servers: 2 });
    for (let job = 1; job <= 5; job++) station.offer(job, 100 * job);
    at(150, () => {
      // Job 1 is done; 2 and 3 are served, 4 and 5 wait.
      expect(station.clear()).toEqual([3, 2, 4, 5]);
      expect([station.busyServers, station.queueLength, station.inSystem]).toEqual([0, 0, 0]);
      expect(station.clear()).toEqual([]);
    });
    // Before, at and after the times at which the cleared jobs would have ended.
    at(160, () => station.offer(6, 40));
    at(160, () => station.offer(7, 1000));
    at(160, () => station.offer(8, 5));
    sim.run();
    expect(done).toEqual([
      '1@100 waited 0, served 100',
      '6@200 waited 0, served 40',
      '8@205 waited 40, served 5',
      '7@1160 waited 0, served 1000',
    ]);
    expect(station.statistics()).toMatchObject({ arrivals: 8, completed: 4, cleared: 4, inSystem: 0 });
    expect(station.statistics().sumSojournUs).toBe(100 + 40 + 45 + 1000);
    expect(station.littlesLaw().relativeError).toBe(0);
  });

  test('counts time by what waits and what is served', () => {
    const { sim, station, at } = bench({ servers: 2, queueLimit: 1 });
    // Servers: 1 from 0 to 100, 2 from 10 to 30, then 3 from 30 to 90; 3 waits from 20 to 30; 4 is refused.
    station.offer(1, 100);
    at(10, () => station.offer(2, 20));
    at(20, () => station.offer(3, 60));
    at(25, () => station.offer(4, 60));
    sim.run(200);
    expect(station.statistics()).toEqual({
      elapsedUs: 200,
      arrivals: 3,
      refused: 1,
      completed: 3,
      cleared: 0,
      carriedOver: 0,
      inSystem: 0,
      queueLength: 0,
      busyServers: 0,
      queueIntegralUs: 10,
      busyIntegralUs: 180,
      inSystemIntegralUs: 190,
      serversIntegralUs: 400,
      sumWaitUs: 10,
      sumSojournUs: 190,
    });
    expect(station.utilisation()).toBe(180 / 400);
    expect(station.littlesLaw()).toEqual({
      meanInSystem: 190 / 200,
      arrivalRatePerUs: 3 / 200,
      meanSojournUs: 190 / 3,
      relativeError: 0,
    });
  });

  test('forgets a warm-up, but not the jobs inside', () => {
    const { sim, station } = bench({});
    station.offer(1, 100);
    station.offer(2, 100);
    station.resetStatistics(150);
    sim.run(160);
    expect(station.statistics()).toMatchObject({
      elapsedUs: 10,
      arrivals: 0,
      carriedOver: 1,
      completed: 0,
      inSystem: 1,
    });
    expect(station.littlesLaw()).toEqual({
      meanInSystem: 1,
      arrivalRatePerUs: 0.1,
      meanSojournUs: 10,
      relativeError: 0,
    });
    sim.run(250);
    // The whole wait of a job that ends in the window.
    expect(station.statistics()).toMatchObject({
      completed: 1,
      sumWaitUs: 100,
      sumSojournUs: 200,
      inSystemIntegralUs: 50,
    });
    station.resetStatistics();
    expect(station.littlesLaw()).toEqual({ meanInSystem: 0, arrivalRatePerUs: 0, meanSojournUs: 0, relativeError: 0 });
    expect(station.utilisation()).toBe(0);
    expect(() => station.resetStatistics(249)).toThrow('in the past');
  });

  test.each([
    [{ servers: 0 }, 'ERR_CONFIG till.servers: got 0, expected an integer ≥ 1'],
    [{ servers: 1.5 }, 'ERR_CONFIG till.servers: got 1.5, expected an integer ≥ 1'],
    [{ queueLimit: -1 }, 'ERR_CONFIG till.queueLimit: got -1, expected an integer ≥ 0, or Infinity'],
    [{ queueLimit: Number.NaN }, 'ERR_CONFIG till.queueLimit: got NaN, expected an integer ≥ 0, or Infinity'],
  ])('with %j is refused', (options, message) => {
    expect(() => bench(options)).toThrow(message);
  });

  test('refuses a slowdown, a number of servers and a service time that make no sense', () => {
    const { station } = bench({});
    expect(() => station.setSlowdown(0)).toThrow('ERR_CONFIG till.slowdown: got 0, expected a finite number > 0');
    expect(() => station.setSlowdown(Infinity)).toThrow('finite');
    expect(() => station.setServers(0)).toThrow('till.servers');
    expect(() => station.offer(1, 1.5)).toThrow('whole microseconds');
    expect(() => station.offer(1, -1)).toThrow('whole microseconds');
    expect(() => station.offer(2 ** 31, 1)).toThrow('32-bit');
  });
});

const jobs = fc.array(fc.record({ afterUs: fc.nat(50), serviceUs: fc.nat(100) }), {
  minLength: 1,
  maxLength: 200,
  size: 'max',
});

describe('of any load', () => {
  test('each job starts when the earliest server is free, in order of arrival', () => {
    fc.assert(
      fc.property(jobs, fc.integer({ min: 1, max: 5 }), (load, servers) => {
        const { sim, station, done, at } = bench({ servers });
        // The reference: Kiefer and Wolfowitz's workload vector, as the times at which the servers become free.
        const freeUs = Array.from({ length: servers }, () => 0);
        const expected: string[] = [];
        let atUs = 0;
        for (const [job, { afterUs, serviceUs }] of load.entries()) {
          atUs += afterUs;
          at(atUs, () => station.offer(job, serviceUs));
          freeUs.sort((a, b) => a - b);
          const startUs = Math.max(atUs, freeUs[0]!);
          freeUs[0] = startUs + serviceUs;
          expected.push(`${job}@${freeUs[0]} waited ${startUs - atUs}, served ${serviceUs}`);
        }
        sim.run();
        expect(done.toSorted()).toEqual(expected.toSorted());
      }),
    );
  });

  test("Little's law holds exactly at any time", () => {
    const action = fc.record({
      what: fc.constantFrom('offer', 'offer', 'offer', 'pause', 'resume', 'servers', 'slow', 'reset', 'look', 'clear'),
      afterUs: fc.nat(80),
      amount: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 150, size: 'max' }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(0, 1, 5, Infinity),
        (actions, servers, queueLimit) => {
          const { sim, station, done, at } = bench({ servers, queueLimit });
          const check = (): void => {
            const law = station.littlesLaw();
            expect(law.relativeError).toBe(0);
            expect(law.arrivalRatePerUs * law.meanSojournUs).toBeCloseTo(law.meanInSystem, 9);
            const { queueIntegralUs, busyIntegralUs, inSystemIntegralUs, ...now } = station.statistics();
            expect(queueIntegralUs + busyIntegralUs).toBe(inSystemIntegralUs);
            expect(now.carriedOver + now.arrivals).toBe(now.completed + now.cleared + now.inSystem);
          };
          let accepted = 0;
          let cleared = 0;
          let atUs = 0;
          for (const [job, { what, afterUs, amount }] of actions.entries()) {
            atUs += afterUs;
            at(atUs, () => {
              if (what === 'offer' && station.offer(job, amount)) accepted++;
              if (what === 'pause') station.pause();
              if (what === 'resume') station.resume();
              if (what === 'servers') station.setServers(1 + (amount % 4));
              if (what === 'slow') station.setSlowdown(amount / 50);
              if (what === 'clear') cleared += station.clear().length;
              if (what === 'reset') station.resetStatistics();
              check();
            });
          }
          at(atUs, () => station.resume());
          sim.run();
          check();
          expect(station.inSystem).toBe(0);
          expect(done).toHaveLength(accepted - cleared);
        },
      ),
    );
  });
});

test('a job that has waited longer than the patience ends at once when its turn comes', () => {
  const { sim, station, done, at } = bench({ patienceUs: 100 });
  at(0, () => station.offer(1, 80));
  at(10, () => station.offer(2, 50));
  at(20, () => station.offer(3, 50));
  at(30, () => station.offer(4, 50));
  sim.run();
  expect(done).toEqual([
    '1@80 waited 0, served 80',
    '2@130 waited 70, served 50',
    '3@130 waited 110, served 0',
    '4@180 waited 100, served 50',
  ]);
  expect(station.littlesLaw().relativeError).toBe(0);
});
