// A report as Markdown, for comments on pull requests and step summaries: verdict first, then what failed and the command
// that repeats it, details folded away. Nothing that a name holds is markup. It must not know what is checked.

import { type Check, checksOf, verdictTextOf } from './checks.ts';
import { escapeMarkdown } from './escape.ts';
import { pairParts, runParts } from './markdown-run.ts';
import { baselineParts, commandBlock, findingParts, huntParts, replayParts } from './markdown-others.ts';
import { clipped, fitted, words } from './markdown-table.ts';
import type { Report, Reported } from './reported.ts';
import { counted } from './size.ts';

/** GitHub takes 65,536 characters in a comment. */
const BYTES_MAX = 60_000;

/** Checks that are listed above all tables. */
const LISTED_MAX = 10;
const MESSAGE_CHARS = 400;

/** The report as Markdown of at most 60,000 bytes. */
export function markdownReport({ subjects }: Report): string {
  // Verdicts and what failed come first for all, so that a cut takes details alone.
  const heads = subjects.map(headParts);
  const bodies = subjects.map(bodyParts);
  const parts =
    subjects.length === 1
      ? [...heads[0]!, ...bodies[0]!]
      : [...heads.flat(), ...pairOf(subjects), ...subjects.flatMap((subject, at) => titled(subject, bodies[at]!))];
  return fitted(parts, BYTES_MAX);
}

function headParts(subject: Reported): string[] {
  const { ok, text } = verdictTextOf(subject);
  const checks = checksOf(subject);
  const isWarned = checks.some(({ status }) => status === 'warned');
  const mark = ok ? (isWarned ? '!' : '✓') : '✗';
  const failed = checks.filter(({ status }) => status === 'failed');
  const warned = checks.filter(({ status }) => status === 'warned');
  const command = subject.kind === 'run' && !ok ? subject.command : undefined;
  return [
    `### ${mark} ${words(titleOf(subject))}: ${words(clipped(text, MESSAGE_CHARS))}\n`,
    listed('✗', failed),
    listed('!', warned),
    command === undefined ? '' : `Repeat it with:\n\n${commandBlock([command])}`,
  ];
}

function listed(mark: string, checks: readonly Check[]): string {
  if (checks.length === 0) return '';
  const suites = new Set(checks.map(({ suite }) => suite));
  const lines = checks.slice(0, LISTED_MAX).map(({ suite, name, message }) => {
    const where = suites.size > 1 ? `${suite}: ${name}` : name;
    return `- ${mark} **${escapeMarkdown(clipped(where))}**${message === '' ? '' : ` ${words(clipped(message, MESSAGE_CHARS))}`}`;
  });
  const more = checks.length - lines.length;
  return `${[...lines, ...(more > 0 ? [`- and ${counted(more, 'other')}`] : [])].join('\n')}\n`;
}

/** What a subject is called in a heading. */
function titleOf(subject: Reported): string {
  switch (subject.kind) {
    case 'run': {
      const { scenario, profile, seed } = subject.result;
      return `${scenario} · ${profile} · seed ${seed}`;
    }
    case 'hunt': {
      const { scenario, profile, documents } = subject.result;
      return `hunt ${scenario} · ${profile} · ${documents}`;
    }
    case 'baseline':
      return 'baseline check';
    case 'replay':
      return 'replay';
    case 'finding':
      return 'finding';
  }
}

function bodyParts(subject: Reported): string[] {
  switch (subject.kind) {
    case 'run':
      return runParts(subject.result);
    case 'hunt':
      return huntParts(subject.result);
    case 'baseline':
      return baselineParts(subject.result);
    case 'replay':
      return replayParts(subject.result);
    case 'finding':
      return findingParts(subject.file);
  }
}

/** Where there are two runs, how the figures went from the first to the second. */
function pairOf(subjects: readonly Reported[]): string[] {
  const runs = subjects.flatMap((subject) => (subject.kind === 'run' ? [subject] : []));
  const [before, after] = runs;
  if (before === undefined || after === undefined || runs.length !== 2) return [];
  return ['#### Before and after\n', ...pairParts(before.result, after.result, [before.name, after.name])];
}

function titled(subject: Reported, parts: readonly string[]): string[] {
  return [`#### ${words(subject.name)}\n`, ...parts];
}
