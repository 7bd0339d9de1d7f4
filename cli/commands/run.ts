// `squall run`: gathers what a run needs, runs it, and says what came of it. It must not know what a run does.
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import { FAULT_PRESETS } from '../../scenarios/fault-presets.ts';
import type { Profile } from '../../scenarios/profiles/profile.ts';
import {
  type DeterminismOutcome,
  exitCodeOf,
  type Result,
  type RunHooks,
  type RunInput,
  type RunOutcome,
} from '../../scenarios/result.ts';
import { isScenario, SCENARIO_HAS, type ScenarioDefinition } from '../../scenarios/scenario.ts';
import { TOOL } from '../../scenarios/version.ts';
import { InputError } from '../../sim/errors.ts';
import { installGuard } from '../../sim/guard.ts';
import { checkTarget, findConfigFile, isFileName, loadFile, stemOf, writeWhole } from '../files.ts';
import { flagHelp, parseRunArguments, type RunArguments } from '../flags.ts';
import { breathe } from '../host.ts';
import { type Io, isContinuousIntegration } from '../io.ts';
import { reportFailure, repeatCommand } from '../report/failure.ts';
import { type Paint, painter } from '../report/format.ts';
import { headerText, wholeConfigText } from '../report/header.ts';
import { ProgressReporter } from '../report/progress.ts';
import { summaryText } from '../report/summary.ts';
import { lockHash } from '../tool.ts';

/** What makes the runs; a value, so that it loads only when arguments are right, and tests can stand in for it. */
export interface Engine {
  run(input: RunInput, hooks: RunHooks): Promise<RunOutcome>;
  checkDeterminism(input: RunInput, hooks: RunHooks): Promise<DeterminismOutcome>;
  scenarioNames: readonly string[];
}

async function loadOwnEngine(): Promise<Engine> {
  const { run } = await import('../../scenarios/run.ts');
  const { checkDeterminism } = await import('../../scenarios/determinism.ts');
  const { SCENARIOS } = await import('../../scenarios/registry.ts');
  return { run, checkDeterminism, scenarioNames: Object.keys(SCENARIOS) };
}

/**
 * Runs one scenario.
 * @param args what stands after `squall run`
 * @returns the exit code
 * @throws InputError before anything ran or was written
 */
export async function runCommand(args: readonly string[], io: Io, loadEngine = loadOwnEngine): Promise<number> {
  const parsed = parseRunArguments(args);
  if (parsed.help) {
    io.out(await helpText(loadEngine));
    return 0;
  }
  if (parsed.version) {
    io.out(`${TOOL.version}\n`);
    return 0;
  }
  const configFile = parsed.configFile ?? findConfigFile(io.cwd);
  const { input, addedArgs } = await gatherInput(parsed, configFile, io, loadEngine);
  if (parsed.jsonFile !== undefined) checkTarget('--json', parsed.jsonFile, io.cwd);

  const engine = await loadEngine();
  const repeat = repeatCommand('run', args, addedArgs);
  const paint = painter(wantsColours(io));
  const interrupt = new AbortController();
  let stopListening = (): void => undefined;
  // Until the run begins there is nothing to print, and nothing to wait for: an interrupt ends the process.
  const listen = (): void => {
    stopListening = io.onInterrupt(() => interrupt.abort());
  };
  const reporter = parsed.quiet ? undefined : progressReporter(io);
  const hooks = hooksOf(parsed, io, paint, listen, interrupt.signal, reporter);
  try {
    const { outcome, mismatch } = parsed.checkDeterminism
      ? await engine.checkDeterminism(input, hooks)
      : { outcome: await engine.run(input, hooks), mismatch: undefined };
    reporter?.end();
    const result: Result = mismatch === undefined ? outcome.result : { ...outcome.result, verdict: 'nondeterministic' };
    return finish(result, mismatch, parsed, io, paint, repeat);
  } catch (error) {
    reporter?.end();
    return reportFailure(error, io, repeat);
  } finally {
    stopListening();
  }
}

