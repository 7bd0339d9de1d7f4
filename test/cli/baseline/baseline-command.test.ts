// `squall baseline` as a command: which runs it makes, what it says and writes, with runs that a test stands in for; and
// once as a process, from update to check.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Launch } from '../../../cli/baseline/launch.ts';
import { inTurns } from '../../../cli/baseline/launch.ts';
import { passedOn } from '../../../cli/baseline/tasks.ts';
import { baselineCommand } from '../../../cli/commands/baseline.ts';
import type { BaselineCheck } from '../../../scenarios/baseline/comparison.ts';
import { exitCodeOf, type Result } from '../../../scenarios/result.ts';
import { run } from '../../../scenarios/run.ts';
import { squall } from '../command.ts';
import { recordingIo } from '../recorded-result.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-baselines-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SMALL = ['--users', '3', '--duration', '4s'];
const { result: small } = await run({
  scenario: 'sync-relay',
  seed: '1',
  config: { profile: 'light', users: 3, durationMs: 4000 },
});

/** Runs that give a result of a test's own, and keep what they were given. */
function launcher(change: (args: readonly string[], command?: string) => Partial<Result> | number = () => ({})) {
  const launched: { args: readonly string[]; command: string | undefined }[] = [];
  const launch: Launch = (args, _io, command) => {
    launched.push({ args, command });
    const changed = args[0] === 'baseline' ? 3 : change(args, command);
    if (typeof changed === 'number') {
      return { ended: Promise.resolve({ exitCode: changed, said: 'ERR_X \u001b[31mbad\n' }), kill: () => undefined };
    }
    const scenario = args[1]!;
    const profile = args[args.indexOf('--profile') + 1]!;
    const result: Result = { ...small, scenario, profile, ...changed };
    writeFileSync(args[args.indexOf('--json') + 1]!, JSON.stringify(result));
    return { ended: Promise.resolve({ exitCode: exitCodeOf(result), said: '' }), kill: () => undefined };
  };
  return { launch, launched };
}

async function ran(args: readonly string[], launch: Launch) {
  const io = recordingIo({ cwd: folder });
  const code = await baselineCommand(args, io, launch);
  return { code, stdout: io.stdout, stderr: io.stderr };
}

const ONE = ['sync-relay', '--profile', 'light', '--quiet'];
const update = (launch = launcher().launch): Promise<{ code: number; stdout: string }> =>
  ran(['update', ...ONE, ...SMALL], launch);

/** The same metrics with times that are so many times as long. */
function slower(factor: number): Partial<Result> {
  const metrics = small.metrics.map((metric) =>
    metric.type === 'trend' ? { ...metric, values: { ...metric.values, p95: metric.values.p95 * factor } } : metric,
  );
  return { metrics, traceHash: 'ffffffffffffffff' };
}

