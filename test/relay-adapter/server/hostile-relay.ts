// A relay in a process of its own that hostile requests are sent to over real sockets, with the model of what it must
// hold. Whatever it answers is checked here. It must not know which requests are sent.

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { ERROR_STATUS } from '../../../relay-adapter/protocol.ts';
import { signToken } from '../../../relay-adapter/server/tokens.ts';
import { HostileModel } from './hostile-model.ts';

export const HOSTILE_SECRET = 'a secret of the hostile tests';

/** What a relay answered. */
export interface HostileAnswer {
  readonly status: number;
  readonly text: string;
  readonly type: string;
}

export type HostileBody = string | Buffer | undefined;
export type HostileHeaders = Readonly<Record<string, string>>;

/** Statuses that HTTP itself has for what the catalogue calls INVALID_REQUEST. */
const INVALID_STATUSES: readonly number[] = [400, 404, 405, 408, 417, 431];

/** A refusal of the catalogue: its status, its code and its shape. Gives the code. */
export function assertRefused({ status, text, type }: HostileAnswer): string {
  const shown = `${status} ${text.slice(0, 300)}`;
  assert.ok(status >= 400 && status < 500, `a coded 4xx, not ${shown}`);
  assert.match(type, /^application\/json/, shown);
  const body = JSON.parse(text) as { error: { code: keyof typeof ERROR_STATUS; message: string }; timestamp: number };
  const { code, message } = body.error;
  assert.ok(code === 'INVALID_REQUEST' ? INVALID_STATUSES.includes(status) : ERROR_STATUS[code] === status, shown);
  assert.ok(typeof message === 'string' && message.length > 0 && message.length < 1000, shown);
  assert.ok(Number.isSafeInteger(body.timestamp), shown);
  assert.ok(text.length < 10_000, 'a refusal is short');
  return code;
}

export class HostileRelay {
  readonly model = new HostileModel();
  readonly url: string;
  readonly port: number;
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #pool: Pool;

  constructor(url: string, folder: string, child: ChildProcess) {
    this.url = url;
    this.port = Number(new URL(url).port);
    this.#folder = folder;
    this.#child = child;
    this.#pool = new Pool(url, { connections: 8 });
  }

