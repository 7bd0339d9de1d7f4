// The wire protocol, versions 1.0.0 and 1.1.0, as zod schemas and the types that follow from them, with the catalogue of
// error codes. Must not know who sends, stores or counts a message.

import { z } from 'zod';

/** The published version: no ledger, and a client's timestamp for a cursor. */
export const PROTOCOL_1_0 = '1.0.0';
/** The version with ledgers, opaque cursors and snapshots. */
export const PROTOCOL_1_1 = '1.1.0';

/** A dialect, as a person names it. */
export type Dialect = '1.0' | '1.1';

/** What stands in `protocol_version` of a dialect. */
export const PROTOCOL_VERSIONS = { '1.0': PROTOCOL_1_0, '1.1': PROTOCOL_1_1 } as const satisfies Record<
  Dialect,
  string
>;

/** Most changes in one push; a client's batch is 10, the largest import of the workload 29. */
export const PUSH_CHANGES_MAX = 1000;
/** Most changes on one page of a pull. */
export const PULL_PAGE_MAX = 100;
/** A header of pulls with which a client asks for pages of fewer changes; relays need not know it. */
export const PAGE_SIZE_HEADER = 'squall-page-size';
/** Most bytes of a request's body: the published relay's 10 MB. */
export const REQUEST_BYTES_MAX = 10 * 1024 * 1024;
/** Longest id of a device, ledger, actor, entity or change. */
export const ID_LENGTH_MAX = 128;
/** Longest cursor. */
export const CURSOR_LENGTH_MAX = 256;
/** Most devices in one version vector. */
export const VECTOR_SIZE_MAX = 10_000;

