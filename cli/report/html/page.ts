// The whole page: one file that opens from a disk, loads nothing and is read without scripts. Verdicts stand first, then
// runs beside each other, then each subject. It must not know how its parts are drawn.

import { createHash } from 'node:crypto';
import type { BaselineCheck } from '../../../scenarios/baseline/comparison.ts';
import { comparisonCommand, huntCommand, replayCommands } from '../again.ts';
import { type Check, checksOf, isFailing, verdictTextOf } from '../checks.ts';
import { time } from '../format.ts';
import type { Report, Reported } from '../reported.ts';
import { counted } from '../size.ts';
import type { Chart } from './chart.ts';
import { comparePart, letterOf } from './compare-part.ts';
import { command, cut, mark, Markup, markup, NOTHING, scriptJson } from './markup.ts';
import { baselinePart, findingPart, huntPart, replayPart } from './other-parts.ts';
import { runPart } from './run-part.ts';
import { assets, DATA_ID, dataOf } from './script.ts';
import { STYLE } from './style.ts';

/** Checks that are named under a verdict, and characters of what each says. */
const REASONS_MAX = 12;
const MESSAGE_CHARS = 300;

/** The report as an HTML document. Equal reports give equal bytes. */
export function htmlReport({ subjects, stories }: Report): string {
  const runs = subjects.filter((subject) => subject.kind === 'run');
  const isAlone = subjects.length === 1;
  const charts: Chart[] = [];
  const compared = runs.length > 1 ? comparePart(runs) : undefined;
  charts.push(...(compared?.charts ?? []));
  const bodies = subjects.map((subject, at) => {
    const body = bodyOf(subject, stories, idOf(at), isAlone);
    charts.push(...body.charts);
    return isAlone ? body.markup : unfoldable(subject, runs, body.markup, runs.length > 1 && subject.kind === 'run');
  });
  const heads = subjects.map((subject, at) => verdictOf(subject, runs, idOf(at), isAlone ? 1 : 2));
  const title = titleOf(subjects);
  const { style, script } = assets();
  // What is hashed is what the browser reads between the tags.
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>
${new Markup(style)}
${new Markup(STYLE)}
</style>
</head>
<body>
<a class="skip" href="#main">To the report</a>
<header class="top"><span>squall report</span><b>${namesOf(subjects)}</b>${navigation(subjects)}</header>
<main id="main">
${!isAlone && markup`<h1 class="title">${counted(subjects.length, 'result')}</h1>\n`}${heads}${compared?.markup}${bodies}</main>
<footer>${footer(subjects)}</footer>
<script type="application/json" id="${DATA_ID}">${scriptJson(dataOf(charts))}</script>
<script>${new Markup(script)}</script>
</body>
</html>
`.text;
}

function idOf(at: number): string {
  return `r${at + 1}`;
}

function bodyOf(
  subject: Reported,
  stories: Report['stories'],
  id: string,
  isAlone: boolean,
): { readonly markup: Markup; readonly charts: readonly Chart[] } {
  switch (subject.kind) {
    case 'run':
      return runPart(subject.name, subject.result, id, isAlone ? 2 : 3);
    case 'hunt':
      return { markup: huntPart(subject, stories, id), charts: [] };
    case 'baseline':
      return { markup: baselinePart(subject, id), charts: [] };
    case 'replay':
      return { markup: replayPart(subject), charts: [] };
    case 'finding':
      return { markup: findingPart(subject, stories, id), charts: [] };
  }
}

/** One of several subjects; runs that were compared are folded away. */
function unfoldable(subject: Reported, runs: readonly Reported[], body: Markup, isFolded: boolean): Markup {
  const letter = runs.length > 1 && subject.kind === 'run' ? `${letterOf(runs.indexOf(subject))}: ` : '';
  return markup`<details class="run"${!isFolded && new Markup(' open')}><summary>${mark(statusOf(subject))} ${letter}${subject.name}: ${whatOf(subject)}</summary>
<div class="folded">${body}</div></details>
`;
}

function statusOf(subject: Reported): 'passed' | 'warned' | 'failed' {
  if (!verdictTextOf(subject).ok) return 'failed';
  return checksOf(subject).some(({ status }) => status === 'warned') ? 'warned' : 'passed';
}

/** How a subject ended, why, and what shows it again. */
function verdictOf(subject: Reported, runs: readonly Reported[], id: string, level: 1 | 2): Markup {
  const { ok, text } = verdictTextOf(subject);
  const checks = checksOf(subject);
  const failed = checks.filter(({ status }) => status === 'failed');
  const warned = checks.filter(({ status }) => status === 'warned');
  const status = statusOf(subject);
  const style = { passed: 'good', warned: 'warn', failed: 'bad' }[status];
  const letter = runs.length > 1 && subject.kind === 'run' ? `${letterOf(runs.indexOf(subject))} · ` : '';
  const heading = markup`${mark(status)}<span>${text}</span>`;
  return markup`<section class="verdict ${style}" aria-labelledby="${id}">
${level === 1 ? markup`<h1 id="${id}">${heading}</h1>` : markup`<h2 id="${id}">${heading}</h2>`}
<p class="sub">${letter}${level === 1 ? '' : `${subject.name} · `}${whatOf(subject)}</p>
${reasons([...failed, ...warned])}${again(subject, ok)}</section>
`;
}

function reasons(checks: readonly Check[]): Markup {
  if (checks.length === 0) return NOTHING;
  const suites = new Set(checks.map(({ suite }) => suite));
  const shown = checks.slice(0, REASONS_MAX).map(({ suite, name, status, message }) => {
    const where = suites.size > 1 ? `${suite}: ${name}` : name;
    return markup`<li>${mark(status)}<b>${cut(where, MESSAGE_CHARS)}</b> ${cut(message, MESSAGE_CHARS)}</li>\n`;
  });
  const more = checks.length - shown.length;
  return markup`<ul class="reasons">
${shown}${more > 0 && markup`<li>and ${counted(more, 'other')}</li>`}</ul>
`;
}

function again(subject: Reported, ok: boolean): Markup {
  switch (subject.kind) {
    case 'run':
      return command(ok ? 'Run it again with' : 'Repeat it with', subject.command);
    case 'replay':
      return command('Replay what failed with', replayCommands(subject.result).slice(0, REASONS_MAX).join('\n'));
    case 'baseline':
      return command(ok ? 'Check again with' : 'Repeat it with', checkCommands(subject.result).join('\n'));
    case 'hunt': {
      const first = subject.result.findings.find(isFailing) ?? subject.result.findings[0];
      return first === undefined ? NOTHING : command('See the first with', huntCommand(subject.result, first));
    }
    case 'finding':
      // It stands with the finding.
      return NOTHING;
  }
}

/** What makes a check again, that of what failed alone where its commands are known. */
function checkCommands({ comparisons }: BaselineCheck): string[] {
  const failing = comparisons.filter(({ exitCode }) => exitCode !== 0);
  const commands = failing.flatMap((each) => comparisonCommand(each) ?? []).slice(0, REASONS_MAX);
  return commands.length === 0 ? ['npx squall baseline check'] : commands;
}

/** What a subject is, in a line. */
function whatOf(subject: Reported): string {
  switch (subject.kind) {
    case 'run': {
      const { scenario, profile, seed, durationMs, clock, config } = subject.result;
      const users = typeof config['users'] === 'number' ? ` · ${counted(config['users'], 'user')}` : '';
      const documents = typeof config['documents'] === 'string' ? ` · documents ${config['documents']}` : '';
      const length = `${time(durationMs)} of ${clock === 'wall' ? 'real' : 'virtual'} time`;
      return `${scenario} · ${profile} · seed ${seed}${users}${documents}${faultsText(config['faults'])} · ${length}`;
    }
    case 'hunt': {
      const { scenario, profile, documents, faultsName, seeds } = subject.result;
      return `hunt ${scenario} · ${profile} · seeds ${seeds} · documents ${documents} · faults ${faultsName}`;
    }
    case 'baseline':
      return `baseline check · ${counted(subject.result.comparisons.length, 'run')}`;
    case 'replay':
      return `replay · ${counted(subject.result.files.length, 'finding file')}`;
    case 'finding': {
      const { scenario, seed, documents } = subject.file;
      return `finding · ${scenario} · seed ${seed} · documents ${documents}`;
    }
  }
}

function faultsText(faults: unknown): string {
  if (typeof faults !== 'object' || faults === null || !('name' in faults)) return '';
  return typeof faults.name === 'string' ? ` · faults ${faults.name}` : '';
}

const SECTIONS = [
  ['findings', 'Findings'],
  ['thresholds', 'Thresholds'],
  ['time', 'Over time'],
  ['times', 'Durations'],
  ['figures', 'Figures'],
  ['faults', 'Faults'],
  ['run', 'Configuration'],
] as const;

/** Where to go on a page about one run. */
function navigation(subjects: readonly Reported[]): Markup {
  const [subject] = subjects;
  if (subjects.length !== 1 || subject?.kind !== 'run') return NOTHING;
  const { findings, thresholds, timeline } = subject.result;
  const isThere: Readonly<Record<string, boolean>> = {
    findings: findings.length > 0,
    thresholds: thresholds.length > 0,
    time: timeline !== undefined,
  };
  const links = SECTIONS.filter(([anchor]) => isThere[anchor] !== false);
  return markup`<nav aria-label="Sections">${links.map(([anchor, text]) => markup`<a href="#r1-${anchor}">${text}</a>`)}</nav>`;
}

function titleOf(subjects: readonly Reported[]): string {
  const failed = subjects.filter((subject) => !verdictTextOf(subject).ok).length;
  const sign = failed > 0 ? '✗' : '✓';
  const [first] = subjects;
  const what = subjects.length === 1 && first !== undefined ? whatOf(first) : counted(subjects.length, 'result');
  return `${sign} ${cut(what, 120)} · squall`;
}

function namesOf(subjects: readonly Reported[]): string {
  return cut(subjects.map(({ name }) => name).join(', '), 200);
}

function footer(subjects: readonly Reported[]): string {
  const tools = subjects.map((subject) => {
    const { tool } = subject.kind === 'finding' ? subject.file : subject.result;
    return `${tool.name} ${tool.version}`;
  });
  return `Made of results of ${[...new Set(tools)].join(', ')}. Times are virtual unless said otherwise. This page loads nothing.`;
}
