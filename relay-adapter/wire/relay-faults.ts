// What a relay's store is told in a fault, by the commands of a wire.

import { assert } from '../../sim/errors.ts';
import type { CommitPoint } from '../../models/relay/control.ts';
import type { RelayStore } from '../server/store.ts';
import type { WireCommand } from './wire.ts';

/** Commands that are a store's own. */
export type StoreCommand = Exclude<WireCommand, { name: 'open' | 'kill' | 'revive' | 'held' | 'where' | 'dieAt' }>;

/** Makes something happen to a store that was opened for it. */
export async function tellStore({ faults }: RelayStore, command: StoreCommand): Promise<void> {
  assert(faults !== undefined, 'a store that is to fail was opened for that');
  if (command.name === 'freeze') await faults.freeze(command.lagChanges);
  else if (command.name === 'thaw') await faults.thaw();
  else if (command.name === 'loseTail') await faults.loseTail(command.count);
  else await faults.loseFrozen();
}

/** Ends the relay within the next push of its store. */
export type Doom = (point: CommitPoint) => void;

/** @param die ends the relay; where it comes back, the push throws */
export function doomOf(store: RelayStore, die: () => void): Doom {
  const push = store.push.bind(store);
  let point: CommitPoint | undefined;
  store.push = async (asked) => {
    if (point === undefined) return push(asked);
    const at = point;
    point = undefined;
    if (at === 'after commit') await push(asked);
    die();
    throw new Error('the relay has ended');
  };
  return (at) => void (point = at);
}
