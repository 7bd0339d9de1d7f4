import { webcrypto } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changeId, ledgerId } from '../../../models/identity.ts';
import { aesSealer, nonceOf, plainSealer, type SealedChange } from '../../../relay-adapter/wire/sealing.ts';
import { ENCRYPTION_BYTES } from '../../../relay-adapter/wire-sizes.ts';
import { AssertionError, InputError } from '../../../sim/errors.ts';

const MASTER = 'a master secret of the tests, of some length';
const LEDGER = ledgerId(3);
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

function changeOf(device: number, incarnation: number, sequence: number): SealedChange {
  return { device, incarnation, sequence, id: changeId(device, incarnation, sequence) };
}
const CHANGE = changeOf(7, 2, 41);

const uint32 = fc.oneof(fc.nat({ max: 5 }), fc.integer({ min: 0, max: 0xffff_ffff }));
const identity = fc.tuple(uint32, fc.nat({ max: 0xffff }), uint32);
const plainBytes = fc.uint8Array({ minLength: 1, maxLength: 200 });

/** AES-256-GCM with a key of HKDF-SHA256, by the other interface of the platform. */
async function sealedByWebCrypto(salt: string, change: SealedChange, nonce: Uint8Array, plain: Uint8Array) {
  const { subtle } = webcrypto;
  const master = await subtle.importKey('raw', ascii(MASTER), 'HKDF', false, ['deriveKey']);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: ascii(salt), info: ascii(`squall payload ${LEDGER}`) };
  const key = await subtle.deriveKey(derivation, master, { name: 'AES-GCM', length: 256 }, false, ['encrypt']);
  const additionalData = ascii(`${LEDGER} ${change.id}`);
  const sealed = await subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData, tagLength: 128 }, key, plain);
  return Buffer.concat([nonce, new Uint8Array(sealed)]);
}

describe('a sealed payload', () => {
  const sealer = aesSealer(MASTER, 'salt');

  test('is nonce, ciphertext and tag, as another implementation makes them', async () => {
    const plain = ascii('what only members may read');
    const nonce = Uint8Array.of(0, 0, 0, 7, 0, 0, 0, 2, 0, 0, 0, 41);
    const sealed = Buffer.from(sealer.seal(LEDGER, CHANGE, plain));
    expect(sealed.toString('hex')).toBe((await sealedByWebCrypto('salt', CHANGE, nonce, plain)).toString('hex'));
    expect(sealed).toHaveLength(plain.length + ENCRYPTION_BYTES);
  });

  test('has the bytes that it always had', () => {
    const sealed = Buffer.from(sealer.seal(LEDGER, CHANGE, ascii('golden')));
    expect(sealed.toString('hex')).toBe('000000070000000200000029d5716280e8c918227e99f101bb64ad400aab3dc4aefd');
  });

  test('opens to what was sealed, is the same each time, from another sealer too, and leaves its input alone', () => {
    fc.assert(
      fc.property(identity, plainBytes, (numbers, plain) => {
        const change = changeOf(...numbers);
        const before = plain.slice();
        const sealed = sealer.seal(LEDGER, change, plain);
        expect(plain).toEqual(before);
        expect(Buffer.from(aesSealer(MASTER, 'salt').seal(LEDGER, change, plain)).equals(sealed)).toBe(true);
        expect(sealer.open(LEDGER, change, sealed)).toEqual(plain);
      }),
      { seed: 1 },
    );
  });

  test('shows nothing of what was sealed', () => {
    const plain = new Uint8Array(4096);
    const sealed = sealer.seal(LEDGER, CHANGE, plain).subarray(12);
    expect(new Set(sealed).size).toBeGreaterThan(200);
  });

  test('does not open for another ledger, change, key or salt', () => {
    const sealed = sealer.seal(LEDGER, CHANGE, ascii('secret'));
    const fails = (opening: () => Uint8Array): void => expect(opening).toThrow(InputError);
    fails(() => sealer.open(ledgerId(4), CHANGE, sealed));
    fails(() => sealer.open(LEDGER, { ...CHANGE, id: changeId(7, 2, 42) }, sealed));
    fails(() => sealer.open(LEDGER, changeOf(7, 2, 42), sealed));
    fails(() => aesSealer('another secret', 'salt').open(LEDGER, CHANGE, sealed));
    fails(() => aesSealer(MASTER, 'another salt').open(LEDGER, CHANGE, sealed));
    expect(Buffer.from(sealer.open(LEDGER, CHANGE, sealed)).toString()).toBe('secret');
  });

  test('does not open where any bit was altered, or bytes are missing', () => {
    const sealed = sealer.seal(LEDGER, CHANGE, ascii('a secret'));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const altered = Uint8Array.from(sealed);
      altered[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => sealer.open(LEDGER, CHANGE, altered)).toThrow(InputError);
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(() => sealer.open(LEDGER, CHANGE, sealed.subarray(0, length))).toThrow(InputError);
    }
  });

  test('names the change and never the key where it does not open', () => {
    let message = '';
    try {
      sealer.open(LEDGER, CHANGE, new Uint8Array(40));
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(CHANGE.id);
    expect(message).not.toContain(MASTER);
  });
});

