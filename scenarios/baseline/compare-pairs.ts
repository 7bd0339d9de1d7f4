// Pairs of runs of base and head under the wall clock, which is noisy: each figure with a limit is put to the statistics
// of pairs first, and what is really worse is judged by the table. It must not know how runs are made.

import type { Finding } from '../../models/finding.ts';
import { exitCodeOf, type Verdict, winningExitCode } from '../result.ts';
import type { ThresholdResult } from '../thresholds.ts';
import { medianOf } from './bootstrap.ts';
import { changesBetween, type Identity } from './changes.ts';
import { changeOf } from './compare.ts';
import type { BaselineComparison, Change, ComparedFigure, Level } from './comparison.ts';
import { type FigureName, figureOf, LIMITED_FIGURES, type Measured } from './figures.ts';
import { type Judged, judgedBy, judgedByChange, type Limit } from './limits.ts';
import { comparePairs, needsMorePairs, type PairComparison } from './pairs.ts';

/** One run of a pair, as its result says. */
export interface PairedRun extends Measured {
  readonly scenario: string;
  readonly profile: string;
  readonly seed: string;
  readonly config: object;
  readonly thresholds: readonly ThresholdResult[];
  readonly findings: readonly Finding[];
  readonly verdict: Verdict;
}

export interface Pair {
  readonly base: PairedRun;
  readonly head: PairedRun;
}

/** What a side's results do not say of it; null where it is not known. */
export type Origin = Pick<Identity, 'workloadHash' | 'versions'>;

/** Where base and head come from. */
export type Origins = Readonly<Record<'base' | 'head', Origin>>;

const UNKNOWN: Origin = { workloadHash: null, versions: null };

/** A difference of times below this is none, whatever its ratio, ms. */
const FLOOR_MS = 1;

/**
 * Compares base and head by at least one pair of complete runs.
 * @param file what the base is, for whoever reads the comparison
 * @param origins left out where one tree makes both
 */
export function compareByPairs(
  pairs: readonly Pair[],
  file: string,
  origins: Origins = { base: UNKNOWN, head: UNKNOWN },
): BaselineComparison {
  const { profile, scenario } = pairs[0]!.head;
  const changes = changesOf(pairs[0]!, origins);
  const isIncomparable = changes.some(({ what }) => what === 'workload');
  const heads = pairs.map(({ head }) => head);
  const findings = distinct(heads.flatMap((head) => head.findings));
  const thresholds = judgedTogether(heads);
  const codes = [exitCodeOf({ findings: [...findings], thresholds: [...thresholds], verdict: 'passed' })];
  const isInconclusive = pairs.some(({ base, head }) => [base, head].some(({ verdict }) => verdict === 'inconclusive'));
  if (isIncomparable || isInconclusive) codes.push(98);
  const figures = LIMITED_FIGURES.flatMap((figure) => comparedByPairs(figure, pairs)).map((figure) =>
    isIncomparable ? { ...figure, level: 'ok' as const, reason: '' } : figure,
  );
  if (figures.some(({ level }) => level === 'inconclusive')) codes.push(98);
  if (figures.some(({ level }) => level === 'critical')) codes.push(97);
  return {
    profile,
    scenario,
    file,
    state: isIncomparable ? 'incomparable' : 'changed',
    changes,
    figures,
    findings,
    thresholds,
    traceHash: { before: null, after: null },
    exitCode: winningExitCode(codes),
  };
}

/** What base and head were not given alike; the side is what is compared, and no trace is under the wall clock. */
function changesOf({ base, head }: Pair, origins: Origins): Change[] {
  const identity = (run: PairedRun, origin: Origin): Identity => {
    const { side: _compared, ...config } = run.config as Readonly<Record<string, unknown>>;
    return { ...origin, config, traceHash: '', protocolHash: '' };
  };
  return changesBetween(identity(base, origins.base), identity(head, origins.head));
}

function comparedByPairs(name: FigureName, pairs: readonly Pair[]): ComparedFigure[] {
  const { metric, statistic, unit } = name;
  const limit = name.limit!;
  const both = pairs.map(({ base, head }) => ({ base: figureOf(base, name), head: figureOf(head, name) }));
  const [before, after] = [medianOrNull(both.map(({ base }) => base)), medianOrNull(both.map(({ head }) => head))];
  if (before === null && after === null) return [];
  const figure = { metric, statistic, unit, before, after, change: changeOf(before, after) };
  const isRelative = limit.kind === 'rise' || limit.kind === 'fall';
  if (!isRelative && isSampled(both)) return [{ ...figure, ...judgedShare(limit, both, figure, pairs) }];
  // What has no ratio is judged by what it came to.
  if (!isRelative || !isComplete(both)) return [{ ...figure, ...judgedBy(limit, before, after) }];
  const compared = comparedValues(name, both, pairs[0]!.head.seed);
  return [{ ...figure, ...judgedByPairs(limit, compared, pairs.length) }];
}

/** A difference of shares below this is none: a point. */
const FLOOR_SHARE = 0.01;

/**
 * Shares have limits of their own, but what base and head have in common is nobody's doing: only what is really worse is
 * judged by them. Compared is what went wrong, so that more is worse.
 */
