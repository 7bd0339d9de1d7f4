import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openStore, type StoreOptions } from '../../../relay-adapter/server/open-store.ts';
import type { RelayStore, StorePage } from '../../../relay-adapter/server/store.ts';
import { InputError } from '../../../sim/errors.ts';
import { postgresBinaries, type RunningPostgres, startPostgres } from '../../postgres.ts';
import { survivesKills } from './store-crash.ts';
import { idsOf, incoming, incomings, readAll, storeContract } from './store-contract.ts';

const isMissing = postgresBinaries() === undefined;
const title = isMissing ? 'Postgres (SKIPPED: no binaries in /usr/lib/postgresql)' : 'Postgres';

describe.skipIf(isMissing)(title, () => {
  let postgres: RunningPostgres;
  let schemas = 0;
  beforeAll(async () => void (postgres = (await startPostgres())!));
  afterAll(async () => postgres.stop());

  const newSchema = (): string => `test_${++schemas}`;
  const open = async (schema: string, options: StoreOptions = {}): Promise<RelayStore> =>
    openStore(postgres.url, { schema, connectionsMax: 4, ...options });

  async function sql(text: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(postgres.url);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  storeContract('Postgres', async (options) => open(newSchema(), options), { runs: 25 });

  describe('several instances on one database', () => {
    test('that start together make the tables once', async () => {
      const schema = newSchema();
      const stores = await Promise.all(Array.from({ length: 4 }, async () => open(schema)));
      await Promise.all(
        stores.map(async (store, n) => store.push({ ledger: 'l', device: 'a', changes: incomings(`${n}`, 2) })),
      );
      expect(await readAll(stores[0]!, 'l')).toHaveLength(8);
      for (const store of stores) await store.close();
    });

    test('push at once, and no reader skips a change, whichever it asks', async () => {
      const schema = newSchema();
      const stores = await Promise.all([open(schema), open(schema)]);
      const pushes = 60;
      let pushing = 4;
      const push = async (lane: number) => {
        for (let n = 0; n < pushes; n++) {
          const changes = incomings(`${lane}.${n}`, 1 + (n % 3));
          await stores[lane % 2]!.push({ ledger: 'l', device: `d${lane}`, changes });
        }
        pushing--;
      };
      const read = async (lane: number): Promise<string[]> => {
        const ids: string[] = [];
        for (let cursor = 0, turn = 0; ; turn++) {
          const isLast = pushing === 0;
          const store = stores[(lane + turn) % 2]!;
          const page = (await store.pull({ ledger: 'l', device: `r${lane}`, cursor, pageSize: 7 })) as StorePage;
          expect(page.changes.map(({ position }) => position)).toEqual(page.changes.map((_, at) => cursor + at + 1));
          ids.push(...idsOf(page));
          ({ cursor } = page);
          if (isLast && !page.hasMore) return ids;
        }
      };
      const reads = [0, 1, 2].map(async (lane) => read(lane));
      await Promise.all([0, 1, 2, 3].map(async (lane) => push(lane)));
      const all = await Promise.all(reads);
      expect(all[0]).toHaveLength(4 * 120);
      expect(new Set(all[0]).size).toBe(4 * 120);
      expect(all[1]).toEqual(all[0]);
      expect(all[2]).toEqual(all[0]);
      for (const store of stores) await store.close();
    });

    test('the same push to both is stored once', async () => {
      const schema = newSchema();
      const stores = await Promise.all([open(schema), open(schema)]);
      for (let round = 0; round < 20; round++) {
        const push = { ledger: 'l', device: 'a', changes: incomings(`${round}`, 2) };
        const verdicts = await Promise.all(stores.map(async (store) => store.push(push)));
        expect(verdicts.map(([first]) => String(first)).sort((a, b) => (a < b ? -1 : 1))).toEqual(['kept', 'stored']);
      }
      expect(await readAll(stores[1], 'l')).toHaveLength(40);
      for (const store of stores) await store.close();
    });

    test('the log is removed while others read it, and nobody meets a gap', async () => {
      const schema = newSchema();
      const stores = await Promise.all([open(schema), open(schema)]);
      await stores[0].join('l', 'a');
      const progress = { isDone: false };
      const write = async () => {
        for (let n = 0; n < 40; n++) {
          await stores[0].push({ ledger: 'l', device: 'a', changes: incomings(`${n}`, 5) });
          await stores[0].pull({ ledger: 'l', device: 'a', cursor: (n + 1) * 6 - 1, pageSize: 1 });
          await stores[0].push({
            ledger: 'l',
            device: 'a',
            changes: [incoming(`image ${n}`, { covers: (n + 1) * 6 - 1 })],
          });
        }
        progress.isDone = true;
      };
      let begun = 0;
      const read = async () => {
        while (!progress.isDone) {
          const page = (await stores[1].pull({ ledger: 'l', device: 'r', cursor: 0, pageSize: 50 })) as StorePage;
          const from = page.snapshot?.position ?? 0;
          if (page.snapshot !== undefined) begun++;
          expect(page.changes.map(({ position }) => position)).toEqual(page.changes.map((_, at) => from + at + 1));
        }
      };
      await Promise.all([write(), read(), read()]);
      expect(begun).toBeGreaterThan(0);
      for (const store of stores) await store.close();
    });

    test('tell each other of what was stored, once, also after a lost connection', async () => {
      const schema = newSchema();
      const stores = await Promise.all([open(schema), open(schema)]);
      const told: string[] = [];
      let heard = (): void => undefined;
      stores[1].onStored((ledger, device) => {
        told.push(`${ledger} ${device}`);
        heard();
      });
      const next = async () => new Promise<void>((resolve) => void (heard = resolve));
      const hears = next();
      await stores[0].push({ ledger: 'l"1', device: "d'1", changes: [incoming('x')] });
      await hears;
      expect(told).toEqual([`l"1 d'1`]);
      // Pushed again and again until the listening connection is back.
      await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN squall_test_%'");
      for (let n = 0; told.at(-1) !== 'l2 d'; n++)
        await stores[0].push({ ledger: 'l2', device: 'd', changes: [incoming(`${n}`)] });
      for (const store of stores) await store.close();
    });
  });

  describe('commits', () => {
    /** Notes of each row that is pushed in which transaction that was, and how durable its commit is to be. */
    async function witnessed(schema: string): Promise<void> {
      await sql(`
        CREATE TABLE ${schema}.noted (transaction text, durability text);
        CREATE FUNCTION ${schema}.note() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN
            INSERT INTO ${schema}.noted VALUES (pg_current_xact_id()::text, current_setting('synchronous_commit'));
            RETURN NULL;
          END $$;
        CREATE TRIGGER note AFTER INSERT ON ${schema}.squall_changes
          FOR EACH ROW EXECUTE FUNCTION ${schema}.note()`);
    }

    test('wait for the disk with each push', async () => {
      const schema = newSchema();
      await sql('ALTER ROLE postgres SET synchronous_commit = off');
      try {
        const store = await open(schema);
        await witnessed(schema);
        for (let n = 1; n <= 5; n++) {
          await store.push({ ledger: 'l', device: 'a', changes: [incoming(`${n}`)] });
          await store.pull({ ledger: 'l', device: 'a', cursor: n, pageSize: 9 });
        }
        expect(await sql(`SELECT durability, count(*) FROM ${schema}.noted GROUP BY 1`)).toEqual([
          { durability: 'on', count: '5' },
        ]);
        await store.close();
      } finally {
        await sql('ALTER ROLE postgres RESET synchronous_commit');
      }
    });

    test('are shared by pushes that come together to one ledger', async () => {
      const schema = newSchema();
      const store = await open(schema);
      await witnessed(schema);
      const pushes = Array.from({ length: 50 }, async (_, n) =>
        store.push({ ledger: 'l', device: 'a', changes: [incoming(`${n}`)] }),
      );
      expect(await Promise.all(pushes)).toEqual(pushes.map(() => ['stored']));
      const [noted] = await sql(`SELECT count(*) AS rows, count(DISTINCT transaction) AS commits FROM ${schema}.noted`);
      expect(noted!['rows']).toBe('50');
      expect(Number(noted!['commits'])).toBeLessThanOrEqual(3);
      await store.close();
    });
  });

  test.each(['repeatable read', 'serializable'])(
    'a role whose transactions are %s by default changes nothing',
    async (isolation) => {
      await sql(`ALTER ROLE postgres SET default_transaction_isolation = '${isolation}'`);
      try {
        const schema = newSchema();
        const stores = await Promise.all(Array.from({ length: 4 }, async () => open(schema)));
        await Promise.all(
          stores.flatMap((store, lane) =>
            Array.from({ length: 20 }, async (_, n) => {
              await store.push({ ledger: 'l', device: 'a', changes: [incoming(`${lane}-${n}`)] });
              await store.pull({ ledger: 'l', device: 'a', cursor: n, pageSize: 1 });
            }),
          ),
        );
        expect(await readAll(stores[0]!, 'l')).toHaveLength(80);
        for (const store of stores) await store.close();
      } finally {
        await sql('ALTER ROLE postgres RESET default_transaction_isolation');
      }
    },
  );

  test('what is stored while the listening connection is lost is missed, and that is said once it is back', async () => {
    const schema = newSchema();
    const stores = await Promise.all([open(schema), open(schema)]);
    const told: string[] = [];
    let misses = 0;
    const isMissed = new Promise<void>((resolve) => {
      stores[1].onStored(
        (ledger) => told.push(ledger),
        () => {
          misses++;
          resolve();
        },
      );
    });
    let unheard = 0;
    stores[1].onStored(
      () => undefined,
      () => void unheard++,
    )();
    // Whoever would connect again is held up, until something was stored.
    const held: (() => void)[] = [];
    const timer = setTimeout;
    const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation((then: () => void, ms?: number) => {
      if (ms !== 100) return timer(then, ms);
      held.push(then);
      return timer(() => undefined, 0);
    });
    try {
      await sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN squall_${schema}'`);
      while (held.length < 2) await new Promise((resolve) => setImmediate(resolve));
      await stores[0].push({ ledger: 'in the gap', device: 'd', changes: [incoming('x')] });
      const notices = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_notify%' AND state = 'idle'";
      while ((await sql(notices)).length === 0);
    } finally {
      spy.mockRestore();
    }
    expect(misses).toBe(0);
    for (const then of held) then();
    await isMissed;
    for (let n = 0; told.at(-1) !== 'after'; n++) {
      await stores[0].push({ ledger: 'after', device: 'd', changes: [incoming(`${n}`)] });
    }
    expect(told).not.toContain('in the gap');
    expect([misses, unheard]).toEqual([1, 0]);
    for (const store of stores) await store.close();
  });

  describe('a server that hangs', () => {
    test('fails what waits for a lock too long, all of a commit at once, and nothing after it', async () => {
      const schema = newSchema();
      const store = await open(schema, { statementTimeoutMs: 300 });
      const other = new pg.Client(postgres.url);
      await other.connect();
      await other.query(`BEGIN; LOCK TABLE ${schema}.squall_ledgers`);
      const push = async (id: string) => store.push({ ledger: 'l', device: 'a', changes: [incoming(id)] });
      const transactions = vi.spyOn(pg.Pool.prototype, 'connect');
      const outcomes = await Promise.allSettled(Array.from({ length: 30 }, async (_, n) => push(`${n}`)));
      expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
      expect(transactions.mock.calls.length).toBeLessThan(5);
      transactions.mockRestore();
      await expect(store.pull({ ledger: 'l', device: 'a', cursor: 0, pageSize: 9 })).rejects.toThrow(/timeout/);
      await other.query('ROLLBACK');
      await other.end();
      expect(await push('after')).toEqual(['stored']);
      expect(await readAll(store, 'l')).toEqual(['after']);
      await store.close();
    });

    test('and says nothing at all is given up, and left for one that answers', async () => {
      const schema = newSchema();
      const store = await open(schema, { statementTimeoutMs: 300, deadAfterMs: 200 });
      const push = async (id: string) => store.push({ ledger: 'l', device: 'a', changes: [incoming(id)] });
      expect(await push('before')).toEqual(['stored']);
      // As a server that is gone without a word: those of its processes that the store has reached stand still.
      const backends = await sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'squall relay'");
      const pids = backends.map(({ pid }) => Number(pid));
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      try {
        await expect(push('lost')).rejects.toThrow('timeout');
        expect(await push('after')).toEqual(['stored']);
        // The connections that only read are found dead once each.
        const pull = async () => store.pull({ ledger: 'l', device: 'a', cursor: 1, pageSize: 9 });
        await pull().catch(() => undefined);
        expect(await pull()).toMatchObject({ cursor: 2 });
        await store.close();
      } finally {
        for (const pid of pids) process.kill(pid, 'SIGCONT');
      }
    });
  });

  test('a lost connection fails a push at most, and the next ones are taken', async () => {
    const store = await open(newSchema());
    await store.push({ ledger: 'l', device: 'a', changes: [incoming('first')] });
    const accepted = new Set(['first']);
    for (let round = 0; round < 5; round++) {
      const pushes = Promise.allSettled(
        Array.from({ length: 10 }, async (_, n) => {
          const id = `${round}-${n}`;
          await store.push({ ledger: `l`, device: 'a', changes: [incoming(id)] });
          accepted.add(id);
        }),
      );
      await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'squall relay'");
      await pushes;
    }
    // What was idle in the pool may be found dead once each.
    let last: unknown;
    for (let n = 0; n < 10 && last === undefined; n++) {
      last = await store.push({ ledger: 'l', device: 'a', changes: [incoming('last')] }).catch(() => undefined);
    }
    expect(last).toEqual(['stored']);
    const ids = await readAll(store, 'l');
    expect([...accepted].filter((id) => !ids.includes(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    await store.close();
  });

  test('faults are made on all instances, and outlive them', async () => {
    const schema = newSchema();
    const stores = await Promise.all([open(schema, { faults: true }), open(schema, { faults: true })]);
    await stores[0].push({ ledger: 'l', device: 'a', changes: incomings('a', 3) });
    await stores[0].faults!.freeze(1);
    expect(await stores[1].push({ ledger: 'l', device: 'a', changes: [] })).toBe('unavailable');
    for (const store of stores) await store.close();
    const after = await open(schema, { faults: true });
    expect(await readAll(after, 'l')).toEqual(['a-1', 'a-2']);
    await after.faults!.loseFrozen();
    expect(await after.push({ ledger: 'l', device: 'a', changes: incomings('a', 3) })).toEqual([
      'kept',
      'kept',
      'stored',
    ]);
    await after.close();
  });

  test('the schema may stand in the spec', async () => {
    const schema = newSchema();
    const store = await openStore(`${postgres.url}&schema=${schema}`);
    await store.push({ ledger: 'l', device: 'a', changes: [incoming('x')] });
    await store.close();
    expect(await sql(`SELECT last_position FROM ${schema}.squall_ledgers`)).toEqual([{ last_position: '1' }]);
    await expect(openStore(`${postgres.url}&schema=a;b`)).rejects.toThrow(/ERR_CONFIG --store.*a schema of/);
  });

  test('what cannot be the store is refused in one line, without the password', async () => {
    const refused = async (spec: string, options: StoreOptions = {}) => {
      const error: unknown = await openStore(spec, options).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InputError);
      return (error as InputError).message;
    };
    expect(await refused('postgres://u:secret@/d?host=/nowhere')).toMatch(/\*\*\*.*can be used \(.*ENOENT/);
    expect(await refused('postgres://u:secret@/d?host=/nowhere')).not.toContain('secret');
    for (const password of [
      'secret/x',
      'x/secret',
      'x?secret',
      'x#secret',
      'x@secret',
      '1/secret',
      'x?schema=secret',
    ]) {
      const message = await refused(`postgres://u:${password}@h/d?host=/nowhere`);
      expect(message).toContain('postgres://u:***@h/d');
      expect(message).not.toContain('secret');
    }
    expect(await refused(postgres.url.replace('/postgres?', '/missing?'))).toContain('"missing" does not exist');
    const schema = newSchema();
    await (await open(schema)).close();
    await sql(`UPDATE ${schema}.squall_state SET version = 2`);
    expect(await refused(postgres.url, { schema })).toContain('tables of version 1, not 2');
  });

  test('keeps what was pushed and presented when its process is killed', async () => {
    await survivesKills(`${postgres.url}&schema=${newSchema()}`, 3);
  });
});
