// A device that goes down and starts again: what its storage gives back, under which identity it goes on, and what comes
// back as news.

import { describe, expect, test } from 'vitest';
import { ChangeTable } from '../../models/change-table.ts';
import { Device, type DeviceWorld, type Ledger } from '../../models/device.ts';
import lww from '../../models/documents/lww.ts';
import { SeededDraws } from '../../models/draws.ts';
import type { EntityDraft } from '../../models/entities.ts';
import { measuresOf } from '../../models/measures.ts';
import type { RestartFrom } from '../../models/observer.ts';
import type { Page, RelayRequest, RelayResponse } from '../../models/relay/messages.ts';
import { SyncClients } from '../../models/sync-clients.ts';
import { DeviceClock } from '../../sim/device-clock.ts';
import { Simulation } from '../../sim/simulation.ts';

const S = 1_000_000;

interface Bench {
  readonly sim: Simulation;
  readonly table: ChangeTable;
  readonly devices: Device[];
  readonly sent: RelayRequest[];
  readonly restarts: string[];
  /** Sets a field of an entity on a device. */
  set(device: number, value: string, field?: string): number;
  /** The relay stores changes. */
  accept(...changes: number[]): void;
  pull(device: number): void;
  /** Answers the latest push of a device well. */
  answer(device: number): void;
  at(atS: number, action: () => void): void;
  value(device: number): unknown;
  copy(device: number, index: number): Device;
}

function bench(count = 2): Bench {
  const sim = new Simulation({ seed: 'restart' });
  const table = new ChangeTable(true);
  const measures = measuresOf(sim.metrics);
  const sent: RelayRequest[] = [];
  const restarts: string[] = [];
  const actions: (() => void)[] = [];
  const act = sim.handler('test/action', (index) => actions[index]!());
  const clients = new SyncClients(
    {
      simulation: sim,
      measures,
      sizes: { change: () => 1, push: () => 1, pull: () => 1, response: () => 1, notification: () => 1 },
      draws: new SeededDraws(sim.streams),
      wireBytesOf: () => 1,
      send: (request) => void sent.push(request),
    },
    {
      batchSize: 10,
      autoSyncMs: 30_000,
      notifyMs: 200,
      timeoutMs: 3_600_000,
      retryMsBase: 200,
      retryMsMax: 30_000,
      retryJitter: 'full',
    },
  );
  const lives: number[] = [];
  const members: Device[] = [];
  const ledger: Ledger = {
    index: 0,
    id: 'ledger',
    members,
    conflicts: undefined,
    lastEditUs: 0,
    lastAppliedUs: 0,
    lastHealedUs: -1,
  };
  const world: DeviceWorld = {
    simulation: sim,
    table,
    measures,
    clients,
    documents: lww,
    run: sim,
    dialect: '1.1',
    keepsStorage: true,
    observer: {
      edited: () => {},
      tookPage: () => {},
      acknowledged: () => {},
      restarted: (device, from: RestartFrom) => void restarts.push(`${device.index} ${from} ${device.incarnation}`),
    },
    wireBytesOf: () => 1,
    nextIncarnation: (id) => (lives[id] = (lives[id] ?? -1) + 1),
  };
  const log: number[] = [];
  const made = (index: number, id = index): Device => {
    const device = new Device(world, index, ledger, new DeviceClock({ epochMs: sim.epochMs }), id);
    members.push(device);
    return device;
  };
  for (let index = 0; index < count; index++) made(index).begin(new Int32Array(0));
  const draft = (value: string, field: string): EntityDraft => ({
    entityType: 'account',
    operation: 'UPDATE',
    entity: 'account-1',
    edits: [{ kind: 'set', entity: 'account-1', field, value }],
  });
  const page = (from: number): Page => ({
    kind: 'page',
    changes: Int32Array.from(log.slice(from)),
    cursor: log.length,
    hasMore: false,
  });
  return {
    sim,
    table,
    devices: members,
    sent,
    restarts,
    set: (device, value, field = 'name') => members[device]!.edit(draft(value, field)),
    accept: (...changes) => {
      for (const change of changes) table.setPosition(change, log.push(change));
    },
    pull: (device) => {
      members[device]!.takePage(page(members[device]!.position));
      members[device]!.client.cursor = log.length;
    },
    answer: (device) => {
      const request = sent.filter((each) => each.origin === device).at(-1)!;
      const accepted = request.kind === 'push' ? request.changes : [];
      const response: RelayResponse = { kind: 'pushed', accepted, rejected: [], stored: accepted.length };
      members[device]!.client.answered(request.serial, response, 1);
    },
    at: (atS, action) => sim.scheduleAt(atS * S, act, actions.push(action) - 1),
    value: (device) => members[device]!.view()['account-1']?.fields?.['name'],
    copy: (device, index) => {
      const copy = made(index, device);
      copy.copyFrom(members[device]!);
      return copy;
    },
  };
}

