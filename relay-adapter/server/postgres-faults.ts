// Faults of a store in Postgres, each inside a transaction of its own, for a relay that is under test. All instances on
// the database see them. It must not know why they are made.

import { assert } from '../../sim/errors.ts';
import type { LedgerRow, PostgresLedgers } from './postgres-ledgers.ts';
import { checkCount } from './store-rules.ts';

/** A follower that lacks the last changes of each ledger answers until `thaw`. */
export async function freeze(ledgers: PostgresLedgers, lagChanges: number): Promise<void> {
  checkCount(lagChanges);
  assert(!(await ledgers.lockFrozen('UPDATE')), 'one follower answers at a time');
  await ledgers.setFollowerEnds(lagChanges);
  await ledgers.setFrozen(true);
}

/** The follower takes over with every commit. */
export async function thaw(ledgers: PostgresLedgers): Promise<void> {
  assert(await ledgers.lockFrozen('UPDATE'), 'only a follower that answers takes over');
  await ledgers.setFrozen(false);
  for (const { ledger } of await ledgers.lockAll()) await ledgers.cleanUp(ledger, true);
}

/** The follower takes over with what it has. */
export async function loseFrozen(ledgers: PostgresLedgers): Promise<void> {
  assert(await ledgers.lockFrozen('UPDATE'), 'only a follower that answers takes over');
  for (const row of await ledgers.lockAll()) await ledgers.loseAfter(row, row.followerEnd);
  await thaw(ledgers);
}

/** The last changes of each ledger are lost. */
export async function loseTail(ledgers: PostgresLedgers, count: number): Promise<void> {
  checkCount(count);
  await ledgers.lockFrozen('UPDATE');
  const rows: LedgerRow[] = await ledgers.lockAll();
  for (const row of rows) await ledgers.loseAfter(row, Math.max(0, row.state.end - count));
}
