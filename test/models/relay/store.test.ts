// The store's answers that the contract of the relay port leaves open: refusals of single changes, and 1.0's accounts.

import { describe, expect, test } from 'vitest';
import { ChangeTable } from '../../../models/change-table.ts';
import { MemoryLog } from '../../../models/relay/log.ts';
import type { Page, PullRequest, Pushed, PushRequest } from '../../../models/relay/messages.ts';
import { refusal, RelayStore } from '../../../models/relay/store.ts';
import { addChange, addChanges } from '../changes.ts';

const identity = { cause: 0, attempt: 0, page: 0, serial: 1, bytes: 100 };

function bench(dialect: '1.0' | '1.1' = '1.1', pageSize = 3, visibleEnd?: () => number) {
  const table = new ChangeTable(false);
  const log = new MemoryLog(table);
  // Devices 0–9 are members of ledger 0, the next ten of ledger 1.
  const isMember = (ledger: number, device: number): boolean => Math.floor(device / 10) === ledger;
  const members = [{ id: 1 }, { id: 2 }];
  const marks: string[] = [];
  const store = new RelayStore(
    table,
    log,
    { dialect, pageSize },
    { isMember, membersOf: () => members, visibleEnd, mark: (name) => void marks.push(name) },
  );
  const push = (device: number, changes: readonly number[], ledger = 0) =>
    store.handle({ kind: 'push', ledger, device, changes, ...identity } satisfies PushRequest);
  const pull = (device: number, since: number, ledger = 0) =>
    store.handle({ kind: 'pull', ledger, device, since, ...identity } satisfies PullRequest);
  /** Pushes a SNAPSHOT of a device that covers the log up to a position, and gives its number. */
  const snapshot = (device: number, seen: number): number => {
    const change = addChange(table, { device, operation: 'SNAPSHOT', seen, sequence: 100 });
    push(device, [change]);
    return change;
  };
  return { table, log, store, push, pull, snapshot, members, marks };
}

describe('a push', () => {
  test('is judged change by change: the sound ones are stored, the others refused with their reasons', () => {
    const { table, log, push } = bench();
    const sound = addChange(table, { device: 1 });
    const foreign = addChange(table, { device: 2 });
    const elsewhere = addChange(table, { device: 1, ledger: 1 });
    const unnumbered = addChange(table, { device: 1, sequence: 0 });
    const last = addChange(table, { device: 1, sequence: 2 });
    expect(push(1, [sound, foreign, elsewhere, unnumbered, last])).toEqual({
      kind: 'pushed',
      accepted: [sound, last],
      rejected: [
        { change: foreign, reason: 'FOREIGN_ACTOR' },
        { change: elsewhere, reason: 'FOREIGN_LEDGER' },
        { change: unnumbered, reason: 'BAD_SEQUENCE' },
      ],
      stored: 2,
    } satisfies Pushed);
    expect([...log.read(0, 0, log.end(0))]).toEqual([sound, last]);
    expect(log.end(1)).toBe(0);
  });

  test('tells how many it stored, a change that comes twice in it counting once', () => {
    const { table, log, push } = bench();
    const [a, b] = addChanges(table, 1, 2) as [number, number];
    expect(push(1, [a, a])).toMatchObject({ accepted: [a, a], stored: 1 });
    expect(push(1, [a, b])).toMatchObject({ accepted: [a, b], rejected: [], stored: 1 });
    expect(push(1, [b, a])).toMatchObject({ accepted: [b, a], stored: 0 });
    expect([...log.read(0, 0, log.end(0))]).toEqual([a, b]);
  });
});

