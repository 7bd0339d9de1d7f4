import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AssertionError } from '../../sim/errors.ts';
import { Slab } from '../../sim/slab.ts';

interface Kept {
  readonly slot: number;
  readonly generation: number;
  readonly value: string;
  uses: number;
}

const command = fc.oneof(
  fc.record({ do: fc.constant('put'), which: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constantFrom('get', 'release', 'release', 'cancel', 'expect'), which: fc.nat(40) }),
);

describe('a slab', () => {
  test('gives each value for as many uses as it has, and nothing to a stale token', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
        const slab = new Slab<string>();
        /** All tokens that were ever given, used up or not. */
        const tokens: Kept[] = [];
        for (const [number, { do: what, which }] of commands.entries()) {
          if (what === 'put') {
            const value = `value ${number}`;
            const slot = slab.put(value, which);
            tokens.push({ slot, generation: slab.generationOf(slot), value, uses: which });
            continue;
          }
          const token = tokens[which % tokens.length];
          if (token === undefined) continue;
          const { slot, generation, value } = token;
          const isHeld = token.uses > 0;
          if (what === 'get') {
            expect(slab.get(slot, generation)).toBe(isHeld ? value : undefined);
          } else if (what === 'release') {
            expect(slab.release(slot, generation)).toBe(isHeld ? value : undefined);
            if (isHeld) token.uses--;
          } else if (what === 'cancel') {
            expect(slab.cancel(slot, generation)).toBe(isHeld);
            token.uses = 0;
          } else if (isHeld) {
            token.uses = which % 4;
            slab.expect(slot, token.uses);
          }
          const held = tokens.filter(({ uses }) => uses > 0);
          expect(slab.size).toBe(held.length);
          expect(new Set(held.map((each) => each.slot)).size).toBe(held.length);
          for (const each of held) expect(slab.get(each.slot, each.generation)).toBe(each.value);
        }
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  test('uses a freed slot again, under the next generation', () => {
    const slab = new Slab<string>();
    const slot = slab.put('first');
    const generation = slab.generationOf(slot);
    expect(slab.release(slot, generation)).toBe('first');
    expect(slab.put('second')).toBe(slot);
    expect(slab.generationOf(slot)).not.toBe(generation);
    expect(slab.get(slot, generation)).toBeUndefined();
    expect(slab.release(slot, generation)).toBeUndefined();
    expect(slab.cancel(slot, generation)).toBe(false);
    expect(slab.get(slot, slab.generationOf(slot))).toBe('second');
  });

  test('does not grow while no more are held at once than before', () => {
    const slab = new Slab<number>();
    let highest = 0;
    for (let i = 0; i < 10_000; i++) {
      const slots = [slab.put(i), slab.put(-i)];
      highest = Math.max(highest, ...slots);
      for (const slot of slots) slab.release(slot, slab.generationOf(slot));
    }
    expect(highest).toBe(1);
    expect(slab.size).toBe(0);
  });

  test('lets go of a value with its last use', () => {
    const slab = new Slab<{ bytes: number }>();
    const slot = slab.put({ bytes: 1 }, 2);
    const generation = slab.generationOf(slot);
    expect(slab.release(slot, generation)).toEqual({ bytes: 1 });
    expect(slab.get(slot, generation)).toEqual({ bytes: 1 });
    expect(slab.release(slot, generation)).toEqual({ bytes: 1 });
    expect(slab.get(slot, slab.generationOf(slot))).toBeUndefined();
  });

  test('expects no more uses of a value: its slot is free', () => {
    const slab = new Slab<string>();
    const slot = slab.put('lost');
    const generation = slab.generationOf(slot);
    slab.expect(slot, 0);
    expect(slab.size).toBe(0);
    expect(slab.get(slot, generation)).toBeUndefined();
  });

  test('wants at least one use', () => {
    expect(() => new Slab<string>().put('unused', 0)).toThrow(AssertionError);
  });
});
