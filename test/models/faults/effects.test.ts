// What each kind of fault does, and what it cannot do.

import { describe, expect, test } from 'vitest';
import { faultCause } from '../../../models/cause.ts';
import { FAULT_KIND_NAMES, type FaultEvent, type FaultKind } from '../../../models/faults/event.ts';
import { carriedOut, event, fakeWorld } from './fakes.ts';

/** What one event of a kind does from 5000 µs to 6000 µs. */
const DOES: Readonly<Record<FaultKind, { rest?: Partial<FaultEvent>; notes: readonly string[] }>> = {
  partition: { notes: ['5000 device 0 wentOffline', '6000 device 0 cameOnline 1000'] },
  clog: { notes: [] },
  latency: { notes: [] },
  throttle: { notes: [] },
  overtaking: { notes: [`5000 device 0 overtake ${faultCause(0, 5000)}`] },
  offline: { notes: ['5000 device 0 disconnect', '6000 device 0 reconnect 1000'] },
  crash: { notes: ['5000 device 0 crash', '6000 device 0 restart storage'] },
  'lost-tail': { notes: ['5000 device 0 crash', '6000 device 0 restart synced'] },
  // As old when the device went down, and 1000 µs older when it is started.
  backup: { rest: { amount: 300 }, notes: ['5000 device 0 crash', '6000 device 0 restart backup 1300'] },
  'duplicate-device': { notes: ['5000 device 0 clone'] },
  suspension: { notes: ['5000 device 0 suspend', '6000 device 0 resume'] },
  eviction: { notes: ['5000 device 0 crash', '6000 device 0 restart nothing'] },
  'clock-step': { rest: { amount: -700 }, notes: ['5000 device 0 step -700'] },
  'relay-crash': { notes: ['5000 relay crash', '6000 relay restart'] },
  'commit-crash': { rest: { amount: 1 }, notes: ['5000 relay armCrash before commit', '6000 relay disarmCrash'] },
  'slow-store': { rest: { amount: 7.5 }, notes: ['5000 relay slowdown 7.5 (0)', '6000 relay lift 0'] },
  'brown-out': { rest: { amount: 2 }, notes: ['5000 relay workers 2 (0)', '6000 relay lift 0'] },
  'lost-response': { rest: { amount: 0.4 }, notes: ['5000 relay lose 0.4 (0)', '6000 relay lift 0'] },
  'rate-limited': {
    rest: { amount: 0.4 },
    notes: ['5000 relay refuse RATE_LIMIT_EXCEEDED 0.4 (0)', '6000 relay lift 0'],
  },
  'server-error': { rest: { amount: 0.4 }, notes: ['5000 relay refuse INTERNAL_ERROR 0.4 (0)', '6000 relay lift 0'] },
  failover: { rest: { amount: 3 }, notes: ['5000 relay beginFailover 3', '6000 relay endFailover'] },
  retention: { notes: [`5000 device 0 snapshot ${faultCause(0, 5000)}`] },
  'relay-tail-lost': {
    rest: { amount: 3 },
    notes: ['5000 relay crash', '5000 relay loseTail 3', '6000 relay restart'],
  },
  'failover-lost': { rest: { amount: 3 }, notes: ['5000 relay beginFailover 3', '6000 relay loseFrozen'] },
};

test.each(FAULT_KIND_NAMES)('%s begins and ends at its times', (kind) => {
  const { rest, notes } = DOES[kind];
  const planned = event(kind, 5000, rest);
  const { simulation, faults, notes: noted } = fakeWorld({ settings: { plan: [planned], isRecording: true } });
  simulation.run();
  expect(noted).toEqual(notes);
  expect([faults.fired, faults.happened, faults.idle]).toEqual([{ [kind]: 1 }, [planned], []]);
});

test('a server error is 500, or 503 where it says so', () => {
  expect(carriedOut([event('server-error', 10, { code: 503, amount: 1 })])[0]).toBe(
    '10 relay refuse UNAVAILABLE 1 (0)',
  );
  expect(carriedOut([event('server-error', 10, { code: 500, amount: 1 })])[0]).toBe(
    '10 relay refuse INTERNAL_ERROR 1 (0)',
  );
});

