// Durability: each change that a device was told is accepted stands in the relay's log at the end, once.

import type { ChangeTable } from '../change-table.ts';
import type { Finding } from '../finding.ts';
import { type JudgedLedger, type Moment, safetyFinding } from './judged.ts';

/** A change as a finding shows it. */
function shown(table: ChangeTable, change: number): Readonly<Record<string, unknown>> {
  return {
    author: table.deviceOf(change),
    incarnation: table.incarnationOf(change),
    sequence: table.sequenceOf(change),
    editedAtUs: table.editedAtUs(change),
  };
}

/**
 * What was acknowledged and is not in the log, and what is in it twice.
 *
 * @param acknowledged changes with the index of the device that was told
 */
export function judgeDurability(
  ledger: JudgedLedger,
  log: Int32Array,
  acknowledged: Iterable<readonly [change: number, device: number]>,
  table: ChangeTable,
  moment: Moment,
): Finding[] {
  const findings: Finding[] = [];
  const stored = new Set<number>();
  let doubled = -1;
  for (const change of log) {
    if (stored.has(change) && doubled < 0) doubled = change;
    stored.add(change);
  }
  const lost: number[] = [];
  const devices = new Set<number>();
  for (const [change, device] of acknowledged) {
    if (stored.has(change)) continue;
    lost.push(change);
    devices.add(device);
  }
  const memberIn = (indexes: ReadonlySet<number>) => ledger.members.filter(({ index }) => indexes.has(index));
  if (lost.length > 0) {
    const detail = { lost: lost.length, first: shown(table, lost[0]!) };
    findings.push(safetyFinding('durability', 'lost', moment, ledger, memberIn(devices), detail));
  }
  if (doubled >= 0) {
    const authors = memberIn(new Set([table.deviceOf(doubled)]));
    const detail = { first: shown(table, doubled) };
    findings.push(safetyFinding('durability', 'doubled', moment, ledger, authors, detail));
  }
  return findings;
}
