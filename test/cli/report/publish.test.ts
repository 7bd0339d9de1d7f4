import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Engine, runCommand } from '../../../cli/commands/run.ts';
import { reportCommand } from '../../../cli/commands/report.ts';
import { parseArguments } from '../../../cli/flags.ts';
import { gatherInput } from '../../../cli/input.ts';
import { guardedIo } from '../../../cli/guarded-io.ts';
import { checkPublication, publish } from '../../../cli/publish.ts';
import { rerunCommandOf } from '../../../cli/report/rerun.ts';
import { resolveConfig } from '../../../scenarios/config.ts';
import { SCENARIOS } from '../../../scenarios/registry.ts';
import { parseResult } from '../../../scenarios/result-file.ts';
import { recordedResult, recordingIo } from '../recorded-result.ts';
import { checkedBaseline, failedRun, huntOf, replayOf } from './subjects.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-report-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (name: string) => join(folder, name);
const write = (name: string, value: unknown) =>
  writeFileSync(path(name), typeof value === 'string' ? value : JSON.stringify(value));
const text = (name: string) => readFileSync(path(name), 'utf8');

async function report(...args: string[]) {
  const io = recordingIo({ cwd: folder });
  try {
    return { code: await reportCommand(args, io), stdout: io.stdout, thrown: '' };
  } catch (error) {
    return { code: undefined, stdout: io.stdout, thrown: (error as Error).message };
  }
}

