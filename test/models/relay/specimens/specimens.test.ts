// Each relay with a planted bug at its port: what the bug does there, that the relay it is wrapped around does not do it,
// and that its state begins anew with each run.

import { describe, expect, test } from 'vitest';
import { ChangeTable } from '../../../../models/change-table.ts';
import { FAULT_KINDS } from '../../../../models/faults/event.ts';
import type { Page, Pushed } from '../../../../models/relay/messages.ts';
import { RELAY_SPECIMENS } from '../../../../models/relay/specimens/specimens.ts';
import { inProcess } from '../../../../relay-adapter/in-process.ts';
import type { RelayPort } from '../../../../relay-adapter/port.ts';
import { addChange, addChanges } from '../../changes.ts';

/** A run's relay of two members, with the bug of a specimen, or with none. */
function bench(name?: string) {
  const table = new ChangeTable(false);
  const members = [{ id: 1 }, { id: 2 }];
  let nowUs = 0;
  const sound = inProcess(table, { dialect: '1.1', pageSize: 3 }, { isMember: () => true, membersOf: () => members });
  const specimen = RELAY_SPECIMENS.find((each) => each.name === name);
  const port: RelayPort = specimen?.wrap(sound, () => nowUs) ?? sound;
  const identity = { ledger: 0, cause: 0, attempt: 0, page: 0, serial: 1, bytes: 1 };
  const push = (device: number, ...changes: number[]): Pushed =>
    port.handle({ kind: 'push', device, changes, ...identity }) as Pushed;
  const pull = (device: number, since: number): Page & { list: number[] } => {
    const page = port.handle({ kind: 'pull', device, since, ...identity }) as Page;
    return { ...page, list: [...(page.changes ?? [])] };
  };
  const at = (device: number, ...timesMs: number[]): number[] =>
    timesMs.map((timestampMs, index) => addChange(table, { device, timestampMs, sequence: index + 1 }));
  const wait = (seconds: number): void => void (nowUs += seconds * 1_000_000);
  return { table, port, push, pull, at, wait };
}

/** What happens at a relay with the bug, and at the same relay without it. */
function both<T>(name: string, happens: (relay: ReturnType<typeof bench>) => T): { wrong: T; right: T } {
  expect(RELAY_SPECIMENS.map((each) => each.name)).toContain(name);
  const wrong = happens(bench(name));
  // What one run leaves behind does not reach the next.
  expect(happens(bench(name))).toEqual(wrong);
  return { wrong, right: happens(bench()) };
}

describe('acknowledges-early', () => {
  test('accepts the last change of a batch and does not have it, at a retry neither', () => {
    const { wrong, right } = both('acknowledges-early', ({ table, port, push }) => {
      const changes = addChanges(table, 1, 3);
      const answers = [push(1, ...changes), push(1, ...changes)].map(({ accepted }) => [...accepted]);
      return { answers, changes, log: [...port.log(0)] };
    });
    expect(wrong.answers).toEqual([wrong.changes, wrong.changes]);
    expect(wrong.log).toEqual(wrong.changes.slice(0, 2));
    expect(right).toEqual({ ...wrong, log: wrong.changes });
  });

  test('stores a change that comes alone', () => {
    const { wrong, right } = both('acknowledges-early', ({ table, port, push }) => {
      push(1, addChange(table, { device: 1 }));
      return [...port.log(0)];
    });
    expect(wrong).toHaveLength(1);
    expect(wrong).toEqual(right);
  });
});

describe('cursor-back', () => {
  test('has an older cursor on an empty page until the cache is renewed', () => {
    const { wrong, right } = both('cursor-back', ({ table, push, pull, wait }) => {
      push(1, ...addChanges(table, 1, 1));
      const cursors = [pull(2, 0).cursor];
      push(1, addChange(table, { device: 1, sequence: 2 }));
      cursors.push(pull(2, 1).cursor, pull(2, 2).cursor);
      wait(5);
      cursors.push(pull(2, 2).cursor);
      return cursors;
    });
    expect(wrong).toEqual([1, 2, 1, 2]);
    expect(right).toEqual([1, 2, 2, 2]);
  });
});

describe('fallen-silent', () => {
  test('answers until the first minute is over, and then nothing but UNAVAILABLE', () => {
    const { wrong, right } = both('fallen-silent', ({ port, wait }) => {
      const ask = (): string => {
        const identity = { ledger: 0, device: 1, cause: 0, attempt: 0, page: 0, serial: 1, bytes: 1 };
        const answer = port.handle({ kind: 'pull', since: 0, ...identity });
        return answer.kind === 'refusal' ? answer.code : answer.kind;
      };
      const said = [ask()];
      wait(61);
      return [...said, ask()];
    });
    expect(wrong).toEqual(['page', 'UNAVAILABLE']);
    expect(right).toEqual(['page', 'page']);
  });
});

