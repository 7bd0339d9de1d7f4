// The relay's cursor as text: of constant length, in the order of positions, and nothing else is one.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CURSOR_LENGTH, cursorPosition, cursorText } from '../../relay-adapter/cursor.ts';

const POSITION_MAX = 36 ** 7 - 1;
const position = fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 10_000_000 }), fc.integer({ min: 0, max: POSITION_MAX }));

test('comes back from its text', () => {
  fc.assert(
    fc.property(position, (at) => {
      expect(cursorPosition(cursorText(at))).toBe(at);
    }),
    { seed: 1 },
  );
  for (const at of [0, 1, 35, 36, POSITION_MAX]) expect(cursorPosition(cursorText(at))).toBe(at);
});

test('has one length, so that bytes can be counted without it', () => {
  fc.assert(
    fc.property(position, (at) => {
      expect(cursorText(at)).toHaveLength(CURSOR_LENGTH);
      expect(cursorText(at)).toMatch(/^[!#-[\]-~]+$/);
    }),
    { seed: 2 },
  );
});

test('sorts as its position does', () => {
  fc.assert(
    fc.property(position, position, (one, other) => {
      expect(cursorText(one) < cursorText(other)).toBe(one < other);
    }),
    { seed: 3 },
  );
});

test.each([
  '',
  'c',
  'c000001',
  'c00000001',
  'd0000001',
  'C0000001',
  'c000000A',
  'c00000-1',
  'c0000001\n',
  ' c0000001',
  '0000001',
  'c00 0001',
  'c0000.01',
])('is not %j', (text) => {
  expect(cursorPosition(text)).toBe(-1);
});

test('of any text is its position or none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^c[0-9a-z]{6,8}$/)), (text) => {
      const at = cursorPosition(text);
      if (at >= 0) expect(cursorText(at)).toBe(text);
      else expect(at).toBe(-1);
    }),
    { seed: 4 },
  );
});
