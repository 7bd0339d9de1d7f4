// What an edit does to what a person sees. It must not know who looks, nor what else was done to the place.

import type { Edit, EntityView, LedgerView } from '../documents/edit.ts';

/** What a view shows of an entity; one may be named `constructor`. */
export function entityIn(view: LedgerView, entity: string): EntityView | undefined {
  return Object.hasOwn(view, entity) ? view[entity] : undefined;
}

/** What a record holds under a key of its own. */
export function ownValue<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Equal as a person reads them: NaN is NaN, and 0 is −0. */
export function sameScalar(one: unknown, other: unknown): boolean {
  return one === other || (one !== one && other !== other);
}

/** Equal numbers; sums of fractions depend on their order. */
export function sameSum(one: number, other: number): boolean {
  if (sameScalar(one, other)) return true;
  if (Number.isSafeInteger(one) && Number.isSafeInteger(other)) return false;
  return Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(one), Math.abs(other));
}

/** How often a value stands in a list. */
export function occurrences(list: readonly string[] | undefined, value: string): number {
  let count = 0;
  if (list !== undefined) for (const item of list) if (item === value) count++;
  return count;
}

/** The item that an edit touched, from its target. */
export function itemOf(target: string): string {
  const mark = '/items/';
  const at = target.indexOf(mark);
  return at < 0 ? '' : target.slice(at + mark.length);
}

/** A counter's value; none is 0. */
export function totalIn(view: LedgerView, entity: string, field: string): number {
  return ownValue(entityIn(view, entity)?.counters, field) ?? 0;
}

/**
 * Whether the effect of an edit is there, when nothing else was done to its place.
 *
 * @param view what is seen after it, and @param before what was seen before it
 * @param target what the edit's outcome said
 */
export function isThere(edit: Edit, view: LedgerView, before: LedgerView, target: string): boolean {
  const after = entityIn(view, edit.entity);
  switch (edit.kind) {
    case 'set':
      return sameScalar(ownValue(after?.fields, edit.field), edit.value);
    case 'remove':
      return after === undefined;
    case 'restore':
      return after !== undefined;
    case 'tag-add':
      return occurrences(after?.tags, edit.tag) === 1;
    case 'tag-remove':
      return occurrences(after?.tags, edit.tag) === 0;
    case 'count':
      return sameSum(totalIn(view, edit.entity, edit.field), totalIn(before, edit.entity, edit.field) + edit.by);
    case 'text-insert':
      return after?.memo?.includes(edit.text) === true || edit.text === '';
    case 'text-delete':
      return (after?.memo ?? '').length < (entityIn(before, edit.entity)?.memo ?? '').length;
    case 'list-insert':
      return occurrences(after?.items, edit.value) === 1;
    case 'list-delete':
      return occurrences(after?.items, itemOf(target)) === 0;
    case 'list-move':
      return occurrences(after?.items, itemOf(target)) === 1;
  }
}
