// Requests and answers beside each other: whether two answers are the same, and all of them in words for people. It must
// not know where an answer came from.

import type { ChangeTable } from '../../models/change-table.ts';
import type { Pushed, RelayRequest, RelayResponse } from '../../models/relay/messages.ts';

/** Most changes that are named in words. */
const NAMED_MAX = 8;
/** Most reasons of rejections: they are a relay's own words. */
const REASONS_MAX = 3;

/** Whether two answers say the same; when to come again is a relay's own affair. */
export function isSameResponse(one: RelayResponse, other: RelayResponse): boolean {
  if (one.kind === 'refusal') return other.kind === 'refusal' && one.code === other.code;
  if (one.kind === 'page') {
    return (
      other.kind === 'page' &&
      one.snapshot === other.snapshot &&
      one.cursor === other.cursor &&
      one.hasMore === other.hasMore &&
      isSameList(one.changes, other.changes)
    );
  }
  return (
    other.kind === 'pushed' && isSameList(accepted(one), accepted(other)) && isSameList(refused(one), refused(other))
  );
}

/** A change that stands twice in a push may be answered once or twice. */
function accepted({ accepted: changes }: Pushed): number[] {
  return [...new Set(changes)];
}

function refused({ rejected }: Pushed): string[] {
  return [...new Set(rejected.map(({ change, reason }) => `${change} ${reason}`))];
}

function isSameList<T>(one: ArrayLike<T>, other: ArrayLike<T>): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

/** What was asked, in words. */
export function describeRequest(request: RelayRequest, table: ChangeTable): string {
  const who = `device ${request.device}, ledger ${request.ledger}`;
  if (request.kind === 'pull') return `pull of ${who}, after ${request.since}`;
  return `push of ${who}, with ${named(request.changes, table)}`;
}

/** What was answered, in words. */
export function describeResponse(response: RelayResponse, table: ChangeTable): string {
  if (response.kind === 'refusal') return response.code;
  if (response.kind === 'pushed') {
    const reasons = [...new Set(response.rejected.map(({ reason }) => reason))];
    const others = reasons.length > REASONS_MAX ? `, and ${reasons.length - REASONS_MAX} more` : '';
    const refusedText =
      reasons.length === 0
        ? ''
        : `, ${response.rejected.length} rejected (${reasons.slice(0, REASONS_MAX).join(', ')}${others})`;
    return `${named(response.accepted, table)} accepted${refusedText}`;
  }
  const { snapshot, changes, cursor, hasMore } = response;
  const image = snapshot === undefined ? '' : `SNAPSHOT ${nameOf(snapshot, table)} and `;
  return `${image}${named(changes, table)} up to ${cursor}, ${hasMore ? 'and more' : 'no more'}`;
}

function named(changes: ArrayLike<number>, table: ChangeTable): string {
  if (changes.length === 0) return 'no change';
  const names = Array.from(changes).slice(0, NAMED_MAX);
  const more = changes.length > NAMED_MAX ? ` and ${changes.length - NAMED_MAX} more` : '';
  return `${names.map((change) => nameOf(change, table)).join(' ')}${more}`;
}

/** A change as `device.incarnation.sequence`. */
function nameOf(change: number, table: ChangeTable): string {
  return `${table.deviceOf(change)}.${table.incarnationOf(change)}.${table.sequenceOf(change)}`;
}
