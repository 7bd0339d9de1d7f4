import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LedgerView } from '../../models/documents/edit.ts';
import {
  formatLines,
  isBalanced,
  linesBalance,
  parseLines,
  trialBalance,
  unbalancedTransactions,
} from '../../models/ledger.ts';
import type { LineItem } from '../../models/ledger.ts';

const line: fc.Arbitrary<LineItem> = fc.record({
  account: fc.constantFrom('cash-0001', 'account-1f-2s', '-'),
  side: fc.constantFrom('debit' as const, 'credit' as const),
  cents: fc.oneof(fc.constantFrom(0, 1, 2), fc.integer({ min: 0, max: 1_000_000_000 })),
});
const lines = fc.array(line, { minLength: 1, maxLength: 5 });

function posted(text: string | number): LedgerView[string] {
  return { fields: { status: 'posted', lines: text } };
}

describe('lines', () => {
  test('the text of lines gives the lines back', () => {
    fc.assert(
      fc.property(lines, (items) => {
        expect(parseLines(formatLines(items))).toEqual(items);
      }),
      { seed: 1 },
    );
  });

  test('the balance read from the text is that of the lines, and 0 exactly where they balance', () => {
    fc.assert(
      fc.property(lines, (items) => {
        const expected = items.reduce((sum, item) => sum + (item.side === 'debit' ? item.cents : -item.cents), 0);
        const balance = linesBalance(formatLines(items));
        if (items.length === 1) expect(balance).toBeNaN();
        else expect(balance + 0).toBe(expected);
        expect(balance === 0).toBe(isBalanced(items));
      }),
      { seed: 2 },
    );
  });

  test('only a canonical text has lines', () => {
    const alphabet = fc.constantFrom('a', ':', ',', '0', '7', ':debit:', ':credit:', 'A', '-', '.', ' ');
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 9 }), (parts) => {
        const text = parts.join('');
        const items = parseLines(text);
        if (items !== null) expect(formatLines(items)).toBe(text);
        if (items === null || items.length < 2) expect(linesBalance(text)).toBeNaN();
      }),
      { seed: 3, numRuns: 5000 },
    );
  });

  test.each([
    '',
    ',',
    'cash',
    'cash:debit:',
    'cash:debit:01',
    'cash:debit:-1',
    'cash:debit:1,',
    ':debit:1',
    'Cash:debit:1',
    'cash:debt:1',
    'cash:debit:99999999999999999',
  ])('%j has no lines', (text) => {
    expect(parseLines(text)).toBeNull();
    expect(linesBalance(text)).toBeNaN();
  });
});

describe('the books', () => {
  const right = posted('cash-0001:debit:300,food-0003:credit:100,rent-0004:credit:200');

  test('balance where every posted transaction does', () => {
    const view = { 'transaction-1-1': right, 'transaction-1-2': right, 'account-1-1': { fields: { balance: 7 } } };
    expect(trialBalance(view)).toBe(0);
    expect(unbalancedTransactions(view)).toEqual([]);
  });

  test('name each posted transaction that is wrong, sorted', () => {
    const view = {
      'transaction-1-9': posted('cash-0001:debit:300,food-0003:credit:299'),
      'transaction-1-5': posted('cash-0001:debit:300'),
      'transaction-1-4': posted('nonsense'),
      'transaction-1-3': posted(7),
      'transaction-1-2': { fields: { status: 'posted' } },
      'transaction-1-1': right,
    };
    expect(unbalancedTransactions(view)).toEqual([
      'transaction-1-2',
      'transaction-1-3',
      'transaction-1-4',
      'transaction-1-5',
      'transaction-1-9',
    ]);
    expect(trialBalance(view)).toBe(1);
  });

  test('two errors that cancel leave the trial balance at 0, and both transactions named', () => {
    const view = {
      'transaction-1-1': posted('cash-0001:debit:5,food-0003:credit:4'),
      'transaction-1-2': posted('cash-0001:debit:4,food-0003:credit:5'),
    };
    expect(trialBalance(view)).toBe(0);
    expect(unbalancedTransactions(view)).toHaveLength(2);
  });

  test('count no transaction that is not posted', () => {
    const view = {
      'transaction-1-1': { fields: { status: 'draft', lines: 'cash-0001:debit:5,food-0003:credit:4' } },
      'transaction-1-2': {},
    };
    expect(trialBalance(view)).toBe(0);
    expect(unbalancedTransactions(view)).toEqual([]);
  });
});
