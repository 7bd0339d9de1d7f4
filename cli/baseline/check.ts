// Makes the runs of a check and compares each with its baseline, or base and head by pairs under the wall clock. It must
// not know how arguments are read, nor how comparisons are shown.
import { compareByPairs, isUndecided, type Origins, type Pair } from '../../scenarios/baseline/compare-pairs.ts';
import { compareWithBaseline, failedRun, missingBaseline } from '../../scenarios/baseline/compare.ts';
import type { BaselineComparison } from '../../scenarios/baseline/comparison.ts';
import { PAIRS_MIN, PAIRS_MOST, PAIRS_STEP } from '../../scenarios/baseline/pairs.ts';
import { workloadHash } from '../../scenarios/baseline/workload-hash.ts';
import type { StoredResult } from '../../scenarios/result-file.ts';
import type { Versions } from '../../scenarios/baseline/baseline-file.ts';
import { InputError } from '../../sim/errors.ts';
import type { Ran, Runs } from './launch.ts';
import { traceVersions } from './library-versions.ts';
import type { Task } from './tasks.ts';

/** A comparison, and what a run that broke off said. */
export interface Checked {
  readonly task: Task;
  readonly comparison: BaselineComparison;
  readonly said: string;
}

/** A simulated run, or a result that was made before, beside its baseline. */
export async function checkTask(task: Task, runs: Runs, cwd: string): Promise<Checked> {
  const { profile, scenario, file, baseline } = task;
  if (baseline === undefined) return { task, comparison: missingBaseline(profile, scenario, file), said: '' };
  const { result, exitCode, said }: Ran =
    task.result === undefined ? await runs.run(task.args) : { result: task.result, exitCode: 0, said: '' };
  if (result === undefined) return { task, comparison: failedRun(profile, scenario, file, exitCode), said };
  const versions =
    task.result === undefined ? traceVersions(task.config.documents, cwd) : versionsOfResult(result, baseline.versions);
  const run = { ...result, workloadHash: await hashOrNull(task), versions };
  return { task, comparison: compareWithBaseline(baseline, run, file), said };
}

/** A result says which squall made it, and no more. */
function versionsOfResult({ tool }: StoredResult, like: Versions): Versions {
  return { ...like, tool: tool.version };
}

/** A result of elsewhere may have a configuration or a scenario that is not here. */
async function hashOrNull({ input, result }: Task): Promise<string | null> {
  try {
    return await workloadHash(input);
  } catch (error) {
    if (result !== undefined && error instanceof InputError) return null;
    throw error;
  }
}

/** What base and head are, and how many pairs of them. */
export interface PairPlan {
  /** What is shown in the place of a baseline's file. */
  readonly name: string;
  /** The command of the base; left out, this one drives both. */
  readonly command?: string;
  /** Flags that the base has beside. */
  readonly baseArgs: readonly string[];
  /** Left out: five, and more where noise leaves something undecided. */
  readonly pairs: number | undefined;
}

/**
 * Pairs of runs one after another, never two at a time: base head, head base, base head …, so that neither is always the
 * one on the warmer machine.
 */
export async function checkPairs(
  task: Task,
  runs: Runs,
  plan: PairPlan,
  told: (done: number, of: number) => void,
  cwd: string,
): Promise<Checked> {
  const { profile, scenario } = task;
  const origins = await originsOf(task, runs, plan, cwd);
  const pairs: Pair[] = [];
  let wanted = plan.pairs ?? PAIRS_MIN;
  for (;;) {
    while (pairs.length < wanted) {
      told(pairs.length, wanted);
      const order = pairs.length % 2 === 0 ? (['base', 'head'] as const) : (['head', 'base'] as const);
      const pair: Partial<Record<'base' | 'head', StoredResult>> = {};
      for (const side of order) {
        const ran =
          side === 'base' ? await runs.run([...task.args, ...plan.baseArgs], plan.command) : await runs.run(task.args);
        if (ran.result === undefined || ran.result.verdict === 'interrupted') {
          const said = ran.said === '' ? '' : `${side}: ${ran.said}`;
          return { task, comparison: failedRun(profile, scenario, plan.name, ran.exitCode), said };
        }
        pair[side] = ran.result;
      }
      pairs.push(pair as Pair);
    }
    const comparison = compareByPairs(pairs, plan.name, origins);
    // More pairs of two workloads would say no more.
    const isOver = plan.pairs !== undefined || wanted >= PAIRS_MOST || comparison.state === 'incomparable';
    if (isOver || !isUndecided(pairs)) return { task, comparison, said: '' };
    wanted += PAIRS_STEP;
  }
}

/**
 * What users do in either tree, and with which versions: a result under the wall clock does not say it, so another checkout is
 * asked for the baseline that it makes of the same run in virtual time. Left out where one tree drives both.
 */
async function originsOf(task: Task, runs: Runs, { command }: PairPlan, cwd: string): Promise<Origins | undefined> {
  const base = command === undefined ? undefined : await runs.baselineOf(task.args, command);
  if (base === undefined) return undefined;
  const head = {
    workloadHash: await workloadHash(task.input),
    versions: traceVersions(task.config.documents, cwd),
  };
  return { base, head };
}
