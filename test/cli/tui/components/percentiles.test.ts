import { describe, expect, test } from 'vitest';
import { percentilesOf, thresholdLine } from '../../../../cli/tui/components/percentiles.ts';
import { type Line, lineWidth } from '../../../../cli/tui/components/spans.ts';
import type { Limit, Operation, RunSnapshot } from '../../../../scenarios/watch/snapshot.ts';
import { LIGHT } from '../recorded.ts';

function text(line: Line): string {
  return line.map((each) => (typeof each === 'string' ? each : each.text)).join('');
}

function operation(metric: string, limits: readonly Limit[], errorRate: number | null = null): Operation {
  return { metric, count: 10, perSecond: 2, p50: 50, p90: 90, p95: 612, p99: 700, max: 800, errorRate, limits };
}

function snapshotOf(operations: readonly Operation[], thresholds: RunSnapshot['thresholds'] = []): RunSnapshot {
  return { ...LIGHT.snapshot, operations, thresholds };
}

function rowOf(limit: Limit, errorRate: number | null, columns = 120): string {
  return text(percentilesOf(snapshotOf([operation('requests', [limit], errorRate)]), columns, 5).lines[1]!);
}

const CROSSED: Limit = { metric: 'requests', of: 'p95', expression: 'p(95)<500', limit: 500, ok: false };

describe('the table of percentiles', () => {
  test('marks a crossed figure with a sign and its limit', () => {
    expect(rowOf(CROSSED, null)).toContain('612ms ✗ <500ms');
    expect(rowOf({ ...CROSSED, ok: true, expression: 'p(95)<=2000', limit: 2000 }, null)).toContain('612ms <=2s');
  });

  test('shows a limit on a success rate as the one on errors that it comes to', () => {
    const limit: Limit = {
      metric: 'requests_failed',
      of: 'errorRate',
      expression: 'rate>0.95',
      limit: 0.05,
      ok: false,
    };
    expect(rowOf(limit, 0.12)).toContain('12.00% ✗ <5%');
    expect(rowOf({ ...limit, expression: 'rate<0.05' }, 0.12)).toContain('12.00% ✗ <5%');
    expect(rowOf({ ...limit, expression: 'rate>=0.5', limit: 0.5 }, 0.6)).toContain('60.00% ✗ <=50%');
  });

  test('does not call an error rate crossed that has no value yet', () => {
    expect(
      rowOf({ metric: 'requests_failed', of: 'errorRate', expression: 'rate<0.05', limit: 0.05, ok: false }, null),
    ).not.toContain('✗');
  });

  test('keeps the crossed figure and its sign at any width', () => {
    for (let columns = 40; columns <= 120; columns++) {
      const limit: Limit = { metric: 'requests', of: 'max', expression: 'max<500', limit: 500, ok: false };
      const row = rowOf(limit, 0.1, columns);
      expect(row).toContain('800ms ✗');
      expect(row.length).toBeLessThanOrEqual(columns);
    }
  });

  test('aligns all its rows', () => {
    for (const columns of [60, 80, 120]) {
      const { lines } = percentilesOf(LIGHT.snapshot, columns, 20);
      expect(new Set(lines.map(lineWidth)).size).toBe(1);
    }
  });

  test('keeps rows with a crossed threshold where not all fit, in their order', () => {
    const operations = ['requests', 'push_response_time', 'own', 'sync_latency'].map((metric, index) =>
      operation(metric, index === 3 ? [CROSSED] : []),
    );
    const { lines } = percentilesOf(snapshotOf(operations), 80, 3);
    expect(lines.map((line) => text(line).split(' ')[0])).toEqual(['2', 'requests', 'sync']);
    expect(text(lines[0]!)).toContain('2 of 4');
  });

  test('hands on each threshold that it does not show', () => {
    const thresholds = [
      { metric: 'requests', expression: 'p(95)<500', value: 612, ok: false },
      { metric: 'requests', expression: 'avg<100', value: 60, ok: true },
      { metric: 'requests_failed', expression: 'rate<0.05', value: 0, ok: true },
      { metric: 'checks', expression: 'rate>0.9', value: 1, ok: true },
    ];
    const limits: Limit[] = [
      CROSSED,
      { metric: 'checks', of: 'other', expression: 'avg<100', limit: 100, ok: true },
      { metric: 'requests_failed', of: 'errorRate', expression: 'rate<0.05', limit: 0.05, ok: true },
    ];
    const snapshot = snapshotOf([operation('requests', limits, 0)], thresholds);
    const restAt = (columns: number): string[] =>
      percentilesOf(snapshot, columns, 5).rest.map((each) => each.expression);
    expect(restAt(120)).toEqual(['avg<100', 'rate>0.9']);
    // No room for limits that are met.
    expect(restAt(78)).toEqual(['avg<100', 'rate<0.05', 'rate>0.9']);
  });
});

describe('the line of other thresholds', () => {
  const met = { metric: 'checks', expression: 'rate>0.9', value: 1, ok: true };
  const unsampled = { metric: 'merges', expression: 'rate>0.8', value: null, ok: false };
  const crossed = { metric: 'edits', expression: 'count<2', value: 2, ok: false };

  test('begins with what is crossed; what has no sample is that only in the end', () => {
    expect(text(thresholdLine([met, unsampled, crossed], false, 120))).toBe(
      'thresholds ✗ edits count<2: 2  – merges rate>0.8: no samples  ✓ checks rate>0.9',
    );
    expect(text(thresholdLine([unsampled], true, 120))).toBe('thresholds ✗ merges rate>0.8: no samples');
  });

  test('says how many it has no room for', () => {
    const line = thresholdLine([met, unsampled, crossed], false, 60);
    expect(text(line)).toBe('thresholds ✗ edits count<2: 2  and 2 more');
  });
});
