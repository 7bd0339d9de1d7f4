// Whatever was reported on, as a list of checks that passed or did not, and its verdict: what JUnit, annotations and
// Markdown have in common. Names are the same in every run. It must not know any format.

import type { BaselineComparison, ComparedFigure } from '../../scenarios/baseline/comparison.ts';
import type { Recovery } from '../../scenarios/metastable.ts';
import { exitCodeOf, verdictsOf, winningExitCode } from '../../scenarios/result.ts';
import type { StoredResult } from '../../scenarios/result-file.ts';
import type { ThresholdResult } from '../../scenarios/thresholds.ts';
import type { Finding } from '../../models/finding.ts';
import type { HuntResult, HuntResultFinding } from '../hunt-result.ts';
import type { Standing } from '../known-findings.ts';
import { comparisonCommand, huntCommand, replayCommand } from './again.ts';
import { decimals, grouped, time } from './format.ts';
import { oraclesOf } from './oracles.ts';
import type { Reported, ReplayResult } from './reported.ts';
import { figureText } from './run-figures.ts';
import { counted } from './size.ts';

/** One thing that was checked. Texts are as they came: each format makes them harmless. */
export interface Check {
  /** What it belongs to, the same in every run: `run sync-relay light`. */
  readonly suite: string;
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'warned' | 'skipped';
  /** One line; empty where there is nothing to say. */
  readonly message: string;
  /** Some lines more, or nothing. */
  readonly detail: string;
  /** The command that shows it again, where it is not well and one is known. */
  readonly again?: string | undefined;
}

/** A check before it is known what it belongs to. */
type Part = Omit<Check, 'suite'>;

/** How a subject ended. */
export interface VerdictText {
  readonly ok: boolean;
  /** `passed`, `failed: a safety finding (exit 1)`. */
  readonly text: string;
  readonly exitCode: number;
}

/**
 * All that was checked. One at least has failed where the exit code is not 0.
 */
export function checksOf(subject: Reported): Check[] {
  const checks = ownChecksOf(subject);
  const { ok, text } = verdictTextOf(subject);
  if (ok || checks.some(({ status }) => status === 'failed')) return checks;
  return [...checks, { suite: checks[0]?.suite ?? subject.kind, ...failed('verdict', text) }];
}

function ownChecksOf(subject: Reported): Check[] {
  switch (subject.kind) {
    case 'run': {
      const { scenario, profile } = subject.result;
      return ofSuite(`run ${scenario} ${profile}`, withCommand(runParts(subject.result), subject.command));
    }
    case 'hunt': {
      const { scenario, profile, documents } = subject.result;
      return ofSuite(`hunt ${scenario} ${profile} ${documents}`, huntParts(subject.result));
    }
    case 'baseline':
      return subject.result.comparisons.flatMap((comparison) =>
        ofSuite(
          `baseline ${comparison.profile} ${comparison.scenario}`,
          withCommand(comparisonParts(comparison), comparisonCommand(comparison)),
        ),
      );
    case 'replay':
      return ofSuite('replay', replayParts(subject.result));
    case 'finding': {
      const { finding, scenario } = subject.file;
      const part = { ...findingPart([finding], `finding ${finding.signature}`), again: subject.file.command };
      if (subject.toldBy === undefined) return ofSuite(`finding ${scenario}`, [part]);
      const message = `${part.message}; its verdict stands with ${subject.toldBy}`;
      return ofSuite(`finding ${scenario}`, [{ ...part, status: 'warned', message }]);
    }
  }
}

/** What a check says, for formats of plain lines: the command before what may be cut. */
export function linesOf({ message, detail, again }: Check): string[] {
  return [message, again === undefined ? '' : `see it again with: ${again}`, detail].filter((each) => each !== '');
}

function ofSuite(suite: string, parts: readonly Part[]): Check[] {
  return parts.map((part) => ({ suite, ...part }));
}

/** With what shows again those that are not well. */
function withCommand(parts: readonly Part[], again: string | undefined): Part[] {
  return parts.map((part) => (part.status === 'failed' || part.status === 'warned' ? { ...part, again } : part));
}

const passed = (name: string, message = ''): Part => ({ name, status: 'passed', message, detail: '' });
const failed = (name: string, message: string, detail = ''): Part => ({ name, status: 'failed', message, detail });
const warned = (name: string, message: string): Part => ({ name, status: 'warned', message, detail: '' });
const skipped = (name: string, message: string): Part => ({ name, status: 'skipped', message, detail: '' });

