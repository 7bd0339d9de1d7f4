import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NEEDLE_BYTES_MIN, NeedleSearch } from '../../../models/oracles/needles.ts';
import { AssertionError } from '../../../sim/errors.ts';

// Few different bytes, so that needles overlap and nearly match.
const needle = fc.uint8Array({ minLength: NEEDLE_BYTES_MIN, maxLength: 14, max: 1 });
const hay = fc.uint8Array({ maxLength: 400, max: 1 });

function foundIn(needles: readonly Uint8Array[], bytes: Uint8Array): number[] {
  const search = new NeedleSearch<number>();
  for (const [index, each] of needles.entries()) search.add({ bytes: each, of: index });
  const found = new Set<number>();
  search.scan(bytes, ({ of }) => found.add(of));
  return [...found].sort((a, b) => a - b);
}

describe('a search for many needles', () => {
  test('finds exactly those that stand in the bytes', () => {
    fc.assert(
      fc.property(fc.array(needle, { maxLength: 40 }), hay, (needles, bytes) => {
        const expected = [...needles.keys()].filter((index) =>
          Buffer.from(bytes).includes(Buffer.from(needles[index]!)),
        );
        expect(foundIn(needles, bytes)).toEqual(expected);
      }),
      { seed: 1, numRuns: 400 },
    );
  });

  test('finds a needle at the beginning, in the middle and at the end, of a window on a larger buffer too', () => {
    const text = Buffer.from('beginning of a middle of it at the end');
    const larger = Buffer.concat([Buffer.from('outside!'), text, Buffer.from('outside!')]);
    const bytes = larger.subarray(8, 8 + text.length);
    const needles = ['beginning', 'a middle', ' the end', 'outside!', 'side!begin'].map((each) => Buffer.from(each));
    expect(foundIn(needles, bytes)).toEqual([0, 1, 2]);
    expect(foundIn(needles, new Uint8Array(0))).toEqual([]);
  });

  test('tells a needle as often as it is there', () => {
    const search = new NeedleSearch<string>();
    search.add({ bytes: Buffer.from('aaaaaaaa'), of: 'a' });
    let count = 0;
    search.scan(Buffer.from('aaaaaaaaaa'), () => count++);
    expect(count).toBe(3);
  });

  test('refuses a needle that is too short to be looked for', () => {
    expect(() => new NeedleSearch().add({ bytes: new Uint8Array(7), of: 0 })).toThrow(AssertionError);
  });
});
