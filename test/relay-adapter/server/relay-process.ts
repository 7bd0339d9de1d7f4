// The relay in a process of its own, for those who kill it, run two of it on one store, or measure it: as a run spawns it,
// or as it is served, or with a planted bug. It must not know what requests say.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { HttpClient } from '../../../relay-adapter/load/http-client.ts';
import type { ChildAnswer } from '../../../relay-adapter/wire/relay-child.ts';
import { headersOf } from '../../../relay-adapter/wire/sending.ts';
import { startRelay } from '../../../relay-adapter/wire/spawn-backend.ts';
import type { WireAnswer } from '../../../relay-adapter/wire/wire.ts';

/**
 * `spawned`: the process of the spawn side, whose store can be told to fail. `served`: without that, and with a member of
 * whoever comes. The others are as `served`, each with a planted bug: `hasty` answers a push before that is written,
 * `skipping` leaves out a change of some pages.
 */
export type RelayKind = 'spawned' | 'served' | 'hasty' | 'skipping';

export interface RelayProcessOptions {
  readonly kind: RelayKind;
  /** As `--store`. */
  readonly address: string;
  readonly tokenSecret: string;
  readonly pageSize: number;
}

export interface RelayProcess {
  readonly url: string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Lets it stop by itself, with what is under way. */
  stop(): Promise<void>;
}

const CHILD = fileURLToPath(new URL('./relay-process-child.ts', import.meta.url));

function startChild(kind: RelayKind): ChildProcess {
  if (kind === 'spawned') return startRelay();
  const execArgv = ['--disable-warning=ExperimentalWarning'];
  return fork(CHILD, [kind], { serialization: 'advanced', execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

/** Starts a relay on a free port of the loopback. It ends with this process. */
export async function startRelayProcess(options: RelayProcessOptions): Promise<RelayProcess> {
  const { kind, address, tokenSecret, pageSize } = options;
  const child = startChild(kind);
  const exited = once(child, 'exit');
  const answered = once(child, 'message') as Promise<[ChildAnswer]>;
  child.send({ kind: 'open', address, options: { tokenSecret, pageSize, store: address } });
  const first = await Promise.race([answered, exited.then(() => undefined)]);
  const answer = first?.[0];
  if (answer?.kind !== 'listening') {
    child.kill('SIGKILL');
    throw new Error(`the relay did not start: ${JSON.stringify(answer)}`);
  }
  return {
    url: answer.url,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** Sends one POST, once. */
export function post(client: HttpClient, path: string, token: string, body: string): Promise<WireAnswer> {
  return new Promise((resolve) => client.request('POST', path, headersOf({ token, body }), body, resolve));
}

/** A client of a relay, for so many requests at a time. What is not answered in time has the error `timeout`. */
export function clientOf(url: string, connections: number): HttpClient {
  return new HttpClient({ origin: url, connections, timeoutMs: 20_000 });
}
