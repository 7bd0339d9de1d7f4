// The search for a capacity as a state machine, against curves that are known: no simulation, no clock.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  knownOf,
  next,
  type Probe,
  searchFrom,
  type SearchOptions,
  type SearchState,
  told,
} from '../../../scenarios/capacity/search.ts';

interface Searched {
  state: SearchState;
  probes: Probe[];
}

/** Most runs of a search with the default options: doublings and bisection, then five seeds at forty loads. */
const PROBES_MAX = 260;

function search(isMet: (probe: Probe) => boolean, options: Partial<SearchOptions> = {}): Searched {
  let state = searchFrom(options);
  const probes: Probe[] = [];
  for (;;) {
    const asked = next(state);
    if (asked.length === 0) return { state, probes };
    probes.push(...asked);
    expect(probes.length).toBeLessThan(PROBES_MAX);
    state = told(
      state,
      asked.map((probe) => ({ ...probe, isMet: isMet(probe) })),
    );
  }
}

/** A number in −1…1 that is the same for the same load and seed. */
function noise({ users, seed, isLong }: Probe): number {
  const mixed = Math.imul(users * 31 + seed * 7 + (isLong ? 1 : 0), 0x9e3779b1) >>> 0;
  return (Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> 0) / 2 ** 31 - 1;
}

describe('the search', () => {
  it('finds the last load of any monotone curve, within its width, in a bounded number of runs', () => {
    const users = fc.integer({ min: 1, max: 49_999 });
    fc.assert(
      fc.property(users, users, (limit, from) => {
        const { state } = search((probe) => probe.users <= limit, { from });
        expect(state.outcome?.kind).toBe('found');
        if (state.outcome?.kind !== 'found') return;
        const { users: found, refuted } = state.outcome;
        expect(found).toBeLessThanOrEqual(limit);
        expect(refuted).toBeGreaterThan(limit);
        expect(refuted - found <= 1 || refuted / found <= 1.02).toBe(true);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('says that it is met at every load up to the bound, and that one user misses', () => {
    const options = fc.record({ from: fc.integer({ min: 1, max: 2000 }), most: fc.integer({ min: 1, max: 100_000 }) });
    fc.assert(
      fc.property(options, (given) => {
        expect(search(() => true, given).state.outcome).toEqual({ kind: 'always', users: given.most });
        expect(search(() => false, given).state.outcome).toEqual({ kind: 'never' });
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  it('ends whatever it is told, with a load that a majority of seeds confirmed', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 50_000 }), (salt, from) => {
        const confirmed = new Map<number, number>();
        const { state } = search(
          (probe) => {
            const isMet = noise({ ...probe, users: probe.users + salt }) > 0;
            if (probe.isLong && isMet) confirmed.set(probe.users, (confirmed.get(probe.users) ?? 0) + 1);
            return isMet;
          },
          { from },
        );
        expect(state.phase).toBe('done');
        if (state.outcome?.kind === 'found') expect(confirmed.get(state.outcome.users)).toBeGreaterThanOrEqual(3);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('finds the limit of a curve that noise blurs, within the noise and the width', () => {
    for (const limit of [37, 800, 12_345]) {
      const { state } = search((probe) => probe.users * (1 + 0.03 * noise(probe)) <= limit, { from: 10 });
      expect(state.outcome?.kind).toBe('found');
      expect(Math.abs(knownOf(state).low / limit - 1)).toBeLessThan(0.05);
    }
  });

  it('steps back where the long window refutes what the short one met, and up where it holds more', () => {
    const limitOf = (short: number, long: number) => (probe: Probe) => probe.users <= (probe.isLong ? long : short);
    for (const [short, long] of [
      [1000, 700],
      [1000, 1900],
      [8, 1],
    ] as const) {
      const { state } = search(limitOf(short, long), { from: 1 });
      expect(knownOf(state).low).toBeLessThanOrEqual(long);
      expect(knownOf(state).low).toBeGreaterThan(long / 1.021 - 1);
    }
  });

  it('takes the first miss from below where a curve misses, holds again and misses again', () => {
    const { state } = search(({ users }) => users <= 100 || (users >= 300 && users <= 500), { from: 64 });
    expect(knownOf(state).low).toBeLessThanOrEqual(100);
    expect(knownOf(state).low).toBeGreaterThanOrEqual(98);
  });

  it('is told results in any order, and asks for the same points again', () => {
    const isMet = ({ users }: Probe) => users <= 777;
    const forwards = search(isMet);
    let state = searchFrom();
    const probes: Probe[] = [];
    for (let asked = next(state); asked.length > 0; asked = next(state)) {
      probes.push(...asked);
      state = told(state, asked.map((probe) => ({ ...probe, isMet: isMet(probe) })).reverse());
    }
    expect(probes).toEqual(forwards.probes);
    expect(state).toEqual(forwards.state);
  });

  it('asks for five seeds over the long window before it answers', () => {
    const { probes, state } = search(({ users }) => users <= 300);
    const last = probes.filter(({ users, isLong }) => isLong && users === knownOf(state).low);
    expect(last.map(({ seed }) => seed)).toEqual([0, 1, 2, 3, 4]);
  });
});
