import { describe, expect, test } from 'vitest';
import type { Concurrency, Edit, EntityView } from '../../../models/documents/edit.ts';
import type { DocumentType } from '../../../models/documents/port.ts';
import { uniqueCharacters } from '../../../models/oracles/intent-sequences.ts';
import { Book, declaring } from './book.ts';

interface Declared {
  readonly inserts?: Concurrency;
  readonly moves?: Concurrency;
  readonly moveAndDelete?: Concurrency;
  readonly text?: Concurrency;
}

function type({
  inserts = 'keeps-both',
  moves = 'one-wins',
  moveAndDelete = 'add-wins',
  text = 'keeps-both',
}: Declared = {}): DocumentType {
  return declaring(
    {
      set: 'one-wins',
      remove: 'one-wins',
      restore: 'one-wins',
      'text-insert': text,
      'text-delete': text,
      'list-insert': inserts,
      'list-delete': 'keeps-both',
      'list-move': moves,
    },
    (one, other) => {
      const kinds = [one.kind, other.kind];
      if (kinds.includes('remove')) return 'remove-wins';
      if (kinds.every((kind) => kind.startsWith('text-'))) return text;
      if (kinds.every((kind) => kind === 'list-insert')) return inserts;
      if (kinds.every((kind) => kind === 'list-move')) return moves;
      return kinds.includes('list-move') && kinds.includes('list-delete') ? moveAndDelete : 'keeps-both';
    },
  );
}

const ground: Edit = { kind: 'set', entity: 'a', field: 'x', value: 1 };
const remove: Edit = { kind: 'remove', entity: 'a' };
const restore: Edit = { kind: 'restore', entity: 'a' };

function begun(declared?: Declared): Book {
  const book = new Book(type(declared));
  book.edit(0, ground);
  return book;
}

function shown(book: Book, view: EntityView): string[] {
  return book.complaints({ a: { fields: { x: 1 }, ...view } });
}

describe('a text', () => {
  const insert = (text: string): Edit => ({ kind: 'text-insert', entity: 'a', at: 0, text });
  const cut: Edit = { kind: 'text-delete', entity: 'a', at: 0, length: 1 };
  const memo = (text: string): { a: EntityView } => ({ a: { memo: text } });

  test('holds each character that one insert of the run has alone', () => {
    const book = begun();
    book.edit(0, insert('αrent '));
    book.edit(1, insert('βrent '), { seen: 1 });
    expect(shown(book, { memo: 'βrent αrent ' })).toEqual([]);
    expect(shown(book, { memo: 'βrent rent ' })).toEqual(['intent:lost-text a/memo']);
    expect(shown(book, {})).toEqual(['intent:lost-text a/memo', 'intent:lost-text a/memo']);
    // What stands in two inserts cannot be told apart.
    expect(shown(book, { memo: 'βα' })).toEqual([]);
  });

  test('holds no insert twice', () => {
    const book = begun();
    book.edit(0, insert('αrent '));
    expect(shown(book, { memo: 'αrent αrent ' })).toEqual(['intent:doubled-text a/memo']);
  });

  test('lacks what was seen to go when it was deleted, and keeps the rest', () => {
    const book = begun();
    book.edit(0, insert('αβ'));
    book.edit(1, cut, { before: memo('αβ'), after: memo('β') });
    expect(shown(book, { memo: 'β' })).toEqual([]);
    expect(shown(book, { memo: 'αβ' })).toEqual(['intent:resurrected-text a/memo']);
    expect(shown(book, { memo: '' })).toEqual(['intent:lost-text a/memo']);
  });

  test('keeps what was inserted while other text was deleted, where the type keeps both', () => {
    const inserted = (text: Concurrency): string[] => {
      const book = begun({ text });
      book.edit(0, insert('α'));
      book.edit(1, cut, { before: memo('α'), after: memo('') });
      book.edit(2, insert('β'), { seen: 2 });
      return shown(book, { memo: '' });
    };
    expect(inserted('keeps-both')).toEqual(['intent:lost-text a/memo']);
    expect(inserted('one-wins')).toEqual([]);
    expect(inserted('unjudged')).toEqual([]);
  });

  test('that is one register may bring back what one had deleted without knowing the other', () => {
    const book = begun({ text: 'one-wins' });
    book.edit(0, insert('α'));
    book.edit(1, cut, { before: memo('α'), after: memo('') });
    book.edit(2, insert('β'), { seen: 2 });
    expect(shown(book, { memo: 'αβ' })).toEqual([]);
  });

  test('may be gone with its entity', () => {
    const book = begun();
    book.edit(0, insert('α'));
    book.edit(1, remove);
    book.edit(1, restore);
    expect(shown(book, {})).toEqual([]);
  });

  test('is judged by characters that are neither spaces nor halves of pairs', () => {
    const book = begun();
    book.edit(0, insert('a 🐎b'));
    book.edit(0, insert('bcc'));
    expect([...uniqueCharacters(book.acts()).keys()].map((unit) => String.fromCharCode(unit))).toEqual(['a']);
  });
});

