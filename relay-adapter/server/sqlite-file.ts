// Opens the file of a SQLite store, or says in one line why it cannot be one. It must not know what the tables are for.

import { DatabaseSync } from 'node:sqlite';
import { InputError } from '../../sim/errors.ts';
import { APPLICATION_ID, SCHEMA_VERSION, SQLITE_SCHEMA } from './store-schema.ts';

/** The connections to one database. */
export interface SqliteFile {
  readonly writer: DatabaseSync;
  /** Sees what is committed only. In memory there is one connection, which is both. */
  readonly reader: DatabaseSync;
}

/** What SQLite's primary result codes say to whoever named the file. */
const EXPECTED_BY_CODE: ReadonlyMap<number, string> = new Map([
  [3, 'a file that may be read and written'],
  [5, 'a database that no other process has locked'],
  [6, 'a database that no other process has locked'],
  [8, 'a file that may be written'],
  [10, 'a file that can be read and written (input or output failed)'],
  [11, 'a sound SQLite database (this one is damaged)'],
  [13, 'a file with room to write'],
  [14, 'a file that can be opened, in a folder that exists'],
  [26, 'a SQLite database'],
]);

/**
 * Opens a database, and makes its tables where it is new.
 *
 * @param path a file, or `:memory:`
 * @param busyTimeoutMs how long a lock of another process is waited for
 * @throws InputError where the file cannot be the relay's store
 */
export function openSqliteFile(path: string, busyTimeoutMs: number): SqliteFile {
  let writer: DatabaseSync | undefined;
  try {
    writer = new DatabaseSync(path, { timeout: busyTimeoutMs });
    prepareSchema(writer, path);
    const reader = path === ':memory:' ? writer : new DatabaseSync(path, { timeout: busyTimeoutMs, readOnly: true });
    return { writer, reader };
  } catch (error) {
    writer?.close();
    if (error instanceof InputError) throw error;
    const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
    throw refusal(path, EXPECTED_BY_CODE.get(code) ?? `a SQLite database (${(error as Error).message})`);
  }
}

/** One line about the file behind `--store`. */
export function refusal(path: string, expected: string): InputError {
  return new InputError('--store', `sqlite:${path}`, expected, 'ERR_FILE');
}

/** Looks before it writes: what is not the relay's is left as it is. */
function prepareSchema(db: DatabaseSync, path: string): void {
  const isNew = (): boolean => {
    const version = pragma(db, 'user_version');
    if (version === 0 && db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined) return true;
    if (pragma(db, 'application_id') !== APPLICATION_ID) throw refusal(path, 'a database that a relay has made');
    if (version > SCHEMA_VERSION) {
      throw refusal(path, `a database of version ${SCHEMA_VERSION} (a newer Squall made this one: version ${version})`);
    }
    return false;
  };
  isNew();
  db.exec('PRAGMA journal_mode = WAL');
  db.exec('BEGIN IMMEDIATE');
  try {
    if (isNew()) {
      db.exec(SQLITE_SCHEMA);
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
