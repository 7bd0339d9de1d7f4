// What a hunt leaves, as data, and its exit code. It must not know how it is shown.
import { createHash } from 'node:crypto';
import type { Config } from '../scenarios/config-schema.ts';
import { winningExitCode } from '../scenarios/result.ts';
import type { HuntTally } from '../scenarios/search/hunt.ts';
import type { PlanSize } from '../scenarios/search/plan-size.ts';
import type { Shard } from '../scenarios/search/seeds.ts';
import { TOOL } from '../scenarios/version.ts';
import type { Kept } from './finding-files.ts';
import type { HunterFinding, HuntOutcome } from './hunter.ts';
import { fails, type Judgement, type Standing } from './known-findings.ts';
import { lockHash } from './tool.ts';

/** A finding of a hunt. */
export interface HuntResultFinding {
  readonly signature: string;
  readonly oracle: string;
  readonly kind: 'safety' | 'liveness';
  /** The lowest seed that shows it. */
  readonly seed: string;
  /** How many seeds show it, and the first of them. */
  readonly seedCount: number;
  readonly seeds: readonly string[];
  /** The file that holds it; null where none could be made or written. */
  readonly file: string | null;
  readonly sizeBefore: PlanSize | null;
  readonly sizeAfter: PlanSize | null;
  /** Whether it is accepted, and why, in one line: known ones do not fail a hunt. */
  readonly standing: Standing;
  readonly reason: string;
}

/** What a hunt leaves with `--json`; a sharded hunt that was merged leaves the same. */
export interface HuntResult {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: string; readonly version: string };
  readonly runtime: { readonly node: string; readonly v8: string; readonly lockHash: string };
  readonly scenario: string;
  readonly profile: string;
  readonly documents: string;
  readonly faultsName: string;
  /** Of the configuration of the first of all seeds: shards of one hunt have the same. */
  readonly configHash: string;
  /** As they were asked for, all shards together, and how many those are. */
  readonly seeds: string;
  readonly seedsTotal: number;
  /** Which part of the seeds it was to run; null for all of them. */
  readonly shard: Shard | null;
  /** Of a merged hunt: the shards that were not there. */
  readonly missingShards: readonly number[];
  /** Distinct findings at which it was to stop, and its time, ms; null without one. */
  readonly findingsMax: number;
  readonly forMs: number | null;
  /** Seeds that it was to run, those that ran to their end, and those of them with findings. */
  readonly expected: number;
  readonly seedsDone: number;
  readonly seedsFailed: number;
  /** Whether all that it was to run ran to their end: false where time, enough findings, or deaths ended it before. */
  readonly isComplete: boolean;
  readonly died: readonly { readonly seed: string; readonly reason: string }[];
  /** In the order of their seeds. */
  readonly findings: readonly HuntResultFinding[];
  /** How often each kind of fault fired and each mark was reached, in all seeds. */
  readonly faults: Readonly<Record<string, number>>;
  readonly marks: Readonly<Record<string, number>>;
  /** Those of the marks that its documents can never reach. */
  readonly unreachableMarks: readonly string[];
  /** What the hunt proves, and what was never exercised, a line each. */
  readonly statement: readonly string[];
  readonly verdict: HuntVerdict;
  readonly exitCode: number;
  /** Real time that passed, ms; of a merged hunt that of its longest shard. */
  readonly elapsedMs: number;
}

export type HuntVerdict = 'clean' | 'safety' | 'liveness' | 'inconclusive' | 'interrupted' | 'unwritten' | 'failed';

const EXIT_CODES: Readonly<Record<Exclude<HuntVerdict, 'unwritten' | 'failed'>, number>> = {
  clean: 0,
  safety: 1,
  liveness: 4,
  inconclusive: 98,
  interrupted: 130,
};

/** What holds of a hunt, and the exit code that stands for it. */
export interface HuntJudged {
  readonly verdict: HuntVerdict;
  readonly exitCode: number;
}

/** What is made of each finding, by its signature; without it, each of them fails. */
export type JudgeFinding = (signature: string) => Judgement;

const allNew: JudgeFinding = () => ({ standing: 'new', reason: '' });

/**
 * What holds of a hunt, and the exit code that wins: seeds that were lost make an otherwise clean one inconclusive.
 * @param unwritten why something that was found could not be written; undefined where all was
 */
