// A wire's thread for tests, which answers as a path says: in time, with a time-out, too late, or never. `/count` says how
// many requests have come.
import { workerData } from 'node:worker_threads';
import {
  ANSWERED,
  type ThreadAnswer,
  type ThreadQuestion,
  type ThreadSetup,
} from '../../../relay-adapter/wire/wire-thread.ts';

const { port, state } = workerData as ThreadSetup;

function tell(message: ThreadAnswer): void {
  port.postMessage(message);
  Atomics.add(state, ANSWERED, 1);
  Atomics.notify(state, ANSWERED);
}

let requests = 0;

port.on('message', (question: ThreadQuestion) => {
  if (question.kind === 'command') tell({ kind: 'done', held: [Uint8Array.of(requests)] });
  else if (question.kind === 'close') {
    tell({ kind: 'done', held: [] });
    port.close();
  } else {
    requests++;
    const { path } = question.request;
    if (path === '/never') return;
    const none = { status: 0, body: '', retryAfterMs: 0 };
    if (path === '/timeout' || path === '/reset') tell({ kind: 'answer', answer: { ...none, error: path.slice(1) } });
    else tell({ kind: 'answer', answer: { status: 200, body: path, retryAfterMs: 0 } });
  }
});