describe('a crash', () => {
  test('keeps what was stored: document, outbox and cursor; the incarnation and its actor are new', () => {
    const { sim, devices, set, accept, pull, at, value, restarts } = bench();
    const [one] = devices as [Device];
    at(1, () => {
      accept(set(1, 'from two'));
      pull(0);
      set(0, 'mine');
    });
    at(2, () => one.crash());
    at(3, () => {
      expect(one.isAwake).toBe(false);
      one.restart('storage');
      expect([one.position, one.client.outboxLength, one.incarnation, one.actor]).toEqual([1, 1, 1, 1]);
      expect(value(0)).toBe('mine');
      expect(restarts).toEqual(['0 storage 1']);
    });
    sim.run();
  });

  test('ends what was under way: whoever waits is told that it failed, and a late answer finds nobody', () => {
    const { sim, devices, sent, set, at } = bench();
    const [one] = devices as [Device];
    const ends: boolean[] = [];
    at(1, () => {
      set(0, 'mine');
      one.client.push(1, (isOk) => ends.push(isOk));
      one.crash();
      expect(ends).toEqual([false]);
    });
    at(2, () => one.restart('storage'));
    at(3, () => {
      const [request] = sent as [RelayRequest];
      one.client.answered(request.serial, { kind: 'pushed', accepted: [0], rejected: [], stored: 1 }, 1);
      expect(one.client.outboxLength).toBe(1);
    });
    sim.run(4 * S);
  });

  test('wakes those who wait for the device when it is up again', () => {
    const { sim, devices, at } = bench();
    const [one] = devices as [Device];
    const wokenUs: number[] = [];
    sim.spawn('user', function* (self) {
      yield self.sleep(2 * S);
      while (!one.isAwake) yield self.wait(one.awake);
      wokenUs.push(sim.nowUs);
    });
    at(1, () => one.crash());
    at(5, () => one.restart('storage'));
    sim.run();
    expect(wokenUs).toEqual([5 * S]);
  });
});

describe('a lost tail', () => {
  test('takes away what was not synced; what was about to be sent was', () => {
    const { sim, devices, set, at, value } = bench();
    const [one] = devices as [Device];
    at(1, () => {
      set(0, 'sent');
      one.client.push(1);
      set(0, 'not sent');
    });
    at(2, () => {
      one.crash();
      one.restart('synced');
      expect(value(0)).toBe('sent');
      expect(one.client.outbox).toEqual([0]);
    });
    sim.run(3 * S);
  });

  test('lets the cursor go back to where it was synced, and the pages come again', () => {
    const { sim, devices, set, accept, pull, at, value } = bench();
    const [one] = devices as [Device];
    at(1, () => {
      accept(set(1, 'first'));
      pull(0);
      one.sync();
      accept(set(1, 'second'));
      pull(0);
    });
    at(2, () => {
      one.crash();
      one.restart('synced');
      expect([one.position, value(0), one.has(1), one.has(2)]).toEqual([1, 'first', true, false]);
      pull(0);
      expect([one.position, value(0), one.has(2)]).toEqual([2, 'second', true]);
    });
    sim.run();
  });

  test('lets an own change that was accepted come back as news', () => {
    const { sim, devices, set, accept, pull, answer, at, value } = bench();
    const [one] = devices as [Device];
    at(1, () => {
      const change = set(0, 'accepted');
      one.client.push(1);
      accept(change);
      answer(0);
      expect(one.client.outboxLength).toBe(0);
      one.crash();
      // Nothing was synced since the beginning but what was sent.
      one.restart('nothing');
      expect([value(0), one.position]).toEqual([undefined, 0]);
      pull(0);
      expect([value(0), one.position, one.client.outboxLength]).toEqual(['accepted', 1, 0]);
    });
    sim.run(2 * S);
  });
});

