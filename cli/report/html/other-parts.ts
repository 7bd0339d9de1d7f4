// Hunts, baseline checks, replays and kept findings on the page. It must not know how a run is shown.

import type { BaselineComparison, ComparedFigure } from '../../../scenarios/baseline/comparison.ts';
import type { HuntResultFinding } from '../../hunt-result.ts';
import { figureName, isFailing, standingText, stateText } from '../checks.ts';
import { decimals, grouped } from '../format.ts';
import { signedPercent } from '../markdown-run.ts';
import { huntCommand } from '../again.ts';
import type { Report, Reported } from '../reported.ts';
import { figureText } from '../run-figures.ts';
import { sizeText } from '../size.ts';
import { fileCard, findingCards, plainCard } from './finding-part.ts';
import { code, cut, facts, folded, type Markup, mark, markup, type Row, table } from './markup.ts';
import { countTable } from './run-part.ts';

type Of<Kind extends Reported['kind']> = Extract<Reported, { kind: Kind }>;

/** Seeds of a finding that are named. */
const SEEDS_MAX = 20;
const LINE_CHARS = 600;
/** Facts that a finding's file tells itself. */
const IN_FILE = ['oracle', 'shrunk to'];

/** A hunt: its findings, what it proves, what it reached. */
export function huntPart({ result, files }: Of<'hunt'>, stories: Report['stories'], id: string): Markup {
  const { findings, statement, died, faults, marks } = result;
  const cards = findings.map((finding, at) => {
    const frame = frameOf(finding, `${id}-finding-${at + 1}`, huntCommand(result, finding));
    const file = files.get(finding.signature);
    if (file === undefined) return plainCard(frame);
    const others = frame.facts.filter(([fact]) => !IN_FILE.includes(fact));
    return fileCard({ ...frame, facts: others }, file, stories.get(file));
  });
  return markup`${findings.length > 0 && markup`<h3 id="${id}-findings">Findings</h3>\n`}${cards}<h3 id="${id}-shows">What this shows</h3>
${facts([
  ['seeds', result.seeds],
  ['seeds done', grouped(result.seedsDone)],
  ['seeds with findings', grouped(result.seedsFailed)],
  ['documents', code(result.documents)],
  ['faults', code(result.faultsName)],
  ['profile', code(result.profile)],
])}<ul class="statement">${statement.filter((line) => line.trim() !== '').map((line) => markup`<li>${cut(line, LINE_CHARS)}</li>`)}</ul>
${table(
  'Seeds that were lost',
  [{ title: 'seed' }, { title: 'reason' }],
  died.map(({ seed, reason }): Row => ({ style: 'bad', cells: [code(seed), cut(reason, LINE_CHARS)] })),
)}<div class="columns">${countTable('Faults, in all seeds', 'fault', 'fired', faults)}${countTable('Rare situations, in all seeds', 'situation', 'reached', marks)}</div>
`;
}

function frameOf(finding: HuntResultFinding, id: string, again: string): Parameters<typeof plainCard>[0] {
  const { signature, oracle, kind, seed, seedCount, seeds, file, sizeAfter } = finding;
  const shown = seeds.slice(0, SEEDS_MAX).join(', ');
  const isCut = seedCount > Math.min(seeds.length, SEEDS_MAX);
  return {
    id,
    status: isFailing(finding) ? 'failed' : 'warned',
    title: `${kind}: ${signature}`,
    command: again,
    facts: [
      ['oracle', code(oracle)],
      ['lowest seed', code(seed)],
      ['seeds that show it', `${grouped(seedCount)}${seedCount > 1 ? `: ${shown}${isCut ? ' …' : ''}` : ''}`],
      ['standing', standingText(finding)],
      ['kept in', file === null ? 'no file' : code(file)],
      ['shrunk to', sizeAfter === null ? '' : sizeText(sizeAfter)],
    ],
  };
}

/** A baseline check: a table of all runs, then each that is not as it was. */
export function baselinePart({ result }: Of<'baseline'>, id: string): Markup {
  const { comparisons } = result;
  const rows = comparisons.map((comparison): Row => {
    const { exitCode, figures } = comparison;
    const worst = figures.filter(({ level }) => level !== 'ok').length;
    const status = statusOf(comparison);
    return {
      style: status === 'failed' ? 'bad' : status === 'warned' ? 'warn' : undefined,
      cells: [
        markup`${mark(status)} ${comparison.profile} · ${comparison.scenario}`,
        comparison.state,
        worst === 0 ? '' : grouped(worst),
        `${exitCode}`,
        code(comparison.traceHash.after ?? ''),
      ],
    };
  });
  const columns = [
    { title: 'run' },
    { title: 'state' },
    { title: 'figures beyond limits', isNumber: true },
    { title: 'exit', isNumber: true },
    { title: 'trace hash' },
  ];
  const others = comparisons.map((comparison, at) => comparisonPart(comparison, `${id}-run-${at + 1}`));
  return markup`${table('Runs beside their baselines', columns, rows)}${others}`;
}

