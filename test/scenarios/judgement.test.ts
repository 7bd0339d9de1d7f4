// The measures that are taken at the end of a run.

import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../models/device.ts';
import { measuresOf } from '../../models/measures.ts';
import { measureConvergence } from '../../scenarios/judgement.ts';
import { drive, prepare } from '../../scenarios/run.ts';
import { Metrics } from '../../sim/metrics.ts';

const S = 1_000_000;

/** Convergence times of ledgers in seconds, the least and the greatest, with their number. */
function times(...ledgers: [editS: number, healedS: number, appliedS: number][]): number[] {
  const measures = measuresOf(new Metrics());
  const made = ledgers.map(
    ([editS, healedS, appliedS]) =>
      ({ lastEditUs: editS * S, lastHealedUs: healedS * S, lastAppliedUs: appliedS * S }) as Ledger,
  );
  measureConvergence({ ledgers: made, measures });
  const { count, min, max } = measures.convergenceTime.result(1).values as Record<'count' | 'min' | 'max', number>;
  return [count, Math.round(min / 100) / 10, Math.round(max / 100) / 10];
}

describe('convergence_time', () => {
  test("is counted from a ledger's last edit, or from the last heal of its own, whichever is later", () => {
    expect(times([10, -1, 12])).toEqual([1, 2, 2]);
    expect(times([10, 11.5, 12])).toEqual([1, 0.5, 0.5]);
    expect(times([10, 4, 12])).toEqual([1, 2, 2]);
  });

  test('of one ledger does not hang on the partitions of another', () => {
    expect(times([10, -1, 19], [10, 18, 19])).toEqual([2, 1, 9]);
  });

  test('is counted from the edit where a heal brought nothing', () => {
    expect(times([10, 60, 12])).toEqual([1, 2, 2]);
  });

  test('has no sample of a ledger in which nothing was applied', () => {
    expect(times([10, 11, 0], [10, -1, 13])).toEqual([1, 3, 3]);
  });

  test('in a run hears of the heals of its own ledger', async () => {
    const config = { faults: { name: 'partitions', partitionsPerHour: 30, partitionMsMean: 10_000 } };
    const prepared = await prepare({ scenario: 'sync-relay', profile: 'storm', seed: '3', config });
    const { ledgers, devices, simulation } = prepared.world;
    const healed = ledgers.map(() => -1);
    for (const device of devices) {
      const cameOnline = device.cameOnline.bind(device);
      device.cameOnline = (logEnd) => {
        healed[device.ledger.index] = simulation.nowUs;
        cameOnline(logEnd);
      };
    }
    await drive(prepared, {});
    expect(ledgers.map(({ lastHealedUs }) => lastHealedUs)).toEqual(healed);
    expect(new Set(healed).size).toBeGreaterThan(1);
  });
});
