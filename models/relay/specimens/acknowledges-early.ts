// A specimen with a planted bug: a relay that acknowledges a batch before all of it is written. The last change of a
// batch is still in memory when the answer goes out, and is never written.

import type { RelayRequest, RelayResponse } from '../messages.ts';
import type { RelayHandler } from './handler.ts';

/** The same relay with the bug. @param most changes of a batch up to which all are written first */
export function acknowledgesEarly<H extends RelayHandler>(relay: H, most: number): H {
  return {
    ...relay,
    handle(request: RelayRequest): RelayResponse {
      if (request.kind !== 'push' || request.changes.length <= most) return relay.handle(request);
      const response = relay.handle({ ...request, changes: request.changes.slice(0, -1) });
      if (response.kind !== 'pushed') return response;
      return { ...response, accepted: [...response.accepted, request.changes.at(-1)!] };
    },
  };
}
