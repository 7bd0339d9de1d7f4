// What a person sees of a hunt while it goes on: the live view on a terminal, a line of progress elsewhere, and that line
// again where the view is lost. It must not know how a hunt goes about it, nor how a view is drawn.

import { availableParallelism } from 'node:os';
import type { DocumentType } from '../models/documents/port.ts';
import type { Kept } from './finding-files.ts';
import type { Arguments } from './flags.ts';
import type { HuntVerdict } from './hunt-result.ts';
import type { HuntProgress } from './hunter.ts';
import { type Io, lineOptions, type ScreenPort, wantsScreen } from './io.ts';
import { reachableMarks } from './reachable-marks.ts';
import { type HuntPlan, huntLine } from './report/hunt-text.ts';
import { LiveLine } from './report/live-line.ts';
import { HuntFrames } from './tui/hunt-frames.ts';
import type { HuntTitle } from './tui/messages.ts';
import { openView } from './view-screen.ts';

const LOOK_EVERY_MS = 100;
/** Share of the machine that drawing may take: workers have all of its cores. */
const SHARE_OF_MACHINE = 0.025;

export interface HuntViewOptions {
  readonly io: Io;
  readonly parsed: Arguments;
  readonly plan: HuntPlan;
  /** Seeds that there are. */
  readonly seeds: number;
  readonly documents: DocumentType;
  progress(): HuntProgress;
  /** What was kept of a finding. */
  keptOf(signature: string): Kept | undefined;
  /** Asks the hunt to end soon. */
  interrupt(): void;
}

/** The view of one hunt, from its beginning on. */
export class HuntView {
  readonly #options: HuntViewOptions;
  readonly #line: LiveLine | undefined;
  readonly #frames: HuntFrames;
  #screen: Promise<ScreenPort | undefined> | undefined;
  #looks: NodeJS.Timeout | undefined;
  #mustLeave = false;
  #hasEnded = false;

  constructor(options: HuntViewOptions) {
    const { io, parsed, plan, seeds, documents } = options;
    this.#options = options;
    this.#line = parsed.has('quiet') ? undefined : new LiveLine(lineOptions(io, parsed));
    this.#frames = new HuntFrames({
      seeds,
      forMs: plan.forMs,
      progress: () => options.progress(),
      keptOf: (signature) => options.keptOf(signature),
      reachable: (marks) => reachableMarks(marks, documents),
      nowMs: () => io.nowMs(),
    });
    if (wantsScreen(io, parsed)) this.#screen = this.#open();
    else this.#look();
  }

  /** A signal has come: the hunt is to end, and nobody is waited for who looks at what it came to. */
  interrupt(): void {
    this.#mustLeave = true;
    this.#options.interrupt();
    // What a frame threw is for the one that waits for the end.
    if (this.#hasEnded) void this.#screen?.then((screen) => screen?.leave()).catch(() => undefined);
  }

  /** The hunt is over: its last frame is shown, and the terminal is as it was before. */
  async end(verdict: HuntVerdict): Promise<void> {
    this.#closeLine();
    this.#hasEnded = true;
    const screen = await this.#screen;
    if (this.#mustLeave) await screen?.leave();
    else await screen?.end(() => this.#frames.frame(verdict));
    this.#screen = undefined;
  }

  /** Nothing more is shown: the terminal is as it was before. */
  async leave(): Promise<void> {
    this.#closeLine();
    const screen = this.#screen;
    this.#screen = undefined;
    await (await screen)?.leave();
  }

  #look(): void {
    const line = this.#line;
    if (line === undefined) return;
    const { documents, seeds } = this.#options;
    const text = (elapsedMs: number): string => {
      const progress = this.#options.progress();
      const tally = { ...progress.tally, marks: reachableMarks(progress.tally.marks, documents) };
      return huntLine({ ...progress, tally }, seeds, elapsedMs);
    };
    this.#looks = setInterval(() => line.update(text), LOOK_EVERY_MS);
  }

  #closeLine(): void {
    clearInterval(this.#looks);
    this.#line?.end();
  }

  #open(): Promise<ScreenPort | undefined> {
    const { io, parsed, plan } = this.#options;
    return openView(io, parsed, {
      open: { title: titleOf(plan), shareMax: SHARE_OF_MACHINE * availableParallelism(), hang: null },
      frame: () => this.#frames.frame(),
      wish: (wish) => {
        if (wish === 'quit') this.#options.interrupt();
      },
      lost: () => {
        this.#screen = undefined;
        if (!this.#hasEnded) this.#look();
      },
    });
  }
}

function titleOf({ config, seeds, workers, findingsMax }: HuntPlan): HuntTitle {
  const { scenario, profile, side, documents, faults } = config;
  return { kind: 'hunt', scenario, profile, seeds, side, documents, faults: faults.name, workers, findingsMax };
}
