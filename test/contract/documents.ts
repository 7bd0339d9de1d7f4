// The contract of document types: what every type must do, whatever it is made of. A test file of a type calls
// `documentContract` and adds what is special about the type.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalView, EDIT_KINDS, placeOf, sameView } from '../../models/documents/edit.ts';
import type { Concurrency, Edit, EditKind, LedgerView } from '../../models/documents/edit.ts';
import type { DocumentType } from '../../models/documents/port.ts';
import { ENTITY, expectShaped, groundFor, isThere, sampleOf } from './effects.ts';
import { anEdit, aScript, Exchange, play } from './exchange.ts';

/** Runs of a property; the scripts are small. */
const RUNS = 250;

export function documentContract(type: DocumentType): void {
  const kinds = EDIT_KINDS.filter((kind) => type.supports.has(kind));
  describe(`the contract of document types holds for ${type.name}`, () => {
    editing(type, kinds);
    exchanging(type);
    concurrency(type, kinds);
    storing(type);
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
        return isThere(isSum ? { ...one, by: one.by + other.by } : edit, after, before, target);
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
      for (const skewsMs of [[], [5000], [0, 5000], [0, 0, 5000]]) {
        const exchange = grounded(type, groundFor(type.supports), skewsMs);
        exchange.edit(0, add);
        const seen = exchange.sent.length;
        exchange.edit(1, add);
        exchange.deliver(2, [...Array(seen).keys()]);
        exchange.edit(2, remove);
        exchange.settle();
        expect(expectAgreement(exchange)[ENTITY]?.tags).toContain('urgent');
        exchange.edit(1, remove);
        exchange.settle();
        expect(expectAgreement(exchange)[ENTITY]?.tags ?? []).not.toContain('urgent');
      }
    },
  );
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

function digests(type: DocumentType): void {
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
