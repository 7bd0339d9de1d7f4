// Runs the shell steps of a workflow here, in order, as GitHub would: expressions, conditions, outputs, matrices, and
// artefacts as folders. Actions of others are left out (checkout, setup-node) or stood in for (artefacts).
//   node test/workflows/run-steps.ts <workflow.yml> [job] [--event pull_request] [--matrix k=v] [--set inputs.seeds=1..20]
// Without a job, all jobs in the order of their needs. A job alone takes what it needs by --set needs.plan.outputs.x=y.
// Steps run in the current folder: give it a copy of the tree, since `npm ci` is one of them.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { filled, holds, type Scope, textOf, type Value } from './expressions.ts';

type Named = Readonly<Record<string, Value>>;

export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: Value;
  readonly uses?: string;
  readonly with?: Named;
  readonly run?: string;
  readonly env?: Named;
  readonly 'working-directory'?: string;
}

export interface Job {
  readonly needs?: string | readonly string[];
  readonly if?: Value;
  readonly outputs?: Named;
  readonly env?: Named;
  readonly strategy?: { readonly matrix: Named | string };
  readonly permissions?: Named;
  readonly steps: readonly Step[];
}

export interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Named;
  readonly env?: Named;
  readonly jobs: Readonly<Record<string, Job>>;
}

export interface RunOptions {
  /** Where the steps run. */
  readonly cwd: string;
  readonly event?: string;
  /** What stands in the event's file, and in `github.event`. */
  readonly payload?: Named;
  readonly inputs?: Named;
  /** Values by path, such as `needs.plan.outputs.profile`. */
  readonly set?: Readonly<Record<string, string>>;
  readonly matrix?: Named;
  /** Over the surroundings of the steps, GITHUB_* included. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where artefacts, the event and the summary are; a new folder of its own, left there, where it is left out. */
  readonly folder?: string;
}

export interface StepDone {
  readonly name: string;
  readonly outcome: 'success' | 'failure' | 'skipped' | 'left out';
  readonly said: string;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface JobDone {
  readonly job: string;
  readonly result: 'success' | 'failure' | 'skipped';
  readonly outputs: Readonly<Record<string, string>>;
  readonly steps: readonly StepDone[];
  readonly summary: string;
}

/** A workflow's or an action's file. */
export function readYaml(file: string): unknown {
  return parse(readFileSync(file, 'utf8')) as unknown;
}

/** All jobs in the order of their needs, each of a matrix in its place. */
export function runWorkflow(workflow: Workflow, options: RunOptions): JobDone[] {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'run-steps-'));
  const all: JobDone[] = [];
  const needs: Record<string, Value> = {};
  const waiting = new Map(Object.entries(workflow.jobs));
  while (waiting.size > 0) {
    const ready = [...waiting].find(([, job]) => needsOf(job).every((each) => each in needs));
    if (ready === undefined) throw new Error(`needs that are never met: ${[...waiting.keys()].join(', ')}`);
    const [name, job] = ready;
    waiting.delete(name);
    const own = Object.fromEntries(needsOf(job).map((each) => [each, needs[each]!]));
    const done = runJob(workflow, name, { ...options, folder }, own);
    all.push(...done);
    const failed = done.find(({ result }) => result === 'failure');
    const { result, outputs } = failed ?? done[0]!;
    needs[name] = { result, outputs };
  }
  return all;
}

function needsOf({ needs = [] }: Job): readonly string[] {
  return typeof needs === 'string' ? [needs] : needs;
}