describe('a list', () => {
  const insert = (value: string): Edit => ({ kind: 'list-insert', entity: 'a', at: 0, value });
  const cut: Edit = { kind: 'list-delete', entity: 'a', at: 0 };
  const move: Edit = { kind: 'list-move', entity: 'a', from: 0, to: 1 };
  const target = 'a/items/p';

  test('holds each item once', () => {
    const book = begun();
    book.edit(0, insert('p'));
    book.edit(1, insert('q'), { seen: 1 });
    expect(shown(book, { items: ['q', 'p'] })).toEqual([]);
    expect(shown(book, { items: ['q'] })).toEqual(['intent:lost-item a/items/p']);
    expect(shown(book, { items: ['p', 'q', 'p'] })).toEqual(['intent:doubled-item a/items/p']);
  });

  test('lacks what was deleted', () => {
    const book = begun();
    book.edit(0, insert('p'));
    book.edit(1, cut, { target });
    expect(shown(book, {})).toEqual([]);
    expect(shown(book, { items: ['p'] })).toEqual(['intent:resurrected-item a/items/p']);
  });

  test('does with an item that is moved while it is deleted what the type declares', () => {
    const both = (moveAndDelete: Concurrency): [there: string[], away: string[]] => {
      const book = begun({ moveAndDelete });
      book.edit(0, insert('p'));
      book.edit(1, cut, { target });
      book.edit(2, move, { target, seen: 2 });
      return [shown(book, { items: ['p'] }), shown(book, {})];
    };
    expect(both('add-wins')).toEqual([[], ['intent:lost-item a/items/p']]);
    expect(both('remove-wins')).toEqual([['intent:resurrected-item a/items/p'], []]);
    expect(both('one-wins')).toEqual([[], []]);
    expect(both('unjudged')).toEqual([[], []]);
  });

  test('holds an item once that was moved twice at the same time, unless the type keeps both', () => {
    const doubled = (moves: Concurrency): string[] => {
      const book = begun({ moves });
      book.edit(0, insert('p'));
      book.edit(1, move, { target, seen: 2 });
      book.edit(2, move, { target, seen: 2 });
      return shown(book, { items: ['p', 'p'] });
    };
    expect(doubled('one-wins')).toEqual(['intent:doubled-item a/items/p']);
    expect(doubled('keeps-both')).toEqual([]);
    expect(doubled('unjudged')).toEqual([]);
  });

  test('keeps an item that was moved, and lacks it when one deletes it who had seen that', () => {
    const book = begun();
    book.edit(0, insert('p'));
    book.edit(1, move, { target });
    expect([shown(book, { items: ['p'] }), shown(book, {})]).toEqual([[], ['intent:lost-item a/items/p']]);
    book.edit(2, cut, { target });
    expect([shown(book, {}), shown(book, { items: ['p'] })]).toEqual([[], ['intent:resurrected-item a/items/p']]);
  });

  test('keeps an item that a move saved, when that was moved on while somebody deleted it', () => {
    const book = begun();
    book.edit(0, insert('p'));
    book.edit(1, cut, { target });
    book.edit(2, move, { target, seen: 2 });
    book.edit(3, move, { target });
    book.edit(1, cut, { target, seen: 4 });
    expect([shown(book, { items: ['p'] }), shown(book, {})]).toEqual([[], ['intent:lost-item a/items/p']]);
  });

  test('keeps an item that was moved with knowledge of a delete, so that it was still there', () => {
    const book = begun({ moveAndDelete: 'one-wins' });
    book.edit(0, insert('p'));
    book.edit(1, cut, { target });
    book.edit(2, move, { target, seen: 2 });
    book.edit(3, move, { target });
    expect([shown(book, { items: ['p'] }), shown(book, {})]).toEqual([[], ['intent:lost-item a/items/p']]);
  });

  test('that is one register may lose what was inserted at the same time as something else', () => {
    const lost = (inserts: Concurrency): string[] => {
      const book = begun({ inserts });
      book.edit(0, insert('p'), { seen: 1 });
      book.edit(1, insert('q'), { seen: 1 });
      return shown(book, { items: ['q'] });
    };
    expect(lost('keeps-both')).toEqual(['intent:lost-item a/items/p']);
    expect(lost('one-wins')).toEqual([]);
  });

  test('says nothing of an item that was inserted twice, nor of one that went with its entity', () => {
    const book = begun();
    book.edit(0, insert('p'));
    book.edit(0, insert('p'));
    expect([shown(book, {}), shown(book, { items: ['p', 'p'] })]).toEqual([[], []]);
    const removed = begun();
    removed.edit(0, insert('p'));
    removed.edit(1, remove);
    removed.edit(1, restore);
    expect([shown(removed, {}), shown(removed, { items: ['p'] })]).toEqual([[], []]);
  });
});
