import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalView, checkName, EDIT_KINDS, isName, sameView } from '../../../models/documents/edit.ts';
import type { EntityView, LedgerView } from '../../../models/documents/edit.ts';
import { InputError } from '../../../sim/errors.ts';

/** Names from a short list, so that two random views often meet; `constructor` is a name like any other. */
const name = fc.constantFrom('a', 'b', 'constructor', '10', '9', 'x-1');
const scalar = fc.oneof(fc.constantFrom('', '1', 'a"b', 1, 0, -0, Number.NaN, true), fc.string({ maxLength: 3 }));
const entityView: fc.Arbitrary<EntityView> = fc.record(
  {
    fields: fc.dictionary(name, scalar, { maxKeys: 3, noNullPrototype: true }),
    counters: fc.dictionary(name, fc.constantFrom(0, -0, 1, 2), { maxKeys: 2, noNullPrototype: true }),
    memo: fc.constantFrom('', 'memo'),
    items: fc.array(fc.constantFrom('p', 'q'), { maxLength: 3 }),
    tags: fc.array(fc.constantFrom('s', 't'), { maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const view: fc.Arbitrary<LedgerView> = fc.dictionary(name, entityView, { maxKeys: 3, noNullPrototype: true });

function reversed<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).reverse()) as T;
}

/** The same view with every key order turned round and tags in another order. */
function shuffled(original: LedgerView): LedgerView {
  const entities = Object.entries(reversed(original)).map(([entity, parts]) => {
    const turned: EntityView = reversed(parts);
    if (turned.fields !== undefined) turned.fields = reversed(turned.fields);
    if (turned.counters !== undefined) turned.counters = reversed(turned.counters);
    if (turned.tags !== undefined) turned.tags = [...turned.tags].reverse();
    return [entity, turned];
  });
  return Object.fromEntries(entities) as LedgerView;
}

describe('views', () => {
  test('two views are the same exactly when their canonical texts are equal', () => {
    fc.assert(
      fc.property(view, view, (a, b) => sameView(a, b) === (canonicalView(a) === canonicalView(b))),
      { seed: 1, numRuns: 3000 },
    );
  });

  test('the order of keys and tags makes no difference', () => {
    fc.assert(
      fc.property(view, (a) => sameView(a, shuffled(a)) && canonicalView(a) === canonicalView(shuffled(a))),
      { seed: 2, numRuns: 1000 },
    );
  });

  test('the canonical text is sorted at every depth', () => {
    const text = canonicalView({
      b: { tags: ['z', 'y'], fields: { beta: 1, alpha: 'x' } },
      a: { counters: { n: -0 } },
    });
    expect(text).toBe('{"a":{"counters":{"n":0}},"b":{"fields":{"alpha":"x","beta":1},"tags":["y","z"]}}');
  });

  test.each<[string, LedgerView, LedgerView]>([
    ['an entity that only one has', { a: {} }, {}],
    ['a field that only one has', { a: { fields: { x: 1 } } }, { a: { fields: {} } }],
    ['a field named as a property of every object', { a: { fields: { constructor: 1 } } }, { a: { fields: { x: 1 } } }],
    ['an entity named as a property of every object', { constructor: {} }, { x: {} }],
    ['a number and its text', { a: { fields: { x: 1 } } }, { a: { fields: { x: '1' } } }],
    ['NaN and null as text', { a: { fields: { x: Number.NaN } } }, { a: { fields: { x: 'NaN' } } }],
    ['the order of items', { a: { items: ['p', 'q'] } }, { a: { items: ['q', 'p'] } }],
    ['a memo', { a: { memo: 'm' } }, { a: {} }],
    ['a counter of 0 that only one has', { a: { counters: { n: 0 } } }, { a: {} }],
  ])('views differ by %s', (_what, a, b) => {
    expect(sameView(a, b)).toBe(false);
    expect(sameView(b, a)).toBe(false);
    expect(canonicalView(a)).not.toBe(canonicalView(b));
  });

  test('an empty part reads as a part that is not there', () => {
    expect(sameView({ a: { fields: {}, memo: '', items: [], tags: [], counters: {} } }, { a: {} })).toBe(true);
  });
});

describe('names', () => {
  test('a name is a-z, 0-9 and -, and not empty', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 4 }), (text) => isName(text) === /^[a-z0-9-]+$/.test(text)),
      { seed: 3, numRuns: 2000, examples: [[''], ['a-9'], ['A'], ['a_b'], ['a\n']] },
    );
  });

  test('a text that is no name is refused with where it stands', () => {
    expect(checkName('edit.entity', 'account-1')).toBe('account-1');
    expect(() => checkName('edit.entity', 'Account 1')).toThrow(InputError);
    expect(() => checkName('edit.entity', 'Account 1')).toThrow('edit.entity: got "Account 1"');
  });

  test('every kind of edit is listed once', () => {
    expect(new Set(EDIT_KINDS).size).toBe(11);
    expect(EDIT_KINDS).toHaveLength(11);
  });
});
