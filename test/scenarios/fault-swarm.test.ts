// Swarm: what is chosen for a seed, what never is, and that it fits the run.

import { describe, expect, test } from 'vitest';
import { BREAKING_PAIRS, isBreakingPair } from '../../models/faults/breaking-pairs.ts';
import { FAULT_KIND_NAMES, FAULT_KINDS, faultKindInfo } from '../../models/faults/event.ts';
import { enabledKinds, faultRate } from '../../models/faults/rates.ts';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import { resolveConfig } from '../../scenarios/config.ts';
import { FAULT_PRESETS, restartsDevices, unlikeNone } from '../../scenarios/fault-presets.ts';
import { chosenBy, SWARM_CHOICES, type SwarmChoice, swarmFaults, type SwarmRun } from '../../scenarios/fault-swarm.ts';
import { fakeScenario } from './fake-scenario.ts';

const network = { lossRate: 0, duplicateRate: 0, reorderRate: 0, reorderMsMean: 20 };
const STORM: SwarmRun = { durationMs: 120_000, devices: 5, network };
const SEEDS = Array.from({ length: 300 }, (_, index) => String(index + 1));
const swarms = SEEDS.map((seed) => swarmFaults(seed, STORM));

describe('a swarm', () => {
  test('is the same for the same seed, and others for others', () => {
    expect(SEEDS.map((seed) => swarmFaults(seed, STORM))).toEqual(swarms);
    expect(new Set(swarms.map((faults) => JSON.stringify(faults))).size).toBe(SEEDS.length);
  });

  test('chooses one to eight kinds, each number about as often', () => {
    const counts = new Map<number, number>();
    for (const faults of swarms) {
      // What comes with a relay's crashes is not chosen by itself.
      const { length } = chosenBy(faults).filter((kind) => kind !== 'commit-crash');
      counts.set(length, (counts.get(length) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((one, other) => one - other)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(Math.min(...counts.values())).toBeGreaterThan(15);
  });

  test('has a relay that crashes crash within pushes too, about half of the time', () => {
    const crashing = swarms.filter((faults) => chosenBy(faults).includes('relay-crash'));
    const within = swarms.filter((faults) => chosenBy(faults).includes('commit-crash'));
    expect(within.every((faults) => crashing.includes(faults))).toBe(true);
    expect(within.length / crashing.length).toBeGreaterThan(0.3);
    expect(within.length / crashing.length).toBeLessThan(0.7);
  });

  test('covers every survivable kind within 300 seeds, and none that breaks', () => {
    const times = new Map<SwarmChoice, number>(SWARM_CHOICES.map((choice) => [choice, 0]));
    for (const faults of swarms) for (const choice of chosenBy(faults)) times.set(choice, times.get(choice)! + 1);
    const survivable = FAULT_KIND_NAMES.filter((kind) => faultKindInfo(kind).isSurvivable);
    expect([...times.keys()]).toEqual([...survivable, 'loss', 'duplication', 'reordering', 'skew', 'drift']);
    expect(Math.min(...times.values())).toBeGreaterThan(10);
    for (const faults of swarms) {
      expect(enabledKinds(faults, false).every((kind) => faultKindInfo(kind).isSurvivable)).toBe(true);
    }
  });

  test('never brings two kinds together that only together break correct systems', () => {
    expect(BREAKING_PAIRS.length).toBeGreaterThan(0);
    for (let seed = 0; seed < 3000; seed++) {
      const kinds = enabledKinds(swarmFaults(`pairs ${seed}`, STORM), false);
      for (const one of kinds) for (const other of kinds) expect(isBreakingPair(one, other)).toBe(false);
    }
  });

  test('brings all other pairs of kinds together in some seed', () => {
    const met = new Set<string>();
    for (let seed = 0; seed < 6000; seed++) {
      const chosen = chosenBy(swarmFaults(`pairs ${seed}`, STORM));
      for (const one of chosen) for (const other of chosen) if (one < other) met.add(`${one} ${other}`);
    }
    const all = SWARM_CHOICES.length;
    expect(met.size).toBe((all * (all - 1)) / 2 - BREAKING_PAIRS.length);
  });

  test('gives each kind of event one to four in a storm on average, and enough attempts where most do nothing', () => {
    for (const devices of [2, 5, 8]) {
      const run = { ...STORM, durationMs: 90_000, devices };
      for (const seed of SEEDS) {
        const faults = swarmFaults(seed, run);
        for (const kind of enabledKinds(faults, false)) {
          const sources = FAULT_KINDS[kind].scope === 'relay' ? 1 : devices;
          const events = (faults[faultRate(kind).perHour] * run.durationMs * sources) / 3_600_000;
          const attempts = kind === 'overtaking' ? 150 : 1;
          expect(events, kind).toBeGreaterThan(0.99 * attempts);
          expect(events, kind).toBeLessThan(4.01 * attempts);
        }
      }
    }
  });

  test('has lengths and amounts that a run of its length has room for', () => {
    for (const faults of swarms) {
      const keys = new Map(unlikeNone(faults));
      for (const kind of enabledKinds(faults, false)) {
        const { lengthMsMean, amount } = faultRate(kind);
        if (lengthMsMean !== undefined) {
          expect(faults[lengthMsMean]).toBeGreaterThan(0);
          expect(faults[lengthMsMean]).toBeLessThanOrEqual(0.6 * STORM.durationMs + 1);
        }
        if (amount !== undefined) expect(faults[amount.key]).toBeGreaterThan(0);
      }
      // A kind that is not chosen has the figures of none.
      const chosen = enabledKinds(faults, false).map(faultRate);
      const used = new Set(
        chosen.flatMap(({ perHour, lengthMsMean, amount, oneWayShare }) => [
          perHour,
          lengthMsMean,
          amount?.key,
          oneWayShare,
        ]),
      );
      const fates = ['lossRate', 'duplicateRate', 'reorderRate', 'skewMsMax', 'driftPpmMax'];
      for (const key of keys.keys()) expect(fates.includes(key) || used.has(key as never), key).toBe(true);
    }
  });

  test('chooses the same kinds for a run of any size, at rates per device that go on for longer ones', () => {
    for (const seed of SEEDS.slice(0, 50)) {
      const small = swarmFaults(seed, { ...STORM, durationMs: 1000, devices: 1 });
      const storm = swarmFaults(seed, { ...STORM, durationMs: 180_000, devices: 8 });
      const large = swarmFaults(seed, { ...STORM, durationMs: 900_000, devices: 1000 });
      expect(chosenBy(small)).toEqual(chosenBy(storm));
      expect(large).toEqual(storm);
    }
  });

  test('leaves out what the network or the documents have no place for', () => {
    for (const seed of SEEDS) {
      const ideal = chosenBy(swarmFaults(seed, { ...STORM, network: { ...network, reorderMsMean: 0, lossRate: 0.9 } }));
      expect(ideal).not.toContain('reordering');
      expect(ideal).not.toContain('loss');
      const causal = chosenBy(swarmFaults(seed, { ...STORM, deliversCausally: true }));
      expect(causal).not.toContain('overtaking');
      expect(Math.min(ideal.length, causal.length)).toBeGreaterThan(0);
    }
  });
});

describe('in a configuration a swarm', () => {
  const scenario = fakeScenario();
  const resolve = (config: ConfigLayer, seed = '42', file?: unknown) =>
    resolveConfig(
      { seed, profile: 'storm', config, ...(file === undefined ? {} : { file: { name: 'f', values: file } }) },
      scenario,
    ).faults;

  test('is drawn from the seed, for the users and the duration', () => {
    const run = { durationMs: 120_000, devices: 4, network };
    expect(resolve({ faults: 'swarm' })).toEqual(swarmFaults('42', run));
    expect(resolve({ faults: 'swarm' }, 'another')).toEqual(swarmFaults('another', run));
    const longer = resolve({ faults: 'swarm', durationMs: 60_000, users: 6 });
    expect(longer).toEqual(swarmFaults('42', { ...run, durationMs: 60_000, devices: 6 }));
    const two = resolveConfig(
      { seed: '42', profile: 'storm', config: { faults: 'swarm' } },
      { ...scenario, devicesPerUser: 2 },
    );
    expect(two.faults).toEqual(swarmFaults('42', { ...run, devices: 8 }));
  });

  test('of a lower layer is drawn from what higher ones say, and has their keys over it', () => {
    const file = { faults: { name: 'swarm', crashesPerHour: 7 }, seed: 'of the file', users: 3 };
    const run = { durationMs: 30_000, devices: 3, network };
    expect(resolve({ durationMs: 30_000, faults: { lossRate: 0.3 } }, 'typed', file)).toEqual({
      ...swarmFaults('typed', run),
      crashesPerHour: 7,
      lossRate: 0.3,
    });
    expect(resolve({ faults: 'none' }, 'typed', file)).toEqual(FAULT_PRESETS['none']);
  });

  test('stays as it is when a resolved configuration is used again, whatever the seed', () => {
    const first = resolveConfig({ seed: '9', profile: 'storm', config: { faults: 'swarm' } }, scenario);
    const file = JSON.parse(JSON.stringify(first)) as unknown;
    expect(resolve({}, 'other', file)).toEqual(first.faults);
  });

  test('resolves without error for every seed, on every kind of network', () => {
    for (const seed of SEEDS) {
      for (const name of ['ideal', 'flaky', 'satellite']) {
        expect(resolve({ faults: 'swarm', network: name }, seed).name).toBe('swarm');
      }
    }
  });
});

describe('presets', () => {
  test('hold survivable kinds only, and no pair that breaks correct systems', () => {
    for (const faults of Object.values(FAULT_PRESETS)) {
      const kinds = enabledKinds(faults, false);
      for (const one of kinds) {
        expect(faultKindInfo(one).isSurvivable, one).toBe(true);
        for (const other of kinds) expect(isBreakingPair(one, other)).toBe(false);
      }
    }
  });

  test('are what they are called: chaos is all that goes together', () => {
    const kindsOf = (name: string) => enabledKinds(FAULT_PRESETS[name]!, false);
    expect(kindsOf('none')).toEqual([]);
    expect(kindsOf('lossy')).toEqual([]);
    expect(kindsOf('partitions')).toEqual(['partition']);
    expect(kindsOf('skew')).toEqual(['clock-step']);
    expect(kindsOf('crashes')).toEqual([
      'offline',
      'crash',
      'lost-tail',
      'backup',
      'suspension',
      'eviction',
      'relay-crash',
    ]);
    expect(kindsOf('chaos')).toEqual(
      FAULT_KIND_NAMES.filter((kind) => faultKindInfo(kind).isSurvivable && kind !== 'overtaking'),
    );
    const { lossRate, duplicateRate, reorderRate, skewMsMax, driftPpmMax } = FAULT_PRESETS['chaos']!;
    expect(Math.min(lossRate, duplicateRate, reorderRate, skewMsMax, driftPpmMax)).toBeGreaterThan(0);
  });

  test('have lengths and amounts for every kind, so that a rate alone turns one on', () => {
    const scenario = fakeScenario();
    for (const kind of FAULT_KIND_NAMES) {
      // Those that were there first want to be told.
      if (kind === 'partition' || kind === 'clock-step') continue;
      const faults = { [faultRate(kind).perHour]: 1 };
      const resolved = resolveConfig({ seed: '1', config: { faults } }, scenario).faults;
      expect(enabledKinds(resolved, false)).toEqual([kind]);
    }
  });

  test('say whether a device may need what it had stored', () => {
    const needs = Object.keys(FAULT_PRESETS).filter((name) => restartsDevices(FAULT_PRESETS[name]!));
    expect(needs).toEqual(['crashes', 'chaos']);
    expect(restartsDevices({ ...FAULT_PRESETS['none']!, retentionsPerHour: 1 })).toBe(true);
    expect(restartsDevices({ ...FAULT_PRESETS['none']!, relayCrashesPerHour: 1 })).toBe(false);
  });
});
