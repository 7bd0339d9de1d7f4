// Files of results read for a report: what each is, is told by what it holds. What a file says is data and is never run.
// It must not know how a report is made.

import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { BaselineCheck } from '../../scenarios/baseline/comparison.ts';
import {
  checkResult,
  findingSchema,
  headSchema,
  jsonObject,
  parseResult,
  RESULT_CHARS_MAX,
  thresholdSchema,
} from '../../scenarios/result-file.ts';
import { type FindingFile, parseFindingFile } from '../../scenarios/search/finding-file.ts';
import { InputError } from '../../sim/errors.ts';
import { reasonOf } from '../files.ts';
import { readFindingFile } from '../finding-files.ts';
import type { HuntResult } from '../hunt-result.ts';
import type { Reported, ReplayResult } from './reported.ts';

const text = z.string();
const number = z.number();
const size = z.looseObject({ devices: number, edits: number, faults: number, steps: number, fates: number });
const kind = z.enum(['safety', 'liveness']);

const huntSchema = z.looseObject({
  ...headSchema,
  scenario: text,
  profile: text,
  documents: text,
  faultsName: text,
  seeds: text,
  seedsDone: number,
  seedsFailed: number,
  died: z.array(z.looseObject({ seed: text, reason: text })),
  findings: z.array(
    z.looseObject({
      signature: text,
      oracle: text,
      kind,
      seed: text,
      seedCount: number,
      seeds: z.array(text),
      file: text.nullable(),
      sizeBefore: size.nullable(),
      sizeAfter: size.nullable(),
      standing: text.exactOptional(),
      reason: text.exactOptional(),
    }),
  ),
  faults: z.record(text, number),
  marks: z.record(text, number),
  statement: z.array(text),
  verdict: text,
  exitCode: number,
  elapsedMs: number,
});

const replaySchema = z.looseObject({
  ...headSchema,
  files: z.array(
    z.looseObject({
      file: text,
      verdict: text,
      exitCode: number,
      signature: text.exactOptional(),
      oracle: text.exactOptional(),
      kind: kind.exactOptional(),
      unexercised: z.array(text).exactOptional(),
      error: text.exactOptional(),
      standing: text.exactOptional(),
      reason: text.exactOptional(),
    }),
  ),
  exitCode: number,
});

const checkSchema = z.looseObject({
  ...headSchema,
  comparisons: z.array(
    z.looseObject({
      profile: text,
      scenario: text,
      file: text,
      state: z.enum(['unchanged', 'changed', 'incomparable', 'missing', 'failed']),
      changes: z.array(z.looseObject({ what: text, detail: text })),
      figures: z.array(
        z.looseObject({
          metric: text,
          statistic: text,
          unit: z.enum(['ms', 'share', 'perSecond', 'count']),
          before: number.nullable(),
          after: number.nullable(),
          change: number.nullable(),
          level: z.enum(['ok', 'warning', 'critical', 'inconclusive']),
          reason: text,
        }),
      ),
      findings: z.array(findingSchema),
      thresholds: z.array(thresholdSchema),
      traceHash: z.looseObject({ before: text.nullable(), after: text.nullable() }),
      exitCode: number,
    }),
  ),
  exitCode: number,
});

const KINDS = 'a result of squall run, hunt, replay or baseline check (--json), or a finding file';

/**
 * Reads one file for a report.
 * @param field how the argument is called in messages
 * @param name the file, as it was named
 * @throws InputError where it cannot be read, or is nothing that can be reported on
 */
export function readReported(field: string, name: string, cwd: string): Reported {
  const json = textOf(field, name, cwd);
  const raw = jsonObject(name, json);
  if ('formatVersion' in raw) return { kind: 'finding', name, file: parseFindingFile(name, json) };
  if ('seedsDone' in raw) {
    checkResult(name, raw, huntSchema);
    const result = raw as unknown as HuntResult;
    return { kind: 'hunt', name, result, files: findingFilesOf(result, cwd, dirname(resolve(cwd, name))) };
  }
  if ('comparisons' in raw) {
    checkResult(name, raw, checkSchema);
    return { kind: 'baseline', name, result: raw as unknown as BaselineCheck };
  }
  if ('files' in raw) {
    checkResult(name, raw, replaySchema);
    return { kind: 'replay', name, result: raw as unknown as ReplayResult };
  }
  if ('metrics' in raw) return { kind: 'run', name, result: parseResult(name, json) };
  const keys = Object.keys(raw).slice(0, 3);
  const received = keys.length === 0 ? 'an empty object' : `an object with ${keys.join(', ')}`;
  throw new InputError(name, received, KINDS, 'ERR_RESULT');
}

/** The finding files of a hunt that are there, by signature: from `cwd`, else from the folder of its result. */
export function findingFilesOf(result: HuntResult, cwd: string, folder = cwd): Map<string, FindingFile> {
  const files = new Map<string, FindingFile>();
  for (const { signature, file } of result.findings) {
    if (file === null) continue;
    const found = readable(file, cwd) ?? readable(file, folder);
    // Another one may have taken its place since.
    if (found?.finding.signature === signature) files.set(signature, found);
  }
  return files;
}

function readable(file: string, cwd: string): FindingFile | undefined {
  try {
    return readFindingFile('finding', file, cwd);
  } catch {
    return undefined;
  }
}

function textOf(field: string, name: string, cwd: string): string {
  const refuse = (expected: string): never => {
    throw new InputError(field, name, expected, 'ERR_FILE');
  };
  try {
    const stats = statSync(resolve(cwd, name), { throwIfNoEntry: false });
    if (stats === undefined) return refuse('a file that exists');
    if (stats.isDirectory()) return refuse('a file, not a directory');
    if (!stats.isFile()) return refuse('a regular file');
    if (stats.size > RESULT_CHARS_MAX) return refuse(`a file of at most ${RESULT_CHARS_MAX} bytes, not ${stats.size}`);
    return readFileSync(resolve(cwd, name), 'utf8');
  } catch (error) {
    if (error instanceof InputError) throw error;
    return refuse(`a file that can be read (${reasonOf(error)})`);
  }
}
