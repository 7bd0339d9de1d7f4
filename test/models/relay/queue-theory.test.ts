// The relay's model against queueing theory: what requests wait for is where the formulas say, with 99% confidence. Sources:
// L. Kleinrock, Queueing Systems I (1975): M/M/c §3.5, M/G/1 §5.6. The station alone is tested in test/sim/station-theory.

import { describe, expect, test } from 'vitest';
import { SeededDraws } from '../../../models/draws.ts';
import { PLAIN_CLUSTER } from '../../../models/relay/cluster-options.ts';
import type { PullRequest } from '../../../models/relay/messages.ts';
import { RelayModel } from '../../../models/relay/model.ts';
import type { RelayOptions } from '../../../models/relay/model-ports.ts';
import { type ServiceOptions, WORKERS } from '../../../models/relay/service-options.ts';
import { sampler } from '../../../sim/distributions.ts';
import { Simulation } from '../../../sim/simulation.ts';
import { LOOP, PLAIN } from './relay-bench.ts';

const SERVICE_MS = 10;
const BATCHES = 20;
/** Student's t with 19 degrees of freedom at 99.5%. */
const STUDENT_T = 2.861;

interface Load {
  readonly use: number;
  readonly requests: number;
  readonly relay?: Partial<RelayOptions>;
  readonly service?: Partial<ServiceOptions>;
}

/** Poisson arrivals of pulls; the mean time until the answer in mean service times, and its half width. */
function answersAfter({ use, requests, relay, service }: Load): { mean: number; halfWidth: number } {
  const sim = new Simulation({ seed: 'relay theory' });
  const options = { ...PLAIN, pullMsMean: SERVICE_MS, ...relay };
  const sentUs: number[] = [];
  let [answers, sumUs] = [0, 0];
  const model = new RelayModel(
    sim,
    { ...options, queueLimit: 1e9, service: { ...WORKERS, ...service }, cluster: PLAIN_CLUSTER },
    {
      handle: () => ({ kind: 'pushed', accepted: [], rejected: [], stored: 0 }),
      rowsFor: () => 0,
      respond: ({ cause }) => {
        answers++;
        sumUs += sim.nowUs - sentUs[cause]!;
      },
      notify: () => undefined,
      draws: new SeededDraws(sim.streams),
    },
  );
  const gapUs = (SERVICE_MS * 1000) / (use * options.instances * options.workers);
  const gap = sampler({ kind: 'exponential', mean: gapUs }, sim.streams.stream('gap'));
  const arrive = sim.handler('test/arrive', () => {
    const cause = sentUs.push(sim.nowUs) - 1;
    const pull: PullRequest = {
      kind: 'pull',
      ledger: 0,
      device: 0,
      cause,
      attempt: 0,
      page: 0,
      serial: 1,
      bytes: 100,
      since: 0,
    };
    model.receive(pull);
    sim.schedule(Math.round(gap()), arrive);
  });
  sim.schedule(0, arrive);
  const batchUs = Math.round((requests * gapUs) / BATCHES);
  sim.run(Math.round(batchUs / 2));
  const means: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    [answers, sumUs] = [0, 0];
    sim.run(sim.nowUs + batchUs);
    means.push(sumUs / answers / (SERVICE_MS * 1000));
  }
  model.checkStations();
  const mean = means.reduce((sum, each) => sum + each, 0) / BATCHES;
  const variance = means.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (BATCHES - 1);
  return { mean, halfWidth: STUDENT_T * Math.sqrt(variance / BATCHES) };
}

/** Service and wait of M/G/1 by Pollaczek and Khinchine, for lognormal service of a sigma, in mean service times. */
function answerOfMG1(use: number, sigma: number): number {
  return 1 + (use * Math.exp(sigma * sigma)) / (2 * (1 - use));
}

const KINDS = [
  ['one worker', {}],
  ['an event loop', { ...LOOP, turnMs: 0, pullMs: SERVICE_MS }],
] as const;

describe.each(KINDS)('%s', (_name, service) => {
  test.each([
    { use: 0.5, sigma: 0, requests: 60_000 },
    { use: 0.8, sigma: 0, requests: 150_000 },
    { use: 0.5, sigma: 0.8, requests: 150_000 },
    { use: 0.8, sigma: 0.8, requests: 400_000 },
  ])('at use $use with a spread of $sigma answers as M/G/1 does', ({ use, sigma, requests }) => {
    const { mean, halfWidth } = answersAfter({ use, requests, relay: { serviceSigma: sigma }, service });
    const theory = answerOfMG1(use, sigma);
    expect(halfWidth / theory).toBeLessThan(0.05);
    expect(Math.abs(mean - theory)).toBeLessThan(halfWidth);
    // Sharp enough to tell a spread, or a use, that is a little greater.
    expect(Math.abs(mean - answerOfMG1(use, sigma + 0.3))).toBeGreaterThan(halfWidth);
    expect(Math.abs(mean - answerOfMG1(use * 1.05, sigma))).toBeGreaterThan(halfWidth);
  });
});

test('instances in turn are as good as one queue for all where all requests take as long, and worse where they do not', () => {
  const answers = (relay: Partial<RelayOptions>): { mean: number; halfWidth: number } =>
    answersAfter({ use: 0.8, requests: 200_000, relay });
  // Constant times end in order of arrival, so one queue gives each server every fourth request too (C. D. Crommelin, "Delay
  // probability formulae when the holding times are constant", 1932, reckons M/D/c that way).
  expect(answers({ instances: 4 })).toEqual(answers({ workers: 4 }));
  const inTurn = answers({ instances: 4, serviceSigma: 0.8 });
  const together = answers({ workers: 4, serviceSigma: 0.8 });
  expect(together.mean + together.halfWidth).toBeLessThan(inTurn.mean - inTurn.halfWidth);
});
