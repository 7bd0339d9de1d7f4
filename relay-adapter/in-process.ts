// The model side: the protocol's rules on a log in memory, called directly. Virtual clock only.

import type { ChangeTable } from '../models/change-table.ts';
import { MemoryLog } from '../models/relay/log.ts';
import { RelayStore, type StoreOptions, type StorePorts } from '../models/relay/store.ts';
import type { RelayPort } from './port.ts';

export function inProcess(table: ChangeTable, options: StoreOptions, ports: StorePorts): RelayPort {
  const log = new MemoryLog(table);
  const store = new RelayStore(table, log, options, ports);
  return {
    side: 'model',
    handle: (request) => store.handle(request),
    rowsFor: (request) => (request.kind === 'pull' ? store.rowsFor(request) : 0),
    log: (ledger) => log.whole(ledger),
    timestampMs: (change) => table.timestampMs(change),
    end: (ledger) => log.end(ledger),
    retained: (ledger) => store.retained(ledger),
    control: {
      freeze: (lagChanges) => store.freeze(lagChanges),
      thaw: () => store.thaw(),
      loseFrozen: () => store.loseFrozen(),
      loseTail: (count) => store.loseTail(count),
    },
  };
}
