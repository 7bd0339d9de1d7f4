// One result of a sharded hunt: the same that one hunt over all seeds would have left. It must not know files, nor who
// accepts which finding.
import { statement } from '../scenarios/search/hunt-statement.ts';
import { parseSeeds, type Seeds } from '../scenarios/search/seeds.ts';
import { InputError } from '../sim/errors.ts';
import {
  headOfResult,
  type HuntJudged,
  type HuntResult,
  type HuntResultFinding,
  judgedOf,
  judgedOfFindings,
  winningJudgement,
} from './hunt-result.ts';
import { fails, type Judgement } from './known-findings.ts';
import type { HuntFile } from './merge-file.ts';

/** Seeds that are listed with a finding. */
const SEEDS_LISTED = 20;

/** What has to be the same in all shards of one hunt. */
const SAME = [
  'scenario',
  'profile',
  'documents',
  'faultsName',
  'configHash',
  'seeds',
  'seedsTotal',
] as const satisfies readonly (keyof HuntResult)[];

/** A finding of several shards. */
export interface MergedFinding {
  /** As the whole hunt has it; its file is that of the shard with the lowest seed. */
  readonly finding: HuntResultFinding;
  /** The shards with a file of it, the one with the lowest seed first. */
  readonly holders: readonly { readonly shard: HuntFile; readonly finding: HuntResultFinding }[];
}

/** The shards of one hunt, laid together. */
export interface MergedShards {
  readonly shards: readonly HuntFile[];
  /** Indexes of those that are not there, from 1. */
  readonly missing: readonly number[];
  readonly findings: readonly MergedFinding[];
}

/**
 * Lays the shards of one hunt together.
 * @throws InputError (`ERR_RESULT`) for what are not shards of one hunt, or the same one twice
 */
export function laidTogether(files: readonly HuntFile[]): MergedShards {
  const count = checkOneHunt(files);
  const shards = files.toSorted((one, other) => indexOf(one) - indexOf(other));
  const there = new Set(shards.map(indexOf));
  const missing = Array.from({ length: count }, (_, at) => at + 1).filter((index) => !there.has(index));
  const seeds = seedsOf(shards[0]!);
  return { shards, missing, findings: unitedFindings(shards, seeds) };
}

function indexOf({ result }: HuntFile): number {
  return result.shard!.index;
}

/** @returns how many shards there are */
function checkOneHunt(files: readonly HuntFile[]): number {
  const [first] = files;
  const byIndex = new Map<number, string>();
  for (const { name, result } of files) {
    const { shard, tool } = result;
    if (shard === null || shard.index > shard.count) {
      throw new InputError(name, shard, 'the result of a shard: of squall hunt --shard i/n', 'ERR_RESULT');
    }
    const one = first!.result;
    const refuse = (place: string, received: unknown, expected: unknown): never => {
      const whole = `${JSON.stringify(expected)}, as in ${first!.name}: shards of one hunt`;
      throw new InputError(`${place} of ${name}`, received, whole, 'ERR_RESULT');
    };
    if (tool.version !== one.tool.version) refuse('tool.version', tool.version, one.tool.version);
    for (const key of SAME) if (result[key] !== one[key]) refuse(key, result[key], one[key]);
    if (shard.count !== one.shard!.count) refuse('shard.count', shard.count, one.shard!.count);
    const twin = byIndex.get(shard.index);
    if (twin !== undefined) {
      const expected = `each shard once: ${twin} is shard ${shard.index}/${shard.count} too`;
      throw new InputError('argument', name, expected, 'ERR_RESULT');
    }
    byIndex.set(shard.index, name);
  }
  return first!.result.shard!.count;
}

function seedsOf({ name, result }: HuntFile): Seeds {
  const { seeds, seedsTotal } = result;
  const count = seeds.trim().startsWith('git:') ? seedsTotal : undefined;
  const all = parseSeeds(seeds, count, { seeds: `seeds of ${name}` });
  if (all.count === seedsTotal) return all;
  throw new InputError(`seedsTotal of ${name}`, seedsTotal, String(all.count), 'ERR_RESULT');
}

