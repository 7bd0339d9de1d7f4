// What is wrong in a comparison with a baseline, and what of it the base shows as well: by data alone.

/** How far a figure may be from the base's and still be the base's own, as a share. */
const SAME_SHARE = 0.1;

/**
 * What makes a comparison fail.
 * @returns {{ key: string, text: string, after: number | null }[]}
 */
export function problemsOf({ profile, scenario, state, figures, findings, thresholds, exitCode }) {
  if (exitCode === 0) return [];
  const of = `${profile} ${scenario}`;
  const problems = [];
  for (const { metric, statistic, level, reason, after } of figures) {
    if (level === 'critical' || level === 'inconclusive') {
      problems.push({ key: `figure ${metric} ${statistic}`, text: `${of}: ${metric} ${statistic} ${reason}`, after });
    }
  }
  for (const { signature } of findings) {
    problems.push({ key: `finding ${signature}`, text: `${of}: ${signature}`, after: null });
  }
  for (const threshold of thresholds) {
    if (!threshold.ok)
      problems.push({ key: `threshold ${nameOf(threshold)}`, text: `${of}: ${nameOf(threshold)} missed`, after: null });
  }
  if (problems.length === 0) problems.push({ key: `state ${state}`, text: `${of}: ${state}`, after: null });
  return problems;
}

function nameOf({ metric, expression }) {
  return `${metric} ${expression}`;
}

/** Of a comparison's problems, those that the base does not have, or not as badly. */
export function beyondBase(comparison, baseComparisons = []) {
  const base = baseComparisons.find(
    ({ profile, scenario }) => profile === comparison.profile && scenario === comparison.scenario,
  );
  if (base === undefined || base.exitCode === 0) return problemsOf(comparison);
  const { after } = comparison.traceHash;
  // The same run, event for event: nothing of it is this change's doing.
  if (after !== null && base.traceHash.after === after) return [];
  const there = new Map(problemsOf(base).map((each) => [each.key, each]));
  return problemsOf(comparison).filter(({ key, after: value }) => {
    const same = there.get(key);
    if (same === undefined) return true;
    return value !== null && same.after !== null && Math.abs(value - same.after) > Math.abs(same.after) * SAME_SHARE;
  });
}
