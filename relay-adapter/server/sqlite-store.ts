// The relay's store in a SQLite file. Whatever is written goes through one connection, in group commits; pages are read
// through another one. It must not know HTTP, nor what is in a change.

import { readFile } from 'node:fs/promises';
import { assert } from '../../sim/errors.ts';
import { GroupCommit, type Settled } from './group-commit.ts';
import { openSqliteFile, refusal, type SqliteFile } from './sqlite-file.ts';
import { type LedgerRow, SqliteLedgers } from './sqlite-ledgers.ts';
import {
  type AccountPage,
  type AccountPull,
  type ChangeVerdict,
  type CommitFigures,
  PAGE_BYTES_MAX,
  type RelayStore,
  type StoreFaults,
  type StorePage,
  type StorePull,
  type StorePush,
} from './store.ts';
import {
  checkCount,
  checkPageSize,
  checkPull,
  countFitting,
  EMPTY_LEDGER,
  fitPage,
  keyOf,
  type LedgerState,
  pageOf,
  type PagePlan,
  planPage,
  planPush,
  stateAt,
  sumOf,
} from './store-rules.ts';
import { UnderWay } from './under-way.ts';

/** What is on disk when a push is resolved: all of it, or what the system has written by then. */
export type Durability = 'full' | 'none';

export interface SqliteOptions {
  /** 'none' is for simulations in one process, where no crash of the machine is to be survived. */
  readonly durability: Durability;
  /** Whether faults can be made. Such a store keeps the bodies that clean-ups remove: what is lost may bring them back. */
  readonly faults: boolean;
  /** How long a lock of another process is waited for, milliseconds. */
  readonly busyTimeoutMs: number;
}

interface Job {
  readonly work: () => unknown;
  readonly isDurable: boolean;
  readonly changes: number;
}

const GROUP = { jobsMax: 500, changesMax: 10_000, changesOf: ({ changes }: Job): number => changes };

/** A store in a file, or in memory with the path `:memory:`. @throws InputError where the file cannot be one */
export function openSqliteStore(path: string, options: SqliteOptions): RelayStore {
  return new SqliteStore(path, options);
}

class SqliteStore implements RelayStore {
  readonly kind = 'sqlite';
  readonly faults?: StoreFaults;
  readonly #path: string;
  readonly #options: SqliteOptions;
  readonly #file: SqliteFile;
  readonly #writer: SqliteLedgers;
  readonly #reader: SqliteLedgers;
  readonly #commits = new GroupCommit<Job, unknown>((jobs) => this.#commit(jobs), GROUP);
  readonly #listeners = new Set<(ledger: string, device: string) => void>();
  readonly #commitListeners = new Set<(commit: CommitFigures) => void>();
  readonly #underWay = new UnderWay();
  #synchronous = '';

