// A wire whose calls wait: a thread of its own talks to the relay, and this one sleeps until the answer is there. So
// virtual time stands still while a real call is under way, and nothing in the simulation has to be asynchronous. It must
// not know what is asked.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { AssertionError } from '../../sim/errors.ts';
import { type CarriedError, thrown } from './carried-error.ts';
import type { Wire, WireAnswer, WireCommand, WireRequest, WireTarget } from './wire.ts';

/** The thread itself gives up a request sooner; what takes longer is a bug of ours. */
const PATIENCE_MS = 120_000;

/** What the thread is started with. */
export interface ThreadSetup {
  readonly target: WireTarget;
  readonly port: MessagePort;
  /** One integer, which every answer changes. */
  readonly answers: Int32Array;
}

export type ThreadQuestion =
  | { readonly kind: 'request'; readonly request: WireRequest }
  | { readonly kind: 'command'; readonly command: WireCommand }
  | { readonly kind: 'close' };

export type ThreadAnswer =
  | { readonly kind: 'answer'; readonly answer: WireAnswer }
  | { readonly kind: 'done'; readonly held: readonly Uint8Array[] }
  | CarriedError;

/** Starts a thread for a relay; it keeps no process alive. */
export function openWire(target: WireTarget): Wire {
  const { port1: port, port2 } = new MessageChannel();
  const answers = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const workerData: ThreadSetup = { target, port: port2, answers };
  const worker = new Worker(threadFile(), { workerData, transferList: [port2], execArgv: [] });
  worker.unref();
  port.unref();
  let death: Error | undefined;
  worker.on('error', (error) => (death = error));
  let isClosed = false;
  const ask = (question: ThreadQuestion): Exclude<ThreadAnswer, CarriedError> => {
    if (isClosed) throw new AssertionError('a wire that was closed is not asked');
    const before = Atomics.load(answers, 0);
    port.postMessage(question);
    if (Atomics.wait(answers, 0, before, PATIENCE_MS) === 'timed-out') {
      throw new AssertionError(`the thread of a wire said nothing for ${PATIENCE_MS / 1000} s${reason(death)}`);
    }
    const received: { message: ThreadAnswer } | undefined = receiveMessageOnPort(port);
    if (received === undefined) throw new AssertionError('the thread of a wire answered with nothing');
    const { message } = received;
    if (message.kind === 'refused' || message.kind === 'failed') throw thrown(message);
    return message;
  };
  return {
    target,
    request(request) {
      const answered = ask({ kind: 'request', request });
      if (answered.kind !== 'answer') throw new AssertionError('a request is answered');
      return answered.answer;
    },
    command(command) {
      const answered = ask({ kind: 'command', command });
      if (answered.kind !== 'done') throw new AssertionError('a command is done');
      return answered.held;
    },
    close() {
      if (isClosed) return;
      ask({ kind: 'close' });
      isClosed = true;
      port.close();
    },
  };
}

function reason(death: Error | undefined): string {
  return death === undefined ? '' : `: ${death.message}`;
}

/** The thread's file beside this one: its source, or what was built of it. */
function threadFile(): string {
  const source = fileURLToPath(new URL('wire-worker.ts', import.meta.url));
  return existsSync(source) ? source : fileURLToPath(new URL('wire-worker.js', import.meta.url));
}
