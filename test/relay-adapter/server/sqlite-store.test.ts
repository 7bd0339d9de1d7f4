import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openStore, type StoreOptions } from '../../../relay-adapter/server/open-store.ts';
import { InputError } from '../../../sim/errors.ts';
import { survivesKills } from './store-crash.ts';
import { incoming, incomings, readAll, storeContract } from './store-contract.ts';

let folder: string;
let files = 0;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'squall-sqlite-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const newPath = (): string => join(folder, `${++files}.db`);

storeContract('a SQLite file', async (options) => openStore(`sqlite:${newPath()}`, options), { runs: 60 });
storeContract('SQLite in memory', async (options) => openStore('sqlite::memory:', options), { runs: 60 });

describe('a SQLite file', () => {
  async function refused(path: string, options: StoreOptions = {}): Promise<string> {
    const error: unknown = await openStore(`sqlite:${path}`, { busyTimeoutMs: 10, ...options }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).code).toBe('ERR_FILE');
    expect((error as InputError).message).not.toContain('\n');
    return (error as InputError).message;
  }

  test('has everything when it is opened again', async () => {
    const path = newPath();
    const before = await openStore(`sqlite:${path}`, { faults: true });
    await before.join('ledger-1', 'a');
    await before.join('ledger-1', 'b');
    await before.push({ ledger: 'ledger-1', device: 'a', changes: incomings('a', 4) });
    await before.pull({ ledger: 'ledger-1', device: 'b', cursor: 3, pageSize: 9 });
    await before.faults!.freeze(1);
    await before.close();
    const after = await openStore(`sqlite:${path}`, { faults: true });
    expect(await after.isMember('ledger-1', 'b')).toBe(true);
    expect(await readAll(after, 'ledger-1', 'c')).toEqual(['a-1', 'a-2', 'a-3']);
    await after.faults!.thaw();
    // What b presented before holds the log back as it did.
    await after.pull({ ledger: 'ledger-1', device: 'a', cursor: 4, pageSize: 9 });
    await after.push({ ledger: 'ledger-1', device: 'a', changes: [incoming('image', { covers: 4 })] });
    const page = { ledger: 'ledger-1', device: 'c', pageSize: 9 };
    expect(await after.pull({ ...page, cursor: 2 })).toMatchObject({ snapshot: { position: 4 } });
    expect(await after.pull({ ...page, cursor: 3 })).not.toHaveProperty('snapshot');
    await after.close();
  });

  test('loses the bodies of what was removed, but not where faults may bring them back', async () => {
    for (const faults of [false, true]) {
      const path = newPath();
      const store = await openStore(`sqlite:${path}`, { faults });
      await store.join('l', 'a');
      await store.push({ ledger: 'l', device: 'a', changes: [incoming('x', { body: '{"body":"x"}' })] });
      await store.pull({ ledger: 'l', device: 'a', cursor: 1, pageSize: 9 });
      await store.push({ ledger: 'l', device: 'a', changes: [incoming('image', { covers: 1 })] });
      await store.close();
      const db = new DatabaseSync(path, { readOnly: true });
      expect(db.prepare('SELECT body FROM changes WHERE id = ?').get('x')!['body']).toBe(
        faults ? '{"body":"x"}' : null,
      );
      db.close();
      if (!faults) expect(await refused(path, { faults: true })).toContain('always opened with faults');
    }
  });

  test('that ends a failover when it is opened without faults', async () => {
    const path = newPath();
    const before = await openStore(`sqlite:${path}`, { faults: true });
    await before.push({ ledger: 'l', device: 'a', changes: incomings('a', 2) });
    await before.faults!.freeze(1);
    await before.close();
    await (await openStore(`sqlite:${path}`)).close();
    const after = await openStore(`sqlite:${path}`, { faults: true });
    expect(await readAll(after, 'l')).toEqual(['a-1', 'a-2']);
    await after.close();
  });

  test('of another version, of somebody else, or no database is refused, and left as it was', async () => {
    const newer = newPath();
    await (await openStore(`sqlite:${newer}`)).close();
    const db = new DatabaseSync(newer);
    db.exec('PRAGMA user_version = 2');
    db.close();
    expect(await refused(newer)).toMatch(/newer Squall .*version 2/);

    const foreign = newPath();
    const other = new DatabaseSync(foreign);
    other.exec('CREATE TABLE theirs (x)');
    expect(await refused(foreign)).toContain('a database that a relay has made');
    expect(other.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'delete' });
    other.close();

    const text = newPath();
    writeFileSync(text, 'this is no database, and long enough to be sure of that'.repeat(40));
    expect(await refused(text)).toContain('a SQLite database');
  });

  test('that cannot be opened or is locked is refused', async () => {
    expect(await refused(join(folder, 'missing', 'x.db'))).toContain('a folder that exists');
    const directory = join(folder, 'directory');
    mkdirSync(directory);
    await refused(directory);
    const locked = newPath();
    const other = new DatabaseSync(locked);
    other.exec('CREATE TABLE theirs (x); BEGIN EXCLUSIVE');
    expect(await refused(locked)).toContain('no other process has locked');
    other.close();
  });

  test('that is locked while the relay runs fails the push, and takes the next one', async () => {
    const path = newPath();
    const store = await openStore(`sqlite:${path}`, { busyTimeoutMs: 10 });
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const push = async () => store.push({ ledger: 'l', device: 'a', changes: [incoming('x')] });
    await expect(push()).rejects.toThrow('locked');
    other.exec('ROLLBACK');
    other.close();
    expect(await push()).toEqual(['stored']);
    await store.close();
  });

  test('reads no more of large changes than it hands out', async () => {
    const store = await openStore(`sqlite:${newPath()}`, { durability: 'none' });
    const body = JSON.stringify('x'.repeat(10 * 1024 * 1024));
    for (let n = 0; n < 20; n++) await store.push({ ledger: 'l', device: 'a', changes: [incoming(`${n}`, { body })] });
    const all = vi.spyOn(StatementSync.prototype, 'all');
    try {
      expect(await store.pull({ ledger: 'l', device: 'a', cursor: 0, pageSize: 100 })).toMatchObject({ cursor: 1 });
      expect((await store.pullAccount({ ledger: 'l', sinceMs: 0, pageSize: 100 })).bodies).toHaveLength(1);
      const rows = all.mock.results.flatMap(({ value }) => value as Record<string, unknown>[]);
      expect(rows.filter((row) => row['body'] !== undefined)).toHaveLength(2);
    } finally {
      all.mockRestore();
    }
    await store.close();
  });

  describe('commits', () => {
    /** What SQLite's pragma says of a connection whose commits wait for the disk. */
    const FULL = 2;

    /** How durable each commit of a store's writer is, in the order in which they come. */
    function commits() {
      const durabilities: unknown[] = [];
      const exec = DatabaseSync.prototype.exec;
      const writers = new WeakSet<DatabaseSync>();
      const spy = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql) {
        if (sql === 'BEGIN IMMEDIATE') writers.add(this);
        if (sql === 'COMMIT' && writers.has(this)) {
          durabilities.push(this.prepare('PRAGMA synchronous').get()!['synchronous']);
        }
        exec.call(this, sql);
      });
      return { durabilities, end: () => spy.mockRestore() };
    }

    test('wait for the disk with each push, also where a cursor that need not was written before', async () => {
      const store = await openStore(`sqlite:${newPath()}`);
      const { durabilities, end } = commits();
      try {
        const push = async (id: string) => store.push({ ledger: 'l', device: 'a', changes: [incoming(id)] });
        const pull = async (cursor: number) => store.pull({ ledger: 'l', device: 'a', cursor, pageSize: 9 });
        await push('x');
        await pull(1);
        await push('y');
        await Promise.all([pull(2), push('z')]);
        expect(durabilities).toEqual([FULL, 1, FULL, FULL]);
        await store.join('l', 'a');
        await store.leave('l', 'a');
        expect(durabilities.slice(4)).toEqual([FULL, FULL]);
      } finally {
        end();
      }
      await store.close();
    });

    test('are shared by pushes that come together', async () => {
      const store = await openStore(`sqlite:${newPath()}`);
      const { durabilities, end } = commits();
      try {
        const pushes = Array.from({ length: 50 }, async (_, n) =>
          store.push({ ledger: `l${n % 3}`, device: 'a', changes: [incoming(`${n}`)] }),
        );
        expect(await Promise.all(pushes)).toEqual(pushes.map(() => ['stored']));
        expect(durabilities).toEqual([FULL]);
      } finally {
        end();
      }
      await store.close();
    });
  });

  test('takes no more than ten thousand changes into one commit', async () => {
    const store = await openStore(`sqlite:${newPath()}`, { durability: 'none' });
    const begins = vi.spyOn(DatabaseSync.prototype, 'exec');
    const pushes = Array.from({ length: 25 }, async (_, n) =>
      store.push({ ledger: 'l', device: 'a', changes: incomings(`${n}`, n === 24 ? 10_001 : 1000) }),
    );
    const verdicts = await Promise.all(pushes);
    const count = begins.mock.calls.filter(([text]) => text === 'BEGIN IMMEDIATE').length;
    begins.mockRestore();
    expect(verdicts.flat().filter((verdict) => verdict === 'stored')).toHaveLength(34_001);
    expect(count).toBe(4);
    await store.close();
  });

  test('keeps what was pushed and presented when its process is killed', async () => {
    const path = newPath();
    await survivesKills(`sqlite:${path}`, 3);
    expect(existsSync(path)).toBe(true);
  });
});

test.each(['', 'sqlite', 'sqlite:', 'mysql://u:secret@h/d', 'relay.db', 'postgres:x', 'postgres:/u:secret@h'])(
  'the spec %j names no store',
  async (spec) => {
    await expect(openStore(spec)).rejects.toThrow(/ERR_CONFIG --store: .*sqlite:<file>/);
    await expect(openStore(spec)).rejects.not.toThrow('secret');
  },
);
