import fc from 'fast-check';
import { expect, it } from 'vitest';
import { epochMsOf } from '../../scenarios/epoch.ts';

it.each([
  ['1970-01-01T00:00:00Z', 0],
  ['2026-01-01T00:00:00Z', 1_767_225_600_000],
  ['2024-02-29T23:59:59.999Z', 1_709_251_199_999],
  ['2026-01-01T02:30:00+02:30', 1_767_225_600_000],
  ['2025-12-31T19:00:00-05:00', 1_767_225_600_000],
  ['2026-01-01T00:00Z', 1_767_225_600_000],
])('reads %s', (text, ms) => {
  expect(epochMsOf(text)).toBe(ms);
});

it('agrees with the language on every instant of four centuries', () => {
  const instant = fc.date({ min: new Date(-1e13), max: new Date(1e13), noInvalidDate: true });
  fc.assert(
    fc.property(instant, (date) => {
      expect(epochMsOf(date.toISOString())).toBe(date.getTime());
    }),
    { seed: 1 },
  );
});
