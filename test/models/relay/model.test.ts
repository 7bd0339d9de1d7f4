// The relay model: which instance takes a request, when it ends, what is refused, and what its protocol hash tells apart.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PullRequest, PushRequest, Refusal, RelayRequest, RelayResponse } from '../../../models/relay/messages.ts';
import { type Draws, SeededDraws } from '../../../models/draws.ts';
import type { StoreControl } from '../../../models/relay/control.ts';
import { RelayModel } from '../../../models/relay/model.ts';
import type { RelayOptions } from '../../../models/relay/model-ports.ts';
import { WORKERS } from '../../../models/relay/service-options.ts';
import { meanOwnUs } from '../../../models/relay/service-times.ts';
import { refusal } from '../../../models/relay/store.ts';
import { Simulation } from '../../../sim/simulation.ts';

const constant: RelayOptions = {
  instances: 1,
  workers: 1,
  queueLimit: 1000,
  timeoutMs: 0,
  rateLimitPerMinute: 0,
  bodyLimitBytes: 1000,
  pushMsMean: 1,
  pushMsPerChange: 0.5,
  pullMsMean: 2,
  pullMsPerRow: 0.1,
  serviceSigma: 0,
};

const OK: RelayResponse = { kind: 'pushed', accepted: [], rejected: [], stored: 0 };

let nextCause = 0;
function push(changes: number, more: Partial<PushRequest> = {}): PushRequest {
  const list = Array.from({ length: changes }, (_, index) => index);
  const identity = { ledger: 0, device: 0, cause: nextCause++, attempt: 0, page: 0, serial: 1, bytes: 100 };
  return { kind: 'push', changes: list, ...identity, ...more };
}
function pull(more: Partial<PullRequest> = {}): PullRequest {
  return { ...push(0), kind: 'pull', since: 0, ...more };
}

interface Bench {
  readonly sim: Simulation;
  readonly relay: RelayModel;
  /** What happened: `handle 3@1000`, by device, with the time. */
  readonly log: string[];
  /** Marks, in order. */
  readonly marks: string[];
  readonly answers: { request: RelayRequest; response: RelayResponse; atUs: number }[];
  /** Names of the stations at which requests ended, in order. */
  endedAt(): string[];
  at(atUs: number, request: RelayRequest): void;
}

function bench(
  options: Partial<RelayOptions> = {},
  answer: (request: RelayRequest) => RelayResponse = () => OK,
  rows = 0,
  more: { readonly draws?: Draws; readonly control?: StoreControl } = {},
): Bench {
  const sim = new Simulation({ seed: 'relay', trace: { keepLast: 5000 } });
  const log: string[] = [];
  const marks: string[] = [];
  const answers: Bench['answers'] = [];
  const requests: RelayRequest[] = [];
  const note = (what: string, { device }: RelayRequest): void => void log.push(`${what} ${device}@${sim.nowUs}`);
  const relay = new RelayModel(
    sim,
    { ...constant, ...options },
    {
      handle: (request) => {
        note('handle', request);
        return answer(request);
      },
      rowsFor: () => rows,
      respond: (request, response) => {
        note('respond', request);
        answers.push({ request, response, atUs: sim.nowUs });
      },
      notify: (request) => note('notify', request),
      draws: more.draws ?? new SeededDraws(sim.streams),
      control: more.control,
      mark: (name) => void marks.push(name),
    },
  );
  const arrive = sim.handler('test/arrive', (index) => relay.receive(requests[index]!));
  return {
    sim,
    relay,
    log,
    marks,
    answers,
    endedAt: () =>
      sim.trace
        .lastRecords(5000)
        .map(({ kind }) => sim.trace.kindName(kind))
        .filter((kind) => kind.endsWith('/done')),
    at: (atUs, request) => sim.scheduleAt(atUs, arrive, requests.push(request) - 1),
  };
}

const codes = ({ answers }: Bench): string[] =>
  answers.map(({ request, response, atUs }) => {
    const said = response.kind === 'refusal' ? `${response.code}+${response.retryAfterMs}` : response.kind;
    return `${request.device} ${said}@${atUs}`;
  });

