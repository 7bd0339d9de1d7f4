import { expect, test } from 'vitest';
import type { EntityView, LedgerView } from '../../../models/documents/edit.ts';
import { firstDifference } from '../../../models/oracles/view-difference.ts';

function at(one: EntityView, other: EntityView): unknown {
  return firstDifference({ a: one }, { a: other });
}

test.each<[string, EntityView, EntityView, unknown]>([
  [
    'a field',
    { fields: { x: 1, y: 1 } },
    { fields: { x: 1, y: 2 } },
    { place: 'a/y', part: 'fields', one: 1, other: 2 },
  ],
  ['a field of one', { fields: { x: 1 } }, { fields: {} }, { place: 'a/x', part: 'fields', one: 1, other: undefined }],
  ['a field of the other', {}, { fields: { x: 1 } }, { place: 'a/x', part: 'fields', one: undefined, other: 1 }],
  [
    'the first of two fields',
    { fields: { y: 1, x: 1 } },
    { fields: { y: 2, x: 2 } },
    { place: 'a/x', part: 'fields', one: 1, other: 2 },
  ],
  ['a type', { fields: { x: 1 } }, { fields: { x: '1' } }, { place: 'a/x', part: 'fields', one: 1, other: '1' }],
  [
    'NaN and infinity',
    { fields: { x: NaN } },
    { fields: { x: Infinity } },
    { place: 'a/x', part: 'fields', one: NaN, other: Infinity },
  ],
  [
    'a field beside NaN',
    { fields: { x: NaN, y: 1 } },
    { fields: { x: NaN, y: 2 } },
    { place: 'a/y', part: 'fields', one: 1, other: 2 },
  ],
  ['a counter', { counters: { n: 1 } }, { counters: { n: 2 } }, { place: 'a/n', part: 'counters', one: 1, other: 2 }],
  ['a memo', { memo: 'p' }, { memo: 'q' }, { place: 'a/memo', part: 'memo', one: 'p', other: 'q' }],
  [
    'items',
    { items: ['p', 'q'] },
    { items: ['q', 'p'] },
    { place: 'a/items', part: 'items', one: ['p', 'q'], other: ['q', 'p'] },
  ],
  ['tags', { tags: ['s'] }, { tags: ['s', 't'] }, { place: 'a/tags', part: 'tags', one: ['s'], other: ['s', 't'] }],
  [
    'items beside an empty memo',
    { memo: '', items: ['p'] },
    { items: ['q'] },
    { place: 'a/items', part: 'items', one: ['p'], other: ['q'] },
  ],
  [
    'tags beside no items',
    { items: [], tags: ['s'] },
    { tags: [] },
    { place: 'a/tags', part: 'tags', one: ['s'], other: [] },
  ],
  [
    'a field named as a property of every object',
    { fields: {} },
    { fields: { constructor: 1 } },
    { place: 'a/constructor', part: 'fields', one: undefined, other: 1 },
  ],
])('the first difference is %s', (_, one, other, expected) => {
  expect(at(one, other)).toEqual(expected);
});

test('the first difference is in the first entity by name, and an entity may be missing', () => {
  const one: LedgerView = { c: { fields: { x: 1 } }, b: { fields: { x: 1 } }, a: { fields: { x: 1 } } };
  const other: LedgerView = { a: { fields: { x: 1 } }, c: { fields: { x: 2 } } };
  expect(firstDifference(one, other)).toEqual({
    place: 'b',
    part: 'presence',
    one: { fields: { x: 1 } },
    other: undefined,
  });
  expect(firstDifference(other, one)).toEqual({
    place: 'b',
    part: 'presence',
    one: undefined,
    other: { fields: { x: 1 } },
  });
});

test('an entity named as a property of every object is found missing', () => {
  const there = { constructor: {} } as LedgerView;
  expect(firstDifference({}, there)).toEqual({ place: 'constructor', part: 'presence', one: undefined, other: {} });
});

test('views that look alike differ in nothing', () => {
  const one: LedgerView = { a: { fields: { x: 1, y: NaN }, tags: ['s', 't'], memo: '' } };
  const other: LedgerView = { a: { tags: ['t', 's'], fields: { y: NaN, x: 1 } } };
  expect(firstDifference(one, other)).toMatchObject({ place: 'nothing', part: 'nothing' });
});
