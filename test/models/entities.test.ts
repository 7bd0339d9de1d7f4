import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isName } from '../../models/documents/edit.ts';
import {
  CHART_OF_ACCOUNTS,
  dateText,
  drawEntity,
  drawTransaction,
  drawUpdate,
  ENTITY_TYPES,
  entityName,
  entityTypeOf,
  removal,
  UPDATED_FIELDS,
} from '../../models/entities.ts';
import type { EntityDraft, EntityType } from '../../models/entities.ts';
import { isBalanced, parseLines } from '../../models/ledger.ts';
import { AssertionError } from '../../sim/errors.ts';
import { Streams } from '../../sim/random.ts';

const NOW_MS = 1_767_225_600_000;
const DRAWS = 4000;

function draws(entityType: EntityType, seed = 'entities'): EntityDraft[] {
  const stream = new Streams(seed).stream(entityType);
  return Array.from({ length: DRAWS }, (_, index) => {
    return drawEntity(stream, entityType, entityName(entityType, index % 2000, index), CHART_OF_ACCOUNTS, NOW_MS);
  });
}

function valuesOf(draft: EntityDraft): Record<string, string | number | boolean> {
  const values: Record<string, string | number | boolean> = {};
  for (const edit of draft.edits) if (edit.kind === 'set') values[edit.field] = edit.value;
  return values;
}

/**
 * Bytes of a draft in a compact encoding: 12 of nonce and 16 of tag of AES-GCM, 16 of header, the entity's name with
 * its length, and for each edit a byte of kind, the field's name with its length, and a text with its length or 6 bytes.
 */
function payloadBytes(draft: EntityDraft): number {
  let bytes = 12 + 16 + 16 + 1 + draft.entity.length;
  for (const [field, value] of Object.entries(valuesOf(draft))) {
    bytes += 1 + 1 + field.length + (typeof value === 'string' ? 1 + value.length : 6);
  }
  return bytes;
}

const FORMS: Record<EntityType, Record<string, RegExp>> = {
  transaction: {
    amount: /^\d{1,6}$/,
    description: /^[a-z0-9]{8}$/,
    category: /^(income|expense|transfer)$/,
    date: /^2026-01-01$/,
    currency: /^[A-Z]{3}$/,
    status: /^posted$/,
    lines: /^[a-z0-9:,-]+$/,
  },
  account: {
    name: /^Account [a-z0-9]{4}$/,
    'account-type': /^(asset|liability|equity|revenue|expense)$/,
    balance: /^\d{1,7}$/,
    currency: /^[A-Z]{3}$/,
    created: /^2026-01-01$/,
    notes: /^[a-z ]+$/,
  },
  invoice: {
    number: /^INV-[a-z0-9]{8}$/,
    customer: /^[A-Z][a-z]+ [a-z0-9]{4}$/,
    email: /^office@[a-z0-9]{4}\.example$/,
    amount: /^\d{1,6}$/,
    status: /^(draft|sent|paid|overdue)$/,
    issued: /^2026-01-01$/,
    due: /^2026-01-31$/,
    currency: /^[A-Z]{3}$/,
    terms: /^30 days/,
    notes: /^[a-z ]+$/,
  },
};

