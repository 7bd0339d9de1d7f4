// A specimen with a planted bug: a relay that caches where each log ends, and hands that out as the cursor of an empty
// page. Where the log has grown since, the cursor is lower than the one that was asked with.

import type { RelayRequest, RelayResponse } from '../messages.ts';
import type { RelayHandler } from './handler.ts';

/** The same relay with the bug. @param keptUs how long a cached end is used */
export function cachesEnds<H extends RelayHandler>(relay: H, nowUs: () => number, keptUs: number): H {
  const cache = new Map<number, { end: number; untilUs: number }>();
  const cachedEnd = (ledger: number): number => {
    let cached = cache.get(ledger);
    if (cached === undefined || nowUs() >= cached.untilUs) {
      cached = { end: relay.end(ledger), untilUs: nowUs() + keptUs };
      cache.set(ledger, cached);
    }
    return cached.end;
  };
  return {
    ...relay,
    handle(request: RelayRequest): RelayResponse {
      const response = relay.handle(request);
      if (response.kind !== 'page') return response;
      const end = cachedEnd(request.ledger);
      return response.changes.length === 0 && end < response.cursor ? { ...response, cursor: end } : response;
    },
  };
}
