import { describe, expect, test } from 'vitest';
import type { DocumentType } from '../../../models/documents/port.ts';
import { Book, declaring } from './book.ts';

const set = { kind: 'set', entity: 'a', field: 'x', value: 1 } as const;
const other = { kind: 'set', entity: 'a', field: 'y', value: 2 } as const;
const remove = { kind: 'remove', entity: 'a' } as const;
const restore = { kind: 'restore', entity: 'a' } as const;

/** A type by what becomes of an entity that is removed while it is edited, and of one restored meanwhile. */
function type(
  removeAndEdit: 'remove-wins' | 'add-wins' | 'keeps-both' | 'unjudged' | 'one-wins',
  removeAndRestore: 'one-wins' | 'remove-wins' | 'add-wins' = 'one-wins',
): DocumentType {
  return declaring({ set: 'one-wins', remove: 'one-wins', restore: 'one-wins' }, (one, another) => {
    if (one.kind === another.kind) return 'one-wins';
    const kinds = [one.kind, another.kind];
    if (!kinds.includes('remove')) return 'keeps-both';
    return kinds.includes('restore') ? removeAndRestore : removeAndEdit;
  });
}

const THERE = { a: { fields: { x: 1 } } };
const BOTH = { a: { fields: { x: 1, y: 2 } } };

