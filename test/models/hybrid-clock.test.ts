import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HybridClock, isStamp, STAMP_EPOCH_MS, STAMP_MAX, stampCounter, stampMs } from '../../models/hybrid-clock.ts';
import { AssertionError } from '../../sim/errors.ts';

const START_MS = 1_767_225_600_000;

/** What a device's clock may say: near the start, far back, before 2020, with a fraction. */
const nowMs = fc.oneof(
  fc.integer({ min: START_MS, max: START_MS + 20 }),
  fc.integer({ min: 0, max: START_MS + 86_400_000 }),
  fc.double({ min: START_MS, max: START_MS + 5, noNaN: true }),
);
const stamp = fc.oneof(
  fc.integer({ min: 0, max: 20 * 4096 }).map((offset) => (START_MS - STAMP_EPOCH_MS) * 4096 + offset),
  fc.integer({ min: 1, max: STAMP_MAX - 10_000 }),
);
type Step = { kind: 'tick'; nowMs: number } | { kind: 'witness' | 'restore'; stamp: number; nowMs: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('tick' as const), nowMs }),
  fc.record({ kind: fc.constantFrom('witness' as const, 'restore' as const), stamp, nowMs }),
);

describe('the hybrid clock', () => {
  test('the epoch is 2020-01-01 in UTC', () => {
    expect(STAMP_EPOCH_MS).toBe(Date.UTC(2020, 0, 1));
  });

  test('stamps are strictly monotone, whatever the device clock does, and greater than all that was met', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const clock = new HybridClock();
        let greatest = 0;
        for (const taken of steps) {
          if (taken.kind === 'tick') {
            const given = clock.tick(taken.nowMs);
            expect(given).toBeGreaterThan(greatest);
            expect(given).toBe(clock.last);
            expect(stampMs(given)).toBeGreaterThanOrEqual(Math.floor(taken.nowMs));
            greatest = given;
          } else {
            if (taken.kind === 'witness') clock.witness(taken.stamp, taken.nowMs);
            else clock.restore(taken.stamp);
            greatest = Math.max(greatest, taken.stamp);
            expect(clock.last).toBeGreaterThanOrEqual(greatest);
          }
        }
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  test('a stamp taken after another device witnessed it is greater, though that device is hours behind', () => {
    const ahead = new HybridClock();
    const behind = new HybridClock();
    const cause = ahead.tick(START_MS);
    behind.witness(cause, START_MS - 7_200_000);
    const effect = behind.tick(START_MS - 7_200_000);
    expect(effect).toBe(cause + 1);
    expect(stampMs(effect)).toBe(START_MS);
  });

  test('a stamp holds its millisecond and its counter', () => {
    const clock = new HybridClock();
    const first = clock.tick(START_MS + 0.9);
    expect([stampMs(first), stampCounter(first)]).toEqual([START_MS, 0]);
    const second = clock.tick(START_MS);
    expect([stampMs(second), stampCounter(second)]).toEqual([START_MS, 1]);
  });

  test('the 4097th stamp of a millisecond carries into the next one', () => {
    const clock = new HybridClock();
    let last = 0;
    for (let taken = 0; taken < 4097; taken += 1) last = clock.tick(START_MS);
    expect([stampMs(last), stampCounter(last)]).toEqual([START_MS + 1, 0]);
    expect(clock.tick(START_MS + 1)).toBe(last + 1);
  });

  test('a clock that is set back goes on from its last stamp', () => {
    const clock = new HybridClock();
    const first = clock.tick(START_MS);
    expect(clock.tick(START_MS - 1000)).toBe(first + 1);
    expect(clock.tick(0)).toBe(first + 2);
  });

  test('the device clock seen at a receipt holds, though it is set back before the next edit', () => {
    const clock = new HybridClock();
    clock.witness(1, START_MS);
    expect(stampMs(clock.tick(START_MS - 60_000))).toBe(START_MS);
  });

  test('a restored clock goes on after the stored stamp, and an older one does not set it back', () => {
    const clock = new HybridClock();
    clock.restore(5_000_000);
    clock.restore(4_000_000);
    expect(clock.tick(0)).toBe(5_000_001);
  });

  test('a device without a date gets stamps from the epoch on', () => {
    expect(stampMs(new HybridClock().tick(0))).toBe(STAMP_EPOCH_MS);
    expect(isStamp(new HybridClock().tick(0))).toBe(true);
  });

  test('every stamp up to the last is a number that is held exactly', () => {
    const clock = new HybridClock();
    clock.restore(STAMP_MAX - 1);
    expect(clock.tick(START_MS)).toBe(STAMP_MAX);
    expect(() => clock.tick(START_MS)).toThrow(AssertionError);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Date.UTC(2100, 0, 1)])(
    'a device clock at %d is refused',
    (value) => {
      expect(() => new HybridClock().tick(value)).toThrow(AssertionError);
    },
  );

  test.each([-1, 0, 0.5, Number.NaN, 2 ** 53])('%d is no stamp', (value) => {
    expect(isStamp(value)).toBe(false);
    expect(() => new HybridClock().witness(value, START_MS)).toThrow(AssertionError);
  });
});