describe('drafts', () => {
  test.each(ENTITY_TYPES)('every %s has its fields, each of its form', (entityType) => {
    for (const draft of draws(entityType)) {
      const values = valuesOf(draft);
      expect(draft.operation).toBe('CREATE');
      expect(Object.keys(values)).toEqual(Object.keys(FORMS[entityType]));
      for (const [field, form] of Object.entries(FORMS[entityType])) {
        expect(isName(field)).toBe(true);
        expect(String(values[field])).toMatch(form);
      }
      for (const edit of draft.edits) expect(edit.entity).toBe(draft.entity);
    }
  });

  test.each([
    ['transaction', 'amount', 100_000],
    ['account', 'balance', 1_000_000],
    ['invoice', 'amount', 500_000],
  ] as const)('the cents of a %s are uniform from 0 to the most', (entityType, field, most) => {
    const cents = draws(entityType).map((draft) => Number(valuesOf(draft)[field]));
    const mean = cents.reduce((sum, value) => sum + value, 0) / DRAWS;
    expect(Math.min(...cents)).toBeLessThan(most * 0.005);
    expect(Math.max(...cents)).toBeGreaterThan(most * 0.995);
    expect(Math.max(...cents)).toBeLessThanOrEqual(most);
    // Four standard errors of a uniform mean.
    expect(Math.abs(mean / most - 0.5)).toBeLessThan((4 * Math.sqrt(1 / 12)) / Math.sqrt(DRAWS));
  });

  test('lines balance, sum to the amount and name different accounts', () => {
    let splits = 0;
    for (const draft of draws('transaction')) {
      const values = valuesOf(draft);
      const items = parseLines(String(values['lines'])) ?? [];
      expect(isBalanced(items)).toBe(true);
      const debits = items.filter((item) => item.side === 'debit').reduce((sum, item) => sum + item.cents, 0);
      expect(debits).toBe(values['amount']);
      expect(new Set(items.map((item) => item.account)).size).toBe(items.length);
      for (const item of items) expect(CHART_OF_ACCOUNTS).toContain(item.account);
      if (items.length === 3) splits += 1;
    }
    expect(splits / DRAWS).toBeGreaterThan(0.2);
    expect(splits / DRAWS).toBeLessThan(0.3);
  });

  test('a transaction needs two accounts, and two are enough', () => {
    const stream = new Streams('two').stream('transactions');
    expect(() => drawTransaction(stream, 'transaction-1-1', ['cash-0001'], NOW_MS)).toThrow(AssertionError);
    for (let count = 0; count < 100; count += 1) {
      const draft = drawTransaction(stream, 'transaction-1-1', ['cash-0001', 'bank-0002'], NOW_MS);
      expect(isBalanced(parseLines(String(valuesOf(draft)['lines'])) ?? [])).toBe(true);
    }
  });

  test.each([
    ['transaction', 220],
    ['account', 174],
    ['invoice', 255],
  ] as const)('the payload of a %s is %d bytes on average, within 5%%', (entityType, expected) => {
    const mean = draws(entityType).reduce((sum, draft) => sum + payloadBytes(draft), 0) / DRAWS;
    expect(mean).toBeGreaterThan(expected * 0.95);
    expect(mean).toBeLessThan(expected * 1.05);
  });

  test('one seed gives the same drafts, another one others', () => {
    for (const entityType of ENTITY_TYPES) {
      expect(draws(entityType)).toEqual(draws(entityType));
      expect(draws(entityType, 'other')).not.toEqual(draws(entityType));
    }
  });
});

describe('updates and removals', () => {
  test.each(ENTITY_TYPES)(
    'an update of a %s sets one of few fields to a value that begins with its token',
    (entityType) => {
      const stream = new Streams('updates').stream(entityType);
      const fields = new Set<string>();
      for (let ordinal = 0; ordinal < 100; ordinal += 1) {
        const draft = drawUpdate(stream, entityType, 'x-1', `w17-${ordinal}`);
        expect(draft).toMatchObject({ entityType, operation: 'UPDATE', entity: 'x-1' });
        expect(draft.edits).toHaveLength(1);
        for (const [field, value] of Object.entries(valuesOf(draft))) {
          fields.add(field);
          expect(value).toMatch(new RegExp(`^w17-${ordinal} [a-z0-9]{8}$`));
        }
      }
      expect([...fields].sort()).toEqual([...UPDATED_FIELDS[entityType]].sort());
    },
  );

  test('updates never touch what the books are judged by', () => {
    expect(UPDATED_FIELDS.transaction).not.toContain('lines');
    expect(UPDATED_FIELDS.transaction).not.toContain('status');
  });

  test('a removal removes the entity', () => {
    expect(removal('invoice', 'invoice-1-1')).toEqual({
      entityType: 'invoice',
      operation: 'DELETE',
      entity: 'invoice-1-1',
      edits: [{ kind: 'remove', entity: 'invoice-1-1' }],
    });
  });
});

describe('names and dates', () => {
  test('the name of an entity is its type with device and ordinal in base 36', () => {
    const number = fc.oneof(fc.nat({ max: 5000 }), fc.integer({ min: 0, max: 2 ** 50 }));
    fc.assert(
      fc.property(fc.constantFrom(...ENTITY_TYPES), number, number, (entityType, device, ordinal) => {
        const name = entityName(entityType, device, ordinal);
        expect(name).toBe(`${entityType}-${device.toString(36)}-${ordinal.toString(36)}`);
        expect(isName(name)).toBe(true);
        expect(entityTypeOf(name)).toBe(entityType);
      }),
      { seed: 1, numRuns: 500 },
    );
    expect(entityTypeOf('transactions-1-1')).toBeNull();
    expect(entityTypeOf('ledger-1')).toBeNull();
  });

  test('dates are those of the calendar, from the year 0 to 9999', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1, 0, 1), max: Date.UTC(9999, 11, 31) }), (ms) => {
        expect(dateText(ms)).toBe(new Date(ms).toISOString().slice(0, 10));
      }),
      { seed: 2, numRuns: 5000, examples: [[Date.UTC(2024, 1, 29)], [Date.UTC(2100, 1, 28, 23, 59)], [-1], [0]] },
    );
    expect(dateText(Date.UTC(2000, 1, 29))).toBe('2000-02-29');
    expect(() => dateText(Number.NaN)).toThrow(AssertionError);
    expect(() => dateText(1e18)).toThrow(AssertionError);
  });
});
