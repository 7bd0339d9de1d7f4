// Where the ticks of an axis stand, and how they are written. Pure arithmetic: it must not know what is drawn.

import { formatDuration } from '../../durations.ts';
import type { Unit } from '../../../scenarios/baseline/comparison.ts';
import { decimals, grouped, shortCount, time } from '../format.ts';

/** Virtual time: steps at which people count, ms. */
const TIME_STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
];

/** Ticks of a time axis from 0 to `endMs`, at most so many after 0. */
export function timeTicks(endMs: number, most: number): number[] {
  const days = Math.max(1, Math.ceil(endMs / most / 86_400_000));
  const step = TIME_STEPS.find((each) => endMs / each <= most) ?? days * 86_400_000;
  return multiples(step, endMs);
}

/** Ticks from 0 that reach `top` or more, in steps of 1, 2 or 5 times a power of ten; the last is the axis' end. */
export function niceTicks(top: number, most: number): number[] {
  if (!(top > 0)) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(top / most));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => top / each <= most) ?? 10 * power;
  return multiples(step, Math.ceil(top / step - 1e-9) * step);
}

function multiples(step: number, end: number): number[] {
  const count = Math.floor(end / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, at) => Number((at * step).toPrecision(12)));
}

/** Ticks of a logarithmic axis that holds `low` to `high`, both above 0: 1, 2, 5 of each power, or powers alone. */
export function logTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.ceil(Math.log10(high) - 1e-9);
  const parts = last - first > 2 ? [1] : [1, 2, 5];
  const all: number[] = [];
  for (let power = first; power <= last; power++) {
    for (const part of parts) all.push(Number((part * 10 ** power).toPrecision(12)));
  }
  // One tick at or below the least value, one at or above the greatest.
  const from = Math.max(
    0,
    all.findLastIndex((tick) => tick <= low * (1 + 1e-9)),
  );
  const to = all.findIndex((tick) => tick >= high * (1 - 1e-9));
  const ticks = all.slice(from, to < 0 ? undefined : to + 1);
  return ticks.length > 1 ? ticks : [ticks[0]!, ticks[0]! * 10];
}

/** A tick of a value axis: `500ms`, `40%`, `1.2k`. */
export function tickText(value: number, unit: Unit): string {
  switch (unit) {
    case 'ms':
      return value === 0 ? '0' : time(value);
    case 'share':
      return `${decimals(value * 100, 2)}%`;
    case 'perSecond':
    case 'count':
      return value >= 10_000
        ? shortCount(value)
        : value >= 1
          ? grouped(value) === String(value)
            ? String(value)
            : decimals(value, 1)
          : decimals(value, 3);
  }
}

/** A tick of a time axis: `0`, `1m30s`. */
export function clockText(ms: number): string {
  return ms === 0 ? '0' : formatDuration(ms);
}

/** A share of the whole as percent, for coordinates: at most three decimals. */
export function place(share: number): string {
  return `${Number((Math.min(1, Math.max(0, share)) * 100).toFixed(3))}%`;
}

/** A coordinate with one decimal. */
export function near(value: number): number {
  return Math.round(value * 10) / 10;
}
