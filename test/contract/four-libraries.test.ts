// One schedule through four libraries: the same edits and deliveries, whatever the documents are made of. What every
// library must show alike is compared with what follows from the schedule alone: who knew what.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import automerge from '../../docs/examples/automerge.ts';
import loro from '../../docs/examples/loro.ts';
import { canonicalView, type Edit, type LedgerView } from '../../models/documents/edit.ts';
import lww from '../../models/documents/lww.ts';
import type { DocumentType } from '../../models/documents/port.ts';
import yjs from '../../models/documents/yjs.ts';
import { Exchange } from './exchange.ts';

const LIBRARIES: readonly DocumentType[] = [lww, yjs, automerge, loro];
const REPLICAS = 3;

type Step =
  | { readonly do: 'edit'; readonly at: number; readonly edit: Edit }
  | { readonly do: 'deliver'; readonly to: number; readonly picks: readonly number[] }
  | { readonly do: 'catch-up'; readonly to: number };

/** An edit of a schedule, and which others, by their numbers, its author knew. */
interface Made {
  readonly number: number;
  readonly edit: Edit;
  /** Those known to every library: delivered with all that they depend on. */
  readonly sure: ReadonlySet<number>;
  /** Those that a library may know of: delivered, or known to the author of what was delivered. */
  readonly possible: ReadonlySet<number>;
}

/** Which replica knows which edits, in a library that holds back what lacks something, and in one that does not. */
class Knowledge {
  readonly made: Made[] = [];
  readonly #delivered = Array.from({ length: REPLICAS }, () => new Set<number>());

  make(at: number, edit: Edit): number {
    const number = this.made.length;
    this.made.push({ number, edit, sure: this.#sure(at), possible: this.#possible(at) });
    this.#delivered[at]!.add(number);
    return number;
  }

  deliver(to: number, numbers: readonly number[]): void {
    for (const number of numbers) this.#delivered[to]!.add(number);
  }

  lacks(replica: number): number[] {
    return this.made.map(({ number }) => number).filter((number) => !this.#delivered[replica]!.has(number));
  }

  #sure(at: number): Set<number> {
    const sure = new Set<number>();
    for (const made of this.made) {
      if (this.#delivered[at]!.has(made.number) && [...made.sure].every((each) => sure.has(each)))
        sure.add(made.number);
    }
    return sure;
  }

  #possible(at: number): Set<number> {
    const possible = new Set(this.#delivered[at]);
    for (const number of this.#delivered[at]!) for (const each of this.made[number]!.possible) possible.add(each);
    return possible;
  }
}

// Entities `a` and `b` are never removed, so every edit of them does what it says in every library.
const kept = fc.constantFrom('a', 'b');
const field = fc.constantFrom('x', 'y');
const tag = fc.constantFrom('s', 't');
const anEdit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('set' as const), entity: kept, field, value: fc.constant('') }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('tag-add' as const), entity: kept, tag }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('tag-remove' as const), entity: kept, tag }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('count' as const),
      entity: kept,
      field,
      by: fc.integer({ min: -3, max: 9 }).filter((by) => by !== 0),
    }),
  },
  fc.record({ kind: fc.constantFrom('remove' as const, 'restore' as const), entity: fc.constant('c') }),
  fc.record({ kind: fc.constant('tag-add' as const), entity: fc.constant('c'), tag }),
);
const replica = fc.nat(REPLICAS - 1);
const picks = fc.array(fc.nat(999), { minLength: 1, maxLength: 6 });
const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('edit' as const), at: replica, edit: anEdit }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('deliver' as const), to: replica, picks }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('catch-up' as const), to: replica }) },
);
const aSchedule = fc.record({
  steps: fc.array(aStep, { minLength: 10, maxLength: 60, size: 'max' }),
  draws: fc.array(fc.nat(65_535), { minLength: 20, maxLength: 20 }),
});

/** How often each thing was compared: a test that compares nothing must not pass. */
const compared = { counters: 0, tags: 0, disputedTags: 0, fields: 0, disputedFields: 0, presences: 0 };

test('four libraries show alike what every library must, and each agrees with itself', () => {
  fc.assert(
    fc.property(aSchedule, ({ steps, draws }) => {
      const { made } = rehearse(steps);
      for (const library of LIBRARIES) compare(library.name, made, carryOut(library, steps, draws));
    }),
    { seed: 20, numRuns: 150 },
  );
  for (const [what, count] of Object.entries(compared)) expect(count, what).toBeGreaterThan(100);
});

/** The steps with everything decided: values of their own, and deliveries by the numbers of edits. */
function rehearse(steps: readonly Step[]): { made: readonly Made[]; plan: ((player: Player) => void)[] } {
  const knowledge = new Knowledge();
  const plan: ((player: Player) => void)[] = [];
  for (const step of steps) {
    if (step.do === 'edit') {
      const value = `v${knowledge.made.length}`;
      const edit = step.edit.kind === 'set' ? { ...step.edit, value } : step.edit;
      knowledge.make(step.at, edit);
      plan.push((player) => player.edit(step.at, edit));
    } else {
      const count = knowledge.made.length;
      if (count === 0) continue;
      const numbers = step.do === 'catch-up' ? knowledge.lacks(step.to) : step.picks.map((pick) => pick % count);
      knowledge.deliver(step.to, numbers);
      plan.push((player) => player.deliver(step.to, numbers));
    }
  }
  return { made: knowledge.made, plan };
}

