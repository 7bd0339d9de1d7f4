// The entry of the driver's process: it is told over its parent's channel where the relay is and which step is next. It
// ends with its parent. It must not know the order of steps, nor which of them count.
import { HttpClient } from '../../relay-adapter/load/http-client.ts';
import type { DriverTarget, DrivenStep, StepOrder } from './driver.ts';
import { driveStep } from './driver.ts';
import { readProc } from './proc.ts';
import { CalibrationRequests, type Prepared } from './requests.ts';

export type DriverQuestion =
  | {
      readonly kind: 'begin';
      readonly target: DriverTarget;
      readonly secret: string | undefined;
      readonly namespace: number;
      /** The server that does nothing. */
      readonly echo: DriverTarget;
    }
  | { readonly kind: 'step' | 'echo'; readonly order: StepOrder };

export type DriverAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'driven'; readonly step: DrivenStep }
  | { readonly kind: 'failed'; readonly message: string };

let target: DriverTarget | undefined;
let echo: DriverTarget | undefined;
let requests: CalibrationRequests | undefined;

async function answerTo(question: DriverQuestion): Promise<DriverAnswer> {
  if (question.kind === 'begin') {
    ({ target, echo } = question);
    requests = new CalibrationRequests(question.secret, question.namespace);
    await prepare(target, requests);
    return { kind: 'ready' };
  }
  const where = question.kind === 'echo' ? echo : target;
  if (where === undefined || requests === undefined) return { kind: 'failed', message: 'the driver was not begun' };
  return { kind: 'driven', step: await driveStep(where, requests, question.order, readProc) };
}

/** Fills what is pulled from later, and learns its cursors. */
async function prepare({ origin, pathPrefix, headers }: DriverTarget, all: CalibrationRequests): Promise<void> {
  const http = new HttpClient({ origin, pathPrefix, headers, connections: 1, timeoutMs: 10_000 });
  const ask = async ({ path, body, headers: own }: Prepared): Promise<string> =>
    new Promise((resolve, reject) => {
      http.request('POST', path, own, body, ({ status, body: text, error }) => {
        if (status === 200) resolve(text);
        else reject(new Error(`it answered ${error ?? status} ${text.slice(0, 200)}`));
      });
    });
  try {
    for (const request of all.fill()) await ask(request);
    await all.learn(ask);
  } finally {
    await http.close();
  }
}

process.on('SIGINT', () => undefined);
process.on('message', (question: DriverQuestion) => {
  const failed = (error: unknown): DriverAnswer => ({ kind: 'failed', message: (error as Error).message });
  void (async () => process.send?.(await answerTo(question).catch(failed)))();
});
process.on('disconnect', () => process.exit());
