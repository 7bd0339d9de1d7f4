// Reports for tests of the HTML page: runs that are drawn over many windows, a kept finding with its picture, all kinds.
import type { Result } from '../../../../scenarios/result.ts';
import type { Timeline } from '../../../../scenarios/timeline.ts';
import { spaceTimeOf } from '../../../../cli/report/space-time-of.ts';
import type { Report, Reported } from '../../../../cli/report/reported.ts';
import { Histogram } from '../../../../sim/histogram.ts';
import { foundBy, specimenFile } from '../../found.ts';
import { recordedResult } from '../../recorded-result.ts';
import { checkedBaseline, finding, huntOf, replayOf, runOf } from '../subjects.ts';

/** What a hostile page would run. */
export const SCRIPT = '<script>window.__x=1</script>';
export const IMAGE = `"><img src=x onerror="window.__x=1">`;

const WAVE = [0.2, 0.7, 1, 0.8, 0.9, 0.4];

/** Windows of a run that goes up and down. */
export function timeline(windows: number, change: Partial<Timeline> = {}): Timeline {
  const windowMs = 312_000 / windows;
  const of = (factor: number): number[] =>
    Array.from({ length: windows }, (_, at) => Math.round(factor * WAVE[at % WAVE.length]! * (at + 1)) / windows);
  return {
    windowMs,
    phases: [
      { name: 'ramp up', startMs: 0, endMs: 60_000 },
      { name: 'hold', startMs: 60_000, endMs: 300_000 },
      { name: 'drain', startMs: 300_000, endMs: 312_000 },
    ],
    series: {
      requestsPerSecond: of(320_000),
      p50Ms: of(60_000),
      p95Ms: of(128_000),
      p99Ms: of(900_000),
      errorsPerSecond: of(3000),
      outstandingConflicts: of(40_000),
      relayQueue: of(7000),
      relayUse: of(900),
    },
    faults: { loss: of(9000).map(Math.round), partition: of(0).map((_, at) => (at % 40 === 7 ? 1 : 0)) },
    ...change,
  };
}

/** A distribution of many values, encoded. */
export function distribution(from: number): string {
  const histogram = new Histogram();
  for (let at = 0; at < 5000; at++) histogram.recordUs(from + at * at);
  return histogram.encoded();
}

/** A run that failed, with charts, faults and a finding. */
export function drawnRun(
  change: Partial<Result> = {},
  name = 'result.json',
  windows = 120,
): Reported & { kind: 'run' } {
  const histograms = ['requests', 'push_response_time', 'sync_latency'].map((metric, at) => ({
    metric,
    phase: 'hold',
    startMs: 60_000,
    endMs: 300_000,
    hdr: distribution(9000 * (at + 1)),
  }));
  const run = runOf(
    {
      timeline: timeline(windows),
      histograms,
      findings: [finding()],
      thresholds: [
        { metric: 'requests', expression: 'p(95)<500', value: 128.44, ok: true },
        { metric: 'requests', expression: 'p(99)<700', value: 999.6, ok: false },
        { metric: 'requests_failed', expression: 'rate<0.05', value: 0.00001, ok: true },
        { metric: 'catch_up_time', expression: 'p(95)<9', value: null, ok: false },
      ],
      verdict: 'safety',
      ...change,
    },
    'npx squall run sync-relay --seed 42',
  );
  return { ...run, name } as Reported & { kind: 'run' };
}

/** Two runs that differ in speed. */
export function pair(): Report {
  const metrics = recordedResult().metrics.map((metric) =>
    metric.type === 'trend' && metric.values.count > 0
      ? { ...metric, values: { ...metric.values, p95: metric.values.p95 * 1.5 } }
      : metric,
  );
  const slower = drawnRun({ metrics, traceHash: 'ffff' }, 'after.json', 90);
  return { subjects: [drawnRun({}, 'before.json'), slower], stories: new Map() };
}

/** A hunt of which one finding was kept, and that finding alone. */
export async function told(): Promise<Report> {
  const { file, documents } = await foundBy(specimenFile('prefer-local'), { oracle: 'convergence' });
  const { signature, oracle } = file.finding;
  const hunt = huntOf({ signature, oracle }) as Reported & { kind: 'hunt' };
  return {
    subjects: [
      { ...hunt, files: new Map([[signature, file]]) },
      { kind: 'finding', name: 'one.json', file },
    ],
    stories: new Map([[file, spaceTimeOf(file, documents)]]),
  };
}

/** All kinds, and two runs. */
export async function everything(): Promise<Report> {
  const { subjects, stories } = await told();
  return { subjects: [...pair().subjects, ...subjects, checkedBaseline(), replayOf()], stories };
}
