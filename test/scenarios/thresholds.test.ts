import { describe, expect, test } from 'vitest';

import { checkThresholds, judge, parseThreshold, parseThresholds } from '../../scenarios/thresholds.ts';
import { InputError } from '../../sim/errors.ts';
import { Metrics } from '../../sim/metrics.ts';

/** 1 ms to 100 ms once each; 19 of 20 passed; 120 changes; a level of 7 after 3. */
function sampled(): Metrics {
  const metrics = new Metrics('ramp-up');
  const requests = metrics.trend('requests');
  for (let ms = 1; ms <= 100; ms++) {
    if (ms === 40) metrics.phase = 'hold';
    requests.recordUs(ms * 1000);
  }
  metrics.rate('push_success_rate').addMany(19, 20);
  metrics.counter('changes_accepted').add(120);
  metrics.gauge('log_bytes').set(3);
  metrics.gauge('log_bytes').set(7);
  metrics.trend('never_timed');
  metrics.rate('never_tried');
  metrics.counter('never_counted');
  metrics.gauge('never_set');
  return metrics;
}

/** One expression, judged over a minute. */
function judged(metric: string, expression: string): { value: number | null; ok: boolean } {
  const [result, ...others] = judge({ [metric]: [expression] }, sampled(), 60_000_000);
  expect(others).toEqual([]);
  expect(result).toMatchObject({ metric, expression });
  return { value: result!.value, ok: result!.ok };
}

describe('a threshold', () => {
  test('is read into data', () => {
    expect(parseThreshold('requests', 'p(99.9) <= 1000')).toEqual({
      metric: 'requests',
      expression: 'p(99.9) <= 1000',
      statistic: { of: 'percentile', percentile: 99.9 },
      comparison: '<=',
      limit: 1000,
    });
    expect(parseThreshold('r', 'rate>0.95')).toMatchObject({ statistic: { of: 'rate' }, comparison: '>', limit: 0.95 });
    expect(parseThreshold('r', 'avg<1').statistic).toEqual(parseThreshold('r', 'mean<1').statistic);
    expect(parseThreshold('r', 'med===1')).toMatchObject({
      statistic: { of: 'percentile', percentile: 50 },
      comparison: '==',
    });
  });

  test.each([
    '',
    'p(95)',
    '<500',
    'p(95)<',
    'p(101)<500',
    'p(-1)<500',
    'p()<500',
    'p95<500',
    'p(95)=500',
    'p(95)<500ms',
    'p(95)<1e3',
    'p(95)<500,p(99)<1000',
    'median<500',
    'constructor<5',
    'rate>.95',
    'rate>0.95 now',
  ])('that says %j is refused as input', (expression) => {
    expect(() => parseThreshold('requests', expression)).toThrow(InputError);
    expect(() => parseThreshold('requests', expression)).toThrow(/^ERR_CONFIG thresholds\.requests: got .*p\(95\)<500/);
  });

  test.each([
    ['requests', 'p(95)<95.1', 95.039, true],
    ['requests', 'p(95)<95', 95.039, false],
    ['requests', 'p(0)>=1', 1, true],
    ['requests', 'p(100)<=100', 100, true],
    ['requests', 'p(100)<100', 100, false],
    ['requests', 'p(37.5)<38.1', 38.015, true],
    ['requests', 'med>=50', 50.015, true],
    ['requests', 'avg<50.5', 50.5, false],
    ['requests', 'mean==50.5', 50.5, true],
    ['requests', 'min>0.999', 1, true],
    ['requests', 'max!=100', 100, false],
    ['requests', 'count>99', 100, true],
    ['push_success_rate', 'rate>0.95', 0.95, false],
    ['push_success_rate', 'rate>=0.95', 0.95, true],
    ['push_success_rate', 'count==20', 20, true],
    ['changes_accepted', 'count<=119', 120, false],
    ['changes_accepted', 'rate>1.9', 2, true],
    ['log_bytes', 'value<7', 7, false],
    ['log_bytes', 'min==3', 3, true],
    ['log_bytes', 'max>6', 7, true],
    ['log_bytes', 'count==2', 2, true],
  ])('on %s: %s has the value %d', (metric, expression, value, ok) => {
    expect(judged(metric, expression)).toEqual({ value, ok });
  });

  test.each([
    ['never_timed', 'p(95)<500'],
    ['never_timed', 'max<500'],
    ['never_tried', 'rate<0.05'],
    ['never_set', 'value<5'],
    ['not_registered', 'count<5'],
  ])('on %s, of which there is no sample, is not ok: %s', (metric, expression) => {
    expect(judged(metric, expression)).toEqual({ value: null, ok: false });
  });

  test.each([
    ['never_timed', 'count<5', true],
    ['never_tried', 'count>0', false],
    ['never_counted', 'count==0', true],
    ['never_counted', 'rate<1', true],
  ])('on %s judges a count of 0 like any other: %s', (metric, expression, ok) => {
    expect(judged(metric, expression)).toEqual({ value: 0, ok });
  });

  test.each([
    ['push_success_rate', 'p(95)<500', 'rate, count'],
    ['changes_accepted', 'avg<500', 'count, rate'],
    ['requests', 'rate>0.9', 'p(x), med, avg, mean, min, max, count'],
    ['log_bytes', 'med<5', 'value, min, max, count'],
  ])('on %s that asks %s is refused with what can be asked', (metric, expression, askable) => {
    expect(() => judged(metric, expression)).toThrow(InputError);
    expect(() => checkThresholds({ [metric]: [expression] }, sampled())).toThrow(askable);
  });
});

describe('thresholds', () => {
  const thresholds = { push_success_rate: ['rate>0.9'], requests: ['p(95)<500', 'p(99)<90'] };

  test('are judged one by one, in the order in which they stand', () => {
    expect(judge(thresholds, sampled(), 1)).toEqual([
      { metric: 'push_success_rate', expression: 'rate>0.9', value: 0.95, ok: true },
      { metric: 'requests', expression: 'p(95)<500', value: 95.039, ok: true },
      { metric: 'requests', expression: 'p(99)<90', value: 99.007, ok: false },
    ]);
    expect(parseThresholds(thresholds).map((each) => each.expression)).toEqual(['rate>0.9', 'p(95)<500', 'p(99)<90']);
    expect(judge({}, sampled(), 1)).toEqual([]);
  });

  test('on metrics that are registered pass the check before a run, sampled or not', () => {
    expect(() => checkThresholds({ ...thresholds, never_timed: ['p(95)<5'] }, sampled())).not.toThrow();
  });

  test('on a misspelt metric are refused with the nearest name', () => {
    const misspelt = { request: ['p(95)<500'] };
    expect(() => checkThresholds(misspelt, sampled())).toThrow(InputError);
    expect(() => checkThresholds(misspelt, sampled())).toThrow('did you mean requests?');
  });
});
