import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashText, keyedUint32, keyedUnit, type Stream, Streams } from '../../sim/random.ts';

/** χ² of counts against equal shares. */
function chiSquare(counts: ArrayLike<number>, total: number): number {
  const expected = total / counts.length;
  let sum = 0;
  for (let index = 0; index < counts.length; index++) sum += ((counts[index] as number) - expected) ** 2 / expected;
  return sum;
}

/** The χ² that is exceeded once in a thousand times, about (Wilson–Hilferty, z = 3.09). */
function chiSquareLimit(degrees: number): number {
  return degrees * (1 - 2 / (9 * degrees) + 3.09 * Math.sqrt(2 / (9 * degrees))) ** 3;
}

function correlation(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const xMean = mean(xs);
  const yMean = mean(ys);
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (const [index, x] of xs.entries()) {
    const y = (ys[index] as number) - yMean;
    xy += (x - xMean) * y;
    xx += (x - xMean) ** 2;
    yy += y * y;
  }
  return xy / Math.sqrt(xx * yy);
}

const draws = (stream: Stream, count: number) => Array.from({ length: count }, () => stream.next());
const indices = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('streams', () => {
  it('give the same draws for the same seed and name, and others for another seed or name', () => {
    const first = draws(new Streams('42').stream('device/17/think'), 5);
    expect(draws(new Streams('42').stream('device/17/think'), 5)).toEqual(first);
    expect(draws(new Streams('43').stream('device/17/think'), 5)).not.toEqual(first);
    expect(draws(new Streams('42').stream('device/18/think'), 5)).not.toEqual(first);
  });

  it('hold known draws, so that a change of the scheme is seen', () => {
    expect(draws(new Streams('42').stream('device/17/think'), 3)).toEqual([
      0.0613000534940511, 0.0033747029956430197, 0.2211718966718763,
    ]);
  });

  it('are one object for one name', () => {
    const streams = new Streams('42');
    expect(streams.stream('a')).toBe(streams.stream('a'));
    expect(streams.stream('a')).not.toBe(streams.stream('b'));
  });

  it('are not moved by the making of others or by their draws', () => {
    const alone = draws(new Streams('7').stream('b'), 20);
    const streams = new Streams('7');
    draws(streams.stream('a'), 1000);
    const stream = streams.stream('b');
    const first = draws(stream, 10);
    draws(streams.stream('a'), 10);
    streams.stream('c').next();
    expect([...first, ...draws(stream, 10)]).toEqual(alone);
  });

  it('of a seed and a name that join to the same text differ', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), fc.string(), (a, b, c) => {
        const one = new Streams(a + b);
        const other = new Streams(a);
        expect(draws(one.stream(c), 3)).not.toEqual(draws(other.stream(b + c), 3));
        expect(draws(one.stream(c), 3)).not.toEqual(draws(other.stream(`${b}/${c}`), 3));
        expect(one.key(c)).not.toEqual(other.key(b + c));
      }),
      { seed: 1 },
    );
  });

  it('are uniform in their first draws over neighbouring names, and these are independent of each other', () => {
    const streams = new Streams('1');
    const firsts = indices(20000).map((index) => streams.stream(`device/${index}/think`).next());
    const counts = new Uint32Array(100);
    for (const first of firsts) counts[Math.floor(first * 100)]! += 1;
    expect(chiSquare(counts, firsts.length)).toBeLessThan(chiSquareLimit(99));
    expect(Math.abs(correlation(firsts.slice(1), firsts.slice(0, -1)))).toBeLessThan(0.025);
  });

  it('whose names differ only at the end are independent of each other', () => {
    const streams = new Streams('1');
    const firsts = indices(20000).map((index) => streams.stream(`device/${index}`).next());
    const counts = new Uint32Array(100);
    for (const first of firsts) counts[Math.floor(first * 100)]! += 1;
    expect(chiSquare(counts, firsts.length)).toBeLessThan(chiSquareLimit(99));
    expect(Math.abs(correlation(firsts.slice(1), firsts.slice(0, -1)))).toBeLessThan(0.025);
  });
});

