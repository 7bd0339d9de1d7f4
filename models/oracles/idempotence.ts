// Idempotence: the log handed over a second time changes neither what is seen nor what is held.

import type { Finding } from '../finding.ts';
import { type JudgedDevice, type JudgedLedger, type Moment, safetyFinding } from './judged.ts';
import { type ReplicaState, stateDifference } from './ledger-state.ts';

/** The finding that a replica has changed with what it had already. @param who says which replica: `device 3` … */
export function judgeIdempotence(
  ledger: JudgedLedger,
  device: JudgedDevice,
  who: string,
  before: ReplicaState,
  after: ReplicaState,
  moment: Moment,
): Finding[] {
  const difference = stateDifference(before, after, ['before', 'after']);
  if (difference === undefined) return [];
  const { part, detail } = difference;
  return [safetyFinding('idempotence', part, moment, ledger, [device], { replica: who, ...detail })];
}
