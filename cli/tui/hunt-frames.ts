// Frames of a hunt for its view: what it has found and reached, and how fast it goes in real time. It must not know how a
// frame is drawn.

import type { ShrinkProgress } from '../../scenarios/search/shrink-search.ts';
import type { Kept } from '../finding-files.ts';
import type { HuntVerdict } from '../hunt-result.ts';
import type { FindingProgress, HuntProgress } from '../hunter.ts';
import { counted } from '../report/size.ts';
import { findingLine } from './finding-line.ts';
import type { HuntFindingNews, HuntFrame, ShrinkNews } from './messages.ts';

/** Over which seeds a second are taken, ms. */
const RECENT_MS = 3000;
const SECOND_MS = 1000;
/** Seconds whose rates are kept: as many as the widest chart has columns. */
const RATES_MAX = 240;

export interface HuntFramesOptions {
  /** Seeds that there are. */
  readonly seeds: number;
  /** Real time after which no seed begins, ms. */
  readonly forMs: number | undefined;
  progress(): HuntProgress;
  /** What was kept of a finding that was recorded; undefined where it could not be. */
  keptOf(signature: string): Kept | undefined;
  /** Marks without those that the documents can never reach. */
  reachable(marks: Readonly<Record<string, number>>): Readonly<Record<string, number>>;
  nowMs(): number;
}

interface Sample {
  readonly elapsedMs: number;
  readonly done: number;
}

export class HuntFrames {
  readonly #options: HuntFramesOptions;
  readonly #startedMs: number;
  #endedMs: number | undefined;
  /** The latest last; the first is older than `RECENT_MS`, where there is one. */
  readonly #samples: Sample[] = [{ elapsedMs: 0, done: 0 }];
  /** Seeds done in each whole second, and those done by the end of the last of them. */
  readonly #rates: number[] = [];
  #seconds = 0;
  #doneBySecond = 0;
  /** Made once: a kept finding does not change. */
  readonly #stories = new Map<string, string>();

  /** The hunt begins. */
  constructor(options: HuntFramesOptions) {
    this.#options = options;
    this.#startedMs = options.nowMs();
  }

  /** The hunt as it stands. @param verdict of a hunt that has ended */
  frame(verdict: HuntVerdict | null = null): HuntFrame {
    const { seeds } = this.#options;
    const progress = this.#options.progress();
    const { tally, done, isOver, isEnding } = progress;
    const elapsedMs = this.#endedMs ?? this.#options.nowMs() - this.#startedMs;
    if (verdict !== null) this.#endedMs = elapsedMs;
    this.#sample({ elapsedMs, done });
    return {
      kind: 'hunt',
      done,
      of: seeds,
      share: verdict === null ? this.#share(progress, elapsedMs) : 1,
      elapsedMs,
      seedsPerSecond: verdict === null ? this.#recentRate() : rateOf(done, elapsedMs),
      rates: [...this.#rates],
      leftMs: verdict !== null || isOver || isEnding ? null : this.#leftMs(done, elapsedMs),
      failedSeeds: tally.failed,
      lostSeeds: tally.dead.length,
      findings: progress.findings.map((finding, at) => this.#newsOf(finding, tally.found[at]!)),
      shrinking: progress.findings.flatMap(shrinkNews),
      faults: tally.faults,
      marks: unreachedFirst(this.#options.reachable(tally.marks)),
      isOver,
      isEnding,
      verdict,
    };
  }

  #share({ done, isOver }: HuntProgress, elapsedMs: number): number {
    const { seeds, forMs } = this.#options;
    if (isOver) return 1;
    return Math.min(1, Math.max(done / seeds, forMs === undefined ? 0 : elapsedMs / forMs));
  }

  /** Seeds go at the pace of the whole hunt: while workers shrink findings, none are done for a while. */
  #leftMs(done: number, elapsedMs: number): number | null {
    const { seeds, forMs } = this.#options;
    const bySeeds = done > 0 ? ((seeds - done) * elapsedMs) / done : Number.POSITIVE_INFINITY;
    const byTime = forMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, forMs - elapsedMs);
    const leftMs = Math.min(bySeeds, byTime);
    return Number.isFinite(leftMs) ? leftMs : null;
  }

