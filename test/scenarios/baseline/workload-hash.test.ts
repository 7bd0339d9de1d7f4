// The hash of a workload stands for what users do, and for nothing else.
import { describe, expect, it } from 'vitest';
import { workloadHash } from '../../../scenarios/baseline/workload-hash.ts';
import type { ConfigLayer } from '../../../scenarios/config-schema.ts';

const hash = (config: ConfigLayer = {}, scenario = 'sync-relay'): Promise<string> =>
  workloadHash({ scenario, config: { seed: '1', users: 5, durationMs: 10_000, ...config } });

describe('the hash of a workload', () => {
  it('is the same for relays, networks and faults of any kind', async () => {
    const first = await hash();
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    expect(await hash()).toBe(first);
    expect(await hash({ relay: { pushMsMean: 50, workers: 1 }, network: 'satellite' })).toBe(first);
    expect(await hash({ faults: 'lossy', oracles: 'all' })).toBe(first);
    expect(await hash({ clock: 'wall', side: 'spawn', warmUpMs: 1000 })).toBe(first);
  });

  it.each(['sync-relay', 'crdt-conflicts', 'mixed-workload'])(
    'differs where users of %s do something else',
    async (name) => {
      const hashes = await Promise.all([
        hash({}, name),
        hash({ seed: '2' }, name),
        hash({ users: 6 }, name),
        hash({ thinkScale: 0.7 }, name),
        hash({ durationMs: 20_000 }, name),
      ]);
      expect(new Set(hashes).size).toBe(hashes.length);
    },
  );

  it('differs by what a ledger holds before', async () => {
    const entities = (sharedEntities: number): Promise<string> =>
      hash({ workload: { sharedEntities } }, 'crdt-conflicts');
    expect(await entities(5)).not.toBe(await entities(6));
  });
});