describe('a request', () => {
  test('is served for the time of its kind, changes and rows, and answered at the instant at which it ends', () => {
    const { sim, log, at } = bench({}, undefined, 7);
    at(0, push(4, { device: 1 }));
    at(10_000, pull({ device: 2 }));
    sim.run();
    expect(log).toEqual(['handle 1@3000', 'respond 1@3000', 'handle 2@12700', 'respond 2@12700']);
  });

  test('waits behind others, and is answered in their order', () => {
    const { sim, log, at } = bench({ workers: 2, pushMsPerChange: 0 });
    for (let device = 0; device < 5; device++) at(0, push(1, { device }));
    sim.run();
    expect(log.filter((entry) => entry.startsWith('handle'))).toEqual([
      'handle 0@1000',
      'handle 1@1000',
      'handle 2@2000',
      'handle 3@2000',
      'handle 4@3000',
    ]);
  });

  test('tells members only where something was stored, after its answer', () => {
    const answer = ({ device }: RelayRequest): RelayResponse =>
      [
        { kind: 'pushed', accepted: [1], rejected: [], stored: 1 } as const,
        { kind: 'pushed', accepted: [1], rejected: [], stored: 0 } as const,
        { kind: 'page', changes: Int32Array.of(1), cursor: 1, hasMore: false } as const,
        refusal('FORBIDDEN'),
      ][device]!;
    const { sim, log, at } = bench({ pushMsPerChange: 0 }, answer);
    for (let device = 0; device < 4; device++)
      at(device * 10_000, device === 2 ? pull({ device }) : push(1, { device }));
    sim.run();
    expect(log).toEqual([
      'handle 0@1000',
      'respond 0@1000',
      'notify 0@1000',
      'handle 1@11000',
      'respond 1@11000',
      'handle 2@22000',
      'respond 2@22000',
      'handle 3@31000',
      'respond 3@31000',
    ]);
  });
});

describe('the load balancer', () => {
  test('goes round the instances in order', () => {
    const relay = bench({ instances: 3, pushMsPerChange: 0 });
    for (let device = 0; device < 7; device++) relay.at(device * 5000, push(1, { device }));
    relay.sim.run();
    const expected = [0, 1, 2, 0, 1, 2, 0].map((instance) => `relay/${instance}/done`);
    expect(relay.endedAt()).toEqual(expected);
  });

  test('does not look at how busy an instance is', () => {
    const relay = bench({ instances: 2 });
    relay.at(0, push(1000, { device: 0 }));
    for (let device = 1; device < 5; device++) relay.at(device, push(0, { device }));
    relay.sim.run();
    // Devices 1 and 3 meet an idle instance; 2 and 4 wait behind the long push of 501 ms.
    expect(codes(relay)).toEqual([
      '1 pushed@1001',
      '3 pushed@2001',
      '0 pushed@501000',
      '2 pushed@502000',
      '4 pushed@503000',
    ]);
  });
});

describe('a full relay', () => {
  test('answers 503 with Retry-After to what finds no worker and no place in the queue', () => {
    const relay = bench({ workers: 2, queueLimit: 1, pushMsPerChange: 0 });
    for (let device = 0; device < 5; device++) relay.at(0, push(1, { device }));
    relay.at(1001, push(1, { device: 5 }));
    relay.sim.run();
    expect(codes(relay)).toEqual([
      '3 UNAVAILABLE+1000@100',
      '4 UNAVAILABLE+1000@100',
      '0 pushed@1000',
      '1 pushed@1000',
      '2 pushed@2000',
      '5 pushed@2001',
    ]);
    expect(relay.log.filter((entry) => entry.startsWith('handle'))).toHaveLength(4);
  });

  test('counts the queue of each instance by itself', () => {
    const relay = bench({ instances: 2, queueLimit: 0 });
    relay.at(0, push(1000, { device: 0 }));
    for (let device = 1; device < 4; device++) relay.at(device * 10_000, push(0, { device }));
    relay.sim.run();
    expect(codes(relay)).toEqual(['1 pushed@11000', '2 UNAVAILABLE+1000@20100', '3 pushed@31000', '0 pushed@501000']);
  });
});

describe('the time-out of the relay', () => {
  test('gives up a request that has waited longer when its turn comes, without applying rules or taking time', () => {
    const relay = bench({ timeoutMs: 2, pushMsPerChange: 0 });
    for (let device = 0; device < 5; device++) relay.at(0, push(1, { device }));
    relay.sim.run();
    expect(codes(relay)).toEqual([
      '0 pushed@1000',
      '1 pushed@2000',
      '2 pushed@3000',
      '3 UNAVAILABLE+1000@3000',
      '4 UNAVAILABLE+1000@3000',
    ]);
    expect(relay.log.filter((entry) => entry.startsWith('handle'))).toHaveLength(3);
  });
});

