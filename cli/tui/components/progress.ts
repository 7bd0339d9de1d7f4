// How far a run is: a bar, virtual and real time, how fast it goes, and what holds it back. It must not know what happens
// in the run.

import { formatDuration } from '../../durations.ts';
import { short, shortCount, time } from '../../report/format.ts';
import type { RunFrame } from '../messages.ts';
import { joined, joinedWithin, type Line, lineWidth, type Span, span } from './spans.ts';

const BAR_COLUMNS_MIN = 8;
/** Below this, whole seconds of virtual time are too coarse, ms. */
const SHORT_RUN_MS = 60_000;

/** Two lines: the bar with virtual time and speed; real time and how the run is paced. */
export function progressLines(frame: RunFrame, columns: number): Line[] {
  return [barLine(frame, columns), detailLine(frame, columns)];
}

/** A time as it is spoken: `2m 10s`, in whole seconds where `isCoarse`. */
export function spoken(ms: number, isCoarse = true): string {
  if (!isCoarse && ms < SHORT_RUN_MS) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`;
  const seconds = Math.floor(ms / 1000);
  return seconds === 0 ? '0s' : formatDuration(seconds * 1000).replace(/(?<=[a-z])(?=\d)/g, ' ');
}

/** `████▌`: so many eighths of a column. */
export function solid(eighths: number): string {
  return '█'.repeat(Math.floor(eighths / 8)) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8]!;
}

/** `████▌░░░`: the share of so many columns that is done. */
function bar(share: number, columns: number): Span[] {
  const done = solid(Math.round(Math.min(1, Math.max(0, share)) * columns * 8));
  return [span(done, 'good'), span('░'.repeat(columns - done.length), 'quiet')].filter(({ text }) => text !== '');
}

/** A bar of what is done, as far as words leave room for one. */
export function barBeside(words: Line, share: number, columns: number): Line {
  const barColumns = columns - lineWidth(words) - 1;
  return barColumns < BAR_COLUMNS_MIN ? words : [...bar(share, barColumns), ' ', ...words];
}

function barLine({ snapshot, speed }: RunFrame, columns: number): Line {
  const { atUs, endUs } = snapshot;
  const share = endUs > 0 ? Math.min(1, atUs / endUs) : 1;
  const isCoarse = endUs / 1000 >= SHORT_RUN_MS;
  const at = spoken(atUs / 1000, isCoarse);
  const end = spoken(endUs / 1000, isCoarse);
  const words: Line = joined(
    [
      [span(`${Math.floor(share * 100)}%`.padStart(4), 'title')],
      [at === end ? at : `${at} of ${end}`],
      speed > 0 ? [`${short(speed)}× real time`] : undefined,
    ],
    '  ',
  );
  return barBeside(words, share, columns);
}

function detailLine(
  { snapshot, elapsedMs, eventsPerSecond, leftMs, pace, run, verdict }: RunFrame,
  columns: number,
): Line {
  const { events } = snapshot;
  const pieces: (Line | undefined)[] = [
    pace.isPaused ? [span('‖ paused', 'notable')] : undefined,
    pace.speedMax === null || verdict !== null
      ? undefined
      : [span(`at most ${short(pace.speedMax)}× real time`, 'notable')],
    [`${spoken(Math.round(elapsedMs / 100) * 100, false)} of real time`],
    // Rounded up: it is not over before it is.
    leftMs === null || verdict !== null ? undefined : [`${spoken(Math.ceil(leftMs / 1000) * 1000)} left`],
    [`${shortCount(eventsPerSecond)} events/s`],
    run.of > 1 ? [`run ${run.number} of ${run.of}`] : undefined,
    [`${shortCount(events)} events`],
  ];
  return joinedWithin(pieces, columns);
}

/** Virtual time of something that happened: `12.3s`. */
export function happenedAt(atUs: number): string {
  return time(atUs / 1000);
}
