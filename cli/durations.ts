// Durations as people type and read them: 250ms, 30s, 5m, 1h30m.

const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

const SYNTAX =
  /^(?=.)(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/;

/** What to write where a duration is wrong. */
export const DURATION_EXAMPLES = 'a duration such as 250ms, 30s, 5m, 1h30m';

/** A duration in ms, to the nearest microsecond; a bare number is ms. Undefined where the text is none. */
export function parseDuration(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const match = SYNTAX.exec(text);
  if (match === null) return undefined;
  const ms = UNITS.reduce((sum, [, unitMs], index) => sum + Number(match[index + 1] ?? 0) * unitMs, 0);
  return Math.round(ms * 1000) / 1000;
}

/** The shortest text that parseDuration reads back as the same number of whole ms; `0ms` for none. */
export function formatDuration(ms: number): string {
  let left = Math.round(ms);
  let text = '';
  for (const [unit, unitMs] of UNITS) {
    const count = Math.floor(left / unitMs);
    if (count > 0) text += `${count}${unit}`;
    left -= count * unitMs;
  }
  return text === '' ? '0ms' : text;
}
