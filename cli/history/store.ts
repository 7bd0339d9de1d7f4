// The file in which results are kept: its tables, and what is written to and read from them. It must not know what is shown
// of them, nor how.

import type * as Sqlite from 'node:sqlite';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { InputError } from '../../sim/errors.ts';
import type { Figure, Unit } from './figures.ts';

/** "SqHi": what tells a history from any other SQLite file. */
const APPLICATION_ID = 0x53714869;
/** Of the tables below. */
const SCHEMA_VERSION = 1;
/** How long other runs that are being saved are waited for, ms. */
const BUSY_MS = 10_000;

const SCHEMA = `
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    saved_at TEXT NOT NULL,
    seed TEXT NOT NULL,
    scenario TEXT NOT NULL,
    profile TEXT NOT NULL,
    clock TEXT NOT NULL,
    side TEXT NOT NULL,
    verdict TEXT NOT NULL,
    trace_hash TEXT NOT NULL,
    tool_version TEXT NOT NULL,
    node TEXT NOT NULL,
    commit_hash TEXT,
    config_hash TEXT NOT NULL,
    wall_ms REAL NOT NULL,
    events INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX runs_by_kind ON runs (scenario, profile, id);
  CREATE TABLE figure_names (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    UNIQUE (name, unit)
  ) STRICT;
  CREATE TABLE figures (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    name INTEGER NOT NULL REFERENCES figure_names (id),
    value REAL NOT NULL,
    PRIMARY KEY (run, name)
  ) STRICT, WITHOUT ROWID;
`;

/** A run as it is kept. */
export interface KeptRun {
  /** Counts up from 1; the number of a run that was removed is not given again. */
  readonly id: number;
  /** Real time, ISO 8601 in UTC. */
  readonly savedAt: string;
  readonly seed: string;
  readonly scenario: string;
  readonly profile: string;
  readonly clock: string;
  readonly side: string;
  readonly verdict: string;
  readonly traceHash: string;
  readonly toolVersion: string;
  readonly node: string;
  readonly commit: string | null;
  /** Of the resolved configuration without its seed. */
  readonly configHash: string;
  readonly wallMs: number;
  readonly events: number;
}

/** Which runs; what is left out may be anything. */
export interface Filter {
  readonly scenario?: string | undefined;
  readonly profile?: string | undefined;
  readonly clock?: string | undefined;
  readonly side?: string | undefined;
}

/** What is removed: runs that are older, and those of each scenario and profile beyond the latest. */
export interface Beyond {
  /** ISO 8601 in UTC: what was saved before. */
  readonly before?: string | undefined;
  readonly keep?: number | undefined;
}

/** One value of a run's figure. */
export interface KeptValue {
  readonly run: KeptRun;
  readonly value: number;
  readonly unit: Unit;
}

const COLUMNS = `runs.id, saved_at AS savedAt, seed, scenario, profile, clock, side, verdict, trace_hash AS traceHash,
  tool_version AS toolVersion, node, commit_hash AS "commit", config_hash AS configHash, wall_ms AS wallMs, events`;

/** What SQLite's primary result codes say to whoever named the file. */
const EXPECTED_BY_CODE: ReadonlyMap<number, string> = new Map([
  [3, 'a file that may be read and written'],
  [5, 'a history that no other process has locked'],
  [6, 'a history that no other process has locked'],
  [8, 'a file that may be written'],
  [10, 'a file that can be read and written (input or output failed)'],
  [11, 'a sound history (this file is damaged)'],
  [13, 'a file with room to write'],
  [14, 'a file that can be opened'],
  [26, 'a history, which is a SQLite database'],
]);

/** An open history. Each call is one transaction. */
export class HistoryStore {
  readonly #db: DatabaseSync;
  readonly #file: string;

  /**
   * Opens a history, and makes its tables where the file is new.
   * @param path where it is, in an existing folder
   * @param file what a person calls it, for errors
   * @throws InputError where the file is no history, damaged, locked, or of a later version
   */
  constructor(path: string, file: string) {
    this.#file = file;
    this.#db = guarded(file, () => open(path, file));
  }

