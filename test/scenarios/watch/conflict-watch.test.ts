import { describe, expect, test } from 'vitest';

import { lifeOf } from '../../../scenarios/life.ts';
import { drive, prepare } from '../../../scenarios/run.ts';
import { ConflictWatch } from '../../../scenarios/watch/conflict-watch.ts';
import type { ConflictCounts } from '../../../scenarios/watch/snapshot.ts';

const storm = { scenario: 'crdt-conflicts', profile: 'storm', seed: '3' };

describe('the conflicts of a run', () => {
  test('are in the end those of its result', async () => {
    const prepared = await prepare({ ...storm, config: {} });
    const watch = new ConflictWatch(prepared.world);
    const { result } = await drive(prepared, {});
    const valuesOf = (name: string) => result.metrics.find((metric) => metric.name === name)!.values;
    const counts = watch.counts();
    expect(counts.resolved).toBeGreaterThan(0);
    expect(valuesOf('concurrent_modifications')).toMatchObject({ count: counts.concurrentEdits });
    expect(valuesOf('conflicts_resolved')).toMatchObject({ count: counts.resolved });
    expect(valuesOf('conflict_resolution_time')).toMatchObject({ p95: counts.lagP95Ms });
    expect(counts.outstanding).toBe(0);
  });

  test('are outstanding from the edit on until the slowest member has it', async () => {
    const { world } = await prepare({ ...storm, config: {} });
    const watch = new ConflictWatch(world);
    expect(watch.counts()).toEqual({ concurrentEdits: 0, resolved: 0, outstanding: 0, lagP95Ms: null });
    const seen: ConflictCounts[] = [];
    const life = lifeOf(world, { sliceEvents: 5 });
    for (let step = life.next(); step.done !== true && step.value !== 'end'; step = life.next()) {
      seen.push(watch.counts());
    }
    for (const { concurrentEdits, resolved, outstanding, lagP95Ms } of seen) {
      expect(outstanding).toBe(concurrentEdits - resolved);
      expect(lagP95Ms === null).toBe(resolved === 0);
    }
    expect(seen.some(({ outstanding }) => outstanding > 0)).toBe(true);
    expect(seen.at(-1)!.resolved).toBeGreaterThan(0);
  });

  test('stay outstanding where the run ends before anybody has resolved them', async () => {
    const { world } = await prepare({ ...storm, config: {} });
    world.measures.concurrentModifications.add(3);
    world.measures.conflictsResolved.add(1);
    expect(new ConflictWatch(world).counts()).toMatchObject({ concurrentEdits: 3, resolved: 1, outstanding: 2 });
  });

  test('after a warm-up are those of all ledgers together, of which some have none', async () => {
    const { world } = await prepare({ ...storm, config: {} });
    const outstanding = (count: number) => ({ conflicts: { outstanding: count } });
    const ledgers = [outstanding(2), { conflicts: undefined }, outstanding(3)] as unknown as typeof world.ledgers;
    const config = { ...world.config, warmUpMs: 1000 };
    expect(new ConflictWatch({ config, measures: world.measures, ledgers }).counts().outstanding).toBe(5);
  });
});
