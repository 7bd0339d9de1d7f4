// What the live view costs: the built command in a real terminal (tmux), with its view and without in turn. Compared are the
// real time of the run or hunt, and the CPU time of the command's process; the view's process has its own. `node
// test/bench/view.ts <rounds> <run|hunt …>` prints one line of JSON.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Result } from '../../scenarios/result.ts';

/** One run of the command. */
export interface ViewRound {
  /** Of the run or hunt, as its result says. */
  readonly wallMs: number;
  /** Of the command's process, from start to end, without its view. */
  readonly cpuMs: number;
  /** From the command's start to its end. */
  readonly commandMs: number;
  /** Of a run. */
  readonly traceHash: string | undefined;
}

/** What this process prints. */
export interface ViewRounds {
  readonly args: readonly string[];
  readonly columns: number;
  readonly rows: number;
  readonly withView: ViewRound[];
  readonly without: ViewRound[];
}

const COLUMNS = 120;
const ROWS = 40;
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'squall-bench-view-'));
const socket = `squall-bench-${process.pid}`;
const meter = join(folder, 'meter.mjs');
writeFileSync(
  meter,
  `import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env.SQUALL_BENCH_CPU, JSON.stringify({ cpuMs: (user + system) / 1000, commandMs: performance.now() }));
});
`,
);

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function tmux(...args: string[]): void {
  execFileSync('tmux', ['-L', socket, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}

function round(args: readonly string[]): ViewRound {
  const json = join(folder, 'result.json');
  const cpu = join(folder, 'cpu.json');
  const words = [process.execPath, '--import', pathToFileURL(meter).href, MAIN, ...args, '--json', json];
  const command = `cd ${quoted(folder)}; env -u CI TERM=xterm-256color SQUALL_BENCH_CPU=${quoted(cpu)} ${words.map(quoted).join(' ')}`;
  tmux(
    'new-session',
    '-d',
    '-x',
    String(COLUMNS),
    '-y',
    String(ROWS),
    `${command}; tmux -L ${socket} wait-for -S ended`,
  );
  tmux('wait-for', 'ended');
  const result = JSON.parse(readFileSync(json, 'utf8')) as Partial<Result> & { elapsedMs?: number };
  const { traceHash } = result;
  const wallMs = result.wallMs ?? result.elapsedMs ?? Number.NaN;
  const { cpuMs, commandMs } = JSON.parse(readFileSync(cpu, 'utf8')) as { cpuMs: number; commandMs: number };
  rmSync(json);
  rmSync(cpu);
  return { wallMs, cpuMs, commandMs, traceHash };
}

const [roundsText, ...args] = process.argv.slice(2);
const rounds: ViewRounds = { args, columns: COLUMNS, rows: ROWS, withView: [], without: [] };
try {
  // A server of which all sessions have ended is about to end itself.
  tmux('new-session', '-d', '-s', 'keeps-the-server', 'cat');
  round(args);
  for (let number = 0; number < Number(roundsText); number++) {
    // Who goes first changes, so that a machine that slows down favours neither.
    const order = number % 2 === 0 ? [true, false] : [false, true];
    for (const hasView of order) {
      if (hasView) rounds.withView.push(round(args));
      else rounds.without.push(round([...args, '--no-tui']));
    }
  }
  console.log(JSON.stringify(rounds));
} finally {
  tmux('kill-server');
  rmSync(folder, { recursive: true, force: true });
}