describe('an entity', () => {
  test('that somebody made and nobody removed is there', () => {
    const book = new Book(type('remove-wins'));
    book.edit(0, set);
    expect(book.complaints(THERE)).toEqual([]);
    expect(book.complaints({})).toEqual(['intent:lost-entity a']);
  });

  test('that was removed by one that had seen all of it is away', () => {
    for (const declared of ['remove-wins', 'add-wins', 'unjudged', 'keeps-both', 'one-wins'] as const) {
      const book = new Book(type(declared));
      book.edit(0, set);
      book.edit(1, remove);
      expect(book.complaints({})).toEqual([]);
      expect(book.complaints(THERE)).toEqual(['intent:resurrected-entity a']);
    }
  });

  test('that was removed while it was edited is what the type declares', () => {
    const complaints = (declared: Parameters<typeof type>[0]): [there: string[], away: string[]] => {
      const book = new Book(type(declared));
      book.edit(0, set);
      book.edit(1, remove);
      book.edit(2, other, { seen: 1 });
      return [book.complaints(BOTH), book.complaints({})];
    };
    expect(complaints('remove-wins')).toEqual([['intent:resurrected-entity a'], []]);
    expect(complaints('add-wins')).toEqual([[], ['intent:lost-entity a']]);
    for (const open of ['keeps-both', 'unjudged', 'one-wins'] as const) expect(complaints(open)).toEqual([[], []]);
  });

  test('is judged by what its editors knew, not by the order of the log', () => {
    const book = new Book(type('add-wins'));
    book.edit(0, set);
    const late = book.edit(2, other, { seen: 1, isAccepted: false });
    book.edit(1, remove);
    book.accept(late);
    expect(book.complaints({})).toEqual(['intent:lost-entity a']);
  });

  test('that was restored by one that had seen its removal is there, and else loses to what its author knew', () => {
    const book = new Book(type('remove-wins'));
    book.edit(0, set);
    book.edit(1, remove);
    book.edit(2, restore);
    expect(book.complaints(THERE)).toEqual([]);
    expect(book.complaints({})).toEqual(['causality:restore a']);
    book.edit(0, remove);
    expect(book.complaints({})).toEqual([]);
    expect(book.complaints(THERE)).toEqual(['causality:remove a']);
  });

  test('that was removed and restored without knowledge of each other may be either where one wins', () => {
    const judge = (declared: 'one-wins' | 'add-wins' | 'remove-wins'): [there: string[], away: string[]] => {
      const book = new Book(type('remove-wins', declared));
      book.edit(0, set);
      book.edit(1, remove);
      book.edit(2, restore);
      // It knows the first remove only by having made it… the second one is by somebody who saw the entity before.
      book.edit(3, remove, { seen: 1 });
      return [book.complaints(THERE), book.complaints({})];
    };
    expect(judge('one-wins')).toEqual([[], []]);
    expect(judge('add-wins')).toEqual([[], ['intent:lost-entity a']]);
    expect(judge('remove-wins')).toEqual([['intent:resurrected-entity a'], []]);
  });

  test('of which each removal was undone by one that had seen it is there where one wins', () => {
    const book = new Book(type('remove-wins'));
    book.edit(0, set);
    book.edit(1, remove);
    book.edit(2, remove, { seen: 1 });
    book.edit(1, restore, { seen: 2 });
    book.edit(3, restore, { seen: 3 });
    expect(book.complaints(THERE)).toEqual([]);
    // Both removes were seen by the last restore.
    expect(book.complaints({})).toEqual(['causality:restore a']);
    const apart = new Book(type('remove-wins'));
    apart.edit(0, set);
    const first = apart.edit(1, remove);
    const second = apart.edit(2, remove, { seen: 1 });
    apart.edit(1, restore, { seen: 1, own: [first] });
    apart.edit(2, restore, { seen: 1, own: [second] });
    expect(apart.complaints({})).toEqual(['intent:lost-entity a']);
    expect(apart.complaints(THERE)).toEqual([]);
  });

  test('of which two removals were undone apart is left open where a removal is to win over a restore', () => {
    const book = new Book(type('remove-wins', 'remove-wins'));
    book.edit(0, set);
    const first = book.edit(1, remove);
    const second = book.edit(2, remove, { seen: 1 });
    book.edit(1, restore, { seen: 1, own: [first] });
    book.edit(2, restore, { seen: 1, own: [second] });
    expect([book.complaints(THERE), book.complaints({})]).toEqual([[], []]);
    // Who edits it with knowledge of all that saw it there.
    book.edit(3, other);
    expect([book.complaints(BOTH), book.complaints({})]).toEqual([[], ['intent:lost-entity a']]);
  });

  test('of which each edit was removed by one that had not seen the other is left open where edits win', () => {
    const judge = (declared: 'add-wins' | 'one-wins'): string[] => {
      const book = new Book(type(declared));
      const [one, another] = [book.blind(1, set), book.blind(2, other)];
      book.edit(1, remove, { seen: 0, own: [one] });
      book.edit(2, remove, { seen: 0, own: [another] });
      return book.complaints(BOTH);
    };
    expect(judge('add-wins')).toEqual([]);
    expect(judge('one-wins')).toEqual(['intent:resurrected-entity a']);
  });

  test('that was edited after a restore stays, where edits win over a removal that did not know of it', () => {
    const book = new Book(type('add-wins'));
    book.edit(0, set);
    book.edit(1, remove);
    book.edit(1, restore);
    book.edit(1, other);
    book.edit(2, remove, { seen: 3 });
    expect(book.complaints(BOTH)).toEqual([]);
    expect(book.complaints({})).toEqual(['intent:lost-entity a']);
  });

  test('is not judged where the app’s own rules rewrite it', () => {
    const { supports } = type('remove-wins');
    const book = new Book({ ...declaring({}), supports, judged: (entity) => entity !== 'a' });
    book.edit(0, set);
    book.edit(0, { ...set, entity: 'b' });
    expect(book.complaints({})).toEqual(['intent:lost-entity b']);
  });

  test('is not judged where an author held changes back, and may not have known what it had pulled', () => {
    const book = new Book(type('remove-wins'));
    book.edit(0, set);
    book.edit(1, remove, { pending: 1 });
    expect(book.complaints(THERE)).toEqual([]);
  });

  test('is not held against edits that never were accepted, nor against those that build on such', () => {
    const book = new Book(type('remove-wins'));
    book.edit(0, set);
    book.edit(1, remove, { isAccepted: false });
    expect(book.complaints(THERE)).toEqual([]);
    expect(book.complaints({})).toEqual(['intent:lost-entity a']);
    // The same author's next change is accepted: whatever it shows of the first is not judged.
    book.edit(1, { ...set, entity: 'b' });
    expect(book.complaints({ b: { fields: { x: 1 } } })).toEqual([]);
  });

  test('may be named as properties of all objects are', () => {
    const book = new Book(type('remove-wins'));
    book.edit(0, { ...set, entity: 'constructor', field: 'valueof' });
    expect(book.complaints({})).toEqual(['intent:lost-entity constructor']);
    expect(book.complaints({ constructor: { fields: {} } })).toEqual(['intent:lost-set constructor/valueof']);
  });
});