describe('a stream', () => {
  it('gives its source the same sequence as itself', () => {
    const stream = new Streams('5').stream('x');
    const other = new Streams('5').stream('x');
    expect([stream.next(), stream.source(), stream.next()]).toEqual([other.source(), other.source(), other.source()]);
  });

  it('draws uniform numbers in [min, max)', () => {
    const stream = new Streams('5').stream('uniform');
    let sum = 0;
    for (let index = 0; index < 10000; index++) {
      const value = stream.uniform(-2, 6);
      expect(value >= -2 && value < 6).toBe(true);
      sum += value;
    }
    expect(sum / 10000).toBeCloseTo(2, 0);
  });

  it('draws each integer of a range alike, both ends included', () => {
    const stream = new Streams('5').stream('integer');
    const counts = new Uint32Array(7);
    for (let index = 0; index < 70000; index++) counts[stream.integer(-3, 3) + 3]! += 1;
    expect(chiSquare(counts, 70000)).toBeLessThan(chiSquareLimit(6));
  });

  it('draws integers of any range inside it', () => {
    const stream = new Streams('5').stream('property');
    fc.assert(
      fc.property(fc.integer(), fc.nat({ max: 2 ** 52 }), (min, length) => {
        const value = stream.integer(min, min + length);
        expect(Number.isSafeInteger(value) && value >= min && value <= min + length).toBe(true);
      }),
      { seed: 2 },
    );
  });

  it('draws odd and even integers alike from a range wider than one draw', () => {
    const stream = new Streams('5').stream('wide');
    let odd = 0;
    let upper = 0;
    for (let index = 0; index < 20000; index++) {
      const value = stream.integer(0, 2 ** 50 - 1);
      odd += value % 2;
      upper += value >= 2 ** 49 ? 1 : 0;
    }
    expect(Math.abs(odd - 10000)).toBeLessThan(300);
    expect(Math.abs(upper - 10000)).toBeLessThan(300);
  });

  it('refuses a range that holds no integer', () => {
    const stream = new Streams('5').stream('x');
    expect(() => stream.integer(3, 2)).toThrow(/min ≤ max/);
    expect(() => stream.integer(0, Number.NaN)).toThrow(/integers/);
    expect(() => stream.pick([])).toThrow(/not empty/);
  });

  it('takes chances as often as asked, never at 0 and always at 1', () => {
    const stream = new Streams('5').stream('chance');
    let taken = 0;
    for (let index = 0; index < 20000; index++) {
      if (stream.chance(0.3)) taken += 1;
      expect(stream.chance(0)).toBe(false);
      expect(stream.chance(1)).toBe(true);
    }
    expect(Math.abs(taken - 6000)).toBeLessThan(200);
  });

  it('takes one draw for a chance, whatever it is', () => {
    const stream = new Streams('5').stream('x');
    const other = new Streams('5').stream('x');
    stream.chance(0);
    other.chance(1);
    expect(stream.next()).toBe(other.next());
  });

  it('picks each of a list alike', () => {
    const stream = new Streams('5').stream('pick');
    const counts = { a: 0, b: 0, c: 0 };
    for (let index = 0; index < 30000; index++) counts[stream.pick(['a', 'b', 'c'] as const)] += 1;
    expect(chiSquare(Object.values(counts), 30000)).toBeLessThan(chiSquareLimit(2));
  });

  it('shuffles into every order alike, in place', () => {
    const stream = new Streams('5').stream('shuffle');
    const counts = new Map<string, number>();
    for (let index = 0; index < 24000; index++) {
      const list = ['a', 'b', 'c', 'd'];
      expect(stream.shuffle(list)).toBe(list);
      counts.set(list.join(''), (counts.get(list.join('')) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(chiSquare([...counts.values()], 24000)).toBeLessThan(chiSquareLimit(23));
  });
});

describe('keyed draws', () => {
  const key = new Streams('42').key('network/fate');

  it('depend on the key and the four integers alone', () => {
    const first = keyedUint32(key, 1, 2, 3, 4);
    for (const other of indices(100)) keyedUnit(key, other, 0, 0, 0);
    expect(keyedUint32(new Streams('42').key('network/fate'), 1, 2, 3, 4)).toBe(first);
    expect(keyedUint32(new Streams('43').key('network/fate'), 1, 2, 3, 4)).not.toBe(first);
    expect(keyedUint32(new Streams('42').key('network/fates'), 1, 2, 3, 4)).not.toBe(first);
  });

  it('hold known values, so that a change of the scheme is seen', () => {
    expect(key).toEqual({ low: 3188277198, high: 2141929892 });
    expect(keyedUint32(key, 1, 2, 3, 4)).toBe(3211092237);
    expect(keyedUnit(key, 2 ** 53, -1, 3, -4)).toBe(0.19195604247891884);
  });

  it('of one place agree in their leading bits', () => {
    expect(Math.floor(keyedUnit(key, 9, 8, 7, 6) * 2 ** 32)).toBe(keyedUint32(key, 9, 8, 7, 6));
  });

  it('see every bit of integers up to 2^53, and signs', () => {
    const places = [0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 32 - 1, 2 ** 52, 2 ** 53, -(2 ** 53)];
    const seen = new Set<number>();
    for (const place of places) {
      seen.add(keyedUnit(key, place, 5, 5, 5));
      seen.add(keyedUnit(key, 5, place, 5, 5));
    }
    expect(seen.size).toBe(places.length * 2);
  });

  it.each([
    ['a', (index: number) => keyedUnit(key, index, 0, 0, 0)],
    ['b', (index: number) => keyedUnit(key, 0, index, 0, 0)],
    ['c', (index: number) => keyedUnit(key, 0, 0, index, 0)],
    ['d', (index: number) => keyedUnit(key, 0, 0, 0, index)],
    ['the upper half of a', (index: number) => keyedUnit(key, index * 2 ** 32, 0, 0, 0)],
    ['b in steps of a second', (index: number) => keyedUnit(key, 3, index * 1000000, 1, 1)],
    ['the key', (index: number) => keyedUnit(new Streams('1').key(`link/${index}`), 0, 0, 0, 0)],
  ])('are uniform and serially independent along %s', (_name, draw) => {
    const values = indices(40000).map(draw);
    const counts = new Uint32Array(128);
    const fine = new Uint32Array(128);
    const pairs = new Uint32Array(256);
    for (const [index, value] of values.entries()) {
      expect(value >= 0 && value < 1).toBe(true);
      counts[Math.floor(value * 128)]! += 1;
      // The bits below the leading 32, which come from the other lane.
      fine[Math.floor(value * 2 ** 39) % 128]! += 1;
      if (index % 2 === 1) pairs[Math.floor(value * 16) * 16 + Math.floor((values[index - 1] as number) * 16)]! += 1;
    }
    expect(chiSquare(counts, 40000)).toBeLessThan(chiSquareLimit(127));
    expect(chiSquare(fine, 40000)).toBeLessThan(chiSquareLimit(127));
    expect(chiSquare(pairs, 20000)).toBeLessThan(chiSquareLimit(255));
    expect(Math.abs(correlation(values.slice(1), values.slice(0, -1)))).toBeLessThan(0.017);
  });

  it('change each output bit half of the time when one input bit is flipped', () => {
    // Input bits: 53 of a, 53 of b, 32 of c, 32 of d, 64 of the key; small inputs too, since these are the usual ones.
    const stream = new Streams('9').stream('avalanche');
    const rounds = 4000;
    const inputBits = 53 + 53 + 32 + 32 + 64;
    let worst = 0;
    const flips = new Uint32Array(inputBits * 32);
    for (let round = 0; round < rounds; round++) {
      const small = round % 2 === 0;
      const a = small ? stream.integer(0, 200) : stream.integer(0, 2 ** 53 - 2);
      const b = small ? stream.integer(0, 200) : stream.integer(0, 2 ** 53 - 2);
      const c = small ? stream.integer(0, 3) : stream.integer(-(2 ** 31), 2 ** 31 - 1);
      const d = small ? stream.integer(0, 3) : stream.integer(-(2 ** 31), 2 ** 31 - 1);
      const keys = { low: stream.integer(0, 2 ** 32 - 1), high: stream.integer(0, 2 ** 32 - 1) };
      const before = keyedUint32(keys, a, b, c, d);
      const flip = (value: number, bit: number) => Number(BigInt(value) ^ (1n << BigInt(bit)));
      for (let bit = 0; bit < inputBits; bit++) {
        let after: number;
        if (bit < 53) after = keyedUint32(keys, flip(a, bit), b, c, d);
        else if (bit < 106) after = keyedUint32(keys, a, flip(b, bit - 53), c, d);
        else if (bit < 138) after = keyedUint32(keys, a, b, c ^ (1 << (bit - 106)), d);
        else if (bit < 170) after = keyedUint32(keys, a, b, c, d ^ (1 << (bit - 138)));
        else if (bit < 202) after = keyedUint32({ ...keys, low: flip(keys.low, bit - 170) }, a, b, c, d);
        else after = keyedUint32({ ...keys, high: flip(keys.high, bit - 202) }, a, b, c, d);
        for (let out = 0; out < 32; out++) flips[bit * 32 + out]! += ((before ^ after) >>> out) & 1;
      }
    }
    for (const count of flips) worst = Math.max(worst, Math.abs(count / rounds - 0.5));
    const mean = flips.reduce((sum, count) => sum + count, 0) / flips.length / rounds;
    // 7488 pairs of bits, each a mean of 4000 coins with a deviation of 0.008: the worst is about 4 deviations.
    expect(worst).toBeLessThan(0.04);
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.002);
  });

  it('do not meet each other more often than chance has it', () => {
    const seen = new Set<number>();
    for (let a = 0; a < 40; a++)
      for (let b = 0; b < 40; b++)
        for (let c = 0; c < 8; c++) for (let d = 0; d < 8; d++) seen.add(keyedUint32(key, a, b, c, d));
    // 102400 draws of 2^32: 1.2 meetings are expected.
    expect(102400 - seen.size).toBeLessThan(7);
  });
});

describe('hashText', () => {
  it('is stable, a uint32, and sees every unit, the length and the seed', () => {
    const texts = ['', '\0', '\0\0', 'a', 'b', 'ab', 'ba', 'é', '\ud800', '😀', 'a'.repeat(1000)];
    const hashes = texts.flatMap((text) => [hashText(text), hashText(text, 1), hashText(text, 0xffffffff)]);
    expect(new Set(hashes).size).toBe(hashes.length);
    for (const hash of hashes) expect(hash).toBe(hash >>> 0);
    expect(hashText('device/17')).toBe(2668491590);
  });

  it('spreads neighbouring texts evenly', () => {
    const counts = new Uint32Array(64);
    const seen = new Set<number>();
    for (let index = 0; index < 60000; index++) {
      const hash = hashText(`change/${index}`);
      counts[hash & 63]! += 1;
      seen.add(hash);
    }
    expect(chiSquare(counts, 60000)).toBeLessThan(chiSquareLimit(63));
    expect(60000 - seen.size).toBeLessThan(5);
  });

  it('with another seed is independent of the first', () => {
    const texts = indices(20000).map((index) => `device/${index}`);
    const low = texts.map((text) => hashText(text, 1));
    const high = texts.map((text) => hashText(text, 2));
    expect(Math.abs(correlation(low, high))).toBeLessThan(0.025);
    let equalBits = 0;
    for (const [index, hash] of low.entries()) {
      for (let bit = 0; bit < 32; bit++) equalBits += ((hash ^ (high[index] as number) ^ -1) >>> bit) & 1;
    }
    expect(Math.abs(equalBits / (20000 * 32) - 0.5)).toBeLessThan(0.003);
  });
});
