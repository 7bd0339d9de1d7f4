// One run beside its baseline: equal traces say that nothing changed; else what changed is named, and the table of limits
// decides. It must not know files, nor how a comparison is shown.

import type { Finding } from '../../models/finding.ts';
import { exitCodeOf, type Verdict, winningExitCode } from '../result.ts';
import type { ThresholdResult } from '../thresholds.ts';
import type { Baseline } from './baseline-file.ts';
import { changesBetween, type Identity } from './changes.ts';
import type { BaselineComparison, Change, ComparedFigure } from './comparison.ts';
import { type FigureName, figureOf, LIMITED_FIGURES, type Measured, otherFigures } from './figures.ts';
import { judgedBy } from './limits.ts';

/** The run that is compared, as its result says, and what the result does not. */
export interface ComparedRun extends Identity, Measured {
  readonly scenario: string;
  readonly profile: string;
  readonly thresholds: readonly ThresholdResult[];
  readonly findings: readonly Finding[];
  readonly verdict: Verdict;
}

/** Exit codes of a comparison by itself. */
const WORSE = 97;
const INCOMPARABLE = 98;
const MISSING = 2;

/** A figure before and after, with its change. */
function compared(figure: FigureName, before: Measured, after: Measured): ComparedFigure {
  const { metric, statistic, unit, limit } = figure;
  const [old, now] = [figureOf(before, figure), figureOf(after, figure)];
  const judged = limit === undefined ? withoutLimit(old, now) : judgedBy(limit, old, now);
  return { metric, statistic, unit, before: old, after: now, change: changeOf(old, now), ...judged };
}

/** Relative to the baseline; null where it cannot be said. */
export function changeOf(before: number | null, after: number | null): number | null {
  if (before === null || after === null) return null;
  if (before === after) return 0;
  return before === 0 ? null : after / before - 1;
}

function withoutLimit(before: number | null, after: number | null): Pick<ComparedFigure, 'level' | 'reason'> {
  if (before !== null && after === null) {
    return { level: 'critical', reason: 'no sample, where the baseline has one' };
  }
  return { level: 'ok', reason: '' };
}

const isSampled = ({ before, after }: ComparedFigure): boolean => before !== null || after !== null;

/**
 * Compares a run with its baseline.
 * @param file the baseline's, for whoever reads the comparison
 */
export function compareWithBaseline(baseline: Baseline, run: ComparedRun, file: string): BaselineComparison {
  const { profile, scenario, findings, thresholds } = run;
  const changes: Change[] = changesBetween(baseline, run);
  const limited = LIMITED_FIGURES.map((figure) => compared(figure, baseline, run)).filter(isSampled);
  const others = otherFigures(baseline, run)
    .map((figure) => compared(figure, baseline, run))
    .filter(({ before, after }) => before !== after);
  const isSameTrace = baseline.traceHash === run.traceHash;
  const isMeasuredAlike = others.length === 0 && limited.every(({ before, after }) => before === after);
  if (isSameTrace && !isMeasuredAlike) {
    changes.push({
      what: 'model',
      detail: 'the trace is the same and figures are not: the same events are measured in another way',
    });
  }
  const isBroken = run.verdict === 'interrupted' || run.verdict === 'nondeterministic';
  const isUnchanged = isSameTrace && isMeasuredAlike;
  const isIncomparable = !isUnchanged && changes.some(({ what }) => what === 'workload');
  const state = isBroken ? 'failed' : isUnchanged ? 'unchanged' : isIncomparable ? 'incomparable' : 'changed';
  const codes = [exitCodeOf({ findings: [...findings], thresholds: [...thresholds], verdict: run.verdict })];
  if (state === 'incomparable') codes.push(INCOMPARABLE);
  // A part of a run is another run, whatever the code.
  const told = isBroken ? changes.filter(({ what }) => what !== 'model') : changes;
  const all = isBroken ? [] : [...limited, ...others];
  const figures = all.map((figure) => (state === 'changed' ? figure : unjudged(figure)));
  if (figures.some(({ level }) => level === 'critical')) codes.push(WORSE);
  return {
    profile,
    scenario,
    file,
    state,
    changes: told,
    figures,
    findings,
    thresholds,
    traceHash: { before: baseline.traceHash, after: run.traceHash },
    exitCode: winningExitCode(codes),
  };
}

/** Shown for what it is, without a level: nothing moved, or another workload is behind it. */
function unjudged(figure: ComparedFigure): ComparedFigure {
  return { ...figure, level: 'ok', reason: '' };
}

/** Where there is no baseline to compare with. */
export function missingBaseline(profile: string, scenario: string, file: string): BaselineComparison {
  return without(profile, scenario, file, 'missing', MISSING);
}

/** Where a run left no result. @param exitCode what it ended with */
export function failedRun(profile: string, scenario: string, file: string, exitCode: number): BaselineComparison {
  return without(profile, scenario, file, 'failed', exitCode);
}

function without(
  profile: string,
  scenario: string,
  file: string,
  state: 'missing' | 'failed',
  exitCode: number,
): BaselineComparison {
  const nothing = { changes: [], figures: [], findings: [], thresholds: [] };
  return { profile, scenario, file, state, ...nothing, traceHash: { before: null, after: null }, exitCode };
}
