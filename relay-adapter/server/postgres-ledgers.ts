// The relay's tables in Postgres, read and written through one connection. Ledgers and devices come as keys (`keyOf`). It
// begins and ends no transaction: who writes to a ledger locks its row first, and holds it until the commit.

import type { Queryable } from './postgres-connection.ts';
import { POSTGRES_TABLES } from './store-schema.ts';
import type { AccountPage, IncomingChange } from './store.ts';
import { keyOf, type LedgerState, type PagePlan, removalOf, stateAt, type StoredSnapshot } from './store-rules.ts';

/** A ledger's row. */
export interface LedgerRow {
  /** Its number in this database. */
  readonly ledger: number;
  readonly state: LedgerState;
  /** Where the follower's log ends, if one answers. */
  readonly followerEnd: number;
}

/** What a pull has to know before its page. */
export interface LedgerSeen extends LedgerRow {
  readonly isFrozen: boolean;
}

export interface LedgerPulled extends LedgerSeen {
  /** What the device had presented before, 0 for nothing. */
  readonly presented: number;
  /** Of the changes after the cursor as many as fit, by position; none where the first does not, or was removed. */
  readonly bodies: ReadonlyMap<number, string>;
}

/** What a device asks of a ledger, in keys. */
export interface KeyedPull {
  readonly name: string;
  readonly device: string;
  readonly cursor: number;
  readonly pageSize: number;
  readonly bytesMax: number;
}

type Row = Record<string, unknown>;

const LEDGER_COLUMNS = 'ledger, last_position, removed_to, snapshot_position, covers, follower_end';

export class PostgresLedgers {
  readonly #connection: Queryable;

  constructor(connection: Queryable) {
    this.#connection = connection;
  }

  async see(name: string): Promise<LedgerSeen | undefined> {
    const text = `SELECT ${LEDGER_COLUMNS}, is_frozen FROM squall_ledgers CROSS JOIN squall_state WHERE name = $1`;
    const [row] = await this.#rows('see', text, [name]);
    return row === undefined ? undefined : { ...ledgerRow(row), isFrozen: row['is_frozen'] === true };
  }

  /**
   * All of an ordinary pull in one statement, which sees one state of the database: keeps in mind what the device presents
   * where that is not ahead, and reads the ledger and what follows in it. Bodies that do not fit are not read. The
   * lateral join keeps the planner with the index: a plain one was measured to read the whole table.
   *
   * @param heedsFollower whether the log ends where the follower's does while that one answers
   */
  async pull(pull: KeyedPull, heedsFollower: boolean): Promise<LedgerPulled | undefined> {
    const { name, device, cursor, pageSize, bytesMax } = pull;
    const rows = await this.#rows(
      'pull',
      `WITH seen AS (
         SELECT ledgers.*, is_frozen, coalesce(presented, 0) AS presented,
           CASE WHEN $6::boolean AND is_frozen THEN least(follower_end, last_position) ELSE last_position END AS log_end
         FROM squall_ledgers AS ledgers CROSS JOIN squall_state
         LEFT JOIN squall_cursors AS own ON own.ledger = ledgers.ledger AND own.device = $2
         WHERE name = $1
       ), kept AS (
         INSERT INTO squall_cursors SELECT ledger, $2, $3::bigint FROM seen WHERE presented <> $3 AND log_end >= $3
         ON CONFLICT (ledger, device) DO UPDATE SET presented = excluded.presented
       )
       SELECT ${LEDGER_COLUMNS}, is_frozen, presented, position, body
       FROM seen LEFT JOIN LATERAL (
         SELECT position, body, sum(octet_length(body)) OVER (ORDER BY position) AS bytes FROM squall_changes AS changes
         WHERE changes.ledger = seen.ledger AND position > $3 AND position <= least($3 + $4::bigint, log_end)
           AND $3 >= removed_to AND body IS NOT NULL
       ) AS page ON bytes <= $5::bigint`,
      [name, device, cursor, pageSize, bytesMax, heedsFollower],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    return {
      ...ledgerRow(row),
      presented: Number(row['presented']),
      isFrozen: row['is_frozen'] === true,
      bodies: bodiesOf(rows.filter(({ position }) => position !== null)),
    };
  }

  /** Locks a ledger until the end of the transaction. */
  async lock(name: string): Promise<LedgerRow | undefined> {
    const text = `SELECT ${LEDGER_COLUMNS} FROM squall_ledgers WHERE name = $1 FOR UPDATE`;
    const [row] = await this.#rows('lock', text, [name]);
    return row === undefined ? undefined : ledgerRow(row);
  }

  async lockOrMake(name: string): Promise<LedgerRow> {
    const found = await this.lock(name);
    if (found !== undefined) return found;
    await this.#rows('make', 'INSERT INTO squall_ledgers (name) VALUES ($1) ON CONFLICT DO NOTHING', [name]);
    return (await this.lock(name))!;
  }

