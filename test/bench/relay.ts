// How many pushes and pulls a second our relay answers, durably: the relay as it is served, in a process of its own, driven
// in a closed loop by our HTTP client from this one. `node test/bench/relay.ts <rounds> <seconds a round> [stores]` prints one
// line of JSON. It must not know how the figures are shown.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { actorId, changeId, deviceId, ledgerId } from '../../models/identity.ts';
import { cursorText } from '../../relay-adapter/cursor.ts';
import { HttpClient } from '../../relay-adapter/load/http-client.ts';
import { encodePullRequest, encodePushRequest } from '../../relay-adapter/protocol-codec.ts';
import type { Change11 } from '../../relay-adapter/protocol.ts';
import { signToken } from '../../relay-adapter/server/tokens.ts';
import { headersOf } from '../../relay-adapter/wire/sending.ts';
import { startPostgres } from '../postgres.ts';
import { type RelayProcess, startRelayProcess } from '../relay-adapter/server/relay-process.ts';

export const STORES = ['sqlite', 'postgres'] as const;
export const LOADS = ['push, 1 change', 'push, 10 changes', 'pull, 0 rows', 'pull, 100 rows'] as const;
export const CONNECTIONS = [1, 10, 50] as const;

export type StoreName = (typeof STORES)[number];
export type LoadName = (typeof LOADS)[number];

