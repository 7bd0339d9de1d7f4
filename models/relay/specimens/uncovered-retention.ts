// A specimen with a planted bug: a relay that keeps the last changes of each log and removes what is older, though no
// SNAPSHOT covers it and members may still have to pull it. A pull from before begins at what is left, silently.

import type { RelayRequest, RelayResponse } from '../messages.ts';
import type { Retained } from '../store.ts';
import type { RelayHandler } from './handler.ts';

/** The same relay with the bug. @param kept how many changes of each ledger are kept */
export function keepsLast<H extends RelayHandler>(relay: H, kept: number): H {
  const removedTo = (ledger: number): number => Math.max(0, relay.end(ledger) - kept);
  return {
    ...relay,
    handle(request: RelayRequest): RelayResponse {
      const since = request.kind === 'pull' ? removedTo(request.ledger) : 0;
      return relay.handle(request.kind === 'pull' && request.since < since ? { ...request, since } : request);
    },
    retained(ledger: number): Retained {
      const retained = relay.retained(ledger);
      const from = removedTo(ledger);
      return retained.from >= from ? retained : { snapshot: undefined, from };
    },
  };
}
