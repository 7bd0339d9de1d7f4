// A run's result as it stands in a file: its text read again. What is read is data and is never run; other versions may
// have other keys. It must not know folders, nor what is done with a result.

import { z } from 'zod';
import { InputError } from '../sim/errors.ts';
import type { Result } from './result.ts';
import { errorOfIssue } from './search/finding-errors.ts';
import { extentOf } from './search/plain-data.ts';
import type { PhaseHistogram, Timeline } from './timeline.ts';

/** A run's result as it stands in a file: of another version it may have other keys, or lack the latest parts. */
export type StoredResult = Omit<Result, 'config' | 'timeline' | 'histograms'> & {
  readonly config: Readonly<Record<string, unknown>>;
  readonly timeline?: Timeline;
  readonly histograms?: readonly PhaseHistogram[];
};

/** A result as it would stand in a file. */
export function storedResult(result: Result): StoredResult {
  return { ...result, config: { ...result.config } };
}

/** Longest text that is read, in characters; a reader looks at a file's size before it reads it. */
export const RESULT_CHARS_MAX = 64 * 1024 * 1024;

/** Deepest nesting, and most lists and objects: beyond, reading would take all memory. */
const DEPTH_MAX = 64;
const HOLDERS_MAX = 5_000_000;

const text = z.string();
const number = z.number();
const counts = z.record(text, number);
const values = (names: readonly string[]): z.ZodType =>
  z.looseObject(Object.fromEntries(names.map((name) => [name, number])));

/** What stands at the head of every result. */
export const headSchema = {
  schemaVersion: z.literal(1),
  tool: z.looseObject({ name: text, version: text }),
  runtime: z.looseObject({ node: text, v8: text, lockHash: text }),
};

export const findingSchema = z.looseObject({
  oracle: text.min(1),
  kind: z.enum(['safety', 'liveness']),
  signature: text,
  atUs: number,
  event: number,
  devices: z.array(number),
  documents: z.array(text),
  detail: z.record(text, z.unknown()),
});

export const thresholdSchema = z.looseObject({
  metric: text,
  expression: text,
  value: number.nullable(),
  ok: z.boolean(),
});

const metric = z.discriminatedUnion('type', [
  z.looseObject({
    name: text,
    type: z.literal('trend'),
    values: values(['count', 'min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'max']),
  }),
  z.looseObject({ name: text, type: z.literal('rate'), values: values(['rate', 'passes', 'total']) }),
  z.looseObject({ name: text, type: z.literal('counter'), values: values(['count', 'perSecond']) }),
  z.looseObject({ name: text, type: z.literal('gauge'), values: values(['count', 'value', 'min', 'max']) }),
]);

const column = z.array(number);

const timeline = z.looseObject({
  windowMs: number.positive(),
  phases: z.array(z.looseObject({ name: text, startMs: number, endMs: number })),
  series: z.looseObject({
    requestsPerSecond: column,
    p50Ms: column,
    p95Ms: column,
    p99Ms: column,
    errorsPerSecond: column,
    outstandingConflicts: column,
    relayQueue: column,
    relayUse: column,
  }),
  faults: z.record(text, column),
});

const stretch = z.looseObject({ fromMs: number, toMs: number, goodputPerSecond: number, p95Ms: number });

const recovery = z.looseObject({
  verdict: z.enum(['recovered', 'metastable', 'unknown']),
  reason: text,
  before: stretch.exactOptional(),
  after: stretch.exactOptional(),
});

const schema = z.looseObject({
  ...headSchema,
  seed: text,
  scenario: text,
  profile: text,
  config: z.record(text, z.unknown()),
  clock: z.enum(['virtual', 'wall']),
  side: text,
  durationMs: number,
  wallMs: number,
  events: number,
  traceHash: text,
  protocolHash: text,
  offered: z.looseObject({
    rate: number,
    achieved: number,
    band: z.looseObject({ requestsPerSecondMin: number, requestsPerSecondMax: number }).nullable(),
  }),
  load: z
    .looseObject({ scheduleErrorMs: z.looseObject({ p50: number, p99: number, max: number }), reasons: z.array(text) })
    .exactOptional(),
  metrics: z.array(metric),
  thresholds: z.array(thresholdSchema),
  findings: z.array(findingSchema),
  faults: counts,
  marks: counts,
  timeline: timeline.exactOptional(),
  histograms: z
    .array(z.looseObject({ metric: text, phase: text, startMs: number, endMs: number, hdr: text }))
    .exactOptional(),
  recovery: recovery.exactOptional(),
  verdict: z.enum([
    'passed',
    'safety',
    'liveness',
    'inconclusive',
    'threshold',
    'metastable',
    'interrupted',
    'nondeterministic',
  ]),
});

/**
 * The result of a run that a text holds. Keys that are not known are kept.
 * @param name the file's, for messages
 * @throws InputError (`ERR_RESULT`) that says in one line what is wrong, whatever the text is
 */
export function parseResult(name: string, json: string): StoredResult {
  const raw = jsonObject(name, json);
  checkResult(name, raw, schema);
  return raw as unknown as StoredResult;
}

/**
 * The object that a text of JSON holds, unchecked but for its size and depth.
 * @throws InputError (`ERR_RESULT`) where it is none
 */
export function jsonObject(name: string, json: string): Record<string, unknown> {
  const refuse = (received: unknown, expected: string): never => {
    throw new InputError(name, received, expected, 'ERR_RESULT');
  };
  if (json.length > RESULT_CHARS_MAX) refuse(`${json.length} characters`, `at most ${RESULT_CHARS_MAX}`);
  const { depth, holders } = extentOf(json);
  if (depth > DEPTH_MAX) refuse(`lists and objects ${depth} deep`, `at most ${DEPTH_MAX}`);
  if (holders > HOLDERS_MAX) refuse(`${holders} lists and objects`, `at most ${HOLDERS_MAX}`);
  let value: unknown;
  try {
    // Some editors begin a file with a byte order mark.
    value = JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch {
    refuse(json.slice(0, 40), 'a file of whole JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(value, 'an object, as squall writes it');
  }
  return value as Record<string, unknown>;
}

/**
 * Checks data by a schema; keys that nobody knows stay where they are.
 * @throws InputError (`ERR_RESULT`) at the place that is wrong
 */
export function checkResult(name: string, raw: Record<string, unknown>, wanted: z.ZodType): void {
  const checked = wanted.safeParse(raw);
  if (checked.success) return;
  const { field, received, expected } = errorOfIssue(name, checked.error.issues[0]!, raw);
  throw new InputError(field, received, expected, 'ERR_RESULT');
}
