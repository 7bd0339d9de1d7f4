// The first place at which two views differ, in order of names.

import { canonicalView, type EntityView, type LedgerView } from '../documents/edit.ts';

export interface ViewDifference {
  /** `entity`, `entity/field` … */
  readonly place: string;
  /** Which part of an entity: `presence`, `fields`, `counters`, `memo`, `items`, `tags`. */
  readonly part: string;
  readonly one: unknown;
  readonly other: unknown;
}

const PARTS = ['fields', 'counters', 'memo', 'items', 'tags'] as const;

/** Where the views part first; equal views are not asked about, and give a place of `nothing`. */
export function firstDifference(one: LedgerView, other: LedgerView): ViewDifference {
  const entities = [...new Set([...Object.keys(one), ...Object.keys(other)])].sort();
  for (const entity of entities) {
    const difference = entityDifference(entity, one[entity], other[entity]);
    if (difference !== undefined) return difference;
  }
  return { place: 'nothing', part: 'nothing', one: undefined, other: undefined };
}

function entityDifference(
  entity: string,
  one: EntityView | undefined,
  other: EntityView | undefined,
): ViewDifference | undefined {
  if (one === undefined || other === undefined) {
    return one === other ? undefined : { place: entity, part: 'presence', one, other };
  }
  if (canonicalView({ [entity]: one }) === canonicalView({ [entity]: other })) return undefined;
  for (const part of PARTS) {
    const left = one[part];
    const right = other[part];
    if (JSON.stringify(left) === JSON.stringify(right)) continue;
    if (part === 'fields' || part === 'counters') {
      const fields = (left ?? {}) as Record<string, unknown>;
      const otherFields = (right ?? {}) as Record<string, unknown>;
      for (const field of [...new Set([...Object.keys(fields), ...Object.keys(otherFields)])].sort()) {
        if (fields[field] === otherFields[field]) continue;
        return { place: `${entity}/${field}`, part, one: fields[field], other: otherFields[field] };
      }
      continue;
    }
    return { place: `${entity}/${part}`, part, one: left, other: right };
  }
  return undefined;
}

/** A value as it stands in a finding: absent ones are named. */
export function shortView(value: unknown): unknown {
  return value === undefined ? 'absent' : value;
}
