// The log: a line for each request with what happened, and nothing of what it carried: no payload, no token, no value of
// a header. Must not know any route.

import { LogController } from 'fastify';
import type { FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';

/** What a request turned out to be about, filled in by its route. */
export interface RequestFacts {
  ledger: string | undefined;
  /** A good token, for the limit on it only; it stands in no log. */
  token: string | undefined;
  /** The ledger that the token opens, whatever is asked for. */
  opens: string | undefined;
  /** Whether no rate limit counts it. */
  isUnlimited: boolean;
  /** Changes of a push by what became of them. */
  stored: number;
  kept: number;
  rejected: number;
  /** Changes on a page. */
  rows: number;
  kind: 'push' | 'pull' | 'other';
}

declare module 'fastify' {
  interface FastifyRequest {
    facts: RequestFacts;
  }
}

export function emptyFacts(): RequestFacts {
  return {
    ledger: undefined,
    token: undefined,
    opens: undefined,
    isUnlimited: false,
    stored: 0,
    kept: 0,
    rejected: 0,
    rows: 0,
    kind: 'other',
  };
}

/** Where lines of a log go, each with its line end. */
export interface LogStream {
  write(line: string): void;
}

/** The options by which fastify logs with pino, and leaves the line of a request to `logRequest`. */
export function loggerOptions(
  level: string,
  stream: LogStream | undefined,
): Pick<FastifyServerOptions, 'logger' | 'logController'> {
  if (level === 'silent') return { logger: false };
  return {
    logger: stream === undefined ? { level, base: null } : { level, base: null, stream },
    logController: new LogController({ disableRequestLogging: true }),
  };
}

/** The route of a request as it was registered; an address that is none could hold anything, and is `unknown`. */
export function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'unknown';
}

/** Writes the line of a request. */
export function logRequest(request: FastifyRequest, reply: FastifyReply): void {
  const { ledger, kind, stored, kept, rejected, rows } = request.facts;
  const line = {
    method: request.method,
    route: routeOf(request),
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime * 1000) / 1000,
    ledger,
  };
  if (kind === 'push') request.log.info({ ...line, stored, kept, rejected }, 'request');
  else if (kind === 'pull') request.log.info({ ...line, rows }, 'request');
  else request.log.info(line, 'request');
}
