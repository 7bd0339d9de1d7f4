// The objectives of a capacity question: `--slo 'push_response_time: p(95)<500'`, in the grammar of thresholds, joined by
// AND; and how far a point of load is from missing them. It must not know how points are run.
import { InputError } from '../../sim/errors.ts';
import { parseThreshold, type Threshold, type ThresholdResult, type Thresholds } from '../thresholds.ts';

const EXAMPLE = "metric: expression, such as 'push_response_time: p(95)<500'";
const SYNTAX = /^\s*([A-Za-z][A-Za-z0-9_.-]*)\s*:\s*(.+?)\s*$/;
/** Beyond this a margin says no more: an objective that is missed by so much is simply missed. */
const MARGIN_MAX = 50;

/**
 * Reads `--slo` texts; several expressions of one metric are kept in their order, equal ones once.
 * @param field how the person called them, for messages
 * @throws InputError with the code ERR_SLO
 */
export function parseObjectives(texts: readonly string[], field = '--slo'): Record<string, string[]> {
  const objectives: Record<string, string[]> = {};
  for (const text of texts) {
    const match = SYNTAX.exec(text);
    if (match === null) throw new InputError(field, text, EXAMPLE, 'ERR_SLO');
    const [, metric, expression] = match as unknown as [string, string, string];
    try {
      parseThreshold(metric, expression);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(field, text, `${EXAMPLE}; ${error.expected}`, 'ERR_SLO');
    }
    const known = Object.hasOwn(objectives, metric) ? objectives[metric]! : (objectives[metric] = []);
    if (!known.includes(expression)) known.push(expression);
  }
  return objectives;
}

/** Objectives as people read them, one text each: `push_response_time p(95)<500`. */
export function objectiveTexts(objectives: Thresholds): string[] {
  return Object.entries(objectives).flatMap(([metric, expressions]) =>
    expressions.map((expression) => `${metric} ${expression}`),
  );
}

/** A point judged by its objectives. */
export interface PointJudgement {
  readonly isMet: boolean;
  /**
   * How far the objective that is nearest to being missed, or missed by most, is from its limit: the logarithm of limit ÷
   * value for a limit that is not to be exceeded, of value ÷ limit for one to be reached; from 0 it holds. Null where
   * something was not sampled, or where an objective has no such distance (`==`, a limit of 0).
   */
  readonly margin: number | null;
  /** The objective of that margin, as it was written. */
  readonly tightest: string | null;
}

/** Judges a point: all objectives must hold; one whose metric was never sampled does not. */
export function judgePoint(results: readonly ThresholdResult[]): PointJudgement {
  let margin: number | null = null;
  let tightest: string | null = null;
  let isKnown = true;
  for (const result of results) {
    const one = marginOf(result);
    if (one === undefined) {
      isKnown = false;
      if (!result.ok) tightest ??= `${result.metric} ${result.expression}`;
    } else if (margin === null || one < margin) {
      margin = one;
      tightest = `${result.metric} ${result.expression}`;
    }
  }
  const isMet = results.every(({ ok }) => ok);
  return { isMet, margin: isKnown || (margin !== null && margin < 0) ? margin : null, tightest };
}

/** The margin of one objective; undefined where it has none. */
export function marginOf({ metric, expression, value }: ThresholdResult): number | undefined {
  if (value === null) return undefined;
  const { comparison, limit }: Threshold = parseThreshold(metric, expression);
  if (comparison === '==' || comparison === '!=' || limit <= 0 || value < 0) return undefined;
  const ratio = comparison === '<' || comparison === '<=' ? limit / value : value / limit;
  return Math.max(-MARGIN_MAX, Math.min(MARGIN_MAX, Math.log(ratio)));
}

/**
 * Samples of a metric that an objective rests on well: a hundred beyond the percentile that it asks for, and enough for
 * a mean where requests that wait together are not independent.
 */
export function samplesFor(objectives: Thresholds): number {
  let most = 20_000;
  for (const [metric, expressions] of Object.entries(objectives)) {
    for (const expression of expressions) {
      const { statistic } = parseThreshold(metric, expression);
      if (statistic.of !== 'percentile') continue;
      const beyond = Math.max(1 - statistic.percentile / 100, 1e-4);
      most = Math.max(most, Math.min(200_000, Math.round(100 / beyond)));
    }
  }
  return most;
}
