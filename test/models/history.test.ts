import { describe, expect, test } from 'vitest';
import { ChangeTable } from '../../models/change-table.ts';
import type { Edit, LedgerView } from '../../models/documents/edit.ts';
import { type Act, alignTargets, History } from '../../models/history.ts';
import type { JudgedDevice } from '../../models/oracles/judged.ts';
import { Book, declaring } from './oracles/book.ts';
import { addChange, type FakeDevice, ledgerOf } from './oracles/fakes.ts';

const type = declaring({
  set: 'one-wins',
  remove: 'one-wins',
  restore: 'one-wins',
  'tag-add': 'keeps-both',
  'tag-remove': 'keeps-both',
  count: 'keeps-both',
  'text-insert': 'keeps-both',
  'text-delete': 'keeps-both',
  'list-insert': 'keeps-both',
  'list-delete': 'keeps-both',
  'list-move': 'one-wins',
});

function set(value: number, field = 'x'): Edit {
  return { kind: 'set', entity: 'a', field, value };
}

function device(index: number, fake: FakeDevice & Partial<JudgedDevice> = {}): JudgedDevice {
  const { view: _view, ...given } = fake;
  return {
    ...ledgerOf(0, index, [fake]).members[0]!,
    ...(given as Partial<JudgedDevice>),
    pending: () => 0,
  };
}

function actOf(book: Book, change: number): Act {
  return book.acts().find(({ deed }) => deed.change === change)!;
}

describe('what an author knew', () => {
  test('is the log up to where it had pulled', () => {
    const book = new Book(type);
    const [first, second] = [book.edit(0, set(1)), book.edit(0, set(2))];
    const third = book.edit(1, set(3), { seen: 1 });
    const knows = (later: number, earlier: number): boolean =>
      book.history.knows(actOf(book, later), actOf(book, earlier));
    expect([knows(third, first), knows(third, second), knows(second, first)]).toEqual([true, false, true]);
    expect(book.history.areConcurrent(actOf(book, third), actOf(book, second))).toBe(true);
    expect(book.history.areConcurrent(actOf(book, third), actOf(book, first))).toBe(false);
    expect(book.history.areConcurrent(actOf(book, third), actOf(book, third))).toBe(false);
  });

  test('is also what its replica held of its own, wherever the log has that by now', () => {
    const book = new Book(type);
    const own = book.edit(1, set(1), { isAccepted: false });
    const next = book.edit(1, set(2), { isAccepted: false });
    const after = book.edit(1, set(3), { own: [], isAccepted: false });
    for (const change of [next, after, own]) book.accept(change);
    const knows = (later: number): boolean => book.history.knows(actOf(book, later), actOf(book, own));
    // The third was made after a restart that had lost the first.
    expect([knows(next), knows(after)]).toEqual([true, false]);
  });

  test('is within a change all that comes before in it', () => {
    const book = new Book(type);
    book.edit(0, [set(1), set(2, 'y')]);
    const [first, second] = book.acts();
    expect([book.history.knows(second!, first!), book.history.knows(first!, second!)]).toEqual([true, false]);
    expect([first!.target, second!.target]).toEqual(['a/x', 'a/y']);
  });

  test('cannot be told where it held changes back', () => {
    const book = new Book(type);
    const change = book.edit(0, set(1), { pending: 2 });
    expect(actOf(book, change).deed.isSure).toBe(false);
    expect(book.history.marks['edit while changes were held back']).toBe(1);
  });
});

describe('targets', () => {
  const cut: Edit = { kind: 'list-delete', entity: 'a', at: 0 };

  test('stand for the edits that did something', () => {
    expect(alignTargets([set(1), cut], ['a/x', 'a/items/p'])).toEqual(['a/x', 'a/items/p']);
    expect(alignTargets([set(1), set(2, 'y'), set(3, 'z')], ['a/x', 'a/z'])).toEqual(['a/x', undefined, 'a/z']);
    expect(alignTargets([set(1)], [])).toEqual([undefined]);
  });

  test('cannot be told apart where an item was touched or not, or where they name other places', () => {
    expect(alignTargets([cut, set(1)], ['a/x'])).toBeUndefined();
    expect(alignTargets([set(1), set(2, 'y')], ['b/x'])).toBeUndefined();
  });

  test('that cannot be told apart leave the change out of all judgement', () => {
    const book = new Book(type);
    const change = book.edit(0, [cut, set(1)], { target: 'a/x' });
    expect(actOf(book, change).deed.isSure).toBe(false);
  });
});

