// Intent and causality: what is held against a view, as findings.

import { describe, expect, test } from 'vitest';
import { judgeCausality } from '../../../models/oracles/causality.ts';
import { complaintsAbout, judgeIntent } from '../../../models/oracles/intent.ts';
import { declaredFor, LedgerActs } from '../../../models/oracles/ledger-acts.ts';
import type { Edit, LedgerView } from '../../../models/documents/edit.ts';
import type { Finding } from '../../../models/finding.ts';
import { Book, declaring } from './book.ts';
import { ledgerOf } from './fakes.ts';

const type = declaring({ set: 'one-wins' });

function judged(book: Book, view: LedgerView): { causality: Finding[]; intent: Finding[] } {
  const ledger = ledgerOf(0, 0, [{}, {}, {}]);
  const acts = new LedgerActs(book.history, type, book.table, 0);
  const complaints = [...complaintsAbout(acts, view)];
  const accused = { ledger, devices: ledger.members.slice(0, 2), table: book.table, moment: { nowUs: 8, events: 3 } };
  return { causality: judgeCausality(complaints, accused), intent: judgeIntent(complaints, accused) };
}

function set(field: string, value: number): Edit {
  return { kind: 'set', entity: 'a', field, value };
}

describe('what is held against a view', () => {
  test('is reported once for each kind, by the oracle that it belongs to', () => {
    const book = new Book(type);
    for (const field of ['x', 'y']) {
      book.edit(0, set(field, 1));
      book.edit(2, set(field, 2));
    }
    book.edit(1, set('z', 1));
    book.edit(1, set('zz', 1));
    const { causality, intent } = judged(book, { a: { fields: { x: 1, y: 1 } } });
    expect(causality).toEqual([
      {
        oracle: 'causality',
        kind: 'safety',
        signature: 'causality:set',
        atUs: 8,
        event: 3,
        devices: [0, 1],
        documents: ['ledger-0'],
        detail: {
          place: 'a/x',
          expected: [2],
          found: 1,
          edit: set('x', 2),
          author: 2,
          against: set('x', 1),
          againstAuthor: 0,
        },
        parting: {
          target: 'a/x',
          author: 2,
          incarnation: 0,
          sequence: 2,
          atUs: 1000,
          seenBy: [0, 1, 2],
          notSeenBy: [],
        },
      },
    ]);
    expect(intent).toMatchObject([{ signature: 'intent:lost-set', detail: { place: 'a/z' } }]);
  });

  test('is nothing where all is as it must be', () => {
    const book = new Book(type);
    book.edit(0, set('x', 1));
    expect(judged(book, { a: { fields: { x: 1 } } })).toEqual({ causality: [], intent: [] });
  });
});

test('what a type leaves open for edits of two kinds is not judged', () => {
  const remove: Edit = { kind: 'remove', entity: 'a' };
  expect(declaredFor(type, set('x', 1), set('x', 2))).toBe('one-wins');
  expect(declaredFor(type, set('x', 1), remove)).toBe('unjudged');
  expect(declaredFor(type, remove, remove)).toBe('unjudged');
  expect(declaredFor({ ...type, concurrency: () => 'add-wins' }, set('x', 1), remove)).toBe('add-wins');
});