  static async start(requestTimeoutMs = 120_000): Promise<HostileRelay> {
    const folder = mkdtempSync(join(tmpdir(), 'squall-hostile-'));
    const entry = fileURLToPath(new URL('./hostile-child.ts', import.meta.url));
    const given = [join(folder, 'relay.db'), HOSTILE_SECRET, String(requestTimeoutMs)];
    const child = fork(entry, given, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const [url] = (await once(child, 'message')) as [string];
    return new HostileRelay(url, folder, child);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.disconnect();
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Megabytes of the relay's process: now, or the most that it ever had. */
  residentMb(what: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(new RegExp(`^${what}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  }

  token(ledger: string): HostileHeaders {
    return { authorization: `Bearer ${signToken(HOSTILE_SECRET, ledger)}` };
  }

  async send(method: string, path: string, body: HostileBody, headers: HostileHeaders = {}): Promise<HostileAnswer> {
    const response = await this.#pool.request({
      method,
      path,
      body: body ?? null,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
    });
    const text = await response.body.text();
    const answer = { status: response.statusCode, text, type: String(response.headers['content-type']) };
    assert.ok(answer.status < 500, `${method} ${path}: ${answer.status} ${text}`);
    return answer;
  }

  /** Pushes what may be anything with the good token of a ledger, and holds the answer against the model. */
  async push(ledger: string, body: string | Buffer, headers: HostileHeaders = {}): Promise<HostileAnswer> {
    const answer = await this.send('POST', '/sync/push', body, { ...this.token(ledger), ...headers });
    this.judge(ledger, body, answer);
    return answer;
  }

  /** Holds the answer to a push against the model, which then takes in what was accepted. */
  judge(ledger: string, body: string | Buffer, answer: HostileAnswer): void {
    const { expected, take } = this.model.judge(body, ledger);
    const shown = `${body.toString('latin1').slice(0, 600)}\n=> ${answer.status} ${answer.text.slice(0, 300)}`;
    if (expected === 'refused') {
      assertRefused(answer);
      return;
    }
    assert.equal(answer.status, 200, shown);
    const { accepted, rejected, success } = JSON.parse(answer.text) as {
      accepted: string[];
      rejected: { id: string; reason: string }[];
      success: boolean;
    };
    assert.deepEqual(accepted, expected.accepted, shown);
    assert.deepEqual(
      rejected.map(({ id }) => id),
      expected.rejected,
      shown,
    );
    for (const { reason } of rejected) assert.match(reason, /^[A-Z_]+(: |$)/, shown);
    assert.equal(success, rejected.length === 0);
    take();
  }

  /** Pulls with the good token of a ledger: a coded refusal, or changes of that ledger and of no other. */
  async pull(ledger: string, body: string | Buffer, headers: HostileHeaders = {}): Promise<HostileAnswer> {
    const answer = await this.send('POST', '/sync/pull', body, { ...this.token(ledger), ...headers });
    if (answer.status !== 200) {
      assertRefused(answer);
      return answer;
    }
    const own = new Set(this.model.logs.get(ledger));
    for (const text of changeTexts(answer.text)) assert.ok(own.has(text), `foreign or changed: ${text.slice(0, 300)}`);
    return answer;
  }

  /** All that a device would be handed out, page by page, held against the model. */
  async pullAll(ledger: string): Promise<void> {
    const handedOut: string[] = [];
    let cursor: string | undefined;
    for (let hasMore = true; hasMore;) {
      const body = JSON.stringify({ protocol_version: '1.1.0', ledger_id: ledger, device_id: 'reader', cursor });
      const page = await this.pull(ledger, body);
      assert.equal(page.status, 200);
      const read = JSON.parse(page.text) as { cursor: string; has_more: boolean };
      handedOut.push(...changeTexts(page.text));
      assert.ok(!read.has_more || read.cursor !== cursor, 'a page that has more goes on');
      cursor = read.cursor;
      hasMore = read.has_more;
    }
    assert.deepEqual(handedOut, this.model.logs.get(ledger) ?? []);
  }

  /** The whole store, byte for byte what the model holds; and the relay lives. */
  async settle(): Promise<void> {
    assert.equal((await this.send('GET', '/health', undefined)).status, 200);
    const file = new DatabaseSync(join(this.#folder, 'relay.db'), { readOnly: true });
    try {
      const rows = file
        .prepare('SELECT name, body FROM changes JOIN ledgers USING (ledger) ORDER BY ledger, position')
        .all() as { name: string; body: string }[];
      const logs = new Map<string, string[]>();
      for (const { name, body } of rows) {
        const log = logs.get(name);
        if (log === undefined) logs.set(name, [body]);
        else log.push(body);
      }
      const sorted = (some: ReadonlyMap<string, string[]>) => [...some].sort(([a], [b]) => (a < b ? -1 : 1));
      assert.deepEqual(sorted(logs), sorted(this.model.logs));
    } finally {
      file.close();
    }
  }

  /**
   * Writes bytes to a socket and gives all answers that come until it is closed. Where a function stands among them what
   * it gives is waited for, whatever became of the socket.
   */
  async raw(...parts: (string | Buffer | (() => Promise<void>))[]): Promise<HostileAnswer[]> {
    const socket = connect({ port: this.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.on('end', () => socket.end());
    const closed = closedOf(socket);
    for (const part of parts) {
      if (typeof part === 'function') await part();
      else if (socket.destroyed || !socket.writable) continue;
      else if (!socket.write(part)) await drainedOrClosed(socket);
    }
    await closed;
    return answersOf(Buffer.concat(received).toString('latin1'));
  }
}

/** Resolves when a socket is closed, by an error or not. */
export function closedOf(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

/** Resolves when a socket takes more, or never will. */
export function drainedOrClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
    if (socket.closed) done();
  });
}

/** The changes on a page as they were kept: without the cursor that stands last in each. */
function changeTexts(page: string): string[] {
  const { changes } = JSON.parse(page) as { changes: Record<string, unknown>[] };
  return changes.map(({ cursor: _cursor, ...kept }) => JSON.stringify(kept));
}

/** Answers with a Content-Length, as they stand one after the other. */
function answersOf(text: string): HostileAnswer[] {
  const answers: HostileAnswer[] = [];
  let rest = text;
  while (rest !== '') {
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(rest)?.[1]);
    const end = rest.indexOf('\r\n\r\n');
    assert.ok(status > 0 && end > 0, `an answer, not ${rest.slice(0, 200)}`);
    const head = rest.slice(0, end);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const type = /\r\ncontent-type: ([^\r]*)/i.exec(head)?.[1] ?? '';
    answers.push({ status, type, text: rest.slice(end + 4, end + 4 + length) });
    rest = rest.slice(end + 4 + length);
  }
  return answers;
}
