// A result as a run leaves it, and surroundings that record what a command says: for tests of the output.
import type { Io } from '../../cli/io.ts';
import { resolveConfig } from '../../scenarios/config.ts';
import type { Result } from '../../scenarios/result.ts';
import { Histogram } from '../../sim/histogram.ts';
import { fakeScenario } from '../scenarios/fake-scenario.ts';

const times = {
  count: 95_164,
  min: 5.2,
  mean: 64.123,
  p50: 60.4,
  p90: 90.1,
  p95: 128.44,
  p99: 999.6,
  p999: 1280,
  max: 312_000,
};

/** A distribution of values in µs, encoded. */
function recordedHistogram(valuesUs: readonly number[]): string {
  const histogram = new Histogram();
  for (const valueUs of valuesUs) histogram.recordUs(valueUs);
  return histogram.encoded();
}

/** A result with every kind of metric, passed unless changed. */
export function recordedResult(change: Partial<Result> = {}): Result {
  const config = resolveConfig(
    { seed: '42', config: { band: { requestsPerSecondMin: 200, requestsPerSecondMax: 400 } } },
    fakeScenario(),
  );
  return {
    schemaVersion: 1,
    tool: { name: 'squall', version: '0.1.0' },
    runtime: { node: '24.0.0', v8: '13.0', lockHash: '00ff' },
    seed: '42',
    scenario: 'sync-relay',
    profile: 'light',
    config,
    clock: 'virtual',
    side: 'model',
    durationMs: 312_000,
    wallMs: 3100,
    events: 1_234_567,
    traceHash: '0123456789abcdef',
    protocolHash: 'fedcba9876543210',
    offered: { rate: 318.84, achieved: 317.2, band: config.band ?? null },
    metrics: [
      { name: 'requests', type: 'trend', values: times },
      { name: 'catch_up_time', type: 'trend', values: { ...times, count: 0 } },
      { name: 'push_response_time', type: 'trend', values: { ...times, count: 7, min: 0.85 } },
      { name: 'requests_failed', type: 'rate', values: { rate: 0.00001, passes: 1, total: 95_164 } },
      { name: 'changes_accepted', type: 'counter', values: { count: 12_345, perSecond: 41.15 } },
      { name: 'log_bytes', type: 'gauge', values: { count: 3, value: 7_406_000, min: 0, max: 7_406_000 } },
    ],
    thresholds: [
      { metric: 'requests', expression: 'p(95)<500', value: 128.44, ok: true },
      { metric: 'requests_failed', expression: 'rate<0.05', value: 0.00001, ok: true },
      { metric: 'changes_accepted', expression: 'count>0', value: 12_345, ok: true },
    ],
    findings: [],
    faults: { loss: 12, partition: 0 },
    marks: { 'page boundary': 3, 'retry met a stored change': 0 },
    timeline: {
      windowMs: 10_000,
      phases: [
        { name: 'ramp up', startMs: 0, endMs: 60_000 },
        { name: 'hold', startMs: 60_000, endMs: 300_000 },
        { name: 'drain', startMs: 300_000, endMs: 312_000 },
      ],
      series: {
        requestsPerSecond: [120.5, 310, 318.2],
        p50Ms: [58, 60.4, 61],
        p95Ms: [110, 128.44, 131],
        p99Ms: [700, 999.6, 940],
        errorsPerSecond: [0, 0.1, 0],
        outstandingConflicts: [0, 2, 1],
        relayQueue: [0, 3, 0],
        relayUse: [0.1, 0.42, 0.4],
      },
      faults: { loss: [2, 6, 4] },
    },
    histograms: [
      { metric: 'requests', phase: 'hold', startMs: 60_000, endMs: 300_000, hdr: recordedHistogram([5200, 60_400]) },
    ],
    verdict: 'passed',
    ...change,
  };
}

/** Surroundings that keep what is written. */
export function recordingIo(change: Partial<Io> = {}): Io & { stdout: string; stderr: string; interrupt(): void } {
  let nowMs = 0;
  const io = {
    stdout: '',
    stderr: '',
    interrupt: () => undefined as void,
    out: (text: string) => void (io.stdout += text),
    err: (text: string) => void (io.stderr += text),
    outIsTerminal: false,
    errIsTerminal: false,
    columns: () => 80,
    env: {},
    cwd: '/',
    nowMs: () => (nowMs += 1000),
    drawSeed: () => 'drawn',
    onInterrupt(listener: () => void) {
      io.interrupt = listener;
      return () => void (io.interrupt = () => undefined);
    },
    ...change,
  };
  return io;
}
