// A specimen with a planted bug: a relay that takes a SNAPSHOT to stand for all that is before it in the log. What others
// pushed while it was on its way stands there too, and its author had not seen it: whoever begins with it never gets it.

import type { RelayRequest, RelayResponse } from '../messages.ts';
import type { Retained } from '../store.ts';
import type { RelayHandler } from './handler.ts';

/** The same relay with the bug. */
export function goesOnBehindSnapshots<H extends RelayHandler>(relay: H): H {
  const positionOf = (ledger: number, change: number): number => relay.log(ledger).indexOf(change) + 1;
  return {
    ...relay,
    handle(request: RelayRequest): RelayResponse {
      const response = relay.handle(request);
      if (request.kind !== 'pull' || response.kind !== 'page' || response.snapshot === undefined) return response;
      const rest = relay.handle({ ...request, since: positionOf(request.ledger, response.snapshot) });
      return rest.kind === 'page' ? { ...rest, snapshot: response.snapshot } : rest;
    },
    retained(ledger: number): Retained {
      const { snapshot, from } = relay.retained(ledger);
      return { snapshot, from: snapshot === undefined ? from : positionOf(ledger, snapshot) };
    },
  };
}
