// `squall run`: gathers what a run needs, runs it, and says what came of it. It must not know what a run does.
import {
  type DeterminismOutcome,
  exitCodeOf,
  type Result,
  type RunHooks,
  type RunInput,
  type RunOutcome,
} from '../../scenarios/result.ts';
import { storedResult } from '../../scenarios/result-file.ts';
import type { DocumentType } from '../../models/documents/port.ts';
import { InputError } from '../../sim/errors.ts';
import type { ArrivalsOrigin } from '../../scenarios/arrivals/arrivals.ts';
import { arrivalsRow } from '../arrivals/origin-text.ts';
import { answersItself } from '../asked.ts';
import { flagHelp } from '../command-flags.ts';
import { checkTarget, writeWhole } from '../files.ts';
import { type Arguments, parseArguments } from '../flags.ts';
import { breathe } from '../host.ts';
import { guardedIo } from '../guarded-io.ts';
import { gatherInput, keyOfFile } from '../input.ts';
import { type Io, wantsColours, wantsScreen } from '../io.ts';
import { checkPublication, failuresOf, publish } from '../publish.ts';
import { reachableMarks } from '../reachable-marks.ts';
import { reportFailure, repeatCommand } from '../report/failure.ts';
import { type Paint, painter } from '../report/format.ts';
import { headerText, wholeConfigText } from '../report/header.ts';
import type { Reported } from '../report/reported.ts';
import { summaryText } from '../report/summary.ts';
import { RunView } from '../run-view.ts';
import { lockHash } from '../tool.ts';
import type { Watch } from '../watchdog.ts';

/** What makes the runs; a value, so that it loads only when arguments are right, and tests can stand in for it. */
export interface Engine {
  run(input: RunInput, hooks: RunHooks): Promise<RunOutcome>;
  checkDeterminism(input: RunInput, hooks: RunHooks): Promise<DeterminismOutcome>;
  scenarioNames: readonly string[];
  /** Documents of ours by name, for what they can reach; left out, all can be reached. */
  documents?(name: string): Promise<DocumentType>;
}

/** Real time between two turns of the event loop, ms: far less than a person notices. */
const BREATH_MS = 5;

async function loadOwnEngine(): Promise<Engine> {
  const { run } = await import('../../scenarios/run.ts');
  const { checkDeterminism } = await import('../../scenarios/determinism.ts');
  const { SCENARIOS } = await import('../../scenarios/registry.ts');
  const { loadDocuments } = await import('../../scenarios/documents.ts');
  return { run, checkDeterminism, scenarioNames: Object.keys(SCENARIOS), documents: loadDocuments };
}

/**
 * Runs one scenario.
 * @param args what stands after `squall run`
 * @returns the exit code
 * @throws InputError before anything ran or was written
 */
export async function runCommand(
  args: readonly string[],
  surroundings: Io,
  loadEngine = loadOwnEngine,
): Promise<number> {
  const io = guardedIo(surroundings);
  const parsed = parseArguments('run', args);
  if (await answersItself(parsed, io, () => helpText(loadEngine))) return 0;
  if (wantsScreen(io, parsed)) await io.warmScreen?.(wantsColours(io));
  const names = async (): Promise<readonly string[]> => (await loadEngine()).scenarioNames;
  const { input, addedArgs, documentsFile, remarks } = await gatherInput(parsed, io.cwd, names);
  await calibrated(parsed, input, io.cwd);
  if (parsed.has('check-determinism') && (parsed.layer.clock ?? keyOfFile(input, 'clock')) === 'wall') {
    throw new InputError(
      '--check-determinism',
      '--clock wall',
      'the virtual clock: real time makes each run another one',
    );
  }
  const jsonFile = parsed.text('json');
  if (jsonFile !== undefined) checkTarget('--json', jsonFile, io.cwd);
  checkPublication(parsed, io, { hasRuns: true });
  if (parsed.has('save')) (await import('../history/save.ts')).checkHistory(parsed, io);

  const engine = await loadEngine();
  for (const remark of remarks) io.err(`--arrivals: ${remark}\n`);
  const drawn = drawSeed(parsed, input, io);
  const repeat = repeatCommand('run', args, drawn === undefined ? addedArgs : [...addedArgs, '--seed', drawn]);
  const paint = painter(wantsColours(io));
  const interrupt = new AbortController();
  let stopListening = (): void => undefined;
  const documents = documentsFile === undefined ? '' : `, or ${documentsFile},`;
  const watch = io.watch?.(`scenario ${parsed.positionals[0]}${documents}`);
  const runs = parsed.has('check-determinism') ? 2 : 1;
  const view = new RunView({ io, parsed, runs, watch, interrupt: () => quit() });
  const end = (): void => {
    interrupt.abort();
    view.interrupt();
  };
  const quit = (): void => {
    // A signal from now on is for one that does not come to its end.
    stopListening();
    end();
  };
  // Until the run begins there is nothing to print, and nothing to wait for: an interrupt ends the process.
  const listen = (): void => {
    stopListening = io.onInterrupt(end);
  };
  const { scenario } = input;
  const origin = typeof scenario === 'string' ? undefined : scenario.arrivals;
  const hooks = hooksOf(parsed, io, paint, listen, interrupt.signal, view, watch, origin);
  try {
    const { outcome, mismatch } = parsed.has('check-determinism')
      ? await engine.checkDeterminism(input, hooks)
      : { outcome: await engine.run(input, hooks), mismatch: undefined };
    watch?.stop();
    const result: Result = mismatch === undefined ? outcome.result : { ...outcome.result, verdict: 'nondeterministic' };
    await view.end(result.verdict);
    const type = input.documents ?? (await engine.documents?.(result.config.documents));
    return await finish(result, mismatch, type, parsed, io, paint, repeat);
  } catch (error) {
    await view.leave();
    return reportFailure(error, io, repeat);
  } finally {
    watch?.stop();
    stopListening();
  }
}

