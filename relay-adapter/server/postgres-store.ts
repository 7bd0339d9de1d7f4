// The relay's store in a Postgres database, which several instances may share. Positions are given under the lock of the
// ledger's row, which is held until the commit: no reader sees one before those below it. It must not know HTTP, nor
// what is in a change.

import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { InputError } from '../../sim/errors.ts';
import { GroupCommit, type Settled } from './group-commit.ts';
import {
  type ConnectionLimits,
  Connections,
  Listening,
  type PostgresTarget,
  postgresTarget,
} from './postgres-connection.ts';
import { freeze, loseFrozen, loseTail, thaw } from './postgres-faults.ts';
import { type LedgerSeen, PostgresLedgers } from './postgres-ledgers.ts';
import { noticeOf, noticeText } from './postgres-notices.ts';
import { POSTGRES_SCHEMA, SCHEMA_VERSION } from './store-schema.ts';
import {
  type AccountPage,
  type AccountPull,
  type ChangeVerdict,
  PAGE_BYTES_MAX,
  type RelayStore,
  type StoreFaults,
  type StorePage,
  type StorePull,
  type StorePush,
} from './store.ts';
import {
  checkPageSize,
  checkPull,
  cutPlan,
  EMPTY_LEDGER,
  fitPage,
  isWhole,
  keyOf,
  type LedgerState,
  pageOf,
  type PagePlan,
  planPage,
  planPush,
  stateAt,
  type StoredSnapshot,
} from './store-rules.ts';
import { UnderWay } from './under-way.ts';

/** What is said of connections is said of each of the two pools. */
export interface PostgresOptions extends ConnectionLimits {
  /** Whether faults can be made. Such a store keeps the bodies that clean-ups remove: what is lost may bring them back. */
  readonly faults: boolean;
  /** Where the tables are; left out, what the spec says (`?schema=`), or `public`. */
  readonly schema: string | undefined;
}

type Verdicts = readonly ChangeVerdict[] | 'unavailable';

/** Pushes of one ledger that share a transaction. */
const GROUP = { jobsMax: 100, changesMax: 10_000, changesOf: ({ changes }: StorePush): number => changes.length };
const NOTICES = { jobsMax: 1000, changesMax: 0, changesOf: (): number => 0 };
/** A page that was cleaned away while it was read is read again. */
const READS_MAX = 20;
const SETTINGS = {
  // All statements are short and find their rows by an index, whatever the values: to compile one was measured to take a
  // hundred times as long as to run it (where tables are new and the server guesses their size), to plan it anew each
  // time twice as long.
  jit: 'off',
  plan_cache_mode: 'force_generic_plan',
  idle_in_transaction_session_timeout: '60s',
  // Who waits for the lock of a ledger must then see what was committed meanwhile, whatever the role's default is.
  default_transaction_isolation: 'read committed',
};
/** A lock or a statement that took too long, in the server's words: it is as likely to do so again. */
const TOO_LONG: ReadonlySet<string | undefined> = new Set(['55P03', '57014']);

/** @throws InputError where there is no database that can be the store */
export async function openPostgresStore(spec: string, options: PostgresOptions): Promise<RelayStore> {
  const target = postgresTarget(spec, options.schema);
  const store = new PostgresStore(target, options);
  try {
    await store.prepare();
  } catch (error) {
    await store.close();
    if (error instanceof InputError) throw error;
    const { message, code } = error as Error & { code?: string };
    throw new InputError('--store', target.shown, `a Postgres database that can be used (${message || code})`);
  }
  return store;
}

class PostgresStore implements RelayStore {
  readonly kind = 'postgres';
  readonly faults?: StoreFaults;
  readonly #target: PostgresTarget;
  readonly #options: PostgresOptions;
  /** What these commit is on disk. */
  readonly #durable: Connections;
  /** What these commit outlives this process, and may be lost with the server. */
  readonly #quick: Connections;
  readonly #reader: PostgresLedgers;
  readonly #listening: Listening;
  readonly #channel: string;
  readonly #instance = randomUUID();
  readonly #pushes = new Map<string, GroupCommit<StorePush, Verdicts>>();
  readonly #notices = new GroupCommit<string, void>(async (notices) => this.#notify(notices), NOTICES);
  readonly #listeners = new Set<(ledger: string, device: string) => void>();
  readonly #missed = new Set<() => void>();
  readonly #underWay = new UnderWay();

