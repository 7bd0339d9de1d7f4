// The sync client against a relay that answers as it is told, on the real kernel.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CAUSE_ACTION, CAUSE_AUTO_SYNC, CAUSE_NOTIFICATION, causeOf } from '../../models/cause.ts';
import { ChangeTable } from '../../models/change-table.ts';
import { SeededDraws } from '../../models/draws.ts';
import { type Measures, measuresOf } from '../../models/measures.ts';
import type { Page, Pushed, RelayRequest, RelayResponse, WireSizes } from '../../models/relay/messages.ts';
import { refusal } from '../../models/relay/store.ts';
import type { SyncClientOptions } from '../../models/sync-client-ports.ts';
import { SyncClient } from '../../models/sync-client.ts';
import { SyncClients } from '../../models/sync-clients.ts';
import { inProcess } from '../../relay-adapter/in-process.ts';
import { Simulation } from '../../sim/simulation.ts';
import { addChanges } from './changes.ts';

const options: SyncClientOptions = {
  batchSize: 10,
  autoSyncMs: 30_000,
  notifyMs: 200,
  timeoutMs: 10_000,
  retryMsBase: 200,
  retryMsMax: 30_000,
  retryJitter: 'full',
};

const sizes: WireSizes = {
  change: () => 500,
  push: (count, changesBytes) => 100 + count + changesBytes,
  pull: () => 115,
  response: () => 90,
  notification: () => 20,
};

const MS = 1000;
const turn = (n: number): number => causeOf(CAUSE_ACTION, 0, n);

/** What the relay says to a request, after how long; undefined where it says nothing. */
type Answering = (request: RelayRequest, nth: number) => { response: RelayResponse; afterMs?: number } | undefined;

const accept = (request: RelayRequest): RelayResponse =>
  request.kind === 'push'
    ? { kind: 'pushed', accepted: request.changes, rejected: [], stored: request.changes.length }
    : { kind: 'page', changes: new Int32Array(0), cursor: request.since, hasMore: false };

/** Accepts after 50 ms. */
const well: Answering = (request) => ({ response: accept(request), afterMs: 50 });

interface Sent {
  readonly request: RelayRequest;
  readonly atUs: number;
}

interface Bench {
  readonly sim: Simulation;
  readonly measures: Measures;
  readonly clients: SyncClient[];
  readonly client: SyncClient;
  readonly sent: Sent[];
  readonly pages: Page[];
  readonly accepted: number[];
  /** When a client has made durable what it was about to send. */
  readonly synced: readonly number[];
  /** Says how the relay answers from now on. */
  relay(answering: Answering): void;
  /** Hands an answer to a client now, as the network would. */
  answer(request: RelayRequest, response: RelayResponse): void;
  /** Puts changes into a client's outbox. */
  enqueue(count: number, device?: number): number[];
  at(atMs: number, action: () => void): void;
  /** `push[0,1]#0@time` of each request: its changes or cursor, its attempt, its time in ms. */
  requests(): string[];
}

function bench(more: Partial<SyncClientOptions> = {}, devices = 1, seed = 'client'): Bench {
  const sim = new Simulation({ seed });
  const measures = measuresOf(sim.metrics);
  const sent: Sent[] = [];
  const pages: Page[] = [];
  const accepted: number[] = [];
  const synced: number[] = [];
  let answering = well;
  const actions: (() => void)[] = [];
  const act = sim.handler('test/action', (index) => actions[index]!());
  const at = (atUs: number, action: () => void): void => sim.scheduleAt(atUs, act, actions.push(action) - 1);
  const answer = (request: RelayRequest, response: RelayResponse): void =>
    clients[request.device]!.answered(request.serial, response, sizes.response(response));
  const shared = new SyncClients(
    {
      simulation: sim,
      measures,
      sizes,
      draws: new SeededDraws(sim.streams),
      wireBytesOf: () => 500,
      send: (request) => {
        sent.push({ request, atUs: sim.nowUs });
        const said = answering(request, sent.length - 1);
        if (said !== undefined) at(sim.nowUs + (said.afterMs ?? 0) * MS, () => answer(request, said.response));
      },
    },
    { ...options, ...more },
  );
  const clients = Array.from(
    { length: devices },
    (_, index) =>
      new SyncClient(shared, index, 0, {
        id: index,
        sync: () => void synced.push(sim.nowUs),
        withState: (request) => request,
        // Five minutes ahead.
        clock: { nowMs: (simUs) => sim.epochMs + Math.floor(simUs / 1000) + 300_000 },
        takePage: (page) => void pages.push(page),
        accepted: (changes) => void accepted.push(...changes),
      }),
  );
  let changes = 0;
  return {
    sim,
    measures,
    clients,
    client: clients[0]!,
    sent,
    pages,
    accepted,
    synced,
    relay: (how) => void (answering = how),
    answer,
    enqueue: (count, device = 0) =>
      Array.from({ length: count }, () => {
        clients[device]!.enqueue(changes);
        return changes++;
      }),
    at: (atMs, action) => at(atMs * MS, action),
    requests: () =>
      sent.map(({ request, atUs }) => {
        const what = request.kind === 'push' ? `[${request.changes.join()}]` : `(${request.since})`;
        return `${request.kind}${what}#${request.attempt}@${atUs / MS}`;
      }),
  };
}

