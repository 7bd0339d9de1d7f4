import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import * as Y from 'yjs';
import { canonicalView } from '../../../models/documents/edit.ts';
import type { Edit, LedgerView } from '../../../models/documents/edit.ts';
import type { Replica } from '../../../models/documents/port.ts';
import yjs from '../../../models/documents/yjs.ts';
import { InputError } from '../../../sim/errors.ts';
import { documentContract } from '../../contract/documents.ts';
import { EPOCH_MS } from '../../contract/exchange.ts';

documentContract(yjs);

function replicaOf(actor: number): Replica {
  const init = { deviceIndex: actor >>> 12, incarnation: actor & 4095, actor, random: () => 0.5 };
  return yjs.create({ ...init, nowMs: () => EPOCH_MS });
}

function set(field: string, value: string | number | boolean, entity = 'a'): Edit {
  return { kind: 'set', entity, field, value };
}

function write(at: number, text: string, entity = 'a'): Edit {
  return { kind: 'text-insert', entity, at, text };
}

function put(at: number, value: string, entity = 'a'): Edit {
  return { kind: 'list-insert', entity, at, value };
}

/** Makes an edit that does something, and gives its change. */
function made(replica: Replica, edit: Edit): Uint8Array {
  const { changes } = replica.edit(edit);
  expect(changes.length).toBe(1);
  return changes[0]!;
}

/** Hands everybody everything, and gives what all of them see. */
function agreed(replicas: readonly Replica[], changes: readonly Uint8Array[]): LedgerView {
  for (const replica of replicas) replica.receive(changes);
  const [first] = replicas;
  for (const replica of replicas) {
    expect(canonicalView(replica.view())).toBe(canonicalView(first!.view()));
    expect(replica.version()).toBe(first!.version());
    expect(replica.pending()).toBe(0);
  }
  return first!.view();
}

/** Who made the items of a change, each once. */
function clientsOf(change: Uint8Array): number[] {
  return [...new Set(Y.decodeUpdate(change).structs.map(({ id }) => id.client))];
}

describe('the client of a document', () => {
  test.each([0, 1, 4096, 2 ** 31, 2 ** 32 - 1])(
    'is the actor %d, in what it makes and in what others hold',
    (actor) => {
      const [author, other] = [replicaOf(actor), replicaOf(7)];
      const changes = [made(author, set('x', 1)), made(author, write(0, 'text')), made(author, put(0, 'item'))];
      for (const change of changes) expect(clientsOf(change)).toEqual([actor]);
      changes.push(made(other, write(2, 'other')));
      expect(clientsOf(changes.at(-1)!)).toEqual([7]);
      expect(agreed([author, other, replicaOf(8)], changes)['a']?.fields).toEqual({ x: 1 });
    },
  );

  test('stays when its own changes come back to a replica that does not hold them, without a word or a draw', () => {
    const first = replicaOf(4097);
    const changes = [made(first, set('x', 1)), made(first, write(0, 'text'))];
    const second = replicaOf(4097);
    const said = vi.spyOn(console, 'log').mockImplementation(() => {});
    try {
      for (const change of changes) second.receive([change]);
      second.receive(changes);
      expect(said).not.toHaveBeenCalled();
    } finally {
      said.mockRestore();
    }
    const next = made(second, set('y', 2));
    expect(clientsOf(next)).toEqual([4097]);
    // It goes on where the clock stands, so that nobody takes it for what it has already.
    first.receive([next]);
    expect(first.view()).toEqual(second.view());
    expect(first.view()['a']?.fields).toEqual({ x: 1, y: 2 });
  });

  test('is another one in the next life, whatever was stored', () => {
    const first = replicaOf(4096);
    made(first, set('x', 1));
    const second = replicaOf(4097);
    second.load(first.save());
    const change = made(second, set('x', 2));
    expect(clientsOf(change)).toEqual([4097]);
    first.receive([change]);
    expect(first.view()['a']?.fields).toEqual({ x: 2 });
  });

  test('stays where what was stored holds its own changes', () => {
    const first = replicaOf(4096);
    made(first, set('x', 1));
    const again = replicaOf(4096);
    again.load(first.save());
    expect(clientsOf(made(again, set('x', 2)))).toEqual([4096]);
  });
});

