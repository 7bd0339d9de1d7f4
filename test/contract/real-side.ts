// Real sides of the relay port as tests open them: over the same options as the model's, with relays at addresses in a
// process of their own, since whoever asks sleeps until the answer is there. It must not know what tests ask.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { inProcess } from '../../relay-adapter/in-process.ts';
import type { RelayPort } from '../../relay-adapter/port.ts';
import { NO_ACCESS } from '../../relay-adapter/wire/access.ts';
import { openRelaySide, type RelaySide } from '../../relay-adapter/wire/sides.ts';
import type { RelayWanted } from './address-relays-child.ts';
import type { Side, SideOptions } from './relay-port.ts';

const EPOCH_MS = 1_767_225_600_000;

/** A real side with nothing in it. */
export function openRealPort(
  side: RelaySide,
  { table, dialect, pageSize, isMember, membersOf }: SideOptions,
  store: 'sqlite' | 'postgres' = 'sqlite',
): RelayPort {
  return openRelaySide(side, {
    dialect,
    table,
    pageSize,
    isMember,
    membersOf,
    reference: inProcess(table, { dialect, pageSize }, { isMember, membersOf }),
    nowUs: () => 0,
    nowMs: () => EPOCH_MS,
    isSealed: true,
    store,
    pathPrefix: '',
    access: NO_ACCESS,
    identity: 'a test of the relay port',
    isRepeatable: true,
  });
}

/** The same for the contract: whatever a test did, no answer was wrong, and in the end the relay has what it said. */
export function realSide(side: RelaySide, options: SideOptions, store?: 'sqlite' | 'postgres'): Side {
  const port = openRealPort(side, options, store);
  return {
    port,
    close() {
      port.audit!();
      port.dispose!();
      expect(port.complaints).toEqual([]);
    },
  };
}

/** Real relays at addresses of this machine. */
export interface AddressRelays {
  /** The address of a relay that serves nobody else's questions about these changes. */
  at(wanted: RelayWanted): Promise<string>;
  stop(): Promise<void>;
}

/** Starts the process in which relays listen. */
export function addressRelays(): AddressRelays {
  const file = fileURLToPath(new URL('address-relays-child.ts', import.meta.url));
  const child: ChildProcess = fork(file, [], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const urls = new Map<string, string>();
  return {
    async at(wanted) {
      const key = JSON.stringify(wanted);
      const known = urls.get(key);
      if (known !== undefined) return known;
      child.send(wanted);
      const [{ url, error }] = (await once(child, 'message')) as [{ url?: string; error?: string }];
      if (url === undefined) throw new Error(`a relay did not start: ${error}`);
      urls.set(key, url);
      return url;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
