// Version agreement: members that see the same say the same version. It must not know what versions mean.

import type { Finding } from '../finding.ts';
import { type JudgedDevice, type JudgedLedger, type Moment, safetyFinding } from './judged.ts';

/** One finding for the first group of members that see the same and disagree about what they hold. */
export function judgeVersions(
  ledger: JudgedLedger,
  groups: readonly (readonly JudgedDevice[])[],
  versionOf: (device: JudgedDevice) => string,
  moment: Moment,
): Finding[] {
  for (const group of groups) {
    const first = group[0]!;
    const odd = group.find((device) => versionOf(device) !== versionOf(first));
    if (odd === undefined) continue;
    const detail = { [`device ${first.index}`]: versionOf(first), [`device ${odd.index}`]: versionOf(odd) };
    return [safetyFinding('version-agreement', 'version', moment, ledger, group, detail)];
  }
  return [];
}