describe('a push', () => {
  test('goes in batches of ten: 25 changes are three pushes, in order, and end once', () => {
    const { sim, client, sent, accepted, enqueue, measures } = bench();
    const changes = enqueue(25);
    const ends: string[] = [];
    client.push(turn(3), (isOk) => ends.push(`${isOk}@${sim.nowUs / MS}`));
    sim.run();
    expect(sent.map(({ request, atUs }) => [request.kind === 'push' ? request.changes : [], atUs / MS])).toEqual([
      [changes.slice(0, 10), 0],
      [changes.slice(10, 20), 50],
      [changes.slice(20), 100],
    ]);
    expect(sent.map(({ request }) => [request.cause, request.attempt, request.page])).toEqual([
      [turn(3), 0, 0],
      [turn(3), 0, 1],
      [turn(3), 0, 2],
    ]);
    expect([accepted, ends, client.outboxLength, client.isBusy]).toEqual([changes, ['true@150'], 0, false]);
    expect(measures.changesAccepted.value).toBe(25);
  });

  test('has the size of its changes, and of its answer', () => {
    const { sim, client, sent, enqueue, measures } = bench();
    enqueue(3);
    client.push(turn(1));
    sim.run();
    expect(sent[0]!.request.bytes).toBe(100 + 3 + 3 * 500);
    expect([measures.bytesSent.value, measures.bytesReceived.value]).toEqual([1603, 90]);
  });

  test('takes along what is put into the outbox while it is under way', () => {
    const { sim, client, enqueue, requests, at } = bench();
    enqueue(2);
    client.push(turn(1));
    at(10, () => enqueue(2));
    sim.run();
    expect(requests()).toEqual(['push[0,1]#0@0', 'push[2,3]#0@50']);
  });

  test('of an empty outbox asks nothing and ends well', () => {
    const { sim, client, sent } = bench();
    const ends: boolean[] = [];
    client.push(turn(1), (isOk) => ends.push(isOk));
    sim.run();
    expect([ends, sent.length, client.isBusy]).toEqual([[true], 0, false]);
  });

  test('that fails keeps the outbox whole, and the user hears of it at once', () => {
    const { sim, client, accepted, enqueue, requests, relay } = bench();
    const changes = enqueue(12);
    relay((request, nth) => ({ response: nth === 0 ? accept(request) : refusal('UNAVAILABLE'), afterMs: 50 }));
    const ends: string[] = [];
    client.push(turn(1), (isOk) => ends.push(`${isOk}@${sim.nowUs / MS}`));
    sim.run(100 * MS);
    expect([ends, accepted, client.outbox]).toEqual([['false@100'], changes.slice(0, 10), changes.slice(10)]);
    relay(well);
    sim.run();
    expect([client.outboxLength, ends.length]).toEqual([0, 1]);
    expect(requests()[2]).toMatch(/^push\[10,11\]#1@/);
  });

  test('counts rejected changes and takes them out of the outbox', () => {
    const { sim, client, sent, accepted, enqueue, relay, measures } = bench();
    const changes = enqueue(12);
    relay((request) => {
      if (request.kind === 'pull') return undefined;
      const rejected = request.changes.filter((change) => change % 3 === 0);
      const response: Pushed = {
        kind: 'pushed',
        accepted: request.changes.filter((change) => change % 3 !== 0),
        rejected: rejected.map((change) => ({ change, reason: 'FOREIGN_ACTOR' })),
        stored: 0,
      };
      return { response };
    });
    client.push(turn(1));
    sim.run();
    expect([sent.length, client.outboxLength]).toEqual([2, 0]);
    expect(accepted).toEqual(changes.filter((change) => change % 3 !== 0));
    expect([measures.changesAccepted.value, measures.changesRejected.value]).toEqual([8, 4]);
  });

  test('of which a part is answered keeps the rest, and only the rest', () => {
    const { sim, client, enqueue, requests, relay, at } = bench();
    enqueue(6);
    relay((request, nth) => {
      if (request.kind === 'pull' || nth > 0) return { response: accept(request), afterMs: 50 };
      return {
        response: { kind: 'pushed', accepted: [0, 3], rejected: [{ change: 1, reason: 'X' }], stored: 2 },
        afterMs: 50,
      };
    });
    client.push(turn(1));
    at(10, () => enqueue(1));
    sim.run();
    expect(requests()).toEqual(['push[0,1,2,3,4,5]#0@0', 'push[2,4,5,6]#0@50']);
  });
});

describe('a retry', () => {
  /** Milliseconds between each failure and the request that follows it, of one client that is refused `times`. */
  function waits(times: number, retryAfterMs = 0, more: Partial<SyncClientOptions> = {}, seed = 'waits'): number[] {
    const { sim, client, sent, enqueue, relay } = bench(more, 1, seed);
    relay((request, nth) => (nth < times ? { response: refusal('UNAVAILABLE', retryAfterMs) } : well(request, nth)));
    enqueue(1);
    client.push(turn(1));
    sim.run();
    expect(sent).toHaveLength(times + 1);
    expect(client.outboxLength).toBe(0);
    return sent.slice(1).map(({ atUs }, index) => (atUs - sent[index]!.atUs) / MS);
  }

  test('waits up to twice as long after each failure, from the base to the maximum, never more', () => {
    for (let run = 0; run < 50; run++) {
      waits(12, 0, {}, `bounds ${run}`).forEach((waitMs, index) => {
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(Math.min(30_000, 200 * 2 ** index));
      });
    }
  });

  test.each([
    [0, 200],
    [1, 400],
    [3, 1600],
    [9, 30_000],
  ])('after %d failures before it waits by full jitter: uniform from zero to %d ms', (before, capMs) => {
    const drawn = Array.from({ length: 400 }, (_, run) => waits(before + 1, 0, {}, `jitter ${run}`)[before]! / capMs);
    const mean = drawn.reduce((sum, share) => sum + share, 0) / drawn.length;
    // The mean of 400 uniform shares is within 0.06 of a half (four standard errors).
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.06);
    for (let tenth = 0; tenth < 10; tenth++) {
      const inTenth = drawn.filter((share) => Math.floor(share * 10) === tenth).length;
      expect(inTenth).toBeGreaterThan(15);
      expect(inTenth).toBeLessThan(75);
    }
  });

  test('waits as long as Retry-After says, and by its own backoff where that is longer', () => {
    const shortly = waits(8, 1000);
    expect(Math.min(...shortly)).toBeGreaterThanOrEqual(1000);
    expect(shortly.slice(0, 3)).toEqual([1000, 1000, 1000]);
    expect(waits(3, 45_000)).toEqual([45_000, 45_000, 45_000]);
    expect(Math.max(...waits(12, 1000))).toBeGreaterThan(1000);
  });

  test('begins again at the base once a request was answered well', () => {
    for (let run = 0; run < 30; run++) {
      const { sim, client, sent, enqueue, relay } = bench({}, 1, `reset ${run}`);
      relay((request, nth) => (nth < 8 || nth === 9 ? { response: refusal('UNAVAILABLE') } : well(request, nth)));
      enqueue(20);
      client.push(turn(1));
      sim.run();
      const waitMs = (sent[10]!.atUs - sent[9]!.atUs) / MS;
      expect(waitMs).toBeLessThanOrEqual(200);
    }
  });

  test('has an attempt of its own, under the same cause, and begins at its first page', () => {
    const { sim, client, sent, enqueue, relay } = bench();
    relay((request, nth) => (nth === 1 || nth === 2 ? { response: refusal('UNAVAILABLE') } : well(request, nth)));
    enqueue(15);
    client.push(turn(4));
    sim.run();
    expect(sent.map(({ request }) => [request.cause, request.attempt, request.page])).toEqual([
      [turn(4), 0, 0],
      [turn(4), 0, 1],
      [turn(4), 1, 0],
      [turn(4), 2, 0],
    ]);
  });

  test('never gives up', () => {
    expect(waits(500, 0, { retryMsBase: 1, retryMsMax: 5 })).toHaveLength(500);
    const { sim, client, sent, pages, relay } = bench({ retryMsMax: 1000 });
    relay((request, nth) => (nth < 300 ? undefined : well(request, nth)));
    client.pull(turn(1));
    sim.run();
    expect([sent.length, pages.length]).toEqual([301, 1]);
  });

  test('of a pull is made too, where the last page ended', () => {
    const { sim, client, requests, relay, pages } = bench();
    const page = (cursor: number, hasMore: boolean): Page => ({
      kind: 'page',
      changes: new Int32Array(2),
      cursor,
      hasMore,
    });
    relay((_, nth) => ({ response: [page(2, true), refusal('INTERNAL_ERROR'), page(4, false)][nth]!, afterMs: 10 }));
    client.pull(turn(1));
    sim.run();
    expect(requests().map((each) => each.split('@')[0])).toEqual(['pull(0)#0', 'pull(2)#0', 'pull(2)#1']);
    expect([client.cursor, pages.length]).toEqual([4, 2]);
  });

  test('does not keep a person waiting: a turn tries at once, and the old backoff then means nothing', () => {
    const { sim, client, enqueue, requests, relay, at } = bench({ retryMsBase: 30_000 });
    relay((request, nth) => (nth === 0 ? { response: refusal('UNAVAILABLE', 20_000) } : well(request, nth)));
    enqueue(1);
    client.push(turn(1));
    at(5, () => client.push(turn(2)));
    sim.run();
    expect(requests()).toEqual(['push[0]#0@0', 'push[0]#0@5']);
  });

  test('a turn that is refused too begins a backoff of its own: the end of the older one means nothing', () => {
    const { sim, client, enqueue, requests, relay, at } = bench();
    relay((request, nth) =>
      nth < 2 ? { response: refusal('UNAVAILABLE', nth === 0 ? 20_000 : 60_000) } : well(request, nth),
    );
    enqueue(1);
    client.push(turn(1));
    at(5, () => client.push(turn(2)));
    sim.run();
    expect(requests()).toEqual(['push[0]#0@0', 'push[0]#0@5', 'push[0]#1@60005']);
  });

  test('a turn that is answered well ends the backoff for all that the device wants', () => {
    const { sim, client, enqueue, requests, relay, at } = bench();
    relay((request, nth) => (nth === 0 ? { response: refusal('UNAVAILABLE', 20_000) } : well(request, nth)));
    enqueue(1);
    client.push(turn(1));
    at(1000, () => client.pull(turn(2)));
    sim.run();
    expect(requests()).toEqual(['push[0]#0@0', 'pull(0)#0@1000', 'push[0]#1@1050']);
  });

  test('keeps everything else that the device wants by itself waiting', () => {
    const { sim, client, enqueue, requests, relay, at } = bench();
    relay((request, nth) => (nth === 0 ? { response: refusal('UNAVAILABLE', 5000) } : well(request, nth)));
    enqueue(1);
    client.push(turn(1));
    at(100, () => client.notified(causeOf(CAUSE_NOTIFICATION, 7, 1)));
    at(200, () => client.pushSoon(turn(2)));
    at(300, () => client.autoSync());
    sim.run(20_000 * MS);
    expect(requests()).toEqual(['push[0]#0@0', 'push[0]#1@5000', 'pull(0)#0@5050']);
  });
});

