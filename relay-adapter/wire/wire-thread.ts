// A wire whose calls wait: a thread of its own talks to the relay, and this one sleeps until the answer is there. So
// virtual time stands still while a real call is under way, and nothing in the simulation has to be asynchronous. It must
// not know what is asked.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { AssertionError } from '../../sim/errors.ts';
import { type CarriedError, thrown } from './carried-error.ts';
import {
  TIMEOUT_BEFORE,
  type Wire,
  type WireAnswer,
  type WireCommand,
  type WireRequest,
  type WireTarget,
} from './wire.ts';

/** The thread itself gives up a request sooner; what takes longer is a bug of ours. */
const PATIENCE_MS = 120_000;
/** Where in the shared integers each answer is counted, and where a thread that has died says so. */
export const ANSWERED = 0;
export const DIED = 1;

/** What the thread is started with. */
export interface ThreadSetup {
  readonly target: WireTarget;
  readonly port: MessagePort;
  /** Two integers: see `ANSWERED` and `DIED`. */
  readonly state: Int32Array;
}

export type ThreadQuestion =
  | { readonly kind: 'request'; readonly request: WireRequest }
  | { readonly kind: 'command'; readonly command: WireCommand }
  | { readonly kind: 'close' };

export type ThreadAnswer =
  | { readonly kind: 'answer'; readonly answer: WireAnswer }
  | { readonly kind: 'done'; readonly held: readonly Uint8Array[] }
  | CarriedError;

/** How a wire's thread is run, where that is not as usual. */
export interface ThreadOptions {
  readonly file?: string;
  readonly patienceMs?: number;
}

/** Starts a thread for a relay; it keeps no process alive. */
export function openWire(target: WireTarget, options: ThreadOptions = {}): Wire {
  return new ThreadWire(target, options);
}

class ThreadWire implements Wire {
  readonly target: WireTarget;
  readonly #port: MessagePort;
  readonly #worker: Worker;
  readonly #state = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  readonly #patienceMs: number;
  #isClosed = false;
  /** A request was given up. */
  #isRelaySilent = false;
  /** Nothing that the thread says is an answer to what it is asked. */
  #isThreadLost = false;

  constructor(target: WireTarget, { file = threadFile(), patienceMs = PATIENCE_MS }: ThreadOptions) {
    this.target = target;
    this.#patienceMs = patienceMs;
    const { port1, port2 } = new MessageChannel();
    const workerData: ThreadSetup = { target, port: port2, state: this.#state };
    this.#port = port1;
    this.#worker = new Worker(file, { workerData, transferList: [port2], execArgv: [] });
    this.#worker.unref();
    port1.unref();
    // It comes only while this thread does not sleep: whoever waits hears of it from the dying thread itself.
    this.#worker.on('error', () => (this.#isThreadLost = true));
  }

  get isDead(): boolean {
    return this.#isRelaySilent || this.#isThreadLost || Atomics.load(this.#state, DIED) !== 0;
  }

  request(request: WireRequest): WireAnswer {
    if (this.isDead && !this.#isClosed) return { status: 0, body: '', retryAfterMs: 0, error: TIMEOUT_BEFORE };
    const answered = this.#ask({ kind: 'request', request });
    if (answered.kind !== 'answer') throw new AssertionError('a request is answered');
    if (answered.answer.error === 'timeout') this.#isRelaySilent = true;
    return answered.answer;
  }

  command(command: WireCommand): readonly Uint8Array[] {
    const answered = this.#ask({ kind: 'command', command });
    if (answered.kind !== 'done') throw new AssertionError('a command is done');
    return answered.held;
  }

  close(): void {
    if (this.#isClosed) return;
    try {
      if (this.#isThreadLost || Atomics.load(this.#state, DIED) !== 0) void this.#worker.terminate();
      else this.#ask({ kind: 'close' });
    } finally {
      this.#isClosed = true;
      this.#port.close();
    }
  }

  #ask(question: ThreadQuestion): Exclude<ThreadAnswer, CarriedError> {
    if (this.#isClosed) throw new AssertionError('a wire that was closed is not asked');
    if (this.#isThreadLost) throw new AssertionError('a wire whose thread was lost is not asked');
    // In this order: a thread that dies after it was asked about that changes the count.
    const before = Atomics.load(this.#state, ANSWERED);
    const port = this.#port;
    if (Atomics.load(this.#state, DIED) === 0) {
      port.postMessage(question);
      if (Atomics.wait(this.#state, ANSWERED, before, this.#patienceMs) === 'timed-out') {
        // Its answer may come yet, and would be taken for the next one's.
        this.#isThreadLost = true;
        throw new AssertionError(`the thread of a wire said nothing for ${this.#patienceMs / 1000} s`);
      }
    }
    const received: { message: ThreadAnswer } | undefined = receiveMessageOnPort(port);
    if (Atomics.load(this.#state, DIED) !== 0) this.#isThreadLost = true;
    if (received === undefined) throw new AssertionError('the thread of a wire answered with nothing');
    const { message } = received;
    if (message.kind === 'refused' || message.kind === 'failed') throw thrown(message);
    return message;
  }
}

/** The thread's file beside this one: its source, or what was built of it. */
function threadFile(): string {
  const source = fileURLToPath(new URL('wire-worker.ts', import.meta.url));
  return existsSync(source) ? source : fileURLToPath(new URL('wire-worker.js', import.meta.url));
}
