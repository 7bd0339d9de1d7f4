// WebSockets that tell devices that there is something to pull, and nothing more: what it is they pull. A device that does
// not read is told once, however much was stored meanwhile. Must not know what was stored.

import websocket, { type WebSocket } from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { decodeId } from '../protocol-codec.ts';
import { RelayError, decodedOr400, invalidRequest } from './errors.ts';
import { bearerToken } from './authorization.ts';
import type { RelayStore } from './store.ts';

/** The one message. */
export const CHANGES_MESSAGE = '{"type":"changes"}';
/** Before a token that comes as a subprotocol: a browser cannot set a header. */
const BEARER_PROTOCOL = 'bearer.';
/** Devices have nothing to say here. */
const INCOMING_BYTES_MAX = 1024;
const SOCKETS_MAX = 10_000;
/** So many of one ledger, so that one token does not take the room of all. */
const LEDGER_SOCKETS_MAX = 1000;
/** A device that has not answered a ping until the next one is gone. */
const HEARTBEAT_MS = 30_000;
/** How long a device has to agree to the end when the relay stops. */
const CLOSE_TIMEOUT_MS = 1000;
/** Close codes as RFC 6455 leaves them to applications: the HTTP status, plus 4000. */
const CLOSE_UNAUTHORIZED = 4401;
const CLOSE_GOING_AWAY = 1001;

export interface NotificationPorts {
  readonly store: RelayStore;
  /** As `Admit`, with a token that did not come in the header. */
  readonly admit: (request: FastifyRequest, ledger: string, token: string | undefined) => Promise<void>;
  /** Whether a token that was good still is. */
  readonly isGood: (token: string) => boolean;
  readonly notified: () => void;
  /** Default 1000. */
  readonly ledgerSocketsMax?: number | undefined;
}

/** One device that listens. At most one message of it waits for its network. */
class Listener {
  readonly device: string;
  isAlive = true;
  readonly #socket: WebSocket;
  readonly #notified: () => void;
  #isSending = false;
  #hasMore = false;

  constructor(socket: WebSocket, device: string, notified: () => void) {
    this.#socket = socket;
    this.device = device;
    this.#notified = notified;
  }

  tell(): void {
    if (this.#isSending) {
      this.#hasMore = true;
      return;
    }
    this.#isSending = true;
    this.#socket.send(CHANGES_MESSAGE, () => this.#sent());
    this.#notified();
  }

  #sent(): void {
    this.#isSending = false;
    if (!this.#hasMore || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#hasMore = false;
    this.tell();
  }

  /** Asks for a sign of life; false where the last one was not answered. */
  ping(): boolean {
    if (!this.isAlive) return false;
    this.isAlive = false;
    this.#socket.ping();
    return true;
  }
}

function subprotocolsOf(request: FastifyRequest): string[] {
  const header = request.headers['sec-websocket-protocol'];
  return header === undefined ? [] : header.split(',').map((name) => name.trim());
}

/** Whether the library will take an upgrade: it refuses in words of its own. */
function isHandshake({ headers }: FastifyRequest): boolean {
  const version = headers['sec-websocket-version'];
  return (
    headers.upgrade?.toLowerCase() === 'websocket' &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '') &&
    (version === '13' || version === '8')
  );
}

/**
 * The subprotocol to agree on. A browser fails unless one of its own is chosen; one that offers another beside the token
 * does not get its token back.
 */
export function chooseProtocol(offered: Iterable<string>): string | false {
  let token: string | false = false;
  for (const name of offered) {
    if (!name.startsWith(BEARER_PROTOCOL)) return name;
    token ||= name;
  }
  return token;
}

/** The devices that listen, by ledger. */
class Listeners {
  readonly #byLedger = new Map<string, Set<Listener>>();

  add(ledger: string, listener: Listener): void {
    const listeners = this.#byLedger.get(ledger);
    if (listeners === undefined) this.#byLedger.set(ledger, new Set([listener]));
    else listeners.add(listener);
  }

