import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { measuresOf } from '../../../models/measures.ts';
import { lifeOf } from '../../../scenarios/life.ts';
import { prepare } from '../../../scenarios/run.ts';
import { SeriesWatch, WINDOWS_MAX } from '../../../scenarios/watch/series-watch.ts';
import { Simulation } from '../../../sim/simulation.ts';

type Watched = ConstructorParameters<typeof SeriesWatch>[0];

interface Request {
  readonly atUs: number;
  readonly tookUs: number;
  readonly hasFailed: boolean;
}

/** A world in which requests end when they are told to, beside conflicts and a relay that are set by hand. */
function bench({ warmUpMs = 0, isWall = false } = {}) {
  const simulation = new Simulation({ seed: '1' });
  const { metrics } = simulation;
  const measures = measuresOf(metrics);
  const conflicts = { outstanding: 0 };
  const work = { queued: 0, busy: 0, workers: 4, busyIntegralUs: 0, workersIntegralUs: 0 };
  const requests: Request[] = [];
  const end = simulation.handler('end', (index) => {
    const { tookUs, hasFailed } = requests[index]!;
    measures.requests.recordUs(tookUs);
    measures.requestsFailed.add(hasFailed);
  });
  const phase = simulation.handler('phase', (index) => {
    metrics.phase = `phase ${index}`;
  });
  const forget = simulation.handler('forget', () => metrics.forget());
  if (warmUpMs > 0) simulation.scheduleAt(warmUpMs * 1000, forget);
  const live = isWall ? {} : undefined;
  const relay = { work: () => work };
  const fired: Record<string, number> = {};
  const world = {
    config: {
      warmUpMs,
      network: { lossRate: 0, duplicateRate: 0, reorderRate: 0 },
      faults: { lossRate: 0, duplicateRate: 0, reorderRate: 0 },
    },
    faults: { fired },
    network: { statistics: () => ({ lost: 0, duplicated: 0, reordered: 0 }) },
    simulation,
    measures,
    relay,
    live,
    ledgers: [{ conflicts }, {}],
  };
  return {
    simulation,
    conflicts,
    work,
    fired,
    world: world as unknown as Watched,
    request(atUs: number, tookUs = 1000, hasFailed = false): void {
      simulation.scheduleAt(atUs, end, requests.push({ atUs, tookUs, hasFailed }) - 1);
    },
    phaseAt: (atUs: number, index: number) => simulation.scheduleAt(atUs, phase, index),
  };
}

/** As a run is driven: to where the watch wants to look, a few events at a time. */
function drive(simulation: Simulation, watch: SeriesWatch, untilUs: number, budget = 3): void {
  for (;;) {
    const outcome = simulation.run(Math.min(untilUs, watch.nextUs), budget);
    watch.look();
    if (outcome !== 'budget' && simulation.nowUs === untilUs) return;
  }
}

function nearestRank95(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil((95 * values.length) / 100) - 1] ?? 0;
}

const requests = fc.array(
  fc.record({
    atUs: fc.integer({ min: 1, max: 20_000 }),
    tookUs: fc.nat({ max: 5_000_000 }),
    hasFailed: fc.boolean(),
  }),
  { maxLength: 150 },
);