  /** Keeps a run with its figures; gives its number. */
  add(run: Omit<KeptRun, 'id'>, figures: readonly Figure[]): number {
    return this.#write(() => {
      const id = Number(
        this.#db
          .prepare(
            `INSERT INTO runs (saved_at, seed, scenario, profile, clock, side, verdict, trace_hash, tool_version, node,
               commit_hash, config_hash, wall_ms, events) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          )
          .run(
            run.savedAt,
            run.seed,
            run.scenario,
            run.profile,
            run.clock,
            run.side,
            run.verdict,
            run.traceHash,
            run.toolVersion,
            run.node,
            run.commit,
            run.configHash,
            run.wallMs,
            run.events,
          ).lastInsertRowid,
      );
      const name = this.#db.prepare('INSERT OR IGNORE INTO figure_names (name, unit) VALUES (?, ?)');
      const value = this.#db.prepare(
        'INSERT INTO figures (run, name, value) SELECT ?, id, ? FROM figure_names WHERE name = ? AND unit = ?',
      );
      for (const figure of figures) {
        name.run(figure.name, figure.unit);
        value.run(id, figure.value, figure.name, figure.unit);
      }
      return id;
    });
  }

  /** The latest runs that match, the oldest of them first. */
  runs(filter: Filter, last: number): KeptRun[] {
    const { where, values } = conditions(filter);
    const rows = this.#read(`SELECT ${COLUMNS} FROM runs ${where} ORDER BY id DESC LIMIT ?`, [...values, last]);
    return (rows as unknown as KeptRun[]).toReversed();
  }

  /** The latest values of a figure, `<metric>.<statistic>`, of runs that match, the oldest of them first. */
  values(figure: string, filter: Filter, last: number): KeptValue[] {
    const { where, values } = conditions(filter, 'figure_names.name = ?');
    const rows = this.#read(
      `SELECT ${COLUMNS}, value, unit FROM runs JOIN figures ON figures.run = runs.id
         JOIN figure_names ON figure_names.id = figures.name ${where} ORDER BY runs.id DESC LIMIT ?`,
      [figure, ...values, last],
    ) as unknown as (KeptRun & { value: number; unit: Unit })[];
    return rows.toReversed().map(({ value, unit, ...run }) => ({ run, value, unit }));
  }

  /** The names of all figures with the scenarios that have them, sorted. */
  names(): { scenario: string; figure: string }[] {
    return this.#read(
      `SELECT DISTINCT scenario, figure_names.name AS figure FROM figures
         JOIN runs ON runs.id = figures.run JOIN figure_names ON figure_names.id = figures.name ORDER BY 1, 2`,
      [],
    ) as unknown as { scenario: string; figure: string }[];
  }

  /** Removes runs that match the filter and are beyond what is kept; gives how many. */
  remove(filter: Filter, { before, keep }: Beyond): number {
    return this.#write(() => {
      let removed = 0;
      if (before !== undefined) {
        const { where, values } = conditions(filter, 'saved_at < ?');
        removed += Number(this.#db.prepare(`DELETE FROM runs ${where}`).run(before, ...values).changes);
      }
      if (keep !== undefined) {
        const { where, values } = conditions(filter);
        const ranked = `SELECT id, row_number() OVER (PARTITION BY scenario, profile ORDER BY id DESC) AS place FROM runs ${where}`;
        const sql = `DELETE FROM runs WHERE id IN (SELECT id FROM (${ranked}) WHERE place > ?)`;
        removed += Number(this.#db.prepare(sql).run(...values, keep).changes);
      }
      return removed;
    });
  }

  /** Removes all but the latest runs of all; gives how many. */
  removeAllBut(most: number): number {
    const sql = 'DELETE FROM runs WHERE id <= (SELECT id FROM runs ORDER BY id DESC LIMIT 1 OFFSET ?)';
    return this.#write(() => Number(this.#db.prepare(sql).run(most).changes));
  }

  close(): void {
    guarded(this.#file, () => this.#db.close());
  }

  #read(sql: string, values: readonly SQLInputValue[]): unknown[] {
    // Rows of node:sqlite have no prototype; copies are plain objects.
    return guarded(this.#file, () => this.#db.prepare(sql).all(...values)).map((row) => ({ ...row }));
  }

  #write<T>(work: () => T): T {
    return guarded(this.#file, () => inTransaction(this.#db, work));
  }
}

function conditions(filter: Filter, first?: string): { where: string; values: string[] } {
  const kept = (['scenario', 'profile', 'clock', 'side'] as const).filter((name) => filter[name] !== undefined);
  const all = [...(first === undefined ? [] : [first]), ...kept.map((name) => `${name} = ?`)];
  return { where: all.length === 0 ? '' : `WHERE ${all.join(' AND ')}`, values: kept.map((name) => filter[name]!) };
}

/** Node's own SQLite, loaded without the remark that older versions make on it. */
function sqlite(): typeof Sqlite {
  // oxlint-disable-next-line typescript/unbound-method -- put back as it was, not called
  const emit = process.emitWarning;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emit;
  }
}

function open(path: string, file: string): DatabaseSync {
  const { DatabaseSync: Database } = sqlite();
  const db = new Database(path, { timeout: BUSY_MS, enableForeignKeyConstraints: true });
  try {
    // Looks before it writes: what is no history is left as it is.
    isNew(db, file);
    setWal(db);
    inTransaction(db, () => {
      if (!isNew(db, file)) return;
      db.exec(SCHEMA);
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    });
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function isNew(db: DatabaseSync, file: string): boolean {
  const version = pragma(db, 'user_version');
  if (version === 0 && db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined) return true;
  if (pragma(db, 'application_id') !== APPLICATION_ID) throw refusal(file, 'a history that Squall has made');
  if (version === SCHEMA_VERSION) return false;
  throw refusal(file, `a history of version ${SCHEMA_VERSION} (another Squall made this one: version ${version})`);
}

/** Two that make a file at once may both want to switch it; SQLite then does not wait by itself. */
function setWal(db: DatabaseSync): void {
  for (let attempt = 1; ; attempt++) {
    try {
      db.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (primaryCode(error) !== 5 || attempt * 20 > BUSY_MS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const answer = work();
    db.exec('COMMIT');
    return answer;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function primaryCode(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff;
}

function refusal(file: string, expected: string): InputError {
  return new InputError('--history', file, expected, 'ERR_FILE');
}

/** What SQLite says of the file as one line; other errors are bugs of ours. */
function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const expected = EXPECTED_BY_CODE.get(primaryCode(error));
    throw expected === undefined ? error : refusal(file, expected);
  }
}
