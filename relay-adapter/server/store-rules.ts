// The protocol's rules applied to what a store has read of a ledger: what a push does to it, what a page holds, what may
// be removed. Every store asks here, so that all answer alike. It must not know SQL, transactions, nor files.

import { createHash } from 'node:crypto';
import { assert } from '../../sim/errors.ts';
import { judgeChange, pageAfter, pageFromSnapshot, removableTo } from '../../models/relay/rules.ts';
import type { ChangeVerdict, IncomingChange, KeptChange, StorePage } from './store.ts';

/** A SNAPSHOT that stands for the log up to the position that it covers. */
export interface StoredSnapshot {
  /** Its own position in the log. */
  readonly position: number;
  readonly covers: number;
}

/** What a store knows of a ledger. */
export interface LedgerState {
  /** The last position, 0 for an empty log. */
  readonly end: number;
  /** Positions up to this one were removed; 0 where none was. */
  readonly removedTo: number;
  /** The newest one. */
  readonly snapshot: StoredSnapshot | undefined;
}

export const EMPTY_LEDGER: LedgerState = { end: 0, removedTo: 0, snapshot: undefined };

/** What a push does to a ledger. */
export interface PushPlan {
  readonly verdicts: readonly ChangeVerdict[];
  readonly stored: readonly { readonly position: number; readonly change: IncomingChange }[];
  /** Those that became the newest, one after the other. */
  readonly snapshots: readonly StoredSnapshot[];
  /** The ledger afterwards. */
  readonly state: LedgerState;
}

/**
 * Judges each change of a push.
 *
 * @param storedAt position under which an id was stored before this push, 0 where it was not
 */
export function planPush(
  before: LedgerState,
  changes: readonly IncomingChange[],
  storedAt: (id: string) => number,
): PushPlan {
  const verdicts: ChangeVerdict[] = [];
  const stored: { position: number; change: IncomingChange }[] = [];
  const snapshots: StoredSnapshot[] = [];
  const ids = new Map<string, number>();
  let { end, snapshot } = before;
  for (const change of changes) {
    const { id, isByPusher, sequence, payloadBytes, covers } = change;
    const judgement = judgeChange({
      isByPusher,
      isOfLedger: true,
      sequence,
      payloadBytes,
      storedAt: ids.get(id) ?? storedAt(id),
      coversAhead: covers > end,
    });
    if (judgement === 'store') {
      const position = ++end;
      ids.set(id, position);
      stored.push({ position, change });
      if (covers > (snapshot?.covers ?? 0)) {
        snapshot = { position, covers };
        snapshots.push(snapshot);
      }
      verdicts.push('stored');
    } else {
      verdicts.push(judgement === 'stored' ? 'kept' : judgement);
    }
  }
  return { verdicts, stored, snapshots, state: { end, removedTo: before.removedTo, snapshot } };
}

/** Whether there is a SNAPSHOT that covers more than was removed. */
export function hasRemovable({ removedTo, snapshot }: LedgerState): boolean {
  return (snapshot?.covers ?? 0) > removedTo;
}

/**
 * Up to where the log of a ledger is to be removed now; undefined where no more than before.
 *
 * @param lowestCursor the lowest that a member presented last, 0 for one that has never pulled; undefined without members
 */
export function removalOf(state: LedgerState, lowestCursor: number | undefined): number | undefined {
  const to = removableTo(state.snapshot?.covers ?? 0, lowestCursor === undefined ? [] : [lowestCursor]);
  return to > state.removedTo ? to : undefined;
}

/**
 * A ledger as a log of commits that ends earlier has it: a clean-up goes with the SNAPSHOT that it came after.
 *
 * @param snapshot the newest one whose own position is not beyond `end`
 */
export function stateAt(state: LedgerState, end: number, snapshot: StoredSnapshot | undefined): LedgerState {
  return {
    end: Math.min(end, state.end),
    removedTo: Math.min(state.removedTo, snapshot?.covers ?? 0),
    snapshot,
  };
}

/** What a page is made of. */
export interface PagePlan {
  readonly snapshot: StoredSnapshot | undefined;
  /** The positions after `from` up to `to`. */
  readonly from: number;
  readonly to: number;
  readonly hasMore: boolean;
}

