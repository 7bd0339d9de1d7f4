// The contract of document types: what every type must do, whatever it is made of. A test file of a type calls
// `documentContract` and adds what is special about the type.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalView, EDIT_KINDS, placeOf, sameView } from '../../models/documents/edit.ts';
import type { Concurrency, Edit, EditKind, LedgerView } from '../../models/documents/edit.ts';
import type { DocumentType, Replica } from '../../models/documents/port.ts';
import { ENTITY, expectShaped, groundFor, isThere, sampleOf } from './effects.ts';
import { anEdit, aScript, Exchange, play } from './exchange.ts';

/** Runs of a property; the scripts are small. */
const RUNS = 250;

export function documentContract(type: DocumentType): void {
  const kinds = EDIT_KINDS.filter((kind) => type.supports.has(kind));
  describe(`the contract of document types holds for ${type.name}`, () => {
    editing(type, kinds);
    positions(type, kinds);
    exchanging(type);
    concurrency(type, kinds);
    storing(type);
    states(type);
    merging(type);
    digests(type);
    together(type);
  });
}

/** An exchange in which all replicas know the ground. */
function grounded(type: DocumentType, ground: readonly Edit[], skewsMs: readonly number[] = []): Exchange {
  const exchange = new Exchange(type, 3, { skewsMs });
  for (const edit of ground) {
    exchange.edit(0, edit);
    exchange.wait(1);
  }
  exchange.settle();
  return exchange;
}

function views(exchange: Exchange): LedgerView[] {
  return exchange.replicas.map((replica) => replica.view());
}

function expectAgreement(exchange: Exchange): LedgerView {
  const [first, ...others] = views(exchange);
  expectShaped(first!);
  for (const other of others) {
    expect(canonicalView(other)).toBe(canonicalView(first!));
    expect(sameView(first!, other)).toBe(true);
  }
  const versions = exchange.replicas.map((replica) => replica.version());
  expect(new Set(versions).size, `one version: ${versions.join(' ')}`).toBe(1);
  for (const replica of exchange.replicas) expect(replica.pending()).toBe(0);
  return first!;
}

function editing(type: DocumentType, kinds: readonly EditKind[]): void {
  test.each(kinds)('a %s shows in its author’s view at once, and in the others’ when they have it', (kind) => {
    const edit = sampleOf(kind, 0);
    const exchange = grounded(type, groundFor(type.supports, edit));
    if (kind === 'restore') {
      exchange.edit(0, { kind: 'remove', entity: ENTITY });
      exchange.settle();
    }
    const before = exchange.replicas[1]!.view();
    const { changes, target } = exchange.edit(1, edit);
    expect(changes.length).toBeGreaterThan(0);
    expect(isThere(edit, exchange.replicas[1]!.view(), before, target)).toBe(true);
    // A moved item was there before.
    if (kind !== 'list-move') expect(isThere(edit, exchange.replicas[2]!.view(), before, target)).toBe(false);
    exchange.settle();
    expect(isThere(edit, expectAgreement(exchange), before, target)).toBe(true);
  });

  test.each(kinds)('a %s says which place it edited', (kind) => {
    const edit = sampleOf(kind, 0);
    const exchange = grounded(type, groundFor(type.supports, edit));
    if (kind === 'restore') exchange.edit(1, { kind: 'remove', entity: ENTITY });
    const before = exchange.replicas[1]!.view()[ENTITY];
    const { target } = exchange.edit(1, edit);
    if (kind === 'list-delete' || kind === 'list-move') {
      expect(target).toBe(`${ENTITY}/items/${before!.items![0]}`);
    } else {
      expect(target).toBe(placeOf(edit));
    }
  });

  test.each(editsWithoutEffect(kinds))('%s does nothing and has nothing to send', (_, ground, edit) => {
    const exchange = grounded(type, [...groundFor(type.supports, edit), ...ground]);
    const replica = exchange.replicas[1]!;
    const before = canonicalView(replica.view());
    const version = replica.version();
    expect(exchange.edit(1, edit).changes).toEqual([]);
    expect(canonicalView(replica.view())).toBe(before);
    expect(replica.version()).toBe(version);
  });

  test('an edit has changes exactly where it does something', () => {
    fc.assert(
      fc.property(aScript(type), (script) => {
        const exchange = new Exchange(type, script.replicas, script);
        play(exchange, script, (index, edit, act) => {
          const replica = exchange.replicas[index]!;
          const before = replica.view();
          const version = replica.version();
          const outcome = act();
          const after = replica.view();
          expectShaped(after);
          if (edit === undefined || outcome === undefined) return;
          if (outcome.changes.length === 0) {
            expect(canonicalView(after)).toBe(canonicalView(before));
            expect(replica.version()).toBe(version);
          } else {
            expect(isThere(edit, after, before, outcome.target), JSON.stringify(edit)).toBe(true);
            expect(replica.version()).not.toBe(version);
          }
        });
      }),
      { seed: 1, numRuns: RUNS },
    );
  });
}

