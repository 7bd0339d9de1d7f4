// How many bytes of large bodies the relay holds at a time, over all requests, and how many requests of one connection:
// so that no crowd of uploads takes all memory. Must not know what a body says.

import { Transform } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RelayError } from './errors.ts';

/** Bytes of large bodies that are held at a time: six of the largest. */
export const HELD_BYTES_MAX = 64 * 1024 * 1024;
/** A body that says that it is no larger is not counted: connections are few enough for those. */
const SMALL_BYTES_MAX = 64 * 1024;
/** Requests that wait on one connection: who sends more before it has read an answer makes the relay hold their pages. */
const WAITING_MAX = 8;

function tooMuch(message: string): RelayError {
  return new RelayError('RATE_LIMIT_EXCEEDED', message, { retryAfterSeconds: 1 });
}

/** Counts bodies as they come in, and refuses those for which there is no room. */
export function addBodyBudget(app: FastifyInstance, heldBytesMax: number = HELD_BYTES_MAX): void {
  let heldBytes = 0;
  app.addHook('preParsing', (request, reply, payload, done) => {
    const told = request.headers['content-length'];
    const isChunked = request.headers['transfer-encoding'] !== undefined;
    if (told === undefined ? !isChunked : Number(told) <= SMALL_BYTES_MAX) {
      done(null, payload);
      return;
    }
    let ownBytes = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, next) {
        if (heldBytes + chunk.length > heldBytesMax) {
          next(tooMuch('the relay holds as many large bodies as it can'));
          return;
        }
        heldBytes += chunk.length;
        ownBytes += chunk.length;
        next(null, chunk);
      },
    });
    // Also where the client goes away. What was read of a body may be thrown away before that, but not later.
    reply.raw.once('close', () => {
      heldBytes -= ownBytes;
      ownBytes = 0;
      counted.destroy();
    });
    payload.on('error', (error: Error) => counted.destroy(error));
    // Once an answer is on its way nobody else listens to it.
    counted.on('error', () => {});
    counted.on('close', () => payload.unpipe(counted).resume());
    payload.pipe(counted);
    done(null, counted);
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
