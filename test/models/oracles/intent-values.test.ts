import { describe, expect, test } from 'vitest';
import type { Concurrency, Edit } from '../../../models/documents/edit.ts';
import type { DocumentType } from '../../../models/documents/port.ts';
import { Book, declaring } from './book.ts';

function set(value: string | number | boolean, field = 'x'): Edit {
  return { kind: 'set', entity: 'a', field, value };
}

const remove: Edit = { kind: 'remove', entity: 'a' };
const restore: Edit = { kind: 'restore', entity: 'a' };
const add: Edit = { kind: 'tag-add', entity: 'a', tag: 't' };
const untag: Edit = { kind: 'tag-remove', entity: 'a', tag: 't' };

function count(by: number): Edit {
  return { kind: 'count', entity: 'a', field: 'n', by };
}

/** @param tags what becomes of a tag that is added and removed, and @param counts of concurrent counts */
function type(tags: Concurrency = 'add-wins', counts: Concurrency = 'keeps-both'): DocumentType {
  return declaring(
    {
      set: 'one-wins',
      remove: 'one-wins',
      restore: 'one-wins',
      'tag-add': 'keeps-both',
      'tag-remove': 'keeps-both',
      count: counts,
    },
    (one, other) => {
      if (one.kind === other.kind) return one.kind === 'count' ? counts : 'one-wins';
      const kinds = [one.kind, other.kind];
      if (kinds.includes('remove')) return kinds.includes('restore') ? 'one-wins' : 'remove-wins';
      return kinds.includes('tag-add') && kinds.includes('tag-remove') ? tags : 'keeps-both';
    },
  );
}

describe('a field', () => {
  const holding = (book: Book, x?: string | number): string[] =>
    book.complaints({ a: { fields: { ground: 0, ...(x !== undefined && { x }) } } });
  const begun = (): Book => {
    const book = new Book(type());
    book.edit(0, set(0, 'ground'));
    return book;
  };

  test('holds what was set last by one that knew the rest', () => {
    const book = begun();
    book.edit(0, set('p'));
    book.edit(1, set('q'));
    expect(holding(book, 'q')).toEqual([]);
    expect(holding(book, 'p')).toEqual(['causality:set a/x']);
    expect(holding(book, 'r')).toEqual(['intent:invented-value a/x']);
    expect(holding(book)).toEqual(['intent:lost-set a/x']);
  });

  test('holds one of the values that were set at the same time', () => {
    const book = begun();
    book.edit(0, set('old'));
    book.edit(1, set('p'), { seen: 2 });
    book.edit(2, set('q'), { seen: 2 });
    expect([holding(book, 'p'), holding(book, 'q')]).toEqual([[], []]);
    expect(holding(book, 'old')).toEqual(['causality:set a/x']);
  });

  test('knows what its author had made itself, though it was not accepted yet', () => {
    const book = begun();
    const own = book.edit(1, set('p'), { isAccepted: false });
    book.edit(1, set('q'), { own: [own] });
    book.accept(own);
    expect(holding(book, 'p')).toEqual(['causality:set a/x']);
    // After a lost tail the device edits without it: nobody knew of the other.
    const lost = begun();
    const gone = lost.edit(1, set('p'), { isAccepted: false });
    lost.edit(1, set('q'), { own: [] });
    lost.accept(gone);
    expect(holding(lost, 'p')).toEqual([]);
  });

  test('may hold an older value that was set again', () => {
    const book = begun();
    for (const value of ['p', 'q', 'p']) book.edit(0, set(value));
    expect(holding(book, 'p')).toEqual([]);
    expect(holding(book, 'q')).toEqual(['causality:set a/x']);
  });

  test('may be empty after the entity was removed, but never goes back', () => {
    const book = begun();
    book.edit(0, set('p'));
    book.edit(0, set('q'));
    book.edit(1, remove);
    book.edit(1, restore);
    expect([holding(book), holding(book, 'q')]).toEqual([[], []]);
    expect(holding(book, 'p')).toEqual(['causality:set a/x']);
  });

  test('that was set while its entity was removed may be empty or not when that is back', () => {
    const book = begun();
    book.edit(1, remove);
    book.edit(2, set('p'), { seen: 1 });
    book.edit(1, restore);
    expect([holding(book), holding(book, 'p')]).toEqual([[], []]);
    // Made in the knowledge of the removal and the restore, it must stay.
    book.edit(2, set('q'));
    expect(holding(book)).toEqual(['intent:lost-set a/x']);
  });

  test('that was set in the same change as another one is judged by itself', () => {
    const book = new Book(type());
    book.edit(0, [set('p'), set('q', 'y')]);
    expect(book.complaints({ a: { fields: { y: 'q' } } })).toEqual(['intent:lost-set a/x']);
  });

  test('compares as a person does', () => {
    const book = begun();
    book.edit(0, set(Number.NaN));
    expect(holding(book, Number.NaN)).toEqual([]);
    book.edit(0, set(-0));
    expect(holding(book, 0)).toEqual([]);
  });
});

