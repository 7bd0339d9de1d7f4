// A device: what becomes of its edits, what it takes from pages, and what is measured of it.

import { describe, expect, test } from 'vitest';
import { ChangeTable } from '../../models/change-table.ts';
import { Conflicts } from '../../models/conflicts.ts';
import { Device, type DeviceWorld, type Ledger } from '../../models/device.ts';
import type { Edit } from '../../models/documents/edit.ts';
import type { DocumentType, ReplicaInit } from '../../models/documents/port.ts';
import lww from '../../models/documents/lww.ts';
import type { EntityDraft } from '../../models/entities.ts';
import { SeededDraws } from '../../models/draws.ts';
import { type Measures, measuresOf } from '../../models/measures.ts';
import type { DeviceObserver } from '../../models/observer.ts';
import type { Page, RelayRequest } from '../../models/relay/messages.ts';
import { SyncClients } from '../../models/sync-clients.ts';
import { DeviceClock } from '../../sim/device-clock.ts';
import { Simulation } from '../../sim/simulation.ts';

const set = (entity: string, field: string, value: string): Edit => ({ kind: 'set', entity, field, value });
const draft = (entity: string, ...edits: Edit[]): EntityDraft => ({
  entityType: 'account',
  operation: 'UPDATE',
  entity,
  edits: edits.length === 0 ? [set(entity, 'name', 'new')] : edits,
});

/** A document that keeps what it is handed, byte for byte: an edit is its JSON, one that does nothing has the value ''. */
function recording(received: string[][], inits: ReplicaInit[] = []): DocumentType {
  return {
    name: 'recording',
    supports: new Map([['set', 'one-wins']]),
    create: (init) => {
      inits.push(init);
      const mine: string[] = [];
      received[init.deviceIndex] = mine;
      return {
        edit: (edit) => {
          const isNothing = 'value' in edit && edit.value === '';
          const bytes = Buffer.from(JSON.stringify(edit));
          return { changes: isNothing ? [] : [Uint8Array.from(bytes)], target: `${edit.entity}/name` };
        },
        receive: (changes) => {
          for (const change of changes) mine.push(Buffer.from(change).toString());
          const answers = changes.filter((change) => Buffer.from(change).toString().includes('"please answer"'));
          return answers.length > 0 ? [Uint8Array.of(7)] : [];
        },
        view: () => ({}),
        version: () => '',
        pending: () => 0,
        save: () => new Uint8Array(0),
        load: () => {},
      };
    },
  };
}

interface Bench {
  readonly sim: Simulation;
  readonly table: ChangeTable;
  readonly measures: Measures;
  readonly ledger: Ledger;
  readonly devices: Device[];
  readonly sent: RelayRequest[];
  /** What each replica was handed, as texts. */
  readonly received: string[][];
  readonly inits: ReplicaInit[];
  /** Accepts changes into the ledger's log. */
  accept(...changes: number[]): void;
  /** The page after a position up to another. */
  page(from: number, to: number): Page;
  at(atUs: number, action: () => void): void;
}