describe('a time-out', () => {
  test('ends a request that is not answered, as a failure that took so long', () => {
    const { sim, client, sent, enqueue, relay, measures } = bench();
    enqueue(1);
    relay((request, nth) => (nth === 0 ? undefined : well(request, nth)));
    const ends: string[] = [];
    client.push(turn(1), (isOk) => ends.push(`${isOk}@${sim.nowUs / MS}`));
    sim.run();
    expect(ends).toEqual(['false@10000']);
    expect(sent).toHaveLength(2);
    expect(sent[1]!.atUs).toBeGreaterThanOrEqual(10_000 * MS);
    expect(sent[1]!.atUs).toBeLessThanOrEqual(10_200 * MS);
    expect([measures.requestsFailed.passes, measures.requestsFailed.total]).toEqual([1, 2]);
    expect([measures.pushSuccess.passes, measures.pushSuccess.total]).toEqual([1, 2]);
    expect(measures.requests.count).toBe(2);
  });

  test('is counted from each request, whatever came before it', () => {
    const { sim, client, requests, relay, at } = bench();
    // The second request is sent 9 s after the first, whose time is over 1 s later.
    relay((request, nth) => (nth === 1 ? undefined : well(request, nth)));
    client.pull(turn(1));
    const ends: string[] = [];
    at(9000, () => client.pull(turn(2), (isOk) => ends.push(`${isOk}@${sim.nowUs / MS}`)));
    sim.run(18_999 * MS);
    expect(ends).toEqual([]);
    sim.run(19_000 * MS);
    expect(ends).toEqual(['false@19000']);
    sim.run();
    expect(requests()).toHaveLength(3);
  });

  test('does not touch a request that was answered just before it', () => {
    const { sim, client, sent, relay, pages } = bench();
    relay((request) => ({ response: accept(request), afterMs: 9999.999 }));
    const ends: boolean[] = [];
    client.pull(turn(1), (isOk) => ends.push(isOk));
    sim.run();
    expect([ends, sent.length, pages.length]).toEqual([[true], 1, 1]);
  });

  test('a late answer is ignored, and the retry meets the change that the relay has stored', () => {
    const { sim, client, sent, accepted, relay, measures } = bench();
    const table = new ChangeTable(false);
    const port = inProcess(table, { dialect: '1.1', pageSize: 100 }, { isMember: () => true, membersOf: () => [] });
    const changes = addChanges(table, 0, 3);
    for (const change of changes) client.enqueue(change);
    const answers: Pushed[] = [];
    // The first answer is on its way for 12 s, 2 s after the time-out; the retry's comes long after that.
    relay((request, nth) => {
      const response = port.handle(request) as Pushed;
      answers.push(response);
      return { response, afterMs: nth === 0 ? 12_000 : 5000 };
    });
    client.push(turn(1));
    sim.run(12_500 * MS);
    expect([sent.length, accepted, client.outbox]).toEqual([2, [], changes]);
    sim.run();
    expect(answers.map(({ stored }) => stored)).toEqual([3, 0]);
    expect([...port.log(0)]).toEqual(changes);
    expect([sent.length, accepted, client.outboxLength, measures.changesAccepted.value]).toEqual([2, changes, 0, 3]);
    expect(measures.bytesReceived.value).toBe(180);
  });

  test('a late page is ignored: only the answer to the retry is taken', () => {
    const { sim, client, relay, pages } = bench();
    const page = (cursor: number): Page => ({ kind: 'page', changes: new Int32Array(1), cursor, hasMore: false });
    relay((_, nth) => ({ response: page(nth + 1), afterMs: nth === 0 ? 10_500 : 3000 }));
    client.pull(turn(1));
    sim.run();
    expect([pages.map(({ cursor }) => cursor), client.cursor]).toEqual([[2], 2]);
  });
});