describe('an entity', () => {
  const first: [string, Edit, object][] = [
    ['text', write(0, 'memo'), { memo: 'memo' }],
    ['an item', put(0, 'item'), { items: ['item'] }],
    ['a tag', { kind: 'tag-add', entity: 'a', tag: 't' }, { tags: ['t'] }],
    ['a count', { kind: 'count', entity: 'a', field: 'n', by: 3 }, { counters: { n: 3 } }],
    ['a field', set('x', 1), { fields: { x: 1 } }],
  ];

  test.each(first)('is there that has only %s', (_, edit, part) => {
    const [author, other] = [replicaOf(1), replicaOf(2)];
    const view = agreed([author, other], [made(author, edit)]);
    expect(view['a']).toEqual({ fields: {}, counters: {}, memo: '', items: [], tags: [], ...part });
  });

  test('that several create at once has what each of them put in', () => {
    const replicas = first.map((_, i) => replicaOf(i * 4096));
    const changes = first.map(([, edit], i) => made(replicas[i]!, edit));
    expect(agreed(replicas, changes)).toEqual({
      a: { fields: { x: 1 }, counters: { n: 3 }, memo: 'memo', items: ['item'], tags: ['t'] },
    });
  });

  test.each([
    [1, 2],
    [2, 1],
  ])('that one removes stays removed though another created it at the same time, actors %d and %d', (one, two) => {
    const [remover, creator] = [replicaOf(one), replicaOf(two)];
    const changes = [made(remover, set('x', 1)), made(remover, { kind: 'remove', entity: 'a' })];
    changes.push(made(creator, set('y', 2)));
    expect(agreed([remover, creator], changes)).toEqual({});
    changes.push(made(creator, { kind: 'restore', entity: 'a' }));
    expect(agreed([remover, creator], changes)['a']?.fields).toEqual({ x: 1, y: 2 });
  });

  test('of which the removal came before the rest is there when it is restored', () => {
    const [author, remover, other] = [replicaOf(1), replicaOf(2), replicaOf(3)];
    remover.receive([made(author, set('x', 1))]);
    other.receive([made(remover, { kind: 'remove', entity: 'a' })]);
    expect(other.pending()).toBe(0);
    expect(other.edit(set('x', 2)).changes).toEqual([]);
    made(other, { kind: 'restore', entity: 'a' });
    expect(other.view()).toHaveProperty('a');
  });

  test('may bear the name of what every object inherits', () => {
    const [author, other] = [replicaOf(1), replicaOf(2)];
    const counted = made(author, { kind: 'count', entity: 'constructor', field: 'constructor', by: 2 });
    const view = agreed([author, other], [made(author, set('constructor', 1, 'constructor')), counted]);
    expect(view['constructor']).toMatchObject({ fields: { constructor: 1 }, counters: { constructor: 2 } });
  });
});

describe('items', () => {
  /** Two replicas that have four items. */
  function pair(): { one: Replica; other: Replica; changes: Uint8Array[] } {
    const [one, other] = [replicaOf(1), replicaOf(2)];
    const changes = [0, 1, 2, 3].map((i) => made(one, put(i, `i${i}`)));
    other.receive(changes);
    return { one, other, changes };
  }

  const move = (from: number, to: number): Edit => ({ kind: 'list-move', entity: 'a', from, to });
  const erase = (at: number): Edit => ({ kind: 'list-delete', entity: 'a', at });

  test('that are moved twice at once are there once, and can be moved and deleted as one', () => {
    const { one, other, changes } = pair();
    changes.push(made(one, put(4, 'i4')));
    other.receive(changes);
    changes.push(made(one, move(0, 2)), made(other, move(0, 1)));
    const items = agreed([one, other], changes)['a']!.items!;
    expect(items.toSorted()).toEqual(['i0', 'i1', 'i2', 'i3', 'i4']);
    // One of the two copies is not seen: positions are those that are seen.
    let expected = items;
    for (const at of [4, 0, 5, 2, 8, 7]) {
      changes.push(made(other, put(at, `new${at}`)));
      expected = expected.toSpliced(at, 0, `new${at}`);
      expect(agreed([one, other], changes)['a']?.items).toEqual(expected);
    }
    changes.push(made(one, move(expected.indexOf('i0'), 0)));
    const moved = ['i0', ...expected.filter((item) => item !== 'i0')];
    expect(agreed([one, other], changes)['a']?.items).toEqual(moved);
    changes.push(made(one, erase(0)));
    expect(agreed([one, other], changes)['a']?.items).toEqual(moved.slice(1));
  });

  test('that are moved twice at once and then deleted are gone', () => {
    const { one, other, changes } = pair();
    changes.push(made(one, move(0, 3)), made(other, move(0, 1)));
    const items = agreed([one, other], changes)['a']!.items!;
    changes.push(made(one, erase(items.indexOf('i0'))));
    expect(agreed([one, other], changes)['a']!.items!).not.toContain('i0');
  });

  test('that are moved and deleted at once stay', () => {
    const { one, other, changes } = pair();
    changes.push(made(one, move(0, 3)), made(other, erase(0)));
    expect(agreed([one, other], changes)['a']?.items).toEqual(['i1', 'i2', 'i3', 'i0']);
  });

  test('that are put in once more are still there once, and nothing is sent', () => {
    const { one } = pair();
    expect(one.edit(put(4, 'i0'))).toEqual({ changes: [], target: 'a/items/i0' });
  });
});

