// Each specimen does what it is planted for, on a handful of calls, and its sibling does right on the same calls.

import { describe, expect, test } from 'vitest';
import type { Edit, EntityView } from '../../../../models/documents/edit.ts';
import type { DocumentType, Replica } from '../../../../models/documents/port.ts';
import * as countsDeliveries from '../../../../models/documents/specimens/counts-deliveries.ts';
import * as dropsHeldBack from '../../../../models/documents/specimens/drops-held-back.ts';
import * as entityTie from '../../../../models/documents/specimens/entity-tie.ts';
import * as firstSeenOrder from '../../../../models/documents/specimens/first-seen-order.ts';
import * as forgetsDependents from '../../../../models/documents/specimens/forgets-dependents.ts';
import * as forgetsTombstones from '../../../../models/documents/specimens/forgets-tombstones.ts';
import * as hiddenEdit from '../../../../models/documents/specimens/hidden-edit.ts';
import * as mergeGap from '../../../../models/documents/specimens/merge-gap.ts';
import * as mergedLines from '../../../../models/documents/specimens/merged-lines.ts';
import * as plainTags from '../../../../models/documents/specimens/plain-tags.ts';
import * as preferLocal from '../../../../models/documents/specimens/prefer-local.ts';
import * as registerCounter from '../../../../models/documents/specimens/register-counter.ts';
import * as resurrects from '../../../../models/documents/specimens/resurrects.ts';
import * as reusedActor from '../../../../models/documents/specimens/reused-actor.ts';
import * as throwsOnGap from '../../../../models/documents/specimens/throws-on-gap.ts';
import * as twiceCounted from '../../../../models/documents/specimens/twice-counted.ts';
import * as wallClockLww from '../../../../models/documents/specimens/wall-clock-lww.ts';
import { linesBalance, unbalancedTransactions } from '../../../../models/ledger.ts';
import { EPOCH_MS, Exchange } from '../../../contract/exchange.ts';

const set = (value: string | number, field = 'x', entity = 'a'): Edit => ({ kind: 'set', entity, field, value });
const count = (by: number): Edit => ({ kind: 'count', entity: 'a', field: 'n', by });
const tagAdd: Edit = { kind: 'tag-add', entity: 'a', tag: 't' };
const tagRemove: Edit = { kind: 'tag-remove', entity: 'a', tag: 't' };
const remove: Edit = { kind: 'remove', entity: 'a' };

/** What each replica shows of one entity. */
function shown(exchange: Exchange, entity = 'a'): (EntityView | undefined)[] {
  return exchange.replicas.map((replica) => replica.view()[entity]);
}

function versions(exchange: Exchange): number {
  return new Set(exchange.replicas.map((replica) => replica.version())).size;
}

/** Describes the specimen and its sibling on the same calls. */
function specimen<T>(module: { default: DocumentType; sibling: DocumentType }, play: (type: DocumentType) => T) {
  return { bug: play(module.default), right: play(module.sibling) };
}

