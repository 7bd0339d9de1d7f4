// Pairs of runs under the wall clock: noise passes, a real change is judged by the table.
import { describe, expect, it } from 'vitest';
import { compareByPairs, isUndecided, type Pair, type PairedRun } from '../../../scenarios/baseline/compare-pairs.ts';
import { aRate, aRun, aTrend, metricsWith } from './a-baseline.ts';

/** Noise of ±3%, the same each time. */
const NOISE = [1, 1.03, 0.97, 1.01, 0.99, 1.02, 0.98, 1, 1.015, 0.985];

function runOf(p95: number, change: Partial<PairedRun> = {}): PairedRun {
  return { ...aRun({ metrics: metricsWith('requests', aTrend('requests', p95)) }), seed: '1', ...change };
}

function pairsOf(ratio: number, change: Partial<PairedRun> = {}): Pair[] {
  return NOISE.map((noise, at) => ({
    base: runOf(100 * NOISE[(at + 3) % NOISE.length]!),
    head: runOf(100 * ratio * noise, change),
  }));
}

const withErrors = (rate: number): PairedRun => ({
  ...runOf(100),
  metrics: metricsWith('requests_failed', aRate('requests_failed', rate)),
});

const figure = (pairs: readonly Pair[], metric = 'requests'): object =>
  compareByPairs(pairs, 'base').figures.find((each) => each.metric === metric)!;

describe('pairs of base and head', () => {
  it('are green where only noise differs', () => {
    expect(compareByPairs(pairsOf(1), 'base')).toMatchObject({ exitCode: 0, state: 'changed', file: 'base' });
    expect(figure(pairsOf(1))).toMatchObject({ level: 'ok', noise: { pairs: 10 } });
    expect(isUndecided(pairsOf(1))).toBe(false);
  });

  it('are judged by the table where head is really slower', () => {
    expect(figure(pairsOf(1.15))).toMatchObject({ level: 'ok' });
    expect(figure(pairsOf(1.3))).toMatchObject({ level: 'warning' });
    expect(compareByPairs(pairsOf(1.3), 'base').exitCode).toBe(0);
    expect(figure(pairsOf(1.7))).toMatchObject({ level: 'critical' });
    expect(compareByPairs(pairsOf(1.7), 'base').exitCode).toBe(97);
    expect(figure(pairsOf(0.5))).toMatchObject({ level: 'ok' });
  });

  it('say that a difference is real where the table lets it pass', () => {
    expect(figure(pairsOf(1.15))).toMatchObject({ level: 'ok', noise: { verdict: 'worse' } });
    expect(figure(pairsOf(0.5))).toMatchObject({ level: 'ok', noise: { verdict: 'better' } });
    expect(figure(pairsOf(1))).toMatchObject({ level: 'ok', noise: { verdict: 'same' } });
  });

  it('blame no speed where the trees of base and head do other work from one configuration', () => {
    const versions = { tool: '1', drawVersion: 1, libraries: { seedrandom: '1' } };
    const of = (workloadHash: string): { workloadHash: string; versions: typeof versions } => ({
      workloadHash,
      versions,
    });
    const other = compareByPairs(pairsOf(3), 'base', { base: of('a'), head: of('b') });
    expect(other).toMatchObject({ state: 'incomparable', exitCode: 98 });
    expect(other.changes).toMatchObject([{ what: 'workload', detail: expect.stringContaining('a → b') as string }]);
    const newer = { ...of('a'), versions: { ...versions, libraries: { seedrandom: '2' } } };
    const engine = compareByPairs(pairsOf(3), 'base', { base: of('a'), head: newer });
    expect(engine).toMatchObject({ state: 'changed', exitCode: 97 });
    expect(engine.changes).toEqual([{ what: 'engine', detail: 'seedrandom: 1 → 2' }]);
  });

  it('judge shares by their limits only where head is really worse than base', () => {
    const failing = (base: number, head: number): Pair[] =>
      NOISE.map((_, at) => ({ base: withErrors(base + at / 1000), head: withErrors(head + at / 1000) }));
    const share = (pairs: Pair[]): object | undefined =>
      compareByPairs(pairs, 'base').figures.find(({ metric }) => metric === 'requests_failed');
    expect(share(failing(0.12, 0.12))).toMatchObject({ level: 'ok', noise: { verdict: 'same' } });
    expect(share(failing(0.3, 0.12))).toMatchObject({ level: 'ok', noise: { verdict: 'better' } });
    expect(share(failing(0, 0.06))).toMatchObject({ level: 'warning' });
    expect(share(failing(0.01, 0.2))).toMatchObject({ level: 'critical', noise: { verdict: 'worse' } });
  });

  it('say it where the interval is beyond the limit and the rank test cannot tell', () => {
    const bases = [100, 140, 180, 220, 260];
    const pairs = bases.map((base) => ({ base: runOf(base), head: runOf(base * 1.6) }));
    expect(figure(pairs)).toMatchObject({
      level: 'inconclusive',
      reason: expect.stringMatching(
        /^1\.60–1\.60 times the base and yet the rank test cannot tell them apart/,
      ) as string,
    });
  });

  it('turn a rate over: fewer requests a second are worse, more are not', () => {
    const achieved = (rate: number): Pair[] => pairsOf(1, { offered: { rate: 0, achieved: rate, band: null } });
    expect(figure(achieved(150), 'achieved_rate')).toMatchObject({ level: 'critical', change: -0.5 });
    expect(figure(achieved(225), 'achieved_rate')).toMatchObject({ level: 'warning' });
    expect(figure(achieved(900), 'achieved_rate')).toMatchObject({ level: 'ok' });
  });

  it('are inconclusive where noise may hide what is critical, and where a run was', () => {
    const wild = [0.4, 3, 0.5, 2.5, 0.6].map((ratio) => ({ base: runOf(100), head: runOf(100 * ratio) }));
    expect(compareByPairs(wild, 'base')).toMatchObject({ exitCode: 98 });
    expect(isUndecided(wild)).toBe(true);
    expect(compareByPairs(pairsOf(1, { verdict: 'inconclusive' }), 'base').exitCode).toBe(98);
  });

  it('fail by a finding of head, once for each signature, and not by one of base', () => {
    const found = { oracle: 'o', kind: 'safety' as const, signature: 's', atUs: 0, event: 0 };
    const findings = [{ ...found, devices: [], documents: [], detail: {} }];
    const comparison = compareByPairs(pairsOf(1, { findings, verdict: 'safety' }), 'base');
    expect(comparison.exitCode).toBe(1);
    expect(comparison.findings).toHaveLength(1);
    const ofBase = pairsOf(1).map(({ base, head }) => ({ base: { ...base, findings }, head }));
    expect(compareByPairs(ofBase, 'base').exitCode).toBe(0);
  });

  it('say that another workload is none to compare with; the side is what is compared', () => {
    const config = (change: object): object => ({ ...runOf(1).config, ...change });
    const other = compareByPairs(pairsOf(3, { config: config({ users: 9 }) }), 'base');
    expect(other).toMatchObject({ state: 'incomparable', exitCode: 98 });
    expect(compareByPairs(pairsOf(1, { config: config({ side: 'spawn' }) }), 'base').changes).toEqual([]);
  });
});
