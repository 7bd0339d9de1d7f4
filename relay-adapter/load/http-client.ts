// Sends requests over kept-alive connections and says what came back: callbacks, no promise per request, one request on a
// connection at a time, nothing sent twice. It must not know what the requests mean, nor when they are due.
import { type buildConnector as Connector, Client, type Dispatcher, buildConnector } from 'undici';
import { assert, InputError } from '../../sim/errors.ts';
import { checkedHeaders, mergedHeaders, retryAfterMsOf } from './http-headers.ts';
import { networkErrorWord } from './network-error.ts';

const BODY_BYTES_MAX = 64 * 2 ** 20;
/** A longer time than timers have would come at once. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;
/** A path from the root, in characters that a request line takes as they are. */
const PATH_PREFIX = /^(\/[\w.~!$&'()*+,;=:@%-]+)+\/?$/;

/** How an HttpClient connects and what it sends with each request. */
export interface HttpClientOptions {
  /** `http://host:port` or `https://host:port`, nothing behind it. */
  readonly origin: string;
  /** At most so many connections at a time, ≥ 1. They are opened when they are needed. */
  readonly connections: number;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Stands before every path: `/api`. */
  readonly pathPrefix?: string;
  /** From the call of `request` to the last byte of the answer, the wait for a connection included; whole ms, ≥ 1. */
  readonly timeoutMs: number;
}

/** What came of a request. */
export interface HttpAnswer {
  /** HTTP status; 0 where no whole answer came. */
  readonly status: number;
  /** Read as UTF-8; empty where no whole answer came. */
  readonly body: string;
  /** What the answer's Retry-After asks for, both forms; 0 where it has none. */
  readonly retryAfterMs: number;
  /** Why no whole answer came: a word of `networkErrorWord`, or `closed` for a client that was closed. */
  readonly error?: string;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
type Done = (answer: HttpAnswer) => void;
type Ended = (exchange: Exchange, error: Error | null) => void;

/** A place for one connection. */
interface Slot {
  client: Client;
}

const nothing = (): void => undefined;

/** One request and what has come of it so far; undici calls it. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly method: Method;
  readonly path: string;
  readonly headers: string[];
  readonly deadlineMs: number;
  readonly #ended: Ended;
  body: string | null;
  done: Done;
  slot: Slot | null = null;
  isSettled = false;
  status = 0;
  retryAfterMs = 0;
  chunks: Buffer[] | null = null;

  constructor(
    method: Method,
    path: string,
    headers: string[],
    body: string | null,
    deadlineMs: number,
    done: Done,
    ended: Ended,
  ) {
    this.method = method;
    this.path = path;
    this.headers = headers;
    this.body = body;
    this.deadlineMs = deadlineMs;
    this.done = done;
    this.#ended = ended;
  }

  onRequestStart(): void {}

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 1xx come before the answer.
    if (status < 200) return;
    this.status = status;
    const retryAfter = headers['retry-after'];
    if (retryAfter !== undefined) this.retryAfterMs = retryAfterMsOf(retryAfter, headers['date']);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.chunks === null) this.chunks = [chunk];
    else this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#ended(this, null);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#ended(this, error);
  }

  answer(error: string | null): HttpAnswer {
    if (error !== null) return { status: 0, body: '', retryAfterMs: 0, error };
    const { chunks, status, retryAfterMs } = this;
    const bytes = chunks === null ? null : chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    return { status, body: bytes === null ? '' : bytes.toString('utf8'), retryAfterMs };
  }

  /** Lets go of what is large: a settled exchange may stand in a line for a while. */
  release(): void {
    this.body = null;
    this.chunks = null;
    this.done = nothing;
    this.slot = null;
  }
}

/** Exchanges in the order in which they came; those that were settled elsewhere are passed over. */
class Line {
  #items: (Exchange | undefined)[] = [];
  #head = 0;

  push(exchange: Exchange): void {
    this.#items.push(exchange);
  }

  /** The first one that is not settled. */
  first(): Exchange | undefined {
    while (this.#head < this.#items.length) {
      const exchange = this.#items[this.#head]!;
      if (!exchange.isSettled) return exchange;
      this.#items[this.#head++] = undefined;
      if (this.#head < 1024 || this.#head * 2 < this.#items.length) continue;
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    this.#items.length = 0;
    this.#head = 0;
    return undefined;
  }

  /** Takes the first one out. */
  shift(): Exchange | undefined {
    const exchange = this.first();
    if (exchange !== undefined) this.#items[this.#head++] = undefined;
    return exchange;
  }
}

/**
 * A driver's side of HTTP/1.1. Requests go out in the order of their calls, each on the connection that was used last, so
 * that a light load keeps few of them warm; they wait where all are busy. Each is sent once at most: one that was written
 * to a connection which the server closed just then is answered with an error, and whoever sent it decides. Network
 * trouble is an answer, never thrown. Redirects are not followed, compression is not asked for.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #prefix: string;
  readonly #headers: string[];
  readonly #connector: Connector.connector;
  readonly #slots: Slot[] = [];
  readonly #idle: Slot[] = [];
  /** What waits for a connection. */
  readonly #waiting = new Line();
  /** All that is not settled. One time-out for all of them: the order of calls is that of the deadlines. */
  readonly #open = new Line();
  readonly #origin: string;
  readonly #ended: Ended = (exchange, error) => this.#end(exchange, error);
  #timer: NodeJS.Timeout | null = null;
  #inFlight = 0;
  #closing: Promise<void> | null = null;

  /** @throws InputError for an origin, a path prefix or a header that HTTP does not have */
  constructor(options: HttpClientOptions) {
    const { connections, timeoutMs, pathPrefix = '' } = options;
    assert(Number.isInteger(connections) && connections >= 1, 'a client has whole connections');
    assert(
      Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= TIMEOUT_MS_MAX,
      'a time-out is a whole number of ms that timers have',
    );
    if (pathPrefix !== '' && !PATH_PREFIX.test(pathPrefix)) {
      throw new InputError('pathPrefix', pathPrefix, 'a path like /api');
    }
    this.#options = options;
    this.#origin = checkedOrigin(options.origin);
    this.#prefix = pathPrefix.endsWith('/') ? pathPrefix.slice(0, -1) : pathPrefix;
    this.#headers = checkedHeaders(options.headers ?? {});
    // Shared, so that TLS sessions are. Without its time limit a connection that nobody accepts would outlive its request.
    this.#connector = buildConnector({ allowH2: false, timeout: timeoutMs });
    for (let slot = 0; slot < connections; slot++) this.#slots.push({ client: this.#newClient() });
    this.#idle.push(...this.#slots.toReversed());
  }

  /** Requests that are not answered yet, those that wait for a connection among them. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Sends a request.
   *
   * @param path behind the prefix, from `/` on
   * @param headers besides those of every request; of the same name, these count
   * @param done is called once, never within this call; what it throws is an uncaught exception
   */
  request(
    method: Method,
    path: string,
    headers: Readonly<Record<string, string>> | undefined,
    body: string | undefined,
    done: Done,
  ): void {
    const exchange = new Exchange(
      method,
      this.#prefix + path,
      mergedHeaders(this.#headers, headers),
      body ?? null,
      performance.now() + this.#options.timeoutMs,
      done,
      this.#ended,
    );
    this.#inFlight++;
    if (this.#closing !== null) {
      queueMicrotask(() => this.#settle(exchange, 'closed'));
      return;
    }
    this.#open.push(exchange);
    this.#timer ??= setTimeout(this.#expire, this.#options.timeoutMs).unref();
    const slot = this.#idle.pop();
    if (slot === undefined) this.#waiting.push(exchange);
    else this.#send(slot, exchange);
  }

  /**
   * Ends all connections now. What is in flight is answered with `closed` before this comes back; whether the server got
   * it is unknown.
   */
  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    // The caller must find the client closed before a callback runs.
    await Promise.resolve();
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (let open = this.#open.shift(); open !== undefined; open = this.#open.shift()) this.#settle(open, 'closed');
    await Promise.all(this.#slots.map(({ client }) => client.destroy()));
  }

  #newClient(): Client {
    return new Client(this.#origin, {
      connect: this.#connector,
      allowH2: false,
      pipelining: 1,
      // Deadlines are kept here, to the millisecond and over the whole answer.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: BODY_BYTES_MAX,
    });
  }

  #send(slot: Slot, exchange: Exchange): void {
    exchange.slot = slot;
    slot.client.dispatch(exchange, exchange);
  }

  /** The slot takes the next request that waits, or waits for one. */
  #free(slot: Slot): void {
    if (this.#closing !== null) return;
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(slot);
    else this.#send(slot, next);
  }

  #end(exchange: Exchange, error: Error | null): void {
    if (exchange.isSettled) return;
    if (error === null) this.#finish(exchange, null);
    // undici is not ready for another request while it tells of an error.
    else queueMicrotask(() => this.#finish(exchange, networkErrorWord(error, exchange.status !== 0)));
  }

  #finish(exchange: Exchange, error: string | null): void {
    if (exchange.isSettled) return;
    const slot = exchange.slot!;
    const answer = exchange.answer(error);
    // First, so that what waits goes out before what `done` sends, and before `done` takes its time.
    this.#free(slot);
    this.#settle(exchange, null, answer);
  }

  #settle(exchange: Exchange, error: string | null, answer = exchange.answer(error)): void {
    const { done } = exchange;
    exchange.isSettled = true;
    exchange.release();
    this.#open.first();
    this.#inFlight--;
    try {
      done(answer);
    } catch (thrown) {
      // undici would take it for trouble with the answer.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }

  readonly #expire = (): void => {
    this.#timer = null;
    const nowMs = performance.now();
    let first = this.#open.first();
    while (first !== undefined && first.deadlineMs <= nowMs) {
      const { slot } = first;
      const late = first;
      if (slot !== null) {
        // Whatever comes over this connection now would be taken for the next request's answer.
        const { client } = slot;
        slot.client = this.#newClient();
        late.isSettled = true;
        void client.destroy();
        this.#free(slot);
      }
      this.#settle(late, 'timeout');
      first = this.#open.first();
    }
    if (first === undefined || this.#closing !== null) return;
    this.#timer ??= setTimeout(this.#expire, Math.max(1, Math.ceil(first.deadlineMs - nowMs))).unref();
  };
}

/** `scheme://host:port` as a URL writes it. */
function checkedOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin =
    url !== undefined &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.href === `${url.origin}/` &&
    !text.includes('@');
  // An address with a password in it is not shown.
  if (!isOrigin)
    throw new InputError('origin', text.includes('@') ? 'an address with a user' : text, 'http://host:port');
  return url.origin;
}
