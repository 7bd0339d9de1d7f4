// What the sync clients of a run share: their ports, their options and the kernel's handlers, which find a client by the
// index of its device. It must not know what a client does.

import type { SyncClientOptions, SyncClientPorts } from './sync-client-ports.ts';

/** What the kernel wakes a client for. */
interface WokenClient {
  timeoutDue(): void;
  retry(backoff: number): void;
  autoSync(): void;
  pullDue(): void;
}

/** Options of a client, and whether it syncs by state. */
export interface SharedOptions extends SyncClientOptions {
  readonly isByState?: boolean;
}

export class SyncClients {
  readonly ports: SyncClientPorts;
  readonly options: SharedOptions;
  readonly timeoutHandler: number;
  readonly retryHandler: number;
  readonly autoSyncHandler: number;
  readonly pullDueHandler: number;
  /** By the device's index; a plan may leave places empty. */
  readonly #clients: (WokenClient | undefined)[] = [];

  constructor(ports: SyncClientPorts, options: SharedOptions) {
    this.ports = ports;
    this.options = options;
    const { simulation } = ports;
    const client = (index: number): WokenClient => this.#clients[index]!;
    this.timeoutHandler = simulation.handler('client/timeout', (index) => client(index).timeoutDue());
    this.retryHandler = simulation.handler('client/retry', (index, backoff) => client(index).retry(backoff));
    this.autoSyncHandler = simulation.handler('client/auto-sync', (index) => client(index).autoSync());
    this.pullDueHandler = simulation.handler('client/pull-due', (index) => client(index).pullDue());
  }

  /** Takes a client in. False where the index has one. */
  add(index: number, client: WokenClient): boolean {
    if (this.#clients[index] !== undefined) return false;
    this.#clients[index] = client;
    return true;
  }
}
