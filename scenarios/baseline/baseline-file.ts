// The file in which a baseline is kept: what it holds, its text, and its text read again. It holds nothing that another
// machine or day would change. It must not know folders, nor how runs are made.

import { z } from 'zod';
import { InputError } from '../../sim/errors.ts';
import type { MetricResult } from '../../sim/metric-kinds.ts';
import { firstUnfit } from '../search/finding-errors.ts';
import { laidOut, sorted } from '../search/plain-data.ts';
import type { Offered, Verdict } from '../result.ts';
import type { ThresholdResult } from '../thresholds.ts';

/** The version of the file's form. */
export const BASELINE_FORMAT_VERSION = 1;

/** What a trace depends on beside its configuration. */
export interface Versions {
  readonly tool: string;
  /** The number that a seed's draws go by. */
  readonly drawVersion: number;
  /** Libraries whose other version may give another trace, by name. */
  readonly libraries: Readonly<Record<string, string>>;
}

/** A kept run that later ones are compared with. */
export interface Baseline {
  readonly formatVersion: typeof BASELINE_FORMAT_VERSION;
  readonly scenario: string;
  readonly profile: string;
  readonly seed: string;
  readonly clock: 'virtual' | 'wall';
  readonly side: string;
  readonly verdict: Verdict;
  readonly traceHash: string;
  readonly protocolHash: string;
  /** What users do; see workloadHash. */
  readonly workloadHash: string;
  readonly versions: Versions;
  /** Virtual time that passed, ms. */
  readonly durationMs: number;
  readonly offered: Offered;
  readonly thresholds: readonly ThresholdResult[];
  readonly metrics: readonly MetricResult[];
  /** Resolved, whole; of another version it may have other keys. */
  readonly config: Readonly<Record<string, unknown>>;
}

const words = z.string().min(1).max(1000);
const number = z.number();
const count = z.number().min(0);
const hash = z.string().regex(/^[0-9a-f]{16}$/, 'sixteen hexadecimal digits');
const metricName = z.string().regex(/^[a-z][a-z0-9_.-]*$/i, 'a metric’s name');

const trend = z.strictObject({
  count,
  min: count,
  mean: count,
  p50: count,
  p90: count,
  p95: count,
  p99: count,
  p999: count,
  max: count,
});
const metric = z.discriminatedUnion('type', [
  z.strictObject({ name: metricName, type: z.literal('trend'), values: trend }),
  z.strictObject({
    name: metricName,
    type: z.literal('rate'),
    values: z.strictObject({ rate: count, passes: count, total: count }),
  }),
  z.strictObject({
    name: metricName,
    type: z.literal('counter'),
    values: z.strictObject({ count, perSecond: count }),
  }),
  z.strictObject({
    name: metricName,
    type: z.literal('gauge'),
    values: z.strictObject({ count, value: number, min: number, max: number }),
  }),
]) satisfies z.ZodType<MetricResult>;

/** In the order in which a file has its parts: what a diff shows first, the configuration last. */
const schema = z.strictObject({
  formatVersion: z.literal(BASELINE_FORMAT_VERSION),
  scenario: words,
  profile: words,
  seed: words,
  clock: z.enum(['virtual', 'wall']),
  side: words,
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
  traceHash: hash,
  protocolHash: hash,
  workloadHash: hash,
  versions: z.strictObject({ tool: words, drawVersion: count, libraries: z.record(z.string(), words) }),
  durationMs: count,
  offered: z.strictObject({
    rate: count,
    achieved: count,
    band: z.strictObject({ requestsPerSecondMin: count, requestsPerSecondMax: count }).nullable(),
  }),
  thresholds: z.array(
    z.strictObject({ metric: metricName, expression: words, value: number.nullable(), ok: z.boolean() }),
  ),
  metrics: z.array(metric),
  config: z.record(z.string(), z.unknown()),
}) satisfies z.ZodType<Baseline>;

/** The name of the file of a scenario at a profile, in the baselines' folder. */
export function baselineName(profile: string, scenario: string): string {
  const safe = (name: string): string => name.replaceAll(/[^A-Za-z0-9_-]+/g, '_');
  return `${safe(profile)}.${safe(scenario)}.json`;
}

/** What is kept of a run. */
export type Kept = Omit<Baseline, 'formatVersion' | 'workloadHash' | 'versions' | 'config'> & {
  readonly config: object;
};

/** The baseline of a run. */
export function baselineOf(run: Kept, workloadHash: string, versions: Versions): Baseline {
  const { scenario, profile, seed, clock, side, verdict, traceHash, protocolHash, durationMs, offered } = run;
  return {
    formatVersion: BASELINE_FORMAT_VERSION,
    scenario,
    profile,
    seed,
    clock,
    side,
    verdict,
    traceHash,
    protocolHash,
    workloadHash,
    versions,
    durationMs,
    offered,
    thresholds: run.thresholds,
    metrics: run.metrics,
    config: { ...run.config },
  };
}

/** The text of a baseline's file; the same for equal baselines. */
export function baselineText(baseline: Baseline): string {
  const { tool, drawVersion, libraries } = baseline.versions;
  const kept = { ...baseline, versions: { tool, drawVersion, libraries: sorted(libraries) } };
  const parts = Object.entries(schema.parse(kept)).map(([key, value]) => {
    // A figure a line, so that a diff reads as one.
    const items = Array.isArray(value) ? value.map((item) => `\n    ${JSON.stringify(item)}`) : [];
    const text = items.length > 0 ? `[${items.join(',')}\n  ]` : laidOut(value, '  ');
    return `  ${JSON.stringify(key)}: ${text}`;
  });
  return `{\n${parts.join(',\n')}\n}\n`;
}

/**
 * The baseline that a text holds.
 * @param name the file's, for messages
 * @throws InputError (`ERR_BASELINE`) that says in one line what is wrong, and where
 */
export function parseBaseline(name: string, text: string): Baseline {
  let raw: unknown;
  try {
    raw = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw refusal(name, '', text.slice(0, 40), 'a baseline in JSON');
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw refusal(name, '', raw, 'a baseline');
  const unfit = firstUnfit(raw);
  if (unfit !== undefined) throw refusal(name, unfit.place, undefined, unfit.expected);
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    throw refusal(name, placeOf([...issue.path, issue.keys[0]!]), undefined, 'no such key');
  }
  throw refusal(name, placeOf(issue.path), valueAt(raw, issue.path), expectation(issue));
}

function refusal(name: string, place: string, received: unknown, expected: string): InputError {
  return new InputError(
    place === '' ? name : place,
    received,
    place === '' ? expected : `${expected} (in ${name})`,
    CODE,
  );
}

const CODE = 'ERR_BASELINE';

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `a value of type ${issue.expected}`;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return issue.origin === 'string' ? 'a text that is not empty' : `a number ≥ ${issue.minimum}`;
    default:
      return issue.message;
  }
}

function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at === 0 ? '' : '.'}${String(key)}`))
    .join('');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}
