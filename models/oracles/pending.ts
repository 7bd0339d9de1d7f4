// Pending: once everything is delivered nothing is held back for a missing change any more.

import type { Finding } from '../finding.ts';
import { type JudgedDevice, type JudgedLedger, type Moment, safetyFinding } from './judged.ts';

/** One finding for a ledger of which some of the members hold changes back. */
export function judgePending(
  ledger: JudgedLedger,
  members: readonly JudgedDevice[],
  pendingOf: (device: JudgedDevice) => number,
  moment: Moment,
): Finding[] {
  const holding = members.filter((device) => pendingOf(device) > 0);
  if (holding.length === 0) return [];
  const detail: Record<string, number> = {};
  for (const device of holding) detail[`device ${device.index}`] = pendingOf(device);
  return [safetyFinding('pending', 'held-back', moment, ledger, holding, { pending: detail })];
}
