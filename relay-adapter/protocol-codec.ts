// Bodies of the protocol to text and back. Encoding puts keys in one order, so that one body is one text; decoding takes
// anything, never throws, and says what is wrong in a coded error. Must not know HTTP, nor what a relay does with a body.

import { z } from 'zod';
import {
  ERROR_STATUS,
  PROTOCOL_VERSIONS,
  PUSH_CHANGES_MAX,
  REQUEST_BYTES_MAX,
  errorBody,
  healthResponse,
  pullRequest10,
  pullRequest11,
  pullResponse10,
  pullResponse11,
  pushRequest10,
  pushRequest11,
  pushResponse10,
  pushResponse11,
  regionsResponse,
  slaResponse,
  versionResponse,
} from './protocol.ts';
import type {
  Change10,
  Change11,
  Dialect,
  ErrorBody,
  ErrorCode,
  HealthResponse,
  PulledChange11,
  PullRequest,
  PullResponse,
  PushRequest,
  PushResponse,
  RegionsResponse,
  SlaResponse,
  VersionResponse,
} from './protocol.ts';

/** What a relay answers instead of a response. */
export interface ProtocolError {
  code: ErrorCode;
  /** The HTTP status that belongs to the code. */
  status: number;
  message: string;
  details?: unknown;
}

/** A response that is none: what a client says of a relay that does not speak the protocol. */
export interface ResponseError {
  code: 'INVALID_RESPONSE';
  /** 502, as a gateway would say. */
  status: 502;
  message: string;
  details?: unknown;
}

export type Decoded<T, E = ProtocolError> = { ok: true; value: T } | { ok: false; error: E };

/** One thing that is wrong with a body, in `details` of an error. */
export interface BodyIssue {
  /** Where: `changes.0.id`; the whole body is the empty text. */
  path: string;
  message: string;
}

/** Most issues that an error names, and the longest text of each. */
const ISSUES_MAX = 10;
const ISSUE_TEXT_MAX = 200;

/** An error of a code, with the status that belongs to it. */
export function protocolError(code: ErrorCode, message: string, details?: unknown): ProtocolError {
  const error = { code, status: ERROR_STATUS[code], message };
  return details === undefined ? error : { ...error, details };
}

/**
 * The body of an error.
 * @param timestampMs the relay's clock, milliseconds since 1970
 */
export function toErrorBody(error: ProtocolError, timestampMs: number): ErrorBody {
  const { code, message, details } = error;
  return { error: details === undefined ? { code, message } : { code, message, details }, timestamp: timestampMs };
}

function shorten(text: string): string {
  return text.length <= ISSUE_TEXT_MAX ? text : `${text.slice(0, ISSUE_TEXT_MAX - 3)}...`;
}

function issuesOf(error: z.ZodError): BodyIssue[] {
  return error.issues
    .slice(0, ISSUES_MAX)
    .map((issue) => ({ path: shorten(issue.path.map(String).join('.')), message: shorten(issue.message) }));
}

function sentence(what: string, issues: readonly BodyIssue[]): string {
  const first = issues[0];
  if (first === undefined) return `${what} is not valid`;
  return first.path === '' ? `${what}: ${first.message}` : `${what}: ${first.path}: ${first.message}`;
}

type Parsed<T> = { ok: true; value: T } | { ok: false; message: string; issues: BodyIssue[] };

function parseText(what: string, input: unknown): Parsed<unknown> {
  if (typeof input !== 'string') return { ok: true, value: input };
  try {
    return { ok: true, value: JSON.parse(input) as unknown };
  } catch {
    return { ok: false, message: `${what} is not JSON`, issues: [] };
  }
}

function parseBody<T>(schema: z.ZodType<T>, what: string, input: unknown): Parsed<T> {
  const result = schema.safeParse(input);
  if (result.success) return { ok: true, value: result.data };
  const issues = issuesOf(result.error);
  return { ok: false, message: sentence(what, issues), issues };
}

function readVersion(body: unknown): unknown {
  const isRecord = typeof body === 'object' && body !== null && Object.hasOwn(body, 'protocol_version');
  return isRecord ? (body as { protocol_version: unknown }).protocol_version : undefined;
}