describe('values', () => {
  /** What the author, another one and one who was restarted see. */
  function seen(value: string | number | boolean): unknown[] {
    const [author, other, restarted] = [replicaOf(1), replicaOf(2), replicaOf(3)];
    other.receive([made(author, set('x', value))]);
    restarted.load(other.save());
    return [author, other, restarted].map((replica) => replica.view()['a']?.fields?.['x']);
  }

  test.each<string | number | boolean>([
    '',
    'Žluťoučký kůň 🐎 naïve — 会計',
    '\uFEFFabc',
    '\u0000\r\n\u007F',
    'abc'.repeat(100_000),
    0,
    -0,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    Number.MAX_SAFE_INTEGER,
    2 ** 53,
    0.1,
    Number.MIN_VALUE,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
    true,
    false,
  ])('%s is everywhere what was set', (value) => {
    for (const each of seen(value)) expect(Object.is(each, value)).toBe(true);
  });

  test('any well-formed text and any number is everywhere what was set', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.integer()), (value) => {
        for (const each of seen(value)) expect(Object.is(each, value)).toBe(true);
      }),
      { seed: 31, numRuns: 500 },
    );
  });

  test('half a surrogate pair, which no UTF-8 has, is the same replacement for everybody, in texts and lists too', () => {
    expect(seen('a\uD83D')).toEqual(['a\uFFFD', 'a\uFFFD', 'a\uFFFD']);
    const [author, other] = [replicaOf(1), replicaOf(2)];
    const view = agreed([author, other], [made(author, write(0, '\uDC00b')), made(author, put(0, 'c\uD83D'))]);
    expect(view['a']).toMatchObject({ memo: '\uFFFDb', items: ['c\uFFFD'] });
  });

  test('NaN has the same bytes however it came about', () => {
    const sources = Float64Array.of(0, 0, 0);
    new BigUint64Array(sources.buffer).set([0x7ff8_0000_0000_0000n, 0xfff8_0000_0000_0000n, 0xfff8_dead_0000_beefn]);
    const bytes = [...sources].map((nan) => made(replicaOf(1), set('x', nan)).join(' '));
    expect(new Set(bytes).size).toBe(1);
  });

  test('counts of fractions have one sum, whatever order they came in', () => {
    const replicas = [1, 2, 3].map(replicaOf);
    const changes = [0.1, 0.2, 0.3].map((by, i) => {
      return made(replicas[i]!, { kind: 'count', entity: 'a', field: 'n', by });
    });
    // Were they summed as they came in, they would not be equal: 0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1.
    const readers = [changes, changes.toReversed()].map((list, i) => {
      const reader = replicaOf(10 + i);
      for (const change of list) reader.receive([change]);
      return reader;
    });
    agreed([...replicas, ...readers], changes);
  });
});

