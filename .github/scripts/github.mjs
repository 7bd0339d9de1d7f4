// GitHub by its own command line `gh`, and the files of a step. Bodies go through files, never through arguments.
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The repository of this run. @throws Error for a name that is none */
export function repository(env) {
  const name = env.GITHUB_REPOSITORY ?? '';
  if (!/^[\w.-]+\/[\w.-]+$/.test(name)) throw new Error(`no repository: ${JSON.stringify(name)}`);
  return name;
}

/** The event that started this run; an empty one where there is none. */
export function eventOf(env) {
  try {
    return JSON.parse(readFileSync(env.GITHUB_EVENT_PATH ?? '', 'utf8'));
  } catch {
    return {};
  }
}

/** The page of this run. */
export function runUrl(env) {
  return `${env.GITHUB_SERVER_URL ?? 'https://github.com'}/${repository(env)}/actions/runs/${env.GITHUB_RUN_ID ?? ''}`;
}

/** Text at the end of the step's summary; on standard output where there is none. */
export function summarize(env, text) {
  if (env.GITHUB_STEP_SUMMARY) appendFileSync(env.GITHUB_STEP_SUMMARY, `${text}\n`);
  else process.stdout.write(`${text}\n`);
}

/**
 * Asks GitHub's API.
 * @returns {{ ok: true, out: string } | { ok: false, reason: string }}
 */
export function gh(args, body) {
  const folder = mkdtempSync(join(tmpdir(), 'squall-gh-'));
  try {
    const sent = [];
    if (body !== undefined) {
      const file = join(folder, 'body.json');
      writeFileSync(file, JSON.stringify(body));
      sent.push('--input', file);
    }
    const done = spawnSync('gh', ['api', ...args, ...sent], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
    if (done.error !== undefined) return { ok: false, reason: done.error.message };
    if (done.status !== 0) return { ok: false, reason: (done.stderr || `gh ended with ${done.status}`).trim() };
    return { ok: true, out: done.stdout };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A list of the API, all pages, each entry by a jq filter that leaves one object. */
export function listed(path, filter) {
  const asked = gh(['--paginate', '--method', 'GET', path, '--jq', `.[] | ${filter} | tojson`]);
  if (!asked.ok) return asked;
  const entries = asked.out
    .split('\n')
    .filter((each) => each.trim() !== '')
    .map((each) => JSON.parse(each));
  return { ok: true, entries };
}
