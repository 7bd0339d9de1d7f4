// How far a run is, in one line. It must not know where the line is shown.
import type { Progress } from '../../scenarios/result.ts';
import { formatDuration } from '../durations.ts';
import { short, shortCount } from './format.ts';

/** One line: percent, virtual time, phase, events a second, times faster than real time, time left. */
export function progressLine({ virtualUs, endUs, phase, events }: Progress, wallMs: number): string {
  const share = endUs > 0 ? Math.min(1, virtualUs / endUs) : 1;
  const seconds = Math.max(wallMs, 1) / 1000;
  const speed = virtualUs / 1e6 / seconds;
  const leftMs = speed > 0 ? (Math.max(0, endUs - virtualUs) / 1e6 / speed) * 1000 : undefined;
  const left = leftMs === undefined ? '' : `  ${inSeconds(Math.ceil(leftMs / 1000) * 1000)} left`;
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const at = `${inSeconds(virtualUs / 1000)} of ${inSeconds(endUs / 1000)}`;
  return `${percent}  ${at}  ${phase}  ${shortCount(events / seconds)} events/s  ${short(speed)}× real time${left}`;
}

function inSeconds(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return seconds === 0 ? '0s' : formatDuration(seconds * 1000);
}
