// How many bytes of large pages are on their way to their readers at a time, over all requests: so that no crowd that asks
// and does not read takes all memory. Must not know what is on a page.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { tooMuch, whenEnded } from './body-budget.ts';

/** Bytes of large pages that are handed out at a time: eight full ones. */
export const PAGES_BYTES_MAX = 128 * 1024 * 1024;
/** A page that is no larger is not counted. */
const SMALL_BYTES_MAX = 64 * 1024;

export class PageBudget {
  #bytes = 0;

  /**
   * Takes room for the page that answers a request, until that was sent or given up. One page has room in any case.
   *
   * @throws RelayError RATE_LIMIT_EXCEEDED where there is none
   */
  reserve(request: FastifyRequest, reply: FastifyReply, bytes: number): void {
    if (bytes <= SMALL_BYTES_MAX) return;
    if (this.#bytes > 0 && this.#bytes + bytes > PAGES_BYTES_MAX) {
      throw tooMuch('the relay hands out as many large pages as it can');
    }
    this.#bytes += bytes;
    whenEnded(request, reply, () => (this.#bytes -= bytes));
  }
}