describe('an older backup', () => {
  test('is the newest that is at least so old', () => {
    const { sim, devices, set, at, value } = bench();
    const [one] = devices as [Device];
    for (const atS of [10, 20, 30]) {
      at(atS, () => {
        set(0, `at ${atS}`);
        one.sync();
      });
    }
    at(40, () => {
      one.crash();
      one.restart('backup', 15 * S);
      expect([value(0), one.client.outboxLength]).toEqual(['at 20', 2]);
    });
    at(50, () => {
      // What was newer is gone for good.
      one.crash();
      one.restart('synced');
      expect(value(0)).toBe('at 20');
      one.crash();
      one.restart('backup', 100 * S);
      expect([value(0), one.client.outboxLength]).toEqual([undefined, 0]);
    });
    sim.run();
  });

  test('never gives an actor twice: each life has an incarnation of its own', () => {
    const { sim, devices, table, set, at } = bench();
    const [one] = devices as [Device];
    const identities: string[] = [];
    at(1, () => {
      for (let life = 0; life < 4; life++) {
        const change = set(0, `life ${life}`);
        identities.push(`${table.incarnationOf(change)}:${table.sequenceOf(change)}`);
        one.crash();
        one.restart('backup', 0);
      }
    });
    sim.run();
    expect(identities).toEqual(['0:1', '1:1', '2:1', '3:1']);
  });
});

describe('a SNAPSHOT', () => {
  test('covers the log up to its author’s position, and begins a new life of who lacks what is gone', () => {
    const { sim, devices, table, set, accept, pull, at, sent } = bench(3);
    const [one, , three] = devices as [Device, Device, Device];
    at(1, () => {
      accept(set(1, 'first'), set(1, 'second'));
      pull(0);
      expect(one.pushSnapshot(7)).toBe(true);
      const snapshot = one.client.outbox[0]!;
      expect([table.isSnapshot(snapshot), table.seenBy(snapshot)]).toEqual([true, 2]);
      expect(sent.at(-1)).toMatchObject({ kind: 'push', changes: [snapshot], cause: 7 });
      accept(snapshot);
      const own = set(2, 'own and not pushed', 'notes');
      three.takePage({ kind: 'page', snapshot, changes: Int32Array.of(snapshot), cursor: 3, hasMore: false });
      expect([three.position, three.incarnation]).toEqual([3, 1]);
      expect(three.view()['account-1']?.fields).toEqual({ name: 'second', notes: 'own and not pushed' });
      expect(three.client.outbox).toEqual([own]);
      expect([1, 2, 3].map((position) => three.has(position))).toEqual([true, true, true]);
    });
    sim.run(2 * S);
  });

  test('is passed over by who has come past it', () => {
    const { sim, devices, set, accept, pull, at, value } = bench();
    const [one, two] = devices as [Device, Device];
    at(1, () => {
      accept(set(1, 'first'));
      pull(0);
      one.pushSnapshot(7);
      accept(one.client.outbox[0]!, set(1, 'later'));
      pull(1);
      expect([two.position, two.incarnation, value(1)]).toEqual([3, 0, 'later']);
    });
    sim.run(2 * S);
  });

  test('is not made of nothing, nor by a device that is frozen', () => {
    const { sim, devices, set, accept, pull, at } = bench();
    const [one, two] = devices as [Device, Device];
    at(1, () => {
      expect(one.pushSnapshot(7)).toBe(false);
      accept(set(1, 'first'));
      pull(0);
      one.suspend();
      expect(one.pushSnapshot(7)).toBe(false);
      one.resume();
      expect(one.pushSnapshot(7)).toBe(true);
      expect(two.client.outboxLength).toBe(1);
    });
    sim.run(2 * S);
  });
});

