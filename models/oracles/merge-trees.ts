// Merge trees: a log that is shuffled, put into groups that need not be neighbours, some of it taken twice, and merged
// comes to what it does applied one by one; and a merged change claims no more than it holds. Types without a merge
// exchange the groups between replicas. It must not know devices' own copies.

import type { Stream } from '../../sim/random.ts';
import type { ChangeTable } from '../change-table.ts';
import type { DocumentType, Replica } from '../documents/port.ts';
import type { Finding } from '../finding.ts';
import { type JudgedDevice, type JudgedLedger, type Moment, safetyFinding } from './judged.ts';
import { handOver, judgedView, type ReplicaState, stateDifference, stateOfSpare } from './ledger-state.ts';

/** Changes of a group, and groups that are merged at once. */
const GROUP_MAX = 4;
const MERGED_AT_ONCE_MAX = 3;
/** One group in so many takes a change of another one too. */
const TWICE_SHARE = 0.25;
/** Where order matters, the next change is one of so many. */
const CHOICE_MAX = 64;

/** One change of the log. */
interface LogChange {
  readonly parts: readonly Uint8Array[];
  /** Place among the others. */
  readonly index: number;
  /** Of the others, those before this place must come first… */
  readonly needs: number;
  /** …and so must the author's change before it, −1 for none. */
  readonly previous: number;
}

export interface MergeTrees {
  readonly ledger: JudgedLedger;
  /** Whose clock and chance the replicas have. */
  readonly device: JudgedDevice;
  readonly type: DocumentType;
  readonly table: ChangeTable;
  readonly log: Int32Array;
  /** Where the shuffling comes from. */
  readonly stream: Stream;
  /** How many trees. */
  readonly trees: number;
  readonly moment: Moment;
}

/** The first finding of some random trees. */
export function judgeMergeTrees(input: MergeTrees): Finding[] {
  const changes = changesOf(input.table, input.log);
  if (changes.length === 0) return [];
  const trees = new Trees(input, changes);
  for (let tree = 0; tree < input.trees; tree++) {
    const finding = trees.judge(tree === input.trees - 1);
    if (finding !== undefined) return [finding];
  }
  return [];
}

function changesOf(table: ChangeTable, log: Int32Array): LogChange[] {
  const changes: LogChange[] = [];
  const lastOf = new Map<number, number>();
  /** By log position: how many changes stand up to it that are no SNAPSHOT. */
  const countUpTo: number[] = [0];
  for (let at = 0; at < log.length; at++) {
    const change = log[at]!;
    if (table.operationOf(change) !== 'SNAPSHOT') {
      const parts: Uint8Array[] = [];
      table.collectParts(change, parts);
      const author = table.deviceOf(change);
      const index = changes.length;
      const needs = countUpTo[Math.min(table.seenBy(change), at)]!;
      changes.push({ parts, index, needs, previous: lastOf.get(author) ?? -1 });
      lastOf.set(author, index);
    }
    countUpTo.push(changes.length);
  }
  return changes;
}

class Trees {
  readonly #input: MergeTrees;
  readonly #changes: readonly LogChange[];
  readonly #isCausal: boolean;
  readonly #reference: ReplicaState;
  /** True where replicas answer with changes of their own: then they are compared by views alone. */
  #isAnswering = false;

  constructor(input: MergeTrees, changes: readonly LogChange[]) {
    this.#input = input;
    this.#changes = changes;
    this.#isCausal = input.type.delivery === 'causal';
    const replica = input.device.spare('empty');
    for (const { parts } of changes) this.#hand(replica, parts);
    this.#reference = stateOfSpare(input.device, replica);
    replica.dispose?.();
  }

  /** Judges one tree. @param isLast of types that merge and sync by state too, the last one does both */
  judge(isLast: boolean): Finding | undefined {
    const { type, device } = this.#input;
    const finding = type.merge === undefined ? undefined : this.#judgeMerged();
    if (finding !== undefined || (type.merge !== undefined && !isLast)) return finding;
    const one = device.spare('empty');
    const other = device.spare('empty');
    const isByState = one.since !== undefined;
    const ofExchange = isByState || type.merge === undefined ? this.#judgeExchanged(one, other, isByState) : undefined;
    one.dispose?.();
    other.dispose?.();
    return ofExchange;
  }