describe('what a text-delete took', () => {
  test('is what its author saw go, each character once', () => {
    const book = new Book(type);
    const cut: Edit = { kind: 'text-delete', entity: 'a', at: 0, length: 3 };
    const view = (memo: string): LedgerView => ({ a: { memo } });
    const change = book.edit(0, cut, { before: view('ααβγ'), after: view('γ') });
    expect(actOf(book, change).deed.vanished).toBe('αβ');
    const insert: Edit = { kind: 'text-insert', entity: 'a', at: 0, text: 'δε' };
    const both = book.edit(0, [insert, cut], { before: view('γ'), after: view('ε') });
    expect(book.acts().find(({ deed }) => deed.change === both)!.deed.vanished).toBe('γδ');
  });
});

describe('found at once', () => {
  const moment = { nowUs: 5, events: 7 };
  const ledger = { id: 'ledger-0' };

  function edited(history: History, table: ChangeTable, edit: Edit, before: LedgerView, after: LedgerView): void {
    const change = addChange(table, { device: 3, editedAtUs: 42 });
    history.edited(device(3), change, [edit], ['a/x'], before, after);
  }

  test('is an edit that its author does not see, the first of each kind', () => {
    const table = new ChangeTable(false);
    const history = new History(table, type);
    edited(history, table, set(1), {}, { a: { fields: { x: 1 } } });
    expect(history.foundIn(ledger, moment)).toEqual([]);
    edited(history, table, set(2), {}, { a: { fields: { x: 1 } } });
    edited(history, table, set(3), {}, { a: { fields: { x: 1 } } });
    expect(history.foundIn(ledger, moment)).toMatchObject([
      {
        oracle: 'local-effect',
        signature: 'local-effect:set',
        atUs: 5,
        event: 7,
        devices: [3],
        documents: ['ledger-0'],
        detail: { place: 'a/x', edit: { value: 2 }, isSwallowed: false },
        parting: { target: 'a/x', author: 3, sequence: 2, atUs: 42 },
      },
    ]);
    expect(history.foundIn({ id: 'ledger-1' }, moment)).toEqual([]);
  });

  test('has the time at which it was found where the history has a clock', () => {
    const table = new ChangeTable(false);
    const clock = { nowUs: 1, events: 1 };
    const history = new History(table, type, clock);
    clock.nowUs = 2;
    edited(history, table, set(2), {}, {});
    clock.nowUs = 3;
    expect(history.foundIn(ledger, moment)).toMatchObject([{ atUs: 2, event: 1 }]);
  });

  test('is an edit that says it did nothing though there was something to do', () => {
    const history = new History(new ChangeTable(false), type);
    const view: LedgerView = { a: { fields: { x: 1 } } };
    history.edited(device(0), -1, [set(1)], [], view, view);
    history.edited(device(0), -1, [{ kind: 'set', entity: 'b', field: 'x', value: 2 }], [], view, view);
    expect(history.foundIn(ledger, moment)).toEqual([]);
    history.edited(device(0), -1, [set(2)], ['a/x'], view, view);
    expect(history.foundIn(ledger, moment)).toMatchObject([{ detail: { isSwallowed: true } }]);
    expect(history.acts(0)).toEqual([]);
  });

  test('is a cursor that goes back within one life, and not from one life to the next', () => {
    const table = new ChangeTable(false);
    const history = new History(table, type);
    const page = (cursor: number, ...changes: number[]) =>
      ({ kind: 'page', changes: Int32Array.from(changes), cursor, hasMore: false }) as const;
    const log = [0, 1, 2].map((at) => {
      const change = addChange(table, {});
      table.setPosition(change, at + 1);
      return change;
    });
    history.tookPage(device(0, { position: 3 }), page(3, ...log), 0);
    history.restarted(device(0), 'backup');
    history.tookPage(device(0, { position: 2 }), page(2, log[1]!), 1);
    expect(history.foundIn(ledger, moment)).toEqual([]);
    history.tookPage(device(0, { position: 2 }), page(2, log[1]!), 1);
    expect(history.foundIn(ledger, moment)).toMatchObject([{ signature: 'cursor:went-back', devices: [0] }]);
  });
});

