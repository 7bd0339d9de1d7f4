import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Arena } from '../../../models/documents/arena.ts';
import { AssertionError } from '../../../sim/errors.ts';

/** Bytes that tell which record they are of. */
function filled(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17) & 255);
}

const LARGEST = 4 * 1024 * 1024 - 4;

describe('an arena', () => {
  test('keeps every record where it is and as it was, however many come after', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 40_000 })), { maxLength: 80 }),
        (lengths) => {
          const arena = new Arena();
          const records = lengths.map((length, i) => {
            const bytes = filled(length, i);
            const address = arena.keep(bytes);
            return { bytes, address, window: arena.window(address, length) };
          });
          expect(new Set(records.map(({ address }) => address)).size).toBe(records.length);
          for (const { bytes, address, window } of records) {
            expect(address).toBeGreaterThan(0);
            expect(address | 0).toBe(address);
            expect(window).toEqual(bytes);
            expect(arena.window(address, bytes.length).buffer).toBe(window.buffer);
            expect(arena.find(window)).toBe(address);
            expect(arena.chunk(address)[arena.offset(address)]).toBe(bytes[0]);
            expect(arena.numbers(address).getUint8(arena.offset(address))).toBe(bytes[0]);
          }
        },
      ),
      { seed: 1, numRuns: 100 },
    );
  });

  test('finds records in whatever chunk they lie, asked in any order', () => {
    const arena = new Arena();
    const windows = Array.from({ length: 40 }, (_, i) => {
      const bytes = filled(30_000, i);
      const address = arena.keep(bytes);
      return { address, window: arena.window(address, bytes.length) };
    });
    expect(new Set(windows.map(({ window }) => window.buffer)).size).toBeGreaterThan(2);
    for (let i = 0; i < 200; i++) {
      const { address, window } = windows[(i * 17) % windows.length]!;
      expect(arena.find(window)).toBe(address);
    }
  });

  test('does not find bytes that lie elsewhere, nor what begins within a record', () => {
    const [arena, other] = [new Arena(), new Arena()];
    const address = arena.keep(filled(64, 1));
    const window = arena.window(address, 64);
    expect(arena.find(filled(64, 1))).toBe(0);
    expect(arena.find(window.slice())).toBe(0);
    expect(other.find(window)).toBe(0);
    other.keep(filled(64, 1));
    expect(other.find(window)).toBe(0);
    for (const start of [1, 2, 3]) expect(arena.find(window.subarray(start))).toBe(0);
    expect(arena.find(window)).toBe(address);
  });

  test('copies what it keeps', () => {
    const arena = new Arena();
    const bytes = filled(16, 3);
    const address = arena.keep(bytes);
    bytes.fill(0);
    expect(arena.window(address, 16)).toEqual(filled(16, 3));
  });

  test('gives what was reserved and not committed to the next record', () => {
    const arena = new Arena();
    const first = arena.reserve(100);
    arena.chunk(first).fill(7, arena.offset(first), arena.offset(first) + 100);
    expect(arena.reserve(50)).toBe(first);
    arena.commit(5);
    const next = arena.reserve(50);
    expect(arena.offset(next)).toBe(arena.offset(first) + 8);
    expect(arena.bytes).toBe(4 + 8);
  });

  test('counts the bytes that it has taken', () => {
    const arena = new Arena();
    expect(arena.bytes).toBe(0);
    for (let i = 0; i < 1000; i++) arena.keep(filled(100, i));
    expect(arena.bytes).toBeGreaterThanOrEqual(100_000);
    // What is left over at the ends of chunks is taken too.
    expect(arena.bytes).toBeLessThan(110_000);
  });

  test('takes records up to 4 MiB, less a word, and says so of larger ones', () => {
    const arena = new Arena();
    arena.keep(filled(10, 1));
    for (let i = 0; i < 3; i++) {
      const address = arena.keep(filled(LARGEST, i));
      const window = arena.window(address, LARGEST);
      expect(window[LARGEST - 1]).toBe(((LARGEST - 1) * 31 + i * 17) & 255);
      expect(arena.find(window)).toBe(address);
    }
    expect(() => arena.keep(new Uint8Array(LARGEST + 1))).toThrow(AssertionError);
    expect(new Arena().keep(filled(LARGEST, 1))).toBeGreaterThan(0);
  });

  test('does not let more be committed than was reserved in its chunk', () => {
    const arena = new Arena();
    arena.reserve(16);
    expect(() => arena.commit(17 * 1024)).toThrow(AssertionError);
  });
});
