// What the members of a ledger that are to agree hold and show when it is judged, asked once for all oracles. It must
// not know what is right.

import { type LedgerView, sameView } from '../documents/edit.ts';
import type { DocumentType, Replica } from '../documents/port.ts';
import type { JudgedDevice } from './judged.ts';
import { firstDifference, shortView } from './view-difference.ts';

/** What one replica shows and says. */
export interface ReplicaState {
  readonly view: LedgerView;
  readonly version: string;
  readonly pending: number;
}

/** A member and its state. */
export interface MemberState extends ReplicaState {
  readonly device: JudgedDevice;
}

export function stateOf(device: JudgedDevice): MemberState {
  return { device, view: device.view(), version: device.version(), pending: device.pending() };
}

/** The state of a spare replica. @param device whose clock and chance it is asked with */
export function stateOfSpare(device: JudgedDevice, replica: Replica): ReplicaState {
  return {
    view: device.ask('view', () => replica.view()),
    version: device.ask('version', () => replica.version()),
    pending: device.ask('pending', () => replica.pending()),
  };
}

/** How two states differ: the part, for a signature, and the values. */
export interface StateDifference {
  /** A part of a view, `version` or `pending`. */
  readonly part: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * How one state differs from another; undefined where it does not.
 *
 * @param names what the two are called in the detail
 */
export function stateDifference(
  one: ReplicaState,
  other: ReplicaState,
  names: readonly [string, string],
): StateDifference | undefined {
  const [nameOfOne, nameOfOther] = names;
  if (!sameView(one.view, other.view)) {
    const { place, part, one: left, other: right } = firstDifference(one.view, other.view);
    return { part, detail: { place, [nameOfOne]: shortView(left), [nameOfOther]: shortView(right) } };
  }
  if (one.version !== other.version) {
    return { part: 'version', detail: { [nameOfOne]: one.version, [nameOfOther]: other.version } };
  }
  if (one.pending !== other.pending) {
    return { part: 'pending', detail: { [nameOfOne]: one.pending, [nameOfOther]: other.pending } };
  }
  return undefined;
}

/** What a type's own rules rewrite is no matter of who has what: a view without it. */
export function judgedView(type: DocumentType, view: LedgerView): LedgerView {
  if (type.judged === undefined) return view;
  return Object.fromEntries(Object.entries(view).filter(([entity]) => type.judged!(entity)));
}

/** Hands changes to a spare replica; true where it answers with changes of its own. */
export function handOver(device: JudgedDevice, replica: Replica, changes: readonly Uint8Array[]): boolean {
  return device.ask('receive', () => replica.receive(changes)).length > 0;
}
