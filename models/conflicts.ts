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
  readonly author: number;
  readonly startUs: number;
  isDetected: boolean;
}

/** The conflicts of one ledger. */
export class Conflicts {
  readonly #simulation: Simulation;
  readonly #table: ChangeTable;
  readonly #measures: Measures;
  readonly #members: readonly ConflictMember[];

  readonly #targetNumbers = new Map<string, number>();
  readonly #targetNames: string[] = [];
  /** By place: changes that some online member may not have applied, in the order in which they were made. */
  readonly #recent: number[][] = [];
  readonly #outstanding = new Map<number, Conflict>();
  /** Resolved before any device had noticed them; some may notice yet. */
  readonly #unnoticed = new Map<number, Conflict>();
  /** The lowest positions of online members, and who has the lowest. */
  #lowest = 0;
  #lowestMember = -1;
  #secondLowest = 0;

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
        if (this.#isAppliedByAll(earlier)) continue;
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
    this.#outstanding.set(change, { change, author: author.index, startUs, isDetected: false });
  }

  /** A device noticed that a change is concurrent with another one of the same place. */
  detected(change: number): void {
    const conflict = this.#outstanding.get(change);
    if (conflict !== undefined) {
      conflict.isDetected = true;
      return;
    }
    const late = this.#unnoticed.get(change);
    if (late === undefined) return;
    this.#unnoticed.delete(change);
    this.#measures.conflictDetection.addMany(1, 1);
    this.#count(late, this.#simulation.nowUs - late.startUs);
  }

  /** A member has applied the log from one position up to another. */
  applied(member: ConflictMember, from: number): void {
    if (member.index !== this.#lowestMember && from > this.#secondLowest) return;
    this.membersChanged();
  }

  /** Members have come online or gone offline, or the slowest one has moved on. */
  membersChanged(): void {
    let lowest = UNPLACED;
    let lowestMember = -1;
    let secondLowest = UNPLACED;
    for (const member of this.#members) {
      if (!member.isOnline) continue;
      const { position } = member;
      if (position < lowest) {
        secondLowest = lowest;
        lowest = position;
        lowestMember = member.index;
      } else if (position < secondLowest) {
        secondLowest = position;
      }
    }
    const hasMoved =
      lowest !== this.#lowest || secondLowest !== this.#secondLowest || lowestMember !== this.#lowestMember;
    this.#lowest = lowest;
    this.#lowestMember = lowestMember;
    this.#secondLowest = secondLowest;
    if (hasMoved && this.#outstanding.size > 0) this.#resolve();
  }

  /** At the end of a run: what was never resolved or noticed counts as such. */
  close(): void {
    this.membersChanged();
    for (const conflict of this.#outstanding.values()) {
      this.#measures.conflictDetection.add(conflict.isDetected);
      if (conflict.isDetected) this.#measures.mergeSuccess.add(false);
    }
    this.#outstanding.clear();
    for (const _conflict of this.#unnoticed.values()) this.#measures.conflictDetection.add(false);
    this.#unnoticed.clear();
  }

  /** A member has its own changes from the start, so an author's position does not count for them. */
  #isAppliedByAll(change: number): boolean {
    const position = this.#table.positionOf(change);
    if (position === 0) return false;
    const author = this.#table.deviceOf(change);
    return (author === this.#lowestMember ? this.#secondLowest : this.#lowest) >= position;
  }

  #resolve(): void {
    for (const conflict of this.#outstanding.values()) {
      if (!this.#isAppliedByAll(conflict.change)) continue;
      this.#outstanding.delete(conflict.change);
      const tookUs = this.#simulation.nowUs - conflict.startUs;
      assert(tookUs >= 0, 'a conflict was resolved before it began');
      this.#measures.conflictResolution.recordUs(tookUs);
      this.#measures.conflictsResolved.add();
      if (!conflict.isDetected) {
        this.#unnoticed.set(conflict.change, conflict);
        continue;
      }
      this.#measures.conflictDetection.add(true);
      this.#count(conflict, tookUs);
    }
  }

  #count(_conflict: Conflict, tookUs: number): void {
    this.#measures.mergeSuccess.add(tookUs <= MERGE_WINDOW_US);
  }
}
