// Local effect: an edit's author sees it at once. Judged when the edit is made. It must not know other devices.

import type { Edit, LedgerView } from '../documents/edit.ts';
import type { DocumentType } from '../documents/port.ts';
import { entityIn, isThere } from './effects.ts';
import { shortView } from './view-difference.ts';

/** An edit that its author does not see. */
export interface Unseen {
  readonly edit: Edit;
  readonly target: string;
  /** What the author sees of the entity before and after it. */
  readonly before: unknown;
  readonly after: unknown;
  /** Whether the edit said that it did nothing, though there was something to do. */
  readonly isSwallowed: boolean;
}

/**
 * The first edit of a draft that its author does not see.
 *
 * @param targets for each edit its place; undefined where it did nothing
 */
export function unseenEdit(
  type: DocumentType,
  edits: readonly Edit[],
  targets: readonly (string | undefined)[],
  before: LedgerView,
  after: LedgerView,
): Unseen | undefined {
  for (let at = 0; at < edits.length; at++) {
    const edit = edits[at]!;
    if (type.judged?.(edit.entity) === false || !type.supports.has(edit.kind)) continue;
    const target = targets[at];
    if (target === undefined ? !mustAct(edit, edits, before) : !isLast(edits, at)) continue;
    if (isThere(edit, after, before, target ?? '')) continue;
    return {
      edit,
      target: target ?? edit.entity,
      before: shortView(entityIn(before, edit.entity)),
      after: shortView(entityIn(after, edit.entity)),
      isSwallowed: target === undefined,
    };
  }
  return undefined;
}

/** Whether no later edit of the draft may have taken the effect back. */
function isLast(edits: readonly Edit[], at: number): boolean {
  if (edits.length === 1) return true;
  const edit = edits[at]!;
  for (let i = 0; i < edits.length; i++) {
    const other = edits[i]!;
    if (i === at || other.entity !== edit.entity) continue;
    // What is compared with the view before all of them must stand alone.
    if (edit.kind === 'count' && other.kind === 'count' && other.field === edit.field) return false;
    if (edit.kind === 'text-insert' || edit.kind === 'text-delete') {
      if (other.kind === 'text-insert' || other.kind === 'text-delete') return false;
    }
    if (i > at && mayUndo(edit, other)) return false;
    // A restore shows counts that the view before it did not.
    if (i < at && edit.kind === 'count' && (other.kind === 'remove' || other.kind === 'restore')) return false;
  }
  return true;
}

function mayUndo(edit: Edit, later: Edit): boolean {
  if (later.kind === 'remove') return true;
  switch (edit.kind) {
    case 'set':
      return later.kind === 'set' && later.field === edit.field;
    case 'remove':
      return true;
    case 'tag-add':
    case 'tag-remove':
      return (later.kind === 'tag-add' || later.kind === 'tag-remove') && later.tag === edit.tag;
    case 'list-insert':
    case 'list-move':
      return later.kind === 'list-delete';
    default:
      return false;
  }
}

/** Whether an edit that says it did nothing had something to do: its entity was there for all to see. */
function mustAct(edit: Edit, edits: readonly Edit[], before: LedgerView): boolean {
  if (edits.length > 1 || entityIn(before, edit.entity) === undefined) return false;
  switch (edit.kind) {
    case 'set':
    case 'remove':
    case 'tag-add':
    case 'tag-remove':
    case 'list-insert':
      return true;
    case 'count':
      return edit.by !== 0;
    case 'text-insert':
      return edit.text !== '';
    default:
      return false;
  }
}