describe('an answer that comes twice', () => {
  test('counts once: of a push, also while the next batch is under way', () => {
    const { sim, client, sent, accepted, enqueue, relay, answer, at } = bench();
    const changes = enqueue(25);
    relay((request, nth) => {
      for (const againMs of [50, 60, 400]) at(sim.nowUs / MS + againMs, () => answer(request, accept(request)));
      return well(request, nth);
    });
    client.push(turn(1));
    sim.run();
    expect([sent.length, accepted, client.outboxLength]).toEqual([3, changes, 0]);
  });

  test('counts once: of a pull, also while the next page is under way', () => {
    const { sim, client, sent, relay, pages, answer, at, measures } = bench();
    relay((request, nth) => {
      const response: Page = { kind: 'page', changes: new Int32Array(2), cursor: 2 * nth + 2, hasMore: nth < 2 };
      at(sim.nowUs / MS + 60, () => answer(request, response));
      return { response, afterMs: 50 };
    });
    client.pull(turn(1));
    sim.run();
    expect([sent.length, pages.map(({ cursor }) => cursor), client.cursor]).toEqual([3, [2, 4, 6], 6]);
    expect(measures.changesPulled.value).toBe(6);
  });

  test('when nothing is under way finds nobody', () => {
    const { sim, client, accepted, enqueue, sent, answer } = bench();
    enqueue(1);
    client.push(turn(1));
    sim.run();
    const [only] = sent;
    enqueue(1);
    answer(only!.request, accept(only!.request));
    expect([accepted, client.outboxLength, client.isBusy]).toEqual([[0], 1, false]);
  });
});

