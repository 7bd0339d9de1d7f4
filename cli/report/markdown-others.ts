// Hunts, baseline checks, replays and kept findings as Markdown. It must not know how a report is put together.

import type { BaselineCheck, BaselineComparison, ComparedFigure } from '../../scenarios/baseline/comparison.ts';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import type { HuntResult } from '../hunt-result.ts';
import { comparisonCommand, huntCommand, replayCommands } from './again.ts';
import { figureName, standingText, stateText } from './checks.ts';
import { markdownBlock, oneLine } from './escape.ts';
import { grouped } from './format.ts';
import { signedPercent } from './markdown-run.ts';
import { clipped, code, folded, table, words } from './markdown-table.ts';
import type { ReplayResult } from './reported.ts';
import { figureText } from './run-figures.ts';
import { sizeText } from './size.ts';

/** Commands that are shown, and lines of a statement. */
const COMMANDS_MAX = 10;
const LINES_MAX = 60;
const LINE_CHARS = 500;

/** Commands in a block that can be copied. */
export function commandBlock(commands: readonly string[]): string {
  if (commands.length === 0) return '';
  const shown = commands.slice(0, COMMANDS_MAX).map(oneLine);
  return markdownBlock(shown.join('\n'), 'sh');
}

/** The parts of a hunt below its verdict. */
export function huntParts(result: HuntResult): string[] {
  const { findings, statement, died, seedsDone, faults, marks } = result;
  const rows = findings.map((finding) => [
    code(finding.signature),
    words(`${finding.kind}, ${finding.oracle}`),
    code(finding.seed),
    grouped(finding.seedCount),
    words(standingText(finding)),
    words(finding.sizeAfter === null ? '' : sizeText(finding.sizeAfter)),
  ]);
  const { isComplete, expected, seeds } = result as Partial<HuntResult>;
  const ran =
    isComplete === false
      ? `Not all seeds ran: ${grouped(seedsDone)} of ${expected === undefined ? words(seeds ?? '') : grouped(expected)}.\n`
      : `${grouped(seedsDone)} seeds ran: ${words(seeds ?? '')}.\n`;
  const reached = (title: string, all: Readonly<Record<string, number>>): string => {
    const hit = Object.entries(all).filter(([, count]) => count > 0);
    const text = hit.map(([name, count]) => `${name} ${grouped(count)}`).join(', ');
    return hit.length === 0 ? '' : `- ${title}: ${words(clipped(text, 2000))}\n`;
  };
  return [
    table(['finding', 'oracle', 'seed', 'seeds>', 'standing', 'shrunk to'], rows),
    commandBlock(findings.map((finding) => huntCommand(result, finding))),
    ran,
    table(
      ['seed that died', 'reason'],
      died.map(({ seed, reason }) => [code(seed), words(reason)]),
    ),
    folded('What this shows', [list(statement)]),
    folded('Faults and marks', [reached('faults', faults), reached('marks', marks)]),
  ];
}

function list(lines: readonly string[]): string {
  const shown = lines.filter((line) => line.trim() !== '').slice(0, LINES_MAX);
  return shown.length === 0 ? '' : `${shown.map((line) => `- ${words(clipped(line, LINE_CHARS))}`).join('\n')}\n`;
}

/** The parts of a baseline check: what moved first, what is unchanged in one line. */
export function baselineParts({ comparisons }: BaselineCheck): string[] {
  const unchanged = comparisons.filter(({ state, exitCode }) => state === 'unchanged' && exitCode === 0);
  const others = comparisons.filter((each) => !unchanged.includes(each));
  const names = unchanged.map(({ profile, scenario }) => `${profile} ${scenario}`).join(', ');
  const failing = comparisons.filter(({ exitCode }) => exitCode !== 0);
  return [
    commandBlock(failing.flatMap((each) => comparisonCommand(each) ?? [])),
    ...others.flatMap(comparisonParts),
    names === '' ? '' : `✓ unchanged: ${words(clipped(names, 2000))}\n`,
  ];
}

function comparisonParts(comparison: BaselineComparison): string[] {
  const { profile, scenario, figures, findings, changes, exitCode } = comparison;
  const mark = exitCode === 0 ? (figures.some(({ level }) => level === 'warning') ? '!' : '✓') : '✗';
  const bad = figures.filter(({ level }) => level !== 'ok');
  const fine = figures.filter(({ level }) => level === 'ok');
  const found = findings.map(({ signature, oracle, kind }) => [code(signature), words(`${kind}, ${oracle}`)]);
  const thresholds = comparison.thresholds.filter(({ ok }) => !ok);
  return [
    `**${mark} ${words(`${profile} ${scenario}`)}**: ${words(clipped(stateText({ ...comparison, changes: [] }), 300))}\n`,
    changes.length === 0
      ? ''
      : `${changes
          .slice(0, LINES_MAX)
          .map(({ what, detail }) => `- ${words(what)}: ${words(clipped(detail, LINE_CHARS))}`)
          .join('\n')}\n`,
    figureTable(bad),
    table(['finding', 'oracle'], found),
    table(
      ['threshold', 'expected', 'value>'],
      thresholds.map(({ metric, expression, value }) => [code(metric), code(expression), `${value ?? 'no samples'}`]),
    ),
    folded('Figures within their limits', [figureTable(fine)]),
  ];
}

function figureTable(figures: readonly ComparedFigure[]): string {
  const rows = figures.map((figure) => {
    const { unit, before, after, change, level, reason } = figure;
    const shown = (value: number | null): string => (value === null ? 'none' : figureText({ unit, value }));
    const marked = { ok: '', warning: '! ', critical: '✗ ', inconclusive: '? ' }[level];
    const moved = change === null ? '' : signedPercent(change);
    return [code(figureName(figure)), shown(before), shown(after), moved, `${marked}${words(reason)}`];
  });
  return table(['figure', 'before>', 'after>', 'change>', 'limit'], rows);
}

/** The parts of a replay. */
export function replayParts(result: ReplayResult): string[] {
  const rows = result.files.map(({ file, verdict, signature, exitCode, error }) => [
    exitCode === 0 ? (verdict === 'gone' ? '✓' : '!') : '✗',
    code(file),
    words(verdict),
    signature === undefined ? words(error ?? '') : code(signature),
  ]);
  return [table(['', 'file', 'verdict', 'finding'], rows), commandBlock(replayCommands(result))];
}

/** The parts of a kept finding. */
export function findingParts(file: FindingFile): string[] {
  const { finding, scenario, seed, documents, sizeAfter, command } = file;
  const detail = JSON.stringify(finding.detail, null, 2);
  const rows = [
    ['scenario', code(scenario)],
    ['documents', code(documents)],
    ['seed', code(seed)],
    ['shrunk to', words(sizeText(sizeAfter))],
    ['found by', words(`${file.tool.name} ${file.tool.version}`)],
  ];
  return [
    commandBlock([command]),
    table(['', ''], rows),
    folded('Detail', [markdownBlock(clipped(detail, LINE_CHARS * 6), 'json')]),
  ];
}
