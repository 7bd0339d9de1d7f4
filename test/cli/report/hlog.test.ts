// Histogram logs: read back with HdrHistogram's own reader, they give the percentiles of the result.
import fc from 'fast-check';
import { type Histogram as Read, HistogramLogReader, listTags } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { hlogReport } from '../../../cli/report/hlog.ts';
import type { Reported } from '../../../cli/report/reported.ts';
import type { Result } from '../../../scenarios/result.ts';
import { run } from '../../../scenarios/run.ts';
import { Histogram, millisecondsOf } from '../../../sim/histogram.ts';
import type { TrendValues } from '../../../sim/metric-kinds.ts';
import type { StoredResult } from '../../../scenarios/result-file.ts';
import { recordedResult } from '../recorded-result.ts';

type Run = Extract<Reported, { kind: 'run' }>;

const subject = (change: Partial<StoredResult>): Run => ({
  kind: 'run',
  name: 'out.json',
  result: { ...stored(recordedResult()), ...change },
});

/** A result as a file holds it. */
const stored = (result: Result): StoredResult => ({ ...result, config: { ...result.config } });

const logOf = (...subjects: Reported[]) => hlogReport({ subjects, stories: new Map() });

/** By tag, all intervals of it added up, and how many there were. */
function readBack(log: string): Map<string, { read: Read; intervals: number }> {
  const reader = new HistogramLogReader(log, 32);
  const byTag = new Map<string, { read: Read; intervals: number }>();
  for (let next = reader.nextIntervalHistogram(); next !== null; next = reader.nextIntervalHistogram()) {
    const before = byTag.get(next.tag);
    if (before === undefined) byTag.set(next.tag, { read: next, intervals: 1 });
    else {
      before.read.add(next);
      before.intervals++;
    }
  }
  return byTag;
}

const QUANTILES = [
  [50, 'p50'],
  [90, 'p90'],
  [95, 'p95'],
  [99, 'p99'],
  [99.9, 'p999'],
] as const;

/** Percentiles as a result has them: no more than the exact maximum. */
function checkSame(read: Read, values: TrendValues): void {
  expect(read.totalCount).toBe(values.count);
  for (const [percentile, key] of QUANTILES) {
    const us = Math.min(read.getValueAtPercentile(percentile), Math.round(values.max * 1000));
    expect([key, millisecondsOf(us)]).toEqual([key, values[key]]);
  }
}

describe('a histogram log', () => {
  it.each(['sync-relay', 'crdt-conflicts', 'mixed-workload'])(
    'of a run of %s has the percentiles of its result',
    async (scenario) => {
      const config = { users: 8, durationMs: 60_000, rampUpMs: 10_000, rampDownMs: 10_000 };
      const { result } = await run({ scenario, seed: 'log', config });
      const log = logOf({ kind: 'run', name: 'out.json', result: stored(result) });
      const byTag = readBack(log);
      const trends = result.metrics.flatMap((metric) =>
        metric.type === 'trend' && metric.values.count > 0 ? [metric] : [],
      );
      expect(trends.length).toBeGreaterThan(3);
      expect([...byTag.keys()].sort()).toEqual(trends.map(({ name }) => name).sort());
      for (const { name, values } of trends) checkSame(byTag.get(name)!.read, values);
      expect(byTag.get('requests')!.intervals).toBeGreaterThan(2);
      const starts = log.split('\n').flatMap((line) => (line.startsWith('Tag=') ? [Number(line.split(',')[1])] : []));
      expect(starts).toEqual(starts.toSorted((one, other) => one - other));
    },
  );

  it('has the percentiles of whatever was recorded in whatever phases', () => {
    const values = fc.array(fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 2 ** 42 - 1 })), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 4 }), (phases) => {
        const whole = new Histogram();
        const histograms = phases.map((recorded, at) => {
          const histogram = new Histogram();
          for (const us of recorded) histogram.recordUs(us);
          whole.add(histogram);
          return { metric: 'm', phase: `${at}`, startMs: at * 1000, endMs: at * 1000 + 500, hdr: histogram.encoded() };
        });
        const { read, intervals } = readBack(logOf(subject({ histograms }))).get('m')!;
        expect(intervals).toBe(phases.length);
        expect(read.totalCount).toBe(whole.count);
        for (const [percentile] of QUANTILES) {
          expect(Math.min(read.getValueAtPercentile(percentile), whole.maxUs)).toBe(whole.percentileUs(percentile));
        }
      }),
      { seed: 6, numRuns: 40 },
    );
  });

  const hdr = (us: number): string => {
    const histogram = new Histogram();
    histogram.recordUs(us);
    return histogram.encoded();
  };

  it('is of format 1.3: version, legend, then tag, start and length in seconds, maximum in ms', () => {
    const histograms = [
      { metric: 'late', phase: 'hold', startMs: 1500, endMs: 4000, hdr: hdr(1234) },
      { metric: 'early', phase: 'ramp up', startMs: 0, endMs: 1500, hdr: hdr(2_000_000) },
    ];
    expect(logOf(subject({ histograms })).split('\n')).toEqual([
      '#[Logged with squall 0.1.0: values in microseconds, times in seconds of virtual time]',
      '#[Histogram log format version 1.3]',
      '#[StartTime: 0.000 (seconds since epoch), virtual time]',
      '#[Run 1: sync-relay, light, seed 42]',
      '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
      // The greatest value of its bucket.
      `Tag=early,0.000,1.500,2000.895,${histograms[1]!.hdr}`,
      `Tag=late,1.500,2.500,1.234,${histograms[0]!.hdr}`,
      '',
    ]);
  });

  it('tells several runs apart, and passes over what is no run', () => {
    const histograms = [{ metric: 'requests', phase: 'hold', startMs: 0, endMs: 1, hdr: hdr(5) }];
    const log = logOf(subject({ histograms }), subject({ histograms, seed: '43' }));
    expect(listTags(log)).toEqual(['1:requests', '2:requests']);
    expect(log).toContain('#[Run 2: sync-relay, light, seed 43]\n');
    const { histograms: _none, ...older } = stored(recordedResult());
    expect(readBack(logOf({ kind: 'run', name: 'old', result: older })).size).toBe(0);
  });

  it('makes names from elsewhere harmless', () => {
    const evil = '<script>,Tag=x 1\n0,0,0,\u001b[31m]::error::';
    const histograms = [{ metric: evil, phase: evil, startMs: 0, endMs: 1, hdr: hdr(5) }];
    const log = logOf(subject({ histograms, scenario: evil, seed: evil }));
    expect([...readBack(log).keys()]).toHaveLength(1);
    expect(log.split('\n')).toHaveLength(7);
    expect(log).not.toMatch(/[^\n\x20-\x7e]/);
    expect(log.match(/^Tag=[^, ]+,/gm)).toHaveLength(1);
    const broken = [{ metric: 'm', phase: 'p', startMs: 0, endMs: 1, hdr: `${hdr(5)}\n#` }];
    expect(() => logOf(subject({ histograms: broken }))).toThrow(/^ERR_RESULT histograms of m: got ".*out\.json\)$/);
    expect(() => logOf(subject({ histograms: [{ ...broken[0]!, hdr: 'AAAA' }] }))).toThrow('ERR_RESULT');
  });
});
