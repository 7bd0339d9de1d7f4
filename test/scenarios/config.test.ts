import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import { type ConfigInput, resolveConfig } from '../../scenarios/config.ts';
import { FAULT_PRESET_NAMES, FAULT_PRESETS } from '../../scenarios/fault-presets.ts';
import { NO_INCIDENT } from '../../models/incident-options.ts';
import { PLAIN_CLUSTER } from '../../models/relay/cluster-options.ts';
import { WORKERS } from '../../models/relay/service-options.ts';
import { ONE_REGION } from '../../scenarios/regions.ts';
import { NETWORKS } from '../../scenarios/networks.ts';
import { divideUsers } from '../../scenarios/pools.ts';
import { type Profile, thinkScaleForEdits, type TurnGroup } from '../../scenarios/profiles/profile.ts';
import { PROFILES } from '../../scenarios/profiles/profiles.ts';
import { RELAYS } from '../../scenarios/relays.ts';
import { checkLinkOptions } from '../../sim/link.ts';
import { fakeScenario } from './fake-scenario.ts';

const scenario = fakeScenario();
const resolve = (input: ConfigInput) => resolveConfig({ seed: '42', ...input }, scenario);

describe('layers', () => {
  it('fall back to the defaults, the light profile and broadband', () => {
    expect(resolve({})).toEqual({
      scenario: 'fake',
      profile: 'light',
      seed: '42',
      epoch: '2026-01-01T00:00:00Z',
      users: 100,
      pools: { light: 40, active: 50, power: 10 },
      durationMs: 300_000,
      rampUpMs: 30_000,
      rampDownMs: 30_000,
      thinkScale: 1,
      documents: 'lww',
      sync: 'log',
      oracles: 'basic',
      side: 'model',
      clock: 'virtual',
      warmUpMs: 0,
      wire: { pathPrefix: '', store: 'sqlite', payloads: 'encrypted', connections: 50, scheduleErrorMsMax: 100 },
      dialect: '1.1',
      client: {
        batchSize: 10,
        autoSyncMs: 30_000,
        notifyMs: 200,
        timeoutMs: 10_000,
        retryMsBase: 200,
        retryMsMax: 30_000,
        retryJitter: 'full',
      },
      service: WORKERS,
      cluster: PLAIN_CLUSTER,
      regions: ONE_REGION,
      incident: NO_INCIDENT,
      network: {
        name: 'broadband',
        latencyMsMean: 29,
        latencyMsMin: 5,
        latencyMsMax: 2000,
        latencySigma: 0.35,
        bandwidthKbitUp: 20_000,
        bandwidthKbitDown: 100_000,
        lossRate: 0,
        duplicateRate: 0,
        reorderRate: 0,
        reorderMsMean: 20,
      },
      relay: {
        name: 'default',
        instances: 4,
        workers: 4,
        queueLimit: 10_000,
        timeoutMs: 30_000,
        pageSize: 100,
        specimen: 'none',
        rateLimitPerMinute: 0,
        bodyLimitBytes: 10_485_760,
        pushMsMean: 0.8,
        pushMsPerChange: 0.1,
        pullMsMean: 0.5,
        pullMsPerRow: 0.01,
        serviceSigma: 0.5,
      },
      faults: { ...FAULT_PRESETS['none'] },
      drain: { budgetMs: 300_000 },
      workload: { thinkMsMin: 1000, thinkMsMax: 5000, pushShare: 0.4 },
      thresholds: {},
    });
  });

  it('win in the order profile, scenario, file, caller', () => {
    const layered = (file: ConfigLayer, config: ConfigLayer) =>
      resolveConfig(
        { seed: 's', file: { name: 'f', values: file }, config },
        fakeScenario((profile) => ({ users: profile.conflictUsers, thinkScale: 0.1, relay: { workers: 3 } })),
      );
    expect(layered({}, {}).users).toBe(20);
    expect(layered({ users: 7 }, {}).users).toBe(7);
    expect(layered({ users: 7 }, { users: 9 }).users).toBe(9);
    const mixed = layered({ relay: { instances: 5 } }, { relay: { pageSize: 10 } });
    expect(mixed.relay).toMatchObject({ instances: 5, workers: 3, pageSize: 10, queueLimit: 10_000 });
    expect(mixed.thinkScale).toBe(0.1);
  });

  it('take the profile of the caller before that of the file', () => {
    const file = { name: 'f', values: { profile: 'medium', seed: 'of-file' } };
    expect(resolveConfig({ file }, scenario)).toMatchObject({ profile: 'medium', users: 500, seed: 'of-file' });
    expect(resolve({ file, profile: 'heavy' })).toMatchObject({ profile: 'heavy', users: 1000, seed: '42' });
    expect(resolve({ file, profile: 'heavy', config: { profile: 'storm' } })).toMatchObject({
      profile: 'storm',
      users: 4,
    });
  });

  it('put a whole preset in the place of a lower layer’s network', () => {
    const file = { name: 'f', values: { network: { name: 'lte', latencyMsMean: 44 } } };
    expect(resolve({ file }).network).toEqual({ ...NETWORKS['lte'], latencyMsMean: 44 });
    expect(resolve({ file, config: { network: 'satellite' } }).network).toEqual(NETWORKS['satellite']);
    const narrowed = resolve({ file, config: { network: { latencyMsMax: 100 } } }).network;
    expect(narrowed).toEqual({ ...NETWORKS['lte'], latencyMsMean: 44, latencyMsMax: 100 });
  });

  it('scale ramps with the duration, unless the same layer names them', () => {
    expect(resolve({ config: { durationMs: 60_000 } })).toMatchObject({ rampUpMs: 6000, rampDownMs: 6000 });
    expect(resolve({ config: { durationMs: 60_000, rampUpMs: 1 } })).toMatchObject({ rampUpMs: 1, rampDownMs: 6000 });
    const file = { name: 'f', values: { durationMs: 100_000, rampUpMs: 50_000 } };
    expect(resolve({ file, config: { durationMs: 10_000 } })).toMatchObject({ rampUpMs: 5000, rampDownMs: 1000 });
  });

  it('replace a metric’s thresholds whole and keep the others', () => {
    const own = fakeScenario(() => ({
      thresholds: { requests: ['p(95)<500', 'p(99)<1000'], requests_failed: ['rate<0.05'] },
    }));
    const config = resolveConfig({ seed: '1', config: { thresholds: { requests: 'p(95)<200' } } }, own);
    expect(config.thresholds).toEqual({ requests: ['p(95)<200'], requests_failed: ['rate<0.05'] });
  });

  it('accept a seed that is a number', () => {
    expect(resolveConfig({ config: { seed: 7 } }, scenario).seed).toBe('7');
  });

  it('give the same again when a resolved configuration is used as file', () => {
    const first = resolve({ config: { network: 'flaky', faults: 'skew', durationMs: 61_001, users: 3 } });
    const again = resolveConfig(
      { file: { name: 'f', values: JSON.parse(JSON.stringify(first)) as unknown } },
      scenario,
    );
    expect(again).toEqual(first);
  });

  it('leave a configuration that is frozen at every depth', () => {
    const config = resolve({ config: { thresholds: { requests: ['count>0'] } } });
    expect(() => Object.assign(config.network, { lossRate: 1 })).toThrow(TypeError);
    expect(() => config.thresholds['requests']!.push('x')).toThrow(TypeError);
    expect(() => Object.assign(config, { users: 1 })).toThrow(TypeError);
  });

  it('never change what they are made of', () => {
    resolve({ config: { network: { lossRate: 0.5 }, faults: { lossRate: 0.1 } } });
    expect(NETWORKS['broadband']!.lossRate).toBe(0);
    expect(resolve({}).faults.lossRate).toBe(0);
  });
});

