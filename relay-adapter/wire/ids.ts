// Ids of entities on the wire: a name would tell the relay what it is about, so a keyed hash stands for it. It must not
// know whose key it is.

import { createHmac, type KeyObject } from 'node:crypto';
import { ID_LENGTH_MAX } from '../protocol.ts';

/** Fewest characters of a hashed id: 64 bits, so that two of a ledger's entities do not meet by chance. */
export const HASHED_ID_LENGTH_MIN = 16;
const BLOCK_CHARACTERS = 64;

/** Characters of the hash that stands for a name: as many as the name has, within what an id may have. */
export function hashedIdLength(name: string): number {
  return Math.min(ID_LENGTH_MAX, Math.max(HASHED_ID_LENGTH_MIN, name.length));
}

/**
 * The id that stands for a name: the beginning of HMAC-SHA256 (RFC 2104) of it in lower-case hexadecimal digits. Where
 * one is not long enough the HMACs of the number of the block, a space and the name follow, from block 1 on.
 */
export function hashedId(key: KeyObject, name: string): string {
  const length = hashedIdLength(name);
  let text = hmac(key, name);
  for (let block = 1; block * BLOCK_CHARACTERS < length; block++) text += hmac(key, `${block} ${name}`);
  return text.slice(0, length);
}

/** Whether a text can stand on the wire as an id. */
export function isWireId(text: string): boolean {
  return text.length <= ID_LENGTH_MAX && text !== '__proto__' && /^[A-Za-z0-9._:-]+$/.test(text);
}

function hmac(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('hex');
}
