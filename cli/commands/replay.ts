// `squall replay`: runs kept findings again and says of each whether it still occurs. What a file holds is data: nothing
// of it is executed but the document module that it names. It must not know how a plan is run.
import { basename, extname } from 'node:path';
import type { DocumentType } from '../../models/documents/port.ts';
import type { FindingKind } from '../../models/finding.ts';
import { type FindingFile } from '../../scenarios/search/finding-file.ts';
import { onSide } from '../../scenarios/search/finding-side.ts';
import type { Replay, ReplayVerdict } from '../../scenarios/search/replay.ts';
import { winningExitCode } from '../../scenarios/result.ts';
import type { Until } from '../../scenarios/search/state-at.ts';
import { TOOL } from '../../scenarios/version.ts';
import { grantToSearches } from '../../relay-adapter/wire/access.ts';
import { InputError } from '../../sim/errors.ts';
import { installGuard } from '../../sim/guard.ts';
import { answersItself } from '../asked.ts';
import { flagHelp } from '../command-flags.ts';
import { DURATION_EXAMPLES, parseDuration } from '../durations.ts';
import { checkTarget, isFileName, stemOf, writeWhole } from '../files.ts';
import { findingFilesOf, readFindingFile, replayCommandOf } from '../finding-files.ts';
import { type Arguments, parseArguments } from '../flags.ts';
import type { Standing } from '../known-findings.ts';
import type { EmitKind } from '../emit/script.ts';
import { loadDocumentsFile } from '../input.ts';
import { type Io, wantsColours } from '../io.ts';
import { reportFailure } from '../report/failure.ts';
import { type Paint, painter } from '../report/format.ts';
import { differenceText, verdictLine } from '../report/replay-text.ts';
import { loadTexts, type Texts } from '../report/texts.ts';
import type { ReplayResult, Reported } from '../report/reported.ts';
import { accepted, type Judged, judgesOf, standingLine } from '../replay-standing.ts';
import { checkTraces, writeTraces } from '../replay-traces.ts';
import { checkPublication, failuresOf, publish, writeReports } from '../publish.ts';
import { sideAccessOf } from '../side-access.ts';
import { lockHash } from '../tool.ts';
import type { Watch } from '../watchdog.ts';

/** What replays; a value, so that it loads only when arguments are right, and tests can stand in for it. */
export interface ReplayEngine {
  /** Documents of ours by name. */
  documents(name: string): Promise<DocumentType>;
  replay(file: FindingFile, documents: DocumentType): Replay;
  texts(): Promise<Texts>;
}

async function loadOwnEngine(): Promise<ReplayEngine> {
  const { loadDocuments } = await import('../../scenarios/documents.ts');
  const { replayOf } = await import('../../scenarios/search/replay.ts');
  return { documents: loadDocuments, replay: replayOf, texts: loadTexts };
}

/** What came of one file. */
export interface Replayed {
  readonly file: string;
  readonly verdict: ReplayVerdict | 'refused';
  readonly exitCode: number;
  readonly oracle?: string;
  readonly signature?: string;
  readonly kind?: FindingKind;
  readonly isExact?: boolean;
  readonly difference?: Replay['difference'] | null;
  readonly unexercised?: readonly string[];
  readonly error?: string;
  /** What a finding that still occurs is to who asked with --known or --base-replay, and why. */
  readonly standing?: Standing;
  readonly reason?: string;
}

const EXACT_MISMATCH = 5;
const NOT_EXERCISED = 6;

/**
 * Replays finding files.
 * @param args what stands after `squall replay`
 * @returns the exit code
 * @throws InputError before anything ran or was written
 */