function runParts(result: StoredResult): Part[] {
  const parts = [
    // What explains the thresholds that are crossed comes first.
    ...(result.recovery === undefined ? [] : [recoveryPart(result.recovery)]),
    ...result.thresholds.map(thresholdPart),
    ...oraclesOf(result).map(({ oracle, hasJudged }) => {
      const found = result.findings.filter((finding) => finding.oracle === oracle);
      if (found.length > 0) return findingPart(found, `oracle ${oracle}`);
      if (hasJudged) return passed(`oracle ${oracle}`);
      const why = result.verdict === 'interrupted' ? 'the run was interrupted' : 'the devices had not settled';
      return skipped(`oracle ${oracle}`, `not judged: ${why}`);
    }),
  ];
  if (result.verdict === 'interrupted') parts.push(failed('run', 'interrupted: what there is, is not the whole run'));
  if (result.verdict === 'nondeterministic') parts.push(failed('determinism', 'two runs of one seed differ'));
  if (result.load !== undefined) {
    const { reasons } = result.load;
    parts.push(
      reasons.length === 0 ? passed('load') : failed('load', `not to be relied on: ${reasons[0]!}`, reasons.join('\n')),
    );
  }
  return parts;
}

/** What cannot be told is no failure, and not well either. */
function recoveryPart({ verdict, reason }: Recovery): Part {
  if (verdict === 'recovered') return passed('recovery', reason);
  if (verdict === 'unknown') return warned('recovery', `cannot be told: ${reason}`);
  return failed('recovery', `metastable: ${reason}`);
}

function thresholdPart({ metric, expression, value, ok }: ThresholdResult): Part {
  const name = `threshold ${metric} ${expression}`;
  const text = value === null ? 'no samples' : `${decimals(value, 6)}, expected ${expression}`;
  return ok ? passed(name, text) : failed(name, text);
}

/** Findings of a name, the first in the message. */
function findingPart(findings: readonly Finding[], name: string): Part {
  const [first, ...others] = findings;
  const more = others.length === 0 ? '' : ` and ${counted(others.length, 'other')}`;
  return failed(name, `${first!.kind}: ${first!.signature}${more}`, findings.map(findingDetail).join('\n'));
}

/** Findings of one part that are told; there may be one for each device. */
const DETAIL_CHARS = 400;

function findingDetail({ oracle, kind, signature, atUs, event, devices, documents, detail }: Finding): string {
  const where = [
    `at ${time(atUs / 1000)}, event ${grouped(event)}`,
    ...(devices.length === 0 ? [] : [`devices ${listed(devices)}`]),
    ...(documents.length === 0 ? [] : [`documents ${listed(documents)}`]),
  ];
  const data = JSON.stringify(detail);
  const shown = data === '{}' ? [] : [`  ${data.length > DETAIL_CHARS ? `${data.slice(0, DETAIL_CHARS)}…` : data}`];
  return [`${kind}: ${oracle} (${signature})`, `  ${where.join('; ')}`, ...shown].join('\n');
}

function listed(values: readonly (string | number)[]): string {
  const rest = values.length - 8;
  return rest > 0 ? `${values.slice(0, 8).join(', ')} and ${rest} more` : values.join(', ');
}

function huntParts(result: HuntResult): Part[] {
  const { verdict, exitCode, seedsDone, died, findings } = result;
  const parts = findings.map((finding): Part => {
    const name = `finding ${finding.signature}`;
    const others = finding.seedCount > 1 ? ` and ${counted(finding.seedCount - 1, 'other')}` : '';
    const told = `${finding.kind}, seed ${finding.seed}${others}`;
    const part = isFailing(finding)
      ? failed(name, told, finding.file === null ? '' : `kept in ${finding.file}`)
      : warned(name, `${told}: ${standingText(finding)}`);
    return { ...part, again: huntCommand(result, finding) };
  });
  const ran = `${counted(seedsDone, 'seed')} ran to the end`;
  const deaths = died.map(({ seed, reason }) => `seed ${seed} died: ${reason}`);
  const hasFailed = parts.some(({ status }) => status === 'failed');
  const isWhole = ['clean', 'safety', 'liveness'].includes(verdict) && died.length === 0;
  if (isWhole && (exitCode === 0 || hasFailed)) parts.push(passed('seeds', ran));
  else parts.push(failed('seeds', `${wordsOf(HUNT_WORDS, verdict)}; ${ran}`, deaths.slice(0, 20).join('\n')));
  return parts;
}

