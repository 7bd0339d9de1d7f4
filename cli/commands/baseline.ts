// `squall baseline check|update`: gathers the runs that are asked for, has them made and compared or kept, and says what
// came of it. It must not know how a run is made, nor how figures are judged.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { BaselineCheck } from '../../scenarios/baseline/comparison.ts';
import { PAIRS_MIN } from '../../scenarios/baseline/pairs.ts';
import { winningExitCode } from '../../scenarios/result.ts';
import { TOOL } from '../../scenarios/version.ts';
import { InputError } from '../../sim/errors.ts';
import { answersItself } from '../asked.ts';
import { type Checked, checkPairs, checkTask, type PairPlan } from '../baseline/check.ts';
import { inTurns, type Launch, launchSelf, Runs } from '../baseline/launch.ts';
import { commandOf, isAddress, isResultName, type Task, tasksOf, wordsFor } from '../baseline/tasks.ts';
import { comparisonText, verdictText } from '../baseline/text.ts';
import { makeBaseline, PAGE, readBaselines, type Updated, writeBaselines } from '../baseline/update.ts';
import { flagHelp } from '../command-flags.ts';
import { checkFolder, checkTarget, writeWhole } from '../files.ts';
import { type Arguments, parseArguments } from '../flags.ts';
import { after } from '../host.ts';
import { type Io, isContinuousIntegration, wantsColours } from '../io.ts';
import { checkPublication, publish } from '../publish.ts';
import { oneLine } from '../report/escape.ts';
import { repeatCommand, reportFailure } from '../report/failure.ts';
import { type Paint, painter, time } from '../report/format.ts';
import { LiveLine } from '../report/live-line.ts';
import { lockHash } from '../tool.ts';

/** Real time between two looks at how far it is, ms. */
const TICK_MS = 200;

/**
 * Checks or updates baselines.
 * @param args what stands after `squall baseline`
 * @returns the exit code
 * @throws InputError before anything ran or was written
 */
export async function baselineCommand(args: readonly string[], io: Io, launch: Launch = launchSelf): Promise<number> {
  const parsed = parseArguments('baseline', args);
  if (await answersItself(parsed, io, helpText)) return 0;
  const [verb, ...named] = parsed.positionals;
  if (verb !== 'check' && verb !== 'update') throw new InputError('argument', verb, 'check or update, then scenarios');
  const tasks = await tasksOf(parsed, named, args, io.cwd);
  const pairPlan = pairPlanOf(parsed, verb, tasks, io.cwd);
  const workers = parsed.count('workers', 1);
  const jsonFile = parsed.text('json');
  if (verb === 'update') refuseForUpdate(parsed, named, io.cwd);
  if (jsonFile !== undefined) checkTarget('--json', jsonFile, io.cwd);
  checkPublication(parsed, io);

  const paint = painter(wantsColours(io));
  const runs = new Runs(io, launch);
  const progress = new Progress(io, parsed, tasks.length);
  const stopListening = io.onInterrupt(() => runs.stop());
  const make = async <R>(task: Task, work: () => Promise<R>): Promise<R> => {
    progress.begin(task);
    const made = await work();
    progress.end(task);
    return made;
  };
  try {
    if (verb === 'update') {
      const updated = await inTurns(tasks, workers, (task) => make(task, () => makeBaseline(task, runs, io.cwd)));
      progress.close();
      return runs.isStopped ? interrupted(io) : finishUpdate(updated, parsed, io, paint);
    }
    const checkOne = (task: Task): Promise<Checked> => {
      const isPair = pairPlan !== undefined && task.result === undefined;
      if (!isPair) return checkTask(task, runs, io.cwd);
      return checkPairs(task, runs, pairPlan, (done, of) => progress.pairs(done, of), io.cwd);
    };
    // Under the wall clock two runs at a time would be noise to each other.
    const atATime = pairPlan === undefined ? workers : 1;
    const checked = await inTurns(tasks, atATime, (task) => make(task, () => checkOne(task)));
    progress.close();
    return await finishCheck(
      checked,
      { isStopped: runs.isStopped, isByPairs: pairPlan !== undefined },
      parsed,
      args,
      io,
      paint,
    );
  } catch (error) {
    progress.close();
    return reportFailure(error, io, repeatCommand('baseline', args, []));
  } finally {
    progress.close();
    stopListening();
    runs.close();
  }
}

function interrupted(io: Io): number {
  io.err('interrupted: nothing was written\n');
  return 130;
}

