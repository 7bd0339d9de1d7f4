// How far a run is, on standard error: one line rewritten in place on a terminal, a plain line every few seconds
// elsewhere. It must not slow the run: most calls return at once.
import type { Progress } from '../../scenarios/result.ts';
import { formatDuration } from '../durations.ts';
import { short, shortCount } from './format.ts';

const REWRITE_EVERY_MS = 100;
const LINE_EVERY_MS = 5000;

/** What the reporter needs of its surroundings. */
export interface ProgressOptions {
  write(text: string): void;
  nowMs(): number;
  /** On a terminal the line is rewritten. */
  inPlace: boolean;
  columns(): number;
}

/** Renders progress; made when the run starts. */
export class ProgressReporter {
  readonly #options: ProgressOptions;
  readonly #startedMs: number;
  #shownMs: number;
  #lineIsOpen = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#startedMs = options.nowMs();
    this.#shownMs = options.inPlace ? -Infinity : this.#startedMs;
  }

  /** Shows where the run is, unless it was shown a moment ago. */
  update(progress: Progress): void {
    const { inPlace } = this.#options;
    const now = this.#options.nowMs();
    if (now - this.#shownMs < (inPlace ? REWRITE_EVERY_MS : LINE_EVERY_MS)) return;
    this.#shownMs = now;
    const line = progressLine(progress, now - this.#startedMs);
    if (!inPlace) return this.#options.write(`${line}\n`);
    this.#options.write(`\r${line.slice(0, Math.max(1, this.#options.columns() - 1))}\u001b[K`);
    this.#lineIsOpen = true;
  }

  /** Takes the rewritten line away; plain lines stay. */
  end(): void {
    if (this.#lineIsOpen) this.#options.write('\r\u001b[K');
    this.#lineIsOpen = false;
  }
}

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
