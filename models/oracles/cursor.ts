// Cursor: within one life and storage image of a device its cursor never goes back and never skips. Judged when a page
// is taken. It must not know documents.

import type { ChangeTable } from '../change-table.ts';
import type { Page } from '../relay/messages.ts';

/** What is wrong with a page. */
export interface CursorFault {
  readonly part: 'went-back' | 'skipped' | 'repeated';
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * What is wrong with a page that a device took; undefined where nothing is.
 *
 * @param from the device's position before, and @param to after
 */
export function pageFault(
  table: ChangeTable,
  page: Pick<Page, 'changes' | 'cursor' | 'snapshot'>,
  from: number,
  to: number,
): CursorFault | undefined {
  const { changes, cursor, snapshot } = page;
  if (cursor < from || to < from) return { part: 'went-back', detail: { from, cursor, to } };
  const covered = snapshot === undefined ? 0 : table.seenBy(snapshot);
  const start = Math.max(from, covered);
  for (let i = 0; i < changes.length; i++) {
    const position = table.positionOf(changes[i]!);
    const expected = start + 1 + i;
    if (position === expected) continue;
    return { part: position > expected ? 'skipped' : 'repeated', detail: { from, cursor, expected, position } };
  }
  const end = start + changes.length;
  if (cursor === end && to === end) return undefined;
  return { part: Math.max(cursor, to) > end ? 'skipped' : 'repeated', detail: { from, cursor, to, end } };
}