describe('the series of a run', () => {
  test('have for each window what ended in it, also over a change of phases', () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 1, max: 20_000 }), (made, phaseUs) => {
        const { simulation, world, request, phaseAt } = bench();
        for (const { atUs, tookUs, hasFailed } of made) request(atUs, tookUs, hasFailed);
        phaseAt(phaseUs, 2);
        const watch = new SeriesWatch(world, 1000);
        drive(simulation, watch, 20_500);
        const series = watch.series();
        expect(series.windowUs).toBe(1000);
        expect(series.requestsPerSecond).toHaveLength(20);
        for (let window = 0; window < 20; window++) {
          const inside = made.filter(({ atUs }) => atUs > window * 1000 && atUs <= (window + 1) * 1000);
          expect(series.requestsPerSecond[window]).toBeCloseTo(inside.length * 1000, 6);
          const failed = inside.filter(({ hasFailed }) => hasFailed).length;
          expect(series.errorsPerSecond[window]).toBeCloseTo(failed * 1000, 6);
          const exactMs = nearestRank95(inside.map(({ tookUs }) => tookUs)) / 1000;
          expect(series.p95Ms[window]).toBeGreaterThanOrEqual(exactMs);
          expect(series.p95Ms[window]).toBeLessThanOrEqual(exactMs * 1.001);
        }
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  test.each([
    ['within a window', 7300],
    ['at the end of one', 7000],
    ['right after the end of one', 7001],
  ])('miss nothing at the end of a warm-up %s', (_where, warmUpUs) => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 1, max: 40 }), (made, budget) => {
        const { simulation, world, request } = bench({ warmUpMs: warmUpUs / 1000 });
        // What ends at the very instant is forgotten or not, as it comes.
        const seen = made.filter(({ atUs }) => atUs !== warmUpUs);
        for (const { atUs, tookUs, hasFailed } of seen) request(atUs, tookUs, hasFailed);
        const watch = new SeriesWatch(world, 1000);
        drive(simulation, watch, 20_500, budget);
        const { requestsPerSecond, errorsPerSecond, p95Ms } = watch.series();
        expect(requestsPerSecond).toHaveLength(20);
        // A window that ends with the warm-up is looked at a microsecond later.
        const ends = Array.from({ length: 21 }, (_, index) => index * 1000 + (index * 1000 === warmUpUs ? 1 : 0));
        for (let window = 0; window < 20; window++) {
          const [fromUs, toUs] = [ends[window]!, ends[window + 1]!];
          const inside = seen.filter(({ atUs }) => atUs > fromUs && atUs <= toUs);
          expect(requestsPerSecond[window]).toBeCloseTo((inside.length * 1e6) / (toUs - fromUs), 6);
          const failed = inside.filter(({ hasFailed }) => hasFailed).length;
          expect(errorsPerSecond[window]).toBeCloseTo((failed * 1e6) / (toUs - fromUs), 6);
          const times = (isBefore: boolean) =>
            inside.filter(({ atUs }) => atUs < warmUpUs === isBefore).map(({ tookUs }) => tookUs / 1000);
          const exactMs = Math.max(nearestRank95(times(true)), nearestRank95(times(false)));
          expect(p95Ms[window]).toBeGreaterThanOrEqual(exactMs);
          expect(p95Ms[window]).toBeLessThanOrEqual(exactMs * 1.001);
        }
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  test('have levels as they are at the end of a window, and the share of workers that were busy in it', () => {
    const { simulation, world, conflicts, work } = bench();
    const watch = new SeriesWatch(world, 1000);
    const levels = [
      { outstanding: 3, queued: 7, busyUs: 1000 },
      { outstanding: 0, queued: 0, busyUs: 4000 },
      // Taken away at work: for a while more are busy than there are.
      { outstanding: 5, queued: 2, busyUs: 9000 },
    ];
    for (const { outstanding, queued, busyUs } of levels) {
      conflicts.outstanding = outstanding;
      work.queued = queued;
      work.busyIntegralUs += busyUs;
      work.workersIntegralUs += 4000;
      drive(simulation, watch, simulation.nowUs + 1000);
    }
    expect(watch.series()).toMatchObject({
      outstandingConflicts: [3, 0, 5],
      relayQueue: [7, 0, 2],
      relayUse: [0.25, 1, 1],
    });
    work.busy = 3;
    expect(watch.relay()).toEqual({ queued: 2, busy: 3, workers: 4, isModelled: true });
  });

  test('leave out the window that is open, and do not change once they were given', () => {
    const { simulation, world, request } = bench();
    for (const atUs of [100, 1100, 1200]) request(atUs);
    const watch = new SeriesWatch(world, 1000);
    drive(simulation, watch, 1500);
    const before = watch.series();
    expect(before.requestsPerSecond).toEqual([1000]);
    drive(simulation, watch, 2000);
    expect(watch.series().requestsPerSecond).toEqual([1000, 2000]);
    expect(before.requestsPerSecond).toEqual([1000]);
  });

  test('spread what is known of several windows together alone over them', () => {
    const { simulation, world, request, conflicts } = bench({ isWall: true });
    for (const atUs of [100, 1100, 1200, 1300]) request(atUs, 4000, atUs === 100);
    const watch = new SeriesWatch(world, 1000);
    conflicts.outstanding = 2;
    simulation.run(4000);
    watch.look();
    expect(watch.series()).toEqual({
      windowUs: 1000,
      requestsPerSecond: [1000, 1000, 1000, 1000],
      p50Ms: [4, 4, 4, 4],
      p95Ms: [4, 4, 4, 4],
      p99Ms: [4, 4, 4, 4],
      errorsPerSecond: [250, 250, 250, 250],
      outstandingConflicts: [2, 2, 2, 2],
      relayQueue: [0, 0, 0, 0],
      relayUse: [0, 0, 0, 0],
      faults: {},
    });
    expect(watch.nextUs).toBe(5000);
    expect(watch.relay()).toEqual({ queued: 0, busy: 0, workers: 0, isModelled: false });
  });

  test('count by the time that passed where a look comes late', () => {
    const { simulation, world, request } = bench({ isWall: true });
    for (let atUs = 100; atUs <= 3000; atUs += 100) request(atUs);
    const watch = new SeriesWatch(world, 1000);
    for (const atUs of [1500, 2000, 3000]) {
      simulation.run(atUs);
      watch.look();
    }
    for (const rate of watch.series().requestsPerSecond) expect(rate).toBeCloseTo(10_000, 6);
  });

  test('are of windows twice as wide where there are too many', () => {
    const { simulation, world, request, conflicts } = bench();
    // One request in each odd window, three slower ones in each even one.
    for (let window = 0; window < WINDOWS_MAX + 2; window++) {
      for (let n = 0; n < (window % 2 === 0 ? 3 : 1); n++) {
        request(window * 1000 + 500, window % 2 === 0 ? 2000 : 1000, window % 2 === 1);
      }
    }
    const watch = new SeriesWatch(world, 1000);
    for (let window = 1; window < WINDOWS_MAX; window++) {
      conflicts.outstanding = window;
      drive(simulation, watch, window * 1000);
    }
    expect(watch.series().requestsPerSecond).toHaveLength(WINDOWS_MAX - 1);
    conflicts.outstanding = WINDOWS_MAX;
    drive(simulation, watch, WINDOWS_MAX * 1000);
    const half = WINDOWS_MAX / 2;
    const wide = watch.series();
    expect(wide.windowUs).toBe(2000);
    expect(wide.requestsPerSecond).toEqual(Array.from({ length: half }, () => 2000));
    expect(wide.errorsPerSecond).toEqual(Array.from({ length: half }, () => 500));
    expect(wide.p95Ms).toEqual(Array.from({ length: half }, () => 2));
    expect(wide.outstandingConflicts).toEqual(Array.from({ length: half }, (_, index) => 2 * index + 2));
    expect(watch.nextUs).toBe((WINDOWS_MAX + 2) * 1000);
    drive(simulation, watch, (WINDOWS_MAX + 2) * 1000);
    expect(watch.series().requestsPerSecond.slice(half)).toEqual([2000]);
  });

  test('add up to what a run measured', async () => {
    const { world, config } = await prepare({ scenario: 'sync-relay', profile: 'storm', seed: '1', config: {} });
    const windowUs = (config.durationMs * 1000) / 20;
    const watch = new SeriesWatch(world, windowUs);
    const pace = () => ({ sliceEvents: Number.POSITIVE_INFINITY, untilUs: watch.nextUs });
    const life = lifeOf(world, { pace });
    while (world.simulation.nowUs < config.durationMs * 1000) {
      if (life.next().done === true) break;
      watch.look();
    }
    const { requestsPerSecond, relayUse, p95Ms } = watch.series();
    expect(requestsPerSecond).toHaveLength(20);
    const sum = requestsPerSecond.reduce((total, rate) => total + (rate * windowUs) / 1e6, 0);
    expect(world.measures.requests.count).toBeGreaterThan(0);
    expect(sum).toBeCloseTo(world.measures.requests.count, 6);
    const use = relayUse.reduce((total, share) => total + share, 0) / 20;
    expect(use).toBeGreaterThan(0);
    expect(use).toBeCloseTo(world.relay.load().utilisation, 9);
    expect(Math.max(...p95Ms)).toBeLessThanOrEqual(world.measures.requests.total().maxUs / 1000);
    const { queued, busy, workers } = world.relay.work();
    expect(watch.relay()).toEqual({ queued, busy, workers, isModelled: true });
    expect(workers).toBe(config.relay.instances * config.relay.workers);
    expect(queued).toBe(world.relay.load().queued);
  });

  test('count faults once, in the window in which they were seen, and also those of kinds that come later', () => {
    const { simulation, world, fired } = bench();
    const watch = new SeriesWatch(world, 1000);
    fired['crash'] = 2;
    drive(simulation, watch, 1000);
    fired['crash'] = 3;
    fired['partition'] = 1;
    // Two windows end unseen: what happened in them stands in the first.
    simulation.run(3000);
    watch.look();
    drive(simulation, watch, 4000);
    expect(watch.series().faults).toEqual({ crash: [2, 1, 0, 0], partition: [0, 1, 0, 0] });
  });

  test('keep the sum of faults where windows become wider', () => {
    const { simulation, world, fired } = bench();
    const watch = new SeriesWatch(world, 1000);
    for (let window = 1; window <= WINDOWS_MAX; window++) {
      fired['crash'] = window;
      drive(simulation, watch, window * 1000);
    }
    const { faults, windowUs } = watch.series();
    expect(windowUs).toBe(2000);
    expect(faults['crash']).toHaveLength(WINDOWS_MAX / 2);
    expect(faults['crash']!.every((count) => count === 2)).toBe(true);
  });

  test('have the median and the 99th percentile of each window beside the 95th', () => {
    const { simulation, world, request } = bench();
    for (let index = 1; index <= 100; index++) request(index, index * 10);
    const watch = new SeriesWatch(world, 1000);
    drive(simulation, watch, 2000);
    const { p50Ms, p95Ms, p99Ms } = watch.series();
    expect([p50Ms, p95Ms, p99Ms]).toEqual([
      [0.5, 0],
      [0.95, 0],
      [0.99, 0],
    ]);
  });
});
