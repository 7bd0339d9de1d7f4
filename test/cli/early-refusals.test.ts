// What is said before anything runs, and what is said at the end: refusals of a hunt, files that cannot be written, code
// that never comes back, an older Node, marks that cannot be reached.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { huntCommand } from '../../cli/commands/hunt.ts';
import { replayCommand } from '../../cli/commands/replay.ts';
import { shrinkCommand } from '../../cli/commands/shrink.ts';
import { checkFolder } from '../../cli/files.ts';
import type { HuntResult } from '../../cli/hunt-result.ts';
import type { Io } from '../../cli/io.ts';
import { huntPool } from '../../cli/hunt-pool.ts';
import { reachableMarks } from '../../cli/reachable-marks.ts';
import { prepareStorm } from '../../cli/storm.ts';
import { MAIN, plainEnvironment, squall } from './command.ts';
import { documentsFile, inFolder, PREFER_LOCAL } from './finding-fixtures.ts';
import { emptyFolder } from './found.ts';
import { recordedResult } from './recorded-result.ts';

describe('a hunt refuses before any worker starts', () => {
  it.each([
    ['sync=state', 'ERR_CONFIG sync: got "state", expected log: lww has no since, to sync by state'],
    ['relay.specimen=prefer', 'ERR_CONFIG relay.specimen: got "prefer", expected one of none, '],
  ])('%s', (set, line) => {
    const { status, stdout, stderr } = squall(emptyFolder(), 'hunt', 'crdt-conflicts', '--set', set);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.startsWith(line)).toBe(true);
    expect(stderr.trimEnd()).not.toContain('\n');
  });

  it.skipIf(!existsSync('/proc/self'))('a folder that cannot be made', () => {
    expect(() => checkFolder('--findings', '/proc/foo/deeper', '/')).toThrow(
      'ERR_FILE --findings: got "/proc/foo/deeper", expected a folder that can be written',
    );
  });

  it('and leaves nothing of a folder that can be made', () => {
    const folder = emptyFolder();
    checkFolder('--findings', 'some/where', folder);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a hunt that has found something', () => {
  const ARGS = ['crdt-conflicts', '--faults', 'none', '--workers', '1', '--documents', PREFER_LOCAL, '--seeds', '1..8'];

  it('says the same in text, file and exit code where that cannot be written', async () => {
    const folder = emptyFolder();
    const engine = {
      scenarioNames: [],
      prepare: prepareStorm,
      workers(options: Parameters<typeof huntPool>[0]) {
        // The folder was checked: something takes its place now.
        writeFileSync(join(folder, 'findings'), '');
        return huntPool(options);
      },
    };
    const command = (args: readonly string[], io: Io) => huntCommand(args, io, async () => engine);
    const args = [...ARGS, '--max-findings', '1', '--json', 'out.json', '--quiet'];
    const { code, stdout, stderr } = await inFolder(command, folder, args);
    const { exitCode, verdict } = JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')) as HuntResult;
    expect([code, exitCode, verdict]).toEqual([2, 2, 'unwritten']);
    expect(stdout).toContain('✗ what was found could not be written (exit 2)');
    expect(stderr).toContain('ERR_FILE --findings: ');
    expect(stdout).not.toMatch(/^ {2}marks: /m);
  });

  it('says where shrinking had no time, and stays within the terminal', async () => {
    const folder = emptyFolder();
    const args = [...ARGS, '--max-findings', '1'];
    let widest = 0;
    const engine = {
      scenarioNames: [],
      prepare: prepareStorm,
      workers(options: Parameters<typeof huntPool>[0]) {
        const pool = huntPool(options);
        const investigate: typeof pool.investigate = (seed, signature) => pool.investigate(seed, signature, 0);
        return {
          count: pool.count,
          runSeeds: (seeds: readonly string[]) => pool.runSeeds(seeds),
          investigate,
          shrink: (...all: Parameters<typeof pool.shrink>) => pool.shrink(...all),
          stop: () => pool.stop(),
          close: () => pool.close(),
        };
      },
    };
    const command = (words: readonly string[], io: Io) => huntCommand(words, io, async () => engine);
    const { stdout } = await inFolder(command, folder, args, { outColumns: () => 70 });
    expect(stdout).toMatch(/\n {2}shrunk to .*; time was over; squall shrink goes on\n/);
    for (const line of stdout.split('\n')) {
      if (/^ {4,6}(Expected|That does not hold|Judged)/.test(line)) widest = Math.max(widest, line.length);
    }
    expect(widest).toBeGreaterThan(40);
    expect(widest).toBeLessThanOrEqual(70);

    const [file] = readdirSync(join(folder, 'findings'));
    const again = await inFolder(shrinkCommand, folder, [`findings/${file}`, '--for', '1ms', '--quiet']);
    expect(again.stdout).toContain('(time was over; go on with a longer --for)');
  });
});

it('a run whose documents never come back is ended, with a line that names them', () => {
  const folder = emptyFolder();
  const text = `export default { ...lww, name: 'hangs', create(init) {
    const replica = lww.create(init);
    let calls = 0;
    return new Proxy(replica, { get(target, key) {
      if (key === 'receive' && ++calls > 30) for (;;) {}
      const value = target[key];
      return typeof value === 'function' ? value.bind(target) : value;
    } });
  } };`;
  const documents = documentsFile(folder, 'hangs', text);
  const args = [MAIN, 'run', 'crdt-conflicts', '--users', '4', '--seed', '1', '--documents', documents, '--quiet'];
  const env = { ...plainEnvironment(), SQUALL_HANG_MS: '3000' };
  const { signal, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: 50_000,
    killSignal: 'SIGTERM',
  });
  expect(stderr).toBe(
    'squall: scenario crdt-conflicts, or ./hangs.ts, did not come back for 3 s: expected code that returns\n',
  );
  expect(signal).toBe('SIGKILL');
});

