// A relay that ends within a push: what it had committed by then stays, and nobody is answered.

import { describe, expect, test } from 'vitest';
import { SeededDraws } from '../../../models/draws.ts';
import type { CommitPoint, StoreControl } from '../../../models/relay/control.ts';
import { RelayModel } from '../../../models/relay/model.ts';
import type { PushRequest, RelayRequest } from '../../../models/relay/messages.ts';
import { DEFAULT_RELAY, RELAYS } from '../../../scenarios/relays.ts';
import { Simulation } from '../../../sim/simulation.ts';

let cause = 0;

function pushOf(device: number): PushRequest {
  const identity = { ledger: 0, device, cause: ++cause, attempt: 0, page: 0, serial: 1, bytes: 100 };
  return { kind: 'push', changes: [1], ...identity };
}

function pullOf(device: number): RelayRequest {
  return { ...pushOf(device), kind: 'pull', since: 0 };
}

/** A relay that notes what it commits, answers and loses. */
function bench(control?: StoreControl) {
  const sim = new Simulation({ seed: 'commit crash' });
  const log: string[] = [];
  const marks: string[] = [];
  const relay = new RelayModel(
    sim,
    { ...RELAYS[DEFAULT_RELAY]!, instances: 1, workers: 1, serviceSigma: 0 },
    {
      handle: (request) => {
        log.push(`commit ${request.device}`);
        return request.kind === 'push'
          ? { kind: 'pushed', accepted: [1], rejected: [], stored: 1 }
          : { kind: 'page', changes: new Int32Array(0), cursor: 0, hasMore: false };
      },
      rowsFor: () => 0,
      respond: (request) => void log.push(`answer ${request.device}`),
      notify: (request) => void log.push(`notify ${request.device}`),
      draws: new SeededDraws(sim.streams),
      control,
      mark: (name) => void marks.push(name),
    },
  );
  const actions: (() => void)[] = [];
  const act = sim.handler('test/act', (index) => actions[index]!());
  const at = (ms: number, action: () => void): void => sim.scheduleAt(ms * 1000, act, actions.push(action) - 1);
  return {
    sim,
    relay,
    log,
    marks,
    at,
    receive: (ms: number, request: RelayRequest) => at(ms, () => relay.receive(request)),
  };
}

describe('a relay that ends within a push', () => {
  test.each<[CommitPoint, string[]]>([
    ['before commit', []],
    ['after commit', ['commit 1']],
  ])('%s answers nobody, and tells no member', (point, committed) => {
    const { sim, relay, log, marks, at, receive } = bench();
    at(0, () => relay.armCrash(point));
    receive(1, pushOf(1));
    receive(1, pullOf(2));
    at(500, () => relay.disarmCrash());
    receive(600, pushOf(3));
    sim.run();
    expect(log).toEqual([...committed, 'commit 3', 'answer 3', 'notify 3']);
    expect(marks).toEqual([
      `relay ended ${point === 'before commit' ? 'before a commit' : 'after a commit'}`,
      'request lost in a relay crash',
    ]);
  });

  test('goes on where only pulls came until it was disarmed', () => {
    const { sim, relay, log, marks, at, receive } = bench();
    at(0, () => relay.armCrash('before commit'));
    receive(1, pullOf(1));
    at(500, () => relay.disarmCrash());
    receive(600, pushOf(2));
    sim.run();
    expect(log).toEqual(['commit 1', 'answer 1', 'commit 2', 'answer 2', 'notify 2']);
    expect(marks).toEqual([]);
  });

  test('loses what comes until it restarts', () => {
    const { sim, relay, log, at, receive } = bench();
    at(0, () => relay.armCrash('after commit'));
    receive(1, pushOf(1));
    receive(100, pushOf(2));
    at(500, () => relay.disarmCrash());
    sim.run();
    expect(log).toEqual(['commit 1']);
  });

  test('lets what really stands behind it die within that push', () => {
    const told: string[] = [];
    const nothing = (): void => undefined;
    const control: StoreControl = {
      freeze: nothing,
      thaw: nothing,
      loseFrozen: nothing,
      loseTail: nothing,
      dieAt: (point, push) => void told.push(`die ${point} of ${push.device}`),
      kill: () => void told.push('kill'),
      revive: () => void told.push('revive'),
    };
    const { sim, relay, log, at, receive } = bench(control);
    at(0, () => relay.armCrash('after commit'));
    receive(1, pushOf(1));
    at(500, () => relay.disarmCrash());
    sim.run();
    expect(told).toEqual(['die after commit of 1', 'kill', 'revive']);
    expect(log).toEqual([]);
  });
});
