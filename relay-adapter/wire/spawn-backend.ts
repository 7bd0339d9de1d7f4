// The real relay in a process of its own, on a free port of the loopback. Killed, it is killed as by the system. It must
// not know what requests say.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { assert } from '../../sim/errors.ts';
import { HttpClient } from '../load/http-client.ts';
import type { ChildAnswer, ChildQuestion } from './relay-child.ts';
import { ANSWER_MS, sent } from './sending.ts';
import { type CarriedError, thrown } from './carried-error.ts';
import { removeStore, ScratchStores } from './scratch-store.ts';
import type { Backend, RelayOptions, WireAnswer, WireCommand, WireRequest } from './wire.ts';

/** A process that has not said anything by then will not. */
const CHILD_MS = 60_000;

export class SpawnBackend implements Backend {
  readonly #stores = new ScratchStores();
  #child: ChildProcess | undefined;
  #client: HttpClient | undefined;
  #opened: { readonly address: string; readonly options: RelayOptions } | undefined;
  #url = '';

  request(request: WireRequest): Promise<WireAnswer> {
    assert(this.#client !== undefined, 'a relay is opened before it is asked');
    return sent(this.#client, request);
  }

  async command(command: WireCommand): Promise<readonly Uint8Array[]> {
    if (command.name === 'open') {
      const last = this.#opened?.address;
      const { options } = command;
      this.#opened = { address: this.#stores.next(options.store), options };
      await this.#open();
      if (last !== undefined) await removeStore(last);
    } else if (command.name === 'kill') {
      await this.#kill();
    } else if (command.name === 'revive') {
      await this.#open();
    } else if (command.name === 'where') {
      return [Buffer.from(this.#url)];
    } else {
      const answer = await this.#ask({ kind: 'command', command });
      if (answer.kind === 'done') return answer.held;
    }
    return [];
  }

  async close(): Promise<void> {
    await this.#client?.close();
    const child = this.#child;
    // One that has died is waited for by nobody.
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      if (child.connected) child.disconnect();
      await ended;
    }
    this.#child = undefined;
    this.#stores.close();
  }

  async #open(): Promise<void> {
    assert(this.#opened !== undefined, 'a relay is opened with its options');
    const { address, options } = this.#opened;
    await this.#client?.close();
    const answer = await this.#ask({ kind: 'open', address, options });
    assert(answer.kind === 'listening', 'a relay that was opened listens');
    this.#url = answer.url;
    this.#client = new HttpClient({ origin: answer.url, connections: 1, timeoutMs: ANSWER_MS });
  }

  async #kill(): Promise<void> {
    const child = this.#child;
    assert(child !== undefined, 'a relay that runs is killed');
    this.#child = undefined;
    // It may have ended within a push.
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Asks the relay's process, which is started where there is none. */
  #ask(question: ChildQuestion): Promise<Exclude<ChildAnswer, CarriedError>> {
    const child = (this.#child ??= startRelay());
    return new Promise((resolve, reject) => {
      const give = (answer: ChildAnswer): void => {
        clear();
        if (answer.kind === 'refused' || answer.kind === 'failed') reject(thrown(answer));
        else resolve(answer);
      };
      const fail = (): void => {
        clear();
        reject(new Error(`the relay's process ended or was silent when it was asked to ${nameOf(question)}`));
      };
      const timer = setTimeout(fail, CHILD_MS);
      const clear = (): void => {
        clearTimeout(timer);
        child.off('message', give).off('exit', fail);
      };
      child.on('message', give).on('exit', fail);
      child.send(question);
    });
  }
}

function nameOf(question: ChildQuestion): string {
  return question.kind === 'command' ? question.command.name : question.kind;
}

/** Starts the relay's process; it ends when this one does. */
export function startRelay(): ChildProcess {
  const source = fileURLToPath(new URL('relay-child.ts', import.meta.url));
  const file = existsSync(source) ? source : source.replace(/\.ts$/, '.js');
  return fork(file, [], { serialization: 'advanced', execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}