  constructor(target: PostgresTarget, options: PostgresOptions) {
    this.#target = target;
    this.#options = options;
    const pool = (durable: 'on' | 'off'): Connections =>
      new Connections(target, { ...SETTINGS, synchronous_commit: durable }, options);
    this.#durable = pool('on');
    this.#quick = pool('off');
    this.#reader = new PostgresLedgers(this.#quick);
    this.#channel = `squall_${target.schema}`;
    this.#listening = new Listening(target, this.#channel, {
      heard: (payload) => this.#heard(payload),
      missed: () => this.#missed.forEach((missed) => missed()),
    });
    if (!options.faults) return;
    this.faults = {
      freeze: async (lagChanges) => this.#fault(async (ledgers) => freeze(ledgers, lagChanges)),
      thaw: async () => this.#fault(thaw),
      loseFrozen: async () => this.#fault(loseFrozen),
      loseTail: async (count) => this.#fault(async (ledgers) => loseTail(ledgers, count)),
    };
  }

  /** Makes the tables where they are missing. @throws InputError where they are not this version's */
  async prepare(): Promise<void> {
    const { schema, shown } = this.#target;
    await this.#durable.transaction(async (connection) => {
      const ask = async (text: string, ...values: unknown[]) => (await connection.query({ text, values })).rows[0];
      // Instances that start together make them once.
      await ask('SELECT pg_advisory_xact_lock(hashtext($1))', `squall ${schema}`);
      const encoding = String((await ask('SHOW server_encoding'))!['server_encoding']);
      if (encoding !== 'UTF8') throw new InputError('--store', shown, `a database with encoding UTF8, not ${encoding}`);
      if ((await ask('SELECT 1 FROM pg_namespace WHERE nspname = $1', schema)) === undefined) {
        await ask(`CREATE SCHEMA ${schema}`);
      }
      const table = await ask('SELECT to_regclass($1) AS name', `${schema}.squall_state`);
      if (table!['name'] === null) {
        await connection.query({ text: POSTGRES_SCHEMA });
      } else {
        const version = Number((await ask('SELECT version FROM squall_state'))?.['version']);
        if (version !== SCHEMA_VERSION) {
          throw new InputError('--store', shown, `tables of version ${SCHEMA_VERSION}, not ${version}`);
        }
      }
      const ledgers = new PostgresLedgers(connection);
      if (!this.#options.faults) {
        // Whoever makes no faults ends the one under way.
        if (await ledgers.lockFrozen('SHARE')) await ledgers.setFrozen(false);
      } else if (await ledgers.lacksBodies()) {
        throw new InputError('--store', shown, 'a store that was always opened with faults');
      }
    });
    await this.#listening.connect();
  }

  /** As the port says; but where the connection is lost during the commit, what was pushed may be stored. */
  async push(push: StorePush): Promise<Verdicts> {
    return this.#underWay.track(async () => {
      const name = keyOf(push.ledger);
      let commits = this.#pushes.get(name);
      if (commits === undefined) {
        commits = new GroupCommit(async (pushes) => this.#commit(name, pushes), GROUP);
        this.#pushes.set(name, commits);
      }
      try {
        const verdicts = await commits.add(push);
        if (verdicts !== 'unavailable' && verdicts.includes('stored')) this.#tell(push);
        return verdicts;
      } finally {
        if (commits.isIdle && this.#pushes.get(name) === commits) this.#pushes.delete(name);
      }
    });
  }

  async pull(asked: StorePull): Promise<StorePage | 'ahead'> {
    const { ledger, device, cursor, pageSize, bytesMax = PAGE_BYTES_MAX, reserve } = asked;
    checkPull(cursor, pageSize, bytesMax);
    const pull = { name: keyOf(ledger), device: keyOf(device), cursor, pageSize, bytesMax };
    return this.#underWay.track(async () => {
      for (let read = 0; read < READS_MAX; read++) {
        const pulled = await this.#reader.pull(pull, this.#options.faults);
        const plan = planPage(await this.#view(pulled), cursor, pageSize);
        if (plan === 'ahead') return plan;
        if (pulled === undefined) return pageOf(plan, new Map());
        if (cursor > pulled.presented) await this.#cleanUp(pull.name, pulled.ledger);
        const { bodies } = pulled;
        if (plan.snapshot === undefined && (bodies.size > 0 || plan.to === plan.from)) {
          reserve?.(bytesOf(bodies.values()));
          return pageOf(cutPlan(plan, plan.from + bodies.size), bodies);
        }
        const page = await this.#readPage(pulled.ledger, plan, asked);
        if (page !== undefined) return page;
      }
      throw new Error('the log was removed each time while a page was read');
    });
  }

  async pullAccount(pull: AccountPull): Promise<AccountPage> {
    const { ledger, sinceMs, pageSize, bytesMax = PAGE_BYTES_MAX, reserve } = pull;
    checkPageSize(pageSize, bytesMax);
    return this.#underWay.track(async () => {
      const seen = await this.#reader.see(keyOf(ledger));
      if (seen === undefined) return { bodies: [], hasMore: false };
      const { end } = await this.#view(seen);
      const page = await this.#reader.accountPage(seen.ledger, { sinceMs, end, pageSize, bytesMax });
      reserve?.(bytesOf(page.bodies));
      return page;
    });
  }

  async join(ledger: string, device: string): Promise<void> {
    await this.#underWay.track(async () => {
      if (await this.#reader.isMember(keyOf(ledger), keyOf(device))) return;
      await this.#transaction(this.#durable, async (ledgers) => {
        const row = await ledgers.lockOrMake(keyOf(ledger));
        await ledgers.join(row.ledger, keyOf(device));
      });
    });
  }

  async leave(ledger: string, device: string): Promise<boolean> {
    return this.#underWay.track(async () =>
      this.#transaction(this.#durable, async (ledgers) => {
        const isFrozen = await this.#isFrozen(ledgers);
        const row = await ledgers.lock(keyOf(ledger));
        if (row === undefined || !(await ledgers.leave(row.ledger, keyOf(device)))) return false;
        if (!isFrozen) await ledgers.cleanUp(row.ledger, this.#options.faults);
        return true;
      }),
    );
  }

  async isMember(ledger: string, device: string): Promise<boolean> {
    return this.#underWay.track(async () => this.#reader.isMember(keyOf(ledger), keyOf(device)));
  }

  /** What other instances store while the listening connection is lost is missed, and that is said when it is back. */
  onStored(listener: (ledger: string, device: string) => void, missed: () => void = () => undefined): () => void {
    // Each call counts, also where two give the same function.
    const own = (ledger: string, device: string): void => listener(ledger, device);
    const ownMissed = (): void => missed();
    this.#listeners.add(own);
    this.#missed.add(ownMissed);
    return () => {
      this.#listeners.delete(own);
      this.#missed.delete(ownMissed);
    };
  }

  async check(): Promise<void> {
    await this.#underWay.track(async () => {
      const { rows } = await this.#durable.query({
        text: "SELECT current_setting('transaction_read_only') AS read_only, version FROM squall_state",
      });
      if (rows[0]?.['read_only'] !== 'off') throw new Error('the database takes no writes');
    });
  }

  async held(): Promise<readonly Uint8Array[]> {
    const rows = await this.#underWay.track(async () => this.#reader.rows());
    return rows.map((row) => new TextEncoder().encode(row));
  }

  async close(): Promise<void> {
    if (!(await this.#underWay.close())) return;
    await this.#notices.idle();
    await Promise.allSettled([this.#listening.close(), this.#durable.end(), this.#quick.end()]);
  }

  /** All of them in one transaction; where that is refused, each in its own. */
  async #commit(name: string, pushes: readonly StorePush[]): Promise<readonly Settled<Verdicts>[]> {
    try {
      return (await this.#pushAll(name, pushes)).map((answer) => ({ answer }));
    } catch (error) {
      // Only what the server has said itself means for certain that nothing was committed.
      if (pushes.length === 1 || !(error instanceof pg.DatabaseError) || TOO_LONG.has(error.code)) throw error;
      const outcomes: Settled<Verdicts>[] = [];
      for (const push of pushes) {
        try {
          outcomes.push({ answer: (await this.#pushAll(name, [push]))[0]! });
        } catch (own) {
          outcomes.push({ error: own });
        }
      }
      return outcomes;
    }
  }

  async #pushAll(name: string, pushes: readonly StorePush[]): Promise<Verdicts[]> {
    return this.#transaction(this.#durable, async (ledgers) => {
      if (await this.#isFrozen(ledgers)) return pushes.map(() => 'unavailable' as const);
      const row = await ledgers.lockOrMake(name);
      const { ledger } = row;
      const ids = pushes.flatMap(({ changes }) => changes.map(({ id }) => keyOf(id)));
      const storedAt = ids.length === 0 ? new Map<string, number>() : await ledgers.storedAt(ledger, ids);
      const stored: { position: number; change: StorePush['changes'][number] }[] = [];
      const snapshots: StoredSnapshot[] = [];
      let { state } = row;
      const verdicts = pushes.map(({ changes }) => {
        const plan = planPush(state, changes, (id) => storedAt.get(keyOf(id)) ?? 0);
        for (const each of plan.stored) {
          storedAt.set(keyOf(each.change.id), each.position);
          stored.push(each);
        }
        snapshots.push(...plan.snapshots);
        ({ state } = plan);
        return plan.verdicts;
      });
      if (stored.length > 0) {
        await ledgers.append(ledger, stored);
        await ledgers.setState(ledger, state);
      }
      if (snapshots.length > 0) {
        await ledgers.addSnapshots(ledger, snapshots);
        await ledgers.cleanUp(ledger, this.#options.faults);
      }
      return verdicts;
    });
  }

  /** The page of a plan; undefined where the log was removed meanwhile. */
  async #readPage(ledger: number, whole: PagePlan, asked: StorePull): Promise<StorePage | undefined> {
    const { bytesMax = PAGE_BYTES_MAX, reserve } = asked;
    const sizes = await this.#reader.sizes(ledger, whole);
    const plan = fitPage(whole, sizes.get(whole.snapshot?.position ?? 0) ?? 0, sizes, bytesMax);
    const bodies = await this.#reader.bodies(ledger, plan);
    if (!isWhole(plan, bodies)) return undefined;
    reserve?.(bytesOf(bodies.values()));
    return pageOf(plan, bodies);
  }

  /** Removes what a cursor alone held back: also behind a SNAPSHOT that came while the cursor was written. */
  async #cleanUp(name: string, ledger: number): Promise<void> {
    if ((await this.#reader.removal(ledger)) === undefined) return;
    await this.#transaction(this.#quick, async (ledgers) => {
      const isFrozen = await this.#isFrozen(ledgers);
      const row = await ledgers.lock(name);
      if (row !== undefined && !isFrozen) await ledgers.cleanUp(row.ledger, this.#options.faults);
    });
  }

  /** A ledger as pulls see it: the log, or what the follower has of it. */
  async #view(seen: LedgerSeen | undefined): Promise<LedgerState> {
    if (seen === undefined) return EMPTY_LEDGER;
    const { ledger, state, followerEnd, isFrozen } = seen;
    if (!this.#options.faults || !isFrozen) return state;
    const end = Math.min(followerEnd, state.end);
    return stateAt(state, end, await this.#reader.snapshotAt(ledger, end));
  }

  async #isFrozen(ledgers: PostgresLedgers): Promise<boolean> {
    return this.#options.faults && (await ledgers.lockFrozen('SHARE'));
  }

  async #transaction<T>(connections: Connections, work: (ledgers: PostgresLedgers) => Promise<T>): Promise<T> {
    return connections.transaction(async (connection) => work(new PostgresLedgers(connection)));
  }

  async #fault(work: (ledgers: PostgresLedgers) => Promise<void>): Promise<void> {
    await this.#underWay.track(async () => this.#transaction(this.#durable, work));
  }

  /** Own listeners are told at once, other instances by the database; outside the push, whose commit would wait. */
  #tell({ ledger, device }: StorePush): void {
    for (const listener of this.#listeners) listener(ledger, device);
    const notice = noticeText([this.#instance, ledger, device]);
    if (notice !== undefined) void this.#notices.add(notice).catch(() => undefined);
  }

  async #notify(notices: readonly string[]): Promise<readonly Settled<void>[]> {
    await this.#quick.query({
      text: 'SELECT pg_notify($1, notice) FROM unnest($2::text[]) AS notice',
      values: [this.#channel, [...new Set(notices)]],
    });
    return notices.map(() => ({ answer: undefined }));
  }

  #heard(payload: string): void {
    const notice = noticeOf(payload);
    if (notice === undefined || notice[0] === this.#instance) return;
    for (const listener of this.#listeners) listener(notice[1], notice[2]);
  }
}

function bytesOf(bodies: Iterable<string>): number {
  let bytes = 0;
  for (const body of bodies) bytes += Buffer.byteLength(body);
  return bytes;
}
