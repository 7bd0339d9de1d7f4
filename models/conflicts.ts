// Which changes of a ledger were truly concurrent on one place, which of them devices noticed, and when the slowest
// online member had applied them. It sees all devices at once, as no device can. It must not know how documents merge.

import { assert } from '../sim/errors.ts';
import type { Simulation } from '../sim/simulation.ts';
import type { ChangeTable } from './change-table.ts';
import type { Measures } from './measures.ts';

/** A member of the ledger, as far as conflicts go. */
export interface ConflictMember {
  readonly index: number;
  /** Log position up to which it has applied. */
  readonly position: number;
  readonly isOnline: boolean;
}

/** A resolution within this counts as a success; the figure is the workload's. */
const MERGE_WINDOW_US = 30_000_000;
/** A conflict that the log has no position for yet. */
const UNPLACED = Number.POSITIVE_INFINITY;

interface Conflict {
  readonly change: number;
  readonly startUs: number;
}

/** The lowest positions among some members, and who has the lowest: an author's own does not count for its changes. */
class Lowest {
  position = 0;
  second = 0;
  member = -1;

  /** Looks at the members, or at those online. True where anything has changed. */
  update(members: readonly ConflictMember[], onlineOnly: boolean): boolean {
    let position = UNPLACED;
    let second = UNPLACED;
    let lowest = -1;
    for (const member of members) {
      if (onlineOnly && !member.isOnline) continue;
      if (member.position < position) {
        second = position;
        position = member.position;
        lowest = member.index;
      } else if (member.position < second) {
        second = member.position;
      }
    }
    const hasMoved = position !== this.position || second !== this.second || lowest !== this.member;
    this.position = position;
    this.second = second;
    this.member = lowest;
    return hasMoved;
  }

  /** Whether all of them but the author have applied the log up to a position. */
  isPast(position: number, author: number): boolean {
    return (author === this.member ? this.second : this.position) >= position;
  }
}

/** The conflicts of one ledger. */
export class Conflicts {
  readonly #simulation: Simulation;
  readonly #table: ChangeTable;
  readonly #measures: Measures;
  readonly #members: readonly ConflictMember[];

  readonly #targetNumbers = new Map<string, number>();
  readonly #targetNames: string[] = [];
  /** By place: changes that some member may not have applied, in the order in which they were made. */
  readonly #recent: number[][] = [];
  readonly #outstanding = new Map<number, Conflict>();
  /** Resolved before any device had noticed them, with the time that it took; some may notice yet. */
  readonly #unnoticed: { change: number; tookUs: number }[] = [];
  readonly #online = new Lowest();
  readonly #all = new Lowest();

  /** @param members those of the ledger; may grow until the first edit */
  constructor(simulation: Simulation, table: ChangeTable, measures: Measures, members: readonly ConflictMember[]) {
    this.#simulation = simulation;
    this.#table = table;
    this.#measures = measures;
    this.#members = members;
  }

  /** Conflicts that some online member has still to apply. */
  get outstanding(): number {
    return this.#outstanding.size;
  }

  /** The number of a place. */
  numberOf(target: string): number {
    let number = this.#targetNumbers.get(target);
    if (number === undefined) {
      number = this.#targetNames.push(target) - 1;
      this.#targetNumbers.set(target, number);
      this.#recent.push([]);
    }
    return number;
  }

  nameOf(target: number): string {
    return this.#targetNames[target]!;
  }

  /** A change was made by a member that had applied the log up to `position`. */
  edited(change: number, author: ConflictMember): void {
    const table = this.#table;
    let isConcurrent = false;
    for (const target of table.targetsOf(change)) {
      const recent = this.#recent[target]!;
      let kept = 0;
      for (const earlier of recent) {
        if (this.#isPast(this.#all, earlier)) continue;
        recent[kept++] = earlier;
        if (table.deviceOf(earlier) === author.index) continue;
        const position = table.positionOf(earlier);
        if (position === 0 || position > author.position) isConcurrent = true;
      }
      recent.length = kept;
      recent.push(change);
    }
    if (!isConcurrent) return;
    this.#measures.concurrentModifications.add();
    const startUs = this.#simulation.nowUs;
    this.#outstanding.set(change, { change, startUs });
  }

  /** A device noticed that a change is concurrent with another one of the same place. */
  detected(change: number): void {
    this.#table.setNoticed(change);
  }

  /** A member has applied the log from one position on. */
  applied(member: ConflictMember, from: number): void {
    if (member.index !== this.#online.member && from > this.#online.second) return;
    this.membersChanged();
  }

  /** Members have come online or gone offline, or the slowest one has moved on. */
  membersChanged(): void {
    // Positions only grow, so those of all members may be out of date on the safe side; these are looked at together.
    this.#all.update(this.#members, false);
    if (this.#online.update(this.#members, true) && this.#outstanding.size > 0) this.#resolve();
  }

  /** At the end of a run: what was never resolved or noticed counts as such. */
  close(): void {
    this.membersChanged();
    for (const { change } of this.#outstanding.values()) this.#count(change, Number.POSITIVE_INFINITY);
    this.#outstanding.clear();
    for (const { change, tookUs } of this.#unnoticed) this.#count(change, tookUs);
    this.#unnoticed.length = 0;
  }

  #isPast(lowest: Lowest, change: number): boolean {
    const position = this.#table.positionOf(change);
    return position > 0 && lowest.isPast(position, this.#table.deviceOf(change));
  }

  #resolve(): void {
    for (const { change, startUs } of this.#outstanding.values()) {
      if (!this.#isPast(this.#online, change)) continue;
      this.#outstanding.delete(change);
      const tookUs = this.#simulation.nowUs - startUs;
      assert(tookUs >= 0, 'a conflict was resolved before it began');
      this.#measures.conflictResolution.recordUs(tookUs);
      this.#measures.conflictsResolved.add();
      if (this.#table.isNoticed(change)) this.#count(change, tookUs);
      else this.#unnoticed.push({ change, tookUs });
    }
  }

  /** Counts a conflict that is over, one way or the other. */
  #count(change: number, tookUs: number): void {
    const isNoticed = this.#table.isNoticed(change);
    this.#measures.conflictDetection.add(isNoticed);
    if (isNoticed) this.#measures.mergeSuccess.add(tookUs <= MERGE_WINDOW_US);
  }
}
