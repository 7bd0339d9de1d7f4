// The rules applied to a log in memory: one answer for each request, at one instant. It must not know clocks, queues
// or bytes.

import { assert } from '../../sim/errors.ts';
import type { ChangeTable } from '../change-table.ts';
import type { RelayMark, StoreControl } from './control.ts';
import { Follower, removedBy } from './follower.ts';
import type { MemoryLog, ReadableLog } from './log.ts';
import type {
  Page,
  PullRequest,
  Pushed,
  PushRequest,
  Refusal,
  Rejection,
  RelayRequest,
  RelayResponse,
} from './messages.ts';
import { type Member, type MembersOf, Retention, type Snapshot } from './retention.ts';
import { judgeChange, pageAfter, pageFromSnapshot, pageSince } from './rules.ts';

export interface StoreOptions {
  readonly dialect: '1.0' | '1.1';
  readonly pageSize: number;
}

/** What a store asks of whoever knows the ledgers, and tells. */
export interface StorePorts {
  /** Whether a device may push to and pull from a ledger. */
  isMember(ledger: number, device: number): boolean;
  /** The members whose cursors hold back the removal of a log; where it is left out nothing is removed. */
  readonly membersOf?: MembersOf | undefined;
  /** Up to where a pull shows a ledger's log, where followers answer; never less than what the device has seen. */
  readonly visibleEnd?: ((ledger: number) => number) | undefined;
  /** A rare situation was reached. */
  readonly mark?: ((name: RelayMark) => void) | undefined;
}

/** What a device that joins a ledger is given: a SNAPSHOT if there is one, and the log after a position. */
export interface Retained {
  readonly snapshot: number | undefined;
  readonly from: number;
}

/** A follower that answers for the relay says when to come again. */
const FOLLOWER_RETRY_MS = 1000;
const NO_MEMBERS: readonly Member[] = [];

const NO_REJECTIONS: readonly Rejection[] = [];

/** Changes of one account of 1.0, in order of their timestamps. */
interface Account {
  readonly timestamps: number[];
  readonly changes: number[];
}
const NO_ACCOUNT: Account = { timestamps: [], changes: [] };

/** A relay's answers from its log. */
export class RelayStore implements StoreControl {
  readonly #table: ChangeTable;
  readonly #log: MemoryLog;
  readonly #options: StoreOptions;
  readonly #ports: StorePorts;
  readonly #accounts = new Map<number, Account>();
  readonly #retention = new Retention();
  /** What pulls are answered from: the log, or the follower while there is one. */
  #reader: ReadableLog;
  #follower: Follower | undefined;

  constructor(table: ChangeTable, log: MemoryLog, options: StoreOptions, ports: StorePorts) {
    this.#table = table;
    this.#log = log;
    this.#options = options;
    this.#ports = ports;
    this.#reader = log;
  }

