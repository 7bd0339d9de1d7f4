// Changes for tests of what carries them and does not look inside.

import type { ChangeTable, NewChange } from '../../models/change-table.ts';

/** Adds a change of a device to a table; what is left out is of no consequence. */
export function addChange(table: ChangeTable, change: Partial<NewChange> & Pick<NewChange, 'device'>): number {
  const number = table.add({
    incarnation: 0,
    sequence: 1,
    ledger: 0,
    seen: 0,
    editedAtUs: 0,
    timestampMs: 1_767_225_600_000,
    entityType: 'account',
    operation: 'UPDATE',
    entityLength: 12,
    parts: [Uint8Array.of(1, 2, 3)],
    targets: [],
    ...change,
  });
  table.setWireBytes(number, 500);
  return number;
}

/** Changes of a device with sequence numbers from 1, or from `first`. */
export function addChanges(
  table: ChangeTable,
  device: number,
  count: number,
  more: Partial<NewChange> = {},
  first = 1,
): number[] {
  return Array.from({ length: count }, (_, index) => addChange(table, { device, sequence: first + index, ...more }));
}