/** Every code of an error body, with its HTTP status. FORBIDDEN, CURSOR_AHEAD and UNAVAILABLE came with 1.1.0. */
export const ERROR_STATUS = {
  INVALID_REQUEST: 400,
  PROTOCOL_MISMATCH: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  CURSOR_AHEAD: 409,
  PAYLOAD_TOO_LARGE: 413,
  RATE_LIMIT_EXCEEDED: 429,
  DATABASE_ERROR: 500,
  INTERNAL_ERROR: 500,
  UNAVAILABLE: 503,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

export const ERROR_CODES = Object.keys(ERROR_STATUS) as readonly ErrorCode[];

const BASE64_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64_VALUE = new Int8Array(128).fill(-1);
for (let index = 0; index < 64; index += 1) BASE64_VALUE[BASE64_ALPHABET.charCodeAt(index)] = index;

/**
 * True for the one base64 text of some bytes (RFC 4648, section 4: padded, unused bits zero), so that equal payloads
 * have equal texts. One pass without a regular expression: payloads of megabytes overflow the stack of one.
 */
export function isBase64(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const end = text.length - padding;
  let value = 0;
  for (let index = 0; index < end; index += 1) {
    value = BASE64_VALUE[text.charCodeAt(index)] ?? -1;
    if (value < 0) return false;
  }
  return padding === 0 || (padding === 1 ? (value & 3) === 0 : (value & 15) === 0);
}

// In requests texts are strict: printable ASCII that JSON need not escape, and no name that is a trap in a plain object.
const id = z
  .string()
  .min(1)
  .max(ID_LENGTH_MAX)
  .regex(/^(?!__proto__$)[A-Za-z0-9._:-]+$/, 'must be letters, digits or . _ : -');
const entityType = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9_-]+$/, 'must be letters, digits, _ or -');
const cursor = z
  .string()
  .min(1)
  .max(CURSOR_LENGTH_MAX)
  .regex(/^[!#-[\]-~]+$/, 'must be printable ASCII');
const whole = z.int().min(0);
const payload = z.string().min(1).max(REQUEST_BYTES_MAX).refine(isBase64, 'must be base64');
const vector = z
  .record(id, whole)
  .refine((counts) => Object.keys(counts).length <= VECTOR_SIZE_MAX, `must name at most ${VECTOR_SIZE_MAX} devices`);

// In responses texts are bounded and no more: a relay may know ids that other programs made.
const text = z.string().max(1024);

const editOperation = z.enum(['CREATE', 'UPDATE', 'DELETE']);

// 1.0 drops keys that it does not know, as the published relay does.

const change10 = z.object({
  id,
  entity_type: entityType,
  entity_id: id,
  operation: editOperation,
  encrypted_payload: payload,
  version_vector: vector,
  timestamp: whole,
  device_id: id.exactOptional(),
});

export const pushRequest10 = z.object({
  protocol_version: z.literal(PROTOCOL_1_0),
  device_id: id,
  timestamp: whole,
  changes: z.array(change10).max(PUSH_CHANGES_MAX),
});

export const pullRequest10 = z.object({
  protocol_version: z.literal(PROTOCOL_1_0),
  device_id: id,
  since_timestamp: whole,
  sync_vector: vector,
});

// 1.1 refuses keys that it does not know: a relay must never come to hold what a client did not mean to send in the clear.

const writtenChange11 = {
  id,
  entity_type: entityType,
  entity_id: id,
  encrypted_payload: payload,
  timestamp: whole,
  actor: id,
  sequence: whole,
  seen_cursor: cursor.exactOptional(),
};

const change11 = z.discriminatedUnion('operation', [
  z.strictObject({ ...writtenChange11, operation: editOperation }),
  z.strictObject({ ...writtenChange11, operation: z.literal('SNAPSHOT'), covers: cursor }),
]);

export const pushRequest11 = z.strictObject({
  protocol_version: z.literal(PROTOCOL_1_1),
  ledger_id: id,
  device_id: id,
  timestamp: whole,
  changes: z.array(change11).max(PUSH_CHANGES_MAX),
});

export const pullRequest11 = z.strictObject({
  protocol_version: z.literal(PROTOCOL_1_1),
  ledger_id: id,
  device_id: id,
  cursor: cursor.exactOptional(),
});

// Responses of either version may carry keys of a later one; they are dropped.

function pushResponse<const Version extends string>(version: Version) {
  return z.object({
    protocol_version: z.literal(version),
    success: z.boolean(),
    accepted: z.array(text).max(PUSH_CHANGES_MAX),
    rejected: z.array(z.object({ id: text, reason: text })).max(PUSH_CHANGES_MAX),
    timestamp: whole,
  });
}

export const pushResponse10 = pushResponse(PROTOCOL_1_0);
export const pushResponse11 = pushResponse(PROTOCOL_1_1);

const pulledText = text.min(1);

const pulledChange10 = z.object({
  id: pulledText,
  entity_type: pulledText,
  entity_id: pulledText,
  operation: editOperation,
  encrypted_payload: z.string().refine(isBase64, 'must be base64'),
  version_vector: z.record(text, whole),
  timestamp: whole,
  device_id: pulledText.exactOptional(),
});

const deliveredChange11 = {
  id: pulledText,
  entity_type: pulledText,
  entity_id: pulledText,
  encrypted_payload: z.string().refine(isBase64, 'must be base64'),
  timestamp: whole,
  actor: pulledText,
  sequence: whole,
  seen_cursor: cursor.exactOptional(),
  cursor,
};

const pulledChange11 = z.discriminatedUnion('operation', [
  z.object({ ...deliveredChange11, operation: editOperation }),
  z.object({ ...deliveredChange11, operation: z.literal('SNAPSHOT'), covers: cursor }),
]);

export const pullResponse10 = z.object({
  protocol_version: z.literal(PROTOCOL_1_0),
  changes: z.array(pulledChange10).max(PULL_PAGE_MAX),
  has_more: z.boolean(),
  timestamp: whole,
});

export const pullResponse11 = z.object({
  protocol_version: z.literal(PROTOCOL_1_1),
  changes: z.array(pulledChange11).max(PULL_PAGE_MAX),
  /** Where the next pull begins; the one that was presented, where there was nothing new. */
  cursor,
  has_more: z.boolean(),
  timestamp: whole,
});

export const errorBody = z.object({
  error: z.object({
    /** One of `ERROR_CODES`, or a code that only a foreign relay knows. */
    code: pulledText,
    message: z.string().max(10_000),
    details: z.unknown().exactOptional(),
  }),
  timestamp: whole,
});

const measure = z.number().min(0);

export const healthResponse = z.object({
  status: z.enum(['ok', 'degraded', 'error']),
  timestamp: whole,
  region: text.exactOptional(),
  version: text.exactOptional(),
  database: z.object({ status: z.enum(['ok', 'error']), latency_ms: measure.exactOptional() }).exactOptional(),
  uptime_seconds: measure.exactOptional(),
});

export const versionResponse = z.object({
  protocol_version: pulledText,
  server_version: pulledText,
  environment: text.exactOptional(),
  timestamp: whole,
});

export const regionsResponse = z.object({
  regions: z
    .array(
      z.object({
        id: pulledText,
        name: pulledText,
        location: text.exactOptional(),
        endpoint: text.exactOptional(),
        status: z.enum(['online', 'offline', 'degraded']),
        latency_ms: measure.exactOptional(),
      }),
    )
    .max(1000),
  timestamp: whole,
});

export const slaResponse = z.object({
  /** 0–100. */
  uptime_percentage: measure.max(100),
  total_requests: whole,
  successful_requests: whole,
  failed_requests: whole,
  avg_response_time_ms: measure,
  p95_response_time_ms: measure,
  p99_response_time_ms: measure,
  period_start: whole,
  period_end: whole,
});

export type Change10 = z.infer<typeof change10>;
export type Change11 = z.infer<typeof change11>;
export type PulledChange11 = z.infer<typeof pulledChange11>;
export type PushRequest10 = z.infer<typeof pushRequest10>;
export type PushRequest11 = z.infer<typeof pushRequest11>;
export type PullRequest10 = z.infer<typeof pullRequest10>;
export type PullRequest11 = z.infer<typeof pullRequest11>;
export type PushResponse10 = z.infer<typeof pushResponse10>;
export type PushResponse11 = z.infer<typeof pushResponse11>;
export type PullResponse10 = z.infer<typeof pullResponse10>;
export type PullResponse11 = z.infer<typeof pullResponse11>;
export type ErrorBody = z.infer<typeof errorBody>;
export type HealthResponse = z.infer<typeof healthResponse>;
export type VersionResponse = z.infer<typeof versionResponse>;
export type RegionsResponse = z.infer<typeof regionsResponse>;
export type SlaResponse = z.infer<typeof slaResponse>;

/** The bodies of a dialect. */
export type PushRequest<D extends Dialect = Dialect> = D extends '1.0' ? PushRequest10 : PushRequest11;
export type PullRequest<D extends Dialect = Dialect> = D extends '1.0' ? PullRequest10 : PullRequest11;
export type PushResponse<D extends Dialect = Dialect> = D extends '1.0' ? PushResponse10 : PushResponse11;
export type PullResponse<D extends Dialect = Dialect> = D extends '1.0' ? PullResponse10 : PullResponse11;