describe('acknowledged changes', () => {
  test('are told by ledger, with the device that heard it first', () => {
    const table = new ChangeTable(false);
    const history = new History(table, type);
    const changes = [0, 0, 1].map((ledger) => addChange(table, { ledger }));
    history.acknowledged(device(4), [changes[1]!, changes[0]!]);
    history.acknowledged(device(5), [changes[0]!, changes[2]!]);
    expect([...history.acknowledgedIn(0)]).toEqual([
      [changes[1], 4],
      [changes[0], 4],
    ]);
    expect([...history.acknowledgedIn(1)]).toEqual([[changes[2], 5]]);
  });
});

describe('marks', () => {
  test('have all their names from the start', () => {
    const { marks } = new History(new ChangeTable(false), type);
    expect(Object.keys(marks).length).toBeGreaterThan(15);
    expect(new Set(Object.values(marks))).toEqual(new Set([0]));
  });

  const met = (mark: string, one: Edit, other: Edit, target?: string): void => {
    const count = (seen: number): number => {
      const book = new Book(type);
      book.edit(0, set(1, 'ground'));
      book.edit(1, one, { seen: 1, ...(target !== undefined && { target }) });
      book.edit(2, other, { seen, ...(target !== undefined && { target }) });
      book.history.close(0);
      return book.history.marks[mark as keyof typeof book.history.marks];
    };
    expect([count(1), count(2)], mark).toEqual([1, 0]);
  };

  test('count edits that met, each not knowing of the other', () => {
    const a = { entity: 'a' };
    met('concurrent edits of one place', set(1), set(2));
    met('concurrent sets of one field', set(1), set(2));
    met(
      'concurrent counts of one counter',
      { kind: 'count', ...a, field: 'n', by: 1 },
      { kind: 'count', ...a, field: 'n', by: 2 },
    );
    met('remove met a concurrent edit', { kind: 'remove', ...a }, set(2));
    met('restore met a concurrent remove', { kind: 'restore', ...a }, { kind: 'remove', ...a });
    met('tag-remove met a concurrent add', { kind: 'tag-remove', ...a, tag: 't' }, { kind: 'tag-add', ...a, tag: 't' });
    met(
      'delete met a concurrent insert',
      { kind: 'text-delete', ...a, at: 0, length: 1 },
      { kind: 'text-insert', ...a, at: 0, text: 'x' },
    );
    met(
      'two deletes of one item',
      { kind: 'list-delete', ...a, at: 0 },
      { kind: 'list-delete', ...a, at: 0 },
      'a/items/p',
    );
    met(
      'two moves of one item',
      { kind: 'list-move', ...a, from: 0, to: 1 },
      { kind: 'list-move', ...a, from: 0, to: 2 },
      'a/items/p',
    );
    met(
      'move met a concurrent delete',
      { kind: 'list-move', ...a, from: 0, to: 1 },
      { kind: 'list-delete', ...a, at: 0 },
      'a/items/p',
    );
  });

  test('count what devices were doing when they were edited', () => {
    const table = new ChangeTable(false);
    const history = new History(table, type);
    const edit = (author: JudgedDevice, change = addChange(table, {})): void =>
      history.edited(author, change, [set(1)], ['a/x'], {}, { a: { fields: { x: 1 } } });
    edit(device(0, { client: { outboxLength: 0, isBusy: true } }));
    edit(device(0, { isOnline: false }));
    edit(device(0, { incarnation: 2 }));
    edit(device(0), -1);
    history.edited(device(0), addChange(table, {}), [{ kind: 'remove', entity: 'a' }], ['a'], {}, {});
    edit(device(0), -1);
    history.restarted(device(0, { client: { outboxLength: 2, isBusy: false } }), 'storage');
    expect(history.marks).toMatchObject({
      'edit while a sync was under way': 1,
      'edit while offline': 1,
      'edit after a restart': 1,
      'edit that did nothing': 2,
      'edit on a removed entity': 1,
      'restart with changes to push': 1,
      'own change of an earlier life came back': 0,
    });
  });

  test('count changes of an earlier life that come back after something was lost', () => {
    const table = new ChangeTable(false);
    const history = new History(table, type);
    const mine = addChange(table, { device: 4, incarnation: 0 });
    table.setPosition(mine, 1);
    const page = { kind: 'page', changes: Int32Array.of(mine), cursor: 1, hasMore: false } as const;
    const count = (): number => history.marks['own change of an earlier life came back'];
    history.restarted(device(4), 'storage');
    history.tookPage(device(4, { incarnation: 1, position: 1 }), page, 0);
    expect(count()).toBe(0);
    history.restarted(device(4), 'synced');
    history.tookPage(device(4, { incarnation: 2, position: 1 }), page, 0);
    expect(count()).toBe(1);
  });
});