  async lockAll(): Promise<LedgerRow[]> {
    const text = `SELECT ${LEDGER_COLUMNS} FROM squall_ledgers ORDER BY ledger FOR UPDATE`;
    return (await this.#rows('lock all', text, [])).map(ledgerRow);
  }

  /** Whether a follower answers; that stays so until the end of the transaction. */
  async lockFrozen(mode: 'SHARE' | 'UPDATE'): Promise<boolean> {
    const [row] = await this.#rows(`frozen ${mode}`, `SELECT is_frozen FROM squall_state FOR ${mode}`, []);
    return row!['is_frozen'] === true;
  }

  async setFrozen(isFrozen: boolean): Promise<void> {
    await this.#rows('freeze', 'UPDATE squall_state SET is_frozen = $1', [isFrozen]);
  }

  async setFollowerEnds(lagChanges: number): Promise<void> {
    const text = 'UPDATE squall_ledgers SET follower_end = greatest(0, last_position - $1::bigint)';
    await this.#rows('lag', text, [lagChanges]);
  }

  /** Positions by key of those of the ids that are stored. */
  async storedAt(ledger: number, ids: readonly string[]): Promise<Map<string, number>> {
    const text = 'SELECT id, position FROM squall_changes WHERE ledger = $1 AND id = ANY($2::text[])';
    const rows = await this.#rows('stored', text, [ledger, ids]);
    return new Map(rows.map((row) => [String(row['id']), Number(row['position'])]));
  }

  async append(
    ledger: number,
    stored: readonly { readonly position: number; readonly change: IncomingChange }[],
  ): Promise<void> {
    await this.#rows(
      'append',
      `INSERT INTO squall_changes (ledger, position, id, timestamp_ms, body)
       SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::double precision[], $5::text[])`,
      [
        ledger,
        stored.map(({ position }) => position),
        stored.map(({ change }) => keyOf(change.id)),
        stored.map(({ change }) => change.timestampMs),
        stored.map(({ change }) => change.body),
      ],
    );
  }