describe('a tag', () => {
  const shown = (book: Book, isThere: boolean): string[] =>
    book.complaints({ a: { fields: { x: 1 }, tags: isThere ? ['t'] : [] } });
  const begun = (declared?: Concurrency): Book => {
    const book = new Book(type(declared));
    book.edit(0, set(1));
    return book;
  };

  test('that was added stays until one that had seen it takes it', () => {
    const book = begun();
    book.edit(0, add);
    expect([shown(book, true), shown(book, false)]).toEqual([[], ['intent:lost-tag a/tags/t']]);
    book.edit(1, untag);
    expect([shown(book, false), shown(book, true)]).toEqual([[], ['intent:resurrected-tag a/tags/t']]);
    book.edit(2, add);
    expect([shown(book, true), shown(book, false)]).toEqual([[], ['intent:lost-tag a/tags/t']]);
  });

  test('that was added and taken at the same time is what the type declares', () => {
    const both = (declared: Concurrency): [there: string[], away: string[]] => {
      const book = begun(declared);
      book.edit(0, add);
      book.edit(1, untag);
      book.edit(2, add, { seen: 2 });
      return [shown(book, true), shown(book, false)];
    };
    expect(both('add-wins')).toEqual([[], ['intent:lost-tag a/tags/t']]);
    expect(both('remove-wins')).toEqual([['intent:resurrected-tag a/tags/t'], []]);
    expect(both('one-wins')).toEqual([[], []]);
    expect(both('unjudged')).toEqual([[], []]);
  });

  test('that was added by a change which a later one of its author overtook may go with that one', () => {
    const book = begun();
    const first = book.edit(1, add, { isAccepted: false });
    book.edit(1, add, { own: [first] });
    // Its author has the second add, and not the first one.
    book.edit(2, untag);
    book.accept(first);
    expect([shown(book, true), shown(book, false)]).toEqual([[], []]);
    // One that is by another author, and was not known to anybody, must stay.
    const apart = begun();
    const late = apart.edit(1, add, { isAccepted: false });
    apart.edit(3, add);
    apart.edit(2, untag);
    apart.accept(late);
    expect(shown(apart, false)).toEqual(['intent:lost-tag a/tags/t']);
  });

  test('that was taken may be there again only where a restore did not know of that', () => {
    const book = begun();
    book.edit(0, add);
    book.edit(1, remove);
    book.edit(2, untag, { seen: 2 });
    book.edit(1, restore, { seen: 3 });
    // The type says that a restore and a tag-remove are both kept.
    expect(shown(book, true)).toEqual(['intent:resurrected-tag a/tags/t']);
    const open = new Book({
      ...type(),
      concurrency: (one, other) => (one.kind === other.kind ? 'one-wins' : 'unjudged'),
    });
    open.edit(0, set(1));
    open.edit(0, add);
    open.edit(1, remove);
    open.edit(2, untag, { seen: 2 });
    open.edit(1, restore, { seen: 3 });
    expect(shown(open, true)).toEqual([]);
  });

  test('may be gone with its entity', () => {
    const book = begun();
    book.edit(0, add);
    book.edit(1, remove);
    book.edit(1, restore);
    expect([shown(book, true), shown(book, false)]).toEqual([[], []]);
  });
});

describe('a counter', () => {
  const at = (book: Book, n: number): string[] => book.complaints({ a: { fields: { x: 1 }, counters: { n } } });
  const begun = (declared?: Concurrency): Book => {
    const book = new Book(type('add-wins', declared));
    book.edit(0, set(1));
    return book;
  };

  test('is the sum of what was counted, at the same time too', () => {
    const book = begun();
    book.edit(0, count(5));
    book.edit(1, count(-2), { seen: 1 });
    book.edit(2, count(10), { seen: 1 });
    expect(at(book, 13)).toEqual([]);
    for (const wrong of [5, 10, 15, 23, 0]) expect(at(book, wrong)).toEqual(['intent:count a/n']);
    expect(book.complaints({ a: { fields: { x: 1 } } })).toEqual(['intent:count a/n']);
  });

  test('may lack what a removal of its entity had seen, and nothing else', () => {
    const book = begun();
    book.edit(0, count(5));
    book.edit(0, count(20));
    book.edit(1, remove);
    book.edit(1, restore);
    book.edit(1, count(100));
    for (const fine of [125, 120, 105, 100]) expect(at(book, fine)).toEqual([]);
    for (const wrong of [25, 0, 101]) expect(at(book, wrong)).toEqual(['intent:count a/n']);
  });

  test('that does not keep concurrent counts is judged only where there are none', () => {
    const book = begun('one-wins');
    book.edit(0, count(1));
    book.edit(1, count(2));
    expect([at(book, 3), at(book, 2)]).toEqual([[], ['intent:count a/n']]);
    book.edit(2, count(4), { seen: 1 });
    expect(at(book, 4)).toEqual([]);
  });

  test('of fractions does not hang on their order', () => {
    const book = begun();
    for (const by of [0.1, 0.2, 0.3]) book.edit(0, count(by));
    expect([at(book, 0.3 + 0.2 + 0.1), at(book, 0.1 + 0.2 + 0.3), at(book, 0.5)]).toEqual([
      [],
      [],
      ['intent:count a/n'],
    ]);
  });
});
