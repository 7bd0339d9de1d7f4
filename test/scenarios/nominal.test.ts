// What a workload comes to where nothing is congested.
import { expect, test } from 'vitest';
import type { EntityDraft } from '../../models/entities.ts';
import type { Action, Step } from '../../models/plan.ts';
import { resolveConfig } from '../../scenarios/config.ts';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import { nominalUsOf, roundTripMs } from '../../scenarios/nominal.ts';
import { scenarioOf } from '../../scenarios/run.ts';
import { resultOf } from './runs.ts';

const configOf = (config: ConfigLayer = {}) =>
  resolveConfig({ profile: 'light', seed: '1', config }, scenarioOf('sync-relay'));
const action = (...steps: Step[]): Action => ({ name: 'test', steps, thinkUs: 1_000_000 });

test('a round trip is both ways of the network and the mean service time of the two operations', () => {
  const network = { latencyMsMean: 25, latencyMsMin: 25, latencyMsMax: 25, latencySigma: 0 };
  const relay = { pushMsMean: 6, pushMsPerChange: 0, pullMsMean: 2, pullMsPerRow: 0 };
  expect(roundTripMs(configOf({ network, relay }))).toBeCloseTo(2 * 25 + (6 + 2) / 2, 6);
});

test('a round trip has the turn and the commit of an event loop, or the store that instances share', () => {
  const network = { latencyMsMean: 25, latencyMsMin: 25, latencyMsMax: 25, latencySigma: 0 };
  const own = { turnMs: 1, pushMs: 6, pushMsPerChange: 0, pullMs: 2, pullMsPerRow: 0 };
  const service = { kind: 'event-loop', ...own, commitMs: 8, commitMsPerChange: 0 } as const;
  expect(roundTripMs(configOf({ network, service }))).toBeCloseTo(2 * 25 + (1 + 6 + 8 + 1 + 2) / 2, 6);
  const store = { storeCommitMs: 10, storeCommitMsPerChange: 0, storeReadMs: 4, storeReadMsPerRow: 0 };
  const cluster = { store: 'shared', ...store } as const;
  expect(roundTripMs(configOf({ network, service, cluster }))).toBeCloseTo(2 * 25 + (1 + 6 + 10 + 1 + 2 + 4) / 2, 6);
});

test('a round trip has the mean way to the region that serves, and on to the store', () => {
  const network = { latencyMsMean: 25, latencyMsMin: 25, latencyMsMax: 25, latencySigma: 0 };
  const addedMs = (config: ConfigLayer): number =>
    roundTripMs(configOf({ network, ...config })) - roundTripMs(configOf({ network, cluster: config.cluster ?? {} }));
  // Half of the devices are in Washington, 91 ms there and back from Frankfurt.
  expect(addedMs({ regions: { name: 'eu-us' } })).toBeCloseTo(0, 6);
  expect(addedMs({ regions: { name: 'eu-us', routing: 'first' } })).toBeCloseTo(91 / 2, 6);
  expect(addedMs({ regions: { name: 'eu-us' }, cluster: { store: 'shared' } })).toBeCloseTo(91 / 2, 6);
});

test('an action takes a round trip for each of its requests and its pauses; edits take no time', () => {
  const config = configOf();
  const requestUs = Math.round(roundTripMs(config) * 1000);
  const nominalUs = nominalUsOf(config);
  const draft: EntityDraft = { entityType: 'account', operation: 'UPDATE', entity: 'a', edits: [] };
  expect(nominalUs(action())).toBe(0);
  expect(nominalUs(action({ do: 'edit', draft }))).toBe(0);
  expect(nominalUs(action({ do: 'push' }, { do: 'pause', pauseUs: 1234 }, { do: 'pull' }))).toBe(2 * requestUs + 1234);
  // Nobody waits for it.
  expect(nominalUs(action({ do: 'push-soon' }))).toBe(0);
});

test.each<[string, ConfigLayer]>([
  ['workers', {}],
  ['event loops', { service: { kind: 'event-loop', pushMs: 5, commitMs: 20 } }],
  ['regions that share a store', { regions: { name: 'three' }, cluster: { store: 'shared' } }],
])('a modelled run of %s without congestion has it as the mean of its response times', async (_name, config) => {
  const result = await resultOf('sync-relay', { durationMs: 60_000, users: 20, ...config }, { profile: 'light' });
  const requests = result.metrics.find(({ name }) => name === 'requests');
  expect(requests?.type).toBe('trend');
  if (requests?.type !== 'trend') return;
  const nominalMs = roundTripMs(result.config);
  expect(requests.values.mean).toBeGreaterThan(nominalMs * 0.8);
  expect(requests.values.mean).toBeLessThan(nominalMs * 1.2);
});
