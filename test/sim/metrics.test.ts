import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { AssertionError } from '../../sim/errors.ts';
import { Metrics } from '../../sim/metrics.ts';

type Step =
  | { do: 'phase'; name: string }
  | { do: 'count'; n: number }
  | { do: 'trial'; passed: boolean }
  | { do: 'trials'; passes: number; total: number }
  | { do: 'time'; us: number; times: number }
  | { do: 'level'; value: number };

const PHASES = ['ramp-up', 'hold', 'ramp-down', 'drain', 'a', 'b', 'c', 'd', 'e', 'f'];
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('phase' as const), name: fc.constantFrom(...PHASES) }),
  fc.record({ do: fc.constant('count' as const), n: fc.nat() }),
  fc.record({ do: fc.constant('trial' as const), passed: fc.boolean() }),
  fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => ({ do: 'trials' as const, passes: a, total: a + b })),
  fc.record({ do: fc.constant('time' as const), us: fc.nat(), times: fc.nat({ max: 3 }) }),
  fc.record({ do: fc.constant('level' as const), value: fc.integer() }),
);

function play(metrics: Metrics, steps: readonly Step[]): Metrics {
  const counter = metrics.counter('bytes_sent');
  const rate = metrics.rate('requests_failed');
  const trend = metrics.trend('requests');
  const gauge = metrics.gauge('log_bytes');
  for (const each of steps) {
    if (each.do === 'phase') metrics.phase = each.name;
    else if (each.do === 'count') counter.add(each.n);
    else if (each.do === 'trial') rate.add(each.passed);
    else if (each.do === 'trials') rate.addMany(each.passes, each.total);
    else if (each.do === 'time') trend.recordManyUs(each.us, each.times);
    else gauge.set(each.value);
  }
  return metrics;
}

/** The steps of one phase only. */
function stepsIn(phase: string, steps: readonly Step[]): Step[] {
  let current = 'run';
  return steps.filter((each) => {
    if (each.do === 'phase') current = each.name;
    return each.do !== 'phase' && current === phase;
  });
}

