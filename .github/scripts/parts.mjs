// The parts of a verdict: hunts merged, kept findings replayed, baselines looked at, each beside what the base shows. It
// must not know how they are told.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { beyondBase, problemsOf, warningsOf } from './problems.mjs';
import { line, word } from './text.mjs';

const SQUALL = 'dist/cli/main.js';
const KNOWN = '.github/known.json';
const KEPT = 'test/regressions/findings';
/** Where several hold, the first of these wins: as squall has it. */
const PRECEDENCE = [2, 3, 130, 5, 1, 4, 6, 98, 97, 99];
export const winning = (codes) =>
  PRECEDENCE.find((each) => codes.includes(each)) ?? (codes.some((each) => each !== 0) ? 3 : 0);
export const codeOfKind = (kind) => (kind === 'liveness' ? 4 : 1);
const isFailing = (standing) => standing === 'new' || standing === 'expired';

/**
 * A part: `what` it is, its exit `code`, one line of `text`, whether it `warns`, its `findings`, the `files` that fail and
 * that the base has to be asked about, and its `result`, a file that squall makes a report of.
 */
function part(what, code, text, more = {}) {
  return { what, code, text: line(text, 1000), warns: false, findings: [], files: [], ...more };
}

/** Runs squall; it says nothing to GitHub by itself, since what it finds is judged here. */
export function squall(args) {
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

/** What the base shows: an older one may have written what is not understood, and then it says nothing. */
export function readBase(folder) {
  if (folder === undefined) return undefined;
  const listOf = (file, key) => {
    try {
      const list = readJson(join(folder, file))?.[key];
      return Array.isArray(list) ? list.filter((each) => typeof each === 'object' && each !== null) : [];
    } catch {
      return [];
    }
  };
  const files = listOf('replay.json', 'files').filter((each) => typeof each.file === 'string');
  return {
    replayed: new Map(files.map((each) => [resolve(each.file), each])),
    comparisons: listOf('baseline.json', 'comparisons'),
  };
}

/**
 * What the base shows of the files in a part's own folder, as squall takes it: documents of another name have other bugs of
 * the same signature.
 */
function baseReplayOf(base, folder, file) {
  if (base === undefined) return [];
  const own = `${resolve(folder)}/`;
  const files = [...base.replayed].filter(([name]) => name.startsWith(own)).map(([, each]) => each);
  writeFileSync(file, JSON.stringify({ schemaVersion: 1, files }));
  return ['--base-replay', file];
}

/** The hunts of the plan by target, each merged from its shards. */
export function judgeHunts(plan, results, out, base) {
  return [...Map.groupBy(plan, ({ target }) => target)].map(([target, shards]) =>
    judgeHunt(target, shards, results, out, base),
  );
}

function judgeHunt(target, shards, results, out, base) {
  const files = shards.map(({ shard }) => join(results, `hunt-${target}-${shard}`, 'hunt.json')).filter(existsSync);
  const { scenario, documents, seeds } = shards[0];
  const what = `hunt ${scenario}, documents ${documents}, seeds ${seeds}`;
  const missing = shards.length - files.length;
  if (files.length === 0) return part(what, 98, 'no shard left a result');
  const merged = join(out, `hunt-${target}.json`);
  const folder = join(out, 'findings', target);
  const merge = ['merge', ...files, '--findings', folder, '--known', KNOWN, '--json', merged];
  const baseReplay = baseReplayOf(base, folder, join(out, `base-${target}.json`));
  const { code, said } = squall([...merge, ...baseReplay]);
  const result = readJson(merged);
  if (result === undefined) return part(what, code || 3, said);
  const findings = result.findings.map((finding) => ({
    ...finding,
    where: `${scenario}, documents ${documents}, seed ${finding.seed}, ${finding.seedCount} seed(s) in all`,
    fails: isFailing(finding.standing),
    commands: [
      ...(finding.file === null ? [] : [`npx squall replay ${word(`findings/${target}/${basename(finding.file)}`)}`]),
      `npx squall hunt ${word(scenario)} --documents ${word(documents)} --seeds ${word(`${finding.seed},`)}`,
    ],
  }));
  const ran = result.isComplete
    ? `all ${result.seedsDone} seeds ran`
    : `${result.seedsDone} of ${result.seedsTotal} seeds ran${missing > 0 ? `, ${missing} shard(s) missing` : ''}`;
  const found = findings.length === 0 ? 'no findings' : `${findings.length} finding(s)`;
  return part(what, missing > 0 ? winning([code, 98]) : code, `${ran}, ${found}`, {
    warns: findings.length > 0,
    findings,
    files: findings.filter(({ fails, file }) => fails && file !== null).map(({ file }) => join(folder, basename(file))),
    result: merged,
  });
}

/** The kept findings, all replayed. Each is the base's own where the base shows that very file. */
export function judgeKept(out, base) {
  const what = 'kept findings';
  if (globSync(`${KEPT}/*.json`).length === 0) return part(what, 0, 'there are none');
  const json = join(out, 'replay.json');
  const replay = ['replay', KEPT, '--quiet', '--known', KNOWN, '--json', json];
  const { code, said } = squall([...replay, ...baseReplayOf(base, KEPT, join(out, 'base-kept.json'))]);
  const result = readJson(json);
  if (result === undefined) return part(what, code || 3, said);
  const judged = result.files.map((each) => ({ ...each, ownCode: ownCodeOf(each, base?.replayed) }));
  const isShown = ({ verdict }) => verdict === 'reproduced' || verdict === 'other';
  const findings = judged.filter(isShown).map((each) => ({
    ...each,
    standing: each.ownCode !== 0 && each.standing === 'on-base' ? 'new' : each.standing,
    where: `kept finding ${basename(each.file)}`,
    fails: each.ownCode !== 0,
    commands: [`npx squall replay ${word(each.file)}`],
  }));
  const others = judged.filter((each) => !isShown(each) && each.exitCode !== 0);
  const rest = others.map(({ file, verdict, error }) => `; ${basename(file)}: ${error ?? verdict}`).join('');
  const text = `${judged.length} replayed, ${findings.length} still seen${rest}`;
  return part(what, winning(judged.map(({ ownCode }) => ownCode)), text, {
    warns: findings.length > 0 || others.length > 0,
    findings,
    files: judged.filter(({ ownCode }) => ownCode !== 0).map(({ file }) => file),
    result: json,
  });
}

/** The exit code that a kept finding has for this change. */
function ownCodeOf({ file, verdict, signature, standing, kind, exitCode }, replayed) {
  const there = replayed?.get(resolve(file));
  const isTheSame = there !== undefined && there.verdict === verdict && there.signature === signature;
  // Another finding's signature was on the base, not this one.
  if (standing === 'on-base' && !isTheSame) return codeOfKind(kind);
  return isTheSame && verdict !== 'refused' ? 0 : exitCode;
}

/** The comparison with the baselines; what the base shows as well, and what is accepted, is said and does not fail. */
export function judgeBaseline(profile, results, base, today) {
  const what = `baselines, profile ${profile}`;
  const json = join(results, `baseline-${profile}`, 'baseline.json');
  const check = readJson(json);
  if (check === undefined) return part(what, 98, 'the check left no result');
  const isAccepted = acceptedBy(readJson(KNOWN)?.known ?? [], today);
  const problems = check.comparisons.flatMap((comparison) => {
    const own = new Set(beyondBase(comparison, base?.comparisons).map(({ key }) => key));
    return problemsOf(comparison).map((problem) => ({
      ...problem,
      scenario: comparison.scenario,
      standing: standingOf(own.has(problem.key), problem.signature, comparison.scenario, isAccepted),
    }));
  });
  const failing = problems.filter(({ standing }) => isFailing(standing));
  const said = [
    ...problems.map(({ text, standing }) => `${text}${SAID[standing]}`),
    ...check.comparisons.flatMap(warningsOf),
  ];
  const text = said.length === 0 ? `${check.comparisons.length} scenario(s) as they should be` : said.join('; ');
  // A check that was interrupted, or could not write, has no problems to show.
  const code = problems.length === 0 ? check.exitCode : winning(failing.map((each) => each.code));
  const findings = problems
    .filter(({ signature }) => signature !== undefined)
    .map(({ signature, oracle, kind, standing, scenario }) => ({
      signature,
      oracle,
      kind,
      standing,
      reason: '',
      where: `the ${profile} run of ${scenario}`,
      fails: isFailing(standing),
      commands: [`npx squall baseline check ${word(scenario)} --profile ${word(profile)}`],
    }));
  return part(what, code, text, { warns: said.length > 0, findings, result: json });
}

const SAID = {
  new: '',
  expired: ' (was accepted, and no longer is)',
  known: ' (known)',
  'on-base': ' (the base shows it too)',
};

/** Says of a signature whether it is accepted; undefined where it never was. */
function acceptedBy(known, today) {
  return (signature, scenario) => {
    const entry = known.find((each) => each.signature === signature && (each.scenario ?? scenario) === scenario);
    return entry === undefined ? undefined : today <= entry.expires;
  };
}

function standingOf(isOwn, signature, scenario, isAccepted) {
  const accepted = signature === undefined ? undefined : isAccepted(signature, scenario);
  if (accepted === true) return 'known';
  if (!isOwn) return 'on-base';
  return accepted === false ? 'expired' : 'new';
}