/** Pairs of base and head, where the clock is real; checks that flags and clock go together. */
function pairPlanOf(parsed: Arguments, verb: string, tasks: readonly Task[], cwd: string): PairPlan | undefined {
  const isWall = tasks.some(({ config, result }) => result === undefined && config.clock === 'wall');
  const [base, pairs] = [parsed.text('base'), parsed.count('pairs', PAIRS_MIN)];
  if (!isWall) {
    const given = base === undefined ? (pairs === undefined ? undefined : '--pairs') : '--base';
    if (given === undefined) return undefined;
    throw new InputError(given, base ?? pairs, '--clock wall: simulated runs have no noise, so one run is enough');
  }
  if (verb === 'update') {
    throw new InputError(
      '--clock',
      'wall',
      'virtual: figures under the wall clock are those of one machine and moment',
    );
  }
  if (base === undefined || base === '') {
    const why = 'real time is noisy, so that a kept figure says nothing: runs of base and head are made in turn';
    throw new InputError(
      '--base',
      base,
      `a built checkout or a relay at http://… to compare with under the wall clock (${why})`,
    );
  }
  // Over whatever says so before.
  if (isAddress(base)) return { name: base, baseArgs: ['--set', `side=${base}`], pairs };
  return { name: base, command: commandOf(base, cwd), baseArgs: [], pairs };
}

function refuseForUpdate(parsed: Arguments, named: readonly string[], cwd: string): void {
  const result = named.find(isResultName);
  if (result !== undefined)
    throw new InputError('argument', result, 'scenarios: a baseline is made by a run of its own');
  for (const flag of ['json', 'report'] as const) {
    if (parsed.has(flag)) throw new InputError(`--${flag}`, parsed.text(flag), 'squall baseline check, which compares');
  }
  const folder = parsed.text('baselines') ?? 'baselines';
  checkFolder('--baselines', folder, cwd);
  // The page is made from all of them: what is no baseline is told before minutes of runs.
  if (existsSync(resolve(cwd, folder))) readBaselines(folder, cwd);
}

/** Says what was compared, writes and publishes it. */
async function finishCheck(
  checked: readonly Checked[],
  { isStopped, isByPairs }: { readonly isStopped: boolean; readonly isByPairs: boolean },
  parsed: Arguments,
  args: readonly string[],
  io: Io,
  paint: Paint,
): Promise<number> {
  const comparisons = checked.map(({ comparison }) => comparison);
  const codes = comparisons.map((comparison) => comparison.exitCode);
  const exitCode = winningExitCode(isStopped ? [...codes, 130] : codes);
  for (const { comparison, said } of checked) io.out(comparisonText(comparison, said, paint));
  io.out(`\n${verdictText(comparisons, exitCode, paint)}`);
  const own = args.slice(args.indexOf('check') + 1);
  const failing = checked.filter(({ comparison }) => comparison.exitCode !== 0 && comparison.exitCode !== 130);
  const made = failing.filter(({ task }) => task.result === undefined);
  const ran = made.filter(({ comparison }) => comparison.state !== 'missing' && comparison.traceHash.after !== null);
  const broken = made.filter(({ comparison }) => comparison.state === 'failed');
  // One run under the wall clock shows nothing of what pairs of them do.
  const repeats =
    isByPairs && made.length > 0
      ? [repeatCommand('baseline', args, [])]
      : [...ran, ...broken].map(({ task }) => repeatCommand('run', [...task.args], []));
  if (repeats.length > 0) io.out(`\nrepeat it with:\n${listed(repeats)}`);
  const missing = made.filter(({ comparison }) => comparison.state === 'missing');
  const makes = missing.map(({ task }) => repeatCommand('baseline', ['update', ...wordsFor(task, own)], []));
  if (makes.length > 0) io.out(`\nmake what is missing with:\n${listed(makes)}`);
  // What a run may be refused for is no baseline either.
  const moved = ran.filter(({ comparison }) => comparison.exitCode === 97 || comparison.exitCode === 98);
  const accepts = moved.map(({ task }) => repeatCommand('baseline', ['update', ...wordsFor(task, own)], []));
  if (accepts.length > 0) io.out(`\nif it is meant to be so, accept it with:\n${listed(accepts)}`);
  const result: BaselineCheck = {
    schemaVersion: 1,
    tool: { ...TOOL },
    runtime: { node: process.version, v8: process.versions.v8, lockHash: lockHash() },
    comparisons,
    exitCode,
  };
  const jsonFile = parsed.text('json');
  let unwritten: Error | undefined;
  try {
    if (jsonFile !== undefined) writeWhole('--json', jsonFile, `${JSON.stringify(result, null, 2)}\n`, io.cwd);
  } catch (error) {
    unwritten = error as Error;
  }
  await publish([{ kind: 'baseline', name: 'baseline check', result }], parsed, io);
  if (unwritten !== undefined) throw unwritten;
  return exitCode;
}

const listed = (commands: readonly string[]): string => commands.map((command) => `  ${command}\n`).join('');

