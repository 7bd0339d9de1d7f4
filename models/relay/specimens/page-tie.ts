// A specimen with a planted bug: a relay that takes the first change behind a page's end for one of the page, as where
// cursors are timestamps and two changes share one. Whoever pulls several pages never gets it.

import type { RelayRequest, RelayResponse } from '../messages.ts';

/** What stands behind a relay, as far as the bug goes. */
interface Handler {
  handle(request: RelayRequest): RelayResponse;
}

/** The same relay with the bug: the cursor of a page that is not the last one points one change too far. */
export function dropsPageTies<H extends Handler>(relay: H): H {
  return {
    ...relay,
    handle(request: RelayRequest): RelayResponse {
      const response = relay.handle(request);
      return response.kind === 'page' && response.hasMore ? { ...response, cursor: response.cursor + 1 } : response;
    },
  };
}