/** Loads the files that were named and puts the layers together; with what a repetition has to add to the arguments. */
async function gatherInput(
  parsed: RunArguments,
  configFile: string | undefined,
  io: Io,
  loadEngine: () => Promise<Engine>,
): Promise<{ input: RunInput; addedArgs: string[] }> {
  const { scenario, typedAs } = parsed;
  if (scenario === undefined) {
    throw new InputError('scenario', undefined, `one of ${(await loadEngine()).scenarioNames.join(', ')}, or a file`);
  }
  const layer: ConfigLayer = { ...parsed.layer };
  const input: RunInput = { scenario, config: layer, typedAs };
  const addedArgs: string[] = [];
  if (isFileName(scenario)) input.scenario = await loadScenario(scenario, io.cwd);
  if (configFile !== undefined) {
    const field = parsed.configFile === undefined ? 'configuration file' : '--config';
    input.file = { name: configFile, values: await loadFile(field, configFile, io.cwd) };
    if (parsed.configFile === undefined) addedArgs.push('--config', configFile);
  }
  if (parsed.profileFile !== undefined) {
    const values = await loadKeys('--profile', parsed.profileFile, io.cwd);
    input.profile = { name: stemOf(parsed.profileFile), ...values } as Profile;
  }
  if (parsed.faultsFile !== undefined) {
    const values = await loadKeys('--faults', parsed.faultsFile, io.cwd);
    const set = typeof layer.faults === 'object' ? layer.faults : {};
    layer.faults = { ...FAULT_PRESETS['none'], name: stemOf(parsed.faultsFile), ...values, ...set };
  }
  const fileSeed = (input.file?.values as { seed?: unknown } | null | undefined)?.seed;
  if (!parsed.seedGiven && fileSeed === undefined) {
    const drawn = io.drawSeed();
    input.seed = drawn;
    addedArgs.push('--seed', drawn);
  }
  return { input, addedArgs };
}

async function loadKeys(field: string, file: string, cwd: string): Promise<Record<string, unknown>> {
  const values = await loadFile(field, file, cwd);
  if (typeof values === 'object' && values !== null && !Array.isArray(values)) return values as Record<string, unknown>;
  throw new InputError(field, file, 'a file that holds an object of keys', 'ERR_FILE');
}

async function loadScenario(file: string, cwd: string): Promise<ScenarioDefinition> {
  // Before the file is loaded: it, or what it imports, may keep a reference to a clock or to entropy.
  installGuard();
  const loaded = await loadFile('scenario', file, cwd);
  if (isScenario(loaded)) return loaded;
  throw new InputError('scenario', file, `a file whose default export is ${SCENARIO_HAS}`, 'ERR_FILE');
}

function hooksOf(
  parsed: RunArguments,
  io: Io,
  paint: Paint,
  listen: () => void,
  signal: AbortSignal,
  reporter: ProgressReporter | undefined,
): RunHooks {
  let hasStarted = false;
  const hooks: RunHooks = {
    signal,
    clockMs: () => io.nowMs(),
    lockHash: lockHash(),
    breathe,
    onStart(config) {
      if (hasStarted) return;
      hasStarted = true;
      listen();
      if (parsed.quiet) return;
      io.out(`${headerText(config, paint)}${parsed.verbose ? `\n${wholeConfigText(config)}` : ''}\n`);
    },
  };
  if (reporter !== undefined) hooks.onProgress = (progress) => reporter.update(progress);
  return hooks;
}

/** Writes the result file, prints the summary, and gives the exit code. */
function finish(
  result: Result,
  mismatch: DeterminismOutcome['mismatch'],
  parsed: RunArguments,
  io: Io,
  paint: Paint,
  repeat: string,
): number {
  let unwritten: unknown;
  try {
    if (parsed.jsonFile !== undefined) {
      writeWhole('--json', parsed.jsonFile, `${JSON.stringify(result, null, 2)}\n`, io.cwd);
    }
  } catch (error) {
    unwritten = error;
  }
  io.out(summaryText(result, paint, io.outColumns?.()));
  if (mismatch !== undefined) {
    const side = (title: string, events: readonly string[]): string =>
      `  ${title}\n${events.map((event) => `    ${event}\n`).join('')}`;
    io.out(`\ntwo runs of this seed part at event ${mismatch.event}:\n`);
    io.out(side('first run', mismatch.first) + side('second run', mismatch.second));
  } else if (parsed.checkDeterminism && result.verdict !== 'interrupted') {
    io.out('\n✓ deterministic: two runs of this seed, event for event the same\n');
  }
  const code = exitCodeOf(result);
  if (code !== 0) io.out(`\nrepeat it with:\n  ${repeat}\n`);
  if (unwritten !== undefined) throw unwritten as Error;
  return code;
}

function progressReporter(io: Io): ProgressReporter {
  return new ProgressReporter({
    write: (text) => io.err(text),
    nowMs: () => io.nowMs(),
    inPlace: io.errIsTerminal && !isContinuousIntegration(io.env),
    columns: () => io.columns(),
  });
}

function wantsColours(io: Io): boolean {
  return io.outIsTerminal && (io.env['NO_COLOR'] ?? '') === '' && !isContinuousIntegration(io.env);
}

async function helpText(loadEngine: () => Promise<Engine>): Promise<string> {
  const { scenarioNames } = await loadEngine();
  return [
    'squall run <scenario> [flags]   one seeded run; the same seed is the same run, byte for byte',
    '',
    `scenarios: ${scenarioNames.join(', ')}, or a file of your own`,
    '',
    ...flagHelp(),
    '',
    'exit codes: 0 passed, 1 safety finding, 2 bad input, 3 a bug or nondeterminism, 4 liveness finding,',
    '            99 threshold crossed, 130 interrupted',
    '',
  ].join('\n');
}
