import { describe, expect, test } from 'vitest';
import { ChangeTable } from '../../../models/change-table.ts';
import { pageFault } from '../../../models/oracles/cursor.ts';
import { addChange } from './fakes.ts';

/** A log of six changes at the positions 1 to 6. */
function table(): ChangeTable {
  const changes = new ChangeTable(false);
  for (let at = 1; at <= 6; at++) changes.setPosition(addChange(changes, {}), at);
  return changes;
}

describe('a page', () => {
  const fault = (from: number, positions: number[], cursor: number, to = cursor): string | undefined =>
    pageFault(table(), { changes: Int32Array.from(positions.map((position) => position - 1)), cursor }, from, to)?.part;

  test('holds what comes after the cursor, up to the next one', () => {
    expect(fault(0, [1, 2, 3], 3)).toBeUndefined();
    expect(fault(3, [4, 5, 6], 6)).toBeUndefined();
    expect(fault(6, [], 6)).toBeUndefined();
  });

  test('whose cursor lies before the device’s goes back', () => {
    expect(fault(4, [], 3)).toBe('went-back');
    expect(fault(4, [5], 5, 2)).toBe('went-back');
  });

  test('that leaves a change out skips it', () => {
    expect(fault(0, [1, 3], 3)).toBe('skipped');
    expect(fault(2, [4], 4)).toBe('skipped');
    expect(fault(2, [3], 4)).toBe('skipped');
    expect(fault(2, [], 3)).toBe('skipped');
    expect(fault(0, [1, 2], 2, 3)).toBe('skipped');
  });

  test('that holds what the device has had repeats it', () => {
    expect(fault(2, [2, 3], 3)).toBe('repeated');
    expect(fault(0, [1, 1, 2], 2)).toBe('repeated');
  });

  test('that the cursor does not follow is given again', () => {
    expect(fault(0, [1, 2], 2, 1)).toBe('repeated');
    expect(fault(0, [1, 2, 3], 2)).toBe('repeated');
  });

  test('with a SNAPSHOT begins after what that covers', () => {
    const changes = table();
    const snapshot = addChange(changes, { seen: 4, operation: 'SNAPSHOT' });
    const page = (positions: number[], cursor: number) =>
      pageFault(changes, { changes: Int32Array.from(positions.map((at) => at - 1)), cursor, snapshot }, 1, cursor)
        ?.part;
    expect(page([5, 6], 6)).toBeUndefined();
    expect(page([], 4)).toBeUndefined();
    expect(page([6], 6)).toBe('skipped');
    expect(page([2, 3, 4, 5, 6], 6)).toBe('repeated');
  });
});
