import { describe, expect, it } from 'vitest';
import type { ServiceOptions } from '../../../models/relay/service-options.ts';
import { type LoopRun, runLoop } from '../../../scenarios/capacity/loop-model.ts';
import { quantileOf, type Arrivals, type StepPart } from '../../../scenarios/capacity/steps.ts';

const PLAIN: ServiceOptions = {
  kind: 'event-loop',
  turnMs: 0,
  pushMs: 1,
  pushMsPerChange: 0,
  pullMs: 1,
  pullMsPerRow: 0,
  commitMs: 0,
  commitMsPerChange: 0,
  commitPushesMax: 500,
  checkpointChanges: 0,
  checkpointMs: 0,
  stallsPerMinute: 0,
  stallMsMedian: 1,
  stallSigma: 0,
  idleAfterMs: 0,
  idleMs: 0,
};
const mean = (values: Float64Array): number => values.reduce((sum, each) => sum + each, 0) / values.length;
const part = (op: StepPart['op'], size: number): StepPart => ({ op, size, weight: 1 });

function outcome(
  service: Partial<ServiceOptions>,
  parts: readonly StepPart[],
  arrivals: Arrivals,
  more?: Partial<LoopRun>,
) {
  return runLoop({
    service: { ...PLAIN, ...service },
    serviceSigma: 0,
    client: { p50: 0, p95: 0 },
    load: { name: 'load', parts, arrivals },
    requests: 100_000,
    seed: '1',
    ...more,
  });
}
const open = (perSecond: number): Arrivals => ({ kind: 'open', perSecond });

it('comes to an end where stalls take more time than lies between them', () => {
  const { latenciesMs } = outcome({ stallsPerMinute: 6000, stallMsMedian: 50 }, [part('pull', 0)], open(5), {
    requests: 200,
  });
  // Ten milliseconds of work in each sixty.
  expect(mean(latenciesMs[0]!)).toBeGreaterThan(10);
});

describe('the loop against theory', () => {
  it.each([0.5, 0.8])('pulls of a fixed cost at use %s wait as in M/D/1', (use) => {
    const { latenciesMs } = outcome({}, [part('pull', 0)], open(1000 * use), { requests: 400_000 });
    const theory = 1 + use / (2 * (1 - use));
    expect(mean(latenciesMs[0]!) / theory).toBeCloseTo(1, 1);
    expect(Math.abs(mean(latenciesMs[0]!) / theory - 1)).toBeLessThan(0.03);
  });

  it('pulls of a spread cost wait as in M/G/1 (Pollaczek and Khinchine)', () => {
    const sigma = 0.8;
    const { latenciesMs } = outcome({}, [part('pull', 0)], open(600), { serviceSigma: sigma, requests: 400_000 });
    const theory = 1 + (0.6 * Math.exp(sigma * sigma)) / (2 * 0.4);
    expect(Math.abs(mean(latenciesMs[0]!) / theory - 1)).toBeLessThan(0.05);
  });
});

describe('the loop', () => {
  it('shares the costs of turn and commit among all that wait', () => {
    const service = { turnMs: 5, commitMs: 5, pushMs: 0.1 };
    const alone = outcome(service, [part('push', 1)], { kind: 'closed', connections: 1 }, { requests: 1000 });
    const many = outcome(service, [part('push', 1)], { kind: 'closed', connections: 50 }, { requests: 5000 });
    expect(alone.perSecond).toBeCloseTo(1000 / 10.1, 1);
    expect(alone.pushesPerCommit).toBe(1);
    // All come back at once without a delay of their own, so all share.
    expect(many.pushesPerCommit).toBeCloseTo(50, 0);
    expect(many.perSecond).toBeGreaterThan(3000);
  });

  it('answers a pull when its own work ends, and a push after the commit', () => {
    const service = { commitMs: 7, commitMsPerChange: 0.5, pullMs: 2, pullMsPerRow: 0.1, pushMs: 1 };
    const light = { kind: 'open', perSecond: 0.5 } as const;
    const { latenciesMs } = outcome(service, [part('push', 4), part('pull', 10)], light, { requests: 2000 });
    expect(quantileOf(latenciesMs[0]!, 0.5)).toBeCloseTo(1 + 7 + 2, 6);
    expect(quantileOf(latenciesMs[1]!, 0.5)).toBeCloseTo(3, 6);
  });

  it('commits no more pushes at once than it may', () => {
    const { pushesPerCommit } = outcome({ commitPushesMax: 8, commitMs: 1 }, [part('push', 1)], {
      kind: 'closed',
      connections: 50,
    });
    expect(pushesPerCommit).toBeLessThanOrEqual(8);
    expect(pushesPerCommit).toBeGreaterThan(6);
  });

  it('is slower after a rest, and only then', () => {
    const service = { idleAfterMs: 20, idleMs: 3 };
    const { latenciesMs } = outcome(service, [part('pull', 0)], open(10), { requests: 20_000 });
    const slow = latenciesMs[0]!.filter((each) => each > 3.5).length / latenciesMs[0]!.length;
    // Gaps are exponential with a mean of 100 ms: a rest of 20 ms follows about exp(−0.21) of the answers.
    expect(slow).toBeGreaterThan(0.78);
    expect(slow).toBeLessThan(0.84);
  });

  it('meets stalls as often as they come', () => {
    const service = { stallsPerMinute: 600, stallMsMedian: 20, stallSigma: 0 };
    const { latenciesMs } = outcome(service, [part('pull', 0)], open(20), { requests: 50_000 });
    const slow = latenciesMs[0]!.filter((each) => each > 1.001).length / latenciesMs[0]!.length;
    // Ten stalls of 20 ms a second take a fifth of the time; some requests wait for others, or meet one in their own ms.
    expect(slow).toBeGreaterThan(0.19);
    expect(slow).toBeLessThan(0.25);
  });

  it('writes its log back after so many changes', () => {
    const { latenciesMs } = outcome({ checkpointChanges: 100, checkpointMs: 50 }, [part('push', 1)], {
      kind: 'closed',
      connections: 1,
    });
    const slow = latenciesMs[0]!.filter((each) => each > 50).length / latenciesMs[0]!.length;
    expect(slow).toBeCloseTo(0.01, 3);
  });

  it('adds the client’s own delay to each request', () => {
    const client = { p50: 2, p95: 4 };
    const { latenciesMs } = outcome({}, [part('pull', 0)], open(1), { client, requests: 20_000 });
    expect(quantileOf(latenciesMs[0]!, 0.5)).toBeCloseTo(3, 1);
    expect(Math.abs(quantileOf(latenciesMs[0]!, 0.95) - 5)).toBeLessThan(0.1);
  });
});
