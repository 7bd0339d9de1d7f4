// Liveness: when users have stopped and faults are healed, outboxes drain and everybody who is to agree comes to have
// everything within a budget of virtual time.

import type { Finding } from '../finding.ts';
import type { JudgedDevice, JudgedLedger } from './judged.ts';

/** True where a device has nothing left to push and has pulled to where its log ends (0 where cursors are timestamps). */
export function isSettled(device: Pick<JudgedDevice, 'client' | 'position' | 'isRunning'>, logEnd: number): boolean {
  return device.isRunning && device.client.outboxLength === 0 && device.position >= logEnd;
}

/** One finding for all devices that did not settle in time; none where all did. Those away for good are not asked. */
export function judgeLiveness<L extends JudgedLedger>(
  ledgers: readonly L[],
  endOf: (ledger: L) => number,
  budgetMs: number,
  atUs: number,
  event: number,
): Finding[] {
  const devices: number[] = [];
  const documents: string[] = [];
  let unsent = 0;
  let notPulled = 0;
  for (const ledger of ledgers) {
    const end = endOf(ledger);
    let isStuck = false;
    for (const device of ledger.members) {
      if (!device.isCore || isSettled(device, end)) continue;
      isStuck = true;
      devices.push(device.index);
      unsent += device.client.outboxLength;
      notPulled += Math.max(0, end - device.position);
    }
    if (isStuck) documents.push(ledger.id);
  }
  if (devices.length === 0) return [];
  const kinds = [unsent > 0 ? 'outbox' : '', notPulled > 0 ? 'pull' : ''].filter((kind) => kind !== '');
  return [
    {
      oracle: 'liveness',
      kind: 'liveness',
      signature: `liveness:${kinds.join('+') || 'busy'}`,
      atUs,
      event,
      devices,
      documents,
      detail: { budgetMs, changesUnsent: unsent, changesNotPulled: notPulled },
    },
  ];
}