  /** Merges groups by and by into one change, which a new replica receives. */
  #judgeMerged(): Finding | undefined {
    const { stream, device, type } = this.#input;
    let nodes = this.#groups(this.#order());
    let inner: Uint8Array | undefined;
    let root: Uint8Array | undefined;
    do {
      const merged: Uint8Array[][] = [];
      if (!this.#isCausal) stream.shuffle(nodes);
      for (let at = 0; at < nodes.length;) {
        const count = Math.min(nodes.length - at, stream.integer(nodes.length > 1 ? 2 : 1, MERGED_AT_ONCE_MAX));
        root = device.ask('receive', () => type.merge!(nodes.slice(at, at + count).flat()));
        // In causal order only what the log begins with stands by itself.
        if (this.#isCausal ? at === 0 : stream.chance(1 / (merged.length + 1))) inner = root;
        merged.push([root]);
        at += count;
      }
      nodes = merged;
    } while (nodes.length > 1);
    for (const change of [inner, root]) {
      const finding = change === undefined ? undefined : this.#judgeClaim(change, change === root);
      if (finding !== undefined) return finding;
    }
    return undefined;
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
  #judgeExchanged(one: Replica, other: Replica, isByState: boolean): Finding | undefined {
    const { stream, device } = this.#input;
    if (isByState) return this.#judgeSince(one, other);
    const groups = this.#groups(this.#order());
    if (this.#isCausal) {
      for (const group of groups) this.#hand(one, group);
      for (const group of this.#groups(this.#order())) this.#hand(other, group);
    } else {
      const isOnes = groups.map(() => stream.chance(0.5));
      for (const [at, group] of groups.entries()) this.#hand(isOnes[at]! ? one : other, group);
      for (const at of stream.shuffle([...groups.keys()])) this.#hand(isOnes[at]! ? other : one, groups[at]!);
    }
    for (const replica of [one, other]) {
      const finding = this.#compare(stateOfSpare(device, replica), 'exchanged');
      if (finding !== undefined) return finding;
    }
    return undefined;
  }

  /** One replica has the beginning of an order, the other one all; the first asks for what it lacks. */
  #judgeSince(one: Replica, other: Replica): Finding | undefined {
    const { stream, device } = this.#input;
    const order = this.#order();
    for (const group of this.#groups(order.slice(0, stream.integer(0, order.length)))) this.#hand(one, group);
    for (const group of this.#groups(this.#order())) this.#hand(other, group);
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

  /** A random order of all changes that the type stands. */
  #order(): LogChange[] {
    const { stream } = this.#input;
    if (!this.#isCausal) return stream.shuffle([...this.#changes]);
    const left = [...this.#changes];
    const order: LogChange[] = [];
    const isTaken: boolean[] = left.map(() => false);
    let first = 0;
    while (left.length > 0) {
      const ready: number[] = [];
      for (let at = 0; at < Math.min(left.length, CHOICE_MAX); at++) {
        const { needs, previous } = left[at]!;
        if (needs <= first && (previous < 0 || isTaken[previous] === true)) ready.push(at);
      }
      // The oldest one left is always ready: what it needs stands before it.
      const [change] = left.splice(stream.pick(ready), 1);
      order.push(change!);
      isTaken[change!.index] = true;
      while (isTaken[first] === true) first++;
    }
    return order;
  }

  /** Cuts an order into groups, of which some take a change of elsewhere too; in causal order, of what came before. */
  #groups(order: readonly LogChange[]): Uint8Array[][] {
    const { stream } = this.#input;
    const groups: Uint8Array[][] = [];
    for (let at = 0; at < order.length;) {
      const end = Math.min(order.length, at + stream.integer(1, GROUP_MAX));
      const group = order.slice(at, end);
      if (stream.chance(TWICE_SHARE)) group.push(order[stream.integer(0, (this.#isCausal ? end : order.length) - 1)]!);
      groups.push(group.flatMap(({ parts }) => parts));
      at = end;
    }
    return groups;
  }
}
