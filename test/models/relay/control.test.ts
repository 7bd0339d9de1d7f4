// What happens to the relay model in its faults: what is lost, refused and slow, and how faults that overlap nest.

import { describe, expect, test } from 'vitest';
import type { Draws } from '../../../models/draws.ts';
import { Overlapping, type StoreControl } from '../../../models/relay/control.ts';
import type { PullRequest, PushRequest, RelayRequest, RelayResponse } from '../../../models/relay/messages.ts';
import { RelayModel } from '../../../models/relay/model.ts';
import type { RelayOptions } from '../../../models/relay/model-ports.ts';
import { refusal } from '../../../models/relay/store.ts';
import { Simulation } from '../../../sim/simulation.ts';

const options: RelayOptions = {
  instances: 2,
  workers: 2,
  queueLimit: 1000,
  timeoutMs: 0,
  rateLimitPerMinute: 0,
  bodyLimitBytes: 1000,
  pushMsMean: 10,
  pushMsPerChange: 0,
  pullMsMean: 10,
  pullMsPerRow: 0,
  serviceSigma: 0,
};
const STORED: RelayResponse = { kind: 'pushed', accepted: [0], rejected: [], stored: 1 };

function identity(device: number) {
  return { ledger: 0, device, cause: device * 7, attempt: 0, page: 0, serial: 1, bytes: 100 };
}
const push = (device: number): PushRequest => ({ kind: 'push', changes: [0], ...identity(device) });
const pull = (device: number): PullRequest => ({ kind: 'pull', since: 0, ...identity(device) });

/** A draw for each device: a tenth of its index. */
const byDevice: Draws = { unit: (_purpose, _cause, device) => device / 10 };

interface BenchOptions {
  readonly answer?: (request: RelayRequest) => RelayResponse;
  readonly control?: StoreControl;
  readonly more?: Partial<RelayOptions>;
}

function bench({ answer = () => STORED, control, more }: BenchOptions = {}) {
  const sim = new Simulation({ seed: 'control' });
  const committed: number[] = [];
  const answered: string[] = [];
  const notified: number[] = [];
  const marks: string[] = [];
  const relay = new RelayModel(
    sim,
    { ...options, ...more },
    {
      handle: (request) => {
        committed.push(request.device);
        return answer(request);
      },
      rowsFor: () => 0,
      respond: ({ device }, response) => {
        const said = response.kind === 'refusal' ? `${response.code}+${response.retryAfterMs}` : response.kind;
        answered.push(`${device} ${said}@${sim.nowUs / 1000}`);
      },
      notify: ({ device }) => void notified.push(device),
      draws: byDevice,
      control,
      mark: (name) => void marks.push(name),
    },
  );
  const actions: (() => void)[] = [];
  const act = sim.handler('test/action', (index) => actions[index]!());
  const at = (atMs: number, action: () => void): void => sim.scheduleAt(atMs * 1000, act, actions.push(action) - 1);
  return { sim, relay, committed, answered, notified, marks, at };
}

describe('a crash', () => {
  test('loses what waits, is served or is being refused, and what arrives until the restart, without an answer', () => {
    const { sim, relay, committed, answered, notified, marks, at } = bench({ more: { instances: 1, queueLimit: 2 } });
    at(0, () => relay.receive(push(1)));
    // Of five two are served, two wait, and one is being refused when the relay goes down.
    at(14.95, () => [2, 3, 4, 5, 6].forEach((device) => relay.receive(push(device))));
    at(15, () => relay.crash());
    at(20, () => relay.receive(push(7)));
    at(40, () => relay.restart());
    at(41, () => relay.receive(pull(8)));
    sim.run();
    expect(committed).toEqual([1, 8]);
    expect(notified).toEqual([1, 8]);
    expect(answered).toEqual(['1 pushed@10', '8 pushed@51']);
    expect(marks).toEqual(Array.from({ length: 6 }, () => 'request lost in a relay crash'));
    relay.checkStations();
    expect(relay.load().queued).toBe(0);
  });

  test('leaves all workers free, while what it lost would still be under way', () => {
    const { sim, relay, answered, at } = bench({ more: { instances: 1 } });
    at(0, () => [1, 2, 3].forEach((device) => relay.receive(push(device))));
    at(1, () => relay.crash());
    at(2, () => relay.restart());
    at(3, () => [4, 5].forEach((device) => relay.receive(push(device))));
    sim.run();
    expect(answered).toEqual(['4 pushed@13', '5 pushed@13']);
  });

  test('within a crash ends with the last restart', () => {
    const { sim, relay, answered, at } = bench();
    at(0, () => relay.crash());
    at(10, () => relay.crash());
    at(20, () => relay.restart());
    at(21, () => relay.receive(push(1)));
    at(30, () => relay.restart());
    at(31, () => relay.receive(push(2)));
    sim.run();
    expect(answered).toEqual(['2 pushed@41']);
    expect(() => relay.restart()).toThrow('after a crash');
  });
});