describe('what is held back', () => {
  /** Three changes of which each needs the one before, and a delete of what the last one made. */
  function chain(): Uint8Array[] {
    const [author, other] = [replicaOf(1), replicaOf(2)];
    const changes = [made(author, write(0, 'one '))];
    other.receive(changes);
    changes.push(made(other, write(4, 'two ')));
    author.receive(changes);
    changes.push(made(author, write(8, 'three ')));
    other.receive(changes);
    changes.push(made(other, { kind: 'text-delete', entity: 'a', at: 8, length: 99 }));
    return changes;
  }

  test('is counted, stored and handed on, and takes effect as soon as what it needs is there', () => {
    const [first, second, third, erasure] = chain() as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const replica = replicaOf(3);
    replica.receive([third]);
    expect(replica.pending()).toBe(1);
    const version = replica.version();
    replica.receive([erasure]);
    expect(replica.pending()).toBe(2);
    expect(replica.version()).not.toBe(version);
    expect(replica.view()).toEqual({});
    replica.receive([second]);
    expect(replica.pending()).toBeGreaterThan(2);

    const restarted = replicaOf(4097);
    restarted.load(replica.save());
    const told = replicaOf(4);
    told.receive([replica.since!(told.version())]);
    for (const each of [restarted, told]) {
      expect(each.pending()).toBe(replica.pending());
      expect(each.version()).toBe(replica.version());
    }
    for (const each of [replica, restarted, told]) {
      each.receive([first]);
      expect(each.pending()).toBe(0);
      expect(each.view()['a']?.memo).toBe('one two ');
    }
  });

  test('does not hinder the replica’s own edits', () => {
    const [first, ...others] = chain();
    const replica = replicaOf(3);
    replica.receive(others);
    const mine = made(replica, set('x', 1));
    expect(replica.view()['a']).toMatchObject({ fields: { x: 1 }, memo: '' });
    const view = agreed([replica, replicaOf(4)], [mine, ...others, first!]);
    expect(view['a']).toMatchObject({ fields: { x: 1 }, memo: 'one two ' });
  });

  test('is all taken of a batch that comes in the wrong order', () => {
    const [author, other] = [replicaOf(1), replicaOf(2)];
    const changes: Uint8Array[] = [];
    for (let i = 0; i < 300; i++) {
      const [writer, reader] = i % 2 === 0 ? [author, other] : [other, author];
      changes.push(made(writer, write(i * 7, `text${i % 10} `)), made(writer, put(0, `i${i}`)));
      reader.receive(changes.slice(-2));
    }
    const late = replicaOf(3);
    late.receive(changes.toReversed());
    agreed([author, other, late], []);
  });
});

describe('versions', () => {
  test('name each client’s clock, what lies beyond a gap, and what is deleted', () => {
    const [author, other] = [replicaOf(4097), replicaOf(5)];
    expect(author.version()).toBe('');
    const first = made(author, write(0, 'text'));
    expect(author.version()).toBe('4097:5');
    const second = made(author, write(4, 'more'));
    expect(author.version()).toBe('4097:9');
    other.receive([second]);
    expect(other.version()).toBe('4097:0+5..9');
    other.receive([first]);
    expect(other.version()).toBe('4097:9');
    made(other, set('x', 1));
    expect(other.version()).toBe('5:1 4097:9');
    made(author, { kind: 'text-delete', entity: 'a', at: 0, length: 3 });
    expect(author.version()).toMatch(/^4097:9 -3\.[0-9a-f]{16}$/);
  });

  test('differ where the same number of other things is deleted', () => {
    const [one, other] = [replicaOf(1), replicaOf(2)];
    other.receive([made(one, write(0, 'abcdef'))]);
    for (const [i, replica] of [one, other].entries())
      made(replica, { kind: 'text-delete', entity: 'a', at: i, length: 1 });
    expect(one.version()).not.toBe(other.version());
    expect(one.version().split('.')[0]).toBe(other.version().split('.')[0]);
  });

  test('of one that lacks deletes alone get these by state', () => {
    const [one, other] = [replicaOf(1), replicaOf(2)];
    other.receive([made(one, write(0, 'abcdef'))]);
    made(one, { kind: 'text-delete', entity: 'a', at: 2, length: 2 });
    other.receive([one.since!(other.version())]);
    expect(other.view()['a']?.memo).toBe('abef');
    expect(other.version()).toBe(one.version());
  });

  test('let a state leave out what the other one has', () => {
    const [one, other] = [replicaOf(1), replicaOf(2)];
    other.receive([made(one, write(0, 'long '.repeat(1000)))]);
    made(one, set('x', 1));
    expect(one.since!(other.version()).length).toBeLessThan(100);
    expect(one.since!('').length).toBeGreaterThan(5000);
  });

  test.each(['x', '1', '1:', '1:2+', '1:2 nonsense', '1:2+3..x'])('of nonsense (%s) are refused', (version) => {
    expect(() => replicaOf(1).since!(version)).toThrow(InputError);
  });

  test('of a merge with a gap claim only what lies before the gap', () => {
    const author = replicaOf(1);
    const changes = [0, 1, 2].map((i) => made(author, set(`f${i}`, i)));
    const merged = yjs.merge!([changes[2]!, changes[0]!]);
    expect(yjs.versionOf!(merged)).toBe('1:2+3..4');
    expect(yjs.versionOf!(yjs.merge!([merged, changes[1]!]))).toBe(author.version());
  });
});

