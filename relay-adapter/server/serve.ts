// The relay on an address: listens, and stops so that what is under way ends well. Must not know routes.

import { isIPv6 } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { InputError } from '../../sim/errors.ts';
import { isLoopbackHost } from '../loopback.ts';
import { type RelayAppOptions, relayApp } from './app.ts';
import type { RelayStore } from './store.ts';

export interface ServeOptions extends Omit<RelayAppOptions, 'store'> {
  /** An address of this machine, or `localhost`. */
  readonly host: string;
  /** 0 for one that is free. */
  readonly port: number;
  /** Closed when the relay is closed. */
  readonly store: RelayStore;
}

/** A relay that listens. */
export interface ServedRelay {
  /** `http://127.0.0.1:8787`. */
  readonly url: string;
  readonly app: FastifyInstance;
  /** Takes no more requests, ends those under way, closes sockets and the store. Can be called again. */
  close(): Promise<void>;
}

/** Longest that a request under way may take to end when the relay stops; then its connection is cut. */
const STOP_GRACE_MS = 10_000;
/** Longest that the store may take to close after that; then it is left to itself. */
const STORE_GRACE_MS = 10_000;

const PORT_ERRORS: Readonly<Record<string, [field: 'host' | 'port', expected: string]>> = {
  EADDRINUSE: ['port', 'one that nobody listens on'],
  EACCES: ['port', 'one that this user may listen on'],
  EADDRNOTAVAIL: ['host', 'an address of this machine'],
  ENOTFOUND: ['host', 'an address of this machine'],
};

function listenError(error: unknown, options: ServeOptions): unknown {
  const known = PORT_ERRORS[(error as NodeJS.ErrnoException).code ?? ''];
  if (known === undefined) return error;
  const [field, expected] = known;
  return new InputError(field, options[field], expected);
}

/**
 * Starts the relay.
 *
 * @throws InputError where it cannot listen there, or would be open to other machines without tokens; the store is left open
 */
export async function serve(options: ServeOptions): Promise<ServedRelay> {
  const { host, port, store, ...rest } = options;
  if (rest.tokenSecret === undefined && !isLoopbackHost(host)) {
    throw new InputError('host', host, 'a loopback address, since the relay is open: without a token secret');
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InputError('port', port, 'a whole number from 0 to 65535');
  }
  const app = await relayApp({ ...rest, store });
  // An upgraded socket is no connection of the HTTP server's any more, and yet holds up its end.
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  try {
    // By name it would listen on two addresses, and only one of the two sockets would have all handlers.
    await app.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port });
  } catch (error) {
    await app.close();
    throw listenError(error, options);
  }
  const address = app.server.address() as AddressInfo;
  const name = isIPv6(address.address) ? `[${address.address}]` : address.address;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${name}:${address.port}`,
    app,
    close: () => (closing ??= stop(app, store, sockets)),
  };
}

async function stop(app: FastifyInstance, store: RelayStore, sockets: ReadonlySet<Socket>): Promise<void> {
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, STOP_GRACE_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
    await closeStore(app, store);
  }
}

/** A store that hangs holds no stop for ever: what it acknowledged is kept, and what it did not is its own to end. */
async function closeStore(app: FastifyInstance, store: RelayStore): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), STORE_GRACE_MS);
  });
  try {
    if ((await Promise.race([store.close(), late])) === 'late') app.log.warn('the store did not close in time');
  } finally {
    clearTimeout(timer);
  }
}