/** Lays a calibration under what was typed. @throws InputError where nothing is modelled that it could be of */
async function calibrated(parsed: Arguments, input: RunInput, cwd: string): Promise<void> {
  const file = parsed.text('calibration');
  if (file === undefined) return;
  if ((parsed.layer.clock ?? keyOfFile(input, 'clock')) === 'wall') {
    throw new InputError(
      '--calibration',
      '--clock wall',
      'the virtual clock: under the wall clock nothing is modelled',
    );
  }
  const { calibratedLayer } = await import('../calibrate/layer.ts');
  input.config = calibratedLayer(file, cwd, input.config ?? {});
}

/** Draws a seed where neither flags nor the configuration file have one, and gives what was drawn. */
function drawSeed(parsed: Arguments, input: RunInput, io: Io): string | undefined {
  if (parsed.layer.seed !== undefined || keyOfFile(input, 'seed') !== undefined) return undefined;
  return (input.seed = io.drawSeed());
}

function hooksOf(
  parsed: Arguments,
  io: Io,
  paint: Paint,
  listen: () => void,
  signal: AbortSignal,
  view: RunView,
  watch: Watch | undefined,
  origin: ArrivalsOrigin | undefined,
): RunHooks {
  let hasStarted = false;
  let breathedMs = Number.NEGATIVE_INFINITY;
  return {
    ...view.hooks,
    signal,
    clockMs: () => io.nowMs() - view.pausedMs,
    lockHash: lockHash(),
    async breathe() {
      watch?.beat();
      const nowMs = io.nowMs();
      if (nowMs - breathedMs >= BREATH_MS) {
        await breathe();
        breathedMs = nowMs;
      }
      await view.wait();
    },
    onStart(config) {
      watch?.beat();
      if (hasStarted) return;
      hasStarted = true;
      listen();
      if (parsed.has('quiet')) return;
      const arrivals = origin === undefined ? '' : arrivalsRow(origin, config.users);
      io.out(`${headerText(config, paint)}${arrivals}${parsed.has('verbose') ? `\n${wholeConfigText(config)}` : ''}\n`);
    },
  };
}

/** Keeps and publishes the result, prints the summary, and gives the exit code. */
async function finish(
  result: Result,
  mismatch: DeterminismOutcome['mismatch'],
  documents: DocumentType | undefined,
  parsed: Arguments,
  io: Io,
  paint: Paint,
  repeat: string,
): Promise<number> {
  const unwritten = await failuresOf([() => writeJson(result, parsed, io), () => saveToHistory(result, parsed, io)]);
  const marks = documents === undefined ? result.marks : reachableMarks(result.marks, documents);
  io.out(summaryText({ ...result, marks }, paint, io.outColumns?.()));
  if (mismatch !== undefined) {
    const side = (title: string, events: readonly string[]): string =>
      `  ${title}\n${events.map((event) => `    ${event}\n`).join('')}`;
    io.out(`\ntwo runs of this seed part at event ${mismatch.event}:\n`);
    io.out(side('first run', mismatch.first) + side('second run', mismatch.second));
  } else if (parsed.has('check-determinism') && result.verdict !== 'interrupted') {
    io.out('\n✓ deterministic: two runs of this seed, event for event the same\n');
  }
  const code = exitCodeOf(result);
  if (code !== 0) io.out(`\nrepeat it with:\n  ${repeat}\n`);
  const command = code === 0 ? undefined : repeat;
  const subject: Reported = { kind: 'run', name: parsed.positionals[0]!, result: storedResult(result), command };
  unwritten.push(...(await failuresOf([() => publish([subject], parsed, io)])));
  // The summary and the verdict come first: nothing that went wrong in writing takes them away.
  if (unwritten.length > 0) throw unwritten[0] as Error;
  return code;
}

function writeJson(result: Result, parsed: Arguments, io: Io): void {
  const file = parsed.text('json');
  if (file !== undefined) writeWhole('--json', file, `${JSON.stringify(result, null, 2)}\n`, io.cwd);
}

async function saveToHistory(result: Result, parsed: Arguments, io: Io): Promise<void> {
  if (parsed.has('save')) (await import('../history/save.ts')).saveResult(result, parsed, io);
}

async function helpText(loadEngine: () => Promise<Engine>): Promise<string> {
  const { scenarioNames } = await loadEngine();
  return [
    'squall run <scenario> [flags]   one seeded run; the same seed is the same run, byte for byte',
    '',
    `scenarios: ${scenarioNames.join(', ')}, or a file of your own`,
    '',
    ...flagHelp('run'),
    '',
    'exit codes: 0 passed, 1 safety finding, 2 bad input, 3 a bug or nondeterminism, 4 liveness finding,',
    '            98 inconclusive under the wall clock, 99 threshold crossed or metastable, 130 interrupted',
    '',
  ].join('\n');
}
