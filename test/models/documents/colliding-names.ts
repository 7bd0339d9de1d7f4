// Names that a table by 32-bit hash cannot tell apart by their hash.

import { hashBytes } from '../../../models/documents/lww-codec.ts';

/**
 * Two names of eight characters of which `prefix + name` has the same hash. Of 200,000 texts about five pairs have.
 *
 * @param prefix characters below 256, one byte each
 */
export function namesOfOneHash(prefix = ''): [string, string] {
  const bytes = new Uint8Array(prefix.length + 8);
  for (let i = 0; i < prefix.length; i++) bytes[i] = prefix.charCodeAt(i);
  const known = new Map<number, string>();
  for (let number = 0; number < 2_000_000; number++) {
    const name = Math.imul(number, 0x9e3779b1) >>> 0;
    const text = name.toString(16).padStart(8, '0');
    for (let i = 0; i < 8; i++) bytes[prefix.length + i] = text.charCodeAt(i);
    const hash = hashBytes(bytes, 0, bytes.length);
    const other = known.get(hash);
    if (other !== undefined) return [other, text];
    known.set(hash, text);
  }
  throw new Error('no two of two million names have one hash');
}
