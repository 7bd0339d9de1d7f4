// A specimen with a planted bug: a follower that does not say that a cursor is ahead of it, but answers from where its
// own log ends: an empty page with a lower cursor.

import type { RelayRequest, RelayResponse } from '../messages.ts';
import type { RelayHandler } from './handler.ts';

/** The same relay with the bug. */
export function answersFromBehind<H extends RelayHandler>(relay: H): H {
  return {
    ...relay,
    handle(request: RelayRequest): RelayResponse {
      let response = relay.handle(request);
      if (request.kind !== 'pull') return response;
      for (let since = request.since; isAhead(response); since--) response = relay.handle({ ...request, since });
      return response;
    },
  };
}

function isAhead(response: RelayResponse): boolean {
  return response.kind === 'refusal' && response.code === 'CURSOR_AHEAD';
}