function statusOf({ exitCode, figures, state }: BaselineComparison): 'passed' | 'failed' | 'warned' {
  if (exitCode !== 0) return 'failed';
  const isWarned = figures.some(({ level }) => level === 'warning') || ['missing', 'incomparable'].includes(state);
  return isWarned ? 'warned' : 'passed';
}

function comparisonPart(comparison: BaselineComparison, id: string): Markup {
  const { profile, scenario, figures, changes, findings, thresholds, file } = comparison;
  const status = statusOf(comparison);
  const isQuiet = comparison.state === 'unchanged' && status === 'passed';
  const bad = figures.filter(({ level }) => level !== 'ok');
  const fine = figures.filter(({ level }) => level === 'ok');
  const crossed = thresholds.filter(({ ok }) => !ok);
  const body = markup`<p>${stateText({ ...comparison, changes: [] })} <span class="note">Baseline: ${code(file)}</span></p>
${changes.length > 0 && markup`<ul>${changes.map(({ what, detail }) => markup`<li><b>${what}</b> ${cut(detail, LINE_CHARS)}</li>`)}</ul>\n`}${figureTable('Figures beyond their limits', bad)}${table(
    'Thresholds that were crossed',
    [{ title: 'metric' }, { title: 'must hold' }, { title: 'value', isNumber: true }],
    crossed.map(({ metric, expression, value }): Row => ({
      style: 'bad',
      cells: [code(metric), code(expression), value === null ? 'no samples' : decimals(value, 6)],
    })),
  )}${findingCards(findings, `${id}-finding`)}${fine.length > 0 && folded('Figures within their limits', figureTable('Figures within their limits', fine))}`;
  const title = markup`${mark(status)} ${profile} · ${scenario}`;
  if (isQuiet) return folded(title, body);
  return markup`<article class="card ${status === 'failed' ? 'bad' : status === 'warned' ? 'warn' : ''}" id="${id}"><h3>${title}</h3>
${body}</article>
`;
}

function figureTable(caption: string, figures: readonly ComparedFigure[]): Markup {
  const isNoisy = figures.some(({ noise }) => noise !== undefined);
  const rows = figures.map((figure): Row => {
    const { unit, before, after, change, level, reason, noise } = figure;
    const shown = (value: number | null): string => (value === null ? 'none' : figureText({ unit, value }));
    const cells = [
      code(figureName(figure)),
      shown(before),
      shown(after),
      change === null ? '' : signedPercent(change),
      `${level === 'inconclusive' ? 'inconclusive: ' : ''}${reason}`,
    ];
    if (isNoisy) {
      cells.push(
        noise === undefined
          ? ''
          : `${decimals(noise.low, 3)}–${decimals(noise.high, 3)}, p ${decimals(noise.pValue, 4)}, ${grouped(noise.pairs)} pairs`,
      );
    }
    return { style: level === 'ok' ? undefined : level === 'warning' ? 'warn' : 'bad', cells };
  });
  const columns = [
    { title: 'figure' },
    ...['before', 'after', 'change'].map((title) => ({ title, isNumber: true })),
    { title: 'limit' },
    ...(isNoisy ? [{ title: 'ratio, 95% interval' }] : []),
  ];
  return table(caption, columns, rows);
}

/** A replay: a row for each finding. */
export function replayPart({ result }: Of<'replay'>): Markup {
  const rows = result.files.map((replayed): Row => {
    const { file, verdict, exitCode, kind, signature, error, isExact, unexercised } = replayed;
    const status = exitCode !== 0 ? 'failed' : verdict === 'gone' ? 'passed' : 'warned';
    const trace = isExact === undefined ? '' : isExact ? 'the same' : 'another';
    const said = [error ?? '', (unexercised ?? []).join(', '), replayed.reason ?? ''].filter((each) => each !== '');
    return {
      style: status === 'failed' ? 'bad' : status === 'warned' ? 'warn' : undefined,
      cells: [
        markup`${mark(status)} ${code(file)}`,
        verdict,
        signature === undefined ? '' : `${kind ?? 'finding'}: ${signature}`,
        trace,
        cut(said.join('; '), LINE_CHARS),
      ],
    };
  });
  const titles = ['file', 'verdict', 'finding', 'trace', ''];
  return table(
    'Findings that were replayed',
    titles.map((title, at) => ({ title: at === 4 ? 'note' : title })),
    rows,
  );
}

/** A kept finding. */
export function findingPart({ file, name }: Of<'finding'>, stories: Report['stories'], id: string): Markup {
  const { scenario, documents, seed, tool, finding } = file;
  const frame = {
    id: `${id}-finding`,
    status: 'failed',
    title: `${finding.kind}: ${finding.signature}`,
    command: file.command,
    facts: [
      ['file', code(name)],
      ['scenario', code(scenario)],
      ['documents', code(documents)],
      ['seed', code(seed)],
      ['found by', `${tool.name} ${tool.version}`],
    ],
  } as const;
  return fileCard(frame, file, stories.get(file));
}
