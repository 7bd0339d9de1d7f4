// `squall hunt`: runs many seeds on all cores, shrinks and keeps what differs, and says what the hunt proves. It must not
// know what a seed does.
import { availableParallelism } from 'node:os';
import type { DocumentType } from '../../models/documents/port.ts';
import type { Config } from '../../scenarios/config-schema.ts';
import type { RunInput } from '../../scenarios/result.ts';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import { statement } from '../../scenarios/search/hunt-statement.ts';
import { parseSeeds, parseShard, type Seeds, SEEDS_MAX, type Shard, shardOf } from '../../scenarios/search/seeds.ts';
import { InputError } from '../../sim/errors.ts';
import { answersItself } from '../asked.ts';
import { flagHelp } from '../command-flags.ts';
import { checkFolder, checkTarget, writeWhole } from '../files.ts';
import { type Kept, keepFinding } from '../finding-files.ts';
import { type Arguments, parseArguments } from '../flags.ts';
import { after } from '../host.ts';
import type { PoolOptions, Workers } from '../hunt-pool.ts';
import type { HuntSetup, Investigated } from '../hunt-tasks.ts';
import { HuntView } from '../hunt-view.ts';
import { Hunter, type HuntOutcome } from '../hunter.ts';
import {
  configHash,
  type HuntResult,
  type HuntSubject,
  type JudgeFinding,
  resultOfHunt,
  verdictOfHunt,
} from '../hunt-result.ts';
import { type Gathered, gatherInput, keyOfFile } from '../input.ts';
import { dayOf, type Io, wantsColours, wantsScreen } from '../io.ts';
import { readKnown, standingOf } from '../known-findings.ts';
import { checkPublication, failuresOf, publish } from '../publish.ts';
import { reachableMarks } from '../reachable-marks.ts';
import { reportFailure, repeatCommand } from '../report/failure.ts';
import { type Paint, painter } from '../report/format.ts';
import { wholeConfigText } from '../report/header.ts';
import { findingText, huntHeader, type HuntPlan, huntSummary, huntVerdict, INDENT } from '../report/hunt-text.ts';
import type { Reported } from '../report/reported.ts';
import { loadTexts, type Texts } from '../report/texts.ts';
import { versionsOf } from '../versions.ts';

const SEEDS = '500';
const FINDINGS_MAX = 3;
const FINDINGS_FOLDER = 'findings';
const WORKERS_MAX = 256;
/** Real time for shrinking one finding, ms. */
const SHRINK_MS = 60_000;

/** What hunts; a value, so that it loads only when arguments are right, and tests can stand in for it. */
export interface HuntEngine {
  readonly scenarioNames: readonly string[];
  /** What one seed's storm is made of. @throws InputError for what could not be run */
  prepare(input: RunInput, seed: string): Promise<{ config: Config; documents: DocumentType }>;
  workers(options: PoolOptions): Workers;
}

async function loadOwnEngine(): Promise<HuntEngine> {
  const { SCENARIOS } = await import('../../scenarios/registry.ts');
  const { prepareStorm } = await import('../storm.ts');
  const { huntPool } = await import('../hunt-pool.ts');
  return { scenarioNames: Object.keys(SCENARIOS), prepare: prepareStorm, workers: huntPool };
}

/**
 * Hunts over seeds.
 * @param args what stands after `squall hunt`
 * @returns the exit code
 * @throws InputError before anything ran or was written
 */
