// A relay in a process of its own with troubles on command: the real one behind a proxy that stalls, is slow, refuses, cuts
// connections, swallows pushes or mixes up pages. It must not know what runs against it.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What is wrong with the relay from now on. */
export type Trouble =
  | { readonly kind: 'none' }
  /** What comes in the next so many ms is taken up only when they are over. */
  | { readonly kind: 'stall'; readonly ms: number }
  /** Each answer to a push or pull comes so many ms late. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Each push and pull is refused, with an error of the protocol. */
  | { readonly kind: 'refuse'; readonly status: number; readonly code: string }
  /** What is asked is done, and the connection ends without an answer. */
  | { readonly kind: 'cut' }
  /** Pushes are acknowledged and not stored. */
  | { readonly kind: 'swallow' }
  /** Every other reader gets the changes of a page in the opposite order. */
  | { readonly kind: 'mix' };

export interface TroubledOptions {
  /** Left out, the relay is open. */
  readonly tokenSecret?: string;
  /** Whether it has sockets for notifications. */
  readonly hasSockets?: boolean;
}

export interface TroubledRelay {
  readonly url: string;
  /** Takes effect before the call's promise resolves. */
  make(trouble: Trouble): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export type TroubledQuestion =
  | { readonly kind: 'open'; readonly options: TroubledOptions }
  | { readonly kind: 'make'; readonly trouble: Trouble };

/** After each question. */
export interface TroubledAnswer {
  readonly url: string;
}

const CHILD = fileURLToPath(new URL('./troubled-relay-child.ts', import.meta.url));

/** Starts one on a free port of the loopback. It ends with this process. */
export async function startTroubledRelay(options: TroubledOptions = {}): Promise<TroubledRelay> {
  const execArgv = ['--disable-warning=ExperimentalWarning'];
  const child = fork(CHILD, [], { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  const { url } = await ask(child, { kind: 'open', options });
  return {
    url,
    make: async (trouble) => void (await ask(child, { kind: 'make', trouble })),
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

async function ask(child: ChildProcess, question: TroubledQuestion): Promise<TroubledAnswer> {
  const answered = once(child, 'message') as Promise<[TroubledAnswer]>;
  child.send(question);
  return (await answered)[0];
}
