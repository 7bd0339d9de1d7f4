// Reads what a relay holds of a ledger, from its beginning, as a device without a cursor would: what it has acknowledged
// must be there, once, in the order in which it handed it out. It must not know when it is asked to.

import type { ChangeTable } from '../../models/change-table.ts';
import type { Complaint } from '../../models/oracles/protocol.ts';
import type { PullRequest, Refusal } from '../../models/relay/messages.ts';
import type { MembersOf } from '../../models/relay/retention.ts';
import { type Reading, type ReadPage, readPage, type Wrong } from './answers.ts';
import type { Patience } from './patience.ts';
import type { WireAnswer } from './wire.ts';

/** How a log is read back. */
export interface Walking extends Reading {
  readonly request: (path: string, body: string) => WireAnswer;
  /** For a relay that says when to come again; left out, it is not waited for. */
  readonly patience?: Patience;
}

export interface AuditOptions extends Walking {
  readonly table: ChangeTable;
  readonly membersOf: MembersOf;
}

export interface Audited {
  readonly log: Int32Array;
  readonly wrong?: Pick<Complaint, 'kind' | 'request' | 'expected' | 'got'>;
}

/** A relay that hands out so many more pages than there are changes never comes to an end. */
const SPARE_PAGES = 100;
/** Times that a page is asked for where the relay does not say when to come again. */
const TRIES_MAX = 3;
/** Times that one page is waited for: a relay that says each time to come again a little later does not mean it. */
const WAITS_MAX = 5;

/** @param expected the log as the relay has acknowledged it */
export function auditedLog(ledger: number, expected: Int32Array, options: AuditOptions): Audited {
  const request = `the whole log of ledger ${ledger} at the end`;
  const held =
    options.dialect === '1.0' ? heldInAccounts(ledger, expected, options) : heldInLog(ledger, expected, options);
  if (held.wrong !== undefined) {
    const { kind, got } = held.wrong;
    // What could not be read may be there all the same.
    const log = held.isUnread === true ? expected : held.log;
    return { log, wrong: { kind, request, expected: `${expected.length} changes`, got } };
  }
  const parted = firstDifference(expected, held.log);
  if (parted < 0) return { log: expected };
  const shown = (log: Int32Array): string =>
    `${log.length} changes, ${log[parted] === undefined ? 'none' : options.bodies.changeId(log[parted])} at ${parted + 1}`;
  return {
    log: held.log,
    wrong: { kind: 'other-log', request, expected: shown(expected), got: shown(held.log) },
  };
}

interface Held {
  readonly log: Int32Array;
  readonly wrong?: Wrong;
  /** The relay did not let it be read to its end. */
  readonly isUnread?: boolean;
}

function heldInLog(ledger: number, expected: Int32Array, options: AuditOptions): Held {
  const { table } = options;
  const log: number[] = [];
  const [member] = options.membersOf(ledger);
  let wrong: Wrong | undefined;
  let isUnread = false;
  walkLog(ledger, member?.id ?? 0, expected.length, options, (page, isFirst) => {
    wrong ??= page.wrong;
    isUnread = page.response === undefined;
    if (page.response === undefined) return;
    const { changes } = page.response;
    const [first] = changes;
    const covers = isFirst && first !== undefined && table.isSnapshot(first) ? table.seenBy(first) : 0;
    // What a SNAPSHOT stands for is gone: nobody can say any more what it was.
    if (covers > 0) for (let i = 0; i < covers; i++) log.push(expected[i]!);
    for (const change of covers > 0 ? changes.slice(1) : changes) log.push(change);
  });
  return { log: Int32Array.from(log), isUnread, ...(wrong !== undefined && { wrong }) };
}

/** A page that was read, or why it was not. */
interface WalkedPage {
  readonly response: ReadPage | undefined;
  readonly wrong: Wrong | undefined;
}

