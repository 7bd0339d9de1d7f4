// Storms on instances that are event loops, share a store, lag and come and go: whatever is lost with an instance, nothing
// that was acknowledged is gone, and no device is shown less than it has seen.

import { describe, expect, test } from 'vitest';
import type { ConfigLayer } from '../../../scenarios/config-schema.ts';
import { run } from '../../../scenarios/run.ts';
import { storm } from '../../contract/storm.ts';

const SEEDS = Array.from({ length: 25 }, (_, index) => index + 1);
const FAULTS: ConfigLayer['faults'] = {
  relayCrashesPerHour: 200,
  relayCrashMsMean: 2000,
  commitCrashesPerHour: 200,
  commitCrashMsMean: 2000,
  slowStoresPerHour: 60,
};
const SLOW_COMMITS = { pushMs: 5, pullMs: 5, commitMs: 60, commitPushesMax: 4 };
const STORE = { store: 'shared', storeConnections: 2, storeCommitMs: 60, storeReadMs: 10 } as const;

const RELAYS: readonly (readonly [string, ConfigLayer])[] = [
  ['event loops', { service: { kind: 'event-loop', ...SLOW_COMMITS, stallsPerMinute: 120 } }],
  ['event loops on one store', { service: { kind: 'event-loop', ...SLOW_COMMITS }, cluster: STORE }],
  ['workers on one store', { cluster: { ...STORE, balancer: 'least-connections' } }],
  [
    'instances that come and go',
    {
      relay: { instances: 1 },
      service: { kind: 'event-loop', ...SLOW_COMMITS },
      cluster: {
        balancer: 'ledger-hash',
        autoscaleInstancesMax: 4,
        autoscaleUtilisation: 0.02,
        autoscaleEveryMs: 500,
        autoscaleDelayMs: 700,
      },
    },
  ],
];

describe.each(RELAYS)('%s that crash, in the middle of commits too', (_name, config) => {
  test('keep what they acknowledged', { timeout: 60_000 }, async () => {
    let [lost, died] = [0, 0];
    for (const seed of SEEDS) {
      const { result } = await run({
        scenario: 'crdt-conflicts',
        profile: 'storm',
        seed,
        config: { ...config, faults: FAULTS },
      });
      expect(result.findings).toEqual([]);
      lost += result.marks['request lost in a relay crash'] ?? 0;
      died += (result.marks['relay ended before a commit'] ?? 0) + (result.marks['relay ended after a commit'] ?? 0);
    }
    expect(lost).toBeGreaterThan(10);
    expect(died).toBeGreaterThan(3);
  });
});

test('an event loop that acknowledges before it has committed is found in the same storms', async () => {
  const config = { ...RELAYS[0]![1], relay: { specimen: 'acknowledges-early' }, faults: FAULTS };
  const oracles = new Set<string>();
  for (const seed of SEEDS) {
    const { result } = await run({ scenario: 'crdt-conflicts', profile: 'storm', seed, config });
    for (const { oracle } of result.findings) oracles.add(oracle);
    if (oracles.has('durability')) return;
  }
  expect.fail(`found ${[...oracles].join(', ') || 'nothing'}`);
});

test('followers show a device no less than it has seen, and otherwise only what was committed so long ago', async () => {
  const LAG_MS = 1500;
  let [pages, behind] = [0, 0];
  for (const seed of SEEDS) {
    // When each position of each ledger's log was committed.
    const committedMs: number[][] = [];
    const { result } = await storm({
      seed,
      config: { cluster: { ...STORE, replicaLagMs: LAG_MS }, faults: { name: 'none' } },
      wrapPort: (port, nowMs) => ({
        ...port,
        handle: (request) => {
          const response = port.handle(request);
          const times = (committedMs[request.ledger] ??= []);
          while (times.length < port.end(request.ledger)) times.push(nowMs());
          if (request.kind === 'push') return response;
          expect(response.kind).toBe('page');
          if (response.kind !== 'page' || response.snapshot !== undefined) return response;
          pages++;
          expect(response.cursor).toBeGreaterThanOrEqual(request.since);
          for (let position = request.since; position < response.cursor; position++) {
            expect(nowMs() - times[position]!).toBeGreaterThanOrEqual(LAG_MS);
          }
          if (response.cursor < times.length && !response.hasMore) behind++;
          return response;
        },
      }),
    });
    expect(result.findings).toEqual([]);
  }
  expect(pages).toBeGreaterThan(100);
  expect(behind).toBeGreaterThan(20);
});
