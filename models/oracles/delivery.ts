// Delivery: each change that the relay accepted reaches every member that is to agree, without a final full resync. It
// goes by what was handed to replicas, not by cursors.

import type { ChangeTable } from '../change-table.ts';
import type { Finding } from '../finding.ts';
import { coreOf, type JudgedDevice, type JudgedLedger } from './judged.ts';

/** Whether a device was given every change of a log; a SNAPSHOT says nothing new, and is nobody's to miss. */
export function isComplete(device: Pick<JudgedDevice, 'has'>, log: Int32Array, table: ChangeTable): boolean {
  for (let i = 0; i < log.length; i++) if (!device.has(i + 1) && !isSnapshot(table, log[i]!)) return false;
  return true;
}

function isSnapshot(table: ChangeTable, change: number): boolean {
  return table.operationOf(change) === 'SNAPSHOT';
}

/** One finding for each ledger with a member that lacks an accepted change. */
export function judgeDelivery<L extends JudgedLedger>(
  ledgers: readonly L[],
  table: ChangeTable,
  acceptedOf: (ledger: L) => Int32Array,
  atUs: number,
  event: number,
): Finding[] {
  const findings: Finding[] = [];
  for (const ledger of ledgers) {
    const accepted = acceptedOf(ledger);
    const lacking: JudgedDevice[] = [];
    let firstMissing = accepted.length;
    let missing = 0;
    const members = coreOf(ledger);
    for (const device of members) {
      let lacks = 0;
      for (let i = 0; i < accepted.length; i++) {
        if (device.has(i + 1) || isSnapshot(table, accepted[i]!)) continue;
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
