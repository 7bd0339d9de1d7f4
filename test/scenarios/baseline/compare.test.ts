// A run beside its baseline: what state it is in, what the limits say, and which exit code wins.
import { describe, expect, it } from 'vitest';
import { compareWithBaseline, failedRun, missingBaseline } from '../../../scenarios/baseline/compare.ts';
import type { Finding } from '../../../models/finding.ts';
import { aBaseline, aChangedRun, aRate, aRun, aTrend, METRICS, metricsWith } from './a-baseline.ts';

const baseline = aBaseline();
const compare = (run: ReturnType<typeof aRun>): ReturnType<typeof compareWithBaseline> =>
  compareWithBaseline(baseline, run, 'baselines/x.json');

function aFinding(kind: Finding['kind']): Finding {
  return { oracle: 'o', kind, signature: `${kind}/1`, atUs: 0, event: 0, devices: [], documents: [], detail: {} };
}

describe('a run beside its baseline', () => {
  it('is unchanged where the trace is equal', () => {
    const comparison = compare(aRun());
    expect(comparison).toMatchObject({ state: 'unchanged', exitCode: 0, changes: [] });
    expect(comparison.figures.map(({ level }) => level)).not.toContain('critical');
    expect(comparison.figures.map(({ metric, statistic }) => `${metric} ${statistic}`)).toEqual([
      'requests p95',
      'push_response_time p95',
      'requests_failed rate',
      'achieved_rate perSecond',
      'requests perSecond',
      'push_success_rate rate',
    ]);
  });

  it('warns of a p95 that rose by a quarter, and fails with 97 by 60%', () => {
    const warned = compare(aChangedRun(metricsWith('requests', aTrend('requests', 125))));
    expect(warned).toMatchObject({ state: 'changed', exitCode: 0 });
    expect(warned.figures[0]).toMatchObject({
      metric: 'requests',
      level: 'warning',
      before: 100,
      after: 125,
      change: 0.25,
    });
    expect(compare(aChangedRun(metricsWith('requests', aTrend('requests', 160)))).exitCode).toBe(97);
  });

  it('fails where a figure lost its samples, with a limit or without', () => {
    for (const name of ['push_response_time', 'push_success_rate', 'sync_latency']) {
      const comparison = compare(aChangedRun(metricsWith(name)));
      expect(comparison.exitCode).toBe(97);
      expect(comparison.figures.find(({ level }) => level === 'critical')).toMatchObject({ metric: name, after: null });
    }
  });

  it('fails where fewer requests a second are achieved', () => {
    const offered = { rate: 320, achieved: 170, band: null };
    const comparison = compare(aChangedRun(METRICS, { offered }));
    expect(comparison.figures.find(({ metric }) => metric === 'achieved_rate')).toMatchObject({ level: 'critical' });
  });

  it('shows what moved without a limit, and leaves out what did not', () => {
    const comparison = compare(aChangedRun(metricsWith('sync_latency', aTrend('sync_latency', 1000))));
    expect(comparison.exitCode).toBe(0);
    const last = comparison.figures.at(-1);
    expect(last).toMatchObject({ metric: 'sync_latency', statistic: 'p95', level: 'ok', change: 9 });
    expect(comparison.figures.map(({ metric }) => metric)).not.toContain('changes_accepted');
  });

  it('is not blamed for speed where the workload is another one', () => {
    const slow = aChangedRun(metricsWith('requests', aTrend('requests', 900)), { workloadHash: '00000000000000bb' });
    const comparison = compare(slow);
    expect(comparison).toMatchObject({ state: 'incomparable', exitCode: 98 });
    expect(comparison.figures.every(({ level }) => level === 'ok')).toBe(true);
  });

  it('fails by a finding first, whatever else there is', () => {
    const slow = metricsWith('requests', aTrend('requests', 900));
    const findings = [aFinding('safety')];
    expect(compare(aChangedRun(slow, { findings, verdict: 'safety' })).exitCode).toBe(1);
    expect(compare(aRun({ findings, verdict: 'safety' })).exitCode).toBe(1);
    const alive = [aFinding('liveness')];
    expect(compare(aChangedRun(slow, { findings: alive, verdict: 'liveness', workloadHash: 'b' })).exitCode).toBe(4);
  });

  it('fails by a crossed threshold, after what is worse than the baseline', () => {
    const thresholds = [{ metric: 'requests', expression: 'p(95)<50', value: 100, ok: false }];
    expect(compare(aRun({ thresholds, verdict: 'threshold' })).exitCode).toBe(99);
    const slow = metricsWith('requests', aTrend('requests', 900));
    expect(compare(aChangedRun(slow, { thresholds, verdict: 'threshold' })).exitCode).toBe(97);
  });

  it('says that an equal trace is measured in another way where figures differ', () => {
    const comparison = compare(aRun({ metrics: metricsWith('push_success_rate', aRate('push_success_rate', 0.5)) }));
    expect(comparison).toMatchObject({ state: 'changed', exitCode: 97 });
    expect(comparison.changes.at(-1)!.detail).toContain('measured in another way');
  });

  it('is failed where the run was interrupted, broke off, or has no baseline', () => {
    expect(compare(aRun({ verdict: 'interrupted' }))).toMatchObject({ state: 'failed', exitCode: 130 });
    const part = aChangedRun(METRICS, { verdict: 'interrupted' });
    expect(compare(part)).toMatchObject({ changes: [], figures: [] });
    expect(failedRun('light', 's', 'f', 3)).toMatchObject({ state: 'failed', exitCode: 3 });
    expect(missingBaseline('light', 's', 'f')).toMatchObject({ state: 'missing', exitCode: 2 });
  });
});