  remove(ledger: string, listener: Listener): void {
    const listeners = this.#byLedger.get(ledger);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#byLedger.delete(ledger);
  }

  count(ledger: string): number {
    return this.#byLedger.get(ledger)?.size ?? 0;
  }

  /** Something was stored in the ledger by a device, which knows it already. */
  tell(ledger: string, device: string): void {
    for (const listener of this.#byLedger.get(ledger) ?? []) if (listener.device !== device) listener.tell();
  }

  /** Something may have been stored in any ledger. */
  tellAll(): void {
    for (const listeners of this.#byLedger.values()) for (const listener of listeners) listener.tell();
  }
}

interface Query {
  ledger_id?: unknown;
  device_id?: unknown;
}

/**
 * Adds `GET /ws?ledger_id=…&device_id=…`. A bad token is refused before the upgrade, with 401 or 403; a socket whose token
 * expires is closed with 4401.
 */
export async function addNotifications(app: FastifyInstance, ports: NotificationPorts): Promise<void> {
  const { store, admit, isGood, notified, ledgerSocketsMax = LEDGER_SOCKETS_MAX } = ports;
  const listeners = new Listeners();
  await app.register(websocket, {
    options: {
      maxPayload: INCOMING_BYTES_MAX,
      handleProtocols: (offered: Set<string>) => chooseProtocol(offered),
      perMessageDeflate: false,
    },
    errorHandler: (_error, socket) => socket.terminate(),
    preClose: (done) => closeAll(app, done),
  });

  const admitListener = async (request: FastifyRequest): Promise<void> => {
    const query = request.query as Query;
    const ledger = decodedOr400(decodeId(query.ledger_id, 'ledger_id'));
    decodedOr400(decodeId(query.device_id, 'device_id'));
    const asProtocol = subprotocolsOf(request).find((name) => name.startsWith(BEARER_PROTOCOL));
    await admit(request, ledger, bearerToken(request) ?? asProtocol?.slice(BEARER_PROTOCOL.length));
    if (!request.ws) throw invalidRequest('a WebSocket is needed here');
    if (!isHandshake(request)) throw invalidRequest('the WebSocket handshake is malformed');
    if (app.websocketServer.clients.size >= SOCKETS_MAX || listeners.count(ledger) >= ledgerSocketsMax) {
      throw new RelayError('UNAVAILABLE', 'too many devices listen', { retryAfterSeconds: 60 });
    }
  };

  app.get('/ws', { websocket: true, preValidation: admitListener }, (socket, request) => {
    const { ledger_id: ledger, device_id: device } = request.query as { ledger_id: string; device_id: string };
    const { token } = request.facts;
    const listener = new Listener(socket, device, notified);
    listeners.add(ledger, listener);
    request.log.info({ ledger }, 'socket opened');
    const heartbeat = setInterval(() => {
      if (token !== undefined && !isGood(token)) socket.close(CLOSE_UNAUTHORIZED, 'the token has expired');
      else if (!listener.ping()) socket.terminate();
    }, HEARTBEAT_MS);
    heartbeat.unref();
    socket.on('pong', () => {
      listener.isAlive = true;
    });
    socket.on('close', (code) => {
      clearInterval(heartbeat);
      listeners.remove(ledger, listener);
      request.log.info({ ledger, code }, 'socket closed');
    });
  });

  const unsubscribe = store.onStored(
    (ledger, device) => listeners.tell(ledger, device),
    () => listeners.tellAll(),
  );
  app.addHook('onClose', async () => unsubscribe());
}

/** Says goodbye to all, and hangs up on those who do not answer. */
function closeAll(app: FastifyInstance, done: () => void): void {
  const { websocketServer } = app;
  for (const client of websocketServer.clients) client.close(CLOSE_GOING_AWAY, 'the relay stops');
  const timer = setTimeout(() => {
    for (const client of websocketServer.clients) client.terminate();
  }, CLOSE_TIMEOUT_MS);
  websocketServer.close(() => clearTimeout(timer));
  done();
}
