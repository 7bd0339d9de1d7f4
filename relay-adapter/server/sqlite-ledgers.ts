// The relay's tables in SQLite, read and written through one connection. Ledgers and devices come as keys (`keyOf`). It
// begins and ends no transaction, and must not know when what it writes is committed.

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { IncomingChange } from './store.ts';
import { hasRemovable, type LedgerState, removalOf, stateAt, type StoredSnapshot } from './store-rules.ts';

/** A ledger's row. */
export interface LedgerRow {
  /** Its number in this database. */
  readonly ledger: number;
  readonly state: LedgerState;
  /** Where the follower's log ends, if one answers. */
  readonly followerEnd: number;
}

const LEDGER_COLUMNS = 'ledger, last_position, removed_to, snapshot_position, covers, follower_end';

export class SqliteLedgers {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  find(name: string): LedgerRow | undefined {
    const row = this.#get(`SELECT ${LEDGER_COLUMNS} FROM ledgers WHERE name = ?`, name);
    return row === undefined ? undefined : ledgerRow(row);
  }

  findOrMake(name: string): LedgerRow {
    const found = this.find(name);
    if (found !== undefined) return found;
    this.#run('INSERT INTO ledgers (name) VALUES (?)', name);
    return this.find(name)!;
  }

  all(): LedgerRow[] {
    return this.#all(`SELECT ${LEDGER_COLUMNS} FROM ledgers ORDER BY ledger`).map(ledgerRow);
  }

  get isFrozen(): boolean {
    return this.#get('SELECT is_frozen FROM state')!['is_frozen'] === 1;
  }

  setFrozen(isFrozen: boolean): void {
    this.#run('UPDATE state SET is_frozen = ?', isFrozen ? 1 : 0);
  }

  setFollowerEnd(ledger: number, end: number): void {
    this.#run('UPDATE ledgers SET follower_end = ? WHERE ledger = ?', end, ledger);
  }

  /** Position of a change by its key, 0 where it is not stored. */
  storedAt(ledger: number, id: string): number {
    const row = this.#get('SELECT position FROM changes WHERE ledger = ? AND id = ?', ledger, id);
    return row === undefined ? 0 : Number(row['position']);
  }