export function verdictOfHunt(
  { findings, tally, isInterrupted, failure }: HuntOutcome,
  unwritten?: unknown,
  judge = allNew,
): HuntJudged {
  const held: HuntJudged[] = [];
  if (failure !== undefined) held.push({ verdict: 'failed', exitCode: codeOfError(failure.error) });
  if (unwritten !== undefined) held.push({ verdict: 'unwritten', exitCode: codeOfError(unwritten) });
  if (isInterrupted) held.push(judgedOf('interrupted'));
  held.push(...judgedOfFindings(findings.filter(({ signature }) => fails(judge(signature).standing))));
  if (tally.dead.length > 0) held.push(judgedOf('inconclusive'));
  return winningJudgement(held);
}

/** What findings that fail come to. */
export function judgedOfFindings(failing: readonly Pick<HuntResultFinding, 'kind'>[]): HuntJudged[] {
  return (['safety', 'liveness'] as const)
    .filter((kind) => failing.some((finding) => finding.kind === kind))
    .map(judgedOf);
}

/** A verdict with its exit code. */
export function judgedOf(verdict: keyof typeof EXIT_CODES): HuntJudged {
  return { verdict, exitCode: EXIT_CODES[verdict] };
}

/** Of all that holds, what wins by its exit code, the first of several; clean where nothing does. */
export function winningJudgement(held: readonly HuntJudged[]): HuntJudged {
  const exitCode = winningExitCode(held.map((each) => each.exitCode));
  return held.find((each) => each.exitCode === exitCode) ?? judgedOf('clean');
}

/** As reportFailure has it. */
export function codeOfError(error: unknown): number {
  return error instanceof Error && error.name === 'InputError' ? 2 : 3;
}

/** What of a hunt's plan stands in its result. */
export type HuntSubject = Pick<
  HuntResult,
  | 'scenario'
  | 'profile'
  | 'documents'
  | 'faultsName'
  | 'configHash'
  | 'seeds'
  | 'seedsTotal'
  | 'shard'
  | 'findingsMax'
  | 'forMs'
  | 'expected'
>;

/** Sixteen hexadecimal digits that stand for a configuration: equal ones have the same, whatever the order of keys. */
export function configHash(config: Config): string {
  const text = JSON.stringify(config, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** What was made of an outcome. */
export interface HuntConclusion {
  readonly kept: ReadonlyMap<string, Kept>;
  readonly judge: JudgeFinding;
  /** Its marks without those that its documents cannot reach. */
  readonly reachable: HuntTally['marks'];
  readonly statement: readonly string[];
  readonly judged: HuntJudged;
  /** Real time that passed, ms. */
  readonly elapsedMs: number;
}

/** The whole result. */
export function resultOfHunt(
  subject: HuntSubject,
  outcome: HuntOutcome,
  { kept, judge, reachable, statement, judged, elapsedMs }: HuntConclusion,
): HuntResult {
  const { tally } = outcome;
  return {
    ...headOfResult(),
    ...subject,
    missingShards: [],
    seedsDone: tally.seeds,
    seedsFailed: tally.failed,
    isComplete: tally.seeds === subject.expected,
    died: tally.dead.map(({ seed, reason }) => ({ seed, reason })),
    findings: outcome.findings.map((finding) =>
      findingResult(finding, kept.get(finding.signature), judge(finding.signature)),
    ),
    faults: tally.faults,
    marks: tally.marks,
    unreachableMarks: Object.keys(tally.marks).filter((mark) => !Object.hasOwn(reachable, mark)),
    statement,
    ...judged,
    elapsedMs,
  };
}

/** What every result of this tool and machine begins with. */
export function headOfResult(): Pick<HuntResult, 'schemaVersion' | 'tool' | 'runtime'> {
  return {
    schemaVersion: 1,
    tool: { ...TOOL },
    runtime: { node: process.version, v8: process.versions.v8, lockHash: lockHash() },
  };
}

function findingResult(finding: HunterFinding, kept: Kept | undefined, judgement: Judgement): HuntResultFinding {
  const { signature, oracle, kind, seed, seedCount, seeds, found } = finding;
  const held = kept?.held ?? found?.file;
  return {
    signature,
    oracle,
    kind,
    seed,
    seedCount,
    seeds,
    file: kept?.file ?? null,
    sizeBefore: held?.sizeBefore ?? null,
    sizeAfter: held?.sizeAfter ?? null,
    ...judgement,
  };
}