/** Whether a finding fails a hunt; results of older versions do not say of any that it is known. */
export function isFailing({ standing }: Pick<HuntResultFinding, 'standing'>): boolean {
  return standing !== 'known' && standing !== 'on-base';
}

/** Why a finding does not fail a hunt, or that it does. */
export function standingText({ standing, reason }: Pick<HuntResultFinding, 'standing' | 'reason'>): string {
  const text = Object.hasOwn(STANDING_WORDS, standing ?? '') ? STANDING_WORDS[standing] : STANDING_WORDS.new;
  if ((reason ?? '') === '') return text;
  // Most reasons begin with what they are reasons of.
  return reason.startsWith(text) ? reason : `${text} (${reason})`;
}

const STANDING_WORDS: Readonly<Record<Standing, string>> = {
  known: 'known',
  'on-base': 'the base shows it too',
  expired: 'known, and expired',
  new: 'new',
};

/** Words for what a file says; what no table has, as it is. */
function wordsOf(table: Readonly<Record<string, string>>, key: string): string {
  return Object.hasOwn(table, key) ? table[key]! : key;
}

function replayParts({ files }: ReplayResult): Part[] {
  return files.map((replayed) => {
    const { file, verdict, signature, kind, exitCode, error, standing, reason = '' } = replayed;
    const name = `finding ${file}`;
    const what = signature === undefined ? (error ?? '') : `${kind ?? 'finding'}: ${signature}`;
    const stands = standing === undefined ? '' : standingText({ standing, reason });
    const told = [wordsOf(REPLAY_WORDS, verdict), what, stands].filter((each) => each !== '').join('; ');
    if (exitCode === 0 && verdict === 'gone') return passed(name, told);
    const part = exitCode === 0 ? warned(name, told) : failed(name, told, replayed.unexercised?.join('\n') ?? '');
    return { ...part, again: replayCommand(file) };
  });
}

const REPLAY_WORDS: Readonly<Record<string, string>> = {
  reproduced: 'reproduced',
  other: 'another failure',
  gone: 'gone',
  'not-exercised': 'not exercised any more',
  refused: 'refused',
};

function comparisonParts(comparison: BaselineComparison): Part[] {
  const { figures, findings, thresholds, exitCode } = comparison;
  const oracles = [...new Set(findings.map(({ oracle }) => oracle))];
  const parts = [
    ...figures.map(figurePart),
    ...thresholds.map(thresholdPart),
    ...oracles.map((oracle) => {
      const found = findings.filter((finding) => finding.oracle === oracle);
      return findingPart(found, `oracle ${oracle}`);
    }),
  ];
  const hasFailed = parts.some(({ status }) => status === 'failed');
  const text = stateText(comparison);
  const isBad = exitCode !== 0 && !hasFailed;
  const isUnsure = comparison.state === 'missing' || comparison.state === 'incomparable';
  return [
    isBad ? failed('comparison', text) : isUnsure ? warned('comparison', text) : passed('comparison', text),
    ...parts,
  ];
}

/** What a comparison came to, in a line. */
export function stateText({ state, changes, file }: BaselineComparison): string {
  const changed = changes.map(({ what, detail }) => `${what}: ${detail}`).join('; ');
  switch (state) {
    case 'unchanged':
      return 'unchanged: the same trace';
    case 'changed':
      return `changed${changed === '' ? '' : `: ${changed}`}`;
    case 'incomparable':
      return `not comparable, the workload is another one${changed === '' ? '' : `: ${changed}`}`;
    case 'missing':
      return `no baseline: ${file} is not there`;
    case 'failed':
      return 'the run broke off';
  }
}

/** What a figure measures: `push_response_time p95`. */
export function figureName({ metric, statistic }: ComparedFigure): string {
  return `${metric} ${statistic}`;
}