/** One round of a load: answers a second, and from a request to its whole answer. */
export interface RelayRound {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface RelayCell {
  readonly store: StoreName;
  readonly load: LoadName;
  readonly connections: number;
  readonly rounds: RelayRound[];
}

/** What this process prints. A store that the machine does not have is left out. */
export interface RelayRounds {
  readonly cells: readonly RelayCell[];
}

const SECRET = 'a secret of the bench';
const EPOCH_MS = 1_767_225_600_000;
/** Each connection is a device; so many of them share a ledger. */
const DEVICES_OF_LEDGER = 5;
/** Of a sealed record of some fields. */
const PAYLOAD_BYTES = 256;
const PAGE_SIZE = 100;
/** Changes of a ledger that is pulled: who has pulled them all begins anew. */
const PULLED_CHANGES = 2000;
const WARM_UP_SECONDS = 0.5;
/** Ledgers that are pulled have numbers from here on. */
const PULLED_LEDGERS = 1000;
/** A device of its own fills those. */
const FILLER = 9999;

const payload = Buffer.alloc(PAYLOAD_BYTES, 'payload ').toString('base64');
const sequences = new Map<number, number>();

function newChange(device: number): Change11 {
  const sequence = (sequences.get(device) ?? 0) + 1;
  sequences.set(device, sequence);
  return {
    id: changeId(device, 0, sequence),
    entity_type: 'transaction',
    entity_id: `entity-${sequence}`,
    operation: 'UPDATE',
    encrypted_payload: payload,
    timestamp: EPOCH_MS + sequence,
    actor: actorId(device, 0),
    sequence,
  };
}

function pushBody(ledger: number, device: number, count: number): string {
  return encodePushRequest({
    protocol_version: '1.1.0',
    ledger_id: ledgerId(ledger),
    device_id: deviceId(device),
    timestamp: EPOCH_MS,
    changes: Array.from({ length: count }, () => newChange(device)),
  });
}

function pullBody(ledger: number, device: number, position: number): string {
  return encodePullRequest({
    protocol_version: '1.1.0',
    ledger_id: ledgerId(ledger),
    device_id: deviceId(device),
    ...(position > 0 && { cursor: cursorText(position) }),
  });
}

interface Request {
  readonly path: string;
  readonly body: string;
}

/** The next request of a connection. A ledger that is pulled has whole pages only, so that each has 100 rows. */
function requestsOf(load: LoadName, device: number): () => Request {
  const group = Math.floor(device / DEVICES_OF_LEDGER);
  if (load === 'push, 1 change' || load === 'push, 10 changes') {
    const count = load === 'push, 1 change' ? 1 : 10;
    return () => ({ path: '/sync/push', body: pushBody(group, device, count) });
  }
  const ledger = PULLED_LEDGERS + group;
  if (load === 'pull, 0 rows') {
    const body = pullBody(ledger, device, PULLED_CHANGES);
    return () => ({ path: '/sync/pull', body });
  }
  let position = 0;
  return () => {
    const body = pullBody(ledger, device, position);
    position = (position + PAGE_SIZE) % PULLED_CHANGES;
    return { path: '/sync/pull', body };
  };
}

/** Changes that each answer of a load accepts or hands out. */
const CHANGES: Readonly<Record<LoadName, number>> = {
  'push, 1 change': 1,
  'push, 10 changes': 10,
  'pull, 0 rows': 0,
  'pull, 100 rows': 100,
};

/** Refuses an answer that did less than the load asks for. */
function check(load: LoadName, text: string): void {
  const { accepted, changes } = JSON.parse(text) as { accepted?: unknown[]; changes?: unknown[] };
  const count = (accepted ?? changes)?.length;
  if (count !== CHANGES[load]) throw new Error(`${load}: an answer had ${count} changes`);
}

/** Each answer sends the next request of its connection, for so long. The first answer of each is looked into. */
async function driven(origin: string, load: LoadName, connections: number, seconds: number): Promise<RelayRound> {
  const client = new HttpClient({ origin, connections, timeoutMs: 30_000 });
  const latenciesMs: number[] = [];
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;
  let running = connections;
  await new Promise<void>((resolve, reject) => {
    for (let device = 0; device < connections; device++) {
      const nextRequest = requestsOf(load, device);
      const ledger = Math.floor(device / DEVICES_OF_LEDGER) + (load.startsWith('pull') ? PULLED_LEDGERS : 0);
      const headers = headersOf({ token: signToken(SECRET, ledgerId(ledger)), body: '' });
      let isFirst = true;
      const next = (): void => {
        const { path, body } = nextRequest();
        const sentMs = performance.now();
        client.request('POST', path, headers, body, ({ status, body: text, error }) => {
          const nowMs = performance.now();
          if (status !== 200) reject(new Error(`${load}: the relay answered ${error ?? status} ${text}`));
          else if (nowMs < endMs) {
            if (isFirst) check(load, text);
            isFirst = false;
            latenciesMs.push(nowMs - sentMs);
            next();
          } else if (--running === 0) resolve();
        });
      };
      next();
    }
  });
  await client.close();
  const sorted = Float64Array.from(latenciesMs).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { perSecond: latenciesMs.length / seconds, p50Ms: at(0.5), p95Ms: at(0.95) };
}

/** Fills the ledgers that are pulled. */
async function fill(origin: string): Promise<void> {
  const client = new HttpClient({ origin, connections: 1, timeoutMs: 30_000 });
  const ledgers = Math.ceil(Math.max(...CONNECTIONS) / DEVICES_OF_LEDGER);
  for (let ledger = PULLED_LEDGERS; ledger < PULLED_LEDGERS + ledgers; ledger++) {
    const headers = headersOf({ token: signToken(SECRET, ledgerId(ledger)), body: '' });
    for (let pushed = 0; pushed < PULLED_CHANGES; pushed += 1000) {
      const body = pushBody(ledger, FILLER, 1000);
      const { status } = await new Promise<{ status: number }>((resolve) => {
        client.request('POST', '/sync/push', headers, body, resolve);
      });
      if (status !== 200) throw new Error(`the relay answered ${status} to what was to be pulled`);
    }
  }
  await client.close();
}

async function main(): Promise<void> {
  const [rounds, seconds] = process.argv.slice(2, 4).map(Number) as [number, number];
  const chosen = (process.argv[4] ?? STORES.join()).split(',');
  const folder = mkdtempSync(join(tmpdir(), 'squall-bench-'));
  const postgres = chosen.includes('postgres') ? await startPostgres() : undefined;
  const addresses = {
    sqlite: chosen.includes('sqlite') ? `sqlite:${join(folder, 'relay.db')}` : undefined,
    postgres: postgres?.url,
  };
  const relays = new Map<StoreName, RelayProcess>();
  try {
    for (const store of STORES) {
      const address = addresses[store];
      if (address === undefined) continue;
      const relay = await startRelayProcess({ kind: 'served', address, tokenSecret: SECRET, pageSize: PAGE_SIZE });
      relays.set(store, relay);
      await fill(relay.url);
    }
    const cells: RelayCell[] = [];
    for (const load of LOADS) {
      for (const connections of CONNECTIONS) {
        for (const store of relays.keys()) cells.push({ store, load, connections, rounds: [] });
      }
    }
    for (let round = 0; round < rounds; round++) {
      // Nothing always comes after the same.
      for (const { store, load, connections, rounds: done } of round % 2 === 0 ? cells : cells.toReversed()) {
        const { url } = relays.get(store)!;
        await driven(url, load, connections, WARM_UP_SECONDS);
        done.push(await driven(url, load, connections, seconds));
      }
    }
    console.log(JSON.stringify({ cells } satisfies RelayRounds));
  } finally {
    for (const relay of relays.values()) await relay.stop();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