describe('replicas part for good', () => {
  test('with entity-tie, where two set a field within one minute', () => {
    const played = specimen(entityTie, (type) => {
      const exchange = new Exchange(type, 2);
      exchange.edit(0, set('one'));
      exchange.wait(40_000);
      exchange.edit(1, set('other'));
      exchange.settle();
      const tied = shown(exchange);
      // Who knows the other's is later, also within the minute.
      exchange.edit(0, set('last'));
      exchange.settle();
      return [tied, shown(exchange)];
    });
    const last = Array.from({ length: 2 }, () => ({ fields: { x: 'last' } }));
    expect(played.bug).toEqual([[{ fields: { x: 'one' } }, { fields: { x: 'other' } }], last]);
    expect(played.right).toEqual([[{ fields: { x: 'other' } }, { fields: { x: 'other' } }], last]);
  });

  test('with prefer-local, where two set a field at once', () => {
    const played = specimen(preferLocal, (type) => {
      const exchange = new Exchange(type, 2);
      exchange.edit(0, set('one'));
      exchange.edit(1, set('other'));
      exchange.settle();
      return shown(exchange);
    });
    expect(played.bug).toEqual([{ fields: { x: 'one' } }, { fields: { x: 'other' } }]);
    expect(played.right).toEqual([{ fields: { x: 'other' } }, { fields: { x: 'other' } }]);
  });

  test('with reused-actor, where a device that was set back edits before it pulls', () => {
    const played = specimen(reusedActor, (type) => {
      const create = (device: number, incarnation: number): Replica => {
        const actor = device * 4096 + incarnation;
        return type.create({ deviceIndex: device, incarnation, actor, random: () => 0.5, nowMs: () => EPOCH_MS });
      };
      const [first, other] = [create(0, 0), create(1, 0)];
      const log = first.edit(set('kept', 'x')).changes;
      const backup = first.save();
      log.push(...first.edit(set('late', 'y')).changes);
      const second = create(0, 1);
      second.load(backup);
      log.push(...second.edit(set('new', 'z')).changes);
      for (const replica of [second, other]) replica.receive(log);
      return [second, other].map((replica) => replica.view()['a']!.fields);
    });
    expect(played.bug).toEqual([
      { x: 'kept', z: 'new' },
      { x: 'kept', y: 'late' },
    ]);
    const all = { x: 'kept', y: 'late', z: 'new' };
    expect(played.right).toEqual([all, all]);
  });

  test('with drops-held-back, where a device stops while it holds back a change', () => {
    const played = specimen(dropsHeldBack, (type) => {
      const exchange = new Exchange(type, 2);
      for (const value of [1, 2]) exchange.edit(0, set(value));
      exchange.deliver(1, [1]);
      exchange.restart(1);
      exchange.settle();
      const afterGap = shown(exchange);
      exchange.edit(0, set(3));
      exchange.settle();
      return [afterGap, shown(exchange), exchange.replicas[1]!.pending()];
    });
    const x = (value: number): EntityView => ({ fields: { x: value } });
    expect(played.bug).toEqual([[x(2), x(1)], [x(3), x(1)], 1]);
    expect(played.right).toEqual([[x(2), x(2)], [x(3), x(3)], 0]);
  });

  test('with first-seen-order, but only one that comes late and gets all at once', () => {
    const played = specimen(firstSeenOrder, (type) => {
      const exchange = new Exchange(type, 2, { skewsMs: [1000, 0] });
      exchange.edit(0, set('ground', 'y'));
      exchange.deliver(1, [0]);
      exchange.wait(10);
      exchange.edit(0, set('wins'));
      exchange.edit(1, set('loses'));
      exchange.settle();
      const late = exchange.join();
      const patient = exchange.join();
      exchange.deliver(late, [0, 1, 2]);
      for (const change of [0, 1, 2]) exchange.deliver(patient, [change]);
      return [shown(exchange).map((entity) => entity?.fields?.['x']), versions(exchange)];
    });
    expect(played.bug).toEqual([['wins', 'wins', 'loses', 'wins'], 1]);
    expect(played.right).toEqual([['wins', 'wins', 'wins', 'wins'], 1]);
  });
});