describe('a slow store', () => {
  test('makes what starts meanwhile slower, on every instance', () => {
    const { sim, relay, answered, at } = bench();
    at(0, () => relay.receive(push(1)));
    at(1, () => {
      const handle = relay.setSlowdown(3);
      at(2, () => [2, 3].forEach((device) => relay.receive(push(device))));
      at(5, () => relay.lift(handle));
    });
    at(6, () => relay.receive(push(4)));
    sim.run();
    expect(answered).toEqual(['1 pushed@10', '4 pushed@16', '2 pushed@32', '3 pushed@32']);
  });

  test('within another is in force while it lasts, and the other goes on, whichever ends first', () => {
    const { sim, relay, answered, at } = bench();
    const handles: number[] = [];
    at(0, () => handles.push(relay.setSlowdown(5)));
    at(100, () => handles.push(relay.setSlowdown(2)));
    at(101, () => relay.receive(push(1)));
    at(200, () => relay.lift(handles[1]!));
    at(201, () => relay.receive(push(2)));
    at(300, () => handles.push(relay.setSlowdown(3)));
    at(400, () => relay.lift(handles[0]!));
    at(401, () => relay.receive(push(3)));
    at(500, () => relay.lift(handles[2]!));
    at(501, () => relay.receive(push(4)));
    sim.run();
    expect(answered).toEqual(['1 pushed@121', '2 pushed@251', '3 pushed@431', '4 pushed@511']);
    expect(() => relay.lift(handles[0]!)).toThrow('once');
  });
});

describe('a brown-out', () => {
  test('leaves each instance so many workers, never more than it has, and then all again', () => {
    const { sim, relay, answered, at } = bench({ more: { instances: 1 } });
    const handles: number[] = [];
    at(0, () => handles.push(relay.setWorkers(1)));
    at(1, () => [1, 2].forEach((device) => relay.receive(push(device))));
    at(50, () => handles.push(relay.setWorkers(99)));
    at(51, () => [3, 4, 5].forEach((device) => relay.receive(push(device))));
    at(100, () => handles.forEach((handle) => relay.lift(handle)));
    at(101, () => [6, 7].forEach((device) => relay.receive(push(device))));
    sim.run();
    expect(answered).toEqual([
      '1 pushed@11',
      '2 pushed@21',
      '3 pushed@61',
      '4 pushed@61',
      '5 pushed@71',
      '6 pushed@111',
      '7 pushed@111',
    ]);
    expect(relay.setWorkers(undefined)).toBeGreaterThan(0);
    expect(() => relay.setWorkers(0)).toThrow('servers');
  });
});

describe('a burst of refusals', () => {
  test.each([
    ['RATE_LIMIT_EXCEEDED', 1000],
    ['INTERNAL_ERROR', 0],
    ['UNAVAILABLE', 1000],
  ] as const)('answers %s to its share of what arrives, and applies no rule to it', (code, retryAfterMs) => {
    const { sim, relay, answered, committed, marks, at } = bench();
    const handles: number[] = [];
    at(0, () => handles.push(relay.refuse(code, 0.3)));
    at(1, () => [1, 2, 3, 4].forEach((device) => relay.receive(push(device))));
    at(50, () => relay.lift(handles[0]!));
    at(51, () => relay.receive(push(1)));
    sim.run();
    const refused = `${code}+${retryAfterMs}@1.1`;
    expect(answered).toEqual([`1 ${refused}`, `2 ${refused}`, '3 pushed@11', '4 pushed@11', '1 pushed@61']);
    expect(committed).toEqual([3, 4, 1]);
    expect(marks).toEqual(['request refused in a burst', 'request refused in a burst']);
  });

  test('of no share refuses nothing, and one of all refuses everything', () => {
    const { sim, relay, answered, at } = bench();
    const handles: number[] = [];
    at(0, () => handles.push(relay.refuse('UNAVAILABLE', 1)));
    at(1, () => relay.receive(push(9)));
    at(2, () => handles.push(relay.refuse('UNAVAILABLE', 0)));
    at(3, () => relay.receive(push(0)));
    at(20, () => relay.lift(handles[1]!));
    at(21, () => relay.receive(push(8)));
    sim.run();
    expect(answered).toEqual(['9 UNAVAILABLE+1000@1.1', '0 pushed@13', '8 UNAVAILABLE+1000@21.1']);
    expect(() => relay.refuse('UNAVAILABLE', 1.1)).toThrow('share');
  });
});

