// Faults of a real relay of our own: what happens to the modelled one happens to it. What it is told while its process is
// gone waits until it starts again. It must not know when faults happen.

import type { StoreControl } from '../../models/relay/control.ts';
import type { Wire, WireCommand } from './wire.ts';

/**
 * @param reference the modelled relay's own control
 * @param dieAt sends a push within which the relay ends
 */
export function relayControl(
  wire: Wire,
  reference: StoreControl,
  dieAt: NonNullable<StoreControl['dieAt']>,
): StoreControl {
  let isDown = false;
  const waiting: WireCommand[] = [];
  const tell = (command: WireCommand): void => {
    if (isDown) waiting.push(command);
    else wire.command(command);
  };
  return {
    freeze(lagChanges) {
      reference.freeze(lagChanges);
      tell({ name: 'freeze', lagChanges });
    },
    thaw() {
      reference.thaw();
      tell({ name: 'thaw' });
    },
    loseFrozen() {
      reference.loseFrozen();
      tell({ name: 'loseFrozen' });
    },
    loseTail(count) {
      reference.loseTail(count);
      tell({ name: 'loseTail', count });
    },
    dieAt,
    kill() {
      wire.command({ name: 'kill' });
      isDown = true;
    },
    revive() {
      wire.command({ name: 'revive' });
      isDown = false;
      for (const command of waiting.splice(0)) wire.command(command);
    },
  };
}
