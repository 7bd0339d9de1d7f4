// The scripts that hold a token, beside a stand-in for gh that keeps what it is asked; and what the others decide.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
// @ts-expect-error -- a script of plain JavaScript
import * as plan from '../../.github/scripts/plan.mjs';
// @ts-expect-error -- a script of plain JavaScript
import * as problems from '../../.github/scripts/problems.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const HOSTILE =
  '<script>alert(1)</script> @everyone `$(touch pwned)` | ]]> \u001b[31m ::error::x "\' \n## head <!-- hidden -->';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scripts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Call {
  args: string[];
  body: Record<string, unknown> | null;
}

/** A gh that answers lists with `listed`, and everything else with `refusal` where there is one. */
function fakeGh(listed: readonly unknown[], refusal = ''): void {
  const file = join(folder, 'gh');
  writeFileSync(
    file,
    `#!${process.execPath}
const fs = require('node:fs');
const args = process.argv.slice(2);
const at = args.indexOf('--input');
const body = at < 0 ? null : JSON.parse(fs.readFileSync(args[at + 1], 'utf8'));
fs.appendFileSync(${JSON.stringify(join(folder, 'calls'))}, JSON.stringify({ args, body }) + '\\n');
const refusal = ${JSON.stringify(refusal)};
if (refusal !== '') { process.stderr.write(refusal); process.exit(1); }
if (args.includes('GET')) for (const each of ${JSON.stringify(listed)}) console.log(JSON.stringify(each));
`,
  );
  chmodSync(file, 0o755);
}

function calls(): Call[] {
  const file = join(folder, 'calls');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Call);
}

function run(
  script: string,
  args: readonly string[],
  head = 'example/project',
): { code: number | null; said: string; summary: string } {
  const event = join(folder, 'event.json');
  writeFileSync(event, JSON.stringify({ pull_request: { number: 7, head: { repo: { full_name: head } } } }));
  const summary = join(folder, 'summary');
  writeFileSync(summary, '');
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, '.github/scripts', script), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
      GITHUB_REPOSITORY: 'example/project',
      GITHUB_RUN_ID: '99',
      GITHUB_EVENT_PATH: event,
      GITHUB_STEP_SUMMARY: summary,
    },
  });
  return { code: status, said: `${stdout}${stderr}`, summary: readFileSync(summary, 'utf8') };
}