function bench(
  options: {
    devices?: number;
    documents?: DocumentType;
    dialect?: '1.0' | '1.1';
    tracks?: boolean;
    skewUs?: number;
    keepsStorage?: boolean;
    observer?: DeviceObserver;
  } = {},
): Bench {
  const { devices: count = 2, dialect = '1.1', tracks = false, skewUs = 0, keepsStorage = false, observer } = options;
  const lives: number[] = [];
  const sim = new Simulation({ seed: 'device' });
  const received: string[][] = [];
  const inits: ReplicaInit[] = [];
  const documents = options.documents ?? recording(received, inits);
  const table = new ChangeTable(documents.isStable === true, { keepsEntities: true });
  const measures = measuresOf(sim.metrics);
  const sent: RelayRequest[] = [];
  const actions: (() => void)[] = [];
  const act = sim.handler('test/action', (index) => actions[index]!());
  const clients = new SyncClients(
    {
      simulation: sim,
      measures,
      sizes: { change: () => 1, push: () => 1, pull: () => 1, response: () => 1, notification: () => 1 },
      draws: new SeededDraws(sim.streams),
      wireBytesOf: (change) => table.wireBytesOf(change),
      send: (request) => void sent.push(request),
    },
    {
      batchSize: 10,
      autoSyncMs: 30_000,
      notifyMs: 200,
      timeoutMs: 10_000,
      retryMsBase: 200,
      retryMsMax: 30_000,
      retryJitter: 'full',
    },
  );
  const world: DeviceWorld = {
    simulation: sim,
    table,
    measures,
    clients,
    documents,
    run: sim,
    dialect,
    keepsStorage,
    observer,
    wireBytesOf: (change) => 400 + change,
    nextIncarnation: (id) => {
      lives[id] = (lives[id] ?? -1) + 1;
      return lives[id];
    },
  };
  const members: Device[] = [];
  const conflicts = tracks ? new Conflicts(sim, table, measures, members) : undefined;
  const ledger: Ledger = {
    index: 0,
    id: 'ledger',
    members,
    conflicts,
    lastEditUs: 0,
    lastAppliedUs: 0,
    lastHealedUs: -1,
  };
  const devices = Array.from({ length: count }, (_, index) => {
    const clock = new DeviceClock({ epochMs: sim.epochMs, skewUs });
    members.push(new Device(world, index, ledger, clock));
    return members[index]!;
  });
  const log: number[] = [];
  return {
    sim,
    table,
    measures,
    ledger,
    devices,
    sent,
    received,
    inits,
    accept: (...changes) => {
      for (const change of changes) table.setPosition(change, log.push(change));
    },
    page: (from, to) => ({
      kind: 'page',
      changes: Int32Array.from(log.slice(from, to)),
      cursor: Math.min(to, log.length),
      hasMore: to < log.length,
    }),
    at: (atUs, action) => sim.scheduleAt(atUs, act, actions.push(action) - 1),
  };
}

describe('an edit', () => {
  test('goes into the outbox as a change that says who made it, when, and knowing what', () => {
    const { sim, table, devices, ledger, accept, page, at } = bench({ skewUs: 5_000_000 });
    const [one, two] = devices as [Device, Device];
    at(1000, () => accept(two.edit(draft('account-1')), two.edit(draft('account-2'))));
    at(2000, () => one.takePage(page(0, 2)));
    at(3500, () => {
      const change = one.edit(draft('account-3'));
      expect(one.client.outbox).toEqual([change]);
      expect([table.deviceOf(change), table.incarnationOf(change), table.sequenceOf(change)]).toEqual([0, 0, 1]);
      expect([table.ledgerOf(change), table.seenBy(change), table.positionOf(change)]).toEqual([0, 2, 0]);
      // When it was made is known from outside; what the change says is the device's own clock.
      expect([table.editedAtUs(change), table.timestampMs(change)]).toEqual([3500, sim.epochMs + 5003]);
      expect([table.entityTypeOf(change), table.operationOf(change), table.entityLengthOf(change)]).toEqual([
        'account',
        'UPDATE',
        'account-3'.length,
      ]);
      expect(table.entityOf(change)).toBe('account-3');
      expect(table.wireBytesOf(change)).toBe(400 + change);
      expect(ledger.lastEditUs).toBe(3500);
    });
    sim.run();
  });

  test('numbers the changes of a device from 1, those of others apart', () => {
    const { table, devices } = bench();
    const [one, two] = devices as [Device, Device];
    const changes = [one.edit(draft('a')), one.edit(draft('b')), two.edit(draft('c')), one.edit(draft('d'))];
    expect(changes.map((change) => table.sequenceOf(change))).toEqual([1, 2, 1, 3]);
  });

  test('of several parts is one change', () => {
    const { table, devices } = bench();
    const [one] = devices as [Device];
    const change = one.edit(draft('a', set('a', 'x', '1'), set('a', 'y', '2')));
    expect(one.client.outbox).toEqual([change]);
    const parts: Uint8Array[] = [];
    table.collectParts(change, parts);
    expect(parts.map((part) => JSON.parse(Buffer.from(part).toString()) as unknown)).toEqual([
      set('a', 'x', '1'),
      set('a', 'y', '2'),
    ]);
  });

  test('that does nothing leaves no change, and takes no number', () => {
    const { table, devices, ledger } = bench();
    const [one] = devices as [Device];
    expect(one.edit(draft('a', set('a', 'x', '')))).toBe(-1);
    expect([one.client.outboxLength, table.count, ledger.lastEditUs]).toEqual([0, 0, 0]);
    expect(table.sequenceOf(one.edit(draft('a')))).toBe(1);
  });

  test('is seen by its author at once', () => {
    const { devices } = bench({ documents: lww });
    const [one, two] = devices as [Device, Device];
    one.edit(draft('account-1', set('account-1', 'name', 'Bank')));
    expect(one.replica.view()).toEqual({ 'account-1': { fields: { name: 'Bank' } } });
    expect(two.replica.view()).toEqual({});
  });

  test('is not pushed by itself: the client sends when it is told to', () => {
    const { sim, devices, sent } = bench();
    devices[0]!.edit(draft('a'));
    sim.run(1_000_000);
    expect(sent).toEqual([]);
    devices[0]!.client.push(1);
    expect(sent.map(({ kind }) => kind)).toEqual(['push']);
  });
});

