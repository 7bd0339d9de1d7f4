import fc from 'fast-check';
import { expect, test } from 'vitest';
import { signToken, verifyToken } from '../../../relay-adapter/server/tokens.ts';

const NOW_MS = 1_767_225_600_000;
const ledgers = fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/);

test('a token opens the ledger that it was signed for', () => {
  fc.assert(
    fc.property(ledgers, fc.string({ minLength: 1 }), (ledger, secret) => {
      const token = signToken(secret, ledger);
      expect(verifyToken(secret, token, NOW_MS)).toEqual({ ledger, isUnlimited: false });
      expect(token).toMatch(/^[\w.-]+$/);
    }),
    { seed: 1 },
  );
});

test('a token with any one character changed opens nothing', () => {
  const token = signToken('secret', 'ledger-1', NOW_MS + 1);
  for (let index = 0; index < token.length; index++) {
    for (const character of 'Aa0_.') {
      if (token[index] === character) continue;
      const changed = token.slice(0, index) + character + token.slice(index + 1);
      expect(verifyToken('secret', changed, NOW_MS)).toBeTypeOf('string');
    }
  }
});

test('a token of another secret is forged, and one of no shape is malformed', () => {
  expect(verifyToken('other', signToken('secret', 'ledger-1'), NOW_MS)).toBe('forged');
  for (const text of [
    '',
    'x',
    's1.a.0.b',
    `${signToken('secret', 'a')}=`,
    ` ${signToken('secret', 'a')}`,
    'a'.repeat(600),
  ]) {
    expect(verifyToken('secret', text, NOW_MS)).toBe('malformed');
  }
});

test('a token expires at its instant and not before', () => {
  const token = signToken('secret', 'ledger-1', NOW_MS);
  expect(verifyToken('secret', token, NOW_MS - 1)).toEqual({ ledger: 'ledger-1', isUnlimited: false });
  expect(verifyToken('secret', token, NOW_MS)).toBe('expired');
});

test('an empty secret and an instant that is none are refused', () => {
  expect(() => signToken('', 'ledger-1')).toThrow('tokenSecret');
  expect(() => signToken('secret', 'ledger-1', 0)).toThrow('expiresAtMs');
  expect(() => signToken('secret', 'ledger-1', 1.5)).toThrow('expiresAtMs');
});

test('a token of the operator is not limited, and a device cannot make its own one that', () => {
  const token = signToken('secret', 'ledger-1', undefined, 'operator');
  expect(verifyToken('secret', token, NOW_MS)).toEqual({ ledger: 'ledger-1', isUnlimited: true });
  const own = signToken('secret', 'ledger-1');
  expect(verifyToken('secret', own.replace(/^s1/, 's1u'), NOW_MS)).toBe('forged');
  expect(verifyToken('secret', token.replace(/^s1u/, 's1'), NOW_MS)).toBe('forged');
});