/** One job; with a matrix, once for each of its combinations. */
export function runJob(workflow: Workflow, name: string, options: RunOptions, needs: Named = {}): JobDone[] {
  const job = workflow.jobs[name];
  if (job === undefined) throw new Error(`no job ${name}: ${Object.keys(workflow.jobs).join(', ')}`);
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'run-steps-'));
  const given = contextsOf({ ...options, folder }, needs);
  const results = Object.values((given['needs'] ?? {}) as Named).map((each) => textOf((each as Named)['result'] ?? ''));
  const status = results.some((each) => each === 'failure' || each === 'skipped') ? 'failure' : 'success';
  if (!holds(job.if, { contexts: given, status })) {
    return [{ job: name, result: 'skipped', outputs: {}, steps: [], summary: '' }];
  }
  const matrices = options.matrix === undefined ? combinations(job, given) : [options.matrix];
  return matrices.map((matrix) => {
    const contexts = { ...given, matrix };
    const env = { ...textsOf(workflow.env, contexts), ...textsOf(job.env, contexts) };
    const ran = runSteps(job.steps, { ...options, folder }, contexts, env);
    const outputs = textsOf(job.outputs, { ...contexts, steps: ran.context });
    return {
      job: name,
      result: ran.hasFailed ? 'failure' : 'success',
      outputs,
      steps: ran.steps,
      summary: ran.summary,
    };
  });
}

function combinations(job: Job, contexts: Named): Named[] {
  if (job.strategy === undefined) return [{}];
  const { matrix } = job.strategy;
  const whole = typeof matrix === 'string' ? (filled(matrix, { contexts, status: 'success' }) as Named) : matrix;
  const listOf = (value: Value): readonly Value[] =>
    (typeof value === 'string' ? filled(value, { contexts, status: 'success' }) : value) as readonly Value[];
  const { include, ...axes } = whole;
  let all: Named[] = Object.keys(axes).length === 0 ? [] : [{}];
  for (const [key, values] of Object.entries(axes)) {
    all = all.flatMap((each) => listOf(values).map((value) => ({ ...each, [key]: value })));
  }
  return include === undefined ? all : [...all, ...(listOf(include) as Named[])];
}

/** The contexts of a job: what GitHub would say of a run here. */
function contextsOf(options: RunOptions, needs: Named): Record<string, Value> {
  const { event = 'workflow_dispatch', payload = {}, folder = '' } = options;
  const temp = join(folder, 'temp');
  mkdirSync(temp, { recursive: true });
  const contexts: Record<string, Value> = {
    github: {
      event_name: event,
      event: payload,
      repository: options.env?.['GITHUB_REPOSITORY'] ?? 'example/project',
      ref: 'refs/heads/main',
      workflow: 'local',
      run_id: options.env?.['GITHUB_RUN_ID'] ?? '1',
      token: 'none',
      action_path: '',
    },
    inputs: options.inputs ?? {},
    runner: { temp, os: 'Linux' },
    needs,
    matrix: options.matrix ?? {},
    env: {},
    steps: {},
  };
  for (const [path, value] of Object.entries(options.set ?? {})) setAt(contexts, path.split('.'), value);
  return contexts;
}

function setAt(target: Record<string, Value>, [first, ...rest]: readonly string[], value: string): void {
  if (rest.length === 0) target[first!] = value;
  else {
    const inner = { ...(target[first!] as Record<string, Value> | undefined) };
    setAt(inner, rest, value);
    target[first!] = inner;
  }
}

function textsOf(named: Named = {}, contexts: Named, status: Scope['status'] = 'success'): Record<string, string> {
  return Object.fromEntries(
    Object.entries(named).map(([key, value]) => [key, textOf(filled(textOf(value), { contexts, status }))]),
  );
}

interface StepsDone {
  readonly steps: readonly StepDone[];
  readonly context: Named;
  readonly hasFailed: boolean;
  readonly summary: string;
}

