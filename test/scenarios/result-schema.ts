// The form of a result file, strict at every depth: what other tools may rely on.
import { z } from 'zod';
import { configSchema } from '../../scenarios/config-schema.ts';

const count = z.int().min(0);
const ms = z.number().min(0);
const share = z.number().min(0).max(1);
const hash = z.string().regex(/^[0-9a-f]{16}$/);
const counts = z.record(z.string(), count);

const metric = z.discriminatedUnion('type', [
  z.strictObject({
    name: z.string(),
    type: z.literal('trend'),
    values: z
      .strictObject({ count, min: ms, mean: ms, p50: ms, p90: ms, p95: ms, p99: ms, p999: ms, max: ms })
      .refine(({ min, p50, p90, p95, p99, p999, max }) => {
        const ascending = [min, p50, p90, p95, p99, p999, max];
        return ascending.every((value, index) => index === 0 || value >= ascending[index - 1]!);
      }, 'percentiles ascend'),
  }),
  z.strictObject({
    name: z.string(),
    type: z.literal('rate'),
    values: z.strictObject({ rate: share, passes: count, total: count }),
  }),
  z.strictObject({
    name: z.string(),
    type: z.literal('counter'),
    values: z.strictObject({ count, perSecond: z.number().min(0) }),
  }),
  z.strictObject({
    name: z.string(),
    type: z.literal('gauge'),
    values: z.strictObject({ count, value: z.number(), min: z.number(), max: z.number() }),
  }),
]);

const finding = z.strictObject({
  oracle: z.string(),
  kind: z.enum(['safety', 'liveness']),
  signature: z.string(),
  atUs: count,
  event: count,
  devices: z.array(count),
  documents: z.array(z.string()),
  detail: z.record(z.string(), z.unknown()),
});

const stretch = z.strictObject({
  fromMs: ms,
  toMs: ms,
  sentPerSecond: ms,
  goodputPerSecond: ms,
  goodShare: share,
  p95Ms: ms,
});

export const resultSchema = z.strictObject({
  schemaVersion: z.literal(1),
  tool: z.strictObject({ name: z.literal('squall'), version: z.string().regex(/^\d+\.\d+\.\d+$/) }),
  runtime: z.strictObject({ node: z.string(), v8: z.string(), lockHash: z.string() }),
  seed: z.string().min(1),
  scenario: z.string().min(1),
  profile: z.string().min(1),
  config: configSchema,
  clock: z.enum(['virtual', 'wall']),
  side: z.string().regex(/^(model|inject|spawn|https?:\/\/.+)$/),
  durationMs: ms,
  wallMs: count,
  events: count,
  traceHash: hash,
  protocolHash: hash,
  offered: z.strictObject({
    rate: z.number().min(0),
    achieved: z.number().min(0),
    band: z
      .strictObject({ requestsPerSecondMin: z.number().min(0), requestsPerSecondMax: z.number().min(0) })
      .nullable(),
  }),
  load: z
    .strictObject({
      scheduleErrorMs: z.strictObject({ p50: ms, p99: ms, max: ms }),
      reasons: z.array(z.string().min(1)),
    })
    .optional(),
  metrics: z.array(metric),
  thresholds: z.array(
    z.strictObject({ metric: z.string(), expression: z.string(), value: z.number().nullable(), ok: z.boolean() }),
  ),
  findings: z.array(finding),
  faults: counts,
  marks: counts,
  timeline: z.strictObject({
    windowMs: z.number().positive(),
    phases: z.array(
      z.strictObject({ name: z.enum(['ramp up', 'hold', 'ramp down', 'drain']), startMs: ms, endMs: ms }),
    ),
    series: z.record(
      z.enum([
        'requestsPerSecond',
        'p50Ms',
        'p95Ms',
        'p99Ms',
        'errorsPerSecond',
        'outstandingConflicts',
        'relayQueue',
        'relayUse',
      ]),
      z.array(z.number().min(0)),
    ),
    faults: z.record(z.string(), z.array(count)),
  }),
  histograms: z.array(
    z.strictObject({
      metric: z.string(),
      phase: z.string(),
      startMs: ms,
      endMs: ms,
      hdr: z.string().regex(/^[A-Za-z0-9+/]+=*$/),
    }),
  ),
  recovery: z
    .strictObject({
      verdict: z.enum(['recovered', 'metastable', 'unknown']),
      reason: z.string().min(1),
      before: stretch.optional(),
      after: stretch.optional(),
    })
    .optional(),
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
