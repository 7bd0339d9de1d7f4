// How many bytes a body of the protocol has, from a few numbers and without making its text: exact, for ids of the
// lengths of models/identity and for texts that JSON need not escape. Runs for each message. Must not know the messages.

import { ACTOR_ID_LENGTH, CHANGE_ID_LENGTH, DEVICE_ID_LENGTH, LEDGER_ID_LENGTH } from '../models/identity.ts';
import type { Dialect } from './protocol.ts';
import { PROTOCOL_1_0, PROTOCOL_1_1 } from './protocol.ts';
import {
  encodeChange,
  encodeErrorBody,
  encodePullRequest,
  encodePullResponse,
  encodePushRequest,
  encodePushResponse,
} from './protocol-codec.ts';

// The fixed part of each body is measured once, on a body of the codec whose variable parts are empty, less the one
// digit that an empty number has.

const DEVICE = 'd'.repeat(DEVICE_ID_LENGTH);
const LEDGER = 'l'.repeat(LEDGER_ID_LENGTH);

const blankChange = {
  entity_type: '',
  entity_id: '',
  operation: 'CREATE',
  encrypted_payload: '',
  timestamp: 0,
} as const;
const blankChange10 = { ...blankChange, id: '-'.repeat(CHANGE_ID_LENGTH), version_vector: {} } as const;
const blankChange11 = {
  ...blankChange,
  id: blankChange10.id,
  actor: '-'.repeat(ACTOR_ID_LENGTH),
  sequence: 0,
} as const;

const CHANGE_10 = encodeChange(blankChange10).length - 'CREATE'.length - '{}'.length - 1;
const CHANGE_10_DEVICE = `,"device_id":"${DEVICE}"`.length;
const CHANGE_11 = encodeChange(blankChange11).length - 'CREATE'.length - 2;
const SEEN_CURSOR = ',"seen_cursor":""'.length;
const COVERS = ',"covers":""'.length;
const CURSOR = ',"cursor":""'.length;
const VECTOR_ENTRY = `,"${DEVICE}":`.length;
const LISTED_ID = CHANGE_ID_LENGTH + '"",'.length;
const REJECTION = `{"id":"${blankChange10.id}","reason":""},`.length;

const PUSH_10 =
  encodePushRequest({ protocol_version: PROTOCOL_1_0, device_id: DEVICE, timestamp: 0, changes: [] }).length - 1;
const PUSH_11 =
  encodePushRequest({ protocol_version: PROTOCOL_1_1, ledger_id: LEDGER, device_id: DEVICE, timestamp: 0, changes: [] })
    .length - 1;
const PULL_10 =
  encodePullRequest({ protocol_version: PROTOCOL_1_0, device_id: DEVICE, since_timestamp: 0, sync_vector: {} }).length -
  '{}'.length -
  1;
const PULL_11 = encodePullRequest({ protocol_version: PROTOCOL_1_1, ledger_id: LEDGER, device_id: DEVICE }).length;

const blankPushResponse = { success: true, accepted: [], rejected: [], timestamp: 0 };
const PUSH_RESPONSE = encodePushResponse({ protocol_version: PROTOCOL_1_1, ...blankPushResponse }).length - 1;
const blankPage = { changes: [], has_more: true, timestamp: 0 };
const PULL_RESPONSE_10 = encodePullResponse({ protocol_version: PROTOCOL_1_0, ...blankPage }).length - 1;
const PULL_RESPONSE_11 = encodePullResponse({ protocol_version: PROTOCOL_1_1, ...blankPage, cursor: '' }).length - 1;

const ERROR = encodeErrorBody({ error: { code: '', message: '' }, timestamp: 0 }).length - 1;

/** Decimal digits of a whole number from 0 to 2^53 − 1. */
export function digits(value: number): number {
  let count = 1;
  for (let bound = 10; value >= bound; bound *= 10) count += 1;
  return count;
}

/** Characters of the base64 text of so many bytes. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** Bytes of the entries of a list and the commas between them. */
function listed(count: number, bytes: number): number {
  return count === 0 ? 0 : bytes + count - 1;
}

/**
 * Bytes of a version vector.
 * @param entries how many devices it names
 * @param countDigits digits of all counts together
 */
export function vectorBytes(entries: number, countDigits: number): number {
  return entries === 0 ? 2 : 1 + entries * VECTOR_ENTRY + countDigits;
}

/**
 * Bytes of a change of 1.0, in a push or on a page.
 * @param entityTypeLength characters of `entity_type`; likewise the next two
 * @param payloadBytes bytes of the payload before base64
 * @param vector bytes of its version vector, of `vectorBytes`
 * @param timestampMs the number that stands in it
 * @param namesDevice true where it has a `device_id`
 */