describe('replicas see the same', () => {
  test('but with counts-deliveries have unequal versions', () => {
    const played = specimen(countsDeliveries, (type) => {
      const exchange = new Exchange(type, 3);
      for (const value of [1, 2]) exchange.edit(0, set(value));
      exchange.deliver(1, [0, 1]);
      exchange.settle();
      exchange.restart(1);
      return [shown(exchange).map((entity) => entity?.fields), versions(exchange)];
    });
    const views = Array.from({ length: 3 }, () => ({ x: 2 }));
    expect(played.bug).toEqual([views, 2]);
    expect(played.right).toEqual([views, 1]);
  });

  test('but with merged-lines see books that do not balance', () => {
    const entity = 'transaction-1';
    const lines = [
      'cash-0001:debit:100,food-0003:credit:100',
      'cash-0001:debit:900,food-0003:credit:600,taxes-0010:credit:300',
      'bank-0002:debit:700,wages-0007:credit:700',
    ];
    const played = specimen(mergedLines, (type) => {
      const exchange = new Exchange(type, 2);
      exchange.edit(0, set('posted', 'status', entity));
      exchange.edit(0, set(lines[0]!, 'lines', entity));
      exchange.settle();
      const before = unbalancedTransactions(exchange.replicas[1]!.view());
      exchange.edit(0, set(lines[1]!, 'lines', entity));
      exchange.edit(1, set(lines[2]!, 'lines', entity));
      const own = shown(exchange, entity).map((view) => view?.fields?.['lines']);
      exchange.settle();
      exchange.restart(1);
      const [one, other] = shown(exchange, entity);
      expect(other).toEqual(one);
      const unbalanced = unbalancedTransactions(exchange.replicas[0]!.view());
      // A set that knows of both replaces all lines.
      exchange.edit(1, set(lines[0]!, 'lines', entity));
      exchange.settle();
      return { before, own, unbalanced, last: shown(exchange, entity).map((view) => view?.fields?.['lines']) };
    });
    const rest = { before: [], own: [lines[1], lines[2]], last: [lines[0], lines[0]] };
    expect(played.bug).toEqual({ ...rest, unbalanced: [entity] });
    expect(played.right).toEqual({ ...rest, unbalanced: [] });
    expect(lines.map(linesBalance)).toEqual([0, 0, 0]);
  });

  test('but with plain-tags lose an add that a remove had not seen', () => {
    const played = specimen(plainTags, (type) => {
      const exchange = new Exchange(type, 2, { skewsMs: [0, 1000] });
      exchange.edit(0, tagAdd);
      exchange.settle();
      exchange.edit(0, tagAdd);
      exchange.edit(1, tagRemove);
      exchange.settle();
      return shown(exchange).map((entity) => entity?.tags);
    });
    expect(played.bug).toEqual([[], []]);
    expect(played.right).toEqual([['t'], ['t']]);
  });

  test('but with register-counter lose a count', () => {
    const played = specimen(registerCounter, (type) => {
      const exchange = new Exchange(type, 2);
      exchange.edit(0, set('ground'));
      exchange.edit(0, count(5));
      exchange.settle();
      exchange.edit(0, count(1));
      exchange.edit(1, count(20));
      const own = shown(exchange);
      exchange.settle();
      return [own, shown(exchange)];
    });
    const total = (n: number): EntityView => ({ fields: { x: 'ground' }, counters: { n } });
    expect(played.bug).toEqual([
      [total(6), total(25)],
      [total(25), total(25)],
    ]);
    expect(played.right).toEqual([
      [total(6), total(25)],
      [total(26), total(26)],
    ]);
  });

  test('but with resurrects see again what was removed', () => {
    const played = specimen(resurrects, (type) => {
      const exchange = new Exchange(type, 2, { skewsMs: [0, 1000] });
      exchange.edit(0, set('ground'));
      exchange.settle();
      exchange.edit(0, remove);
      exchange.edit(1, set('late'));
      exchange.settle();
      return shown(exchange);
    });
    expect(played.bug).toEqual([{ fields: { x: 'late' } }, { fields: { x: 'late' } }]);
    expect(played.right).toEqual([undefined, undefined]);
  });

  test('but with wall-clock-lww lose an edit to one that its author had seen', () => {
    const played = specimen(wallClockLww, (type) => {
      const exchange = new Exchange(type, 2, { skewsMs: [5000, 0] });
      exchange.edit(0, set('first'));
      exchange.settle();
      exchange.edit(1, set('second'));
      const atOnce = shown(exchange)[1];
      exchange.wait(1000);
      exchange.settle();
      return [atOnce, ...shown(exchange)].map((entity) => entity?.fields?.['x']);
    });
    expect(played.bug).toEqual(['second', 'first', 'first']);
    expect(played.right).toEqual(['second', 'second', 'second']);
  });
});