/** By signature, those of lower seeds first. */
function unitedFindings(shards: readonly HuntFile[], seeds: Seeds): MergedFinding[] {
  const bySignature = new Map<string, { shard: HuntFile; finding: HuntResultFinding }[]>();
  const places = new Map<string, number>();
  for (const shard of shards) {
    for (const finding of shard.result.findings) {
      for (const seed of [finding.seed, ...finding.seeds]) {
        const place = seeds.indexOf(seed);
        if (place < 0) {
          throw new InputError(`findings of ${shard.name}`, seed, `one of the seeds ${seeds.text}`, 'ERR_RESULT');
        }
        places.set(seed, place);
      }
      const holders = bySignature.get(finding.signature) ?? [];
      bySignature.set(finding.signature, [...holders, { shard, finding }]);
    }
  }
  const placeOf = (seed: string): number => places.get(seed)!;
  const united = [...bySignature.values()].map((holders): MergedFinding & { at: number } => {
    const ordered = holders.toSorted((one, other) => placeOf(one.finding.seed) - placeOf(other.finding.seed));
    const [lowest] = ordered;
    const listed = new Set(ordered.flatMap(({ finding }) => finding.seeds));
    return {
      at: lowest!.shard.result.findings.indexOf(lowest!.finding),
      finding: {
        ...lowest!.finding,
        seedCount: ordered.reduce((sum, { finding }) => sum + finding.seedCount, 0),
        seeds: [...listed].sort((one, other) => placeOf(one) - placeOf(other)).slice(0, SEEDS_LISTED),
      },
      holders: ordered.filter(({ finding }) => finding.file !== null),
    };
  });
  // Of one seed, which one shard has run alone, in the order in which that has them.
  return united.sort((one, other) => placeOf(one.finding.seed) - placeOf(other.finding.seed) || one.at - other.at);
}

export interface Conclusion {
  /** Where the file of a finding is now, and its sizes; by its signature. */
  readonly fileOf: (merged: MergedFinding) => Pick<HuntResultFinding, 'file' | 'sizeBefore' | 'sizeAfter'>;
  /** What is made of a finding now. */
  readonly judge: (merged: MergedFinding) => Judgement;
  /** Something that was found could not be written. */
  readonly unwritten?: HuntJudged | undefined;
}

/** The result of the whole hunt. Shards that are missing make an otherwise clean one inconclusive. */
export function mergedResult(
  { shards, missing, findings: merged }: MergedShards,
  { fileOf, judge, unwritten }: Conclusion,
): HuntResult {
  const results = shards.map(({ result }) => result);
  const [first] = results;
  const findings = merged.map((each) => ({ ...each.finding, ...fileOf(each), ...judge(each) }));
  const sum = (key: 'seedsDone' | 'seedsFailed'): number => results.reduce((total, each) => total + each[key], 0);
  const seeds = seedsOf(shards[0]!);
  const died = results
    .flatMap((each) => each.died)
    .sort((one, other) => seeds.indexOf(one.seed) - seeds.indexOf(other.seed));
  const faults = summed(results.map((each) => each.faults));
  const marks = summed(results.map((each) => each.marks));
  const [seedsDone, seedsFailed] = [sum('seedsDone'), sum('seedsFailed')];
  // A mark that one shard has reached can be reached.
  const unreachableMarks = first!.unreachableMarks.filter(
    (mark) => marks[mark] === 0 && results.every((each) => each.unreachableMarks.includes(mark)),
  );
  const tally = {
    seeds: seedsDone,
    failed: seedsFailed,
    dead: died.map(({ seed, reason }) => ({ index: seeds.indexOf(seed), seed, reason })),
    faults,
    marks: Object.fromEntries(Object.entries(marks).filter(([mark]) => !unreachableMarks.includes(mark))),
  };
  const lines = statement(tally, seeds.count);
  if (missing.length > 0) lines.push(missingText(missing, first!.shard!.count));
  const judged = winningJudgement([
    ...results.filter(({ verdict }) => BROKEN.has(verdict)).map(({ verdict, exitCode }) => ({ verdict, exitCode })),
    ...(unwritten === undefined ? [] : [unwritten]),
    ...judgedOfFindings(findings.filter(({ standing }) => fails(standing))),
    ...(died.length > 0 || missing.length > 0 ? [judgedOf('inconclusive')] : []),
  ]);
  return {
    ...headOfResult(),
    scenario: first!.scenario,
    profile: first!.profile,
    documents: first!.documents,
    faultsName: first!.faultsName,
    configHash: first!.configHash,
    seeds: first!.seeds,
    seedsTotal: first!.seedsTotal,
    shard: null,
    missingShards: missing,
    findingsMax: Math.max(...results.map((each) => each.findingsMax)),
    forMs: results.some((each) => each.forMs === null) ? null : Math.max(...results.map((each) => each.forMs!)),
    expected: seeds.count,
    seedsDone,
    seedsFailed,
    isComplete: seedsDone === seeds.count,
    died,
    findings,
    faults,
    marks,
    unreachableMarks,
    statement: lines,
    ...judged,
    elapsedMs: Math.max(...results.map((each) => each.elapsedMs)),
  };
}

/** How a shard may have ended beside what it found: that holds of the whole too. */
const BROKEN: ReadonlySet<string> = new Set(['interrupted', 'unwritten', 'failed']);

/** `shards that are missing: 2/4, 3/4`. */
export function missingText(missing: readonly number[], count: number): string {
  return `shards that are missing: ${missing.map((index) => `${index}/${count}`).join(', ')}`;
}

/** Sums by name, names in order. */
function summed(each: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const totals = new Map<string, number>();
  for (const counts of each) {
    for (const [name, count] of Object.entries(counts)) totals.set(name, (totals.get(name) ?? 0) + count);
  }
  return Object.fromEntries([...totals].sort(([one], [other]) => (one < other ? -1 : 1)));
}