describe('a pull', () => {
  test('goes on until there is no more, each page after the one before, and ends once', () => {
    const { sim, client, sent, relay, pages, requests } = bench();
    relay((_, nth) => ({
      response: { kind: 'page', changes: Int32Array.of(nth), cursor: (nth + 1) * 100, hasMore: nth < 3 },
      afterMs: 50,
    }));
    const ends: string[] = [];
    client.pull(turn(1), (isOk) => ends.push(`${isOk}@${sim.nowUs / MS}`));
    sim.run();
    expect(requests()).toEqual(['pull(0)#0@0', 'pull(100)#0@50', 'pull(200)#0@100', 'pull(300)#0@150']);
    expect(sent.map(({ request }) => request.page)).toEqual([0, 1, 2, 3]);
    expect(pages.flatMap(({ changes }) => [...changes])).toEqual([0, 1, 2, 3]);
    expect([ends, client.cursor]).toEqual([['true@200'], 400]);
  });

  test('goes on from its cursor the next time', () => {
    const { sim, client, relay, requests, at } = bench();
    relay((_, nth) => ({
      response: { kind: 'page', changes: new Int32Array(3), cursor: 3 * nth + 3, hasMore: false },
    }));
    client.pull(turn(1));
    at(100, () => client.pull(turn(2)));
    sim.run();
    expect(requests()).toEqual(['pull(0)#0@0', 'pull(3)#0@100']);
  });
});

describe('a notification', () => {
  test('is followed by a pull within notifyMs, at times of their own for different devices', () => {
    const { sim, clients, sent } = bench({}, 300);
    for (const client of clients) client.notified(causeOf(CAUSE_NOTIFICATION, 999, 5));
    sim.run();
    expect(sent).toHaveLength(300);
    const waitsMs = sent.map(({ atUs }) => atUs / MS);
    expect(Math.max(...waitsMs)).toBeLessThanOrEqual(200);
    expect(Math.min(...waitsMs)).toBeGreaterThanOrEqual(0);
    expect(new Set(waitsMs).size).toBeGreaterThan(250);
    expect(new Set(sent.map(({ request }) => `${request.kind} ${request.cause}`))).toEqual(
      new Set([`pull ${causeOf(CAUSE_NOTIFICATION, 999, 5)}`]),
    );
  });

  test('and 99 more before its pull are one pull', () => {
    const { sim, client, sent, at } = bench({ notifyMs: 400 });
    for (let nth = 0; nth < 100; nth++) at(nth, () => client.notified(causeOf(CAUSE_NOTIFICATION, 9, nth)));
    sim.run();
    expect(sent.map(({ request }) => [request.kind, request.cause])).toEqual([
      ['pull', causeOf(CAUSE_NOTIFICATION, 9, 0)],
    ]);
  });

  test('while a pull is under way is followed by another one, since the first may have missed it', () => {
    const { sim, client, sent, relay, at } = bench();
    relay((request) => ({ response: accept(request), afterMs: 2000 }));
    client.notified(causeOf(CAUSE_NOTIFICATION, 9, 1));
    at(500, () => client.notified(causeOf(CAUSE_NOTIFICATION, 9, 2)));
    sim.run();
    expect(sent).toHaveLength(2);
    expect(sent[1]!.atUs).toBe(sent[0]!.atUs + 2000 * MS);
  });

  test('while a push is under way is followed by a pull after it', () => {
    const { sim, client, enqueue, requests, relay } = bench();
    relay((request) => ({ response: accept(request), afterMs: 2000 }));
    enqueue(1);
    client.push(turn(1));
    client.notified(causeOf(CAUSE_NOTIFICATION, 9, 1));
    sim.run();
    expect(requests()).toEqual(['push[0]#0@0', 'pull(0)#0@2000']);
  });
});

