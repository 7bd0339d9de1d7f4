// Instances together: who gets a request, what a shared store makes wait, how many there are, and what followers show.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { balancerOf } from '../../../models/relay/balancer.ts';
import { ReplicaLag } from '../../../models/relay/replica-lag.ts';
import { benchOf, LOOP, pull, push } from './relay-bench.ts';

const timeOf = (answer: string): number => Number(answer.split('@')[1]);

describe('a balancer', () => {
  test('by least connections keeps a slow instance from holding up others', () => {
    const meanOf = (balancer: 'round-robin' | 'least-connections'): number => {
      const { sim, answered, at } = benchOf({ relay: { instances: 2, pushMsMean: 20 }, cluster: { balancer } });
      // Every second request takes ten times as long as the others: in turn, all of those meet at one instance.
      const sentUs: number[] = [];
      for (let device = 0; device < 200; device++) {
        sentUs.push(device * 6000);
        at(device * 6000, device % 2 === 0 ? push(device) : pull(device));
      }
      sim.run();
      return answered.reduce((sum, each) => sum + timeOf(each) - sentUs[Number(each.split('@')[0])]!, 0) / 200;
    };
    expect(meanOf('round-robin')).toBeGreaterThan(3 * meanOf('least-connections'));
  });

  test('by ledger keeps a ledger where it is, spreads ledgers evenly, and moves only those of an instance that goes', () => {
    const pick = balancerOf('ledger-hash', () => 0);
    const counts = [0, 0, 0, 0, 0];
    let moved = 0;
    for (let ledger = 0; ledger < 10_000; ledger++) {
      const before = pick([0, 1, 2, 3, 4], ledger);
      const after = pick([0, 1, 3, 4], ledger);
      counts[before]!++;
      if (before === 2) moved++;
      else expect(after).toBe(before);
    }
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
    expect(moved).toBe(counts[2]);
  });
});

describe('a shared store', () => {
  const STORE = {
    store: 'shared',
    storeCommitMs: 10,
    storeCommitMsPerChange: 0,
    storeReadMs: 5,
    storeReadMsPerRow: 0,
  } as const;

  test('lets commits of one ledger follow each other, and those of others go on', () => {
    const relay = { instances: 4, pushMsMean: 1 };
    const { sim, answered, at } = benchOf({ relay, cluster: STORE });
    for (const [device, ledger] of [7, 7, 7, 8].entries()) at(0, push(device, 1, ledger));
    sim.run();
    expect(answered).toEqual(['0@11000', '3@11000', '1@21000', '2@31000']);
  });

  test('has so many connections, for commits and reads', () => {
    const cluster = { ...STORE, storeConnections: 2 };
    const { sim, answered, at } = benchOf({ relay: { instances: 4, pullMsMean: 1 }, cluster });
    for (let device = 0; device < 4; device++) at(0, pull(device, device));
    sim.run();
    expect(answered).toEqual(['0@6000', '1@6000', '2@11000', '3@11000']);
  });

  test('leaves the event loop free while a commit is under way, and what comes meanwhile shares the next', () => {
    const { sim, answered, at } = benchOf({ service: LOOP, cluster: STORE });
    at(0, push(0));
    at(4000, push(1));
    at(5000, pull(2));
    at(6000, push(3));
    sim.run();
    // The turn of the first ends at 3, its commit at 13. The second one is worked on from 4 to 7, and the others in one turn
    // from 7 to 13; the read of 2 takes from 11 to 16, and the commit of 1 and 3 begins at 13.
    expect(answered).toEqual(['0@13000', '2@16000', '1@23000', '3@23000']);
  });

  test('is further from instances of another region, each way', () => {
    const ports = {
      regions: 2,
      regionOf: ({ device }: { device: number }) => device,
      storeDelayUs: (region: number) => region * 40_000,
    };
    const { sim, answered, at } = benchOf({ relay: { instances: 2 }, cluster: STORE, ports });
    at(0, push(0, 1, 0));
    at(0, push(1, 1, 1));
    sim.run();
    expect(answered).toEqual(['0@11000', '1@91000']);
  });

  test('tells how its connections and the ledger that is held longest were used', () => {
    const { sim, relay, at } = benchOf({ relay: { instances: 4 }, cluster: { ...STORE, storeConnections: 4 } });
    for (let device = 0; device < 5; device++) at(0, push(device, 1, 3));
    sim.run(100_000);
    const use = Object.fromEntries(relay.use().map(({ part, share }) => [part, share]));
    expect(use['store lock']).toBeCloseTo(0.5, 6);
    expect(use['store connections']).toBeCloseTo(0.125, 6);
    expect(use['workers']).toBeCloseTo(5 / 400, 6);
    sim.run(200_000);
    expect(relay.use().every(({ share }) => share === 0)).toBe(true);
  });

  test('loses what it has under way for an instance that is taken out, and only that', () => {
    const { sim, relay, answered, lost, at } = benchOf({ relay: { instances: 2 }, cluster: STORE });
    at(0, push(0, 1, 0));
    at(0, push(1, 1, 1));
    const out = sim.handler('out', () => {
      const handle = relay.takeOut(0);
      sim.schedule(
        50_000,
        sim.handler('back', () => relay.lift(handle)),
      );
    });
    sim.scheduleAt(5000, out);
    for (let device = 2; device < 4; device++) at(10_000, push(device, 1, device));
    for (let device = 4; device < 6; device++) at(60_000, push(device, 1, device));
    sim.run();
    expect(lost()).toBe(1);
    // While it is out the other one takes both.
    expect(answered).toEqual(['1@11000', '2@21000', '3@22000', '4@71000', '5@71000']);
    relay.checkStations();
  });

  test('holds no ledger any more for what was lost in a crash', () => {
    const { sim, relay, answered, lost, at } = benchOf({ cluster: { ...STORE, storeConnections: 1 } });
    at(0, push(0));
    const crash = sim.handler('crash', () => {
      relay.crash();
      relay.restart();
    });
    sim.scheduleAt(5000, crash);
    at(5000, push(1));
    sim.run();
    expect(answered).toEqual(['1@16000']);
    expect(lost()).toBe(1);
    relay.checkStations();
  });

  test('that is slow is slow for commits and reads alone', () => {
    const { sim, relay, answered, at } = benchOf({ cluster: STORE });
    const handle = relay.slowStore(3);
    at(0, push(0));
    at(100_000, pull(1));
    sim.run();
    relay.lift(handle);
    at(200_000, push(2));
    sim.run();
    expect(answered).toEqual(['0@31000', '1@117000', '2@211000']);
  });
});

