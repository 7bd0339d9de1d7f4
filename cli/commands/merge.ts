// `squall merge`: one result of a sharded hunt, with the finding files that stand for the whole. It must not know how a
// hunt goes.
import { winningExitCode } from '../../scenarios/result.ts';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import { TOOL } from '../../scenarios/version.ts';
import { InputError } from '../../sim/errors.ts';
import { visibleLine } from '../../sim/visible-text.ts';
import { answersItself } from '../asked.ts';
import { flagHelp } from '../command-flags.ts';
import { checkFolder, checkTarget, writeWhole } from '../files.ts';
import { replayCommandOf } from '../finding-files.ts';
import { type Arguments, parseArguments } from '../flags.ts';
import { codeOfError, type HuntJudged, type HuntResult, type HuntResultFinding } from '../hunt-result.ts';
import { dayOf, type Io, wantsColours } from '../io.ts';
import { type Judgement, readBaseReplay, readKnown, standingOf } from '../known-findings.ts';
import { readHuntFile } from '../merge-file.ts';
import { copyFinding, type Located, locate } from '../merge-files.ts';
import { laidTogether, type MergedFinding, mergedResult, type MergedShards, missingText } from '../merge-shards.ts';
import { checkPublication, failuresOf, publish } from '../publish.ts';
import { reportFailure } from '../report/failure.ts';
import { type Paint, painter } from '../report/format.ts';
import { deadText, findingTitle, totalsText, verdictText } from '../report/hunt-text.ts';

/**
 * Merges the results of a sharded hunt.
 * @param args what stands after `squall merge`
 * @returns the exit code, as of a hunt
 * @throws InputError before anything was written
 */
export async function mergeCommand(args: readonly string[], io: Io): Promise<number> {
  const parsed = parseArguments('merge', args);
  if (await answersItself(parsed, io, helpText)) return 0;
  if (parsed.positionals.length === 0) {
    throw new InputError(
      'argument',
      undefined,
      'the results of the shards of one hunt, as squall hunt --json writes them',
    );
  }
  const folder = parsed.text('findings');
  if (folder !== undefined) checkFolder('--findings', folder, io.cwd);
  const jsonFile = parsed.text('json');
  if (jsonFile !== undefined) checkTarget('--json', jsonFile, io.cwd);
  checkPublication(parsed, io);
  const judge = judgeOf(parsed, io);
  const merged = laidTogether(parsed.positionals.map((name) => readHuntFile(name, io.cwd)));
  const files = await gathered(merged.findings, folder, io.cwd);
  let unwritten = files.failed;
  const resultOf = (): HuntResult =>
    mergedResult(merged, {
      fileOf: ({ finding }) => files.of.get(finding.signature) ?? NO_FILE,
      judge: ({ finding }) => judge(finding, merged.shards[0]!.result.scenario),
      unwritten: unwritten === undefined ? undefined : unwrittenJudged(unwritten.error),
    });
  const writeJson = (): void => {
    if (jsonFile !== undefined) writeWhole('--json', jsonFile, `${JSON.stringify(resultOf(), null, 2)}\n`, io.cwd);
  };
  const failures = await failuresOf([
    writeJson,
    () => {
      const result = resultOf();
      const name = `hunt ${result.scenario}, seeds ${result.seeds}`;
      return publish([{ kind: 'hunt', name, result, files: files.read }], parsed, io, parsed.has('run-documents'));
    },
  ]);
  if (unwritten === undefined && failures.length > 0) {
    unwritten = { error: failures[0] };
    // That a report is missing stands in the result too.
    await failuresOf([writeJson]);
  }
  const result = resultOf();
  io.out(mergeText(result, merged, files, parsed.has('quiet'), painter(wantsColours(io))));
  if (unwritten !== undefined) return winningExitCode([reportFailure(unwritten.error, io), result.exitCode]);
  return result.exitCode;
}

type Judge = (finding: HuntResultFinding, scenario: string) => Judgement;

/** What is made of a finding: by the files that were named here; without one of accepted signatures, as its shard had it. */
function judgeOf(parsed: Arguments, io: Io): Judge {
  const knownFile = parsed.text('known');
  const known = knownFile === undefined ? undefined : readKnown('--known', knownFile, io.cwd);
  const baseFile = parsed.text('base-replay');
  const onBase = baseFile === undefined ? undefined : readBaseReplay('--base-replay', baseFile, io.cwd);
  const today = dayOf(io);
  const base = onBase === undefined ? {} : { onBase };
  return ({ signature, standing, reason }, scenario) => {
    if (known !== undefined) return standingOf(signature, scenario, { ...base, known, today });
    if (standing === 'known') return { standing, reason };
    const now = standingOf(signature, scenario, { ...base, today });
    return now.standing === 'new' ? { standing, reason } : now;
  };
}

