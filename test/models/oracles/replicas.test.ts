// Oracles that make replicas of their own: from storage, from the log, from merged changes.

import { describe, expect, test } from 'vitest';
import { ChangeTable } from '../../../models/change-table.ts';
import type { Edit } from '../../../models/documents/edit.ts';
import lww from '../../../models/documents/lww.ts';
import type { DocumentType, Replica, ReplicaInit } from '../../../models/documents/port.ts';
import yjs from '../../../models/documents/yjs.ts';
import { judgeIdempotence } from '../../../models/oracles/idempotence.ts';
import { join, judgeJoined, type Retained } from '../../../models/oracles/late-joiner.ts';
import { handOver, stateDifference, stateOf, stateOfSpare } from '../../../models/oracles/ledger-state.ts';
import { judgeMergeTrees } from '../../../models/oracles/merge-trees.ts';
import { partsOf } from '../../../models/oracles/judged.ts';
import { judgeReload } from '../../../models/oracles/reload.ts';
import { Streams } from '../../../sim/random.ts';
import { addChange, DocumentDevice, type Settled, settle } from './fakes.ts';

const moment = { nowUs: 1, events: 2 };
const NO_SNAPSHOT: Retained = { snapshot: undefined, from: 0 };

function set(field: string, value: number): Edit {
  return { kind: 'set', entity: 'a', field, value };
}

const tag: Edit = { kind: 'tag-add', entity: 'a', tag: 't' };
const untag: Edit = { kind: 'tag-remove', entity: 'a', tag: 't' };
const counted: Edit = { kind: 'count', entity: 'a', field: 'n', by: 3 };

/** Three devices edit without knowing of each other, and then one that knows all. */
const ROUNDS: Edit[][][] = [
  [
    [set('x', 1), tag],
    [set('x', 2), set('y', 1), counted],
    [set('x', 3), tag],
  ],
  [[], [untag, counted], []],
  [[set('y', 2)], [], [counted]],
];

