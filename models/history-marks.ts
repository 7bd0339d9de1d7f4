// Rare situations of edits that a run can reach, by name, and the counting of those in which edits met that did not know
// of each other. It must not know how edits are judged.

import type { Edit } from './documents/edit.ts';
import type { Act, History } from './history.ts';

const MARKS = [
  'concurrent edits of one place',
  'concurrent sets of one field',
  'concurrent counts of one counter',
  'remove met a concurrent edit',
  'restore met a concurrent remove',
  'tag-remove met a concurrent add',
  'delete met a concurrent insert',
  'two deletes of one item',
  'two moves of one item',
  'move met a concurrent delete',
  'edit that did nothing',
  'edit on a removed entity',
  'edit while a sync was under way',
  'edit while offline',
  'edit while changes were held back',
  'edit after a restart',
  'restart with changes to push',
  'own change of an earlier life came back',
  'page began with a snapshot',
] as const;

export type Mark = (typeof MARKS)[number];

/** All marks, none reached. */
export function emptyMarks(): Record<Mark, number> {
  return Object.fromEntries(MARKS.map((mark) => [mark, 0])) as Record<Mark, number>;
}

/** Beyond so many edits of one entity only the last ones are compared with a further one. */
const COMPARED_MAX = 200;

/** Counts which edits were concurrent and met. @param acts of one ledger, in the order in which they were made */
export function countMeetings(
  acts: readonly Act[],
  history: Pick<History, 'knows'>,
  marks: Record<Mark, number>,
): void {
  const byEntity = new Map<string, Act[]>();
  for (const act of acts) {
    const known = byEntity.get(act.edit.entity);
    if (known === undefined) {
      byEntity.set(act.edit.entity, [act]);
      continue;
    }
    let isMet = false;
    for (let i = known.length - 1; i >= Math.max(0, known.length - COMPARED_MAX); i--) {
      const earlier = known[i]!;
      // What was made earlier cannot have known what came later.
      if (earlier.deed === act.deed || history.knows(act, earlier)) continue;
      if (earlier.target === act.target) isMet = true;
      const mark = meetingOf(act, earlier);
      if (mark !== undefined) marks[mark]++;
    }
    if (isMet) marks['concurrent edits of one place']++;
    known.push(act);
  }
}

function meetingOf(one: Act, other: Act): Mark | undefined {
  const [a, b] = [one.edit, other.edit];
  if (a.kind === 'remove' || b.kind === 'remove') {
    if (a.kind === b.kind) return undefined;
    return a.kind === 'restore' || b.kind === 'restore'
      ? 'restore met a concurrent remove'
      : 'remove met a concurrent edit';
  }
  if (isText(a) && isText(b)) return a.kind === b.kind ? undefined : 'delete met a concurrent insert';
  if (one.target !== other.target) {
    const kinds = [a.kind, b.kind];
    const isMet = kinds.includes('list-delete') && kinds.includes('list-insert');
    return isMet ? 'delete met a concurrent insert' : undefined;
  }
  if (a.kind === 'set' && b.kind === 'set') return 'concurrent sets of one field';
  if (a.kind === 'count' && b.kind === 'count') return 'concurrent counts of one counter';
  if (a.kind === 'list-delete' && b.kind === 'list-delete') return 'two deletes of one item';
  if (a.kind === 'list-move' && b.kind === 'list-move') return 'two moves of one item';
  if (a.kind.startsWith('list') && b.kind.startsWith('list')) return 'move met a concurrent delete';
  if (a.kind.startsWith('tag') && a.kind !== b.kind) return 'tag-remove met a concurrent add';
  return undefined;
}

function isText({ kind }: Edit): boolean {
  return kind === 'text-insert' || kind === 'text-delete';
}
