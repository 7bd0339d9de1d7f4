// The books of a hunt: which seed is next, what was found and by which seed first, what was reached, and when it is
// over. What it says does not hang on which worker answers when. It must not know how seeds are run, nor what time it is.
import { assert } from '../../sim/errors.ts';
import { Streams } from '../../sim/random.ts';
import type { Finding } from '../../models/finding.ts';
import type { Seeds } from './seeds.ts';

/** The size of one seed's storm. */
export interface StormShape {
  /** Devices, 2 to 8. */
  readonly users: number;
  /** Edits of all of them together, 10 to 100. */
  readonly editsInAll: number;
  /** Virtual time in which they edit, ms: 60 to 180 whole seconds. */
  readonly durationMs: number;
}

/** The shape of a seed's storm; it depends on the seed alone. */
export function shapeOf(seed: string): StormShape {
  const stream = new Streams(seed).stream('hunt/shape');
  const users = stream.integer(2, 8);
  const editsInAll = stream.integer(10, 100);
  return { users, editsInAll, durationMs: stream.integer(60, 180) * 1000 };
}

/** What a hunt keeps of a finding. */
export type HuntedFinding = Pick<Finding, 'signature' | 'oracle' | 'kind'>;

/** What came of a seed, or why nothing did: its worker died, or it took too long. */
export type SeedResult =
  | {
      readonly findings: readonly HuntedFinding[];
      readonly faults: Readonly<Record<string, number>>;
      readonly marks: Readonly<Record<string, number>>;
    }
  | { readonly died: string };

/** A failure that was found, and the first seed that shows it. */
export interface Found {
  readonly signature: string;
  readonly oracle: string;
  readonly kind: HuntedFinding['kind'];
  /** Of the lowest seed that shows it, and that seed. */
  readonly index: number;
  readonly seed: string;
  /** Seeds that show it, among those that count. */
  readonly seeds: number;
}

/** What a hunt says of itself. */
export interface HuntTally {
  /** Seeds that ran to their end, and those of them with findings. */
  readonly seeds: number;
  readonly failed: number;
  /** All failures that differ, those of lower seeds first. */
  readonly found: readonly Found[];
  /** Seeds that were lost, and why. */
  readonly dead: readonly { readonly index: number; readonly seed: string; readonly reason: string }[];
  /** How often each kind of fault fired, and each mark was reached, by name; with 0 what might have and did not. */
  readonly faults: Readonly<Record<string, number>>;
  readonly marks: Readonly<Record<string, number>>;
}

interface FoundSoFar extends Omit<Found, 'seeds'> {
  seeds: number;
}

/**
 * A hunt over seeds. It is over at the lowest seed by which so many different failures are found, once all seeds below
 * it are done; what seeds after it have shown does not count. Without so many it is over when all seeds are done.
 */
export class Hunt {
  readonly seeds: Seeds;
  readonly #findingsMax: number;
  #next = 0;
  /** All below are done and in the books. */
  #frontier = 0;
  /** Done, but after one that is not. */
  readonly #ahead = new Map<number, SeedResult>();
  /** No seed after this one can count; where it is below `#frontier`, the hunt is over. */
  #last: number;
  readonly #books = new Books();

  /** @param findingsMax so many different failures end it; 1 or more, Infinity for no end but the seeds' */
  constructor(seeds: Seeds, findingsMax: number) {
    assert(findingsMax >= 1, 'a hunt ends after one finding or more');
    this.seeds = seeds;
    this.#findingsMax = findingsMax;
    this.#last = seeds.count - 1;
  }

  /** The index of the next seed to run, the lowest that was not given yet; undefined where no other can count. */
  next(): number | undefined {
    return this.#next <= this.#last ? this.#next++ : undefined;
  }

  /** Whether what it says will not change any more. */
  get isOver(): boolean {
    return this.#frontier > this.#last;
  }

  /** Seeds that are done, in order or not. */
  get doneCount(): number {
    return this.#frontier + this.#ahead.size;
  }

