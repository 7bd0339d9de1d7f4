// Group commit: what comes in while a commit is under way, or in one turn of the event loop, shares the next one. It
// must not know what is committed.

import { assert } from '../../sim/errors.ts';

/** What became of one job of a commit. */
export type Settled<Answer> = { readonly answer: Answer } | { readonly error: unknown };

/** Commits jobs together: one outcome for each, in their order. What it throws is the outcome of all. */
export type Commit<Job, Answer> = (
  jobs: readonly Job[],
) => readonly Settled<Answer>[] | Promise<readonly Settled<Answer>[]>;

/** What shares a commit at most; more would keep the others waiting for long. One job is taken in any case. */
export interface GroupLimits<Job> {
  readonly jobsMax: number;
  readonly changesMax: number;
  /** How many changes a job stores at most. */
  readonly changesOf: (job: Job) => number;
}

interface Waiting<Job, Answer> {
  readonly job: Job;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Jobs in the order in which they came, one commit at a time. */
export class GroupCommit<Job, Answer> {
  readonly #commit: Commit<Job, Answer>;
  readonly #limits: GroupLimits<Job>;
  #waiting: Waiting<Job, Answer>[] = [];
  #isBusy = false;
  #idle: (() => void)[] = [];

  constructor(commit: Commit<Job, Answer>, limits: GroupLimits<Job>) {
    this.#commit = commit;
    this.#limits = limits;
  }

  get isIdle(): boolean {
    return !this.#isBusy;
  }

  /** Resolves with a job's answer after its commit. */
  async add(job: Job): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      if (this.#isBusy) return;
      this.#isBusy = true;
      this.#schedule();
    });
  }

  /** Resolves when nothing waits and nothing is under way. */
  async idle(): Promise<void> {
    if (this.#isBusy) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** How many of those that wait share the next commit. */
  #fitting(): number {
    const { jobsMax, changesMax, changesOf } = this.#limits;
    let changes = 0;
    for (const [index, { job }] of this.#waiting.entries()) {
      changes += changesOf(job);
      if (index === jobsMax || (index > 0 && changes > changesMax)) return index;
    }
    return this.#waiting.length;
  }

  #schedule(): void {
    // After what this turn has still to read from its sockets.
    setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting.splice(0, this.#fitting());
    try {
      const outcomes = await this.#commit(batch.map(({ job }) => job));
      assert(outcomes.length === batch.length, 'each job has an outcome');
      for (const [index, { resolve, reject }] of batch.entries()) {
        const outcome = outcomes[index]!;
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.answer);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    if (this.#waiting.length > 0) {
      this.#schedule();
      return;
    }
    this.#isBusy = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
