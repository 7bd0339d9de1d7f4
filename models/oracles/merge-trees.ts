// Merge trees: a log that is shuffled, put into groups that need not be neighbours, some of it taken twice, and merged
// comes to what it does applied one by one; and a merged change claims no more than it holds. Types without a merge
// exchange the groups between replicas. It must not know devices' own copies.

import type { Stream, StreamKey } from '../../sim/random.ts';
import type { ChangeTable } from '../change-table.ts';
import type { DocumentType, Replica } from '../documents/port.ts';
import type { Finding } from '../finding.ts';
import { ChangeShuffle, type Group, type ShuffledChange } from './change-shuffle.ts';
import { type JudgedDevice, type JudgedLedger, type Moment, safetyFinding } from './judged.ts';
import { handOver, judgedView, type ReplicaState, stateDifference, stateOfSpare } from './ledger-state.ts';

/** Which order of a tree, and what is drawn for its groups. */
const ORDERS = 4;
const IS_ONES = 1;
const TURN = 2;
const INNER = 3;

/** One change of the log. */
interface LogChange extends ShuffledChange {
  readonly parts: readonly Uint8Array[];
}

export interface MergeTrees {
  readonly ledger: JudgedLedger;
  /** Whose clock and chance the replicas have. */
  readonly device: JudgedDevice;
  readonly type: DocumentType;
  readonly table: ChangeTable;
  readonly log: Int32Array;
  /** Where the key of the shuffling comes from; two numbers are drawn. */
  readonly stream: Stream;
  /** How many trees. */
  readonly trees: number;
  readonly moment: Moment;
}

/** The first finding of some random trees. */
export function judgeMergeTrees(input: MergeTrees): Finding[] {
  const key: StreamKey = { low: wordOf(input.stream), high: wordOf(input.stream) };
  const changes = changesOf(input.table, input.log);
  if (changes.length === 0) return [];
  const trees = new Trees(input, key, changes);
  for (let tree = 0; tree < input.trees; tree++) {
    const finding = trees.judge(tree, tree === input.trees - 1);
    if (finding !== undefined) return [finding];
  }
  return [];
}

function wordOf(stream: Stream): number {
  return Math.floor(stream.next() * 2 ** 32);
}

function changesOf(table: ChangeTable, log: Int32Array): LogChange[] {
  const changes: LogChange[] = [];
  const lastOf = new Map<number, number>();
  const countOf = new Map<string, number>();
  /** By log position: how many changes stand up to it that are no SNAPSHOT. */
  const countUpTo: number[] = [0];
  for (let at = 0; at < log.length; at++) {
    const change = log[at]!;
    if (table.operationOf(change) !== 'SNAPSHOT') {
      const parts: Uint8Array[] = [];
      table.collectParts(change, parts);
      const author = table.deviceOf(change);
      const editedAtUs = table.editedAtUs(change);
      const again = countOf.get(`${author} ${editedAtUs}`) ?? 0;
      countOf.set(`${author} ${editedAtUs}`, again + 1);
      const index = changes.length;
      const needs = countUpTo[Math.min(table.seenBy(change), at)]!;
      const previous = lastOf.get(author) ?? -1;
      changes.push({ parts, device: author, editedAtUs, again, index, needs, previous });
      lastOf.set(author, index);
    }
    countUpTo.push(changes.length);
  }
  return changes;
}

class Trees {
  readonly #input: MergeTrees;
  readonly #isCausal: boolean;
  readonly #shuffle: ChangeShuffle<LogChange>;
  readonly #reference: ReplicaState;
  /** True where replicas answer with changes of their own: then they are compared by views alone. */
  #isAnswering = false;

  constructor(input: MergeTrees, key: StreamKey, changes: readonly LogChange[]) {
    this.#input = input;
    this.#isCausal = input.type.delivery === 'causal';
    this.#shuffle = new ChangeShuffle(key, changes, this.#isCausal);
    const replica = input.device.spare('empty');
    for (const { parts } of changes) this.#hand(replica, parts);
    this.#reference = stateOfSpare(input.device, replica);
    replica.dispose?.();
  }

  /** Judges one tree. @param isLast of types that merge and sync by state too, the last one does both */
  judge(tree: number, isLast: boolean): Finding | undefined {
    const { type, device } = this.#input;
    const use = tree * ORDERS;
    const finding = type.merge === undefined ? undefined : this.#judgeMerged(use);
    if (finding !== undefined || (type.merge !== undefined && !isLast)) return finding;
    const one = device.spare('empty');
    const other = device.spare('empty');
    const isByState = one.since !== undefined;
    const ofExchange =
      isByState || type.merge === undefined ? this.#judgeExchanged(one, other, isByState, use + 1) : undefined;
    one.dispose?.();
    other.dispose?.();
    return ofExchange;
  }