  append(ledger: number, position: number, id: string, { timestampMs, body }: IncomingChange): void {
    this.#run(
      'INSERT INTO changes (ledger, position, id, timestamp_ms, body) VALUES (?, ?, ?, ?, ?)',
      ledger,
      position,
      id,
      timestampMs,
      body,
    );
  }

  addSnapshot(ledger: number, { position, covers }: StoredSnapshot): void {
    this.#run('INSERT INTO snapshots VALUES (?, ?, ?)', ledger, position, covers);
  }

  setState(ledger: number, { end, removedTo, snapshot }: LedgerState): void {
    this.#run(
      'UPDATE ledgers SET last_position = ?, removed_to = ?, snapshot_position = ?, covers = ? WHERE ledger = ?',
      end,
      removedTo,
      snapshot?.position ?? 0,
      snapshot?.covers ?? 0,
      ledger,
    );
  }

  /** The newest SNAPSHOT whose own position is not beyond `end`. */
  snapshotAt(ledger: number, end: number): StoredSnapshot | undefined {
    const row = this.#get(
      'SELECT position, covers FROM snapshots WHERE ledger = ? AND position <= ? ORDER BY position DESC LIMIT 1',
      ledger,
      end,
    );
    return row === undefined ? undefined : { position: Number(row['position']), covers: Number(row['covers']) };
  }

  /** What a device presented last, 0 for nothing. */
  presentedBy(ledger: number, device: string): number {
    const row = this.#get('SELECT presented FROM cursors WHERE ledger = ? AND device = ?', ledger, device);
    return row === undefined ? 0 : Number(row['presented']);
  }

  setPresented(ledger: number, device: string, cursor: number): void {
    this.#run(
      'INSERT INTO cursors VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET presented = excluded.presented',
      ledger,
      device,
      cursor,
    );
  }

  join(ledger: number, device: string): void {
    this.#run('INSERT INTO members VALUES (?, ?) ON CONFLICT DO NOTHING', ledger, device);
  }

  leave(ledger: number, device: string): boolean {
    return this.#run('DELETE FROM members WHERE ledger = ? AND device = ?', ledger, device) > 0;
  }

  isMember(ledger: number, device: string): boolean {
    return this.#get('SELECT 1 FROM members WHERE ledger = ? AND device = ?', ledger, device) !== undefined;
  }

  /** Removes what may be removed. @param keepsBodies whether the removed bodies stay in the file */
  cleanUp({ ledger, state }: LedgerRow, keepsBodies: boolean): void {
    if (!hasRemovable(state)) return;
    const row = this.#get(
      `SELECT min(coalesce(presented, 0)) AS lowest
       FROM members LEFT JOIN cursors USING (ledger, device) WHERE ledger = ?`,
      ledger,
    );
    const lowest = row?.['lowest'] ?? null;
    const to = removalOf(state, lowest === null ? undefined : Number(lowest));
    if (to === undefined) return;
    this.setState(ledger, { ...state, removedTo: to });
    if (keepsBodies) return;
    this.#run(
      'UPDATE changes SET body = NULL WHERE ledger = ? AND position > ? AND position <= ?',
      ledger,
      state.removedTo,
      to,
    );
  }

  /** Loses the changes after a position: they were never accepted. */
  loseAfter({ ledger, state }: LedgerRow, end: number): void {
    if (end >= state.end) return;
    this.#run('DELETE FROM changes WHERE ledger = ? AND position > ?', ledger, end);
    this.#run('DELETE FROM snapshots WHERE ledger = ? AND position > ?', ledger, end);
    this.setState(ledger, stateAt(state, end, this.snapshotAt(ledger, end)));
    this.#run(
      `UPDATE cursors SET presented = ?1 WHERE ledger = ?2 AND presented > ?1
       AND device IN (SELECT device FROM members WHERE ledger = ?2)`,
      end,
      ledger,
    );
  }

  /** Bodies at the positions from + 1 to `to`, by position; those that were removed are left out. */
  bodies(ledger: number, from: number, to: number): Map<number, string> {
    const bodies = new Map<number, string>();
    const rows = this.#all(
      `SELECT position, body FROM changes WHERE ledger = ? AND position > ? AND position <= ? AND body IS NOT NULL
       ORDER BY position`,
      ledger,
      from,
      to,
    );
    for (const row of rows) bodies.set(Number(row['position']), String(row['body']));
    return bodies;
  }

  /** Bytes of the same bodies together; SQLite knows them without reading the bodies. */
  bytes(ledger: number, from: number, to: number): number {
    const row = this.#get(
      `SELECT sum(octet_length(body)) AS bytes FROM changes
       WHERE ledger = ? AND position > ? AND position <= ? AND body IS NOT NULL`,
      ledger,
      from,
      to,
    );
    return Number(row?.['bytes'] ?? 0);
  }

  /** Bytes of each of the same bodies, by position; takes several times as long as their sum. */
  sizes(ledger: number, from: number, to: number): Map<number, number> {
    const rows = this.#all(
      `SELECT position, octet_length(body) AS bytes FROM changes
       WHERE ledger = ? AND position > ? AND position <= ? AND body IS NOT NULL`,
      ledger,
      from,
      to,
    );
    return new Map(rows.map((row) => [Number(row['position']), Number(row['bytes'])]));
  }

  /** Bodies of changes that are later than a time, in order of time and then of position. */
  bodiesSince(ledger: number, sinceMs: number, end: number, limit: number): string[] {
    return this.#all(
      `SELECT body FROM changes WHERE ledger = ? AND timestamp_ms > ? AND position <= ? AND body IS NOT NULL
       ORDER BY timestamp_ms, position LIMIT ?`,
      ledger,
      sinceMs,
      end,
      limit,
    ).map((row) => String(row['body']));
  }

  /** Bytes of the same bodies. */
  sizesSince(ledger: number, sinceMs: number, end: number, limit: number): number[] {
    return this.#all(
      `SELECT octet_length(body) AS bytes FROM changes
       WHERE ledger = ? AND timestamp_ms > ? AND position <= ? AND body IS NOT NULL
       ORDER BY timestamp_ms, position LIMIT ?`,
      ledger,
      sinceMs,
      end,
      limit,
    ).map((row) => Number(row['bytes']));
  }

  /** Whether the body of some change was removed. */
  lacksBodies(): boolean {
    return this.#get('SELECT 1 FROM changes WHERE body IS NULL LIMIT 1') !== undefined;
  }

  /** All rows of all tables as text. */
  rows(): string[] {
    const tables = this.#all("SELECT name FROM sqlite_schema WHERE type = 'table'").map((row) => String(row['name']));
    return tables.flatMap((table) => this.#all(`SELECT * FROM ${table}`).map((row) => Object.values(row).join('\t')));
  }

  #get(sql: string, ...values: SQLInputValue[]): Record<string, unknown> | undefined {
    return this.#statement(sql).get(...values);
  }

  #all(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
    return this.#statement(sql).all(...values);
  }

  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement;
  }
}

function ledgerRow(row: Record<string, unknown>): LedgerRow {
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
