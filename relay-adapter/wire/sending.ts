// How one request goes to a relay over HTTP, for whoever waits for its answer. It must not know which relay.

import type { HttpClient } from '../load/http-client.ts';
import { PAGE_SIZE_HEADER } from '../protocol.ts';
import type { WireAnswer, WireRequest } from './wire.ts';

/** A relay that has not answered by then does not. */
export const ANSWER_MS = 10_000;

/**
 * Sends a request, once more where the connection was gone: a kept-alive one may have been closed just then, and the
 * relay takes a repeated push for what it is.
 */
export async function sent(client: HttpClient, request: WireRequest): Promise<WireAnswer> {
  const answer = await once(client, request);
  return answer.error === 'reset' ? once(client, request) : answer;
}

function once(client: HttpClient, request: WireRequest): Promise<WireAnswer> {
  const { method, path, body } = request;
  return new Promise((resolve) => {
    client.request(method, path, headersOf(request), body, resolve);
  });
}

/** The headers that say what a request has. */
export function headersOf({
  token,
  body,
  pageSize,
}: Pick<WireRequest, 'token' | 'body' | 'pageSize'>): Record<string, string> {
  return {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(pageSize !== undefined && { [PAGE_SIZE_HEADER]: String(pageSize) }),
  };
}
