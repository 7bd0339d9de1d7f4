// Drives a hunt: gives seeds and findings to workers, and keeps what comes back. Which worker answers when changes
// nothing of what is found. It must not know files, terminals or how a seed is run.
import { Hunt, type HuntTally } from '../scenarios/search/hunt.ts';
import type { Seeds } from '../scenarios/search/seeds.ts';
import type { ShrinkProgress } from '../scenarios/search/shrink-search.ts';
import type { Workers } from './hunt-pool.ts';
import { type ErrorData, errorOfData, type Investigated, type SeedDone } from './hunt-tasks.ts';

export interface HunterOptions {
  readonly seeds: Seeds;
  /** Distinct findings after which it ends. */
  readonly findingsMax: number;
  /** Real time after which no seed begins, ms; left out, all seeds are run. */
  readonly forMs?: number | undefined;
  /** Real time for shrinking one finding, ms. */
  readonly shrinkMs: number;
  /** Keeps what was recorded, as soon as it is. */
  keep?(found: Investigated): Promise<void>;
  nowMs(): number;
  /** Calls back after so much real time; gives what takes that back. */
  after(ms: number, call: () => void): () => void;
}

/** What is made of a finding by now. */
export interface FindingProgress {
  readonly signature: string;
  /** Nobody is at it yet, a worker is, it was recorded, or it cannot be. */
  readonly state: 'found' | 'shrinking' | 'recorded' | 'lost';
  /** Why it was not recorded. */
  readonly lost: string | undefined;
  /** While it is shrunk: its size as it was first told, and by now. */
  readonly shrink: { readonly first: ShrinkProgress; readonly now: ShrinkProgress } | undefined;
}

/** How far a hunt is. */
export interface HuntProgress {
  readonly tally: HuntTally;
  /** In the order of `tally.found`. */
  readonly findings: readonly FindingProgress[];
  readonly done: number;
  /** No further seed counts. */
  readonly isOver: boolean;
  /** It was interrupted, its time is over, or it has met a bug. */
  readonly isEnding: boolean;
  /** Findings that are being shrunk, and how far the first of them is. */
  readonly shrinking: number;
  readonly shrunk: ShrinkProgress | undefined;
}

/** What was made of a finding. */
export interface HunterFinding {
  readonly signature: string;
  readonly oracle: string;
  readonly kind: 'safety' | 'liveness';
  /** The lowest seed that shows it. */
  readonly seed: string;
  /** How many seeds show it, and the first of them. */
  readonly seedCount: number;
  readonly seeds: readonly string[];
  /** Undefined where it was not recorded; `lost` says why. */
  readonly found: Investigated | undefined;
  readonly lost: string | undefined;
}

/** A bug of ours, or bad input, that a seed met: the hunt ends there. */
export interface HunterFailure {
  readonly seed: string;
  readonly error: Error;
}

/** What a hunt comes to. */
export interface HuntOutcome {
  readonly tally: HuntTally;
  readonly findings: readonly HunterFinding[];
  readonly isInterrupted: boolean;
  /** True where real time ended it before its seeds did. */
  readonly isOutOfTime: boolean;
  readonly failure: HunterFailure | undefined;
}

/** Real time that a batch of seeds should take, ms: short enough for a live line, long enough to cost nothing. */
const BATCH_MS = 250;
const BATCH_MAX = 100;
/** Real time in which tasks may end by themselves once the hunt was interrupted, ms. */
const GRACE_MS = 5000;
/** Seeds that are listed with a finding. */
const SEEDS_LISTED = 20;

interface Recorded {
  readonly found: Investigated | undefined;
  readonly lost: string | undefined;
}

/** One hunt; made to be run once. */
export class Hunter {
  readonly #options: HunterOptions;
  readonly #workers: Workers;
  readonly #hunt: Hunt;
  readonly #startedMs: number;
  /** Seeds that were given to a worker and are not done. */
  readonly #outstanding = new Set<number>();
  /** Indexes of the seeds with findings, by signature. */
  readonly #indexes = new Map<string, number[]>();
  /** What was made of findings, by signature; undefined while a worker is at it. */
  readonly #recorded = new Map<string, Recorded | undefined>();
  readonly #shrinking = new Map<string, { first: ShrinkProgress; now: ShrinkProgress }>();
  #batch = 1;
  #active = 0;
  #isInterrupted = false;
  #isOutOfTime = false;
  #isKilled = false;
  #failure: (HunterFailure & { index: number }) | undefined;
  #broken: { error: unknown } | undefined;
  #end: (() => void) | undefined;
  #takeBack: (() => void) | undefined;

