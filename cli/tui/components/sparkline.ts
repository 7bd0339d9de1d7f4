// Values over time as a row of bars, or a few rows. It must not know what the values are.

const EIGHTHS = ' ▁▂▃▄▅▆▇█';

/** How several values become one column: the greatest of a level, the mean of a rate. */
export type Squeeze = 'max' | 'mean';

/**
 * So many values that each has a column. Groups stand still while values are added, as long as `expected` stays.
 * @param expected values that there will be in the end; fewer than columns are not stretched
 */
export function squeezed(values: readonly number[], expected: number, columns: number, by: Squeeze): number[] {
  const length = Math.max(expected, values.length);
  if (length <= columns) return [...values];
  const groups: number[] = [];
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * length) / columns);
    const to = Math.min(values.length, Math.floor(((column + 1) * length) / columns));
    if (from >= to) break;
    let greatest = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (let index = from; index < to; index++) {
      const value = values[index]!;
      sum += value;
      if (value > greatest) greatest = value;
    }
    groups.push(by === 'max' ? greatest : sum / (to - from));
  }
  return groups;
}

/**
 * Rows of bars from the top one down, each as long as there are values. Zero is the lowest bar; anything more is higher.
 * @param top value of a full column
 * @param isBlankAtZero whether zero is no value, and stands blank
 */
export function sparkline(values: readonly number[], top: number, rows = 1, isBlankAtZero = false): string[] {
  const steps = rows * 8;
  const heights = values.map((value) => {
    if (value <= 0 || top <= 0) return isBlankAtZero ? 0 : 1;
    return 1 + Math.max(1, Math.round(Math.min(1, value / top) * (steps - 1)));
  });
  return Array.from({ length: rows }, (_, row) => {
    const below = (rows - 1 - row) * 8;
    return heights.map((height) => EIGHTHS[Math.min(8, Math.max(0, height - below))]!).join('');
  });
}
