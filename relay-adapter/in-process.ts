// The model side: the protocol's rules on a log in memory, called directly. Virtual clock only.

import type { ChangeTable } from '../models/change-table.ts';
import { MemoryLog } from '../models/relay/log.ts';
import { RelayStore, type StoreOptions } from '../models/relay/store.ts';
import type { RelayPort } from './port.ts';

/** @param isMember whether a device may push to and pull from a ledger */
export function inProcess(
  table: ChangeTable,
  options: StoreOptions,
  isMember: (ledger: number, device: number) => boolean,
): RelayPort {
  const log = new MemoryLog(table);
  const store = new RelayStore(table, log, options, isMember);
  return {
    side: 'model',
    handle: (request) => store.handle(request),
    rowsFor: (request) => (request.kind === 'pull' ? store.rowsFor(request) : 0),
    log: (ledger) => log.read(ledger, 0, log.end(ledger)),
    end: (ledger) => log.end(ledger),
  };
}