/** Edits that do nothing: what they are, the ground that they need beside the usual one, and the edit. */
function editsWithoutEffect(kinds: readonly EditKind[]): [name: string, ground: Edit[], edit: Edit][] {
  const remove: Edit = { kind: 'remove', entity: ENTITY };
  const list: [string, Edit[], Edit][] = [
    ['a remove of an entity that was never there', [], { kind: 'remove', entity: 'account-2' }],
    ['a restore of an entity that was never there', [], { kind: 'restore', entity: 'account-2' }],
    ['a restore of an entity that is there', [], { kind: 'restore', entity: ENTITY }],
    ['a restore of an entity that was restored', [remove, { kind: 'restore', entity: ENTITY }], sampleOf('restore', 0)],
    ['a tag-remove of a tag that was never there', [], { kind: 'tag-remove', entity: ENTITY, tag: 'absent' }],
    ['a tag-remove of a tag that was removed', [sampleOf('tag-remove', 0)], sampleOf('tag-remove', 0)],
    ['a count by 0', [], { kind: 'count', entity: ENTITY, field: 'visits', by: 0 }],
    ['a text-insert of no text', [], { kind: 'text-insert', entity: ENTITY, at: 0, text: '' }],
    ['a text-delete of no length', [], { kind: 'text-delete', entity: ENTITY, at: 0, length: 0 }],
    ['a text-delete on an entity without text', [], { kind: 'text-delete', entity: 'account-2', at: 3, length: 1 }],
    ['a list-delete on an entity without items', [], { kind: 'list-delete', entity: 'account-2', at: 3 }],
    ['a list-move on an entity without items', [], { kind: 'list-move', entity: 'account-2', from: 3, to: 1 }],
    ...kinds
      .filter((kind) => kind !== 'restore')
      .map((kind): [string, Edit[], Edit] => [`a ${kind} on a removed entity`, [remove], sampleOf(kind, 0)]),
  ];
  return list.filter(([, ground, edit]) => [...ground, edit].every(({ kind }) => kinds.includes(kind)));
}

type TextEdit = Extract<Edit, { kind: 'text-insert' | 'text-delete' }>;
type ListEdit = Extract<Edit, { kind: 'list-insert' | 'list-delete' | 'list-move' }>;

/** What an edit makes of a text, if `at` is taken modulo what is there. */
function textAfter(text: string, edit: TextEdit): string {
  if (edit.kind === 'text-insert') {
    const at = edit.at % (text.length + 1);
    return text.slice(0, at) + edit.text + text.slice(at);
  }
  const at = text === '' ? 0 : edit.at % text.length;
  return text.slice(0, at) + text.slice(at + edit.length);
}

/** What an edit makes of a list, likewise; a moved item stands at `to` afterwards. */
function listAfter(list: readonly string[], edit: ListEdit): string[] {
  if (edit.kind === 'list-insert') return list.toSpliced(edit.at % (list.length + 1), 0, edit.value);
  if (list.length === 0) return [];
  if (edit.kind === 'list-delete') return list.toSpliced(edit.at % list.length, 1);
  const from = edit.from % list.length;
  return list.toSpliced(from, 1).toSpliced(edit.to % list.length, 0, list[from]!);
}