describe('a sync by itself', () => {
  test('comes every 30 s after the first, and only pulls where there is nothing to push', () => {
    const { sim, client, requests } = bench();
    client.start(7000 * MS);
    sim.run(100_000 * MS);
    expect(requests()).toEqual(['pull(0)#0@7000', 'pull(0)#0@37000', 'pull(0)#0@67000', 'pull(0)#0@97000']);
  });

  test('pushes what is there, then pulls', () => {
    const { sim, client, requests, enqueue } = bench();
    enqueue(11);
    client.start(7000 * MS);
    sim.run(30_000 * MS);
    expect(requests()).toEqual(['push[0,1,2,3,4,5,6,7,8,9]#0@7000', 'push[10]#0@7050', 'pull(0)#0@7100']);
  });

  test('does not pile up while the device is busy or backing off', () => {
    const { sim, client, requests, enqueue, relay } = bench({ autoSyncMs: 1000, timeoutMs: 500_000 });
    relay(() => undefined);
    enqueue(1);
    client.start(0);
    sim.run(100_000 * MS);
    expect(requests()).toEqual(['push[0]#0@0']);
    const other = bench({ autoSyncMs: 1000 });
    other.relay((request, nth) => (nth === 0 ? { response: refusal('UNAVAILABLE', 50_000) } : well(request, nth)));
    other.client.start(0);
    other.sim.run(50_900 * MS);
    expect(other.requests()).toEqual(['pull(0)#0@0', 'pull(0)#1@50000']);
  });
});

