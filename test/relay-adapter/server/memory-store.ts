// A relay's store in memory, for tests of the routes: the pure rules applied to lists. It can be told to fail, to be
// unavailable, and to hold a push until it is let go.

import { judgeChange, pageAfter, pageFromSnapshot, pageSince, removableTo } from '../../../models/relay/rules.ts';
import type {
  AccountPage,
  AccountPull,
  ChangeVerdict,
  IncomingChange,
  KeptChange,
  RelayStore,
  StorePage,
  StorePull,
  StorePush,
} from '../../../relay-adapter/server/store.ts';

interface Ledger {
  readonly changes: IncomingChange[];
  readonly positions: Map<string, number>;
  readonly members: Map<string, number>;
  readonly snapshots: { covers: number; position: number }[];
  removedTo: number;
}

export class MemoryStore implements RelayStore {
  readonly kind = 'memory';
  readonly ledgers = new Map<string, Ledger>();
  /** Thrown by whatever is asked. */
  failure: Error | undefined;
  isUnavailable = false;
  /** Awaited by a push before it stores. */
  gate: Promise<void> | undefined;
  isClosed = false;
  joins = 0;
  /** How often it was asked who is a member. */
  asked = 0;
  /** Says that something may have been stored of which nobody was told. */
  miss = (): void => undefined;
  readonly #listeners = new Set<(ledger: string, device: string) => void>();

  get listeners(): number {
    return this.#listeners.size;
  }

  ledger(name: string): Ledger {
    let ledger = this.ledgers.get(name);
    if (ledger === undefined) {
      ledger = { changes: [], positions: new Map(), members: new Map(), snapshots: [], removedTo: 0 };
      this.ledgers.set(name, ledger);
    }
    return ledger;
  }

  async push({ ledger: name, device, changes }: StorePush): Promise<readonly ChangeVerdict[] | 'unavailable'> {
    await this.gate;
    this.#fail();
    if (this.isUnavailable) return 'unavailable';
    const ledger = this.ledger(name);
    let stored = 0;
    const verdicts = changes.map((change): ChangeVerdict => {
      const { isByPusher, sequence, payloadBytes, covers } = change;
      const judged = judgeChange({
        isByPusher,
        isOfLedger: true,
        sequence,
        payloadBytes,
        storedAt: ledger.positions.get(change.id) ?? 0,
        coversAhead: covers > ledger.changes.length,
      });
      if (judged === 'stored') return 'kept';
      if (judged !== 'store') return judged;
      const position = ledger.changes.push(change);
      ledger.positions.set(change.id, position);
      if (covers > (ledger.snapshots.at(-1)?.covers ?? 0)) ledger.snapshots.push({ covers, position });
      stored += 1;
      return 'stored';
    });
    this.#cleanUp(ledger);
    if (stored > 0) for (const listener of this.#listeners) listener(name, device);
    return verdicts;
  }

  async pull({ ledger: name, device, cursor, pageSize, reserve }: StorePull): Promise<StorePage | 'ahead'> {
    this.#fail();
    const ledger = this.ledger(name);
    const end = ledger.changes.length;
    const page = pageAfter(cursor, end, pageSize);
    if (page === 'ahead') return 'ahead';
    if (ledger.members.has(device)) ledger.members.set(device, cursor);
    this.#cleanUp(ledger);
    if (cursor >= ledger.removedTo) {
      const changes = kept(ledger, page.from, page.to);
      reserve?.(bytesOf(changes));
      return { changes, cursor: page.to, hasMore: page.hasMore };
    }
    const { covers, position } = ledger.snapshots.at(-1)!;
    const { from, to, hasMore } = pageFromSnapshot(covers, end, pageSize);
    const snapshot = { ...kept(ledger, position - 1, position)[0]!, position: covers };
    const changes = kept(ledger, from, to);
    reserve?.(bytesOf([snapshot, ...changes]));
    return { snapshot, changes, cursor: to, hasMore };
  }

  async pullAccount({ ledger: name, sinceMs, pageSize, reserve }: AccountPull): Promise<AccountPage> {
    this.#fail();
    const changes = [...this.ledger(name).changes].sort((a, b) => a.timestampMs - b.timestampMs);
    const times = changes.map(({ timestampMs }) => timestampMs);
    const { from, to, hasMore } = pageSince(sinceMs, times, changes.length, pageSize);
    const page = changes.slice(from, to);
    reserve?.(bytesOf(page));
    return { bodies: page.map(({ body }) => body), hasMore };
  }

  async join(ledger: string, device: string): Promise<void> {
    this.#fail();
    this.joins += 1;
    const { members } = this.ledger(ledger);
    if (!members.has(device)) members.set(device, 0);
  }

  async leave(ledger: string, device: string): Promise<boolean> {
    this.#fail();
    const wasMember = this.ledger(ledger).members.delete(device);
    this.#cleanUp(this.ledger(ledger));
    return wasMember;
  }

  async isMember(ledger: string, device: string): Promise<boolean> {
    this.#fail();
    this.asked += 1;
    return this.ledger(ledger).members.has(device);
  }

  onStored(listener: (ledger: string, device: string) => void, missed?: () => void): () => void {
    this.#listeners.add(listener);
    if (missed !== undefined) this.miss = missed;
    return () => this.#listeners.delete(listener);
  }

  async check(): Promise<void> {
    this.#fail();
  }

  async held(): Promise<readonly Uint8Array[]> {
    return [...this.ledgers.values()].flatMap(({ changes }) => changes.map(({ body }) => Buffer.from(body)));
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  #fail(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  #cleanUp(ledger: Ledger): void {
    const covers = ledger.snapshots.at(-1)?.covers ?? 0;
    ledger.removedTo = Math.max(ledger.removedTo, removableTo(covers, ledger.members.values()));
  }
}

function bytesOf(changes: readonly { readonly body: string }[]): number {
  return changes.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
}

function kept(ledger: Ledger, from: number, to: number): KeptChange[] {
  return ledger.changes.slice(from, to).map(({ body }, index) => ({ position: from + index + 1, body }));
}