describe('a copy of a device', () => {
  test('has its id, its stored data and its outbox, and an actor of its own', () => {
    const { sim, devices, table, set, accept, pull, copy, at, value } = bench();
    const [one] = devices as [Device];
    at(1, () => {
      accept(set(1, 'from two'));
      pull(0);
      set(0, 'mine');
      const twin = copy(0, 7);
      expect([twin.index, twin.id, twin.position, twin.client.outboxLength]).toEqual([7, 0, 1, 1]);
      expect(twin.actor).not.toBe(one.actor);
      expect(value(2)).toBe('mine');
      const [ofOne, ofTwin] = [set(0, 'by one'), set(2, 'by twin')];
      expect([table.deviceOf(ofOne), table.deviceOf(ofTwin)]).toEqual([0, 0]);
      expect(table.incarnationOf(ofOne)).not.toBe(table.incarnationOf(ofTwin));
      accept(ofOne, ofTwin);
      pull(0);
      pull(2);
      // Each takes what the other has made, though both have one id.
      expect(value(0)).toBe(value(2));
    });
    sim.run(2 * S);
  });
});

describe('a device without network', () => {
  test('begins nothing until it has it again, and tells at once who wants to push', () => {
    const { sim, devices, sent, set, at } = bench();
    const [one] = devices as [Device];
    const ends: boolean[] = [];
    at(1, () => {
      one.disconnect();
      set(0, 'mine');
      one.client.push(1, (isOk) => ends.push(isOk));
      one.client.pushSoon(2);
      expect([ends, sent.length]).toEqual([[false], 0]);
    });
    at(2, () => {
      one.reconnect(0);
      expect(sent.map(({ kind }) => kind)).toEqual(['push']);
    });
    sim.run(3 * S);
  });
});

describe('an overtaking push', () => {
  test('carries the newest change beside the older ones, which follow', () => {
    const { sim, devices, sent, set, at } = bench();
    const [one] = devices as [Device];
    at(1, () => {
      const first = set(0, 'first');
      expect(one.client.overtake(5)).toBe(false);
      one.client.pushSoon(1);
      const newest = set(0, 'newest');
      expect(one.client.overtake(5)).toBe(true);
      expect(one.client.overtake(6)).toBe(false);
      expect(sent.map((request) => request.kind === 'push' && request.changes)).toEqual([[first], [newest]]);
      const [older, express] = sent as [RelayRequest, RelayRequest];
      one.client.answered(express.serial, { kind: 'pushed', accepted: [newest], rejected: [], stored: 1 }, 1);
      expect(one.client.outbox).toEqual([first]);
      one.client.answered(older.serial, { kind: 'pushed', accepted: [first], rejected: [], stored: 1 }, 1);
      expect(one.client.outboxLength).toBe(0);
      expect(sent.length).toBe(2);
    });
    sim.run(2 * S);
  });

  test('that fails leaves its change in the outbox', () => {
    const { sim, devices, sent, set, at } = bench();
    const [one] = devices as [Device];
    at(1, () => {
      const [first, newest] = [set(0, 'first'), set(0, 'newest')];
      expect(one.client.overtake(5)).toBe(true);
      one.client.answered(sent[0]!.serial, { kind: 'refusal', code: 'UNAVAILABLE', retryAfterMs: 0 }, 1);
      expect(one.client.outbox).toEqual([first, newest]);
      expect(one.client.overtake(6)).toBe(true);
    });
    sim.run(2 * S);
  });
});