describe('profiles', () => {
  it('of one’s own fill what they leave out', () => {
    const profile = { name: 'mine', users: 12, durationMs: 1000 } as unknown as Profile;
    expect(resolve({ profile })).toMatchObject({ profile: 'mine', users: 12, durationMs: 1000, rampUpMs: 0 });
  });

  it('of one’s own are strict', () => {
    const profile = { name: 'mine', users: 12, durationMs: 1000, rampUp: 5 } as unknown as Profile;
    expect(() => resolve({ profile })).toThrow(
      'ERR_CONFIG rampUp: got 5, expected a known key (did you mean rampUpMs?) (in profile mine)',
    );
  });

  it('are those of the workload page', () => {
    const table = Object.values(PROFILES).map((profile) => {
      const { light, active, power } = divideUsers(profile.users, profile.pools);
      const { name, users, conflictUsers, durationMs, rampUpMs, rampDownMs, band, p95Ms, errorRateMax } = profile;
      const pools = [light, active, power].join('/');
      const rate = band && `${band.requestsPerSecondMin}–${band.requestsPerSecondMax}`;
      return [
        name,
        users,
        conflictUsers,
        pools,
        durationMs / 1000,
        rampUpMs / 1000,
        rampDownMs / 1000,
        rate,
        p95Ms,
        errorRateMax,
      ];
    });
    expect(table).toEqual([
      ['storm', 4, 5, '2/1/1', 120, 0, 0, undefined, 500, 0.05],
      ['light', 100, 20, '40/50/10', 300, 30, 30, '200–400', 500, 0.05],
      ['medium', 500, 100, '200/250/50', 600, 60, 60, '1000–2000', 800, 0.05],
      ['heavy', 1000, 200, '400/500/100', 900, 120, 120, '2000–4000', 1500, 0.1],
    ]);
  });

  it('that name a number of edits stretch think times to it', () => {
    const storm = PROFILES['storm']!;
    const editsAt = (scale: number, groups: readonly TurnGroup[]) =>
      groups.reduce((sum, { users, thinkMsMean, editsPerTurn }) => {
        return sum + users * editsPerTurn * (1 + storm.durationMs / (thinkMsMean * scale));
      }, 0);
    const alike = [{ users: 5, thinkMsMean: 3000, editsPerTurn: 2 }];
    const mixed = [...alike, { users: 1, thinkMsMean: 500, editsPerTurn: 20 }];
    expect(editsAt(thinkScaleForEdits(storm, alike), alike)).toBeCloseTo(50, 1);
    expect(editsAt(thinkScaleForEdits(storm, mixed), mixed)).toBeCloseTo(50, 1);
    expect(thinkScaleForEdits(PROFILES['light']!, alike)).toBe(1);
  });

  it('that name fewer edits than first turns make leave hardly any later ones', () => {
    const many = [{ users: 100, thinkMsMean: 3000, editsPerTurn: 2 }];
    const scale = thinkScaleForEdits(PROFILES['storm']!, many);
    expect(120_000 / (3000 * scale)).toBeCloseTo(0.1, 5);
  });
});