/** Steps in order; those of a composite action too. */
export function runSteps(
  steps: readonly Step[],
  options: RunOptions,
  given: Readonly<Record<string, Value>>,
  jobEnv: Readonly<Record<string, string>> = {},
): StepsDone {
  const { cwd, folder = mkdtempSync(join(tmpdir(), 'run-steps-')) } = options;
  const own = mkdtempSync(join(folder, 'job-'));
  const event = join(own, 'event.json');
  writeFileSync(event, JSON.stringify(options.payload ?? {}));
  const files = Object.fromEntries(['OUTPUT', 'ENV', 'STEP_SUMMARY', 'PATH'].map((each) => [each, join(own, each)]));
  for (const file of Object.values(files)) writeFileSync(file, '');
  const github = given['github'] as Named;
  const surroundings: Record<string, string> = {
    ...(process.env as Record<string, string>),
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_NAME: textOf(github['event_name'] ?? ''),
    GITHUB_EVENT_PATH: event,
    GITHUB_REPOSITORY: textOf(github['repository'] ?? ''),
    GITHUB_RUN_ID: textOf(github['run_id'] ?? ''),
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_WORKSPACE: cwd,
    RUNNER_TEMP: textOf((given['runner'] as Named)['temp'] ?? ''),
    ...Object.fromEntries(Object.entries(files).map(([name, file]) => [`GITHUB_${name}`, file])),
    ...options.env,
  };
  const kept: Record<string, string> = { ...jobEnv };
  const context: Record<string, Value> = {};
  const done: StepDone[] = [];
  let hasFailed = false;
  for (const step of steps) {
    const status = hasFailed ? 'failure' : 'success';
    const name = step.name ?? step.uses ?? (step.run ?? '').split('\n')[0]!;
    const contexts: Record<string, Value> = { ...given, env: { ...kept }, steps: context };
    let ended: StepDone = { name, outcome: 'skipped', said: '', outputs: {} };
    if (holds(step.if, { contexts, status })) {
      const env = { ...kept, ...textsOf(step.env, contexts, status) };
      contexts['env'] = env;
      if (step.run === undefined) {
        ended = { name, ...useAction(step.uses ?? '', textsOf(step.with, contexts, status), cwd, folder), outputs: {} };
      } else {
        const script = join(own, 'step.sh');
        writeFileSync(script, textOf(filled(step.run, { contexts, status })));
        writeFileSync(files['OUTPUT']!, '');
        const where = textOf(filled(step['working-directory'] ?? '.', { contexts, status }));
        const {
          status: code,
          stdout,
          stderr,
        } = spawnSync('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', script], {
          cwd: resolve(cwd, where),
          env: { ...surroundings, ...env },
          encoding: 'utf8',
          maxBuffer: 1 << 28,
        });
        const outcome = code === 0 ? 'success' : 'failure';
        ended = {
          name,
          outcome,
          said: `${stdout}${stderr}`,
          outputs: namedValues(readFileSync(files['OUTPUT']!, 'utf8')),
        };
        Object.assign(kept, namedValues(readFileSync(files['ENV']!, 'utf8')));
        const paths = readFileSync(files['PATH']!, 'utf8').split('\n').filter(Boolean);
        writeFileSync(files['PATH']!, '');
        for (const path of paths) surroundings['PATH'] = `${path}:${surroundings['PATH'] ?? ''}`;
      }
    }
    done.push(ended);
    if (ended.outcome === 'failure') hasFailed = true;
    if (step.id !== undefined) context[step.id] = { outcome: ended.outcome, outputs: ended.outputs };
  }
  return { steps: done, context, hasFailed, summary: readFileSync(files['STEP_SUMMARY']!, 'utf8') };
}

/** `name=value` a line, or `name<<END`, lines, `END`. */
function namedValues(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    const block = /^([\w-]+)<<(.+)$/.exec(line);
    const [, name, end] = block ?? [];
    if (name !== undefined) {
      const from = index + 1;
      while (index + 1 < lines.length && lines[++index] !== end);
      values[name] = lines.slice(from, index).join('\n');
    } else if (line.includes('=')) values[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
  }
  return values;
}