describe('on the links of its device alone', () => {
  /** Sends a message each way for two devices while a fault lasts, and one after; gives when each arrived. */
  function arrivals(planned: FaultEvent, bytes = 0): string[] {
    const { simulation, at, send, notes } = fakeWorld({ settings: { plan: [planned] } });
    const sendAll = (from: number): void => {
      send(0, 'up', from, bytes);
      send(0, 'down', from + 1, bytes);
      send(1, 'up', from + 2, bytes);
    };
    at(20_000, () => sendAll(0));
    at(200_000, () => sendAll(10));
    simulation.run();
    return notes.filter((note) => note.includes('message'));
  }
  const free = ['21000 message 0', '21000 message 1', '21000 message 2'];
  const after = ['201000 message 10', '201000 message 11', '201000 message 12'];
  const lasting = { lengthUs: 90_000 };

  test('a partition drops both ways, or one', () => {
    expect(arrivals(event('partition', 10_000, lasting))).toEqual([free[2], ...after]);
    expect(arrivals(event('partition', 10_000, { ...lasting, way: 'up' }))).toEqual([free[1], free[2], ...after]);
    expect(arrivals(event('partition', 10_000, { ...lasting, way: 'down' }))).toEqual([free[0], free[2], ...after]);
  });

  test('a clog holds both ways, or one, until it ends', () => {
    const held = ['100000 message 0', '100000 message 1'];
    expect(arrivals(event('clog', 10_000, lasting))).toEqual([free[2], ...held, ...after]);
    expect(arrivals(event('clog', 10_000, { ...lasting, way: 'down' }))).toEqual([free[0], free[2], held[1], ...after]);
  });

  test('a suspension holds both ways until the device goes on', () => {
    const held = ['100000 message 0', '100000 message 1'];
    expect(arrivals(event('suspension', 10_000, lasting))).toEqual([free[2], ...held, ...after]);
  });

  test('latency is added while it lasts', () => {
    const late = ['71000 message 0', '71000 message 1'];
    expect(arrivals(event('latency', 10_000, { ...lasting, amount: 50_000 }))).toEqual([free[2], ...late, ...after]);
  });

  test('a throttle makes a message take the wire while it lasts', () => {
    // 125 bytes are 1000 bits: 10 ms at 100 kbit/s.
    const slow = ['31000 message 0', '31000 message 1'];
    expect(arrivals(event('throttle', 10_000, { ...lasting, amount: 100 }), 125)).toEqual([free[2], ...slow, ...after]);
  });

  test('a device that is offline gets and sends nothing', () => {
    expect(arrivals(event('offline', 10_000, lasting))).toEqual([free[2], ...after]);
  });
});

