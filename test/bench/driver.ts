// How much load our driver makes, and how close to its instants. In a process of its own: rounds of our HTTP client and
// autocannon in turn, in a closed loop against the same echo server, which is another process; then the pacer beside
// setTimeout. `node test/bench/driver.ts <rounds> <seconds a round> <connections>` prints one line of JSON.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { HttpClient } from '../../relay-adapter/load/http-client.ts';
import { startPacer } from '../../relay-adapter/load/pacer.ts';

const PATH = '/sync/push';
const HEADERS = { 'content-type': 'application/json', authorization: `Bearer ${'t'.repeat(64)}` };
/** Requests before the rounds, so that all are warm. */
const WARM_UP_SECONDS = 2;
const WAKES_PER_SECOND = [500, 1000, 2000];

/** Answers a second, and CPU time of this process for each, of one round. */
export interface DriverRound {
  readonly perSecond: number;
  readonly cpuUsPerRequest: number;
}

/** How late wakes came, ms. */
export interface Lateness {
  readonly perSecond: number;
  readonly by: 'pacer' | 'setTimeout';
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What this process prints. */
export interface DriverRounds {
  readonly bodyBytes: number;
  readonly ours: DriverRound[];
  readonly autocannon: DriverRound[];
  readonly lateness: Lateness[];
}

function pushBody(): string {
  const changes = ['a', 'b'].map((name) => ({
    id: `change-${name}-0123456789abcdef`,
    entity_type: 'transaction',
    entity_id: `entity-${name}-0123456789abcdef`,
    operation: 'UPDATE',
    encrypted_payload: name.repeat(128),
    timestamp: 1_700_000_000_000,
  }));
  return JSON.stringify({ protocol_version: '1.1.0', ledger_id: 'ledger-1', device_id: 'device-1', changes });
}

/** What a driver did, and the time that it took. */
interface Answered {
  readonly requests: number;
  readonly seconds: number;
}

/** Does a round and divides what it cost by what it gave. */
async function measured(round: () => Promise<Answered>): Promise<DriverRound> {
  const before = process.cpuUsage();
  const { requests, seconds } = await round();
  const { user, system } = process.cpuUsage(before);
  return { perSecond: requests / seconds, cpuUsPerRequest: (user + system) / requests };
}

/** Each answer sends the next request, on so many connections, for so long. Gives the answers. */
async function oursFor(origin: string, body: string, connections: number, seconds: number): Promise<Answered> {
  const client = new HttpClient({ origin, connections, headers: HEADERS, timeoutMs: 10_000 });
  const endMs = performance.now() + seconds * 1000;
  let answers = 0;
  let running = connections;
  await new Promise<void>((resolve, reject) => {
    const next = (): void => {
      client.request('POST', PATH, undefined, body, ({ status, error }) => {
        if (status !== 200) reject(new Error(`the echo server answered ${error ?? status}`));
        else if (performance.now() < endMs) {
          answers++;
          next();
        } else if (--running === 0) resolve();
      });
    };
    for (let connection = 0; connection < connections; connection++) next();
  });
  await client.close();
  return { requests: answers, seconds };
}

async function autocannonFor(origin: string, body: string, connections: number, seconds: number): Promise<Answered> {
  const { requests, non2xx, errors, duration } = await autocannon({
    url: origin + PATH,
    method: 'POST',
    headers: HEADERS,
    body,
    connections,
    duration: seconds,
    timeout: 10,
  });
  assert.equal(non2xx + errors, 0, 'the echo server answered autocannon with errors');
  return { requests: requests.total, seconds: duration };
}

async function throughput(
  rounds: number,
  seconds: number,
  connections: number,
): Promise<Omit<DriverRounds, 'lateness'>> {
  const server = fork(fileURLToPath(new URL('echo-server.ts', import.meta.url)), { execArgv: process.execArgv });
  try {
    const [port] = (await once(server, 'message')) as [number];
    const origin = `http://127.0.0.1:${port}`;
    const body = pushBody();
    const ours: DriverRound[] = [];
    const theirs: DriverRound[] = [];
    await oursFor(origin, body, connections, WARM_UP_SECONDS);
    await autocannonFor(origin, body, connections, WARM_UP_SECONDS);
    for (let round = 0; round < rounds; round++) {
      const turns = [
        async () => ours.push(await measured(() => oursFor(origin, body, connections, seconds))),
        async () => theirs.push(await measured(() => autocannonFor(origin, body, connections, seconds))),
      ];
      // Neither always comes second.
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
    }
    return { bodyBytes: Buffer.byteLength(body), ours, autocannon: theirs };
  } finally {
    server.disconnect();
    await once(server, 'exit');
  }
}

/** How late each of the wakes was that were due at equal distances; who is late is woken at once for the next ones. */
async function latenessOf(by: Lateness['by'], perSecond: number, seconds: number): Promise<Lateness> {
  const wakes = perSecond * seconds;
  const lateMs = new Float64Array(wakes);
  const startMs = performance.now() + 50;
  const dueMs = (wake: number): number => startMs + (wake * 1000) / perSecond;
  let wake = 0;
  let finished = (): void => undefined;
  const done = new Promise<void>((resolve) => {
    finished = resolve;
  });
  let ask: (atMs: number) => void = (atMs) => void setTimeout(onWake, Math.max(0, Math.ceil(atMs - performance.now())));
  function onWake(): void {
    const nowMs = performance.now();
    for (; wake < wakes && dueMs(wake) <= nowMs; wake++) lateMs[wake] = nowMs - dueMs(wake);
    if (wake < wakes) ask(dueMs(wake));
    else finished();
  }
  const pacer = by === 'pacer' ? await startPacer(onWake) : undefined;
  if (pacer !== undefined) ask = (atMs) => pacer.wakeAt(atMs);
  const alive = setInterval(() => undefined, 1000);
  ask(dueMs(0));
  await done;
  clearInterval(alive);
  await pacer?.close();
  const sorted = lateMs.sort();
  const at = (share: number): number => sorted[Math.min(wakes - 1, Math.floor(wakes * share))]!;
  return { perSecond, by, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: sorted[wakes - 1]! };
}

async function main(): Promise<void> {
  const [rounds, seconds, connections] = process.argv.slice(2).map(Number) as [number, number, number];
  const rates = await throughput(rounds, seconds, connections);
  const lateness: Lateness[] = [];
  for (const perSecond of WAKES_PER_SECOND) {
    for (const by of ['pacer', 'setTimeout'] as const) lateness.push(await latenessOf(by, perSecond, seconds));
  }
  console.log(JSON.stringify({ ...rates, lateness } satisfies DriverRounds));
}

await main();
