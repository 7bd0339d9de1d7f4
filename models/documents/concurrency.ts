// What becomes of concurrent edits in the types of this house, where they agree. It must not know how a type does it.

import type { Concurrency, Edit, EditKind } from './edit.ts';

/**
 * For edits of one kind what the type says; a concurrent edit does not bring a removed entity back, a removal and a
 * restoration are one register, of one tag the add wins, and all else goes together.
 */
export function usualConcurrency(supports: ReadonlyMap<EditKind, Concurrency>, one: Edit, other: Edit): Concurrency {
  if (one.kind === other.kind) return supports.get(one.kind) ?? 'unjudged';
  const kinds = [one.kind, other.kind];
  if (kinds.includes('remove')) return kinds.includes('restore') ? 'one-wins' : 'remove-wins';
  if (kinds.includes('tag-add') && kinds.includes('tag-remove')) return 'add-wins';
  return 'keeps-both';
}
