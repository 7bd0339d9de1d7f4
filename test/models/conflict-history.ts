// A ledger's history made step by step, with the conflicts that the models find in it beside those that are there:
// told by full version vectors and by looking at everything after each step.

import { ChangeTable } from '../../models/change-table.ts';
import { ConflictDetector } from '../../models/conflict-detector.ts';
import { Conflicts } from '../../models/conflicts.ts';
import { type Measures, measuresOf } from '../../models/measures.ts';
import { VersionVector } from '../../models/version-vector.ts';
import { Metrics } from '../../sim/metrics.ts';
import { Simulation } from '../../sim/simulation.ts';

const WINDOW_US = 30_000_000;

interface Member {
  readonly index: number;
  position: number;
  isOnline: boolean;
}

/** What is known of a change by looking at all devices. */
interface Made {
  readonly author: number;
  readonly targets: readonly string[];
  readonly vector: VersionVector;
  readonly madeUs: number;
  /** Made without knowledge of an earlier-made change of one of its places by another device. */
  readonly isConcurrent: boolean;
  resolvedUs: number;
  isNoticed: boolean;
}

export class ConflictHistory {
  readonly measures: Measures;
  readonly conflicts: Conflicts;
  readonly members: Member[] = [];
  readonly changes: Made[] = [];
  /** Pairs that devices said are concurrent. */
  readonly noticed: [device: number, change: number, other: number][] = [];

  readonly #simulation = new Simulation({ seed: 'conflicts' });
  readonly #table = new ChangeTable(false);
  readonly #detectors: ConflictDetector[] = [];
  readonly #vectors: VersionVector[] = [];
  readonly #outboxes: number[][] = [];
  readonly #log: number[] = [];

  constructor(devices: number) {
    this.measures = measuresOf(this.#simulation.metrics);
    this.conflicts = new Conflicts(this.#simulation, this.#table, this.measures, this.members);
    for (let index = 0; index < devices; index++) {
      this.members.push({ index, position: 0, isOnline: true });
      this.#detectors.push(new ConflictDetector(this.#table));
      this.#vectors.push(VersionVector.EMPTY);
      this.#outboxes.push([]);
    }
    this.conflicts.membersChanged();
  }

  wait(us: number): void {
    this.#simulation.run(this.#simulation.nowUs + us);
  }

  /** A device edits places that it has in its replica; the change waits in its outbox. */
  edit(device: number, targets: readonly string[]): number {
    const member = this.members[device]!;
    const known = this.#vectors[device]!;
    const vector = (this.#vectors[device] = known.increment(`${device}`));
    const isConcurrent = this.changes.some(
      (earlier) =>
        earlier.author !== device &&
        earlier.targets.some((target) => targets.includes(target)) &&
        !known.dominates(earlier.vector),
    );
    const madeUs = this.#simulation.nowUs;
    const change = this.#table.add({
      device,
      incarnation: 0,
      sequence: vector.count(`${device}`),
      ledger: 0,
      seen: member.position,
      editedAtUs: madeUs,
      timestampMs: 0,
      entityType: 'account',
      operation: 'UPDATE',
      entityLength: 1,
      parts: [Uint8Array.of(1)],
      targets: targets.map((target) => this.conflicts.numberOf(target)),
    });
    this.changes.push({ author: device, targets, vector, madeUs, isConcurrent, resolvedUs: -1, isNoticed: false });
    this.conflicts.edited(change, member);
    this.#notice(device, change);
    this.#outboxes[device]!.push(change);
    return change;
  }

  /** The relay accepts the oldest changes of a device's outbox. */
  push(device: number, count = Number.POSITIVE_INFINITY): void {
    if (!this.members[device]!.isOnline) return;
    for (const change of this.#outboxes[device]!.splice(0, count)) {
      this.#table.setPosition(change, this.#log.push(change));
    }
  }

  /** A device takes the next page of the log. */
  pull(device: number, pageSize = Number.POSITIVE_INFINITY): void {
    const member = this.members[device]!;
    if (!member.isOnline) return;
    const from = member.position;
    const page = this.#log.slice(from, from + pageSize);
    for (const change of page) {
      const { author, vector } = this.changes[change]!;
      if (author === device) continue;
      this.#vectors[device] = this.#vectors[device]!.merge(vector);
      this.#notice(device, change);
    }
    member.position = from + page.length;
    if (page.length > 0) this.conflicts.applied(member, from);
    this.#look();
  }

  setOnline(device: number, isOnline: boolean): void {
    if (this.members[device]!.isOnline === isOnline) return;
    this.members[device]!.isOnline = isOnline;
    this.conflicts.membersChanged();
    this.#look();
  }

  /** Everybody is online and gets everything. */
  settle(): void {
    for (const { index } of this.members) this.setOnline(index, true);
    this.sync();
  }

  /** All who are online push and pull everything. */
  sync(): void {
    for (const { index } of this.members) this.push(index);
    for (const { index } of this.members) this.pull(index);
  }

  /** Whether neither author had applied the other's change. */
  areConcurrent(one: number, other: number): boolean {
    return this.changes[one]!.vector.compare(this.changes[other]!.vector) === 'concurrent';
  }

  /** The changes that truly are concurrent with an earlier one. */
  get concurrent(): Made[] {
    return this.changes.filter(({ isConcurrent }) => isConcurrent);
  }

  /** Those that some online member has still to apply. */
  get outstanding(): number {
    return this.concurrent.filter(({ resolvedUs }) => resolvedUs < 0).length;
  }

  /** What the metrics should say when all is over, in the form in which they say it. */
  expected(): unknown[] {
    const measures = measuresOf(new Metrics());
    for (const { madeUs, resolvedUs, isNoticed } of this.concurrent) {
      measures.concurrentModifications.add();
      measures.conflictDetection.add(isNoticed);
      if (isNoticed) measures.mergeSuccess.add(resolvedUs >= 0 && resolvedUs - madeUs <= WINDOW_US);
      if (resolvedUs < 0) continue;
      measures.conflictResolution.recordUs(resolvedUs - madeUs);
      measures.conflictsResolved.add();
    }
    return resultsOf(measures);
  }

  /** What the metrics say. */
  results(): unknown[] {
    return resultsOf(this.measures);
  }

  #notice(device: number, change: number): void {
    this.#detectors[device]!.notice(change, (one, other) => {
      this.noticed.push([device, one, other]);
      for (const each of [one, other]) {
        this.conflicts.detected(each);
        this.changes[each]!.isNoticed = true;
      }
    });
  }

  /** Which conflicts every online member but the author has applied by now. */
  #look(): void {
    for (const [index, change] of this.changes.entries()) {
      const position = this.#table.positionOf(index);
      if (change.resolvedUs >= 0 || position === 0) continue;
      const isLacking = this.members.some(
        (member) => member.isOnline && member.index !== change.author && member.position < position,
      );
      if (!isLacking) change.resolvedUs = this.#simulation.nowUs;
    }
  }
}

function resultsOf(measures: Measures): unknown[] {
  const { concurrentModifications, conflictDetection, mergeSuccess, conflictResolution, conflictsResolved } = measures;
  return [concurrentModifications, conflictDetection, mergeSuccess, conflictResolution, conflictsResolved].map(
    (metric) => metric.result(1),
  );
}