it('an older Node is told so, and nothing else is loaded', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    engines: { node: string };
  };
  const older = (version: string) => {
    const script = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
    const start = `data:text/javascript,${encodeURIComponent(script)}`;
    const args = ['--import', start, MAIN, '--version'];
    return spawnSync(process.execPath, args, { encoding: 'utf8', env: plainEnvironment() });
  };
  const least = manifest.engines.node.replace('>=', '');
  for (const version of ['20.20.2', '22.18.9']) {
    expect(older(version)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: `squall needs Node ${least} or later; this is ${version}\n`,
    });
  }
  expect(older(`${least}.0`)).toMatchObject({ status: 0, stderr: '' });
});

it('marks that documents cannot reach are left out, unless they were reached', () => {
  const marks = {
    'two moves of one item': 0,
    'delete met a concurrent insert': 0,
    'tag-remove met a concurrent add': 0,
    'concurrent counts of one counter': 3,
    'restore met a concurrent remove': 0,
    'edit while changes were held back': 0,
    'page boundary': 0,
  };
  const supports = new Map([
    ['set', 'one-wins'],
    ['text-insert', 'keeps-both'],
    ['text-delete', 'keeps-both'],
  ] as const);
  expect(Object.keys(reachableMarks(marks, { supports }))).toEqual([
    'delete met a concurrent insert',
    'concurrent counts of one counter',
    'edit while changes were held back',
    'page boundary',
  ]);
});

it.each([
  ['run', recordedResult(), 'this is the result of a run; hunt makes finding files'],
  ['hunt', { schemaVersion: 1, seedsDone: 3 }, 'this is the result of a hunt'],
])('the result of a %s is no finding file, and is told so', async (_what, result, text) => {
  const folder = emptyFolder();
  mkdirSync(join(folder, 'x'));
  writeFileSync(join(folder, 'x/out.json'), JSON.stringify(result));
  const replayed = await inFolder(replayCommand, folder, ['x/out.json']);
  expect(replayed.code).toBe(2);
  expect(replayed.stderr).toContain(text);
  expect((await inFolder(shrinkCommand, folder, ['x/out.json'])).thrown).toContain(text);
  rmSync(join(folder, 'x'), { recursive: true });
});
