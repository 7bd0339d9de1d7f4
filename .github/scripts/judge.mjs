// What the load tests come to: hunts, kept findings and baselines, each beside what the base shows, so that nobody answers
// for somebody else's bug. It leaves a folder with reports, finding files and verdict.json.
//   node judge.mjs <results> <folder> [--base <folder with replay.json and baseline.json of the base>]
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runUrl } from './github.mjs';
import { judgeBaseline, judgeHunts, judgeKept, readBase, squall, winning } from './parts.mjs';
import { annotation, block, code, line, prose } from './text.mjs';

function markdownOf(parts, findings, exitCode, url) {
  const lines = [`## Load tests: ${exitCode === 0 ? '✓ passed' : `✗ failed (exit ${exitCode})`}`, ''];
  lines.push('| what | | |', '|---|---|---|');
  for (const { what, code: each, text, warns } of parts) {
    const sign = warns ? '⚠' : '✓';
    lines.push(`| ${prose(what)} | ${each === 0 ? sign : `✗ ${each}`} | ${prose(text, 1000)} |`);
  }
  if (findings.length > 0) {
    lines.push('', '### Findings', '');
    for (const { signature, kind, standing = 'new', reason, where, commands, fails } of findings) {
      const head = fails ? `✗ **${prose(standing)}**` : `⚠ ${prose(standing)}`;
      lines.push(`${head} ${code(signature)} (${prose(kind)}), ${prose(where)}${reason ? `: ${prose(reason)}` : ''}`);
      lines.push('', block(commands), '');
    }
    lines.push('The finding files of the hunts are in the artefact `report`.');
  }
  lines.push('', `[This run, with its artefacts](${url})`, '');
  return lines.join('\n');
}

/** The reports of squall, and what goes into the comment. */
function writeTexts(out, parts, findings, exitCode, url) {
  const sources = parts.flatMap(({ result }) => result ?? []);
  const outputs = ['report.html', 'report.xml', 'report.md'].flatMap((name) => ['--output', join(out, name)]);
  if (sources.length > 0) {
    const { code: reported, said } = squall(['report', ...sources, '--run-documents', ...outputs]);
    if (reported !== 0) process.stdout.write(`no report: ${line(said, 1000)}\n`);
  }
  const whole = existsSync(join(out, 'report.md')) ? readFileSync(join(out, 'report.md'), 'utf8') : '';
  const details = whole === '' ? '' : `\n<details>\n<summary>The whole report</summary>\n\n${whole}\n\n</details>\n`;
  writeFileSync(join(out, 'comment.md'), `${markdownOf(parts, findings, exitCode, url)}${details}`);
}

function main([results, out, flag, baseFolder], env) {
  if (results === undefined || out === undefined || (flag !== undefined && flag !== '--base')) {
    throw new Error('expected <results> <folder> [--base <folder>]');
  }
  rmSync(out, { recursive: true, force: true });
  mkdirSync(join(out, 'findings'), { recursive: true });
  const base = readBase(baseFolder);
  const today = new Date().toISOString().slice(0, 10);
  const baseline = judgeBaseline(env.PROFILE ?? 'light', results, base, today);
  const parts = [baseline, ...judgeHunts(JSON.parse(env.HUNTS ?? '[]'), results, out, base), judgeKept(out, base)];
  const findings = parts.flatMap((each) => each.findings);
  const exitCode = winning(parts.map((each) => each.code));

  const told = parts.map(({ what, code: each, text }) => ({ what, exitCode: each, text }));
  writeFileSync(join(out, 'verdict.json'), `${JSON.stringify({ exitCode, parts: told, findings }, null, 2)}\n`);
  writeTexts(out, parts, findings, exitCode, runUrl(env));

  // What the base has to be asked about, by absolute names, since it is another folder.
  const failing = parts.flatMap(({ files }) => files).filter((file) => existsSync(file));
  writeFileSync(join(out, 'failing.txt'), failing.map((file) => `${resolve(file)}\0`).join(''));
  const asksBase = exitCode !== 0 && (failing.length > 0 || baseline.code !== 0);
  if (env.GITHUB_OUTPUT) {
    appendFileSync(env.GITHUB_OUTPUT, `code=${exitCode}\nfindings=${findings.length}\nasks-base=${asksBase}\n`);
  }
  for (const { what, code: each, text } of parts) process.stdout.write(`${each} ${line(what)}: ${text}\n`);
  // Before the base has spoken, an error may not be one.
  const isLast = base !== undefined || !asksBase || env.GITHUB_EVENT_NAME !== 'pull_request';
  if (!isLast || env.GITHUB_ACTIONS !== 'true') return;
  for (const { what, code: each, text, warns } of parts) {
    if (each !== 0 || warns) process.stdout.write(`${annotation(each === 0 ? 'warning' : 'error', what, text)}\n`);
  }
}

try {
  main(process.argv.slice(2), process.env);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? line(error.stack, 4000) : line(error)}\n`);
  process.exitCode = 3;
}
