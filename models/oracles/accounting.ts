// Accounting: what every member sees are books that balance, each posted transaction by itself and all together. It must
// not know how the books came about.

import type { LedgerView } from '../documents/edit.ts';
import type { Finding } from '../finding.ts';
import { trialBalance, unbalancedTransactions } from '../ledger.ts';
import { entityIn, ownValue } from './effects.ts';
import { type JudgedDevice, type JudgedLedger, type Moment, safetyFinding } from './judged.ts';

/** One finding for a ledger in whose books, as some members see them, something does not balance. */
export function judgeAccounting(
  ledger: JudgedLedger,
  members: readonly { readonly device: JudgedDevice; readonly view: LedgerView }[],
  moment: Moment,
): Finding[] {
  const wrong = members.filter(({ view }) => trialBalance(view) !== 0 || unbalancedTransactions(view).length > 0);
  const [first] = wrong;
  if (first === undefined) return [];
  const { view } = first;
  const [transaction] = unbalancedTransactions(view);
  const part = transaction === undefined ? 'trial-balance' : 'unbalanced';
  const detail = {
    trialBalanceCents: trialBalance(view),
    ...(transaction !== undefined && {
      place: `${transaction}/lines`,
      lines: ownValue(entityIn(view, transaction)?.fields, 'lines') ?? 'absent',
    }),
  };
  const devices = wrong.map(({ device }) => device);
  return [safetyFinding('accounting', part, moment, ledger, devices, detail)];
}
