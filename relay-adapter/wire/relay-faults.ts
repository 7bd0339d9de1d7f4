// What a relay's store is told in a fault, by the commands of a wire.

import { assert } from '../../sim/errors.ts';
import type { RelayStore } from '../server/store.ts';
import type { WireCommand } from './wire.ts';

/** Commands that are a store's own. */
export type StoreCommand = Exclude<WireCommand, { name: 'open' | 'kill' | 'revive' | 'held' | 'where' }>;

/** Makes something happen to a store that was opened for it. */
export async function tellStore({ faults }: RelayStore, command: StoreCommand): Promise<void> {
  assert(faults !== undefined, 'a store that is to fail was opened for that');
  if (command.name === 'freeze') await faults.freeze(command.lagChanges);
  else if (command.name === 'thaw') await faults.thaw();
  else if (command.name === 'loseTail') await faults.loseTail(command.count);
  else await faults.loseFrozen();
}