describe('squall report', () => {
  it('tells by content what each file is', async () => {
    write('a.json', recordedResult());
    write('b.json', huntOf().kind === 'hunt' ? (huntOf() as { result: unknown }).result : '');
    write('c.json', (checkedBaseline() as { result: unknown }).result);
    write('d.json', (replayOf() as { result: unknown }).result);
    const { code, stdout } = await report('a.json', 'b.json', 'c.json', 'd.json');
    expect(code).toBe(0);
    const heads = stdout.split('\n').filter((line) => line.startsWith('### '));
    expect(heads.map((line) => line.split(':')[0])).toEqual([
      '### ✓ sync-relay · light · seed 42',
      '### ✗ hunt crdt-conflicts · storm · lww',
      '### ✗ baseline check',
      '### ✗ replay',
    ]);
  });

  it('writes each format by its ending, and says so', async () => {
    write('a.json', recordedResult());
    const { code, stdout } = await report('a.json', '-o', 'out.md', '-o', 'out.xml');
    expect(code).toBe(0);
    expect(stdout).toBe('written to out.md\nwritten to out.xml\n');
    expect(text('out.md')).toMatch(/^### ✓ sync-relay/);
    expect(text('out.xml')).toContain('<testsuite name="run sync-relay light"');
  });

  it.each([
    ['{"a": 1}', 'ERR_RESULT a.json: got "an object with a", expected a result of squall run'],
    ['[1]', 'ERR_RESULT a.json: got a list of 1'],
    ['{"metrics"', 'ERR_RESULT a.json: got "{\\"metrics\\"", expected a file of whole JSON'],
    ['['.repeat(100_000), 'ERR_RESULT a.json: got "lists and objects 100000 deep"'],
    [JSON.stringify({ ...recordedResult(), seed: 42 }), 'ERR_RESULT seed: got 42, expected a text (in a.json)'],
    [JSON.stringify({ ...recordedResult(), schemaVersion: 9 }), 'ERR_RESULT schemaVersion: got 9'],
    [JSON.stringify({ ...recordedResult(), verdict: 'fine' }), 'ERR_RESULT verdict: got "fine", expected one of'],
  ])('refuses %#, in one line', async (content, message) => {
    write('a.json', content);
    const { thrown } = await report('a.json', '-o', 'out.md');
    expect(thrown).toContain(message);
    expect(thrown).not.toContain('\n');
    expect(existsSync(path('out.md'))).toBe(false);
  });

  it('refuses folders, files that are not there, endings that it does not write', async () => {
    mkdirSync(path('sub'));
    write('a.json', recordedResult());
    write('h.json', (huntOf() as { result: unknown }).result);
    expect((await report('sub')).thrown).toContain('not a directory');
    expect((await report('none.json')).thrown).toContain('a file that exists');
    expect((await report('a.json', '-o', 'out.pdf')).thrown).toContain('.html, .md, .xml, .hlog');
    expect((await report('h.json', '-o', 'out.hlog')).thrown).toContain('distributions of runs');
    expect((await report('a.json', '--otlp', 'ftp://x')).thrown).toContain('--otlp');
    expect((await report()).thrown).toContain('result');
  });

  it('reads results of older versions, and keys of later ones', () => {
    const { timeline: _timeline, histograms: _histograms, ...older } = recordedResult();
    expect(parseResult('a.json', JSON.stringify({ ...older, later: { key: 1 } }))).toMatchObject({
      seed: '42',
      later: { key: 1 },
    });
  });

  it('names the command that makes the run again, with what was set', async () => {
    const config = resolveConfig(
      { profile: 'light', seed: '7', config: { users: 20, network: { lossRate: 0.1 } } },
      SCENARIOS['sync-relay']!,
    );
    const result = parseResult('a', JSON.stringify(recordedResult({ config, seed: '7' })));
    expect(rerunCommandOf(result)).toBe(
      'npx squall run sync-relay --profile light --seed 7 --users 20 --set network.lossRate=0.1',
    );
    expect(rerunCommandOf({ ...result, scenario: 'of-mine' })).toBeUndefined();
  });

  it.each([
    ['sync-relay', []],
    ['sync-relay', ['--faults', 'chaos', '--users', '7', '--duration', '90s']],
    ['crdt-conflicts', ['--faults', 'swarm', '--documents', 'yjs', '--set', 'faults.crashesPerHour=3']],
    ['mixed-workload', ['--network', 'flaky', '--side', 'inject', '--dialect', '1.0']],
    ['sync-relay', ['--set', 'relay.workers=3', '--set', 'network.lossRate=0.25', '--think-scale', '3']],
  ])('names a command by which %s is resolved alike, given %j', async (scenario, args) => {
    const configOf = async (words: readonly string[]) => {
      const { input } = await gatherInput(parseArguments('run', words), folder, () => Promise.resolve([]));
      return resolveConfig(input, SCENARIOS[scenario]!);
    };
    const config = await configOf([scenario, '--profile', 'medium', '--seed', 'a b', ...args]);
    const stored = recordedResult({ config, scenario, profile: 'medium', seed: 'a b' });
    const command = rerunCommandOf(parseResult('a', JSON.stringify(stored)))!;
    const words = command.replace('npx squall run ', '').replace("'a b'", 'a_b').split(' ');
    expect(await configOf(words.map((word) => word.replace('a_b', 'a b')))).toEqual(config);
    expect(words.length).toBeLessThan(6 + args.length + 4);
  });
});

const engine =
  (change: Partial<ReturnType<typeof recordedResult>> = {}) =>
  async (): Promise<Engine> => ({
    scenarioNames: ['fake'],
    checkDeterminism: async () => ({ outcome: { result: recordedResult(change) } }),
    run: async (_input, hooks) => {
      hooks.onStart?.(recordedResult().config);
      return { result: recordedResult(change) };
    },
  });

describe('squall run --report', () => {
  it('writes the reports beside the summary', async () => {
    const io = recordingIo({ cwd: folder });
    expect(await runCommand(['fake', '--seed', '1', '--report', 'a.md', '--report', 'b.xml'], io, engine())).toBe(0);
    expect(io.stdout).toMatch(/✓ passed\n$/);
    expect(text('a.md')).toMatch(/^### ✓ /);
    expect(text('b.xml')).toContain('<testsuites');
  });

  it('refuses an ending before anything runs', async () => {
    const io = recordingIo({ cwd: folder });
    const ran = runCommand(['fake', '--report', 'a.pdf'], io, engine());
    await expect(ran).rejects.toThrow('ERR_CONFIG --report');
    expect(io.stdout).toBe('');
  });

  it('prints summary and verdict though a report cannot be written', async () => {
    const io = recordingIo({ cwd: folder });
    mkdirSync(path('out'));
    const gone = async (): Promise<Engine> => {
      const made = await engine({ verdict: 'safety', findings: [] })();
      return {
        ...made,
        run: async (input, hooks) => {
          rmSync(path('out'), { recursive: true });
          return made.run(input, hooks);
        },
      };
    };
    const args = ['fake', '--seed', '1', '--report', 'out/a.md', '--report', 'b.md'];
    expect(await runCommand(args, io, gone)).toBe(2);
    expect(io.stderr).toContain('ERR_FILE --report');
    expect(io.stdout).toContain('failed: a safety finding (exit 1)');
    expect(text('b.md')).toContain('npx squall run fake --seed 1');
  });
});

describe('on GitHub', () => {
  const env = () => ({ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: path('summary.md') });
  const parsed = () => parseArguments('run', ['fake']);

  it('annotations are printed and the step summary is added to', async () => {
    write('summary.md', 'before\n');
    const io = recordingIo({ cwd: folder, env: env() });
    await publish([failedRun()], parsed(), guardedIo(io));
    expect(io.stdout).toMatch(/^::error title=run sync-relay light%3A threshold requests p\(99\)<500::999\.6/m);
    expect(text('summary.md')).toMatch(/^before\n### ✗ sync-relay/);
  });

  it('a summary that cannot be written is a line, and no failure', async () => {
    const io = recordingIo({ cwd: folder, env: { ...env(), GITHUB_STEP_SUMMARY: path('none/summary.md') } });
    await publish([failedRun()], parsed(), io);
    expect(io.stderr).toMatch(/^the step summary of GitHub was not written: [^\n]+\n$/);
  });

  it('nothing is printed elsewhere', async () => {
    const io = recordingIo({ cwd: folder, env: { GITHUB_STEP_SUMMARY: path('summary.md') } });
    await publish([failedRun()], parsed(), io);
    expect(io.stdout + io.stderr).toBe('');
    expect(existsSync(path('summary.md'))).toBe(false);
  });

  it('no line that is printed is a command, but those that are meant', async () => {
    const io = recordingIo({ cwd: folder, env: env() });
    const guarded = guardedIo(guardedIo(io));
    guarded.out('::error::x\n  ::warning::y\nname ::fine::\n##[error]z a ##[b]\n');
    guarded.out(':');
    guarded.out(':error::in pieces\n#');
    guarded.out('#[group]x\n');
    guarded.err('::debug::x\r::stop::\n');
    expect(io.stdout + io.stderr).not.toMatch(/^\s*::|##\[/m);
    expect(io.stdout).toContain(
      ':\\:error::x\n  :\\:warning::y\nname ::fine::\n##\\[error]z a ##\\[b]\n:\\:error::in pieces\n',
    );
    await publish([failedRun('::error::x')], parsed(), guarded);
    expect(io.stdout).toMatch(/^::error title=/m);
  });

  it('a name cannot give the runner a command through the summary of a run', async () => {
    const io = recordingIo({ cwd: folder, env: { ...env(), GITHUB_STEP_SUMMARY: '' } });
    const scenario = '::error::gotcha\n::warning::again ##[error]x';
    await runCommand(['fake', '--seed', '1'], io, engine({ scenario, verdict: 'interrupted' }));
    expect(io.stdout).toContain('gotcha');
    const lines = io.stdout.split('\n').filter((line) => /^\s*::|##\[/.test(line));
    expect(lines.every((line) => line.startsWith('::error title=run'))).toBe(true);
  });
});

describe('what is to be published', () => {
  it('is checked before anything runs', () => {
    const io = recordingIo({ cwd: folder });
    const check = (...args: string[]) =>
      checkPublication(parseArguments('run', ['fake', ...args]), io, { hasRuns: true });
    expect(() => check('--report', 'a.html', '--report', 'a.hlog', '--otlp', 'http://127.0.0.1:4318')).not.toThrow();
    expect(() => check('--report', 'none/a.html')).toThrow('a folder that exists');
    expect(() => check('--report', 'a')).toThrow('ends in one of');
    expect(() => check('--otlp', 'nowhere')).toThrow('--otlp');
  });
});
