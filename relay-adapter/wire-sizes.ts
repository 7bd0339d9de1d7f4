// How many bytes the messages of the model would have on the wire: the codec's own sizes, for changes by number.
// Payloads count as they travel, encrypted: with nonce and tag.

import type { ChangeTable } from '../models/change-table.ts';
import type { RelayResponse, WireSizes } from '../models/relay/messages.ts';
import { CURSOR_LENGTH } from './cursor.ts';
import {
  changeBytes10,
  changeBytes11,
  coversBytes,
  cursorBytes,
  digits,
  errorBytes,
  pullRequestBytes10,
  pullRequestBytes11,
  pullResponseBytes,
  pushRequestBytes,
  pushResponseBytes,
  vectorBytes,
} from './protocol-size.ts';

/** AES-256-GCM: a nonce of 12 bytes and a tag of 16 (NIST SP 800-38D). */
export const ENCRYPTION_BYTES = 28;
/** `{"type":"changes"}` with its WebSocket frame header. */
const NOTIFICATION_BYTES = 20;
/** Messages of refusals are short sentences; of no consequence but their length. */
const MESSAGE_LENGTH = 32;

/** @param nowMs the wall clock in milliseconds since 1970 that bodies are stamped with */
export function wireSizes(table: ChangeTable, dialect: '1.0' | '1.1', nowMs: () => number): WireSizes {
  const change = (index: number): number => {
    const type = table.entityTypeOf(index).length;
    const operation = table.operationOf(index).length;
    const payload = table.payloadBytesOf(index) + ENCRYPTION_BYTES;
    const sequence = table.sequenceOf(index);
    const timestampMs = Math.max(0, table.timestampMs(index));
    if (dialect === '1.0') {
      const vector = vectorBytes(1, digits(sequence));
      return changeBytes10(type, table.entityLengthOf(index), operation, payload, vector, timestampMs, true);
    }
    const seen = table.seenBy(index) === 0 ? 0 : CURSOR_LENGTH;
    const bytes = changeBytes11(type, table.entityLengthOf(index), operation, payload, timestampMs, sequence, seen);
    return table.isSnapshot(index) ? bytes + coversBytes(CURSOR_LENGTH) : bytes;
  };
  const response = (answer: RelayResponse): number => {
    if (answer.kind === 'refusal') return errorBytes(answer.code.length, MESSAGE_LENGTH, nowMs());
    if (answer.kind === 'pushed') {
      let reasons = 0;
      for (const { reason } of answer.rejected) reasons += reason.length;
      return pushResponseBytes(answer.accepted.length, answer.rejected.length, reasons, nowMs());
    }
    const { changes, snapshot } = answer;
    const extra = dialect === '1.1' ? cursorBytes(CURSOR_LENGTH) : 0;
    const count = snapshot === undefined ? changes.length : changes.length + 1;
    let bytes = snapshot === undefined ? 0 : table.wireBytesOf(snapshot) + extra;
    for (let i = 0; i < changes.length; i++) bytes += table.wireBytesOf(changes[i]!) + extra;
    return pullResponseBytes(dialect, count, bytes, CURSOR_LENGTH, answer.hasMore, nowMs());
  };
  return {
    change,
    push: (count, changesBytes) => pushRequestBytes(dialect, count, changesBytes, nowMs()),
    pull: (since) =>
      dialect === '1.0'
        ? pullRequestBytes10(since, vectorBytes(1, 1))
        : pullRequestBytes11(since === 0 ? 0 : CURSOR_LENGTH),
    response,
    notification: () => NOTIFICATION_BYTES,
  };
}