function decodeRequest<T>(schema: z.ZodType<T>, what: string, dialect: Dialect, input: unknown): Decoded<T> {
  if (typeof input === 'string' && Buffer.byteLength(input) > REQUEST_BYTES_MAX) {
    const details = { max_size_bytes: REQUEST_BYTES_MAX, actual_size_bytes: Buffer.byteLength(input) };
    return {
      ok: false,
      error: protocolError('PAYLOAD_TOO_LARGE', `${what} is larger than ${REQUEST_BYTES_MAX} bytes`, details),
    };
  }
  const body = parseText(what, input);
  if (!body.ok) return { ok: false, error: protocolError('INVALID_REQUEST', body.message) };
  const version = readVersion(body.value);
  if (typeof version === 'string' && version !== PROTOCOL_VERSIONS[dialect]) {
    const details = { server_version: PROTOCOL_VERSIONS[dialect], client_version: shorten(version) };
    const message = `${what} speaks ${shorten(version)}, this relay ${PROTOCOL_VERSIONS[dialect]}`;
    return { ok: false, error: protocolError('PROTOCOL_MISMATCH', message, details) };
  }
  const parsed = parseBody(schema, what, body.value);
  return parsed.ok ? parsed : { ok: false, error: protocolError('INVALID_REQUEST', parsed.message, parsed.issues) };
}

function decodeResponse<T>(schema: z.ZodType<T>, what: string, input: unknown): Decoded<T, ResponseError> {
  const body = parseText(what, input);
  const parsed = body.ok ? parseBody(schema, what, body.value) : body;
  if (parsed.ok) return parsed;
  return {
    ok: false,
    error: { code: 'INVALID_RESPONSE', status: 502, message: parsed.message, details: parsed.issues },
  };
}

/** Reads the body of a push, given as text or as parsed JSON. Texts above 10 MB are refused unread. */
export function decodePushRequest<D extends Dialect>(input: unknown, dialect: D): Decoded<PushRequest<D>> {
  const schema = dialect === '1.0' ? pushRequest10 : pushRequest11;
  return decodeRequest(schema as unknown as z.ZodType<PushRequest<D>>, 'push', dialect, input);
}

/** Reads the body of a pull, given as text or as parsed JSON. */
export function decodePullRequest<D extends Dialect>(input: unknown, dialect: D): Decoded<PullRequest<D>> {
  const schema = dialect === '1.0' ? pullRequest10 : pullRequest11;
  return decodeRequest(schema as unknown as z.ZodType<PullRequest<D>>, 'pull', dialect, input);
}

/** A push whose changes have still to be read, one by one. */
export type PushEnvelope<D extends Dialect = Dialect> = D extends Dialect
  ? Omit<PushRequest<D>, 'changes'> & { changes: unknown[] }
  : never;
/** A change of a push, of a dialect. */
export type PushedChange<D extends Dialect = Dialect> = D extends '1.0' ? Change10 : Change11;

const unread = { changes: z.array(z.unknown()).max(PUSH_CHANGES_MAX) };
const pushEnvelopes = { '1.0': pushRequest10.extend(unread), '1.1': pushRequest11.extend(unread) };
const pushedChanges = { '1.0': pushRequest10.shape.changes.element, '1.1': pushRequest11.shape.changes.element };

/** Reads what stands around the changes of a push, so that each of them can be refused by itself. */
export function decodePushEnvelope<D extends Dialect>(input: unknown, dialect: D): Decoded<PushEnvelope<D>> {
  return decodeRequest(pushEnvelopes[dialect] as unknown as z.ZodType<PushEnvelope<D>>, 'push', dialect, input);
}

/** Reads one change of a push, given as parsed JSON. */
export function decodeChange<D extends Dialect>(input: unknown, dialect: D): Decoded<PushedChange<D>> {
  const parsed = parseBody(pushedChanges[dialect] as unknown as z.ZodType<PushedChange<D>>, 'change', input);
  return parsed.ok ? parsed : { ok: false, error: protocolError('INVALID_REQUEST', parsed.message, parsed.issues) };
}

/** Reads the id of a device, ledger or change. @param what names it in the error */
export function decodeId(input: unknown, what: string): Decoded<string> {
  const parsed = parseBody(pushRequest11.shape.device_id, what, input);
  return parsed.ok ? parsed : { ok: false, error: protocolError('INVALID_REQUEST', parsed.message, parsed.issues) };
}

/** Reads a relay's answer to a push; keys that the dialect does not know are dropped. */
export function decodePushResponse<D extends Dialect>(
  input: unknown,
  dialect: D,
): Decoded<PushResponse<D>, ResponseError> {
  const schema = dialect === '1.0' ? pushResponse10 : pushResponse11;
  return decodeResponse(schema as unknown as z.ZodType<PushResponse<D>>, 'push response', input);
}

