import { describe, expect, test } from 'vitest';
import type { Edit, LedgerView } from '../../../models/documents/edit.ts';
import { findParting, partingAt } from '../../../models/oracles/parting.ts';
import { Book, declaring } from './book.ts';
import { type FakeDevice, ledgerOf } from './fakes.ts';

const type = declaring({ set: 'one-wins', remove: 'one-wins', 'tag-add': 'keeps-both', count: 'keeps-both' });

function set(value: string, field = 'x'): Edit {
  return { kind: 'set', entity: 'a', field, value };
}

function holding(x: string): LedgerView {
  return { a: { fields: { x } } };
}

/** The change at which two views part at a place. */
function parting(
  book: Book,
  place: string,
  one: LedgerView,
  other: LedgerView,
  devices: FakeDevice[] = [{}, {}],
): number | undefined {
  const { members } = ledgerOf(0, 0, devices);
  return findParting({ place, one, other }, book.acts(), members, book.table)?.deed.change;
}

describe('replicas part', () => {
  test('at the first edit of the log whose effect one shows and the other does not', () => {
    const book = new Book(type);
    book.edit(0, set('old'));
    book.edit(0, set('elsewhere', 'y'));
    const late = book.edit(1, set('p'), { isAccepted: false });
    const early = book.edit(2, set('q'), { seen: 1 });
    book.accept(late);
    expect(parting(book, 'a/x', holding('p'), holding('q'))).toBe(early);
    expect(parting(book, 'a/x', holding('p'), holding('old'))).toBe(0);
    expect(parting(book, 'a/x', holding('p'), holding('none'))).toBe(late);
  });

  test('where an entity is there for some, at what made or removed it', () => {
    const book = new Book(type);
    const made = book.edit(0, set('p'));
    expect(parting(book, 'a', holding('p'), {})).toBe(made);
  });

  test('at a text, an item or a tag that one of them lacks', () => {
    const book = new Book(type);
    book.edit(0, { kind: 'text-insert', entity: 'a', at: 0, text: 'α' });
    const text = book.edit(1, { kind: 'text-insert', entity: 'a', at: 0, text: 'β' });
    const item = book.edit(1, { kind: 'list-insert', entity: 'a', at: 0, value: 'p' });
    const cut = book.edit(1, { kind: 'list-delete', entity: 'a', at: 0 }, { target: 'a/items/q' });
    const tag = book.edit(1, { kind: 'tag-add', entity: 'a', tag: 't' });
    expect(parting(book, 'a/memo', { a: { memo: 'α' } }, { a: { memo: 'βα' } })).toBe(text);
    expect(parting(book, 'a/items', { a: { items: [] } }, { a: { items: ['p'] } })).toBe(item);
    expect(parting(book, 'a/items', { a: { items: ['p'] } }, { a: { items: ['q', 'p'] } })).toBe(cut);
    expect(parting(book, 'a/tags', { a: {} }, { a: { tags: ['t'] } })).toBe(tag);
  });

  test('where totals do not tell, at the first edit of the place that somebody was not given', () => {
    const book = new Book(type);
    const count: Edit = { kind: 'count', entity: 'a', field: 'n', by: 1 };
    book.edit(0, count);
    const second = book.edit(0, count);
    const last = book.edit(0, count);
    const views: [LedgerView, LedgerView] = [{ a: { counters: { n: 3 } } }, { a: { counters: { n: 2 } } }];
    expect(parting(book, 'a/n', ...views, [{}, { lacks: [2] }])).toBe(second);
    expect(parting(book, 'a/n', ...views)).toBe(last);
  });

  test('nowhere that is known where nobody edited the place', () => {
    const book = new Book(type);
    book.edit(0, set('p'));
    expect(parting(book, 'a/z', holding('p'), holding('q'))).toBeUndefined();
  });
});

test('who had an edit is told by what was handed over, and by who made it', () => {
  const book = new Book(type);
  const accepted = book.edit(1, set('p'));
  const kept = book.edit(2, set('q'), { isAccepted: false });
  const { members } = ledgerOf(0, 0, [{ lacks: [1] }, {}, {}]);
  const [first, second] = book.acts();
  expect(partingAt(first!, members, book.table)).toEqual({
    target: 'a/x',
    author: 1,
    incarnation: 0,
    sequence: accepted + 1,
    atUs: 0,
    seenBy: [1, 2],
    notSeenBy: [0],
  });
  const [one, two, three] = members;
  const author = { ...three!, ownUnplaced: () => [kept] };
  expect(partingAt(second!, [one!, two!, author], book.table)).toMatchObject({ seenBy: [2], notSeenBy: [0, 1] });
});
