// The result of a hunt's shard as it stands in a file: read, checked and told apart from other results. It must not know
// how results are merged.
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { errorOfIssue } from '../scenarios/search/finding-errors.ts';
import { extentOf } from '../scenarios/search/plain-data.ts';
import { SHARDS_MAX } from '../scenarios/search/seeds.ts';
import { count, line } from '../scenarios/search/plan-schema.ts';
import { InputError } from '../sim/errors.ts';
import { reasonOf } from './files.ts';
import type { HuntResult } from './hunt-result.ts';

/** Largest file, bytes, and deepest nesting. */
const BYTES_MAX = 64 * 1024 * 1024;
const DEPTH_MAX = 16;
/** Longest list of seeds as it was typed. */
const SEEDS_CHARS_MAX = 16 * 1024 * 1024;
/** Longest reason why a seed was lost. */
const REASON_CHARS_MAX = 100_000;

const size = z.object({ devices: count, edits: count, faults: count, steps: count, fates: count });
const totals = z.record(line, count);
const shard = z.object({ index: count.min(1), count: count.min(1).max(SHARDS_MAX) });

const schema = z.object({
  schemaVersion: z.literal(1),
  tool: z.object({ name: line.min(1), version: line.min(1) }),
  runtime: z.object({ node: line, v8: line, lockHash: line }),
  scenario: line.min(1),
  profile: line.min(1),
  documents: line.min(1),
  faultsName: line.min(1),
  configHash: line.min(1),
  seeds: z.string().min(1).max(SEEDS_CHARS_MAX),
  seedsTotal: count.min(1),
  shard: shard.nullable(),
  missingShards: z.array(count),
  findingsMax: count.min(1),
  forMs: z.number().min(0).nullable(),
  expected: count.min(1),
  seedsDone: count,
  seedsFailed: count,
  isComplete: z.boolean(),
  died: z.array(z.object({ seed: line, reason: z.string().max(REASON_CHARS_MAX) })),
  findings: z.array(
    z.object({
      signature: line.min(1),
      oracle: line.min(1),
      kind: z.enum(['safety', 'liveness']),
      seed: line.min(1),
      seedCount: count.min(1),
      seeds: z.array(line).min(1),
      file: line.min(1).nullable(),
      sizeBefore: size.nullable(),
      sizeAfter: size.nullable(),
      standing: z.enum(['new', 'known', 'expired', 'on-base']),
      reason: line,
    }),
  ),
  faults: totals,
  marks: totals,
  unreachableMarks: z.array(line),
  statement: z.array(line),
  verdict: z.enum(['clean', 'safety', 'liveness', 'inconclusive', 'interrupted', 'unwritten', 'failed']),
  exitCode: count,
  elapsedMs: z.number().min(0),
}) satisfies z.ZodType<HuntResult>;

/** A result of a hunt in a file. */
export interface HuntFile {
  readonly name: string;
  readonly result: HuntResult;
}

/**
 * Reads the result of a hunt.
 * @throws InputError (`ERR_FILE`, `ERR_RESULT`) naming the place
 */
export function readHuntFile(name: string, cwd: string): HuntFile {
  const field = 'argument';
  let text: string;
  try {
    const path = resolve(cwd, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) throw new InputError(field, name, 'a file that exists', 'ERR_FILE');
    if (!stats.isFile()) throw new InputError(field, name, 'a regular file', 'ERR_FILE');
    if (stats.size > BYTES_MAX) throw new InputError(field, name, `a file of at most ${BYTES_MAX} bytes`, 'ERR_FILE');
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(field, name, `a file that can be read (${reasonOf(error)})`, 'ERR_FILE');
  }
  return { name, result: parseHuntResult(name, text) };
}

/**
 * The result of a hunt that a text holds. Keys that are not known are left out.
 * @throws InputError (`ERR_RESULT`) naming the place
 */
export function parseHuntResult(name: string, text: string): HuntResult {
  if (extentOf(text).depth > DEPTH_MAX) {
    throw new InputError(name, 'lists and objects too deep', `at most ${DEPTH_MAX} deep`, 'ERR_RESULT');
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch {
    throw new InputError(name, text.slice(0, 40), 'JSON, as squall hunt --json writes it', 'ERR_RESULT');
  }
  if (typeof raw !== 'object' || raw === null || !('seedsDone' in raw)) {
    throw new InputError(name, raw, 'the result of a hunt, as squall hunt --json writes it', 'ERR_RESULT');
  }
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const { field, received, expected } = errorOfIssue(name, result.error.issues[0]!, raw);
  throw new InputError(field, received, expected, 'ERR_RESULT');
}
