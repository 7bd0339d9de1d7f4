// Faults in whole runs: who was cut off catches up.

import { describe, expect, test } from 'vitest';
import { drive, prepare } from '../../../scenarios/run.ts';

describe('in a run', () => {
  const config = { faults: { name: 'partitions', partitionsPerHour: 120, partitionMsMean: 20_000 }, thinkScale: 3 };

  test('a device that was cut off catches up, and it is measured how long that took', async () => {
    const prepared = await prepare({ scenario: 'crdt-conflicts', profile: 'storm', seed: 'catch up', config });
    const { result } = await drive(prepared, {});
    const catchUp = result.metrics.find(({ name }) => name === 'catch_up_time');
    expect(result.faults['partition']).toBeGreaterThan(5);
    expect(catchUp?.type).toBe('trend');
    const { count, min, max } = catchUp!.values as { count: number; min: number; max: number };
    expect(count).toBeGreaterThan(3);
    expect(count).toBeLessThanOrEqual(result.faults['partition']!);
    expect(min).toBeGreaterThanOrEqual(0);
    // Until the next sync by itself at the latest, and the pages that it takes.
    expect(max).toBeLessThan(45_000);
    expect(prepared.world.devices.every(({ isOnline }) => isOnline)).toBe(true);
  });

  test('partitions cut messages that are under way, and both sides go on', async () => {
    let cut = 0;
    for (const seed of ['a', 'b', 'c', 'd', 'e']) {
      const { result } = await drive(await prepare({ scenario: 'crdt-conflicts', profile: 'storm', seed, config }), {});
      cut += result.marks['message cut by a partition']!;
      expect(result.findings).toEqual([]);
    }
    expect(cut).toBeGreaterThan(0);
  });
});
