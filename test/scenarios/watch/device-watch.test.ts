// Devices as they are shown while faults strike them, and which of many are shown.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FaultEvent } from '../../../models/faults/event.ts';
import type { Plan } from '../../../models/plan.ts';
import type { ConfigLayer } from '../../../scenarios/config-schema.ts';
import { lifeOf } from '../../../scenarios/life.ts';
import { drive, prepare } from '../../../scenarios/run.ts';
import { deviceCounts, deviceRows } from '../../../scenarios/watch/device-watch.ts';
import type { World } from '../../../scenarios/world.ts';
import { event } from '../../models/faults/fakes.ts';

const S = 1_000_000;
const INPUT = { scenario: 'crdt-conflicts', profile: 'storm', seed: '1' };

const calm = await planOf({});

/** What a storm without faults draws and does, as a plan. */
async function planOf(config: ConfigLayer): Promise<Plan> {
  const prepared = await prepare({ ...INPUT, config }, { isRecording: true });
  await drive(prepared, {});
  return prepared.world.recorded();
}

/** The storm with these faults, up to a time. */
async function worldAt(atS: number, faults: readonly FaultEvent[], config: ConfigLayer = {}): Promise<World> {
  const base = config.dialect === undefined ? calm : await planOf(config);
  const { world } = await prepare({ ...INPUT, config }, { plan: { ...base, faults } });
  for (const _ of lifeOf(world, { limit: { atUs: atS * S } }));
  expect(world.simulation.nowUs).toBe(atS * S);
  return world;
}

function struck(kind: FaultEvent['kind'], device: number, atS: number, lengthS: number, rest = {}): FaultEvent {
  return event(kind, atS * S, { device, lengthUs: lengthS * S, ...rest });
}

/** States by device. */
function states(world: World): string[] {
  const { rows } = deviceRows(world);
  return [...rows].sort((one, other) => one.device - other.device).map(({ state }) => state);
}

describe('the state of a device', () => {
  test('says what befell it, as long as that lasts', async () => {
    const faults = [
      struck('partition', 0, 2, 4),
      struck('partition', 1, 2, 6, { way: 'up' }),
      struck('offline', 2, 2, 4),
      struck('suspension', 3, 2, 4),
      struck('crash', 4, 2, 4),
    ];
    const world = await worldAt(4, faults);
    expect(states(world)).toEqual(['partitioned', 'partitioned', 'offline', 'suspended', 'crashed']);
    const counts = { total: 5, online: 0, offline: 1, partitioned: 2, suspended: 1, crashed: 1 };
    expect(deviceCounts(world)).toEqual(counts);
    expect(deviceCounts(await worldAt(1, faults))).toMatchObject({ online: 5, offline: 0, partitioned: 0 });
    expect(states(await worldAt(7, faults))).toEqual(['online', 'partitioned', 'online', 'online', 'online']);
  });

  test('is the worst of several, and the lesser one when that ends', async () => {
    const faults = [
      struck('partition', 0, 1, 20),
      struck('offline', 0, 2, 10),
      struck('suspension', 0, 3, 5),
      struck('offline', 1, 1, 20),
      struck('crash', 1, 2, 5),
    ];
    const of = async (atS: number) => states(await worldAt(atS, faults)).slice(0, 2);
    expect(await of(1.5)).toEqual(['partitioned', 'offline']);
    expect(await of(2.5)).toEqual(['offline', 'crashed']);
    expect(await of(4)).toEqual(['suspended', 'crashed']);
    expect(await of(9)).toEqual(['offline', 'offline']);
    expect(await of(14)).toEqual(['partitioned', 'offline']);
  });

  test('is seen where a scenario cuts links or a device leaves by itself', async () => {
    const world = await worldAt(3, []);
    world.network.partition([world.transport.linksOf(3).down]);
    world.deviceAt(1).disconnect();
    expect(states(world)).toEqual(['online', 'offline', 'online', 'partitioned', 'online']);
  });

  test('is known of copies too', async () => {
    const world = await worldAt(4, [struck('duplicate-device', 2, 2, 0), struck('partition', 2, 3, 5)]);
    expect(deviceCounts(world)).toMatchObject({ total: 6, online: 5, partitioned: 1 });
    expect(deviceRows(world)).toMatchObject({ total: 6 });
    expect(
      deviceRows(world)
        .rows.map(({ device }) => device)
        .sort((one, other) => one - other),
    ).toEqual([0, 1, 2, 3, 4, 2 + 64 + 2 * world.config.users]);
  });

  test('is that of a device that stays away for good until the end', async () => {
    const { world, ...prepared } = await prepare(INPUT, {
      plan: { ...calm, faults: [struck('offline', 1, 2, 100_000)] },
    });
    await drive({ ...prepared, world }, {});
    expect(states(world)).toEqual(['online', 'offline', 'online', 'online', 'online']);
  });

  test('can be asked for before a run begins', async () => {
    const { world } = await prepare(INPUT);
    expect(deviceCounts(world)).toMatchObject({ total: 5, online: 5 });
  });
});

