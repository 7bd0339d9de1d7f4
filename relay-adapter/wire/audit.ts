// Reads what a relay holds of a ledger, from its beginning, as a device without a cursor would: what it has acknowledged
// must be there, once, in the order in which it handed it out. It must not know when it is asked to.

import type { ChangeTable } from '../../models/change-table.ts';
import type { Complaint } from '../../models/oracles/protocol.ts';
import type { PullRequest } from '../../models/relay/messages.ts';
import type { MembersOf } from '../../models/relay/retention.ts';
import type { Dialect } from '../protocol.ts';
import { type ReadPage, readPage, type Wrong } from './answers.ts';
import type { WireBodies } from './bodies.ts';
import type { WireAnswer } from './wire.ts';

export interface AuditOptions {
  readonly dialect: Dialect;
  readonly table: ChangeTable;
  readonly bodies: WireBodies;
  readonly membersOf: MembersOf;
  readonly request: (path: string, body: string) => WireAnswer;
}

export interface Audited {
  readonly log: Int32Array;
  readonly wrong?: Pick<Complaint, 'kind' | 'request' | 'expected' | 'got'>;
}

/** A relay that hands out so many more pages than there are changes never comes to an end. */
const SPARE_PAGES = 100;

/** @param expected the log as the relay has acknowledged it */
export function auditedLog(ledger: number, expected: Int32Array, options: AuditOptions): Audited {
  const request = `the whole log of ledger ${ledger} at the end`;
  const held =
    options.dialect === '1.0' ? heldInAccounts(ledger, expected, options) : heldInLog(ledger, expected, options);
  if (held.wrong !== undefined) {
    const { kind, got } = held.wrong;
    return { log: held.log, wrong: { kind, request, expected: `${expected.length} changes`, got } };
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
}

function heldInLog(ledger: number, expected: Int32Array, options: AuditOptions): Held {
  const { table } = options;
  const log: number[] = [];
  const [member] = options.membersOf(ledger);
  let wrong: Wrong | undefined;
  walkLog(ledger, member?.id ?? 0, expected.length, options, (page, isFirst) => {
    wrong = page.wrong;
    if (page.response === undefined) return;
    const { changes } = page.response;
    const [first] = changes;
    const covers = isFirst && first !== undefined && table.isSnapshot(first) ? table.seenBy(first) : 0;
    // What a SNAPSHOT stands for is gone: nobody can say any more what it was.
    if (covers > 0) for (let i = 0; i < covers; i++) log.push(expected[i]!);
    for (const change of covers > 0 ? changes.slice(1) : changes) log.push(change);
  });
  return { log: Int32Array.from(log), ...(wrong !== undefined && { wrong }) };
}

/** A page that was read, or why it was not. */
interface WalkedPage {
  readonly response: ReadPage | undefined;
  readonly wrong: Wrong | undefined;
}

/** Pulls a log page by page from its beginning, until its end or the first answer that is wrong. */
export function walkLog(
  ledger: number,
  device: number,
  length: number,
  { dialect, bodies, request }: Pick<AuditOptions, 'dialect' | 'bodies' | 'request'>,
  visit: (page: WalkedPage, isFirst: boolean) => void,
): void {
  const identity = { ledger, device, cause: 0, attempt: 0, page: 0, serial: 0, bytes: 0 };
  const pull: PullRequest = { kind: 'pull', since: 0, ...identity };
  let cursor: string | undefined;
  for (let pages = 0; pages < length + SPARE_PAGES; pages++) {
    const { response, wrong } = readPage(request('/sync/pull', bodies.pull(pull, cursor)), dialect, bodies);
    if (response.kind === 'refusal') {
      visit({ response: undefined, wrong: wrong ?? { kind: 'differs', got: response.code } }, pages === 0);
      return;
    }
    visit({ response, wrong }, pages === 0);
    if (wrong !== undefined || !response.hasMore) return;
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
  const { table, dialect, bodies, request } = options;
  const held = new Set<number>();
  const hidden = new Set<string>();
  let firstWrong: Wrong | undefined;
  for (const device of new Set(Array.from(expected, (change) => table.deviceOf(change)))) {
    const identity = { ledger, device, cause: 0, attempt: 0, page: 0, serial: 0, bytes: 0 };
    let since = 0;
    for (let pages = 0; ; pages++) {
      const pull: PullRequest = { kind: 'pull', since, ...identity };
      const { response, wrong } = readPage(request('/sync/pull', bodies.pull(pull, undefined)), dialect, bodies);
      if (response.kind === 'refusal') {
        return { log: Int32Array.from(held), wrong: wrong ?? { kind: 'differs', got: response.code } };
      }
      firstWrong ??= wrong;
      for (const change of response.changes) held.add(change);
      const last = Number(response.cursors.at(-1) ?? 0);
      if (!response.hasMore || last <= since) break;
      if (pages > 2 * expected.length + SPARE_PAGES) {
        return { log: Int32Array.from(held), wrong: { kind: 'differs', got: 'pages without end' } };
      }
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