function positions(type: DocumentType, kinds: readonly EditKind[]): void {
  /** Makes edits of entity `a` in one replica and compares it with a plain copy; then hands them to another one. */
  const compare = <T>(
    edits: readonly Edit[],
    start: T,
    step: (now: T, edit: Edit) => T,
    seen: (view: LedgerView) => T,
  ) => {
    const exchange = new Exchange(type, 2);
    let expected = start;
    for (const edit of edits) {
      const { changes } = exchange.edit(0, edit);
      const next = step(expected, edit);
      expect(changes.length > 0, JSON.stringify(edit)).toBe(JSON.stringify(next) !== JSON.stringify(expected));
      expected = next;
      expect(seen(exchange.replicas[0]!.view())).toEqual(expected);
    }
    exchange.settle();
    expect(seen(expectAgreement(exchange))).toEqual(expected);
  };
  const entity = fc.constant('a');
  const anywhere = fc.nat(30);

  test.runIf(kinds.includes('text-insert'))('texts land where `at` says, modulo what is there', () => {
    const insert = fc.record({
      kind: fc.constant('text-insert' as const),
      entity,
      at: anywhere,
      text: fc.string({ maxLength: 5 }),
    });
    const erase = fc.record({ kind: fc.constant('text-delete' as const), entity, at: anywhere, length: fc.nat(6) });
    const anyEdit: fc.Arbitrary<TextEdit> = kinds.includes('text-delete') ? fc.oneof(insert, insert, erase) : insert;
    fc.assert(
      fc.property(fc.array(anyEdit, { maxLength: 30 }), (edits) =>
        compare(
          edits,
          '',
          (text, edit) => textAfter(text, edit as TextEdit),
          (view) => view['a']?.memo ?? '',
        ),
      ),
      { seed: 13, numRuns: RUNS },
    );
  });

  test.runIf(kinds.includes('text-insert'))('a position within a character of two code units does not split it', () => {
    for (const at of [0, 1, 2, 3, 4, 5, 6]) {
      const exchange = new Exchange(type, 3);
      exchange.edit(0, { kind: 'text-insert', entity: 'a', at: 0, text: '🐎x🐢' });
      exchange.settle();
      exchange.edit(0, { kind: 'text-insert', entity: 'a', at, text: 'in' });
      if (kinds.includes('text-delete')) exchange.edit(1, { kind: 'text-delete', entity: 'a', at, length: 1 });
      exchange.settle();
      const memo = expectAgreement(exchange)['a']?.memo;
      expect(memo?.length).toBeLessThan(8);
      expect(memo).toMatch(/^(?:🐎|x|🐢|in){2,4}$/u);
    }
  });

  test.runIf(kinds.includes('list-insert'))('items land where `at` and `to` say, modulo what is there', () => {
    const insert = fc.record({
      kind: fc.constant('list-insert' as const),
      entity,
      at: anywhere,
      value: fc.constant('i'),
    });
    const anyEdit: fc.Arbitrary<ListEdit>[] = [insert, insert];
    if (kinds.includes('list-delete'))
      anyEdit.push(fc.record({ kind: fc.constant('list-delete' as const), entity, at: anywhere }));
    if (kinds.includes('list-move')) {
      anyEdit.push(fc.record({ kind: fc.constant('list-move' as const), entity, from: anywhere, to: anywhere }));
    }
    fc.assert(
      fc.property(fc.array(fc.oneof(...anyEdit), { maxLength: 30 }), (list) => {
        const edits = list.map((edit, i) => (edit.kind === 'list-insert' ? { ...edit, value: `i${i}` } : edit));
        const step = (items: readonly string[], edit: Edit): readonly string[] => listAfter(items, edit as ListEdit);
        compare<readonly string[]>(edits, [], step, (view) => view['a']?.items ?? []);
      }),
      { seed: 14, numRuns: RUNS },
    );
  });
}