/** The page after a cursor, or 'ahead' where that lies beyond the end. */
export function planPage(state: LedgerState, cursor: number, pageSize: number): PagePlan | 'ahead' {
  const page = pageAfter(cursor, state.end, pageSize);
  if (page === 'ahead') return page;
  if (cursor >= state.removedTo) return { snapshot: undefined, ...page };
  const { snapshot } = state;
  assert(snapshot !== undefined, 'a log is removed only behind a SNAPSHOT');
  return { snapshot, ...pageFromSnapshot(snapshot.covers, state.end, pageSize) };
}

/**
 * A plan with no more changes than there is room for, but with one body at least.
 *
 * @param snapshotBytes of the SNAPSHOT's body, 0 where the plan has none
 * @param sizes bytes of the bodies at `from` + 1 to `to`, by position
 */
export function fitPage(
  plan: PagePlan,
  snapshotBytes: number,
  sizes: ReadonlyMap<number, number>,
  bytesMax: number,
): PagePlan {
  const { snapshot, from, to } = plan;
  const ordered = Array.from({ length: to - from }, (_, index) => sizes.get(from + index + 1) ?? 0);
  const fitting = countFitting(ordered, bytesMax - snapshotBytes);
  return cutPlan(plan, from + (snapshot === undefined ? Math.max(1, fitting) : fitting));
}

/** A plan that ends at `to`, if it went further. */
export function cutPlan(plan: PagePlan, to: number): PagePlan {
  return to < plan.to ? { ...plan, to, hasMore: true } : plan;
}

/** How many of the first sizes add up to no more than a room; 0 where not even the first does. */
export function countFitting(sizes: readonly number[], room: number): number {
  let bytes = 0;
  for (const [index, size] of sizes.entries()) {
    bytes += size;
    if (bytes > room) return index;
  }
  return sizes.length;
}

export function sumOf(sizes: readonly number[]): number {
  let sum = 0;
  for (const size of sizes) sum += size;
  return sum;
}

/** Whether nothing of a plan was removed meanwhile. */
export function isWhole({ from, to, snapshot }: PagePlan, bodies: ReadonlyMap<number, string>): boolean {
  if (snapshot !== undefined && !bodies.has(snapshot.position)) return false;
  for (let position = from + 1; position <= to; position++) if (!bodies.has(position)) return false;
  return true;
}

/** The page of a plan. @param bodies by position; of those at `from` + 1 to `to` and of the SNAPSHOT */
export function pageOf(plan: PagePlan, bodies: ReadonlyMap<number, string>): StorePage {
  const changes: KeptChange[] = [];
  for (let position = plan.from + 1; position <= plan.to; position++) {
    const body = bodies.get(position);
    assert(body !== undefined, 'what was not removed from a log is there');
    changes.push({ position, body });
  }
  const { snapshot, to, hasMore } = plan;
  if (snapshot === undefined) return { changes, cursor: to, hasMore };
  const body = bodies.get(snapshot.position);
  assert(body !== undefined, 'the SNAPSHOT that stands for a log is there');
  return { snapshot: { position: snapshot.covers, body }, changes, cursor: to, hasMore };
}

/** Keys that are longer are kept by their hash: indexes take no long ones. */
const KEY_LENGTH_MAX = 512;

/**
 * The text under which an id, a device or a ledger is kept. Different texts have different keys, also where one holds
 * NUL or half a surrogate pair, which databases refuse or replace.
 */
export function keyOf(text: string): string {
  const key = /^[ !#-[\]-~]*$/.test(text) ? text : JSON.stringify(text).slice(1, -1);
  if (key.length <= KEY_LENGTH_MAX) return key;
  // No escaped text begins like that.
  return `\\#${createHash('sha256').update(key).digest('base64url')}`;
}

/** Refuses what no caller may ask for. */
export function checkPull(cursor: number, pageSize: number, bytesMax: number): void {
  assert(Number.isSafeInteger(cursor) && cursor >= 0, 'a cursor is a position');
  checkPageSize(pageSize, bytesMax);
}

export function checkPageSize(pageSize: number, bytesMax: number): void {
  assert(Number.isSafeInteger(pageSize) && pageSize >= 1, 'a page holds at least one change');
  assert(Number.isSafeInteger(bytesMax) && bytesMax >= 0, 'a page holds whole bytes');
}

/** Refuses tails and lags that are no number of changes. */
export function checkCount(count: number): void {
  assert(Number.isSafeInteger(count) && count >= 0, 'a tail is whole changes');
}
