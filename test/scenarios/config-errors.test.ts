import { describe, expect, it } from 'vitest';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import { resolveConfig } from '../../scenarios/config.ts';
import { SCENARIOS } from '../../scenarios/registry.ts';
import { stampMs, STAMP_MAX } from '../../models/hybrid-clock.ts';
import { InputError } from '../../sim/errors.ts';
import { fakeScenario } from './fake-scenario.ts';

/** The one line that a layer is refused with. */
function refusal(config: unknown, typedAs?: Record<string, string>, scenario = fakeScenario()): string {
  try {
    resolveConfig({ seed: '42', config: config as ConfigLayer, typedAs }, scenario);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as InputError).message;
  }
  return 'accepted';
}

const lines: [layer: unknown, line: string][] = [
  // misspelt keys
  [
    { network: { latencyMsMeen: 5 } },
    'network.latencyMsMeen: got 5, expected a known key (did you mean network.latencyMsMean?)',
  ],
  [{ latencyMsMean: 5 }, 'latencyMsMean: got 5, expected a known key (did you mean network.latencyMsMean?)'],
  [
    { netwrok: { latencyMsMean: 5 } },
    'netwrok.latencyMsMean: got 5, expected a known key (did you mean network.latencyMsMean?)',
  ],
  [{ usres: 5 }, 'usres: got 5, expected a known key (did you mean users?)'],
  [{ Users: 5 }, 'Users: got 5, expected a known key (did you mean users?)'],
  [{ drain: { xyzzy: 5 } }, 'drain.xyzzy: got 5, expected one of budgetMs'],
  [
    { workload: { pushShar: 0.1 } },
    'workload.pushShar: got 0.1, expected a known key (did you mean workload.pushShare?)',
  ],
  [JSON.parse('{"__proto__":{"users":1}}'), '__proto__.users: got 1, expected one of scenario,'],
  [{ constructor: 1 }, 'constructor: got 1, expected one of scenario,'],
  // wrong values
  [{ network: { latencyMsMean: -5 } }, 'network.latencyMsMean: got -5, expected ≥ 0'],
  [{ network: { lossRate: 1.5 } }, 'network.lossRate: got 1.5, expected ≤ 1'],
  [{ network: { latencyMsMean: 'fast' } }, 'network.latencyMsMean: got "fast", expected a number'],
  [{ network: { latencyMsMean: Number.NaN } }, 'network.latencyMsMean: got NaN, expected a number'],
  [{ network: { latencyMsMean: Infinity } }, 'network.latencyMsMean: got Infinity, expected a number'],
  [{ network: { latencyMsMean: null } }, 'network.latencyMsMean: got null, expected a number'],
  [{ network: 5 }, 'network: got 5, expected an object of keys'],
  [{ network: ['lte'] }, 'network: got a list of 1, expected an object of keys'],
  [{ users: 0 }, 'users: got 0, expected ≥ 1'],
  [{ users: 2.5 }, 'users: got 2.5, expected a whole number'],
  [{ users: 1e9 }, 'users: got 1000000000, expected ≤ 1000000'],
  [{ durationMs: 0 }, 'durationMs: got 0, expected ≥ 1'],
  [{ thinkScale: 0 }, 'thinkScale: got 0, expected > 0'],
  [{ seed: '' }, 'seed: got "", expected a text that is not empty'],
  [{ seed: Infinity }, 'seed: got Infinity, expected a text'],
  [
    { epoch: 'yesterday' },
    'epoch: got "yesterday", expected a date and time with its zone, such as 2026-01-01T00:00:00Z',
  ],
  [{ documents: '' }, 'documents: got "", expected a text that is not empty'],
  [{ sync: 'gossip' }, 'sync: got "gossip", expected one of log, state'],
  [{ oracles: 'some' }, 'oracles: got "some", expected one of all, basic'],
  [
    { side: 'injekt' },
    'side: got "injekt", expected model, inject, spawn, or the address of a relay such as http://127.0.0.1:8787',
  ],
  [{ clock: 'wall' }, 'clock: got "wall", expected virtual on side model'],
  [{ dialect: '2.0' }, 'dialect: got "2.0", expected one of 1.0, 1.1 (did you mean 1.0?)'],
  [{ workload: { pushShare: 2 } }, 'workload.pushShare: got 2, expected ≤ 1'],
  [{ workload: 3 }, 'workload: got 3, expected an object of keys'],
  [{ thresholds: { requests: [5] } }, 'thresholds.requests.0: got 5, expected a text'],
  [{ thresholds: { requests: 'fast' } }, 'thresholds.requests: got "fast", expected such as p(95)<500'],
  // names
  [{ profile: 'ligth' }, 'profile: got "ligth", expected one of storm, light, medium, heavy (did you mean light?)'],
  [{ profile: 'constructor' }, 'profile: got "constructor", expected one of storm, light, medium, heavy'],
  [
    { network: 'broadbend' },
    'network.name: got "broadbend", expected one of ideal, lan, broadband, wifi, lte, 4g, 3g, satellite, flaky (did you mean broadband?)',
  ],
  [
    { faults: 'crash' },
    'faults.name: got "crash", expected one of none, lossy, partitions, crashes, skew, chaos, swarm (did you mean crashes?)',
  ],
  [
    { faults: { crashPerHour: 3 } },
    'faults.crashPerHour: got 3, expected a known key (did you mean faults.crashesPerHour?)',
  ],
  [{ faults: { name: 'swarm', crashesPerHour: -1 } }, 'faults.crashesPerHour: got -1, expected ≥ 0'],
  [{ faults: { relayTailLossesPerHour: 1e6 } }, 'faults.relayTailLossesPerHour: got 1000000, expected ≤ 100000'],
  [{ faults: { failoverLagChanges: 0 } }, 'faults.failoverLagChanges: got 0, expected ≥ 1'],
  [{ faults: { lostResponseShare: 2 } }, 'faults.lostResponseShare: got 2, expected ≤ 1'],
  [{ faults: { slowStoreFactor: 0.5 } }, 'faults.slowStoreFactor: got 0.5, expected ≥ 1'],
  [{ relay: 'publisht' }, 'relay.name: got "publisht", expected one of default, published (did you mean published?)'],
  [{ relay: { timeoutMs: -1 } }, 'relay.timeoutMs: got -1, expected ≥ 0'],
  [{ scenario: 'other' }, 'scenario: got "other", expected fake, which is being run'],
  // rules between two keys
  [{ network: { latencyMsMin: 3000 } }, 'network.latencyMsMin: got 3000, expected ≤ network.latencyMsMax (2000)'],
  [{ network: { latencyMsMax: 1 } }, 'network.latencyMsMax: got 1, expected ≥ network.latencyMsMin (5)'],
  [{ network: { latencyMsMean: 2 } }, 'network.latencyMsMean: got 2, expected ≥ network.latencyMsMin (5)'],
  [{ network: { latencyMsMean: 2001 } }, 'network.latencyMsMean: got 2001, expected ≤ network.latencyMsMax (2000)'],
  [{ client: { retryMsBase: 5, retryMsMax: 4 } }, 'client.retryMsBase: got 5, expected ≤ client.retryMsMax (4)'],
  [{ rampUpMs: 200_000, rampDownMs: 100_001 }, 'rampUpMs + rampDownMs: got 300001, expected ≤ durationMs (300000)'],
  [{ pools: { light: 0, active: 0, power: 0 } }, 'pools.light + pools.active + pools.power: got 0, expected > 0'],
  [{ workload: { thinkMsMin: 6000 } }, 'workload.thinkMsMin: got 6000, expected ≤ workload.thinkMsMax (5000)'],
  [{ workload: { thinkMsMax: 1 } }, 'workload.thinkMsMax: got 1, expected ≥ workload.thinkMsMin (1000)'],
  [{ band: { requestsPerSecondMin: 1 } }, 'band.requestsPerSecondMax: got nothing, expected a number'],
  [
    { band: { requestsPerSecondMin: 2, requestsPerSecondMax: 1 } },
    'band.requestsPerSecondMin: got 2, expected ≤ band.requestsPerSecondMax (1)',
  ],
  [
    { faults: { partitionsPerHour: 1 } },
    'faults.partitionMsMean: got 0, expected > 0 with faults.partitionsPerHour (1)',
  ],
  [{ faults: { stepsPerHour: 1 } }, 'faults.stepMsMax: got 0, expected > 0 with faults.stepsPerHour (1)'],
  [
    { faults: { clogsPerHour: 1, clogMsMean: 0 } },
    'faults.clogMsMean: got 0, expected > 0 with faults.clogsPerHour (1)',
  ],
  [
    { faults: { backupsPerHour: 2, backupAgeMsMean: 0 } },
    'faults.backupAgeMsMean: got 0, expected > 0 with faults.backupsPerHour (2)',
  ],
  [
    { faults: { name: 'chaos', refusalShare: 0 } },
    'faults.refusalShare: got 0, expected > 0 with faults.rateLimitsPerHour (6)',
  ],
  [
    { faults: { brownOutsPerHour: 1, brownOutWorkers: 5 } },
    'faults.brownOutWorkers: got 5, expected ≤ relay.workers (4)',
  ],
  [
    { faults: { name: 'swarm', offlinesPerHour: 3, offlineMsMean: 0 } },
    'faults.offlineMsMean: got 0, expected > 0 with faults.offlinesPerHour (3)',
  ],
  [
    { network: { lossRate: 0.75 }, faults: { lossRate: 0.5 } },
    'network.lossRate + faults.lossRate: got 1.25, expected ≤ 1',
  ],
];

