// Causes: one number for good, never the same for different ones.

import { expect, test } from 'vitest';
import { CAUSE_ACTION, CAUSE_AUTO_SYNC, CAUSE_NOTIFICATION, causeOf, isTurn } from '../../models/cause.ts';

test('causes of different kinds, owners and numbers differ, and are exact integers', () => {
  const seen = new Set<number>();
  const edges = [0, 1, 2, 255, 256, 65_535, 2 ** 24 - 1];
  for (const kind of [CAUSE_ACTION, CAUSE_AUTO_SYNC, CAUSE_NOTIFICATION, 3]) {
    for (const owner of edges) {
      for (const n of edges) {
        const cause = causeOf(kind, owner, n);
        expect(Number.isSafeInteger(cause)).toBe(true);
        seen.add(cause);
      }
    }
  }
  expect(seen.size).toBe(4 * edges.length * edges.length);
});

test('a turn is what a plan caused, and nothing else', () => {
  expect([CAUSE_ACTION, CAUSE_AUTO_SYNC, CAUSE_NOTIFICATION].map((kind) => isTurn(causeOf(kind, 5, 9)))).toEqual([
    true,
    false,
    false,
  ]);
  expect(isTurn(causeOf(CAUSE_ACTION, 2 ** 24 - 1, 2 ** 24 - 1))).toBe(true);
  expect(isTurn(causeOf(CAUSE_AUTO_SYNC, 0, 0))).toBe(false);
});
