// What it takes to speak to a real relay for a run, whichever clock it has. It must not know when anything is said.

import type { ChangeTable } from '../../models/change-table.ts';
import type { RelayRequest } from '../../models/relay/messages.ts';
import type { MembersOf } from '../../models/relay/retention.ts';
import type { Reading } from './answers.ts';
import type { Wire } from './wire.ts';

export interface Speaking extends Reading {
  readonly table: ChangeTable;
  readonly wire: Wire;
  /** The token of a ledger; undefined where the relay asks for none. */
  readonly tokenOf: (ledger: number) => string | undefined;
  readonly membersOf: MembersOf;
  /** Sleeps for so many ms where the relay asks for it; left out, with the whole thread. */
  readonly sleep?: (ms: number) => void;
  readonly nowUs: () => number;
  /** Milliseconds since 1970, for the times in bodies. */
  readonly nowMs: () => number;
}

/** Whether a request is a push of what the run begins with: the requests of devices are numbered from 1. */
export function isBeginning({ kind, serial }: RelayRequest): boolean {
  return kind === 'push' && serial === 0;
}

/** Makes a device a member of a ledger. A relay that knows no such path makes members of those who come. */
export function joinMember({ dialect, bodies, wire, tokenOf }: Speaking, ledger: number, device: number): void {
  if (dialect === '1.0') return;
  const path = `/ledgers/${bodies.ledgerId(ledger)}/members/${bodies.deviceId(device)}`;
  wire.request({ method: 'PUT', path, token: tokenOf(ledger) });
}