export async function huntCommand(args: readonly string[], io: Io, loadEngine = loadOwnEngine): Promise<number> {
  const parsed = parseArguments('hunt', args);
  if (await answersItself(parsed, io, async () => helpText((await loadEngine()).scenarioNames))) return 0;
  const all = seedsOf(parsed);
  const shardText = parsed.text('shard');
  const shard = shardText === undefined ? null : parseShard(shardText);
  const seeds = shard === null ? all : shardOf(all, shard);
  const findingsMax = parsed.count('max-findings', 1) ?? FINDINGS_MAX;
  const count = workersOf(parsed, seeds);
  const forMs = parsed.durationMs('for');
  const folder = parsed.text('findings') ?? FINDINGS_FOLDER;
  checkFolder('--findings', folder, io.cwd);
  const knownFile = parsed.text('known');
  const known = knownFile === undefined ? [] : readKnown('--known', knownFile, io.cwd);
  checkPublication(parsed, io);
  if (wantsScreen(io, parsed)) await io.warmScreen?.(wantsColours(io));
  const names = async (): Promise<readonly string[]> => (await loadEngine()).scenarioNames;
  const gathered = await gatherInput(parsed, io.cwd, names);
  const { input } = gathered;
  withSwarm(parsed, input);
  const jsonFile = parsed.text('json');
  if (jsonFile !== undefined) checkTarget('--json', jsonFile, io.cwd);
  const engine = await loadEngine();
  const { config, documents } = await engine.prepare(input, seeds.at(0));
  const whole = shard === null ? config : (await engine.prepare(input, all.at(0))).config;

  const paint = painter(wantsColours(io));
  const isStorm = (input.profile ?? input.config?.profile ?? 'storm') === 'storm';
  const judge: JudgeFinding = (signature) => standingOf(signature, config.scenario, { known, today: dayOf(io) });
  const plan: HuntPlan = { config, isStorm, seeds: seedsText(all, shard), findingsMax, forMs, workers: count };
  if (!parsed.has('quiet')) {
    io.out(`${huntHeader(plan, paint)}${parsed.has('verbose') ? `\n${wholeConfigText(config)}` : ''}\n`);
  }
  const pool = engine.workers({ count, setup: setupOf(gathered, config, parsed.positionals[0]!, io.cwd) });
  const keeper = new Keeper(folder, io.cwd, pool);
  const startedMs = io.nowMs();
  const hunter = new Hunter(
    {
      seeds,
      findingsMax,
      forMs,
      shrinkMs: SHRINK_MS,
      keep: ({ file }) => keeper.keep(file),
      nowMs: () => io.nowMs(),
      after,
    },
    pool,
  );
  const view = new HuntView({
    io,
    parsed,
    plan,
    seeds: seeds.count,
    documents,
    progress: () => hunter.progress(),
    keptOf: (signature) => keeper.kept.get(signature),
    interrupt: () => hunter.interrupt(),
  });
  const stopListening = io.onInterrupt(() => view.interrupt());
  let stopWatch = (): void => undefined;
  try {
    const outcome = await hunter.run();
    const elapsedMs = Math.round(io.nowMs() - startedMs);
    await view.end(verdictOfHunt(outcome, keeper.unwritten, judge).verdict);
    const texts = await loadTexts();
    const columns = (io.outColumns?.() ?? (await import('../report/story.ts')).COLUMNS) - INDENT;
    const watch = io.watch?.(`documents ${config.documents}`);
    stopWatch = () => watch?.stop();
    return await finish({
      outcome,
      subject: {
        scenario: config.scenario,
        profile: config.profile,
        documents: config.documents,
        faultsName: config.faults.name,
        configHash: configHash(whole),
        seeds: all.text,
        seedsTotal: all.count,
        shard,
        findingsMax,
        forMs: forMs ?? null,
        expected: seeds.count,
      },
      judge,
      explain: explainer(texts, documents, paint, columns, () => watch?.beat()),
      documents,
      keeper,
      parsed,
      args,
      added: gathered.addedArgs,
      elapsedMs,
      io,
      paint,
    });
  } finally {
    stopWatch();
    try {
      await view.leave();
    } finally {
      stopListening();
      await pool.close();
    }
  }
}

/** All seeds there can be where only time is to end the hunt. */
function seedsOf(parsed: Arguments): Seeds {
  const text = parsed.text('seeds') ?? (parsed.has('for') ? String(SEEDS_MAX) : SEEDS);
  const seed = parsed.layer.seed;
  if (seed !== undefined) throw new InputError('seed', seed, 'nothing: --seeds says which seeds a hunt goes through');
  return parseSeeds(text, parsed.count('count', 1), { seeds: '--seeds', count: '--count' });
}

/** How the seeds are called in texts. */
function seedsText({ text }: Seeds, shard: Shard | null): string {
  return shard === null ? text : `${text}, shard ${shard.index}/${shard.count}`;
}

function workersOf(parsed: Arguments, seeds: Seeds): number {
  const given = parsed.count('workers', 1);
  if (given !== undefined && given > WORKERS_MAX) throw new InputError('--workers', given, `≤ ${WORKERS_MAX}`);
  return Math.min(given ?? availableParallelism(), WORKERS_MAX, seeds.count);
}

/** A hunt goes with swarm faults where nothing else is said. */
function withSwarm(parsed: Arguments, input: RunInput): void {
  const { config } = input;
  if (config === undefined || parsed.faultsFile !== undefined || keyOfFile(input, 'faults') !== undefined) return;
  const typed = config.faults;
  if (typed === undefined) config.faults = { name: 'swarm' };
  else if (typeof typed === 'object' && typed.name === undefined) config.faults = { name: 'swarm', ...typed };
}

function setupOf({ input, documentsFile }: Gathered, config: Config, scenario: string, cwd: string): HuntSetup {
  const { documents: _documents, scenario: _scenario, ...layers } = input;
  return { cwd, input: layers, scenario, documentsFile, versions: versionsOf(config.documents, cwd) };
}

/** Keeps findings as they come; what could not be written is said in the end. */
class Keeper {
  readonly #folder: string;
  readonly #cwd: string;
  readonly #pool: Workers;
  readonly kept = new Map<string, Kept>();
  unwritten: unknown;