function exchanging(type: DocumentType): void {
  test.each([
    ['of one run', true],
    ['of runs of their own', false],
  ])('replicas %s agree, in whatever order, groups and repetitions they get what was made', (_, sharesRun) => {
    fc.assert(
      fc.property(aScript(type), (script) => {
        const exchange = new Exchange(type, script.replicas, { ...script, sharesRun });
        play(exchange, script);
        exchange.settleAtRandom(script.draws);
        expectAgreement(exchange);
        // Everything once more changes nothing.
        const [replica] = exchange.replicas;
        const view = canonicalView(replica!.view());
        const version = replica!.version();
        exchange.deliver(0, [...exchange.sent.keys()].reverse());
        expect(canonicalView(replica!.view())).toBe(view);
        expect(replica!.version()).toBe(version);
      }),
      { seed: 2, numRuns: RUNS },
    );
  });

  test('a replica that comes late and gets everything at once agrees with the others', () => {
    fc.assert(
      fc.property(aScript(type), (script) => {
        const exchange = new Exchange(type, script.replicas, script);
        play(exchange, script);
        exchange.settle();
        exchange.deliver(exchange.join(), [...exchange.sent.keys()]);
        expectAgreement(exchange);
      }),
      { seed: 3, numRuns: RUNS },
    );
  });

  test('the same calls give the same bytes, views and versions', () => {
    fc.assert(
      fc.property(aScript(type), (script) => {
        const [one, other] = [0, 1].map(() => {
          const exchange = new Exchange(type, script.replicas, script);
          play(exchange, script);
          exchange.settleAtRandom(script.draws);
          return exchange;
        });
        expect(other!.sent.map(({ copy }) => copy)).toEqual(one!.sent.map(({ copy }) => copy));
        expect(views(other!)).toEqual(views(one!));
        for (const [index, replica] of one!.replicas.entries()) {
          const twin = other!.replicas[index]!;
          expect(JSON.stringify(twin.view()), 'keys in the same order').toBe(JSON.stringify(replica.view()));
          expect(twin.version()).toBe(replica.version());
          expect(twin.save()).toEqual(replica.save());
          expect(twin.viewDigest?.()).toBe(replica.viewDigest?.());
        }
      }),
      { seed: 4, numRuns: RUNS },
    );
  });

  test('bytes of a change that are said to be stable are never written again', () => {
    fc.assert(
      fc.property(aScript(type), (script) => {
        const exchange = new Exchange(type, script.replicas, script);
        play(exchange, script);
        exchange.settle();
        for (let i = 0; i < 50; i++) {
          for (const edit of groundFor(type.supports)) exchange.edit(0, { ...edit, entity: `filler-${i}` });
        }
        for (const { bytes, copy } of exchange.sent) expect(bytes).toEqual(copy);
      }),
      { seed: 5, numRuns: RUNS / 5 },
    );
  });

  test.runIf(type.supports.has('set'))(
    'a value that is set with knowledge of others wins, whatever the clocks say',
    () => {
      fc.assert(
        fc.property(aScript(type), fc.nat(4), (script, at) => {
          const exchange = new Exchange(type, script.replicas, script);
          play(exchange, script);
          exchange.settleAtRandom(script.draws);
          const writer = at % script.replicas;
          setAnyway(exchange, writer, 'last');
          exchange.settleAtRandom(script.draws);
          expect(expectAgreement(exchange)['a']?.fields?.['x']).toBe('last');
          if (!type.supports.has('remove')) return;
          exchange.edit(writer, { kind: 'remove', entity: 'a' });
          exchange.settleAtRandom(script.draws);
          expect(expectAgreement(exchange)).not.toHaveProperty('a');
        }),
        { seed: 6, numRuns: RUNS },
      );
    },
  );
}

