// A specimen with a planted bug: a relay whose cursor is a timestamp, as in the published protocol. A page holds what its
// author made after the change at which the last page ended; what comes late, or shares that timestamp, is skipped.

import type { RelayRequest, RelayResponse } from '../messages.ts';
import type { RelayHandler } from './handler.ts';

/** The same relay with the bug. */
export function pagesByTimestamp<H extends RelayHandler>(relay: H): H {
  return {
    ...relay,
    handle(request: RelayRequest): RelayResponse {
      const response = relay.handle(request);
      if (request.kind !== 'pull' || response.kind !== 'page' || response.snapshot !== undefined) return response;
      if (request.since === 0) return response;
      const sinceMs = relay.timestampMs(relay.log(request.ledger)[request.since - 1]!);
      return { ...response, changes: response.changes.filter((change) => relay.timestampMs(change) > sinceMs) };
    },
  };
}
