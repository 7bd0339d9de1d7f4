// Protocol: what a real relay answers is what the protocol's rules say, readable, and about changes that there are. It
// must not know how a relay is asked.

import type { Finding } from '../finding.ts';
import { type JudgedLedger, type Moment, safetyFinding } from './judged.ts';

/** How an answer was wrong. */
export type ComplaintKind =
  /** Another answer than the rules give to the same requests in the same order. */
  | 'differs'
  /** No answer of the protocol at all. */
  | 'unreadable'
  /** No answer in time, or no connection. */
  | 'unanswered'
  /** About a change that nobody has pushed. */
  | 'unknown-change'
  /** A payload that is not the one that was pushed. */
  | 'altered-payload'
  /** At the end the relay hands out another log than the one that it has acknowledged. */
  | 'other-log';

/** The first answer of its kind about a ledger that was wrong, as data for people: no payload, no token. */
export interface Complaint {
  readonly kind: ComplaintKind;
  readonly ledger: number;
  /** The id of the device that asked. */
  readonly device: number;
  /** Virtual time, µs. */
  readonly atUs: number;
  /** What was asked, in words. */
  readonly request: string;
  readonly expected: string;
  readonly got: string;
  /** How many of the kind there were about the ledger so far, with this one; ≥ 1. */
  times: number;
}

/** One finding for each kind of wrong answer about a ledger: the first one, and how many there were. */
export function judgeProtocol(ledger: JudgedLedger, complaints: readonly Complaint[], moment: Moment): Finding[] {
  const ofLedger = complaints.filter((complaint) => complaint.ledger === ledger.index);
  return ofLedger.map(({ kind, device, atUs, request, expected, got, times }) => {
    const asking = ledger.members.filter(({ id }) => id === device);
    return safetyFinding('protocol', kind, moment, ledger, asking, { request, expected, got, atUs, times });
  });
}