/** Actions of others: artefacts are folders, the rest has nothing to do here. */
function useAction(
  uses: string,
  given: Readonly<Record<string, string>>,
  cwd: string,
  folder: string,
): Pick<StepDone, 'outcome' | 'said'> {
  const store = join(folder, 'artefacts');
  mkdirSync(store, { recursive: true });
  if (uses.startsWith('actions/upload-artifact@')) {
    const from = resolve(cwd, given['path'] ?? '.');
    if (!existsSync(from)) return { outcome: 'success', said: `nothing at ${given['path'] ?? ''}` };
    cpSync(from, join(store, given['name'] ?? 'artifact'), { recursive: true });
    return { outcome: 'success', said: `kept ${given['name'] ?? ''} for ${given['retention-days'] ?? '?'} days` };
  }
  if (uses.startsWith('actions/download-artifact@')) {
    const to = resolve(cwd, given['path'] ?? '.');
    if (given['name'] !== undefined) {
      if (!existsSync(join(store, given['name']))) return { outcome: 'failure', said: `no artefact ${given['name']}` };
      cpSync(join(store, given['name']), to, { recursive: true });
      return { outcome: 'success', said: `took ${given['name']}` };
    }
    const names = globSync(given['pattern'] ?? '*', { cwd: store });
    for (const name of names) cpSync(join(store, name), join(to, basename(name)), { recursive: true });
    return { outcome: 'success', said: `took ${names.join(', ')}` };
  }
  return { outcome: 'left out', said: uses };
}

/** A composite action over inputs: its steps, and its outputs. */
export function runAction(file: string, options: RunOptions): StepsDone & { outputs: Record<string, string> } {
  const action = readYaml(file) as {
    inputs: Record<string, { default?: string }>;
    outputs: Record<string, { value: string }>;
    runs: { steps: Step[] };
  };
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'run-steps-'));
  const contexts = contextsOf({ ...options, folder }, {});
  contexts['github'] = { ...(contexts['github'] as Named), action_path: dirname(resolve(file)) };
  const defaults = Object.entries(action.inputs).map(([name, each]) => [name, each.default ?? ''] as const);
  contexts['inputs'] = { ...textsOf(Object.fromEntries(defaults), contexts), ...options.inputs };
  const ran = runSteps(action.runs.steps, { ...options, folder }, contexts);
  const values = Object.fromEntries(Object.entries(action.outputs).map(([name, { value }]) => [name, value]));
  return { ...ran, outputs: textsOf(values, { ...contexts, steps: ran.context }) };
}

function main([file, ...rest]: readonly string[]): number {
  const set: Record<string, string> = {};
  const matrix: Record<string, string> = {};
  let job: string | undefined;
  let event = 'workflow_dispatch';
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index]!;
    if (!word.startsWith('--')) {
      job = word;
      continue;
    }
    const value = rest[++index] ?? '';
    const [key, text] = [value.slice(0, value.indexOf('=')), value.slice(value.indexOf('=') + 1)];
    if (word === '--event') event = value;
    else if (word === '--matrix') matrix[key] = text;
    else if (word === '--set') set[key] = text;
    else throw new Error(`not a flag: ${word}`);
  }
  if (file === undefined) throw new Error('expected <workflow.yml> [job]');
  const workflow = readYaml(file) as Workflow;
  const options: RunOptions = {
    cwd: process.cwd(),
    event,
    set,
    ...(Object.keys(matrix).length === 0 ? {} : { matrix }),
  };
  const done = job === undefined ? runWorkflow(workflow, options) : runJob(workflow, job, options);
  for (const each of done) {
    process.stdout.write(`\n== ${each.job}: ${each.result}\n`);
    for (const { name, outcome, said } of each.steps)
      process.stdout.write(`-- ${name}: ${outcome}\n${said.trimEnd()}\n`);
    if (each.summary !== '') process.stdout.write(`-- summary\n${each.summary}\n`);
  }
  return done.some(({ result }) => result === 'failure') ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = main(process.argv.slice(2));
