// What the relay says when it refuses: errors of the protocol's catalogue, and every other error turned into one of them.
// A message names what is wrong with a request, never what a store or a payload said. Must not know any route.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ERROR_STATUS, type ErrorCode } from '../protocol.ts';
import { type Decoded, encodeErrorBody, protocolError, toErrorBody } from '../protocol-codec.ts';

export const JSON_TYPE = 'application/json; charset=utf-8';

/** A refusal, to be thrown by a route. */
export class RelayError extends Error {
  readonly code: ErrorCode;
  readonly details: unknown;
  /** HTTP status: that of the code, but where there is no such thing, which is 404 under INVALID_REQUEST. */
  readonly status: number;
  /** Whole seconds after which to come again; left out where that is of no use. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: unknown; retryAfterSeconds?: number; status?: 404; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RelayError';
    this.code = code;
    this.details = options.details;
    this.status = options.status ?? ERROR_STATUS[code];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** A request that cannot be understood. */
export function invalidRequest(message: string): RelayError {
  return new RelayError('INVALID_REQUEST', message);
}

/** What was decoded, or the refusal thrown. */
export function decodedOr400<T>(decoded: Decoded<T>): T {
  if (decoded.ok) return decoded.value;
  const { code, message, details } = decoded.error;
  throw new RelayError(code, message, { details });
}

/**
 * Waits for a store; where it throws, the refusal is DATABASE_ERROR and says nothing of the cause. What it was made to
 * refuse it passes on.
 */
export async function fromStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof RelayError) throw cause;
    throw new RelayError('DATABASE_ERROR', 'the store failed', { cause });
  }
}

/** Fixed texts for what fastify refuses by itself: its own quote the request. */
const FRAMEWORK_MESSAGES: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'the content type must be application/json',
  FST_ERR_CTP_EMPTY_TYPE: 'the content type must be application/json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty',
  FST_ERR_CTP_INVALID_JSON_BODY: 'the body is not JSON, or has a key that is forbidden',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'the body is not as long as its Content-Length says',
  FST_ERR_BAD_URL: 'the address is malformed',
  FST_ERR_MAX_PARAM_LENGTH: 'the address is too long',
};

function asRelayError(error: unknown, bodyLimitBytes: number): RelayError {
  if (error instanceof RelayError) return error;
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (statusCode === 413) {
    return new RelayError('PAYLOAD_TOO_LARGE', `the body is larger than ${bodyLimitBytes} bytes`, {
      details: { max_size_bytes: bodyLimitBytes },
    });
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return invalidRequest((typeof code === 'string' ? FRAMEWORK_MESSAGES[code] : undefined) ?? 'the body is not JSON');
  }
  return new RelayError('INTERNAL_ERROR', 'the relay failed', { cause: error });
}

/** What of an error may stand in a log: no values of a statement, which may hold a payload. */
export function loggableError(error: unknown): { name: string; code?: string; message: string; stack?: string[] } {
  if (!(error instanceof Error)) return { name: typeof error, message: '' };
  const code = (error as { code?: unknown }).code;
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return {
    name: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: error.message.slice(0, 200),
    stack: frames.slice(0, 8).map((line) => line.trim()),
  };
}

/** Sends a refusal. */
function sendError(reply: FastifyReply, error: RelayError, nowMs: number): FastifyReply {
  const { code, message, details, retryAfterSeconds } = error;
  reply.code(error.status).header('content-type', JSON_TYPE);
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  if (code === 'UNAUTHORIZED') reply.header('www-authenticate', 'Bearer');
  return reply.send(encodeErrorBody(toErrorBody(protocolError(code, message, details), nowMs)));
}

/** The app's handler of everything that is thrown. */
export function errorHandler(bodyLimitBytes: number, nowMs: () => number) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const error = asRelayError(thrown, bodyLimitBytes);
    if (error.status === 500) {
      request.log.error({ error: loggableError(error.cause), code: error.code }, 'request failed');
    }
    sendError(reply, error, nowMs());
  };
}

/** Answers a request that expects what the relay has never heard of; only `100-continue` is known. */
export function expectationHandler(nowMs: () => number) {
  return (_request: IncomingMessage, response: ServerResponse): void => {
    const error = protocolError('INVALID_REQUEST', 'the expectation is none of this relay');
    const body = encodeErrorBody(toErrorBody(error, nowMs()));
    const length = Buffer.byteLength(body);
    response.writeHead(417, { connection: 'close', 'content-type': JSON_TYPE, 'content-length': length });
    response.end(body);
  };
}

/** Ends a socket on which something came that is no HTTP, or headers that are too large, or nothing for too long. */
export function clientErrorHandler(nowMs: () => number) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const isLarge = error.code === 'HPE_HEADER_OVERFLOW';
    const isLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
    const status = isLarge ? '431 Request Header Fields Too Large' : isLate ? '408 Request Timeout' : '400 Bad Request';
    const message = isLarge ? 'the headers are too large' : isLate ? 'the request took too long' : 'this is no HTTP';
    const body = encodeErrorBody(toErrorBody(protocolError('INVALID_REQUEST', message), nowMs()));
    const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: `;
    socket.end(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
  };
}