describe('metrics', () => {
  test('are the same handle by the same name, and refuse another type', () => {
    const metrics = new Metrics();
    expect(metrics.counter('n')).toBe(metrics.counter('n'));
    expect(metrics.trend('t')).toBe(metrics.find('t'));
    expect(metrics.find('other')).toBeUndefined();
    expect(() => metrics.rate('n')).toThrow('metric n is a counter, not a rate');
    expect(() => metrics.counter('t')).toThrow(AssertionError);
    expect(() => metrics.gauge('t')).toThrow(AssertionError);
    expect(() => metrics.trend('n')).toThrow(AssertionError);
  });

  test('come out as plain data, sorted by name, times in milliseconds', () => {
    const metrics = new Metrics();
    const requests = metrics.trend('requests');
    for (let us = 1; us <= 1000; us++) requests.recordUs(us * 3);
    metrics.rate('failed').addMany(1, 4);
    metrics.counter('Bytes').add(300);
    metrics.counter('Bytes').add();
    metrics.gauge('log').set(7);
    metrics.gauge('log').set(-2);
    expect(metrics.snapshot(2_000_000)).toEqual([
      { name: 'Bytes', type: 'counter', values: { count: 301, perSecond: 150.5 } },
      { name: 'failed', type: 'rate', values: { rate: 0.25, passes: 1, total: 4 } },
      { name: 'log', type: 'gauge', values: { count: 2, value: -2, min: -2, max: 7 } },
      {
        name: 'requests',
        type: 'trend',
        values: {
          count: 1000,
          min: 0.003,
          mean: 1.502,
          p50: 1.5,
          p90: 2.701,
          p95: 2.851,
          p99: 2.971,
          p999: 2.997,
          max: 3,
        },
      },
    ]);
  });

  test('that were never used read 0, and no time gives no rate a second', () => {
    const metrics = play(new Metrics(), []);
    const zeroTrend = { count: 0, min: 0, mean: 0, p50: 0, p90: 0, p95: 0, p99: 0, p999: 0, max: 0 };
    const zeros = [
      { name: 'bytes_sent', type: 'counter', values: { count: 0, perSecond: 0 } },
      { name: 'log_bytes', type: 'gauge', values: { count: 0, value: 0, min: 0, max: 0 } },
      { name: 'requests', type: 'trend', values: zeroTrend },
      { name: 'requests_failed', type: 'rate', values: { rate: 0, passes: 0, total: 0 } },
    ];
    expect(metrics.snapshot(0)).toEqual(zeros);
    expect(metrics.snapshotPhase('never', 0)).toEqual(zeros);
  });

  test('of a phase are those recorded while it was on, and the total is that of all phases', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const metrics = play(new Metrics(), steps);
        for (const phase of ['run', ...PHASES]) {
          const alone = play(new Metrics(), stepsIn(phase, steps));
          expect(metrics.snapshotPhase(phase, 1e6)).toEqual(alone.snapshot(1e6));
        }
        const unphased = play(
          new Metrics(),
          steps.filter((each) => each.do !== 'phase'),
        );
        expect(metrics.snapshot(1e6)).toEqual(unphased.snapshot(1e6));
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test('merged from two registries read as if one had recorded all', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.array(step, { maxLength: 40 }), (left, right) => {
        const merged = play(new Metrics(), left);
        const other = play(new Metrics(), right);
        const before = other.snapshot(1e6);
        const phase = merged.phase;
        merged.merge(other);
        const whole = play(new Metrics(), [...left, { do: 'phase', name: 'run' }, ...right]);
        expect(merged.snapshot(1e6)).toEqual(whole.snapshot(1e6));
        for (const each of ['run', ...PHASES]) {
          expect(merged.snapshotPhase(each, 1e6)).toEqual(whole.snapshotPhase(each, 1e6));
        }
        expect(merged.phase).toBe(phase);
        expect(other.snapshot(1e6)).toEqual(before);
      }),
      { seed: 2, numRuns: 60 },
    );
  });

  test('that only the other registry has come along in a merge', () => {
    const merged = new Metrics();
    const other = new Metrics('hold');
    other.counter('n').add(3);
    other.trend('t').recordUs(1500);
    merged.merge(other);
    expect(merged.counter('n').valueIn('hold')).toBe(3);
    expect(merged.trend('t').total().maxUs).toBe(1500);
    expect(merged.phases).toEqual(['run', 'hold']);
    expect(merged.names).toEqual(['n', 't']);
  });

  test('give live totals', () => {
    const metrics = new Metrics('ramp-up');
    const { bytes, failed, times } = {
      bytes: metrics.counter('b'),
      failed: metrics.rate('f'),
      times: metrics.trend('t'),
    };
    bytes.add(5);
    failed.add(true);
    times.recordUs(10);
    metrics.phase = 'hold';
    bytes.add(6);
    failed.add(false);
    times.recordManyUs(20, 2);
    expect(bytes.value).toBe(11);
    expect([failed.passes, failed.total, failed.rate]).toEqual([1, 2, 0.5]);
    expect(times.count).toBe(3);
    expect(metrics.phases).toEqual(['ramp-up', 'hold']);
  });

  test('refuse what is no count, no duration and no level', () => {
    const metrics = new Metrics();
    expect(() => metrics.counter('n').add(-1)).toThrow(AssertionError);
    expect(() => metrics.counter('n').add(0.5)).toThrow(AssertionError);
    expect(() => metrics.rate('r').addMany(2, 1)).toThrow(AssertionError);
    expect(() => metrics.rate('r').addMany(-1, 1)).toThrow(AssertionError);
    expect(() => metrics.trend('t').recordUs(-1)).toThrow(AssertionError);
    expect(() => metrics.gauge('g').set(Number.NaN)).toThrow(AssertionError);
    metrics.counter('n').add(Number.MAX_SAFE_INTEGER);
    expect(() => metrics.counter('n').add(1)).toThrow(/2\^53/);
  });

  test('forget all that was recorded, and record on with the same handles in the phase that is on', () => {
    fc.assert(
      fc.property(fc.array(step), fc.array(step), (before, after) => {
        const metrics = play(new Metrics(), before);
        metrics.forget();
        const { phase } = metrics;
        const fresh = new Metrics();
        for (const name of metrics.phases) fresh.phase = name;
        fresh.phase = phase;
        play(metrics, after);
        play(fresh, after);
        expect(metrics.snapshot(1000)).toEqual(fresh.snapshot(1000));
        for (const name of fresh.phases) {
          expect(metrics.counter('bytes_sent').valueIn(name)).toBe(fresh.counter('bytes_sent').valueIn(name));
        }
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});