describe('presets', () => {
  it('keep the rules of a link and resolve without error', () => {
    for (const [name, preset] of Object.entries(NETWORKS)) {
      expect(preset.name).toBe(name);
      checkLinkOptions({ ...preset, bandwidthKbit: preset.bandwidthKbitUp });
      expect(resolve({ config: { network: name } }).network).toEqual(preset);
    }
    for (const [name, preset] of Object.entries(FAULT_PRESETS)) {
      expect(resolve({ config: { faults: name } }).faults).toEqual({ ...preset, name });
    }
    for (const [name, preset] of Object.entries(RELAYS)) {
      expect(resolve({ config: { relay: name } }).relay).toEqual({ ...preset, name });
    }
  });

  it('are called what they are', () => {
    expect(Object.keys(NETWORKS)).toEqual([
      'ideal',
      'lan',
      'broadband',
      'wifi',
      'lte',
      '4g',
      '3g',
      'satellite',
      'flaky',
    ]);
    expect(Object.keys(FAULT_PRESETS)).toEqual(['none', 'lossy', 'partitions', 'crashes', 'skew', 'chaos']);
    expect(FAULT_PRESET_NAMES).toEqual([...Object.keys(FAULT_PRESETS), 'swarm']);
    expect(Object.keys(RELAYS)).toEqual(['default', 'published']);
  });

  it('of the published relay have its limits, under keys of one’s own', () => {
    const limits = { name: 'published', rateLimitPerMinute: 60, bodyLimitBytes: 10 * 2 ** 20, pageSize: 100 };
    const own = { relay: { name: 'published', workers: 2 } };
    expect(resolve({ config: own }).relay).toEqual({ ...RELAYS['default'], ...limits, workers: 2 });
    const file = { name: 'f', values: { relay: 'published' } };
    expect(resolve({ file, config: { relay: { rateLimitPerMinute: 7 } } }).relay).toMatchObject({
      ...limits,
      rateLimitPerMinute: 7,
    });
  });

  it('of one’s own name need every key', () => {
    const faults = { ...FAULT_PRESETS['lossy']!, name: 'mine' };
    expect(resolve({ config: { faults } }).faults).toEqual(faults);
    expect(() => resolve({ config: { faults: { name: 'mine', lossRate: 0.1 } } })).toThrow(
      'ERR_CONFIG faults.name: got "mine", expected one of none, lossy, partitions, crashes, skew, chaos, swarm',
    );
  });
});

describe('pools', () => {
  it('deal users to the pools furthest behind their shares', () => {
    expect(divideUsers(7, { light: 40, active: 50, power: 10 })).toEqual({ light: 3, active: 3, power: 1 });
    expect(divideUsers(1, { light: 0, active: 0, power: 2 })).toEqual({ light: 0, active: 0, power: 1 });
    expect(divideUsers(3, { light: 1, active: 1, power: 1 })).toEqual({ light: 1, active: 1, power: 1 });
    expect(divideUsers(2, { light: 1, active: 1, power: 1 })).toEqual({ light: 1, active: 1, power: 0 });
  });

  it('always sum to the users, each within one of its share', () => {
    const weight = fc.integer({ min: 0, max: 1000 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), weight, weight, weight, (users, light, active, power) => {
        fc.pre(light + active + power > 0);
        const pools = { light, active, power };
        const divided = divideUsers(users, pools);
        expect(divided.light + divided.active + divided.power).toBe(users);
        for (const name of ['light', 'active', 'power'] as const) {
          expect(Math.abs(divided[name] - (users * pools[name]) / (light + active + power))).toBeLessThan(1);
        }
      }),
      { seed: 1 },
    );
  });
});
