// The load tests of a profile: all three scenarios, one after another, each a run of the built command, with results
// and a summary under results/. It reads result files and must not know how a run comes about.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT_PRECEDENCE, winningExitCode, type Result, type Verdict } from '../scenarios/result.ts';
import { InputError } from '../sim/errors.ts';
import { makeFolder, writeWhole } from './files.ts';
import { reportFailure } from './report/failure.ts';

const PROFILES = ['light', 'medium', 'heavy'] as const;
const SCENARIOS = ['sync-relay', 'crdt-conflicts', 'mixed-workload'] as const;
type Profile = (typeof PROFILES)[number];
type Scenario = (typeof SCENARIOS)[number];

/** Flags that a load test sets itself, for each run another value. */
const OWN_FLAGS = ['--profile', '--json'];

/** What a load test is to do: its profiles, and the arguments that go to each run. */
export interface LoadTestPlan {
  profiles: Profile[];
  passedOn: string[];
}

/** What one scenario of a load test gave. A figure is null where the run left no result, or one without that metric. */
export interface ScenarioOutcome {
  scenario: Scenario;
  exitCode: number;
  verdict: Verdict | null;
  requests: number | null;
  requestsP95Ms: number | null;
  errorRate: number | null;
  /** The result file, relative to where the load test was started; null where the run left none. */
  result: string | null;
}

/** Runs the command with arguments and gives its exit code. */
export type Launch = (args: readonly string[]) => Promise<number>;

/**
 * Reads the arguments of a load test: a profile or `all`, then anything for `squall run`. Seed 1 unless told otherwise.
 * Throws InputError for an unknown profile and for a flag that the load test sets itself.
 */
export function planLoadTest(args: readonly string[]): LoadTestPlan {
  const [named, ...passedOn] = args;
  const profiles = named === 'all' ? [...PROFILES] : PROFILES.filter((profile) => profile === named);
  if (profiles.length === 0) throw new InputError('profile', named, `one of ${PROFILES.join(', ')}, all`);
  for (const flag of OWN_FLAGS) {
    const given = passedOn.find((arg) => arg === flag || arg.startsWith(`${flag}=`));
    if (given !== undefined) throw new InputError(flag, given, 'nothing: the load test sets it for each run');
  }
  const seeded = passedOn.some((arg) => arg === '--seed' || arg.startsWith('--seed='));
  return { profiles, passedOn: seeded ? passedOn : ['--seed', '1', ...passedOn] };
}

/** The exit code that stands for all of a load test; a code that no run has counts as a bug of ours, 3. */
export function worstExitCode(codes: readonly number[]): number {
  return winningExitCode(codes.map((code) => (EXIT_PRECEDENCE.includes(code) ? code : 3)));
}

/** Picks the figures of the summary out of a result; `result` is undefined where the run left none. */
export function summarize(
  scenario: Scenario,
  exitCode: number,
  file: string,
  result: Pick<Result, 'metrics' | 'verdict'> | undefined,
): ScenarioOutcome {
  const requests = result?.metrics.find((metric) => metric.name === 'requests');
  const failed = result?.metrics.find((metric) => metric.name === 'requests_failed');
  return {
    scenario,
    exitCode,
    verdict: result?.verdict ?? null,
    requests: requests?.type === 'trend' ? requests.values.count : null,
    requestsP95Ms: requests?.type === 'trend' ? requests.values.p95 : null,
    errorRate: failed?.type === 'rate' ? failed.values.rate : null,
    result: result === undefined ? null : file,
  };
}

/** The outcomes as lines of a table, columns aligned, a dash for what is not known. */
export function tableLines(outcomes: readonly ScenarioOutcome[]): string[] {
  const rows = [
    ['scenario', 'verdict', 'exit', 'requests', 'p95 ms', 'errors'],
    ...outcomes.map((one) => [
      one.scenario,
      one.verdict ?? '–',
      String(one.exitCode),
      one.requests === null ? '–' : String(one.requests),
      one.requestsP95Ms === null ? '–' : one.requestsP95Ms.toFixed(1),
      one.errorRate === null ? '–' : `${(one.errorRate * 100).toFixed(2)}%`,
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}

/** The result that a run wrote, or undefined where it wrote none. */
function readResult(file: string): Result | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Result) : undefined;
}

/**
 * Runs a load test and gives its exit code, the worst of its runs'. Where the first run refuses its arguments, nothing
 * more is run or written. A scenario that fails does not stop the others; one that was interrupted does. The summary of a
 * profile is written beside its results.
 *
 * @param folder where results go; made if it is not there
 * @param timestamp names the files of this load test: `{profile}_{scenario}_{timestamp}.json`
 * @param print takes each line of progress and of the tables
 */
export async function runLoadTest(
  plan: LoadTestPlan,
  folder: string,
  timestamp: string,
  launch: Launch,
  print: (line: string) => void,
): Promise<number> {
  makeFolder('results', folder);
  const codes: number[] = [];
  for (const profile of plan.profiles) {
    const outcomes: ScenarioOutcome[] = [];
    for (const [index, scenario] of SCENARIOS.entries()) {
      if (codes.includes(130)) break;
      const file = join(folder, `${profile}_${scenario}_${timestamp}.json`);
      print(`[${index + 1}/${SCENARIOS.length}] ${scenario}, profile ${profile}`);
      const code = await launch(['run', scenario, '--profile', profile, '--no-tui', '--json', file, ...plan.passedOn]);
      codes.push(code);
      // What every run would refuse is said once, and nothing is kept of it.
      if (code === 2 && codes.every((each) => each === 2)) return 2;
      outcomes.push(summarize(scenario, code, file, readResult(file)));
    }
    if (outcomes.length === 0) break;
    const exitCode = worstExitCode(outcomes.map((outcome) => outcome.exitCode));
    const summaryFile = join(folder, `${profile}_summary_${timestamp}.json`);
    const summary = { profile, timestamp, arguments: plan.passedOn, exitCode, scenarios: outcomes };
    writeWhole('results', summaryFile, `${JSON.stringify(summary, null, 2)}\n`, '.');
    for (const line of ['', ...tableLines(outcomes), `summary: ${summaryFile}`, '']) print(line);
  }
  return worstExitCode(codes);
}

/** Launches the built command beside this file; its output goes where ours goes. */
const launchBuilt: Launch = (args) =>
  new Promise((resolve, reject) => {
    const command = fileURLToPath(new URL('main.js', import.meta.url));
    const child = spawn(process.execPath, [command, ...args], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 3)));
  });

async function main(): Promise<void> {
  // Ctrl-C reaches the run as well, which ends cleanly with 130; this process then still writes its summary.
  process.on('SIGINT', () => {});
  try {
    const plan = planLoadTest(process.argv.slice(2));
    const timestamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
    process.exitCode = await runLoadTest(plan, 'results', timestamp, launchBuilt, console.log);
  } catch (error) {
    process.exitCode = reportFailure(error, { err: (text) => void process.stderr.write(text), env: process.env });
  }
}

const started = process.argv[1];
if (started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url)) await main();