function judgedShare(
  limit: Limit,
  both: readonly Values[],
  { metric, statistic, before, after }: Pick<ComparedFigure, 'metric' | 'statistic' | 'before' | 'after'>,
  pairs: readonly Pair[],
): Judged & Required<Pick<ComparedFigure, 'noise'>> {
  const wrong = (share: number): number => (limit.kind === 'ceiling' ? share : 1 - share);
  const turned = both.map(({ base, head }) => ({ base: wrong(base), head: wrong(head) }));
  const usual = Math.max(FLOOR_SHARE, medianOf(turned.map(({ base }) => base)));
  const criticalRatio = Math.max(1.1, wrong(limit.critical) / usual);
  const seed = `${pairs[0]!.head.seed}/${metric}/${statistic}`;
  const { low, high, pValue, verdict } = comparePairs(turned, { seed, criticalRatio, floor: FLOOR_SHARE });
  const noise = { low, high, pValue, pairs: pairs.length, verdict };
  if (verdict === 'worse') return { ...judgedBy(limit, before, after), noise };
  if (verdict !== 'inconclusive') return { level: 'ok', reason: '', noise };
  const reason = `what went wrong is ${low.toFixed(2)}–${high.toFixed(2)} times the base: more pairs are needed`;
  return { level: 'inconclusive', reason, noise };
}

/** A figure of the runs of a pair. */
interface Values {
  readonly base: number;
  readonly head: number;
}

/** A rate is compared by its inverse, the time between two, so that more is worse as it is for times. */
function comparedValues(
  { metric, statistic, limit }: FigureName,
  pairs: readonly Values[],
  seed: string,
): PairComparison {
  const isFall = limit!.kind === 'fall';
  const turned = isFall ? pairs.map(({ base, head }) => ({ base: 1 / base, head: 1 / head })) : pairs;
  const criticalRatio = isFall ? 1 / (1 - limit!.critical) : 1 + limit!.critical;
  return comparePairs(turned, { seed: `${seed}/${metric}/${statistic}`, criticalRatio, floor: isFall ? 0 : FLOOR_MS });
}

/** Whether noise leaves some figure undecided that more pairs could decide. */
export function isUndecided(pairs: readonly Pair[]): boolean {
  return LIMITED_FIGURES.some((name) => {
    const both = pairs.map(({ base, head }) => ({ base: figureOf(base, name), head: figureOf(head, name) }));
    if (name.unit === 'share' || !isComplete(both)) return false;
    return needsMorePairs(comparedValues(name, both, pairs[0]!.head.seed), pairs.length);
  });
}

/** Whether each run has a sample. */
function isSampled(both: readonly { base: number | null; head: number | null }[]): both is readonly Values[] {
  return both.every(({ base, head }) => base !== null && head !== null);
}

/** Whether each pair has a ratio. */
function isComplete(both: readonly { base: number | null; head: number | null }[]): both is readonly Values[] {
  return both.every(({ base, head }) => base !== null && base > 0 && head !== null && head > 0);
}

function medianOrNull(values: readonly (number | null)[]): number | null {
  const sampled = values.filter((value) => value !== null);
  // Half of the runs without a sample is no sample.
  return sampled.length * 2 > values.length ? medianOf(sampled) : null;
}

/** What pairs say of a figure, then what the table says of it. */
function judgedByPairs(
  limit: Limit,
  compared: PairComparison,
  pairs: number,
): Judged & Required<Pick<ComparedFigure, 'noise' | 'change'>> {
  const isFall = limit.kind === 'fall';
  const { ratio, pValue, verdict } = compared;
  const [low, high] = isFall ? [1 / compared.high, 1 / compared.low] : [compared.low, compared.high];
  const change = (isFall ? 1 / ratio : ratio) - 1;
  const noise = { low, high, pValue, pairs, verdict };
  if (verdict === 'inconclusive') {
    const interval = `${low.toFixed(2)}–${high.toFixed(2)} times the base`;
    const level: Level = 'inconclusive';
    const holdsOne = compared.low <= 1;
    const why = holdsOne
      ? 'holds both no change and the critical limit'
      : `and yet the rank test cannot tell them apart (p ${pValue.toFixed(2)})`;
    return {
      level,
      reason: `${interval} ${why}: more pairs are needed`,
      change,
      noise,
    };
  }
  const judged: Judged = verdict === 'worse' ? judgedByChange(limit, change) : { level: 'ok', reason: '' };
  return { ...judged, change, noise };
}

/** One of each signature, the first. */
function distinct(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ signature }) => !seen.has(signature) && seen.add(signature));
}

/** Thresholds of several runs: the median counts, and is crossed where most runs crossed it. */
function judgedTogether(runs: readonly PairedRun[]): ThresholdResult[] {
  return runs[0]!.thresholds.map(({ metric, expression }, at) => {
    const each = runs.flatMap(({ thresholds }) => thresholds[at] ?? []);
    const ok = each.filter((threshold) => threshold.ok).length * 2 > each.length;
    return { metric, expression, value: medianOrNull(each.map(({ value }) => value)), ok };
  });
}
