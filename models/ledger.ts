// The rules of double entry: the lines of a transaction, and whether the books in a view balance. All money is whole
// cents. Must not know how entities are drawn, merged or synced.

import type { EntityView, LedgerView } from './documents/edit.ts';

/** One line of a transaction: so many cents on one side of one account. */
export interface LineItem {
  account: string;
  side: 'debit' | 'credit';
  /** Whole cents, 0 or more. */
  cents: number;
}

/** The status of a transaction that the books count. */
export const POSTED = 'posted';

const TRANSACTION_PREFIX = 'transaction-';
const COMMA = 44;
const COLON = 58;
const DEBIT = ':debit:';
const CREDIT = ':credit:';

/** The one text of the lines: `cash-0001:debit:12345,food-0003:credit:12345`. */
export function formatLines(lines: readonly LineItem[]): string {
  return lines.map((line) => `${line.account}:${line.side}:${line.cents}`).join(',');
}

/** Index of the end of the line that begins at `start`. */
function lineEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && text.charCodeAt(end) !== COMMA) end += 1;
  return end;
}

/** Index of the colon after the account of the line at `start`, or −1 where that is no line. */
function accountEnd(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && text.charCodeAt(at) !== COLON) {
    const code = text.charCodeAt(at);
    const isNameCharacter = (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 45;
    if (!isNameCharacter) return -1;
    at += 1;
  }
  return at === start || at === end ? -1 : at;
}

/** The whole number from `start` to `end`, without sign or leading zeros, or NaN. */
function centsAt(text: string, start: number, end: number): number {
  if (start >= end || (text.charCodeAt(start) === 48 && end > start + 1)) return Number.NaN;
  let cents = 0;
  for (let at = start; at < end; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    cents = cents * 10 + digit;
  }
  return cents <= Number.MAX_SAFE_INTEGER ? cents : Number.NaN;
}

/** The cents of the line from `start` to `end`, negative for a credit, or NaN where that is no line. */
function signedCents(text: string, start: number, end: number): number {
  const colon = accountEnd(text, start, end);
  if (colon < 0) return Number.NaN;
  if (text.startsWith(DEBIT, colon)) return centsAt(text, colon + DEBIT.length, end);
  return text.startsWith(CREDIT, colon) ? -centsAt(text, colon + CREDIT.length, end) : Number.NaN;
}

/** The lines of a text, or null where it is not the text of one line or more. */
export function parseLines(text: string): LineItem[] | null {
  const lines: LineItem[] = [];
  let start = 0;
  while (start <= text.length) {
    const end = lineEnd(text, start);
    const cents = signedCents(text, start, end);
    if (Number.isNaN(cents)) return null;
    const colon = accountEnd(text, start, end);
    const side = text.startsWith(DEBIT, colon) ? 'debit' : 'credit';
    lines.push({ account: text.slice(start, colon), side, cents: Math.abs(cents) });
    start = end + 1;
  }
  return lines;
}

/** True for two lines or more whose debits and credits are equal. */
export function isBalanced(lines: readonly LineItem[]): boolean {
  let balance = 0;
  for (const line of lines) balance += line.side === 'debit' ? line.cents : -line.cents;
  return lines.length >= 2 && balance === 0;
}

/**
 * Debits less credits of a text of lines, in cents, read without making the lines.
 * @returns NaN where the text is not that of two lines or more
 */
export function linesBalance(text: string): number {
  let balance = 0;
  let count = 0;
  let start = 0;
  while (start <= text.length) {
    const end = lineEnd(text, start);
    balance += signedCents(text, start, end);
    count += 1;
    start = end + 1;
  }
  return count >= 2 ? balance : Number.NaN;
}

/** Debits less credits of an entity in cents: 0 for all but posted transactions, NaN for one without proper lines. */
function balanceOf(entity: string, view: EntityView | undefined): number {
  const fields = view?.fields;
  if (fields === undefined || !entity.startsWith(TRANSACTION_PREFIX) || fields['status'] !== POSTED) return 0;
  const lines = fields['lines'];
  return typeof lines === 'string' ? linesBalance(lines) : Number.NaN;
}

/**
 * Debits less credits of all posted transactions, in cents: 0 where the books are right. Lines that cannot be read
 * count nothing here; `unbalancedTransactions` names them.
 */
export function trialBalance(view: LedgerView): number {
  let total = 0;
  for (const entity in view) {
    const balance = balanceOf(entity, view[entity]);
    if (!Number.isNaN(balance)) total += balance;
  }
  return total;
}

/** Names, sorted, of the posted transactions whose lines do not balance, cannot be read, or are missing. */
export function unbalancedTransactions(view: LedgerView): string[] {
  const unbalanced: string[] = [];
  for (const entity in view) if (balanceOf(entity, view[entity]) !== 0) unbalanced.push(entity);
  return unbalanced.sort();
}
