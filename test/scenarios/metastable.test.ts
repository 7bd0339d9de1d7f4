// Whether a run recovers from its incident: the rule on windows that a test draws, and storms that are run.
import { describe, expect, test } from 'vitest';
import { recoveryOf } from '../../scenarios/metastable.ts';
import { parseResult } from '../../scenarios/result-file.ts';
import { exitCodeOf, type Result } from '../../scenarios/result.ts';
import { run } from '../../scenarios/run.ts';
import type { Timeline } from '../../scenarios/timeline.ts';
import { resultSchema } from './result-schema.ts';
import { HASTY, PATIENT, retryStorm } from './retry-storm.ts';

const SPAN = { atMs: 100_000, endMs: 120_000, holdFromMs: 20_000, holdToMs: 300_000, isLoadSteady: true };

/** Windows of 5 s in which so much is answered well, so much fails, and p95 is so long. */
function timelineOf(at: (ms: number) => { good: number; errors?: number; p95?: number }): Timeline {
  const windows = Array.from({ length: 60 }, (_, index) => at(index * 5000));
  const zeros = windows.map(() => 0);
  const series = {
    requestsPerSecond: windows.map(({ good, errors = 0 }) => good + errors),
    errorsPerSecond: windows.map(({ errors = 0 }) => errors),
    p95Ms: windows.map(({ p95 = 80 }) => p95),
    p50Ms: zeros,
    p99Ms: zeros,
    outstandingConflicts: zeros,
    relayQueue: zeros,
    relayUse: zeros,
  };
  return { windowMs: 5000, phases: [], series, faults: {} };
}

describe('a run', () => {
  test('that does what it did before has recovered', () => {
    const timeline = timelineOf((ms) => (ms >= 100_000 && ms < 160_000 ? { good: 3, errors: 90 } : { good: 100 }));
    expect(recoveryOf(timeline, SPAN)).toMatchObject({ verdict: 'recovered' });
  });

  test('that answers little long after all is as it was is metastable', () => {
    const timeline = timelineOf((ms) => (ms >= 100_000 ? { good: 20, errors: 300 } : { good: 100 }));
    const recovery = recoveryOf(timeline, SPAN);
    expect(recovery).toMatchObject({
      verdict: 'metastable',
      before: { goodputPerSecond: 100 },
      after: { goodputPerSecond: 20 },
    });
    expect(recovery.reason).toBe(
      '180 s after the incident ended (at 120 s) 20 requests are answered well a second, before it 100',
    );
  });

  test('that answers all, and late for good, is metastable', () => {
    const timeline = timelineOf((ms) => ({ good: 100, p95: ms >= 100_000 ? 900 : 80 }));
    expect(recoveryOf(timeline, SPAN)).toMatchObject({ verdict: 'metastable', after: { p95Ms: 900 } });
  });

  test('that is on its way back at the end cannot be told', () => {
    const draining = timelineOf((ms) => ({ good: 100, p95: ms >= 100_000 ? 5000 - (ms - 100_000) / 45 : 80 }));
    expect(recoveryOf(draining, SPAN)).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringContaining('still recovering') as string,
    });
    const growing = timelineOf((ms) => ({ good: ms >= 100_000 ? (ms - 100_000) / 4000 : 100 }));
    expect(recoveryOf(growing, SPAN)).toMatchObject({ verdict: 'unknown' });
  });

  test('with too little before or after the incident cannot be told', () => {
    const timeline = timelineOf(() => ({ good: 100 }));
    expect(recoveryOf(timeline, { ...SPAN, holdFromMs: 95_000 })).toMatchObject({ verdict: 'unknown' });
    expect(recoveryOf(timeline, { ...SPAN, endMs: 280_000 })).toMatchObject({ verdict: 'unknown' });
  });

  test('of a record of which less is asked, and that answers all of it in time, is well', () => {
    const timeline = timelineOf((ms) => ({ good: ms >= 100_000 ? 30 : 100 }));
    const recovery = recoveryOf(timeline, { ...SPAN, isLoadSteady: false });
    expect(recovery).toMatchObject({ verdict: 'recovered', after: { goodShare: 1 } });
    expect(recoveryOf(timeline, SPAN)).toMatchObject({ verdict: 'metastable' });
  });

  test('whose recorded load may have grown is not called metastable for being late alone', () => {
    const record = { ...SPAN, isLoadSteady: false };
    const late = timelineOf((ms) => ({ good: 100, p95: ms >= 100_000 ? 900 : 80 }));
    expect(recoveryOf(late, record)).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringContaining('may have grown') as string,
    });
    const failing = timelineOf((ms) => (ms >= 100_000 ? { good: 20, errors: 300 } : { good: 100 }));
    expect(recoveryOf(failing, record)).toMatchObject({ verdict: 'metastable' });
    const ended = timelineOf((ms) => ({ good: ms >= 200_000 ? 0 : 100 }));
    expect(recoveryOf(ended, record)).toMatchObject({ verdict: 'unknown' });
  });

  test('that answers nothing at all any more is metastable', () => {
    const timeline = timelineOf((ms) => (ms >= 100_000 ? { good: 0, errors: 50, p95: 1000 } : { good: 100 }));
    expect(recoveryOf(timeline, SPAN)).toMatchObject({ verdict: 'metastable', after: { goodShare: 0 } });
  });

  test('whose times are short before and after is well, however many times longer they are', () => {
    const timeline = timelineOf((ms) => ({ good: 100, p95: ms >= 100_000 ? 20 : 2 }));
    expect(recoveryOf(timeline, SPAN)).toMatchObject({ verdict: 'recovered' });
  });
});

describe('a reconnect storm', () => {
  const storm = async (seed: string, client: typeof HASTY | typeof PATIENT): Promise<Result> =>
    (await run({ scenario: 'sync-relay', profile: 'light', seed, config: retryStorm(client) })).result;

  test.each(['1', '2'])(
    'with retries that all wait the same does not end: metastable, exit 99 (seed %s)',
    async (seed) => {
      const result = await storm(seed, HASTY);
      expect(result).toMatchObject({ verdict: 'metastable', recovery: { verdict: 'metastable' }, findings: [] });
      expect(exitCodeOf(result)).toBe(99);
      const json = JSON.stringify(result);
      expect(resultSchema.parse(JSON.parse(json))).toEqual(result);
      expect(parseResult('result.json', json)).toEqual(result);
      const broken = JSON.stringify({ ...result, recovery: { ...result.recovery, reason: 7 } });
      expect(() => parseResult('result.json', broken)).toThrow('recovery.reason');
    },
  );

  test.each(['1', '2'])('with backoff and jitter ends (seed %s)', async (seed) => {
    const result = await storm(seed, PATIENT);
    expect(result.recovery).toMatchObject({ verdict: 'recovered' });
    expect(result.findings).toEqual([]);
  });
});
