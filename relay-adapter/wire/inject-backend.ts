// The real relay in this process: its routes are called without a socket, on a real store in a file. What is committed is
// not forced to the disk: nothing but this process could lose it. It must not know what requests say.

import type { FastifyInstance } from 'fastify';
import { assert } from '../../sim/errors.ts';
import { relayApp } from '../server/app.ts';
import { openStore } from '../server/open-store.ts';
import type { RelayStore } from '../server/store.ts';
import { headersOf } from './sending.ts';
import { type Doom, doomOf, tellStore } from './relay-faults.ts';
import { removeStore, ScratchStores } from './scratch-store.ts';
import type { Backend, RelayOptions, WireAnswer, WireCommand, WireRequest } from './wire.ts';

interface OpenRelay {
  readonly address: string;
  readonly options: RelayOptions;
  readonly store: RelayStore;
  readonly doom: Doom;
  readonly app: FastifyInstance;
}

export class InjectBackend implements Backend {
  readonly #stores = new ScratchStores();
  #relay: OpenRelay | undefined;

  async request(request: WireRequest): Promise<WireAnswer> {
    const { method, path, body } = request;
    const headers = headersOf(request);
    const response = await this.#opened().app.inject({
      method,
      url: path,
      headers,
      ...(body !== undefined && { body }),
    });
    const retryAfter = Number(response.headers['retry-after'] ?? 0);
    return { status: response.statusCode, body: response.body, retryAfterMs: retryAfter * 1000 };
  }

  async command(command: WireCommand): Promise<readonly Uint8Array[]> {
    if (command.name === 'open') {
      await this.#drop();
      this.#relay = await openRelay(this.#stores.next(command.options.store), command.options);
      return [];
    }
    assert(command.name !== 'where', 'what listens nowhere has no address');
    if (command.name === 'held') return this.#opened().store.held();
    if (command.name === 'dieAt') this.#opened().doom(command.point);
    else if (command.name === 'kill') await this.#shut(this.#opened());
    else if (command.name === 'revive') {
      const { address, options } = this.#opened();
      this.#relay = await openRelay(address, options);
    } else await tellStore(this.#opened().store, command);
    return [];
  }

  async close(): Promise<void> {
    await this.#drop();
    this.#stores.close();
  }

  #opened(): OpenRelay {
    assert(this.#relay !== undefined, 'a relay is opened before it is asked');
    return this.#relay;
  }

  async #shut({ app, store }: OpenRelay): Promise<void> {
    await app.close();
    await store.close();
  }

  async #drop(): Promise<void> {
    if (this.#relay === undefined) return;
    await this.#shut(this.#relay);
    await removeStore(this.#relay.address);
    this.#relay = undefined;
  }
}

async function openRelay(address: string, options: RelayOptions): Promise<OpenRelay> {
  const store = await openStore(address, { durability: 'none', faults: true });
  // What stands for the relay's end is that nobody is told what came of the push: the store is shut right after it.
  const doom = doomOf(store, () => undefined);
  const { tokenSecret, pageSize } = options;
  const app = await relayApp({ store, tokenSecret, pageSize, rateLimitPerMinute: 0, membership: 'listed' });
  return { address, options, store, doom, app };
}