export async function replayCommand(args: readonly string[], io: Io, loadEngine = loadOwnEngine): Promise<number> {
  const parsed = parseArguments('replay', args);
  if (await answersItself(parsed, io, helpText)) return 0;
  if (parsed.positionals.length === 0)
    throw new InputError('finding', undefined, 'a finding file, or a folder of them');
  grantToSearches(sideAccessOf(parsed));
  const until = untilOf(parsed);
  const emit = emitOf(parsed);
  const names = findingFilesOf('finding', parsed.positionals, io.cwd);
  for (const flag of ['until', 'emit', 'perfetto', 'shiviz'] as const) {
    if (names.length > 1 && parsed.has(flag)) throw new InputError(`--${flag}`, parsed.text(flag), 'one finding file');
  }
  const jsonFile = parsed.text('json');
  if (jsonFile !== undefined) checkTarget('--json', jsonFile, io.cwd);
  checkTraces(parsed, io.cwd);
  checkPublication(parsed, io);
  const judge = judgesOf(parsed, io);

  const engine = await loadEngine();
  const texts = await engine.texts();
  const paint = painter(wantsColours(io));
  const found: Reported[] = [];
  const context: Context = { parsed, until, emit, engine, texts, io, paint, judge, found };
  const replayed: Replayed[] = [];
  for (const name of names) replayed.push(await replayOne(name, context));
  const exitCode = winningExitCode(replayed.map((each) => each.exitCode));
  if (names.length > 1) io.out(`${totals(replayed)} (exit ${exitCode})\n`);
  const runtime = { node: process.version, v8: process.versions.v8, lockHash: lockHash() };
  const result: ReplayResult = { schemaVersion: 1, tool: { ...TOOL }, runtime, files: replayed, exitCode };
  const failures = await failuresOf([
    () => {
      if (jsonFile !== undefined) writeWhole('--json', jsonFile, `${JSON.stringify(result, null, 2)}\n`, io.cwd);
    },
    () => publishReplay({ kind: 'replay', name: parsed.positionals.join(' '), result }, found, parsed, io),
  ]);
  if (failures.length > 0) throw failures[0];
  return exitCode;
}

/** Only HTML has pictures of the findings beside the verdicts; elsewhere each would be told twice. */
async function publishReplay(replay: Reported, found: readonly Reported[], parsed: Arguments, io: Io): Promise<void> {
  const isHtml = (file: string): boolean => extname(file).toLowerCase() === '.html';
  const files = parsed.texts('report');
  const others: Arguments = {
    ...parsed,
    texts: (name) => (name === 'report' ? files.filter((file) => !isHtml(file)) : parsed.texts(name)),
  };
  const failures = await failuresOf([
    () => publish([replay], others, io),
    () => writeReports('--report', files.filter(isHtml), [replay, ...found], io.cwd, true),
  ]);
  if (failures.length > 0) throw failures[0];
}

interface Shown extends Context {
  /** Called between two parts that each run the plan. */
  readonly beat: () => void;
}

interface Context {
  readonly parsed: Arguments;
  readonly until: Until | undefined;
  readonly emit: EmitKind | undefined;
  readonly engine: ReplayEngine;
  readonly texts: Texts;
  readonly io: Io;
  readonly paint: Paint;
  readonly judge: ReturnType<typeof judgesOf>;
  /** Takes the findings that still occur, for a report. */
  readonly found: Reported[];
}

/** A file that is wrong is said, and the others are replayed all the same. */
async function replayOne(name: string, context: Context): Promise<Replayed> {
  const { engine, io } = context;
  let watch: Watch | undefined;
  try {
    const file = onSide(readFindingFile('finding', name, io.cwd), context.parsed.layer);
    // Before any document library is loaded: some bind the sources of entropy when they are.
    installGuard();
    const documents = await documentsOf(name, file, engine, io.cwd);
    watch = io.watch?.(`documents ${file.documents} in the replay of ${name}`);
    return await show(name, file, documents, { ...context, beat: () => watch?.beat() });
  } catch (error) {
    const exitCode = reportFailure(error, io, replayCommandOf(name));
    const message = error instanceof Error ? error.message : String(error);
    return { file: name, verdict: 'refused', exitCode, error: message };
  } finally {
    watch?.stop();
  }
}

async function show(name: string, file: FindingFile, documents: DocumentType, context: Shown): Promise<Replayed> {
  const { parsed, until, emit, engine, texts, io, paint, beat, judge, found } = context;
  const replay = engine.replay(file, documents);
  const { verdict, outcome, isExact, difference, unexercised } = replay;
  const isShown = verdict === 'reproduced' || verdict === 'other';
  const mustBeExact = parsed.has('exact');
  beat();
  io.out(`${verdictLine(name, file, replay, mustBeExact, paint)}\n`);
  const shown = replay.finding === undefined ? file : { ...file, finding: replay.finding };
  const judged: Judged | undefined = isShown ? judge?.(shown) : undefined;
  if (judged !== undefined && judged.standing !== 'new') io.out(`  ${standingLine(judged)}\n`);
  if (isShown) found.push({ kind: 'finding', name, file: shown });
  if (mustBeExact && difference !== undefined) io.out(differenceText(difference));
  if (until !== undefined) io.out(`\n${texts.state(file, documents, until, paint)}`);
  else if (isShown && !parsed.has('quiet')) {
    io.out(`\n${texts.explanation(shown, outcome, paint, documents, io.outColumns?.(), !parsed.has('trace'))}\n`);
  }
  beat();
  if (parsed.has('trace')) io.out(`\n${texts.story(file, documents, paint, io.outColumns?.())}\n`);
  beat();
  await writeTraces(name, shown, documents, parsed, io);
  beat();
  const emitCode = emit === undefined ? 0 : await emitFile(name, file, documents, emit, context);
  return {
    file: name,
    verdict,
    exitCode: winningExitCode([exitCodeOf(replay, mustBeExact, accepted(judged)), emitCode]),
    oracle: (replay.finding ?? file.finding).oracle,
    signature: (replay.finding ?? file.finding).signature,
    kind: (replay.finding ?? file.finding).kind,
    isExact,
    difference: difference ?? null,
    unexercised,
    ...judged,
  };
}

