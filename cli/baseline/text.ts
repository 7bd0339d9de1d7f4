// A check as text: a line for each run that is unchanged, for others what changed in words and a table of figures with
// before, after and change. It only renders what the comparisons hold.
import type { BaselineComparison, ComparedFigure, Unit } from '../../scenarios/baseline/comparison.ts';
import { changeText } from '../../scenarios/baseline/limits.ts';
import { oneLine } from '../report/escape.ts';
import { decimals, grouped, type Paint, percent, short, time } from '../report/format.ts';

const MARKS = { ok: '✓', warning: '!', critical: '✗', inconclusive: '?' } as const;
const COLOURS = { ok: 'green', warning: 'yellow', critical: 'red', inconclusive: 'yellow' } as const;

/** Findings shown of one run. */
const FINDINGS_SHOWN = 5;

/** A value in its unit; a dash for none. */
export function figureText(value: number | null, unit: Unit): string {
  if (value === null) return '–';
  switch (unit) {
    case 'ms':
      return time(value);
    case 'share':
      return percent(value);
    case 'perSecond':
      return `${short(value)}/s`;
    case 'count':
      return Number.isInteger(value) ? grouped(value) : decimals(value, 3);
  }
}

/** One run: its line, and what there is to say. @param said what one that broke off said */
export function comparisonText(comparison: BaselineComparison, said: string, paint: Paint): string {
  const { profile, scenario, state, changes, figures } = comparison;
  const level = levelOf(comparison);
  const title = `${profile.padEnd(6)} ${scenario.padEnd(14)}`;
  const head = `${paint(COLOURS[level], MARKS[level])} ${oneLine(title)}  ${oneLine(stateText(comparison))}`;
  const kinds = new Set(changes.map(({ what }) => what));
  const lines = [...kinds].flatMap((what) =>
    changes.filter((change) => change.what === what).map(({ detail }) => `    ${what.padEnd(13)} ${oneLine(detail)}`),
  );
  const isTable = state === 'changed' || state === 'incomparable';
  const table = isTable ? tableLines(figures, state === 'changed', paint) : [];
  const judged = [...thresholdLines(comparison, paint), ...findingLines(comparison, paint)];
  const last = said.trim() === '' ? [] : said.trim().split('\n').slice(0, 4);
  const saidLines = state === 'failed' ? last.map((line) => `    ${oneLine(line)}`) : [];
  return [head, ...lines, ...saidLines, ...table, ...judged].map((line) => `${line.trimEnd()}\n`).join('');
}

/** How bad a whole comparison is. */
function levelOf({ exitCode, figures }: BaselineComparison): ComparedFigure['level'] {
  if (exitCode === 98) return 'inconclusive';
  if (exitCode !== 0) return 'critical';
  return figures.some(({ level }) => level === 'warning') ? 'warning' : 'ok';
}

function stateText({ state, file, traceHash, figures, exitCode, changes }: BaselineComparison): string {
  switch (state) {
    case 'unchanged':
      return `unchanged (trace ${traceHash.after})${otherText(changes)}`;
    case 'missing':
      return `no baseline: ${file} is not there`;
    case 'failed':
      return exitCode === 130 ? 'interrupted' : `the run broke off (exit ${exitCode})`;
    case 'incomparable':
      return 'another workload: its figures say nothing of speed';
    case 'changed':
      break;
  }
  const count = (level: ComparedFigure['level'], name: string): string[] => {
    const found = figures.filter((figure) => figure.level === level).length;
    return found === 0 ? [] : [`${found} ${name}`];
  };
  const counts = [...count('critical', 'critical'), ...count('warning', 'to be warned of')];
  const all = [...counts, ...count('inconclusive', 'inconclusive')];
  const against = traceHash.after === null ? `compared with ${file}` : 'changed';
  return `${against}: ${all.length === 0 ? 'within the limits' : all.join(', ')}`;
}

/** Of what has no effect on the trace: `, with another configuration and engine`. */
function otherText(changes: BaselineComparison['changes']): string {
  const kinds = [...new Set(changes.map(({ what }) => what))];
  return kinds.length === 0 ? '' : `, with another ${kinds.join(' and ')}`;
}

