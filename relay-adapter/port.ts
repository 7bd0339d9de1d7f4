// The port through which a run talks to whatever stands behind it: one request in, one response out. Each side is one
// implementation; a contract suite runs against all. It must not know any side.

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
  /** Lets go of what the side holds outside of the heap. */
  dispose?(): void;
}