  /** Takes what came of a seed, in any order; what comes after the hunt is over changes nothing. */
  done(index: number, result: SeedResult): void {
    assert(index >= 0 && index < this.seeds.count, 'a result is of a seed of the hunt');
    if (index > this.#last || index < this.#frontier) return;
    this.#ahead.set(index, result);
    for (;;) {
      const next = this.#ahead.get(this.#frontier);
      if (next === undefined || this.isOver) break;
      this.#ahead.delete(this.#frontier);
      this.#books.add(this.#frontier, this.seeds.at(this.#frontier), next);
      this.#frontier++;
      if (this.#books.signatures >= this.#findingsMax) this.#endAt(this.#frontier - 1);
    }
    if (!this.isOver && 'findings' in result && result.findings.length > 0) this.#lowerEnd();
  }

  /**
   * What the hunt says. Before it is over: of all seeds that are done, so that a hunt which is ended from outside says
   * what it has.
   */
  tally(): HuntTally {
    if (this.#ahead.size === 0) return this.#books.tally();
    const books = this.#books.copy();
    for (const index of this.#indexesAhead()) books.add(index, this.seeds.at(index), this.#ahead.get(index)!);
    return books.tally();
  }

  #indexesAhead(): number[] {
    return [...this.#ahead.keys()].sort((one, other) => one - other);
  }

  /** Seeds that have enough different failures among those that are done already: the hunt ends there or before. */
  #lowerEnd(): void {
    const signatures = new Set(this.#books.keys());
    for (const index of this.#indexesAhead()) {
      const result = this.#ahead.get(index)!;
      if (!('findings' in result)) continue;
      for (const { signature } of result.findings) signatures.add(signature);
      if (signatures.size >= this.#findingsMax) return this.#endAt(index);
    }
  }

  #endAt(index: number): void {
    this.#last = Math.min(this.#last, index);
    for (const ahead of this.#indexesAhead()) if (ahead > this.#last) this.#ahead.delete(ahead);
  }
}

/** What was entered, seed by seed in their order. */
class Books {
  #seeds = 0;
  #failed = 0;
  readonly #found = new Map<string, FoundSoFar>();
  readonly #dead: { index: number; seed: string; reason: string }[] = [];
  readonly #faults = new Map<string, number>();
  readonly #marks = new Map<string, number>();

  get signatures(): number {
    return this.#found.size;
  }

  keys(): Iterable<string> {
    return this.#found.keys();
  }

  add(index: number, seed: string, result: SeedResult): void {
    if ('died' in result) {
      this.#dead.push({ index, seed, reason: result.died });
      return;
    }
    this.#seeds++;
    if (result.findings.length > 0) this.#failed++;
    addAll(this.#faults, result.faults);
    addAll(this.#marks, result.marks);
    const ofSeed = new Map(result.findings.map((finding) => [finding.signature, finding]));
    for (const [signature, { oracle, kind }] of ofSeed) {
      const known = this.#found.get(signature);
      if (known === undefined) this.#found.set(signature, { signature, oracle, kind, index, seed, seeds: 1 });
      else known.seeds++;
    }
  }

  copy(): Books {
    const copy = new Books();
    copy.#seeds = this.#seeds;
    copy.#failed = this.#failed;
    copy.#dead.push(...this.#dead);
    for (const [signature, found] of this.#found) copy.#found.set(signature, { ...found });
    for (const [name, times] of this.#faults) copy.#faults.set(name, times);
    for (const [name, times] of this.#marks) copy.#marks.set(name, times);
    return copy;
  }

  tally(): HuntTally {
    return {
      seeds: this.#seeds,
      failed: this.#failed,
      found: [...this.#found.values()].map((found) => ({ ...found })),
      dead: [...this.#dead],
      faults: inOrder(this.#faults),
      marks: inOrder(this.#marks),
    };
  }
}

function addAll(totals: Map<string, number>, times: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(times)) totals.set(name, (totals.get(name) ?? 0) + count);
}

function inOrder(totals: ReadonlyMap<string, number>): Record<string, number> {
  const names = [...totals.keys()].sort();
  return Object.fromEntries(names.map((name) => [name, totals.get(name)!]));
}
