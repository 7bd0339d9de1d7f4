// Runs of this command as child processes: begun, waited for, ended at an interrupt, their results read. It must not know
// what they are for.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Baseline, parseBaseline } from '../../scenarios/baseline/baseline-file.ts';
import { exitCodeOf } from '../../scenarios/result.ts';
import { parseResult, type StoredResult } from '../../scenarios/result-file.ts';
import { InputError } from '../../sim/errors.ts';
import type { Io } from '../io.ts';

/** What a run left: its result where it has one, its exit code, and what it said on standard error. */
export interface Ran {
  readonly result?: StoredResult;
  readonly exitCode: number;
  readonly said: string;
}

/** A process that was begun. */
export interface Launched {
  readonly ended: Promise<{ exitCode: number; said: string }>;
  kill(): void;
}

/** Begins `squall` with arguments. @param command the file of another installation's command; left out, this one's */
export type Launch = (args: readonly string[], io: Pick<Io, 'cwd' | 'env'>, command?: string) => Launched;

/** Standard error beyond this is left out, characters. */
const SAID_MAX = 4000;
/** The code of a bug, for a process that was killed by somebody else. */
const KILLED = 3;

/** Begins this very command anew. */
export const launchSelf: Launch = (args, { cwd, env }, command) => {
  const { GITHUB_ACTIONS: _shown, ...quiet } = env;
  const main = command ?? process.argv[1]!;
  // One run of many annotates nothing: what they come to is said once, at the end.
  const child: ChildProcess = spawn(process.execPath, [...process.execArgv, main, ...args], {
    cwd,
    env: { ...quiet, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < SAID_MAX) said += text.slice(0, SAID_MAX - said.length);
  });
  return {
    ended: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ exitCode: code ?? KILLED, said }));
    }),
    kill: () => void child.kill('SIGTERM'),
  };
};

/** Processes in flight, and a folder for what they leave; all of it is gone when it is closed. */
export class Runs {
  readonly #io: Io;
  readonly #launch: Launch;
  readonly #folder = mkdtempSync(join(tmpdir(), 'squall-baseline-'));
  readonly #running = new Set<Launched>();
  #begun = 0;
  /** Set by an interrupt: nothing is begun any more. */
  isStopped = false;

  constructor(io: Io, launch: Launch) {
    this.#io = io;
    this.#launch = launch;
  }

  /** Runs once and reads what it left. @param args what stands after `squall run` */
  async run(args: readonly string[], command?: string): Promise<Ran> {
    if (this.isStopped) return { exitCode: 130, said: '' };
    const file = join(this.#folder, `${this.#begun++}.json`);
    const whole = ['run', ...args, '--no-tui', '--quiet', '--json', file];
    try {
      const { exitCode, said } = await this.#end(this.#launch(whole, this.#io, command));
      if (this.isStopped || !existsSync(file)) return { exitCode: this.isStopped ? 130 : exitCode || KILLED, said };
      const result = parseResult('the result of a run', readFileSync(file, 'utf8'));
      // A process that ends otherwise than its result says has failed after it was written.
      return exitCode === exitCodeOf(result) ? { result, exitCode, said } : { exitCode: exitCode || KILLED, said };
    } finally {
      rmSync(file, { force: true });
    }
  }

  /**
   * The baseline that another installation makes of a run in virtual time; undefined where it makes none, as one of a version
   * without baselines.
   * @param args what stands after `squall run`
   */
  async baselineOf(args: readonly string[], command: string): Promise<Baseline | undefined> {
    if (this.isStopped) return undefined;
    const folder = join(this.#folder, `baseline-${this.#begun++}`);
    const virtual = ['clock=virtual', 'side=model', 'warmUpMs=0'].flatMap((setting) => ['--set', setting]);
    const whole = ['baseline', 'update', ...args, ...virtual, '--baselines', folder, '--quiet'];
    try {
      await this.#end(this.#launch(whole, this.#io, command));
      const name = existsSync(folder) ? readdirSync(folder).find((each) => each.endsWith('.json')) : undefined;
      return name === undefined ? undefined : parseBaseline(name, readFileSync(join(folder, name), 'utf8'));
    } catch (error) {
      // Another version's form says nothing here.
      if (error instanceof InputError) return undefined;
      throw error;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async #end(launched: Launched): Promise<{ exitCode: number; said: string }> {
    this.#running.add(launched);
    try {
      return await launched.ended;
    } finally {
      this.#running.delete(launched);
    }
  }

  /** Ends what runs, and begins nothing more. */
  stop(): void {
    this.isStopped = true;
    for (const launched of this.#running) launched.kill();
  }

  close(): void {
    this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Users from whom on a run takes so much memory that no two of them go at a time unless that was asked for. */
const HEAVY_USERS = 800;

/** What is known of a run before it is made. */
export interface Weighed {
  readonly profile: string;
  readonly users: number;
}

/** How long and big it is, beside others. */
const weightOf = ({ profile, users }: Weighed): number => users + (profile === 'heavy' ? HEAVY_USERS : 0);

/**
 * Makes runs, some at a time, the big ones first; never two heavy ones at once where `workers` is left out.
 * @returns what each gave, in the order of the tasks
 */
export async function inTurns<T extends Weighed, R>(
  tasks: readonly T[],
  workers: number | undefined,
  make: (task: T) => Promise<R>,
): Promise<R[]> {
  const waiting = tasks
    .map((task, at) => ({ task, at }))
    .sort((one, other) => weightOf(other.task) - weightOf(one.task));
  const made = new Array<R>(tasks.length);
  let heavy = 0;
  const isHeavy = (task: Weighed): boolean => workers === undefined && weightOf(task) >= HEAVY_USERS;
  const work = async (): Promise<void> => {
    for (;;) {
      const next = waiting.findIndex(({ task }) => heavy === 0 || !isHeavy(task));
      if (next < 0) return;
      const [{ task, at }] = waiting.splice(next, 1) as [{ task: T; at: number }];
      if (isHeavy(task)) heavy++;
      try {
        made[at] = await make(task);
      } finally {
        if (isHeavy(task)) heavy--;
      }
    }
  };
  const count = workers ?? Math.min(2, availableParallelism());
  // Who finds nothing but heavy ones leaves; whoever has one goes on with the next.
  await Promise.all(Array.from({ length: Math.max(1, count) }, work));
  return made;
}
