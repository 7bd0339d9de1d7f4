// The queueing station against queueing theory: simulated means lie where the formulas say, with 99% confidence.
// Each interval is of batch means after a warm-up, narrow enough to tell the formula from that of a station with one
// server more (or, where places are limited, one place more).
//
// Sources: L. Kleinrock, Queueing Systems I (1975): M/M/1 §3.2, M/M/c §3.5, M/M/1/K §3.6, M/M/c/c §3.7, M/G/1 §5.6.

import { describe, expect, test } from 'vitest';
import { type DistributionOptions, sampler } from '../../sim/distributions.ts';
import { Simulation } from '../../sim/simulation.ts';
import { Station } from '../../sim/station.ts';

const MEAN_SERVICE_US = 10_000;
const BATCHES = 20;
/** Student's t with 19 degrees of freedom at 99.5%. */
const STUDENT_T = 2.861;

interface Interval {
  readonly mean: number;
  readonly halfWidth: number;
}

function intervalOf(values: readonly number[]): Interval {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, halfWidth: STUDENT_T * Math.sqrt(variance / values.length) };
}

function expectWithin({ mean, halfWidth }: Interval, theory: number, relativeHalfWidth: number): void {
  expect(halfWidth / theory).toBeLessThan(relativeHalfWidth);
  expect(Math.abs(mean - theory)).toBeLessThan(halfWidth);
}

function expectOutside({ mean, halfWidth }: Interval, theory: number): void {
  expect(Math.abs(mean - theory)).toBeGreaterThan(halfWidth);
}

interface Load {
  readonly servers?: number;
  readonly queueLimit?: number;
  /** Offered load for each server: arrival rate times mean service time, over servers. */
  readonly use: number;
  /** Service times in microseconds, of mean MEAN_SERVICE_US; several are mixed by their shares. */
  readonly service?: readonly { readonly share: number; readonly distribution: DistributionOptions }[];
  /** Jobs offered in all batches together. */
  readonly jobs: number;
}

const EXPONENTIAL = [{ share: 1, distribution: { kind: 'exponential', mean: MEAN_SERVICE_US } }] as const;

/** Poisson arrivals at a station; its mean wait in mean service times, share of refused jobs, and use of the servers. */
function simulate({ servers = 1, queueLimit = Infinity, use, service = EXPONENTIAL, jobs }: Load) {
  const sim = new Simulation({ seed: 'theory' });
  const station = new Station(sim, { name: 'station', servers, queueLimit }, () => {});
  const meanGapUs = MEAN_SERVICE_US / (use * servers);
  const gap = sampler({ kind: 'exponential', mean: meanGapUs }, sim.streams.stream('gap'));
  const kind = sim.streams.stream('kind');
  const times = service.map(({ distribution }, index) => sampler(distribution, sim.streams.stream(`service/${index}`)));
  const firstShare = service[0]!.share;
  const arrive = sim.handler('arrive', () => {
    const time = times.length === 1 || kind.next() < firstShare ? times[0]! : times[1]!;
    station.offer(0, Math.round(time()));
    sim.schedule(Math.round(gap()), arrive);
  });
  sim.schedule(0, arrive);
  const batchUs = Math.round((jobs * meanGapUs) / BATCHES);
  sim.run(Math.round(batchUs / 2));
  const waits: number[] = [];
  const refusals: number[] = [];
  const uses: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    station.resetStatistics();
    sim.run(sim.nowUs + batchUs);
    const { sumWaitUs, completed, arrivals, refused } = station.statistics();
    waits.push(sumWaitUs / completed / MEAN_SERVICE_US);
    refusals.push(refused / (arrivals + refused));
    uses.push(station.utilisation());
    expect(station.littlesLaw().relativeError).toBe(0);
  }
  return { wait: intervalOf(waits), refused: intervalOf(refusals), use: intervalOf(uses) };
}

/** Erlang's B: share of jobs that find all servers busy where none may wait; load in Erlangs. B(0) = 1, B(n) = aB/(n + aB). */
function erlangB(servers: number, load: number): number {
  let blocking = 1;
  for (let n = 1; n <= servers; n++) blocking = (load * blocking) / (n + load * blocking);
  return blocking;
}

/** Mean wait of M/M/c in mean service times: C/(c − a), where C = B/(1 − (a/c)(1 − B)) is Erlang's C. For c = 1, ρ/(1 − ρ). */
function waitOfMMc(servers: number, load: number): number {
  const blocking = erlangB(servers, load);
  return blocking / (1 - (load / servers) * (1 - blocking)) / (servers - load);
}

/** Pollaczek and Khinchine: mean wait of M/G/1 in mean service times, ρ(1 + v)/(2(1 − ρ)), v the squared coefficient of variation. */
function waitOfMG1(use: number, squaredVariation: number): number {
  return (use * (1 + squaredVariation)) / (2 * (1 - use));
}