describe('an account of 1.0', () => {
  test('is a device: nobody is handed the changes of another one, members of a ledger neither', () => {
    const { table, push, pull } = bench('1.0');
    const mine = addChange(table, { device: 1, timestampMs: 100 });
    const yours = addChange(table, { device: 2, timestampMs: 100 });
    push(1, [mine]);
    push(2, [yours]);
    expect([...(pull(1, 0) as Page).changes]).toEqual([mine]);
    expect([...(pull(2, 0) as Page).changes]).toEqual([yours]);
    expect([...(pull(3, 0) as Page).changes]).toEqual([]);
  });

  test('hands out changes by their own timestamps, equal ones in order of acceptance', () => {
    const { table, push, pull } = bench('1.0', 10);
    const times = [300, 100, 200, 200, 100];
    const changes = times.map((timestampMs, index) =>
      addChange(table, { device: 1, sequence: index + 1, timestampMs }),
    );
    push(1, changes.slice(0, 3));
    push(1, changes.slice(3));
    const expected = [1, 4, 2, 3, 0].map((index) => changes[index]!);
    expect(pull(1, 0)).toEqual({ kind: 'page', changes: Int32Array.from(expected), cursor: 300, hasMore: false });
  });

  test('has the timestamp of the last row for its cursor, and keeps the old one for an empty page', () => {
    const { table, push, pull } = bench('1.0', 2);
    const changes = [10, 20, 30].map((timestampMs) => addChange(table, { device: 1, timestampMs }));
    push(1, changes);
    expect(pull(1, 0)).toMatchObject({ cursor: 20, hasMore: true });
    expect(pull(1, 20)).toMatchObject({ cursor: 30, hasMore: false });
    expect(pull(1, 30)).toMatchObject({ cursor: 30, hasMore: false });
    expect(pull(1, 77)).toMatchObject({ cursor: 77, hasMore: false });
    expect(pull(4, 5)).toMatchObject({ cursor: 5, hasMore: false });
  });
});

describe('a clean-up', () => {
  const members1 = (count: number): { id: number }[] =>
    Array.from({ length: count }, (_, index) => ({ id: index + 1 }));

  test('happens when a SNAPSHOT is stored, if all have passed what it covers by then', () => {
    const { table, log, push, pull, snapshot, marks } = bench();
    push(1, addChanges(table, 1, 6));
    pull(1, 6);
    pull(2, 4);
    snapshot(1, 3);
    expect([log.removedTo(0), marks]).toEqual([3, ['log prefix removed']]);
  });

  test('happens with the pull of the member that held it back, and then again as that goes on', () => {
    const { table, log, push, pull, snapshot, marks } = bench();
    push(1, addChanges(table, 1, 6));
    pull(1, 6);
    snapshot(1, 5);
    const removed = [0, 2, 1, 4, 4, 7].map((cursor) => {
      pull(2, cursor);
      return log.removedTo(0);
    });
    expect(removed).toEqual([0, 2, 2, 4, 4, 5]);
    expect(marks).toHaveLength(3);
  });

  test('asks for the members only where a SNAPSHOT waits', () => {
    const table = new ChangeTable(false);
    let asked = 0;
    const membersOf = (): { id: number }[] => {
      asked++;
      return members1(2);
    };
    const ports = { isMember: () => true, membersOf };
    const store = new RelayStore(table, new MemoryLog(table), { dialect: '1.1', pageSize: 9 }, ports);
    const pull = (device: number, since: number) =>
      store.handle({ kind: 'pull', ledger: 0, device, since, ...identity });
    const push = (changes: readonly number[]) =>
      store.handle({ kind: 'push', ledger: 0, device: 1, changes, ...identity });
    push(addChanges(table, 1, 4));
    for (const since of [0, 2, 4]) pull(1, since);
    expect(asked).toBe(0);
    push([addChange(table, { device: 1, operation: 'SNAPSHOT', seen: 4, sequence: 5 })]);
    expect(asked).toBe(1);
    pull(1, 5);
    pull(2, 0);
    expect(asked).toBe(2);
    pull(2, 4);
    expect(asked).toBe(3);
    pull(2, 5);
    expect(asked).toBe(3);
  });

  test('waits for a member that joins, and not for one that has left', () => {
    const { table, log, push, pull, snapshot, members } = bench();
    push(1, addChanges(table, 1, 6));
    pull(1, 4);
    snapshot(1, 4);
    members.push({ id: 3 });
    pull(2, 4);
    expect(log.removedTo(0)).toBe(0);
    members.pop();
    pull(1, 5);
    expect(log.removedTo(0)).toBe(4);
  });

  test('never happens where nobody says who the members are', () => {
    const table = new ChangeTable(false);
    const log = new MemoryLog(table);
    const store = new RelayStore(table, log, { dialect: '1.1', pageSize: 9 }, { isMember: () => true });
    const own = { ledger: 0, device: 1, ...identity };
    store.handle({ kind: 'push', changes: addChanges(table, 1, 4), ...own });
    store.handle({ kind: 'pull', since: 4, ...own });
    const image = addChange(table, { device: 1, operation: 'SNAPSHOT', seen: 4, sequence: 5 });
    expect(store.handle({ kind: 'push', changes: [image], ...own })).toMatchObject({ stored: 1 });
    expect(log.removedTo(0)).toBe(0);
  });

  test('waits while a follower answers, and happens when it takes over', () => {
    const { table, log, store, push, pull, snapshot } = bench();
    push(1, addChanges(table, 1, 6));
    pull(1, 6);
    snapshot(1, 5);
    store.freeze(0);
    pull(2, 6);
    expect(log.removedTo(0)).toBe(0);
    store.thaw();
    expect(log.removedTo(0)).toBe(5);
  });

  test('a cursor that is ahead of the relay is none that a member has passed', () => {
    const { table, log, push, pull, snapshot } = bench();
    push(1, addChanges(table, 1, 6));
    pull(1, 6);
    pull(2, 60);
    snapshot(1, 5);
    expect(log.removedTo(0)).toBe(0);
  });
});