/** Reads a relay's answer to a pull; keys that the dialect does not know are dropped. */
export function decodePullResponse<D extends Dialect>(
  input: unknown,
  dialect: D,
): Decoded<PullResponse<D>, ResponseError> {
  const schema = dialect === '1.0' ? pullResponse10 : pullResponse11;
  return decodeResponse(schema as unknown as z.ZodType<PullResponse<D>>, 'pull response', input);
}

/** Reads the body of an error; its code may be one that only a foreign relay knows. */
export function decodeErrorBody(input: unknown): Decoded<ErrorBody, ResponseError> {
  return decodeResponse(errorBody, 'error', input);
}

/** Reads the answer to `GET /health`. */
export function decodeHealth(input: unknown): Decoded<HealthResponse, ResponseError> {
  return decodeResponse(healthResponse, 'health', input);
}

/** Reads the answer to `GET /version`. */
export function decodeVersion(input: unknown): Decoded<VersionResponse, ResponseError> {
  return decodeResponse(versionResponse, 'version', input);
}

/** Reads the answer to `GET /regions`. */
export function decodeRegions(input: unknown): Decoded<RegionsResponse, ResponseError> {
  return decodeResponse(regionsResponse, 'regions', input);
}

/** Reads the answer to `GET /metrics/sla`. */
export function decodeSla(input: unknown): Decoded<SlaResponse, ResponseError> {
  return decodeResponse(slaResponse, 'sla', input);
}

/** The vector with its keys sorted. */
function orderVector(vector: Readonly<Record<string, number>>): Record<string, number> {
  const ordered = Object.create(null) as Record<string, number>;
  for (const device of Object.keys(vector).sort()) ordered[device] = vector[device] ?? 0;
  return ordered;
}

// JSON leaves out keys whose value is undefined: so an optional key has its place in the order all the same.

function orderChange(change: Change10 | Change11 | PulledChange11): object {
  const { id, entity_type, entity_id, operation, encrypted_payload, timestamp } = change;
  const head = { id, entity_type, entity_id, operation, encrypted_payload };
  if ('version_vector' in change) {
    return { ...head, version_vector: orderVector(change.version_vector), timestamp, device_id: change.device_id };
  }
  const { actor, sequence, seen_cursor } = change;
  const covers = change.operation === 'SNAPSHOT' ? change.covers : undefined;
  const cursor = 'cursor' in change ? change.cursor : undefined;
  return { ...head, timestamp, actor, sequence, seen_cursor, covers, cursor };
}

/** The text of one change, as it stands in a push or on a page of a pull. */
export function encodeChange(change: Change10 | Change11 | PulledChange11): string {
  return JSON.stringify(orderChange(change));
}

/** The text of a push; the dialect is that of its `protocol_version`. */
export function encodePushRequest(request: PushRequest): string {
  const { protocol_version, device_id, timestamp } = request;
  const ledger_id = 'ledger_id' in request ? request.ledger_id : undefined;
  return JSON.stringify({
    protocol_version,
    ledger_id,
    device_id,
    timestamp,
    changes: request.changes.map(orderChange),
  });
}

/** The text of a pull. */
export function encodePullRequest(request: PullRequest): string {
  if ('since_timestamp' in request) {
    const { protocol_version, device_id, since_timestamp, sync_vector } = request;
    return JSON.stringify({ protocol_version, device_id, since_timestamp, sync_vector: orderVector(sync_vector) });
  }
  const { protocol_version, ledger_id, device_id, cursor } = request;
  return JSON.stringify({ protocol_version, ledger_id, device_id, cursor });
}

/** The text of an answer to a push. */
export function encodePushResponse(response: PushResponse): string {
  const { protocol_version, success, accepted, timestamp } = response;
  const rejected = response.rejected.map(({ id, reason }) => ({ id, reason }));
  return JSON.stringify({ protocol_version, success, accepted, rejected, timestamp });
}

/** The text of an answer to a pull. */
export function encodePullResponse(response: PullResponse): string {
  const { protocol_version, has_more, timestamp } = response;
  const changes = response.changes.map(orderChange);
  const cursor = 'cursor' in response ? response.cursor : undefined;
  return JSON.stringify({ protocol_version, changes, cursor, has_more, timestamp });
}

/** The text of an error. */
export function encodeErrorBody(body: ErrorBody): string {
  const { code, message, details } = body.error;
  return JSON.stringify({ error: { code, message, details }, timestamp: body.timestamp });
}
