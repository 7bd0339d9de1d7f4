// Runs that are held back, stepped and cut into slices of all kinds: they are the same runs.

import { describe, expect, test } from 'vitest';
import type { Pace } from '../../scenarios/life.ts';
import type { Progress, RunHooks } from '../../scenarios/result.ts';
import { run } from '../../scenarios/run.ts';
import { defineScenario } from '../../scenarios/scenario.ts';
import { comparable } from './runs.ts';

const STORM = { scenario: 'crdt-conflicts', profile: 'storm', seed: '7', config: { faults: 'swarm' } };
const FREELY: Pace = { sliceEvents: Number.POSITIVE_INFINITY, untilUs: Number.POSITIVE_INFINITY };

const unpaced = (await run(STORM)).result;

/** A paced run. @param pace is told of the virtual time reached, and how often it was asked before */
async function paced(pace: (virtualUs: number, turn: number) => Pace, isWatched = false) {
  const slices: Progress[] = [];
  let turn = 0;
  const hooks: RunHooks = {
    pace: () => pace(slices.at(-1)?.virtualUs ?? 0, turn++),
    onProgress: (progress) => void slices.push(progress),
    ...(isWatched && { onWatch: () => undefined }),
  };
  const { result } = await run(STORM, hooks);
  expect(comparable(result)).toEqual(comparable(unpaced));
  return slices;
}

/** Events of each slice. */
function eventsOf(slices: readonly Progress[]): number[] {
  return slices.map(({ events }, at) => events - (slices[at - 1]?.events ?? 0));
}

describe.each([
  ['watched', true],
  ['unwatched', false],
])('a run that is %s', (_what, isWatched) => {
  test('event by event has one in each slice, but where only time goes on or oracles judge', async () => {
    const slices = await paced(() => ({ ...FREELY, sliceEvents: 1 }), isWatched);
    const counts = eventsOf(slices);
    expect(Math.max(...counts)).toBe(1);
    expect(counts.filter((count) => count === 1).length).toBe(unpaced.events);
    const idle = slices.filter((_, at) => counts[at] === 0);
    // Windows of the timeline end slices too, whether somebody watches or not.
    expect(idle.length).toBeLessThan(400);
  });

  test('that is held a little ahead goes no further than it may', async () => {
    let untilUs = 0;
    const slices = await paced((virtualUs) => {
      untilUs = virtualUs + 77_777.75;
      return { ...FREELY, untilUs };
    }, isWatched);
    for (const [at, { virtualUs }] of slices.entries()) {
      expect(virtualUs - (slices[at - 1]?.virtualUs ?? 0)).toBeLessThanOrEqual(77_777);
    }
    expect(slices.length).toBeGreaterThan(unpaced.durationMs / 78);
  });

  test('whose time is over stands still until it may go on', async () => {
    const slices = await paced((virtualUs, turn) => {
      if (turn % 4 === 0) return { sliceEvents: 3, untilUs: virtualUs + 500_000 };
      return { ...FREELY, untilUs: virtualUs - turn };
    }, isWatched);
    expect(slices.filter(({ virtualUs }, at) => virtualUs === slices[at - 1]?.virtualUs).length).toBeGreaterThan(100);
  });
});

describe('a run that is held back', () => {
  test.each([
    ['by its time', { ...FREELY, untilUs: 0 }],
    ['by its events', { ...FREELY, sliceEvents: 0 }],
  ])('for very many turns %s does not count as one whose time stands still', async (_by, held) => {
    // More slices than full ones at one instant would be refused.
    const turns = 3000;
    let virtualUs = -1;
    const slices = await paced((nowUs, turn) => {
      if (turn === 20) virtualUs = nowUs;
      return turn >= 20 && turn < 20 + turns ? held : { ...FREELY, sliceEvents: 5 };
    });
    const standing = slices.filter((slice, at) => slice.virtualUs === virtualUs && eventsAt(slices, at) === 0);
    expect(standing.length).toBeGreaterThanOrEqual(turns - 1);
  });

  test('is still refused where its time stands still', async () => {
    const standing = defineScenario({
      name: 'standing',
      title: 'Never moves on',
      build(world) {
        const { simulation } = world;
        const again = simulation.handler('test/again', () => simulation.schedule(0, again));
        simulation.scheduleAt(1_000_000, again);
      },
    });
    const pace = (): Pace => ({ ...FREELY, sliceEvents: 7000 });
    await expect(run({ ...STORM, scenario: standing, config: {} }, { pace })).rejects.toMatchObject({
      code: 'ERR_SCENARIO',
    });
  });
});

function eventsAt(slices: readonly Progress[], at: number): number {
  return slices[at]!.events - (slices[at - 1]?.events ?? 0);
}
