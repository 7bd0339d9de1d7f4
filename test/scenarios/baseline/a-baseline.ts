// A baseline and the run that it was made of, for tests of comparisons.
import { type Baseline, baselineOf, type Versions } from '../../../scenarios/baseline/baseline-file.ts';
import type { ComparedRun } from '../../../scenarios/baseline/compare.ts';
import type { MetricResult } from '../../../sim/metric-kinds.ts';
import { recordedResult } from '../../cli/recorded-result.ts';

export const VERSIONS: Versions = { tool: '0.1.0', drawVersion: 1, libraries: { seedrandom: '3.0.5' } };

export function aTrend(name: string, p95: number, count = 1000): MetricResult {
  const values = { count, min: 1, mean: p95 / 2, p50: p95 / 2, p90: p95, p95, p99: p95, p999: p95, max: p95 };
  return { name, type: 'trend', values };
}

export function aRate(name: string, rate: number): MetricResult {
  return { name, type: 'rate', values: { rate, passes: rate * 1000, total: 1000 } };
}

export const METRICS: readonly MetricResult[] = [
  aTrend('requests', 100),
  aTrend('push_response_time', 100),
  aTrend('sync_latency', 100),
  aRate('requests_failed', 0.01),
  aRate('push_success_rate', 0.99),
  { name: 'changes_accepted', type: 'counter', values: { count: 500, perSecond: 5 } },
];

const { config } = recordedResult();

/** A run that is the baseline's own unless changed. */
export function aRun(change: Partial<ComparedRun> = {}): ComparedRun {
  return {
    scenario: 'sync-relay',
    profile: 'light',
    traceHash: '0123456789abcdef',
    protocolHash: 'fedcba9876543210',
    workloadHash: '00000000000000aa',
    versions: VERSIONS,
    config,
    durationMs: 10_000,
    offered: { rate: 320, achieved: 300, band: null },
    metrics: METRICS,
    thresholds: [{ metric: 'requests', expression: 'p(95)<500', value: 100, ok: true }],
    findings: [],
    verdict: 'passed',
    ...change,
  };
}

export function aBaseline(run = aRun()): Baseline {
  return baselineOf({ ...run, seed: '1', clock: 'virtual', side: 'model' }, run.workloadHash!, run.versions!);
}

/** The metrics with one in the place of its namesake; undefined takes it away. */
export function metricsWith(name: string, metric?: MetricResult): MetricResult[] {
  return METRICS.flatMap((each) => (each.name === name ? (metric ?? []) : each));
}

/** A run of another trace with other metrics. */
export function aChangedRun(metrics: readonly MetricResult[], change: Partial<ComparedRun> = {}): ComparedRun {
  return aRun({ traceHash: 'ffffffffffffffff', metrics, ...change });
}
