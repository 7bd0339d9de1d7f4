import { createHmac, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entityName } from '../../../models/entities.ts';
import { hashedId, hashedIdLength, isWireId } from '../../../relay-adapter/wire/ids.ts';

const KEY = createSecretKey(Buffer.alloc(32, 7));
const OTHER = createSecretKey(Buffer.alloc(32, 8));

test('a name of sixteen characters and more keeps its length, a shorter one gets sixteen, no id has more than 128', () => {
  for (const [length, expected] of [
    [1, 16],
    [15, 16],
    [16, 16],
    [17, 17],
    [64, 64],
    [65, 65],
    [128, 128],
    [255, 128],
  ] as const) {
    expect(hashedId(KEY, 'x'.repeat(length))).toHaveLength(expected);
    expect(hashedIdLength('x'.repeat(length))).toBe(expected);
  }
});

test('what stands for a name is the beginning of its HMAC, and goes on with further ones', () => {
  const hmac = (text: string) => createHmac('sha256', Buffer.alloc(32, 7)).update(text).digest('hex');
  expect(hashedId(KEY, 'transaction-1f-2s')).toBe(hmac('transaction-1f-2s').slice(0, 17));
  const long = 'n'.repeat(100);
  expect(hashedId(KEY, long)).toBe(hmac(long) + hmac(`1 ${long}`).slice(0, 36));
});

test('different names and different keys give different ids, equal ones the same', () => {
  const ids = new Set<string>();
  for (let ordinal = 0; ordinal < 5000; ordinal++) ids.add(hashedId(KEY, entityName('account', 3, ordinal)));
  expect(ids.size).toBe(5000);
  expect(hashedId(KEY, 'account-3-1')).toBe(hashedId(KEY, 'account-3-1'));
  expect(hashedId(OTHER, 'account-3-1')).not.toBe(hashedId(KEY, 'account-3-1'));
});

test('any text, hashed, can stand on the wire', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(isWireId(hashedId(KEY, name))).toBe(true);
    }),
    { seed: 1 },
  );
});

test.each([
  ['transaction-1f-2s', true],
  ['a.b_c:d-E9', true],
  ['x'.repeat(128), true],
  ['x'.repeat(129), false],
  ['', false],
  ['two words', false],
  ['é', false],
  ['__proto__', false],
])('%j can stand on the wire as it is: %s', (text, expected) => {
  expect(isWireId(text)).toBe(expected);
});