/** A type of which a replica's methods are replaced. */
function altered(type: DocumentType, alter: (replica: Replica, init: ReplicaInit) => Partial<Replica>): DocumentType {
  return {
    ...type,
    create: (init) => {
      const replica = type.create(init);
      const changed = alter(replica, init);
      return new Proxy(replica, {
        get: (target, key) => {
          const own = changed[key as keyof Replica] as unknown;
          if (own !== undefined) return own;
          const value = Reflect.get(target, key) as unknown;
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    },
  };
}

function merged(type: DocumentType, { table, log, devices, ledger }: Settled, trees = 4, seed = '1') {
  const stream = new Streams(seed).stream('oracle/merge-trees');
  return judgeMergeTrees({ ledger, device: devices[0]!, type, table, log, stream, trees, moment });
}

function newcomers(type: DocumentType, { table, log, devices, ledger }: Settled, retained: Retained = NO_SNAPSHOT) {
  const [device] = devices;
  const joined = join(device!, table, log, retained);
  const findings = judgeJoined(ledger, stateOf(device!), device!, joined, type, moment);
  const before = stateOfSpare(device!, joined.replica);
  handOver(device!, joined.replica, partsOf(table, log).flat());
  const again = judgeIdempotence(ledger, device!, 'joined', before, stateOfSpare(device!, joined.replica), moment);
  return { findings, again };
}

describe.each([lww, yjs])('correct documents: $name', (type) => {
  const settled = settle(type, ROUNDS);

  test('agree with what they have stored, with newcomers and with all that is merged', () => {
    expect(judgeReload(settled.ledger, settled.devices.map(stateOf), moment)).toEqual([]);
    expect(newcomers(type, settled)).toEqual({ findings: [], again: [] });
    for (let seed = 0; seed < 30; seed++) expect(merged(type, settled, 2, `${seed}`)).toEqual([]);
  });

  test('agree with a newcomer that begins from a SNAPSHOT of what one of them had', () => {
    const { table, log, devices } = settled;
    const at = 5;
    const early = devices[0]!.spare('empty');
    early.receive(partsOf(table, log.subarray(0, at)).flat());
    const snapshot = addChange(table, { operation: 'SNAPSHOT', seen: at, parts: [early.save()] });
    expect(newcomers(type, settled, { snapshot, from: at })).toEqual({ findings: [], again: [] });
    // Where the relay says that it covers more than it does, the newcomer lacks something.
    const { findings } = newcomers(type, settled, { snapshot, from: at + 2 });
    expect(findings[0]?.oracle).toBe('late-joiner');
    // SNAPSHOTs in the log are handed to nobody.
    const longer = { ...settled, log: Int32Array.of(...log, snapshot) };
    expect(newcomers(type, longer)).toEqual({ findings: [], again: [] });
    expect(merged(type, longer)).toEqual([]);
  });
});

describe('the reload oracle', () => {
  const judge = (type: DocumentType) => {
    const { ledger, devices } = settle(type, ROUNDS);
    return judgeReload(ledger, devices.map(stateOf), moment);
  };

  test('finds what is not stored, and names the part and the values', () => {
    const forgetful = altered(lww, (replica) => ({ load: (stored) => stored.length > 1e9 && replica.load(stored) }));
    expect(judge(forgetful)).toMatchObject([
      { signature: 'reload:presence', devices: [0], detail: { device: 0, place: 'a', rebuilt: 'absent' } },
    ]);
  });

  test('finds a version or a number of changes held back that does not come back', () => {
    const versions = altered(lww, (_replica, { incarnation }) => ({ version: () => `life ${incarnation > 0}` }));
    expect(judge(versions)).toMatchObject([
      { signature: 'reload:version', detail: { live: 'life false', rebuilt: 'life true' } },
    ]);
    const pending = altered(lww, (_replica, { incarnation }) => ({ pending: () => (incarnation > 0 ? 0 : 2) }));
    expect(judge(pending)).toMatchObject([{ signature: 'reload:pending', detail: { live: 2, rebuilt: 0 } }]);
  });
});

describe('the late joiner oracle', () => {
  test('finds a replica to which it matters how much it is given at once', () => {
    const greedy = altered(lww, (replica) => ({
      receive: (changes) => replica.receive(changes.length > 3 ? changes.slice(0, -1) : changes),
    }));
    const settled = settle(greedy, ROUNDS);
    expect(newcomers(greedy, settled).findings).toMatchObject([{ oracle: 'late-joiner', devices: [0] }]);
  });

  test('leaves out what a newcomer that answers with changes of its own has rewritten', () => {
    const answering = altered({ ...lww, judged: (entity) => entity === 'a' }, (replica, { incarnation }) => ({
      receive: (changes) => {
        replica.receive(changes);
        return incarnation > 0 ? replica.edit({ kind: 'set', entity: 'rule', field: 'x', value: 1 }).changes : [];
      },
    }));
    const settled = settle(answering, ROUNDS);
    expect(newcomers(answering, settled).findings).toEqual([]);
    expect(merged(answering, settled)).toEqual([]);
    const unruly = { ...answering, judged: () => true };
    expect(newcomers(unruly, settle(unruly, ROUNDS)).findings).toMatchObject([{ signature: 'late-joiner:presence' }]);
  });
});

/** Counts what it is given, though it has had it. */
const counting = altered(lww, (replica) => {
  let received = 0;
  return {
    receive: (changes) => {
      received += changes.length;
      return replica.receive(changes);
    },
    view: () => ({ ...replica.view(), b: { counters: { received } } }),
    version: () => '',
  };
});

describe('the idempotence oracle', () => {
  test('finds a replica that counts what it has had already', () => {
    const { again } = newcomers(counting, settle(counting, ROUNDS));
    expect(again).toMatchObject([
      { signature: 'idempotence:counters', detail: { replica: 'joined', place: 'b/received' } },
    ]);
  });
});

describe('the merge tree oracle', () => {
  test('finds a replica to which the order matters', () => {
    const arrival = altered(lww, (replica) => {
      let last = '';
      return {
        receive: (changes) => {
          last = changes.at(-1)!.join(' ');
          return replica.receive(changes);
        },
        view: () => ({ ...replica.view(), b: { memo: last } }),
      };
    });
    expect(merged(arrival, settle(arrival, ROUNDS))).toMatchObject([
      { signature: 'merge-trees:exchanged', detail: { part: 'memo', place: 'b/memo' } },
    ]);
  });

  test('finds a replica to which it matters that it is given something twice', () => {
    expect(merged(counting, settle(counting, ROUNDS))).toMatchObject([
      { signature: 'merge-trees:exchanged', detail: { place: 'b/received' } },
    ]);
  });

  test('finds a merge that drops something', () => {
    const dropping: DocumentType = { ...yjs, merge: (changes) => yjs.merge!(changes.slice(0, 2)) };
    expect(merged(dropping, settle(yjs, ROUNDS))).toMatchObject([{ signature: 'merge-trees:merged' }]);
  });

  test('finds a merged change that claims more than it holds', () => {
    const boasting: DocumentType = { ...yjs, versionOf: (change) => `${yjs.versionOf!(change)} and more` };
    expect(merged(boasting, settle(yjs, ROUNDS))).toMatchObject([{ signature: 'merge-trees:claim' }]);
  });

  test('finds a state that lacks something, of types that sync by state', () => {
    const empty = yjs.create({ deviceIndex: 9, incarnation: 0, actor: 9, random: () => 0, nowMs: () => 0 });
    const lacking = altered(yjs, () => ({ since: () => empty.since!(empty.version()) }));
    const settled = settle(lacking, ROUNDS);
    const signatures = Array.from({ length: 10 }, (_, seed) => merged(lacking, settled, 1, `${seed}`)[0]?.signature);
    expect(new Set(signatures)).toContain('merge-trees:since');
    const { merge: _merge, ...unmerged } = lacking;
    expect(merged(unmerged, settled, 8)).toMatchObject([{ signature: 'merge-trees:since' }]);
  });

  test('keeps to causal order where the type asks for it, and mixes all the same', () => {
    const orders = new Set<string>();
    const causal = altered({ ...lww, delivery: 'causal' }, (replica) => {
      let order = '';
      return {
        receive: (changes) => {
          for (const change of changes) order += `${change.join(' ')}\n`;
          orders.add(order);
          return replica.receive(changes);
        },
      };
    });
    const settled = settle(causal, ROUNDS);
    const { table, log } = settled;
    orders.clear();
    expect(merged(causal, settled, 20)).toEqual([]);
    const texts = partsOf(table, log).map((parts) => parts[0]!.join(' '));
    const full = [...orders].map((order) =>
      order
        .trim()
        .split('\n')
        .map((text) => texts.indexOf(text)),
    );
    let mixed = 0;
    for (const order of full) {
      if (order.some((at, i) => i > 0 && at < order[i - 1]!)) mixed++;
      const had = new Set<number>();
      for (const at of order) {
        for (let before = 0; before < table.seenBy(log[at]!); before++) expect(had.has(before)).toBe(true);
        for (let before = 0; before < at; before++) {
          if (table.deviceOf(log[before]!) === table.deviceOf(log[at]!)) expect(had.has(before)).toBe(true);
        }
        had.add(at);
      }
    }
    expect(mixed).toBeGreaterThan(5);
  });

  test('taking away a change leaves the groups of the others as they were', () => {
    const { table: made, log: whole, ledger } = settle(lww, ROUNDS);
    const table = new ChangeTable(false);
    const texts: string[] = [];
    for (const [at, change] of whole.entries()) {
      const parts: Uint8Array[] = [];
      made.collectParts(change, parts);
      addChange(table, { device: made.deviceOf(change), seen: made.seenBy(change), editedAtUs: at * 1000, parts });
      texts.push(parts.map((part) => part.join(' ')).join('\n'));
    }
    const all = [...whole.keys()];
    /** What replicas are handed, as places in the whole log, without one of them. */
    const handed = (log: readonly number[], gone: number): string[] => {
      const groups: string[] = [];
      const listening = altered(lww, (replica) => ({
        receive: (changes) => {
          const places = changes.map((change) => texts.indexOf(change.join(' '))).filter((at) => at !== gone);
          if (places.length > 0) groups.push(places.join(' '));
          return replica.receive(changes);
        },
      }));
      const device = new DocumentDevice(listening, table, 0);
      const stream = new Streams('1').stream('oracle/merge-trees');
      const input = { ledger, device, type: listening, table, log: Int32Array.from(log), stream, trees: 4, moment };
      expect(judgeMergeTrees(input)).toEqual([]);
      return groups;
    };
    expect(texts.every((text) => text !== '' && !text.includes('\n'))).toBe(true);
    expect(new Set(texts).size).toBe(texts.length);
    for (const gone of all) {
      const less = all.filter((at) => at !== gone);
      expect(handed(less, gone)).toEqual(handed(all, gone));
    }
  });

  test('has nothing to say of an empty log, and draws the same from the same seed', () => {
    const settled = settle(lww, ROUNDS);
    expect(merged(lww, { ...settled, log: new Int32Array(0) })).toEqual([]);
    const orders: string[][] = [[], []];
    for (const order of orders) {
      const listening = altered(lww, (replica) => ({
        receive: (changes) => {
          order.push(changes.map((change) => change.join(' ')).join('\n'));
          return replica.receive(changes);
        },
      }));
      merged(listening, settle(listening, ROUNDS), 3);
    }
    expect(orders[0]!.length).toBeGreaterThan(20);
    expect(orders[0]).toEqual(orders[1]);
  });
});

test('states differ first in what is seen, then in versions, then in what is held back', () => {
  const state = { view: { a: { fields: { x: 1 } } }, version: 'v', pending: 0 };
  const names = ['one', 'other'] as const;
  expect(stateDifference(state, { ...state }, [...names])).toBeUndefined();
  expect(stateDifference(state, { ...state, pending: 1 }, [...names])?.part).toBe('pending');
  expect(stateDifference(state, { ...state, pending: 1, version: 'w' }, [...names])).toEqual({
    part: 'version',
    detail: { one: 'v', other: 'w' },
  });
  expect(stateDifference(state, { view: {}, version: 'w', pending: 1 }, [...names])).toEqual({
    part: 'presence',
    detail: { place: 'a', one: { fields: { x: 1 } }, other: 'absent' },
  });
});
