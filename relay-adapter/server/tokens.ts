// Bearer tokens: each opens one ledger, until an instant if it names one, and is signed with the relay's secret. Must not
// know HTTP, nor keep a token anywhere.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { InputError } from '../../sim/errors.ts';

/** What a token begins with: of a device, and of the operator's own tools, which no rate limit counts. */
const TOKEN_VERSIONS = { device: 's1', operator: 's1u' } as const;

export type TokenHolder = keyof typeof TOKEN_VERSIONS;
/** Longest token that is looked at: a ledger's id has 128 characters at most. */
const TOKEN_LENGTH_MAX = 512;
/** `s1.<ledger, base64url>.<instant of expiry in base 36, 0 for never>.<HMAC-SHA256, base64url>`. */
const TOKEN_SHAPE = /^(s1u?)\.([\w-]+)\.([0-9a-z]{1,11})\.([\w-]{43})$/;

/** Whether a token opens a ledger, or why it is none. */
export type TokenVerdict = { ledger: string; isUnlimited: boolean } | 'malformed' | 'forged' | 'expired';

function signatureOf(secret: string, signed: string): string {
  return createHmac('sha256', secret).update(signed).digest('base64url');
}

/**
 * A token for a ledger. Only letters, digits and . _ - stand in it, so that it can be a WebSocket's subprotocol too.
 * The same arguments give the same token.
 *
 * @param ledger id of the ledger; for an account of protocol 1.0 what `accountLedger` gives
 * @param expiresAtMs the first instant at which it opens nothing, milliseconds since 1970; left out for never
 * @param holder whoever has the secret may give their own tools tokens that are not limited
 */
export function signToken(
  secret: string,
  ledger: string,
  expiresAtMs?: number,
  holder: TokenHolder = 'device',
): string {
  if (secret === '') throw new InputError('tokenSecret', secret, 'a secret that is not empty');
  if (expiresAtMs !== undefined && (!Number.isSafeInteger(expiresAtMs) || expiresAtMs < 1)) {
    throw new InputError('expiresAtMs', expiresAtMs, 'whole milliseconds since 1970, ≥ 1');
  }
  const signed = `${TOKEN_VERSIONS[holder]}.${Buffer.from(ledger).toString('base64url')}.${(expiresAtMs ?? 0).toString(36)}`;
  return `${signed}.${signatureOf(secret, signed)}`;
}

/**
 * The ledger that a token opens. Signatures are compared as texts in constant time, so that one token has one text: who
 * holds one cannot write it in another way and be counted as somebody else.
 *
 * @param nowMs the relay's clock, milliseconds since 1970
 */
export function verifyToken(secret: string, token: string, nowMs: number): TokenVerdict {
  if (token.length > TOKEN_LENGTH_MAX) return 'malformed';
  const parts = TOKEN_SHAPE.exec(token);
  if (parts === null) return 'malformed';
  const [, version = '', ledger = '', expiry = '', signature = ''] = parts;
  const expected = signatureOf(secret, `${version}.${ledger}.${expiry}`);
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) return 'forged';
  const expiresAtMs = Number.parseInt(expiry, 36);
  if (expiresAtMs !== 0 && nowMs >= expiresAtMs) return 'expired';
  return { ledger: Buffer.from(ledger, 'base64url').toString(), isUnlimited: version === TOKEN_VERSIONS.operator };
}
