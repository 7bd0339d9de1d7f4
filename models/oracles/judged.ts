// What oracles look at: devices, ledgers and when they are judged, as narrow as can be, so that tests make them by hand.
// It must not know any oracle.

import type { ChangeTable } from '../change-table.ts';
import type { DocumentCall } from '../document-failure.ts';
import type { LedgerView } from '../documents/edit.ts';
import type { Replica } from '../documents/port.ts';
import type { Finding, Parting } from '../finding.ts';

/** A device as oracles see it; `Device` is one. */
export interface JudgedDevice {
  readonly index: number;
  /** The author's number in the table of changes: its index, but for a copy of another device. */
  readonly id: number;
  readonly incarnation: number;
  readonly ledger: { readonly index: number; readonly id: string };
  /** Log prefix that it has applied. */
  readonly position: number;
  /** False where it is away for good: judged only on what it had acknowledged. */
  readonly isCore: boolean;
  readonly isRunning: boolean;
  readonly isOnline: boolean;
  readonly client: { readonly outboxLength: number; readonly isBusy: boolean };
  readonly replica: Pick<Replica, 'viewDigest'>;
  /** Whether the change at a log position was handed to its replica, or made by it. */
  has(position: number): boolean;
  view(): LedgerView;
  viewDigest(): string | undefined;
  version(): string;
  pending(): number;
  save(): Uint8Array;
  storedBytes(): number;
  /** Own changes that its replica holds and that do not lie within its position. */
  ownUnplaced(): readonly number[];
  /** A new replica for judging: empty, or loaded from stored bytes. */
  spare(from: 'empty' | Uint8Array): Replica;
  /** Asks a document with the device's clock and chance. */
  ask<T>(doing: DocumentCall, question: () => T): T;
  /** Hands the whole log to the replica once more. */
  resync(log: Int32Array): void;
}

export interface JudgedLedger {
  readonly index: number;
  readonly id: string;
  readonly members: readonly JudgedDevice[];
}

/** When something is judged. */
export interface Moment {
  /** Virtual time, µs. */
  readonly nowUs: number;
  /** Events by then. */
  readonly events: number;
}

/** Members that are to agree: those away for good, and those that are down, are not. */
export function coreOf<D extends Pick<JudgedDevice, 'isCore' | 'isRunning'>>(ledger: {
  readonly members: readonly D[];
}): readonly D[] {
  return ledger.members.filter(({ isCore, isRunning }) => isCore && isRunning);
}

/** Indexes of devices, as they stand in findings. */
export function indexesOf(devices: readonly { readonly index: number }[]): number[] {
  return devices.map(({ index }) => index);
}

/** A safety finding about one ledger; its signature is `oracle:part`. */
export function safetyFinding(
  oracle: string,
  part: string,
  moment: Moment,
  ledger: { readonly id: string },
  devices: readonly { readonly index: number }[],
  detail: Readonly<Record<string, unknown>>,
  parting?: Parting,
): Finding {
  return {
    oracle,
    kind: 'safety',
    signature: `${oracle}:${part}`,
    atUs: moment.nowUs,
    event: moment.events,
    devices: indexesOf(devices),
    documents: [ledger.id],
    detail,
    ...(parting !== undefined && { parting }),
  };
}

/** The document changes of each change of a log, in order; SNAPSHOTs are never handed to `receive`, and are left out. */
export function partsOf(table: ChangeTable, log: Int32Array): Uint8Array[][] {
  const list: Uint8Array[][] = [];
  for (const change of log) {
    if (table.operationOf(change) === 'SNAPSHOT') continue;
    const parts: Uint8Array[] = [];
    table.collectParts(change, parts);
    list.push(parts);
  }
  return list;
}
