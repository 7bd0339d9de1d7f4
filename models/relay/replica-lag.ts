// What followers have of each ledger's log, where they get every commit a while after it was made. It must not know what is
// in the log.

interface Commits {
  /** Where the log ended after each commit, ascending; the first one is what every follower has. */
  readonly ends: number[];
  readonly atUs: number[];
}

export class ReplicaLag {
  readonly lagUs: number;
  readonly #nowUs: () => number;
  readonly #endOf: (ledger: number) => number;
  readonly #byLedger = new Map<number, Commits>();

  constructor(lagUs: number, nowUs: () => number, endOf: (ledger: number) => number) {
    this.lagUs = lagUs;
    this.#nowUs = nowUs;
    this.#endOf = endOf;
  }

  /** So many changes were added to a ledger's log just now. */
  committed(ledger: number, changes: number): void {
    const end = this.#endOf(ledger);
    const commits = this.#byLedger.get(ledger);
    if (commits === undefined) {
      const before = { ends: [end - changes, end], atUs: [Number.NEGATIVE_INFINITY, this.#nowUs()] };
      this.#byLedger.set(ledger, before);
      return;
    }
    commits.ends.push(end);
    commits.atUs.push(this.#nowUs());
  }

  /** Where the log ends for a follower now; infinite where nothing was ever committed. */
  visibleEnd(ledger: number): number {
    const commits = this.#byLedger.get(ledger);
    if (commits === undefined) return Number.POSITIVE_INFINITY;
    const { ends, atUs } = commits;
    const untilUs = this.#nowUs() - this.lagUs;
    let had = 0;
    while (had + 1 < atUs.length && atUs[had + 1]! <= untilUs) had++;
    // The newest that they have stands for all before it.
    ends.splice(0, had);
    atUs.splice(0, had);
    return ends[0]!;
  }
}
