// The entry of a relay that a run starts as a process of its own: it is told over its parent's channel what to open and
// what is to go wrong, and ends with its parent. It must not know who the parent is.

import { carried, type CarriedError } from './carried-error.ts';
import { removeStore } from './scratch-store.ts';
import type { RelayOptions, WireCommand } from './wire.ts';
import { type Doom, doomOf, tellStore } from './relay-faults.ts';
import { openStore } from '../server/open-store.ts';
import { serve } from '../server/serve.ts';
import type { RelayStore } from '../server/store.ts';

/** What an open relay can be told. */
export type ChildCommand = Exclude<WireCommand, { name: 'open' | 'kill' | 'revive' | 'where' }>;

export type ChildQuestion =
  | { readonly kind: 'open'; readonly address: string; readonly options: RelayOptions }
  | { readonly kind: 'command'; readonly command: ChildCommand };

export type ChildAnswer =
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'done'; readonly held: readonly Uint8Array[] }
  | CarriedError;

interface Opened {
  readonly store: RelayStore;
  readonly doom: Doom;
  readonly address: string;
  close(): Promise<void>;
}

let opened: Opened | undefined;

async function answerTo(question: ChildQuestion): Promise<ChildAnswer> {
  if (question.kind === 'open') {
    await opened?.close();
    opened = undefined;
    const { tokenSecret, pageSize } = question.options;
    const die = (): void => void process.kill(process.pid, 'SIGKILL');
    const store = await openStore(question.address, { faults: true });
    const doom = doomOf(store, die);
    const relay = await serve({
      store,
      host: '127.0.0.1',
      port: 0,
      tokenSecret,
      pageSize,
      rateLimitPerMinute: 0,
      membership: 'listed',
    });
    opened = { address: question.address, store, doom, close: () => relay.close() };
    return { kind: 'listening', url: relay.url };
  }
  if (opened === undefined) return { kind: 'failed', message: 'the relay is not open' };
  if (question.command.name === 'held') return { kind: 'done', held: await opened.store.held() };
  if (question.command.name === 'dieAt') opened.doom(question.command.point);
  else await tellStore(opened.store, question.command);
  return { kind: 'done', held: [] };
}

// A Ctrl-C reaches all processes of a terminal's group: the parent decides when this one ends.
process.on('SIGINT', () => undefined);
process.on('message', (question: ChildQuestion) => {
  void (async () => process.send?.(await answerTo(question).catch(carried)))();
});
process.on('disconnect', () => {
  // With the relay closed nothing keeps the process alive; what it kept was for its parent alone.
  void (async () => {
    await opened?.close();
    if (opened !== undefined) await removeStore(opened.address);
  })();
});