  handle(request: RelayRequest): RelayResponse {
    if (!this.#ports.isMember(request.ledger, request.device)) return refusal('FORBIDDEN');
    if (request.kind === 'push') {
      return this.#follower === undefined ? this.#push(request) : refusal('UNAVAILABLE', FOLLOWER_RETRY_MS);
    }
    return this.#options.dialect === '1.0' ? this.#pullSince(request) : this.#pull(request);
  }

  /** Rows that a pull would be given now, for the time that it takes. */
  rowsFor(request: PullRequest): number {
    const { ledger, since } = request;
    if (!this.#ports.isMember(ledger, request.device)) return 0;
    const { dialect, pageSize } = this.#options;
    if (dialect === '1.0') {
      const { timestamps, changes } = this.#accountOf(request);
      const { from, to } = pageSince(since, timestamps, changes.length, pageSize);
      return to - from;
    }
    const end = this.#visibleEnd(ledger, since);
    if (since < this.#reader.removedTo(ledger)) {
      const { from, to } = pageFromSnapshot(this.#snapshot(ledger, end).covers, end, pageSize);
      return 1 + to - from;
    }
    return Math.max(0, Math.min(end - since, pageSize));
  }

  /** What a device that joins now would be given. */
  retained(ledger: number): Retained {
    if (this.#log.removedTo(ledger) === 0) return { snapshot: undefined, from: 0 };
    const { change, covers } = this.#snapshot(ledger, this.#log.end(ledger));
    return { snapshot: change, from: covers };
  }

  freeze(lagChanges: number): void {
    assert(this.#follower === undefined, 'one follower answers at a time');
    assert(Number.isInteger(lagChanges) && lagChanges >= 0, 'a follower lags by whole changes');
    this.#reader = this.#follower = new Follower(this.#log, this.#retention, lagChanges);
  }

  thaw(): void {
    assert(this.#follower !== undefined, 'only a follower that answers takes over');
    this.#reader = this.#log;
    this.#follower = undefined;
    for (let ledger = 0; ledger < this.#log.ledgers; ledger++) this.#cleanUp(ledger);
  }

  loseFrozen(): void {
    const follower = this.#follower;
    assert(follower !== undefined, 'only a follower that answers takes over');
    for (let ledger = 0; ledger < this.#log.ledgers; ledger++) this.#loseAfter(ledger, follower.end(ledger));
    this.thaw();
  }

  loseTail(count: number): void {
    assert(Number.isInteger(count) && count >= 0, 'a tail is whole changes');
    for (let ledger = 0; ledger < this.#log.ledgers; ledger++) {
      this.#loseAfter(ledger, Math.max(0, this.#log.end(ledger) - count));
    }
  }

  #push(request: PushRequest): Pushed {
    const table = this.#table;
    const { ledger } = request;
    const accepted: number[] = [];
    let rejected: Rejection[] | undefined;
    let stored = 0;
    for (const change of request.changes) {
      const isSnapshot = table.isSnapshot(change);
      const judgement = judgeChange({
        isByPusher: table.deviceOf(change) === request.device,
        isOfLedger: table.ledgerOf(change) === ledger,
        sequence: table.sequenceOf(change),
        payloadBytes: table.payloadBytesOf(change),
        storedAt: this.#log.positionOf(ledger, change),
        coversAhead: isSnapshot && table.seenBy(change) > this.#log.end(ledger),
      });
      if (judgement === 'store') {
        const position = this.#log.append(ledger, change);
        if (this.#options.dialect === '1.0') this.#file(request.device, change);
        if (isSnapshot) this.#keepSnapshot(ledger, change, position);
        stored++;
      } else if (judgement !== 'stored') {
        (rejected ??= []).push({ change, reason: judgement });
        continue;
      }
      accepted.push(change);
    }
    return { kind: 'pushed', accepted, rejected: rejected ?? NO_REJECTIONS, stored };
  }

  #pull(request: PullRequest): Page | Refusal {
    const { ledger, since } = request;
    const { pageSize } = this.#options;
    const log = this.#reader;
    const end = this.#visibleEnd(ledger, since);
    const page = pageAfter(since, end, pageSize);
    if (page === 'ahead') return refusal('CURSOR_AHEAD', FOLLOWER_RETRY_MS);
    if (this.#retention.presented(request.device, since)) this.#cleanUp(ledger);
    if (since < log.removedTo(ledger)) {
      const { change: snapshot, covers } = this.#snapshot(ledger, end);
      const { from, to, hasMore } = pageFromSnapshot(covers, end, pageSize);
      return { kind: 'page', snapshot, changes: log.read(ledger, from, to), cursor: to, hasMore };
    }
    const changes = log.read(ledger, page.from, page.to);
    return { kind: 'page', changes, cursor: page.to, hasMore: page.hasMore };
  }

  /**
   * What a device may see of a log: all, or what a follower has, but never less than it has seen (monotonic reads: Terry and
   * others, "Session guarantees for weakly consistent replicated data", 1994).
   */
  #visibleEnd(ledger: number, since: number): number {
    const end = this.#reader.end(ledger);
    const visible = this.#ports.visibleEnd?.(ledger) ?? end;
    // Who starts over from a SNAPSHOT needs what it covers.
    if (visible >= end || since < this.#reader.removedTo(ledger)) return end;
    return Math.min(end, Math.max(since, visible));
  }

  #pullSince(request: PullRequest): Page {
    const { timestamps, changes } = this.#accountOf(request);
    const { from, to, hasMore } = pageSince(request.since, timestamps, changes.length, this.#options.pageSize);
    const cursor = to > from ? timestamps[to - 1]! : request.since;
    return { kind: 'page', changes: Int32Array.from(changes.slice(from, to)), cursor, hasMore };
  }

  #accountOf({ ledger, device }: PullRequest): Account {
    const account = this.#accounts.get(device) ?? NO_ACCOUNT;
    if (this.#follower === undefined) return account;
    const end = this.#follower.end(ledger);
    return filtered(account, (change) => this.#table.positionOf(change) <= end);
  }

  /** In 1.0 an account is a device; its changes are kept in order of the client's timestamps. */
  #file(device: number, change: number): void {
    let account = this.#accounts.get(device);
    if (account === undefined) this.#accounts.set(device, (account = { timestamps: [], changes: [] }));
    const timestampMs = this.#table.timestampMs(change);
    let at = account.changes.length;
    while (at > 0 && account.timestamps[at - 1]! > timestampMs) at--;
    account.timestamps.splice(at, 0, timestampMs);
    account.changes.splice(at, 0, change);
  }

  #keepSnapshot(ledger: number, change: number, position: number): void {
    assert(this.#options.dialect === '1.1', 'dialect 1.0 has no SNAPSHOT');
    const covers = this.#table.seenBy(change);
    if (this.#retention.stored(ledger, { change, covers, position })) this.#cleanUp(ledger);
  }

  /** The SNAPSHOT that stands for what was removed from a log that ends there. */
  #snapshot(ledger: number, end: number): Snapshot {
    const snapshot = this.#retention.newest(ledger, end);
    assert(snapshot !== undefined, 'a log is removed only behind a SNAPSHOT');
    return snapshot;
  }

  /** Removes what may be removed. While a follower answers nothing is written. */
  #cleanUp(ledger: number): void {
    const { membersOf, mark } = this.#ports;
    if (membersOf === undefined || this.#follower !== undefined) return;
    const covers = this.#retention.newest(ledger)?.covers ?? 0;
    if (covers <= this.#log.removedTo(ledger)) return;
    const to = this.#retention.removableTo(ledger, membersOf(ledger));
    if (to <= this.#log.removedTo(ledger)) return;
    this.#log.remove(ledger, to);
    mark?.('log prefix removed');
  }

  #loseAfter(ledger: number, end: number): void {
    if (end >= this.#log.end(ledger)) return;
    // The log of commits loses its end as a whole: a clean-up goes with the SNAPSHOT that it came after.
    this.#log.loseAfter(ledger, end, removedBy(this.#log, this.#retention, ledger, end));
    this.#retention.loseAfter(ledger, end, this.#ports.membersOf?.(ledger) ?? NO_MEMBERS);
    for (const [device, account] of this.#accounts) {
      this.#accounts.set(
        device,
        filtered(account, (change) => this.#table.positionOf(change) > 0),
      );
    }
  }
}

function filtered({ timestamps, changes }: Account, isKept: (change: number) => boolean): Account {
  return { timestamps: timestamps.filter((_, i) => isKept(changes[i]!)), changes: changes.filter(isKept) };
}

export function refusal(code: Refusal['code'], retryAfterMs = 0): Refusal {
  return { kind: 'refusal', code, retryAfterMs };
}
