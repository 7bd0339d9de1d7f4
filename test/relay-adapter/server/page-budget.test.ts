import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PAGES_BYTES_MAX, PageBudget } from '../../../relay-adapter/server/page-budget.ts';
import { signToken } from '../../../relay-adapter/server/tokens.ts';
import { LEDGER, SECRET, bearer, change11, pull11, push11 } from './requests.ts';

/** A relay with nothing in it was measured at 100 MB; a page is held as the store's text and as the answer's. */
const RESIDENT_MB_MAX = 700;
const READERS = 40;
const PIPELINED = 8;

let folder: string;
let child: ChildProcess;
let url: string;
const sockets: Socket[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'squall-pages-'));
  const entry = fileURLToPath(new URL('./hostile-child.ts', import.meta.url));
  const given = [join(folder, 'relay.db'), SECRET];
  child = fork(entry, given, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  [url] = (await once(child, 'message')) as [string];
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

const headers = { 'content-type': 'application/json', ...bearer(signToken(SECRET, LEDGER)) };

function post(what: 'push' | 'pull', body: object): Promise<Response> {
  return fetch(`${url}/sync/${what}`, { method: 'POST', body: JSON.stringify(body), headers });
}

/** Most megabytes that the relay has ever had. */
function residentMbMost(): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)![1]) / 1024;
}

test('crowds that ask for large pages and do not read them leave memory bounded, and the others are served', async () => {
  const payload = Buffer.alloc(6_000_000, 'p').toString('base64');
  for (const sequence of [1, 2]) {
    const pushed = await post('push', push11([change11(sequence, { encrypted_payload: payload })]));
    expect(((await pushed.json()) as { success: boolean }).success).toBe(true);
  }
  await post('push', push11([change11(3)]));
  const body = JSON.stringify(pull11());
  const head = Object.entries({ Host: 'x', ...headers, 'content-length': body.length });
  const request = `POST /sync/pull HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n${body}`;
  for (let reader = 0; reader < READERS; reader++) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    socket.pause();
    await once(socket, 'connect');
    socket.write(request.repeat(PIPELINED));
    // What came before was judged when this was answered; a small page always has room.
    const small = await post('pull', pull11({ cursor: 'c0000002' }));
    expect([small.status, ((await small.json()) as { changes: unknown[] }).changes.length]).toEqual([200, 1]);
  }
  const large = await post('pull', pull11());
  expect([large.status, large.headers.get('retry-after')]).toEqual([429, '1']);
  expect(residentMbMost()).toBeLessThan(RESIDENT_MB_MAX);
  // The room is given back when they are gone, also that of the answers that had not begun.
  for (const socket of sockets.splice(0)) socket.destroy();
  let page: Response;
  do page = await post('pull', pull11());
  while (page.status === 429);
  expect(((await page.json()) as { changes: unknown[] }).changes).toHaveLength(3);
  for (let turn = 0; turn < 3; turn++) {
    const pages = await Promise.all(Array.from({ length: 8 }, () => post('pull', pull11())));
    expect(pages.map(({ status }) => status)).toEqual(pages.map(() => 200));
    for (const each of pages) await each.arrayBuffer();
  }
});

test('a page takes its room until its answer ends, none where its reader is gone, and one has room in any case', () => {
  const budget = new PageBudget();
  const take = (bytes: number, isGone = false): EventEmitter => {
    const answer = new EventEmitter();
    const request = { raw: { socket: { destroyed: isGone } } } as FastifyRequest;
    budget.reserve(request, { raw: answer } as unknown as FastifyReply, bytes);
    return answer;
  };
  take(PAGES_BYTES_MAX, true);
  const first = take(PAGES_BYTES_MAX + 1);
  expect(() => take(PAGES_BYTES_MAX / 2)).toThrow('as many large pages as it can');
  take(64 * 1024);
  first.emit('finish');
  first.emit('close');
  take(PAGES_BYTES_MAX / 2);
  take(PAGES_BYTES_MAX / 2);
  expect(() => take(PAGES_BYTES_MAX / 2)).toThrow('as many large pages as it can');
});
