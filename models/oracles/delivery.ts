// Delivery: each change that the relay accepted reaches every member of its ledger, without a final full resync. It
// goes by what was handed to replicas, not by cursors.

import type { ChangeTable } from '../change-table.ts';
import type { Device, Ledger } from '../device.ts';
import type { Finding } from '../finding.ts';

/** One finding for each ledger with a member that lacks an accepted change. */
export function judgeDelivery(
  ledgers: readonly Ledger[],
  table: ChangeTable,
  acceptedOf: (ledger: Ledger) => Int32Array,
  atUs: number,
  event: number,
): Finding[] {
  const findings: Finding[] = [];
  for (const ledger of ledgers) {
    const accepted = acceptedOf(ledger);
    const lacking: Device[] = [];
    let firstMissing = accepted.length;
    let missing = 0;
    for (const device of ledger.members) {
      let lacks = 0;
      for (let i = 0; i < accepted.length; i++) {
        if (device.has(i + 1)) continue;
        lacks++;
        if (i < firstMissing) firstMissing = i;
      }
      if (lacks > 0) lacking.push(device);
      missing += lacks;
    }
    if (missing === 0) continue;
    const first = accepted[firstMissing]!;
    findings.push({
      oracle: 'delivery',
      kind: 'safety',
      signature: 'delivery:never-delivered',
      atUs,
      event,
      devices: lacking.map((device) => device.index),
      documents: [ledger.id],
      detail: {
        missing,
        accepted: accepted.length,
        first: {
          author: table.deviceOf(first),
          sequence: table.sequenceOf(first),
          editedAtUs: table.editedAtUs(first),
        },
      },
    });
  }
  return findings;
}