describe('autoscaling', () => {
  const SCALING = {
    autoscaleInstancesMax: 3,
    autoscaleUtilisation: 0.7,
    autoscaleEveryMs: 1000,
    autoscaleDelayMs: 5000,
  };

  test('brings instances under load after a delay, no more than may be, and lets them go when it is over', () => {
    const { sim, relay, at } = benchOf({ relay: { pushMsMean: 10 }, cluster: SCALING });
    // Two and a half instances' work for twenty seconds.
    for (let n = 0; n < 5000; n++) at(n * 4000, push(n, 1, n));
    const counts: number[] = [];
    const look = sim.handler('look', () => void counts.push(relay.instances));
    for (let second = 0; second < 60; second++) sim.scheduleAt(second * 1_000_000 + 500_000, look);
    sim.run(60_000_000);
    expect(counts.slice(0, 6)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(counts[6]).toBe(2);
    expect(Math.max(...counts)).toBe(3);
    expect(counts.at(-1)).toBe(1);
    relay.checkStations();
  });

  test('leaves their number as it is where there is little to do', () => {
    const { sim, relay, at } = benchOf({ relay: { instances: 2 }, cluster: SCALING });
    for (let n = 0; n < 100; n++) at(n * 10_000, push(n));
    sim.run(20_000_000);
    expect(relay.instances).toBe(2);
  });

  test('lets an instance that goes work off what it has', () => {
    const { sim, relay, answered, at } = benchOf({
      relay: { pushMsMean: 1000 },
      cluster: { ...SCALING, autoscaleDelayMs: 0, autoscaleInstancesMax: 2 },
    });
    for (let n = 0; n < 20; n++) at(n * 300_000, push(n, 1, n));
    sim.run(60_000_000);
    expect(answered).toHaveLength(20);
    expect(relay.instances).toBe(1);
  });
});

describe('a region', () => {
  test('without an instance refuses', () => {
    const ports = { regions: 2, regionOf: ({ device }: { device: number }) => device % 2 };
    const { sim, relay, answered, refused, at } = benchOf({ relay: { instances: 2 }, ports });
    relay.takeOut(1);
    for (let device = 0; device < 4; device++) at(device * 10_000, push(device, 1, device));
    sim.run();
    expect(answered.map((each) => each[0])).toEqual(['0', '2']);
    expect(refused.map((each) => each[0])).toEqual(['1', '3']);
  });
});

test('a follower has every commit so long after it was made, and nothing before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ gapUs: fc.integer({ min: 0, max: 300 }), changes: fc.integer({ min: 1, max: 5 }) }), {
        minLength: 1,
        maxLength: 50,
      }),
      fc.integer({ min: 1, max: 500 }),
      (commits, lagUs) => {
        let nowUs = 1000;
        let end = 10;
        const lag = new ReplicaLag(
          lagUs,
          () => nowUs,
          () => end,
        );
        const made: [atUs: number, end: number][] = [];
        for (const { gapUs, changes } of commits) {
          nowUs += gapUs;
          end += changes;
          lag.committed(0, changes);
          made.push([nowUs, end]);
          const had = made.findLast(([atUs]) => atUs <= nowUs - lagUs);
          expect(lag.visibleEnd(0)).toBe(had?.[1] ?? 10);
        }
      },
    ),
    { seed: 3 },
  );
});
