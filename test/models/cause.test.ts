// Causes: one number for good, never the same for different ones.

import { expect, test } from 'vitest';
import { CAUSE_ACTION, CAUSE_AUTO_SYNC, CAUSE_NOTIFICATION, causeOf, isTurn } from '../../models/cause.ts';

test('causes of different kinds, owners and numbers differ, and are exact integers', () => {
  const seen = new Set<number>();
  const edges = [0, 1, 2, 255, 256, 65_535, 2 ** 20 - 1];
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
  // The greatest number of one owner, and the greatest cause of one kind, lie below those of the next.
  const last = 2 ** 31 - 1;
  expect(causeOf(CAUSE_ACTION, 0, last)).toBeLessThan(causeOf(CAUSE_ACTION, 1, 0));
  expect(causeOf(CAUSE_ACTION, 2 ** 20 - 1, last)).toBeLessThan(causeOf(CAUSE_AUTO_SYNC, 0, 0));
  expect(Number.isSafeInteger(causeOf(3, 2 ** 20 - 1, last))).toBe(true);
});

test('a turn is what a plan caused, and nothing else', () => {
  expect([CAUSE_ACTION, CAUSE_AUTO_SYNC, CAUSE_NOTIFICATION].map((kind) => isTurn(causeOf(kind, 5, 9)))).toEqual([
    true,
    false,
    false,
  ]);
  expect(isTurn(causeOf(CAUSE_ACTION, 2 ** 20 - 1, 2 ** 31 - 1))).toBe(true);
  expect(isTurn(causeOf(CAUSE_AUTO_SYNC, 0, 0))).toBe(false);
});
