// What is wrong in a comparison with a baseline, and what of it the base shows as well: by data alone.

/** How far a figure may be from the base's and still be the base's own, as a share. */
const SAME_SHARE = 0.1;
/** The same for figures that are shares themselves: a point. */
const SAME_POINTS = 0.01;

/** @typedef {{ key: string, text: string, code: number, before?: number | null, after?: number | null, unit?: string }} Problem */

/**
 * What makes a comparison fail, each with the exit code that it alone would come to; a finding with its signature.
 * @returns {(Problem & { signature?: string, oracle?: string, kind?: string })[]}
 */
export function problemsOf({ profile, scenario, state, figures, findings, thresholds, exitCode }) {
  if (exitCode === 0) return [];
  const of = `${profile} ${scenario}`;
  const problems = [];
  for (const { metric, statistic, level, reason, before, after, unit } of figures) {
    if (level !== 'critical' && level !== 'inconclusive') continue;
    const code = level === 'critical' ? 97 : 98;
    const text = `${of}: ${metric} ${statistic} ${reason}`;
    problems.push({ key: `figure ${metric} ${statistic}`, text, code, before, after, unit });
  }
  for (const { signature, oracle, kind } of findings) {
    const code = kind === 'liveness' ? 4 : 1;
    problems.push({ key: `finding ${signature}`, text: `${of}: ${signature}`, code, signature, oracle, kind });
  }
  for (const { metric, expression, value, ok } of thresholds) {
    const name = `${metric} ${expression}`;
    // Where it was meant to be: the limit, the last number of the expression.
    const before = Number(/([\d.]+)\s*$/.exec(expression)?.[1] ?? Number.NaN);
    const unit = expression.startsWith('rate') ? 'share' : '';
    if (!ok)
      problems.push({ key: `threshold ${name}`, text: `${of}: ${name} missed`, code: 99, before, after: value, unit });
  }
  if (problems.length === 0) problems.push({ key: `state ${state}`, text: `${of}: ${state}`, code: exitCode });
  return problems;
}

/** What a comparison warns of, as lines. */
export function warningsOf({ profile, scenario, figures }) {
  return figures
    .filter(({ level }) => level === 'warning')
    .map(({ metric, statistic, reason }) => `${profile} ${scenario}: ${metric} ${statistic} ${reason} (warning)`);
}

/** Of a comparison's problems, those that the base does not have, or not as badly. */
export function beyondBase(comparison, baseComparisons = []) {
  const base = baseComparisons.find(
    ({ profile, scenario }) => profile === comparison.profile && scenario === comparison.scenario,
  );
  if (base === undefined || base.exitCode === 0) return problemsOf(comparison);
  const { after } = comparison.traceHash;
  // The same run, event for event: nothing of it is this change's doing.
  if (after !== null && base.traceHash?.after === after) return [];
  const there = new Map(problemsOf(base).map((each) => [each.key, each]));
  return problemsOf(comparison).filter((problem) => {
    const same = there.get(problem.key);
    return same === undefined || isWorse(problem, same);
  });
}

/** Whether a figure is clearly further from where it was meant to be than the base's; one that came nearer is no fault. */
function isWorse({ before, after, unit }, { after: ofBase }) {
  // What is not sampled any more.
  if (Number.isFinite(ofBase) && after === null) return true;
  if (![before, after, ofBase].every(Number.isFinite)) return false;
  const further = Math.abs(after - before) - Math.abs(ofBase - before);
  return further > (unit === 'share' ? SAME_POINTS : Math.abs(ofBase) * SAME_SHARE);
}
