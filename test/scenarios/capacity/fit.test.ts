import { describe, expect, it } from 'vitest';
import type { ServiceOptions } from '../../../models/relay/service-options.ts';
import { fitSteps } from '../../../scenarios/capacity/fit.ts';
import { checkpointsOf } from '../../../scenarios/capacity/fit-tail.ts';
import { nonNegativeLeastSquares } from '../../../scenarios/capacity/least-squares.ts';
import { runLoop } from '../../../scenarios/capacity/loop-model.ts';
import { quantileOf, type StepLoad } from '../../../scenarios/capacity/steps.ts';
import { syntheticSteps } from './synthetic-steps.ts';

const KNOWN: ServiceOptions = {
  kind: 'event-loop',
  turnMs: 0.15,
  pushMs: 0.06,
  pushMsPerChange: 0.01,
  pullMs: 0.08,
  pullMsPerRow: 0.002,
  commitMs: 0.9,
  commitMsPerChange: 0.02,
  commitPushesMax: 500,
  checkpointChanges: 0,
  checkpointMs: 0,
  stallsPerMinute: 60,
  stallMsMedian: 4,
  stallSigma: 0.4,
  idleAfterMs: 8,
  idleMs: 0.3,
};
const client = { p50: 0.15, p95: 0.3 };
const synthetic = syntheticSteps({
  service: KNOWN,
  serviceSigma: 0.4,
  client,
  drift: 0.04,
  repeats: 2,
  requests: 3000,
});
const fit = fitSteps({ ...synthetic, seed: 'fit' });

/** How far a figure is off, as a share of the known one. */
const off = (found: number, known: number): number => Math.abs(found - known) / known;

describe('the fit of steps from known figures, repeats that drift by ±4%', () => {
  it('finds what a commit takes within 15%', () => {
    expect(off(fit.service.commitMs, KNOWN.commitMs)).toBeLessThan(0.15);
    expect(off(fit.service.commitMsPerChange, KNOWN.commitMsPerChange)).toBeLessThan(0.15);
  });

  it('finds what a push of each size and a pull of each size take at saturation within 15%', () => {
    for (const size of [1, 5]) {
      const cost = (s: ServiceOptions): number => s.pushMs + s.pushMsPerChange * size;
      expect(off(cost(fit.service), cost(KNOWN))).toBeLessThan(0.15);
    }
    for (const size of [0, 100]) {
      const cost = (s: ServiceOptions): number => s.pullMs + s.pullMsPerRow * size;
      expect(off(cost(fit.service), cost(KNOWN))).toBeLessThan(0.15);
    }
  });

  it('tells the fixed cost of a turn from those of requests, within 40%', () => {
    expect(off(fit.service.turnMs, KNOWN.turnMs)).toBeLessThan(0.4);
  });

  it('finds the rest after which service is slower, and by how much within 35%', () => {
    expect(fit.service.idleAfterMs).toBe(8);
    expect(off(fit.service.idleMs, KNOWN.idleMs)).toBeLessThan(0.35);
  });

  it('finds how often the process stalls within a factor of two, and for how long within 40%', () => {
    expect(fit.service.stallsPerMinute).toBeGreaterThan(KNOWN.stallsPerMinute / 2);
    expect(fit.service.stallsPerMinute).toBeLessThan(KNOWN.stallsPerMinute * 2);
    expect(off(fit.service.stallMsMedian, KNOWN.stallMsMedian)).toBeLessThan(0.4);
  });

  it('foretells a mix that was not measured: p50 and throughput within 10%, p95 within 25%', () => {
    const parts = [
      { op: 'push', size: 3, weight: 1 },
      { op: 'pull', size: 5, weight: 2 },
    ] as const;
    const under = (arrivals: StepLoad['arrivals'], known: boolean) => {
      const { service, serviceSigma } = known ? { service: KNOWN, serviceSigma: 0.4 } : fit;
      const load = { name: 'mix', parts, arrivals };
      return runLoop({ service, serviceSigma, client, load, requests: 30_000, seed: known ? 'a' : 'b' });
    };
    const closed = { kind: 'closed', connections: 50 } as const;
    const most = under(closed, true).perSecond;
    expect(off(under(closed, false).perSecond, most)).toBeLessThan(0.1);
    for (const share of [0.25, 0.5, 0.75]) {
      const open = { kind: 'open', perSecond: share * most } as const;
      const [found, known] = [under(open, false), under(open, true)];
      for (const [part, sorted] of known.latenciesMs.entries()) {
        expect(off(quantileOf(found.latenciesMs[part]!, 0.5), quantileOf(sorted, 0.5))).toBeLessThan(0.1);
        expect(off(quantileOf(found.latenciesMs[part]!, 0.95), quantileOf(sorted, 0.95))).toBeLessThan(0.25);
      }
    }
  });

  it('takes the client’s own delay from the server that does nothing', () => {
    expect(off(fit.clientDelayMs.p50, client.p50)).toBeLessThan(0.1);
    expect(off(fit.clientDelayMs.p95, client.p95)).toBeLessThan(0.2);
  });

  it('says how repeats differ, and holds the truth in its interval', () => {
    expect(fit.noise.latency).toBeGreaterThan(0.001);
    expect(fit.noise.latency).toBeLessThan(0.2);
    expect(fit.interval.low).toBeLessThan(1);
    expect(fit.interval.high).toBeGreaterThan(1);
  });

  it('gives the same figures for the same measurements', () => {
    expect(fitSteps({ ...synthetic, seed: 'fit' })).toEqual(fit);
  });
});