describe('a page', () => {
  test('is applied without what the device made itself', () => {
    const { devices, accept, page, received, measures } = bench();
    const [one, two] = devices as [Device, Device];
    const mine = one.edit(draft('mine'));
    const yours = two.edit(draft('yours'));
    accept(yours, mine);
    one.takePage(page(0, 2));
    two.takePage(page(0, 2));
    expect(received.map((texts) => texts.map((text) => (JSON.parse(text) as Edit).entity))).toEqual([
      ['yours'],
      ['mine'],
    ]);
    expect(measures.syncLatency.count).toBe(2);
  });

  test('of own changes alone touches the replica not at all, but moves the position', () => {
    const { devices, accept, page, received, measures, ledger } = bench();
    const [one] = devices as [Device];
    accept(one.edit(draft('a')), one.edit(draft('b')));
    one.takePage(page(0, 2));
    expect([received[0], one.position, measures.syncLatency.count, ledger.lastAppliedUs]).toEqual([[], 2, 0, 0]);
  });

  test('after page moves the position with it, and what was delivered is known by position', () => {
    const { devices, accept, page } = bench();
    const [one, two] = devices as [Device, Device];
    for (let change = 0; change < 200; change++) accept(two.edit(draft(`e-${change}`)));
    const delivered = (): number[] =>
      Array.from({ length: 202 }, (_, position) => position).filter((at) => one.has(at));
    expect([one.position, delivered()]).toEqual([0, []]);
    one.takePage(page(0, 3));
    expect([one.position, delivered()]).toEqual([3, [1, 2, 3]]);
    one.takePage(page(3, 200));
    expect([one.position, delivered().length]).toEqual([200, 200]);
    one.takePage(page(200, 200));
    expect(one.position).toBe(200);
    expect(one.has(201)).toBe(false);
  });

  test('makes what is edited after it know of it', () => {
    const { table, devices, accept, page } = bench();
    const [one, two] = devices as [Device, Device];
    accept(two.edit(draft('a')), two.edit(draft('b')));
    const before = one.edit(draft('c'));
    one.takePage(page(0, 1));
    const between = one.edit(draft('d'));
    one.takePage(page(1, 2));
    const after = one.edit(draft('e'));
    expect([before, between, after].map((change) => table.seenBy(change))).toEqual([0, 1, 2]);
  });

  test('gives one sample of sync_latency for each change of others: from its edit until now', () => {
    const { sim, devices, accept, page, measures, ledger, at } = bench({ devices: 3 });
    const [one, two, three] = devices as [Device, Device, Device];
    at(1_000_000, () => accept(one.edit(draft('a'))));
    at(2_000_000, () => accept(one.edit(draft('b')), two.edit(draft('c'))));
    at(5_000_000, () => two.takePage(page(0, 3)));
    at(9_000_000, () => three.takePage(page(0, 1)));
    sim.run();
    // Device 1 has waited 4 s and 3 s for two changes of device 0, device 2 8 s for one.
    const { count, min, max } = measures.syncLatency.result(1).values as { count: number; min: number; max: number };
    expect([count, Math.round(min / 10), Math.round(max / 10)]).toEqual([3, 300, 800]);
    expect(ledger.lastAppliedUs).toBe(9_000_000);
  });

  test('may make the document answer: its follow-up is a change of this device, in the outbox', () => {
    const { table, devices, accept, page } = bench();
    const [one, two] = devices as [Device, Device];
    accept(two.edit(draft('a', set('a', 'x', 'please answer'))));
    one.takePage(page(0, 1));
    const [followUp] = one.client.outbox;
    expect([one.client.outboxLength, table.deviceOf(followUp!)]).toEqual([1, 0]);
    const parts: Uint8Array[] = [];
    table.collectParts(followUp!, parts);
    expect(parts.map((part) => [...part])).toEqual([[7]]);
  });

  test('that comes again makes no replica differ', () => {
    const { devices, accept, page } = bench({ documents: lww });
    const [one, two] = devices as [Device, Device];
    accept(one.edit(draft('a', set('a', 'name', 'first'))), two.edit(draft('a', set('a', 'name', 'second'))));
    for (const device of devices) device.takePage(page(0, 2));
    const view = one.replica.view();
    expect(two.replica.view()).toEqual(view);
    for (const device of devices) device.takePage(page(0, 2));
    expect([one.replica.view(), two.replica.view()]).toEqual([view, view]);
  });

  test('of 1.0 leaves the position alone: a timestamp is none', () => {
    const { devices, accept, page } = bench({ dialect: '1.0' });
    const [one, two] = devices as [Device, Device];
    accept(two.edit(draft('a')));
    one.takePage({ ...page(0, 1), cursor: 1_767_225_600_000 });
    expect([one.position, one.has(1)]).toEqual([0, true]);
  });
});