describe('a lost tail', () => {
  test('takes with it the SNAPSHOT and the clean-up that came after that', () => {
    const { table, log, store, push, pull, snapshot } = bench('1.1', 20);
    const changes = addChanges(table, 1, 8);
    push(1, changes);
    pull(1, 8);
    pull(2, 8);
    const first = snapshot(1, 2);
    const second = snapshot(1, 6);
    expect(log.removedTo(0)).toBe(6);
    store.loseTail(1);
    expect([log.end(0), log.removedTo(0)]).toEqual([9, 2]);
    expect(store.retained(0)).toEqual({ snapshot: first, from: 2 });
    expect(pull(3, 0)).toMatchObject({ snapshot: first, changes: Int32Array.of(...changes.slice(2), first) });
    // The author pushes it again: what it stands for may go again.
    push(1, [second]);
    pull(1, 9);
    pull(2, 9);
    expect(log.removedTo(0)).toBe(6);
  });

  test('of more than there is leaves nothing', () => {
    const { table, log, store, push } = bench();
    push(1, addChanges(table, 1, 3));
    store.loseTail(10);
    expect([log.end(0), store.retained(0)]).toEqual([0, { snapshot: undefined, from: 0 }]);
  });

  test('while a follower answers is lost to it too', () => {
    const { table, store, push, pull } = bench('1.1', 20);
    const changes = addChanges(table, 1, 6);
    push(1, changes);
    store.freeze(1);
    store.loseTail(3);
    expect(pull(2, 0)).toMatchObject({ changes: Int32Array.from(changes.slice(0, 3)), cursor: 3 });
    expect(pull(2, 4)).toMatchObject({ code: 'CURSOR_AHEAD' });
    expect(() => store.freeze(0)).toThrow('one follower');
    store.thaw();
    expect(() => store.thaw()).toThrow('takes over');
    expect(() => store.loseFrozen()).toThrow('takes over');
    expect(() => store.freeze(0.5)).toThrow('whole');
  });

  test('is gone from the accounts of 1.0, and a follower of 1.0 does not show what it lacks', () => {
    const { table, store, push, pull } = bench('1.0', 20);
    const changes = [30, 10, 20, 40].map((timestampMs) => addChange(table, { device: 1, timestampMs }));
    push(1, changes);
    const shown = (): number[] => [...(pull(1, 0) as Page).changes];
    const [a, b, c, d] = changes as [number, number, number, number];
    expect(shown()).toEqual([b, c, a, d]);
    store.freeze(2);
    expect(shown()).toEqual([b, a]);
    expect(store.rowsFor({ kind: 'pull', ledger: 0, device: 1, since: 0, ...identity })).toBe(2);
    store.thaw();
    expect(shown()).toEqual([b, c, a, d]);
    store.loseTail(2);
    expect(shown()).toEqual([b, a]);
    push(1, [d]);
    expect(shown()).toEqual([b, a, d]);
  });
});

