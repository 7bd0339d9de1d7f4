import { describe, expect, it } from 'vitest';
import { EventLoop } from '../../../models/relay/event-loop.ts';
import type { ServiceOptions } from '../../../models/relay/service-options.ts';
import { Stalls } from '../../../models/relay/stalls.ts';
import { runLoop } from '../../../scenarios/capacity/loop-model.ts';
import { inOrder, quantileOf } from '../../../scenarios/capacity/steps.ts';
import { Simulation } from '../../../sim/simulation.ts';

const SERVICE: ServiceOptions = {
  kind: 'event-loop',
  turnMs: 0.2,
  pushMs: 0.05,
  pushMsPerChange: 0.01,
  pullMs: 0.1,
  pullMsPerRow: 0.002,
  commitMs: 0.4,
  commitMsPerChange: 0.02,
  commitPushesMax: 500,
  checkpointChanges: 300,
  checkpointMs: 5,
  stallsPerMinute: 120,
  stallMsMedian: 3,
  stallSigma: 0.5,
  idleAfterMs: 4,
  idleMs: 0.3,
};
const mean = (values: Float64Array): number => values.reduce((sum, each) => sum + each, 0) / values.length;
const CHANGES = 3;
const ROWS = 10;

/** Half pushes of 3 changes, half pulls of 10 rows, at instants that come by chance. */
function ofTheRelay(perSecond: number, requests: number): { pushes: Float64Array; pulls: Float64Array } {
  const sim = new Simulation({ seed: 'parity' });
  const draws = sim.streams.stream('arrivals');
  const arrivedUs: number[] = [];
  const [pushes, pulls]: [number[], number[]] = [[], []];
  const which = sim.streams.stream('which');
  const kinds: boolean[] = [];
  const isPush = (job: number): boolean => (kinds[job] ??= which.chance(0.5));
  const loop = new EventLoop(
    sim,
    { name: 'loop', queueLimit: 1e6, patienceUs: 1e12, servers: 1, service: SERVICE },
    {
      stalls: new Stalls(SERVICE, sim.streams.stream('stalls')),
      done: (job) => void (isPush(job) ? pushes : pulls).push((sim.nowUs - arrivedUs[job]!) / 1000),
    },
  );
  const pushUs = 1000 * (SERVICE.pushMs + SERVICE.pushMsPerChange * CHANGES);
  const pullUs = 1000 * (SERVICE.pullMs + SERVICE.pullMsPerRow * ROWS);
  const arrive = sim.handler('arrive', () => {
    const job = arrivedUs.push(sim.nowUs) - 1;
    loop.offer(job, isPush(job) ? pushUs : pullUs, isPush(job) ? CHANGES : 0);
    if (arrivedUs.length < requests) sim.schedule(Math.round((-1e6 / perSecond) * Math.log(1 - draws.next())), arrive);
  });
  sim.schedule(0, arrive);
  sim.run();
  return { pushes: inOrder(pushes), pulls: inOrder(pulls) };
}

describe('the loop of fits and the one of the modelled relay', () => {
  it.each([100, 800, 2500])(
    'take as long at %s requests a second, the mean within 4% and p95 within 12%',
    (perSecond) => {
      const real = ofTheRelay(perSecond, 150_000);
      const parts = [
        { op: 'push', size: CHANGES, weight: 1 },
        { op: 'pull', size: ROWS, weight: 1 },
      ] as const;
      const load = { name: 'parity', parts, arrivals: { kind: 'open', perSecond } } as const;
      const client = { p50: 0, p95: 0 };
      const fast = runLoop({ service: SERVICE, serviceSigma: 0, client, load, requests: 150_000, seed: '1' });
      for (const [index, sorted] of [real.pushes, real.pulls].entries()) {
        const found = fast.latenciesMs[index]!;
        expect(Math.abs(mean(found) / mean(sorted) - 1)).toBeLessThan(0.04);
        expect(Math.abs(quantileOf(found, 0.95) / quantileOf(sorted, 0.95) - 1)).toBeLessThan(0.12);
      }
    },
  );
});