it('says where the model does not explain what was measured', () => {
  const steps = synthetic.steps.map((step) =>
    // The light pulls of one size take ten times as long, which no figure of the model can say.
    step.load.name === 'light pulls'
      ? {
          ...step,
          parts: step.parts.map((part) =>
            part.part.size === 0 ? { ...part, latenciesMs: part.latenciesMs.map((each) => each * 10) } : part,
          ),
        }
      : step,
  );
  const { notes } = fitSteps({ steps, echoes: synthetic.echoes, seed: 'fit' });
  expect(notes.join('\n')).toMatch(/light pulls, pull 0: p50Ms was/);
});

it('takes long commits, by the relay’s own histogram, for write-backs that come after so many changes', () => {
  const [first] = synthetic.steps.filter(({ load }) => load.name === 'light pushes');
  const buckets = [
    { overMs: 0, upToMs: 1, count: 980 },
    { overMs: 1, upToMs: 5, count: 10 },
    { overMs: 5, upToMs: 10, count: 10 },
  ];
  const commits = { count: 1000, seconds: 1, jobs: 1000, changes: 3000, buckets };
  const { changes, ms } = checkpointsOf([{ ...first!, commits }]);
  // Half take up to 1 ms, so those over 5 ms are long; the others take what is left.
  const longMs = Math.sqrt(50);
  expect(changes).toBe(300);
  expect(ms).toBeCloseTo(longMs - (1000 - 10 * longMs) / 990, 6);
  const few = buckets.map((bucket) => ({ ...bucket, count: bucket.overMs === 0 ? 996 : 2 }));
  expect(checkpointsOf([{ ...first!, commits: { ...commits, buckets: few } }])).toEqual({ changes: 0, ms: 0 });
});

describe('least squares without negative unknowns', () => {
  it('solves what has a solution', () => {
    const equations = [
      { factors: [1, 1], value: 5, weight: 1 },
      { factors: [1, -1], value: 1, weight: 1 },
      { factors: [2, 1], value: 8, weight: 3 },
    ];
    const [x, y] = nonNegativeLeastSquares(equations, 2);
    expect(x).toBeCloseTo(3, 6);
    expect(y).toBeCloseTo(2, 6);
  });

  it('leaves an unknown at zero that would be negative', () => {
    const equations = [
      { factors: [1, 0], value: 2, weight: 1 },
      { factors: [0, 1], value: -3, weight: 1 },
    ];
    expect(nonNegativeLeastSquares(equations, 2)).toEqual([2, 0]);
  });
});