describe('the rate limit', () => {
  test('answers 429 with what is left of the minute, by device, and lets through again when the next one begins', () => {
    const relay = bench({ rateLimitPerMinute: 2, pushMsPerChange: 0 });
    // Virtual 0 is a whole minute of the clock.
    for (const [device, atMs] of [
      [0, 10_000],
      [0, 20_000],
      [0, 30_000],
      [1, 30_001],
      [0, 59_999],
      [0, 60_000],
      [0, 60_001],
      [0, 60_002],
    ] as const) {
      relay.at(atMs * 1000, push(1, { device }));
    }
    relay.sim.run();
    expect(codes(relay)).toEqual([
      '0 pushed@10001000',
      '0 pushed@20001000',
      '0 RATE_LIMIT_EXCEEDED+30000@30000100',
      '1 pushed@30002000',
      '0 RATE_LIMIT_EXCEEDED+1@59999100',
      '0 pushed@60001000',
      '0 pushed@60002000',
      '0 RATE_LIMIT_EXCEEDED+59998@60002100',
    ]);
  });

  test('of 0 is none', () => {
    const relay = bench({ pushMsPerChange: 0 });
    for (let request = 0; request < 300; request++) relay.at(request * 10_000, push(1));
    relay.sim.run();
    expect(new Set(codes(relay).map((code) => code.split('@')[0]))).toEqual(new Set(['0 pushed']));
  });
});

describe('the body limit', () => {
  test('answers 413 to a body that is larger, and serves one that fills it', () => {
    const relay = bench({ pushMsPerChange: 0 });
    relay.at(0, push(1, { device: 1, bytes: 1000 }));
    relay.at(0, push(1, { device: 2, bytes: 1001 }));
    relay.sim.run();
    expect(codes(relay)).toEqual(['2 PAYLOAD_TOO_LARGE+0@100', '1 pushed@1000']);
    expect(relay.log.filter((entry) => entry.startsWith('handle'))).toEqual(['handle 1@1000']);
  });
});

describe('service times', () => {
  /** Mean and standard deviation of the time of many requests that do not wait, in ms. */
  function sampled(
    options: Partial<RelayOptions>,
    request: () => RelayRequest,
    rows = 0,
  ): { mean: number; spread: number } {
    const count = 20_000;
    const relay = bench(options, undefined, rows);
    for (let index = 0; index < count; index++) relay.at(index * 1_000_000, request());
    relay.sim.run();
    const times = relay.answers.map(({ atUs }, index) => atUs / 1000 - index * 1000);
    const mean = times.reduce((sum, time) => sum + time, 0) / count;
    const logMean = times.reduce((sum, time) => sum + Math.log(time), 0) / count;
    const variance = times.reduce((sum, time) => sum + (Math.log(time) - logMean) ** 2, 0) / count;
    return { mean, spread: Math.sqrt(variance) };
  }

  test('have the configured mean and spread: a push by its changes, a pull by its rows', () => {
    // The mean of 20,000 lognormal times of sigma 0.5 is within 1.5% (four standard errors).
    const pushes = sampled({ serviceSigma: 0.5 }, () => push(6));
    expect(Math.abs(pushes.mean / 4 - 1)).toBeLessThan(0.015);
    expect(Math.abs(pushes.spread - 0.5)).toBeLessThan(0.02);
    const pulls = sampled({ serviceSigma: 0.5 }, () => pull(), 30);
    expect(Math.abs(pulls.mean / 5 - 1)).toBeLessThan(0.015);
    expect(Math.abs(pulls.spread - 0.5)).toBeLessThan(0.02);
  });

  test('are as they are told beforehand', () => {
    expect(meanOwnUs(constant, WORKERS, 'push', 6)).toBe(4000);
    expect(meanOwnUs(constant, WORKERS, 'pull', 30)).toBe(5000);
  });

  test('follow from the message alone: other requests do not change them, another attempt does', () => {
    const spread = { serviceSigma: 0.5, workers: 50 };
    const mine = push(3, { device: 4 });
    const timeOf = (others: number, request: RelayRequest): number => {
      const relay = bench(spread);
      for (let other = 0; other < others; other++) relay.at(0, push(1, { device: 9 }));
      relay.at(500, request);
      relay.sim.run();
      return relay.answers.find(({ request: each }) => each === request)!.atUs;
    };
    expect(timeOf(20, mine)).toBe(timeOf(0, mine));
    expect(timeOf(0, { ...mine, attempt: 1 })).not.toBe(timeOf(0, mine));
    expect(timeOf(0, { ...mine, page: 1 })).not.toBe(timeOf(0, mine));
    expect(timeOf(0, { ...mine, device: 5 })).not.toBe(timeOf(0, mine));
  });
});