describe('M/M/1', () => {
  test.each([
    { use: 0.5, jobs: 300_000 },
    { use: 0.8, jobs: 1_000_000 },
    { use: 0.9, jobs: 3_800_000 },
  ])('mean wait at use $use', ({ use, jobs }) => {
    const simulated = simulate({ use, jobs });
    expectWithin(simulated.wait, use / (1 - use), 0.03);
    expectWithin(simulated.use, use, 0.01);
    expectOutside(simulated.wait, waitOfMMc(2, use));
  });
});

describe('M/M/c', () => {
  test.each([
    { servers: 1, use: 0.95, jobs: 6_000_000, halfWidth: 0.06 },
    { servers: 4, use: 0.5, jobs: 900_000, halfWidth: 0.03 },
    { servers: 4, use: 0.8, jobs: 2_000_000, halfWidth: 0.03 },
    { servers: 4, use: 0.95, jobs: 5_000_000, halfWidth: 0.06 },
    { servers: 16, use: 0.5, jobs: 3_000_000, halfWidth: 0.1 },
    { servers: 16, use: 0.8, jobs: 3_000_000, halfWidth: 0.05 },
    { servers: 16, use: 0.95, jobs: 6_000_000, halfWidth: 0.06 },
  ])('mean wait with $servers servers at use $use', ({ servers, use, jobs, halfWidth }) => {
    const simulated = simulate({ servers, use, jobs });
    expectWithin(simulated.wait, waitOfMMc(servers, use * servers), halfWidth);
    expectWithin(simulated.use, use, 0.01);
    expectOutside(simulated.wait, waitOfMMc(servers + 1, use * servers));
  });
});

describe('M/G/1', () => {
  const sigma = 0.8;
  // Two exponentials of which each brings half of the work: v = (1/p + 1/(1 − p))/2 − 1.
  const share = 0.1;
  test.each([
    {
      name: 'constant service (M/D/1)',
      service: [{ share: 1, distribution: { kind: 'constant', value: MEAN_SERVICE_US } }],
      squaredVariation: 0,
      jobs: 600_000,
    },
    {
      name: 'lognormal service',
      service: [{ share: 1, distribution: { kind: 'lognormal', mean: MEAN_SERVICE_US, sigma } }],
      squaredVariation: Math.exp(sigma * sigma) - 1,
      jobs: 1_200_000,
    },
    {
      name: 'hyperexponential service',
      service: [
        { share, distribution: { kind: 'exponential', mean: MEAN_SERVICE_US / (2 * share) } },
        { share: 1 - share, distribution: { kind: 'exponential', mean: MEAN_SERVICE_US / (2 * (1 - share)) } },
      ],
      squaredVariation: (1 / share + 1 / (1 - share)) / 2 - 1,
      jobs: 3_600_000,
    },
  ] as const)('mean wait with $name', ({ service, squaredVariation, jobs }) => {
    const use = 0.75;
    const simulated = simulate({ use, service, jobs });
    expectWithin(simulated.wait, waitOfMG1(use, squaredVariation), 0.03);
    // Sharp enough to tell service times of another spread.
    expectOutside(simulated.wait, waitOfMG1(use, squaredVariation * 1.1 + 0.1));
  });
});

describe('a station that refuses', () => {
  test.each([
    { servers: 1, load: 0.5 },
    { servers: 3, load: 2 },
    { servers: 10, load: 9 },
  ])('M/M/c/c with $servers servers at $load Erlang loses what Erlang B says', ({ servers, load }) => {
    const simulated = simulate({ servers, queueLimit: 0, use: load / servers, jobs: 500_000 });
    expectWithin(simulated.refused, erlangB(servers, load), 0.03);
    expectOutside(simulated.refused, erlangB(servers + 1, load));
    expect(simulated.wait.mean).toBe(0);
  });

  test('M/G/c/c loses as much, whatever the spread of service times', () => {
    const service = [{ share: 1, distribution: { kind: 'lognormal', mean: MEAN_SERVICE_US, sigma: 1 } }] as const;
    const simulated = simulate({ servers: 3, queueLimit: 0, use: 2 / 3, service, jobs: 500_000 });
    expectWithin(simulated.refused, erlangB(3, 2), 0.03);
  });

  test.each([
    { use: 0.8, queueLimit: 4 },
    { use: 1, queueLimit: 9 },
    { use: 1.5, queueLimit: 2 },
  ])('M/M/1/K at use $use with $queueLimit waiting places', ({ use, queueLimit }) => {
    // P(K) = (1 − ρ)ρᴷ/(1 − ρᴷ⁺¹), 1/(K + 1) for ρ = 1; K counts the job in service too.
    const blocking = (places: number): number => {
      let [power, sum] = [1, 1];
      for (let n = 1; n <= places; n++) sum += power *= use;
      return power / sum;
    };
    const simulated = simulate({ use, queueLimit, jobs: 800_000 });
    expectWithin(simulated.refused, blocking(queueLimit + 1), 0.03);
    expectOutside(simulated.refused, blocking(queueLimit + 2));
    expectWithin(simulated.use, use * (1 - blocking(queueLimit + 1)), 0.01);
  });
});
