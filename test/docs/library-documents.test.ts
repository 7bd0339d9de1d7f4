// What the documents of well-known libraries stand beyond the contract: whole numbers of any size, pairs of code units,
// concurrent making, older backups, sync by state, merged logs.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import automerge from '../../docs/examples/automerge.ts';
import loro from '../../docs/examples/loro.ts';
import { canonicalView, type Edit } from '../../models/documents/edit.ts';
import type { Replica } from '../../models/documents/port.ts';
import { aScript, Exchange, play } from '../contract/exchange.ts';
import { freed } from './freed.ts';

const LIBRARIES = [automerge, loro].map(freed);
for (const type of LIBRARIES) await type.init?.();

const setTo = (value: string | number | boolean, field = 'x'): Edit => ({ kind: 'set', entity: 'a', field, value });
const textInsert = (at: number, text: string): Edit => ({ kind: 'text-insert', entity: 'a', at, text });
const listInsert = (at: number, value: string): Edit => ({ kind: 'list-insert', entity: 'a', at, value });

/** What a replica shows and holds. */
function stateOf(replica: Replica): [view: string, version: string, pending: number] {
  return [canonicalView(replica.view()), replica.version(), replica.pending()];
}

describe.each(LIBRARIES.map((type) => ({ name: type.name, type })))('$name', ({ type }) => {
  test('of an entity that two make at once nothing is lost', () => {
    const exchange = new Exchange(type, 3);
    for (const [author, word] of [
      [0, 'one'],
      [1, 'two'],
    ] as const) {
      exchange.edit(author, setTo(word, word));
      exchange.edit(author, textInsert(0, `${word} `));
      exchange.edit(author, listInsert(0, word));
      exchange.edit(author, { kind: 'count', entity: 'a', field: 'visits', by: author + 1 });
      exchange.edit(author, { kind: 'tag-add', entity: 'a', tag: word });
    }
    exchange.settle();
    const { memo, items, ...parts } = exchange.replicas[2]!.view()['a']!;
    expect(parts).toEqual({ fields: { one: 'one', two: 'two' }, counters: { visits: 3 }, tags: ['one', 'two'] });
    expect(['one two ', 'two one ']).toContain(memo);
    expect([...items!].sort()).toEqual(['one', 'two']);
    // Places are counted through all of it, wherever it lies.
    const text = memo!;
    for (let at = 0; at <= text.length; at++) {
      exchange.edit(0, textInsert(at, '.'));
      expect(exchange.replicas[0]!.view()['a']!.memo).toBe(`${text.slice(0, at)}.${text.slice(at)}`);
      exchange.edit(0, { kind: 'text-delete', entity: 'a', at, length: 1 });
      expect(exchange.replicas[0]!.view()['a']!.memo).toBe(text);
    }
    exchange.edit(0, { kind: 'text-delete', entity: 'a', at: 2, length: 4 });
    expect(exchange.replicas[0]!.view()['a']!.memo).toBe(text.slice(0, 2) + text.slice(6));
    for (let at = 0; at <= 2; at++) {
      exchange.edit(0, listInsert(at, 'new'));
      expect(exchange.replicas[0]!.view()['a']!.items).toEqual(items!.toSpliced(at, 0, 'new'));
      expect(exchange.edit(0, { kind: 'list-delete', entity: 'a', at }).target).toBe('a/items/new');
    }
    exchange.settle();
    expect(stateOf(exchange.replicas[1]!)).toEqual(stateOf(exchange.replicas[0]!));
  });

  test.each([0.1, -1.5, 2 ** 53 - 1, 2 ** 53, -(2 ** 53) + 1, -(2 ** 63), 2 ** 63, 2 ** 64, 1e300, NaN, Infinity])(
    'the number %d comes back as it was set, elsewhere and from storage, too',
    (value) => {
      const exchange = new Exchange(type, 2);
      exchange.edit(0, setTo(value));
      exchange.settle();
      exchange.restart(0);
      for (const replica of exchange.replicas) expect(replica.view()['a']!.fields).toEqual({ x: value });
    },
  );

  test('names may be what every object has', () => {
    const exchange = new Exchange(type, 2);
    const entity = 'constructor';
    exchange.edit(0, { kind: 'set', entity, field: entity, value: 'p' });
    exchange.edit(0, { kind: 'count', entity, field: entity, by: 2 });
    exchange.edit(1, { kind: 'count', entity, field: entity, by: 3 });
    exchange.edit(1, { kind: 'tag-add', entity, tag: entity });
    exchange.settle();
    expect(exchange.replicas[0]!.view()).toEqual({
      [entity]: { fields: { [entity]: 'p' }, counters: { [entity]: 5 }, memo: '', items: [], tags: [entity] },
    });
    expect(exchange.edit(0, { kind: 'restore', entity }).changes).toEqual([]);
  });

  test('two code units that are one character are not parted', () => {
    const exchange = new Exchange(type, 2);
    exchange.edit(0, textInsert(0, 'a𝒳𝒳'));
    exchange.edit(0, textInsert(2, '-'));
    const { memo } = exchange.replicas[0]!.view()['a']!;
    expect(memo).not.toMatch(/\p{Surrogate}/u);
    expect(memo!.replace('-', '')).toBe('a𝒳𝒳');
    for (const at of [0, 1, 2, 3, 4]) exchange.edit(0, { kind: 'text-delete', entity: 'a', at, length: 1 });
    exchange.settle();
    for (const replica of exchange.replicas) expect(replica.view()['a']!.memo).not.toMatch(/\p{Surrogate}/u);
  });

  test('a change that came before what it depends on waits, once, through a restart', () => {
    const exchange = new Exchange(type, 3);
    for (const value of ['p', 'q', 'r']) exchange.edit(0, setTo(value));
    exchange.deliver(1, [2, 1, 2]);
    const before = stateOf(exchange.replicas[1]!);
    expect(before[2]).toBe(2);
    expect(exchange.replicas[1]!.view()).toEqual({});
    expect(stateOf(exchange.restart(1))).toEqual(before);
    // Whoever syncs by state does not get what waits.
    exchange.replicas[2]!.receive([exchange.replicas[1]!.since!(exchange.replicas[2]!.version())]);
    expect(exchange.replicas[2]!.view()).toEqual({});
    exchange.deliver(1, [0]);
    expect(stateOf(exchange.replicas[1]!)).toEqual(stateOf(exchange.replicas[0]!));
  });

  test('a device that starts from an older backup makes no change that another one has already', () => {
    const exchange = new Exchange(type, 2);
    exchange.edit(0, setTo('p'));
    exchange.settle();
    const backup = exchange.replicas[0]!.save().slice();
    exchange.edit(0, setTo('lost'));
    exchange.settle();
    const restored = exchange.restart(0);
    restored.dispose?.();
    const replica = type.create({ deviceIndex: 0, incarnation: 2, actor: 2, random: () => 0.5, nowMs: () => 0 });
    replica.load(backup);
    expect(replica.view()['a']!.fields).toEqual({ x: 'p' });
    const changes = replica.edit(setTo('q', 'y')).changes;
    expect(exchange.replicas[1]!.receive(changes)).toEqual([]);
    expect(exchange.replicas[1]!.view()['a']!.fields).toEqual({ x: 'lost', y: 'q' });
    replica.receive([exchange.replicas[1]!.since!(replica.version())]);
    expect(stateOf(replica)).toEqual(stateOf(exchange.replicas[1]!));
  });

  test('what one has since the version of another makes both the same', () => {
    fc.assert(
      fc.property(aScript(type), (script) => {
        const exchange = new Exchange(type, script.replicas, script);
        play(exchange, script);
        const [one, other] = exchange.replicas as [Replica, Replica];
        const version = other.version();
        const news = one.since!(version);
        other.receive([one.since!(version), news]);
        one.receive([other.since!(one.version())]);
        // What waits may have been brought in by what came.
        for (const [from, to] of [
          [one, other],
          [other, one],
        ] as const) {
          to.receive([from.since!(to.version())]);
        }
        expect(stateOf(other).slice(0, 2)).toEqual(stateOf(one).slice(0, 2));
      }),
      { seed: 21, numRuns: 50 },
    );
  });

  test('a log that is merged in any groups, some of it twice, is what it is change by change', () => {
    fc.assert(
      fc.property(aScript(type), (script) => {
        const exchange = new Exchange(type, script.replicas, script);
        play(exchange, script);
        exchange.settle();
        let at = 0;
        const draw = (below: number): number => (script.draws[at++ % script.draws.length]! + at * 7919) % below;
        const groups: Uint8Array[][] = [[], [], []];
        for (const { copy } of exchange.sent) {
          const group = groups[draw(3)]!;
          group.splice(draw(group.length + 1), 0, copy);
          if (draw(4) === 0) groups[draw(3)]!.push(copy);
        }
        const merged = groups.map((group) => type.merge!(group));
        for (const bytes of merged) {
          const replica = exchange.replicas[exchange.join()]!;
          replica.receive([bytes]);
          expect(type.versionOf!(bytes)).toBe(replica.version());
        }
        const late = exchange.replicas[exchange.join()]!;
        late.receive(merged);
        expect(stateOf(late)).toEqual(stateOf(exchange.replicas[0]!));
        const whole = exchange.replicas[exchange.join()]!;
        whole.receive([type.merge!([type.merge!(merged.slice(0, 2)), merged[2]!])]);
        expect(stateOf(whole)).toEqual(stateOf(exchange.replicas[0]!));
      }),
      { seed: 22, numRuns: 50 },
    );
  });

  test('of a damaged change nothing is taken, unless the damage lies in bytes that say nothing', () => {
    const exchange = new Exchange(type, 1);
    const [change] = exchange.edit(0, setTo('good')).changes as [Uint8Array];
    let refused = 0;
    for (let at = 0; at < change.length; at++) {
      const replica = exchange.replicas[exchange.join()]!;
      const before = stateOf(replica);
      const damaged = change.with(at, change[at]! ^ 1);
      try {
        replica.receive([damaged]);
        expect(stateOf(replica), `byte ${at}`).toEqual(stateOf(exchange.replicas[0]!));
      } catch (error) {
        if ((error as Error).name === 'AssertionError') throw error;
        refused++;
        expect(stateOf(replica), `byte ${at}`).toEqual(before);
      }
    }
    // Of the header of Loro's exports 12 bytes are not in use.
    expect(refused).toBeGreaterThanOrEqual(change.length - 12);
  });
});
