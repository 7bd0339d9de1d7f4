import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../cli/durations.ts';

describe('durations', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['1.5s', 1500],
    ['1.1s', 1100],
    ['0.5h', 1_800_000],
    ['1m5ms', 60_005],
    ['1500', 1500],
    ['0', 0],
    ['0.25', 0.25],
  ])('%s is read as %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each([
    '',
    '-5s',
    '5 parsecs',
    'NaN',
    'Infinity',
    '5 s',
    's',
    '30s5m',
    '5m5m',
    '1e3',
    '.5s',
    '5S',
    '0x10',
    '+5s',
    '1,5s',
  ])('%j is none', (text) => expect(parseDuration(text)).toBeUndefined());

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 31_536_000_000 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
      { seed: 1 },
    );
  });

  it.each([
    [0, '0ms'],
    [250, '250ms'],
    [90_000, '1m30s'],
    [5_400_000, '1h30m'],
    [86_400_000, '1d'],
  ])('%d ms is written as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});