  /** Merges groups by and by into one change, which a new replica receives. */
  #judgeMerged(use: number): Finding | undefined {
    const shuffle = this.#shuffle;
    let nodes: readonly Group<Uint8Array>[] = shuffle
      .groups(use)
      .map(({ place, members }) => ({ place, members: partsOf(members) }));
    let inner: Uint8Array | undefined;
    let innerUnit = 1;
    if (nodes.length === 1) nodes = [{ place: 0, members: [this.#merge(nodes[0]!.members)] }];
    for (let level = 1; nodes.length > 1; level++) {
      const joined = shuffle.joined(nodes, use, level);
      nodes = joined.map(({ place, members }) => {
        if (members.length === 1) return { place, members: members[0]!.members };
        const merged = this.#merge(members.flatMap((child) => child.members));
        // In causal order only what the log begins with stands by itself.
        const unit = this.#isCausal ? (place === 0 ? 0 : 1) : shuffle.unitOf(place, use, INNER + level);
        if (joined.length > 1 && (unit < innerUnit || unit === 0)) {
          inner = merged;
          innerUnit = unit;
        }
        return { place, members: [merged] };
      });
    }
    const root = nodes[0]!.members[0]!;
    for (const change of [inner, root]) {
      const finding = change === undefined ? undefined : this.#judgeClaim(change, change === root);
      if (finding !== undefined) return finding;
    }
    return undefined;
  }

  #merge(changes: readonly Uint8Array[]): Uint8Array {
    const { device, type } = this.#input;
    return device.ask('receive', () => type.merge!(changes));
  }

  /** What a merged change says that it holds against what a replica has that received it. */
  #judgeClaim(merged: Uint8Array, isWhole: boolean): Finding | undefined {
    const { device, type } = this.#input;
    const replica = device.spare('empty');
    this.#hand(replica, [merged]);
    const state = stateOfSpare(device, replica);
    replica.dispose?.();
    const finding = isWhole ? this.#compare(state, 'merged') : undefined;
    if (finding !== undefined || type.versionOf === undefined || this.#isAnswering) return finding;
    const claimed = device.ask('version', () => type.versionOf!(merged));
    if (claimed === state.version) return undefined;
    return this.#finding('claim', { claimed, held: state.version, isWhole });
  }

  /** Two replicas that have half of the groups each come to have all. */
  #judgeExchanged(one: Replica, other: Replica, isByState: boolean, use: number): Finding | undefined {
    const { device } = this.#input;
    if (isByState) return this.#judgeSince(one, other, use);
    const shuffle = this.#shuffle;
    const groups = shuffle.groups(use);
    if (this.#isCausal) {
      this.#handGroups(one, groups);
      this.#handGroups(other, shuffle.groups(use + 1));
    } else {
      const unitOf = ({ place }: Group<LogChange>, purpose: number): number => shuffle.unitOf(place, use, purpose);
      const isOnes = (group: Group<LogChange>): boolean => unitOf(group, IS_ONES) < 0.5;
      for (const group of groups) this.#handGroups(isOnes(group) ? one : other, [group]);
      const turns = groups.toSorted((left, right) => unitOf(left, TURN) - unitOf(right, TURN));
      for (const group of turns) this.#handGroups(isOnes(group) ? other : one, [group]);
    }
    for (const replica of [one, other]) {
      const finding = this.#compare(stateOfSpare(device, replica), 'exchanged');
      if (finding !== undefined) return finding;
    }
    return undefined;
  }

  /** One replica has the beginning of an order, the other one all; the first asks for what it lacks. */
  #judgeSince(one: Replica, other: Replica, use: number): Finding | undefined {
    const { device } = this.#input;
    const shuffle = this.#shuffle;
    this.#handGroups(one, shuffle.groups(use, shuffle.share(use)));
    this.#handGroups(other, shuffle.groups(use + 1));
    const version = device.ask('version', () => one.version());
    const lacking = device.ask('since', () => other.since!(version));
    this.#hand(one, [lacking]);
    for (const [replica, how] of [
      [other, 'shuffled'],
      [one, 'since'],
    ] as const) {
      const finding = this.#compare(stateOfSpare(device, replica), how);
      if (finding !== undefined) return finding;
    }
    return undefined;
  }

  #handGroups(replica: Replica, groups: readonly Group<LogChange>[]): void {
    for (const { members } of groups) this.#hand(replica, partsOf(members));
  }

  #hand(replica: Replica, changes: readonly Uint8Array[]): void {
    if (handOver(this.#input.device, replica, changes)) this.#isAnswering = true;
  }

  #compare(state: ReplicaState, how: string): Finding | undefined {
    const { type } = this.#input;
    const plain = (each: ReplicaState): ReplicaState =>
      this.#isAnswering ? { view: judgedView(type, each.view), version: '', pending: 0 } : each;
    const difference = stateDifference(plain(this.#reference), plain(state), ['one by one', how]);
    return difference === undefined ? undefined : this.#finding(how, { part: difference.part, ...difference.detail });
  }

  #finding(part: string, detail: Readonly<Record<string, unknown>>): Finding {
    const { ledger, moment } = this.#input;
    return safetyFinding('merge-trees', part, moment, ledger, [], detail);
  }
}

function partsOf(changes: readonly LogChange[]): Uint8Array[] {
  return changes.flatMap(({ parts }) => parts);
}