export function changeBytes10(
  entityTypeLength: number,
  entityIdLength: number,
  operationLength: number,
  payloadBytes: number,
  vector: number,
  timestampMs: number,
  namesDevice: boolean,
): number {
  const fixed = namesDevice ? CHANGE_10 + CHANGE_10_DEVICE : CHANGE_10;
  const texts = entityTypeLength + entityIdLength + operationLength + base64Length(payloadBytes);
  return fixed + texts + vector + digits(timestampMs);
}

/**
 * Bytes of a change of 1.1 as it is pushed. On a page it has `cursorBytes` more, a snapshot `coversBytes` more.
 * @param entityTypeLength characters of `entity_type`; likewise the next two
 * @param payloadBytes bytes of the payload before base64
 * @param timestampMs the number that stands in it; likewise `sequence`
 * @param seenCursorLength characters of `seen_cursor`, 0 where it has none
 */
export function changeBytes11(
  entityTypeLength: number,
  entityIdLength: number,
  operationLength: number,
  payloadBytes: number,
  timestampMs: number,
  sequence: number,
  seenCursorLength: number,
): number {
  const fixed = seenCursorLength === 0 ? CHANGE_11 : CHANGE_11 + SEEN_CURSOR + seenCursorLength;
  const texts = entityTypeLength + entityIdLength + operationLength + base64Length(payloadBytes);
  return fixed + texts + digits(timestampMs) + digits(sequence);
}

/** Bytes that a change has more on a page of 1.1: its cursor, of so many characters. */
export function cursorBytes(cursorLength: number): number {
  return CURSOR + cursorLength;
}

/** Bytes that a snapshot has more than another change: the cursor that it covers, of so many characters. */
export function coversBytes(coversLength: number): number {
  return COVERS + coversLength;
}

/**
 * Bytes of a push.
 * @param count how many changes
 * @param changesBytes bytes of these together
 * @param timestampMs the number that stands in it
 */
export function pushRequestBytes(dialect: Dialect, count: number, changesBytes: number, timestampMs: number): number {
  return (dialect === '1.0' ? PUSH_10 : PUSH_11) + listed(count, changesBytes) + digits(timestampMs);
}

/**
 * Bytes of an answer to a push, in either dialect. Its `success` is true where nothing was rejected.
 * @param accepted how many ids it accepts
 * @param rejected how many it rejects, with reasons of `reasonsLength` characters together
 * @param timestampMs the number that stands in it
 */
export function pushResponseBytes(
  accepted: number,
  rejected: number,
  reasonsLength: number,
  timestampMs: number,
): number {
  const ids = accepted === 0 ? 0 : accepted * LISTED_ID - 1;
  // `false` is one character longer than `true`, which makes up for the comma that the last rejection lacks.
  const rejections = rejected === 0 ? 0 : rejected * REJECTION + reasonsLength;
  return PUSH_RESPONSE + ids + rejections + digits(timestampMs);
}

/**
 * Bytes of a pull of 1.0.
 * @param sinceMs the number that stands in it
 * @param vector bytes of its version vector, of `vectorBytes`
 */
export function pullRequestBytes10(sinceMs: number, vector: number): number {
  return PULL_10 + digits(sinceMs) + vector;
}

/** Bytes of a pull of 1.1; `cursorLength` is 0 where it has no cursor. */
export function pullRequestBytes11(cursorLength: number): number {
  return cursorLength === 0 ? PULL_11 : PULL_11 + CURSOR + cursorLength;
}

/**
 * Bytes of a page.
 * @param count how many changes
 * @param changesBytes bytes of these together, in 1.1 each with its `cursorBytes`
 * @param cursorLength characters of the page's cursor; 1.0 has none
 * @param timestampMs the number that stands in it
 */
export function pullResponseBytes(
  dialect: Dialect,
  count: number,
  changesBytes: number,
  cursorLength: number,
  hasMore: boolean,
  timestampMs: number,
): number {
  const fixed = dialect === '1.0' ? PULL_RESPONSE_10 : PULL_RESPONSE_11 + cursorLength;
  return fixed + listed(count, changesBytes) + (hasMore ? 0 : 1) + digits(timestampMs);
}

/** Bytes of an error without details, from the characters of its code and message. */
export function errorBytes(codeLength: number, messageLength: number, timestampMs: number): number {
  return ERROR + codeLength + messageLength + digits(timestampMs);
}