  constructor(options: HunterOptions, workers: Workers) {
    this.#options = options;
    this.#workers = workers;
    this.#hunt = new Hunt(options.seeds, options.findingsMax);
    this.#startedMs = options.nowMs();
  }

  /** Ends the hunt soon: what was found so far is recorded, without more shrinking. */
  interrupt(): void {
    if (this.#isInterrupted) return;
    this.#isInterrupted = true;
    this.#workers.stop();
    this.#takeBack = this.#options.after(GRACE_MS, () => this.#kill());
  }

  progress(): HuntProgress {
    const [first] = this.#shrinking.values();
    const tally = this.#hunt.tally();
    return {
      tally,
      findings: tally.found.map(({ signature }) => this.#progressOf(signature)),
      done: this.#hunt.doneCount,
      isOver: this.#hunt.isOver,
      isEnding: this.#isInterrupted || this.#isOutOfTime || this.#failure !== undefined,
      shrinking: this.#shrinking.size,
      shrunk: first?.now,
    };
  }

  #progressOf(signature: string): FindingProgress {
    const recorded = this.#recorded.get(signature);
    const under = this.#recorded.has(signature) ? 'shrinking' : 'found';
    return {
      signature,
      state: recorded === undefined ? under : recorded.found === undefined ? 'lost' : 'recorded',
      lost: recorded?.lost,
      shrink: this.#shrinking.get(signature),
    };
  }

  /** @throws what no seed can be blamed for, such as documents that no worker thread can load */
  async run(): Promise<HuntOutcome> {
    const { forMs } = this.#options;
    const takeBack = forMs === undefined ? undefined : this.#options.after(forMs, () => (this.#isOutOfTime = true));
    await new Promise<void>((resolve) => {
      this.#end = resolve;
      this.#pump();
    });
    takeBack?.();
    this.#takeBack?.();
    if (this.#broken !== undefined) throw this.#broken.error;
    const tally = this.#hunt.tally();
    return {
      tally,
      findings: tally.found.map((found) => this.#findingOf(found, tally)),
      isInterrupted: this.#isInterrupted,
      isOutOfTime: this.#isOutOfTime && !this.#hunt.isOver,
      failure: this.#failure,
    };
  }

  /** Gives work to workers that have none; ends where there is none and none is under way. */
  #pump(): void {
    while (this.#active < this.#workers.count && this.#broken === undefined && !this.#isKilled) {
      const job = this.#nextJob();
      if (job === undefined) break;
      this.#active++;
      void this.#carryOut(job);
    }
    // What seeds that do not count any more are at is not waited for.
    const isDone = this.#hunt.isOver && [...this.#recorded.values()].every((recorded) => recorded !== undefined);
    if (this.#active === 0 || this.#isKilled || (isDone && this.#nextFinding() === undefined)) this.#end?.();
  }

  async #carryOut(job: () => Promise<void>): Promise<void> {
    try {
      await job();
    } catch (error) {
      this.#broken ??= { error };
      this.#workers.stop();
    }
    this.#active--;
    this.#pump();
  }

  /** Findings first: so that they are kept, whatever ends the hunt. */
  #nextJob(): (() => Promise<void>) | undefined {
    const finding = this.#nextFinding();
    if (finding !== undefined) return () => this.#investigate(finding.seed, finding.signature);
    if (this.#isInterrupted || this.#isOutOfTime || this.#failure !== undefined) return undefined;
    const indexes: number[] = [];
    while (indexes.length < this.#batch) {
      const index = this.#hunt.next();
      if (index === undefined) break;
      indexes.push(index);
    }
    return indexes.length === 0 ? undefined : () => this.#runSeeds(indexes);
  }

  /** A finding that nobody is at, and whose seed is the lowest that shows it whatever is still to come. */
  #nextFinding(): { seed: string; signature: string } | undefined {
    if (this.#indexes.size === this.#recorded.size) return undefined;
    let lowest = Number.POSITIVE_INFINITY;
    for (const index of this.#outstanding) lowest = Math.min(lowest, index);
    return this.#hunt.tally().found.find(({ signature, index }) => index < lowest && !this.#recorded.has(signature));
  }

  async #runSeeds(indexes: readonly number[]): Promise<void> {
    const { seeds } = this.#options;
    const indexOf = new Map(indexes.map((index) => [seeds.at(index), index]));
    for (const index of indexes) this.#outstanding.add(index);
    const startedMs = this.#options.nowMs();
    const { done, died, failed } = await this.#workers.runSeeds([...indexOf.keys()]);
    if (done.length > 0 && died.length === 0) this.#tuneBatch((this.#options.nowMs() - startedMs) / done.length);
    for (const index of indexes) this.#outstanding.delete(index);
    if (this.#isKilled) return;
    for (const each of done) this.#enter(indexOf.get(each.seed)!, each);
    for (const { seed, reason } of died) this.#hunt.done(indexOf.get(seed)!, { died: reason });
    if (failed !== undefined) this.#fail(indexOf.get(failed.seed)!, failed.seed, failed.error);
  }

  #enter(index: number, { outcome }: SeedDone): void {
    for (const { signature } of outcome.findings) {
      const indexes = this.#indexes.get(signature) ?? [];
      if (!indexes.includes(index)) indexes.push(index);
      this.#indexes.set(signature, indexes);
    }
    this.#hunt.done(index, outcome);
  }

  /** Of several seeds that fail in this way, the lowest that is known. */
  #fail(index: number, seed: string, data: ErrorData): void {
    if (this.#failure === undefined || index < this.#failure.index) {
      this.#failure = { index, seed, error: errorOfData(data) };
    }
  }

  #tuneBatch(msPerSeed: number): void {
    const wanted = Math.round(BATCH_MS / Math.max(msPerSeed, BATCH_MS / BATCH_MAX));
    // Threads that have just begun are slow; no batch is to outgrow what is known of them.
    this.#batch = Math.max(1, Math.min(wanted, this.#batch * 2));
  }

