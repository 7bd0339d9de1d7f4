// Late joiner: a new device that is given the log, or a SNAPSHOT and the rest, shows and holds what the members do.

import type { ChangeTable } from '../change-table.ts';
import type { DocumentType, Replica } from '../documents/port.ts';
import type { Finding } from '../finding.ts';
import { type JudgedDevice, type JudgedLedger, type Moment, partsOf, safetyFinding } from './judged.ts';
import { handOver, judgedView, type MemberState, stateDifference, stateOfSpare } from './ledger-state.ts';

/** What a relay gives to a device that joins: a SNAPSHOT if there is one, and the log after a position. */
export interface Retained {
  readonly snapshot: number | undefined;
  readonly from: number;
}

/** A replica that has just joined. */
export interface Joined {
  readonly replica: Replica;
  /** True where it answered with changes of its own: these the members do not have. */
  readonly isAnswering: boolean;
}

/**
 * Builds a new replica from what the relay gives, all at once: devices take pages, and the merge trees begin with a
 * replica that is given one change after the other.
 *
 * @param device whose clock and chance it has
 */
export function join(device: JudgedDevice, table: ChangeTable, log: Int32Array, retained: Retained): Joined {
  const { snapshot, from } = retained;
  const stored: Uint8Array[] = [];
  if (snapshot !== undefined) table.collectParts(snapshot, stored);
  const replica = device.spare(stored[0] ?? 'empty');
  const rest = partsOf(table, log.subarray(from)).flat();
  const isAnswering = rest.length > 0 && handOver(device, replica, rest);
  return { replica, isAnswering };
}

/** The finding that a replica that has joined differs from a member. @param device whose clock and chance it has */
export function judgeJoined(
  ledger: JudgedLedger,
  member: MemberState,
  device: JudgedDevice,
  { replica, isAnswering }: Joined,
  type: DocumentType,
  moment: Moment,
): Finding[] {
  const joined = stateOfSpare(device, replica);
  const difference = isAnswering
    ? stateDifference(
        { view: judgedView(type, member.view), version: '', pending: 0 },
        { view: judgedView(type, joined.view), version: '', pending: 0 },
        ['member', 'joined'],
      )
    : stateDifference(member, joined, ['member', 'joined']);
  if (difference === undefined) return [];
  const detail = { device: member.device.index, ...difference.detail };
  return [safetyFinding('late-joiner', difference.part, moment, ledger, [member.device], detail)];
}
