// Flawed relays in a process of their own: whoever drives one sleeps until its answer is there. It must not know flaws.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FlawedRelayOptions } from './flawed-relay.ts';

export interface FlawedRelays {
  /** The address of a new one. */
  start(options?: FlawedRelayOptions): Promise<string>;
  stop(): Promise<void>;
}

export function flawedRelays(): FlawedRelays {
  const file = fileURLToPath(new URL('flawed-relay-child.ts', import.meta.url));
  const child = fork(file, [], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return {
    async start(options = {}) {
      child.send(options);
      const [{ port }] = (await once(child, 'message')) as [{ port: number }];
      return `http://127.0.0.1:${port}`;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
