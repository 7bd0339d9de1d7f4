// A specimen with a planted bug: a relay that stores a push in one transaction and lets the id of a change that it has
// already break it. A retry that brings new changes beside accepted ones is rejected as a whole, and the new ones go.

import type { RelayRequest, RelayResponse } from '../messages.ts';
import type { RelayHandler } from './handler.ts';

/** The same relay with the bug. */
export function refusesRetries<H extends RelayHandler>(relay: H): H {
  const stored = new Set<number>();
  return {
    ...relay,
    handle(request: RelayRequest): RelayResponse {
      if (request.kind === 'push' && request.changes.some((change) => stored.has(change))) {
        const rejected = request.changes.map((change) => ({ change, reason: 'DUPLICATE_ID' }));
        return { kind: 'pushed', accepted: [], rejected, stored: 0 };
      }
      const response = relay.handle(request);
      if (response.kind === 'pushed') for (const change of response.accepted) stored.add(change);
      return response;
    },
  };
}
