// Stores for relays that a run starts itself: each is new and empty, and gone when the next one is opened. It must not know
// what is kept in one.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert } from '../../sim/errors.ts';
import { postgresTarget } from '../server/postgres-connection.ts';

/** Names of folders begin with this and the number of the process that they belong to. */
const FOLDER = 'squall-relay-';
/** Names of schemas begin with this. */
const SCHEMA = 'squall_';

/** Folders of processes that are not seen may be another container's: these are left alone for a day. */
const ORPHANED_MS = 86_400_000;

/** Removes folders of a process whose threads were ended before they could; left out, old ones of processes that are gone. */
export function removeScratch(pid?: number): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = name.startsWith(FOLDER) ? Number(name.slice(FOLDER.length).split('-', 1)[0]) : Number.NaN;
    if (!Number.isSafeInteger(owner) || owner < 1) continue;
    const folder = join(tmpdir(), name);
    if (pid === undefined ? isGone(owner) && isOld(folder) : owner === pid) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function isOld(folder: string): boolean {
  const stats = statSync(folder, { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.mtimeMs > ORPHANED_MS;
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // A process of somebody else's cannot be asked, and is there.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Removes the file, or the schema, of a scratch store that was closed. */
export async function removeStore(address: string): Promise<void> {
  if (!address.startsWith('sqlite:')) return dropSchema(address);
  const file = address.slice('sqlite:'.length);
  for (const each of [file, `${file}-wal`, `${file}-shm`]) rmSync(each, { force: true });
}

async function dropSchema(address: string): Promise<void> {
  const { connectionString, schema } = postgresTarget(address, undefined);
  assert(schema.startsWith(SCHEMA), 'only a schema of our own is dropped');
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  } catch {
    // A database that cannot be reached any more, or never could, is not the run's to clean up.
  } finally {
    await client.end();
  }
}

/** Where scratch stores of this thread lie, and what each is called. */
export class ScratchStores {
  #folder: string | undefined;
  #count = 0;

  /**
   * The address of a store that is not there yet.
   *
   * @param store `sqlite`, or the address of a Postgres in which it gets a schema of its own
   */
  next(store: string): string {
    this.#count++;
    if (store !== 'sqlite') {
      // Not read as a URL: the address of a socket may have a user and no host.
      const schema = `schema=${SCHEMA}${randomBytes(6).toString('hex')}`;
      return `${store}${store.includes('?') ? '&' : '?'}${schema}`;
    }
    if (this.#folder === undefined) {
      removeScratch();
      this.#folder = mkdtempSync(join(tmpdir(), `${FOLDER}${process.pid}-`));
    }
    return `sqlite:${join(this.#folder, `relay-${this.#count}.db`)}`;
  }

  /** Removes the folder of files. */
  close(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }
}
