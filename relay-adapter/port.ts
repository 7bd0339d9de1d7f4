// The port through which a run talks to whatever stands behind it: one request in, one response out. Each side is one
// implementation; a contract suite runs against all. It must not know any side.

import type { RelayRequest, RelayResponse } from '../models/relay/messages.ts';

export interface RelayPort {
  /** Names the side: `model`, … */
  readonly side: string;
  /** Applies the protocol's rules to a request at this instant and gives the answer. */
  handle(request: RelayRequest): RelayResponse;
  /** Rows that a pull would be given now, at most a page; what the station model takes its service time from. */
  rowsFor(request: RelayRequest): number;
  /** Changes that a ledger's log holds, in their order. */
  log(ledger: number): Int32Array;
  /** Where the log of a ledger ends: the position of its last change. */
  end(ledger: number): number;
}
