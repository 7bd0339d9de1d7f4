// What of a report GitHub shows beside the code: a few annotations, as workflow commands. It must not know how they get to
// GitHub.

import { type Check, checksOf, linesOf } from './checks.ts';
import { escapeAnnotation, escapeProperty } from './escape.ts';
import type { Reported } from './reported.ts';
import { counted } from './size.ts';

/** GitHub shows so many of each kind for a step, and drops the others. */
const ANNOTATIONS_MAX = 10;
const MESSAGE_CHARS = 2000;

/** `::error …` for what failed and `::warning …` for what only warns, one a line; of more than ten the last one counts. */
export function annotationsOf(subjects: readonly Reported[]): string[] {
  const checks = subjects.flatMap(checksOf);
  const errors = checks.filter(({ status }) => status === 'failed');
  const warnings = checks.filter(({ status }) => status === 'warned');
  return [...annotations('error', errors), ...annotations('warning', warnings)];
}

function annotations(kind: 'error' | 'warning', checks: readonly Check[]): string[] {
  const isAll = checks.length <= ANNOTATIONS_MAX;
  const shown = isAll ? checks : checks.slice(0, ANNOTATIONS_MAX - 1);
  const lines = shown.map((check) => {
    const { suite, name } = check;
    const text = linesOf(check).join('\n');
    return command(kind, `${suite}: ${name}`, text.length > MESSAGE_CHARS ? `${text.slice(0, MESSAGE_CHARS)}…` : text);
  });
  if (isAll) return lines;
  return [
    ...lines,
    command(kind, 'squall', `and ${counted(checks.length - shown.length, 'other')}; the summary has them`),
  ];
}

function command(kind: 'error' | 'warning', title: string, message: string): string {
  return `::${kind} title=${escapeProperty(title)}::${escapeAnnotation(message)}`;
}
