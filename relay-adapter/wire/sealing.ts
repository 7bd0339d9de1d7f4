// Encryption of payloads before they leave a device, and of what would tell what they are about: AES-256-GCM with a key
// for each ledger. There is no chance in it, so that a replay sends the same bytes. It must not know what a payload says.

import { createCipheriv, createDecipheriv, createHash, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { assert, InputError } from '../../sim/errors.ts';
import { hashedId, isWireId } from './ids.ts';

/** What names a change for good, once in a run. */
export interface SealedChange {
  readonly device: number;
  readonly incarnation: number;
  readonly sequence: number;
  /** Bound as additional data. */
  readonly id: string;
}

export interface Sealer {
  /** The payload of a change as the relay gets it; the same bytes each time. @param ledger its id on the wire */
  seal(ledger: string, change: SealedChange, plain: Uint8Array): Uint8Array;
  /** Takes back `seal`. @throws InputError where it was sealed for another ledger or change, or was altered */
  open(ledger: string, change: SealedChange, sealed: Uint8Array): Uint8Array;
  /** What stands for the name of an entity of a ledger on the wire: an id, equal for equal names. */
  nameOf(ledger: string, entity: string): string;
}

/** Bytes of a nonce and of a tag (NIST SP 800-38D, sections 5.2.1.1 and 5.2.1.2). */
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;
const KEY_BYTES = 32;
const CIPHER = 'aes-256-gcm';
const UINT32_MAX = 0xffff_ffff;

interface LedgerKeys {
  readonly payloads: KeyObject;
  readonly names: KeyObject;
}

/**
 * The nonce of a change, of the deterministic construction (NIST SP 800-38D, section 8.2.1): device and incarnation are
 * the fixed field, the sequence number is the invocation field; each 32 bits, big-endian. All three are asserted to fit.
 */
export function nonceOf({ device, incarnation, sequence }: SealedChange): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  const numbers = new DataView(nonce.buffer);
  [device, incarnation, sequence].forEach((value, index) => {
    assert(Number.isInteger(value) && value >= 0 && value <= UINT32_MAX, `a nonce has 32 bits for ${value}`);
    numbers.setUint32(index * 4, value);
  });
  return nonce;
}

/**
 * Seals with AES-256-GCM as nonce ‖ ciphertext ‖ tag, bound to the ledger and the change's id. Keys are derived from the
 * master secret by HKDF-SHA256 (RFC 5869), for each ledger one for payloads and one for names.
 *
 * Within a run no (device, incarnation, sequence) comes twice, and so no nonce. Between runs it does: any two runs that
 * may make different changes must have different salts, or two payloads have one key and nonce, and neither is secret.
 *
 * @param key the master secret; not empty, best 256 bits of chance. It stands in no error
 * @param salt of the run
 */
export function aesSealer(key: string, salt: string): Sealer {
  if (key === '') throw new InputError('payload key', 'an empty text', 'a secret');
  const keys = new Map<string, LedgerKeys>();
  const derived = (info: string): KeyObject =>
    createSecretKey(new Uint8Array(hkdfSync('sha256', key, salt, info, KEY_BYTES)));
  const keysOf = (ledger: string): LedgerKeys => {
    let found = keys.get(ledger);
    if (found === undefined) {
      found = { payloads: derived(`squall payload ${ledger}`), names: derived(`squall name ${ledger}`) };
      keys.set(ledger, found);
    }
    return found;
  };
  return {
    seal(ledger, change, plain) {
      const nonce = nonceOf(change);
      const cipher = createCipheriv(CIPHER, keysOf(ledger).payloads, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(boundTo(ledger, change));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(ledger, change, sealed) {
      const nonce = nonceOf(change);
      const end = sealed.length - TAG_BYTES;
      const isItsOwn = end >= NONCE_BYTES && nonce.every((byte, index) => byte === sealed[index]);
      if (!isItsOwn) throw unopened(sealed, change);
      const cipher = createDecipheriv(CIPHER, keysOf(ledger).payloads, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(boundTo(ledger, change));
      cipher.setAuthTag(sealed.subarray(end));
      const plain = cipher.update(sealed.subarray(NONCE_BYTES, end));
      try {
        return new Uint8Array(Buffer.concat([plain, cipher.final()]));
      } catch {
        throw unopened(sealed, change);
      }
    },
    nameOf: (ledger, entity) => hashedId(keysOf(ledger).names, entity),
  };
}

/** Seals nothing: the relay gets payloads and names as they are, but for names that cannot stand on the wire. */
export function plainSealer(): Sealer {
  const known = createSecretKey(createHash('sha256').update('squall plain names').digest());
  return {
    seal: (_ledger, _change, plain) => plain,
    open: (_ledger, _change, sealed) => sealed,
    nameOf: (_ledger, entity) => (isWireId(entity) ? entity : hashedId(known, entity)),
  };
}

function boundTo(ledger: string, change: SealedChange): Buffer {
  return Buffer.from(`${ledger} ${change.id}`, 'utf8');
}

function unopened(sealed: Uint8Array, change: SealedChange): InputError {
  return new InputError('payload', `${sealed.length} bytes`, `what was sealed for change ${change.id}`, 'ERR_PAYLOAD');
}
