import { describe, expect, test } from 'vitest';
import { EDIT_KINDS, type Edit, type LedgerView, placeOf } from '../../../models/documents/edit.ts';
import yjs from '../../../models/documents/yjs.ts';
import { unseenEdit } from '../../../models/oracles/local-effect.ts';
import { isThere } from '../../../models/oracles/effects.ts';
import { ENTITY, groundFor, isThere as isThereForContract, sampleOf } from '../../contract/effects.ts';
import { declaring } from './book.ts';

const type = declaring(Object.fromEntries(EDIT_KINDS.map((kind) => [kind, 'keeps-both'])));

/** What a replica that does as it should shows before and after an edit, and the edit's place. */
function edited(edit: Edit): { before: LedgerView; after: LedgerView; target: string } {
  const replica = yjs.create({ deviceIndex: 0, incarnation: 0, actor: 1, random: () => 0.5, nowMs: () => 0, run: {} });
  for (const each of groundFor(yjs.supports, edit)) replica.edit(each);
  if (edit.kind === 'restore') replica.edit({ kind: 'remove', entity: ENTITY });
  const before = replica.view();
  const { target } = replica.edit(edit);
  return { before, after: replica.view(), target };
}

describe('an edit of each kind', () => {
  test.each(EDIT_KINDS)('%s is seen where it has its effect, and missed where it has none', (kind) => {
    const edit = sampleOf(kind, 0);
    const { before, after, target } = edited(edit);
    expect(unseenEdit(type, [edit], [target], before, after)).toBeUndefined();
    expect(isThere(edit, after, before, target)).toBe(isThereForContract(edit, after, before, target));
    // A move is seen by its item being there, once.
    const without: LedgerView = kind === 'list-move' ? { [ENTITY]: { items: [] } } : before;
    expect(unseenEdit(type, [edit], [target], before, without)).toMatchObject({ edit, target, isSwallowed: false });
  });

  test('that a type does not take, or of an entity that its own rules rewrite, is not judged', () => {
    const edit = sampleOf('set', 0);
    const { before, target } = edited(edit);
    expect(unseenEdit(declaring({ count: 'keeps-both' }), [edit], [target], before, before)).toBeUndefined();
    const rewriting = declaring({ set: 'one-wins' }, undefined, (entity) => entity !== ENTITY);
    expect(unseenEdit(rewriting, [edit], [target], before, before)).toBeUndefined();
  });
});

describe('an edit that says it did nothing', () => {
  const there: LedgerView = { a: { fields: { x: 1 }, memo: 'text', tags: ['t'] } };
  const swallowed = (edit: Edit, view = there): boolean =>
    unseenEdit(type, [edit], [undefined], view, view) !== undefined;

  test('is missed where its entity was there and its effect is not', () => {
    expect(swallowed({ kind: 'set', entity: 'a', field: 'x', value: 2 })).toBe(true);
    expect(swallowed({ kind: 'remove', entity: 'a' })).toBe(true);
    expect(swallowed({ kind: 'tag-add', entity: 'a', tag: 'u' })).toBe(true);
    expect(swallowed({ kind: 'tag-remove', entity: 'a', tag: 't' })).toBe(true);
    expect(swallowed({ kind: 'count', entity: 'a', field: 'n', by: 1 })).toBe(true);
    expect(swallowed({ kind: 'text-insert', entity: 'a', at: 0, text: 'new' })).toBe(true);
    expect(swallowed({ kind: 'list-insert', entity: 'a', at: 0, value: 'p' })).toBe(true);
  });

  test('is not missed where there was nothing to do', () => {
    expect(swallowed({ kind: 'set', entity: 'a', field: 'x', value: 1 })).toBe(false);
    expect(swallowed({ kind: 'set', entity: 'removed', field: 'x', value: 1 })).toBe(false);
    expect(swallowed({ kind: 'tag-remove', entity: 'a', tag: 'u' })).toBe(false);
    expect(swallowed({ kind: 'count', entity: 'a', field: 'n', by: 0 })).toBe(false);
    expect(swallowed({ kind: 'text-insert', entity: 'a', at: 0, text: '' })).toBe(false);
    expect(swallowed({ kind: 'text-delete', entity: 'a', at: 0, length: 0 })).toBe(false);
    expect(swallowed({ kind: 'list-delete', entity: 'a', at: 0 })).toBe(false);
    expect(swallowed({ kind: 'restore', entity: 'a' })).toBe(false);
  });
});

describe('several edits of one change', () => {
  const judge = (edits: Edit[], before: LedgerView, after: LedgerView): string | undefined =>
    unseenEdit(type, edits, edits.map(placeOf), before, after)?.target;
  const set = (value: number, field = 'x'): Edit => ({ kind: 'set', entity: 'a', field, value });

  test('are judged each, but for those that a later one takes back', () => {
    expect(judge([set(1), set(2)], {}, { a: { fields: { x: 2 } } })).toBeUndefined();
    expect(judge([set(1), set(2)], {}, { a: { fields: { x: 1 } } })).toBe('a/x');
    expect(judge([set(1), set(2, 'y')], {}, { a: { fields: { y: 2 } } })).toBe('a/x');
    expect(judge([set(1), { kind: 'remove', entity: 'a' }], {}, {})).toBeUndefined();
    const tagged: Edit[] = [
      { kind: 'tag-add', entity: 'a', tag: 't' },
      { kind: 'tag-remove', entity: 'a', tag: 't' },
    ];
    expect(judge(tagged, {}, { a: { tags: [] } })).toBeUndefined();
    expect(judge(tagged, {}, { a: { tags: ['t'] } })).toBe('a/tags/t');
  });

  test('are left alone where the view before all of them does not tell', () => {
    const count = (by: number): Edit => ({ kind: 'count', entity: 'a', field: 'n', by });
    expect(judge([count(1), count(2)], {}, { a: { counters: { n: 3 } } })).toBeUndefined();
    expect(judge([{ kind: 'restore', entity: 'a' }, count(2)], {}, { a: { counters: { n: 9 } } })).toBeUndefined();
  });
});
