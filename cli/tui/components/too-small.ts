// What a screen shows that is too small for the view: which size it takes, and how far things are.

import type { ReactElement } from 'react';
import { percent } from '../../report/format.ts';
import type { Frame } from '../messages.ts';
import { drawLine, firstThatFits, joined, type Line } from './spans.ts';
import { verdictLine } from './verdict.ts';

/** Below this nothing but one line is shown. */
export const COLUMNS_MIN = 40;
export const ROWS_MIN = 10;

/** One line. */
export function TooSmall({ frame, columns }: { frame: Frame | undefined; columns: number }): ReactElement {
  const progress = frame === undefined ? 'starting …' : percent(shareOf(frame));
  const verdict = verdictLine(frame);
  const sizes = `${COLUMNS_MIN}×${ROWS_MIN} needed, 60×15 for all`;
  const short = `${COLUMNS_MIN}×${ROWS_MIN} needed`;
  const hasEnded = frame !== undefined && frame.verdict !== null;
  const choices: Line[] = [
    joined([[sizes], [progress], verdict], ' · '),
    // What it came to is what matters then.
    ...(hasEnded
      ? [joined([[short], verdict], ' · '), verdict]
      : [[`${sizes} · ${progress}`], [`${short} · ${progress}`], [progress]]),
  ];
  return drawLine(firstThatFits(choices, columns), columns, 'too small');
}

function shareOf(frame: Frame): number {
  if (frame.verdict !== null) return 1;
  if (frame.kind === 'hunt') return frame.share;
  const { atUs, endUs } = frame.snapshot;
  return endUs <= 0 ? 0 : Math.min(1, atUs / endUs);
}
