// Whatever a relay is made of, and whatever happens to it: each request is answered once or lost, and the books balance.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BALANCERS, STORES } from '../../../models/relay/cluster-options.ts';
import type { CommitPoint } from '../../../models/relay/control.ts';
import { SERVICE_KINDS } from '../../../models/relay/service-options.ts';
import { benchOf, LOOP, pull, push } from './relay-bench.ts';

const END_US = 400_000;
const instant = fc.integer({ min: 0, max: END_US });

const arrivals = fc.array(
  fc.record({
    atUs: instant,
    changes: fc.integer({ min: 0, max: 4 }),
    ledger: fc.integer({ min: 0, max: 3 }),
    region: fc.integer({ min: 0, max: 1 }),
  }),
  { minLength: 1, maxLength: 60 },
);

const relays = fc.record({
  instances: fc.integer({ min: 1, max: 3 }),
  kind: fc.constantFrom(...SERVICE_KINDS),
  balancer: fc.constantFrom(...BALANCERS),
  store: fc.constantFrom(...STORES),
  storeConnections: fc.integer({ min: 1, max: 3 }),
  commitPushesMax: fc.integer({ min: 1, max: 4 }),
  replicaLagMs: fc.constantFrom(0, 20),
  autoscaleInstancesMax: fc.constantFrom(0, 5),
  regions: fc.integer({ min: 1, max: 2 }),
  storeDelayUs: fc.constantFrom(0, 3000),
});

/** What happens to it, when; what lasts ends after a while. */
const events = fc.array(
  fc.record({
    kind: fc.constantFrom('crash', 'commit crash', 'take out', 'slow store', 'slowdown', 'fewer workers' as const),
    atUs: instant,
    forUs: fc.integer({ min: 0, max: 50_000 }),
    point: fc.constantFrom<CommitPoint>('before commit', 'after commit'),
  }),
  { maxLength: 4 },
);

test('every request is answered once, refused, or lost with what had it; and the books balance', () => {
  fc.assert(
    fc.property(arrivals, relays, events, (requests, options, happenings) => {
      const { instances, kind, commitPushesMax, regions, storeDelayUs, ...cluster } = options;
      const gone = { crash: 0, died: 0 };
      const regionOf = requests.map(({ region }) => region % regions);
      const { sim, relay, answered, refused, handled, at } = benchOf({
        relay: { instances, workers: 2, queueLimit: 10, timeoutMs: 50 },
        service: { ...LOOP, kind, commitPushesMax, stallsPerMinute: 600 },
        cluster: { ...cluster, autoscaleEveryMs: 10, autoscaleDelayMs: 15, autoscaleUtilisation: 0.3 },
        ports: {
          regions,
          regionOf: ({ device }) => regionOf[device]!,
          storeDelayUs: (region) => region * storeDelayUs,
          mark: (name) => {
            if (name === 'request lost in a relay crash') gone.crash++;
            if (name.startsWith('relay ended')) gone.died++;
          },
        },
      });
      for (const [device, { atUs, changes, ledger }] of requests.entries()) {
        at(atUs, changes === 0 ? pull(device, ledger) : push(device, changes, ledger));
      }
      const actions: (() => void)[] = [];
      const act = sim.handler('test/act', (index) => actions[index]!());
      const when = (atUs: number, action: () => void): void => sim.scheduleAt(atUs, act, actions.push(action) - 1);
      let isArmed = false;
      for (const happening of happenings) {
        when(happening.atUs, () => {
          const end = (action: () => void): void => when(sim.nowUs + happening.forUs, action);
          if (happening.kind === 'crash') {
            relay.crash();
            end(() => relay.restart());
          } else if (happening.kind === 'commit crash') {
            if (isArmed) return;
            isArmed = true;
            relay.armCrash(happening.point);
            end(() => {
              relay.disarmCrash();
              isArmed = false;
            });
          } else {
            const handle =
              happening.kind === 'take out'
                ? relay.takeOut(instances - 1)
                : happening.kind === 'slow store'
                  ? relay.slowStore(3)
                  : happening.kind === 'slowdown'
                    ? relay.setSlowdown(5)
                    : relay.setWorkers(1);
            end(() => relay.lift(handle));
          }
        });
      }
      for (let atUs = 0; atUs < END_US; atUs += 37_000) when(atUs, () => relay.checkStations());
      // An autoscaler looks for ever.
      sim.run(20 * END_US);
      relay.checkStations();
      const replies = [...answered, ...refused].map((each) => each.split('@')[0]);
      expect(new Set(replies).size).toBe(replies.length);
      expect(replies.length + gone.crash + gone.died).toBe(requests.length);
      // The rules are applied once to what is answered, and to what the relay ended after the commit of.
      expect(new Set(handled).size).toBe(handled.length);
      expect(handled).toEqual(expect.arrayContaining(answered.map((each) => Number(each.split('@')[0]))));
      expect(handled.length - answered.length).toBeLessThanOrEqual(gone.died);
      expect(relay.work()).toMatchObject({ queued: 0, busy: 0 });
    }),
    { numRuns: 500, seed: 7 },
  );
});
