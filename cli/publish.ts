// What a command publishes when it has ended: report files, metrics to a collector, and on GitHub annotations and the step
// summary. Each format loads only where it is asked for. It must not know how a format is written.

import { appendFileSync } from 'node:fs';
import { extname } from 'node:path';
import { InputError } from '../sim/errors.ts';
import { checkTarget, reasonOf, writeWhole } from './files.ts';
import type { Arguments } from './flags.ts';
import { annotate, isOnGitHub } from './guarded-io.ts';
import type { Io } from './io.ts';
import type { Report, Reported } from './report/reported.ts';
import { reportOn } from './report/told-once.ts';

type Write = (report: Report) => string;

/** By a file's ending, what writes it. */
const FORMATS: Readonly<Record<string, () => Promise<Write>>> = {
  '.html': async () => (await import('./report/html/page.ts')).htmlReport,
  '.md': async () => (await import('./report/markdown.ts')).markdownReport,
  '.xml': async () => (await import('./report/junit.ts')).junitReport,
  '.hlog': async () => (await import('./report/hlog.ts')).hlogReport,
};

/** What is published. */
export interface Published {
  /** Whether there is a run among it, whose distributions an `.hlog` can hold. */
  readonly hasRuns: boolean;
}

/**
 * Checks what a command is to publish, before anything runs.
 * @param published what it will be; a command that makes runs says so
 * @throws InputError for an ending that is not written, a file that cannot be, an address that is none
 */
export function checkPublication(parsed: Arguments, io: Io, published: Published = { hasRuns: false }): void {
  checkReports('--report', parsed.texts('report'), published, io.cwd);
  checkCollector(parsed.text('otlp'));
}

/**
 * Checks report files by their endings and places.
 * @throws InputError naming the flag
 */
export function checkReports(field: string, files: readonly string[], { hasRuns }: Published, cwd: string): void {
  for (const file of files) {
    const ending = extname(file).toLowerCase();
    if (!Object.hasOwn(FORMATS, ending)) {
      throw new InputError(field, file, `a file that ends in one of ${Object.keys(FORMATS).join(', ')}`);
    }
    if (ending === '.hlog' && !hasRuns) {
      throw new InputError(field, file, 'another ending: .hlog holds the distributions of runs, and there are none');
    }
    checkTarget(field, file, cwd);
  }
}

/**
 * Checks the address of a collector.
 * @throws InputError where it is no http or https address
 */
export function checkCollector(url: string | undefined): void {
  if (url === undefined) return;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return;
  throw new InputError('--otlp', url, 'an address of a collector, such as http://127.0.0.1:4318');
}

/**
 * Publishes what a command came to: each `--report` file, `--otlp`, and what GitHub shows. All of it is tried.
 * @throws what went wrong first, when everything else is done
 */
export async function publish(
  subjects: readonly Reported[],
  parsed: Arguments,
  io: Io,
  runsFiles = false,
): Promise<void> {
  const files = parsed.texts('report');
  const collector = parsed.text('otlp');
  if (files.length === 0 && collector === undefined && !isOnGitHub(io)) return;
  const failures = await failuresOf([
    () => writeReports('--report', files, subjects, io.cwd, runsFiles),
    () => sendMetrics(subjects, collector),
    () => (isOnGitHub(io) ? showOnGitHub(subjects, io) : undefined),
  ]);
  if (failures.length > 0) throw failures[0];
}

/** Takes each step, whatever became of those before it. @returns what went wrong, in order */
export async function failuresOf(steps: readonly (() => void | Promise<void>)[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}

/**
 * Writes report files, each in the format of its ending. All of them are tried.
 * @param runsFiles whether documents' files that findings name are loaded, for their pictures
 * @throws what went wrong first
 */
export async function writeReports(
  field: string,
  files: readonly string[],
  subjects: readonly Reported[],
  cwd: string,
  runsFiles: boolean,
): Promise<void> {
  if (files.length === 0) return;
  const isDrawn = files.some((file) => extname(file).toLowerCase() === '.html');
  const stories = isDrawn ? await (await import('./report/stories.ts')).storiesOf(subjects, cwd, runsFiles) : new Map();
  const report = reportOn(subjects, stories);
  const failures = await failuresOf(
    files.map((file) => async () => {
      const write = await FORMATS[extname(file).toLowerCase()]!();
      writeWhole(field, file, write(report), cwd);
    }),
  );
  if (failures.length > 0) throw failures[0];
}

/** Sends the metrics of a report to a collector, where there is one. */
export async function sendMetrics(subjects: readonly Reported[], collector: string | undefined): Promise<void> {
  if (collector === undefined) return;
  const { sendOtlp } = await import('./report/otlp.ts');
  await sendOtlp(reportOn(subjects), collector);
}

/** Annotations, and the step summary; that GitHub cannot be told is no failure of what was run. */
async function showOnGitHub(subjects: readonly Reported[], io: Io): Promise<void> {
  try {
    const { annotationsOf } = await import('./report/github.ts');
    const report = reportOn(subjects);
    for (const line of annotationsOf(report.subjects)) annotate(io, `${line}\n`);
    const summary = io.env['GITHUB_STEP_SUMMARY'] ?? '';
    if (summary === '') return;
    const { markdownReport } = await import('./report/markdown.ts');
    appendFileSync(summary, `${markdownReport(report)}\n`);
  } catch (error) {
    io.err(`the step summary of GitHub was not written: ${reasonOf(error)}\n`);
  }
}
