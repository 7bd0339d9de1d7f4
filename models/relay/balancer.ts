// Which of several instances gets a request. It must not know what instances do.

import type { Balancer } from './cluster-options.ts';

/** Picks among instances by number; those that may be picked come in ascending order, at least one. */
export type Pick = (candidates: readonly number[], ledger: number) => number;

/** @param underWay requests that an instance has taken and not answered */
export function balancerOf(kind: Balancer, underWay: (instance: number) => number): Pick {
  switch (kind) {
    case 'round-robin': {
      let turn = 0;
      return (candidates) => {
        // With equal workers and many small requests it is what plain balancers do.
        const at = turn % candidates.length;
        turn = at + 1;
        return candidates[at]!;
      };
    }
    case 'least-connections':
      return (candidates) => {
        let best = candidates[0]!;
        for (const each of candidates) if (underWay(each) < underWay(best)) best = each;
        return best;
      };
    case 'ledger-hash':
      return (candidates, ledger) => {
        let best = candidates[0]!;
        let highest = -1;
        for (const each of candidates) {
          const weight = weightOf(ledger, each);
          if (weight > highest) [best, highest] = [each, weight];
        }
        return best;
      };
  }
}

/**
 * Rendezvous hashing (Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998): an instance that goes
 * moves only the ledgers that it had. The mixing is that of MurmurHash3's finalizer.
 */
function weightOf(ledger: number, instance: number): number {
  let h = Math.imul(ledger + 1, 0x9e3779b1) ^ Math.imul(instance + 1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
