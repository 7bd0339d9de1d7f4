import { describe, expect, test } from 'vitest';
import { dropsPageTies } from '../../../../models/relay/specimens/page-tie.ts';
import { exitCodeOf } from '../../../../scenarios/result.ts';
import { storm } from '../../../contract/storm.ts';

const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);
const config = { relay: { pageSize: 3 } };

describe('a relay that drops ties at the ends of pages', () => {
  test('is found by the delivery oracle, for every ledger and device that lacks something', async () => {
    let found = 0;
    for (const seed of SEEDS) {
      const { result, world } = await storm({ seed, config, wrapPort: (port) => dropsPageTies(port) });
      const finding = result.findings.find(({ oracle }) => oracle === 'delivery');
      // Where no device ever pulled two pages the bug was not reached.
      expect(finding !== undefined).toBe(result.marks['page boundary']! > 0);
      if (finding === undefined) continue;
      found++;
      expect(finding).toMatchObject({ kind: 'safety', signature: 'delivery:never-delivered' });
      expect(exitCodeOf(result)).toBe(1);
      const log = world.port.log(0);
      const lacking = world.devices.filter((device) => log.some((_, i) => !device.has(i + 1)));
      expect(finding.devices).toEqual(lacking.map(({ index }) => index));
      const missing = lacking.flatMap((device) => [...log].filter((_, i) => !device.has(i + 1)));
      expect(finding.detail).toMatchObject({ missing: missing.length, accepted: log.length });
    }
    expect(found).toBeGreaterThan(10);
  });

  test('has a correct sibling that stays clean on the same pages', async () => {
    let boundaries = 0;
    for (const seed of SEEDS) {
      const { result } = await storm({ seed, config });
      expect(result.findings).toEqual([]);
      boundaries += result.marks['page boundary']!;
    }
    expect(boundaries).toBeGreaterThan(0);
  });

  test('does no harm while all that there is fits on one page', async () => {
    const { result } = await storm({
      seed: 1,
      config: { relay: { pageSize: 1000 } },
      wrapPort: (port) => dropsPageTies(port),
    });
    expect(result.findings).toEqual([]);
  });
});
