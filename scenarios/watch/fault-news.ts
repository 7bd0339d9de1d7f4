// The faults of a run so far: how often each kind has fired, and the last of them. It must not know what a fault does.

import { faultsOf } from '../fault-counts.ts';
import type { World } from '../world.ts';
import type { FaultNews } from './snapshot.ts';

/** Before a run begins there is none. */
export function faultNews(world: World): FaultNews {
  const latest = world.faults?.latest ?? [];
  return {
    fired: faultsOf(world),
    latest: latest.map(({ atUs, kind, device, lengthUs }) => ({ atUs, kind, device, lengthUs })).reverse(),
  };
}
