// The port through which a run talks to whatever stands behind it: one request in, one response out. Each side is one
// implementation; a contract suite runs against all. It must not know any side.

import type { Complaint } from '../models/oracles/protocol.ts';
import type { StoreControl } from '../models/relay/control.ts';
import type { RelayRequest, RelayResponse } from '../models/relay/messages.ts';
import type { Retained } from '../models/relay/store.ts';

export interface RelayPort {
  /** Names the side: `model`, … */
  readonly side: string;
  /** Applies the protocol's rules to a request at this instant and gives the answer. */
  handle(request: RelayRequest): RelayResponse;
  /** Rows that a pull would be given now, at most a page; what the station model takes its service time from. */
  rowsFor(request: RelayRequest): number;
  /** Changes that were accepted into a ledger's log, in their order; those that the relay has removed since too. */
  log(ledger: number): Int32Array;
  /** What a change in a log says of when its author made it, milliseconds since 1970. */
  timestampMs(change: number): number;
  /** Where the log of a ledger ends: the position of its last change. */
  end(ledger: number): number;
  /** What a device that joins the ledger now is given instead of the whole log. */
  retained(ledger: number): Retained;
  /** Makes things happen to what stands behind the port; left out where nobody can. */
  readonly control?: StoreControl;
  /** Reads what the relay really holds in the end: from then on `log` is that. */
  audit?(): void;
  /** Answers so far that were not what the protocol's rules give. */
  readonly complaints?: readonly Complaint[];
  /** What devices were told is accepted, where the side keeps that: changes with the id of the device that was told. */
  acknowledged?(ledger: number): Iterable<readonly [change: number, device: number]>;
  /** All bytes that the relay's store holds; left out where nobody can look. */
  held?(): readonly Uint8Array[];
  /** Lets go of what the side holds outside of the heap. */
  dispose?(): void;
}
