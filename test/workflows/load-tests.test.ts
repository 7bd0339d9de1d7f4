// The load tests' own shell steps, run for real on a small project: what passes, what fails, and whose bug it is.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type JobDone, readYaml, runAction, runWorkflow, type Workflow } from './run-steps.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const WELL = readFileSync(join(root, 'docs/examples/map.mjs'), 'utf8');
/** The example's own way to break it: the first writer wins. */
const BROKEN = WELL.replace('stamp > known.stamp', 'stamp < known.stamp');

// All runs start the built command: nothing has to be compiled for them.
const MAIN = `import ${JSON.stringify(join(root, 'dist/cli/main.js'))};\n`;

/** What is made once: a project with a baseline, committed. */
let template: string;
let folder: string;
let project: string;
beforeAll(() => {
  template = mkdtempSync(join(tmpdir(), 'load-tests-template-'));
  project = join(template, 'project');
  mkdirSync(join(project, 'test/regressions/findings'), { recursive: true });
  cpSync(join(root, '.github'), join(project, '.github'), { recursive: true });
  // Stands for what `npm ci` would build.
  mkdirSync(join(project, 'dist/cli'), { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(project, 'dist/cli/main.js'), MAIN);
  writeFileSync(join(project, 'docs.mjs'), WELL);
  const bin = join(template, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\necho "npm $*" >> "$NPM_CALLS"\n`);
  chmodSync(join(bin, 'npm'), 0o755);
  symlinkSync(process.execPath, join(bin, 'node'));
  squall('baseline', 'update', '--profile', 'light', 'crdt-conflicts');
  git('init', '-q', '-b', 'main');
  commit('begun');
});
afterAll(() => rmSync(template, { recursive: true, force: true }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'load-tests-'));
  project = join(folder, 'project');
  cpSync(join(template, 'project'), project, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function started(file: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd: project, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${status}\n${stdout}${stderr}`);
  return stdout;
}

function squall(...args: readonly string[]): void {
  started(process.execPath, 'dist/cli/main.js', ...args);
}

function git(...args: readonly string[]): void {
  started('git', '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args);
}

/** Commits what is there, and the base with it. */
function commit(message: string): void {
  git('add', '-A', '-f');
  git('commit', '-q', '-m', message);
  git('update-ref', 'refs/remotes/origin/main', 'HEAD');
}

/** Makes room for another run: GitHub gives each a machine of its own. What hunts and checks kept is still there. */
function again(): void {
  for (const each of ['run/temp', 'run/artefacts/report', 'project/results', 'project/report', 'project/base']) {
    rmSync(join(folder, each), { recursive: true, force: true });
  }
  git('worktree', 'prune');
}

const HUNTS = [1, 2].map((shard) => ({
  target: 'crdt-conflicts-docs-mjs',
  scenario: 'crdt-conflicts',
  documents: 'docs.mjs',
  seeds: '1..12',
  shard,
  shards: 2,
}));

function surroundings(): Record<string, string> {
  return {
    PATH: `${join(template, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
    NPM_CALLS: join(folder, 'npm-calls'),
    GITHUB_BASE_REF: 'main',
  };
}

/**
 * The workflow of a pull request from a fork, over few seeds.
 * @param from the jobs that run, where some are left out because what they keep is there already
 */
function pullRequest(from: readonly string[] = ['plan', 'baseline', 'hunt']): Record<string, JobDone[]> {
  const workflow = readYaml(join(project, '.github/workflows/load-tests.yml')) as Workflow;
  const plan = workflow.jobs['plan']!.steps.find(({ id }) => id === 'plan') as { run: string };
  const outputs = ['profile=light', 'scenarios=crdt-conflicts', `hunts=${JSON.stringify(HUNTS)}`];
  plan.run = outputs.map((each) => `echo '${each}' >> "$GITHUB_OUTPUT"`).join('\n');
  const names = [...from, 'verdict', 'comment', 'issues'];
  const jobs = Object.entries(workflow.jobs)
    .filter(([name]) => names.includes(name))
    .map(([name, job]) => [name, { ...job, needs: [job.needs ?? []].flat().filter((each) => names.includes(each)) }]);
  const head = { repo: { full_name: 'stranger/project' } };
  const done = runWorkflow(
    { ...workflow, jobs: Object.fromEntries(jobs) as Workflow['jobs'] },
    {
      cwd: project,
      event: 'pull_request',
      payload: { pull_request: { number: 7, head, base: { sha: 'main' } } },
      env: surroundings(),
      folder: join(folder, 'run'),
    },
  );
  return Object.fromEntries(done.map(({ job }) => [job, done.filter((each) => each.job === job)]));
}

interface Verdict {
  exitCode: number;
  findings: { signature: string; standing: string; file: string; seed: string }[];
}

function verdict(): Verdict {
  return JSON.parse(readFileSync(join(folder, 'run/artefacts/report/verdict.json'), 'utf8')) as Verdict;
}

function outcomes(jobs: readonly JobDone[] | undefined): Record<string, string> {
  return Object.fromEntries(jobs!.flatMap(({ steps }) => steps).map(({ name, outcome }) => [name, outcome]));
}

function said(jobs: readonly JobDone[] | undefined): string {
  return jobs!.flatMap(({ steps }) => steps.map((step) => step.said)).join('\n');
}

describe('a pull request', { timeout: 300_000 }, () => {
  test('that breaks nothing passes, asks the base nothing, and says so in the summary', () => {
    const { hunt, verdict: judged, comment, issues } = pullRequest();
    expect(hunt).toHaveLength(2);
    expect(said(judged)).toContain('all 12 seeds ran, no findings');
    expect(judged![0]!.result).toBe('success');
    expect(outcomes(judged)['Build the merge base']).toBe('skipped');
    expect(judged![0]!.summary).toContain('## Load tests: ✓ passed');
    expect(comment![0]).toMatchObject({ result: 'success' });
    expect(comment![0]!.summary).toContain('✓ passed');
    expect(issues![0]!.result).toBe('skipped');
    for (const name of ['report.html', 'report.md', 'report.xml']) {
      expect(existsSync(join(folder, 'run/artefacts/report', name)), name).toBe(true);
    }
    expect(said(judged)).toContain('for 30 days');
  });

  test('that breaks something fails, with a file and a command that show it again', () => {
    writeFileSync(join(project, 'docs.mjs'), BROKEN);
    const { hunt, verdict: judged, comment } = pullRequest();
    expect(hunt!.map(({ result }) => result)).toEqual(['success', 'success']);
    expect(judged![0]!.result).toBe('failure');
    expect(outcomes(judged)['Judge beside the base']).toBe('success');
    // The base has its own installation.
    expect(readFileSync(join(folder, 'npm-calls'), 'utf8')).toMatch(/npm ci\n$/);
    const { exitCode, findings } = verdict();
    expect([1, 4]).toContain(exitCode);
    expect(findings.length).toBeGreaterThan(0);
    for (const { standing } of findings) expect(standing).toBe('new');
    const kept = `findings/crdt-conflicts-docs-mjs/${findings[0]!.file.split('/').at(-1)}`;
    expect(comment![0]!.summary).toContain(`npx squall replay ${kept}`);
    expect(comment![0]!.summary).toContain('npx squall hunt crdt-conflicts --documents docs.mjs --seeds');
    const replay = ['dist/cli/main.js', 'replay', join(folder, 'run/artefacts/report', kept)];
    const replayed = spawnSync(process.execPath, replay, { cwd: project });
    expect([1, 4]).toContain(replayed.status);
  });

  test("is not red for a bug of the base's", () => {
    writeFileSync(join(project, 'docs.mjs'), BROKEN);
    commit('broken by somebody else');
    const { verdict: judged, comment } = pullRequest();
    expect(verdict()).toMatchObject({ exitCode: 0 });
    expect(new Set(verdict().findings.map(({ standing }) => standing))).toEqual(new Set(['on-base']));
    expect(judged![0]!.result).toBe('success');
    expect(comment![0]!.summary).toContain('⚠ on\\-base');
  });

  test('is not red for what is accepted, and red again when that is over', () => {
    writeFileSync(join(project, 'docs.mjs'), BROKEN);
    pullRequest();
    const known = (expires: string): void => {
      const entries = verdict().findings.map(({ signature }) => ({ signature, reason: 'it is being mended', expires }));
      writeFileSync(join(project, '.github/known.json'), JSON.stringify({ known: entries }));
      again();
    };
    known('2999-12-31');
    expect(pullRequest(['plan'])['verdict']![0]!.result).toBe('success');
    expect(verdict().findings[0]!.standing).toBe('known');
    known('2020-01-01');
    expect(pullRequest(['plan'])['verdict']![0]!.result).toBe('failure');
    expect(verdict().findings[0]!.standing).toBe('expired');
  });

  test('that brings a kept finding back fails', () => {
    writeFileSync(join(project, 'docs.mjs'), BROKEN);
    const found = spawnSync(
      process.execPath,
      `dist/cli/main.js hunt crdt-conflicts --documents docs.mjs --seeds 1..12 --findings kept --no-tui`.split(' '),
      { cwd: project, encoding: 'utf8' },
    );
    expect([1, 4], found.stderr).toContain(found.status);
    cpSync(join(project, 'kept'), join(project, 'test/regressions/findings'), { recursive: true });
    rmSync(join(project, 'kept'), { recursive: true });
    writeFileSync(join(project, 'docs.mjs'), WELL);
    const first = pullRequest()['verdict'];
    expect(said(first)).toMatch(/0 kept findings: \d+ replayed, 0 still seen/);
    again();
    writeFileSync(join(project, 'docs.mjs'), BROKEN);
    const { verdict: judged } = pullRequest(['plan']);
    expect(judged![0]!.result).toBe('failure');
    expect(said(judged)).toMatch(/[14] kept findings/);
  });

  test('without a shard’s result is inconclusive, not clean', () => {
    pullRequest();
    again();
    rmSync(join(folder, 'run/artefacts/hunt-crdt-conflicts-docs-mjs-2'), { recursive: true });
    const judged = pullRequest(['plan'])['verdict'];
    expect(said(judged)).toContain('6 of 12 seeds ran, 1 shard(s) missing');
    expect(verdict().exitCode).toBe(98);
  });

  test('that is slower than its baseline fails with 97, unless the base is as slow', () => {
    const file = join(project, 'baselines/light.crdt-conflicts.json');
    const baseline = JSON.parse(readFileSync(file, 'utf8')) as {
      traceHash: string;
      metrics: { values: Record<string, number> }[];
    };
    baseline.traceHash = '0123456789abcdef';
    for (const { values } of baseline.metrics) {
      for (const name of Object.keys(values)) if (/^p\d/.test(name)) values[name]! /= 1.7;
    }
    writeFileSync(file, JSON.stringify(baseline));
    const own = pullRequest();
    expect(own['baseline']![0]!.result, said(own['baseline'])).toBe('success');
    expect(verdict().exitCode).toBe(97);
    expect(own['comment']![0]!.summary).toMatch(/baselines, profile light \| ✗ 97 \|/);
    again();
    commit('slow by somebody else');
    const shared = pullRequest(['plan']);
    expect(verdict().exitCode).toBe(0);
    expect(said(shared['verdict'])).toContain('(the base shows it too)');
  });
});

describe('the action', { timeout: 120_000 }, () => {
  function action(inputs: Record<string, string>): ReturnType<typeof runAction> {
    const own = join(project, 'node_modules/squall');
    if (!existsSync(own)) {
      mkdirSync(join(own, 'cli'), { recursive: true });
      writeFileSync(
        join(own, 'package.json'),
        '{ "name": "squall", "type": "module", "bin": { "squall": "cli/main.js" } }',
      );
      writeFileSync(join(own, 'cli/main.js'), MAIN);
    }
    return runAction(join(project, '.github/actions/squall/action.yml'), {
      cwd: project,
      env: surroundings(),
      folder: join(folder, 'run'),
      inputs: { documents: 'docs.mjs', seeds: '1..6', ...inputs },
    });
  }

  test('says that all seeds ran', () => {
    const { outputs, hasFailed, summary } = action({});
    expect(outputs).toEqual({ verdict: 'clean', 'exit-code': '0', findings: '0', 'all-seeds-ran': 'true' });
    expect(hasFailed).toBe(false);
    expect(summary).toContain('**All 6 seeds ran.**');
  });

  test('says that its budget ended before its seeds did', () => {
    const { outputs, summary } = action({ seeds: '1..100000', budget: '1s' });
    expect(outputs['all-seeds-ran']).toBe('false');
    expect(summary).toMatch(/\*\*Not all seeds ran: \d+ of 100000\*\*/);
  });

  test('fails with what it found, and keeps the files', () => {
    writeFileSync(join(project, 'docs.mjs'), BROKEN);
    const { outputs, hasFailed, steps } = action({});
    expect(hasFailed).toBe(true);
    expect(['1', '4']).toContain(outputs['exit-code']);
    expect(Number(outputs['findings'])).toBeGreaterThan(0);
    expect(steps.map(({ outcome }) => outcome)).toContain('success');
    expect(existsSync(join(folder, 'run/artefacts/squall/findings'))).toBe(true);
  });

  test('takes its inputs as data', () => {
    const { outputs, hasFailed } = action({ scenario: '$(touch pwned)', seeds: '1..2; touch pwned' });
    expect(hasFailed).toBe(true);
    expect(outputs['exit-code']).toBe('2');
    expect(existsSync(join(project, 'pwned'))).toBe(false);
    expect(action({ scenario: '--version' }).outputs['exit-code']).toBe('2');
  });
});