describe('bytes that are no change', () => {
  /** Changes of every kind, each after those that it needs. */
  function samples(): Uint8Array[] {
    const replicas = [replicaOf(7), replicaOf(9)];
    const changes: Uint8Array[] = [];
    const edits: Edit[] = [
      set('text', 'Žižkov'),
      set('number', 0.5),
      write(0, 'hello world'),
      write(5, 'other'),
      { kind: 'text-delete', entity: 'a', at: 3, length: 4 },
      put(0, 'i0'),
      put(1, 'i1'),
      put(1, 'i2'),
      { kind: 'list-move', entity: 'a', from: 0, to: 2 },
      { kind: 'tag-add', entity: 'a', tag: 't' },
      { kind: 'tag-remove', entity: 'a', tag: 't' },
      { kind: 'count', entity: 'a', field: 'n', by: 3 },
      { kind: 'remove', entity: 'a' },
      { kind: 'restore', entity: 'a' },
    ];
    for (const [i, edit] of edits.entries()) {
      changes.push(made(replicas[i % 2]!, edit));
      replicas[(i + 1) % 2]!.receive(changes.slice(-1));
    }
    return changes;
  }

  /** Hands bytes to a replica that has the changes before them. */
  function offer(before: readonly Uint8Array[], bytes: Uint8Array): 'taken' | 'refused' {
    const replica = replicaOf(1);
    replica.receive(before);
    const [view, version, stored] = [canonicalView(replica.view()), replica.version(), replica.save()];
    try {
      replica.receive([bytes]);
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      expect(canonicalView(replica.view())).toBe(view);
      expect(replica.version()).toBe(version);
      expect(replica.save()).toEqual(stored);
      return 'refused';
    }
    // What was taken must be good for everything else.
    replica.version();
    replica.pending();
    replica.edit({ kind: 'restore', entity: 'a' });
    for (const edit of [set('x', 1), write(3, 'more'), put(1, 'more')]) replica.edit(edit);
    replica.edit({ kind: 'list-move', entity: 'a', from: 0, to: 1 });
    expect(replica.view()['a']?.fields?.['x']).toBe(1);
    replicaOf(2).load(replica.save());
    return 'taken';
  }

  test('are refused where a change is cut off anywhere', () => {
    const changes = samples();
    for (const [i, change] of changes.entries()) {
      for (let length = 0; length < change.length; length++) {
        expect(offer(changes.slice(0, i), change.slice(0, length)), `${length} of change ${i}`).toBe('refused');
      }
    }
  });

  test('are refused with an InputError, or are good for everything, whatever bit of a change is another one', () => {
    const changes = samples();
    const fates = { taken: 0, refused: 0 };
    for (const [i, change] of changes.entries()) {
      for (let bit = 0; bit < change.length * 8; bit++) {
        const bytes = change.slice();
        bytes[bit >>> 3]! ^= 1 << (bit & 7);
        fates[offer(changes.slice(0, i), bytes)] += 1;
      }
    }
    expect(fates.refused).toBeGreaterThan(500);
    expect(fates.taken).toBeGreaterThan(500);
  });

  test('leave the others of their batch out: a batch is taken whole or not at all', () => {
    const [first, second] = samples() as [Uint8Array, Uint8Array];
    const replica = replicaOf(1);
    expect(() => replica.receive([first, second.slice(0, -1)])).toThrow(InputError);
    expect(replica.view()).toEqual({});
    expect(replica.version()).toBe('');
  });

  test('are refused as what was stored', () => {
    const replica = replicaOf(1);
    made(replica, set('x', 1));
    expect(() => replicaOf(2).load(replica.save().slice(0, -1))).toThrow(InputError);
  });
});

describe('edits made together', () => {
  test('are one change, of every kind', () => {
    const [author, other] = [replicaOf(1), replicaOf(2)];
    const changes = author.editTogether!([
      set('x', 1),
      write(0, 'memo'),
      put(0, 'one'),
      put(0, 'two'),
      { kind: 'list-move', entity: 'a', from: 0, to: 1 },
      { kind: 'count', entity: 'a', field: 'n', by: 2 },
      { kind: 'count', entity: 'a', field: 'n', by: 3 },
      { kind: 'tag-add', entity: 'a', tag: 't' },
    ]);
    expect(changes.length).toBe(1);
    expect(agreed([author, other], changes)).toEqual({
      a: { fields: { x: 1 }, counters: { n: 5 }, memo: 'memo', items: ['one', 'two'], tags: ['t'] },
    });
  });
});
