// Numbers as people read them, alike on every machine. It knows no metric.
import { styleText } from 'node:util';
import { formatDuration } from '../durations.ts';

export type Style = Parameters<typeof styleText>[0];

/** Colours a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** Colours where they are wanted. */
export function painter(colours: boolean): Paint {
  return colours ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}

/** A whole number with its thousands set apart: `12,345`. */
export function grouped(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** A number in three digits or so: `0.85`, `64.1`, `3,186`. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return grouped(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return decimals(value, digits);
}

/** A number with at most so many decimals: `128.44`, `0.99998`. */
export function decimals(value: number, most: number): string {
  const text = value.toFixed(most);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** A count in three digits or so with its power: `950`, `38.2k`, `1.2M`. */
export function shortCount(count: number): string {
  if (count >= 1e6) return `${(count / 1e6).toFixed(count >= 1e8 ? 0 : 1)}M`;
  if (count >= 1e3) return `${(count / 1e3).toFixed(count >= 1e5 ? 0 : 1)}k`;
  return String(Math.round(count));
}

/** A time in ms: `0.85ms`, `64.1ms`, `1.28s`, `5m12s`. */
export function time(ms: number): string {
  if (ms < 999.5) return `${short(ms)}ms`;
  if (ms < 59_995) return `${decimals(ms / 1000, 2)}s`;
  return formatDuration(Math.round(ms / 1000) * 1000);
}

/** A share of 0–1: `97.31%`; all and none only where it is exactly that. */
export function percent(share: number): string {
  const text = (share * 100).toFixed(2);
  if (share < 1 && text === '100.00') return '99.99%';
  if (share > 0 && text === '0.00') return '0.01%';
  return `${text}%`;
}

/** A name and dots up to a column: `requests ....:`. */
export function dotted(name: string, width: number): string {
  return `${name} ${'.'.repeat(Math.max(2, width - name.length))}:`;
}
