// A specimen with a planted bug: a relay that from some time on answers every request with UNAVAILABLE, for good. No
// change is lost and none is wrong, but nothing moves any more.

import type { RelayRequest, RelayResponse } from '../messages.ts';
import { refusal } from '../store.ts';

/** What stands behind a relay, as far as the bug goes. */
interface Handler {
  handle(request: RelayRequest): RelayResponse;
}

/** The same relay with the bug. @param isSilent whether it has fallen silent by now */
export function fallsSilent<H extends Handler>(relay: H, isSilent: () => boolean): H {
  return {
    ...relay,
    handle: (request: RelayRequest): RelayResponse =>
      isSilent() ? refusal('UNAVAILABLE', 1000) : relay.handle(request),
  };
}