describe('the rows of devices', () => {
  test('say what they have still to push and to pull, and their life', async () => {
    const world = await worldAt(40, [struck('offline', 4, 2, 100), struck('crash', 2, 3, 1)]);
    const { rows } = deviceRows(world);
    const end = world.port.end(0);
    for (const row of rows) {
      const device = world.deviceAt(row.device);
      expect(row.ledger).toBe(device.ledger.id);
      expect(row.outbox).toBe(device.client.outbox.length);
      expect(row.behind).toBe(end - device.position);
      expect(row.incarnation).toBe(row.device === 2 ? 1 : 0);
    }
    expect(rows[0]).toMatchObject({ device: 4, state: 'offline' });
    expect(rows[0]!.behind).toBeGreaterThan(0);
    expect(rows[0]!.outbox).toBeGreaterThan(0);
  });

  test('have nothing to compare with where cursors are timestamps', async () => {
    const { rows } = deviceRows(await worldAt(5, [], { dialect: '1.0' }));
    expect(rows.map(({ behind }) => behind)).toEqual([null, null, null, null, null]);
  });

  test('of many are those in trouble, then those furthest behind, then the fullest, then the first', () => {
    const device = fc.record({
      isOnline: fc.boolean(),
      position: fc.integer({ min: 0, max: 4 }),
      outboxLength: fc.integer({ min: 0, max: 2 }),
      ledger: fc.integer({ min: 0, max: 2 }),
    });
    // Beyond 3 a device has more than the relay, which has lost it.
    const ends = [3, 3, 4];
    fc.assert(
      fc.property(fc.array(device, { minLength: 0, maxLength: 400 }), (devices) => {
        const made = devices.map(({ outboxLength, ...each }, index) => ({
          ...each,
          index,
          client: { outboxLength },
          incarnation: 0,
          isRunning: true,
          isSuspended: false,
        }));
        const world = {
          config: { dialect: '1.1' },
          devices: made,
          ledgers: ends.map((_, index) => ({
            index,
            id: `ledger-${index}`,
            members: made.filter(({ ledger }) => ledger === index),
          })),
          faults: undefined,
          network: { isBlocked: () => false },
          transport: { linksOf: () => ({ up: 0, down: 0 }) },
          port: { end: (ledger: number) => ends[ledger] },
        } as unknown as World;
        const behindOf = (index: number) => Math.max(0, ends[made[index]!.ledger]! - made[index]!.position);
        const key = ({ index, isOnline, client }: (typeof made)[number]) =>
          [isOnline ? 1 : 0, 9 - behindOf(index), 9 - client.outboxLength, `${index}`.padStart(4, '0')].join(' ');
        const expected = made
          .map((each) => [key(each), each.index] as const)
          .sort(([one], [other]) => (one < other ? -1 : 1));
        const { rows, total } = deviceRows(world);
        expect(rows.map((row) => row.device)).toEqual(expected.slice(0, 200).map(([, index]) => index));
        expect(rows.map((row) => row.behind)).toEqual(expected.slice(0, 200).map(([, index]) => behindOf(index)));
        expect(total).toBe(made.length);
      }),
      { seed: 7, numRuns: 60 },
    );
  });
});
