// What a check or an update is about, from the arguments: which runs, with which flags, beside which baselines. It must
// not know how runs are made, nor what comes of them.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Baseline, baselineName, parseBaseline } from '../../scenarios/baseline/baseline-file.ts';
import { resolveConfig } from '../../scenarios/config.ts';
import type { Config } from '../../scenarios/config-schema.ts';
import { SCENARIOS } from '../../scenarios/registry.ts';
import { parseResult, RESULT_CHARS_MAX, type StoredResult } from '../../scenarios/result-file.ts';
import type { RunInput } from '../../scenarios/result.ts';
import { scenarioOf } from '../../scenarios/run.ts';
import { InputError } from '../../sim/errors.ts';
import { flagsOf, takesValue } from '../command-flags.ts';
import { reasonOf } from '../files.ts';
import type { Arguments } from '../flags.ts';
import { gatherInput, keyOfFile } from '../input.ts';

/** Profiles that are kept, where none is named. */
export const KEPT_PROFILES = ['light', 'medium', 'heavy'] as const;
/** The seed of a new baseline. */
const FIRST_SEED = '1';
/** Larger files are no baselines. */
const BASELINE_BYTES_MAX = 4 * 1024 * 1024;

/** A run beside its baseline. */
export interface Task {
  readonly profile: string;
  readonly scenario: string;
  readonly users: number;
  /** The baseline's file, as it is shown. */
  readonly file: string;
  readonly baseline: Baseline | undefined;
  readonly input: RunInput;
  readonly config: Pick<Config, 'clock' | 'documents' | 'side'>;
  /** After `squall run`. */
  readonly args: readonly string[];
  /** One that was made before, and is compared as it is. */
  readonly result?: StoredResult;
}

/** @param args what stands after `squall baseline check` or `update`, as `parsed` was read from it */
export async function tasksOf(
  parsed: Arguments,
  named: readonly string[],
  args: readonly string[],
  cwd: string,
): Promise<Task[]> {
  const folder = parsed.text('baselines') ?? 'baselines';
  const names = named.length === 0 ? Object.keys(SCENARIOS) : [...new Set(named)];
  const given = parsed.profileFile ?? parsed.layer.profile;
  const tasks: Task[] = [];
  for (const profile of given === undefined ? KEPT_PROFILES : [given]) {
    for (const scenario of names) {
      if (!isResultName(scenario)) tasks.push(await runTask(parsed, scenario, profile, args, folder, cwd));
    }
  }
  for (const name of names) if (isResultName(name)) tasks.push(resultTask(name, folder, cwd));
  return tasks;
}

/** Whether an argument names a result that was made before. */
export function isResultName(name: string): boolean {
  return extname(name) === '.json';
}

async function runTask(
  parsed: Arguments,
  scenarioArgument: string,
  profileArgument: string,
  args: readonly string[],
  folder: string,
  cwd: string,
): Promise<Task> {
  const layer = parsed.profileFile === undefined ? { ...parsed.layer, profile: profileArgument } : { ...parsed.layer };
  const asRun = { ...parsed, positionals: [scenarioArgument], layer };
  const { input } = await gatherInput(asRun, cwd, async () => Object.keys(SCENARIOS));
  const definition = scenarioOf(input.scenario);
  const first = resolveConfig({ ...input, config: { seed: FIRST_SEED, ...input.config } }, definition);
  const file = join(folder, baselineName(first.profile, definition.name));
  const baseline = readBaseline(file, cwd);
  const ofNew = keyOfFile(input, 'seed') === undefined ? FIRST_SEED : undefined;
  const chosen = layer.seed ?? baseline?.seed ?? ofNew;
  if (chosen !== undefined) input.config = { ...input.config, seed: chosen };
  const { users, clock, documents, side, seed } = resolveConfig(input, definition);
  return {
    profile: first.profile,
    scenario: definition.name,
    users,
    file,
    baseline,
    input,
    config: { clock, documents, side },
    args: [scenarioArgument, '--profile', profileArgument, '--seed', seed, ...passedOn(args)],
  };
}

function resultTask(name: string, folder: string, cwd: string): Task {
  const result = parseResult(name, readText('result', name, RESULT_CHARS_MAX, cwd));
  const { profile, scenario, config, clock, side } = result;
  const file = join(folder, baselineName(profile, scenario));
  const documents = typeof config['documents'] === 'string' ? config['documents'] : 'lww';
  const users = 0;
  // Its configuration is what a run would be given; what does not fit is found when it is resolved.
  const input = { scenario, config } as RunInput;
  const baseline = readBaseline(file, cwd);
  return { profile, scenario, users, file, baseline, input, config: { clock, documents, side }, args: [], result };
}

/** A kept baseline; undefined where there is none. @throws InputError for what is none, or cannot be read */
export function readBaseline(file: string, cwd: string): Baseline | undefined {
  if (!existsSync(resolve(cwd, file))) return undefined;
  return parseBaseline(file, readText('--baselines', file, BASELINE_BYTES_MAX, cwd));
}

function readText(field: string, name: string, bytesMax: number, cwd: string): string {
  const path = resolve(cwd, name);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new InputError(field, name, 'a file that exists', 'ERR_FILE');
  if (!stats.isFile()) throw new InputError(field, name, 'a regular file', 'ERR_FILE');
  if (stats.size > bytesMax) throw new InputError(field, name, `a file of at most ${bytesMax} bytes`, 'ERR_FILE');
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(field, name, `a readable file (${reasonOf(error)})`, 'ERR_FILE');
  }
}

/** Flags that belong to the comparison, or are set for each run. */
const OWN = ['baselines', 'base', 'pairs', 'json', 'report', 'workers', 'quiet', 'help', 'version', 'profile', 'seed'];

/** The flags that each run gets as they were typed, in their order. */
export function passedOn(args: readonly string[], own: readonly string[] = OWN): string[] {
  const options = Object.fromEntries(
    flagsOf('baseline').map((name) => [name, { type: takesValue(name) ? ('string' as const) : ('boolean' as const) }]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  return tokens.flatMap((token) => {
    if (token.kind !== 'option' || own.includes(token.name)) return [];
    return token.value === undefined ? [`--${token.name}`] : [`--${token.name}=${token.value}`];
  });
}

/** The words of a command about one scenario at one profile, as a person would type them. */
export function wordsFor(task: Task, args: readonly string[]): string[] {
  const [scenario = task.scenario, , profile = task.profile] = task.args;
  const own = OWN.filter((name) => name !== 'baselines' && name !== 'seed');
  return [scenario, '--profile', profile, ...passedOn(args, own)];
}

/** Whether a text names a relay at an address rather than a folder. */
export function isAddress(base: string): boolean {
  return /^https?:\/\//i.test(base);
}

/** The built command of another checkout. @throws InputError where there is none */
export function commandOf(folder: string, cwd: string): string {
  const path = resolve(cwd, folder, 'dist/cli/main.js');
  if (existsSync(path)) return path;
  throw new InputError(
    '--base',
    folder,
    'a built checkout (with dist/cli/main.js), or a relay at http://…',
    'ERR_FILE',
  );
}
