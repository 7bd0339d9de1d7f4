// The search driven by a queue whose answer is known: Poisson arrivals at c servers with exponential service (Erlang C).
import { expect, it } from 'vitest';
import { knownOf, next, type Probe, searchFrom, told } from '../../../scenarios/capacity/search.ts';
import { exponentialUs } from '../../../sim/distributions.ts';
import { Simulation } from '../../../sim/simulation.ts';
import { Station } from '../../../sim/station.ts';

const SERVICE_US = 10_000;
/** Each user's arrivals per second. */
const RATE = 0.05;

/** Erlang's C: the share of jobs that wait. */
function erlangC(servers: number, load: number): number {
  let blocking = 1;
  for (let n = 1; n <= servers; n++) blocking = (load * blocking) / (n + load * blocking);
  return blocking / (1 - (load / servers) * (1 - blocking));
}

/** Mean stay of M/M/c at so many users, µs. */
function stayUs(servers: number, users: number): number {
  const load = (users * RATE * SERVICE_US) / 1e6;
  return load >= servers ? Number.POSITIVE_INFINITY : SERVICE_US * (1 + erlangC(servers, load) / (servers - load));
}

/** The mean stay of so many jobs at a station, after a tenth of them. */
function simulated(servers: number, { users, seed, isLong }: Probe): number {
  const sim = new Simulation({ seed: `${seed}` });
  const station = new Station(sim, { name: 'station', servers, queueLimit: Infinity }, () => {});
  const gaps = sim.streams.stream('gaps');
  const services = sim.streams.stream('services');
  const gapUs = 1e6 / (users * RATE);
  const arrive = sim.handler('arrive', () => {
    station.offer(0, exponentialUs(services, SERVICE_US));
    sim.schedule(exponentialUs(gaps, gapUs), arrive);
  });
  sim.schedule(0, arrive);
  const windowUs = Math.round((isLong ? 120_000 : 30_000) * gapUs);
  sim.run(Math.round(windowUs / 10));
  station.resetStatistics();
  sim.run(sim.nowUs + windowUs);
  const { sumSojournUs, completed } = station.statistics();
  return sumSojournUs / completed;
}

it.each([
  { servers: 1, limitUs: 40_000 },
  { servers: 4, limitUs: 16_000 },
  { servers: 16, limitUs: 12_000 },
])(
  'the search finds the capacity of M/M/$servers within 2%',
  ({ servers, limitUs }) => {
    let known = 1;
    while (stayUs(servers, known + 1) <= limitUs) known++;
    let state = searchFrom({ from: 100, width: 0.01 });
    for (let asked = next(state); asked.length > 0; asked = next(state)) {
      state = told(
        state,
        asked.map((probe) => ({ ...probe, isMet: simulated(servers, probe) <= limitUs })),
      );
    }
    expect(state.outcome?.kind).toBe('found');
    expect(Math.abs(knownOf(state).low / known - 1)).toBeLessThan(0.02);
  },
  120_000,
);