  constructor(path: string, options: SqliteOptions) {
    this.#path = path;
    this.#options = options;
    this.#file = openSqliteFile(path, options.busyTimeoutMs);
    this.#writer = new SqliteLedgers(this.#file.writer);
    this.#reader = new SqliteLedgers(this.#file.reader);
    if (!options.faults) {
      // Whoever makes no faults ends the one under way.
      if (this.#reader.isFrozen) this.#writer.setFrozen(false);
      return;
    }
    if (this.#reader.lacksBodies()) {
      this.#closeFile();
      throw refusal(path, 'a store that was always opened with faults');
    }
    this.faults = {
      freeze: async (lagChanges) => this.#fault(() => this.#freeze(lagChanges)),
      thaw: async () => this.#fault(() => this.#thaw()),
      loseFrozen: async () => this.#fault(() => this.#loseFrozen()),
      loseTail: async (count) => this.#fault(() => this.#loseTail(count)),
    };
  }

  async push(push: StorePush): Promise<readonly ChangeVerdict[] | 'unavailable'> {
    const verdicts = await this.#underWay.track(async () =>
      this.#write(() => this.#push(push), true, push.changes.length),
    );
    if (verdicts !== 'unavailable' && verdicts.includes('stored')) {
      for (const listener of this.#listeners) listener(push.ledger, push.device);
    }
    return verdicts;
  }

  async pull(pull: StorePull): Promise<StorePage | 'ahead'> {
    const { ledger, device, cursor, pageSize, bytesMax = PAGE_BYTES_MAX, reserve } = pull;
    checkPull(cursor, pageSize, bytesMax);
    const name = keyOf(ledger);
    const who = keyOf(device);
    return this.#underWay.track(async () => {
      if (this.#presents(name, who, cursor)) {
        await this.#write(() => this.#present(name, who, cursor), false);
      }
      return this.#read(() => {
        const row = this.#reader.find(name);
        const whole = planPage(this.#view(this.#reader, row), cursor, pageSize);
        if (whole === 'ahead') return whole;
        if (row === undefined) return pageOf(whole, new Map());
        const plan = this.#fit(row.ledger, whole, bytesMax, reserve);
        const bodies = this.#reader.bodies(row.ledger, plan.from, plan.to);
        const position = plan.snapshot?.position;
        if (position !== undefined && !bodies.has(position)) {
          for (const [at, body] of this.#reader.bodies(row.ledger, position - 1, position)) bodies.set(at, body);
        }
        return pageOf(plan, bodies);
      });
    });
  }

  async pullAccount(pull: AccountPull): Promise<AccountPage> {
    const { ledger, sinceMs, pageSize, bytesMax = PAGE_BYTES_MAX, reserve } = pull;
    checkPageSize(pageSize, bytesMax);
    return this.#underWay.track(async () =>
      this.#read(() => {
        const row = this.#reader.find(keyOf(ledger));
        if (row === undefined) return { bodies: [], hasMore: false };
        const { end } = this.#view(this.#reader, row);
        const sizes = this.#reader.sizesSince(row.ledger, sinceMs, end, pageSize + 1);
        const count = Math.max(1, countFitting(sizes.slice(0, pageSize), bytesMax));
        reserve?.(sumOf(sizes.slice(0, count)));
        return { bodies: this.#reader.bodiesSince(row.ledger, sinceMs, end, count), hasMore: sizes.length > count };
      }),
    );
  }

  async join(ledger: string, device: string): Promise<void> {
    const writer = this.#writer;
    await this.#underWay.track(async () => {
      if (this.#isMember(ledger, device)) return;
      await this.#write(() => writer.join(writer.findOrMake(keyOf(ledger)).ledger, keyOf(device)), true);
    });
  }

  async leave(ledger: string, device: string): Promise<boolean> {
    const work = (): boolean => {
      const row = this.#writer.find(keyOf(ledger));
      if (row === undefined || !this.#writer.leave(row.ledger, keyOf(device))) return false;
      this.#cleanUp(row);
      return true;
    };
    return this.#underWay.track(async () => this.#write(work, true));
  }

  async isMember(ledger: string, device: string): Promise<boolean> {
    return this.#underWay.track(async () => this.#isMember(ledger, device));
  }

  onStored(listener: (ledger: string, device: string) => void): () => void {
    // Each call counts, also where two give the same function.
    const own = (ledger: string, device: string): void => listener(ledger, device);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  onCommit(listener: (commit: CommitFigures) => void): () => void {
    const own = (commit: CommitFigures): void => listener(commit);
    this.#commitListeners.add(own);
    return () => void this.#commitListeners.delete(own);
  }

  async check(): Promise<void> {
    await this.#underWay.track(async () => {
      await this.#write(() => this.#writer.setFrozen(this.#writer.isFrozen), false);
      this.#read(() => this.#reader.isFrozen);
    });
  }

  async held(): Promise<readonly Uint8Array[]> {
    if (this.#path === ':memory:') return this.#reader.rows().map((row) => new TextEncoder().encode(row));
    const files = [this.#path, `${this.#path}-wal`];
    return Promise.all(files.map(async (file) => readFile(file)));
  }

  async close(): Promise<void> {
    if (await this.#underWay.close()) this.#closeFile();
  }

  #closeFile(): void {
    const { reader, writer } = this.#file;
    if (reader !== writer) reader.close();
    writer.close();
  }

  // Inside a commit, each after the other.

  #push({ ledger, changes }: StorePush): readonly ChangeVerdict[] | 'unavailable' {
    const writer = this.#writer;
    if (this.#isFrozen(writer)) return 'unavailable';
    const name = keyOf(ledger);
    const found = writer.find(name);
    const { verdicts, stored, snapshots, state } = planPush(found?.state ?? EMPTY_LEDGER, changes, (id) =>
      found === undefined ? 0 : writer.storedAt(found.ledger, keyOf(id)),
    );
    if (stored.length === 0) return verdicts;
    const row = found ?? writer.findOrMake(name);
    for (const { position, change } of stored) writer.append(row.ledger, position, keyOf(change.id), change);
    for (const snapshot of snapshots) writer.addSnapshot(row.ledger, snapshot);
    writer.setState(row.ledger, state);
    if (snapshots.length > 0) this.#cleanUp({ ...row, state });
    return verdicts;
  }

  /** Keeps in mind what a device presented. */
  #present(name: string, device: string, cursor: number): void {
    const row = this.#writer.find(name);
    if (row === undefined || cursor > this.#view(this.#writer, row).end) return;
    const before = this.#writer.presentedBy(row.ledger, device);
    this.#writer.setPresented(row.ledger, device, cursor);
    if (cursor > before) this.#cleanUp(row);
  }

  #freeze(lagChanges: number): void {
    checkCount(lagChanges);
    assert(!this.#writer.isFrozen, 'one follower answers at a time');
    for (const { ledger, state } of this.#writer.all()) {
      this.#writer.setFollowerEnd(ledger, Math.max(0, state.end - lagChanges));
    }
    this.#writer.setFrozen(true);
  }

  #thaw(): void {
    assert(this.#writer.isFrozen, 'only a follower that answers takes over');
    this.#writer.setFrozen(false);
    for (const row of this.#writer.all()) this.#cleanUp(row);
  }

  #loseFrozen(): void {
    assert(this.#writer.isFrozen, 'only a follower that answers takes over');
    for (const row of this.#writer.all()) this.#writer.loseAfter(row, row.followerEnd);
    this.#thaw();
  }

  #loseTail(count: number): void {
    checkCount(count);
    for (const row of this.#writer.all()) this.#writer.loseAfter(row, Math.max(0, row.state.end - count));
  }

  /** While a follower answers nothing is removed. */
  #cleanUp(row: LedgerRow): void {
    if (!this.#isFrozen(this.#writer)) this.#writer.cleanUp(row, this.#options.faults);
  }

  // In any turn.

  #isFrozen(ledgers: SqliteLedgers): boolean {
    return this.#options.faults && ledgers.isFrozen;
  }

  /** A ledger as pulls see it: the log, or what the follower has of it. */
  #view(ledgers: SqliteLedgers, row: LedgerRow | undefined): LedgerState {
    if (row === undefined) return EMPTY_LEDGER;
    const { ledger, state, followerEnd } = row;
    if (!this.#isFrozen(ledgers)) return state;
    const end = Math.min(followerEnd, state.end);
    return stateAt(state, end, ledgers.snapshotAt(ledger, end));
  }

  /** What there is room for of a plan; mostly all of it. */
  #fit(ledger: number, plan: PagePlan, bytesMax: number, reserve: StorePull['reserve']): PagePlan {
    const { snapshot, from, to } = plan;
    const first = snapshot === undefined ? 0 : this.#reader.bytes(ledger, snapshot.position - 1, snapshot.position);
    const all = first + this.#reader.bytes(ledger, from, to);
    const fitting = all <= bytesMax ? plan : fitPage(plan, first, this.#reader.sizes(ledger, from, to), bytesMax);
    reserve?.(fitting === plan ? all : first + this.#reader.bytes(ledger, from, fitting.to));
    return fitting;
  }

  #isMember(ledger: string, device: string): boolean {
    const row = this.#reader.find(keyOf(ledger));
    return row !== undefined && this.#reader.isMember(row.ledger, keyOf(device));
  }

  /** Whether a pull presents another cursor than the one before it. */
  #presents(name: string, device: string, cursor: number): boolean {
    return this.#read(() => {
      const row = this.#reader.find(name);
      if (row === undefined || cursor > this.#view(this.#reader, row).end) return false;
      return cursor !== this.#reader.presentedBy(row.ledger, device);
    });
  }

  /** Reads of one state of the database, whoever writes to it. */
  #read<T>(work: () => T): T {
    const { reader } = this.#file;
    reader.exec('BEGIN');
    try {
      return work();
    } finally {
      reader.exec('COMMIT');
    }
  }

  async #fault(work: () => void): Promise<void> {
    await this.#underWay.track(async () => this.#write(work, true));
  }

  async #write<T>(work: () => T, isDurable: boolean, changes = 0): Promise<T> {
    return (await this.#commits.add({ work, isDurable, changes })) as T;
  }

  #commit(jobs: readonly Job[]): readonly Settled<unknown>[] {
    const changes = jobs.reduce((sum, job) => sum + job.changes, 0);
    if (changes === 0 || this.#commitListeners.size === 0) return this.#commitAll(jobs);
    const startedMs = performance.now();
    const outcomes = this.#commitAll(jobs);
    const seconds = (performance.now() - startedMs) / 1000;
    for (const listener of this.#commitListeners) listener({ jobs: jobs.length, changes, seconds });
    return outcomes;
  }

  #commitAll(jobs: readonly Job[]): readonly Settled<unknown>[] {
    const { writer } = this.#file;
    this.#setSynchronous(jobs.some(({ isDurable }) => isDurable));
    writer.exec('BEGIN IMMEDIATE');
    try {
      const outcomes = jobs.map(({ work }): Settled<unknown> => {
        writer.exec('SAVEPOINT job');
        try {
          const answer = work();
          writer.exec('RELEASE job');
          return { answer };
        } catch (error) {
          // Where the disk is full, say, SQLite has taken back everything.
          if (!writer.isTransaction) throw error;
          writer.exec('ROLLBACK TO job');
          writer.exec('RELEASE job');
          return { error };
        }
      });
      writer.exec('COMMIT');
      return outcomes;
    } catch (error) {
      if (writer.isTransaction) writer.exec('ROLLBACK');
      throw error;
    }
  }

  /** FULL waits for the disk at each commit; NORMAL outlives the process, and is made durable by the next FULL. */
  #setSynchronous(isDurable: boolean): void {
    const durable = isDurable ? 'FULL' : 'NORMAL';
    const synchronous = this.#options.durability === 'none' ? 'OFF' : durable;
    if (synchronous === this.#synchronous) return;
    this.#file.writer.exec(`PRAGMA synchronous = ${synchronous}`);
    this.#synchronous = synchronous;
  }
}
