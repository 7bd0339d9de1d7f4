// What was reported as OpenTelemetry metrics: names, units, data points; plain data. It must not know how they are sent.
import type { Attributes, HrTime } from '@opentelemetry/api';
import { ValueType } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import type { JsHistogram } from 'hdr-histogram-js';
import { exitCodeOf } from '../../scenarios/result.ts';
import type { StoredResult } from '../../scenarios/result-file.ts';
import { InputError } from '../../sim/errors.ts';
import type { MetricResult, TrendValues } from '../../sim/metric-kinds.ts';
import { distributionOf } from './hlog.ts';
import type { Reported } from './reported.ts';

/** Metrics of one thing that is reported on, and what they are of. */
export interface Measured {
  readonly resource: Attributes;
  readonly metrics: MetricData[];
}

/**
 * Upper ends of a histogram's buckets, ms: ten for each power of ten, from 1 ms to 100 s, so that a percentile which a
 * dashboard reads from them is off by at most a quarter.
 */
export const BOUNDARIES_MS: readonly number[] = Array.from({ length: 51 }, (_, step) =>
  Number((10 ** (step / 10)).toPrecision(3)),
);

/** Of each trend as its result has them. */
const QUANTILES: readonly (readonly [quantile: string, key: keyof TrendValues])[] = [
  ['0.5', 'p50'],
  ['0.9', 'p90'],
  ['0.95', 'p95'],
  ['0.99', 'p99'],
  ['0.999', 'p999'],
];

/**
 * The metrics of a thing; undefined of a finding's file, which has none.
 * @param start and end: the span of real time that they are said to be of
 */
export function measuredOf(subject: Reported, start: HrTime, end: HrTime): Measured | undefined {
  const points = new Points(start, end);
  switch (subject.kind) {
    case 'run':
      return { resource: ofRun(subject.result, subject.name, points), metrics: points.metrics };
    case 'hunt': {
      const { scenario, profile, documents, verdict, exitCode, isComplete, ...hunt } = subject.result;
      points.sum('squall.hunt.seeds', 'Seeds that ran to their end', '{seed}', hunt.seedsDone);
      points.sum('squall.hunt.seeds.failed', 'Seeds with findings', '{seed}', hunt.seedsFailed);
      points.sum('squall.hunt.seeds.lost', 'Seeds that cost their worker', '{seed}', hunt.died.length);
      points.gauge('squall.hunt.complete', 'Whether all seeds ran', '1', [[isComplete ? 1 : 0, {}]]);
      points.findings(hunt.findings);
      points.verdict(verdict, exitCode);
      return {
        resource: { 'squall.scenario': scenario, 'squall.profile': profile, 'squall.documents': documents },
        metrics: points.metrics,
      };
    }
    case 'baseline': {
      const { comparisons, exitCode } = subject.result;
      const changes = comparisons.flatMap(({ profile, scenario, figures }) =>
        figures.flatMap(({ metric, statistic, change }): Point[] =>
          change === null ? [] : [[change, { profile, scenario, metric, statistic }]],
        ),
      );
      points.gauge('squall.baseline.change', 'Change against the baseline: after ÷ before − 1', '1', changes);
      points.verdict(exitCode === 0 ? 'passed' : 'failed', exitCode);
      return { resource: {}, metrics: points.metrics };
    }
    case 'replay': {
      const { files, exitCode } = subject.result;
      const byVerdict = new Map<string, number>();
      for (const { verdict } of files) byVerdict.set(verdict, (byVerdict.get(verdict) ?? 0) + 1);
      const counts = [...byVerdict].map(([verdict, count]): Point => [count, { verdict }]);
      points.gauge('squall.replay.files', 'Findings that were replayed', '{finding}', counts);
      points.verdict(exitCode === 0 ? 'passed' : 'failed', exitCode);
      return { resource: {}, metrics: points.metrics };
    }
    case 'finding':
      return undefined;
  }
}

function ofRun(result: StoredResult, name: string, points: Points): Attributes {
  const { scenario, profile, seed, side, clock, offered, findings, thresholds, verdict } = result;
  for (const metric of result.metrics) ofMetric(metric, result, name, points);
  points.gauge('squall.offered_rate', 'Requests a second of the workload at nominal latency', '{request}/s', [
    [offered.rate, {}],
  ]);
  points.gauge('squall.achieved_rate', 'Requests a second of the run', '{request}/s', [[offered.achieved, {}]]);
  points.findings(findings);
  points.gauge(
    'squall.threshold',
    'Whether a threshold holds',
    '1',
    thresholds.map((threshold) => [
      threshold.ok ? 1 : 0,
      { metric: threshold.metric, threshold: threshold.expression },
    ]),
  );
  points.sum(
    'squall.faults',
    'Faults that fired',
    '{fault}',
    Object.entries(result.faults).map(([fault, count]) => [count, { fault }] as const),
  );
  points.gauge('squall.run.duration', 'Time of the run by its own clock', 'ms', [[result.durationMs, {}]]);
  points.verdict(verdict, exitCodeOf(result));
  return {
    'squall.scenario': scenario,
    'squall.profile': profile,
    'squall.seed': seed,
    'squall.side': side,
    'squall.clock': clock,
    'squall.trace_hash': result.traceHash,
  };
}