describe('a wrong configuration is refused with one line', () => {
  it.each(lines)('%j', (layer, line) => {
    const message = refusal(layer);
    expect(message.startsWith(`ERR_CONFIG ${line}`)).toBe(true);
    expect(message).not.toContain('\n');
    if (!/such as p|one of scenario,/.test(line)) expect(message).toBe(`ERR_CONFIG ${line}`);
  });

  it('that names the flag that was typed', () => {
    const typedAs = { users: '--users', 'network.name': '--network', profile: '--profile', durationMs: '--duration' };
    expect(refusal({ users: -5 }, typedAs)).toBe('ERR_CONFIG --users: got -5, expected ≥ 1');
    expect(refusal({ network: { name: 'x' } }, typedAs)).toMatch(
      /^ERR_CONFIG --network: got "x", expected one of ideal/,
    );
    expect(refusal({ profile: 'hevy' }, typedAs)).toBe(
      'ERR_CONFIG --profile: got "hevy", expected one of storm, light, medium, heavy (did you mean heavy?)',
    );
    expect(refusal({ durationMs: 10, rampUpMs: 20 }, typedAs)).toBe(
      'ERR_CONFIG rampUpMs + rampDownMs: got 21, expected ≤ --duration (10)',
    );
  });

  it('that names the file in which the value stands', () => {
    const inFile = (values: unknown, config: ConfigLayer = {}): (() => unknown) => {
      return () => resolveConfig({ seed: '1', file: { name: 'squall.config.ts', values }, config }, fakeScenario());
    };
    expect(inFile({ users: -5 })).toThrow('ERR_CONFIG users: got -5, expected ≥ 1 (in squall.config.ts)');
    expect(inFile({ users: -5 }, { users: 5 })).toThrow('(in squall.config.ts)');
    expect(inFile(5)).toThrow('ERR_CONFIG squall.config.ts: got 5, expected an object of configuration keys');
    expect(inFile(null)).toThrow('ERR_CONFIG squall.config.ts: got null, expected an object of configuration keys');
    expect(inFile({ network: { latencyMsMin: 300 } })).toThrow(
      'ERR_CONFIG network.latencyMsMin: got 300, expected ≤ network.latencyMsMean (29) (in squall.config.ts)',
    );
    expect(inFile({ profile: 'none' })).toThrow('(in squall.config.ts)');
  });

  it('that blames the key of the higher layer', () => {
    const file = { name: 'f.json', values: { network: { latencyMsMin: 25 } } };
    const config = { network: { latencyMsMean: 24 } };
    expect(() => resolveConfig({ seed: '1', file, config }, fakeScenario())).toThrow(
      'ERR_CONFIG network.latencyMsMean: got 24, expected ≥ network.latencyMsMin (25)',
    );
  });

  it('when the scenario’s own defaults are wrong', () => {
    const scenario = fakeScenario(() => ({ users: -1 }));
    expect(refusal({}, {}, scenario)).toBe('ERR_CONFIG users: got -1, expected ≥ 1 (in the defaults of scenario fake)');
  });

  it('when no seed is given', () => {
    expect(() => resolveConfig({}, fakeScenario())).toThrow('ERR_CONFIG seed: got nothing, expected a text');
  });
});