describe('one thing at a time', () => {
  test("a user's push joins a push under way, and ends with it", () => {
    const { sim, client, requests, enqueue, at } = bench();
    enqueue(2);
    client.pushSoon(turn(1));
    const ends: string[] = [];
    at(20, () => {
      enqueue(1);
      client.push(turn(2), (isOk) => ends.push(`${isOk}@${sim.nowUs / MS}`));
    });
    sim.run();
    expect(requests()).toEqual(['push[0,1]#0@0', 'push[2]#0@50']);
    expect(ends).toEqual(['true@100']);
    expect(client.isBusy).toBe(false);
  });

  test("a user's push that joins one that fails hears of the failure", () => {
    const { sim, client, enqueue, at, relay } = bench();
    relay((request, nth) => (nth === 0 ? { response: refusal('UNAVAILABLE'), afterMs: 50 } : well(request, nth)));
    enqueue(1);
    client.pushSoon(turn(1));
    const ends: string[] = [];
    at(20, () => client.push(turn(2), (isOk) => ends.push(`${isOk}@${sim.nowUs / MS}`)));
    sim.run();
    expect([ends, client.outboxLength]).toEqual([['false@50'], 0]);
  });

  test('what a user wants meanwhile waits, and runs before what the device wants by itself', () => {
    const { sim, client, requests, enqueue, at } = bench();
    client.pull(turn(1));
    at(10, () => {
      enqueue(1);
      client.pushSoon(turn(9));
    });
    at(20, () => client.autoSync());
    const ends: string[] = [];
    at(30, () => client.pull(turn(2), (isOk) => ends.push(`${isOk}@${sim.nowUs / MS}`)));
    sim.run(1000 * MS);
    expect(requests()).toEqual(['pull(0)#0@0', 'pull(0)#0@50', 'push[0]#0@100']);
    expect(ends).toEqual(['true@100']);
  });

  test('what is done when an operation ends comes before the next of the device', () => {
    const { sim, client, requests, enqueue, at } = bench();
    client.pull(turn(1), () => client.pull(turn(2)));
    at(10, () => {
      enqueue(1);
      client.pushSoon(turn(9));
    });
    sim.run();
    expect(requests()).toEqual(['pull(0)#0@0', 'pull(0)#0@50', 'push[0]#0@100']);
  });

  test('a second wish of a user before the first has begun is a bug of ours', () => {
    const { client } = bench();
    client.pull(turn(1));
    client.pull(turn(2));
    expect(() => client.pull(turn(3))).toThrow(/one thing at a time/);
  });

  type Step = { readonly gapMs: number; readonly what: number };
  const steps = fc.array(fc.record({ gapMs: fc.nat({ max: 4000 }), what: fc.nat({ max: 6 }) }), { maxLength: 40 });

  /** Drives three clients by steps over a relay that loses, refuses and delays. */
  function drive(list: readonly Step[], seed: string): Bench {
    const each = bench({ timeoutMs: 1000, retryMsMax: 2000 }, 3, seed);
    const { sim, clients, relay, enqueue, at } = each;
    const stream = sim.streams.stream('relay');
    relay((request) => {
      const draw = stream.next();
      if (draw < 0.2) return undefined;
      if (draw < 0.35) return { response: refusal('UNAVAILABLE', stream.chance(0.5) ? 700 : 0), afterMs: 5 };
      return { response: accept(request), afterMs: Math.round(1500 * draw * draw) };
    });
    let atMs = 0;
    let cause = 0;
    const isWaited = [false, false, false];
    for (const { gapMs, what } of list) {
      atMs += gapMs;
      const device = (atMs + what) % 3;
      at(atMs, () => {
        const client = clients[device]!;
        if (what < 3) enqueue(what + 5 * what, device);
        const done = (): void => void (isWaited[device] = false);
        cause++;
        if (what === 3) client.notified(causeOf(CAUSE_NOTIFICATION, 9, cause));
        else if (what === 4) client.pushSoon(causeOf(CAUSE_ACTION, 9, cause));
        else if (!isWaited[device]) {
          isWaited[device] = true;
          if (what % 2 === 0) client.push(causeOf(CAUSE_ACTION, device, cause), done);
          else client.pull(causeOf(CAUSE_ACTION, device, cause), done);
        }
      });
    }
    for (const client of clients) client.start(0);
    sim.run((atMs + 1000) * MS);
    return each;
  }

  test('a client has never two requests under way, and drains its outbox in order, whatever happens', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (list, seed) => {
        const { sim, clients, sent, relay, accepted } = drive(list, `any ${seed}`);
        relay(well);
        sim.run(sim.nowUs + 200_000 * MS);
        for (const [device, client] of clients.entries()) {
          expect([client.outboxLength, client.isBusy]).toEqual([0, false]);
          const serials = sent.filter(({ request }) => request.device === device).map(({ request }) => request.serial);
          expect(serials).toEqual(serials.map((_, index) => index + 1));
          const pushed = sent.flatMap(({ request }) =>
            request.kind === 'push' && request.device === device ? [request.changes] : [],
          );
          for (const changes of pushed) expect(changes.length).toBeLessThanOrEqual(10);
          const firsts = [...new Set(pushed.flat())];
          expect(firsts).toEqual(firsts.toSorted((one, other) => one - other));
        }
        expect(new Set(accepted).size).toBe(accepted.length);
      }),
      { seed: 21, numRuns: 60 },
    );
  });

  // The fates of messages are drawn from cause, attempt and page: what shares them is lost together, late together.
  test('the push and the pull of one sync by itself are told apart by cause, attempt or page', () => {
    const { sim, client, sent, enqueue } = bench();
    enqueue(1);
    client.start(0);
    sim.run(20_000 * MS);
    const names = sent.map(({ request: { cause, attempt, page } }) => `${cause} ${attempt} ${page}`);
    expect(names).toHaveLength(2);
    expect(names[1]).not.toBe(names[0]);
  });

  test('the pull after a notification has its cause, also where another pull has failed meanwhile', () => {
    const { sim, client, sent, relay, at } = bench({ retryMsBase: 1 });
    const told = causeOf(CAUSE_NOTIFICATION, 9, 1);
    // The pull under way fails at 20 ms; its retry is under way from 21 ms to 521 ms, when that of the notification is due.
    relay((request, nth) =>
      nth === 0 ? { response: refusal('UNAVAILABLE'), afterMs: 20 } : { response: accept(request), afterMs: 500 },
    );
    client.pull(turn(1));
    at(10, () => client.notified(told));
    sim.run();
    expect(sent.map(({ request: { cause, attempt } }) => [cause, attempt])).toEqual([
      [turn(1), 0],
      [turn(1), 1],
      [told, 0],
    ]);
  });

  test('no two requests of a device have the same cause, attempt and page: their fates are drawn from these', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (list, seed) => {
        const { sent } = drive(list, `names ${seed}`);
        const names = sent.map(
          ({ request: { device, cause, attempt, page } }) => `${device} ${cause} ${attempt} ${page}`,
        );
        expect(new Set(names).size).toBe(names.length);
      }),
      { seed: 22, numRuns: 60 },
    );
  });
});

describe('a pull by time', () => {
  const HOUR_MS = 3_600_000;
  const page = (cursor: number, hasMore: boolean): RelayResponse => ({
    kind: 'page',
    changes: new Int32Array(0),
    cursor,
    hasMore,
  });

  test("begins so far back from what the device's clock shows, and goes on from each page's last timestamp", () => {
    const { sim, client, relay, requests } = bench();
    const fromMs = sim.epochMs + 300_000 - HOUR_MS;
    client.cursor = fromMs + 999_999;
    relay((_, nth) => ({ response: page(fromMs + [500, 900, 950][nth]!, nth === 0), afterMs: 50 }));
    client.pull(turn(1), undefined, HOUR_MS);
    client.pull(turn(2));
    sim.run();
    expect(requests()).toEqual([`pull(${fromMs})#0@0`, `pull(${fromMs + 500})#0@50`, `pull(${fromMs + 900})#0@100`]);
  });

  test('that waits for another operation begins at the time when it is its turn', () => {
    const { sim, client, requests } = bench();
    client.pull(turn(1));
    client.pull(turn(2), undefined, HOUR_MS);
    sim.run();
    expect(requests()).toEqual(['pull(0)#0@0', `pull(${sim.epochMs + 300_000 - HOUR_MS + 50})#0@50`]);
  });

  test('is tried again from the cursor, and never asks for a time before 1970', () => {
    const { sim, client, relay, sent } = bench();
    relay((request, nth) => (nth === 0 ? { response: refusal('UNAVAILABLE') } : well(request, nth)));
    client.cursor = 77;
    client.pull(turn(1), undefined, 1e15);
    sim.run();
    expect(sent.map(({ request }) => request.kind === 'pull' && request.since)).toEqual([0, 77]);
  });
});