/** Replicas of one library that are told of edits by number: in one library an edit has changes, in another none. */
class Player {
  readonly exchange: Exchange;
  readonly #changes: number[][] = [];

  constructor(type: DocumentType) {
    this.exchange = new Exchange(type, REPLICAS, { skewsMs: [0, 60_000, -60_000] });
  }

  edit(at: number, edit: Edit): void {
    const { sent } = this.exchange;
    const from = sent.length;
    this.exchange.wait(1);
    this.exchange.edit(at, edit);
    this.#changes.push(Array.from({ length: sent.length - from }, (_, i) => from + i));
  }

  deliver(to: number, numbers: readonly number[]): void {
    this.exchange.deliver(
      to,
      numbers.flatMap((number) => this.#changes[number]!),
    );
  }
}

/** Plays the steps, hands out what is lacking, and gives the one view on which all replicas then agree. */
function carryOut(library: DocumentType, steps: readonly Step[], draws: readonly number[]): LedgerView {
  const player = new Player(library);
  for (const step of rehearse(steps).plan) step(player);
  player.exchange.settleAtRandom(draws);
  const { replicas } = player.exchange;
  const view = replicas[0]!.view();
  for (const other of replicas) {
    expect(canonicalView(other.view()), `${library.name}: views`).toBe(canonicalView(view));
    expect(other.version(), `${library.name}: versions`).toBe(replicas[0]!.version());
    expect(other.pending(), `${library.name}: pending`).toBe(0);
  }
  for (const each of replicas) each.dispose?.();
  return view;
}

function compare(library: string, made: readonly Made[], view: LedgerView): void {
  for (const entity of ['a', 'b']) {
    const edits = made.filter(({ edit }) => edit.entity === entity);
    // A tag-remove of what is not there makes nothing.
    if (edits.some(({ edit }) => edit.kind !== 'tag-remove')) expect(view, library).toHaveProperty(entity);
    for (const name of ['x', 'y']) {
      compareCounter(library, edits, entity, name, view);
      compareField(library, edits, entity, name, view);
    }
    for (const name of ['s', 't']) compareTag(library, edits, entity, name, view);
  }
  comparePresence(library, made, view);
}

function compareCounter(library: string, edits: readonly Made[], entity: string, name: string, view: LedgerView): void {
  const counts = edits.map(({ edit }) => edit).filter((edit) => edit.kind === 'count' && edit.field === name);
  if (counts.length === 0) return;
  const sum = counts.reduce((total, edit) => total + (edit.kind === 'count' ? edit.by : 0), 0);
  expect(view[entity]?.counters?.[name], `${library}: ${entity}/${name} counts`).toBe(sum);
  compared.counters++;
}

function compareField(library: string, edits: readonly Made[], entity: string, name: string, view: LedgerView): void {
  const writes = edits.filter(({ edit }) => edit.kind === 'set' && edit.field === name);
  const last = writes.filter(({ number }) => !writes.some(({ sure }) => sure.has(number)));
  const values = last.map(({ edit }) => (edit.kind === 'set' ? edit.value : undefined));
  const value = view[entity]?.fields?.[name];
  if (writes.length === 0) expect(value, library).toBeUndefined();
  else expect(values, `${library}: ${entity}/${name}`).toContain(value);
  if (writes.length > 1) compared[last.length === 1 ? 'fields' : 'disputedFields']++;
}

function compareTag(library: string, edits: readonly Made[], entity: string, name: string, view: LedgerView): void {
  const ofTag = (kind: string): Made[] =>
    edits.filter(({ edit }) => edit.kind === kind && 'tag' in edit && edit.tag === name);
  const [adds, removes] = [ofTag('tag-add'), ofTag('tag-remove')];
  const isGone = adds.every(({ number }) => removes.some(({ sure }) => sure.has(number)));
  const isThere = adds.some(({ number }) => !removes.some(({ possible }) => possible.has(number)));
  // Where an add reached the remover before something that it depends on, libraries may differ.
  if (isGone === isThere) return;
  expect(view[entity]?.tags?.includes(name) === true, `${library}: ${entity}/tags/${name}`).toBe(isThere);
  if (adds.length === 0 || removes.length === 0) return;
  const isConcurrent = adds.some((add) =>
    removes.some((remove) => !add.possible.has(remove.number) && !remove.possible.has(add.number)),
  );
  compared[isConcurrent ? 'disputedTags' : 'tags']++;
}

/** Of the entity that is removed and restored: whoever knew everything of it, and edits it last, decides. */
function comparePresence(library: string, made: readonly Made[], view: LedgerView): void {
  const edits = made.filter(({ edit }) => edit.entity === 'c');
  const last = edits.at(-1);
  if (last === undefined || !edits.every(({ number, edit }) => edit === last.edit || last.sure.has(number))) return;
  if (last.edit.kind === 'tag-add') return;
  const isMade = edits.some(({ edit }) => edit.kind === 'tag-add');
  expect(Object.hasOwn(view, 'c'), `${library}: c`).toBe(isMade && last.edit.kind === 'restore');
  compared.presences++;
}