describe('one replica alone', () => {
  test('goes on waiting, with forgets-dependents, when the gap is closed', () => {
    const played = specimen(forgetsDependents, (type) => {
      return [
        [1, 0],
        [2, 1, 0],
        [2, 0, 1],
      ].map((order) => {
        const exchange = new Exchange(type, 2);
        for (let made = 0; made < order.length; made++) exchange.edit(0, set(made));
        for (const change of order) exchange.deliver(1, [change]);
        return exchange.replicas[1]!.pending();
      });
    });
    expect(played.bug).toEqual([0, 1, 1]);
    expect(played.right).toEqual([0, 0, 0]);
  });

  test('finds again after a restart, with forgets-tombstones, what was removed', () => {
    const played = specimen(forgetsTombstones, (type) => {
      const exchange = new Exchange(type, 1);
      for (const edit of [set(1), tagAdd, tagRemove, count(2)]) exchange.edit(0, edit);
      exchange.restart(0);
      const withoutTag = shown(exchange)[0]!;
      exchange.edit(0, remove);
      exchange.restart(0);
      return [withoutTag, shown(exchange)[0]];
    });
    const entity = (tags: string[]): EntityView => ({ fields: { x: 1 }, counters: { n: 2 }, tags });
    expect(played.bug).toEqual([entity(['t']), entity(['t'])]);
    expect(played.right).toEqual([entity([]), undefined]);
  });

  test('does not show its author an edit at once, with hidden-edit', () => {
    const played = specimen(hiddenEdit, (type) => {
      const exchange = new Exchange(type, 2);
      const seen: unknown[] = [];
      const look = (): void => void seen.push(shown(exchange)[0]?.fields?.['x']);
      const author = (value: string): void => {
        exchange.edit(0, set(value));
        look();
      };
      author('first');
      exchange.wait(2000);
      author('rested');
      exchange.wait(500);
      author('soon');
      exchange.wait(500);
      look();
      author('sooner');
      exchange.edit(1, set('y', 'y'));
      exchange.settle();
      look();
      expect(shown(exchange)[1]).toEqual(shown(exchange)[0]);
      return seen;
    });
    expect(played.bug).toEqual(['first', 'rested', 'rested', 'soon', 'soon', 'sooner']);
    expect(played.right).toEqual(['first', 'rested', 'soon', 'soon', 'sooner', 'sooner']);
  });

  test('lacks, with merge-gap, what the merged change claims', () => {
    const played = specimen(mergeGap, (type) => {
      const exchange = new Exchange(type, 3);
      for (const field of ['x', 'y', 'z']) exchange.edit(0, set(field, field));
      const [one, two, three] = exchange.sent.map(({ copy }) => copy);
      const apart = type.merge!([three!, one!]);
      const merged = type.merge!([apart, two!]);
      const [, late, latest] = exchange.replicas;
      late!.receive([apart]);
      latest!.receive([merged]);
      return {
        claimsMore: type.versionOf!(apart) !== late!.version(),
        fields: latest!.view()['a']!.fields,
        neighbours: type.versionOf!(type.merge!([two!, one!])),
      };
    });
    expect(played.bug).toEqual({ claimsMore: true, fields: { x: 'x', y: 'y' }, neighbours: '0:2' });
    expect(played.right).toEqual({ claimsMore: false, fields: { x: 'x', y: 'y', z: 'z' }, neighbours: '0:2' });
  });

  test('adds a count again, with twice-counted, that is delivered again', () => {
    const played = specimen(twiceCounted, (type) => {
      const exchange = new Exchange(type, 2);
      for (const edit of [set(1), count(3)]) exchange.edit(0, edit);
      exchange.settle();
      const once = shown(exchange)[1];
      for (const replica of [0, 1]) exchange.deliver(replica, [0, 1]);
      return [once, ...shown(exchange)].map((entity) => entity?.counters?.['n']);
    });
    expect(played.bug).toEqual([3, 6, 6]);
    expect(played.right).toEqual([3, 3, 3]);
  });

  test('throws, with throws-on-gap, where a change comes too early', () => {
    const played = specimen(throwsOnGap, (type) => {
      const exchange = new Exchange(type, 2);
      for (const value of [1, 2]) exchange.edit(0, set(value));
      try {
        exchange.deliver(1, [1]);
      } catch (error) {
        return error;
      }
      exchange.deliver(1, [0]);
      return shown(exchange)[1];
    });
    expect(played.bug).toEqual(new RangeError('change 2 of actor 0 does not follow change 0'));
    expect(played.right).toEqual({ fields: { x: 2 } });
  });
});