function figurePart(figure: ComparedFigure): Part {
  const name = `figure ${figureName(figure)}`;
  const { level, reason, before, after, unit } = figure;
  const shown = (value: number | null): string => (value === null ? 'none' : figureText({ unit, value }));
  const told = `${shown(before)} → ${shown(after)}${reason === '' ? '' : `: ${reason}`}`;
  if (level === 'ok') return passed(name, told);
  if (level === 'warning') return warned(name, told);
  return failed(name, level === 'inconclusive' ? `inconclusive, ${told}` : told);
}

const RUN_WORDS = {
  passed: 'passed',
  safety: 'failed: a safety finding',
  liveness: 'failed: a liveness finding',
  inconclusive: 'inconclusive: the load was not what it was to be',
  threshold: 'failed: a threshold was crossed',
  metastable: 'failed: metastable, the load is what it was and the system is not',
  interrupted: 'interrupted',
  nondeterministic: 'failed: two runs of one seed differ',
} as const;

const HUNT_WORDS: Readonly<Record<string, string>> = {
  clean: 'no findings that fail',
  safety: 'failed: a safety finding',
  liveness: 'failed: a liveness finding',
  inconclusive: 'inconclusive: seeds were lost',
  interrupted: 'interrupted',
  unwritten: 'failed: what was found could not be written',
  failed: 'ended by an error',
};

/** How a subject ended, in words and as the exit code that stands for it. */
export function verdictTextOf(subject: Reported): VerdictText {
  switch (subject.kind) {
    case 'run': {
      const { result } = subject;
      const also = verdictsOf(result).filter((verdict) => verdict !== result.verdict && verdict !== 'passed');
      return ended(RUN_WORDS[result.verdict], exitCodeOf(result), also.length === 0 ? '' : `also ${also.join(', ')}`);
    }
    case 'hunt': {
      const { verdict: held, exitCode, findings, seedsDone } = subject.result;
      const seeds = `${counted(findings.length, 'distinct finding')} in ${counted(seedsDone, 'seed')}`;
      const words = held === 'clean' && findings.length === 0 ? 'passed: no findings' : wordsOf(HUNT_WORDS, held);
      return ended(words, exitCode, seeds);
    }
    case 'baseline': {
      const { comparisons, exitCode } = subject.result;
      const worse = comparisons.filter((each) => each.exitCode !== 0).length;
      const changed = comparisons.filter(({ state }) => state !== 'unchanged').length;
      const warnings = comparisons.flatMap(({ figures }) => figures.filter(({ level }) => level === 'warning')).length;
      const words = BASELINE_WORDS[exitCode] ?? 'failed';
      const counts = [
        counted(comparisons.length, 'run'),
        changed === 0 ? 'all unchanged' : `${grouped(changed)} changed`,
        ...(worse === 0 ? [] : [`${grouped(worse)} failed`]),
        ...(warnings === 0 ? [] : [counted(warnings, 'warning')]),
      ];
      return ended(words, exitCode, counts.join(', '));
    }
    case 'replay': {
      const { files } = subject.result;
      const exitCode = winningExitCode([subject.result.exitCode, ...files.map((file) => file.exitCode)]);
      const gone = files.filter((file) => file.verdict === 'gone').length;
      const counts = `${counted(files.length, 'finding')} replayed, ${grouped(gone)} gone`;
      return ended(exitCode === 0 ? 'passed' : 'failed', exitCode, counts);
    }
    case 'finding': {
      const { kind, signature } = subject.file.finding;
      const words = `a kept ${kind} finding: ${signature}`;
      if (subject.toldBy !== undefined) return ended(words, 0, `its verdict stands with ${subject.toldBy}`);
      return ended(words, kind === 'safety' ? 1 : 4, '');
    }
  }
}

const BASELINE_WORDS: Readonly<Record<number, string>> = {
  0: 'passed',
  1: 'failed: a safety finding',
  4: 'failed: a liveness finding',
  97: 'failed: worse than the baseline',
  3: 'failed: a run broke off',
  98: 'not to be compared',
  99: 'failed: a threshold was crossed',
  130: 'interrupted',
};

function ended(words: string, exitCode: number, more: string): VerdictText {
  const notes = [...(exitCode === 0 ? [] : [`exit ${exitCode}`]), ...(more === '' ? [] : [more])];
  return { ok: exitCode === 0, text: notes.length === 0 ? words : `${words} (${notes.join('; ')})`, exitCode };
}