/** Asks for a page, and again where the relay refuses: one refusal does not say what it has. */
function asked(pull: PullRequest, cursor: string | undefined, walking: Walking): ReturnType<typeof readPage> {
  const body = walking.bodies.pull(pull, cursor);
  let waits = 0;
  for (let tries = 1; ; tries++) {
    const answer = readPage(walking.request('/sync/pull', body), walking);
    const { response } = answer;
    if (response.kind !== 'refusal') return answer;
    const isForNow = response.code === 'RATE_LIMIT_EXCEEDED' || response.code === 'UNAVAILABLE';
    if (isForNow && waits < WAITS_MAX && walking.patience?.wait(response.retryAfterMs) === true) {
      waits++;
      tries--;
    } else if (tries >= TRIES_MAX) return answer;
  }
}

/** What is said of a refusal that ends the reading. */
function unread({ code }: Refusal, wrong: Wrong | undefined): Wrong {
  const isThrottled = code === 'RATE_LIMIT_EXCEEDED';
  if (wrong !== undefined && !isThrottled) return wrong;
  if (!isThrottled && code !== 'UNAVAILABLE') return { kind: 'differs', got: code };
  // It has said nothing about what it holds.
  return { kind: 'unanswered', got: `the log could not be read back because of ${code}` };
}

/** Pulls a log page by page from its beginning, until its end or a refusal. */
export function walkLog(
  ledger: number,
  device: number,
  length: number,
  walking: Walking,
  visit: (page: WalkedPage, isFirst: boolean) => void,
): void {
  const identity = { ledger, device, cause: 0, attempt: 0, page: 0, serial: 0, bytes: 0 };
  const pull: PullRequest = { kind: 'pull', since: 0, ...identity };
  let cursor: string | undefined;
  for (let pages = 0; pages < length + SPARE_PAGES; pages++) {
    const { response, wrong } = asked(pull, cursor, walking);
    if (response.kind === 'refusal') {
      visit({ response: undefined, wrong: unread(response, wrong) }, pages === 0);
      return;
    }
    visit({ response, wrong }, pages === 0);
    if (!response.hasMore) return;
    cursor = response.cursor;
  }
  visit({ response: undefined, wrong: { kind: 'differs', got: 'pages without end' } }, false);
}

/**
 * In 1.0 each device has what is its own. Pages go on a millisecond early, so that changes of one timestamp across a
 * page's end are not passed over. Of more changes of one timestamp than a page holds nobody is ever handed the rest: they
 * count as held.
 */
function heldInAccounts(ledger: number, expected: Int32Array, options: AuditOptions): Held {
  const { table } = options;
  const held = new Set<number>();
  const unreadFor = (wrong: Wrong): Held => ({ log: Int32Array.from(held), isUnread: true, wrong });
  const hidden = new Set<string>();
  let firstWrong: Wrong | undefined;
  for (const device of new Set(Array.from(expected, (change) => table.deviceOf(change)))) {
    const identity = { ledger, device, cause: 0, attempt: 0, page: 0, serial: 0, bytes: 0 };
    let since = 0;
    for (let pages = 0; ; pages++) {
      const pull: PullRequest = { kind: 'pull', since, ...identity };
      const { response, wrong } = asked(pull, undefined, options);
      if (response.kind === 'refusal') return unreadFor(unread(response, wrong));
      firstWrong ??= wrong;
      for (const change of response.changes) held.add(change);
      const last = Number(response.cursors.at(-1) ?? 0);
      if (!response.hasMore || last <= since) break;
      if (pages > 2 * expected.length + SPARE_PAGES) return unreadFor({ kind: 'differs', got: 'pages without end' });
      if (last - 1 > since) since = last - 1;
      else {
        hidden.add(`${device} ${last}`);
        since = last;
      }
    }
  }
  const isHeld = (change: number): boolean =>
    held.has(change) || hidden.has(`${table.deviceOf(change)} ${Math.floor(table.timestampMs(change))}`);
  return { log: expected.filter(isHeld), ...(firstWrong !== undefined && { wrong: firstWrong }) };
}

function firstDifference(one: Int32Array, other: Int32Array): number {
  const length = Math.max(one.length, other.length);
  for (let i = 0; i < length; i++) if (one[i] !== other[i]) return i;
  return -1;
}
