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

/** One answer that was wrong, as data for people: no payload, no token. */
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
}

/** One finding for each kind of wrong answer about a ledger: the first one, and how many there were. */
export function judgeProtocol(ledger: JudgedLedger, complaints: readonly Complaint[], moment: Moment): Finding[] {
  const byKind = new Map<ComplaintKind, Complaint[]>();
  for (const complaint of complaints) {
    if (complaint.ledger !== ledger.index) continue;
    const ofKind = byKind.get(complaint.kind);
    if (ofKind === undefined) byKind.set(complaint.kind, [complaint]);
    else ofKind.push(complaint);
  }
  return [...byKind].map(([kind, [first, ...others]]) => {
    const { device, atUs, request, expected, got } = first!;
    const asking = ledger.members.filter(({ id }) => id === device);
    const detail = { request, expected, got, atUs, times: 1 + others.length };
    return safetyFinding('protocol', kind, moment, ledger, asking, detail);
  });
}
