// Liveness: when users have stopped and faults are healed, outboxes drain and everybody comes to have everything within
// a budget of virtual time.

import type { Device, Ledger } from '../device.ts';
import type { Finding } from '../finding.ts';

/** True where a device has nothing left to push and has pulled to where its log ends (0 where cursors are timestamps). */
export function isSettled(device: Device, logEnd: number): boolean {
  return device.client.outboxLength === 0 && device.position >= logEnd;
}

/** One finding for all devices that did not settle in time; none where all did. */
export function judgeLiveness(
  ledgers: readonly Ledger[],
  endOf: (ledger: Ledger) => number,
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
      if (isSettled(device, end)) continue;
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