function concurrency(type: DocumentType, kinds: readonly EditKind[]): void {
  const pairs = kinds.flatMap((one, i) => kinds.slice(i).map((other): [EditKind, EditKind] => [one, other]));

  test.each(pairs)('of a %s and a %s that are concurrent becomes what the type declares', (kindOfOne, kindOfOther) => {
    const one = sampleOf(kindOfOne, 0);
    const other = sampleOf(kindOfOther, 1);
    const declared = declaredFor(type, one, other);
    // Whoever's clock is ahead, and with a tie.
    for (const skewsMs of [[0, 0, 0], [5000], [0, 5000], [0, 0, 5000], [-5000, 5000]]) {
      const exchange = grounded(type, groundFor(type.supports, one, other), skewsMs);
      for (const [author, edit] of [one, other].entries()) {
        // What is to be restored was removed before; nobody else knows of that.
        if (edit.kind === 'restore') expect(exchange.edit(author, sampleOf('remove', 0)).changes.length).toBe(1);
      }
      const before = exchange.replicas[2]!.view();
      const ofOne = exchange.edit(0, one);
      const ofOther = exchange.edit(1, other);
      expect(ofOne.changes.length * ofOther.changes.length).toBeGreaterThan(0);
      exchange.settle();
      const after = expectAgreement(exchange);
      const isMet = (edit: Edit, target: string): boolean => {
        const isSum = one.kind === 'count' && other.kind === 'count' && declared === 'keeps-both';
        const seen = edit.kind === 'text-delete' ? withoutTextOf(after, one) : after;
        return isThere(isSum ? { ...one, by: one.by + other.by } : edit, seen, before, target);
      };
      expectDeclared(declared, [one, other], isMet(one, ofOne.target), isMet(other, ofOther.target));
    }
  });

  test.runIf(kinds.includes('tag-add') && kinds.includes('tag-remove'))(
    'an add of a tag that a remove has not seen stays, even where another add of it was seen and removed',
    () => {
      const add: Edit = { kind: 'tag-add', entity: ENTITY, tag: 'urgent' };
      const remove: Edit = { kind: 'tag-remove', entity: ENTITY, tag: 'urgent' };
      const declared = declaredFor(type, add, remove);
      if (declared !== 'add-wins') return;
      // Whichever of the two adds comes last in the type's own order, and whoever's clock is ahead.
      for (const [one, other] of [
        [0, 1],
        [1, 0],
      ] as const) {
        for (const skewsMs of [[], [5000], [0, 5000], [0, 0, 5000]]) {
          const exchange = grounded(type, groundFor(type.supports), skewsMs);
          exchange.edit(one, add);
          const seen = exchange.sent.length;
          exchange.edit(other, add);
          exchange.deliver(2, [...Array(seen).keys()]);
          exchange.edit(2, remove);
          exchange.settle();
          expect(expectAgreement(exchange)[ENTITY]?.tags).toContain('urgent');
          exchange.edit(other, remove);
          exchange.settle();
          expect(expectAgreement(exchange)[ENTITY]?.tags ?? []).not.toContain('urgent');
        }
      }
    },
  );
}

/** The view without the text that an insert has added: what a concurrent delete has left of the text before. */
function withoutTextOf(view: LedgerView, edit: Edit): LedgerView {
  const entity = view[edit.entity];
  if (edit.kind !== 'text-insert' || entity?.memo === undefined) return view;
  return { ...view, [edit.entity]: { ...entity, memo: entity.memo.replace(edit.text, '') } };
}

function declaredFor(type: DocumentType, one: Edit, other: Edit): Concurrency {
  const pair = type.concurrency?.(one, other);
  return pair ?? (one.kind === other.kind ? type.supports.get(one.kind)! : 'unjudged');
}

const REMOVING: readonly EditKind[] = ['remove', 'tag-remove', 'text-delete', 'list-delete'];

function expectDeclared(declared: Concurrency, pair: readonly [Edit, Edit], isOne: boolean, isOther: boolean): void {
  const removes = pair.map(({ kind }) => REMOVING.includes(kind));
  switch (declared) {
    case 'keeps-both':
      expect([isOne, isOther]).toEqual([true, true]);
      break;
    case 'one-wins':
      // Two values cannot stand in one place; two removals have the same effect.
      expect(isOne || isOther).toBe(true);
      if (pair[0].kind !== pair[1].kind || ['set', 'count'].includes(pair[0].kind))
        expect(isOne && isOther).toBe(false);
      break;
    case 'add-wins':
      expect([isOne, isOther].filter((isMet, i) => isMet && !removes[i]).length).toBeGreaterThan(0);
      break;
    case 'remove-wins':
      expect([isOne, isOther].filter((isMet, i) => isMet && removes[i]).length).toBeGreaterThan(0);
      break;
    case 'unjudged':
      break;
  }
}

/** Sets a field of an entity, which is restored first where it was removed. */
function setAnyway(exchange: Exchange, author: number, value: string): void {
  if (exchange.type.supports.has('restore')) exchange.edit(author, { kind: 'restore', entity: 'a' });
  const { changes } = exchange.edit(author, { kind: 'set', entity: 'a', field: 'x', value });
  expect(changes.length).toBeGreaterThan(0);
}