  async #investigate(seed: string, signature: string): Promise<void> {
    this.#recorded.set(signature, undefined);
    const { found, died, failed } = await this.#workers.investigate(
      seed,
      signature,
      this.#shrinkLimitMs(),
      (progress) => this.#tellShrink(signature, progress),
    );
    this.#shrinking.delete(signature);
    if (failed !== undefined) this.#fail(this.#hunt.tally().found[0]?.index ?? 0, seed, failed);
    const why =
      died ??
      failed?.message ??
      'its recorded plan does not show it: the documents do not do the same twice (is there state outside of a replica?)';
    if (found !== undefined) await this.#options.keep?.(found);
    this.#recorded.set(signature, { found, lost: found === undefined ? why : undefined });
  }

  #tellShrink(signature: string, now: ShrinkProgress): void {
    // Before the first try nothing is known of its size.
    if (now.tries > 0) this.#shrinking.set(signature, { first: this.#shrinking.get(signature)?.first ?? now, now });
  }

  /** What is left of the hunt's time, where that is less; but time enough for the big cuts. */
  #shrinkLimitMs(): number {
    if (this.#isInterrupted || this.#failure !== undefined) return 0;
    const { forMs, shrinkMs } = this.#options;
    if (forMs === undefined) return shrinkMs;
    const leftMs = this.#startedMs + forMs - this.#options.nowMs();
    return Math.min(shrinkMs, Math.max(leftMs, Math.min(GRACE_MS, forMs)));
  }

  #kill(): void {
    this.#isKilled = true;
    this.#pump();
  }

  #findingOf({ signature, oracle, kind, seed, seeds }: HuntTally['found'][number], tally: HuntTally): HunterFinding {
    const { found, lost } = this.#recorded.get(signature) ?? {
      found: undefined,
      lost: 'the hunt was ended before it was recorded',
    };
    return { signature, oracle, kind, seed, seedCount: seeds, seeds: this.#seedsWith(signature, tally), found, lost };
  }

  /** The first seeds with a finding, among those that count: where enough findings end a hunt, none after the last. */
  #seedsWith(signature: string, tally: HuntTally): string[] {
    const last =
      tally.found.length >= this.#options.findingsMax
        ? Math.max(...tally.found.map(({ index }) => index))
        : Number.POSITIVE_INFINITY;
    return this.#indexes
      .get(signature)!
      .filter((index) => index <= last)
      .sort((one, other) => one - other)
      .slice(0, SEEDS_LISTED)
      .map((index) => this.#options.seeds.at(index));
  }
}
