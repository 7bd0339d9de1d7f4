// What a person may type for the seeds of a hunt, and what comes of it.
import { describe, expect, test } from 'vitest';
import { parseSeeds, SEEDS_MAX } from '../../../scenarios/search/seeds.ts';
import { InputError } from '../../../sim/errors.ts';

const first = (text: string, count?: number): string[] => {
  const seeds = parseSeeds(text, count);
  return Array.from({ length: Math.min(3, seeds.count) }, (_, index) => seeds.at(index));
};

describe('seeds of a hunt', () => {
  test.each([
    ['1..500', 500, ['1', '2', '3']],
    ['0..0', 1, ['0']],
    [' 7 .. 9 ', 3, ['7', '8', '9']],
    [
      '100000000000000000000000..100000000000000000000002',
      3,
      ['100000000000000000000000', '100000000000000000000001', '100000000000000000000002'],
    ],
    ['3,7,11', 3, ['3', '7', '11']],
    ['spring, 007 ,123456789012345678901234567890', 3, ['spring', '007', '123456789012345678901234567890']],
    ['spring,', 1, ['spring']],
    ['500', 500, ['1', '2', '3']],
    ['1', 1, ['1']],
    [String(SEEDS_MAX), SEEDS_MAX, ['1', '2', '3']],
    ['git:1A2b3c4', 500, ['1a2b3c4-0', '1a2b3c4-1', '1a2b3c4-2']],
  ])('%s', (text, count, seeds) => {
    expect(parseSeeds(text).count).toBe(count);
    expect(first(text)).toEqual(seeds);
  });

  test('all of them come in their order, and again when asked again', () => {
    const seeds = parseSeeds('998..1002');
    expect([...seeds]).toEqual(['998', '999', '1000', '1001', '1002']);
    expect([...seeds]).toEqual([...seeds]);
    expect(parseSeeds('git:0123456789abcdef0123456789abcdef01234567', 2)).toMatchObject({ count: 2 });
  });

  test('ten million are not made before they are asked for', () => {
    const started = parseSeeds(`1..${SEEDS_MAX}`)[Symbol.iterator]();
    expect([started.next().value, started.next().value]).toEqual(['1', '2']);
    expect(parseSeeds(`1..${SEEDS_MAX}`).at(SEEDS_MAX - 1)).toBe('10000000');
  });

  test.each([
    ['', 'a range (1..500)'],
    ['abc', 'a range (1..500)'],
    ['1-500', 'a range (1..500)'],
    ['-5', 'a range (1..500)'],
    ['1.5', 'a range (1..500)'],
    ['0', '1 seed or more'],
    ['5..', 'a range of whole numbers'],
    ['..', 'a range of whole numbers'],
    ['1..2..3', 'a range of whole numbers'],
    ['1...5', 'a range of whole numbers'],
    ['a..b', 'a range of whole numbers'],
    ['-1..5', 'a range of whole numbers'],
    [`${'9'.repeat(201)}..${'9'.repeat(201)}`, 'a range of whole numbers'],
    ['9..3', 'a range that runs forward: 3..9'],
    ['1..10000001', 'at most 10000000 seeds, not 10000001'],
    ['10000001', 'at most 10000000 seeds'],
    ['99999999999999999999999999', 'at most 10000000 seeds'],
    ['1..5,7', 'a range or a list, not both'],
    ['1,,2', 'a list of seeds'],
    [',', 'a list of seeds'],
    [',,', 'a list of seeds'],
    ['3,7,3', 'each seed once'],
    ['git:1a2b3c4,5', 'a commit'],
    ['5,git:1a2b3c4', 'a list of seeds'],
    [`a,${'x'.repeat(201)}`, 'a list of seeds'],
    ['a,b\u001b', 'a list of seeds'],
    ['git:', 'a commit'],
    ['git:123456', 'a commit'],
    ['git:xyzxyzx', 'a commit'],
    [`git:${'a'.repeat(41)}`, 'a commit'],
  ])('%j is refused in one line', (text, expected) => {
    expect(() => parseSeeds(text)).toThrow(InputError);
    expect(() => parseSeeds(text)).toThrow(/^ERR_CONFIG --seeds: got [^\n]*$/);
    expect(() => parseSeeds(text)).toThrow(expected);
  });

  test('a count goes with git: alone, and is a number of seeds', () => {
    expect(() => parseSeeds('1..5', 7)).toThrow('ERR_CONFIG --count: got 7, expected nothing beside --seeds 1..5');
    for (const count of [0, -1, 1.5, SEEDS_MAX + 1, Number.NaN]) {
      expect(() => parseSeeds('git:1a2b3c4', count)).toThrow(/^ERR_CONFIG --count: got .* 1 to 10000000$/);
    }
    expect(() => parseSeeds('x', undefined, { seeds: 'seeds' })).toThrow(/^ERR_CONFIG seeds: /);
  });
});