  constructor(folder: string, cwd: string, pool: Workers) {
    this.#folder = folder;
    this.#cwd = cwd;
    this.#pool = pool;
  }

  async keep(file: FindingFile): Promise<void> {
    // Without time for shrinking a file's plan is run, and that is all.
    const stillHolds = async (older: FindingFile): Promise<boolean> =>
      (await this.#pool.shrink(older, 0)).found !== undefined;
    try {
      this.kept.set(file.finding.signature, await keepFinding(this.#folder, file, this.#cwd, stillHolds));
    } catch (error) {
      this.unwritten ??= error;
    }
  }
}

/** What could not be explained is kept all the same: no fault in a text ends a long hunt without its report. */
function explainer(
  texts: Texts,
  documents: DocumentType,
  paint: Paint,
  columns: number,
  beat: () => void,
): (found: Investigated) => string {
  return ({ file, outcome }) => {
    beat();
    try {
      return texts.explanation(file, outcome, paint, documents, columns);
    } catch (error) {
      return `${file.finding.oracle}: without an explanation (${error instanceof Error ? error.message : String(error)})\n`;
    }
  };
}

interface Finished {
  readonly outcome: HuntOutcome;
  readonly subject: HuntSubject;
  readonly judge: JudgeFinding;
  readonly documents: DocumentType;
  readonly keeper: Keeper;
  readonly explain: (found: Investigated) => string;
  readonly parsed: Arguments;
  readonly args: readonly string[];
  readonly added: readonly string[];
  readonly elapsedMs: number;
  readonly io: Io;
  readonly paint: Paint;
}

/** Prints what was found, writes result and reports, and gives the exit code: the same in text, file and process. */
async function finish(finished: Finished): Promise<number> {
  const { outcome, subject, judge, documents, keeper, explain, parsed, args, added, elapsedMs, io, paint } = finished;
  const { tally, findings, failure, isInterrupted } = outcome;
  const reachable = reachableMarks(tally.marks, documents);
  const lines = statement({ ...tally, marks: reachable }, subject.expected);
  for (const finding of findings) {
    const { signature, seed } = finding;
    const command = seedCommand(args, added, seed);
    const kept = keeper.kept.get(signature);
    io.out(`${findingText(finding, kept, command, explain, isInterrupted, judge(signature), paint)}\n`);
  }
  let { unwritten } = keeper;
  const resultNow = (): HuntResult =>
    resultOfHunt(subject, outcome, {
      kept: keeper.kept,
      judge,
      reachable,
      statement: lines,
      judged: verdictOfHunt(outcome, unwritten, judge),
      elapsedMs,
    });
  const jsonFile = parsed.text('json');
  const writeJson = (): void => {
    if (jsonFile !== undefined) writeWhole('--json', jsonFile, `${JSON.stringify(resultNow(), null, 2)}\n`, io.cwd);
  };
  const failures = await failuresOf([writeJson, () => publish([reportedHunt(resultNow(), keeper)], parsed, io, true)]);
  if (unwritten === undefined && failures.length > 0) {
    [unwritten] = failures;
    // That a report is missing stands in the result too.
    await failuresOf([writeJson]);
  }
  const { exitCode, verdict } = verdictOfHunt(outcome, unwritten, judge);
  const summary = huntSummary(outcome, lines, subject.expected, elapsedMs, parsed.has('quiet'), paint);
  io.out(`${summary}${huntVerdict(outcome, verdict, exitCode, paint)}\n`);
  if (failure !== undefined) reportFailure(failure.error, io, seedCommand(args, added, failure.seed));
  if (unwritten !== undefined) reportFailure(unwritten, io);
  return exitCode;
}

function reportedHunt(result: HuntResult, { kept }: Keeper): Reported {
  const files = new Map([...kept].map(([signature, { held }]) => [signature, held]));
  return { kind: 'hunt', name: `hunt ${result.scenario}, seeds ${result.seeds}`, result, files };
}

/** The command that hunts over one seed alone. */
function seedCommand(args: readonly string[], added: readonly string[], seed: string): string {
  const kept: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const word = args[index]!;
    if (word === '--seeds' || word === '--count' || word === '--shard') index++;
    else if (!/^--(seeds|count|shard)=/.test(word)) kept.push(word);
  }
  // A comma at the end makes a list of one.
  return repeatCommand('hunt', kept, [...added, '--seeds', `${seed},`]);
}

function helpText(scenarioNames: readonly string[]): string {
  return [
    'squall hunt <scenario> [flags]   many seeds; each distinct finding is shrunk and kept',
    '',
    `scenarios: ${scenarioNames.join(', ')}, or a file of your own`,
    '',
    ...flagHelp('hunt'),
    '',
    'exit codes: 0 clean, 1 safety finding, 2 bad input, 3 a bug, 4 liveness findings only,',
    '            98 inconclusive: seeds were lost, 130 interrupted',
    '',
  ].join('\n');
}