describe('a nonce', () => {
  test('is never the same for two changes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(identity, { selector: (numbers) => numbers.join(), maxLength: 60 }), (identities) => {
        const nonces = identities.map((numbers) => Buffer.from(nonceOf(changeOf(...numbers))).toString('hex'));
        expect(new Set(nonces).size).toBe(identities.length);
        for (const nonce of nonces) expect(nonce).toHaveLength(24);
      }),
      { seed: 2 },
    );
  });

  test('has 32 bits for each of its numbers, and no more', () => {
    const last = 0xffff_ffff;
    expect([...nonceOf({ device: last, incarnation: last, sequence: last, id: '' })]).toEqual(Array(12).fill(255));
    for (const wrong of [{ sequence: 2 ** 32 }, { device: 2 ** 32 }, { incarnation: -1 }, { sequence: 1.5 }]) {
      expect(() => nonceOf({ ...CHANGE, ...wrong })).toThrow(AssertionError);
      expect(() => aesSealer(MASTER, 's').seal(LEDGER, { ...CHANGE, ...wrong }, ascii('x'))).toThrow(AssertionError);
    }
  });
});

describe('the name of an entity', () => {
  const sealer = aesSealer(MASTER, 'salt');

  test('is hidden, equal within a ledger, and another in each ledger and run', () => {
    const hidden = sealer.nameOf(LEDGER, 'transaction-1f-2s');
    expect(hidden).toMatch(/^[0-9a-f]{17}$/);
    expect(aesSealer(MASTER, 'salt').nameOf(LEDGER, 'transaction-1f-2s')).toBe(hidden);
    expect(sealer.nameOf(LEDGER, 'transaction-1f-2t')).not.toBe(hidden);
    expect(sealer.nameOf(ledgerId(4), 'transaction-1f-2s')).not.toBe(hidden);
    expect(aesSealer(MASTER, 'pepper').nameOf(LEDGER, 'transaction-1f-2s')).not.toBe(hidden);
  });

  test('stands as it is where nothing is sealed, but for one that cannot', () => {
    const plain = plainSealer();
    expect(plain.nameOf(LEDGER, 'account-1')).toBe('account-1');
    expect(plain.nameOf(LEDGER, 'no id at all é')).toMatch(/^[0-9a-f]{16}$/);
    expect(plain.nameOf(LEDGER, '')).toMatch(/^[0-9a-f]{16}$/);
  });
});

test('an empty master secret is refused', () => {
  expect(() => aesSealer('', 'salt')).toThrow(InputError);
});

test('where nothing is sealed a payload goes and comes as it is', () => {
  const plain = Uint8Array.of(1, 2, 3);
  expect(plainSealer().seal(LEDGER, CHANGE, plain)).toEqual(plain);
  expect(plainSealer().open(LEDGER, CHANGE, plain)).toEqual(plain);
});
