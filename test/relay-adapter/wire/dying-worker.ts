// The thread of a wire with a bug in it for tests: it throws where nobody catches when it is asked for `/die`.
import { workerData } from 'node:worker_threads';
import type { ThreadQuestion, ThreadSetup } from '../../../relay-adapter/wire/wire-thread.ts';
import '../../../relay-adapter/wire/wire-worker.ts';

(workerData as ThreadSetup).port.on('message', (question: ThreadQuestion) => {
  if (question.kind === 'request' && question.request.path === '/die') throw new Error('a bug of the thread');
});
