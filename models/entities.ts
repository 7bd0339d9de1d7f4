// What people enter into the books: drafts of accounts, transactions and invoices with the sizes of the workload page,
// drawn from a stream. Runs millions of times a run. Must not know documents, devices or the wire.

import { assert } from '../sim/errors.ts';
import type { Stream } from '../sim/random.ts';
import type { Edit } from './documents/edit.ts';

export type EntityType = 'transaction' | 'account' | 'invoice';

export const ENTITY_TYPES = ['transaction', 'account', 'invoice'] as const satisfies readonly EntityType[];

/** One change to be: the edits of one entity that are made, and sent, together. */
export interface EntityDraft {
  entityType: EntityType;
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  /** The name of the entity. */
  entity: string;
  edits: Edit[];
}

/** Accounts that a transaction is posted to where a ledger has none of its own yet. */
export const CHART_OF_ACCOUNTS: readonly string[] = [
  'cash-0001',
  'bank-0002',
  'food-0003',
  'rent-0004',
  'sales-0005',
  'travel-0006',
  'wages-0007',
  'loans-0008',
  'stock-0009',
  'taxes-0010',
];

const TRANSACTION_CATEGORIES = ['income', 'expense', 'transfer'] as const;
const ACCOUNT_TYPES = ['asset', 'liability', 'equity', 'revenue', 'expense'] as const;
const INVOICE_STATUSES = ['draft', 'sent', 'paid', 'overdue'] as const;
const CURRENCIES = ['EUR', 'USD', 'GBP', 'CHF'] as const;
const ACCOUNT_NOTES = ['everyday spending', 'kept in reserve', 'payroll of staff', 'clearing of cards'] as const;
const CUSTOMER_KINDS = ['Bakery', 'Garage', 'Studio', 'Florist', 'Joinery', 'Bookshop'] as const;
const INVOICE_NOTES = ['with many thanks', 'second reminder', 'partly paid by card', 'as agreed by phone'] as const;
const INVOICE_TERMS = ['30 days net', '30 days, no discount'] as const;

/** Fields that updates set: few, so that concurrent updates of one entity often meet in one place. */
export const UPDATED_FIELDS: Readonly<Record<EntityType, readonly string[]>> = {
  transaction: ['description', 'reference'],
  account: ['name', 'notes'],
  invoice: ['customer', 'notes'],
};

/** Largest amounts, in cents. */
export const TRANSACTION_CENTS_MAX = 100_000;
export const ACCOUNT_BALANCE_CENTS_MAX = 1_000_000;
export const INVOICE_CENTS_MAX = 500_000;

/** Days from issue until an invoice is due. */
export const INVOICE_TERM_DAYS = 30;

/** One transaction in so many has a third line. */
const SPLIT_SHARE = 0.25;

const MS_PER_DAY = 86_400_000;
const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';

/** Every text of two characters of a–z and 0–9, in numeric order of base 36. */
const PAIRS: readonly string[] = Array.from({ length: 1296 }, (_, index) => {
  return DIGITS.charAt(Math.floor(index / 36)) + DIGITS.charAt(index % 36);
});

function pair(index: number): string {
  return PAIRS[index] ?? '';
}

/** Four random characters, of one draw of 32 bits: each of the 36^4 texts within 0.04% as likely as the others. */
function drawFour(stream: Stream): string {
  const number = (stream.next() * 1_679_616) | 0;
  const high = (number / 1296) | 0;
  return pair(high) + pair(number - high * 1296);
}

function drawEight(stream: Stream): string {
  return drawFour(stream) + drawFour(stream);
}

/** Base 36 of a whole number from 0; several times faster than `toString(36)`. */
function base36(value: number): string {
  if (value < 36) return DIGITS.charAt(value);
  if (value < 1296) return pair(value);
  const rest = Math.floor(value / 1296);
  return base36(rest) + pair(value - rest * 1296);
}

/**
 * The name of an entity: its type, the device that makes it and the device's ordinal for it, both in base 36, as in
 * `transaction-1f-2s`.
 */
export function entityName(entityType: EntityType, device: number, ordinal: number): string {
  assert(
    device >= 0 && ordinal >= 0 && Number.isSafeInteger(device + ordinal),
    'an entity is named by whole numbers from 0',
  );
  return `${entityType}-${base36(device)}-${base36(ordinal)}`;
}

