// The table of limits: where each row begins to warn and to fail.
import { describe, expect, it } from 'vitest';
import { changeText, judgedBy, type Limit, LIMITS, limitText } from '../../../scenarios/baseline/limits.ts';

const row = (name: string): Limit => LIMITS.find((limit) => limit.name === name)!;

describe('the table of limits', () => {
  it.each([
    ['response time p95', 100, 120, 'ok'],
    ['response time p95', 100, 120.1, 'warning'],
    ['response time p95', 100, 150, 'warning'],
    ['response time p95', 100, 150.1, 'critical'],
    ['response time p95', 100, 10, 'ok'],
    ['response time p95', 0, 1, 'critical'],
    ['response time p95', 0, 0, 'ok'],
    ['error rate', 0.2, 0.05, 'ok'],
    ['error rate', 0, 0.0501, 'warning'],
    ['error rate', 0, 0.1, 'warning'],
    ['error rate', 0, 0.1001, 'critical'],
    ['request rate', 100, 80, 'ok'],
    ['request rate', 100, 79.9, 'warning'],
    ['request rate', 100, 60, 'warning'],
    ['request rate', 100, 59.9, 'critical'],
    ['request rate', 100, 500, 'ok'],
    ['success rate', 1, 0.9, 'ok'],
    ['success rate', 1, 0.8999, 'warning'],
    ['success rate', 1, 0.85, 'warning'],
    ['success rate', 1, 0.8499, 'critical'],
  ] as const)('%s from %d to %d is %s', (name, before, after, level) => {
    expect(judgedBy(row(name), before, after).level).toBe(level);
  });

  it('a figure that lost its samples is critical, one that never had any is ok, a new one is told', () => {
    expect(judgedBy(row('response time p95'), 5, null)).toMatchObject({ level: 'critical' });
    expect(judgedBy(row('success rate'), 1, null)).toMatchObject({ level: 'critical' });
    expect(judgedBy(row('success rate'), null, null)).toEqual({ level: 'ok', reason: '' });
    expect(judgedBy(row('response time p95'), null, 5).level).toBe('warning');
    expect(judgedBy(row('success rate'), null, 0.5).level).toBe('critical');
  });

  it('says the change and the limit', () => {
    expect(judgedBy(row('response time p95'), 100, 161.2).reason).toBe('+61.2%, limit above +50%');
    expect(judgedBy(row('request rate'), 100, 70).reason).toBe('−30.0%, limit below −20%');
    expect(judgedBy(row('success rate'), 1, 0.8).reason).toBe('80%, limit below 85%');
    expect(limitText(row('error rate'), 'warning')).toBe('above 5%');
    expect(changeText(-0.5)).toBe('−50.0%');
  });
});
