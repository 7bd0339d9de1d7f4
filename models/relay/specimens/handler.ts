// What a relay with a planted bug is wrapped around: what stands behind the relay's port, as far as the bugs go. It must
// not know any bug.

import type { RelayRequest, RelayResponse } from '../messages.ts';
import type { Retained } from '../store.ts';

export interface RelayHandler {
  handle(request: RelayRequest): RelayResponse;
  log(ledger: number): Int32Array;
  timestampMs(change: number): number;
  end(ledger: number): number;
  retained(ledger: number): Retained;
}