describe('an event that can do nothing does nothing and is not counted', () => {
  const cases: readonly [string, FaultEvent[], Record<string, number>][] = [
    ['a partition of a device that is cut off', [event('partition', 10), event('partition', 20)], { partition: 1 }],
    [
      'a partition of a device without network',
      [event('offline', 10), event('partition', 20)],
      { partition: 0, offline: 1 },
    ],
    ['a crash of a device that is down', [event('eviction', 10), event('crash', 20)], { crash: 0, eviction: 1 }],
    [
      'a crash of a device that is frozen',
      [event('suspension', 10), event('backup', 20)],
      { backup: 0, suspension: 1 },
    ],
    [
      'a suspension of a device that is down',
      [event('crash', 10), event('suspension', 20)],
      { crash: 1, suspension: 0 },
    ],
    ['overtaking by a device that is down', [event('crash', 10), event('overtaking', 20)], { overtaking: 0, crash: 1 }],
    [
      'overtaking by a device that is cut off',
      [event('partition', 1), event('overtaking', 2)],
      { partition: 1, overtaking: 0 },
    ],
    [
      'a copy of a device that is down',
      [event('crash', 10), event('duplicate-device', 20)],
      { crash: 1, 'duplicate-device': 0 },
    ],
    ['a step of nothing', [event('clock-step', 10, { amount: 0 })], { 'clock-step': 0 }],
    ['a share of nothing', [event('lost-response', 10, { amount: 0 })], { 'lost-response': 0 }],
    ['a second clog', [event('clog', 10), event('clog', 20)], { clog: 1 }],
    [
      'a crash of a relay that is down',
      [event('relay-crash', 1), event('relay-tail-lost', 2)],
      { 'relay-crash': 1, 'relay-tail-lost': 0 },
    ],
    [
      'a failover in a failover',
      [event('failover', 1), event('failover-lost', 2)],
      { failover: 1, 'failover-lost': 0 },
    ],
    ['a fault of a device that is not there', [event('crash', 10, { device: 7 })], { crash: 0 }],
  ];
  test.each(cases)('%s', (_, plan, fired) => {
    const { simulation, faults } = fakeWorld({ settings: { plan, isRecording: true } });
    simulation.run();
    expect(faults.fired).toEqual(fired);
    const idle = Object.values(fired).filter((times) => times === 0).length;
    expect(faults.happened).toHaveLength(Object.values(fired).filter((times) => times > 0).length);
    if (idle > 0) expect(faults.idle).toHaveLength(idle);
  });

  test('where the device says so', () => {
    const plan = [event('overtaking', 10), event('retention', 20), event('duplicate-device', 30)];
    const { simulation, faults } = fakeWorld({ settings: { plan }, canPush: false, canClone: false });
    simulation.run();
    expect(faults.fired).toEqual({ overtaking: 0, 'duplicate-device': 0, retention: 0 });
    expect(faults.idle).toEqual([
      'fault overtaking of device 0 at 0.00001 s',
      'fault retention of device 0 at 0.00002 s',
      'fault duplicate-device of device 0 at 0.00003 s',
    ]);
  });

  test('but another device, or a later time, is struck', () => {
    const plan = [event('crash', 10), event('lost-tail', 20, { device: 1 }), event('eviction', 1011)];
    expect(carriedOut(plan).filter((each) => each.endsWith('crash'))).toEqual([
      '10 device 0 crash',
      '20 device 1 crash',
      '1011 device 0 crash',
    ]);
  });
});

describe('a partition and no network at once', () => {
  test('leave the device cut off until both are over, the partition first', () => {
    const plan = [event('partition', 10, { lengthUs: 500 }), event('offline', 100)];
    const { simulation, notes, blocked, devices, at } = fakeWorld({ settings: { plan } });
    at(600, () => expect([blocked(), devices[0]!.isOnline]).toEqual([['0 up', '0 down'], false]));
    simulation.run();
    expect(notes).toEqual(['10 device 0 wentOffline', '100 device 0 disconnect', '1100 device 0 reconnect 1000']);
    expect([blocked(), devices[0]!.isOnline, devices[0]!.ledger.lastHealedUs]).toEqual([[], true, 1100]);
  });

  test('leave the device cut off until both are over, the partition last', () => {
    const plan = [event('partition', 10, { lengthUs: 5000 }), event('offline', 100)];
    const { simulation, notes, blocked, devices, at } = fakeWorld({ settings: { plan } });
    at(2000, () => expect([blocked(), devices[0]!.isOnline]).toEqual([['0 up', '0 down'], false]));
    simulation.run();
    expect(notes).toEqual([
      '10 device 0 wentOffline',
      '100 device 0 disconnect',
      // It has a network and tries, and is still cut off.
      '1100 device 0 reconnect 1000',
      '1100 device 0 wentOffline',
      '5010 device 0 cameOnline 1000',
    ]);
    expect([blocked(), devices[0]!.isOnline, devices[0]!.ledger.lastHealedUs]).toEqual([[], true, 5010]);
  });
});

test('documents that need causal order are never overtaken', () => {
  const settings = { deliversCausally: true };
  const planned = fakeWorld({ settings: { ...settings, plan: [event('overtaking', 10), event('clock-step', 20)] } });
  planned.simulation.run();
  expect([planned.faults.fired, planned.notes]).toEqual([{ 'clock-step': 1 }, ['20 device 0 step 1']]);
  const drawn = fakeWorld({ settings, options: { overtakesPerHour: 1000 } });
  drawn.simulation.run(3_600_000_000);
  expect([drawn.faults.fired, drawn.notes]).toEqual([{}, []]);
});