  async addSnapshots(ledger: number, snapshots: readonly StoredSnapshot[]): Promise<void> {
    await this.#rows('snapshots', 'INSERT INTO squall_snapshots SELECT $1, * FROM unnest($2::bigint[], $3::bigint[])', [
      ledger,
      snapshots.map(({ position }) => position),
      snapshots.map(({ covers }) => covers),
    ]);
  }

  async setState(ledger: number, { end, removedTo, snapshot }: LedgerState): Promise<void> {
    await this.#rows(
      'state',
      `UPDATE squall_ledgers SET last_position = $2, removed_to = $3, snapshot_position = $4, covers = $5
       WHERE ledger = $1`,
      [ledger, end, removedTo, snapshot?.position ?? 0, snapshot?.covers ?? 0],
    );
  }

  /** The newest SNAPSHOT whose own position is not beyond `end`. */
  async snapshotAt(ledger: number, end: number): Promise<StoredSnapshot | undefined> {
    const [row] = await this.#rows(
      'snapshot',
      'SELECT position, covers FROM squall_snapshots WHERE ledger = $1 AND position <= $2 ORDER BY position DESC LIMIT 1',
      [ledger, end],
    );
    return row === undefined ? undefined : { position: Number(row['position']), covers: Number(row['covers']) };
  }

  async join(ledger: number, device: string): Promise<void> {
    await this.#rows('join', 'INSERT INTO squall_members VALUES ($1, $2) ON CONFLICT DO NOTHING', [ledger, device]);
  }

  async leave(ledger: number, device: string): Promise<boolean> {
    const text = 'DELETE FROM squall_members WHERE ledger = $1 AND device = $2 RETURNING device';
    return (await this.#rows('leave', text, [ledger, device])).length > 0;
  }

  async isMember(name: string, device: string): Promise<boolean> {
    const text = 'SELECT 1 FROM squall_ledgers JOIN squall_members USING (ledger) WHERE name = $1 AND device = $2';
    return (await this.#rows('member', text, [name, device])).length > 0;
  }

  /** A ledger, and up to where its log is to be removed now; undefined where no more than before. */
  async removal(ledger: number): Promise<{ state: LedgerState; to: number } | undefined> {
    const [row] = await this.#rows(
      'removal',
      `SELECT ${LEDGER_COLUMNS}, (
         SELECT min(coalesce(presented, 0)) FROM squall_members AS members
         LEFT JOIN squall_cursors USING (ledger, device) WHERE members.ledger = $1
       ) AS lowest
       FROM squall_ledgers WHERE ledger = $1 AND covers > removed_to`,
      [ledger],
    );
    if (row === undefined) return undefined;
    const { state } = ledgerRow(row);
    const to = removalOf(state, row['lowest'] === null ? undefined : Number(row['lowest']));
    return to === undefined ? undefined : { state, to };
  }

  /** Removes what may be removed of a ledger that is locked. @param keepsBodies whether the removed bodies stay */
  async cleanUp(ledger: number, keepsBodies: boolean): Promise<void> {
    const removal = await this.removal(ledger);
    if (removal === undefined) return;
    const { state, to } = removal;
    await this.setState(ledger, { ...state, removedTo: to });
    if (keepsBodies) return;
    await this.#rows(
      'remove',
      'UPDATE squall_changes SET body = NULL WHERE ledger = $1 AND position > $2 AND position <= $3',
      [ledger, state.removedTo, to],
    );
  }

  /** Loses the changes after a position of a ledger that is locked: they were never accepted. */
  async loseAfter({ ledger, state }: LedgerRow, end: number): Promise<void> {
    if (end >= state.end) return;
    await this.#rows('lose changes', 'DELETE FROM squall_changes WHERE ledger = $1 AND position > $2', [ledger, end]);
    await this.#rows('lose snapshots', 'DELETE FROM squall_snapshots WHERE ledger = $1 AND position > $2', [
      ledger,
      end,
    ]);
    await this.setState(ledger, stateAt(state, end, await this.snapshotAt(ledger, end)));
    await this.#rows(
      'lose cursors',
      `UPDATE squall_cursors SET presented = $2 WHERE ledger = $1 AND presented > $2
       AND device IN (SELECT device FROM squall_members WHERE ledger = $1)`,
      [ledger, end],
    );
  }

  /** Bodies of a plan, by position, and that of its SNAPSHOT; those that were removed are left out. */
  async bodies(ledger: number, { from, to, snapshot }: PagePlan): Promise<ReadonlyMap<number, string>> {
    const rows = await this.#rows(
      'bodies',
      `SELECT position, body FROM squall_changes
       WHERE ledger = $1 AND (position > $2 AND position <= $3 OR position = $4) AND body IS NOT NULL`,
      [ledger, from, to, snapshot?.position ?? 0],
    );
    return bodiesOf(rows);
  }

  /** Bytes of the same bodies, which are not read for that. */
  async sizes(ledger: number, { from, to, snapshot }: PagePlan): Promise<ReadonlyMap<number, number>> {
    const rows = await this.#rows(
      'sizes',
      `SELECT position, octet_length(body) AS bytes FROM squall_changes
       WHERE ledger = $1 AND (position > $2 AND position <= $3 OR position = $4) AND body IS NOT NULL`,
      [ledger, from, to, snapshot?.position ?? 0],
    );
    return new Map(rows.map((row) => [Number(row['position']), Number(row['bytes'])]));
  }

  /** The first changes that are later than a time and fit on a page, in order of time and then of position. */
  async accountPage(
    ledger: number,
    { sinceMs, end, pageSize, bytesMax }: { sinceMs: number; end: number; pageSize: number; bytesMax: number },
  ): Promise<AccountPage> {
    const rows = await this.#rows(
      'account',
      `WITH page AS (
         SELECT body, count(*) OVER () AS found, row_number() OVER by_time AS nth,
           sum(octet_length(body)) OVER by_time AS bytes
         FROM (
           SELECT body, timestamp_ms, position FROM squall_changes
           WHERE ledger = $1 AND timestamp_ms > $2 AND position <= $3 AND body IS NOT NULL
           ORDER BY timestamp_ms, position LIMIT $4::bigint + 1
         ) AS later
         WINDOW by_time AS (ORDER BY timestamp_ms, position)
       )
       SELECT body, found FROM page WHERE nth = 1 OR nth <= $4 AND bytes <= $5::bigint ORDER BY nth`,
      [ledger, sinceMs, end, pageSize, bytesMax],
    );
    return { bodies: rows.map((row) => String(row['body'])), hasMore: Number(rows[0]?.['found'] ?? 0) > rows.length };
  }

  /** Whether the body of some change was removed. */
  async lacksBodies(): Promise<boolean> {
    return (await this.#rows('lacks', 'SELECT 1 FROM squall_changes WHERE body IS NULL LIMIT 1', [])).length > 0;
  }

  /** All rows of all tables as text. */
  async rows(): Promise<string[]> {
    const rows: string[] = [];
    for (const table of POSTGRES_TABLES) {
      const read = await this.#rows(`all ${table}`, `SELECT t::text AS row FROM ${table} AS t`, []);
      rows.push(...read.map((row) => String(row['row'])));
    }
    return rows;
  }

  /** @param name of the prepared statement, which each connection keeps */
  async #rows(name: string, text: string, values: unknown[]): Promise<Row[]> {
    return (await this.#connection.query({ name: `squall ${name}`, text, values })).rows;
  }
}

function bodiesOf(rows: readonly Row[]): ReadonlyMap<number, string> {
  return new Map(rows.map((row) => [Number(row['position']), String(row['body'])]));
}

function ledgerRow(row: Row): LedgerRow {
  const position = Number(row['snapshot_position']);
  return {
    ledger: Number(row['ledger']),
    state: {
      end: Number(row['last_position']),
      removedTo: Number(row['removed_to']),
      snapshot: position === 0 ? undefined : { position, covers: Number(row['covers']) },
    },
    followerEnd: Number(row['follower_end']),
  };
}