describe('rows for a pull', () => {
  test('in 1.1 are those after the cursor, at most a page, none beyond the end', () => {
    const { table, store, push } = bench();
    push(1, addChanges(table, 1, 5));
    const rows = [0, 1, 2, 3, 4, 5, 6, 99].map((since) =>
      store.rowsFor({ kind: 'pull', ledger: 0, device: 2, since, ...identity }),
    );
    expect(rows).toEqual([3, 3, 3, 2, 1, 0, 0, 0]);
  });

  test('in 1.0 are those later than the timestamp of the same device', () => {
    const { table, store, push } = bench('1.0');
    push(
      1,
      [10, 20, 20, 30, 40].map((timestampMs) => addChange(table, { device: 1, timestampMs })),
    );
    const rowsFor = (device: number, since: number) =>
      store.rowsFor({ kind: 'pull', ledger: 0, device, since, ...identity });
    expect([0, 10, 20, 30, 40].map((since) => rowsFor(1, since))).toEqual([3, 3, 2, 1, 0]);
    expect(rowsFor(2, 0)).toBe(0);
  });
});

test('a refusal says when to come again only where it knows', () => {
  expect(refusal('FORBIDDEN')).toEqual({ kind: 'refusal', code: 'FORBIDDEN', retryAfterMs: 0 });
  expect(refusal('UNAVAILABLE', 1000)).toEqual({ kind: 'refusal', code: 'UNAVAILABLE', retryAfterMs: 1000 });
});

describe('followers that lag', () => {
  test('show what they have, but never less than a device has seen, and rows are counted as they are shown', () => {
    let visible = 2;
    const { table, store, push, pull } = bench('1.1', 10, () => visible);
    const changes = addChanges(table, 1, 5);
    push(1, changes);
    const rows = (since: number): number =>
      store.rowsFor({ kind: 'pull', ledger: 0, device: 2, since, ...identity } satisfies PullRequest);
    expect(pull(2, 0)).toEqual({
      kind: 'page',
      changes: Int32Array.from(changes.slice(0, 2)),
      cursor: 2,
      hasMore: false,
    });
    expect(rows(0)).toBe(2);
    // It has seen more than they have: nothing is new, and it is not sent away as if it were ahead of the relay.
    expect(pull(2, 4)).toEqual({ kind: 'page', changes: new Int32Array(0), cursor: 4, hasMore: false });
    expect(rows(4)).toBe(0);
    expect(pull(2, 6)).toEqual(refusal('CURSOR_AHEAD', 1000));
    visible = 5;
    expect(pull(2, 4)).toMatchObject({ changes: Int32Array.of(changes[4]!), cursor: 5 });
    expect(rows(2)).toBe(3);
  });

  test('show the whole log to a device that begins with a SNAPSHOT, which covers what they may lack', () => {
    const { table, push, pull, snapshot, members } = bench('1.1', 10, () => 0);
    const changes = addChanges(table, 1, 4);
    push(1, changes);
    for (const { id } of members) pull(id, 4);
    const image = snapshot(1, 4);
    expect(pull(3, 0)).toMatchObject({ snapshot: image, cursor: 5 });
  });
});
