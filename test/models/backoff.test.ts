// Waits after failures: full jitter under a cap that doubles, and never less than was asked for.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Backoff } from '../../models/backoff.ts';

const BOUNDS = { retryMsBase: 200, retryMsMax: 30_000, retryJitter: 'full' } as const;

test('waits grow to twice the cap of the one before, up to the longest', () => {
  const backoff = new Backoff();
  const waitsMs = Array.from({ length: 10 }, () => backoff.begin(1, 0, BOUNDS) / 1000);
  expect(waitsMs).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
});

test('a wait lies anywhere from nothing to its cap, and is no shorter than what the relay asks for', () => {
  const draw = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(draw, { minLength: 1, maxLength: 60 }), fc.nat(60_000), (draws, retryAfterMs) => {
      const backoff = new Backoff();
      for (const [failures, u] of draws.entries()) {
        const capMs = Math.min(BOUNDS.retryMsMax, BOUNDS.retryMsBase * 2 ** failures);
        const waitUs = backoff.begin(u, retryAfterMs, BOUNDS);
        expect(waitUs).toBe(Math.round(Math.max(u * capMs, retryAfterMs) * 1000));
        expect(Number.isSafeInteger(waitUs)).toBe(true);
      }
    }),
    { numRuns: 200, seed: 1 },
  );
});

test('after a good answer they begin from the shortest again', () => {
  const backoff = new Backoff();
  for (let failure = 0; failure < 5; failure++) backoff.begin(1, 0, BOUNDS);
  backoff.succeeded();
  expect(backoff.begin(1, 0, BOUNDS)).toBe(200_000);
});

test('only the end of the latest wait counts, once', () => {
  const backoff = new Backoff();
  expect(backoff.end(0)).toBe(false);
  backoff.begin(1, 0, BOUNDS);
  const first = backoff.serial;
  backoff.begin(1, 0, BOUNDS);
  expect(backoff.end(first)).toBe(false);
  expect(backoff.isOn).toBe(true);
  expect(backoff.end(backoff.serial)).toBe(true);
  expect(backoff.isOn).toBe(false);
  expect(backoff.end(backoff.serial)).toBe(false);
});

test('without jitter each wait is its cap', () => {
  const backoff = new Backoff();
  const waitsMs = [0, 0.3, 0.9].map((u) => backoff.begin(u, 0, { ...BOUNDS, retryJitter: 'none' }) / 1000);
  expect(waitsMs).toEqual([200, 400, 800]);
});
