// The thread of a wire: takes one question at a time, waits for the relay, and wakes whoever asked. It must not know what
// is asked.

import { workerData } from 'node:worker_threads';
import { openBackend } from './backends.ts';
import { carried } from './carried-error.ts';
import type { Backend } from './wire.ts';
import type { ThreadAnswer, ThreadQuestion, ThreadSetup } from './wire-thread.ts';

const { target, port, answers } = workerData as ThreadSetup;
let opened: Promise<Backend> | undefined;

async function answerTo(question: ThreadQuestion): Promise<ThreadAnswer> {
  const backend = await (opened ??= openBackend(target));
  if (question.kind === 'request') return { kind: 'answer', answer: await backend.request(question.request) };
  if (question.kind === 'command') return { kind: 'done', held: await backend.command(question.command) };
  await backend.close();
  return { kind: 'done', held: [] };
}

async function answer(question: ThreadQuestion): Promise<void> {
  const given = await answerTo(question).catch(carried);
  port.postMessage(given);
  Atomics.add(answers, 0, 1);
  Atomics.notify(answers, 0);
  if (question.kind === 'close') port.close();
}

port.on('message', (question: ThreadQuestion) => void answer(question));
