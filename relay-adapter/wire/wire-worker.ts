// The thread of a wire: takes one question at a time, waits for the relay, and wakes whoever asked; where it dies it says so
// first, for whoever asked sleeps and would not hear of it. It must not know what is asked.

import { workerData } from 'node:worker_threads';
import { carried } from './carried-error.ts';
import type { Backend } from './wire.ts';
import { ANSWERED, DIED, type ThreadAnswer, type ThreadQuestion, type ThreadSetup } from './wire-thread.ts';

const { target, port, state } = workerData as ThreadSetup;
let opened: Promise<Backend> | undefined;

/** What stands behind the wire is loaded when it is asked for: where that fails there is somebody to be told. */
async function open(): Promise<Backend> {
  const { openBackend } = await import('./backends.ts');
  return openBackend(target);
}

async function answerTo(question: ThreadQuestion): Promise<ThreadAnswer> {
  const backend = await (opened ??= open());
  if (question.kind === 'request') return { kind: 'answer', answer: await backend.request(question.request) };
  if (question.kind === 'command') return { kind: 'done', held: await backend.command(question.command) };
  await backend.close();
  return { kind: 'done', held: [] };
}

function tell(message: ThreadAnswer): void {
  port.postMessage(message);
  Atomics.add(state, ANSWERED, 1);
  Atomics.notify(state, ANSWERED);
}

function die(error: unknown): void {
  Atomics.store(state, DIED, 1);
  tell(carried(error));
  port.close();
}

async function answer(question: ThreadQuestion): Promise<void> {
  const given = await answerTo(question).catch(carried);
  if (Atomics.load(state, DIED) !== 0) return;
  tell(given);
  if (question.kind === 'close') port.close();
}

process.on('uncaughtException', die);
process.on('unhandledRejection', die);
port.on('message', (question: ThreadQuestion) => void answer(question));