function exitCodeOf({ verdict, finding, isExact }: Replay, mustBeExact: boolean, isAccepted: boolean): number {
  const codes = [mustBeExact && !isExact ? EXACT_MISMATCH : 0];
  if (verdict === 'not-exercised') codes.push(NOT_EXERCISED);
  if (!isAccepted && (verdict === 'reproduced' || verdict === 'other'))
    codes.push(finding?.kind === 'liveness' ? 4 : 1);
  return winningExitCode(codes);
}

/** Documents by the name that the file has for them: a type of ours, or a path from the current folder. */
async function documentsOf(
  name: string,
  { documents }: FindingFile,
  engine: ReplayEngine,
  cwd: string,
): Promise<DocumentType> {
  const field = `documents of ${name}`;
  if (isFileName(documents)) return loadDocumentsFile(documents, cwd, field);
  try {
    return await engine.documents(documents);
  } catch (error) {
    throw error instanceof InputError ? new InputError(field, error.received, error.expected) : error;
  }
}

/** Writes what was emitted; where there can be none it says why, and gives the exit code of a refusal. */
async function emitFile(
  name: string,
  file: FindingFile,
  documents: DocumentType,
  kind: EmitKind,
  { parsed, texts, io }: Context,
): Promise<number> {
  const target = parsed.text('output') ?? (kind === 'script' ? `${stemOf(name)}.mjs` : `${stemOf(name)}.test.ts`);
  checkTarget('--output', target, io.cwd);
  const emitted = await texts.emit(file, kind, documents, io.cwd, target);
  if ('refusal' in emitted) {
    io.err(`ERR_EMIT nothing was written: ${emitted.refusal}\n`);
    return 2;
  }
  writeWhole('--output', target, emitted.text, io.cwd);
  if (kind === 'script') {
    io.out(`\nwritten to ${target}; run it with:\n  node ${target}\n`);
  } else {
    const run = `npx vitest run ${basename(target)}`;
    io.out(`\nwritten to ${target}; put it where your project's tests are, and run it there with:\n  ${run}\n`);
  }
  return 0;
}

/** `--until 12s`, or `--until event:120`. */
function untilOf(parsed: Arguments): Until | undefined {
  const text = parsed.text('until');
  if (text === undefined) return undefined;
  const event = /^event:(\d{1,15})$/.exec(text);
  if (event !== null) return { event: Number(event[1]) };
  const ms = parseDuration(text);
  if (ms === undefined) throw new InputError('--until', text, `event:<n>, or ${DURATION_EXAMPLES}`);
  return { atUs: Math.round(ms * 1000) };
}

function emitOf(parsed: Arguments): EmitKind | undefined {
  const kind = parsed.text('emit');
  if (kind === undefined) {
    const output = parsed.text('output');
    if (output !== undefined) throw new InputError('--output', output, 'nothing without --emit');
    return undefined;
  }
  if (kind !== 'script' && kind !== 'vitest') throw new InputError('--emit', kind, 'one of script, vitest');
  return kind;
}

function totals(replayed: readonly Replayed[]): string {
  const verdicts = ['reproduced', 'other', 'not-exercised', 'gone', 'refused'] as const;
  const counts = verdicts.map(
    (verdict) => [verdict, replayed.filter((each) => each.verdict === verdict).length] as const,
  );
  const shown = counts.filter(([, count]) => count > 0).map(([verdict, count]) => `${count} ${WORDS[verdict]}`);
  return `${replayed.length} findings: ${shown.join(', ')}`;
}

const WORDS = {
  reproduced: 'reproduced',
  other: 'with another failure',
  'not-exercised': 'not exercised any more',
  gone: 'gone',
  refused: 'refused',
} as const;

function helpText(): string {
  return [
    'squall replay <file…|folder> [flags]   exactly that run again',
    '',
    ...flagHelp('replay'),
    '',
    'exit codes: 0 gone, 1 reproduced (safety), 2 bad input, 3 a bug, 4 reproduced (liveness),',
    '            5 --exact: another trace, 6 the plan no longer reaches what it tested',
    '',
  ].join('\n');
}