describe('the books of the relay', () => {
  test("keep Little's law at every instant of any load", () => {
    const arrival = fc.record({ gapUs: fc.nat({ max: 3000 }), changes: fc.nat({ max: 6 }) });
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (arrivals, instances) => {
        const relay = bench({ instances, workers: 2, queueLimit: 2, serviceSigma: 0.5 });
        let atUs = 0;
        for (const { gapUs, changes } of arrivals) relay.at((atUs += gapUs), push(changes));
        while (relay.sim.pending > 0) {
          relay.sim.run(relay.sim.nowUs + 500);
          relay.relay.checkStations();
        }
        expect(relay.answers).toHaveLength(arrivals.length);
        expect(relay.relay.load().requests).toBe(arrivals.length);
      }),
      { seed: 4, numRuns: 40 },
    );
  });

  test('tell the share of workers that were busy, and who waits', () => {
    const { sim, relay, at } = bench({ instances: 2, workers: 2, pushMsPerChange: 0, queueLimit: 5 });
    // A millisecond of service for each, of the 8 seconds that four workers have.
    for (let index = 0; index < 2; index++) at(index * 1_000_000, push(1));
    sim.run(2_000_000);
    expect(relay.load()).toEqual({ utilisation: 2000 / 8_000_000, queued: 0, requests: 2 });
    for (let index = 0; index < 10; index++) at(2_000_000, push(1));
    sim.run(2_000_500);
    expect(relay.load()).toMatchObject({ queued: 6, requests: 12 });
  });
});

type Answer = readonly [request: RelayRequest, response: RelayResponse];

/** The protocol hash of a relay that gave these answers, one after the other. */
function hashOf(answers: readonly Answer[], options: Partial<RelayOptions> = {}): string {
  let next = 0;
  const relay = bench(options, () => answers[next++]![1]);
  answers.forEach(([request], index) => relay.at(index * 1_000_000, request));
  relay.sim.run();
  expect(next).toBe(answers.length);
  return relay.relay.protocol.hash();
}

function page(changes: readonly number[], hasMore = false, cursor = 0): RelayResponse {
  return { kind: 'page', changes: Int32Array.from(changes), cursor, hasMore };
}
function pushed(accepted: readonly number[], rejected = 0): RelayResponse {
  const list = Array.from({ length: rejected }, (_, change) => ({ change, reason: 'FOREIGN_ACTOR' }));
  return { kind: 'pushed', accepted, rejected: list, stored: accepted.length };
}

/** All lists of up to three of the first five changes. */
function* lists(length: number): Generator<number[]> {
  if (length === 0) {
    yield [];
    return;
  }
  for (const list of lists(length - 1)) {
    yield list;
    if (list.length === length - 1) for (let change = 0; change < 5; change++) yield [...list, change];
  }
}