describe('the comment', () => {
  const MARKER = '<!-- squall:load-tests -->';
  function comment(text = 'all well', head?: string): ReturnType<typeof run> {
    const body = join(folder, 'body.md');
    writeFileSync(body, text);
    return run('comment.mjs', [body], head);
  }

  test('is made where there is none', () => {
    fakeGh([{ id: 1, type: 'Bot', body: 'something else' }]);
    expect(comment()).toMatchObject({ code: 0, summary: '' });
    const [, sent] = calls();
    expect(sent!.args.slice(0, 4)).toEqual(['api', '--method', 'POST', 'repos/example/project/issues/7/comments']);
    expect(sent!.body).toEqual({ body: `${MARKER}\nall well` });
  });

  test('is updated in place where there is one', () => {
    fakeGh([{ id: 41, type: 'Bot', body: `${MARKER}\nold` }]);
    expect(comment().code).toBe(0);
    const [list, sent] = calls();
    expect(list!.args).toContain('--paginate');
    expect(sent!.args.slice(1, 4)).toEqual(['--method', 'PATCH', 'repos/example/project/issues/comments/41']);
    expect(calls()).toHaveLength(2);
  });

  test("is never somebody else's, whatever stands in it", () => {
    fakeGh([{ id: 41, type: 'User', body: `${MARKER}\nmine` }]);
    comment();
    expect(calls()[1]!.args).toContain('POST');
  });

  test('becomes the summary where the token only reads, and nothing fails', () => {
    fakeGh([], 'gh: Resource not accessible by integration (HTTP 403)');
    const done = comment();
    expect(done.code).toBe(0);
    expect(done.summary).toContain('all well');
    expect(done.summary).toContain('HTTP 403');
  });

  test('of a fork asks GitHub nothing', () => {
    fakeGh([]);
    const done = comment('all well', 'stranger/project');
    expect(done).toMatchObject({ code: 0 });
    expect(done.summary).toContain('all well');
    expect(calls()).toEqual([]);
  });

  test('takes hostile text as text', () => {
    fakeGh([]);
    comment(HOSTILE);
    const text = String(calls()[1]!.body!['body']);
    expect(text.match(/<!--/g)).toHaveLength(1);
    expect(text).not.toContain('@everyone');
    expect(text).not.toContain('\u001b');
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
    expect(
      calls()
        .flatMap(({ args }) => args)
        .join(' '),
    ).not.toContain('touch');
  });

  test('is cut where it is too long, with nothing left open', () => {
    fakeGh([]);
    comment(`<details>\n\n\`\`\`sh\n${'a line\n'.repeat(20_000)}\`\`\`\n</details>`);
    const text = String(calls()[1]!.body!['body']);
    expect(text.length).toBeLessThan(65_000);
    expect(text).toMatch(/```\n<\/details>\n\n… cut here/);
  });
});

describe('the issues', () => {
  const finding = (signature: string, fails = true): object => ({
    signature,
    fails,
    kind: 'safety',
    oracle: 'lost-edit',
    scenario: 'crdt-conflicts',
    documents: 'lww',
    seed: '17',
    seedCount: 2,
    reason: '',
    commands: ['npx squall replay findings/a.json'],
  });
  function issues(findings: readonly object[]): ReturnType<typeof run> {
    const file = join(folder, 'verdict.json');
    writeFileSync(file, JSON.stringify({ findings }));
    return run('issues.mjs', [file]);
  }

  /** The body that a first night gives a signature. */
  function bodyOfNew(signature: string): string {
    fakeGh([]);
    issues([finding(signature)]);
    const { body } = calls().at(-1)!.body as { body: string };
    rmSync(join(folder, 'calls'));
    return body;
  }

  test('are made once for each signature, with the label and the command', () => {
    fakeGh([]);
    expect(issues([finding('a'), finding('a'), finding('b'), finding('accepted', false)]).code).toBe(0);
    const made = calls().slice(1);
    expect(made.map(({ body }) => body!['title'])).toEqual(['squall: a', 'squall: b']);
    expect(made[0]!.body!['labels']).toEqual(['squall']);
    expect(made[0]!.body!['body']).toContain('npx squall replay findings/a.json');
  });

  test('that are open get a comment', () => {
    const body = bodyOfNew('a');
    fakeGh([{ number: 3, state: 'open', body }]);
    issues([finding('a')]);
    expect(
      calls()
        .slice(1)
        .map(({ args }) => args[3]),
    ).toEqual(['repos/example/project/issues/3/comments']);
  });

  test('that were closed are opened again', () => {
    const body = bodyOfNew('a');
    fakeGh([{ number: 3, state: 'closed', body }]);
    issues([finding('a')]);
    const [, opened, said] = calls();
    expect(opened!.args.slice(1, 4)).toEqual(['--method', 'PATCH', 'repos/example/project/issues/3']);
    expect(opened!.body).toEqual({ state: 'open' });
    expect(said!.args[3]).toBe('repos/example/project/issues/3/comments');
  });

  test('are not asked for where nothing was found', () => {
    fakeGh([]);
    expect(issues([finding('accepted', false)]).code).toBe(0);
    expect(calls()).toEqual([]);
  });

  test('take a hostile signature as text, and know it again', () => {
    const body = bodyOfNew(HOSTILE);
    expect(body.match(/<!--/g)).toHaveLength(1);
    expect(body).not.toContain('@everyone');
    expect(body.split('\n').some((line) => line.startsWith('## head'))).toBe(false);
    fakeGh([{ number: 3, state: 'open', body }]);
    issues([finding(HOSTILE)]);
    expect(
      calls()
        .slice(1)
        .map(({ args }) => args[3]),
    ).toEqual(['repos/example/project/issues/3/comments']);
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
  });

  test('that cannot be listed are an error, not new ones', () => {
    fakeGh([], 'HTTP 500');
    expect(issues([finding('a')]).code).toBe(2);
    expect(calls()).toHaveLength(1);
  });
});

describe('the plan', () => {
  const planOf = plan.planOf as (asked: object) => {
    profile: string;
    hunts: { seeds: string; shard: number; documents: string }[];
  };
  test('of a pull request has the same seeds each time', () => {
    const { profile, hunts } = planOf({ event: 'pull_request', runId: '5', seeds: '9', profile: 'heavy' });
    expect(profile).toBe('light');
    expect(new Set(hunts.map(({ seeds }) => seeds))).toEqual(new Set(['1..500']));
    expect(hunts.map(({ documents, shard }) => `${documents} ${shard}`)).toEqual(['lww 1', 'lww 2', 'yjs 1', 'yjs 2']);
  });
  test('of a night has 5,000 seeds of its own, the same when it is started again', () => {
    const { profile, hunts } = planOf({ event: 'schedule', runId: '123' });
    expect(profile).toBe('medium');
    expect(hunts[0]!.seeds).toBe('1230000..1234999');
    expect(planOf({ event: 'schedule', runId: '124' }).hunts[0]!.seeds).toBe('1240000..1244999');
  });
  test.each([
    { seeds: '1; touch pwned' },
    { seeds: '--for=1s' },
    { documents: '../../$(id)' },
    { documents: 'lww,LWW' },
    { scenario: 'nothing' },
    { profile: 'storm' },
  ])('by hand refuses %j', (asked) => {
    expect(() => planOf({ event: 'workflow_dispatch', runId: '1', ...asked })).toThrow(/./);
  });
});

describe('what the base shows too', () => {
  const beyondBase = problems.beyondBase as (head: object, base?: object[]) => object[];
  const comparison = (change: object): object => ({
    profile: 'light',
    scenario: 'sync-relay',
    state: 'changed',
    findings: [],
    thresholds: [],
    exitCode: 97,
    traceHash: { before: 'a', after: 'b' },
    figures: [{ metric: 'push', statistic: 'p95', level: 'critical', reason: '+60%', before: 60, after: 100 }],
    ...change,
  });
  test('is nobody’s fault where the run is the same', () => {
    expect(beyondBase(comparison({}), [comparison({})])).toEqual([]);
  });
  test('is a fault where the base is well, or is not there', () => {
    expect(beyondBase(comparison({}), [comparison({ exitCode: 0 })])).toHaveLength(1);
    expect(beyondBase(comparison({}))).toHaveLength(1);
  });
  test('is a fault where it got worse, or something came to it', () => {
    const other = { traceHash: { before: 'a', after: 'c' } };
    const figures = (after: number): object => ({
      figures: [{ metric: 'push', statistic: 'p95', level: 'critical', reason: 'another', before: 60, after }],
    });
    expect(beyondBase(comparison({ ...other, ...figures(120) }), [comparison({})])).toHaveLength(1);
    expect(beyondBase(comparison({ ...other, ...figures(109) }), [comparison({})])).toEqual([]);
    expect(beyondBase(comparison({ ...other, ...figures(92) }), [comparison({})])).toEqual([]);
    // What is meant to be high, such as a rate: lower than the base's is worse.
    const fallen = comparison({ ...figures(40) });
    expect(beyondBase(comparison({ ...other, ...figures(30) }), [fallen])).toHaveLength(1);
    expect(beyondBase(comparison({ ...other, ...figures(50) }), [fallen])).toEqual([]);
    // What is not sampled any more; a threshold that is missed by far more; shares, by points.
    const lost = {
      figures: [{ metric: 'push', statistic: 'p95', level: 'critical', reason: '', before: 60, after: null }],
    };
    expect(beyondBase(comparison({ ...other, ...lost }), [comparison({})])).toHaveLength(1);
    const missed = (value: number): object => ({
      figures: [],
      thresholds: [{ metric: 'requests', expression: 'p(99)<1000', value, ok: false }],
    });
    const base = comparison(missed(1001));
    expect(beyondBase(comparison({ ...other, ...missed(90_000) }), [base])).toHaveLength(1);
    expect(beyondBase(comparison({ ...other, ...missed(1050) }), [base])).toEqual([]);
    const share = (after: number): object => ({
      figures: [
        {
          metric: 'push_success_rate',
          statistic: 'rate',
          level: 'critical',
          unit: 'share',
          reason: '',
          before: 0.95,
          after,
        },
      ],
    });
    expect(beyondBase(comparison({ ...other, ...share(0.766) }), [comparison(share(0.84))])).toHaveLength(1);
    expect(beyondBase(comparison({ ...other, ...share(0.835) }), [comparison(share(0.84))])).toEqual([]);
    expect(beyondBase(comparison({ ...other, findings: [{ signature: 'x' }] }), [comparison({})])).toHaveLength(1);
    expect(beyondBase(comparison(other), [comparison({})])).toEqual([]);
  });
});
