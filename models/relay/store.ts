// The rules applied to a log in memory: one answer for each request, at one instant. It must not know clocks, queues
// or bytes.

import type { ChangeTable } from '../change-table.ts';
import type { Log } from './log.ts';
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
import { judgeChange, pageAfter, pageSince } from './rules.ts';

export interface StoreOptions {
  readonly dialect: '1.0' | '1.1';
  readonly pageSize: number;
}

const NO_REJECTIONS: readonly Rejection[] = [];

/** Changes of one account of 1.0, in order of their timestamps. */
interface Account {
  readonly timestamps: number[];
  readonly changes: number[];
}

/** A relay's answers from its log. */
export class RelayStore {
  readonly #table: ChangeTable;
  readonly #log: Log;
  readonly #options: StoreOptions;
  readonly #isMember: (ledger: number, device: number) => boolean;
  readonly #accounts = new Map<number, Account>();

  constructor(
    table: ChangeTable,
    log: Log,
    options: StoreOptions,
    isMember: (ledger: number, device: number) => boolean,
  ) {
    this.#table = table;
    this.#log = log;
    this.#options = options;
    this.#isMember = isMember;
  }

  handle(request: RelayRequest): RelayResponse {
    if (!this.#isMember(request.ledger, request.device)) return refusal('FORBIDDEN');
    if (request.kind === 'push') return this.#push(request);
    return this.#options.dialect === '1.0' ? this.#pullSince(request) : this.#pull(request);
  }

  /** Rows that a pull would be given now, for the time that it takes. */
  rowsFor(request: PullRequest): number {
    if (!this.#isMember(request.ledger, request.device)) return 0;
    if (this.#options.dialect === '1.0') {
      const account = this.#accounts.get(request.device);
      if (account === undefined) return 0;
      const { from, to } = pageSince(request.since, account.timestamps, account.changes.length, this.#options.pageSize);
      return to - from;
    }
    return Math.max(0, Math.min(this.#log.end(request.ledger) - request.since, this.#options.pageSize));
  }

  #push(request: PushRequest): Pushed {
    const table = this.#table;
    const accepted: number[] = [];
    let rejected: Rejection[] | undefined;
    let stored = 0;
    for (const change of request.changes) {
      const judgement = judgeChange({
        isByPusher: table.deviceOf(change) === request.device,
        isOfLedger: table.ledgerOf(change) === request.ledger,
        sequence: table.sequenceOf(change),
        payloadBytes: table.payloadBytesOf(change),
        storedAt: this.#log.positionOf(request.ledger, change),
      });
      if (judgement === 'store') {
        this.#log.append(request.ledger, change);
        if (this.#options.dialect === '1.0') this.#file(request.device, change);
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
    const page = pageAfter(request.since, this.#log.end(request.ledger), this.#options.pageSize);
    if (page === 'ahead') return { kind: 'refusal', code: 'CURSOR_AHEAD', retryAfterMs: 1000 };
    const changes = this.#log.read(request.ledger, page.from, page.to);
    return { kind: 'page', changes, cursor: page.to, hasMore: page.hasMore };
  }

  #pullSince(request: PullRequest): Page {
    const account = this.#accounts.get(request.device) ?? { timestamps: [], changes: [] };
    const { timestamps, changes } = account;
    const { from, to, hasMore } = pageSince(request.since, timestamps, changes.length, this.#options.pageSize);
    const cursor = to > from ? timestamps[to - 1]! : request.since;
    return { kind: 'page', changes: Int32Array.from(changes.slice(from, to)), cursor, hasMore };
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
}

export function refusal(code: Refusal['code'], retryAfterMs = 0): Refusal {
  return { kind: 'refusal', code, retryAfterMs };
}