describe('what is measured', () => {
  test("tells the first tries of a user's turn from all other requests", () => {
    const { sim, client, relay, measures } = bench();
    relay((request, nth) => (nth === 0 ? { response: refusal('UNAVAILABLE') } : well(request, nth)));
    client.pull(turn(1));
    sim.run();
    client.notified(causeOf(CAUSE_NOTIFICATION, 9, 1));
    sim.run();
    client.autoSync();
    sim.run(sim.nowUs + 1000 * MS);
    expect([measures.turnRequests.value, measures.backgroundRequests.value]).toEqual([1, 3]);
    expect(causeOf(CAUSE_AUTO_SYNC, 0, 1)).not.toBe(causeOf(CAUSE_NOTIFICATION, 0, 1));
  });

  test('has a refused request of a turn among the answered ones, and not one that timed out', () => {
    for (const [answering, answered] of [
      [() => ({ response: refusal('UNAVAILABLE') }), 1],
      [() => undefined, 0],
    ] as const) {
      const { sim, client, relay, measures } = bench();
      relay((request, nth) => (nth === 0 ? answering() : well(request, nth)));
      client.pull(turn(1));
      sim.run();
      expect([measures.turnRequests.value, measures.backgroundRequests.value]).toEqual([answered, 1]);
      expect([measures.checks.passes, measures.checks.total, measures.requests.count]).toEqual([0, 1, 2]);
    }
  });

  const pushed = (accepted: number[], rejected: number[] = []): RelayResponse => ({
    kind: 'pushed',
    accepted,
    rejected: rejected.map((change) => ({ change, reason: 'BAD_SEQUENCE' })),
    stored: accepted.length,
  });

  test.each([
    ['all accepted', pushed([0, 1, 2]), 1],
    ['in another order', pushed([2, 0, 1]), 1],
    ['one rejected', pushed([0, 2], [1]), 1],
    ['all rejected', pushed([], [0, 1, 2]), 1],
    ['one forgotten', pushed([0, 2]), 0],
    ['one twice', pushed([0, 0, 2]), 0],
    ['one too many', pushed([0, 1, 2, 9]), 0],
    ['one of another batch', pushed([0, 1, 9]), 0],
  ])("checks that a turn's push is answered for each of its changes: %s", (_, response, passes) => {
    const { sim, client, enqueue, relay, measures } = bench();
    relay((request, nth) => (nth === 0 ? { response } : well(request, nth)));
    enqueue(3);
    client.push(turn(1));
    sim.run(1);
    expect([measures.checks.passes, measures.checks.total]).toEqual([passes, 1]);
  });

  test.each([
    [1000, 7, 1],
    [1001, 7, 0],
    [30, 5, 1],
    [30, 4, 0],
  ])(
    "checks that a turn's pull is answered within a second, and not led back: %d ms, to %d",
    (afterMs, cursor, passes) => {
      const { sim, client, relay, measures } = bench();
      client.cursor = 5;
      relay(() => ({ response: { kind: 'page', changes: new Int32Array(0), cursor, hasMore: false }, afterMs }));
      client.pull(turn(1));
      sim.run();
      client.autoSync();
      sim.run(sim.nowUs + 2000 * MS);
      expect([measures.checks.passes, measures.checks.total]).toEqual([passes, 1]);
    },
  );

  test('has the time of each request, pushes and pulls apart', () => {
    const { sim, client, enqueue, relay, measures } = bench();
    relay((request) => ({ response: accept(request), afterMs: request.kind === 'push' ? 80 : 30 }));
    enqueue(1);
    client.push(turn(1));
    sim.run();
    client.pull(turn(2));
    sim.run();
    const max = (name: 'requests' | 'pushTime' | 'pullTime'): number =>
      Math.round((measures[name].result(1).values as { max: number }).max);
    expect([max('requests'), max('pushTime'), max('pullTime')]).toEqual([80, 80, 30]);
    expect([measures.pushSuccess.total, measures.pullSuccess.total]).toEqual([1, 1]);
  });
});

test('a new life pushes what its storage gave back, and nothing else', () => {
  const { sim, client, enqueue, requests } = bench();
  enqueue(4);
  client.restart([3], 0);
  client.push(turn(1));
  sim.run();
  expect(requests()).toEqual(['push[3]#0@0']);
});
