// The load tests of a profile, with a stand-in for the command.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { planLoadTest, runLoadTest, tableLines, worstExitCode, type Launch } from '../../cli/load-test.ts';
import { InputError } from '../../sim/errors.ts';
import { resultSchema } from '../scenarios/result-schema.ts';
import { plainEnvironment } from './command.ts';

describe('the plan of a load test', () => {
  test('runs with seed 1 and passes other arguments on', () => {
    expect(planLoadTest(['light', '--duration', '10s'])).toEqual({
      profiles: ['light'],
      passedOn: ['--seed', '1', '--duration', '10s'],
    });
  });

  test.each([[['--seed', '7']], [['--seed=7']]])('a given seed replaces the default: %j', (given) => {
    expect(planLoadTest(['heavy', ...given]).passedOn).toEqual(given);
  });

  test('all means the three profiles in order', () => {
    expect(planLoadTest(['all']).profiles).toEqual(['light', 'medium', 'heavy']);
  });

  test.each([[[]], [['huge']], [['--seed', '7']]])('refuses %j, which names no profile', (args) => {
    expect(() => planLoadTest(args)).toThrow(InputError);
  });

  test.each([[['--json', 'x.json']], [['--json=x.json']], [['--profile', 'heavy']]])('refuses %j', (args) => {
    expect(() => planLoadTest(['light', ...args])).toThrow(InputError);
  });
});

describe('the worst exit code', () => {
  test.each([
    [[], 0],
    [[0, 0, 0], 0],
    [[0, 99, 0], 99],
    [[99, 97], 97],
    [[97, 98], 98],
    [[98, 6], 6],
    [[6, 4], 4],
    [[4, 1], 1],
    [[1, 5], 5],
    [[5, 130], 130],
    [[130, 3], 3],
    [[3, 2], 2],
    [[0, 137], 3],
  ])('of %j is %i', (codes, worst) => {
    expect(worstExitCode(codes)).toBe(worst);
  });
});

describe('a load test', () => {
  let folder: string;
  let lines: string[];
  const print = (line: string): void => void lines.push(line);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'squall-load-'));
    lines = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A command that leaves a result with the given exit code for each scenario. */
  const stub =
    (codes: Record<string, number>, seen: (readonly string[])[] = []): Launch =>
    (args) => {
      seen.push(args);
      const code = codes[args[1]!] ?? 0;
      const file = args[args.indexOf('--json') + 1]!;
      const metrics = [
        { name: 'requests', type: 'trend', values: { count: 1234, p95: 456.78 } },
        { name: 'requests_failed', type: 'rate', values: { rate: 0.0125, passes: 15, total: 1234 } },
      ];
      if (code !== 2) writeFileSync(file, JSON.stringify({ verdict: code === 0 ? 'passed' : 'threshold', metrics }));
      return Promise.resolve(code);
    };

  test('runs the three scenarios in sequence, each with a result file of its own', async () => {
    const seen: (readonly string[])[] = [];
    const code = await runLoadTest(planLoadTest(['light', '--users', '5']), folder, 'T1', stub({}, seen), print);
    expect(code).toBe(0);
    expect(seen).toEqual(
      ['sync-relay', 'crdt-conflicts', 'mixed-workload'].map((scenario) => {
        const file = join(folder, `light_${scenario}_T1.json`);
        return ['run', scenario, '--profile', 'light', '--no-tui', '--json', file, '--seed', '1', '--users', '5'];
      }),
    );
    expect(readdirSync(folder).toSorted()).toEqual([
      'light_crdt-conflicts_T1.json',
      'light_mixed-workload_T1.json',
      'light_summary_T1.json',
      'light_sync-relay_T1.json',
    ]);
  });

  test('goes on after a scenario that fails, and ends with the worst exit code', async () => {
    const seen: (readonly string[])[] = [];
    const launch = stub({ 'sync-relay': 99, 'crdt-conflicts': 1 }, seen);
    expect(await runLoadTest(planLoadTest(['medium']), folder, 'T1', launch, print)).toBe(1);
    expect(seen).toHaveLength(3);
  });

  test('stops when a run was interrupted, with a summary of what there is', async () => {
    const seen: (readonly string[])[] = [];
    const launch = stub({ 'crdt-conflicts': 130 }, seen);
    expect(await runLoadTest(planLoadTest(['all']), folder, 'T1', launch, print)).toBe(130);
    expect(seen).toHaveLength(2);
    const summary = JSON.parse(readFileSync(join(folder, 'light_summary_T1.json'), 'utf8')) as { scenarios: unknown[] };
    expect(summary.scenarios).toHaveLength(2);
    expect(readdirSync(folder).some((file) => file.startsWith('medium_'))).toBe(false);
  });

  test('the summary holds the figures of each result, and nulls where a run left none', async () => {
    await runLoadTest(planLoadTest(['light', '--seed', '7']), folder, 'T1', stub({ 'mixed-workload': 2 }), print);
    const summary = JSON.parse(readFileSync(join(folder, 'light_summary_T1.json'), 'utf8')) as Record<string, unknown>;
    expect(summary).toMatchObject({ profile: 'light', timestamp: 'T1', arguments: ['--seed', '7'], exitCode: 2 });
    expect((summary['scenarios'] as unknown[])[0]).toEqual({
      scenario: 'sync-relay',
      exitCode: 0,
      verdict: 'passed',
      requests: 1234,
      requestsP95Ms: 456.78,
      errorRate: 0.0125,
      result: join(folder, 'light_sync-relay_T1.json'),
    });
    expect((summary['scenarios'] as unknown[])[2]).toEqual({
      scenario: 'mixed-workload',
      exitCode: 2,
      verdict: null,
      requests: null,
      requestsP95Ms: null,
      errorRate: null,
      result: null,
    });
  });

  test('prints a table with a line for each scenario', async () => {
    await runLoadTest(planLoadTest(['light']), folder, 'T1', stub({ 'crdt-conflicts': 99 }), print);
    expect(lines).toContain('scenario        verdict    exit  requests  p95 ms  errors');
    expect(lines).toContain('sync-relay      passed        0      1234   456.8   1.25%');
    expect(lines).toContain('crdt-conflicts  threshold    99      1234   456.8   1.25%');
  });

  test('a figure that is not known is a dash', () => {
    const unknown = { verdict: null, requests: null, requestsP95Ms: null, errorRate: null, result: null };
    expect(tableLines([{ scenario: 'sync-relay', exitCode: 3, ...unknown }])[1]).toBe(
      'sync-relay  –           3         –       –       –',
    );
  });
});