describe('what the relay has accepted', () => {
  test('counts as delivered to its author, before it comes back', () => {
    const { devices, accept } = bench();
    const [one] = devices as [Device];
    const change = one.edit(draft('a'));
    expect(one.has(1)).toBe(false);
    accept(change);
    one.accepted([change]);
    expect([one.has(1), one.position]).toEqual([true, 0]);
  });

  test('before the run is there from the start: applied, marked, and behind the cursor', () => {
    const { devices, accept, page, received, measures } = bench();
    const [one, two] = devices as [Device, Device];
    accept(one.edit(draft('a')), one.edit(draft('b')));
    one.client.restart([], 0);
    for (const device of devices) device.begin(page(0, 2).changes);
    expect([received[0]!.length, received[1]!.length]).toEqual([0, 2]);
    for (const device of [one, two]) {
      expect([device.position, device.client.cursor, device.has(1), device.has(2)]).toEqual([2, 2, true, true]);
    }
    expect(measures.syncLatency.count).toBe(0);
  });

  test('before the run is pulled again in 1.0, where a device has no cursor yet', () => {
    const { devices, accept, page } = bench({ dialect: '1.0' });
    accept(devices[0]!.edit(draft('a')));
    devices[1]!.begin(page(0, 1).changes);
    expect([devices[1]!.position, devices[1]!.client.cursor, devices[1]!.has(1)]).toEqual([0, 0, true]);
  });
});

