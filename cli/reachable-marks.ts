// Which marks a run of some documents can reach at all: what a type does not support, it never meets. It must not know
// how marks are counted.
import type { EditKind } from '../models/documents/edit.ts';
import type { DocumentType } from '../models/documents/port.ts';

/** Kinds of edits that marks need, by a part of the mark's name: all of one of the lists. */
const NEEDS: readonly (readonly [part: RegExp, ...anyOf: (readonly EditKind[])[]])[] = [
  [/^two deletes of one item$/, ['list-delete']],
  [/^two moves of one item$/, ['list-move']],
  [/^move met a concurrent delete$/, ['list-move', 'list-delete']],
  [/^delete met a concurrent insert$/, ['text-insert', 'text-delete'], ['list-insert', 'list-delete']],
  [/^tag-remove met/, ['tag-add', 'tag-remove']],
  [/^concurrent counts /, ['count']],
  [/^concurrent sets /, ['set']],
  [/^restore met/, ['restore', 'remove']],
  [/^remove met/, ['remove']],
  [/^edit on a removed entity$/, ['remove']],
];

/** Marks without those that were not reached and that the documents cannot reach. */
export function reachableMarks(
  marks: Readonly<Record<string, number>>,
  { supports }: Pick<DocumentType, 'supports'>,
): Record<string, number> {
  const isReachable = (name: string): boolean => {
    const need = NEEDS.find(([part]) => part.test(name));
    if (need === undefined) return true;
    const [, ...anyOf] = need;
    return anyOf.some((kinds) => kinds.every((kind) => supports.has(kind)));
  };
  return Object.fromEntries(Object.entries(marks).filter(([name, count]) => count > 0 || isReachable(name)));
}
