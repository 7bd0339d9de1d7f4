// How often each fault of a run has happened: those that happen at a time, and those of messages. It must not know how
// they are made.

import type { World } from './world.ts';

/** By kind; an enabled kind that never fired stands with 0. */
export function faultsOf(world: Pick<World, 'config' | 'faults' | 'network'>): Record<string, number> {
  const { network, faults } = world.config;
  const { lost, duplicated, reordered } = world.network.statistics();
  return {
    ...world.faults?.fired,
    ...(network.lossRate + faults.lossRate > 0 ? { loss: lost } : {}),
    ...(network.duplicateRate + faults.duplicateRate > 0 ? { duplication: duplicated } : {}),
    ...(network.reorderRate + faults.reorderRate > 0 ? { reordering: reordered } : {}),
  };
}
