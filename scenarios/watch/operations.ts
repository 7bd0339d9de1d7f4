// The trends of a run as they stand, with what thresholds ask of them: the figures that its result would have now. It only
// reads. It must not know how they are shown.

import { Histogram, millisecondsOf } from '../../sim/histogram.ts';
import { type Rate, type Trend, trendValues } from '../../sim/metric-kinds.ts';
import { judge, parseThreshold, type ThresholdResult } from '../thresholds.ts';
import type { World } from '../world.ts';
import type { Limit, Operation, OperationHistogram } from './snapshot.ts';

/** What it reads. */
type Watched = Pick<World, 'config' | 'simulation'>;

/** These come first, in this order. */
const FIRST: readonly string[] = [
  'requests',
  'push_response_time',
  'pull_response_time',
  'sync_latency',
  'catch_up_time',
  'conflict_resolution_time',
  'convergence_time',
];

/** Where the error rate of a trend comes from, and whether a trial passes there where something failed. */
const ERRORS: Readonly<Record<string, { readonly rate: string; readonly passesOnFailure: boolean }>> = {
  requests: { rate: 'requests_failed', passesOnFailure: true },
  push_response_time: { rate: 'push_success_rate', passesOnFailure: false },
  pull_response_time: { rate: 'pull_success_rate', passesOnFailure: false },
};

/** Percentiles that a row shows. */
const SHOWN: Readonly<Record<number, Limit['of']>> = { 50: 'p50', 90: 'p90', 95: 'p95', 99: 'p99' };

/** About as many bars as a histogram has; where values lie close together, there are fewer. */
const BARS = 40;

/** All thresholds as they would be judged now, in their order. */
export function thresholdsOf(world: Watched): ThresholdResult[] {
  return judge(world.config.thresholds, world.simulation.metrics, measuredUs(world));
}

/**
 * Every trend that has a sample, with the figures that a result has.
 * @param thresholds as `thresholdsOf` gives them now, where that is known already
 */
export function operationsOf(
  world: Watched,
  thresholds: readonly ThresholdResult[] = thresholdsOf(world),
): Operation[] {
  const elapsedUs = measuredUs(world);
  const total = new Histogram();
  return sampledTrends(world).map((trend) => {
    const { count, p50, p90, p95, p99, max } = trendValues(trend.total(total));
    return {
      metric: trend.name,
      count,
      perSecond: elapsedUs === 0 ? 0 : (count * 1e6) / elapsedUs,
      p50,
      p90,
      p95,
      p99,
      max,
      errorRate: errorRateOf(world, trend.name),
      limits: limitsOf(trend.name, thresholds),
    };
  });
}

/** The distributions of the same trends, in the same order. The counts of a histogram's bars add up to its own. */
export function histogramsOf(world: Watched): OperationHistogram[] {
  const total = new Histogram();
  return sampledTrends(world).map((trend) => {
    const { count } = trend.total(total);
    return { metric: trend.name, count, bars: barsOf(total) };
  });
}

/** Virtual time since the run, or what followed its warm-up, began, µs. */
function measuredUs({ config, simulation }: Watched): number {
  const { nowUs } = simulation;
  const warmUpUs = config.warmUpMs * 1000;
  return nowUs < warmUpUs ? nowUs : nowUs - warmUpUs;
}

function sampledTrends({ simulation: { metrics } }: Watched): Trend[] {
  const names = metrics.names;
  const others = names.filter((name) => !FIRST.includes(name));
  return [...FIRST, ...others].flatMap((name) => {
    const metric = metrics.find(name);
    return metric?.type === 'trend' && metric.count > 0 ? [metric] : [];
  });
}

function errorRateOf({ simulation: { metrics } }: Watched, trend: string): number | null {
  const source = ERRORS[trend];
  if (source === undefined) return null;
  const rate = metrics.find(source.rate) as Rate | undefined;
  if (rate === undefined || rate.total === 0) return null;
  return source.passesOnFailure ? rate.rate : 1 - rate.rate;
}

/** Of the thresholds on a trend, and of those on the rate that its errors come from. */
function limitsOf(trend: string, thresholds: readonly ThresholdResult[]): Limit[] {
  const source = ERRORS[trend];
  return thresholds.flatMap(({ metric, expression, ok }) => {
    if (metric !== trend && metric !== source?.rate) return [];
    const { statistic, limit } = parseThreshold(metric, expression);
    if (metric !== trend && statistic.of === 'rate') {
      const onErrors = source?.passesOnFailure === true ? limit : withoutNoise(1 - limit);
      return [{ metric, of: 'errorRate', expression, limit: onErrors, ok }];
    }
    return [{ metric, of: metric === trend ? figureOf(statistic) : 'other', expression, limit, ok }];
  });
}

function figureOf(statistic: ReturnType<typeof parseThreshold>['statistic']): Limit['of'] {
  if (statistic.of === 'percentile') return SHOWN[statistic.percentile] ?? 'other';
  return statistic.of === 'max' ? 'max' : 'other';
}

/** 1 − 0.95 is 0.05. */
function withoutNoise(share: number): number {
  return Math.round(share * 1e12) / 1e12;
}

/** Bars whose widths grow by the same factor, as far as the histogram's buckets, which are not cut, allow. */
function barsOf(histogram: Histogram): OperationHistogram['bars'] {
  if (histogram.count === 0) return [];
  const edgesUs = edgesOf(histogram);
  const counts = edgesUs.map(() => 0);
  let bar = 0;
  histogram.forEachBucket((fromUs, _toUs, count) => {
    while (bar + 1 < edgesUs.length && fromUs >= edgesUs[bar + 1]!) bar++;
    counts[bar]! += count;
  });
  return edgesUs.slice(1).map((toUs, index) => ({
    fromMs: millisecondsOf(edgesUs[index]!),
    toMs: millisecondsOf(toUs),
    count: counts[index]!,
  }));
}

/** From the start of the lowest bucket with a value to the end of the highest; each lies between two buckets. */
function edgesOf(histogram: Histogram): number[] {
  const { minUs, maxUs } = histogram;
  const endUs = histogram.bucketEndUs(maxUs);
  // There is no factor that leads from 0 to anything.
  const lowestUs = Math.max(1, histogram.bucketStartUs(minUs));
  const step = Math.log(endUs / lowestUs) / BARS;
  const edgesUs = minUs === 0 ? [0, lowestUs] : [lowestUs];
  for (let bar = 1; bar < BARS; bar++) {
    const edgeUs = histogram.bucketStartUs(Math.floor(lowestUs * Math.exp(bar * step)));
    if (edgeUs > edgesUs.at(-1)! && edgeUs < endUs) edgesUs.push(edgeUs);
  }
  if (endUs > edgesUs.at(-1)!) edgesUs.push(endUs);
  return edgesUs;
}
