// Who may do what to a ledger: whoever holds its token. Must not know what is asked for.

import type { FastifyRequest } from 'fastify';
import { RelayError } from './errors.ts';
import type { Limits } from './limits.ts';
import { verifyToken } from './tokens.ts';

/** Lets a request at a ledger, or throws UNAUTHORIZED, FORBIDDEN or RATE_LIMIT_EXCEEDED. */
export type Admit = (request: FastifyRequest, ledger: string) => Promise<void>;

const REASONS = {
  malformed: 'the token is malformed',
  forged: 'the token is not one of this relay',
  expired: 'the token has expired',
} as const;

/** The token in `Authorization: Bearer <token>`, or undefined. */
export function bearerToken(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization;
  return header === undefined ? undefined : (/^Bearer +(\S+)$/i.exec(header)?.[1] ?? '');
}

/** Refuses a request without a good token, of whatever ledger, before its body is read. */
export type Identify = (request: FastifyRequest) => Promise<void>;

/**
 * How requests are let in.
 *
 * @param secret that tokens are signed with; undefined lets everybody in
 */
export function admission(secret: string | undefined, limits: Limits, nowMs: () => number) {
  const ledgerOf = (request: FastifyRequest, secretOf: string, token: string | undefined): string => {
    if (token === undefined) throw new RelayError('UNAUTHORIZED', 'a token is needed');
    const verdict = verifyToken(secretOf, token, nowMs());
    if (typeof verdict === 'string') throw new RelayError('UNAUTHORIZED', REASONS[verdict]);
    request.facts.token = token;
    request.facts.opens = verdict.ledger;
    return verdict.ledger;
  };
  const isUnlimited = (request: FastifyRequest): boolean => {
    if (secret === undefined) return false;
    const verdict = verifyToken(secret, bearerToken(request) ?? '', nowMs());
    return typeof verdict === 'object' && verdict.isUnlimited;
  };
  const identify: Identify = async (request) => {
    if (secret !== undefined) ledgerOf(request, secret, bearerToken(request));
  };
  const admit = async (request: FastifyRequest, ledger: string, token = bearerToken(request)): Promise<void> => {
    if (secret !== undefined) {
      const opens = request.facts.opens ?? ledgerOf(request, secret, token);
      if (!request.facts.isUnlimited) await limits.byToken(request);
      if (opens !== ledger) throw new RelayError('FORBIDDEN', 'the token is for another ledger');
    }
    request.facts.ledger = ledger;
  };
  return { identify, admit, isUnlimited };
}
