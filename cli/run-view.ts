// What a person sees of a run while it goes on: the live view on a terminal, a line of progress elsewhere, and that line
// again where the view is lost. It must not know what a run does, nor how a view is drawn.

import { availableParallelism } from 'node:os';
import type { Config } from '../scenarios/config-schema.ts';
import type { Progress, RunHooks, Verdict } from '../scenarios/result.ts';
import type { RunWatch } from '../scenarios/watch/run-watch.ts';
import type { Arguments } from './flags.ts';
import { after } from './host.ts';
import { type Io, lineOptions, type ScreenPort, wantsScreen } from './io.ts';
import { LiveLine } from './report/live-line.ts';
import { progressLine } from './report/progress.ts';
import type { RunTitle } from './tui/messages.ts';
import { Pacer } from './tui/pace.ts';
import { RunFrames } from './tui/run-frames.ts';
import { openView } from './view-screen.ts';
import type { Watch } from './watchdog.ts';

/** Share of one core that drawing may take: more where a core is idle anyway, little where the clock is real. */
const SHARE_IDLE = 0.1;
const SHARE_WALL = 0.05;
const SHARE_BUSY = 0.02;

export interface RunViewOptions {
  readonly io: Io;
  readonly parsed: Arguments;
  /** How many runs there will be. */
  readonly runs: number;
  readonly watch: Watch | undefined;
  /** Asks the run to end soon. */
  interrupt(): void;
}

export class RunView {
  readonly #options: RunViewOptions;
  readonly #line: LiveLine | undefined;
  readonly #wantsScreen: boolean;
  #screen: Promise<ScreenPort | undefined> | undefined;
  #pacer: Pacer | undefined;
  #frames: RunFrames | undefined;
  #hasEnded = false;

  constructor(options: RunViewOptions) {
    const { io, parsed } = options;
    this.#options = options;
    this.#line = parsed.has('quiet') ? undefined : new LiveLine(lineOptions(io, parsed));
    this.#wantsScreen = wantsScreen(io, parsed);
  }

  /** What a run is to tell. */
  get hooks(): Pick<RunHooks, 'onProgress' | 'onWatch' | 'pace'> {
    const line = this.#line;
    if (line === undefined) return {};
    if (!this.#wantsScreen) return { onProgress: (progress) => this.#tell(progress) };
    return {
      onProgress: (progress) => {
        if (this.#screen === undefined) this.#tell(progress);
      },
      onWatch: (watch) => this.#begin(watch),
      pace: () => this.#pacer!.next(),
    };
  }

  /** Real time for which the run was paused, ms. */
  get pausedMs(): number {
    return this.#pacer?.pausedMs ?? 0;
  }

  /** The run is to end: nothing holds it back any more, and nobody is waited for who looks at what it came to. */
  interrupt(): void {
    this.#release();
    // What a frame threw is for the one that waits for the end.
    if (this.#hasEnded) void this.#screen?.then((screen) => screen?.leave()).catch(() => undefined);
  }

  /** Until the run may go on. */
  async wait(): Promise<void> {
    await this.#pacer?.wait();
  }

  /** The run is over: its last frame is shown, and the terminal is as it was before. */
  async end(verdict: Verdict): Promise<void> {
    this.#line?.end();
    this.#release();
    this.#hasEnded = true;
    await (await this.#screen)?.end((tab) => this.#frames!.frame(tab, verdict));
    this.#screen = undefined;
  }

  /** Nothing more is shown: the terminal is as it was before. */
  async leave(): Promise<void> {
    this.#line?.end();
    this.#release();
    await (await this.#screen)?.leave();
    this.#screen = undefined;
  }

  #release(): void {
    this.#pacer?.release();
  }

  #tell(progress: Progress): void {
    this.#line?.update((elapsedMs) => progressLine(progress, elapsedMs));
  }

  #begin(watch: RunWatch): void {
    const { io, runs } = this.#options;
    if (this.#pacer === undefined) {
      const pacer = new Pacer({
        canPause: watch.config.clock === 'virtual',
        nowMs: () => io.nowMs(),
        after,
        beat: () => this.#options.watch?.beat(),
      });
      this.#pacer = pacer;
      this.#frames = new RunFrames({
        nowMs: () => io.nowMs(),
        pausedMs: () => pacer.pausedMs,
        pace: () => pacer.news,
        runs,
      });
      this.#screen = this.#open(watch);
    }
    this.#pacer.attach(watch);
    this.#frames!.begin(watch);
  }

  #open(watch: RunWatch): Promise<ScreenPort | undefined> {
    const { io, parsed } = this.#options;
    return openView(io, parsed, {
      open: {
        title: titleOf(watch.config, watch.deviceCount),
        shareMax: shareOf(watch.config),
        hang: this.#options.watch?.hang ?? null,
      },
      frame: (tab) => this.#frames!.frame(tab),
      wish: (wish) => {
        if (wish === 'quit') this.#options.interrupt();
        else this.#pacer!.wish(wish, this.#frames!.speed);
      },
      lost: () => {
        this.#screen = undefined;
        this.#release();
      },
    });
  }
}

function titleOf(config: Config, devices: number): RunTitle {
  const { scenario, profile, seed, side, clock, documents, faults, users } = config;
  return { kind: 'run', scenario, profile, seed, side, clock, documents, faults: faults.name, users, devices };
}

function shareOf({ clock }: Config): number {
  if (availableParallelism() < 2) return SHARE_BUSY;
  return clock === 'wall' ? SHARE_WALL : SHARE_IDLE;
}