describe('page-tie', () => {
  test('leaves out the change behind the end of a page', () => {
    const { wrong, right } = both('page-tie', ({ table, push, pull }) => {
      push(1, ...addChanges(table, 1, 5));
      const first = pull(2, 0);
      return [...first.list, ...pull(2, first.cursor).list];
    });
    expect(wrong).toEqual([0, 1, 2, 4]);
    expect(right).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('retry-refused', () => {
  test('rejects what is new in a push that brings a stored change again, and never has it', () => {
    const { wrong, right } = both('retry-refused', ({ table, port, push }) => {
      const [first, second] = addChanges(table, 1, 2) as [number, number];
      push(1, first);
      const { accepted, rejected } = push(1, first, second);
      return { accepted: [...accepted], rejected: rejected.length, log: [...port.log(0)] };
    });
    expect(wrong).toEqual({ accepted: [], rejected: 2, log: [0] });
    expect(right).toEqual({ accepted: [0, 1], rejected: 0, log: [0, 1] });
  });

  test('does no harm where every push is new', () => {
    const { wrong, right } = both('retry-refused', ({ table, push }) => {
      const [first, second, third] = addChanges(table, 1, 3) as [number, number, number];
      return [push(1, first, second), push(1, third)];
    });
    expect(wrong).toEqual(right);
  });
});

describe('snapshot-position', () => {
  test('never hands out what was pushed while the SNAPSHOT was on its way', () => {
    const { wrong, right } = both('snapshot-position', ({ table, port, push, pull }) => {
      push(1, ...addChanges(table, 1, 2));
      pull(1, 2);
      pull(2, 2);
      const [meanwhile, after] = addChanges(table, 2, 2) as [number, number];
      push(2, meanwhile);
      const image = addChange(table, { device: 1, operation: 'SNAPSHOT', seen: 2, sequence: 3 });
      push(1, image);
      push(2, after);
      const { snapshot, list, cursor } = pull(3, 0);
      const more = cursor < port.end(0) ? pull(3, cursor).list : [];
      return { names: { meanwhile, image, after }, snapshot, list: [...list, ...more], retained: port.retained(0) };
    });
    const { meanwhile, image, after } = right.names;
    expect(right).toMatchObject({
      snapshot: image,
      list: [meanwhile, image, after],
      retained: { snapshot: image, from: 2 },
    });
    expect(wrong).toMatchObject({ snapshot: image, list: [after], retained: { snapshot: image, from: 4 } });
  });
});

describe('stale-follower', () => {
  test('answers a cursor that is ahead of it with its own end', () => {
    const { wrong, right } = both('stale-follower', ({ table, port, push, pull }) => {
      push(1, ...addChanges(table, 1, 4));
      port.control!.freeze(2);
      const { kind, list, cursor, hasMore } = pull(2, 4);
      const behind = pull(2, 1);
      port.control!.thaw();
      return { kind, list, cursor, hasMore, behind: behind.list, after: pull(2, 2).list };
    });
    expect(wrong).toEqual({ kind: 'page', list: [], cursor: 2, hasMore: false, behind: [1], after: [2, 3] });
    expect(right).toMatchObject({ kind: 'refusal', behind: [1], after: [2, 3] });
  });
});

describe('timestamp-cursor', () => {
  test('skips what comes late, and what shares the timestamp at which a page ended', () => {
    const { wrong, right } = both('timestamp-cursor', ({ push, pull, at }) => {
      const mine = at(1, 100, 200);
      push(1, ...mine);
      const { cursor, list } = pull(3, 0);
      const yours = at(2, 150, 200, 201);
      push(2, ...yours);
      return { handed: [...list, ...pull(3, cursor).list], mine, yours };
    });
    expect(right.handed).toEqual([...right.mine, ...right.yours]);
    expect(wrong.handed).toEqual([...wrong.mine, wrong.yours[2]]);
  });

  test('gives a device that pulls for the first time everything on the first page', () => {
    const { wrong, right } = both('timestamp-cursor', ({ push, pull, at }) => {
      push(1, ...at(1, 300, 100, 200));
      return pull(3, 0).list;
    });
    expect(wrong).toHaveLength(3);
    expect(wrong).toEqual(right);
  });
});

describe('uncovered-retention', () => {
  test('skips what is older than the last five changes, without a word', () => {
    const { wrong, right } = both('uncovered-retention', ({ table, port, push, pull }) => {
      const changes = addChanges(table, 1, 7);
      push(1, ...changes);
      const first = pull(2, 0);
      return { list: first.list, cursor: first.cursor, hasMore: first.hasMore, retained: port.retained(0) };
    });
    expect(wrong).toEqual({ list: [2, 3, 4], cursor: 5, hasMore: true, retained: { snapshot: undefined, from: 2 } });
    expect(right).toEqual({ list: [0, 1, 2], cursor: 3, hasMore: true, retained: { snapshot: undefined, from: 0 } });
  });

  test('leaves a log of five as it is', () => {
    const { wrong, right } = both('uncovered-retention', ({ table, push, pull }) => {
      push(1, ...addChanges(table, 1, 5));
      return [pull(2, 0), pull(2, 3)];
    });
    expect(wrong).toEqual(right);
  });
});

describe('the list of specimens', () => {
  test('has each under a name of its own, in order, with a sentence and an oracle', () => {
    const names = RELAY_SPECIMENS.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)].sort());
    for (const { bug, oracle } of RELAY_SPECIMENS) {
      expect(bug).toMatch(/^[A-Z].*\.$/);
      expect(oracle).toMatch(/^[a-z-]+$/);
    }
  });

  test('asks only for faults that a correct relay must stand', () => {
    const faults = RELAY_SPECIMENS.flatMap(({ needs }) => needs?.faults ?? []);
    expect(faults.length).toBeGreaterThan(0);
    for (const fault of faults) expect(FAULT_KINDS[fault].isSurvivable).toBe(true);
  });
});
