// What Yjs itself does where our documents do otherwise. These tests hold what it does today, with raw calls alone: where
// one fails, Yjs has changed, and what is done about it in models/documents/yjs.ts may go.

import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { canonicalView } from '../../../models/documents/edit.ts';
import type { Replica } from '../../../models/documents/port.ts';
import yjs from '../../../models/documents/yjs.ts';
import { EPOCH_MS } from '../../contract/exchange.ts';

type Name = 'a0' | 'a1' | 'b0' | 'a2' | 'a3';

/** In causal order: b0 needs a1, and a2 needs b0; a client's own changes need the one before. */
const CAUSAL: readonly Name[] = ['a0', 'a1', 'b0', 'a2', 'a3'];
/** The gap before a3 is known before what b0 lacks arrives. */
const STALLED: readonly Name[] = ['a3', 'b0', 'a0', 'a1', 'a2'];

function docOf(clientID: number): Y.Doc {
  const doc = new Y.Doc();
  doc.clientID = clientID;
  return doc;
}

/** Five updates of two clients. */
function updates(): Record<Name, Uint8Array> {
  const [a, b] = [docOf(1), docOf(2)];
  const update = (doc: Y.Doc, key: string, value: string): Uint8Array => {
    const made: Uint8Array[] = [];
    const keep = (bytes: Uint8Array): void => void made.push(bytes);
    doc.on('update', keep);
    doc.getMap('map').set(key, value);
    doc.off('update', keep);
    return made[0]!;
  };
  const a0 = update(a, 'first', 'a0');
  const a1 = update(a, 'key', 'a1');
  for (const each of [a0, a1]) Y.applyUpdate(b, each);
  const b0 = update(b, 'key', 'b0');
  Y.applyUpdate(a, b0);
  return { a0, a1, b0, a2: update(a, 'key', 'a2'), a3: update(a, 'last', 'a3') };
}

function applied(order: readonly Name[]): Y.Doc {
  const made = updates();
  const doc = docOf(9);
  for (const name of order) Y.applyUpdate(doc, made[name]);
  return doc;
}

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((one) => permutations(list.filter((each) => each !== one)).map((rest) => [one, ...rest]));
}

const WHOLE = { first: 'a0', key: 'a2', last: 'a3' };

describe('Yjs, given all updates out of order', () => {
  test('keeps some out for good in 2 of the 120 orders of five updates', () => {
    expect(applied(CAUSAL).getMap('map').toJSON()).toEqual(WHOLE);
    const stalled = permutations(CAUSAL).filter((order) => applied(order).store.pendingStructs !== null);
    expect(stalled.map((order) => order.join(' ')).sort()).toEqual(['a3 b0 a0 a1 a2', 'b0 a3 a0 a1 a2']);
  });

  test('does not try again what now has all it needs, and notes the tick before the gap’s end alone as missing', () => {
    const doc = applied(STALLED.slice(0, 4));
    expect(Y.getState(doc.store, 1)).toBe(2);
    expect([...doc.store.pendingStructs!.missing]).toEqual([[1, 2]]);
    expect(doc.getMap('map').toJSON()).toEqual({ first: 'a0' });
    const whole = applied(STALLED);
    expect(whole.getMap('map').toJSON()).toEqual({ first: 'a0' });
  });

  test('takes it in when the update, or the document’s own state, is applied once more, or is loaded', () => {
    const again = applied([...STALLED, 'b0']);
    expect(again.getMap('map').toJSON()).toEqual(WHOLE);
    const own = applied(STALLED);
    Y.applyUpdate(own, Y.encodeStateAsUpdate(own));
    expect(own.getMap('map').toJSON()).toEqual(WHOLE);
    const loaded = docOf(10);
    Y.applyUpdate(loaded, Y.encodeStateAsUpdate(applied(STALLED)));
    expect(loaded.getMap('map').toJSON()).toEqual(WHOLE);
  });
});

describe('our documents of Yjs, given all changes out of order', () => {
  const replicaOf = (actor: number): Replica =>
    yjs.create({ deviceIndex: actor >>> 12, incarnation: 0, actor, random: () => 0.5, nowMs: () => EPOCH_MS });

  /** The same history: each change stands where it stood above. */
  function changes(): Uint8Array[] {
    const [a, b] = [replicaOf(1), replicaOf(2)];
    const change = (replica: Replica, field: string, value: string): Uint8Array =>
      replica.edit({ kind: 'set', entity: 'e', field, value }).changes[0]!;
    const [a0, a1] = [change(a, 'first', 'a0'), change(a, 'key', 'a1')];
    b.receive([a0, a1]);
    const b0 = change(b, 'key', 'b0');
    a.receive([b0]);
    return [a0, a1, b0, change(a, 'key', 'a2'), change(a, 'last', 'a3')];
  }

  const stateOf = (replica: Replica): string =>
    `${canonicalView(replica.view())} ${replica.version()} ${replica.pending()}`;

  /** The list cut into groups, in all ways. */
  function cut<T>(list: readonly T[]): T[][][] {
    return Array.from({ length: 2 ** (list.length - 1) }, (_, ends) => {
      const groups: T[][] = [];
      for (const [at, item] of list.entries()) {
        if (at === 0 || ((ends >> (at - 1)) & 1) === 1) groups.push([]);
        groups.at(-1)!.push(item);
      }
      return groups;
    });
  }

  test('hold at every moment what a new one holds that is given the same at once, in every order and grouping', () => {
    const made = changes();
    const atOnce = new Map<number, string>();
    for (let set = 1; set < 2 ** made.length; set++) {
      const replica = replicaOf(4);
      replica.receive([yjs.merge!(made.filter((_, at) => ((set >> at) & 1) === 1))]);
      atOnce.set(set, stateOf(replica));
    }
    for (const groups of permutations([...made.keys()]).flatMap(cut)) {
      const replica = replicaOf(4);
      let set = 0;
      for (const group of groups) {
        replica.receive(group.map((at) => made[at]!));
        for (const at of group) set |= 1 << at;
        if (stateOf(replica) !== atOnce.get(set)) expect([groups, stateOf(replica)]).toEqual([groups, atOnce.get(set)]);
      }
      expect(replica.pending()).toBe(0);
    }
  });
});