describe('the built load test', () => {
  const built = fileURLToPath(new URL('../../dist/cli/load-test.js', import.meta.url));
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'squall-load-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const loadTest = (...args: string[]) =>
    spawnSync(process.execPath, [built, ...args], { cwd: folder, encoding: 'utf8', env: plainEnvironment() });

  test('leaves three results and a summary under results/, named after profile, scenario and time', () => {
    const { status, stdout, stderr } = loadTest('light', '--duration', '10s', '--users', '10');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const files = readdirSync(join(folder, 'results')).toSorted();
    const time = /_(\d{8}T\d{6}Z)\.json$/.exec(files[0]!)?.[1];
    expect(files).toEqual(
      ['crdt-conflicts', 'mixed-workload', 'summary', 'sync-relay'].map((name) => `light_${name}_${time}.json`),
    );
    const read = (name: string): unknown =>
      JSON.parse(readFileSync(join(folder, 'results', `light_${name}_${time}.json`), 'utf8'));
    for (const scenario of ['sync-relay', 'crdt-conflicts', 'mixed-workload']) {
      const result = resultSchema.parse(read(scenario));
      expect(result).toMatchObject({ scenario, profile: 'light', seed: '1', verdict: 'passed' });
      expect(stdout).toContain(`squall 0.1.0 · ${scenario} · light · seed 1\n`);
      expect(stdout).toMatch(new RegExp(`\\n${scenario} +passed +0 +\\d+ `));
    }
    expect(read('summary')).toMatchObject({ profile: 'light', exitCode: 0, scenarios: [{}, {}, {}] });
  });

  test('refuses what is no profile with one line and exit 2, and leaves nothing', () => {
    const { status, stdout, stderr } = loadTest('hevy');
    expect(stderr).toBe('ERR_CONFIG profile: got "hevy", expected one of light, medium, heavy, all\n');
    expect(stdout).toBe('');
    expect(status).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('whose results have no place is refused with one line and exit 2', () => {
    writeFileSync(join(folder, 'results'), 'a file');
    const { status, stderr } = loadTest('light', '--duration', '10s', '--users', '10');
    expect(stderr).toMatch(/^ERR_FILE results: got "results", expected a folder that can be written \(.+\)\n$/);
    expect(status).toBe(2);
  });

  test('says once that a flag is wrong, and ends with the code of that run', () => {
    const { status, stderr } = loadTest('light', '--usres', '10');
    expect(stderr.split('\n').filter((line) => line.includes('did you mean --users?'))).toHaveLength(1);
    expect(status).toBe(2);
  });
});