  #sample(sample: Sample): void {
    const samples = this.#samples;
    const last = samples.at(-1)!;
    // A hunt that has ended stays as it is, however often it is looked at.
    if (sample.elapsedMs <= last.elapsedMs) return;
    this.#closeSeconds(last, sample);
    samples.push(sample);
    while (samples.length > 2 && samples[1]!.elapsedMs <= sample.elapsedMs - RECENT_MS) samples.shift();
  }

  /** Enters the seconds that have ended between two samples; in between seeds are taken as done one after another. */
  #closeSeconds(before: Sample, now: Sample): void {
    const whole = Math.floor(now.elapsedMs / SECOND_MS);
    for (; this.#seconds < whole; this.#seconds++) {
      const part = ((this.#seconds + 1) * SECOND_MS - before.elapsedMs) / (now.elapsedMs - before.elapsedMs);
      const done = before.done + (now.done - before.done) * part;
      this.#rates.push(Math.max(0, done - this.#doneBySecond));
      this.#doneBySecond = done;
      if (this.#rates.length > RATES_MAX) this.#rates.shift();
    }
  }

  #recentRate(): number {
    const first = this.#samples[0]!;
    const last = this.#samples.at(-1)!;
    return rateOf(last.done - first.done, last.elapsedMs - first.elapsedMs);
  }

  #newsOf(
    { signature, state, lost }: FindingProgress,
    { oracle, kind, seed, seeds }: HuntProgress['tally']['found'][number],
  ): HuntFindingNews {
    const common = { signature, oracle, kind, seed, seeds };
    if (state === 'lost') return { ...common, state, story: `not kept: ${lost}`, file: null };
    if (state !== 'recorded' && this.#endedMs !== undefined) {
      return { ...common, state: 'lost', story: 'not kept: the hunt was ended before it was recorded', file: null };
    }
    if (state !== 'recorded') return { ...common, state, story: `found by the oracle ${oracle}`, file: null };
    const kept = this.#options.keptOf(signature);
    if (kept === undefined) return { ...common, state: 'lost', story: 'its file could not be written', file: null };
    return { ...common, state: 'kept', story: this.#storyOf(signature, kept), file: kept.file };
  }

  #storyOf(signature: string, { held }: Kept): string {
    let story = this.#stories.get(signature);
    if (story === undefined) {
      const { edits, devices } = held.sizeAfter;
      story = `${counted(edits, 'edit')} on ${counted(devices, 'device')}: ${lineOf(held.finding)}`;
      this.#stories.set(signature, story);
    }
    return story;
  }
}

/** No fault in a text ends a long hunt. */
function lineOf(finding: Kept['held']['finding']): string {
  try {
    return findingLine(finding);
  } catch {
    return `found by the oracle ${finding.oracle}`;
  }
}

function shrinkNews({ signature, shrink }: FindingProgress): ShrinkNews[] {
  if (shrink === undefined) return [];
  const { first, now } = shrink;
  return [{ signature, tries: now.tries, from: counted(first.edits, 'edit'), size: sizeOf(now) }];
}

function sizeOf({ edits, devices }: ShrinkProgress): string {
  return `${counted(edits, 'edit')}, ${counted(devices, 'device')}`;
}

function rateOf(seeds: number, ms: number): number {
  return ms <= 0 ? 0 : (seeds * 1000) / ms;
}

/** Otherwise in their order, so that lines do not jump. */
function unreachedFirst(marks: Readonly<Record<string, number>>): Record<string, number> {
  const entries = Object.entries(marks);
  return Object.fromEntries([
    ...entries.filter(([, count]) => count === 0),
    ...entries.filter(([, count]) => count > 0),
  ]);
}
