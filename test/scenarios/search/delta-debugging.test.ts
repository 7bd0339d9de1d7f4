// Minimising any list: the least that holds, whatever the question is, and with few questions.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { minimise } from '../../../scenarios/search/delta-debugging.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

test('what is needed is left, and nothing else', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), fc.array(fc.nat(59)), (count, wanted) => {
      const needed = [...new Set(wanted.filter((item) => item < count))].sort((a, b) => a - b);
      expect(minimise(upTo(count), (kept) => needed.every((item) => kept.includes(item)))).toEqual(needed);
    }),
    { seed: 1 },
  );
});

test('with any question the result holds and no single item of it can go', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 12 }), fc.integer(), (count, salt) => {
      // An arbitrary function of the subset, true for the whole.
      const asked = (kept: readonly number[]): boolean => {
        if (kept.length === count) return true;
        let hash = salt;
        for (const item of kept) hash = Math.imul(hash ^ item, 0x9e3779b1) ^ (hash >>> 13);
        return (hash & 3) === 0;
      };
      const kept = minimise(upTo(count), asked);
      expect(asked(kept)).toBe(true);
      if (kept.length > 1) for (const item of kept) expect(asked(kept.filter((other) => other !== item))).toBe(false);
    }),
    { seed: 2, numRuns: 500 },
  );
});

test('two needed items among a thousand are found with some dozens of questions', () => {
  for (const needed of [
    [0, 999],
    [3, 4],
    [500, 501],
    [123, 877],
  ]) {
    let questions = 0;
    const kept = minimise(upTo(1000), (some) => {
      questions++;
      return needed.every((item) => some.includes(item));
    });
    expect(kept).toEqual(needed);
    expect(questions).toBeLessThan(60);
  }
});

test('the question is never asked of all items, and of none only once', () => {
  const asked: number[] = [];
  minimise(upTo(9), (kept) => {
    asked.push(kept.length);
    return false;
  });
  expect(asked).not.toContain(9);
  expect(asked.filter((length) => length === 0)).toHaveLength(1);
});
