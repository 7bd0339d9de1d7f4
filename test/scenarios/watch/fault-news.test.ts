// The faults of a run as they are told while it goes on.

import { describe, expect, test } from 'vitest';
import { drive, prepare } from '../../../scenarios/run.ts';
import { faultNews } from '../../../scenarios/watch/fault-news.ts';
import type { FaultNews } from '../../../scenarios/watch/snapshot.ts';

const CONFIG = {
  durationMs: 60_000,
  faults: { name: 'partitions', partitionsPerHour: 900, partitionMsMean: 500, lossRate: 0.05, crashesPerHour: 60 },
};

async function storm(isRecording: boolean) {
  const input = { scenario: 'crdt-conflicts', profile: 'storm', seed: '1', config: CONFIG };
  const { world, ...prepared } = await prepare(input, { isRecording });
  const seen: FaultNews[] = [faultNews(world)];
  const onProgress = (): void => void seen.push(faultNews(world));
  const pace = () => ({ sliceEvents: 50, untilUs: Number.POSITIVE_INFINITY });
  const { result } = await drive({ ...prepared, world }, { onProgress, pace });
  return { world, result, seen };
}

describe('faults', () => {
  test('before a run begins there are none', async () => {
    const { seen } = await storm(false);
    expect(seen[0]).toEqual({ fired: { loss: 0 }, latest: [] });
  });

  test('the last 32 are told, the latest first, whether a plan is kept or not', async () => {
    const recorded = await storm(true);
    const happened = recorded.world.faults!.happened;
    expect(happened.length).toBeGreaterThan(40);
    const last = happened
      .slice(-32)
      .reverse()
      .map(({ atUs, kind, device, lengthUs }) => ({ atUs, kind, device, lengthUs }));
    expect(recorded.seen.at(-1)!.latest).toEqual(last);
    const { world, seen } = await storm(false);
    expect(world.faults!.happened).toEqual([]);
    expect(seen.at(-1)!.latest).toEqual(last);
    const times = last.map(({ atUs }) => atUs);
    expect(times).toEqual([...times].sort((one, other) => other - one));
  });

  test('each is there once it has fired, and the counts are those of the result', async () => {
    const { seen, result } = await storm(false);
    const sumOf = ({ fired: { loss: _loss, ...timed } }: FaultNews): number =>
      Object.values(timed).reduce((total, count) => total + count, 0);
    for (const news of seen) expect(news.latest.length).toBe(Math.min(32, sumOf(news)));
    expect(seen.some(({ latest }) => latest.length > 0 && latest.length < 32)).toBe(true);
    expect(seen.at(-1)!.fired).toEqual(result.faults);
    expect(Object.keys(result.faults)).toEqual(['partition', 'crash', 'loss']);
  });
});
