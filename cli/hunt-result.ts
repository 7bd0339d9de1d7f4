// What a hunt leaves, as data, and its exit code. It must not know how it is shown.
import { winningExitCode } from '../scenarios/result.ts';
import type { PlanSize } from '../scenarios/search/plan-size.ts';
import { TOOL } from '../scenarios/version.ts';
import type { Kept } from './finding-files.ts';
import type { HunterFinding, HuntOutcome } from './hunter.ts';
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
}

/** What a hunt leaves with `--json`. */
export interface HuntResult {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: string; readonly version: string };
  readonly runtime: { readonly node: string; readonly v8: string; readonly lockHash: string };
  readonly scenario: string;
  readonly profile: string;
  readonly documents: string;
  readonly faultsName: string;
  /** As they were asked for. */
  readonly seeds: string;
  /** Seeds that ran to their end, and those of them with findings. */
  readonly seedsDone: number;
  readonly seedsFailed: number;
  readonly died: readonly { readonly seed: string; readonly reason: string }[];
  /** In the order of their seeds. */
  readonly findings: readonly HuntResultFinding[];
  /** How often each kind of fault fired and each mark was reached, in all seeds. */
  readonly faults: Readonly<Record<string, number>>;
  readonly marks: Readonly<Record<string, number>>;
  /** What the hunt proves, and what was never exercised, a line each. */
  readonly statement: readonly string[];
  readonly verdict: HuntVerdict;
  readonly exitCode: number;
  /** Real time that passed, ms. */
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

/**
 * What holds of a hunt, and the exit code that wins: seeds that were lost make an otherwise clean one inconclusive.
 * @param unwritten why something that was found could not be written; undefined where all was
 */
export function verdictOfHunt(
  { findings, tally, isInterrupted, failure }: HuntOutcome,
  unwritten?: unknown,
): HuntJudged {
  const held: HuntVerdict[] = [];
  if (failure !== undefined) held.push('failed');
  if (unwritten !== undefined) held.push('unwritten');
  if (isInterrupted) held.push('interrupted');
  for (const kind of ['safety', 'liveness'] as const) {
    if (findings.some((finding) => finding.kind === kind)) held.push(kind);
  }
  if (tally.dead.length > 0) held.push('inconclusive');
  const codeOf = (verdict: HuntVerdict): number => {
    if (verdict === 'failed') return codeOfError(failure?.error);
    return verdict === 'unwritten' ? codeOfError(unwritten) : EXIT_CODES[verdict];
  };
  const exitCode = winningExitCode(held.map(codeOf));
  return { verdict: held.find((each) => codeOf(each) === exitCode) ?? 'clean', exitCode };
}

/** As reportFailure has it. */
function codeOfError(error: unknown): number {
  return error instanceof Error && error.name === 'InputError' ? 2 : 3;
}

/** What of a hunt's plan stands in its result. */
export interface HuntSubject {
  readonly scenario: string;
  readonly profile: string;
  readonly documents: string;
  readonly faultsName: string;
  readonly seeds: string;
}

/** The whole result. */
export function resultOfHunt(
  subject: HuntSubject,
  outcome: HuntOutcome,
  kept: ReadonlyMap<string, Kept>,
  statement: readonly string[],
  judged: HuntJudged,
  elapsedMs: number,
): HuntResult {
  const { tally } = outcome;
  return {
    schemaVersion: 1,
    tool: { ...TOOL },
    runtime: { node: process.version, v8: process.versions.v8, lockHash: lockHash() },
    ...subject,
    seedsDone: tally.seeds,
    seedsFailed: tally.failed,
    died: tally.dead.map(({ seed, reason }) => ({ seed, reason })),
    findings: outcome.findings.map((finding) => findingResult(finding, kept.get(finding.signature))),
    faults: tally.faults,
    marks: tally.marks,
    statement,
    ...judged,
    elapsedMs,
  };
}

function findingResult(finding: HunterFinding, kept: Kept | undefined): HuntResultFinding {
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
  };
}