/** Writes what may be a baseline, and says what became of each. */
function finishUpdate(updated: readonly Updated[], parsed: Arguments, io: Io, paint: Paint): number {
  const folder = parsed.text('baselines') ?? 'baselines';
  const written = updated.some(({ made }) => made !== undefined)
    ? writeBaselines(updated, folder, io.cwd)
    : new Set<Updated>();
  for (const each of updated) {
    const { task, made, changes, exitCode, said } = each;
    const title = oneLine(`${task.profile.padEnd(6)} ${task.scenario.padEnd(14)}`);
    if (made === undefined) {
      io.out(`${paint('red', '✗')} ${title}  not kept: the run ended with exit ${exitCode}\n`);
      const last = said
        .trim()
        .split('\n')
        .filter((line) => line !== '');
      for (const line of last.slice(0, 4)) io.out(`    ${oneLine(line)}\n`);
      continue;
    }
    const before = task.baseline?.traceHash;
    const hashes =
      before === undefined
        ? `new, trace ${made.traceHash}`
        : before === made.traceHash
          ? `trace ${made.traceHash}, as before`
          : `trace ${before} → ${made.traceHash}`;
    const note = written.has(each) ? '' : ' (nothing to write)';
    io.out(`${paint('green', '✓')} ${title}  ${hashes}${note}\n`);
    for (const { what, detail } of changes) io.out(`    ${what.padEnd(13)} ${oneLine(detail)}\n`);
    for (const { metric, expression, ok } of made.thresholds) {
      if (!ok) io.out(`    ${paint('yellow', '!')} threshold crossed: ${oneLine(`${metric} ${expression}`)}\n`);
    }
  }
  if (written.size > 0) io.out(`\n${written.size} written to ${oneLine(folder)}, with ${PAGE}\n`);
  const refused = updated.filter(({ made }) => made === undefined);
  const repeats = refused.map(({ task }) => repeatCommand('run', [...task.args], []));
  if (repeats.length > 0) io.out(`\nsee why with:\n${listed(repeats)}`);
  return winningExitCode(updated.map(({ exitCode }) => exitCode));
}

/** A line that says how many runs are done and which are under way. */
class Progress {
  readonly #line: LiveLine | undefined;
  readonly #of: number;
  readonly #running = new Set<Task>();
  #done = 0;
  #pairs = '';
  #stop = (): void => undefined;

  constructor(io: Io, parsed: Arguments, of: number) {
    this.#of = of;
    if (parsed.has('quiet')) return;
    this.#line = new LiveLine({
      write: (text) => io.err(text),
      nowMs: () => io.nowMs(),
      inPlace: io.errIsTerminal && !isContinuousIntegration(io.env),
      columns: () => io.columns(),
    });
    this.#tick();
  }

  begin(task: Task): void {
    this.#running.add(task);
    this.#show();
  }

  /** How many pairs of the run under way are done. */
  pairs(done: number, of: number): void {
    this.#pairs = `, pair ${done + 1} of ${of}`;
    this.#show();
  }

  end(task: Task): void {
    this.#running.delete(task);
    this.#done++;
    this.#show();
  }

  close(): void {
    this.#stop();
    this.#line?.end();
  }

  #tick(): void {
    this.#show();
    this.#stop = after(TICK_MS, () => this.#tick());
  }

  #show(): void {
    const names = [...this.#running].map(({ profile, scenario }) => oneLine(`${profile} ${scenario}`));
    const under = names.length === 0 ? '' : `; ${names.join(', ')}${this.#pairs} under way`;
    this.#line?.update((elapsedMs) => `${this.#done} of ${this.#of} runs done${under}; ${time(elapsedMs)}`);
  }
}

function helpText(): string {
  return [
    'squall baseline check [scenario|result.json …] [flags]   compares runs with the committed baselines',
    'squall baseline update [scenario …] [flags]              makes them anew, and BASELINE.md',
    '',
    'Without scenarios: all three, at the profiles light, medium and heavy. Simulated runs have no noise: an equal trace',
    'says that nothing changed; for another one the check names what did, and the table of limits decides.',
    'Under the wall clock base and head are run in turn, at least five pairs; without --pairs more are made, up to twenty,',
    'where noise leaves something undecided:',
    '  squall baseline check sync-relay --profile light --clock wall --side spawn --base ../main --duration 20s',
    '',
    ...flagHelp('baseline'),
    '',
    'exit codes: 0 as good as the baseline (or warnings), 1 safety finding, 2 bad input or no baseline, 3 a bug,',
    '            4 liveness finding, 97 worse than the baseline, 98 not to be compared, 99 threshold crossed, 130 interrupted',
    '',
  ].join('\n');
}
