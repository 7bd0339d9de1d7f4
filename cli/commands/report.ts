// `squall report`: results that were kept, in formats for people and for other tools. Whatever they say, it has done its
// work when it is written. It must not know how a format is written.

import { InputError } from '../../sim/errors.ts';
import { answersItself } from '../asked.ts';
import { flagHelp } from '../command-flags.ts';
import { parseArguments } from '../flags.ts';
import { guardedIo } from '../guarded-io.ts';
import type { Io } from '../io.ts';
import { checkCollector, checkReports, sendMetrics, writeReports } from '../publish.ts';
import { reportOn } from '../report/told-once.ts';
import { visibleLine } from '../../sim/visible-text.ts';

/**
 * Writes reports on results.
 * @param args what stands after `squall report`
 * @returns the exit code
 * @throws InputError for what cannot be read or written
 */
export async function reportCommand(args: readonly string[], surroundings: Io): Promise<number> {
  const io = guardedIo(surroundings);
  const parsed = parseArguments('report', args);
  if (await answersItself(parsed, io, helpText)) return 0;
  const { positionals: names } = parsed;
  if (names.length === 0) throw new InputError('result', undefined, 'a result, such as squall run --json writes it');
  const files = parsed.texts('output');
  const collector = parsed.text('otlp');
  checkCollector(collector);
  const { readReported } = await import('../report/read-reported.ts');
  const { rerunCommandOf } = await import('../report/rerun.ts');
  const subjects = names.map((name) => readReported('result', name, io.cwd));
  checkReports('--output', files, { hasRuns: subjects.some(({ kind }) => kind === 'run') }, io.cwd);
  const reported = subjects.map((subject) =>
    subject.kind === 'run' ? { ...subject, command: rerunCommandOf(subject.result) } : subject,
  );
  await writeReports('--output', files, reported, io.cwd, parsed.has('run-documents'));
  await sendMetrics(reported, collector);
  if (files.length === 0 && collector === undefined) {
    const { markdownReport } = await import('../report/markdown.ts');
    io.out(markdownReport(reportOn(reported)));
  } else if (!parsed.has('quiet')) {
    for (const file of files) io.out(`written to ${visibleLine(file)}\n`);
    if (collector !== undefined) io.out(`sent to ${visibleLine(collector)}\n`);
  }
  return 0;
}

function helpText(): string {
  return [
    'squall report <result…> [flags]   a report on results, hunts, baseline checks, replays or finding files',
    '',
    'Without --output it goes to standard output, as Markdown. Two results of runs are compared.',
    '',
    ...flagHelp('report'),
    '',
    'exit codes: 0 written, whatever the results say; 2 bad input, 3 a bug',
    '',
  ].join('\n');
}