describe('the protocol hash', () => {
  const change = fc.nat({ max: 5000 });
  const response = fc.oneof(
    fc
      .tuple(fc.uniqueArray(change, { maxLength: 6 }), fc.nat({ max: 2 }))
      .map(([list, rejected]) => pushed(list, rejected)),
    fc.tuple(fc.uniqueArray(change, { maxLength: 6 }), fc.boolean()).map(([list, hasMore]) => page(list, hasMore)),
    fc
      .constantFrom('FORBIDDEN' as const, 'CURSOR_AHEAD' as const, 'DATABASE_ERROR' as const)
      .map((code) => refusal(code)),
  );
  const run = fc
    .array(response, { minLength: 1, maxLength: 8 })
    .map((responses) =>
      responses.map((each): Answer => [each.kind === 'page' ? pull({ cause: 1 }) : push(3, { cause: 1 }), each]),
    );

  /** The answers that differ from one in a single respect. */
  function variants(answer: RelayResponse): RelayResponse[] {
    if (answer.kind === 'refusal') return [refusal('INTERNAL_ERROR'), refusal('UNAVAILABLE'), pushed([])];
    const list = answer.kind === 'page' ? [...answer.changes] : [...answer.accepted];
    const others = [list.slice(0, -1), list.slice(1), [...list, 5001], [5001, ...list], list.map((each) => each + 1)];
    if (list.length > 1) others.push(list.toReversed());
    const isOther = (other: readonly number[]): boolean => other.join() !== list.join();
    if (answer.kind === 'page') {
      return [
        page(list, !answer.hasMore),
        refusal('FORBIDDEN'),
        ...others.filter(isOther).map((other) => page(other, answer.hasMore)),
      ];
    }
    const rejected = answer.rejected.length;
    return [
      pushed(list, rejected + 1),
      refusal('FORBIDDEN'),
      ...others.filter(isOther).map((other) => pushed(other, rejected)),
    ];
  }

  test('is that of the answers: the same for the same, another one where any one answer differs', () => {
    fc.assert(
      fc.property(run, fc.nat(), (answers, at) => {
        const hash = hashOf(answers);
        expect(hashOf(structuredClone(answers))).toBe(hash);
        const index = at % answers.length;
        const [request, answer] = answers[index]!;
        for (const variant of variants(answer)) {
          expect(hashOf(answers.with(index, [request, variant]))).not.toBe(hash);
        }
        expect(hashOf([...answers, answers[0]!])).not.toBe(hash);
        if (answers.length > 1) expect(hashOf(answers.slice(1))).not.toBe(hash);
      }),
      { seed: 8, numRuns: 60 },
    );
  });

  test('tells all small pages apart', () => {
    const hashes = new Map<string, string>();
    for (const list of lists(3)) {
      for (const hasMore of [false, true]) {
        const text = `[${list.join()}]${hasMore ? ' and more' : ''}`;
        const hash = hashOf([[pull({ cause: 1 }), page(list, hasMore)]]);
        expect(`${text} like ${hashes.get(hash) ?? 'none'}`).toBe(`${text} like none`);
        hashes.set(hash, text);
      }
    }
  });

  test('tells all small answers to a push apart', () => {
    const hashes = new Map<string, string>();
    for (const list of lists(3)) {
      for (const rejected of [0, 1, 2]) {
        const text = `[${list.join()}] less ${rejected}`;
        const hash = hashOf([[push(3, { cause: 1 }), pushed(list, rejected)]]);
        expect(`${text} like ${hashes.get(hash) ?? 'none'}`).toBe(`${text} like none`);
        hashes.set(hash, text);
      }
    }
  });

  test('tells what a page begins with', () => {
    const hashes = [undefined, 1, 2, 3].map((snapshot) => {
      const whole = { ...page([1, 2]), ...(snapshot === undefined ? {} : { snapshot }) } as RelayResponse;
      return hashOf([[pull({ cause: 1 }), whole]]);
    });
    expect(new Set(hashes).size).toBe(4);
    const alone = hashOf([[pull({ cause: 1 }), { ...page([]), snapshot: 3 } as RelayResponse]]);
    expect(alone).not.toBe(hashOf([[pull({ cause: 1 }), page([3])]]));
  });

  test.each([
    ['the ledger', { ledger: 1 }],
    ['the device', { device: 1 }],
    ['where a pull began', { since: 1 }],
  ])('tells %s', (_, more) => {
    expect(hashOf([[pull({ cause: 1, ...more }), page([1])]])).not.toBe(hashOf([[pull({ cause: 1 }), page([1])]]));
  });

  test('tells how many changes were pushed, and a push from a pull', () => {
    const hash = hashOf([[push(1), pushed([])]]);
    expect(hashOf([[push(2), pushed([])]])).not.toBe(hash);
    expect(hashOf([[pull({ since: 1 }), pushed([])]])).not.toBe(hash);
  });

  test('tells what the relay refuses by itself', () => {
    const hashes = [0, 1, 2].map((limits) => {
      const relay = bench({ rateLimitPerMinute: limits === 1 ? 1 : 0, queueLimit: limits === 2 ? 0 : 9 });
      for (let request = 0; request < 2; request++) relay.at(request, push(1, { cause: 1 }));
      relay.sim.run();
      return relay.relay.protocol.hash();
    });
    expect(new Set(hashes).size).toBe(3);
  });

  test('knows no times, serials, sizes or causes: only their order', () => {
    const answers: Answer[] = [
      [push(2, { device: 1 }), pushed([0, 1])],
      [pull({ device: 2 }), page([0, 1])],
    ];
    const others = answers.map(([request, answer]): Answer => [
      { ...request, cause: 77, attempt: 3, page: 2, serial: 9, bytes: 5 },
      answer,
    ]);
    expect(hashOf(others, { serviceSigma: 0.5, pushMsMean: 40, instances: 3 })).toBe(hashOf(answers));
    expect(hashOf(answers.toReversed())).not.toBe(hashOf(answers));
  });

  test('tells every refusal code from every other', () => {
    const refusals = ['INVALID_REQUEST', 'PROTOCOL_MISMATCH', 'UNAUTHORIZED', 'FORBIDDEN', 'CURSOR_AHEAD']
      .concat(['PAYLOAD_TOO_LARGE', 'RATE_LIMIT_EXCEEDED', 'DATABASE_ERROR', 'INTERNAL_ERROR', 'UNAVAILABLE'])
      .map((code) => hashOf([[push(1, { cause: 1 }), refusal(code as Refusal['code'])]]));
    expect(new Set(refusals).size).toBe(10);
  });
});