/** What noise leaves of a difference that is within the limits. */
function realText({ level, noise }: ComparedFigure): string {
  if (level !== 'ok' || (noise?.verdict !== 'worse' && noise?.verdict !== 'better')) return '';
  return `really ${noise.verdict}, ${noise.verdict === 'worse' ? 'within the limits' : 'beyond noise'}`;
}

function tableLines(figures: readonly ComparedFigure[], isJudged: boolean, paint: Paint): string[] {
  const rows = figures.map((figure) => {
    const { metric, statistic, unit, before, after, change, noise } = figure;
    const interval = noise === undefined ? '' : ` (${noise.low.toFixed(2)}–${noise.high.toFixed(2)}×)`;
    const moved = change === null ? '–' : change === 0 ? '=' : `${changeText(change)}${interval}`;
    return [oneLine(`${metric} ${statistic}`), figureText(before, unit), figureText(after, unit), moved] as const;
  });
  // The median of the pairs' changes, which is not that of the medians before and after.
  const isByPairs = figures.some(({ noise }) => noise !== undefined);
  const head = ['figure', 'before', 'after', isByPairs ? 'change by pairs' : 'change'] as const;
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  ');
  return [
    paint('dim', `      ${line(head)}`),
    ...figures.map((figure, at) => {
      const { level, reason } = figure;
      // The change stands in its column already.
      const told = reason === '' ? (isJudged ? realText(figure) : '') : reason.replace(/^[+−][\d.]+%, /, '');
      const why = told === '' ? '' : `  ${paint(COLOURS[level], told)}`;
      const mark = isJudged ? paint(COLOURS[level], MARKS[level]) : '·';
      return `    ${mark} ${line(rows[at]!)}${why}`;
    }),
  ];
}

function thresholdLines({ thresholds }: BaselineComparison, paint: Paint): string[] {
  return thresholds
    .filter(({ ok }) => !ok)
    .map(({ metric, expression, value }) => {
      const text = value === null ? 'no samples' : decimals(value, 6);
      return `    ${paint('red', '✗')} threshold ${oneLine(`${metric} ${expression}`)}: ${text}`;
    });
}

function findingLines({ findings }: BaselineComparison, paint: Paint): string[] {
  const lines = findings.slice(0, FINDINGS_SHOWN).map(({ kind, oracle, signature }) => {
    return `    ${paint('red', '✗')} ${oneLine(`${kind}: ${oracle} (${signature})`)}`;
  });
  const more = findings.length - FINDINGS_SHOWN;
  return more > 0 ? [...lines, `    and ${grouped(more)} more findings`] : lines;
}

/** The last line: what all comparisons come to. */
export function verdictText(comparisons: readonly BaselineComparison[], exitCode: number, paint: Paint): string {
  const count = (of: (comparison: BaselineComparison) => boolean): number => comparisons.filter(of).length;
  const unchanged = count(({ state }) => state === 'unchanged');
  const warned = count((comparison) => levelOf(comparison) === 'warning');
  const bad = count((comparison) => comparison.exitCode !== 0);
  const runs = comparisons.length === 1 ? '1 run' : `${comparisons.length} runs`;
  const parts = [
    runs,
    ...(unchanged > 0 ? [`${unchanged} unchanged`] : []),
    ...(warned > 0 ? [`${warned} with warnings`] : []),
    ...(bad > 0 ? [`${bad} not passed`] : []),
  ];
  const ok = exitCode === 0;
  const verdict = `${ok ? '✓' : '✗'} ${VERDICTS[exitCode] ?? 'failed'}: ${parts.join(', ')} (exit ${exitCode})`;
  return `${paint([ok ? 'green' : 'red', 'bold'], verdict)}\n`;
}

const VERDICTS: Readonly<Record<number, string>> = {
  0: 'passed',
  1: 'failed by a safety finding',
  2: 'no baseline, or bad input',
  3: 'failed by a bug of ours',
  4: 'failed by a liveness finding',
  97: 'worse than the baseline',
  98: 'inconclusive',
  99: 'failed by a threshold',
  130: 'interrupted',
};