function unwrittenJudged(error: unknown): HuntJudged {
  return { verdict: 'unwritten', exitCode: codeOfError(error) };
}

type FileNews = Pick<HuntResultFinding, 'file' | 'sizeBefore' | 'sizeAfter'>;

const NO_FILE: FileNews = { file: null, sizeBefore: null, sizeAfter: null };

interface Gathered {
  readonly of: ReadonlyMap<string, FileNews>;
  readonly read: ReadonlyMap<string, FindingFile>;
  /** What is to be said of files. */
  readonly remarks: ReadonlyMap<string, string>;
  readonly failed: { readonly error: unknown } | undefined;
}

/** The finding files, by signature, copied to a folder where there is one. */
async function gathered(
  findings: readonly MergedFinding[],
  folder: string | undefined,
  cwd: string,
): Promise<Gathered> {
  const of = new Map<string, FileNews>();
  const read = new Map<string, FindingFile>();
  const remarks = new Map<string, string>();
  let failed: Gathered['failed'];
  for (const merged of findings) {
    const { signature, seed } = merged.finding;
    const located = locate(merged, cwd);
    if (located === undefined) {
      const named = merged.holders[0]?.finding.file;
      if (named !== null && named !== undefined) remarks.set(signature, `its file is not there: ${named}`);
      continue;
    }
    if (!located.isOfSeed) remarks.set(signature, `${located.name} is of seed ${located.file.seed}, not of ${seed}`);
    try {
      const { file, held } = folder === undefined ? asItIs(located) : await copyFinding(folder, located, cwd);
      of.set(signature, { file, sizeBefore: held.sizeBefore, sizeAfter: held.sizeAfter });
      read.set(signature, held);
    } catch (error) {
      failed ??= { error };
    }
  }
  return { of, read, remarks, failed };
}

function asItIs({ name, file }: Located): { file: string; held: FindingFile } {
  return { file: name, held: file };
}

/** The whole hunt as text, the verdict last. */
function mergeText(
  result: HuntResult,
  { shards, missing }: MergedShards,
  { remarks }: Gathered,
  isQuiet: boolean,
  paint: Paint,
): string {
  const { scenario, seeds, findings, died, faults, marks, statement, verdict, exitCode } = result;
  const count = shards.length + missing.length;
  const title = visibleLine(
    `${TOOL.name} ${TOOL.version} · merge ${scenario} · seeds ${seeds} · ${shards.length} of ${count} shards`,
  );
  const missed = missing.length === 0 ? '' : missingText(missing, count);
  return [
    ...(isQuiet ? [] : [`${paint('bold', title)}\n\n`]),
    ...findings.map((finding) => findingText(finding, remarks.get(finding.signature), paint)),
    deadText(died, paint),
    ...(missed === '' ? [] : [paint('yellow', `! ${missed}\n`)]),
    ...(isQuiet ? [] : [totalsText('faults', faults), totalsText('marks', marks), '\n']),
    ...(isQuiet ? [] : statement.map((line) => `${visibleLine(line)}\n`)),
    `${verdictText(verdict, exitCode, findings.length, missed === '' ? '' : `; ${missed}`, paint)}\n`,
  ].join('');
}

function findingText(finding: HuntResultFinding, remark: string | undefined, paint: Paint): string {
  const { file } = finding;
  return [
    findingTitle(finding, finding, paint),
    ...(remark === undefined ? [] : [paint('yellow', `  ! ${visibleLine(remark)}\n`)]),
    file === null ? '  no file holds it\n' : `  replay it with:\n    ${replayCommandOf(file)}\n`,
    '\n',
  ].join('');
}

function helpText(): string {
  return [
    'squall merge <results…> [flags]   one result of a sharded hunt: of squall hunt --shard i/n --json',
    '',
    ...flagHelp('merge'),
    '',
    'exit codes: 0 clean, 1 safety finding, 2 bad input, 3 a bug, 4 liveness findings only,',
    '            98 inconclusive: seeds were lost, or shards are missing, 130 a shard was interrupted',
    '',
  ].join('\n');
}
