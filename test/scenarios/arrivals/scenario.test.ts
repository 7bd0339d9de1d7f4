// Recorded arrivals carried out: what was asked for, by whom and when; scaled, cut, and the same again.
import { describe, expect, test } from 'vitest';
import { arrivalsScenario, scaleOf } from '../../../scenarios/arrivals/scenario.ts';
import { run } from '../../../scenarios/run.ts';
import syncRelay from '../../../scenarios/sync-relay.ts';
import { keyedUnit, Streams } from '../../../sim/random.ts';
import { type Reached, requestsOf } from './recorded.ts';
import { type Asked, recordOf } from './records.ts';

const SMALL: readonly Asked[] = [
  { atMs: 5_000, user: 9, operation: 'push', bytes: 1300 },
  { atMs: 5_500, user: 4, operation: 'pull' },
  { atMs: 9_000, user: 9, operation: 'pull' },
  { atMs: 9_000.4, user: 4, operation: 'push', bytes: 14_000 },
  { atMs: 14_000, user: 4, operation: 'pull' },
];

/** A record of many users at keyed random times over ten minutes. */
function many(users: number, each: number): Asked[] {
  const key = new Streams('many').key('times');
  return Array.from({ length: users * each }, (_, n): Asked => {
    const user = n % users;
    const isPush = keyedUnit(key, n, 1, 0, 0) < 0.4;
    return { atMs: keyedUnit(key, n, 0, 0, 0) * 600_000, user, operation: isPush ? 'push' : 'pull', bytes: 700 };
  });
}

const plain = (requests: readonly Reached[]): unknown[] =>
  requests.map(({ device, kind, changes }) => [device, kind, changes]);

test('each user asks for what was recorded, when it was', async () => {
  const { requests, durationMs } = await requestsOf({ scenario: arrivalsScenario(recordOf(SMALL)), seed: '1' });
  expect(durationMs).toBe(9001);
  expect(plain(requests.filter(({ atMs }) => atMs < 9001))).toEqual([
    [0, 'push', 2],
    [1, 'pull', 0],
    [0, 'pull', 0],
    [1, 'push', 25],
  ]);
  // One way of the network is 29 ms on average, and a big push takes its time on the link.
  const expectedMs = [0, 500, 4000, 4000.4];
  requests.slice(0, 4).forEach(({ atMs }, n) => {
    expect(atMs - expectedMs[n]!).toBeGreaterThan(4);
    expect(atMs - expectedMs[n]!).toBeLessThan(200);
  });
});

test('the result says where it came from, and passes', async () => {
  const { result } = await run({ scenario: arrivalsScenario(recordOf(SMALL), 3, syncRelay), seed: '1' });
  expect(result.arrivals).toMatchObject({ name: 'made', users: 2, pushes: 2, pulls: 3, scale: 3 });
  expect(result.scenario).toBe('sync-relay-arrivals');
  expect(result.thresholds.map(({ metric }) => metric)).toContain('push_response_time');
  expect(result.config).toMatchObject({ users: 6, durationMs: 9001, rampUpMs: 0 });
  expect(result.verdict).toBe('passed');
  expect(result.metrics.find(({ name }) => name === 'turn_requests')?.values).toMatchObject({ count: 15 });
});

test('the same record and seed is the same run, event for event', async () => {
  const hash = async (): Promise<string> =>
    (await run({ scenario: arrivalsScenario(recordOf(SMALL), 3), seed: '7' })).result.traceHash;
  expect(await hash()).toBe(await hash());
  expect(await hash()).toBe('2da2bba57ec6b809');
});

test('a run without arrivals says nothing of them', async () => {
  const { result } = await run({ scenario: 'sync-relay', seed: '1', config: { users: 2, durationMs: 2000 } });
  expect(result).not.toHaveProperty('arrivals');
});

describe('scaled', () => {
  const record = recordOf(many(40, 20));

  test.each([0.5, 1, 2.25, 3])('by %d there are so many times as many requests', async (scale) => {
    const { requests } = await requestsOf({ scenario: arrivalsScenario(record, scale), seed: '1' });
    expect(new Set(requests.map(({ device }) => device)).size).toBe(40 * scale);
    // The last may still be on its way at the end.
    expect(Math.abs(requests.length - 800 * scale)).toBeLessThanOrEqual(2);
  });

  test('the first copy keeps its times, and the others are shifted by less than a minute', async () => {
    const times = async (scale: number): Promise<Map<number, number[]>> => {
      const { requests } = await requestsOf({ scenario: arrivalsScenario(record, scale), seed: '1' });
      const byDevice = new Map<number, number[]>();
      for (const { device, atMs } of requests) byDevice.set(device, [...(byDevice.get(device) ?? []), atMs]);
      return byDevice;
    };
    const one = await times(1);
    const three = await times(3);
    let shifted = 0;
    for (let user = 0; user < 40; user++) {
      const recorded = one.get(user)!;
      const near = (list: readonly number[], most: number): number =>
        recorded.filter((ms) => list.some((other) => other - ms > -200 && other - ms < most)).length;
      expect(near(three.get(user)!, 200)).toBe(recorded.length);
      const copy = three.get(user + 40)!;
      expect(near(copy, 60_200) / recorded.length).toBeGreaterThan(0.75);
      if (near(copy, 200) < recorded.length / 2) shifted++;
      expect(Math.abs(copy.length - recorded.length)).toBeLessThanOrEqual(1);
    }
    expect(shifted).toBeGreaterThan(30);
  });

  test('users decide how many there are', async () => {
    const { requests } = await requestsOf({ scenario: arrivalsScenario(record), seed: '1', config: { users: 60 } });
    expect(new Set(requests.map(({ device }) => device)).size).toBe(60);
  });

  test('a share of the users is another one for another seed, and has no user twice', async () => {
    /** What each user did, which is another thing for each. */
    const stories = async (seed: string): Promise<string[]> => {
      const { requests } = await requestsOf({ scenario: arrivalsScenario(record, 0.25), seed });
      const kinds = (user: number): string =>
        requests.flatMap(({ device, kind }) => (device === user ? kind : [])).join();
      return Array.from({ length: 10 }, (_, user) => kinds(user));
    };
    const [one, other] = [await stories('1'), await stories('2')];
    expect(new Set(one).size).toBe(10);
    expect(one).not.toEqual(other);
  });

  test.each(['0', '-1', 'NaN', 'Infinity', '1e9', '3x', ''])('%j is no scale', (text) => {
    expect(() => scaleOf('--scale', text)).toThrow(/^ERR_CONFIG --scale: got .*, expected a number > 0 and ≤ 10000/);
  });
});

test('a shorter duration leaves out what comes after it', async () => {
  const scenario = arrivalsScenario(recordOf(many(40, 20)));
  const { requests } = await requestsOf({ scenario, seed: '1', config: { durationMs: 60_000 } });
  expect(requests.length).toBeGreaterThan(50);
  expect(requests.length).toBeLessThan(110);
});

test('a single request is a run too', async () => {
  const { result } = await run({ scenario: arrivalsScenario(recordOf(SMALL.slice(0, 1))), seed: '1' });
  expect([result.verdict, result.config.durationMs]).toEqual(['passed', 1000]);
});
