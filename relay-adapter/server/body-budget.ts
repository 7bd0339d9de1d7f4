// How many bytes of large bodies the relay holds at a time, over all requests, and how many requests of one connection:
// so that no crowd of uploads takes all memory. Must not know what a body says.

import { Transform } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RelayError } from './errors.ts';

/** Bytes of large bodies that are held at a time, or one body where the limit for that is higher: six of the largest. */
export const HELD_BYTES_MAX = 64 * 1024 * 1024;
/** A body that says that it is no larger is not counted: connections are few enough for those. */
const SMALL_BYTES_MAX = 64 * 1024;
/** Requests that wait on one connection: who sends more before it has read an answer makes the relay hold their pages. */
const WAITING_MAX = 8;

export function tooMuch(message: string): RelayError {
  return new RelayError('RATE_LIMIT_EXCEEDED', message, { retryAfterSeconds: 1 });
}

/** Calls `then` once, when an answer was sent or its connection is gone; at once where that is gone already. */
export function whenEnded({ raw: { socket } }: FastifyRequest, { raw }: FastifyReply, then: () => void): void {
  let isEnded = false;
  const end = (): void => {
    if (isEnded) return;
    isEnded = true;
    then();
  };
  raw.once('finish', end).once('close', end);
  if (socket.destroyed) end();
}

/** What is counted of the body of a request. */
interface Held {
  bytes: number;
  /** Its route works on it, and holds it even where nobody waits for the answer any more. */
  isInWork: boolean;
  isEnded: boolean;
}

/**
 * Counts bodies from when they come in until they are answered, and refuses those for which there is no room.
 *
 * @param bodyLimitBytes the largest body that is taken
 */
export function addBodyBudget(app: FastifyInstance, bodyLimitBytes: number): void {
  const heldBytesMax = Math.max(HELD_BYTES_MAX, bodyLimitBytes);
  const bodies = new WeakMap<FastifyRequest, Held>();
  let heldBytes = 0;
  const giveBack = (held: Held): void => {
    if (!held.isEnded || held.isInWork) return;
    heldBytes -= held.bytes;
    held.bytes = 0;
  };

  app.addHook('preParsing', (request, reply, payload, done) => {
    const told = request.headers['content-length'];
    const isChunked = request.headers['transfer-encoding'] !== undefined;
    if (told === undefined ? !isChunked : Number(told) <= SMALL_BYTES_MAX) {
      done(null, payload);
      return;
    }
    const held: Held = { bytes: 0, isInWork: false, isEnded: false };
    bodies.set(request, held);
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, next) {
        if (heldBytes + chunk.length > heldBytesMax) {
          next(tooMuch('the relay holds as many large bodies as it can'));
          return;
        }
        heldBytes += chunk.length;
        held.bytes += chunk.length;
        next(null, chunk);
      },
    });
    // Also where the client goes away. What was read of a body may be thrown away before that, but not later.
    whenEnded(request, reply, () => {
      held.isEnded = true;
      giveBack(held);
      counted.destroy();
    });
    payload.on('error', (error: Error) => counted.destroy(error));
    // Once an answer is on its way nobody else listens to it.
    counted.on('error', () => {});
    counted.on('close', () => payload.unpipe(counted).resume());
    payload.pipe(counted);
    done(null, counted);
  });

  app.addHook('preValidation', (request, _reply, done) => {
    const held = bodies.get(request);
    if (held !== undefined) held.isInWork = true;
    done();
  });

  app.addHook('onSend', (request, _reply, _payload, done) => {
    const held = bodies.get(request);
    if (held !== undefined) {
      held.isInWork = false;
      giveBack(held);
    }
    done();
  });
}

/** Refuses requests of a connection that has many waiting already. */
export class Waiting {
  readonly #bySocket = new WeakMap<Socket, Set<IncomingMessage>>();

  /** A request begins. @throws RelayError RATE_LIMIT_EXCEEDED */
  enter({ raw }: FastifyRequest): void {
    const waiting = this.#bySocket.get(raw.socket);
    if (waiting === undefined) this.#bySocket.set(raw.socket, new Set([raw]));
    else if (waiting.size < WAITING_MAX) waiting.add(raw);
    else throw tooMuch('too many requests wait on this connection');
  }

  /** A request was answered. */
  leave({ raw }: FastifyRequest): void {
    this.#bySocket.get(raw.socket)?.delete(raw);
  }
}