function storing(type: DocumentType): void {
  test('a replica that is started from what it stored sees the same, and goes on', () => {
    fc.assert(
      fc.property(aScript(type), (script) => {
        const exchange = new Exchange(type, script.replicas, script);
        play(exchange, script);
        for (let index = 0; index < script.replicas; index++) {
          const old = exchange.replicas[index]!;
          const [view, version, pending] = [canonicalView(old.view()), old.version(), old.pending()];
          const replica = exchange.restart(index);
          expect(canonicalView(replica.view())).toBe(view);
          expect(replica.version()).toBe(version);
          expect(replica.pending()).toBe(pending);
        }
        play(exchange, script);
        exchange.settleAtRandom(script.draws);
        expectAgreement(exchange);
      }),
      { seed: 7, numRuns: RUNS },
    );
  });

  test('restarts in between, from the newest or an older backup, lose nothing that was handed over', () => {
    const restarts = fc.array(fc.record({ at: fc.nat(4), isOlder: fc.boolean() }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(aScript(type), restarts, (script, list) => {
        const exchange = new Exchange(type, script.replicas, script);
        const backups = [...exchange.replicas.keys()].map((index) => exchange.backup(index));
        const size = Math.ceil(script.steps.length / (list.length + 1));
        for (const [round, { at, isOlder }] of list.entries()) {
          play(exchange, { steps: script.steps.slice(round * size, (round + 1) * size) });
          const index = at % script.replicas;
          const newest = exchange.backup(index);
          exchange.restart(index, isOlder ? backups[index] : newest);
          backups[index] = newest;
        }
        play(exchange, { steps: script.steps.slice(list.length * size) });
        exchange.settleAtRandom(script.draws);
        expectAgreement(exchange);
      }),
      { seed: 15, numRuns: RUNS },
    );
  });

  test.runIf(type.supports.has('set'))('an edit after a restart wins over those that its author had stored', () => {
    fc.assert(
      fc.property(aScript(type), fc.nat(4), (script, at) => {
        const exchange = new Exchange(type, script.replicas, script);
        play(exchange, script);
        const author = at % script.replicas;
        // All that is known anywhere is known to the author, but for what comes after it has stored.
        exchange.settle();
        exchange.restart(author);
        setAnyway(exchange, author, 'after');
        exchange.settleAtRandom(script.draws);
        expect(expectAgreement(exchange)['a']?.fields?.['x']).toBe('after');
      }),
      { seed: 8, numRuns: RUNS },
    );
  });

  test('the size of what is stored can be told without storing it', () => {
    fc.assert(
      fc.property(aScript(type), (script) => {
        const exchange = new Exchange(type, script.replicas, script);
        play(exchange, script, (index, _, act) => {
          act();
          const replica = exchange.replicas[index]!;
          if (replica.storedBytes !== undefined) expect(replica.storedBytes()).toBe(replica.save().length);
        });
      }),
      { seed: 9, numRuns: RUNS },
    );
  });
}

function states(type: DocumentType): void {
  const hasStates = new Exchange(type, 1).replicas[0]!.since !== undefined;

  test.runIf(hasStates)(
    'a replica that is brought up to date by state equals one that was by log, and goes on so',
    () => {
      fc.assert(
        fc.property(aScript(type), fc.nat(4), fc.nat(3), (script, at, distance) => {
          const from = at % script.replicas;
          const to = (from + 1 + (distance % (script.replicas - 1))) % script.replicas;
          const [byState, byLog] = (['state', 'log'] as const).map((by) => {
            const exchange = new Exchange(type, script.replicas, script);
            play(exchange, script);
            for (let other = 0; other < script.replicas; other++) exchange.catchUp(from, other, 'log');
            exchange.catchUp(to, from, by);
            return exchange;
          }) as [Exchange, Exchange];
          const version = byState.replicas[from]!.version();
          for (const exchange of [byState, byLog]) expect(exchange.replicas[to]!.version()).toBe(version);
          expect(byState.replicas[to]!.pending()).toBe(0);
          expect(canonicalView(byState.replicas[to]!.view())).toBe(canonicalView(byLog.replicas[to]!.view()));
          for (const exchange of [byState, byLog]) {
            play(exchange, script);
            exchange.settleAtRandom(script.draws);
          }
          expect(canonicalView(expectAgreement(byState))).toBe(canonicalView(expectAgreement(byLog)));
        }),
        { seed: 16, numRuns: RUNS },
      );
    },
  );

  test.runIf(hasStates)('replicas that only ever hand each other their states agree', () => {
    fc.assert(
      fc.property(aScript(type), (script) => {
        const exchange = new Exchange(type, script.replicas, script);
        for (const step of script.steps) {
          if (step.do === 'edit') play(exchange, { steps: [step] });
          else if (step.picks.length > 0) {
            const to = step.to % script.replicas;
            const from = step.picks[0]! % script.replicas;
            if (from !== to) exchange.catchUp(to, from, 'state');
          }
        }
        for (let round = 0; round < 2; round++) {
          for (let to = 0; to < script.replicas; to++) {
            for (let from = 0; from < script.replicas; from++) if (from !== to) exchange.catchUp(to, from, 'state');
          }
        }
        expectAgreement(exchange);
      }),
      { seed: 17, numRuns: RUNS },
    );
  });
}

function merging(type: DocumentType): void {
  const { merge, versionOf } = type;

  /** The changes in groups: where the type stands any order, groups of changes that need not be neighbours. */
  const groupsOf = (changes: readonly Uint8Array[], draws: readonly number[]): Uint8Array[][] => {
    let at = 0;
    const draw = (below: number): number => (draws[at++ % draws.length]! + at * 7919) % below;
    const isAny = type.delivery !== 'causal';
    const left = [...changes];
    const groups: Uint8Array[][] = [];
    while (left.length > 0) {
      const group: Uint8Array[] = [];
      for (let size = 1 + draw(6); size > 0 && left.length > 0; size--) {
        group.push(...left.splice(isAny ? draw(left.length) : 0, 1));
        if (isAny && draw(4) === 0) group.push(changes[draw(changes.length)]!);
      }
      groups.push(group);
    }
    return groups;
  };

  /** A replica that is handed these, one after the other. */
  const joinerWith = (exchange: Exchange, changes: readonly Uint8Array[]): Replica => {
    const replica = exchange.replicas[exchange.join()]!;
    for (const change of changes) replica.receive([change]);
    return replica;
  };

  test.runIf(merge !== undefined)(
    'merged in groups, and these merged again, changes do what they do one by one',
    () => {
      fc.assert(
        fc.property(aScript(type), (script) => {
          const exchange = new Exchange(type, script.replicas, script);
          play(exchange, script);
          const changes = exchange.sent.map(({ copy }) => copy.slice());
          if (changes.length === 0) return;
          const apart = joinerWith(exchange, changes);
          const groups = groupsOf(changes, script.draws).map((group) => merge!(group));
          const trees = groupsOf(groups, script.draws.toReversed()).map((group) => merge!(group));
          for (const merged of [groups, trees, [merge!(trees)]]) {
            const replica = joinerWith(exchange, merged);
            expect(canonicalView(replica.view())).toBe(canonicalView(apart.view()));
            expect(replica.version()).toBe(apart.version());
            expect(replica.pending()).toBe(0);
          }
          expect(changes, 'what is merged is only read').toEqual(exchange.sent.map(({ copy }) => copy));
        }),
        { seed: 18, numRuns: RUNS },
      );
    },
  );

  test.runIf(versionOf !== undefined)('merged changes claim to hold what a replica holds that got them alone', () => {
    fc.assert(
      fc.property(aScript(type), (script) => {
        const exchange = new Exchange(type, script.replicas, script);
        play(exchange, script);
        for (const group of groupsOf(
          exchange.sent.map(({ copy }) => copy),
          script.draws,
        )) {
          const merged = merge!(group);
          const claimed = versionOf!(merged);
          expect(claimed).toBe(joinerWith(exchange, [merged]).version());
          expect(claimed).toBe(joinerWith(exchange, group).version());
        }
      }),
      { seed: 19, numRuns: RUNS },
    );
  });
}

function digests(type: DocumentType): void {
  test('the view of one entity is that entity of the view, while edits are made and after', () => {
    fc.assert(
      fc.property(aScript(type), (script) => {
        const exchange = new Exchange(type, script.replicas, script);
        const look = (index: number): void => {
          const replica = exchange.replicas[index]!;
          if (replica.entityView === undefined) return;
          const view = replica.view();
          for (const entity of new Set([...Object.keys(view), 'a', 'b', 'never-there'])) {
            expect(replica.entityView(entity)).toEqual(Object.hasOwn(view, entity) ? view[entity] : undefined);
          }
        };
        play(exchange, script, (index, _, act) => {
          act();
          look(index);
        });
        exchange.settleAtRandom(script.draws);
        for (const index of exchange.replicas.keys()) look(index);
      }),
      { seed: 11, numRuns: RUNS },
    );
  });

  test('equal digests mean equal views', () => {
    fc.assert(
      fc.property(aScript(type), (script) => {
        const exchange = new Exchange(type, script.replicas, script);
        const viewOf = new Map<string, string>();
        const look = (index: number): void => {
          const replica = exchange.replicas[index]!;
          if (replica.viewDigest === undefined) return;
          const digest = replica.viewDigest();
          const view = canonicalView(replica.view());
          if (!viewOf.has(digest)) viewOf.set(digest, view);
          expect(viewOf.get(digest)).toBe(view);
        };
        for (const index of exchange.replicas.keys()) look(index);
        play(exchange, script, (index, _, act) => {
          act();
          look(index);
        });
        exchange.settleAtRandom(script.draws);
        for (const index of exchange.replicas.keys()) look(index);
        // Replicas of a run that got the same changes are told to be the same.
        expect(new Set(exchange.replicas.map((replica) => replica.viewDigest?.())).size).toBe(1);
      }),
      { seed: 10, numRuns: RUNS },
    );
  });
}

/** Edits that can stand in one change whatever else does: no two of one place, and none of the whole entity. */
function areIndependent(edits: readonly Edit[]): boolean {
  const places = edits.map(placeOf);
  return new Set(places).size === places.length && !places.includes(edits[0]!.entity);
}

const APART: readonly EditKind[] = ['set', 'count', 'tag-add', 'tag-remove'];
const WHOLE: readonly EditKind[] = [...APART, 'remove', 'restore'];

function together(type: DocumentType): void {
  const editsOf = (kinds: readonly EditKind[]): fc.Arbitrary<Edit[]> =>
    fc
      .array(
        anEdit(type).filter((edit) => kinds.includes(edit.kind)),
        { minLength: 1, maxLength: 5 },
      )
      .map((edits) => edits.map((edit): Edit => ({ ...edit, entity: 'a' })));

  const makesTogether = new Exchange(type, 1).replicas[0]!.editTogether !== undefined;

  /** Makes the edits in one exchange together and in a twin one by one, and compares. */
  const compare = (
    script: Parameters<typeof play>[1] & { replicas: number; draws: readonly number[] },
    edits: Edit[],
    mayRefuse: boolean,
  ): void => {
    const [one, twin] = [new Exchange(type, script.replicas), new Exchange(type, script.replicas)];
    for (const exchange of [one, twin]) {
      play(exchange, script);
      // With everybody up to date no other edit is concurrent: one by one means one stamp after the other.
      exchange.settle();
    }
    const before = one.replicas[0]!.version();
    let changes: Uint8Array[];
    try {
      changes = one.editTogether(0, edits);
    } catch (error) {
      if (mayRefuse) return;
      throw error;
    }
    const apart = edits.flatMap((edit) => twin.edit(0, edit).changes);
    expect(changes.length).toBeLessThanOrEqual(1);
    expect(changes.length > 0).toBe(apart.length > 0);
    if (changes.length === 0) expect(one.replicas[0]!.version()).toBe(before);
    expect(canonicalView(one.replicas[0]!.view())).toBe(canonicalView(twin.replicas[0]!.view()));
    for (const exchange of [one, twin]) exchange.settleAtRandom(script.draws);
    expect(canonicalView(expectAgreement(one))).toBe(canonicalView(expectAgreement(twin)));
  };

  test.runIf(makesTogether)('edits of several places made together do what they do one by one', () => {
    fc.assert(
      fc.property(aScript(type), editsOf(APART).filter(areIndependent), (script, edits) =>
        compare(script, edits, false),
      ),
      { seed: 11, numRuns: RUNS },
    );
  });

  test.runIf(makesTogether)(
    'edits that hang on each other do, made together, what they do one by one, or are refused',
    () => {
      fc.assert(
        fc.property(aScript(type), editsOf(WHOLE), (script, edits) => compare(script, edits, true)),
        { seed: 12, numRuns: RUNS },
      );
    },
  );
}
