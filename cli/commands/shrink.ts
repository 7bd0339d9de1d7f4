// `squall shrink`: reads finding files, shrinks on, and writes back what came of it. It must not know how a plan is made
// smaller.
import { basename, join, resolve } from 'node:path';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import { isLarger } from '../../scenarios/search/plan-size.ts';
import { winningExitCode } from '../../scenarios/result.ts';
import { InputError } from '../../sim/errors.ts';
import { answersItself } from '../asked.ts';
import { flagHelp } from '../command-flags.ts';
import { checkFolder, checkTarget, makeFolder } from '../files.ts';
import { findingFilesOf, readFindingFile, writeFinding } from '../finding-files.ts';
import { type Arguments, parseArguments } from '../flags.ts';
import type { Workers, PoolOptions } from '../hunt-pool.ts';
import type { SideAccess } from '../../relay-adapter/wire/access.ts';
import { sideAccessOf } from '../side-access.ts';
import { errorOfData, type HuntSetup } from '../hunt-tasks.ts';
import { type Io, lineOptions, wantsColours } from '../io.ts';
import { reportFailure } from '../report/failure.ts';
import { type Paint, painter } from '../report/format.ts';
import { LiveLine } from '../report/live-line.ts';
import { sizeText } from '../report/size.ts';
import { versionsOf } from '../versions.ts';

/** Real time for each file, where nothing is said, ms. */
const LIMIT_MS = 60_000;

/** What shrinks; a value, so that tests can stand in for it. */
export interface ShrinkEngine {
  workers(options: PoolOptions): Workers;
}

async function loadOwnEngine(): Promise<ShrinkEngine> {
  const { huntPool } = await import('../hunt-pool.ts');
  return { workers: huntPool };
}

/**
 * Shrinks what finding files hold.
 * @param args what stands after `squall shrink`
 * @returns the exit code
 * @throws InputError before anything ran or was written
 */
export async function shrinkCommand(args: readonly string[], io: Io, loadEngine = loadOwnEngine): Promise<number> {
  const parsed = parseArguments('shrink', args);
  if (await answersItself(parsed, io, helpText)) return 0;
  if (parsed.positionals.length === 0) throw new InputError('finding', undefined, 'a finding file');
  const limitMs = parsed.durationMs('for') ?? LIMIT_MS;
  const names = findingFilesOf('finding', parsed.positionals, io.cwd);
  const targetOf = targets(parsed, names, io);
  const files = names.map((name) => ({ name, file: readFindingFile('finding', name, io.cwd) }));
  const engine = await loadEngine();

  const paint = painter(wantsColours(io));
  const codes: number[] = [];
  let isInterrupted = false;
  for (const { name, file } of files) {
    if (isInterrupted) break;
    // One thread for each file: it keeps what its documents' module did when it was loaded.
    const pool = engine.workers({ count: 1, setup: setupOf(file, io.cwd, sideAccessOf(parsed)) });
    const stopListening = io.onInterrupt(() => {
      isInterrupted = true;
      pool.stop();
    });
    try {
      codes.push(await shrinkOne(name, file, targetOf(name), limitMs, pool, parsed, io, paint, () => isInterrupted));
    } finally {
      stopListening();
      await pool.close();
    }
  }
  if (isInterrupted) io.out(`${paint('yellow', 'interrupted: what is above is what there was')} (exit 130)\n`);
  return winningExitCode(isInterrupted ? [...codes, 130] : codes);
}

/** Where each file's shrunk one goes; checked before anything runs. */
function targets(parsed: Arguments, names: readonly string[], { cwd }: Io): (name: string) => string {
  const [output, folder] = [parsed.text('output'), parsed.text('findings')];
  if (output !== undefined) {
    if (folder !== undefined) throw new InputError('--output', output, 'either --output or --findings');
    if (names.length > 1) throw new InputError('--output', output, 'one finding file, or --findings <folder>');
    checkTarget('--output', output, cwd);
    return () => output;
  }
  if (folder !== undefined) {
    checkFolder('--findings', folder, cwd);
    return (name) => join(folder, basename(name));
  }
  for (const name of names) checkTarget('finding', name, cwd);
  return (name) => name;
}

async function shrinkOne(
  name: string,
  before: FindingFile,
  target: string,
  limitMs: number,
  pool: Workers,
  parsed: Arguments,
  io: Io,
  paint: Paint,
  isInterrupted: () => boolean,
): Promise<number> {
  const line = parsed.has('quiet') ? undefined : new LiveLine(lineOptions(io, parsed));
  const { found, died, failed } = await pool.shrink(before, limitMs, (progress) =>
    line?.update(() => `shrinking ${name}: ${sizeText(progress)} after ${progress.tries} tries`),
  );
  line?.end();
  if (failed !== undefined) return reportFailure(errorOfData(failed), io);
  if (found === undefined) {
    const why = died === undefined ? 'it shows another thing now, or nothing: squall replay says which' : died;
    return reportFailure(new InputError('finding', name, `a finding that comes back (${why})`, 'ERR_FINDING'), io);
  }
  const { file } = found;
  const isSmaller = isLarger(before.sizeAfter, file.sizeAfter);
  const folder = parsed.text('findings');
  if (folder !== undefined) makeFolder('--findings', resolve(io.cwd, folder));
  const written = writeFinding(parsed.has('output') ? '--output' : 'finding', target, file, io.cwd);
  io.out(`${paint('bold', name)}  ${before.finding.kind}: ${before.finding.signature}\n`);
  io.out(`  before  ${sizeText(before.sizeAfter)}\n`);
  io.out(`  after   ${sizeText(file.sizeAfter)}${noteOf(file, isSmaller, isInterrupted())}\n`);
  io.out(`  written to ${target}; replay it with:\n    ${written.command}\n`);
  return 0;
}

/** Whether there may be something smaller yet. */
function noteOf({ isFullyShrunk }: FindingFile, isSmaller: boolean, isInterrupted: boolean): string {
  if (isInterrupted) return '';
  if (isFullyShrunk === false) return '  (time was over; go on with a longer --for)';
  return isSmaller ? '' : '  (nothing smaller was found)';
}

/** A worker needs nothing of a hunt: the file says what it takes. */
function setupOf({ scenario, documents }: FindingFile, cwd: string, access: SideAccess): HuntSetup {
  return { cwd, input: { access }, scenario, documentsFile: documents, versions: versionsOf(documents, cwd) };
}

function helpText(): string {
  return [
    'squall shrink <file…> [flags]   makes kept findings smaller',
    '',
    ...flagHelp('shrink'),
    '',
    'exit codes: 0 shrunk, or as small as it gets, 2 bad input, or a finding that does not come back, 3 a bug,',
    '            130 interrupted: what is smaller by then is written',
    '',
  ].join('\n');
}