describe('squall baseline', () => {
  it('makes all nine where nothing is named, each with seed 1 and what was typed', async () => {
    const { launch, launched } = launcher();
    await ran(['update', '--quiet', ...SMALL, '--set', 'relay.workers=2'], launch);
    const runs = launched.map(({ args }) => `${args[3]} ${args[1]}`).sort();
    expect(runs).toHaveLength(9);
    expect(new Set(runs).size).toBe(9);
    for (const { args } of launched) {
      expect(args.slice(4, 9)).toEqual(['--seed', '1', '--users=3', '--duration=4s', '--set=relay.workers=2']);
      expect(args).toEqual(expect.arrayContaining(['--no-tui', '--quiet', '--json']));
    }
    const files = readdirSync(join(folder, 'baselines'));
    expect(files).toHaveLength(10);
    expect(files).toContain('heavy.mixed-workload.json');
    expect(files).toContain('BASELINE.md');
  });

  it('says nothing but one line where nothing changed, and uses the baseline’s own seed', async () => {
    const made = await ran(['update', ...ONE, ...SMALL, '--seed', '77'], launcher(() => ({ seed: '77' })).launch);
    expect(made.stdout).toContain(`new, trace ${small.traceHash}`);
    const { launch, launched } = launcher();
    // The stand-in's configuration has another seed than the file's, yet the same trace.
    const { code, stdout } = await ran(['check', ...ONE, ...SMALL], launch);
    expect(launched[0]!.args.slice(4, 6)).toEqual(['--seed', '77']);
    expect(stdout).toContain(`unchanged (trace ${small.traceHash})`);
    expect(stdout).toContain('✓ passed: 1 run, 1 unchanged (exit 0)\n');
    expect(code).toBe(0);
  });

  it('warns, then fails with 97, and says how to repeat and to accept it', async () => {
    await update();
    const warned = await ran(['check', ...ONE, ...SMALL], launcher(() => slower(1.25)).launch);
    expect(warned.code).toBe(0);
    expect(warned.stdout).toMatch(/! requests p95 .*\+25\.0% {2}limit above \+20%/);
    expect(warned.stdout).toContain('    model ');
    const failed = await ran(['check', ...ONE, ...SMALL], launcher(() => slower(1.6)).launch);
    expect(failed.code).toBe(97);
    expect(failed.stdout).toMatch(/✗ requests p95 .*\+60\.0% {2}limit above \+50%/);
    expect(failed.stdout).toContain('npx squall run sync-relay --profile light --seed 1 --users=3 --duration=4s\n');
    expect(failed.stdout).toContain('npx squall baseline update sync-relay --profile light --users=3 --duration=4s\n');
  });

  it('names another workload in the place of speed', async () => {
    await update();
    const other = { ...slower(9), config: { ...small.config, users: 4 } };
    const { code, stdout } = await ran(
      ['check', ...ONE, '--users', '4', '--duration', '4s'],
      launcher(() => other).launch,
    );
    expect(code).toBe(98);
    expect(stdout).toContain('another workload');
    expect(stdout).toContain('users: 3 → 4');
    expect(stdout).not.toContain('limit above');
  });

  it('fails with 1 by a finding, and no run with one becomes a baseline', async () => {
    await update();
    const finding = { oracle: 'convergence', kind: 'safety' as const, signature: 'a\u001b[31m/b', atUs: 0, event: 0 };
    const found: Partial<Result> = {
      findings: [{ ...finding, devices: [], documents: [], detail: {} }],
      verdict: 'safety',
    };
    const checked = await ran(['check', ...ONE, ...SMALL], launcher(() => found).launch);
    expect(checked.code).toBe(1);
    expect(checked.stdout).toContain('safety: convergence');
    expect(checked.stdout).not.toContain('\u001b');
    const kept = readFileSync(join(folder, 'baselines/light.sync-relay.json'), 'utf8');
    const refused = await update(launcher(() => ({ ...found, traceHash: 'ffffffffffffffff' })).launch);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stdout).toContain('not kept: the run ended with exit 1');
    expect(readFileSync(join(folder, 'baselines/light.sync-relay.json'), 'utf8')).toBe(kept);
  });

  it('ends with 2 and the command that makes it where there is no baseline, and runs nothing', async () => {
    const { launch, launched } = launcher();
    const { code, stdout } = await ran(['check', ...ONE], launch);
    expect(code).toBe(2);
    expect(launched).toEqual([]);
    expect(stdout).toContain('npx squall baseline update sync-relay --profile light\n');
  });

  it('says what a run that broke off said, harmless', async () => {
    await update();
    const { code, stdout } = await ran(['check', ...ONE, ...SMALL], launcher(() => 3).launch);
    expect(code).toBe(3);
    expect(stdout).toContain('broke off (exit 3)');
    expect(stdout).toContain('repeat it with:\n  npx squall run sync-relay --profile light --seed 1');
    expect(stdout).toContain('ERR_X');
    expect(stdout).not.toContain('\u001b');
  });

  it('compares a result that is named, and runs nothing', async () => {
    await update();
    writeFileSync(join(folder, 'mine.json'), JSON.stringify(small));
    writeFileSync(join(folder, 'slow.json'), JSON.stringify({ ...small, ...slower(2) }));
    const { launch, launched } = launcher();
    expect((await ran(['check', 'mine.json', '--quiet'], launch)).code).toBe(0);
    expect((await ran(['check', 'mine.json', 'slow.json', '--quiet', '--json', 'out.json'], launch)).code).toBe(97);
    expect(launched).toEqual([]);
    const check = JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')) as BaselineCheck;
    expect(check).toMatchObject({ schemaVersion: 1, exitCode: 97 });
    expect(check.comparisons.map(({ state }) => state)).toEqual(['unchanged', 'changed']);
  });

  it('keeps a baseline as it is where nothing moved, and says old and new where it did', async () => {
    await update();
    expect((await update()).stdout).toContain('as before (nothing to write)');
    const moved = await update(launcher(() => ({ traceHash: 'ffffffffffffffff' })).launch);
    expect(moved.stdout).toContain(`trace ${small.traceHash} → ffffffffffffffff`);
    expect(readFileSync(join(folder, 'baselines/BASELINE.md'), 'utf8')).toContain('`ffffffffffffffff`');
  });

  it.each([
    [['look'], /argument: got "look", expected check or update/],
    [['check', 'no-such'], /scenario: got "no-such"/],
    [['check', 'no-such.json'], /got "no-such.json", expected a file that exists/],
    [['check', '--pairs', '5'], /--pairs: got 5, expected --clock wall/],
    [['check', '--base', '/x'], /--base: got "\/x", expected --clock wall/],
    [['check', 'sync-relay', '--clock', 'wall', '--side', 'spawn'], /--base: got nothing, expected .*noisy/],
    [
      ['check', 'sync-relay', '--clock', 'wall', '--side', 'spawn', '--base', '/x', '--pairs', '4'],
      /--pairs: got "4", .*≥ 5/,
    ],
    [
      ['check', 'sync-relay', '--clock', 'wall', '--side', 'spawn', '--base', '/x'],
      /--base: got "\/x", .*dist\/cli\/main.js/,
    ],
    [['update', 'sync-relay', '--clock', 'wall', '--side', 'spawn'], /--clock: got "wall", expected virtual/],
    [['update', 'a.json'], /got "a.json"/],
    [['update', '--json', 'x.json'], /--json: got "x.json", expected squall baseline check/],
    [['check', '--workers', '0'], /--workers: got "0"/],
    [['check', '--report', 'x.pdf'], /--report/],
  ] as const)('refuses %j before anything runs', async (args, message) => {
    const { launch, launched } = launcher();
    await expect(ran([...args], launch)).rejects.toThrow(message);
    expect(launched).toEqual([]);
  });

  it('refuses a baseline that is none, with the place', async () => {
    await update();
    const file = join(folder, 'baselines/light.sync-relay.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"formatVersion": 1', '"formatVersion": 9'));
    await expect(ran(['check', ...ONE], launcher().launch)).rejects.toThrow(/ERR_BASELINE formatVersion: got 9/);
  });

  it('makes base and head in turn under the wall clock, in alternating order', async () => {
    const wall = ['--clock', 'wall', '--side', 'spawn', '--base', 'http://127.0.0.1:9', '--pairs', '5'];
    const { launch, launched } = launcher(() => ({ clock: 'wall' }));
    const { code, stdout } = await ran(['check', ...ONE, ...SMALL, ...wall], launch);
    const sides = launched.map(({ args }) => (args.includes('side=http://127.0.0.1:9') ? 'base' : 'head'));
    expect(sides).toEqual(['base', 'head', 'head', 'base', 'base', 'head', 'head', 'base', 'base', 'head']);
    expect(stdout).toContain('compared with http://127.0.0.1:9: within the limits');
    expect(stdout).toMatch(/before +after +change by pairs\n/);
    expect(code).toBe(0);
  });

  it('runs the command of another checkout as its base, and fails where head is slower', async () => {
    mkdirSync(join(folder, 'other/dist/cli'), { recursive: true });
    const main = join(folder, 'other/dist/cli/main.js');
    writeFileSync(main, '');
    const wall = ['--clock', 'wall', '--side', 'spawn', '--base', 'other'];
    const { launch, launched } = launcher((_args, command) => (command === main ? {} : slower(2)));
    const { code, stdout } = await ran(['check', ...ONE, ...SMALL, ...wall], launch);
    expect(code).toBe(97);
    const runs = launched.filter(({ args }) => args[0] === 'run');
    expect(runs.filter((each) => each.command === main)).toHaveLength(5);
    expect(runs.filter((each) => each.command === undefined)).toHaveLength(5);
    const typed = [...ONE, ...SMALL, ...wall].join(' ');
    expect(stdout).toContain(`repeat it with:\n  npx squall baseline check ${typed}\n`);
  });

  it('asks another checkout what its users do, and blames no speed where that is something else', async () => {
    await update();
    const file = join(folder, 'baselines/light.sync-relay.json');
    const kept = readFileSync(file, 'utf8').replace(/"workloadHash": "\w+"/, '"workloadHash": "0123456789abcdef"');
    mkdirSync(join(folder, 'other/dist/cli'), { recursive: true });
    writeFileSync(join(folder, 'other/dist/cli/main.js'), '');
    const wall = ['--clock', 'wall', '--side', 'spawn', '--base', 'other'];
    const { launch, launched } = launcher((_args, command) => (command === undefined ? slower(2) : {}));
    const asking: Launch = (args, io, command) => {
      if (args[0] !== 'baseline') return launch(args, io, command);
      expect(args).toEqual(expect.arrayContaining(['update', 'sync-relay', 'clock=virtual', 'side=model']));
      const target = args[args.indexOf('--baselines') + 1]!;
      mkdirSync(target);
      writeFileSync(join(target, 'light.sync-relay.json'), kept);
      return { ended: Promise.resolve({ exitCode: 0, said: '' }), kill: () => undefined };
    };
    const { code, stdout } = await ran(['check', ...ONE, ...SMALL, ...wall], asking);
    expect(code).toBe(98);
    expect(stdout).toContain('another workload');
    expect(stdout).toContain('workload hash 0123456789abcdef →');
    expect(stdout).not.toContain('limit above');
    expect(launched).toHaveLength(10);
  });

  it('says of a difference within the limits that it is real', async () => {
    mkdirSync(join(folder, 'other/dist/cli'), { recursive: true });
    writeFileSync(join(folder, 'other/dist/cli/main.js'), '');
    const wall = ['--clock', 'wall', '--side', 'spawn', '--base', 'other'];
    const { launch } = launcher((_args, command) => (command === undefined ? slower(1.15) : {}));
    const { code, stdout } = await ran(['check', ...ONE, ...SMALL, ...wall], launch);
    expect(code).toBe(0);
    expect(stdout).toMatch(/✓ requests p95 .*really worse, within the limits\n/);
  });

  it('refuses to update beside what is no baseline, before anything runs', async () => {
    await update();
    mkdirSync(join(folder, 'baselines/odd.json'));
    const { launch, launched } = launcher();
    await expect(ran(['update', ...ONE, ...SMALL], launch)).rejects.toThrow(/--baselines: .*odd.json.*regular file/);
    expect(launched).toEqual([]);
  });

  it('says which kind of change left the trace as it was', async () => {
    await update();
    const file = join(folder, 'baselines/light.sync-relay.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"seedrandom":"[^"]+"/, '"seedrandom":"0.0.1"'));
    const { code, stdout } = await ran(['check', ...ONE, ...SMALL], launcher().launch);
    expect(code).toBe(0);
    expect(stdout).toContain(', with another engine\n');
    expect(stdout).toContain('engine        seedrandom: 0.0.1 →');
  });

  it('ends its runs at an interrupt, with 130, and leaves nothing', async () => {
    await update();
    const io = recordingIo({ cwd: folder });
    let killed = 0;
    const launch: Launch = () => {
      let end: (ended: { exitCode: number; said: string }) => void;
      const ended = new Promise<{ exitCode: number; said: string }>((resolve) => (end = resolve));
      setImmediate(() => io.interrupt());
      return {
        ended,
        kill: () => {
          killed++;
          end({ exitCode: 130, said: '' });
        },
      };
    };
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('squall-baseline-')).length;
    expect(await baselineCommand(['check', ...ONE, ...SMALL], io, launch)).toBe(130);
    expect(killed).toBeGreaterThan(0);
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('squall-baseline-')).length;
    expect(after).toBeLessThanOrEqual(before);
  });

  it('passes on what was typed, without what is its own', () => {
    const own = ['--json', 'a', '--report=b.md', '--workers', '2', '--quiet', '--profile', 'light', '--seed', '3'];
    expect(passedOn(['check', 'sync-relay', ...own, '--base', 'x', '--baselines', 'y', '--pairs', '9'])).toEqual([]);
    expect(passedOn(['--set', 'a=b c', '--header', 'x:y', '--allow-remote', '--users=5'])).toEqual([
      '--set=a=b c',
      '--header=x:y',
      '--allow-remote',
      '--users=5',
    ]);
  });

  it('never makes two heavy runs at once, unless workers are named', async () => {
    const tasks = ['heavy', 'light', 'heavy', 'medium', 'heavy'].map((profile) => ({ profile, users: 10 }));
    const most = async (workers?: number): Promise<number> => {
      let heavy = 0;
      let seen = 0;
      const order = await inTurns(tasks, workers, async (task) => {
        if (task.profile === 'heavy') seen = Math.max(seen, ++heavy);
        await new Promise((resolve) => setImmediate(resolve));
        if (task.profile === 'heavy') heavy--;
        return task;
      });
      expect(order).toEqual(tasks);
      return seen;
    };
    expect(await most()).toBe(1);
    expect(await most(3)).toBeGreaterThan(1);
  });
});

it('as a process: what update wrote, check finds unchanged, and another relay is told', () => {
  const words = ['sync-relay', '--profile', 'light', '--quiet', ...SMALL];
  expect(squall(folder, 'baseline', 'update', ...words)).toMatchObject({ status: 0, stderr: '' });
  const same = squall(folder, 'baseline', 'check', ...words);
  expect(same.stdout).toContain('1 unchanged (exit 0)');
  expect(same.status).toBe(0);
  const slow = squall(
    folder,
    'baseline',
    'check',
    ...words,
    '--set',
    'relay.pushMsMean=90',
    '--set',
    'relay.pullMsMean=90',
  );
  expect(slow.status).toBe(97);
  expect(slow.stdout).toContain('configuration relay.pushMsMean: 0.8 → 90');
}, 60_000);
