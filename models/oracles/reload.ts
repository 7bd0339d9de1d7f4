// Reload: a replica that is rebuilt from its own storage shows and holds what the live one does.

import type { Finding } from '../finding.ts';
import { type JudgedLedger, type Moment, safetyFinding } from './judged.ts';
import { type MemberState, stateDifference, stateOfSpare } from './ledger-state.ts';

/** One finding for each way in which members differ from what they have stored. */
export function judgeReload(ledger: JudgedLedger, members: readonly MemberState[], moment: Moment): Finding[] {
  const findings = new Map<string, Finding>();
  for (const live of members) {
    const { device } = live;
    const spare = device.spare(device.save());
    const rebuilt = stateOfSpare(device, spare);
    spare.dispose?.();
    const difference = stateDifference(live, rebuilt, ['live', 'rebuilt']);
    if (difference === undefined || findings.has(difference.part)) continue;
    const { part, detail } = difference;
    const finding = safetyFinding('reload', part, moment, ledger, [device], { device: device.index, ...detail });
    findings.set(part, finding);
  }
  return [...findings.values()];
}
