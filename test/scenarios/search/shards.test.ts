// Shards of a hunt's seeds: together they have each seed once, whatever kind of list it is.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSeeds, parseShard, shardOf } from '../../../scenarios/search/seeds.ts';

const lists = fc.oneof(
  fc.integer({ min: 1, max: 300 }).map((count) => parseSeeds(`${count}`)),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.integer({ min: 0, max: 300 }))
    .map(([from, more]) => parseSeeds(`${from}..${from + BigInt(more)}`)),
  fc
    .uniqueArray(fc.stringMatching(/^[a-z0-9-]{1,6}$/), { minLength: 2, maxLength: 40 })
    .map((seeds) => parseSeeds(seeds.join(','))),
  fc.integer({ min: 1, max: 300 }).map((count) => parseSeeds('git:0123abc', count)),
);

describe('shards', () => {
  it('have each seed once, in order, and about as many each', () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 12 }), (all, wanted) => {
        const count = Math.min(wanted, all.count);
        const shards = Array.from({ length: count }, (_, at) => shardOf(all, { index: at + 1, count }));
        const places = shards.map((shard) => [...shard].map((seed) => all.indexOf(seed)));
        expect(places.flat().sort((one, other) => one - other)).toEqual(
          Array.from({ length: all.count }, (_, at) => at),
        );
        for (const [index, shard] of shards.entries()) {
          expect(places[index]).toEqual(Array.from({ length: shard.count }, (_, at) => index + at * count));
          expect(shard.text).toBe(all.text);
          for (const seed of all) {
            const at = shard.indexOf(seed);
            expect(at < 0 ? 'elsewhere' : shard.at(at)).toBe(
              places[index]!.includes(all.indexOf(seed)) ? seed : 'elsewhere',
            );
          }
        }
      }),
      { seed: 6, numRuns: 60 },
    );
  });

  it.each(['0', '4', '01', 'x', '', '1-1', '9'.repeat(300)])(
    'a seed that is none of them stands nowhere: %j',
    (seed) => {
      expect(parseSeeds('1..3').indexOf(seed)).toBe(-1);
      expect(
        parseSeeds('git:0123abc', 3).indexOf(
          `0123abc-${seed === '0' ? '3' : seed === '4' || seed === '01' ? '03' : seed}`,
        ),
      ).toBe(-1);
    },
  );

  it.each(['', '0/3', '4/3', '1/0', '1', '1/2/3', '-1/3', '1/1001', '1.5/3', 'a/b'])('%j is no shard', (text) => {
    expect(() => parseShard(text)).toThrow(/^ERR_CONFIG --shard: got .*, expected a part of at most 1000/);
  });

  it('are no more than there are seeds', () => {
    expect(parseShard('2/4')).toEqual({ index: 2, count: 4 });
    expect(() => shardOf(parseSeeds('3'), { index: 1, count: 4 })).toThrow(
      'ERR_CONFIG --shard: got "1/4", expected no more parts than there are seeds (3)',
    );
  });
});
