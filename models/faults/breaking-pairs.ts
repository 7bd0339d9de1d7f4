// Kinds of fault that a correct system stands, but not together. It must not know who draws them.

import type { FaultKind } from './event.ts';

/** Two kinds that only together break correct systems. */
export interface BreakingPair {
  readonly kinds: readonly [FaultKind, FaultKind];
  readonly reason: string;
}

/**
 * Pairs that no preset and no swarm brings together. All of them lose a change for good that a newer one was made upon,
 * after the newer one has overtaken it: replicas then hold the newer one back for ever, and nobody can help.
 *
 * A lost tail does not: before a device sends a change, everything before it is synced too. A crash gives all back. A
 * copy of a device has, or its original has, all that the two must still push. Suspensions, clogs and partitions end.
 */
export const BREAKING_PAIRS: readonly BreakingPair[] = [
  {
    kinds: ['overtaking', 'backup'],
    reason: 'the backup lacks older changes that were still to be pushed when a newer one had been',
  },
  {
    kinds: ['overtaking', 'eviction'],
    reason: 'older changes go with the storage before they are pushed, and a newer one is at the relay',
  },
  {
    kinds: ['overtaking', 'offline'],
    reason: 'a device that stays away for good keeps older changes to itself, and a newer one is at the relay',
  },
];

/** Whether two kinds break correct systems together; what is no kind of fault breaks nothing. */
export function isBreakingPair(one: string, other: string): boolean {
  return BREAKING_PAIRS.some(({ kinds }) => {
    const names: readonly string[] = kinds;
    return one !== other && names.includes(one) && names.includes(other);
  });
}