describe('lost answers', () => {
  test('are those to their share of requests, after the rules were applied and members told', () => {
    const { sim, relay, answered, committed, notified, marks, at } = bench();
    let hash = '';
    at(0, () => {
      const handle = relay.loseResponses(0.2);
      at(50, () => relay.lift(handle));
    });
    at(1, () => [1, 2].forEach((device) => relay.receive(push(device))));
    at(40, () => (hash = relay.protocol.hash()));
    at(51, () => relay.receive(push(1)));
    sim.run();
    expect(answered).toEqual(['2 pushed@11', '1 pushed@61']);
    expect(committed).toEqual([1, 2, 1]);
    expect(notified).toEqual([1, 2, 1]);
    expect(marks).toEqual(['response lost after commit']);
    // The relay gave these answers: what becomes of them on the way is no matter of the protocol.
    const calm = bench();
    calm.at(1, () => [1, 2].forEach((device) => calm.relay.receive(push(device))));
    calm.sim.run();
    expect(hash).toBe(calm.relay.protocol.hash());
  });
});

describe('a failover', () => {
  function recorded(): { control: StoreControl; calls: string[] } {
    const calls: string[] = [];
    const control: StoreControl = {
      freeze: (lag) => void calls.push(`freeze ${lag}`),
      thaw: () => void calls.push('thaw'),
      loseFrozen: () => void calls.push('lose frozen'),
      loseTail: (count) => void calls.push(`lose tail ${count}`),
    };
    return { control, calls };
  }

  test('within another is one, which ends with the last', () => {
    const { control, calls } = recorded();
    const { relay } = bench({ control });
    relay.beginFailover(3);
    relay.beginFailover(9);
    relay.endFailover();
    expect(calls).toEqual(['freeze 3']);
    relay.endFailover();
    expect(calls).toEqual(['freeze 3', 'thaw']);
    expect(() => relay.endFailover()).toThrow('after it began');
    expect(() => relay.loseFrozen()).toThrow('after it began');
  });

  test('that loses commits leaves another one that goes on with what is left', () => {
    const { control, calls } = recorded();
    const { relay } = bench({ control });
    relay.beginFailover(3);
    relay.beginFailover(1);
    relay.loseFrozen();
    expect(calls).toEqual(['freeze 3', 'lose frozen', 'freeze 0']);
    relay.endFailover();
    expect(calls.at(-1)).toBe('thaw');
    relay.beginFailover(2);
    relay.loseFrozen();
    expect(calls.slice(4)).toEqual(['freeze 2', 'lose frozen']);
    relay.loseTail(4);
    expect(calls.at(-1)).toBe('lose tail 4');
  });

  test('is refused by a side that cannot', () => {
    const { relay } = bench();
    expect(() => relay.beginFailover(1)).toThrow('cannot fail over');
    expect(() => relay.loseTail(1)).toThrow('cannot fail over');
  });

  test('marks what a follower refuses, and nothing else', () => {
    const { control } = recorded();
    const answer = (request: RelayRequest): RelayResponse => {
      if (request.device === 9)
        return { kind: 'page', snapshot: 5, changes: Int32Array.of(), cursor: 4, hasMore: false };
      return refusal(request.kind === 'push' ? 'UNAVAILABLE' : 'CURSOR_AHEAD', 1000);
    };
    const { sim, relay, marks, at } = bench({ control, answer });
    at(0, () => relay.receive(push(1)));
    at(20, () => relay.beginFailover(1));
    at(21, () => relay.receive(push(2)));
    at(41, () => relay.receive(pull(3)));
    at(61, () => relay.receive(pull(9)));
    sim.run();
    expect(marks).toEqual([
      'push refused during a failover',
      'cursor was ahead of the relay',
      'page began with a snapshot',
    ]);
  });
});

test('draws are asked for by what they are for, with what names the message', () => {
  const asked: string[] = [];
  const draws: Draws = {
    unit: (...all) => {
      asked.push(all.join(' '));
      return 0.5;
    },
  };
  const sim = new Simulation({ seed: 'draws' });
  const relay = new RelayModel(sim, options, {
    handle: () => STORED,
    rowsFor: () => 0,
    respond: () => undefined,
    notify: () => undefined,
    draws,
  });
  const request = { ...push(3), cause: 11, attempt: 5, page: 2 };
  relay.receive(request);
  sim.run();
  expect(asked).toEqual(['service 11 3 5 2']);
  relay.refuse('UNAVAILABLE', 0.5);
  relay.loseResponses(0.5);
  relay.receive(request);
  sim.run();
  expect(asked.slice(1)).toEqual(['refusal 11 3 5 2', 'service 11 3 5 2', 'lost-response 11 3 5 2']);
});

describe('of values that overlap', () => {
  test('the one that was set last and is still there is in force', () => {
    const values = new Overlapping('none');
    expect(values.inForce).toBe('none');
    values.set(1, 'one');
    values.set(4, 'four');
    expect(values.inForce).toBe('four');
    expect(values.lift(1)).toBe(true);
    expect(values.inForce).toBe('four');
    expect([values.lift(1), values.lift(2)]).toEqual([false, false]);
    expect(values.lift(4)).toBe(true);
    expect(values.inForce).toBe('none');
  });
});
