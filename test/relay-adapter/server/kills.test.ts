import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresBinaries, type RunningPostgres, startPostgres } from '../../postgres.ts';
import { killRounds } from './kill-rounds.ts';
import type { LedgerWitness } from './ledger-witness.ts';

/** Runs statements on the tables of a store that nobody has open. */
type Run = (statements: readonly string[]) => void | Promise<void>;

/** Statements that spoil a ledger, of which a change with this id at this position was pulled and acknowledged. */
type Spoil = (prefix: string, ledger: string, position: number, id: string) => readonly string[];

/** What a store could do wrong, and how the clients must say it. */
const PLANTED: readonly (readonly [what: string, spoil: Spoil, complaint: RegExp])[] = [
  [
    'loses its tail',
    (prefix, ledger, position) => [
      `DELETE FROM ${prefix}changes WHERE ledger = ${ledger} AND position >= ${position}`,
      `UPDATE ${prefix}ledgers SET last_position = ${position - 1} WHERE ledger = ${ledger}`,
    ],
    /lost: /,
  ],
  [
    'loses a change and closes the gap',
    (prefix, ledger, position) => [
      `DELETE FROM ${prefix}changes WHERE ledger = ${ledger} AND position = ${position}`,
      `UPDATE ${prefix}changes SET position = -position WHERE ledger = ${ledger} AND position > ${position}`,
      `UPDATE ${prefix}changes SET position = -position - 1 WHERE ledger = ${ledger} AND position < 0`,
      `UPDATE ${prefix}ledgers SET last_position = last_position - 1 WHERE ledger = ${ledger}`,
    ],
    /lost: |order: /,
  ],
  [
    'has a change twice',
    (prefix, ledger, position, id) => [
      `INSERT INTO ${prefix}changes (ledger, position, id, timestamp_ms, body)
       SELECT c.ledger, l.last_position + 1, 'again ' || c.id, c.timestamp_ms, c.body
       FROM ${prefix}changes c JOIN ${prefix}ledgers l ON l.ledger = c.ledger
       WHERE c.ledger = ${ledger} AND c.position = ${position} AND c.id = '${id}'`,
      `UPDATE ${prefix}ledgers SET last_position = last_position + 1 WHERE ledger = ${ledger}`,
    ],
    /twice: /,
  ],
  [
    'has two changes in another order',
    (prefix, ledger, position) => [
      `UPDATE ${prefix}changes SET position = -1 WHERE ledger = ${ledger} AND position = ${position}`,
      `UPDATE ${prefix}changes SET position = ${position} WHERE ledger = ${ledger} AND position = ${position - 1}`,
      `UPDATE ${prefix}changes SET position = ${position - 1} WHERE ledger = ${ledger} AND position = -1`,
    ],
    /order: /,
  ],
  [
    'has a gap',
    (prefix, ledger, position) => [`DELETE FROM ${prefix}changes WHERE ledger = ${ledger} AND position = ${position}`],
    /lost: .* answered 500/,
  ],
  [
    'has another payload',
    (prefix, ledger, position) => [
      `UPDATE ${prefix}changes SET body = replace(body, 'transaction', 'translation')
       WHERE ledger = ${ledger} AND position = ${position}`,
    ],
    /changed: /,
  ],
];

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'squall-kills-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const newFile = (): string => join(folder, `${++files}.db`);

/** Two rounds; each ledger is spoiled in its own way after the second, by which time something of it was pulled. */
async function spoiled(address: string, prefix: string, run: Run, planted: typeof PLANTED): Promise<readonly string[]> {
  const spoil = async (round: number, witnesses: readonly LedgerWitness[]): Promise<void> => {
    if (round !== 2) return;
    for (const [index, [, statements]] of planted.entries()) {
      const { ledger, log } = witnesses[index]!;
      const position = Math.max(2, log.length >> 1);
      const row = `(SELECT ledger FROM ${prefix}ledgers WHERE name = '${ledger}')`;
      await run(statements(prefix, row, position, log[position - 1]!));
    }
  };
  const { complaints } = await killRounds({ address, seed: 'spoiled', rounds: 2, between: spoil });
  return complaints;
}

function complaintsOf(complaints: readonly string[], ledger: number): readonly string[] {
  return complaints.filter((complaint) => complaint.startsWith(`ledger-${String(ledger).padStart(16, '0')}: `));
}

describe('a relay on SQLite that is killed in the middle of pushes', () => {
  test('has all that it acknowledged, once and in its place, when it starts again', async () => {
    const report = await killRounds({ address: `sqlite:${newFile()}`, seed: '1', rounds: 5 });
    expect(report.complaints).toEqual([]);
    expect(report.kills).toBe(5);
    // The kills fell into pushes that were under way.
    expect(report.acknowledged).toBeGreaterThan(50);
    expect(report.unanswered.stored + report.unanswered.notStored).toBeGreaterThan(5);
  });

  test.each([
    ['loses or doubles changes', PLANTED.slice(0, 3)],
    ['reorders, lacks or alters changes', PLANTED.slice(3)],
  ])('is found out where its store %s', async (_title, planted) => {
    const file = newFile();
    const complaints = await spoiled(
      `sqlite:${file}`,
      '',
      (statements) => {
        const db = new DatabaseSync(file);
        for (const statement of statements) expect(db.prepare(statement).run().changes).toBeGreaterThan(0);
        db.close();
      },
      planted,
    );
    for (const [ledger, [what, , complaint]] of planted.entries()) {
      expect(complaintsOf(complaints, ledger).join('\n'), what).toMatch(complaint);
    }
  });

  test('is found out where it answers before it has written', async () => {
    const { complaints } = await killRounds({
      address: `sqlite:${newFile()}`,
      seed: 'hasty',
      rounds: 1,
      kinds: ['hasty'],
    });
    expect(complaints.join('\n')).toMatch(/lost: .* the newcomer/);
  });
});

const isMissing = postgresBinaries() === undefined;
const title = 'a relay on Postgres that is killed in the middle of pushes';

describe.skipIf(isMissing)(isMissing ? `${title} (SKIPPED: no binaries in /usr/lib/postgresql)` : title, () => {
  let postgres: RunningPostgres;
  beforeAll(async () => void (postgres = (await startPostgres())!));
  afterAll(async () => postgres.stop());

  test('has all that it acknowledged, once and in its place, when it starts again', async () => {
    const report = await killRounds({ address: `${postgres.url}&schema=kills`, seed: '1', rounds: 5 });
    expect(report.complaints).toEqual([]);
    expect(report.kills).toBe(5);
    expect(report.acknowledged).toBeGreaterThan(50);
    expect(report.unanswered.stored + report.unanswered.notStored).toBeGreaterThan(5);
  });

  test('is found out where its store loses, doubles or reorders changes', async () => {
    const planted = PLANTED.slice(1, 4);
    const complaints = await spoiled(
      `${postgres.url}&schema=spoiled`,
      'squall_',
      async (statements) => {
        const connection = new pg.Client({ connectionString: postgres.url });
        await connection.connect();
        await connection.query('SET search_path = spoiled');
        for (const statement of statements) expect((await connection.query(statement)).rowCount).toBeGreaterThan(0);
        await connection.end();
      },
      planted,
    );
    for (const [ledger, [what, , complaint]] of planted.entries()) {
      expect(complaintsOf(complaints, ledger).join('\n'), what).toMatch(complaint);
    }
  });
});
