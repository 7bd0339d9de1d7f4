// A few replicas of one document that edit and hand each other changes as a script says: in part, twice, in any order
// that the type stands. Used by the contract of document types.

import fc from 'fast-check';
import { expect } from 'vitest';
import type { Edit, EditKind } from '../../models/documents/edit.ts';
import type { DocumentType, EditOutcome, Replica, ReplicaInit } from '../../models/documents/port.ts';

/** What the devices' clocks say at the beginning: 2026-01-01T00:00:00Z. */
export const EPOCH_MS = 1_767_225_600_000;

/** A change that was made: its author, the bytes as the author gave them, a copy of these, and what the author knew. */
export interface Sent {
  readonly author: number;
  readonly bytes: Uint8Array;
  readonly copy: Uint8Array;
  readonly known: ReadonlySet<number>;
}

/** What a replica had stored at some time, and what it had been handed or had made by then. */
export interface Backup {
  readonly stored: Uint8Array;
  readonly has: ReadonlySet<number>;
}

export interface ExchangeOptions {
  /** By replica: how much its clock is wrong, ms. */
  readonly skewsMs?: readonly number[];
  /** False where each replica stands for a run of its own, so that all bytes come from elsewhere; default true. */
  readonly sharesRun?: boolean;
}

export class Exchange {
  readonly type: DocumentType;
  readonly replicas: Replica[] = [];
  /** Replicas by their life: their actor is replica × 4096 + incarnation. */
  readonly incarnations: number[] = [];
  readonly sent: Sent[] = [];
  readonly #has: Set<number>[] = [];
  readonly #options: ExchangeOptions;
  readonly #run = {};
  #elapsedMs = 0;
  #tokens = 0;

  constructor(type: DocumentType, count: number, options: ExchangeOptions = {}) {
    this.type = type;
    this.#options = options;
    for (let index = 0; index < count; index++) this.join();
  }