describe('a configuration that no run can hold is refused', () => {
  const ours = (name: string, config: unknown, typedAs?: Record<string, string>) =>
    refusal(config, typedAs, SCENARIOS[name]);

  it('when the shares of turns come to more than one', () => {
    expect(ours('sync-relay', { workload: { pushShare: 0.9, pullShare: 0.9 } })).toBe(
      'ERR_CONFIG workload.pushShare + workload.pullShare: got 1.8, expected ≤ 1',
    );
    expect(ours('crdt-conflicts', { workload: { updateShare: 0.8 } })).toBe(
      'ERR_CONFIG workload.updateShare + workload.togetherShare: got 1.1, expected ≤ 1',
    );
    expect(ours('sync-relay', { workload: { pushShare: 0.9, pullShare: 0.1 } })).toBe('accepted');
    const file = { name: 'f.json', values: { workload: { pullShare: 0.7 } } };
    expect(() => resolveConfig({ seed: '1', file }, SCENARIOS['sync-relay']!)).toThrow(
      'ERR_CONFIG workload.pushShare + workload.pullShare: got 1.1, expected ≤ 1 (in f.json)',
    );
  });

  it('when the users have more devices than there are numbers for', () => {
    const typedAs = { users: '--users' };
    expect(ours('sync-relay', { users: 600_000 }, typedAs)).toBe(
      'ERR_CONFIG --users: got 600000, expected ≤ 524288 (2 devices each, at most 1048576 in a run)',
    );
    expect(ours('mixed-workload', { users: 524_289 }, typedAs)).toMatch(/^ERR_CONFIG --users: got 524289, /);
    expect(ours('mixed-workload', { users: 524_288 })).toBe('accepted');
    expect(ours('crdt-conflicts', { users: 1_000_000 })).toBe('accepted');
  });

  const dates = 'the run, its drain and all its clocks between 1970-01-01 and 2089-09-06';
  const short = { durationMs: 1000, drain: { budgetMs: 1000 } };
  const lastMs = stampMs(STAMP_MAX);
  it.each<[epoch: string, config: ConfigLayer, accepted: boolean]>([
    ['1969-12-31T23:59:59Z', short, false],
    ['1970-01-01T00:00:00Z', short, true],
    ['1970-01-01T00:00:00Z', { ...short, faults: { skewMsMax: 1 } }, false],
    ['2090-01-01T00:00:00Z', short, false],
    [new Date(lastMs - 2001).toISOString(), short, true],
    [new Date(lastMs - 2000).toISOString(), short, false],
    [new Date(lastMs - 2001).toISOString(), { ...short, drain: { budgetMs: 1001 } }, false],
    [new Date(lastMs - 2001).toISOString(), { ...short, faults: { skewMsMax: 1 } }, false],
    [new Date(lastMs - 2001).toISOString(), { ...short, faults: { driftPpmMax: 1000 } }, false],
    [new Date(lastMs - 10_000).toISOString(), { ...short, faults: { stepsPerHour: 1, stepMsMax: 8000 } }, false],
    ['2026-01-01T00:00:00Z', { faults: { stepsPerHour: 100_000, stepMsMax: 60_000 } }, true],
  ])('when its dates do not fit: from %s with %j', (epoch, config, accepted) => {
    expect(refusal({ ...config, epoch })).toBe(
      accepted ? 'accepted' : `ERR_CONFIG epoch: got "${epoch}", expected ${dates}`,
    );
  });

  it('when a turn takes no time', () => {
    const still = { network: 'ideal', relay: { pushMsMean: 1e-6, pullMsMean: 1e-6, pushMsPerChange: 0 } };
    const line = /^ERR_CONFIG think time × --think-scale \+ round trips: got [\d.e-]+, expected ≥ 0\.00\d+ ms a turn$/;
    for (const name of ['sync-relay', 'crdt-conflicts']) {
      const config = {
        ...still,
        thinkScale: 1e-9,
        workload: name === 'sync-relay' ? { pauseMs: 0 } : { burstGapMs: 0 },
      };
      expect(ours(name, config, { thinkScale: '--think-scale' })).toMatch(line);
      expect(ours(name, { ...config, thinkScale: 0.01 })).toBe('accepted');
      expect(ours(name, { thinkScale: 1e-9 })).toBe('accepted');
    }
  });
});
