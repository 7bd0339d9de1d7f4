// What the load tests come to: shards merged, kept findings replayed, baselines looked at, each beside what the base
// shows, so that nobody answers for somebody else's bug. It leaves a folder with reports, finding files and verdict.json.
//   node judge.mjs <results> <folder> [--base <folder with replay.json and baseline.json of the base>]
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { problemsOf, beyondBase } from './problems.mjs';
import { block, code, prose, word } from './text.mjs';

const SQUALL = 'dist/cli/main.js';
const KNOWN = '.github/known.json';
const KEPT = 'test/regressions/findings';
/** Where several hold, the first of these wins: as squall has it. */
const PRECEDENCE = [2, 3, 130, 5, 1, 4, 6, 98, 97, 99];
const winning = (codes) =>
  PRECEDENCE.find((each) => codes.includes(each)) ?? (codes.some((each) => each !== 0) ? 3 : 0);

/** Runs squall; it says nothing to GitHub by itself, since what it finds is judged here. */
function squall(args) {
  const env = { ...process.env };
  delete env.GITHUB_ACTIONS;
  delete env.GITHUB_STEP_SUMMARY;
  const { status, stdout, stderr } = spawnSync(process.execPath, [SQUALL, ...args], {
    encoding: 'utf8',
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: status ?? 3, said: `${stdout}${stderr}`.trim() };
}

function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** The hunts of the plan by target, each merged from its shards. */
function judgeHunts(plan, results, out, baseReplay) {
  return [...Map.groupBy(plan, ({ target }) => target)].map(([target, shards]) => {
    const files = shards.map(({ shard }) => join(results, `hunt-${target}-${shard}`, 'hunt.json')).filter(existsSync);
    const { scenario, documents, seeds } = shards[0];
    const what = `hunt ${scenario}, documents ${documents}, seeds ${seeds}`;
    const missing = shards.length - files.length;
    if (files.length === 0) return { what, code: 98, text: 'no shard left a result', findings: [] };
    const merged = join(out, `hunt-${target}.json`);
    const { code: exitCode, said } = squall([
      'merge',
      ...files,
      '--findings',
      join(out, 'findings'),
      '--known',
      KNOWN,
      '--json',
      merged,
      ...(baseReplay === undefined ? [] : ['--base-replay', baseReplay]),
    ]);
    const result = readJson(merged);
    if (result === undefined) return { what, code: exitCode || 3, text: said, findings: [] };
    const findings = result.findings.map((finding) => ({
      ...finding,
      scenario,
      documents,
      fails: finding.standing === 'new' || finding.standing === 'expired',
      commands: [
        ...(finding.file === null ? [] : [`npx squall replay findings/${word(basename(finding.file))}`]),
        `npx squall hunt ${word(scenario)} --documents ${word(documents)} --seeds ${word(`${finding.seed},`)}`,
      ],
    }));
    const ran = result.isComplete
      ? `all ${result.seedsDone} seeds ran`
      : `${result.seedsDone} of ${result.seedsTotal} seeds ran${missing > 0 ? `, ${missing} shard(s) missing` : ''}`;
    const found = findings.length === 0 ? 'no findings' : `${findings.length} finding(s)`;
    return { what, code: missing > 0 ? winning([exitCode, 98]) : exitCode, text: `${ran}, ${found}`, findings, merged };
  });
}

/** The kept findings, all replayed. */
function judgeKept(out, baseReplay) {
  const files = globSync(`${KEPT}/*.json`).sort();
  if (files.length === 0) return { what: 'kept findings', code: 0, text: 'there are none', failing: [] };
  const json = join(out, 'replay.json');
  const { code: exitCode, said } = squall([
    'replay',
    KEPT,
    '--quiet',
    '--known',
    KNOWN,
    '--json',
    json,
    ...(baseReplay === undefined ? [] : ['--base-replay', baseReplay]),
  ]);
  const result = readJson(json);
  if (result === undefined) return { what: 'kept findings', code: exitCode || 3, text: said, failing: [] };
  const failing = result.files.filter((each) => each.exitCode !== 0).map((each) => each.file);
  const shown = result.files.filter(({ verdict }) => verdict === 'reproduced' || verdict === 'other').length;
  return {
    what: 'kept findings',
    code: exitCode,
    merged: json,
    failing,
    text: `${result.files.length} replayed, ${shown} still seen`,
  };
}

/** The comparison with the baselines; what the base shows as well is said, and does not fail. */
function judgeBaseline(profile, results, base) {
  const what = `baselines, profile ${profile}`;
  const json = join(results, `baseline-${profile}`, 'baseline.json');
  const check = readJson(json);
  if (check === undefined) return { what, code: 98, text: 'the check left no result' };
  const own = check.comparisons.flatMap((each) => beyondBase(each, base?.comparisons));
  const all = check.comparisons.flatMap(problemsOf);
  const text =
    all.length === 0
      ? `${check.comparisons.length} scenario(s) as they should be`
      : all.map(({ text: each }) => each).join('; ');
  if (all.length > 0 && own.length === 0)
    return { what, code: 0, text: `${text} (the base shows it too)`, merged: json };
  return { what, code: check.exitCode, text, merged: json };
}

function markdownOf(parts, findings, exitCode, url) {
  const lines = [`## Load tests: ${exitCode === 0 ? '✓ passed' : `✗ failed (exit ${exitCode})`}`, ''];
  lines.push('| what | | |', '|---|---|---|');
  for (const { what, code: each, text } of parts) {
    lines.push(`| ${prose(what)} | ${each === 0 ? '✓' : `✗ ${each}`} | ${prose(text, 1000)} |`);
  }
  if (findings.length > 0) {
    lines.push('', '### Findings', '');
    for (const finding of findings) {
      const { signature, kind, standing, reason, seed, seedCount, commands } = finding;
      const head = finding.fails ? `✗ **${prose(standing)}**` : `⚠ ${prose(standing)}`;
      lines.push(`${head} ${code(signature)} (${prose(kind)}), seed ${code(seed)}, ${Number(seedCount)} seed(s)`);
      if (reason) lines.push(`: ${prose(reason)}`);
      lines.push('', block(commands), '');
    }
    lines.push('The finding files are in the artefact `report`.');
  }
  lines.push('', `[This run, with its artefacts](${url})`, '');
  return lines.join('\n');
}

function main(args, env) {
  const [results, out, flag, baseFolder] = args;
  if (results === undefined || out === undefined || (flag !== undefined && flag !== '--base')) {
    throw new Error('expected <results> <folder> [--base <folder>]');
  }
  rmSync(out, { recursive: true, force: true });
  mkdirSync(join(out, 'findings'), { recursive: true });
  const replayFile = baseFolder === undefined ? undefined : join(baseFolder, 'replay.json');
  const baseReplay = replayFile !== undefined && existsSync(replayFile) ? replayFile : undefined;
  const base = baseFolder === undefined ? undefined : readJson(join(baseFolder, 'baseline.json'));

  const hunts = judgeHunts(JSON.parse(env.HUNTS ?? '[]'), results, out, baseReplay);
  const kept = judgeKept(out, baseReplay);
  const baseline = judgeBaseline(env.PROFILE ?? 'light', results, base);
  const parts = [baseline, ...hunts, kept];
  const findings = hunts.flatMap((each) => each.findings);
  const exitCode = winning(parts.map((each) => each.code));
  const url = `${env.GITHUB_SERVER_URL ?? 'https://github.com'}/${env.GITHUB_REPOSITORY ?? ''}/actions/runs/${env.GITHUB_RUN_ID ?? ''}`;

  const verdict = {
    exitCode,
    parts: parts.map(({ what, code: each, text }) => ({ what, exitCode: each, text })),
    findings,
  };
  writeFileSync(join(out, 'verdict.json'), `${JSON.stringify(verdict, null, 2)}\n`);
  const sources = parts.map((each) => each.merged).filter((each) => each !== undefined);
  const outputs = ['report.html', 'report.xml', 'report.md'].flatMap((name) => ['--output', join(out, name)]);
  if (sources.length > 0) {
    const report = squall(['report', ...sources, ...outputs]);
    if (report.code !== 0) process.stdout.write(`no report: ${report.said}\n`);
  }
  const whole = existsSync(join(out, 'report.md')) ? readFileSync(join(out, 'report.md'), 'utf8') : '';
  const details = whole === '' ? '' : `\n<details>\n<summary>The whole report</summary>\n\n${whole}\n\n</details>\n`;
  writeFileSync(join(out, 'comment.md'), `${markdownOf(parts, findings, exitCode, url)}${details}`);

  // What the base has to be asked about: files that fail here, by absolute names, since it is another folder.
  const failing = [
    ...findings
      .filter((each) => each.fails && each.file !== null)
      .map((each) => join(out, 'findings', basename(each.file))),
    ...kept.failing,
  ].filter((file) => existsSync(file));
  writeFileSync(join(out, 'failing.txt'), failing.map((file) => `${resolve(file)}\0`).join(''));
  const isOfBase = exitCode !== 0 && (failing.length > 0 || baseline.code !== 0);
  if (env.GITHUB_OUTPUT) {
    appendFileSync(env.GITHUB_OUTPUT, `code=${exitCode}\nfindings=${findings.length}\nasks-base=${isOfBase}\n`);
  }
  for (const { what, code: each, text } of parts) process.stdout.write(`${each} ${what}: ${text}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    main(process.argv.slice(2), process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 3;
  }
}