function ofMetric(metric: MetricResult, result: StoredResult, subject: string, points: Points): void {
  const name = `squall.${metric.name}`;
  switch (metric.type) {
    case 'trend': {
      const { values } = metric;
      const parts = (result.histograms ?? []).filter((each) => each.metric === metric.name);
      if (parts.length > 0) {
        const counts = bucketCounts(metric.name, parts, subject);
        const count = counts.reduce((sum, each) => sum + each, 0);
        points.histogram(name, `Distribution of ${metric.name}`, counts, {
          count,
          sum: values.mean * values.count,
          min: values.min,
          max: values.max,
        });
      }
      if (values.count === 0) return;
      const quantiles = QUANTILES.map(([quantile, key]): Point => [values[key], { quantile }]);
      points.gauge(`${name}.quantile`, `Percentiles of ${metric.name}`, 'ms', quantiles);
      return;
    }
    case 'rate': {
      const { rate, passes, total } = metric.values;
      if (total > 0) points.gauge(name, `Share of ${metric.name}`, '1', [[rate, {}]]);
      points.sum(`${name}.passes`, `Passes of ${metric.name}`, '1', passes);
      points.sum(`${name}.total`, `Passes and failures of ${metric.name}`, '1', total);
      return;
    }
    case 'counter':
      points.sum(name, `Count of ${metric.name}`, unitOf(metric.name), metric.values.count);
      return;
    case 'gauge':
      if (metric.values.count > 0) points.gauge(name, metric.name, unitOf(metric.name), [[metric.values.value, {}]]);
  }
}

/** As UCUM has it. */
function unitOf(metric: string): string {
  return metric.startsWith('bytes_') || metric.endsWith('_bytes') ? 'By' : '1';
}

/** How many values of all phases lie in each bucket; a value belongs where its own bucket begins. */
function bucketCounts(metric: string, parts: readonly { readonly hdr: string }[], subject: string): readonly number[] {
  const counts = Array.from({ length: BOUNDARIES_MS.length + 1 }, () => 0);
  for (const part of parts) {
    let distribution: JsHistogram;
    try {
      distribution = distributionOf(part) as JsHistogram;
    } catch {
      const expected = `a distribution as HdrHistogram writes it (in ${subject})`;
      throw new InputError(`histograms of ${metric}`, part.hdr, expected, 'ERR_RESULT');
    }
    let bucket = 0;
    for (let index = 0; index < distribution.countsArrayLength; index++) {
      const count = distribution.getCountAtIndex(index);
      if (count === 0) continue;
      const valueMs = distribution.valueFromIndex(index) / 1000;
      while (bucket < BOUNDARIES_MS.length && valueMs > BOUNDARIES_MS[bucket]!) bucket++;
      counts[bucket] = counts[bucket]! + count;
    }
  }
  return counts;
}

type Point = readonly [value: number, attributes: Attributes];

/** Data points of one span of time. */
class Points {
  readonly metrics: MetricData[] = [];
  readonly #startTime: HrTime;
  readonly #endTime: HrTime;

  constructor(startTime: HrTime, endTime: HrTime) {
    this.#startTime = startTime;
    this.#endTime = endTime;
  }

  gauge(name: string, description: string, unit: string, points: readonly Point[]): void {
    if (points.length === 0) return;
    this.metrics.push({
      ...this.#common(name, description, unit, ValueType.DOUBLE),
      dataPointType: DataPointType.GAUGE,
      dataPoints: points.map((point) => this.#point(...point)),
    });
  }

  /** What only grows, in whole numbers. */
  sum(name: string, description: string, unit: string, values: number | readonly Point[]): void {
    const points = typeof values === 'number' ? [[values, {}] as const] : values;
    if (points.length === 0) return;
    this.metrics.push({
      ...this.#common(name, description, unit, ValueType.INT),
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: points.map((point) => this.#point(...point)),
    });
  }

  histogram(
    name: string,
    description: string,
    counts: readonly number[],
    value: { count: number; sum: number; min: number; max: number },
  ): void {
    const { startTime, endTime } = this.#times();
    const buckets = { boundaries: [...BOUNDARIES_MS], counts: [...counts] };
    this.metrics.push({
      ...this.#common(name, description, 'ms', ValueType.DOUBLE),
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: [{ startTime, endTime, attributes: {}, value: { ...value, buckets } }],
    });
  }

  findings(findings: readonly { readonly kind: string }[]): void {
    const counts = ['safety', 'liveness'].map((kind): Point => [
      findings.filter((finding) => finding.kind === kind).length,
      { kind },
    ]);
    this.gauge('squall.findings', 'Distinct findings of oracles', '{finding}', counts);
  }

  /** How it ended: 1 where it passed, with the words beside. */
  verdict(verdict: string, exitCode: number): void {
    this.gauge('squall.passed', 'Whether it passed', '1', [[exitCode === 0 ? 1 : 0, { verdict }]]);
    this.gauge('squall.exit_code', 'Exit code of the command', '1', [[exitCode, {}]]);
  }

  #common(name: string, description: string, unit: string, valueType: ValueType) {
    return {
      descriptor: { name, description, unit, valueType },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
    };
  }

  #point(value: number, attributes: Attributes) {
    return { ...this.#times(), attributes, value };
  }

  #times(): { startTime: HrTime; endTime: HrTime } {
    return { startTime: this.#startTime, endTime: this.#endTime };
  }
}