describe('a device that was cut off', () => {
  const second = 1_000_000;

  test('has caught up when it has what was there when it came back', () => {
    const { sim, devices, accept, page, measures, at } = bench();
    const [one, two] = devices as [Device, Device];
    at(0, () => one.wentOffline());
    at(1, () => accept(two.edit(draft('a')), two.edit(draft('b'))));
    at(5 * second, () => one.cameOnline(2));
    at(6 * second, () => {
      accept(two.edit(draft('c')));
      one.takePage(page(0, 1));
      expect(measures.catchUpTime.count).toBe(0);
    });
    at(8 * second, () => one.takePage(page(1, 2)));
    at(9 * second, () => one.takePage(page(2, 3)));
    sim.run();
    const { count, max } = measures.catchUpTime.result(1).values as { count: number; max: number };
    expect([count, Math.round(max / 10)]).toEqual([1, 300]);
  });

  test('and cut off again before it has caught up leaves no sample of the first time', () => {
    const { sim, devices, accept, page, measures, at } = bench();
    const [one, two] = devices as [Device, Device];
    at(1, () => accept(two.edit(draft('a'))));
    at(2, () => one.wentOffline());
    at(2 * second, () => one.cameOnline(1));
    at(3 * second, () => one.wentOffline());
    at(7 * second, () => one.cameOnline(1));
    at(8 * second, () => one.takePage(page(0, 1)));
    sim.run();
    const { count, max } = measures.catchUpTime.result(1).values as { count: number; max: number };
    expect([count, Math.round(max / 10)]).toEqual([1, 100]);
  });

  test('and is cut off again catches up with nothing by a page that was under way', () => {
    const { sim, devices, accept, page, measures, at } = bench();
    const [one, two] = devices as [Device, Device];
    at(1, () => accept(two.edit(draft('a'))));
    at(2, () => one.wentOffline());
    at(2 * second, () => one.cameOnline(1));
    at(3 * second, () => one.wentOffline());
    at(4 * second, () => one.takePage(page(0, 1)));
    sim.run();
    expect([one.position, measures.catchUpTime.count]).toEqual([1, 0]);
  });

  test('is online or not; coming online twice changes nothing', () => {
    const { sim, devices, accept, page, measures, at } = bench();
    const [one, two] = devices as [Device, Device];
    at(1, () => {
      accept(two.edit(draft('a')));
      one.cameOnline(1);
      expect(one.isOnline).toBe(true);
      one.takePage(page(0, 1));
    });
    at(2, () => {
      one.wentOffline();
      expect(one.isOnline).toBe(false);
    });
    sim.run();
    expect(measures.catchUpTime.count).toBe(0);
  });
});

describe('a replica', () => {
  test('is made for its device, with an actor number of its own and the clock of the device', () => {
    const { sim, inits } = bench({ devices: 3, skewUs: -2_000_000 });
    expect(inits.map(({ deviceIndex, incarnation }) => [deviceIndex, incarnation])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
    expect(new Set(inits.map(({ actor }) => actor)).size).toBe(3);
    sim.run(5_000_000);
    expect(inits[1]!.nowMs()).toBe(sim.epochMs + 3000);
    expect(inits[0]!.run).toBe(inits[1]!.run);
  });

  test('draws from a stream of its own', () => {
    const draws = (): number[] => {
      const { inits } = bench({ devices: 2 });
      return [inits[0]!.random(), inits[0]!.random(), inits[1]!.random()];
    };
    expect(draws()).toEqual(draws());
    expect(new Set(draws()).size).toBe(3);
  });
});

describe('conflicts', () => {
  test('are noticed by the device that sees two changes of one place, made without knowledge of each other', () => {
    const { devices, accept, page, ledger, measures } = bench({ devices: 3, tracks: true });
    const [one, two, three] = devices as [Device, Device, Device];
    accept(one.edit(draft('a')), two.edit(draft('a')));
    expect(measures.concurrentModifications.value).toBe(1);
    three.takePage(page(0, 2));
    for (const device of [one, two]) device.takePage(page(0, 2));
    ledger.conflicts!.close();
    expect([measures.conflictDetection.passes, measures.conflictDetection.total]).toEqual([1, 1]);
  });

  test('are none where one knew of the other, or where the places differ', () => {
    const { devices, accept, page, ledger, measures } = bench({ devices: 2, tracks: true });
    const [one, two] = devices as [Device, Device];
    accept(one.edit(draft('a')));
    two.takePage(page(0, 1));
    accept(two.edit(draft('a')), two.edit(draft('b')));
    one.takePage(page(0, 3));
    two.takePage(page(1, 3));
    ledger.conflicts!.close();
    expect([measures.concurrentModifications.value, measures.conflictDetection.total]).toEqual([0, 0]);
  });
});
