import { describe, expect, it } from 'vitest';
import { WORKERS } from '../../../models/relay/service-options.ts';
import { type Calibration, calibrationLayer, parseCalibration } from '../../../scenarios/capacity/calibration-file.ts';
import { resolveConfig } from '../../../scenarios/config.ts';
import { fakeScenario } from '../fake-scenario.ts';

const CALIBRATION: Calibration = {
  schemaVersion: 1,
  kind: 'calibration',
  tool: 'squall 0.1.0',
  measuredAt: '2026-01-01T00:00:00.000Z',
  machine: { cpu: 'a core', cores: 2, memoryBytes: 1, platform: 'linux', node: 'v24', canaryMs: 2 },
  relay: { side: 'spawn', version: '0.1.0', store: 'sqlite' },
  plan: { seed: '1', settleMs: 3000, measureMs: 8000, repeats: 2, disturbed: 0 },
  service: { ...WORKERS, kind: 'event-loop', turnMs: 0.11, idleAfterMs: 8, idleMs: 0.3 },
  serviceSigma: 0.4,
  cluster: { balancer: 'ledger-hash' },
  clientDelayMs: { p50: 0.2, p95: 0.5 },
  clientDelayRestedMs: { p50: 0.5, p95: 0.9 },
  noise: { latency: 0.05, throughput: 0.02 },
  interval: { low: 0.9, high: 1.1 },
  saturation: { 'saturated pulls of 0': 9000 },
  residuals: [
    { step: 'light pulls', part: 'pull 0', figure: 'p50Ms', measured: 1, predicted: 1.1, error: 0.1, noise: null },
  ],
  steps: [],
  notes: ['a note'],
};

const text = (change: object = {}): string => JSON.stringify({ ...CALIBRATION, ...change });

describe('a calibration file', () => {
  it('reads back as it was written', () => {
    expect(parseCalibration('c.json', text())).toEqual(CALIBRATION);
    expect(parseCalibration('c.json', `\uFEFF${text()}`)).toEqual(CALIBRATION);
  });

  it.each([
    ['no JSON', 'nothing', 'ERR_CALIBRATION c.json: got "what is no JSON"'],
    ['a list', '[]', 'ERR_CALIBRATION c.json: got a list of 0, expected a file that squall calibrate wrote'],
    ['a result', '{"kind":"run"}', 'expected a file that squall calibrate wrote (kind: "calibration")'],
    [
      'a later version',
      text({ schemaVersion: 2 }),
      'c.json: schemaVersion: got 2, expected version 1, which this Squall reads',
    ],
    ['no version', text({ schemaVersion: undefined }), 'c.json: schemaVersion: got nothing, expected version 1'],
    ['a negative time', text({ service: { ...CALIBRATION.service, turnMs: -1 } }), 'c.json: service.turnMs: got -1'],
    [
      'a misspelt figure',
      text({ service: { ...CALIBRATION.service, turnM: 1 } }),
      'c.json: service.turnM: got 1, expected one of',
    ],
    [
      'a missing figure',
      text({ service: { ...CALIBRATION.service, pullMs: undefined } }),
      'c.json: service.pullMs: got nothing',
    ],
    ['workers', text({ service: WORKERS }), 'c.json: service.kind: got "workers", expected "event-loop"'],
    ['a spread that is none', text({ serviceSigma: 'wide' }), 'c.json: serviceSigma: got "wide"'],
    ['a balancer that is none', text({ cluster: { balancer: 'luck' } }), 'c.json: cluster.balancer: got "luck"'],
    [
      'an interval upside down',
      text({ interval: { low: 2, high: 1 } }),
      'c.json: interval: got an object, expected low ≤ high',
    ],
    ['a key too many', text({ extra: 1 }), 'ERR_CALIBRATION c.json: '],
  ])('is refused with its place: %s', (_what, content, said) => {
    expect(() => parseCalibration('c.json', content)).toThrow(said);
  });

  it('makes the modelled relay one event loop of those figures', () => {
    const { service, relay, cluster } = resolveConfig(
      { seed: '1', config: calibrationLayer(CALIBRATION) },
      fakeScenario(),
    );
    expect(service).toEqual(CALIBRATION.service);
    expect([relay.serviceSigma, relay.instances, cluster.balancer]).toEqual([0.4, 1, 'ledger-hash']);
  });
});