  /** Adds a replica that has nothing, and gives its index. */
  join(): number {
    const index = this.replicas.length;
    this.incarnations.push(0);
    this.replicas.push(this.type.create(this.#init(index, 0)));
    this.#has.push(new Set());
    return index;
  }

  /** What a replica has stored, for `restart`. */
  backup(index: number): Backup {
    return { stored: this.replicas[index]!.save().slice(), has: new Set(this.#has[index]) };
  }

  /** Starts a replica anew from what it has stored: its next life. What an older backup lacks it is handed once more. */
  restart(index: number, { stored, has } = this.backup(index)): Replica {
    this.#has[index] = new Set(has);
    const incarnation = ++this.incarnations[index]!;
    this.replicas[index]!.dispose?.();
    const replica = this.type.create(this.#init(index, incarnation));
    replica.load(stored);
    this.replicas[index] = replica;
    return replica;
  }

  /** Hands a replica what another one has and it lacks: as one state, or as the changes in the order they were made. */
  catchUp(to: number, from: number, by: 'state' | 'log'): void {
    const lacking = [...this.#has[from]!].filter((change) => !this.#has[to]!.has(change));
    if (by === 'log') {
      this.deliver(
        to,
        lacking.sort((one, other) => one - other),
      );
      return;
    }
    const state = this.replicas[from]!.since!(this.replicas[to]!.version()).slice();
    const snapshot = state.slice();
    const followUps = this.replicas[to]!.receive([state]);
    expect(state, 'received bytes are only read').toEqual(snapshot);
    for (const change of lacking) this.#has[to]!.add(change);
    this.#send(to, followUps);
  }

  /** A number that was not given before. */
  nextToken(): number {
    return this.#tokens++;
  }

  /** Lets the clocks of all devices go on. */
  wait(ms: number): void {
    this.#elapsedMs += ms;
  }

  edit(index: number, edit: Edit): EditOutcome {
    const outcome = this.replicas[index]!.edit(edit);
    return { changes: this.#send(index, outcome.changes), target: outcome.target };
  }

  editTogether(index: number, edits: readonly Edit[]): Uint8Array[] {
    const replica = this.replicas[index]!;
    if (replica.editTogether !== undefined) return this.#send(index, replica.editTogether(edits));
    return edits.flatMap((edit) => this.edit(index, edit).changes);
  }

  /** Hands a replica these changes, all at once; where the type wants causal order, only those that it is ready for. */
  deliver(to: number, changes: readonly number[]): void {
    const has = this.#has[to]!;
    const list: Uint8Array[] = [];
    const before = new Set(has);
    for (const change of changes) {
      if (!this.#isReady(change, before)) continue;
      before.add(change);
      const { bytes, copy } = this.sent[change]!;
      list.push(this.#options.sharesRun === false ? copy : bytes);
    }
    const snapshots = list.map((bytes) => bytes.slice());
    const given = [...list];
    const followUps = this.replicas[to]!.receive(list);
    expect(list, 'the list is the caller’s').toEqual(given);
    for (const [i, bytes] of given.entries()) expect(bytes, 'received bytes are only read').toEqual(snapshots[i]);
    for (const change of before) has.add(change);
    this.#send(to, followUps);
  }

  /** Hands everybody what is still lacking, one change after the other in the order in which they were made. */
  settle(): void {
    for (let wave = 0; wave < 10; wave++) {
      const count = this.sent.length;
      for (let to = 0; to < this.replicas.length; to++) {
        for (let change = 0; change < this.sent.length; change++) {
          if (!this.#has[to]!.has(change)) this.deliver(to, [change]);
        }
      }
      if (this.sent.length === count) return;
    }
    expect.fail('replicas answer each other’s changes without an end');
  }

  /**
   * Hands everybody what is still lacking in an order, grouping and with repetitions of its own.
   *
   * @param draws numbers from 0 to 2^16 that decide; used again and again
   */
  settleAtRandom(draws: readonly number[]): void {
    let at = 0;
    const draw = (below: number): number => (draws[at++ % draws.length]! + at * 7919) % below;
    for (let to = 0; to < this.replicas.length; to++) {
      const lacking = this.sent.map((_, change) => change).filter((change) => !this.#has[to]!.has(change));
      while (lacking.length > 0) {
        const group: number[] = [];
        const before = new Set(this.#has[to]);
        const size = 1 + draw(5);
        while (group.length < size && lacking.length > 0) {
          const ready = lacking.filter((change) => this.#isReady(change, before));
          const change = ready[draw(ready.length)]!;
          lacking.splice(lacking.indexOf(change), 1);
          before.add(change);
          group.push(change);
          if (draw(4) === 0) group.push(change);
        }
        if (draw(3) === 0) group.push([...before][draw(before.size)]!);
        this.deliver(to, group);
      }
    }
    this.settle();
  }

  #isReady(change: number, has: ReadonlySet<number>): boolean {
    if (this.type.delivery !== 'causal') return true;
    for (const known of this.sent[change]!.known) if (!has.has(known)) return false;
    return true;
  }

  #send(author: number, changes: readonly Uint8Array[]): Uint8Array[] {
    const has = this.#has[author]!;
    return changes.map((change) => {
      const copy = change.slice();
      // Bytes of types that are not stable may be written over by the next call.
      const bytes = this.type.isStable === true ? change : copy;
      const index = this.sent.push({ author, bytes, copy, known: new Set(has) }) - 1;
      has.add(index);
      return bytes;
    });
  }

  #init(index: number, incarnation: number): ReplicaInit {
    let state = index * 4096 + incarnation + 1;
    const skewMs = this.#options.skewsMs?.[index] ?? 0;
    return {
      deviceIndex: index,
      incarnation,
      actor: index * 4096 + incarnation,
      random: () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state / 2 ** 32;
      },
      nowMs: () => EPOCH_MS + this.#elapsedMs + skewMs,
      run: this.#options.sharesRun === false ? {} : this.#run,
    };
  }
}

/** One step of a script; numbers are taken modulo what is there. */
export type ScriptStep =
  | { readonly do: 'edit'; readonly at: number; readonly edit: Edit; readonly afterMs: number }
  | { readonly do: 'deliver'; readonly to: number; readonly picks: readonly number[] };

export interface Script {
  readonly replicas: number;
  readonly skewsMs: readonly number[];
  readonly steps: readonly ScriptStep[];
  readonly draws: readonly number[];
}

const entity = fc.constantFrom('a', 'b');
const field = fc.constantFrom('x', 'y');
const at = fc.nat(20);

/** Edits of few places, so that they meet. Inserted texts and values get their tokens when a script is carried out. */
const EDITS: { readonly [K in EditKind]: fc.Arbitrary<Edit> } = {
  set: fc.record({
    kind: fc.constant('set'),
    entity,
    field,
    value: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.boolean(), fc.constantFrom('', 'p', 'žluťoučký', 1.5, -0)),
  }),
  remove: fc.record({ kind: fc.constant('remove'), entity }),
  restore: fc.record({ kind: fc.constant('restore'), entity }),
  'text-insert': fc.record({ kind: fc.constant('text-insert'), entity, at, text: fc.constantFrom('w', '🐎') }),
  'text-delete': fc.record({ kind: fc.constant('text-delete'), entity, at, length: fc.nat(3) }),
  'list-insert': fc.record({ kind: fc.constant('list-insert'), entity, at, value: fc.constant('i') }),
  'list-delete': fc.record({ kind: fc.constant('list-delete'), entity, at }),
  'list-move': fc.record({ kind: fc.constant('list-move'), entity, from: at, to: at }),
  'tag-add': fc.record({ kind: fc.constant('tag-add'), entity, tag: fc.constantFrom('s', 't') }),
  'tag-remove': fc.record({ kind: fc.constant('tag-remove'), entity, tag: fc.constantFrom('s', 't') }),
  count: fc.record({ kind: fc.constant('count'), entity, field, by: fc.integer({ min: -2, max: 3 }) }),
};

/** Any edit that the type takes. */
export function anEdit(type: DocumentType): fc.Arbitrary<Edit> {
  return fc.oneof(...[...type.supports.keys()].map((kind) => EDITS[kind]));
}

/** Any script for three to five replicas of the type. */
export function aScript(type: DocumentType): fc.Arbitrary<Script> {
  const step: fc.Arbitrary<ScriptStep> = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('edit'), at: fc.nat(4), edit: anEdit(type), afterMs: fc.nat(2) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('deliver'),
        to: fc.nat(4),
        picks: fc.array(fc.nat(999), { maxLength: 8 }),
      }),
    },
  );
  return fc.record({
    replicas: fc.integer({ min: 3, max: 5 }),
    skewsMs: fc.array(fc.constantFrom(0, 0, 1, -60_000, 60_000), { minLength: 5, maxLength: 5 }),
    steps: fc.array(step, { minLength: 1, maxLength: 40 }),
    draws: fc.array(fc.nat(65_535), { minLength: 20, maxLength: 20 }),
  });
}

/** Inserted values carry a token of their own. */
function withToken(edit: Edit, token: number): Edit {
  if (edit.kind === 'text-insert') return { ...edit, text: `${edit.text}${token} ` };
  return edit.kind === 'list-insert' ? { ...edit, value: `${edit.value}${token}` } : edit;
}

/** Carries out the steps of a script; `afterStep` is told which replica was touched, and how. */
export function play(
  exchange: Exchange,
  script: Pick<Script, 'steps'>,
  around: (index: number, edit: Edit | undefined, act: () => EditOutcome | undefined) => void = (_, __, act) =>
    void act(),
): void {
  for (const step of script.steps) {
    const token = exchange.nextToken();
    if (step.do === 'edit') {
      const index = step.at % exchange.replicas.length;
      const edit = withToken(step.edit, token);
      exchange.wait(step.afterMs);
      around(index, edit, () => exchange.edit(index, edit));
    } else if (exchange.sent.length > 0) {
      const index = step.to % exchange.replicas.length;
      around(index, undefined, () => {
        const changes = step.picks.map((pick) => pick % exchange.sent.length);
        exchange.deliver(index, changes);
        return undefined;
      });
    }
  }
}