/** The type that a name begins with, or null where it is none that `entityName` gives. */
export function entityTypeOf(entity: string): EntityType | null {
  for (const entityType of ENTITY_TYPES) {
    if (entity.startsWith(entityType) && entity.charCodeAt(entityType.length) === 45) return entityType;
  }
  return null;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

/** The civil date of a day counted from 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms"). */
function makeDateText(day: number): string {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(dayOfMonth)}`;
}

// A run draws millions of dates of a few days: texts are kept by day modulo 64.
const keptDays: number[] = Array.from({ length: 64 }, () => Number.NaN);
const keptDates: string[] = Array.from({ length: 64 }, () => '');

/**
 * The ISO date of an instant, in UTC: `2026-01-01`.
 * @param nowMs milliseconds since 1970, in the years 0–9999
 */
export function dateText(nowMs: number): string {
  const day = Math.floor(nowMs / MS_PER_DAY);
  const slot = day & 63;
  if (keptDays[slot] !== day) {
    assert(day >= -719_528 && day <= 2_932_896, `the time ${nowMs} ms is not in the years 0-9999`);
    keptDates[slot] = makeDateText(day);
    keptDays[slot] = day;
  }
  return keptDates[slot] ?? '';
}

function set(entity: string, field: string, value: string | number | boolean): Edit {
  return { kind: 'set', entity, field, value };
}

function one<T>(stream: Stream, list: readonly T[]): T {
  return list[(stream.next() * list.length) | 0] as T;
}

/** The lines of a posting of so many cents: one debit, and one or two credits of other accounts that sum to it. */
function drawLines(stream: Stream, accounts: readonly string[], cents: number): string {
  const count = accounts.length;
  const first = (stream.next() * count) | 0;
  const second = (first + 1 + ((stream.next() * (count - 1)) | 0)) % count;
  const debit = accounts[first] ?? '';
  const credit = accounts[second] ?? '';
  const isSplit = stream.chance(SPLIT_SHARE);
  const share = stream.next();
  if (!isSplit || count < 3) return `${debit}:debit:${cents},${credit}:credit:${cents}`;
  let third = (second + 1) % count;
  if (third === first) third = (third + 1) % count;
  const part = (share * (cents + 1)) | 0;
  return `${debit}:debit:${cents},${credit}:credit:${cents - part},${accounts[third] ?? ''}:credit:${part}`;
}

/**
 * A posted transaction of 0–100,000 cents whose lines balance and sum to its amount.
 * @param entity the name it gets
 * @param accounts names of accounts to post to, two or more
 * @param nowMs the device's clock, milliseconds since 1970
 */
export function drawTransaction(
  stream: Stream,
  entity: string,
  accounts: readonly string[],
  nowMs: number,
): EntityDraft {
  assert(accounts.length >= 2, 'a transaction needs two accounts to post to');
  const amount = stream.integer(0, TRANSACTION_CENTS_MAX);
  return {
    entityType: 'transaction',
    operation: 'CREATE',
    entity,
    edits: [
      set(entity, 'amount', amount),
      set(entity, 'description', drawEight(stream)),
      set(entity, 'category', one(stream, TRANSACTION_CATEGORIES)),
      set(entity, 'date', dateText(nowMs)),
      set(entity, 'currency', one(stream, CURRENCIES)),
      set(entity, 'status', 'posted'),
      set(entity, 'lines', drawLines(stream, accounts, amount)),
    ],
  };
}

/** An account with a balance of 0–1,000,000 cents brought forward. */
export function drawAccount(stream: Stream, entity: string, nowMs: number): EntityDraft {
  return {
    entityType: 'account',
    operation: 'CREATE',
    entity,
    edits: [
      set(entity, 'name', `Account ${drawFour(stream)}`),
      set(entity, 'account-type', one(stream, ACCOUNT_TYPES)),
      set(entity, 'balance', stream.integer(0, ACCOUNT_BALANCE_CENTS_MAX)),
      set(entity, 'currency', one(stream, CURRENCIES)),
      set(entity, 'created', dateText(nowMs)),
      set(entity, 'notes', one(stream, ACCOUNT_NOTES)),
    ],
  };
}

/** An invoice of 0–500,000 cents, issued now and due in 30 days. */
export function drawInvoice(stream: Stream, entity: string, nowMs: number): EntityDraft {
  const customer = drawFour(stream);
  return {
    entityType: 'invoice',
    operation: 'CREATE',
    entity,
    edits: [
      set(entity, 'number', `INV-${drawEight(stream)}`),
      set(entity, 'customer', `${one(stream, CUSTOMER_KINDS)} ${customer}`),
      set(entity, 'email', `office@${customer}.example`),
      set(entity, 'amount', stream.integer(0, INVOICE_CENTS_MAX)),
      set(entity, 'status', one(stream, INVOICE_STATUSES)),
      set(entity, 'issued', dateText(nowMs)),
      set(entity, 'due', dateText(nowMs + INVOICE_TERM_DAYS * MS_PER_DAY)),
      set(entity, 'currency', one(stream, CURRENCIES)),
      set(entity, 'terms', one(stream, INVOICE_TERMS)),
      set(entity, 'notes', one(stream, INVOICE_NOTES)),
    ],
  };
}

/** A new entity of the type given; `accounts` are for transactions alone. */
export function drawEntity(
  stream: Stream,
  entityType: EntityType,
  entity: string,
  accounts: readonly string[],
  nowMs: number,
): EntityDraft {
  if (entityType === 'transaction') return drawTransaction(stream, entity, accounts, nowMs);
  return entityType === 'account' ? drawAccount(stream, entity, nowMs) : drawInvoice(stream, entity, nowMs);
}

/**
 * An update of one field of an entity. Which field is drawn; money and lines are never among them, so that updates
 * leave the books balanced.
 * @param token stands first in the value, and in no other value of the run: by it the update is found in a view
 */
export function drawUpdate(stream: Stream, entityType: EntityType, entity: string, token: string): EntityDraft {
  const field = one(stream, UPDATED_FIELDS[entityType]);
  return { entityType, operation: 'UPDATE', entity, edits: [set(entity, field, `${token} ${drawEight(stream)}`)] };
}

/** The removal of an entity. */
export function removal(entityType: EntityType, entity: string): EntityDraft {
  return { entityType, operation: 'DELETE', entity, edits: [{ kind: 'remove', entity }] };
}
