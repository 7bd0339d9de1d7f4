// The first place at which two views differ, in order of names.

import { type EntityView, type LedgerView, sameEntity } from '../documents/edit.ts';

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
    const difference = entityDifference(entity, own(one, entity), own(other, entity));
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
  for (const part of PARTS) {
    const left = one[part];
    const right = other[part];
    if (sameEntity(left === undefined ? {} : { [part]: left }, right === undefined ? {} : { [part]: right })) continue;
    if (part === 'fields' || part === 'counters') {
      const fields = (left ?? {}) as Record<string, unknown>;
      const otherFields = (right ?? {}) as Record<string, unknown>;
      for (const field of [...new Set([...Object.keys(fields), ...Object.keys(otherFields)])].sort()) {
        const [value, otherValue] = [own(fields, field), own(otherFields, field)];
        if (value === otherValue || (value !== value && otherValue !== otherValue)) continue;
        return { place: `${entity}/${field}`, part, one: value, other: otherValue };
      }
      continue;
    }
    return { place: `${entity}/${part}`, part, one: left, other: right };
  }
  return undefined;
}

/** A property of the object's own: an entity or a field may be named `constructor`. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** A value as it stands in a finding: absent ones are named. */
export function shortView(value: unknown): unknown {
  return value === undefined ? 'absent' : value;
}
