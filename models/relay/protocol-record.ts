// Requests and answers in the order in which the relay gave them, folded into the protocol hash: no times, which a real
// relay's answers do not share. It must not know when they were given.

import { hashText } from '../../sim/random.ts';
import { Trace } from '../../sim/trace.ts';
import type { Refusal, RelayRequest, RelayResponse } from './messages.ts';

const KINDS = { push: 1, pull: 2 } as const;

/** An empty record. */
export function protocolTrace(): Trace {
  const trace = new Trace();
  for (const name of ['-', 'push', 'pull']) trace.defineKind(name);
  return trace;
}

/** Adds what was asked and what was said. */
export function recordAnswer(trace: Trace, request: RelayRequest, response: RelayResponse): void {
  const asked = request.kind === 'push' ? request.changes.length : request.since;
  trace.record(request.ledger, KINDS[request.kind], request.device, asked, summary(response));
}

const REFUSAL_CODES: readonly Refusal['code'][] = [
  'INVALID_REQUEST',
  'PROTOCOL_MISMATCH',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'CURSOR_AHEAD',
  'PAYLOAD_TOO_LARGE',
  'RATE_LIMIT_EXCEEDED',
  'DATABASE_ERROR',
  'INTERNAL_ERROR',
  'UNAVAILABLE',
];

/** One integer that tells answers apart: refusals below zero, else a fold of what was accepted, rejected or handed out. */
function summary(response: RelayResponse): number {
  if (response.kind === 'refusal') return -1 - REFUSAL_CODES.indexOf(response.code);
  const isPage = response.kind === 'page';
  const changes = isPage ? response.changes : response.accepted;
  const kind = isPage ? (response.hasMore ? 3 : 2) : 1;
  let fold = Math.imul(changes.length * 4 + kind, 0x9e3779b1);
  if (isPage && response.snapshot !== undefined) fold = Math.imul(fold ^ ~response.snapshot, 0x01000193);
  for (let i = 0; i < changes.length; i++) fold = Math.imul(fold ^ changes[i]!, 0x01000193);
  if (!isPage) {
    for (const { change, reason } of response.rejected) fold = Math.imul(fold ^ hashText(reason, change), 0x01000193);
  }
  return fold >>> 0;
}
